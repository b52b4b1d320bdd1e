"""Throughput against the number of ground stations, and the stations chosen for it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import OutOfRangeError
from raabta.network.throughput import kernels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raabta.network.throughput.sky import Sky, Step
    from raabta.network.throughput.system import System

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

BATCH = 12
"""Steps that a thread holds at once."""


@dataclass(frozen=True)
class Rules:
    """Antennas of a station, antennas of a satellite towards stations, and Mbps of one laser, each way."""

    station_antennas: int
    satellite_antennas: int
    laser_mbps: float

    @classmethod
    def of(cls, system: System, station_antennas: int) -> Rules:
        """The rules of a system with stations of `station_antennas` antennas."""
        return cls(station_antennas, system.antennas, system.laser_mbps)


def empty_flow(step: Step, rules: Rules) -> tuple[kernels.State, kernels.Search]:
    """The flow without any station, and scratch for its searches."""
    n = step.demand_kbps.size
    state = kernels.State(
        np.zeros((n, rules.satellite_antennas), np.int64),
        step.demand_kbps.copy(),
        np.zeros(n, np.int64),
        np.full((n, 4), round(rules.laser_mbps * 1000.0), np.int64),
        np.zeros(n, np.bool_),
    )
    queue, reached, parent, laser = np.zeros((4, n), np.int64)
    search = kernels.Search(queue, reached, parent, laser, np.zeros(1, np.int64))
    return state, search


def grow(step: Step, order: ArrayLike, rules: Rules) -> tuple[Floats, kernels.State]:
    """Throughput in Mbps with the first 1, 2 ... k stations of `order` (k,), and the flow with all of them.

    A station's antennas stay as they were pointed when it came, but for satellites that turn to a later
    station which gives them more; so the throughput never falls along `order`.
    """
    stations = _checked(order, step.links.start.size - 1)
    state, search = empty_flow(step, rules)
    added = np.zeros(stations.size, np.int64)
    kernels.add_stations(step.links, stations, rules.station_antennas, step.lasers, state, search, added)
    return np.cumsum(added) / 1000.0, state


def _checked(order: ArrayLike, count: int) -> Ints:
    stations = np.asarray(order, np.int64)
    wrong = stations[(stations < 0) | (stations >= count)]
    if wrong.size:
        raise OutOfRangeError("a station", int(wrong[0]), f"0 to {count - 1}", "the candidates given")
    if np.unique(stations).size != stations.size:
        raise OutOfRangeError("an order of stations", "one stands twice", "each once", "the candidates given")
    return stations


def throughput_mbps(
    sky: Sky, times: ArrayLike, order: ArrayLike, rules: Rules, threads: int = 2
) -> tuple[Floats, Floats]:
    """Throughput at t instants with the first 1, 2 ... k stations of `order`, (t, k), and all that is asked
    for, (t,), which no ground segment can exceed. Same bits by any number of threads."""
    instants = np.asarray(times)
    stations = np.asarray(order, np.int64)
    carried, asked = np.empty((instants.size, stations.size)), np.empty(instants.size)

    def fill(first: int) -> None:
        for i, step in enumerate(sky.steps(instants[first : first + BATCH]), start=first):
            carried[i], asked[i] = grow(step, stations, rules)[0], step.demand_kbps.sum() / 1000.0

    with ThreadPoolExecutor(max(threads, 1)) as pool:
        list(pool.map(fill, range(0, instants.size, BATCH)))
    return carried, asked


def choose_stations(steps: Sequence[Step], count: int, rules: Rules, threads: int = 2) -> Ints:
    """Up to `count` stations in the order in which they add most to the mean throughput over `steps`.

    Greedy, each choice on top of the ones before, so the sets are nested; ties go to the lower number. Gains
    hardly ever grow as stations join, so a candidate is tried again only while its last gain is the highest
    (Minoux, 1978). Ends early where no candidate adds anything.
    """
    candidates = steps[0].links.start.size - 1 if steps else 0
    flows = [empty_flow(step, rules) for step in steps]
    trials = [empty_flow(step, rules)[0] for step in steps]
    antennas = rules.station_antennas

    def gain(station: int) -> int:
        def one(i: int) -> int:
            step, (state, search) = steps[i], flows[i]
            return int(
                kernels.try_station(step.links, station, antennas, step.lasers, state, search, trials[i])
            )

        return sum(pool.map(one, range(len(steps))))

    def add(station: int) -> None:
        one, order = np.zeros(1, np.int64), np.array([station], np.int64)
        for step, (state, search) in zip(steps, flows, strict=True):
            kernels.add_stations(step.links, order, antennas, step.lasers, state, search, one)

    with ThreadPoolExecutor(max(threads, 1)) as pool:
        return np.array(_greedy(candidates, count, gain, add), np.int64)


def _greedy(candidates: int, count: int, gain: Callable[[int], int], add: Callable[[int], None]) -> list[int]:
    """Up to `count` of the candidates, each the one of the highest gain on top of those added before it."""
    chosen: list[int] = []
    waiting = [(-gain(one), one, 0) for one in range(candidates)]
    heapq.heapify(waiting)
    while waiting and len(chosen) < count and waiting[0][0] < 0:
        _, one, tried = heapq.heappop(waiting)
        if tried < len(chosen):
            heapq.heappush(waiting, (-gain(one), one, len(chosen)))
            continue
        add(one)
        chosen.append(one)
    return chosen
