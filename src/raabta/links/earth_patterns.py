"""Reference patterns of earth stations' antennas: ITU-R S.465-6, S.580-6, S.1428-1 and BO.1443-3.

Envelopes of side lobes in dBi by the angle off the axis; S.1428-1 and BO.1443-3 hold the main lobe too and
are what EPFD is computed with. Arrays broadcast. D/lambda follows from aperture and frequency.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.base.errors import OutOfRangeError
from raabta.links.antenna import aperture_ratio
from raabta.links.ranges import FloatArray, in_range

S465 = "ITU-R S.465-6 (01/2010)"
S580 = "ITU-R S.580-6 (01/2004)"
S1428 = "ITU-R S.1428-1 (02/2001)"
BO1443 = "ITU-R BO.1443-3 (07/2014)"
S465_LEAST_WAVELENGTHS = (114.0 / 48.0) ** (1.0 / 1.09)
"""D/lambda 2.21: with less, S.465-6 would begin behind 48 deg, where it ends."""
SMALL_BSS_WAVELENGTHS = 25.5
"""Up to this D/lambda the back lobes of BO.1443-3 depend on the plane."""


def _wavelengths(
    aperture_m: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    band: tuple[float, float],
    least: float,
    source: str,
) -> FloatArray:
    """D/lambda, with frequency and size in the recommendation's range."""
    frequency = in_range("frequency", frequency_ghz, band[0], band[1], "GHz", source)
    small = f"{source}: the antenna is too small for the pattern's formula"
    return in_range("D / lambda", aperture_ratio(aperture_m, frequency) / np.pi, least, 1e4, "", small)


def _angle(off_axis_deg: npt.ArrayLike, source: str) -> FloatArray:
    return in_range("off-axis angle", np.abs(off_axis_deg), 0.0, 180.0, "deg", source)


def _fall(angle: FloatArray, constant: float, slope: float = 25.0) -> FloatArray:
    """constant - slope log10(angle), finite at 0."""
    return np.asarray(constant - slope * np.log10(np.maximum(angle, 1e-9)))


