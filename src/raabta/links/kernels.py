"""Numeric core of `links`: the level of one link and the rate its mode gives, from small tables.

The budget is the same as `links.budget` (a test holds them against each other); here everything that does not
move is already folded into tables: pattern loss over u, path loss over cosecant, thresholds over C/N.
Mode 0 is outage; mode i > 0 is the i-th rung of the ladder.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

BOLTZMANN_DB = -228.59916717321767  # 10 log10(1.380649e-23)
DECIBELS_PER_NEPER = 4.342944819032518  # 10 / ln 10, of powers
LUT_LOW_DB = -20.0
LUT_STEPS_PER_DB = 10.0
JOIN_LOW_DB = -40.0
JOIN_STEPS_PER_DB = 10.0
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
"""Called by kernels, allocates nothing: else every array it takes would be counted in and out again."""


@inner
def decibels(ratio):
    """10 log10 of a ratio, by the natural logarithm: it is had twice as fast."""
    return DECIBELS_PER_NEPER * math.log(ratio)


@inner
def free_space_db(range_km, frequency_ghz):
    """Free-space loss 20 log10(4 pi d f / c), dB (Rec. ITU-R P.525-4)."""
    return 92.44778322188337 + 2.0 * decibels(range_km * frequency_ghz)


@inner
def pattern_loss_db(u, table):
    """Loss of the aperture pattern at u = pi D f / c sin(angle), from a table in steps of 0.01."""
    x = u * 100.0
    i = int(x)
    if i >= table.shape[0] - 1:
        return table[table.shape[0] - 1]
    return table[i] + (x - i) * (table[i + 1] - table[i])


@inner
def density_dbw_mhz(range_km, altitude_km, radio):
    """EIRP density of a beam on its axis, scan loss aside: the rise off nadir holds the flux on the ground,
    up to a ceiling. radio: see `level_bases_db`."""
    return radio[2] + max(0.0, min(radio[7] - radio[2], 2.0 * decibels(range_km / altitude_km)))


@inner
def flux_cap_dbw_m2(sin_elevation, flux_cap):
    """Highest flux density of a beam where it is aimed, dB(W/m2) in 1 MHz; flux_cap: see
    `links.flux_cap.FluxCap`."""
    x = sin_elevation * (flux_cap.shape[0] - 1)
    i = min(max(int(x), 0), flux_cap.shape[0] - 2)
    return flux_cap[i] + (x - i) * (flux_cap[i + 1] - flux_cap[i])


@inner
def edge_sine(range_km, cell_radius_km):
    """Sine of the angle at the satellite from a cell's centre to its edge, across the line of sight."""
    return cell_radius_km / math.sqrt(range_km * range_km + cell_radius_km * cell_radius_km)


@inner
def level_bases_db(
    range_km, altitude_km, cos_scan, sin_elevation, off_axis_sine, radio, edge_down, edge_up, flux_cap
):
    """C/N of both directions without terminal figures and without atmosphere, dB.

    radio: [down_ghz, up_ghz, eirp_density_dbw_mhz, g_over_t_dbk, scan_exponent_up, k_down, k_up,
    ceiling_dbw_mhz, scan_exponent_down, cap_db], where k = pi D f / c, the ceiling caps the rise off nadir
    that holds the flux on the ground, and cap_db turns a flux density into this C/N (EIRP density less
    free-space loss is flux density less 10 log10(4 pi f^2 / c^2), whatever the range). off_axis_sine: of the
    angle from the beam's axis to the cell's edge. flux_cap: see `flux_cap_dbw_m2`. Forward: add G/T and
    subtract losses. Return: add EIRP - 10 log10(carrier Hz).
    """
    density = density_dbw_mhz(range_km, altitude_km, radio)
    scan = decibels(cos_scan)
    spreading = free_space_db(range_km, radio[0])
    edge = pattern_loss_db(radio[5] * off_axis_sine, edge_down)
    forward = density - 60.0 - BOLTZMANN_DB - spreading - edge
    spreading += 2.0 * decibels(radio[1] / radio[0])
    back = radio[3] - BOLTZMANN_DB - spreading - pattern_loss_db(radio[6] * off_axis_sine, edge_up)
    capped = flux_cap_dbw_m2(sin_elevation, flux_cap) + radio[9] - edge
    return min(forward + radio[8] * scan, capped), back + radio[4] * scan


@inner
def cosecant_weight(sin_elevation, cosecant_max, nodes):
    """Lower node and weight for interpolation on a grid uniform in 1/sin(elevation) from 1 (zenith)."""
    x = (1.0 / sin_elevation - 1.0) / (cosecant_max - 1.0) * (nodes - 1)
    i = min(max(int(x), 0), nodes - 2)
    return i, x - i


@inner
def joined_db(level_db, other_db, table):
    """Two ratios to one carrier joined in linear power, dB: level - 10 log10(1 + 10^((level - other) / 10)).

    From a table over (level - other) from JOIN_LOW_DB, below which the other is left out (0.0004 dB).
    """
    x = (level_db - other_db - JOIN_LOW_DB) * JOIN_STEPS_PER_DB
    if not x > 0.0:
        return level_db
    i = min(int(x), table.shape[0] - 2)
    return level_db - (table[i] + (x - i) * (table[i + 1] - table[i]))


@inner
def through_forward_db(level_db, feeder_db, table):
    """C/N behind both hops of a transparent payload that holds its output power, dB: u d / (1 + u + d) of
    the feeder's uplink and the user's downlink (see `links.relay`). table: see `joined_db`."""
    return joined_db(level_db + joined_db(0.0, feeder_db, table), feeder_db, table)


@inner
def through_return_db(level_db, clear_db, feeder_db, table):
    """The same of the user's uplink and the feeder's downlink, dB: u / (1 + (1 + u0) / d), at the gain that
    the payload has when the carrier has its share of the power, which is in clear sky (u0)."""
    filled = clear_db - joined_db(0.0, clear_db, table)
    return level_db - (filled - joined_db(filled, feeder_db, table))


@inner
def mode_at(level_db, first_mode, thresholds):
    """Highest mode whose threshold (sorted, [0] = -inf for outage) is at or below the level."""
    x = (level_db - LUT_LOW_DB) * LUT_STEPS_PER_DB
    if not x > 0.0:
        return 0
    mode = np.int64(first_mode[min(int(x), first_mode.shape[0] - 1)])
    while mode + 1 < thresholds.shape[0] and thresholds[mode + 1] <= level_db:
        mode += 1
    return mode
