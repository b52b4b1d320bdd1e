"""What must hold for every orbit, shell, site and element set."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.base.bodies import EARTH
from raabta.base.frames import enu_basis, fixed_to_geodetic, geodetic_to_fixed, look_angles
from raabta.orbits.elements import MeanElements
from raabta.orbits.propagate import Propagator
from raabta.orbits.tle import checksum, parse_tle_pair
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

START = np.datetime64("2026-11-22", "ns")
latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)
no_deadline = settings(deadline=None, max_examples=40)


@st.composite
def shells(draw: st.DrawFn) -> Shell:
    planes = draw(st.integers(1, 12))
    return Shell(
        altitude_km=draw(st.floats(300, 2000)),
        inclination_deg=draw(st.floats(0, 180)),
        planes=planes,
        satellites_per_plane=draw(st.integers(1, 12)),
        phasing=draw(st.integers(0, planes - 1)),
        pattern=draw(st.sampled_from(["delta", "star"])),
        raan_offset_deg=draw(st.floats(0, 359.9)),
    )


@no_deadline
@given(shells(), st.lists(st.integers(0, 86_400), min_size=1, max_size=12), st.integers(1, 11))
def test_any_cut_of_the_times_gives_the_same_bits(shell: Shell, seconds: list[int], cut: int) -> None:
    propagator = Propagator.from_elements(walker(shell, START), START)
    times = START + np.array(seconds, "timedelta64[s]")
    whole = propagator.positions_km(times)
    parts = [propagator.positions_km(times[i : i + cut]) for i in range(0, times.size, cut)]
    assert (np.concatenate(parts) == whole).all()


@no_deadline
@given(shells())
def test_shells_keep_their_height_and_their_latitude_band(shell: Shell) -> None:
    """Periodics of J2 and J3 move a LEO satellite by up to 15 km and 0.2 deg about its mean orbit."""
    propagator = Propagator.from_elements(walker(shell, START), START)
    assert propagator.count == shell.satellites
    position = propagator.positions_km(START + np.arange(0, 6000, 300).astype("timedelta64[s]"))
    radius = np.linalg.norm(position, axis=1)
    assert np.abs(radius - EARTH.equatorial_radius_km - shell.altitude_km).max() < 15.0
    highest = min(shell.inclination_deg, 180.0 - shell.inclination_deg)
    assert np.degrees(np.arcsin(position[:, 2] / radius)).max() < highest + 0.2


@no_deadline
@given(shells())
def test_walker_places_are_distinct_and_even(shell: Shell) -> None:
    elements = walker(shell, START)
    anomaly = elements.mean_anomaly_deg.reshape(shell.planes, -1)
    gaps = np.diff(np.sort(anomaly, axis=1), axis=1)
    assert np.allclose(gaps, 360.0 / shell.satellites_per_plane, atol=1e-9)
    assert ((elements.raan_deg >= 0) & (elements.raan_deg < 360)).all()


@given(latitudes, longitudes, st.floats(-100, 50_000))
def test_geodetic_round_trip(latitude: float, longitude: float, height: float) -> None:
    back = fixed_to_geodetic(geodetic_to_fixed(latitude, longitude, height))
    again = geodetic_to_fixed(*back)
    assert np.abs(again - geodetic_to_fixed(latitude, longitude, height)).max() < 1e-8
    assert abs(float(back[0]) - latitude) < 1e-9
    assert abs(float(back[2]) - height) < 1e-8


@given(latitudes, longitudes, latitudes, longitudes, st.floats(100, 40_000))
def test_look_angles_point_back_at_the_target(
    lat: float, lon: float, target_lat: float, target_lon: float, height: float
) -> None:
    target = geodetic_to_fixed(target_lat, target_lon, height)
    elevation, azimuth, distance = look_angles(lat, lon, 0.0, target)
    assert -90.0 <= elevation <= 90.0
    assert 0.0 <= azimuth < 360.0
    el, az = np.radians(elevation), np.radians(azimuth)
    local = distance * np.array([np.cos(el) * np.sin(az), np.cos(el) * np.cos(az), np.sin(el)])
    assert np.abs(geodetic_to_fixed(lat, lon) + local @ enu_basis(lat, lon) - target).max() < 1e-7


def _written(e: MeanElements) -> tuple[str, str]:
    """The set as two lines. The product reads TLE only, so the writer lives here."""
    day_ns = 86_400 * 10**9
    year = int(str(e.epoch[0])[:4])
    since = int((e.epoch[0] - np.datetime64(f"{year}-01-01", "ns")).astype(np.int64))
    day = f"{since // day_ns + 1:03d}.{since % day_ns // (day_ns // 10**8):08d}"
    mantissa, exponent = f"{e.bstar_per_radius[0]:.4e}".split("e")
    digits = mantissa.replace(".", "").replace("-", "")
    sign = "-" if e.bstar_per_radius[0] < 0 else " "
    bstar = f"{sign}{digits}{int(exponent) + 1:+d}" if e.bstar_per_radius[0] else " 00000+0"
    line1 = f"1 {e.norad_id[0]:05d}U 26001A   {year % 100:02d}{day}  .00000000  00000-0 {bstar} 0  999"
    line2 = (
        f"2 {e.norad_id[0]:05d} {e.inclination_deg[0]:8.4f} {e.raan_deg[0]:8.4f} "
        f"{round(e.eccentricity[0] * 1e7):07d} {e.argp_deg[0]:8.4f} {e.mean_anomaly_deg[0]:8.4f} "
        f"{e.mean_motion_rev_day[0]:11.8f}    1"
    )
    return line1 + str(checksum(line1)), line2 + str(checksum(line2))


@settings(max_examples=200, deadline=None)
@given(
    st.integers(-4_700, 31_000), st.integers(0, 10**8 - 1), st.integers(0, 1_800_000),
    st.integers(0, 3_600_000),
    st.integers(0, 9_999_999), st.integers(1_000_000, 1_999_999_999),
    st.integers(-99_999, 99_999), st.integers(-9, 0), st.integers(1, 99_999),
)  # fmt: skip
def test_tle_round_trip(
    day: int,
    fraction: int,
    inc: int,
    angle: int,
    ecc: int,
    motion: int,
    mantissa: int,
    power: int,
    norad: int,
) -> None:
    """Whatever a TLE can hold comes back to the last digit."""
    bstar = mantissa * 10.0 ** (power - 5) if abs(mantissa) >= 10_000 else 0.0
    elements = MeanElements(
        epoch=np.array([day * 86_400 * 10**9 + fraction * 864_000], np.int64).astype("datetime64[ns]"),
        inclination_deg=np.array([inc / 1e4]), raan_deg=np.array([angle / 1e4]),
        eccentricity=np.array([ecc / 1e7]), argp_deg=np.array([(3_600_000 - angle) / 1e4]),
        mean_anomaly_deg=np.array([angle / 2e4]).round(4), mean_motion_rev_day=np.array([motion / 1e8]),
        bstar_per_radius=np.array([bstar]), names=("x",), norad_id=np.array([norad]),
    )  # fmt: skip
    back = parse_tle_pair(*_written(elements), "x")
    assert back.epoch[0] == elements.epoch[0]
    assert back.norad_id[0] == norad
    for name in (
        "inclination_deg",
        "raan_deg",
        "eccentricity",
        "argp_deg",
        "mean_anomaly_deg",
        "mean_motion_rev_day",
    ):
        assert abs(getattr(back, name)[0] - getattr(elements, name)[0]) < 1e-12, name
    assert np.isclose(back.bstar_per_radius[0], bstar, rtol=1e-12, atol=0)
