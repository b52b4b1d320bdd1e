"""Forwarding states in Hypatia's files: `fstate_<ns>.txt` and `gsl_if_bandwidth_<ns>.txt`.

A row is `node,destination,next node,own interface,interface there`, -1 three times for no way. The first
file is whole, later ones say what changed. A satellite has its lasers as interfaces 0, 1, ... in the order in
which the list of lasers names them, then one interface to the ground; a station has interface 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.base.errors import ScenarioError
from raabta.base.userfiles import read_text
from raabta.network.mesh.paths import NO_NODE
from raabta.network.mesh.topology import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Nodes = NDArray[np.int32]

STATE, RATES = "fstate_{}.txt", "gsl_if_bandwidth_{}.txt"
_STATE = re.compile(r"fstate_([0-9]{1,18})\.txt")
_ROW = re.compile(r"[0-9]{1,7},[0-9]{1,7},(-1,-1,-1|[0-9]{1,7},[0-9]{1,4},[0-9]{1,4})")
_MOST_BYTES: Final = 500_000_000


def folder_name(step_s: float, duration_s: float) -> str:
    """Where Hypatia looks for states: `dynamic_state_100ms_for_200s`. Raises ScenarioError for a step that is
    no whole number of milliseconds."""
    step_ms = round(step_s * 1e3)
    if abs(step_ms - step_s * 1e3) > 1e-9:
        raise ScenarioError(f"a step of {step_s:g} s is no whole number of milliseconds, as Hypatia wants it")
    return f"dynamic_state_{step_ms}ms_for_{duration_s:g}s"


@dataclass
class StateFiles:
    """Makes the files of states, one step after the other.

    pairs (m, 2): lasers in the order of their list; rate (n + g,): of each node's ground interface.
    """

    pairs: Ints
    satellites: int
    places: int
    rate: Sequence[float]

    def __post_init__(self) -> None:
        self._table = table_of(self.pairs, self.satellites)
        self._lasers = (self._table != NO_NODE).sum(axis=1)
        self._before: Nodes | None = None
        node, place = np.divmod(np.arange((self.satellites + self.places) * self.places), self.places)
        self._node, self._destination = node, place + self.satellites

    def step(self, time_ns: int, next_node: Nodes) -> dict[str, str]:
        """Both files of a step by name. next_node (g, n + g): of each destination, in the order of places."""
        after = np.ascontiguousarray(next_node.T).reshape(-1)
        changed = self._node != self._destination
        if self._before is not None:
            changed &= after != self._before
        rates = self._rates() if self._before is None else ""
        self._before = after
        return {
            STATE.format(time_ns): self._rows(after, np.flatnonzero(changed)),
            RATES.format(time_ns): rates,
        }

    def _rows(self, after: Nodes, which: Ints) -> str:
        node, there = self._node[which], after[which].astype(np.int64)
        own, theirs = self._interface(node, there), self._interface(there, node)
        columns = (node, self._destination[which], there, own, theirs)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return "".join([f"{a},{b},{c},{d},{e}\n" for a, b, c, d, e in rows])

    def _interface(self, node: Ints, other: Ints) -> Ints:
        """Interface of a node to another; -1 where either is none. Raises ScenarioError for a laser that the
        list does not have."""
        out = np.zeros(node.size, np.int64)
        from_satellite = (node >= 0) & (node < self.satellites) & (other >= 0)
        a, b = node[from_satellite], other[from_satellite]
        found = self._table[a] == b[:, None]
        ground = b >= self.satellites
        if not (found.any(axis=1) | ground).all():
            raise ScenarioError("a way goes over a laser that is not in the list of lasers")
        out[from_satellite] = np.where(ground, self._lasers[a], found.argmax(axis=1))
        out[(node < 0) | (other < 0)] = -1
        return out

    def _rates(self) -> str:
        interface = np.concatenate([self._lasers, np.zeros(self.places, np.int64)]).tolist()
        return "".join(
            f"{i},{port},{rate:f}\n" for i, (port, rate) in enumerate(zip(interface, self.rate, strict=True))
        )


def read_states(folder: Path, satellites: int, places: int) -> Iterator[tuple[int, Nodes]]:
    """Time (ns) and state (g, n + g) of every step of a folder of states, Hypatia's or ours, by time.

    Raises ScenarioError for a folder without states and for a row that is none, with its line.
    """
    times = sorted(int(found[1]) for file in folder.iterdir() if (found := _STATE.fullmatch(file.name)))
    if not times:
        raise ScenarioError(f"'{folder}' holds no fstate_<ns>.txt")
    state = np.full((places, satellites + places), NO_NODE, np.int32)
    for time_ns in times:
        file = folder / STATE.format(time_ns)
        rows = _read_rows(file, satellites, places)
        state = state.copy()
        state[rows[:, 1] - satellites, rows[:, 0]] = rows[:, 2]
        yield time_ns, state


def _read_rows(file: Path, satellites: int, places: int) -> Ints:
    """Rows (k, 5) of one file."""
    lines = read_text(file, "a forwarding state", _MOST_BYTES).splitlines()
    for number, line in enumerate(lines, start=1):
        if not _ROW.fullmatch(line):
            raise ScenarioError(
                f"{line[:40]!r} is no row: node, destination, next node, interface, interface there",
                file=str(file),
                line=number,
            )
    rows = np.array([line.split(",") for line in lines], np.int64).reshape(-1, 5)
    nodes = satellites + places
    wrong = (rows[:, [0, 2]] >= nodes).any(axis=1) | (rows[:, 1] < satellites) | (rows[:, 1] >= nodes)
    if wrong.any():
        raise ScenarioError(
            f"a node that is not there; {satellites:,} satellites from 0 on, then {places:,} stations",
            file=str(file),
            line=int(wrong.argmax()) + 1,
        )
    return rows
