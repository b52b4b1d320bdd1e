"""Power flux density on the ground from one satellite, and whether it keeps the limits of Article 21."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from raabta.base.bodies import EARTH
from raabta.links.antenna import aperture_pattern_db, half_power_half_angle_deg, peak_gain_dbi, scan_loss_db
from raabta.links.articles import FluxLimit, Verdict
from raabta.links.budget import eirp_density_dbw_mhz, forward_scan_exponent, spreading_loss_db
from raabta.links.ranges import FloatArray, in_range
from raabta.links.satellite_patterns import s1528_dbi
from raabta.scenario.models import Payload

if TYPE_CHECKING:
    from raabta.links.flux_cap import FluxCap

SPHERE_KM = EARTH.equatorial_radius_km
S1528_HIGHEST_GHZ = 30.0
DECIMALS = 1
"""Levels are compared to 0.1 dB, to which EIRP densities are stated and EPFD is counted."""


@dataclass(frozen=True)
class FluxCheck:
    """One limit held against one payload at one altitude, at the elevation of the least margin."""

    limit: FluxLimit
    altitude_km: float
    elevation_deg: float
    level_dbw_m2: float
    limit_dbw_m2: float
    verdict: Verdict

    @property
    def margin_db(self) -> float:
        """Limit less level, dB: below zero it is exceeded."""
        return round(self.limit_dbw_m2 - self.level_dbw_m2, DECIMALS) + 0.0


def pfd_dbw_m2(
    eirp_density_dbw_mhz: npt.ArrayLike, range_km: npt.ArrayLike, reference_khz: npt.ArrayLike = 1000.0
) -> FloatArray:
    """Power flux density in a reference bandwidth, free space: EIRP density - 10 log10(4 pi d^2) + bandwidth.

    dB(W/m2) in `reference_khz`; the density is per MHz. Arrays broadcast.
    """
    spreading = spreading_loss_db(in_range("slant range", range_km, 1e-3, 1e7, "km", "free space"))
    bandwidth = 10.0 * np.log10(np.asarray(reference_khz, np.float64) / 1e3)
    return np.asarray(np.asarray(eirp_density_dbw_mhz, np.float64) - spreading + bandwidth)


def sight(altitude_km: npt.ArrayLike, elevation_deg: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(slant range km, angle off nadir deg) of a satellite seen at an elevation, sphere of 6378.137 km."""
    radius = SPHERE_KM + in_range("altitude", altitude_km, 100.0, 5e5, "km", "an orbit")
    angle = np.radians(in_range("elevation", elevation_deg, 0.0, 90.0, "deg", "above the horizon"))
    across = SPHERE_KM * np.cos(angle)
    range_km = np.sqrt(radius**2 - across**2) - SPHERE_KM * np.sin(angle)
    return np.asarray(range_km), np.degrees(np.arcsin(across / radius))


def beam_density_dbw_mhz(
    payload: Payload, altitude_km: float, elevation_deg: npt.ArrayLike, cap: FluxCap | None = None
) -> FloatArray:
    """EIRP density of a beam steered to where the satellite stands at an elevation, dBW/MHz, as budgets have
    it: raised with range up to the payload's ceiling, or less the scan loss, and held to `cap`. Any shape."""
    range_km, scan_deg = sight(altitude_km, elevation_deg)
    exponent = forward_scan_exponent(payload)
    density = [eirp_density_dbw_mhz(payload, float(r), altitude_km) for r in np.ravel(range_km)]
    towards = np.reshape(density, range_km.shape) - scan_loss_db(np.minimum(scan_deg, 89.0), exponent)
    if cap is None:
        return towards
    most = cap.at_dbw_m2(np.sin(np.radians(elevation_deg)))
    return np.minimum(towards, most + spreading_loss_db(range_km))


def side_lobe_db(payload: Payload, off_axis_deg: npt.ArrayLike) -> FloatArray:
    """Gain of a user beam off its axis relative to its peak, dB. Any shape, 0 to 180 deg.

    To 30 GHz the envelope of ITU-R S.1528 recommends 1.2, with peak gain and 3 dB width of the aperture;
    above, where that ends, the aperture's own pattern. Of an ellipse all round that along its major axis.
    """
    ratio, frequency = payload.beam_axis_ratio, payload.user_down_ghz
    aperture_m = payload.transmit_aperture_m / ratio
    if frequency > S1528_HIGHEST_GHZ:
        return aperture_pattern_db(off_axis_deg, aperture_m, frequency)
    peak = peak_gain_dbi(payload.transmit_aperture_m, frequency) - 10.0 * np.log10(ratio)
    half = half_power_half_angle_deg(aperture_m, frequency)
    return np.asarray(s1528_dbi(off_axis_deg, peak, half, frequency_ghz=frequency) - peak)


def level_dbw_m2(
    payload: Payload,
    altitude_km: float,
    elevation_deg: npt.ArrayLike,
    lowest_deg: float,
    reference_khz: float = 1000.0,
    cap: FluxCap | None = None,
) -> FloatArray:
    """Flux density that one beam puts where the satellite stands at an elevation, dB(W/m2). Any shape.

    From `lowest_deg` up the beam may be steered there; lower, the beam stands at `lowest_deg` and its side
    lobe is met. One beam, one polarisation.
    """
    elevation = np.asarray(elevation_deg, np.float64)
    range_km, nadir_deg = sight(altitude_km, elevation)
    steered = np.maximum(elevation, lowest_deg)
    lobe = side_lobe_db(payload, np.maximum(nadir_deg - sight(altitude_km, steered)[1], 0.0))
    density = beam_density_dbw_mhz(payload, altitude_km, steered, cap) + np.where(
        elevation < lowest_deg, lobe, 0.0
    )
    return pfd_dbw_m2(density, range_km, reference_khz)


def check(
    limit: FluxLimit,
    payload: Payload,
    altitude_km: float,
    lowest_deg: float,
    satellites: int,
    cap: FluxCap | None = None,
) -> FluxCheck:
    """Hold one limit against one payload, its beams held to `cap`; the verdict where the margin is least, 0
    to 90 deg by 0.5 deg."""
    elevation = np.unique(np.append(np.arange(0.0, 90.25, 0.5), lowest_deg))
    level = level_dbw_m2(payload, altitude_km, elevation, lowest_deg, limit.reference_khz, cap)
    allowed = limit.limit_dbw_m2(elevation, satellites)
    worst = int(np.argmin(np.round(allowed - level, DECIMALS)))
    kept = round(float(allowed[worst] - level[worst]), DECIMALS) >= 0.0
    return FluxCheck(
        limit,
        altitude_km,
        float(elevation[worst]),
        float(level[worst]),
        float(allowed[worst]),
        Verdict.met if kept else Verdict.exceeded,
    )
