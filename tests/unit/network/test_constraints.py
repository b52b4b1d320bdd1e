"""Scenes in which exactly one thing is short, and the name each gets, per direction."""

from __future__ import annotations

import networks
import numpy as np
import pytest

from raabta.network import explain
from raabta.network import sky as sky_of
from raabta.network import slot as slots
from raabta.network.constraints import CONSTRAINTS, MEANING
from raabta.network.model import beams_by_power
from raabta.scenario.models import Area

OVERHEAD = ((29.0, 66.0),)


def names(network, *places, state=0):
    """Constraints of both directions under satellites above the places: sets over the cells that are short of
    their ask, or over all that ask where none is short."""
    sky = sky_of.observe_sky(network, networks.over(*places))
    found = slots.allocate(network, sky, np.full(network.ground.count, state))
    down, up = found.by_direction()
    asking = down >= 0
    assert np.array_equal(asking, network.demand.active.sum(axis=1) > 0.0)
    short = asking & (found.level < 1.0 - 1e-9)
    shown = short if short.any() else asking
    return {CONSTRAINTS[k] for k in down[shown]}, {CONSTRAINTS[k] for k in up[shown]}, found


def both(name):
    return {name}, {name}


def test_every_name_has_a_meaning():
    assert set(MEANING) == set(CONSTRAINTS)


def test_demand_met():
    network = networks.build(networks.scenario(demand={"plan": "100/20"}), homes=1.0)
    down, up, found = names(network, *OVERHEAD)
    assert (down, up) == both("demand_met")
    assert np.all(found.level >= 1.0 - 1e-9)


def test_mask_below_the_elevation():
    assert names(networks.build(), (29.0, 78.5))[:2] == both("mask")


def test_mask_behind_the_horizon_of_a_terminal():
    blocked = networks.scenario(terminals=(networks.terminal(horizon_mask_deg=60.0),))
    low = (32.5, 70.0)
    assert names(networks.build(blocked), low)[:2] == both("mask")
    assert names(networks.build(), low)[0] != {"mask"}


def ridge(folder, *profile):
    """The compact scenario with a horizon file: every cell has a site with the same profile."""
    where = networks.cells()
    sites = zip(where["latitude_deg"].values, where["longitude_deg"].values, strict=True)
    lines = [f"{lat},{lon},{azimuth},{high}" for lat, lon in sites for azimuth, high in profile]
    path = folder / "horizons.csv"
    path.write_text("\n".join(["latitude_deg,longitude_deg,azimuth_deg,elevation_deg", *lines]))
    scene = networks.scenario()
    return scene.model_copy(update={"area": Area(horizon_file=str(path))})


def test_mask_behind_the_ridges_of_a_horizon_file(tmp_path):
    low, high = (32.5, 66.0), (29.5, 66.0)  # both to the north
    wall = networks.build(ridge(tmp_path, (0, 80), (90, 0), (180, 0), (270, 0)))
    assert names(wall, low)[:2] == both("mask")
    assert names(wall, (25.5, 66.0))[0] != {"mask"}
    assert names(networks.build(ridge(tmp_path, (0, 60))), low)[:2] == both("mask")
    assert names(networks.build(ridge(tmp_path, (0, 20))), low)[0] != {"mask"}
    assert names(networks.build(ridge(tmp_path, (0, 40))), high)[0] != {"mask"}


def test_explain_names_the_mask_where_the_terrain_hides_everything(tmp_path):
    network = networks.build(ridge(tmp_path, (0, 90)))
    found = explain.explain_cell(network, 0, 0)
    assert (found.constraint_down, found.constraint_up) == ("mask", "mask")
    assert found.candidates == ()
    said = f"  held back to homes: No satellite high enough (mask); {MEANING['mask']}"
    assert said in explain.lines(found)


