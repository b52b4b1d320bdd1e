"""One slot: what may never be exceeded, which rule shares, and links held to the budget."""

from __future__ import annotations

from dataclasses import replace

import networks
import numpy as np
import pytest

from raabta.base.frames import look_angles
from raabta.links.budget import forward_budget, return_budget
from raabta.links.tables import EXCEEDANCE_PERCENT
from raabta.links.weather import site_tables
from raabta.network import sky as sky_of
from raabta.network import slot as slots
from raabta.network.constraints import CONSTRAINTS
from raabta.network.model import Admission
from raabta.network.rain_field import draw
from raabta.network.survival import feeder_probability

TIGHT = 1e-6


def dry(network):
    return np.zeros(network.ground.count, np.int64)


def scene(allocation="guarantee", capacity_share="exclusive", **changes):
    """A network with unequal asks, a GSO rule at both ends, and little of everything."""
    gateways = tuple(
        g.model_copy(update={"antennas": 1, "gso_separation_deg": 8.0}) for g in networks.GATEWAYS
    )
    made = networks.scenario(
        gateways=gateways,
        radio=networks.payload(beams=5, channels=2, return_mbps=900.0, **changes),
        system={"gso_separation_deg": 12.0},
        sharing={"allocation": allocation, "capacity_share": capacity_share, "frames_per_slot": 16},
    )
    homes = np.random.default_rng(1).gamma(0.7, 300.0, networks.cells().sizes["cell"]).round()
    homes[::7] = 0.0
    others = ((31.0, 33.0, 25.5), (62.0, 74.0, 60.0), (4e5, 9e5, 2e5))
    return networks.build(made, homes=homes, neighbours=others)


def slots_of(network, count=12):
    """(sky, allocation) of slots spread over the run, one in three with seeded rain."""
    for slot in range(count):
        sky = sky_of.observe_sky(network, networks.positions(network, 7 * slot))
        state = draw(network.rain, [4 * slot])[4 * slot].cells if slot % 3 == 0 else dry(network)
        yield sky, slots.allocate(network, sky, state), state


@pytest.mark.parametrize("capacity_share", ["exclusive", "neighbours", "ratio"])
@pytest.mark.parametrize("allocation", ["guarantee", "equal"])
def test_nothing_is_given_twice(allocation, capacity_share):
    network = scene(allocation, capacity_share)
    frame, per_cell, colours, cos_reuse = network.rules[:4]
    lit_cells = 0
    for sky, found, _ in slots_of(network):
        lit = np.flatnonzero(found.satellite >= 0)
        lit_cells += lit.size
        asked = network.demand.active.sum(axis=1)
        assert np.all(asked[lit] > 0.0) and np.all(found.dwell[found.satellite < 0] == 0.0)
        forward, back = slots.rates_mbps(network, found)
        for s in np.unique(found.satellite[lit]):
            own = lit[found.satellite[lit] == s]
            share, payload = sky.share[s], network.payload
            least = found.given.least[own]
            assert np.count_nonzero(least < frame - TIGHT) <= 1, "only the last cell takes less than a frame"
            assert (
                np.maximum(found.dwell[own], least).sum()
                <= min(payload.beams, network.beams_by_power) * share + TIGHT
            )
            assert forward[own].sum() <= payload.forward_mbps * share * (1 + TIGHT)
            assert back[own].sum() <= payload.return_mbps * share * (1 + TIGHT)
            feeder = sky_of.feeder_mbps(network, sky.gateway[[s]], sky.feeder_cosecant[[s], 0])[0]
            assert forward[own].sum() <= feeder[0] * share * (1 + TIGHT)
            assert back[own].sum() <= feeder[1] * share * (1 + TIGHT)
            ray = network.ground.km[own] - sky.view.satellite_km[s]
            ray /= np.linalg.norm(ray, axis=1, keepdims=True)
            close = ray @ ray.T >= cos_reuse
            assert np.all(close @ found.dwell[own] <= colours + TIGHT)
        assert np.all(found.dwell <= per_cell + TIGHT)
        plan, top = network.plans[network.design], network.plans[-1]
        assert np.all(forward <= asked * top[0] * (1 + TIGHT))
        assert np.all(back <= asked * top[1] * (1 + TIGHT))
        assert np.all(forward[lit] <= found.level[lit] * asked[lit] * plan[0] * (1 + TIGHT))
    assert lit_cells > 40


