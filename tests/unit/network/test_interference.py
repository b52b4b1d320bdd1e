"""Interference of the own beams: against a plain sum over every beam, in scenes, and in the rates."""

from __future__ import annotations

import networks
import numpy as np
import pytest

from raabta.base.bodies import EARTH
from raabta.links.antenna import aperture_pattern_db, peak_gain_dbi
from raabta.links.budget import (
    eirp_density_dbw_mhz,
    forward_scan_exponent,
    free_space_loss_db,
    spreading_loss_db,
)
from raabta.links.earth_patterns import s465_dbi
from raabta.network import explain, interference
from raabta.network.sky import observe_sky
from raabta.network.slot import allocate

BOLTZMANN_DB = -228.59916717321767
ABROAD = ((27.0, 33.0, 31.0), (63.0, 70.0, 61.0), (4e5, 1e6, 2e5))
TIGHT = {"channels": 2, "beams": 8}


def scene(radio=None, neighbours=((), (), ()), homes=250.0, **sharing):
    payload = networks.payload(**(radio or {}))
    return networks.build(
        networks.scenario(radio=payload, sharing=sharing), homes=homes, neighbours=neighbours
    )


def lit(network, *places):
    """The sky of satellites above places, and its beams: they fill one after the other."""
    sky = observe_sky(network, networks.over(*places))
    return sky, allocate(network, sky, np.zeros(network.ground.count, np.int64))


def angle_deg(a, b):
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def satellite_db(network, off_deg, aperture_m, frequency_ghz):
    least = -float(peak_gain_dbi(aperture_m, frequency_ghz))
    return max(float(aperture_pattern_db(off_deg, aperture_m, frequency_ghz)), least)


def terminal_db(network, off_deg, frequency_ghz):
    dish = network.scenario.demand.terminals[0]
    peak = float(peak_gain_dbi(dish.dish_m, frequency_ghz, dish.efficiency_share))
    return min(float(s465_dbi(off_deg, dish.dish_m, frequency_ghz, peak)) - peak, 0.0)


def feet(network, sky, found):
    """Every beam by itself: (satellite, place on the ground, dwell), those abroad too."""
    out = [
        (int(found.satellite[c]), network.ground.km[c], float(found.dwell[c]))
        for c in range(network.ground.count)
        if found.satellite[c] >= 0 and found.dwell[c] > 0.0
    ]
    people = network.demand.neighbour_people
    for s in range(sky.view.near.size):
        sees = [
            k
            for k in range(people.size)
            if sky.view.unit[s] @ network.neighbour_unit[k] >= np.cos(sky.view.angle[s])
        ]
        rest = network.payload.beams * (1.0 - sky.share[s])
        for k in sees:
            dwell = rest * people[k] / people[sees].sum()
            out.append((s, interference.neighbour_km(network.demand)[k], float(dwell)))
    return out


def most_dbw_mhz(network, foot_km, ray):
    """What the cap on flux density leaves of a beam's EIRP density at its foot."""
    normal = foot_km / np.array([EARTH.equatorial_radius_km**2] * 2 + [EARTH.polar_radius_km**2])
    sine = -ray @ normal / np.linalg.norm(ray) / np.linalg.norm(normal)
    return float(network.flux_cap.at_dbw_m2(sine) + spreading_loss_db(np.linalg.norm(ray)))


def share_of_channel(network, feet_of_own, own, far_dwell):
    colours = network.rules.colours
    if not own:
        return 1.0 / colours
    total = sum(dwell for _, _, dwell in feet_of_own)
    return max(0.0, total / colours - 1.0) / far_dwell if far_dwell else 0.0


