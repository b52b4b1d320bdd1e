"""Fixed beams: the lattice against every centre in turn, the frame, and levels against steered beams."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from raabta.base.frames import enu_basis
from raabta.links import antenna, kernels, tables
from raabta.links import beam_kernels as beams
from raabta.scenario.loader import load
from raabta.scenario.payload import beam_shape, carriers_of_a_beam, half_beam_sine, layout_spacing

RADIUS_KM = 6371.0
ALTITUDE_KM = 600.0
PAYLOAD = load("pakistan").constellation.payload.model_copy(
    update={
        "beam_layout": "fixed", "transmit_aperture_m": 0.5, "receive_aperture_m": 0.33,
        "user_down_ghz": 20.0, "user_up_ghz": 30.0, "scan_loss_exponent_ratio": 1.3,
        "eirp_density_edge_dbw_mhz": None,
    }
)  # fmt: skip
SPACING = layout_spacing(PAYLOAD)
SATELLITE_KM = (RADIUS_KM + ALTITUDE_KM) * np.array([0.6, 0.48, 0.64])
UP = SATELLITE_KM / np.linalg.norm(SATELLITE_KM)


def centre(q, r, spacing):
    return spacing * (q + 0.5 * r), spacing * np.sqrt(0.75) * r


def test_the_nearest_place_is_the_nearest_of_all_centres():
    places = list(itertools.product(range(-14, 15), repeat=2))
    where = np.array([centre(q, r, 0.03) for q, r in places])
    generator = np.random.default_rng(7)
    for u, v in generator.uniform(-0.2, 0.2, (4000, 2)):
        far = np.hypot(where[:, 0] - u, where[:, 1] - v)
        assert beams.nearest_place(u, v, 0.03) == places[int(far.argmin())]


def test_spacing_is_that_of_tr_38821():
    """Table 6.1.1.1-4: sqrt(3) sin(HPBW / 2); S band, 4.4127 deg: 0.06668."""
    s_band = PAYLOAD.model_copy(update={"transmit_aperture_m": 2.0, "user_down_ghz": 2.0})
    assert layout_spacing(s_band) == pytest.approx(np.sqrt(3.0) * np.sin(np.radians(4.4127 / 2)), abs=1e-6)
    assert layout_spacing(s_band) == pytest.approx(0.06668, abs=1e-5)
    assert half_beam_sine(PAYLOAD) == pytest.approx(
        float(np.sin(np.radians(antenna.half_power_half_angle_deg(0.5, 20.0)))), rel=1e-12
    )
    assert layout_spacing(PAYLOAD.model_copy(update={"beam_layout": "steered"})) == 0.0


@pytest.mark.parametrize(("latitude_deg", "longitude_deg"), [(0.0, 30.0), (50.0, -120.0), (-80.0, 10.0)])
def test_the_frame_is_east_north_and_nadir(latitude_deg, longitude_deg):
    geocentric = np.radians([latitude_deg, longitude_deg])
    up = np.array(
        [
            np.cos(geocentric[0]) * np.cos(geocentric[1]),
            np.cos(geocentric[0]) * np.sin(geocentric[1]),
            np.sin(geocentric[0]),
        ]
    )
    east, north, vertical = enu_basis(latitude_deg, longitude_deg)
    assert vertical == pytest.approx(up), "the normal of the ellipsoid has the same form as the radius"
    for axis, expected in ((east, (1, 0, 0)), (north, (0, 1, 0)), (-up, (0, 0, 1))):
        assert beams.cosines_of(*axis, *up) == pytest.approx(expected, abs=1e-12)
    there = np.array([0.3, -0.4, np.sqrt(0.75)])
    assert beams.cosines_of(*beams.direction_of(*there, *up), *up) == pytest.approx(there, abs=1e-12)


def test_over_a_pole_the_frame_holds():
    direction = beams.direction_of(0.6, 0.0, 0.8, 0.0, 0.0, 1.0)
    assert direction == pytest.approx((0.0, 0.6, -0.8))
    assert beams.cosines_of(*direction, 0.0, 0.0, 1.0) == pytest.approx((0.6, 0.0, 0.8))


@pytest.mark.parametrize("colours", [1, 3, 4])
def test_the_nearest_beam_of_the_same_colour_is_root_n_spacings_off(colours):
    for q, r in itertools.product(range(-3, 4), repeat=2):
        own = beams.colour_at(q, r, colours)
        assert 0 <= own < colours
        same = [
            np.hypot(*np.subtract(centre(q + a, r + b, 1.0), centre(q, r, 1.0)))
            for a, b in itertools.product(range(-3, 4), repeat=2)
            if (a, b) != (0, 0) and beams.colour_at(q + a, r + b, colours) == own
        ]
        assert min(same) == pytest.approx(np.sqrt(colours))


def test_every_colour_has_as_many_beams():
    for colours in (1, 3, 4):
        found = [beams.colour_at(q, r, colours) for q, r in itertools.product(range(12), repeat=2)]
        assert np.bincount(found).tolist() == [144 // colours] * colours


def test_the_foot_of_an_axis_lies_on_the_sphere():
    far = RADIUS_KM + ALTITUDE_KM
    foot_km, sine = beams.foot_of(1.0, far, RADIUS_KM)
    assert (foot_km, sine) == pytest.approx((ALTITUDE_KM, 1.0))
    range_km = 1075.0947
    sine_30 = 0.5
    cos_scan = (far**2 + range_km**2 - RADIUS_KM**2) / (2 * far * range_km)
    assert beams.foot_of(cos_scan, far, RADIUS_KM) == pytest.approx((range_km, sine_30), rel=1e-4)
    horizon_km = np.sqrt(far**2 - RADIUS_KM**2)
    assert beams.foot_of(0.1, far, RADIUS_KM) == pytest.approx((horizon_km, 0.0))


def base(direction, radius_km=0.0, payload=PAYLOAD, range_km=None, altitude_km=ALTITUDE_KM):
    """The kernel's levels of a cell on the sphere (or at a range) in a direction from the satellite."""
    radio = tables.radio_tables(payload, load("pakistan").demand.terminals)
    foot_km, _ = beams.foot_of(float(-direction @ UP), RADIUS_KM + altitude_km, RADIUS_KM)
    return beams.fixed_bases_db(
        *direction, foot_km if range_km is None else range_km, (RADIUS_KM + altitude_km) * UP, altitude_km,
        radius_km, layout_spacing(payload), beam_shape(payload), radio.radio, radio.edge_down, radio.edge_up,
        radio.flux_cap,
    )  # fmt: skip