def test_every_lit_link_keeps_the_rules_of_both_ends():
    network = scene()
    where, lit_cells = networks.cells(), 0
    theta = np.radians(np.arange(0.0, 360.0, 0.02))
    arc = 42_164.1696 * np.column_stack([np.cos(theta), np.sin(theta), np.zeros(theta.size)])

    def separation_deg(site_km, up, target_km):
        rays = arc - site_km
        rays = rays[rays @ up >= 0.0]
        cosine = (rays @ (target_km - site_km)) / np.linalg.norm(rays, axis=1)
        return np.degrees(np.arccos(np.max(cosine) / np.linalg.norm(target_km - site_km)))

    for sky, found, _ in slots_of(network, 9):
        used = np.unique(found.satellite[found.satellite >= 0])
        assert np.all(sky.gateway[used] >= 0)
        of_gateway = sky.gateway[sky.gateway >= 0]
        assert np.all(np.bincount(of_gateway, minlength=3) <= network.antennas)
        for s in used:
            g = network.scenario.gateways[sky.gateway[s]]
            elevation, _, range_km = look_angles(
                g.latitude_deg, g.longitude_deg, 0.0, sky.view.satellite_km[s]
            )
            assert elevation >= 10.0
            assert sky.gateway_range_km[s] == pytest.approx(range_km)
            assert sky.feeder_cosecant[s, 0] == pytest.approx(1.0 / np.sin(np.radians(elevation)))
            site = network.gateways
            up = site.basis[sky.gateway[s], 2]
            assert separation_deg(site.km[sky.gateway[s]], up, sky.view.satellite_km[s]) >= 8.0 - 0.01
        for c in np.flatnonzero(found.satellite >= 0)[::5]:
            lit_cells += 1
            target = sky.view.satellite_km[found.satellite[c]]
            elevation, _, range_km = look_angles(
                where["latitude_deg"].values[c], where["longitude_deg"].values[c], 0.0, target
            )
            assert elevation >= 25.0
            assert found.geometry[c, 0] == pytest.approx(np.sin(np.radians(elevation)))
            assert found.geometry[c, 1] == pytest.approx(range_km)
            up = network.ground.basis[c, 2]
            assert separation_deg(network.ground.km[c], up, target) >= 12.0 - 0.01
    assert lit_cells > 20


def test_equal_leaves_no_cell_below_the_level_unless_it_is_at_its_top():
    network = scene("equal")
    frame, compared = network.rules.frame, 0
    for _, found, state in slots_of(network):
        assert frame > 0
        for s in np.unique(found.satellite[found.satellite >= 0]):
            own = np.flatnonzero(found.satellite == s)
            level = found.level[own]
            cap = top_level(network, found, own, state)
            below = level < level.max() - 1e-6
            compared += np.count_nonzero(~below)
            assert level[below] == pytest.approx(cap[below], rel=1e-5)
    assert compared > 30


def top_level(network, found, own, state):
    """Level of the top plan of some cells, (own,), or of the beams a cell may take, whichever is less."""
    from raabta.network import rating_kernels

    out, plans = np.empty(own.size), len(network.plans)
    need, closed = np.zeros(plans + 1), np.zeros((plans + 1, 2), np.int64)
    for i, c in enumerate(own):
        base_f, base_r, sine = found.geometry[c, 3], found.geometry[c, 4], found.geometry[c, 0]
        rating_kernels.rate_links(network.links, c, state[c], base_f, base_r, sine, need, closed)
        out[i] = min(need[plans], network.rules.per_cell) / found.need[c, 0]
    return out


def test_guarantee_keeps_the_order_and_then_shares_the_rest():
    """Two cells' worth of beam time: the first in the order get their whole ask, the last get none."""
    made = networks.scenario(radio=networks.payload(beams=2))
    network = networks.build(made, homes=400.0)
    sky = sky_of.observe_sky(network, networks.over(networks.CENTRE))
    first = slots.allocate(network, sky, dry(network))
    backwards = slots.allocate(
        network, sky, dry(network), Admission(network.demand.order[::-1].copy(), np.ones(61))
    )
    whole = np.flatnonzero(first.level >= 1.0 - 1e-9)
    assert 1 <= whole.size < 10
    assert np.array_equal(whole, np.arange(whole.size))
    assert np.array_equal(np.flatnonzero(backwards.level >= 1.0 - 1e-9), 60 - np.arange(whole.size)[::-1])
    equal = networks.build(
        networks.scenario(radio=networks.payload(beams=2), sharing={"allocation": "equal"}), homes=400.0
    )
    shared = slots.allocate(equal, sky, dry(equal)).level
    assert np.all(shared > 0.0) and np.all(shared < 1.0)
    assert np.ptp(shared) < 1e-9


