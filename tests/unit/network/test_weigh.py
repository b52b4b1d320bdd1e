"""The weather-weighted sums against a plain-Python re-implementation on a few cells."""

from __future__ import annotations

import math
from dataclasses import replace

import networks
import numpy as np
import pytest

from raabta.links.tables import PROBABILITY
from raabta.network import sky as sky_of
from raabta.network import slot as slots
from raabta.network import survival
from raabta.network import survival_kernels as kernels
from raabta.network.ladder import rung_levels
from raabta.network.model import RUNG_LOW, RUNGS, SLOT_UNIT

TERMINALS = (
    networks.terminal(share=0.7),
    networks.terminal(
        terminal_class="community", dish_m=1.2, g_over_t_dbk=21.0, eirp_dbw=51.0, share=0.3,
        homes_per_terminal=80.0, contention_ratio=10.0,
    ),
)  # fmt: skip


def mode_of(level_db, thresholds):
    """Highest mode whose threshold is at or below a level."""
    return max(i for i, threshold in enumerate(thresholds) if threshold <= level_db)


def modes_of(network, found, c, state):
    """[direction][class] modes of one cell in one state, interpolated over the cosecant by hand."""
    loss, radio = network.loss, network.radio
    nodes = loss.loss_db.shape[2]
    x = (1.0 / found.geometry[c, 0] - 1.0) / (loss.cosecant_max - 1.0) * (nodes - 1)
    low = min(max(int(x), 0), nodes - 2)
    out = []
    for direction in range(2):
        row = []
        for j in range(len(TERMINALS)):
            a, b = (float(loss.loss_db[state, c, low + i, direction, j]) for i in range(2))
            level = found.geometry[c, 3 + direction] + radio.terminal[direction, j] - a - (x - low) * (b - a)
            row.append(mode_of(level, radio.thresholds[direction, j]))
        out.append(row)
    return out


def dwell_of(network, c, modes, p):
    """Dwell of the whole ask at plan p, and the classes that close."""
    radio, total, closed = network.radio, 0.0, []
    for j in range(len(TERMINALS)):
        f, r = modes[0][j], modes[1][j]
        fits = (
            radio.single[0, j, f] >= network.peaks[p, 0, j]
            and radio.single[1, j, r] >= network.peaks[p, 1, j]
        )
        closed.append(fits)
        if fits:
            per_home = max(
                network.plans[p, 0] * radio.inverse[0, j, f], network.plans[p, 1] * radio.inverse[1, j, r]
            )
            total += network.demand.active[c, j] * per_home
    return total, closed


def bin_of(level):
    """The ladder's highest bin that a level reaches."""
    return max(b for b, rung in enumerate(rung_levels()) if level >= rung * (1.0 - 1e-9))


def clear_of(network, sky, found):
    """Clear-sky levels (n, p): what the dwell carries, scaled down until every plan fits the satellite."""
    n, plans = network.ground.count, len(network.plans)
    level, use = np.zeros((n, plans)), np.zeros((sky.view.near.size, plans, 2))
    lit = [c for c in range(n) if found.satellite[c] >= 0 and found.dwell[c] > 0.0]
    for c in lit:
        for p in range(plans):
            need, closed = dwell_of(network, c, modes_of(network, found, c, 0), p)
            level[c, p] = found.dwell[c] / need if need > 0.0 else 0.0
            asked = min(1.0, level[c, p]) * float(network.demand.active[c] @ np.array(closed))
            use[found.satellite[c], p] += asked * network.plans[p]
    for c in lit:
        s = found.satellite[c]
        for p in range(plans):
            worst = float((use[s, p] / sky.capacity[s, 1:]).max())
            level[c, p] = min(1.0, level[c, p]) / worst if worst > 1.0 + 1e-6 else level[c, p]
    return level


