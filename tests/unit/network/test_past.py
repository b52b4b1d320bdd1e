"""What a slot knows of the one before: a handover is paid once and avoided where it gains less, and whoever
was starved comes first."""

from __future__ import annotations

from dataclasses import replace

import exact_slots
import networks
import numpy as np
import pytest

from raabta.network import attachment, past, record_kernels, surplus_kernels
from raabta.network.admission import admit
from raabta.network.chunk import run_chunk, walk
from raabta.network.kernels import Candidates
from raabta.network.model import Admission
from raabta.network.sky import observe_sky
from raabta.network.slot import allocate, rates_mbps
from raabta.network.survival import Weighed, weigh

TENTH = {"handover_s": 1.5}
"""Of a slot of 15 s: dwell is 1 / 0.9 of what it would be."""


def network(homes=200.0, *, rings=0, radio=None, **sharing):
    scene = networks.scenario(radio=networks.payload(**(radio or {})), sharing=sharing)
    return networks.build(scene, homes=homes, where=networks.cells(rings=rings))


def dry(net):
    return np.zeros(net.ground.count, np.int64)


def after(net, sky, found, before=None):
    return past.after(net, sky, found, before or past.no_past(net))


def unpromised(net):
    return replace(net, admission=Admission(net.demand.order, np.zeros(net.ground.count)))


def test_a_handover_is_paid_once_and_only_the_dwell_pays_it():
    free, tolled = network(), network(**TENTH)
    sky = observe_sky(free, networks.over(networks.CENTRE))
    bare = allocate(free, sky, dry(free))
    first = allocate(tolled, sky, dry(free), past=past.no_past(tolled))
    second = allocate(tolled, sky, dry(free), past=after(tolled, sky, first))
    assert first.need[0, 0] == pytest.approx(bare.need[0, 0] / 0.9, rel=1e-12)
    assert np.array_equal(first.need[0, 1:], bare.need[0, 1:]), "the same rates"
    assert first.given.plan_dwell == pytest.approx(bare.given.plan_dwell / 0.9, rel=1e-12)
    assert bare.dwell[0] == first.dwell[0] == 1.0, "with the surplus, one beam"
    assert first.level[0] == pytest.approx(0.9 * bare.level[0], rel=1e-12)
    for name, value in bare.given._asdict().items():
        if name not in ("members", "before"):
            assert np.array_equal(getattr(second.given, name), value), name


def test_without_a_past_every_cell_pays():
    tolled = network(rings=2, **TENTH)
    sky = observe_sky(tolled, networks.over(networks.CENTRE, (30.0, 67.0)))
    alone, first = (allocate(tolled, sky, dry(tolled), past=p) for p in (None, past.no_past(tolled)))
    assert np.array_equal(alone.dwell, first.dwell)
    assert np.all(alone.given.toll[alone.satellite >= 0] == tolled.rules.toll) and tolled.rules.toll > 1.1


def test_a_cell_that_alone_would_fill_its_beam_gets_its_rate_for_the_rest_of_the_slot():
    free, tolled = (network(homes=2e5, allocation="equal", **own) for own in ({}, TENTH))
    sky = observe_sky(free, networks.over(networks.CENTRE))
    bare, late = (allocate(net, sky, dry(free)) for net in (free, tolled))
    assert bare.dwell[0] == late.dwell[0] == 1.0, "one beam a cell"
    assert rates_mbps(tolled, late)[0][0] == pytest.approx(0.9 * rates_mbps(free, bare)[0][0], rel=1e-9)


def test_fades_are_rated_with_the_same_handover():
    """A slot that begins with a handover is weighed as one whose links all take 1 / 0.9 of the dwell."""
    free, tolled = network(homes=5e3), network(homes=5e3, **TENTH)
    slower = replace(free)
    slower.__dict__["links"] = free.links._replace(dwell=free.links.dwell * tolled.rules.toll)
    sky = observe_sky(free, networks.over((30.5, 67.5)))
    counts = {}
    for name, net in {"free": free, "tolled": tolled, "slower": slower}.items():
        out = Weighed.zeros(1, 3, 1)
        weigh(net, sky, allocate(net, sky, dry(net)), out)
        counts[name] = out.counts
    assert np.array_equal(counts["tolled"], counts["slower"])
    assert not np.array_equal(counts["tolled"], counts["free"])