def plain(network, sky, found, c, *, back):
    """I/C of the forward link or I/N of the return link of cell c, dB, beam by beam from the definitions."""
    payload, serving, all_feet = network.payload, int(found.satellite[c]), feet(network, sky, found)
    reuse_deg = payload.reuse_separation_deg
    site, sat_km = network.ground.km[c], sky.view.satellite_km
    total = 0.0
    for t in range(sky.view.near.size):
        own_feet = [foot for foot in all_feet if foot[0] == t]
        heard_by = serving if back else t
        ray_c = site - sat_km[heard_by]
        if not back and ray_c @ network.ground.basis[c, 2] >= 0.0:
            continue
        far = [foot for foot in own_feet if angle_deg(foot[1] - sat_km[heard_by], ray_c) > reuse_deg]
        share = share_of_channel(network, own_feet, t == serving, sum(dwell for _, _, dwell in far))
        for _, foot_km, dwell in far:
            off = angle_deg(foot_km - sat_km[heard_by], ray_c)
            ray = foot_km - sat_km[heard_by]
            if back:
                mean_db = interference.mean_terminal_db(network)
                level = mean_db + payload.g_over_t_dbk - BOLTZMANN_DB
                level -= float(free_space_loss_db(np.linalg.norm(ray), payload.user_up_ghz))
                level += satellite_db(network, off, payload.receive_aperture_m, payload.user_up_ghz)
                if t != serving:
                    away = angle_deg(sat_km[t] - foot_km, sat_km[serving] - foot_km)
                    level += terminal_db(network, away, payload.user_up_ghz)
            else:
                altitude_km = float(np.linalg.norm(sat_km[t])) - EARTH.mean_radius_km
                level = eirp_density_dbw_mhz(payload, float(np.linalg.norm(ray)), altitude_km)
                scan = 10.0 * np.log10(np.cos(np.radians(angle_deg(-sat_km[t], ray))))
                level += forward_scan_exponent(payload) * scan
                level = min(level, most_dbw_mhz(network, foot_km, ray))
                level -= float(free_space_loss_db(np.linalg.norm(ray_c), payload.user_down_ghz))
                level += satellite_db(network, off, payload.transmit_aperture_m, payload.user_down_ghz)
                if t != serving:
                    away = angle_deg(sat_km[t] - site, sat_km[serving] - site)
                    level += terminal_db(network, away, payload.user_down_ghz)
            total += dwell * share * 10.0 ** (0.1 * level)
    cos_scan, base = found.geometry[c, 2:4]
    if back:
        return 10.0 * np.log10(total) + payload.scan_loss_exponent_ratio * 10.0 * np.log10(cos_scan)
    wanted = base + 60.0 + BOLTZMANN_DB
    return 10.0 * np.log10(total) - wanted


PLACES = ((29.0, 66.0), (31.5, 70.0), (25.5, 62.5))


LOUD_IN_KU = {"user_down_ghz": 11.2, "user_up_ghz": 14.2, "eirp_density_dbw_mhz": 18.0, "rf_power_w": 1e4}
LOUD_IN_KU |= {"user_down_low_ghz": 10.7, "user_down_high_ghz": 11.7, "channel_down_mhz": 250.0}


def test_a_beam_in_a_loud_scene_is_held_by_the_cap():
    network = scene(TIGHT | LOUD_IN_KU)
    sky, found = lit(network, *PLACES)
    owner, beams = interference.beams_of(network, sky, found)
    ray_km = beams.ground_km - sky.view.satellite_km[owner]
    height_km = np.linalg.norm(sky.view.satellite_km[owner], axis=1)
    range_km = np.linalg.norm(ray_km, axis=1)
    cos_scan = -np.einsum("ij,ij->i", ray_km, sky.view.satellite_km[owner]) / range_km / height_km
    free_dbw_mhz = 18.0 + 13.0 * np.log10(cos_scan)
    eirp_dbw_mhz = 10.0 * np.log10(beams.eirp) + 60.0 + BOLTZMANN_DB
    flux = eirp_dbw_mhz - spreading_loss_db(range_km)
    assert np.all(eirp_dbw_mhz < free_dbw_mhz - 1.0)
    assert np.all(flux <= -140.0 + 10.0 * np.log10(250.0) + 1e-9)