def _main_lobe(
    angle: FloatArray, wavelengths: FloatArray, peak: FloatArray, shelf: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(Gmax - 0.0025 (D phi / lambda)^2, angle phi_m at which it meets the first side lobe's level)."""
    meets = 20.0 / wavelengths * np.sqrt(peak - shelf)
    return peak - 2.5e-3 * (wavelengths * angle) ** 2, meets


def _refuse_inside(angle: FloatArray, start: FloatArray, source: str) -> None:
    inside = np.broadcast_to(angle < start, np.broadcast_shapes(angle.shape, start.shape))
    if inside.any():
        worst = np.broadcast_to(angle, inside.shape)[inside].flat[0]
        least = np.broadcast_to(start, inside.shape)[inside].flat[0]
        why = f"{source}: it gives side lobes only; state the peak gain to add a main lobe"
        raise OutOfRangeError("off-axis angle", f"{worst:g} deg", f"{least:g} to 180 deg", why)


def _station(
    angle: FloatArray,
    wavelengths: FloatArray,
    lobes: FloatArray,
    constant: float,
    peak_gain_dbi: npt.ArrayLike | None,
    source: str,
) -> FloatArray:
    """Side lobes from the recommendation's start; inside, refused or as RR Appendices 7 and 8 have it.

    These put a shelf at the level where the side lobes are taken to begin, and a parabola up to the peak.
    """
    start = s465_start_deg(wavelengths)
    if peak_gain_dbi is None:
        _refuse_inside(angle, start, source)
        return np.broadcast_to(lobes, np.broadcast_shapes(angle.shape, start.shape)).copy()
    reach = np.where(wavelengths >= 100.0, 15.85 * wavelengths**-0.6, start)
    shelf = _fall(reach, constant)
    above = f"{source}: above its first side lobe"
    peak = in_range("peak gain", peak_gain_dbi, float(np.max(shelf)), 90.0, "dBi", above)
    main, meets = _main_lobe(angle, wavelengths, peak, shelf)
    return np.asarray(np.select([angle < meets, angle < reach], [main, shelf], lobes))


def s465_start_deg(wavelengths_ratio: npt.ArrayLike) -> FloatArray:
    """Angle from which S.465-6 holds, deg: max(1, 100 lambda/D), or max(2, 114 (D/lambda)^-1.09) below 50."""
    size = np.asarray(wavelengths_ratio, dtype=np.float64)
    return np.where(size >= 50.0, np.maximum(1.0, 100.0 / size), np.maximum(2.0, 114.0 * size**-1.09))


def s465_dbi(
    off_axis_deg: npt.ArrayLike,
    aperture_m: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    peak_gain_dbi: npt.ArrayLike | None = None,
) -> FloatArray:
    """Side lobes of an earth station for coordination, dBi: 32 - 25 log10(phi) to 48 deg, then -10 (S.465-6).

    2 to 31 GHz. Angles inside `s465_start_deg` are refused, unless a peak gain is stated: then a main lobe as
    in RR Appendix 8 is added, which is not of this recommendation.
    """
    size = _wavelengths(aperture_m, frequency_ghz, (2.0, 31.0), S465_LEAST_WAVELENGTHS, S465)
    angle = _angle(off_axis_deg, S465)
    lobes = np.where(angle < 48.0, _fall(angle, 32.0), -10.0)
    return _station(angle, size, lobes, 32.0, peak_gain_dbi, S465)


def s580_dbi(
    off_axis_deg: npt.ArrayLike,
    aperture_m: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    peak_gain_dbi: npt.ArrayLike | None = None,
) -> FloatArray:
    """Design objective of a station that points at geostationary satellites, dBi (S.580-6): D/lambda >= 50.

    29 - 25 log10(phi) to 20 deg, -3.5 dBi to 26.3 deg, then S.465-6. Its side lobes begin at
    max(1, 100 lambda/D) deg; inside, as in `s465_dbi`, the main lobe of RR Appendix 7 where a peak gain is
    stated. 2 to 31 GHz (the range of S.465-6, which it continues with).
    """
    size = _wavelengths(aperture_m, frequency_ghz, (2.0, 31.0), 50.0, S580)
    angle = _angle(off_axis_deg, S580)
    wide = np.maximum(np.minimum(-3.5, _fall(angle, 32.0)), -10.0)
    lobes = np.where(angle < 10.0 ** (32.5 / 25.0), _fall(angle, 29.0), wide)
    return _station(angle, size, lobes, 29.0, peak_gain_dbi, S580)


def s1428_peak_gain_dbi(aperture_m: npt.ArrayLike, frequency_ghz: npt.ArrayLike) -> FloatArray:
    """Peak gain that belongs to `s1428_dbi`, dBi: 20 log10(D/lambda) + 7.7, or + 8.4 where D/lambda > 100."""
    size = _wavelengths(aperture_m, frequency_ghz, (10.7, 30.0), 20.0, S1428)
    return np.asarray(20.0 * np.log10(size) + np.where(size > 100.0, 8.4, 7.7))


def bo1443_peak_gain_dbi(aperture_m: npt.ArrayLike, frequency_ghz: npt.ArrayLike) -> FloatArray:
    """Peak gain that belongs to `bo1443_dbi`, dBi: 20 log10(D/lambda) + 8.1."""
    size = _wavelengths(aperture_m, frequency_ghz, (11.7, 12.75), 11.0, BO1443)
    return np.asarray(20.0 * np.log10(size) + 8.1)


def _shelf(wavelengths: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(level of the first side lobe G1, angle to which it holds) of S.1428-1 and BO.1443-3."""
    large = wavelengths > 100.0
    reach = np.where(large, 15.85 * wavelengths**-0.6, 95.0 / wavelengths)
    return np.where(large, -1.0 + 15.0 * np.log10(wavelengths), _fall(reach, 29.0)), reach


def _wide_lobes(angle: FloatArray, wavelengths: FloatArray) -> FloatArray:
    """Side and back lobes that S.1428-1 and BO.1443-3 share for D/lambda > 25 (25.5)."""
    large = np.select(
        [angle < 10.0, angle < 34.1, angle < 80.0, angle < 120.0],
        [_fall(angle, 29.0), _fall(angle, 34.0, 30.0), -12.0, -7.0],
        -12.0,
    )
    medium = np.select([angle <= 33.1, angle <= 80.0, angle <= 120.0], [_fall(angle, 29.0), -9.0, -4.0], -9.0)
    return np.where(wavelengths > 100.0, large, medium)


def _reference(angle: FloatArray, wavelengths: FloatArray, peak: FloatArray, lobes: FloatArray) -> FloatArray:
    shelf, reach = _shelf(wavelengths)
    main, meets = _main_lobe(angle, wavelengths, peak, shelf)
    return np.asarray(np.select([angle < meets, angle < reach], [main, shelf], lobes))


def s1428_dbi(
    off_axis_deg: npt.ArrayLike, aperture_m: npt.ArrayLike, frequency_ghz: npt.ArrayLike
) -> FloatArray:
    """Reference earth station (fixed-satellite service) under non-GSO interference, dBi (S.1428-1).

    10.7 to 30 GHz, D/lambda >= 20; main lobe, shelf, 29 - 25 log10(phi) and back lobes.
    """
    size = _wavelengths(aperture_m, frequency_ghz, (10.7, 30.0), 20.0, S1428)
    angle = _angle(off_axis_deg, S1428)
    small = np.select([angle <= 33.1, angle <= 80.0], [_fall(angle, 29.0), -9.0], -5.0)
    lobes = np.where(size <= 25.0, small, _wide_lobes(angle, size))
    return _reference(angle, size, s1428_peak_gain_dbi(aperture_m, frequency_ghz), lobes)


def _bss_back_dbi(angle: FloatArray, plane_deg: npt.ArrayLike) -> FloatArray:
    """Lobes from 50 deg on of small antennas (BO.1443-3): up to a turn at 90 or 120 deg, down to -17 dBi.

    The feed's spill-over, 2 + 8 sin(theta) dB, shows in the half of the planes from 0 to 180 deg.
    """
    plane = np.mod(np.asarray(plane_deg, dtype=np.float64), 360.0)
    spill = np.where(plane < 180.0, 8.0 * np.sin(np.radians(plane)), 0.0)
    turn = np.where((plane >= 56.25) & (plane < 123.75), 90.0, 120.0)
    safe = np.maximum(angle, 1.0)
    rising = (2.0 + spill) * np.log10(safe / 50.0) / np.log10(turn / 50.0) - 10.0
    falling = -(9.0 + spill) * np.log10(safe / 180.0) / np.log10(180.0 / turn) - 17.0
    return np.where(angle < turn, rising, falling)


def bo1443_dbi(
    off_axis_deg: npt.ArrayLike,
    plane_deg: npt.ArrayLike,
    aperture_m: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
) -> FloatArray:
    """Reference receiver of broadcasting satellites under non-GSO interference, dBi (BO.1443-3).

    `plane_deg` is the angle around the axis (theta of its annex 2); it matters up to D/lambda 25.5. In the
    bands of RR Appendix 30 (11.7 to 12.75 GHz here), D/lambda >= 11.
    """
    size = _wavelengths(aperture_m, frequency_ghz, (11.7, 12.75), 11.0, BO1443)
    angle = _angle(off_axis_deg, BO1443)
    back = _bss_back_dbi(angle, plane_deg)
    small = np.select([angle < 36.3, angle < 50.0], [_fall(angle, 29.0), -10.0], back)
    lobes = np.where(size <= SMALL_BSS_WAVELENGTHS, small, _wide_lobes(angle, size))
    return _reference(angle, size, bo1443_peak_gain_dbi(aperture_m, frequency_ghz), lobes)
