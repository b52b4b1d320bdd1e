"""Reference patterns of earth stations: printed levels, seams, ranges."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.links import earth_patterns as patterns

ANGLES = np.linspace(0.0, 180.0, 180001)


def aperture_m(wavelengths: float, frequency_ghz: float) -> float:
    return wavelengths * 0.299792458 / frequency_ghz * (1.0 + 1e-12)


def test_s465_levels() -> None:
    gain = patterns.s465_dbi([1.0, 10.0, 47.9, 48.0, 180.0], aperture_m(120.0, 12.0), 12.0)
    assert gain == pytest.approx([32.0, 7.0, -10.0, -10.0, -10.0], abs=0.03)


@pytest.mark.parametrize(
    ("wavelengths", "start"), [(200.0, 1.0), (60.0, 100.0 / 60.0), (49.9, 2.0), (10.0, 9.266)]
)
def test_s465_starts_where_it_says(wavelengths: float, start: float) -> None:
    assert float(patterns.s465_start_deg(wavelengths)) == pytest.approx(start, abs=1e-3)
    aperture = aperture_m(wavelengths, 12.0)
    begin = float(patterns.s465_start_deg(wavelengths)) * (1.0 + 1e-9)
    assert float(patterns.s465_dbi(begin, aperture, 12.0)) == pytest.approx(32.0 - 25.0 * np.log10(begin))
    with pytest.raises(OutOfRangeError, match=r"side lobes only; state the peak gain"):
        patterns.s465_dbi([30.0, 0.9 * begin], aperture, 12.0)


def test_s580_levels() -> None:
    gain = patterns.s580_dbi([2.0, 7.0, 20.0, 26.0, 30.0, 60.0], aperture_m(100.0, 14.0), 14.0)
    expected = [29 - 25 * np.log10(2), 29 - 25 * np.log10(7), -3.5, -3.5, 32 - 25 * np.log10(30), -10]
    assert gain == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("wavelengths", [50.0, 80.0, 100.0, 300.0])
def test_a_stated_peak_gain_adds_a_main_lobe_that_joins(wavelengths: float) -> None:
    """Within 0.04 dB at each seam (the printed 48 deg), and never rising."""
    peak = 20.0 * np.log10(wavelengths * np.pi) - 1.87
    for pattern in (patterns.s465_dbi, patterns.s580_dbi):
        gain = pattern(ANGLES, aperture_m(wavelengths, 12.0), 12.0, peak)
        slope = np.diff(gain)
        assert gain[0] == peak
        assert slope.max() <= 0.032
        assert slope.min() > -0.4
        begin = float(patterns.s465_start_deg(wavelengths)) + 1e-6
        lobes = ANGLES[begin < ANGLES]
        bare = pattern(lobes, aperture_m(wavelengths, 12.0), 12.0)
        assert np.array_equal(bare, gain[begin < ANGLES])


# S.1428-1: D/lambda, then (angle, gain) with G1 = 29 - 25 log10(95 lambda/D) or -1 + 15 log10(D/lambda).
S1428_ROWS = [
    (22.0, [(0.0, 34.5485), (4.25, 13.1168), (10.0, 4.0), (60.0, -9.0), (100.0, -5.0), (170.0, -5.0)]),
    (50.0, [(0.0, 41.6794), (1.85, 22.0312), (10.0, 4.0), (60.0, -9.0), (100.0, -4.0), (170.0, -9.0)]),
    (200.0, [(0.0, 54.4206), (0.6, 33.5154), (5.0, 11.5257), (20.0, -5.0309), (60.0, -12.0), (100.0, -7.0)]),
]


@pytest.mark.parametrize(("wavelengths", "points"), S1428_ROWS)
def test_s1428_levels(wavelengths: float, points: list[tuple[float, float]]) -> None:
    angles, levels = np.array(points).T
    gain = patterns.s1428_dbi(angles, aperture_m(wavelengths, 20.0), 20.0)
    assert gain == pytest.approx(levels, abs=1e-3)


def test_s1428_back_lobes_by_size() -> None:
    """-5 dBi behind up to D/lambda 25; then -4 to 120 deg and -9; above 100 -7 to 120 deg and -12."""
    sizes = np.array([24.9, 25.1, 99.9, 100.1])[:, None]
    gain = patterns.s1428_dbi([79.0, 81.0, 119.5, 120.5, 180.0], aperture_m(1.0, 20.0) * sizes, 20.0)
    medium = [-9.0, -4.0, -4.0, -9.0, -9.0]
    assert gain.tolist() == [
        [-9.0, -5.0, -5.0, -5.0, -5.0],
        medium,
        medium,
        [-12.0, -7.0, -7.0, -12.0, -12.0],
    ]


@pytest.mark.parametrize("wavelengths", [20.0, 24.0, 26.0, 60.0, 99.0, 101.0, 500.0])
def test_s1428_pieces_meet_and_only_the_spill_over_rises(wavelengths: float) -> None:
    gain = patterns.s1428_dbi(ANGLES, aperture_m(wavelengths, 20.0), 20.0)
    slope = np.diff(gain)
    rises = np.flatnonzero(slope > 1e-3)
    assert ANGLES[rises] == pytest.approx([80.0], abs=2e-3)
    ahead = slope[ANGLES[:-1] < 79.9]
    assert ahead.max() <= 1e-3
    assert ahead.min() > -0.35


def test_bo1443_levels_of_a_small_dish_by_plane() -> None:
    """0.45 m at 12 GHz, D/lambda 18.0: -8 + 8 sin(theta) dBi at the turn, -17 dBi behind (annex 1)."""
    aperture = aperture_m(18.0, 12.0)
    assert float(patterns.bo1443_dbi(0.0, 0.0, aperture, 12.0)) == pytest.approx(33.2055, abs=1e-3)
    assert float(patterns.bo1443_dbi(45.0, 90.0, aperture, 12.0)) == -10.0
    planes = np.array([0.0, 30.0, 90.0, 150.0, 270.0])
    turns = np.array([120.0, 120.0, 90.0, 120.0, 120.0])
    expected = -8.0 + 8.0 * np.array([0.0, 0.5, 1.0, 0.5, 0.0])
    assert patterns.bo1443_dbi(turns, planes, aperture, 12.0) == pytest.approx(expected, abs=1e-9)
    assert patterns.bo1443_dbi(180.0, planes, aperture, 12.0) == pytest.approx(np.full(5, -17.0))


def test_bo1443_turns_at_90_degrees_only_around_the_feed() -> None:
    """At 100 deg the lobes still rise from 50 deg, or fall already: planes 56.25 to 123.75 deg."""
    planes = np.array([56.2, 56.3, 123.7, 123.8])
    spill = 8.0 * np.sin(np.radians(planes))
    rising = (2.0 + spill) * np.log10(100.0 / 50.0) / np.log10(120.0 / 50.0) - 10.0
    falling = (9.0 + spill) * np.log10(180.0 / 100.0) / np.log10(2.0) - 17.0
    expected = np.where([False, True, True, False], falling, rising)
    assert patterns.bo1443_dbi(100.0, planes, aperture_m(18.0, 12.0), 12.0) == pytest.approx(expected)


@pytest.mark.parametrize("plane", [0.0, 56.0, 57.0, 90.0, 123.0, 124.0, 200.0])
def test_bo1443_pieces_meet(plane: float) -> None:
    """At D/lambda 11 the printed shelf ends 0.19 dB beside the parabola; elsewhere within 0.05 dB."""
    for wavelengths, seam in ((11.0, 0.19), (15.0, 0.05), (25.49, 0.05)):
        slope = np.abs(np.diff(patterns.bo1443_dbi(ANGLES, plane, aperture_m(wavelengths, 12.0), 12.0)))
        assert slope.max() < seam


def test_bo1443_large_dishes_share_the_lobes_of_s1428() -> None:
    for wavelengths in (30.0, 90.0, 150.0):
        aperture = aperture_m(wavelengths, 12.0)
        far = ANGLES[ANGLES > 5.0]
        both = patterns.bo1443_dbi(far, 77.0, aperture, 12.0), patterns.s1428_dbi(far, aperture, 12.0)
        assert np.abs(both[0] - both[1]).max() < 5e-3


def test_arrays_broadcast_as_scalars() -> None:
    angles, apertures = np.array([0.2, 3.0, 20.0, 100.0])[:, None], np.array([0.4, 0.7, 5.0])
    whole = patterns.s1428_dbi(angles, apertures, 20.0)
    for i, j in np.ndindex(4, 3):
        assert whole[i, j] == float(patterns.s1428_dbi(float(angles[i, 0]), float(apertures[j]), 20.0))


def test_ranges_name_the_recommendation() -> None:
    with pytest.raises(
        OutOfRangeError, match=r"D / lambda is 10\.0\d*; valid: 20 to 10000 \(ITU-R S\.1428-1.*small"
    ):
        patterns.s1428_dbi(1.0, aperture_m(10.01, 20.0), 20.0)
    with pytest.raises(
        OutOfRangeError, match=r"frequency is 40 GHz; valid: 10\.7 to 30 GHz \(ITU-R S\.1428-1"
    ):
        patterns.s1428_dbi(1.0, 1.0, 40.0)
    with pytest.raises(
        OutOfRangeError, match=r"frequency is 20 GHz; valid: 11\.7 to 12\.75 GHz \(ITU-R BO\.1443"
    ):
        patterns.bo1443_dbi(1.0, 0.0, 1.0, 20.0)
    with pytest.raises(OutOfRangeError, match=r"valid: 50 to 10000 \(ITU-R S\.580-6.*too small"):
        patterns.s580_dbi(5.0, 0.6, 12.0)
    with pytest.raises(OutOfRangeError, match=r"frequency is 40 GHz; valid: 2 to 31 GHz \(ITU-R S\.465-6"):
        patterns.s465_dbi(5.0, 3.0, 40.0)
    with pytest.raises(OutOfRangeError, match=r"S\.465-6.*too small"):
        patterns.s465_dbi(50.0, 0.01, 12.0)
    with pytest.raises(OutOfRangeError, match="above its first side lobe"):
        patterns.s465_dbi(0.0, 3.0, 12.0, 20.0)
    with pytest.raises(OutOfRangeError, match="off-axis angle is nan deg"):
        patterns.s1428_dbi(np.nan, 1.0, 20.0)