def test_the_higher_of_the_terminals_mask_and_the_file_holds(tmp_path):
    scene = ridge(tmp_path, (0, 30), (90, 70), (180, 30), (270, 30))
    demand = scene.demand.model_copy(update={"terminals": (networks.terminal(horizon_mask_deg=50.0),)})
    mask = np.degrees(np.arcsin(networks.build(scene.model_copy(update={"demand": demand})).ground.sin_mask))
    assert mask.shape == (61, 72)
    assert mask.min() == pytest.approx(50.0) and mask.max() == pytest.approx(70.0)


def test_a_gateway_behind_its_own_horizon():
    south = [{"azimuth_deg": a, "elevation_deg": e} for a, e in ((90, 0), (135, 85), (225, 85), (270, 0))]
    network = networks.build(networks.scenario(gateways=(networks.gateway(horizon=south),)))
    assert names(network, (27.2, 67.0))[:2] == both("gateway")
    assert names(network, (31.5, 67.0))[0] != {"gateway"}
    assert names(networks.build(networks.scenario(gateways=(networks.gateway(),))), (27.2, 67.0))[0] != {
        "gateway"
    }


def test_mask_at_the_scan_limit():
    steered = networks.scenario(radio=networks.payload(scan_limit_deg=10.0))
    assert names(networks.build(steered), (32.5, 70.0))[:2] == both("mask")


def test_gso():
    made = networks.scenario(system={"gso_separation_deg": 18.0})
    in_the_arc = (25.3, 66.0)  # 500 km up and 400 km south: about 50 degrees high, where the arc stands
    assert names(networks.build(made), in_the_arc)[:2] == both("gso")
    assert names(networks.build(), in_the_arc)[0] != {"gso"}


def test_gateway_out_of_sight():
    far = (networks.gateway("Muscat", 23.6, 90.0),)
    assert names(networks.build(networks.scenario(gateways=far)), *OVERHEAD)[:2] == both("gateway")


def test_gateway_without_a_free_antenna():
    one = (networks.gateway(antennas=1),)
    network = networks.build(networks.scenario(gateways=one), homes=np.r_[50.0, np.zeros(60)])
    sky = sky_of.observe_sky(network, networks.over((29.0, 66.0), (30.0, 67.0)))
    assert sorted(sky.gateway) == [-1, 0]


def test_gateway_too_near_the_arc():
    gateways = (networks.gateway(gso_separation_deg=20.0),)
    scene = networks.scenario(gateways=gateways)
    assert names(networks.build(scene), (27.2, 67.0))[:2] == both("gateway")
    assert names(networks.build(scene), (30.4, 67.0))[0] != {"gateway"}


def test_beam_time():
    network = networks.build(networks.scenario(radio=networks.payload(beams=1)), homes=500.0)
    down, up, found = names(network, *OVERHEAD)
    assert (down, up) == both("beam_time")
    assert 0 < np.count_nonzero(found.satellite >= 0) < 61


def test_beam_time_of_one_cell_alone():
    """One cell that wants more than its one beam, on a satellite with seven idle beams."""
    network = networks.build(homes=np.r_[5_000.0, np.zeros(60)])
    down, up, found = names(network, *OVERHEAD)
    assert (down, up) == both("beam_time")
    assert found.dwell[0] == pytest.approx(1.0)


def test_hops_run_out_before_time_does():
    network = networks.build(networks.scenario(radio=networks.payload(beams=1, cells_per_beam=3)), homes=5.0)
    _, _, found = names(network, *OVERHEAD)
    lit = found.satellite >= 0
    assert np.count_nonzero(lit) == 3
    assert {CONSTRAINTS[k] for k in found.code[~lit]} == {"beam_time"}


def test_spectrum():
    """One channel, a reuse angle wider than the area: the cells share one beam's time, eight are idle."""
    radio = networks.payload(channels=1, reuse_separation_deg=40.0)
    down, up, found = names(networks.build(networks.scenario(radio=radio), homes=300.0), *OVERHEAD)
    assert "spectrum" in down and down <= {"spectrum", "beam_time"}
    assert down == up
    assert found.dwell.sum() == pytest.approx(1.0)
    short = found.level < 1.0 - 1e-9
    assert {CONSTRAINTS[k] for k in found.code[short]} == {"spectrum"}


