"""Reference patterns of satellite antennas: ITU-R S.1528 (non-geostationary) and S.672-4 (geostationary).

They are envelopes for studies of interference, not measured patterns. `half_width_deg` is half the full
3 dB beam width, as the recommendations define it. Arrays broadcast; angles are off the beam's axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from raabta.base.errors import OutOfRangeError
from raabta.links.antenna import FLOOR_DB, aperture_ratio
from raabta.links.ranges import FloatArray, in_range

S1528 = "ITU-R S.1528-0 (06/2001)"
S672 = "ITU-R S.672-4 (09/1997)"
AXIS_FACTORS: Mapping[float, float] = {-15.0: 1.4, -20.0: 1.0, -25.0: 0.6, -30.0: 0.4}
"""S.1528 table 1: factor c of a = 2.58 sqrt(1 - c log10 z), by near-in side-lobe level in dB."""
S672_WIDTHS: Mapping[float, float] = {-10.0: 1.83, -20.0: 2.58, -25.0: 2.88, -30.0: 3.16}
"""S.672-4: end of the main lobe over the half width, by near-in level in dB (-10: RR Article 22)."""
MAIN_LOBE_FACTOR, NEAR_LOBE_FACTOR, MAIN_LOBE_POWER = 2.58, 6.32, 1.5
LOW_ORBIT_LOBES_DB: Mapping[str, float] = {"leo": -6.75, "meo": -12.0}
"""S.1528 recommends 1.3: where the main lobe ends, dB below the peak."""

Orbit = Literal["leo", "meo"]


def s1528_half_width_deg(
    aperture_m: npt.ArrayLike, frequency_ghz: npt.ArrayLike, axis_ratio: npt.ArrayLike = 1.0
) -> FloatArray:
    """Half the 3 dB width where none is measured, deg: z sqrt(1200) / (D / lambda) (S.1528 recommends 1.2).

    The frequency is the lowest of the band. With z > 1 this is the half width along the major axis.
    """
    frequency = in_range("frequency", frequency_ghz, 0.1, 30.0, "GHz", S1528)
    ratio = in_range("axis ratio", axis_ratio, 1.0, 10.0, "", S1528)
    wavelengths = aperture_ratio(aperture_m, frequency) / np.pi
    source = f"{S1528}: a smaller antenna has no beam of this form"
    half = np.sqrt(1200.0) * ratio / in_range("D / lambda", wavelengths, 1.0, 1e4, "", source)
    return np.asarray(half, dtype=np.float64)


def _one_of(table: Mapping[float, float], level_db: float, source: str) -> float:
    """The table's entry for this near-in side-lobe level; levels between are refused."""
    if level_db not in table:
        allowed = ", ".join(f"{key:g}" for key in sorted(table, reverse=True))
        raise OutOfRangeError("near-in side-lobe level", f"{level_db:g} dB", f"{allowed} dB", source)
    return table[level_db]


def _beam(
    off_axis_deg: npt.ArrayLike, half_width_deg: npt.ArrayLike, source: str
) -> tuple[FloatArray, FloatArray]:
    """(angle, half width), both in range."""
    angle = in_range("off-axis angle", np.abs(off_axis_deg), 0.0, 180.0, "deg", source)
    return angle, in_range("half the 3 dB width", half_width_deg, 1e-3, 45.0, "deg", source)


def _skirt(
    angle: FloatArray, from_deg: FloatArray, level_dbi: FloatArray, far_dbi: float
) -> tuple[FloatArray, FloatArray]:
    """(gain falling by 25 log10 from a level at an angle, angle at which it meets the far level)."""
    gain = level_dbi - 25.0 * np.log10(np.maximum(angle, 1e-9) / from_deg)
    return gain, from_deg * 10.0 ** (0.04 * (level_dbi - far_dbi))


def _piecewise(
    angle: FloatArray, pieces: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]], beyond: npt.ArrayLike
) -> FloatArray:
    """Gain of the first (end, gain) whose end is not passed, else `beyond`. Arrays broadcast."""
    within = [angle <= np.asarray(end, dtype=np.float64) for end, _ in pieces]
    gains = [np.asarray(gain, dtype=np.float64) for _, gain in pieces]
    return np.asarray(np.select(within, gains, np.asarray(beyond, dtype=np.float64)), dtype=np.float64)


def _strong_enough(peak_gain_dbi: npt.ArrayLike, below_db: float, far_dbi: float, source: str) -> FloatArray:
    """Peak gain, refused where the near side lobes would lie below the far ones."""
    why = f"{source}: the antenna is too small, its near side lobes would lie below the far ones"
    return in_range("peak gain", peak_gain_dbi, far_dbi - below_db, 80.0, "dBi", why)