def steered(direction, radius_km=0.0, payload=PAYLOAD):
    radio = tables.radio_tables(payload, load("pakistan").demand.terminals)
    cos_scan = float(-direction @ UP)
    foot_km, sine = beams.foot_of(cos_scan, RADIUS_KM + ALTITUDE_KM, RADIUS_KM)
    return kernels.level_bases_db(
        foot_km, ALTITUDE_KM, cos_scan, sine, kernels.edge_sine(foot_km, radius_km), radio.radio,
        radio.edge_down, radio.edge_up, radio.flux_cap,
    )  # fmt: skip


def towards(u, v):
    return np.array(beams.direction_of(u, v, float(np.sqrt(1.0 - u * u - v * v)), *UP))


RAISED = PAYLOAD.model_copy(update={"eirp_density_edge_dbw_mhz": 12.0})


@pytest.mark.parametrize("payload", [PAYLOAD, RAISED], ids=["scan loss", "held flux"])
@pytest.mark.parametrize("place", [(0, 0), (7, -3), (-20, 4)])
@pytest.mark.parametrize("radius_km", [0.0, 4.0])
def test_a_cell_on_the_axis_has_the_level_of_a_steered_beam(place, radius_km, payload):
    direction = towards(*centre(*place, SPACING))
    found = base(direction, radius_km, payload)
    assert found[:2] == pytest.approx(steered(direction, radius_km, payload), abs=1e-9)
    assert found[2] == pytest.approx(float(-direction @ UP), abs=1e-12)
    assert found[3:] == pytest.approx(-direction, abs=1e-12)


@pytest.mark.parametrize("place", [(0, 0), (9, 5)])
def test_a_cell_at_the_corner_between_three_beams_is_three_decibels_down(place):
    u, v = centre(*place, SPACING)
    axis, corner = towards(u, v), towards(u, v + (1.0 - 1e-9) * SPACING / np.sqrt(3.0))
    range_km, _ = beams.foot_of(float(-axis @ UP), RADIUS_KM + ALTITUDE_KM, RADIUS_KM)
    on_axis, off = base(axis), base(corner, range_km=range_km)
    assert on_axis[0] - off[0] == pytest.approx(3.0, abs=2e-3)
    narrower = 0.33 * 30.0 / (0.5 * 20.0)
    assert on_axis[1] - off[1] == pytest.approx(float(-antenna.airy_db(1.6137406 * narrower)), abs=2e-3)
    assert off[2] == on_axis[2], "scan loss is the axis's"


def test_the_radius_of_the_cell_adds_to_its_offset():
    radius_km, range_km = 3.0, 600.0
    off = towards(0.2 * SPACING, 0.0)
    ka = float(antenna.aperture_ratio(0.5, 20.0))
    u = ka * (0.2 * SPACING + radius_km / np.hypot(radius_km, range_km))
    loss = base(towards(0.0, 0.0), range_km=range_km)[0] - base(off, radius_km, range_km=range_km)[0]
    assert loss == pytest.approx(float(-antenna.airy_db(u)), abs=1e-3)
    assert float(
        antenna.edge_of_cell_loss_db(radius_km, range_km, 0.5, 20.0, 0.2 * SPACING)
    ) == pytest.approx(float(-antenna.airy_db(u)))


