"""Payloads that repeat carriers: what the feeder's noise, its spectrum and its weather leave of a slot."""

from __future__ import annotations

from functools import lru_cache

import networks
import numpy as np
import pytest

from raabta.base.frames import look_angles
from raabta.links.budget import feeder_budget, forward_budget, return_budget
from raabta.links.relay import combine_db, held_gain_db, held_power_db
from raabta.links.tables import NO_CROSS_DB, PROBABILITY
from raabta.network import chunk, explain, feeder, rain_field, repeated, storms, survival
from raabta.network import sky as sky_of
from raabta.network import slot as slots
from raabta.network.constraints import CONSTRAINTS
from raabta.network.kernels import RETURN_SIDE
from raabta.network.model import SLOT_UNIT
from raabta.network.rating_kernels import rate_repeated

CHANCE = np.array(PROBABILITY)
CELL = 30
FEW_MBPS = {"forward_mbps": 5_000.0, "return_mbps": 2_000.0}
NO_NOISE = FEW_MBPS | {"feeder_g_over_t_dbk": 60.0, "feeder_eirp_dbw": 90.0}
MODEST = {"eirp_dbw": 43.0, "g_over_t_dbk": 15.0}


def site(name="Quetta", latitude_deg=30.18, longitude_deg=66.99, **changes):
    return networks.gateway(name, latitude_deg, longitude_deg, **changes)


@lru_cache
def _network(processing, gateways, homes, allocation, radio):
    made = networks.scenario(
        radio=networks.payload(processing=processing, **dict(radio)),
        gateways=gateways,
        sharing={"allocation": allocation},
    )
    return networks.build(made, homes=homes)


def network(*gateways, processing="transparent", homes=20.0, allocation="guarantee", **radio):
    """One or two gateways; by default one whose C/N is about that of the users."""
    return _network(processing, gateways or (site(**MODEST),), homes, allocation, tuple(radio.items()))


def sky_over(net):
    return sky_of.observe_sky(net, networks.over(networks.CENTRE))


def dry(net):
    return np.zeros(net.ground.count, np.int64)


def everywhere(net, state):
    return np.full(len(net.scenario.gateways), state)


def clear_fades(net, g, way, sine):
    """Clear-sky loss of a gateway, read back from its table of C/N at 1 km."""
    table, payload, gateway = net.feeder, net.payload, net.scenario.gateways[g]
    cosecant = np.linspace(1.0, table.cosecant_max, table.near_db.shape[-1])
    near = float(np.interp(1.0 / sine, cosecant, table.near_db[g, way, 0]))
    bare = feeder_budget(
        payload, gateway, direction=("forward", "return")[way], range_km=1.0, elevation_deg=90.0,
        weather_db=0.0, clear_db=0.0,
    )  # fmt: skip
    return bare.cn_db - near


def feeder_by_hand(net, sky, s):
    """C/N of the feeder of satellite s up and down, from the budget of its gateway in clear sky."""
    g = int(sky.gateway[s])
    gateway, out = net.scenario.gateways[g], []
    elevation, _, range_km = look_angles(
        gateway.latitude_deg, gateway.longitude_deg, gateway.height_m / 1e3, sky.view.satellite_km[s]
    )
    for way, direction in enumerate(("forward", "return")):
        loss = clear_fades(net, g, way, np.sin(np.radians(float(elevation))))
        out.append(
            feeder_budget(
                net.payload, gateway, direction=direction, range_km=float(range_km),
                elevation_deg=float(elevation), weather_db=loss, clear_db=loss,
            ).cn_db
        )  # fmt: skip
    return out


def test_the_feeder_of_a_satellite_is_that_of_the_budget_at_its_own_range():
    net = network()
    sky = sky_over(net)
    assert sky.feeder_db.shape == (1, 2)
    assert sky.feeder_db[0] == pytest.approx(feeder_by_hand(net, sky, 0), abs=1e-6)
    assert (sky.feeder_db[0] < 25.0).all()


