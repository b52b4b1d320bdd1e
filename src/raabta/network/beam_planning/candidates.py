"""Which satellites may serve which users: sparse lists both ways, after the cone and the interferers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import LimitError
from raabta.network.beam_planning import candidate_kernels, rules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.beam_planning.instance import Instance

    Ints = NDArray[np.int64]
    Index = NDArray[np.int32]

MOST_LINKS = 20_000_000
"""Some 600 MB of lists while they are made."""


@dataclass(frozen=True)
class Links:
    """Links that are allowed, as CSR by user and by satellite.

    User u may be served by user_sat[user_start[u]:user_start[u + 1]]; satellite s may serve sat_user[
    sat_start[s]:sat_start[s + 1]], whose places in `user_sat` are sat_link.
    """

    user_start: Ints
    user_sat: Index
    sat_start: Ints
    sat_user: Index
    sat_link: Index

    @property
    def user(self) -> Index:
        """The user of each link (links,)."""
        return np.repeat(np.arange(self.user_start.size - 1, dtype=np.int32), np.diff(self.user_start))

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Which users (n,) any satellite may serve."""
        return np.asarray(np.diff(self.user_start) > 0)


def find_links(instance: Instance) -> Links:
    """Every allowed link, satellites by latitude within a user. Raises LimitError beyond MOST_LINKS."""
    sat_km = instance.sat_km
    latitude = np.arcsin(sat_km[:, 2] / np.linalg.norm(sat_km, axis=1))
    order = np.argsort(latitude, kind="stable")
    question = (
        instance.user_km,
        np.ascontiguousarray(sat_km[order]),
        latitude[order],
        math.radians(rules.CONE_DEG),
        instance.interferer_km,
        np.array([rules.CONE_COSINE, rules.GUARD_COSINE]),
    )
    start = np.zeros(len(instance.user_km) + 1, np.int64)
    candidate_kernels.count_links(*question, start[1:])
    np.cumsum(start, out=start)
    if start[-1] > MOST_LINKS:
        raise LimitError(
            f"{start[-1]:,} pairs of a user and a satellite are allowed; at most {MOST_LINKS:,} are planned. "
            "Give fewer users, or cut the file by regions"
        )
    sat = np.empty(start[-1], np.int32)
    candidate_kernels.fill_links(*question, start, sat)
    return _both_ways(start, order.astype(np.int32)[sat], len(sat_km))


def _both_ways(start: Ints, sat: Index, satellites: int) -> Links:
    sat_start = np.zeros(satellites + 1, np.int64)
    np.cumsum(np.bincount(sat, minlength=satellites), out=sat_start[1:])
    link = np.argsort(sat, kind="stable").astype(np.int32)
    user = np.repeat(np.arange(start.size - 1, dtype=np.int32), np.diff(start))[link]
    return Links(start, sat, sat_start, user, link)