OVAL = PAYLOAD.model_copy(update={"beam_axis_ratio": 2.5, "beam_tilt_deg": 30.0})
MAJOR, MINOR = (np.array([np.cos(a), np.sin(a)]) for a in np.radians([30.0, 120.0]))


@pytest.mark.parametrize("place", [(0, 0), (2, -5)])
@pytest.mark.parametrize(("way", "ratio"), [(MAJOR, 2.5), (MINOR, 1.0)], ids=["major", "minor"])
def test_an_ellipse_falls_along_each_axis_by_its_width_there(place, way, ratio):
    """Half widths in sines: the aperture's across, 2.5 of them along. At 0.8 of either, where no neighbour is
    nearer, it is as far down as a round beam at 0.8 of its own: 1.88 dB."""
    shape, half = beam_shape(OVAL), half_beam_sine(OVAL)
    axis = np.array(beams.axis_at(*place, SPACING, shape)[:2])
    range_km = beams.foot_of(float(-towards(*axis) @ UP), RADIUS_KM + ALTITUDE_KM, RADIUS_KM)[0]
    on_axis = base(towards(*axis), payload=OVAL)
    off = base(towards(*(axis + 0.8 * ratio * half * way)), payload=OVAL, range_km=range_km)
    assert on_axis[0] - off[0] == pytest.approx(float(-antenna.airy_db(0.8 * 1.6137406)), abs=2e-3)
    assert off[3:] == pytest.approx(on_axis[3:], abs=1e-12), "it is the beam of the same axis"


def test_ellipses_stand_on_the_stretched_lattice_and_leave_no_hole():
    shape, generator = beam_shape(OVAL), np.random.default_rng(3)
    places = list(itertools.product(range(-9, 10), repeat=2))
    where = np.array([beams.axis_at(q, r, 0.03, shape)[:2] for q, r in places])
    spread = np.stack([where @ MAJOR / 2.5, where @ MINOR])
    for u, v in generator.uniform(-0.08, 0.08, (1000, 2)):
        off = np.hypot(spread[0] - np.array([u, v]) @ MAJOR / 2.5, spread[1] - np.array([u, v]) @ MINOR)
        assert beams.nearest_place(u, v, 0.03, shape) == places[int(off.argmin())]
        assert off.min() <= 0.03 / np.sqrt(3.0) + 1e-12
    assert beams.stretched(*beams.squeezed(0.3, -0.2, shape), shape) == pytest.approx((0.3, -0.2))


def test_round_beams_are_squeezed_by_nothing_to_the_bit():
    assert beam_shape(PAYLOAD) == beams.ROUND
    assert beams.squeezed(0.123, -0.2, beams.ROUND) == (0.123, -0.2)


@pytest.mark.parametrize("off_deg", [0.2, 0.5, 0.7])
def test_the_gain_follows_the_true_angle_off_boresight(off_deg):
    """Seen from the satellite, about the nadir exactly; off it (4.6 deg here) a planar aperture is
    foreshortened along the scan, so its beam is wider by 1 / cos(scan)."""
    far = float(np.cos(np.arcsin(3 * SPACING)))
    for count, along, widened in ((0, True, 1.0), (3, False, 1.0), (3, True, far)):
        axis = towards(count * SPACING, 0.0)
        side = np.array(beams.direction_of(*((0.0, 1.0, 0.0) if not along else (1.0, 0.0, 0.0)), *UP))
        side -= (side @ axis) * axis
        side /= np.linalg.norm(side)
        off = np.cos(np.radians(off_deg)) * axis + np.sin(np.radians(off_deg)) * side
        range_km = beams.foot_of(float(-axis @ UP), RADIUS_KM + ALTITUDE_KM, RADIUS_KM)[0]
        loss = base(axis)[0] - base(off, range_km=range_km)[0]
        pattern = -float(antenna.aperture_pattern_db(off_deg * widened, 0.5, 20.0))
        assert loss == pytest.approx(pattern, abs=0.03)


def test_an_axis_beyond_the_circle_of_directions_stands_at_its_rim():
    u, v, w = beams.axis_at(80, 0, 0.02)
    assert (u, v) == pytest.approx((np.sqrt(1.0 - 1e-6), 0.0)) and w == pytest.approx(1e-3)


def test_the_colours_share_out_the_channels():
    payload = PAYLOAD.model_copy(update={"channels": 6, "polarisations": 2})
    assert [
        carriers_of_a_beam(payload.model_copy(update={"reuse_colours": colours})) for colours in (1, 3, 4)
    ] == [12, 4, 3]
    assert carriers_of_a_beam(payload.model_copy(update={"beam_layout": "steered"})) == 12
