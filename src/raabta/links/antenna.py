"""Aperture antennas and beams: pattern, width, gain, scan loss, footprint and the loss at a cell's edge.

Pattern of 3GPP TR 38.811 clause 6.4.1 (used by TR 38.821): 4 |J1(u) / u|^2, u = (pi D f / c) sin(theta).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.base.units import SPEED_OF_LIGHT_M_S
from raabta.links.ranges import FloatArray, in_range

SOURCE = "3GPP TR 38.811 V15.4.0 clause 6.4.1"
HALF_POWER_U = 1.6137406
"""u at which the pattern is 3.000 dB down."""
FLOOR_DB = -100.0
"""Least relative gain that is returned (the pattern's nulls are minus infinity)."""


def aperture_ratio(aperture_m: npt.ArrayLike, frequency_ghz: npt.ArrayLike) -> FloatArray:
    """k a = pi D f / c of a round aperture, a pure number. Arrays broadcast."""
    diameter = np.asarray(aperture_m, dtype=np.float64)
    return np.pi * diameter * np.asarray(frequency_ghz, dtype=np.float64) * 1e9 / SPEED_OF_LIGHT_M_S


def airy_db(u: npt.ArrayLike) -> FloatArray:
    """Relative gain 20 log10 |2 J1(u) / u|, dB, 0 at u = 0, never below FLOOR_DB. Any shape."""
    from scipy.special import j1

    magnitude = np.abs(np.asarray(u, dtype=np.float64))
    safe = np.where(magnitude < 1e-6, 1.0, magnitude)
    field = np.where(magnitude < 1e-6, 1.0, np.abs(2.0 * j1(safe) / safe))
    return np.asarray(20.0 * np.log10(np.maximum(field, 10.0 ** (FLOOR_DB / 20.0))), dtype=np.float64)


def aperture_pattern_db(
    off_axis_deg: npt.ArrayLike, aperture_m: npt.ArrayLike, frequency_ghz: npt.ArrayLike
) -> FloatArray:
    """Gain relative to the peak, dB, at an angle from boresight (TR 38.811 clause 6.4.1). Arrays broadcast.

    The pattern is given to 90 deg; farther off it keeps its value at 90 deg.
    """
    angle = in_range("off-axis angle", np.abs(off_axis_deg), 0.0, 180.0, "deg", SOURCE)
    sine = np.sin(np.radians(np.minimum(angle, 90.0)))
    return airy_db(aperture_ratio(aperture_m, frequency_ghz) * sine)


def half_power_half_angle_deg(aperture_m: npt.ArrayLike, frequency_ghz: npt.ArrayLike) -> FloatArray:
    """Angle from boresight at which the pattern is 3.000 dB down, deg; the full beam width is twice this."""
    ka = in_range(
        "aperture circumference in wavelengths",
        aperture_ratio(aperture_m, frequency_ghz),
        HALF_POWER_U,
        1e7,
        "",
        f"{SOURCE}: smaller apertures have no 3 dB width",
    )
    return np.degrees(np.arcsin(HALF_POWER_U / ka))


def peak_gain_dbi(
    aperture_m: npt.ArrayLike, frequency_ghz: npt.ArrayLike, efficiency_share: npt.ArrayLike = 0.65
) -> FloatArray:
    """Peak gain of a round aperture, dBi: 10 log10(efficiency (pi D f / c)^2). Arrays broadcast."""
    efficiency = in_range("aperture efficiency", efficiency_share, 1e-3, 1.0, "", "a share of one")
    return np.asarray(10.0 * np.log10(efficiency * aperture_ratio(aperture_m, frequency_ghz) ** 2))


def scan_loss_db(scan_deg: npt.ArrayLike, exponent_ratio: npt.ArrayLike) -> FloatArray:
    """Loss of a planar array steered off its normal, dB: -10 n log10 cos(scan). Any shape, 0 to 89 deg.

    n = 1 is the projected aperture alone; 1.2 to 1.5 is what elements of real arrays give; 0 to 3 are
    taken. The law is a fit to about 70 deg; beyond, arrays fall faster.
    """
    scan = in_range("scan angle", scan_deg, 0.0, 89.0, "deg", "a planar array radiates to one side")
    exponent = in_range("scan loss exponent", exponent_ratio, 0.0, 3.0, "", "cos^n of a planar array")
    return np.asarray(-10.0 * exponent * np.log10(np.cos(np.radians(scan))))


def footprint_half_axes_km(
    half_angle_deg: npt.ArrayLike,
    range_km: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    scan_deg: npt.ArrayLike = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """Half-axes on the ground of a beam's contour, km: (across, along the direction of sight).

    across = d tan(h); along = d tan(h / cos(scan)) / sin(elevation): a planar array's beam widens by 1/cos
    of its scan angle in the scan plane, and the ground is met at the elevation. Flat ground over the beam:
    better than 2 % of the axis while the footprint is below 200 km. A fixed dish has scan 0.
    """
    distance = np.asarray(range_km, dtype=np.float64)
    half = np.radians(np.asarray(half_angle_deg, dtype=np.float64))
    elevation = np.radians(in_range("elevation", elevation_deg, 1.0, 90.0, "deg", "flat footprint"))
    scan = np.radians(in_range("scan angle", scan_deg, 0.0, 80.0, "deg", "planar array"))
    return distance * np.tan(half), distance * np.tan(half / np.cos(scan)) / np.sin(elevation)


def edge_of_cell_loss_db(
    cell_radius_km: npt.ArrayLike,
    range_km: npt.ArrayLike,
    aperture_m: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    offset_ratio: npt.ArrayLike = 0.0,
) -> FloatArray:
    """Pattern loss from a cell's centre to its edge as the satellite sees it, dB >= 0. Arrays broadcast.

    The edge lies at u = k a sin(atan(radius / range)): the half-extent across the line of sight. Elevation
    and scan angle cancel out of the worst case. Along the line of sight the cell is foreshortened by
    sin(elevation), while an array's beam widens by 1/cos(scan) there, so that edge is never farther down.
    Beyond the first null the loss would oscillate, so past u = 3.8317 it stays at 100 dB.

    offset_ratio: where the beam's axis is not on the cell's centre, the distance of the two in direction
    cosines, which k a times is added to u.
    """
    radius = np.asarray(cell_radius_km, dtype=np.float64)
    ka = aperture_ratio(aperture_m, frequency_ghz)
    u = ka * radius / np.hypot(radius, range_km) + ka * np.asarray(offset_ratio, dtype=np.float64)
    return np.where(u < 3.8317, -airy_db(np.minimum(u, 3.8317)), -FLOOR_DB)
