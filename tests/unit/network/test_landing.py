"""Satellites that land through lasers: over which way, at which gateway, what feeders and lasers bring."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import flows
import networks
import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from raabta.base.errors import RaabtaError
from raabta.network import explain, storms
from raabta.network import sky as sky_of
from raabta.network import slot as slots
from raabta.network.chunk import run_chunk, sky_at
from raabta.network.constraints import CONSTRAINTS
from raabta.network.kernels import FEEDER, GATEWAY, LASER, RETURN_SIDE, SATELLITE_RATE
from raabta.network.landing_kernels import MOST_LASERS
from raabta.network.mesh.paths import Lasers
from raabta.network.mesh.topology import Topology, _edges, limits_of
from raabta.network.record_kernels import MS_PER_KM
from raabta.network.survival import feeder_probability
from raabta.scenario.lasers import Lasers as Asked

FAR = networks.gateway("Far west", 29.0, 36.0).model_copy(update={"country": "SAU"})
EAST = networks.gateway("Far east", 29.0, 92.0).model_copy(update={"country": "CHN"})
OVERHEAD, HALF_WAY, THERE = (29.0, 66.0), (29.0, 53.0), (29.0, 36.0)


def scenario(*, gateways=(FAR,), sharing=None, lasers=None, **more):
    """The compact scenario with lasers, landing by them."""
    return networks.scenario(
        gateways=gateways,
        system={"lasers": Asked(**(lasers or {}))},
        sharing={"landing": "lasers"} | (sharing or {}),
        **more,
    )


def joined(network, *pairs, satellites, rate_mbps=10_000.0):
    """The network with lasers between these satellites and no others."""
    neighbour = np.full((satellites, 4), -1, np.int32)
    for a, b in pairs:
        for one, other in ((a, b), (b, a)):
            neighbour[one, np.flatnonzero(neighbour[one] < 0)[0]] = other
    plane = np.zeros(satellites, np.int64)
    mesh = Topology(
        Lasers.of(neighbour), _edges(neighbour, plane), (), limits_of(Asked()), plane, plane, 0.0, rate_mbps
    )
    return replace(network, mesh=mesh)


def chain(rate_mbps=10_000.0, homes=200.0, **more):
    """One satellite over the cells, one half-way, one over a gateway 2,900 km to the west: its sky."""
    network = networks.build(scenario(**more), homes=homes)
    network = joined(network, (0, 1), (1, 2), satellites=3, rate_mbps=rate_mbps)
    return network, sky_of.observe_sky(network, networks.over(OVERHEAD, HALF_WAY, THERE))


def clear(network):
    return np.zeros(network.ground.count, np.int64)


def test_a_satellite_lands_over_the_satellites_between():
    network, sky = chain()
    km = networks.over(OVERHEAD, HALF_WAY, THERE).T
    laser_km = np.linalg.norm(km[0] - km[1]) + np.linalg.norm(km[1] - km[2])
    assert sky.gateway[0] == 0 and sky.landing.of(0).tolist() == [0, 1, 2]
    assert sky.landing.lasers[0] == 2 and sky.landing.laser_km[0] == pytest.approx(laser_km)
    up_km = np.linalg.norm(km[2] - network.gateways.km[0])
    assert sky.gateway_range_km[0] == pytest.approx(laser_km + up_km) and up_km + laser_km > 2_900.0
    found = slots.allocate(network, sky, clear(network))
    lit = found.satellite >= 0
    assert np.count_nonzero(lit) > 10
    way_km = found.geometry[lit, 1] + laser_km + up_km
    assert slots.round_trip_ms(sky, found)[lit] == pytest.approx(way_km * MS_PER_KM)


def test_without_lasers_the_same_satellite_serves_nobody():
    direct = networks.build(networks.scenario(gateways=(FAR,)))
    sky = sky_of.observe_sky(direct, networks.over(OVERHEAD, HALF_WAY, THERE))
    found = slots.allocate(direct, sky, clear(direct))
    assert set(found.code.tolist()) == {GATEWAY} and (found.satellite < 0).all()


def test_a_way_that_is_cut_serves_nobody():
    network, _ = chain()
    cut = joined(network, (0, 1), satellites=3)
    sky = sky_of.observe_sky(cut, networks.over(OVERHEAD, HALF_WAY, THERE))
    found = slots.allocate(cut, sky, clear(cut))
    assert (sky.gateway < 0).all() and set(found.code.tolist()) == {GATEWAY}


@pytest.mark.parametrize(
    ("rate_mbps", "forward", "back"),
    [(500.0, LASER, LASER), (7_000.0, LASER, SATELLITE_RATE), (90_000.0, FEEDER, SATELLITE_RATE)],
)
def test_the_laser_or_the_feeder_is_what_binds(rate_mbps, forward, back):
    """The payload takes 6,000 Mbps back; the feeder carries more than a laser of 7,000."""
    network, sky = chain(rate_mbps)
    own = sky_of.feeder_mbps(network, sky.gateway, sky.feeder_cosecant[:, 0])[0]
    assert 7_000.0 < own[0] < 24_000.0 and own[1] > 7_000.0
    assert sky.capacity[0, 1] == pytest.approx(min(rate_mbps, own[0]))
    assert sky.capacity[0, 2] == pytest.approx(min(rate_mbps, 6_000.0))
    assert sky.limit_code[0, 1:].tolist() == [forward, RETURN_SIDE + back]


def test_cells_that_a_laser_holds_back_say_so():
    network, sky = chain(300.0, homes=4_000.0)
    down, up = slots.allocate(network, sky, clear(network)).by_direction()
    assert CONSTRAINTS[LASER] == "laser"
    assert LASER in down or LASER in up


def twins(people=(1.0, 1.0), rate_mbps=90_000.0, **more):
    """Two satellites over the cells whose ways join half-way."""
    network = networks.build(scenario(**more))
    network = joined(network, (0, 2), (1, 2), (2, 3), satellites=4, rate_mbps=rate_mbps)
    places = ((29.3, 66.0), (28.7, 66.0), HALF_WAY, THERE)
    return network, sky_of.observe_sky(network, networks.over(*places))


def test_two_that_land_through_one_share_its_feeder_by_the_people_they_serve():
    network, sky = twins()
    own = sky_of.feeder_mbps(network, sky.gateway, sky.feeder_cosecant[:, 0])
    assert np.array_equal(own[0], own[1])
    weight = sky.landing.ways.weight
    assert sky.fed.mbps.sum(axis=0) == pytest.approx([own[0, 0], min(own[0, 1], 12_000.0)])
    assert sky.fed.mbps[0, 0] / sky.fed.mbps[1, 0] == pytest.approx(weight[0] / weight[1])
    assert sky.fed.part[:, 0].sum() == pytest.approx(1.0)
    assert not sky.fed.by_laser.any()


def test_two_that_share_the_last_laser_have_it_between_them():
    _, sky = twins(rate_mbps=4_000.0)
    assert sky.fed.mbps.sum(axis=0) == pytest.approx([4_000.0, 4_000.0])
    assert sky.fed.by_laser.all()


@pytest.fixture(scope="module")
def compact():
    """900 satellites in +Grid; some of those over the cells see a gateway on either side, of few antennas."""
    places = networks.gateway("West", 29.0, 55.0), networks.gateway("East", 29.0, 80.0)
    west, east = (
        site.model_copy(update={"antennas": 2, "country": country})
        for site, country in zip(places, ("SAU", "CHN"), strict=True)
    )
    shell = networks.SHELL.model_copy(update={"planes": 30, "satellites_per_plane": 30, "phasing": 11})
    homes = np.random.default_rng(5).gamma(0.7, 900.0, 61).round()
    made = scenario(gateways=(west, east), lasers={"rate_mbps": 9_000.0}, shells=(shell,))
    return networks.build(made, homes=homes)


@pytest.mark.parametrize("slot", [0, 7, 19])
def test_ways_are_the_shortest_by_scipy(compact, slot):
    sky = sky_at(compact, slot)
    position_km = networks.positions(compact, slot)
    links, fleet = compact.mesh.at(position_km), position_km.shape[1]
    a, k = np.nonzero(np.isfinite(links.km))
    landing = sky.landing
    ways = landing.ways
    assert ways.which.size > 3 and ways.lasers.max() >= 1 and (ways.lasers == 0).any()
    held = _gateways_of(compact, position_km, sky)
    sites, feeds = np.array(list(held.values())) + fleet, np.array(list(held))
    up_km = np.linalg.norm(position_km[:, feeds].T - compact.gateways.km[sites - fleet], axis=1)
    graph = coo_array(
        (
            np.concatenate([links.km[a, k], up_km]),
            (np.concatenate([a, sites]), np.concatenate([links.lasers.neighbour[a, k], feeds])),
        ),
        shape=(fleet + 2, fleet + 2),
    ).tocsr()
    least = dijkstra(graph, indices=[fleet, fleet + 1]).min(axis=0)
    for i, s in enumerate(ways.which):
        number = int(sky.view.near[s])
        if number in held:
            assert ways.lasers[i] == 0 and landing.of(int(s)).tolist() == [number]
        else:
            assert landing.range_km[s] == pytest.approx(least[number], rel=1e-12)
        assert landing.of(int(s))[-1] in held


def _gateways_of(network, position_km, sky):
    """Satellites that have a gateway, by the serial choice written out: {satellite: gateway}."""
    order = _serving(network, sky)
    unit = position_km / np.linalg.norm(position_km, axis=0)
    others = [s for s in np.argsort(-(network.disc[0] @ unit), kind="stable") if s not in set(order)]
    left, held = network.antennas.copy(), {}
    for s in [*order, *others]:
        offset = position_km[:, s] - network.gateways.km
        up = network.gateways.basis[:, 2]
        sine = (offset * up).sum(axis=1) / np.linalg.norm(offset, axis=1)
        seen = [g for g in range(left.size) if left[g] and sine[g] >= np.sin(np.radians(10.0))]
        if seen:
            best = max(seen, key=lambda g: sine[g])
            left[best] -= 1
            held[int(s)] = best
    return held


def _serving(network, sky):
    """Fleet numbers of the satellites that serve somebody, those with most people first: the share is all."""
    from raabta.access import visibility

    _, home, _ = visibility.count_visible(
        network.ground, sky.view, network.demand.people, network.payload.scan_limit_deg
    )
    order = np.argsort(-home, kind="stable")
    return [int(s) for s in sky.view.near[order[home[order] > 0.0]]]


@pytest.mark.parametrize("way", [0, 1])
@pytest.mark.parametrize("slot", [0, 7, 19])
def test_shares_are_max_min_fair_over_every_feeder_and_laser(compact, slot, way):
    """Against progressive filling over resources named anew: a laser by both its ends."""
    sky = sky_at(compact, slot)
    ways, most = sky.landing.ways, (compact.payload.forward_mbps, compact.payload.return_mbps)
    own = sky_of.feeder_mbps(compact, sky.gateway, sky.feeder_cosecant[:, 0])
    names, paths = {}, []
    for i, s in enumerate(ways.which):
        nodes = ways.node[ways.start[i] : ways.start[i + 1]].tolist()
        path = [("feeder", nodes[-1], float(own[s, way])), *(("laser", pair) for pair in pairwise(nodes))]
        paths.append([names.setdefault(name, len(names)) for name in path])
    capacity = np.array([name[2] if name[0] == "feeder" else 9_000.0 for name in names])
    asked = flows.Flows(
        np.concatenate([[0], np.cumsum([len(path) for path in paths])]),
        np.concatenate(paths),
        capacity,
        np.full(len(paths), most[way]),
        ways.weight,
    )
    rate = flows.fill_by_rounds(asked)
    assert sky.fed.mbps[ways.which, way] == pytest.approx(rate, rel=1e-9)
    assert (asked.use() @ rate <= capacity * (1.0 + 1e-9)).all()


def test_where_every_satellite_has_a_gateway_lasers_change_nothing():
    """Three gateways around with antennas enough: the chunk is the bits of the one that lands directly."""
    homes = np.random.default_rng(2).gamma(0.7, 900.0, 61).round()
    both = [
        run_chunk(networks.build(made, homes=homes), range(6))
        for made in (networks.scenario(), scenario(gateways=networks.GATEWAYS))
    ]
    landed = both[1].pop("landed_kbps")
    assert landed[:, 1:].sum() == 0 and landed.sum() > 0 and both[1].pop("landed_kbps_us").sum() == 0
    assert both[0].keys() == both[1].keys()
    for name, values in both[0].items():
        assert values.tobytes() == both[1][name].tobytes(), name


def test_nothing_depends_on_the_cuts(compact):
    whole = run_chunk(compact, range(20))
    for edges in ((0, 5, 13, 20), tuple(range(0, 21, 4))):
        parts = [run_chunk(compact, range(a, b)) for a, b in pairwise(edges)]
        for name in ("landed_kbps", "landed_kbps_us", "code_count", "level_sum", "feeder"):
            assert np.array_equal(np.sum([part[name] for part in parts], axis=0), whole[name]), name
        for name in ("gateway", "rtt", "down", "storms"):
            assert np.array_equal(np.concatenate([part[name] for part in parts]), whole[name]), name
    assert whole["landed_kbps"].shape == (2, 1 + MOST_LASERS)
    assert (whole["landed_kbps"].sum(axis=0)[:2] > 0).all(), "some land directly, some over a laser"
    down = whole["down"].astype(float)
    for g in range(2):
        mbps = down[whole["gateway"] == g].sum()
        assert whole["landed_kbps"][g].sum() / 1e3 == pytest.approx(mbps, rel=5e-3), "stored in 8 bits"


def test_a_landing_rule_says_where(compact):
    sites = compact.scenario.gateways
    for country, g in (("SAU", 0), ("CHN", 1)):
        rule = {"landing_countries": (country,)}
        network = networks.build(scenario(gateways=sites, sharing=rule))
        gateway = sky_at(network, 0).gateway
        assert set(gateway.tolist()) <= {-1, g} and g in gateway
    nowhere = networks.build(scenario(gateways=sites, sharing={"landing_countries": ()}))
    chunk = run_chunk(nowhere, range(2))
    asks = nowhere.demand.subscribers > 0.0
    assert set(chunk["constraint_down"][:, asks].ravel().tolist()) == {GATEWAY}
    assert chunk["landed_kbps"].sum() == 0 and (chunk["gateway"] == -1).all()


def test_a_landing_rule_holds_without_lasers_too():
    sharing = {"landing_countries": ("OMN",)}
    network = networks.build(networks.scenario(sharing=sharing))
    assert (sky_at(network, 0).gateway == -1).all()


def test_a_fade_at_the_gateway_falls_on_all_that_land_there():
    network, sky = twins(gateways=(FAR, EAST))
    dry, worst = np.zeros(2, np.int64), network.feeder.rate_mbps.shape[2] - 1
    here, elsewhere = (storms.under(network, sky, np.array(state)) for state in ((worst, 0), (0, worst)))
    assert np.array_equal(elsewhere.capacity, sky.capacity)
    assert np.array_equal(storms.under(network, sky, dry).capacity, sky.capacity)
    faded = sky_of.feeder_mbps(network, sky.gateway, sky.feeder_cosecant[:, 0], np.array([worst, 0]))[0]
    assert faded[0] < sky.fed.mbps[:, 0].sum()
    assert here.capacity[:2, 1].sum() == pytest.approx(faded[0])


def test_a_part_of_a_feeder_is_carried_as_often_as_the_whole():
    """A satellite that takes all of its part fails in every state that lowers the feeder; one that takes half
    of it, in those that halve it."""
    network, sky = twins()
    table = network.feeder.rate_mbps[0]
    own = sky_of.feeder_mbps(network, sky.gateway, sky.feeder_cosecant[:, 0])[0]
    by_state = np.array(
        [
            sky_of.feeder_mbps(network, sky.gateway[:1], sky.feeder_cosecant[:1, 0], np.array([k]))[0]
            for k in range(1, table.shape[1])
        ]
    )
    for share in (1.0, 0.5, 0.1):
        load = np.stack([sky.fed.mbps[:2, 0] * share, np.zeros(2)], axis=1)
        found = feeder_probability(network, sky, np.array([0, 1]), load)
        carried = int(np.cumprod(by_state[:, 0] >= own[0] * share * (1.0 - 1e-9)).sum())
        wanted = network.gateway_availability[0] * (1.0 - network.gateway_tails[0, carried, 0])
        assert found == pytest.approx([wanted, wanted])
    assert feeder_probability(network, sky, np.array([-1]), np.ones((1, 2)))[0] == 0.0


def test_a_laser_that_is_still_being_acquired_carries_nothing():
    """A laser matched anew waits; what was before needs the time of the positions."""
    lasers = {"pattern": "nearest", "terminals": 4}
    at_once, patient = (
        networks.build(scenario(lasers=lasers | extra)) for extra in ({}, {"acquisition_s": 60.0})
    )
    reached = [np.count_nonzero(sky_at(network, 3).gateway >= 0) for network in (at_once, patient)]
    assert reached[0] >= reached[1]
    with pytest.raises(RaabtaError, match="say the time of the positions"):
        sky_of.observe_sky(patient, networks.positions(patient, 3))


def test_explain_names_the_satellites_on_the_way(compact):
    for slot in range(20):
        told = explain.explain_cell(compact, 30, slot)
        chosen = [each for each in told.candidates if each.chosen and each.way is not None]
        if chosen:
            break
    (one,) = chosen
    text = "\n".join(explain.lines(told))
    count = len(one.way.satellites)
    over = "1 laser" if count == 1 else f"{count} lasers"
    assert f"lands over {over}: {' > '.join((one.name, *one.way.satellites, one.gateway))}" in text
    assert f"via {one.gateway} over {over}" in text
    assert f"{one.way.way_km:,.0f} km to the gateway" in text
