"""Ephemerides and frames against other programs: skyfield, CSPICE, SOFA. All read kernels of their own."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import erfa
import numpy as np
import pytest

from raabta.base.bodies import MOON
from raabta.base.ephemeris import ephemeris
from raabta.base.librations import librations
from raabta.base.light_time import apparent_km, astrometric_km, one_way_light_s
from raabta.base.rotations import rotation
from raabta.base.spice import read_pck
from raabta.base.timescales import tdb_minus_tt_s, tdb_s, tt_s
from raabta.orbits.platforms import fixed, in_frame

TIMES = np.datetime64("2001-03-01T01:02:03.25", "ns") + np.arange(400) * np.timedelta64(
    40 * 86_400 + 7_919, "s"
)


def kernel_of_lunarsky(path: str) -> Path:
    spec = find_spec("lunarsky")
    if spec is None or spec.origin is None:
        pytest.skip("lunarsky is not installed; it brings NAIF's lunar kernels")
    return Path(spec.origin).parent / "data" / path


@pytest.fixture(scope="module")
def spice():
    """CSPICE with DE421, its lunar axes and its frames."""
    spiceypy = pytest.importorskip("spiceypy")
    files = [
        ephemeris().file,
        kernel_of_lunarsky("pck/moon_pa_de421_1900-2050.bpc"),
        kernel_of_lunarsky("fk/satellites/moon_080317.tf"),
    ]
    for file in files:
        spiceypy.furnsh(str(file))
    yield spiceypy
    spiceypy.kclear()


@pytest.mark.parametrize("pair", [("Moon", "Earth"), ("Sun", "Moon"), ("Earth", "SSB"), ("Sun", "Earth")])
def test_places_and_velocities_are_those_of_cspice(spice, pair: tuple[str, str]) -> None:
    """Same kernel, same TDB: 1 mm for the Moon, 10 mm where 30 km/s multiply the last bit of the time."""
    source, seconds = ephemeris(), tdb_s(TIMES)
    states = np.array([spice.spkezr(pair[0], et, "J2000", "NONE", pair[1])[0] for et in seconds])
    assert np.abs(source.position_km(pair[0], TIMES, pair[1]) - states[:, :3]).max() < 1e-5
    assert np.abs(source.velocity_km_s(pair[0], TIMES, pair[1]) - states[:, 3:]).max() < 1e-11


@pytest.mark.parametrize("frame", ["MOON_PA", "MOON_ME"])
def test_lunar_axes_are_those_of_cspice(spice, frame: str) -> None:
    """The same kernel: the last bit of psi, which has grown to 15,000 rad by 2045; 6 um on the ground."""
    theirs = np.array([spice.pxform("J2000", frame, et) for et in tdb_s(TIMES)])
    assert np.abs(rotation("GCRF", frame, TIMES) - theirs).max() < 3.7e-12


def test_our_table_of_librations_is_naifs_kernel_bit_for_bit() -> None:
    """The rows from 2000 on, read by us and by jplephem."""
    file, ours = kernel_of_lunarsky("pck/moon_pa_de421_1900-2050.bpc"), librations().table
    (whole,) = read_pck(file, 31_006)
    assert whole.table.coefficients[-len(ours.coefficients) :].tobytes() == ours.coefficients.tobytes()
    pck = pytest.importorskip("jplephem.pck").PCK.open(file)
    start, step, series = pck.segments[0]._load()
    rows = np.moveaxis(series[::-1], 0, 2).swapaxes(0, 1)[-len(ours.coefficients) :]
    assert (np.array(rows) == ours.coefficients).all()
    assert ours.step_s == step
    assert (ours.start_tdb_s - start) % step == 0.0
    del series, rows
    pck.close()


def test_mean_earth_and_principal_axes_lie_870_metres_apart() -> None:
    """NAIF's moon_080317.tf: about 0.0288473 degrees, 875 m on a sphere of 1,737.4 km."""
    between = rotation("MOON_PA", "MOON_ME", TIMES)
    angle = np.arccos((np.trace(between, axis1=1, axis2=2) - 1.0) / 2.0)
    assert np.degrees(angle) == pytest.approx(0.0288473, abs=2e-6)
    assert angle * 1_737_400.0 == pytest.approx(874.75, abs=0.1)