def plain(network, sky, found):
    """What `weigh` adds for one slot."""
    n, plans = network.ground.count, len(network.plans)
    histogram = np.zeros((n, plans, RUNGS + 1, len(TERMINALS)), np.int64)
    rain, feeder = np.zeros(n, np.int64), np.zeros(n, np.int64)
    left = survival.feeder_survival(network, sky, found, network.admission)
    clear = clear_of(network, sky, found)
    for c in range(n):
        s = found.satellite[c]
        if s < 0 or found.dwell[c] <= 0.0:
            continue
        whole, up = left.whole[c], max(left.kept[c], left.whole[c])
        feeder[c] = round((1.0 - up) * SLOT_UNIT)
        most = max(found.dwell[c], min(sky.capacity[s, 0], network.rules.per_cell))
        for p in range(plans):
            for k, probability in enumerate(PROBABILITY, start=1):
                need, closed = dwell_of(network, c, modes_of(network, found, c, k), p)
                ceiling = most / need if need > 0.0 else 0.0
                for part, share in ((1.0, whole), (left.promised[c], up - whole)):
                    count = round(probability * share * SLOT_UNIT)
                    for j in range(len(TERMINALS)):
                        if part > 0.0:
                            histogram[c, p, bin_of(min(clear[c, p] * part, ceiling)), j] += count * closed[j]
                wanted = min(need, clear[c, p] * need)
                if p == network.design and (need <= 0.0 or wanted > most * (1.0 + 1e-9)):
                    rain[c] += round(probability * up * SLOT_UNIT)
    return histogram, rain, feeder


def weighed(network, sky, found):
    """What the kernel adds."""
    n, classes = network.demand.active.shape
    out = survival.Weighed.zeros(n, len(network.plans), classes)
    survival.weigh(network, sky, found, out)
    return out.histogram(), out.lost[:, 0], out.lost[:, 1]


@pytest.mark.parametrize(
    ("homes", "allocation", "place"),
    [
        (40.0, "guarantee", (29.5, 66.5)),
        (900.0, "guarantee", (31.5, 69.0)),
        (900.0, "equal", (31.5, 69.0)),
        (3.0, "guarantee", (32.5, 70.0)),
    ],
)
def test_kernel_equals_plain_python(homes, allocation, place):
    made = networks.scenario(terminals=TERMINALS, sharing={"allocation": allocation})
    network = networks.build(made, homes=homes, where=networks.cells(rings=1))
    sky = sky_of.observe_sky(network, networks.over(place))
    found = slots.allocate(network, sky, np.zeros(7, np.int64))
    assert np.any(found.dwell > 0.0)
    for ours, theirs in zip(weighed(network, sky, found), plain(network, sky, found), strict=True):
        # The kernel rounds the sum of the states that change nothing once, the plain code each of them.
        assert np.abs(ours.astype(np.int64) - theirs).max() <= len(PROBABILITY)


def test_every_plan_fits_the_satellite_in_both_directions():
    """The dwell of the design plan is read at the other plans, whose forward and return differ."""
    narrow = networks.payload(return_mbps=300.0, forward_mbps=4_000.0)
    network = networks.build(networks.scenario(radio=narrow, terminals=TERMINALS), homes=400.0)
    sky = sky_of.observe_sky(network, networks.over((29.0, 66.0)))
    found = slots.allocate(network, sky, np.zeros(61, np.int64))
    level = clear_of(network, sky, found)
    for p, plan in enumerate(network.plans):
        active = network.demand.active.sum(axis=1) * np.minimum(level[:, p], 1.0)
        assert np.all(active.sum() * plan <= sky.capacity[0, 1:] * (1.0 + 1e-3))


def test_a_fading_feeder_cuts_the_surplus_before_the_promises():
    network = networks.build(networks.scenario(terminals=TERMINALS), homes=900.0)
    sky = sky_of.observe_sky(network, networks.over((29.0, 66.0)))
    half = replace(network.admission, level=np.full(61, 0.05))
    found = slots.allocate(network, sky, np.zeros(61, np.int64), half)
    left = survival.feeder_survival(network, sky, found, half)
    lit = found.dwell > 0.0
    assert np.all(left.promised[lit] <= 1.0)
    assert np.all(left.kept[lit] >= left.whole[lit][0] - 1e-12)
    first, last = half.order[lit[half.order]][[0, -1]]
    assert left.kept[first] >= left.kept[last]


