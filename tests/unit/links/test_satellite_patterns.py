"""Reference patterns of satellite antennas against printed numbers, their own seams and their ranges."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.links import satellite_patterns as patterns

ANGLES = np.linspace(0.0, 180.0, 36001)

# S.1528 recommends 1.2: Gm 39 dBi, 3 dB width 2 deg; relative dB, from an independent implementation's tests.
S1528_ROWS = [
    (-20.0, [0, 1, 2, 7, 8, 9, 80, 100], [0, -3, -8.48, -21.10, -22.55, -23.83, -39, -34.25]),
    (-30.0, [0, 1, 2, 7, 10, 80, 100], [0, -3, -8.48, -31.10, -34.98, -39, -39]),
]


@pytest.mark.parametrize(("near", "angles", "relative"), S1528_ROWS)
def test_s1528_rows(near: float, angles: list[float], relative: list[float]) -> None:
    gain = patterns.s1528_dbi(angles, 39.0, 1.0, frequency_ghz=20.0, near_lobe_db=near)
    assert gain - 39.0 == pytest.approx(relative, abs=0.011)


def test_s1528_falls_to_the_back_and_steps_only_where_it_says() -> None:
    """One step down, at 2.58 psi_b (S.1528's own); elsewhere the pieces meet."""
    gain = patterns.s1528_dbi(ANGLES, 39.0, 1.0, frequency_ghz=20.0, near_lobe_db=-25.0)
    fall = np.diff(gain)
    assert (fall <= 1e-9).all()
    assert np.flatnonzero(fall < -0.1).tolist() == [516]
    assert fall[516] == pytest.approx(3.0 * 2.58**1.5 - 25.0, abs=0.03)


@pytest.mark.parametrize("near", [-15.0, -20.0, -25.0, -30.0])
@pytest.mark.parametrize("half", [0.3, 1.0, 3.0])
def test_s1528_never_rises_before_the_back(near: float, half: float) -> None:
    gain = patterns.s1528_dbi(ANGLES[ANGLES <= 90.0], 41.0, half, frequency_ghz=20.0, near_lobe_db=near)
    assert (np.diff(gain) <= 1e-9).all()


def test_s1528_elliptical_beam_raises_the_near_lobes() -> None:
    at = patterns.s1528_dbi([2.8, 5.0, 120.0], 39.0, 1.0, frequency_ghz=20.0, axis_ratio=2.0)
    assert at == pytest.approx([39.0 - 20.0 + 6.0206, 19.0, 4.75 + 1.50515], abs=1e-4)


@pytest.mark.parametrize(("near", "factor"), [(-15.0, 1.4), (-20.0, 1.0), (-25.0, 0.6), (-30.0, 0.4)])
def test_s1528_elliptical_main_lobe_ends_by_table_1(near: float, factor: float) -> None:
    """a = 2.58 sqrt(1 - c log10 z), here z = 1.5."""
    end = 2.58 * np.sqrt(1.0 - factor * np.log10(1.5))
    angles = [end - 1e-6, end + 1e-6]
    gain = patterns.s1528_dbi(angles, 42.0, 1.0, frequency_ghz=20.0, near_lobe_db=near, axis_ratio=1.5)
    assert gain == pytest.approx([42.0 - 3.0 * end**1.5, 42.0 + near + 20.0 * np.log10(1.5)], abs=1e-4)


def test_s1528_width_of_an_aperture() -> None:
    """sqrt(1200) / (D / lambda): 2 deg for 17.3205 wavelengths."""
    aperture = np.sqrt(1200.0) / 2.0 * 0.299792458 / 20.0
    assert float(patterns.s1528_half_width_deg(aperture, 20.0)) == pytest.approx(2.0, rel=1e-12)
    assert float(patterns.s1528_half_width_deg(aperture, 20.0, 1.5)) == pytest.approx(3.0, rel=1e-12)


# S.1528 annex 1: psi_b 1.6 deg, Gm 35 dBi, D/lambda 22.6: orbit, far level, end of skirt, constant.
LOW_ORBIT_ROWS = [("meo", 3.0, 20.19, 35.63), ("leo", 5.0, 20.41, 37.76)]


@pytest.mark.parametrize(("orbit", "far", "end", "constant"), LOW_ORBIT_ROWS)
def test_s1528_annex_1(orbit: patterns.Orbit, far: float, end: float, constant: float) -> None:
    def gain(angles: object) -> np.ndarray:
        return patterns.s1528_low_orbit_dbi(
            angles,
            35.0,
            1.6,
            aperture_m=0.33877,
            frequency_ghz=20.0,
            orbit=orbit,
            far_lobe_dbi=far,
        )

    assert gain([0.0, 1.6, 10.0, 40.0, 170.0]) == pytest.approx([35, 32, constant - 25.0, far, far], abs=6e-3)
    assert gain(end + 0.02) == far < gain(end - 0.02)
    steps = np.diff(gain(ANGLES))
    assert steps.max() <= 0.0
    assert steps.min() > -0.05


def test_taylor_constants_of_annex_2() -> None:
    amplitude, sigma, roots = patterns.taylor_constants(20.0, 4)
    assert amplitude == pytest.approx(0.95277, abs=5e-6)
    assert sigma == pytest.approx(1.1692, abs=5e-5)
    assert roots[:3] == pytest.approx([1.2197, 2.233, 3.238], abs=5e-4)


@pytest.mark.parametrize("ratio", [20.0, 25.0, 30.0])
def test_taylor_side_lobes_stay_near_the_ratio_asked_for(ratio: float) -> None:
    u = np.linspace(0.0, 60.0, 60001)
    gain = patterns.s1528_taylor_db(u, ratio, 5)
    peaks = gain[1:-1][(gain[1:-1] > gain[:-2]) & (gain[1:-1] >= gain[2:])]
    assert gain[0] == pytest.approx(0.0, abs=1e-9)
    assert peaks.max() == pytest.approx(-ratio, abs=1.0)
    assert (np.diff(peaks) < 0.0).all()


def test_taylor_nulls_stand_where_they_are_put_and_no_root_is_a_hole() -> None:
    amplitude, sigma, roots = patterns.taylor_constants(20.0, 4)
    nulls = np.pi * sigma * np.hypot(amplitude, np.array([0.5, 1.5, 2.5]))
    assert (patterns.s1528_taylor_db(nulls) < -90.0).all()
    at = np.pi * roots[:3]
    beside = (patterns.s1528_taylor_db(at - 1e-4) + patterns.s1528_taylor_db(at + 1e-4)) / 2.0
    assert patterns.s1528_taylor_db(at) == pytest.approx(beside, abs=1e-3)


def test_taylor_u_of_a_square_is_the_same_in_every_plane() -> None:
    planes = np.linspace(0.0, 360.0, 13)
    u = patterns.taylor_u(10.0, planes, radial_m=0.5, transverse_m=0.5, frequency_ghz=12.0)
    assert u == pytest.approx(np.full(13, np.pi * 0.5 * 12.0 / 0.299792458 * np.sin(np.radians(10.0))))
    u = patterns.taylor_u(10.0, [0.0, 90.0], radial_m=0.5, transverse_m=1.0, frequency_ghz=12.0)
    assert u[1] == pytest.approx(2.0 * u[0])


# S.672-4: Gm 50 dBi, 3 dB width 2 deg; an independent implementation rounds 25 log10(6.32) to 20 (0.02 dB).
S672_ROWS = [
    (-20.0, [0, -3, -12, -20, -20, -20, -20, -21.12, -22.57, -23.85, -25]),
    (-30.0, [0, -3, -12, -27, -30, -30, -30, -31.12, -32.57, -33.85, -35]),
]


@pytest.mark.parametrize(("near", "relative"), S672_ROWS)
def test_s672_rows(near: float, relative: list[float]) -> None:
    gain = patterns.s672_dbi(np.arange(11.0), 50.0, 1.0, near_lobe_db=near)
    assert gain - 50.0 == pytest.approx(relative, abs=0.021)


@pytest.mark.parametrize("near", [-10.0, -20.0, -25.0, -30.0])
def test_s672_pieces_meet(near: float) -> None:
    """The main lobe ends within 0.12 dB of the near side lobes: 3 a^2 is LN but for a's two decimals."""
    gain = patterns.s672_dbi(np.linspace(0.0, 90.0, 180001), 50.0, 0.3, near_lobe_db=near)
    assert np.diff(gain).max() <= 0.05
    assert np.diff(gain).min() > -0.15
    assert gain[-1] == 0.0
    back = max(15.0 + near + 12.5, 0.0)
    assert float(patterns.s672_dbi(120.0, 50.0, 0.3, near_lobe_db=near)) == back


def test_arrays_broadcast_as_scalars() -> None:
    angles, gains = np.array([0.5, 2.0, 30.0])[:, None], np.array([35.0, 45.0])
    whole = patterns.s1528_dbi(angles, gains, 1.2, frequency_ghz=[[18.0], [20.0], [30.0]])
    for i, j in np.ndindex(3, 2):
        one = patterns.s1528_dbi(float(angles[i, 0]), gains[j], 1.2, frequency_ghz=20.0)
        assert whole[i, j] == float(one)


def test_ranges_name_the_recommendation() -> None:
    with pytest.raises(OutOfRangeError, match=r"frequency is 40 GHz; valid: 0\.1 to 30 GHz \(ITU-R S\.1528"):
        patterns.s1528_dbi(1.0, 39.0, 1.0, frequency_ghz=40.0)
    with pytest.raises(OutOfRangeError, match=r"level is -22 dB; valid: -15, -20, -25, -30 dB"):
        patterns.s1528_dbi(1.0, 39.0, 1.0, frequency_ghz=20.0, near_lobe_db=-22.0)
    with pytest.raises(OutOfRangeError, match=r"D / lambda is 40\.\d* ?; valid: 1 to 35 \(ITU-R S\.1528"):
        patterns.s1528_low_orbit_dbi(1.0, 39.0, 1.0, aperture_m=0.6, frequency_ghz=20.0)
    with pytest.raises(OutOfRangeError, match="the antenna is too small"):
        patterns.s672_dbi(1.0, 15.0, 10.0)
    with pytest.raises(OutOfRangeError, match="smaller antenna has no beam"):
        patterns.s1528_half_width_deg(0.01, 20.0)
    with pytest.raises(OutOfRangeError, match="off-axis angle is 181 deg"):
        patterns.s672_dbi(181.0, 45.0, 1.0)