@pytest.mark.parametrize("radio", [{}, LOUD_IN_KU], ids=["with room", "capped"])
@pytest.mark.parametrize("back", [False, True])
def test_the_sum_over_every_beam_is_that_of_the_definitions(back, radio):
    network = scene(TIGHT | radio, ABROAD, capacity_share="ratio", ratio_share=0.6)
    sky, found = lit(network, *PLACES)
    ratio = interference.of_slot(network, sky, found)[1 if back else 0]
    asked = np.flatnonzero(np.isfinite(ratio))
    assert asked.size > 12 and np.unique(found.satellite[asked]).size > 1
    ours = 10.0 * np.log10(ratio[asked])
    theirs = [plain(network, sky, found, int(c), back=back) for c in asked]
    # The satellite's pattern is looked up to 0.01 in u: on the flanks of side lobes that is a few tenths.
    assert np.median(np.abs(ours - theirs)) < 0.05
    assert np.abs(ours - theirs).max() < 0.5


def test_beams_that_have_a_channel_each_do_not_disturb_one_another():
    network = scene({"channels": 8, "beams": 8})
    sky, found = lit(network, (29.0, 66.0))
    down, up = interference.of_slot(network, sky, found)
    assert np.isfinite(down).sum() > 12
    assert np.nanmax(down) == 0.0 and np.nanmax(up) == 0.0


def test_more_channels_disturb_less_and_beams_abroad_more():
    def worst(radio, neighbours=((), (), ()), **sharing):
        network = scene(radio, neighbours, **sharing)
        down, up = interference.of_slot(network, *lit(network, *PLACES))
        return np.nanmedian(down), np.nanmedian(up)

    half = {"capacity_share": "ratio", "ratio_share": 0.5}
    few, many = worst({"channels": 2}), worst({"channels": 4})
    alone, together = worst(TIGHT, **half), worst(TIGHT, ABROAD, **half)
    assert all(a > b for a, b in zip(few, many, strict=True))
    assert all(b > a for a, b in zip(alone, together, strict=True))


def test_the_network_is_rated_with_what_its_cells_meet_whatever_the_threads():
    network = scene(TIGHT)
    one, two = (interference.with_interference(network, threads) for threads in (1, 2))
    assert np.array_equal(one.down_interference_ratio, two.down_interference_ratio)
    assert np.array_equal(one.up_interference_ratio, two.up_interference_ratio)
    assert one.down_interference_ratio.min() > 0.0 and one.up_interference_ratio.min() > 0.0
    sky = observe_sky(network, networks.over(*PLACES))
    none = np.zeros(network.ground.count, np.int64)
    before, after = (allocate(which, sky, none) for which in (network, one))
    both = (before.need[:, 0] > 0.0) & (after.need[:, 0] > 0.0) & (before.satellite == after.satellite)
    assert both.any()
    assert np.all(after.need[both, 0] >= before.need[both, 0]), "interference never makes a cell cheaper"
    assert np.any(after.need[both, 0] > before.need[both, 0])


def controlled(range_db, homes=250.0, **radio):
    """A scene of loud terminals, with power control or without, in gateways' reach."""
    dish = networks.terminal(eirp_dbw=52.0, power_control_db=range_db)
    payload = networks.payload(**({"channels": 4, "interference_up_db": 40.0} | radio))
    return networks.build(networks.scenario(radio=payload, terminals=(dish,)), homes=homes)


