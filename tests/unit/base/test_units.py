"""Units: conversions both ways, constants against their definitions, and what a name spells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raabta.base import units

PAIRS = [
    (units.db_to_ratio, units.ratio_to_db, 300.0),
    (units.dbw_to_w, units.w_to_dbw, 300.0),
    (units.ghz_to_hz, units.hz_to_ghz, 1e6),
    (units.gbps_to_mbps, units.mbps_to_gbps, 1e6),
    (units.deg_to_rad, units.rad_to_deg, 720.0),
]


@pytest.mark.parametrize(("there", "back", "limit"), PAIRS)
@given(share=st.floats(-1.0, 1.0))
def test_conversions_round_trip(
    there: Callable[[float], float], back: Callable[[float], float], limit: float, share: float
) -> None:
    assert back(there(share * limit)) == pytest.approx(share * limit, rel=1e-12, abs=1e-11)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (units.db_to_ratio(3.0), 1.9952623149688795),
        (units.ratio_to_db(2.0), 3.010299956639812),
        (units.dbw_to_w(-30.0), 1e-3),
        (units.ghz_to_hz(28.0), 28e9),
        (units.mhz_to_dbhz(250.0), 83.979400086720376),
        (units.wavelength_m(30.0), 0.009993081933333333),
        (units.mbps_to_gbps(24_000.0), 24.0),
        (units.km_to_ms(299_792.458), 1000.0),
        (units.deg_to_rad(180.0), np.pi),
        (units.BOLTZMANN_DBW_K_HZ, -228.5991672),
    ],
)
def test_known_values(found: float, wanted: float) -> None:
    assert found == pytest.approx(wanted, rel=1e-9)


def test_arrays_keep_their_shape_and_zero_watts_is_minus_infinity() -> None:
    found = units.w_to_dbw(np.array([[1.0, 10.0], [0.0, 100.0]]))
    np.testing.assert_array_equal(found, [[0.0, 10.0], [-np.inf, 20.0]])


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("range_km", "km"),
        ("height_m", "m"),
        ("area_km2", "km2"),
        ("velocity_km_s", "km/s"),
        ("duration_s", "s"),
        ("rtt_p95_ms", "ms"),
        ("eirp_density_dbw_mhz", "dBW/MHz"),
        ("bandwidth_mhz", "MHz"),
        ("g_over_t_dbk", "dB/K"),
        ("noise_temperature_k", "K"),
        ("c_over_n0_dbhz", "dBHz"),
        ("rain_mmh", "mm/h"),
        ("take_up_share", "1"),
        ("contention_ratio", "1"),
        ("population", None),
        ("beams", None),
        ("km", None),
    ],
)
def test_unit_of_a_name(name: str, unit: str | None) -> None:
    assert units.unit_of(name) == unit


def test_every_suffix_is_found_at_the_end_of_a_name() -> None:
    assert {suffix: units.unit_of(f"x{suffix}") for suffix in units.SUFFIXES} == units.SUFFIXES
