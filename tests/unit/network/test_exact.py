"""Attaching against the exact optimum of small slots (HiGHS), and the bound above both."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import exact_slots
import networks
import numpy as np
import pytest

from raabta.network import attachment
from raabta.network.bound import forward_bound_mbps
from raabta.network.model import Admission
from raabta.network.sky import observe_sky
from raabta.network.slot import allocate, rates_mbps

PLACES = ((29.0, 66.0), (31.5, 70.0), (25.5, 62.5), (28.0, 69.0), (31.0, 62.0), (26.0, 68.5))
LOADS = (0.7, 0.95, 1.1, 1.6)
BEAMS = (6.0, 1.4, 1.0)
OPTIMA = Path(__file__).with_name("optima_in_order.json")
"""Of slots by number: homes of each cell where the first has all it can have, then the second beside that,
and so on, as `exact_slots.Program.in_order` finds them (HiGHS; seconds to a minute a slot)."""


def slot(seed, load, beams=6.0, lit=0.5):
    """About 30 of 61 cells with unequal asks under three or four satellites of unequal size; rates bind, and
    the beams of a cell; with fewer beams (1 or 1.4) dwell does."""
    random = np.random.default_rng(seed)
    homes = random.gamma(0.8, 400.0, 61).round() * (random.random(61) < lit)
    network = networks.build(networks.scenario(radio=networks.payload(beams=12)), homes=homes)
    sky = observe_sky(network, networks.over(*PLACES))
    return network, exact_slots.cut(network, sky, seed, satellites=3 + seed % 2, load=load, beams=beams)


def found_in(network, sky):
    return allocate(network, sky, np.zeros(network.ground.count, np.int64))


def test_asks_met_are_within_two_per_cent_of_the_most_that_can_be():
    gaps = []
    for seed in range(4):
        for load in LOADS:
            network, sky = slot(seed, load)
            found = found_in(network, sky)
            met = float((np.minimum(found.level, 1.0) * found.need[:, 3]).sum())
            program = exact_slots.Program(network, sky, np.ones(61))
            most = program.solve(program.homes)
            assert met <= most * (1.0 + 3.0 * exact_slots.GAP)
            gaps.append(1.0 - met / most)
    assert np.mean(gaps) <= 0.003
    assert np.median(gaps) <= 0.001
    assert np.max(gaps) <= 0.014


def numbered(number):
    """One of the slots of OPTIMA: nothing was tuned on those from 1000 on."""
    return slot(number, LOADS[number // 3 % 3], BEAMS[number % 3], lit=0.42)


@lru_cache
def known():
    return {int(number): np.array(homes) for number, homes in json.loads(OPTIMA.read_text()).items()}


def shortfall(number):
    """What the first cells together miss of the optimum in order, at worst, over the optimum's sum."""
    network, sky = numbered(number)
    found, best = found_in(network, sky), known()[number]
    homes = (np.minimum(found.level, 1.0) * found.need[:, 3])[network.demand.order]
    return max(0.0, float((np.cumsum(best) - np.cumsum(homes)).max())) / float(best.sum())


def test_every_small_slot_is_within_two_per_cent_of_the_optimum_in_order():
    """All where beams bind, every fourth of the others, which take as long and are nearer."""
    gaps = {number: shortfall(number) for number in known() if number % 3 == 2 or number % 4 == 0}
    of_beams = [gap for number, gap in gaps.items() if number % 3 == 2]
    assert len(gaps) >= 120 and len(of_beams) >= 90
    assert max(gaps.values()) <= 0.02, max(gaps, key=gaps.get)
    assert np.mean(of_beams) <= 0.006


@pytest.mark.parametrize("number", [38, 1000])
def test_the_optima_kept_are_those_that_the_integer_programs_find(number):
    network, sky = numbered(number)
    best = exact_slots.Program(network, sky, np.ones(61)).in_order(network.demand.order)
    assert np.abs(np.cumsum(best) - np.cumsum(known()[number])).max() <= 1e-3 * best.sum()


