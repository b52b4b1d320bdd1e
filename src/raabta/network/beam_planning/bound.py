"""How many users can be served at most: a matching that knows the beams and how few close users share a sky.

In a group of users that are all less than 10 degrees apart as a satellite sees them no two may share a
colour, so it serves at most 4 of them. The satellite's users are split into such groups; the greatest
matching with at most 32 users a satellite and 4 a group serves at least as many as any plan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.network.beam_planning import matching_kernels, packing_kernels, rules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.beam_planning.candidates import Links
    from raabta.network.beam_planning.instance import Instance

    Ints = NDArray[np.int64]
    Index = NDArray[np.int32]

SEEDS = 12
"""Places a group is grown from, of which the fullest is kept."""


@dataclass(frozen=True)
class Bound:
    """beams: with 32 beams a satellite and no colours; users: with colours too. serving (n,): the link of
    `Links.user_sat` by which a matching serves each user, or -1; group (links,): the group of each link."""

    beams: int
    users: int
    serving: Ints
    group: Index


def find_bound(instance: Instance, links: Links) -> Bound:
    """The bound, and the matching that meets it."""
    group, most = _groups(instance, links)
    loose, _ = _match(links, group, np.full_like(most, rules.BEAMS))
    tight, serving = _match(links, group, most)
    return Bound(loose, tight, serving, group)


def _groups(instance: Instance, links: Links) -> tuple[Index, Index]:
    """The group of each link of `user_sat`, and how many of each group can be served."""
    by_sat = np.full(links.sat_user.size, -1, np.int32)
    count = packing_kernels.group_close(
        links.sat_start,
        links.sat_user,
        instance.user_km,
        instance.sat_km,
        rules.REUSE_COSINE,
        math.cos(math.radians(rules.REUSE_DEG / 2.0 - 1e-7)),
        SEEDS,
        by_sat,
    )
    group = np.empty_like(by_sat)
    group[links.sat_link] = by_sat
    most = np.minimum(np.bincount(by_sat, minlength=count), len(rules.COLOURS)).astype(np.int32)
    return group, most


def _match(links: Links, group: Index, most: Index) -> tuple[int, Ints]:
    n, m = links.user_start.size - 1, links.sat_start.size - 1
    serving = np.full(n, -1, np.int64)
    state = matching_kernels.Matching(
        links.user_start,
        links.user_sat,
        group,
        most,
        member=np.full((m, rules.BEAMS), -1, np.int32),
        load=np.zeros(m, np.int32),
        used=np.zeros(most.size, np.int32),
        serving=serving,
        seen_user=np.zeros(n, np.int32),
        seen_sat=np.zeros(m, np.int32),
        seen_group=np.zeros(most.size, np.int32),
        queue=np.empty(n, np.int32),
        before=np.empty(n, np.int32),
        by=np.empty(n, np.int64),
    )
    return int(matching_kernels.match(state)), serving
