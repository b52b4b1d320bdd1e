"""Ephemerides and frames against other programs: skyfield, CSPICE, SOFA. All read kernels of their own."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import erfa
import numpy as np
import pytest

from raabta.base.ephemeris import ephemeris
from raabta.base.rotations import rotation
from raabta.base.timescales import tdb_s

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
