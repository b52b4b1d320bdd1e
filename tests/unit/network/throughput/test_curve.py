"""The growing flow: maximal for its antennas, balanced to the last kbps, never falling with more stations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from raabta.base.errors import OutOfRangeError
from raabta.network.mesh.paths import plus_grid
from raabta.network.throughput import kernels
from raabta.network.throughput.curve import Rules, choose_stations, empty_flow, grow
from raabta.network.throughput.sky import Step, back_lasers

LASER_MBPS = 3.0
PLENTY = 1000


def a_step(seed: int, planes: int = 5, per_plane: int = 6, stations: int = 7, lasers: bool = True) -> Step:
    """A torus of satellites, a third of them with nobody below; every station sees a few."""
    rng = np.random.default_rng(seed)
    n = planes * per_plane
    demand = rng.integers(0, 9000, n) * (rng.random(n) < 0.67)
    neighbour = plus_grid(planes, per_plane, 1).neighbour
    seen = [np.sort(rng.choice(n, rng.integers(2, 9), replace=False)) for _ in range(stations)]
    start = np.concatenate([[0], np.cumsum([s.size for s in seen])])
    links = kernels.Links(start, np.concatenate(seen).astype(np.int32), rng.integers(1000, 8000, start[-1]))
    if not lasers:
        neighbour = np.full_like(neighbour, -1)
    return Step(demand.astype(np.int64), links, kernels.Lasers(neighbour, back_lasers(neighbour)))


def scipys_mbps(step: Step, stations: list[int], laser_mbps: float) -> float:
    """Maximum flow with every antenna that could be wanted."""
    n = step.demand_kbps.size
    feed = np.zeros(n, np.int64)
    for g in stations:
        own = slice(step.links.start[g], step.links.start[g + 1])
        np.add.at(feed, step.links.satellite[own], step.links.kbps[own])
    near, slot = np.nonzero(step.lasers.neighbour >= 0)
    far = step.lasers.neighbour[near, slot]
    laser = np.full(near.size, round(laser_mbps * 1000))
    tail = np.concatenate([np.full(n, n), near, np.arange(n)])
    head = np.concatenate([np.arange(n), far, np.full(n, n + 1)])
    graph = coo_array((np.concatenate([feed, laser, step.demand_kbps]), (tail, head)), (n + 2, n + 2))
    return maximum_flow(graph.tocsr().astype(np.int32), n, n + 1).flow_value / 1000


@pytest.mark.parametrize("seed", range(12))
def test_equals_scipys_maximum_flow_after_every_station(seed: int) -> None:
    """Antennas enough on both sides, so that nothing is chosen: the flow must be the maximum at each size."""
    step = a_step(seed, lasers=seed % 3 != 0)
    laser_mbps = LASER_MBPS if seed % 3 else 0.0
    order = np.random.default_rng(seed).permutation(7)
    total, _ = grow(step, order, Rules(PLENTY, 7, laser_mbps))
    wanted = [scipys_mbps(step, order[: k + 1].tolist(), laser_mbps) for k in range(7)]
    np.testing.assert_allclose(total, wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize("antennas", [(1, 1), (3, 1), (3, 2)])
def test_every_satellite_balances_and_keeps_its_limits(antennas: tuple[int, int]) -> None:
    step, rules = a_step(3), Rules(*antennas, LASER_MBPS)
    total, state = grow(step, range(7), rules)
    given = step.demand_kbps - state.unmet_kbps
    out = (3000 - state.room_kbps) * (step.lasers.neighbour >= 0)
    assert np.array_equal(state.fed_kbps - out.sum(axis=1), given)
    back = out[step.lasers.neighbour, step.lasers.back]
    assert np.array_equal(out, -back)
    assert np.abs(out).max() <= 3000 and np.abs(out).max() > 0
    assert (given >= 0).all() and (given <= step.demand_kbps).all()
    assert np.count_nonzero(state.pointed_kbps) <= 7 * antennas[0]
    assert (state.fed_kbps <= state.pointed_kbps.sum(axis=1)).all()
    assert total[-1] == given.sum() / 1000 == state.fed_kbps.sum() / 1000


def test_grows_with_stations_and_lasers_and_stops_at_what_is_asked_for() -> None:
    step = a_step(5, stations=40)
    alone, _ = grow(step, range(40), Rules(1, 1, 0.0))
    total, _ = grow(step, range(40), Rules(1, 1, LASER_MBPS))
    asked = step.demand_kbps.sum() / 1000
    assert (np.diff(total) >= 0).all() and (np.diff(alone) >= 0).all()
    assert alone[-1] < total[-1] <= asked
    everything, _ = grow(step, range(40), Rules(PLENTY, 40, 1e6))
    assert everything[-1] == asked
    assert (np.diff(everything) == 0).sum() > 20


def test_few_stations_limit_a_bent_pipe() -> None:
    """With one antenna a station brings the best of what it sees, no more."""
    step = a_step(7, lasers=False)
    total, state = grow(step, [2], Rules(1, 1, 0.0))
    own = slice(step.links.start[2], step.links.start[3])
    best = np.minimum(step.links.kbps[own], step.demand_kbps[step.links.satellite[own]]).max()
    assert total[0] == best / 1000
    assert np.count_nonzero(state.fed_kbps) == 1


def test_a_satellite_turns_to_the_station_that_gives_it_more() -> None:
    links = kernels.Links(np.arange(4), np.zeros(3, np.int32), np.array([1000, 3000, 2000]))
    nowhere = np.full((1, 4), -1, np.int32)
    step = Step(np.array([5000]), links, kernels.Lasers(nowhere, back_lasers(nowhere)))
    one, state = grow(step, [0, 1, 2], Rules(1, 1, 0.0))
    assert one.tolist() == [1.0, 3.0, 3.0] and state.pointed_kbps.tolist() == [[3000]]
    two, state = grow(step, [0, 1, 2], Rules(1, 2, 0.0))
    assert two.tolist() == [1.0, 4.0, 5.0] and sorted(state.pointed_kbps[0].tolist()) == [2000, 3000]


def test_a_trial_tells_the_gain_and_changes_nothing() -> None:
    step, rules = a_step(1), Rules(2, 1, LASER_MBPS)
    total, state = grow(step, [0, 1, 2], rules)
    kept = [field.copy() for field in state]
    trial, search = empty_flow(step, rules)
    gain = kernels.try_station(step.links, 3, 2, step.lasers, state, search, trial)
    assert all(np.array_equal(a, b) for a, b in zip(kept, state, strict=True))
    assert gain / 1000 == pytest.approx(grow(step, [0, 1, 2, 3], rules)[0][-1] - total[-1], abs=1e-9)


def test_the_greedy_order_starts_with_the_best_and_beats_chance() -> None:
    steps, rules = [a_step(s, stations=25) for s in (20, 21, 22)], Rules(2, 1, LASER_MBPS)
    order = choose_stations(steps, 6, rules)

    def mean_mbps(stations: list[int]) -> float:
        return float(np.mean([grow(step, stations, rules)[0][-1] for step in steps]))

    alone = [mean_mbps([g]) for g in range(25)]
    assert order[0] == int(np.argmax(alone))
    second = [mean_mbps([int(order[0]), g]) if g != order[0] else 0.0 for g in range(25)]
    assert mean_mbps(order[:2].tolist()) == pytest.approx(max(second))
    rng = np.random.default_rng(0)
    drawn = [mean_mbps(rng.choice(25, 6, replace=False).tolist()) for _ in range(30)]
    assert mean_mbps(order.tolist()) >= max(drawn)
    assert np.array_equal(order, choose_stations(steps, 6, rules, threads=1))


def test_the_choice_ends_where_nothing_is_added() -> None:
    step = a_step(4)
    nobody = replace(step, demand_kbps=np.zeros_like(step.demand_kbps))
    assert choose_stations([nobody], 5, Rules(2, 1, LASER_MBPS)).size == 0
    assert choose_stations([step], 0, Rules(2, 1, LASER_MBPS)).size == 0


@pytest.mark.parametrize(("order", "words"), [([7], "is 7; valid: 0 to 6"), ([1, 1], "each once")])
def test_a_wrong_order_is_refused(order: list[int], words: str) -> None:
    with pytest.raises(OutOfRangeError, match=words):
        grow(a_step(0), order, Rules(1, 1, 0.0))