def test_a_share_promised_is_given_before_any_surplus():
    made = networks.scenario(radio=networks.payload(beams=2))
    network = networks.build(made, homes=400.0)
    sky = sky_of.observe_sky(network, networks.over(networks.CENTRE))
    promised = np.zeros(61)
    promised[[40, 50]] = (0.3, 0.6)
    found = slots.allocate(network, sky, dry(network), Admission(np.r_[40, 50, 0:40, 41:50, 51:61], promised))
    assert found.level[40] >= 0.3 - 1e-9 and found.level[50] == pytest.approx(0.6)
    others = np.delete(found.level, 50)
    assert others.max() <= 0.3 + 1e-6, "the surplus is shared max-min: nobody passes the promised 0.3"


def test_the_same_slot_gives_the_same_bits():
    first, second = scene(), scene()
    for (_, one, _), (_, two, _) in zip(slots_of(first, 4), slots_of(second, 4), strict=True):
        for name in ("satellite", "geometry", "need", "dwell", "code"):
            assert getattr(one, name).tobytes() == getattr(two, name).tobytes()


def test_a_sky_without_satellites_is_a_sky_all_the_same():
    network = networks.build()
    sky = sky_of.observe_sky(network, networks.over((-29.0, -114.0)))
    found = slots.allocate(network, sky, dry(network))
    assert sky.view.near.size == 0
    assert np.all(found.satellite == -1) and np.all(found.dwell == 0.0)
    assert {CONSTRAINTS[code] for code in found.code} == {"mask"}


def test_a_worse_fade_never_raises_a_rate():
    network = scene()
    sky = sky_of.observe_sky(network, networks.over((29.0, 66.0), (31.5, 70.0)))
    clear = slots.allocate(network, sky, dry(network))
    before = clear.need[:, 0] / np.maximum(clear.need[:, 3], 1e-12)
    lit = clear.satellite >= 0
    assert lit.sum() > 5
    for state in range(1, 9):
        wet = slots.allocate(network, sky, dry(network) + state)
        same = lit & (wet.satellite == clear.satellite) & (wet.need[:, 0] > 0.0)
        after = wet.need[:, 0] / np.maximum(wet.need[:, 3], 1e-12)
        assert np.all(after[same] >= before[same] - 1e-15), "dwell per home never falls when it rains more"
    assert np.all(np.diff(network.loss.loss_db, axis=0) >= 0.0), "fades rise from state to state"