def test_the_ladder_is_the_one_that_served_reads():
    levels = rung_levels()
    assert levels[0] == 0.0 and levels[1] == pytest.approx(RUNG_LOW) and levels[-1] == 1.0
    assert np.diff(np.log(levels[1:])) == pytest.approx(-math.log(RUNG_LOW) / (RUNGS - 1))


def test_a_slot_counts_at_most_once_and_a_dead_feeder_counts_nothing():
    made = networks.scenario(terminals=TERMINALS)
    network = networks.build(made, homes=40.0)
    sky = sky_of.observe_sky(network, networks.over((29.0, 66.0)))
    found = slots.allocate(network, sky, np.zeros(61, np.int64))
    histogram, rain, feeder = weighed(network, sky, found)
    assert histogram.sum(axis=2).max() <= SLOT_UNIT
    assert np.all(histogram.sum(axis=2)[:, network.design].max(axis=1) + rain + feeder <= SLOT_UNIT + 8)
    silent = tuple(g.model_copy(update={"availability_share": 0.0}) for g in networks.GATEWAYS)
    lost = networks.build(networks.scenario(terminals=TERMINALS, gateways=silent), homes=40.0)
    histogram, _, feeder = weighed(lost, sky, found)
    assert histogram.sum() == 0 and np.all(feeder[found.dwell > 0.0] == SLOT_UNIT)


def test_a_deeper_fade_only_moves_counts_down_the_ladder():
    """With one class: of several, one that drops out would leave its dwell to the others."""
    network = networks.build(homes=900.0)
    position = networks.over((31.0, 68.0))
    sky = sky_of.observe_sky(network, position)
    found = slots.allocate(network, sky, np.zeros(61, np.int64))
    before, _, _ = weighed(network, sky, found)
    assert before.any()
    worse = replace(network.loss, loss_db=network.loss.loss_db.copy())
    worse.loss_db[1:] += 4.0
    after, _, _ = weighed(replace(network, loss=worse), sky, found)
    reach = [np.cumsum(h[:, :, ::-1].astype(np.int64), axis=2) for h in (before, after)]
    assert np.all(reach[1] <= reach[0]) and np.any(reach[1] < reach[0])


@pytest.mark.parametrize("spill", [8, 100])
def test_what_classes_lack_is_added_up_whatever_room_it_finds(monkeypatch, spill):
    """Against a dense sum: tables that are empty, grow, and are read while counts wait beside them."""
    monkeypatch.setattr(survival, "SPILL", spill)
    cells, plans, bins, classes = 5, 2, 9, 3
    rng = np.random.default_rng(4)
    lacks = survival.Lacks(cells, plans, bins, classes)
    dense = np.zeros((cells, plans, bins, classes), np.int64)
    for c, p, b, closed, count in rng.integers(1, [4, 2, 9, 7, 50], (3_000, 5)):
        if lacks.tables.spilled[0] == spill:
            lacks.grow()
        kernels.insert(lacks.tables, c, 1 + ((p * bins + b) << kernels.MASK_BITS) + closed, count)
        dense[c, p, b] += count * (closed & 1 << np.arange(classes) == 0)
    for first, last in ((0, None), (1, 4), (3, 4), (0, 1)):
        own = dense[first:last].reshape(-1, classes)
        for j, (place, count) in enumerate(lacks.planes(first, last)):
            assert np.array_equal(place, np.flatnonzero(own[:, j]))
            assert np.array_equal(count, own[place, j])
    assert lacks.tables.spilled[0] == 0 and lacks.tables.key.size < 4 * lacks.tables.used.sum()


def test_more_than_the_keys_can_say_is_refused():
    with pytest.raises(ValueError, match="too many for the keys"):
        survival.Lacks(1, 3, 178, 5)