def test_the_budget_of_a_cell_joins_both_hops():
    """To 1e-9: the user's hop with what it meets, the feeder's, and the stated C/I last."""
    net = network()
    sky = sky_over(net)
    found = slots.allocate(net, sky, dry(net))
    forward, back = explain._budgets(net, sky, found, CELL)
    up, down = sky.feeder_db[0]
    user = forward.cn_db
    whole = combine_db(held_power_db(up, user), net.payload.interference_down_db)
    assert forward.cinr_db == pytest.approx(float(whole), abs=1e-9)
    assert forward.value("C/N, feeder uplink") == up
    assert forward.value("C/N, both hops") == pytest.approx(float(held_power_db(up, user)), abs=1e-9)
    whole = combine_db(held_gain_db(back.cn_db, back.cn_db, down), net.payload.interference_up_db)
    assert back.cinr_db == pytest.approx(float(whole), abs=1e-9)
    told = explain.lines(explain.explain_cell(net, CELL, _lit_slot(net)))
    for name in ("C/N, feeder uplink", "C/N, feeder downlink", "C/N, both hops"):
        assert sum(name in line for line in told) == (2 if name == "C/N, both hops" else 1)


def _lit_slot(net):
    return next(
        slot for slot in range(net.scenario.time.steps) if explain.explain_cell(net, CELL, slot).budgets
    )


def test_a_fade_of_the_terminal_lowers_its_share_of_the_downlink():
    """Return: what the gateway hears falls with the terminal, decibel for decibel, without the stated C/I."""
    payload, terminal = networks.payload(interference_up_db=80.0), networks.terminal()
    where = {"range_km": 600.0, "elevation_deg": 60.0, "scan_deg": 20.0, "cell_radius_km": 0.0}
    where["clear_db"] = 0.5
    dry_one, wet = (
        return_budget(payload, terminal, weather_db=loss, feeder_db=8.0, **where) for loss in (0.5, 4.5)
    )
    fell = dry_one.value("C/N, both hops") - wet.value("C/N, both hops")
    assert fell == pytest.approx(4.0, abs=1e-9)
    alone = forward_budget(payload, terminal, weather_db=0.5, **where)
    assert "C/N, both hops" not in [line.name for line in alone.lines]


def level_by_hand(net, found, c, state, feeder_db):
    """C/N behind both hops of cell c, forward and return, with the stated C/I left to the thresholds."""
    loss, radio, out = net.loss, net.radio, []
    nodes = np.linspace(1.0, loss.cosecant_max, loss.loss_db.shape[2])
    for way in range(2):

        def of(state, way=way):
            lost, cross = (
                float(np.interp(1.0 / found.geometry[c, 0], nodes, table))
                for table in (loss.loss_db[state, c, :, way, 0], loss.cross_db[state, c, :, way])
            )
            level = found.geometry[c, 3 + way] + radio.terminal[way, 0] - lost
            return level if cross >= NO_CROSS_DB - 1e-3 else combine_db(level, cross)

        back = held_gain_db(of(state), of(0), feeder_db[1]) if way else held_power_db(feeder_db[0], of(state))
        out.append(float(back))
    return out


def need_by_hand(net, found, c, state, feeder_db, p):
    """Dwell of the whole ask at plan p, 0 where the link does not close; and how near a mode's edge it is."""
    radio, modes, near = net.radio, [], np.inf
    for way, level in enumerate(level_by_hand(net, found, c, state, feeder_db)):
        thresholds = radio.thresholds[way, 0]
        modes.append(int(np.searchsorted(thresholds, level, side="right")) - 1)
        near = min(near, float(np.abs(thresholds[1:] - level).min()))
    fits = all(radio.single[way, 0, modes[way]] >= net.peaks[p, way, 0] for way in range(2))
    each = max(net.plans[p, way] * radio.inverse[way, 0, modes[way]] for way in range(2)) if fits else 0.0
    return float(net.demand.active[c, 0] * each), near