@pytest.mark.parametrize("state", [0, 3, 5, 8])
def test_rates_of_the_slot_are_those_of_the_budget(state):
    """The cell's rate per whole beam, against the budget of the same geometry with the maps' own fade."""
    network = networks.build(homes=10.0)
    payload, terminal = network.payload, network.scenario.demand.terminals[0]
    position_km = networks.over((31.0, 69.0))
    sky = sky_of.observe_sky(network, position_km)
    found = slots.allocate(network, sky, dry(network) + state)
    altitude_km = float(np.linalg.norm(position_km)) - 6371.0088
    where, mode_steps = networks.cells(), []
    for c in (0, 17, 33, 60):
        elevation, _, range_km = look_angles(
            where["latitude_deg"].values[c], where["longitude_deg"].values[c], 0.0, position_km[:, 0]
        )
        ray = position_km[:, 0] - network.ground.km[c]
        cos_scan = ray @ position_km[:, 0] / np.linalg.norm(ray) / np.linalg.norm(position_km)
        common = {
            "range_km": float(range_km), "elevation_deg": float(elevation),
            "scan_deg": float(np.degrees(np.arccos(cos_scan))),
            "cell_radius_km": float(where["radius_km"].values[c]),
        }  # fmt: skip
        budgets = []
        for make, frequency, more in (
            (forward_budget, payload.user_down_ghz, {"altitude_km": altitude_km}),
            (return_budget, payload.user_up_ghz, {}),
        ):
            fade = site_tables(
                where["latitude_deg"].values[c], where["longitude_deg"].values[c], 0.0,
                frequency_ghz=frequency, dish_m=terminal.dish_m, efficiency_share=terminal.efficiency_share,
                exceedance_percent=EXCEEDANCE_PERCENT, elevation_deg=[elevation], statistic="worst-month",
            )  # fmt: skip
            clear = float(fade.clear_db[0, 0])
            weather = clear if state == 0 else max(clear, float(fade.total_db[0, state - 1, 0]))
            budgets.append(make(payload, terminal, weather_db=weather, clear_db=clear, **common, **more))
        forward, back = budgets
        closes = forward.rate_mbps >= 25.0 and back.rate_mbps >= 3.0
        assert (found.satellite[c] >= 0) == closes
        if not closes:
            continue
        carriers = 400.0 // terminal.carrier_mhz
        plan = network.plans[network.design]
        active = network.demand.active[c, 0]
        wanted = active * max(plan[0] / forward.rate_mbps, plan[1] / (back.rate_mbps * carriers))
        mode_steps.append(found.need[c, 0] / wanted)
    # Path loss between the table's nodes is interpolated: near a threshold the mode may be the next one.
    assert len(mode_steps) == (0 if state == 8 else 4)
    assert state == 8 or np.median(mode_steps) == pytest.approx(1.0, rel=1e-6)
    assert np.all(np.abs(np.log(mode_steps)) < np.log(1.12))


def test_round_trip_is_the_way_there_and_back():
    network = networks.build(homes=10.0)
    sky = sky_of.observe_sky(network, networks.over((31.0, 69.0)))
    found = slots.allocate(network, sky, dry(network))
    rtt_ms = slots.round_trip_ms(sky, found)
    user_km = np.linalg.norm(network.ground.km - sky.view.satellite_km[0], axis=1)
    gateway_km = np.linalg.norm(network.gateways.km[sky.gateway[0]] - sky.view.satellite_km[0])
    lit = found.satellite >= 0
    assert lit.any()
    assert rtt_ms[lit] == pytest.approx((user_km[lit] + gateway_km) * 2.0 / 299.792458)
    assert np.all(np.isnan(rtt_ms[~lit]))


def test_a_diversity_partner_raises_the_feeder_probability_and_a_load_lowers_it():
    alone = networks.build()
    gateways = (networks.gateway(diversity_partner="Karachi"), *networks.GATEWAYS[1:])
    paired = networks.build(networks.scenario(gateways=gateways))
    position_km = networks.over((30.18, 66.99))
    probability = []
    for network in (alone, paired):
        sky = sky_of.observe_sky(network, position_km)
        assert sky.gateway[0] == 0
        none, heavy = np.zeros(1), np.array([1.7e4])
        first = np.zeros(1, np.int64)
        probability.append(
            [
                feeder_probability(network, sky, first, np.column_stack([load, none]))[0]
                for load in (none, heavy)
            ]
        )
    assert probability[0][0] == pytest.approx(0.998 * 0.9997)
    assert probability[0][1] < probability[0][0] and probability[1][1] < probability[1][0]
    assert probability[0][0] < probability[1][0] < 1.0 - (1.0 - probability[0][0]) ** 2, "in one weather"
    assert probability[1][1] > probability[0][1]


def test_a_satellite_without_a_gateway_has_no_feeder():
    network = networks.build()
    sky = sky_of.observe_sky(network, networks.over((30.18, 66.99)))
    lost = replace(sky, feeders=np.array([[-1, -1]]))
    assert feeder_probability(network, lost, np.zeros(1, np.int64), np.zeros((1, 2)))[0] == 0.0


def test_what_users_elsewhere_take_of_a_gateway_its_feeders_do_not_carry():
    taken = tuple(site.model_copy(update={"others_share": 0.25}) for site in networks.GATEWAYS[:1])
    position_km, fed = networks.over((30.18, 66.99)), []
    for gateways in (networks.GATEWAYS, (*taken, *networks.GATEWAYS[1:])):
        network = networks.build(networks.scenario(gateways=gateways))
        sky = sky_of.observe_sky(network, position_km)
        assert sky.gateway[0] == 0
        at = np.arange(3), np.full(3, sky.feeder_cosecant[0, 0])
        fed.append(
            (
                sky_of.feeder_mbps(network, *at),
                feeder_probability(network, sky, at[0][:1], np.full((1, 2), 1.2e4)),
            )
        )
    (whole, sure), (left, unsure) = fed
    np.testing.assert_allclose(left, whole * np.array([[0.75], [1.0], [1.0]]), rtol=1e-12)
    assert unsure[0] <= sure[0] and whole[0].min() > 0.0


