"""Forwarding state as it changes: the first state whole, of every later one what is new.

A state (d, n + g) says for each of d destinations which node every satellite (0 to n - 1) and place on the
ground (n to n + g - 1) sends to next, -1 for none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import StoreError
from raabta.network.mesh import pair_kernels as kernels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[np.generic]]
    Nodes = NDArray[np.int32]


class States:
    """States in order of time, as arrays to keep.

    state_first (d, n + g); of the steps after it, as CSR: state_start (t,), state_place: flat places in a
    state, rising in every step; state_next: what stands there from then on.
    """

    def __init__(self) -> None:
        self._first: Nodes | None = None
        self._last: Nodes | None = None
        self._start = [0]
        self._place: list[Nodes] = []
        self._next: list[Nodes] = []

    def keep(self, state: Nodes) -> None:
        """Add the state of the next step; it must not be changed afterwards."""
        if self._last is None:
            self._first = self._last = state
            return
        place, value = np.empty(state.size, np.int32), np.empty(state.size, np.int32)
        count = kernels.changed_places(self._last, state, place, value)
        self._place.append(place[:count].copy())
        self._next.append(value[:count].copy())
        self._start.append(self._start[-1] + count)
        self._last = state

    def arrays(self) -> Arrays:
        """Everything to keep; nothing where no state was."""
        if self._first is None:
            return {}
        none = np.empty(0, np.int32)
        return {
            "state_first": self._first,
            "state_start": np.array(self._start, np.int64),
            "state_place": np.concatenate([none, *self._place]),
            "state_next": np.concatenate([none, *self._next]),
        }


def states(arrays: Mapping[str, NDArray[np.generic]]) -> Iterator[Nodes]:
    """The states that `States.arrays` kept, step by step; each is a new array.

    Raises StoreError where a run has kept none.
    """
    if "state_first" not in arrays:
        raise StoreError("this run keeps no forwarding state; set routing.keep_states=true and run it anew")
    state = np.asarray(arrays["state_first"], np.int32)
    start = np.asarray(arrays["state_start"], np.int64)
    yield state
    for first, last in zip(start[:-1].tolist(), start[1:].tolist(), strict=True):
        state = state.copy()
        place = np.asarray(arrays["state_place"][first:last], np.int64)
        state.reshape(-1)[place] = arrays["state_next"][first:last]
        yield state
