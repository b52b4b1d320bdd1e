"""Fixed beams in the chain: shared carriers, interference by hand, budgets, the same bits over any cut."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import networks
import numpy as np
import pytest

from raabta.base.bodies import EARTH
from raabta.links.antenna import airy_db, aperture_ratio, peak_gain_dbi
from raabta.links.beam_kernels import axis_at, colour_at, cosines_of, direction_of, foot_of, nearest_place
from raabta.links.budget import eirp_density_dbw_mhz, forward_scan_exponent, free_space_loss_db
from raabta.links.earth_patterns import s465_dbi
from raabta.network import epfd, epfd_run, explain, fixed_beams, interference
from raabta.network.admission import admit
from raabta.network.chunk import run_chunk, sky_at
from raabta.network.constraints import CONSTRAINTS
from raabta.network.sky import observe_sky
from raabta.network.slot import allocate

BOLTZMANN_DB = -228.59916717321767
FIXED = {"beam_layout": "fixed", "transmit_aperture_m": 0.2, "receive_aperture_m": 0.13}
"""Beams of 44 km at nadir: some cells of 20 km share one."""
PLACES = ((29.0, 66.0), (31.5, 70.0), (25.5, 62.5))


def scene(radio=None, homes=250.0, neighbours=((), (), ()), **sharing):
    payload = networks.payload(**(FIXED | (radio or {})))
    return networks.build(
        networks.scenario(radio=payload, sharing=sharing), homes=homes, neighbours=neighbours
    )


def lit(network, *places):
    sky = observe_sky(network, networks.over(*places))
    return sky, allocate(network, sky, np.zeros(network.ground.count, np.int64))


def place_of(network, up, direction):
    return nearest_place(*cosines_of(*direction, *up)[:2], network.rules.spacing, network.rules.shape)


def beams_of(network, sky, found):
    """Cells by (satellite, place) of the beam nearest to them, from their positions alone."""
    out = defaultdict(list)
    for c in np.flatnonzero(found.satellite >= 0):
        s = int(found.satellite[c])
        ray = network.ground.km[c] - sky.view.satellite_km[s]
        out[s, *place_of(network, sky.view.unit[s], ray / np.linalg.norm(ray))].append(int(c))
    return out


@pytest.mark.parametrize(("channels", "colours", "carriers"), [(2, 1, 2), (8, 4, 2), (3, 3, 1)])
@pytest.mark.parametrize("allocation", ["guarantee", "equal"])
def test_cells_of_one_beam_share_its_carriers_and_those_of_two_do_not(
    allocation, channels, colours, carriers
):
    radio = {"channels": channels, "reuse_colours": colours, "beams": 64, "beams_per_cell": 2}
    radio |= {"channel_down_mhz": 50.0, "channel_up_mhz": 50.0}
    network = scene(radio, 80.0, allocation=allocation)
    assert network.rules.colours == carriers
    sky, found = lit(network, (29.0, 66.0))
    dwell = {beam: found.dwell[cells].sum() for beam, cells in beams_of(network, sky, found).items()}
    full = [beam for beam, total in dwell.items() if total > carriers - 1e-6]
    assert max(dwell.values()) <= carriers + 1e-9
    assert sum(dwell.values()) > 5 * carriers, "neighbours have carriers of their own"
    shared = [beam for beam in full if np.count_nonzero(found.dwell[beams_of(network, sky, found)[beam]]) > 1]
    assert shared, "the cells of one beam share them"
    assert any(CONSTRAINTS[code] == "spectrum" for code in found.code)


def test_the_direction_of_a_cell_is_its_beams_axis():
    network = scene()
    sky, found = lit(network, *PLACES)
    for (s, *place), cells in beams_of(network, sky, found).items():
        axis = direction_of(*axis_at(*place, network.rules.spacing, network.rules.shape), *sky.view.unit[s])
        for c in cells:
            assert found.given.direction[c] == pytest.approx(-np.array(axis), abs=1e-12)
            assert found.geometry[c, 2] == pytest.approx(float(-np.array(axis) @ sky.view.unit[s]), abs=1e-12)


def test_a_fixed_beam_never_rates_a_cell_above_a_steered_one():
    fixed, steered = scene(), scene({"beam_layout": "steered"})
    pairs = [lit(network, (29.0, 66.0))[1] for network in (fixed, steered)]
    both = (pairs[0].satellite >= 0) & (pairs[1].satellite >= 0)
    assert both.sum() > 12
    lost = (pairs[1].geometry - pairs[0].geometry)[both][:, 3:]
    assert lost.min() > -0.02, "the axis may be nearer to the nadir than the cell: scan loss and range"
    assert 0.5 < np.median(lost) < 6.0


def gain(network, up, one, other, aperture_m, frequency_ghz):
    """Relative gain by the distance of two directions across the vertical of the satellite, squeezed along
    the major axis of an ellipse, linear."""
    payload = network.payload
    ratio, tilt = payload.beam_axis_ratio, np.radians(payload.beam_tilt_deg)
    apart = np.asarray(one) - np.asarray(other)
    east = np.cross([0.0, 0.0, 1.0], up)
    east /= np.linalg.norm(east)
    major = np.cos(tilt) * east + np.sin(tilt) * np.cross(up, east)
    across = np.hypot(apart @ major / ratio, apart @ np.cross(up, major))
    least_db = 10.0 * np.log10(ratio) - float(peak_gain_dbi(aperture_m, frequency_ghz))
    return 10.0 ** (0.1 * max(float(airy_db(aperture_ratio(aperture_m, frequency_ghz) * across)), least_db))


def dish(network, off_cosine, frequency_ghz):
    terminal = network.scenario.demand.terminals[0]
    peak = float(peak_gain_dbi(terminal.dish_m, frequency_ghz, terminal.efficiency_share))
    off_deg = float(np.degrees(np.arccos(np.clip(off_cosine, -1.0, 1.0))))
    return 10.0 ** (0.1 * min(float(s465_dbi(off_deg, terminal.dish_m, frequency_ghz, peak)) - peak, 0.0))


def ray(a, b):
    return (b - a) / np.linalg.norm(b - a)


def by_hand(network, sky, found, c, *, back):
    """I/C of the forward link or I/N of the return link of cell c, cell by cell from the definitions."""
    payload, km, up = network.payload, sky.view.satellite_km, sky.view.unit
    serving, site, total = int(found.satellite[c]), network.ground.km[c], 0.0
    own = place_of(network, up[serving], ray(km[serving], site))
    own_axis = direction_of(*axis_at(*own, network.rules.spacing, network.rules.shape), *up[serving])
    for a in np.flatnonzero(found.satellite >= 0):
        t, foot = int(found.satellite[a]), network.ground.km[a]
        place = place_of(network, up[t], ray(km[t], foot))
        same = t == serving and place == own
        if same or colour_at(*place, payload.reuse_colours) != colour_at(*own, payload.reuse_colours):
            continue
        axis = direction_of(*axis_at(*place, network.rules.spacing, network.rules.shape), *up[t])
        share = found.dwell[a] * payload.reuse_colours / (payload.channels * payload.polarisations)
        if back:
            level = interference.mean_terminal_db(network) + payload.g_over_t_dbk - BOLTZMANN_DB
            level -= float(free_space_loss_db(np.linalg.norm(foot - km[serving]), payload.user_up_ghz))
            heard = ray(km[serving], foot)
            share *= gain(
                network, up[serving], own_axis, heard, payload.receive_aperture_m, payload.user_up_ghz
            )
            if t != serving:
                share *= dish(network, ray(foot, km[t]) @ ray(foot, km[serving]), payload.user_up_ghz)
        else:
            far_km = float(np.linalg.norm(km[t]))
            cos_scan = float(-np.array(axis) @ up[t])
            foot_km, _ = foot_of(cos_scan, far_km, EARTH.mean_radius_km)
            level = eirp_density_dbw_mhz(payload, foot_km, far_km - EARTH.mean_radius_km)
            level += forward_scan_exponent(payload) * 10.0 * np.log10(cos_scan)
            level -= float(free_space_loss_db(np.linalg.norm(site - km[t]), payload.user_down_ghz))
            level -= 60.0 + BOLTZMANN_DB
            share *= gain(network, up[t], axis, ray(km[t], site), payload.transmit_aperture_m, 20.0)
            if t != serving:
                share *= dish(network, ray(site, km[t]) @ ray(site, km[serving]), payload.user_down_ghz)
        total += share * 10.0 ** (0.1 * level)
    if back:
        return total * found.geometry[c, 2] ** payload.scan_loss_exponent_ratio
    return total / 10.0 ** (0.1 * found.geometry[c, 3])


OVAL = {"beam_axis_ratio": 1.6, "beam_tilt_deg": 35.0}


@pytest.mark.parametrize(("colours", "shape"), [(1, {}), (4, {}), (1, OVAL)])
@pytest.mark.parametrize("back", [False, True])
def test_interference_is_that_of_the_definitions(back, colours, shape):
    network = scene({"reuse_colours": colours, "eirp_density_edge_dbw_mhz": 6.0} | shape)
    sky, found = lit(network, *PLACES)
    ratio = interference.of_slot(network, sky, found)[1 if back else 0]
    asked = np.flatnonzero(np.isfinite(ratio) & (ratio > 0.0))
    assert asked.size > 12 and np.unique(found.satellite[asked]).size > 1
    ours = 10.0 * np.log10(ratio[asked])
    theirs = 10.0 * np.log10([by_hand(network, sky, found, int(c), back=back) for c in asked])
    # The satellite's pattern is looked up to 0.01 in u: on the flanks of side lobes that is a few tenths.
    assert np.median(np.abs(ours - theirs)) < 0.05
    assert np.abs(ours - theirs).max() < 0.5


def test_two_beams_disturb_one_another_if_their_colour_is_the_same_alone():
    """Two cells under one satellite at the nadir of the first, each of its own beam, and nobody else."""
    found_of = {}
    for colours in (1, 4):
        network = scene({"reuse_colours": colours})
        sky, found = lit(network, (29.0, 66.0))
        beams = beams_of(network, sky, found)
        mine = max(beams, key=lambda beam: -np.hypot(beam[1], beam[2]))
        other = next(b for b in beams if colour_at(*b[1:], 4) != colour_at(*mine[1:], 4))
        keep = [beams[mine][0], beams[other][0]]
        dark = np.setdiff1d(np.arange(network.ground.count), keep)
        found.given.dwell[dark], found.given.satellite[dark] = 0.0, -1
        down, up = interference.of_slot(network, sky, found)
        found_of[colours] = down[keep], up[keep]
        if colours == 1:
            hand = [by_hand(network, sky, found, c, back=False) for c in keep]
            assert 10.0 * np.log10(down[keep] / hand) == pytest.approx([0.0, 0.0], abs=0.1)
    assert np.all(found_of[1][0] > 0.0) and np.all(found_of[1][1] > 0.0)
    assert np.all(found_of[4][0] == 0.0) and np.all(found_of[4][1] == 0.0)


LOUD = {"user_down_ghz": 11.2, "user_down_low_ghz": 10.7, "user_down_high_ghz": 11.7, "user_up_ghz": 14.2}


@pytest.mark.parametrize(
    "radio",
    [{}, OVAL, {"eirp_density_edge_dbw_mhz": 8.0}, LOUD | {"eirp_density_dbw_mhz": 20.0, "rf_power_w": 1e5}],
)
def test_the_budget_of_a_slot_names_the_offset_and_agrees_with_what_was_allocated(radio):
    network = scene(radio)
    for cell in (0, 17, 30, 60):
        told = ((slot, explain.explain_cell(network, cell, slot)) for slot in range(20))
        number, found = next((slot, told) for slot, told in told if told.budgets)
        sky = sky_at(network, number)
        result = allocate(network, sky, np.zeros(network.ground.count, np.int64))
        rated = result.geometry[cell]
        loss_db = explain._clear_loss_db(network, cell, 0, float(rated[0]))
        for way in (0, 1):
            expected = rated[3 + way] + network.radio.terminal[way, 0] - loss_db[way]
            assert found.budgets[way].cn_db == pytest.approx(expected, abs=1e-3)
        axis = fixed_beams.axis_of(network, sky, result, cell)
        assert axis is not None and 0.0 < axis.offset_ratio < network.rules.spacing / np.sqrt(3.0)
        assert found.budgets[0].value("beam offset") == pytest.approx(axis.offset_deg)
        assert any("beam offset" in line for line in explain.lines(found))


def test_a_steered_beam_has_no_offset():
    network = scene({"beam_layout": "steered"})
    told = next(t for t in (explain.explain_cell(network, 30, slot) for slot in range(20)) if t.budgets)
    assert not any("beam offset" in line for line in explain.lines(told))


def test_the_same_bits_over_any_cut_of_time():
    network = admit(interference.with_interference(scene({"reuse_colours": 4})))
    whole = run_chunk(network, range(12))
    parts = [run_chunk(network, range(a, b)) for a, b in pairwise((0, 1, 5, 12))]
    for name in ("satellite", "down", "up_ratio", "rtt"):
        assert np.array_equal(np.concatenate([part[name] for part in parts]), whole[name])
    assert (whole["satellite"] >= 0).any()


def test_epfd_takes_a_fixed_beam_to_stand_as_near_as_it_may():
    fixed = networks.payload(**FIXED, reuse_colours=4)
    corner_deg, apart_deg = fixed_beams.reach_deg(fixed)
    spacing = scene({"reuse_colours": 4}).rules.spacing
    edge = np.degrees(np.arcsin(np.sin(np.radians(60.0)) + spacing / np.sqrt(3.0)))
    assert corner_deg == pytest.approx(edge - 60.0)
    assert np.sin(np.radians(apart_deg / 2.0)) == pytest.approx(spacing), "2 spacings apart as a chord"
    steered = networks.payload(**(FIXED | {"beam_layout": "steered"}))
    assert fixed_beams.reach_deg(steered) == (0.0, steered.reuse_separation_deg)
    one, aimed = epfd.lobes_of(fixed, 1)[1], epfd.lobes_of(fixed, 1, aimed=True)[1]
    plain = epfd.lobes_of(steered, 1)[1]
    assert np.all(one >= plain) and one[int(corner_deg / 0.05)] == plain[0]
    assert np.array_equal(aimed, plain)


def test_epfd_of_a_run_aims_at_the_axes():
    network = scene({"eirp_density_edge_dbw_mhz": 6.0})
    km = networks.over(*PLACES)
    sky, found = lit(network, *PLACES)
    beams = epfd_run.beams_of(network, epfd.radio_of(network.payload, 1000.0, 5), km)
    cells = found.lit[np.argsort(found.satellite[found.lit], kind="stable")]
    assert beams.beam == pytest.approx(-found.given.direction[cells], abs=1e-12)
    own, summed = interference.beams_of(network, sky, found)
    eirp = summed.eirp * 10.0 ** (0.1 * (60.0 + BOLTZMANN_DB)) * found.dwell[cells] / network.payload.channels
    assert beams.power == pytest.approx(eirp, rel=1e-9), "one EIRP density in both sums"
    assert own == pytest.approx(found.satellite[cells])