def test_neighbours_only_ever_reduce_the_share():
    places = (31.0, 33.0, 25.5), (62.0, 74.0, 60.0)
    shares = []
    for people in (0.0, 1e4, 1e6):
        made = networks.scenario(sharing={"capacity_share": "neighbours"})
        network = networks.build(made, neighbours=(*places, (people,) * 3))
        sky = sky_of.observe_sky(network, networks.positions(network))
        shares.append(sky.share)
    home = shares[0] > 0.0
    assert home.any() and np.all(shares[0][home] == 1.0)
    assert np.all(shares[1] <= shares[0]) and np.all(shares[2] <= shares[1])
    assert np.any(shares[2][home] < 0.5)


def test_a_ratio_is_the_share_of_every_satellite():
    made = networks.scenario(sharing={"capacity_share": "ratio", "ratio_share": 0.2})
    network = networks.build(made)
    whole = networks.build()
    position_km = networks.positions(network)
    part, all_of_it = (sky_of.observe_sky(n, position_km) for n in (network, whole))
    assert np.all(part.share == 0.2) and np.all(all_of_it.share == 1.0)
    assert part.capacity == pytest.approx(0.2 * all_of_it.capacity)


def test_a_satellite_that_sees_half_the_world_leaves_the_antenna_to_one_that_is_here():
    """One antenna; a navigation satellite sees all 61 cells, and 400 million people elsewhere."""
    others = ([10.0, 20.0, 45.0], [45.0, 80.0, 90.0], [2e8, 1e8, 1e8])
    made = networks.scenario(
        gateways=(networks.gateway(antennas=1),), sharing={"capacity_share": "neighbours"}
    )
    network = networks.build(made, neighbours=others)
    high, low = networks.over((25.0, 66.0), altitude_km=20_000.0), networks.over((29.3, 66.2))
    sky = sky_of.observe_sky(network, np.ascontiguousarray(np.column_stack([high, low])))
    assert sky.gateway.tolist() == [-1, 0]


def test_a_partner_helps_with_the_antennas_that_gateways_leave():
    """Three satellites, two sites of two antennas: two satellites take the nearer, one its partner."""
    places = ((30.2, 67.0), (30.4, 67.2), (30.0, 66.8))
    sites = (
        networks.gateway(diversity_partner="Multan", antennas=2),
        networks.gateway("Multan", 30.2, 71.47, antennas=2, diversity_partner="Quetta"),
    )
    network = networks.build(networks.scenario(gateways=sites))
    sky = sky_of.observe_sky(network, networks.over(*places))
    assert sorted(sky.feeders[:, 0]) == [0, 0, 1]
    assert sorted(sky.feeders[:, 1]) == [-1, -1, 1], "Quetta's two antennas are taken, Multan has one left"
    with_partner = int(np.flatnonzero(sky.feeders[:, 1] == 1)[0])
    without = int(np.flatnonzero((sky.feeders[:, 0] == 0) & (sky.feeders[:, 1] < 0))[0])
    found = feeder_probability(network, sky, np.array([with_partner, without]), np.zeros((2, 2)))
    assert found[0] > found[1]


def test_a_cell_without_free_channels_on_one_satellite_asks_another():
    """One channel: the cells of a crowd find no second place under one satellite, but two take more."""
    radio = networks.payload(beams=8, channels=1, reuse_separation_deg=60.0)
    network = networks.build(networks.scenario(radio=radio), homes=2_000.0)
    one = slots.allocate(network, sky_of.observe_sky(network, networks.over((29.0, 66.0))), dry(network))
    both = sky_of.observe_sky(network, networks.over((29.0, 66.0), (29.2, 66.2)))
    two = slots.allocate(network, both, dry(network))
    assert one.dwell.sum() == pytest.approx(1.0)
    assert [two.dwell[two.satellite == s].sum() for s in range(2)] == pytest.approx([1.0, 1.0])