def test_power_that_does_not_last_an_orbit():
    peak, lasting = (networks.payload(rf_power_w=100.0, **more) for more in ({}, {"rf_power_average_w": 0.3}))
    assert beams_by_power(lasting) == pytest.approx(beams_by_power(peak) * 0.003)
    network = networks.build(networks.scenario(radio=lasting))
    assert names(network, *OVERHEAD)[:2] == both("power")
    strong = networks.payload(rf_power_w=0.2, rf_power_average_w=100.0)
    assert beams_by_power(strong) == pytest.approx(beams_by_power(peak) * 0.002)


def test_power():
    weak = networks.payload(rf_power_w=0.3)
    network = networks.build(networks.scenario(radio=weak), homes=500.0)
    assert network.beams_by_power < 8.0
    assert names(network, *OVERHEAD)[:2] == both("power")


def test_satellite_rate_forward():
    network = networks.build(networks.scenario(radio=networks.payload(forward_mbps=500.0)))
    down, up, found = names(network, *OVERHEAD)
    assert (down, up) == both("satellite_rate")
    assert slots.rates_mbps(network, found)[0].sum() == pytest.approx(500.0, rel=1e-4)


def test_satellite_rate_return():
    network = networks.build(networks.scenario(radio=networks.payload(return_mbps=60.0)))
    down, up, found = names(network, *OVERHEAD)
    assert (down, up) == ({"return_link"}, {"satellite_rate"})
    assert slots.rates_mbps(network, found)[1].sum() == pytest.approx(60.0, rel=1e-4)


@pytest.mark.parametrize("allocation", ["guarantee", "equal"])
def test_feeder_forward(allocation):
    narrow = (networks.gateway(bandwidth_mhz=100.0),)
    network = networks.build(networks.scenario(gateways=narrow, sharing={"allocation": allocation}))
    down, up, found = names(network, *OVERHEAD)
    assert (down, up) == both("feeder")
    sky = sky_of.observe_sky(network, networks.over(*OVERHEAD))
    rates = sky_of.feeder_mbps(network, sky.gateway, sky.feeder_cosecant[:, 0])[0]
    assert slots.rates_mbps(network, found)[0].sum() == pytest.approx(rates[0], rel=1e-4)


def test_feeder_return():
    deaf = tuple(g.model_copy(update={"g_over_t_dbk": -3.0}) for g in networks.GATEWAYS)
    network = networks.build(networks.scenario(gateways=deaf))
    down, up, _ = names(network, *OVERHEAD)
    assert (down, up) == ({"return_link"}, {"feeder"})


def test_feeder_that_closes_with_no_mode():
    silent = tuple(g.model_copy(update={"eirp_dbw": 5.0}) for g in networks.GATEWAYS)
    down, up, found = names(networks.build(networks.scenario(gateways=silent)), *OVERHEAD)
    assert np.all(found.satellite < 0)
    assert (down, up) == both("feeder")


def repeater(homes=200.0, terminals=None, **changes):
    """A transparent payload behind gateways of changed radio."""
    sites = tuple(g.model_copy(update=changes) for g in networks.GATEWAYS)
    radio = networks.payload(processing="transparent")
    made = networks.scenario(radio=radio, gateways=sites, terminals=terminals)
    return networks.build(made, homes=homes)


def test_a_feeder_of_a_repeater_that_is_too_weak_forward():
    """Its noise leaves no mode; without it all links close."""
    weak = repeater(eirp_dbw=20.0)
    down, up, found = names(weak, *OVERHEAD)
    sky = sky_of.observe_sky(weak, networks.over(*OVERHEAD))
    assert sky.capacity[0, 1] > 0.0  # its rate alone stops nobody
    assert np.all(found.satellite < 0)
    assert (down, up) == both("feeder")
    assert np.all(names(repeater(homes=5.0), *OVERHEAD)[2].level >= 1.0)