def test_the_slot_rates_every_cell_behind_both_hops():
    """Modes equal those of the functions of `links`, unless one is nearer than 0.003 dB to its edge."""
    net = network()
    sky = sky_over(net)
    found, compared = slots.allocate(net, sky, dry(net)), 0
    for state in (0, 3, 6):
        wet = slots.allocate(net, sky, dry(net) + state)
        for c in range(net.ground.count):
            need, near = need_by_hand(net, found, c, state, sky.feeder_db[0], net.design)
            if near > 3e-3:
                assert wet.need[c, 0] == pytest.approx(need, rel=1e-9)
                compared += 1
    assert compared > 150
    decoded = network(processing="regenerative")
    alone = slots.allocate(decoded, sky_over(decoded), dry(net))
    assert (found.need[:, 0] > alone.need[:, 0]).mean() > 0.9


def same(one, other):
    return all(
        np.array_equal(a, b)
        for name, a, b in zip(one.given._fields, one.given, other.given, strict=True)
        if name not in ("members", "code")
    )


def test_a_feeder_without_noise_is_that_of_a_payload_that_decodes():
    """Bit for bit: links, shares, weighing and storms. Capacities are the satellite's own in both."""
    strong = site(eirp_dbw=110.0, g_over_t_dbk=60.0, polarisations=1, bandwidth_mhz=4_000.0)
    repeats, decodes = (
        network(strong, processing=kind, **NO_NOISE) for kind in ("transparent", "regenerative")
    )
    skies = [sky_over(net) for net in (repeats, decodes)]
    assert (skies[0].feeder_db == feeder.NOISELESS_DB).all() and skies[1].feeder_db.shape == (0,)
    assert np.array_equal(skies[0].capacity, skies[1].capacity)
    for state in (0, 5):
        one, other = (
            slots.allocate(n, s, dry(n) + state) for n, s in zip((repeats, decodes), skies, strict=True)
        )
        assert same(one, other)
    kept = [chunk.run_chunk(net, range(4)) for net in (repeats, decodes)]
    for name in kept[0]:
        assert np.array_equal(kept[0][name], kept[1][name]), name


def test_rain_at_the_gateway_lowers_the_modes_of_everybody_behind_it():
    net = network()
    sky = sky_over(net)
    clear = slots.allocate(net, sky, dry(net))
    before = clear.need[:, 3] / clear.need[:, 0]
    for state in range(1, 9):
        after = repeated.under(net, sky, everywhere(net, state))
        assert (after.feeder_db < sky.feeder_db).all()
        assert np.array_equal(after.capacity, sky.capacity)
        wet = slots.allocate(net, after, dry(net))
        asked = wet.need[:, 0] > 0.0
        rate = np.where(asked, wet.need[:, 3] / np.where(asked, wet.need[:, 0], 1.0), 0.0)
        assert (rate <= before + 1e-12).all()
        before = rate
    assert (rate < clear.need[:, 3] / clear.need[:, 0]).all()


def test_the_partner_feeds_where_the_gateway_is_in_rain():
    net = pair()
    sky = sky_over(net)
    assert (sky.feeders[0] >= 0).all()
    own, other = sky.feeders[0]
    wet = everywhere(net, 0)
    wet[own] = 8
    after = repeated.under(net, sky, wet)
    partner = feeder.states_db(net, sky.view.satellite_km, sky.feeders[:, 1], sky.feeder_cosecant[:, 1])
    assert np.array_equal(after.feeder_db[0], partner[0, :, 0])
    wet[other] = 8
    assert (repeated.under(net, sky, wet).feeder_db[0] < after.feeder_db[0]).all()


def pair(**changes):
    """Two sites of different radio, partners of each other."""
    sites = (
        site(diversity_partner="Multan", **(MODEST | changes)),
        site("Multan", 30.2, 71.47, diversity_partner="Quetta", eirp_dbw=41.0, g_over_t_dbk=14.0),
    )
    return network(*sites)