def test_what_beginning_anew_changes_is_more_for_the_first_cells(monkeypatch):
    better = 0
    for number in (53, 89, 11, 68):
        network, sky = numbered(number)
        anew = shortfall(number)
        first = found_in(network, sky)
        assert all(
            getattr(first.given, name).tobytes() == getattr(found_in(network, sky).given, name).tobytes()
            for name in ("satellite", "need", "dwell", "code")
        )
        with monkeypatch.context() as patch:
            patch.setattr(attachment, "SPARE", 0)
            once = shortfall(number)
        assert anew <= once
        better += anew < once - 0.001
    assert better >= 2


@pytest.mark.parametrize(
    ("beams", "mean", "most"), [(6.0, 0.001, 0.001), (2.0, 0.001, 0.001), (1.0, 0.0125, 0.02)]
)
def test_cells_in_their_order_have_what_the_best_plan_in_that_order_gives_them(beams, mean, most):
    """Strictly: however many of the first cells are summed up, they miss little of what they could have."""
    gaps = []
    for seed, load in ((2, 0.95), (4, 0.95), (7, 0.95)):
        network, sky = slot(seed, load, beams, lit=0.42)
        found = found_in(network, sky)
        order = network.demand.order
        homes = (np.minimum(found.level, 1.0) * found.need[:, 3])[order]
        best = exact_slots.Program(network, sky, np.ones(61)).in_order(order)
        lost = np.cumsum(best) - np.cumsum(homes)
        assert lost[0] >= -3.0 * exact_slots.GAP * best[0]
        gaps.append(max(0.0, lost.max()) / best.sum())
    assert np.max(gaps) <= most and np.mean(gaps) <= mean, gaps


def test_the_bound_is_above_the_program_that_may_split_cells_and_that_above_what_is_carried():
    """And where satellites bind, as near as the program itself."""
    for seed in range(4):
        for load in LOADS:
            network, sky = slot(seed, load)
            program = exact_slots.Program(network, sky, np.full(61, network.ceiling[0]))
            most, bound = program.solve(program.need[:, 1], whole=False), forward_bound_mbps(network, sky)
            carried = float(rates_mbps(network, found_in(network, sky))[0].sum())
            assert carried <= most * (1.0 + 1e-6) and most <= bound * (1.0 + 1e-6)
            assert load < 1.6 or bound <= most * 1.001


def test_where_the_return_direction_binds_the_bound_says_so():
    network, sky = slot(2, 1.6)
    capacity = sky.capacity * np.array([1.0, 1.0, 0.2])
    carried = float(rates_mbps(network, found_in(network, replace(sky, capacity=capacity)))[0].sum())
    bound = forward_bound_mbps(network, replace(sky, capacity=capacity))
    assert carried <= bound * (1.0 + 1e-9)
    assert bound < 0.8 * forward_bound_mbps(network, sky)


def test_a_cell_makes_room_for_one_that_can_go_nowhere_else():
    """Two cells, two satellites with room for one each; the first in the order takes the one that the second
    needs, and is moved."""
    homes = np.zeros(61)
    first, second = 10, 40
    homes[[first, second]] = 300.0
    network = networks.build(homes=homes)
    sky = observe_sky(network, networks.over((29.0, 66.0), (29.4, 66.6)))
    sky = replace(sky, capacity=np.minimum(sky.capacity, np.array([8.0, 380.0, 60.0])))
    order = np.array([first, second])
    network = replace(network, admission=Admission(order, np.ones(61)))
    wanted = found_in(network, sky).satellite[first]
    cell = np.repeat(np.arange(61), np.diff(sky.usable.start))
    kept = (cell != second) | (sky.usable.satellite == wanted)
    usable = sky.usable._replace(
        start=np.concatenate([[0], np.cumsum(np.bincount(cell[kept], minlength=61))]),
        satellite=sky.usable.satellite[kept],
        sin_elevation=sky.usable.sin_elevation[kept],
    )
    found = found_in(network, replace(sky, usable=usable))
    assert found.satellite[second] == wanted and found.satellite[first] == 1 - wanted
    assert np.all(found.level[order] >= 1.0 - 1e-9)
    assert set(found.by_direction()[0][order]) == {10}, "demand met"
    lists = [found.given.members.cell[found.given.members.head[s], 0] for s in (wanted, 1 - wanted)]
    assert lists == [second, first], "and the satellites know whom they serve"