def test_a_feeder_of_a_repeater_that_is_too_weak_on_the_way_back():
    down, up, found = names(repeater(g_over_t_dbk=-6.0), *OVERHEAD)
    assert np.all(found.satellite < 0)
    assert (down, up) == ({"return_link"}, {"feeder"})


def test_the_weaker_hop_of_a_repeater_is_named():
    """A terminal too weak by itself, and one that is weaker than the feeder, are not the feeder's fault."""
    faint = (networks.terminal(g_over_t_dbk=-15.0),)
    assert names(repeater(terminals=faint), *OVERHEAD)[:2] == both("link")
    assert names(repeater(terminals=faint, eirp_dbw=20.0), *OVERHEAD)[:2] == both("link")
    silent = (networks.terminal(eirp_dbw=5.0),)
    assert names(repeater(terminals=silent), *OVERHEAD)[:2] == both("return_link")


def test_link_that_closes_with_no_mode():
    faint = networks.scenario(terminals=(networks.terminal(g_over_t_dbk=-15.0),))
    assert names(networks.build(faint), *OVERHEAD)[:2] == both("link")


def test_link_that_closes_but_carries_less_than_the_plan():
    narrow = networks.scenario(radio=networks.payload(channel_down_mhz=6.0))
    assert names(networks.build(narrow, homes=1.0), *OVERHEAD)[:2] == both("link")


def test_return_link_that_closes_with_no_mode():
    faint = networks.scenario(terminals=(networks.terminal(eirp_dbw=5.0),))
    assert names(networks.build(faint), *OVERHEAD)[:2] == both("return_link")


def test_a_class_without_homes_names_nothing():
    nobody = networks.terminal(terminal_class="community", g_over_t_dbk=-15.0, share=0.0)
    faint = networks.scenario(terminals=(networks.terminal(eirp_dbw=5.0), nobody))
    assert names(networks.build(faint), *OVERHEAD)[:2] == both("return_link")


def test_return_link_that_carries_less_than_the_plan():
    narrow = networks.scenario(terminals=(networks.terminal(carrier_mhz=1.0, duty_share=0.3),))
    assert names(networks.build(narrow), *OVERHEAD)[:2] == both("return_link")


def test_a_fade_that_closes_the_link():
    assert names(networks.build(), (32.0, 70.0), state=8)[0] <= {"link", "return_link"}


def test_the_first_filter_names_it():
    """Everything is short at once: the order is mask, GSO, gateway, beam time, link."""
    gateways = (networks.gateway("Muscat", 23.6, 90.0),)
    made = networks.scenario(
        gateways=gateways,
        system={"gso_separation_deg": 18.0},
        terminals=(networks.terminal(g_over_t_dbk=-15.0),),
    )
    network = networks.build(made)
    assert names(network, (29.0, 78.5))[0] == {"mask"}
    assert names(network, (29.0, 78.5), (25.3, 66.0))[0] == {"gso"}
    assert names(network, (29.0, 78.5), (25.3, 66.0), (31.0, 66.0))[0] == {"gateway"}


@pytest.mark.parametrize("bits", range(2, 9))
def test_a_cap_on_the_modulation_leaves_service_in_place(bits):
    network = networks.build(
        networks.scenario(terminals=(networks.terminal(max_modulation_bits=bits),)), homes=5.0
    )
    assert np.all(names(network, *OVERHEAD)[2].level > 0.0)


def test_cells_without_a_subscriber_have_no_constraint():
    homes = np.zeros(61)
    homes[::2] = 10.0
    network = networks.build(homes=homes)
    _, _, found = names(network, *OVERHEAD)
    assert np.all(found.code[1::2] == -1) and np.all(found.satellite[1::2] == -1)