@pytest.mark.parametrize("two", [False, True])
def test_the_ways_of_feeding_are_all_the_weather_of_the_sites(two):
    """Against every pair of states: how often a satellite is fed at least as well as in each."""
    net = pair(availability_share=0.95) if two else network(site(availability_share=0.95, **MODEST))
    sky = sky_over(net)
    ways = list(repeated.ways(net, sky))
    sites = repeated.sites_of(net, sky)
    chance = np.array([way.chance[0] for way in ways])
    kept = np.array([(way.feeder_db[0] - sky.feeder_db[0]).min() for way in ways])
    share = [net.gateway_availability[g] if g >= 0 else 0.0 for g in sky.feeders[0]]
    tails = np.pad(net.gateway_tails[sky.feeders[0, 0]], ((0, 0), (0, 1)))
    if not two:
        tails = np.pad(tails[:, :1], ((0, 0), (0, 9)))  # one site: the other is in its first state, and out
    tails = np.pad(tails, ((0, 1), (0, 0)))
    both = tails[:-1, :-1] - tails[1:, :-1] - tails[:-1, 1:] + tails[1:, 1:]
    assert both.sum() == pytest.approx(1.0) and both.min() > -1e-15
    kept_db = [[*one[0, 1:], -np.inf] for one in sites.kept_db]
    for least in (-0.2, -1.0, -3.0, -10.0, -1e9):
        by_hand = 0.0
        for (i, j), p in np.ndenumerate(both):
            missed = [1.0 - share[0] * (kept_db[0][i] >= least), 1.0 - share[1] * (kept_db[1][j] >= least)]
            by_hand += p * (1.0 - missed[0] * missed[1])
        assert chance[kept >= least].sum() == pytest.approx(by_hand, abs=1e-12)


def weighed(net, sky, found):
    out = survival.Weighed.zeros(net.ground.count, len(net.plans), 1)
    survival.weigh(net, sky, found, out)
    return out


def test_the_weighing_counts_every_pair_of_user_and_gateway_weather():
    """Where beams have time to spare a cell has its ask whenever one beam carries it, both fades together."""
    net = network()
    sky = sky_over(net)
    found = slots.allocate(net, sky, dry(net))
    full = weighed(net, sky, found).histogram()[:, net.design, -1, 0]
    ways, compared = list(repeated.ways(net, sky)), 0
    for c in range(0, net.ground.count, 7):
        expected, sure = 0.0, True
        for way in ways:
            for k, chance in enumerate(CHANCE, start=1):
                need, near = need_by_hand(net, found, c, k, way.feeder_db[0], net.design)
                sure &= near > 3e-3
                expected += way.chance[0] * chance * (0.0 < need <= net.rules.per_cell)
        if sure:
            assert full[c] == pytest.approx(expected * SLOT_UNIT, abs=40)
            assert expected < 0.998 * CHANCE.sum() ** 2
            compared += 1
    assert compared >= 3


def test_a_gateway_in_rain_takes_the_surplus_first_then_the_last_promises():
    """Dwell is short: in no weather of the gateway do those behind it take more than the satellite has."""
    net = network(homes=2_000.0)
    sky = sky_over(net)
    found = slots.allocate(net, sky, dry(net))
    assert found.dwell.sum() == pytest.approx(sky.capacity[0, 0], rel=1e-6)
    promised = survival.feeder_survival(net, sky, found, net.admission).promised
    clear, dropped = found.level[:, None].copy(), 0
    links = net.links_of(net.design, net.design + 1)
    need, closed = np.zeros(1), np.zeros((1, 2), np.int64)
    for way in repeated.ways(net, sky):
        level, _ = repeated.kept(found, links, clear, promised, net.admission.order, way)
        used = 0.0
        for c in np.flatnonzero(found.dwell > 0.0):
            base = found.geometry[c, 3], found.geometry[c, 4], found.geometry[c, 0]
            rate_repeated(links, c, 0, *base, *way.feeder_db[0], need, closed)
            used += level[c, 0] * need[0]
        assert used <= sky.capacity[0, 0] * (1.0 + 1e-6)
        assert (level <= clear + 1e-12).all()
        whole = level[:, 0] >= clear[:, 0] * promised * (1.0 - 1e-9)
        lit = np.flatnonzero(found.dwell > 0.0)
        kept_first = np.flatnonzero(~whole[lit])
        if kept_first.size:
            dropped += 1
            assert (level[lit[kept_first[1:]], 0] == 0.0).all()
            assert whole[lit[: kept_first[0]]].all() and kept_first[0] > 0
            assert used == pytest.approx(sky.capacity[0, 0], rel=1e-6)
    assert dropped > 2