def test_a_cell_pays_by_where_it_ends_however_often_it_was_moved(monkeypatch):
    """The second look moves promised cells, to the satellite they had too: each pays as it stands then."""
    moved, real = [], attachment.look_again

    def look(net, order, level, state, usable, near, given):
        was = given.satellite.copy()
        real(net, order, level, state, usable, near, given)
        now = given.satellite[was != given.satellite]
        moved.extend(now[now >= 0] == given.before.satellite[was != given.satellite][now >= 0])

    monkeypatch.setattr(attachment, "look_again", look)
    homes = np.random.default_rng(2).gamma(0.8, 400.0, 61).round()
    net = network(homes=homes, rings=4, radio={"beams": 12}, **TENTH)
    places = (29.0, 66.0), (31.5, 70.0), (25.5, 62.5), (28.0, 69.0), (31.0, 62.0)
    sky = exact_slots.cut(net, observe_sky(net, networks.over(*places)), 2, satellites=4, load=1.1, beams=6.0)
    for seed in range(8):
        had = np.random.default_rng(seed).choice(sky.view.near, 61)
        given = allocate(net, sky, dry(net), past=past.Past(had, np.zeros(61), known=True)).given
        lit, kept = given.satellite >= 0, given.satellite == given.before.satellite
        assert np.array_equal(given.toll[lit], np.where(kept, 1.0, net.rules.toll)[lit])
    assert set(moved) == {True, False}, "some to the satellite that they had, some to another"


@pytest.mark.parametrize("promised", [True, False])
@pytest.mark.parametrize(
    ("handover_s", "left", "stays"), [(1.5, 0.95, True), (1.5, 0.85, False), (0.0, 0.95, False)]
)
def test_a_cell_stays_where_it_is_unless_it_gains_more_than_a_handover_takes(
    promised, handover_s, left, stays
):
    net = network(handover_s=handover_s)
    net = net if promised else unpromised(net)
    latitude, longitude = networks.CENTRE
    sky = observe_sky(net, networks.over((latitude, longitude + 1.0), (latitude, longitude - 1.0)))
    sky = replace(sky, usable=sky.usable._replace(sin_elevation=np.full(2, 0.98)))
    capacity = np.full_like(sky.capacity, 1_000.0)
    for present in range(2):
        had = replace(past.no_past(net), satellite=sky.view.near[[present]], known=True)
        less = replace(sky, capacity=capacity * np.where(np.arange(2) == present, left, 1.0)[:, None])
        found = allocate(net, less, dry(net), past=had)
        assert bool(found.satellite[0] == present) is stays


def test_spread_moves_a_cell_for_more_than_the_toll_alone():
    """Two satellites that carry 100 and 104 homes, a cell of 10 on the first: a toll of 1.05 keeps it."""
    candidates = Candidates(np.array([0, 2]), np.array([0, 1], np.int32), np.ones(2), np.zeros(1, np.int8))
    for toll, goes in ((1.0, 1), (1.03, 1), (1.05, 0)):
        choice = np.full(1, -1)
        surplus_kernels.spread(
            np.array([0]), np.array([10.0]), candidates, np.array([100.0, 104.0]), np.full(2, 1e9), 1.0, 2,
            np.full(2, 9), np.array([0]), toll, choice,
        )  # fmt: skip
        assert choice[0] == goes


def test_what_a_cell_has_lacked_is_kept_and_fades():
    net = unpromised(network(homes=[2e5] * 7, rings=1, memory_strength=1.0))
    sky = observe_sky(net, networks.over(networks.CENTRE))
    found = allocate(net, sky, dry(net))
    lacked = 1.0 - found.level
    assert np.all((lacked > 0.0) & (lacked < 1.0))
    one = after(net, sky, found)
    two = after(net, sky, found, one)
    assert one.deficit == pytest.approx(lacked) and two.deficit == pytest.approx(1.8 * lacked)
    assert np.array_equal(one.satellite, sky.view.near[found.satellite])
    silent = unpromised(network(homes=[2e5] * 7, rings=1))
    assert not after(silent, sky, found).deficit.any()


@pytest.mark.parametrize("allocation", ["guarantee", "equal"])
def test_a_starved_cell_counts_more_in_the_next_slot(allocation):
    """Seven cells of equal homes; the first has lacked one whole ask: it gets twice the others' level."""
    net = network(
        homes=[4e3] * 7, rings=1, memory_strength=1.0, allocation=allocation, radio={"forward_mbps": 500.0}
    )
    net = unpromised(net)
    sky = observe_sky(net, networks.over(networks.CENTRE))
    starved = replace(past.no_past(net), deficit=np.array([1.0, 0, 0, 0, 0, 0, 0]))
    level = allocate(net, sky, dry(net), past=starved).level
    assert level[0] == pytest.approx(2.0 * level[1], rel=1e-5)
    assert level[1:] == pytest.approx(level[1], rel=1e-9) and level[1] > 0.0
    assert level @ net.total_active * 25.0 == pytest.approx(sky.capacity[0, 1], rel=1e-5)


