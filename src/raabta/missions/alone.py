"""Which contact a node holds: one at a time on each link, the fastest one that closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.missions import contacts, rates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.missions.model import Mission

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def of_contact(row: Floats, steps: Floats) -> Ints:
    """Numbers of the steps of a contact, of both ways, that overlap it."""
    same = (steps[:, : rates.WAY] == row[: rates.WAY]).all(axis=1)
    inside = (steps[:, rates.BEGIN] < row[contacts.END]) & (steps[:, rates.END] > row[contacts.BEGIN])
    return np.flatnonzero(same & inside)


def closing(mission: Mission, rows: Floats, steps: Floats) -> Floats:
    """Contacts of which a way closes, from the first time that one does to the last; those of links that
    carry nothing as they are."""
    steps = steps[steps[:, rates.RATE] > 0.0]
    carrying = {key[0] for key in mission.carriers}
    kept = []
    for row in rows:
        if int(row[0]) in carrying:
            own = steps[of_contact(row, steps)]
            if not len(own):
                continue
            row = row.copy()
            row[contacts.BEGIN] = max(row[contacts.BEGIN], own[:, rates.BEGIN].min())
            row[contacts.END] = min(row[contacts.END], own[:, rates.END].max())
        kept.append(row)
    return np.array(kept).reshape(-1, contacts.COLUMNS)


def one_at_a_time(mission: Mission, rows: Floats, steps: Floats) -> Floats:
    """Contacts of which a node of a link's first end has one at a time: the one of the highest rate, both
    ways together. It stays with the one that it has until that ends or another is faster.

    rows: joined contacts; steps: those with a rate. A contact may be cut, and in parts; without a rate it is
    left out.
    """
    groups: dict[tuple[int, int], list[int]] = {}
    order = np.lexsort((rows[:, 2], rows[:, 1], rows[:, contacts.BEGIN]))
    for number in order.tolist():
        link, one, other = (int(each) for each in rows[number, :3])
        first = mission.nodes.named(mission.scenario.links[link].between[0])
        groups.setdefault((link, one if one in first else other), []).append(number)
    parts = [_chosen(rows[numbers], steps[steps[:, 0] == link]) for (link, _), numbers in groups.items()]
    found = np.concatenate([np.empty((0, contacts.COLUMNS)), *parts])
    return np.asarray(found[np.argsort(found[:, contacts.BEGIN], kind="stable")])


def _chosen(rows: Floats, steps: Floats) -> Floats:
    """The parts of a node's contacts that it holds; rows by their beginning."""
    own = [steps[of_contact(row, steps)] for row in rows]
    times = [each[:, [rates.BEGIN, rates.END]].ravel() for each in own]
    edges = np.unique(np.concatenate([rows[:, contacts.BEGIN], rows[:, contacts.END], *times]))
    middle = 0.5 * (edges[1:] + edges[:-1])
    offers: list[list[tuple[float, int]]] = [[] for _ in range(middle.size)]
    for number, (row, each) in enumerate(zip(rows, own, strict=True)):
        low, high = np.searchsorted(edges, [row[contacts.BEGIN], row[contacts.END]])
        for place in range(low, high):
            on = (each[:, rates.BEGIN] <= middle[place]) & (each[:, rates.END] > middle[place])
            speed = float(each[on, rates.RATE].sum())
            if speed > 0.0:
                offers[place].append((speed, number))
    held, holder = [], -1
    for offered in offers:
        most = max((speed for speed, _ in offered), default=0.0)
        fastest = [number for speed, number in offered if speed == most]
        holder = holder if holder in fastest else fastest[0] if fastest else -1
        held.append(holder)
    return _cut(rows, edges, np.array(held, np.int64))


def _cut(rows: Floats, edges: Floats, held: Ints) -> Floats:
    """Stretches of one holder: its contact, cut to them."""
    first = np.flatnonzero(np.append(True, np.diff(held) != 0))
    last = np.append(first[1:], held.size)
    kept = []
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        if held[begin] >= 0:
            row = rows[held[begin]].copy()
            row[[contacts.BEGIN, contacts.END]] = edges[begin], edges[end]
            kept.append(row)
    return np.array(kept).reshape(-1, contacts.COLUMNS)