def s1528_dbi(
    off_axis_deg: npt.ArrayLike,
    peak_gain_dbi: npt.ArrayLike,
    half_width_deg: npt.ArrayLike,
    *,
    frequency_ghz: npt.ArrayLike,
    near_lobe_db: float = -20.0,
    axis_ratio: float = 1.0,
    far_lobe_dbi: float = 0.0,
) -> FloatArray:
    """Gain of a non-geostationary satellite's antenna, dBi (S.1528 recommends 1.2).

    Gm - 3 (psi/psi_b)^1.5 to a psi_b, Gm + LN + 20 log z to 3.16 psi_b, Gm + LN to 6.32 psi_b, then 25 log10
    down to the far level; behind 90 deg the greater of 15 + LN + 0.25 Gm + 5 log z and 0 dBi. The step at
    a psi_b is the recommendation's. `near_lobe_db` is -15, -20, -25 or -30; `axis_ratio` is major over minor
    axis of the beam. Below 30 GHz; provisional for elliptical beams and for -30 dB.
    """
    in_range("frequency", frequency_ghz, 0.1, 30.0, "GHz", S1528)
    factor = _one_of(AXIS_FACTORS, near_lobe_db, f"{S1528} table 1")
    tilt = np.log10(in_range("axis ratio", axis_ratio, 1.0, 5.0, "", S1528))
    angle, half = _beam(off_axis_deg, half_width_deg, S1528)
    peak = _strong_enough(peak_gain_dbi, near_lobe_db, far_lobe_dbi, S1528)
    near = peak + near_lobe_db
    skirt, far_from = _skirt(angle, NEAR_LOBE_FACTOR * half, near, far_lobe_dbi)
    back = np.maximum(15.0 + near_lobe_db + 0.25 * peak + 5.0 * tilt, 0.0)
    main_end = MAIN_LOBE_FACTOR * np.sqrt(1.0 - factor * tilt) * half
    main = peak - 3.0 * (angle / half) ** MAIN_LOBE_POWER
    pieces: list[tuple[npt.ArrayLike, npt.ArrayLike]] = [
        (main_end, main),
        (0.5 * NEAR_LOBE_FACTOR * half, near + 20.0 * tilt),
        (NEAR_LOBE_FACTOR * half, near),
        (np.minimum(far_from, 90.0), skirt),
        (90.0, far_lobe_dbi),
    ]
    return _piecewise(angle, pieces, back)


def s1528_low_orbit_dbi(
    off_axis_deg: npt.ArrayLike,
    peak_gain_dbi: npt.ArrayLike,
    half_width_deg: npt.ArrayLike,
    *,
    aperture_m: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    orbit: Orbit = "leo",
    far_lobe_dbi: float = 5.0,
) -> FloatArray:
    """Gain of a small satellite antenna, D/lambda < 35, dBi (S.1528 recommends 1.3).

    Gm - 3 (psi/psi_b)^2 to Y = 1.5 psi_b (`leo`, -6.75 dB) or 2 psi_b (`meo`, -12 dB), then 25 log10 down to
    the far level. `half_width_deg` is that at the largest pointing angle. The far level is "about 0 dBi for
    ideal patterns"; its annex 1 uses 5 dBi for `leo` and 3 dBi for `meo`. Below 30 GHz.
    """
    frequency = in_range("frequency", frequency_ghz, 0.1, 30.0, "GHz", S1528)
    wavelengths = aperture_ratio(aperture_m, frequency) / np.pi
    in_range("D / lambda", wavelengths, 1.0, 35.0, "", f"{S1528} recommends 1.3")
    angle, half = _beam(off_axis_deg, half_width_deg, S1528)
    below = LOW_ORBIT_LOBES_DB[orbit]
    peak = _strong_enough(peak_gain_dbi, below, far_lobe_dbi, S1528)
    main_end = half * np.sqrt(-below / 3.0)
    skirt, far_from = _skirt(angle, main_end, peak + below, far_lobe_dbi)
    main = peak - 3.0 * (angle / half) ** 2
    return _piecewise(angle, [(main_end, main), (far_from, skirt)], far_lobe_dbi)