def test_who_found_no_room_comes_first_in_the_next_slot():
    """A satellite with room for two of three cells: each is left out in turn, not the last one always."""
    radio = {"beams": 1, "cells_per_beam": 2, "channels": 1}
    out = {}
    for strength in (0.0, 1.0):
        net = network(homes=[2e4] * 3 + [0.0] * 4, rings=1, radio=radio, memory_strength=strength)
        net = unpromised(net)
        sky, before, missing = observe_sky(net, networks.over(networks.CENTRE)), past.no_past(net), []
        for _ in range(6):
            found = allocate(net, sky, dry(net), past=before)
            missing += np.flatnonzero(found.satellite[:3] < 0).tolist()
            before = past.after(net, sky, found, before)
        out[strength] = missing
    assert out[0.0] == [2] * 6
    assert np.bincount(out[1.0]).tolist() == [2, 2, 2] and out[1.0][:2] != [2, 2]


def test_the_most_starved_choose_first_and_the_others_in_their_order():
    weight = np.array([1.0, 5.0, 1.0, 3.0, 5.0, 1.0])
    order = np.array([5, 4, 2, 0, 3, 1])
    assert attachment.starved_first(order, weight).tolist() == [4, 1, 3, 5, 2, 0]
    assert attachment.starved_first(order, np.ones(6)).tolist() == order.tolist()
    random = 1.0 + np.random.default_rng(1).random(500)
    first = attachment.starved_first(np.arange(500), random)
    assert np.all(np.diff(random[first]) < 1.0 / 65_000)


def test_the_promised_keep_their_order_whatever_they_have_lacked():
    net = network(homes=[2e5] * 7, rings=1, memory_strength=1.0)
    net = replace(net, admission=Admission(net.demand.order, np.array([0.5, 0.5, 0, 0, 0, 0, 0])))
    sky = observe_sky(net, networks.over(networks.CENTRE))
    deficit = after(net, sky, allocate(net, sky, dry(net))).deficit
    assert not deficit[:2].any() and np.all(deficit[2:] > 0.5)


def test_the_memory_begins_anew_with_an_epoch():
    net = network(homes=[2e4] * 7, rings=1, memory_strength=1.0, **TENTH)
    known = {seen.slot: seen.past for seen in walk(net, range(17, 23))}
    assert [slot for slot, own in known.items() if not own.known] == [20]
    assert np.all(known[20].satellite == -1) and not known[20].deficit.any()
    (alone,) = walk(net, [22])
    for name in ("satellite", "deficit"):
        assert np.array_equal(getattr(alone.past, name), getattr(known[22], name))


def test_a_storm_falls_on_the_same_past():
    """In weather that touches nobody a slot gives what it gives in clear sky, handovers included."""
    net = network(homes=[2e4] * 7, rings=1, memory_strength=1.0, **TENTH)
    rainless = replace(net, rain=replace(net.rain, every=1))
    part = run_chunk(rainless, range(9))
    quiet = part["storms"][:, 1] + part["storms"][:, 2] == 0.0
    assert quiet[1:].any()
    assert np.array_equal(part["storms"][quiet, 4], part["storms"][quiet, 6])


def test_a_satellite_that_stands_still_is_never_changed():
    spot = {"geostationary": ({"longitude_deg": 66.0},), "shells": ()}
    scene = networks.scenario(sharing=TENTH)
    system = scene.constellation.model_copy(update=spot)
    assert networks.build(scene).rules.toll == pytest.approx(1.0 / 0.9)
    from raabta.network.model import handover_share

    assert handover_share(scene) == pytest.approx(0.1)
    assert handover_share(scene.model_copy(update={"constellation": system})) == 0.0


def test_a_cell_that_had_no_satellite_and_gets_one_is_counted():
    out = np.zeros(4, np.int64)
    record_kernels.tally_handovers(
        np.array([7, 7, -1, 7]), np.array([0, 1, 1, -1]), np.array([7, 9], np.int64), out
    )
    assert out.tolist() == [0, 1, 1, 0]


def test_admission_promises_what_holds_with_a_handover_in_every_slot():
    """One beam for a cell that would fill it: nine tenths of it are left to be promised."""
    free, tolled = (admit(network(homes=1e4, **own)) for own in ({}, TENTH))
    assert 0.0 < free.admission.level[0] < 1.0
    ratio = tolled.admission.level[0] / free.admission.level[0]
    assert 0.86 < ratio < 0.94, "0.9, on a ladder of 4 %"
