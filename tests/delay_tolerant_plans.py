"""Small contact plans by chance, and what they can carry by other means: enumeration, linear programs."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from raabta.network.mesh.contacts import ContactPlan, find_fault

Row = tuple[float, float, int, int, float, float]
"""A contact: start s, end s, from, to, Mbps, light time s."""


def plan_of(nodes: int, rows: list[Row]) -> ContactPlan:
    """A plan of nodes n0, n1 ... whose rows may stand in any order."""
    rows = sorted(rows, key=lambda row: (row[0], row[2], row[3]))
    start, end, rate, light = (np.array([row[k] for row in rows], float) for k in (0, 1, 4, 5))
    one, other = (np.array([row[k] for row in rows], np.int32) for k in (2, 3))
    names = tuple(f"n{k}" for k in range(nodes))
    epoch = np.datetime64("2028-01-01", "ns")
    plan = ContactPlan(epoch, names, start, end, one, other, light, light, light, light, rate)
    assert find_fault(plan) is None
    return plan


def drawn_rows(seed: int, nodes: int, contacts: int, light: bool = True) -> list[Row]:
    """Contacts by chance, none touching or overlapping another of its pair."""
    draw, rows, taken = np.random.default_rng(seed), [], {}
    for _ in range(contacts):
        one, other = draw.choice(nodes, 2, replace=False).tolist()
        start = taken.get((one, other), 0.0) + float(draw.integers(1, 30))
        end = start + float(draw.integers(1, 25))
        taken[one, other] = end
        late = float(draw.integers(0, 4)) if light else 0.0
        rows.append((start, end, one, other, 8.0 * float(draw.integers(1, 5)), late))
    return rows


def enumerated(
    rows: list[Row], from_node: int, to_node: int, at_s: float, size_mb: float
) -> tuple[float, int]:
    """Earliest arrival and its fewest links, by following every sequence of contacts over distinct nodes."""
    best = (np.inf, 0)
    stack = [(from_node, at_s, (from_node,))]
    while stack:
        node, time, seen = stack.pop()
        if node == to_node:
            best = min(best, (time, len(seen) - 1))
            continue
        for start, end, one, other, rate, light in rows:
            begin = max(time, start)
            sent = begin + size_mb * 8.0 / rate
            if one == node and other not in seen and begin < end and sent <= end:
                stack.append((other, sent + light, (*seen, other)))
    return best


def greatest_volume_mb(rows: list[Row], nodes: int, from_node: int, to_node: int) -> float:
    """The most that could come from one node to another, whatever the routing: a linear program over times.

    Fluid; light times are 0. Flow of each contact in each interval between edges; nodes store.
    """
    edges = np.unique([time for row in rows for time in row[:2]])
    flows = [
        (k, i) for k, row in enumerate(rows) for i in range(edges.size - 1)
        if row[0] <= edges[i] and edges[i + 1] <= row[1]
    ]  # fmt: skip
    spans = edges.size - 1
    stored = len(flows)  # then what node v holds at the end of interval i: stored + i * nodes + v
    values, at_row, at_column = [], [], []
    for column, (k, i) in enumerate(flows):
        for node, sign in ((rows[k][2], -1.0), (rows[k][3], 1.0)):
            values.append(sign), at_row.append(i * nodes + node), at_column.append(column)
    for i in range(spans):
        for node in range(nodes):
            values.append(-1.0), at_row.append(i * nodes + node), at_column.append(stored + i * nodes + node)
            if i:
                values.append(1.0), at_row.append(i * nodes + node)
                at_column.append(stored + (i - 1) * nodes + node)
    size = spans * nodes
    balance = coo_matrix((values, (at_row, at_column)), (size, stored + size)).tocsr()
    supply = np.zeros(size)
    supply[from_node] = -1e6  # all of it is there from the beginning
    cost = np.zeros(stored + size)
    cost[stored + (spans - 1) * nodes + to_node] = -1.0
    most = [rows[k][4] / 8.0 * (edges[i + 1] - edges[i]) for k, i in flows]
    found = linprog(
        cost, A_eq=balance, b_eq=supply, bounds=[(0, m) for m in most] + [(0, None)] * size, method="highs"
    )
    assert found.status == 0
    return -float(found.fun)
