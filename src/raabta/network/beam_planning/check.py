"""Is a plan valid? Plain and slow on purpose: every rule as it is written, nothing shared with the planner.

Angles come from sine and cosine together, so that they are as exact near 0 as anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.network.beam_planning.answer import Answer
from raabta.network.beam_planning.instance import Instance
from raabta.network.beam_planning.rules import BEAMS, COLOURS, CONE_DEG, GUARD_DEG, REUSE_DEG

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_ROWS = 4_096
"""Served users looked at together, against every interferer."""
MOST_FAULTS = 20


def angle_deg(first: Floats, second: Floats) -> Floats:
    """The angle between vectors (..., 3), 0 to 180; NaN where one has no direction."""
    with np.errstate(invalid="ignore", divide="ignore"):
        a = first / np.linalg.norm(first, axis=-1, keepdims=True)
        b = second / np.linalg.norm(second, axis=-1, keepdims=True)
    sine = np.linalg.norm(np.cross(a, b), axis=-1)
    return np.asarray(np.degrees(np.arctan2(sine, (a * b).sum(axis=-1))))


def find_faults(instance: Instance, answer: Answer) -> list[str]:
    """What is wrong with a plan, in words, at most MOST_FAULTS of it; empty: it is valid."""
    faults = [*_twice(instance, answer), *_ranges(instance, answer)]
    if not faults:
        faults = [*_skies(instance, answer), *_colours(instance, answer)]
    return faults[:MOST_FAULTS]


def _twice(instance: Instance, answer: Answer) -> list[str]:
    who, times = np.unique(answer.user, return_counts=True)
    faults = [f"user {instance.user[u]} is served more than once" for u in who[times > 1]]
    beam, times = np.unique(np.stack([answer.sat, answer.beam], axis=1), axis=0, return_counts=True)
    return faults + [f"sat {instance.sat[s]} beam {b} serves more than one user" for s, b in beam[times > 1]]


def _ranges(instance: Instance, answer: Answer) -> list[str]:
    bad = (answer.beam < 1) | (answer.beam > BEAMS) | (answer.colour < 0) | (answer.colour >= len(COLOURS))
    return [
        f"sat {instance.sat[s]} has no beam {b} of colour number {c}"
        for s, b, c in zip(answer.sat[bad], answer.beam[bad], answer.colour[bad], strict=True)
    ]


def _skies(instance: Instance, answer: Answer) -> list[str]:
    """Links outside the cone, and links too near to an interferer."""
    faults = []
    for first in range(0, answer.user.size, _ROWS):
        rows = slice(first, first + _ROWS)
        user_km, sat_km = instance.user_km[answer.user[rows]], instance.sat_km[answer.sat[rows]]
        zenith = angle_deg(user_km, sat_km - user_km)
        apart = angle_deg((sat_km - user_km)[:, None], instance.interferer_km[None] - user_km[:, None])
        faults += [
            f"{_link(instance, answer, first + i)}: {zenith[i]:.9f} deg from the zenith"
            for i in np.flatnonzero(~(zenith < CONE_DEG)).tolist()
        ]
        for i, j in zip(*np.nonzero(~(apart >= GUARD_DEG)), strict=True):
            name = instance.interferer[j]
            faults.append(
                f"{_link(instance, answer, int(first + i))}: {apart[i, j]:.9f} deg from interferer {name}"
            )
    return faults


def _colours(instance: Instance, answer: Answer) -> list[str]:
    """Beams of one satellite and one colour that are too close."""
    faults = []
    order = np.lexsort((answer.beam, answer.colour, answer.sat))
    group = answer.sat[order].astype(np.int64) * len(COLOURS) + answer.colour[order]
    for rows in np.split(order, np.flatnonzero(np.diff(group)) + 1):
        if rows.size < 2:
            continue
        way = instance.user_km[answer.user[rows]] - instance.sat_km[answer.sat[rows]]
        apart = angle_deg(way[:, None], way[None])
        for i, j in zip(*np.nonzero(np.triu(~(apart >= REUSE_DEG), 1)), strict=True):
            faults.append(
                f"{_link(instance, answer, int(rows[i]))} and beam {answer.beam[rows[j]]}, user "
                f"{instance.user[answer.user[rows[j]]]}, both {COLOURS[answer.colour[rows[i]]]}: "
                f"{apart[i, j]:.9f} deg apart"
            )
    return faults


def _link(instance: Instance, answer: Answer, row: int) -> str:
    name, who = instance.sat[answer.sat[row]], instance.user[answer.user[row]]
    return f"sat {name} beam {answer.beam[row]} user {who}"