def test_earth_axes_are_sofas() -> None:
    """C2T06A epoch by epoch with the same UT1 and pole: 1e-12 rad of interpolation, 8 um on the ground."""
    from raabta.base.clock import polar_motion_rad, tt_jd, ut1_jd

    theirs = erfa.c2t06a(*tt_jd(TIMES[:200]), *ut1_jd(TIMES[:200]), *polar_motion_rad(TIMES[:200]))
    assert np.abs(rotation("GCRF", "ITRF", TIMES[:200]) - theirs).max() < 2e-12


@pytest.fixture(scope="module")
def skyfield():
    """skyfield with DE421 and its own reading of NAIF's lunar axes: (kernel, times, Moon-fixed frame)."""
    api = pytest.importorskip("skyfield.api")
    from skyfield.jpllib import SpiceKernel
    from skyfield.planetarylib import PlanetaryConstants

    constants = PlanetaryConstants()
    with kernel_of_lunarsky("fk/satellites/moon_080317.tf").open("rb") as handle:
        constants.read_text(handle)
    binary = kernel_of_lunarsky("pck/moon_pa_de421_1900-2050.bpc").open("rb")
    constants.read_binary(binary)
    kernel = SpiceKernel(str(ephemeris().file))
    times = api.load.timescale(builtin=True).tt_jd(2_451_545.0, tt_s(TIMES) / 86_400.0)
    yield kernel, times, constants
    kernel.close()
    binary.close()


def angle_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    a, b = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (first, second))
    return np.linalg.norm(np.cross(a, b), axis=1)


def test_light_time_and_aberration_are_skyfields(skyfield) -> None:
    """skyfield's TDB is good to 10 us, in which the Moon goes 1 cm (3e-11 rad) and the Earth 0.3 m (1 ns)."""
    kernel, times, _ = skyfield
    for target, observer in (("Sun", "Earth"), ("Moon", "Earth"), ("Sun", "Moon"), ("Earth", "Moon")):
        seen = kernel[observer.lower()].at(times).observe(kernel[target.lower()])
        ours = astrometric_km(ephemeris(), target, observer, TIMES)
        assert angle_between(ours, seen.position.km.T).max() < 4e-11
        light = one_way_light_s(ephemeris(), target, observer, TIMES)
        assert np.abs(light - seen.light_time * 86_400.0).max() < 2e-9
        apparent = apparent_km(ephemeris(), target, observer, TIMES)
        assert angle_between(apparent, seen.apparent(deflectors=()).position.km.T).max() < 4e-11


def test_a_site_on_the_moon_is_skyfields(skyfield) -> None:
    """A rover at Leibnitz-Beta from the Earth's centre: within 1 cm."""
    kernel, times, constants = skyfield
    constants.variables["BODY301_RADII"] = [MOON.equatorial_radius_km] * 3
    frame = constants.build_frame_named("MOON_ME_DE421")
    site = constants.build_latlon_degrees(frame, -85.45, 31.9, elevation_m=1_500.0)
    theirs = (kernel["moon"] + site - kernel["earth"]).at(times).position.km.T
    rover = fixed(["rover"], -85.45, 31.9, 1.5, body=MOON, frame="MOON_ME")
    ours = in_frame(rover, "GCRF", "Earth").positions_km(TIMES)[:, :, 0]
    assert np.abs(ours - theirs).max() < 1e-5


def test_apparent_moon_is_astropys() -> None:
    """astropy's own light time and SOFA's aberration, reading the same file: 1e-9 rad (its iteration)."""
    coordinates = pytest.importorskip("astropy.coordinates")
    from astropy.time import Time
    from astropy.utils import iers

    times = TIMES[np.datetime64("2026-01-01") > TIMES]  # later years are dubious to it
    seconds = tt_s(times)
    time = Time(2_451_545.0, (seconds + tdb_minus_tt_s(seconds)) / 86_400.0, format="jd", scale="tdb")
    offline = iers.conf.set_temp("auto_download", False)
    with offline, coordinates.solar_system_ephemeris.set(str(ephemeris().file)):
        seen = coordinates.get_body("moon", time)
    theirs = seen.cartesian.xyz.to_value("km").T
    assert angle_between(apparent_km(ephemeris(), "Moon", "Earth", times), theirs).max() < 1e-9