def test_equal_shares_what_a_gateway_in_rain_leaves_evenly():
    net = network(homes=2_000.0, allocation="equal")
    sky = sky_over(net)
    found = slots.allocate(net, sky, dry(net))
    ways = list(repeated.ways(net, sky))
    clear, links = found.level[:, None].copy(), net.links_of(net.design, net.design + 1)
    nothing = np.zeros(net.ground.count)
    level, _ = repeated.kept(found, links, clear, nothing, net.admission.order, ways[3])
    lit = found.dwell > 0.0
    share = level[lit, 0] / clear[lit, 0]
    assert share.max() - share.min() < 1e-9 and 0.1 < share[0] < 0.9


def test_a_feeder_carries_as_many_beams_as_its_spectrum_holds():
    """400 MHz a beam both ways; the gateway's rate in its own modes says nothing."""
    cases = (
        ({"bandwidth_mhz": 600.0, "polarisations": 2}, 3.0, CONSTRAINTS.index("feeder")),
        (
            {"bandwidth_mhz": 600.0, "polarisations": 2, "return_bandwidth_mhz": 500.0},
            2.5,
            RETURN_SIDE + CONSTRAINTS.index("feeder"),
        ),
        ({"bandwidth_mhz": 1_600.0, "polarisations": 2}, 8.0, CONSTRAINTS.index("beam_time")),
        (
            {"bandwidth_mhz": 600.0, "polarisations": 2, "others_share": 0.5},
            1.5,
            CONSTRAINTS.index("feeder"),
        ),
    )
    for band, beams, code in cases:
        net = network(site(**band))
        sky = sky_over(net)
        assert sky.capacity[0].tolist() == [beams, 24_000.0, 6_000.0]
        assert sky.limit_code[0, 0] == code
    crowded = network(site(bandwidth_mhz=300.0), homes=2_000.0)
    sky = sky_over(crowded)
    found = slots.allocate(crowded, sky, dry(crowded))
    assert found.dwell.sum() <= 1.5 * (1.0 + 1e-9)
    assert CONSTRAINTS.index("feeder") in found.by_direction()[0]


def test_storms_count_cells_whose_gateway_passes_on_no_more_noise():
    net = network(homes=2_000.0)
    sky = sky_over(net)
    clear = slots.allocate(net, sky, dry(net))
    for state, counted in ((0, True), (5, False)):
        found = storms.storm(net, sky, clear, rain_field.Drawn(dry(net), everywhere(net, state)))
        assert found.counted[clear.satellite >= 0].all() == counted
        assert found.counted[clear.satellite >= 0].any() == counted
        assert (found.figures.wet_mbps < found.figures.cells_mbps) == (state == 5)


def test_sums_do_not_depend_on_how_time_is_cut():
    net = network(homes=300.0)
    whole = chunk.run_chunk(net, range(4))
    parts = [chunk.run_chunk(net, some) for some in ([0], [1, 2], [3])]
    for name in ("rain", "feeder", "level_sum", "storm_wet"):
        assert np.array_equal(whole[name], sum(part[name] for part in parts)), name
    assert whole["feeder"].sum() > 0


def test_a_network_of_another_process_gives_the_same_bits():
    import pickle

    net = network(homes=300.0)
    sent = pickle.loads(pickle.dumps(net))
    one, other = (chunk.run_chunk(each, [0, 1]) for each in (net, sent))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_the_height_of_a_satellite_counts():
    """A feeder is rated at its own range, not at the longest."""
    net = network()
    places = (networks.over(networks.CENTRE, altitude_km=altitude) for altitude in (500.0, 700.0))
    low, high = (sky_of.observe_sky(net, place).feeder_db[0] for place in places)
    assert (low - high > 2.0).all()
