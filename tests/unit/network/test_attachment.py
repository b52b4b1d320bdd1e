"""Where cells go: those that are promised nothing are spread so that the worst-off have the most."""

from __future__ import annotations

from dataclasses import replace

import exact_slots
import networks
import numpy as np
import pytest
from scipy.optimize import linprog

from raabta.network import attachment, board_kernels
from raabta.network import slot as slots
from raabta.network.model import Admission
from raabta.network.sky import observe_sky

PLACES = ((29.0, 66.0), (31.5, 70.0), (25.5, 62.5), (28.0, 69.0))


def dry(network):
    return np.zeros(network.ground.count, np.int64)


def uneven(seed, **radio):
    """Sixty-one cells of unequal homes under four satellites, more asked for than there is."""
    scene = networks.scenario(radio=networks.payload(forward_mbps=300.0, **radio))
    return networks.build(scene, homes=np.random.default_rng(seed).gamma(0.7, 300.0, 61).round() + 1.0)


def best_common_level(network, sky):
    """Highest level that all cells can have at once if they may share their ask among satellites, forward."""
    usable, active = sky.usable, network.total_active
    cell = np.repeat(np.arange(active.size), np.diff(usable.start))
    satellite = usable.satellite[: cell.size]
    goal = np.append(np.zeros(cell.size), -1.0)
    of_cell = np.zeros((active.size, cell.size + 1))
    of_cell[cell, np.arange(cell.size)], of_cell[:, -1] = -1.0, active * network.plans[network.design, 0]
    of_satellite = np.zeros((sky.share.size, cell.size + 1))
    of_satellite[satellite, np.arange(cell.size)] = 1.0
    found = linprog(
        goal,
        A_ub=np.vstack([of_cell, of_satellite]),
        b_ub=np.concatenate([np.zeros(active.size), sky.capacity[:, 1]]),
        method="highs",
    )
    assert found.status == 0
    return -found.fun


@pytest.mark.parametrize("allocation", ["guarantee", "equal"])
@pytest.mark.parametrize("seed", range(6))
def test_cells_without_a_promise_are_spread_so_that_the_worst_off_have_the_most(seed, allocation):
    network = uneven(seed)
    network = replace(network, rules=network.rules._replace(guarantee=int(allocation == "guarantee")))
    sky = observe_sky(network, networks.over(*PLACES))
    nobody = Admission(network.demand.order, np.zeros(61))
    found = slots.allocate(network, sky, dry(network), nobody)
    best = best_common_level(network, sky)
    assert 0.0 < best < 1.0
    assert 0.94 * best <= found.level.min() <= best * (1.0 + 1e-6)
    forward = slots.rates_mbps(network, found)[0].sum()
    assert forward == pytest.approx(sky.capacity[:, 1].sum(), rel=1e-4)


def test_who_finds_no_room_where_he_wants_to_be_takes_what_is_left():
    network = uneven(1, beams=2, cells_per_beam=4)
    sky = observe_sky(network, networks.over(*PLACES))
    found = slots.allocate(network, sky, dry(network), Admission(network.demand.order, np.zeros(61)))
    assert np.bincount(found.satellite[found.satellite >= 0]).tolist() == sky.room.tolist() == [8] * 4


def looked(monkeypatch, network, sky, effort):
    """The slot with so much effort for the second look and no more, and what of it each look has left."""
    left, real = [], attachment.improve_kernels.improve

    def improve(order, problem, given, trial, free, room, pool):
        moves = real(order, problem, given, trial, free, room, pool)
        left.append(int(pool[0]))
        return moves

    monkeypatch.setattr(attachment, "EFFORT", effort)
    monkeypatch.setattr(attachment, "SPARE", 0)
    monkeypatch.setattr(attachment.improve_kernels, "improve", improve)
    found = slots.allocate(network, sky, dry(network))
    monkeypatch.undo()
    return found, left


@pytest.mark.parametrize("seed", range(3))
def test_a_second_look_at_an_overloaded_slot_costs_what_it_may(seed, monkeypatch):
    """Without effort a short cell may still move by itself: its links are rated once; nobody has less."""
    homes = np.random.default_rng(seed).gamma(0.8, 400.0, 61).round()
    network = networks.build(networks.scenario(radio=networks.payload(beams=12)), homes=homes)
    sky = exact_slots.cut(
        network, observe_sky(network, networks.over(*PLACES)), seed, satellites=4, load=1.6, beams=6.0
    )
    once = slots.allocate(network, sky, dry(network), network.admission)
    short = np.flatnonzero((network.total_active > 0.0) & (once.level < 1.0 - 1e-3))
    assert short.size > 10
    most = int(np.diff(sky.usable.start)[short].sum()) * (board_kernels.LINK + 61**2)
    bare, left = looked(monkeypatch, network, sky, 0)
    assert min(left) >= -most
    assert np.all(carried(bare) >= carried(once) * (1.0 - 1e-9))
    enough, left = looked(monkeypatch, network, sky, 10**12)
    more = np.cumsum((carried(enough) - carried(once))[network.demand.order])
    assert more.max() > 1.0 and more.max() > -more.min(), "the first have more"
    spent = 10**12 - left[0]
    _, left = looked(monkeypatch, network, sky, spent // 4)
    assert -most <= left[0] < spent // 4


def carried(found):
    """Active homes of every cell that are carried."""
    return np.minimum(found.level, 1.0) * found.need[:, 3]