def taylor_constants(side_lobe_ratio_db: float = 20.0, lobes: int = 4) -> tuple[float, float, FloatArray]:
    """(A, sigma, first `lobes` roots of J1 over pi) of a circular Taylor illumination (S.1528 annex 2).

    A = arccosh(10^(SLR/20)) / pi; sigma = mu_n / sqrt(A^2 + (n - 1/2)^2). The text prints J0(n) in place of
    mu_n; only mu_n gives the annex's own 1.1692.
    """
    from scipy.special import jn_zeros

    in_range("side-lobe ratio", side_lobe_ratio_db, 13.0, 40.0, "dB", f"{S1528} recommends 1.4")
    in_range("side lobes modelled", lobes, 2, 10, "", f"{S1528} recommends 1.4")
    amplitude = float(np.arccosh(10.0 ** (side_lobe_ratio_db / 20.0)) / np.pi)
    roots = np.asarray(jn_zeros(1, lobes), dtype=np.float64) / np.pi
    return amplitude, float(roots[-1] / np.hypot(amplitude, lobes - 0.5)), roots


def taylor_u(
    off_axis_deg: npt.ArrayLike,
    plane_deg: npt.ArrayLike,
    *,
    radial_m: npt.ArrayLike,
    transverse_m: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
) -> FloatArray:
    """u = (pi/lambda) sin(theta) hypot(L_r cos(phi), L_t sin(phi)), a pure number (S.1528 recommends 1.4).

    `plane_deg` turns from the radial plane; the lengths are those of the radiating area. Below 30 GHz.
    """
    frequency = in_range("frequency", frequency_ghz, 0.1, 30.0, "GHz", S1528)
    angle = in_range("off-axis angle", np.abs(off_axis_deg), 0.0, 90.0, "deg", S1528)
    sine, plane = np.sin(np.radians(angle)), np.radians(np.asarray(plane_deg, dtype=np.float64))
    radial = aperture_ratio(radial_m, frequency) * np.cos(plane)
    return np.asarray(sine * np.hypot(radial, aperture_ratio(transverse_m, frequency) * np.sin(plane)))


def s1528_taylor_db(u: npt.ArrayLike, side_lobe_ratio_db: float = 20.0, lobes: int = 4) -> FloatArray:
    """Gain relative to the peak of a Taylor illumination, dB, never below FLOOR_DB (S.1528 recommends 1.4).

    20 log10 |2 J1(u)/u prod_{i<n} (1 - (u/(pi sigma))^2 / (A^2 + (i-1/2)^2)) / (1 - (u/(pi mu_i))^2)|. The
    recommendation leaves the depth of the nulls open. Any shape.
    """
    from scipy.special import j1

    amplitude, sigma, roots = taylor_constants(side_lobe_ratio_db, lobes)
    at = np.abs(np.asarray(u, dtype=np.float64))
    field = np.ones(at.shape)
    for i, root in enumerate(np.pi * roots[:-1]):
        at = np.where(np.abs(at - root) < 1e-6, root + 1e-6, at)  # there the zero of J1 meets that below it
        null = (np.pi * sigma) ** 2 * (amplitude**2 + (i + 0.5) ** 2)
        field = field * (1.0 - at**2 / null) / (1.0 - (at / root) ** 2)
    safe = np.maximum(at, 1e-9)
    field = np.abs(field * 2.0 * j1(safe) / safe)
    return np.asarray(20.0 * np.log10(np.maximum(field, 10.0 ** (FLOOR_DB / 20.0))))


def s672_dbi(
    off_axis_deg: npt.ArrayLike,
    peak_gain_dbi: npt.ArrayLike,
    half_width_deg: npt.ArrayLike,
    *,
    near_lobe_db: float = -20.0,
) -> FloatArray:
    """Gain of a geostationary satellite's single-feed circular beam, dBi (S.672-4 annex 1).

    Gm - 3 (psi/psi_b)^2 to a psi_b, Gm + LN to 6.32 psi_b, then 25 log10 down to 0 dBi; behind 90 deg the
    greater of 15 + LN + 0.25 Gm and 0 dBi. `near_lobe_db` is -20, -25 or -30, or -10 for RR table 22-2.
    Elliptical and shaped beams are not covered.
    """
    factor = _one_of(S672_WIDTHS, near_lobe_db, S672)
    angle, half = _beam(off_axis_deg, half_width_deg, S672)
    peak = _strong_enough(peak_gain_dbi, near_lobe_db, 0.0, S672)
    near = peak + near_lobe_db
    skirt, far_from = _skirt(angle, NEAR_LOBE_FACTOR * half, near, 0.0)
    back = np.maximum(15.0 + near_lobe_db + 0.25 * peak, 0.0)
    main = peak - 3.0 * (angle / half) ** 2
    pieces: list[tuple[npt.ArrayLike, npt.ArrayLike]] = [
        (factor * half, main),
        (NEAR_LOBE_FACTOR * half, near),
        (np.minimum(far_from, 90.0), skirt),
        (90.0, 0.0),
    ]
    return _piecewise(angle, pieces, back)