@pytest.mark.parametrize("processing", ["regenerative", "transparent"])
def test_terminals_with_power_control_disturb_others_less(processing):
    loud, less = (controlled(range_db, processing=processing) for range_db in (0.0, 20.0))
    sky, found = lit(less, (29.0, 66.0), (30.0, 70.0))
    heard = interference.of_slot(loud, sky, found)[1]
    cells = np.flatnonzero(np.isfinite(heard))
    heard = np.where(np.isfinite(heard), heard, 0.0)
    down, up = interference.of_slot(less, sky, found, heard_ratio=heard)
    fell_db = 10.0 * np.log10(heard[cells] / up[cells])
    assert np.ptp(fell_db) < 1e-9 < 0.1 < fell_db.mean()
    assert np.array_equal(down[cells], interference.of_slot(loud, sky, found)[0][cells])
    lit_cells, off_db = interference._sent_less_db(less, sky, found, heard)
    power = np.average(10.0 ** (-0.1 * off_db[:, 0]), weights=less.demand.active[lit_cells, 0])
    assert fell_db == pytest.approx(-10.0 * np.log10(power))
    rated = interference.rated_with(less, np.zeros(61), np.where(up > 0.0, up, 0.0))
    for c, off in zip(lit_cells[::5], off_db[::5, 0], strict=True):
        back = explain._budgets(rated, sky, found, int(c))[1]
        assert -back.value("power control") >= off - 1e-3


def test_the_network_is_rated_with_less_where_terminals_have_power_control():
    few = {"channels": 8, "homes": 30.0}
    loud, less = (interference.with_interference(controlled(off_db, **few)) for off_db in (0.0, 20.0))
    assert (less.up_interference_ratio < 0.5 * loud.up_interference_ratio).all()
    assert np.array_equal(less.down_interference_ratio, loud.down_interference_ratio)


def test_a_payload_that_states_its_interference_is_left_as_it_is():
    network = scene({"co_channel": "stated"})
    assert interference.with_interference(network) is network


@pytest.mark.parametrize(("down_db", "up_db"), [(-12.0, None), (None, 3.0), (-9.0, 6.0)])
def test_rates_with_interference_are_those_of_the_budget(down_db, up_db):
    clean = scene(homes=10.0)
    n = clean.ground.count
    down, up = (np.full(n, 0.0 if level is None else 10.0 ** (0.1 * level)) for level in (down_db, up_db))
    network = interference.rated_with(clean, down, up)
    slots = range(network.scenario.time.steps)
    told = next(t for t in (explain.explain_cell(network, 30, slot) for slot in slots) if t.budgets)
    forward, back = told.budgets
    without = next(t for t in (explain.explain_cell(clean, 30, slot) for slot in slots) if t.budgets)
    for one, other in zip(told.budgets, without.budgets, strict=True):
        assert one.cn_db == pytest.approx(other.cn_db, abs=1e-4), "interference stands beside C/N, not in it"
    names = {line.name: line.value for line in forward.lines}
    assert names.get("C/I, own beams") == (None if down_db is None else pytest.approx(-down_db))
    joined = {line.name: line.value for line in back.lines}
    assert joined.get("C/I, own beams") == (None if up_db is None else pytest.approx(back.cn_db - up_db))
    terminal = network.scenario.demand.terminals[0]
    sky_slot = next(s for s in slots if explain.explain_cell(network, 30, s).budgets)
    time = explain.slot_times(network, [sky_slot])
    sky = observe_sky(network, network.propagator.positions_km(time)[0])
    found = allocate(network, sky, np.zeros(n, np.int64))
    plan, carriers = network.plans[network.design], 400.0 // terminal.carrier_mhz
    active = network.demand.active[30, 0]
    wanted = active * max(plan[0] / forward.rate_mbps, plan[1] / (back.rate_mbps * carriers))
    assert found.need[30, 0] == pytest.approx(wanted, rel=1e-6)


def test_a_group_takes_what_one_in_a_hundred_of_its_cells_meets():
    met = np.full((100, 4), np.nan)
    met[:, 0], met[:, 3] = np.arange(100.0), 7.0
    out = interference.by_group(met, np.array([0, 2, 3, 4]))
    assert out[:2] == pytest.approx(np.percentile(np.arange(100.0), 99.0))
    assert out[3] == 7.0
    everywhere = np.percentile(np.concatenate([np.arange(100.0), np.full(100, 7.0)]), 99.0)
    assert out[2] == pytest.approx(everywhere), "a group that met none takes what is met anywhere"
    assert interference.by_group(np.full((3, 2), np.nan), np.array([0, 2])).tolist() == [0.0, 0.0]
