"""Numeric core of `links`: the level of one link and the rate its mode gives, from small tables.

The budget is the same as `links.budget` (a test holds them against each other); here everything that does not
move is already folded into tables: pattern loss over u, path loss over cosecant, thresholds over C/N.
Mode 0 is outage; mode i > 0 is the i-th rung of the ladder.
"""

from __future__ import annotations

import math

from numba import njit

BOLTZMANN_DB = -228.59916717321767  # 10 log10(1.380649e-23)
LUT_LOW_DB = -20.0
LUT_STEP_DB = 0.1


@njit(cache=True, nogil=True, error_model="numpy")
def free_space_db(range_km, frequency_ghz):
    """Free-space loss 20 log10(4 pi d f / c), dB (Rec. ITU-R P.525-4)."""
    return 92.44778322188337 + 20.0 * math.log10(range_km * frequency_ghz)


@njit(cache=True, nogil=True, error_model="numpy")
def pattern_loss_db(u, table):
    """Loss of the aperture pattern at u = pi D f / c sin(angle), from a table in steps of 0.01."""
    x = u * 100.0
    i = int(x)
    if i >= table.shape[0] - 1:
        return table[table.shape[0] - 1]
    return table[i] + (x - i) * (table[i + 1] - table[i])


@njit(cache=True, nogil=True, error_model="numpy")
def level_bases_db(range_km, altitude_km, cos_scan, cell_radius_km, radio, edge_down, edge_up):
    """C/N of both directions without terminal figures and without atmosphere, dB.

    radio: [down_ghz, up_ghz, eirp_density_dbw_mhz, g_over_t_dbk, scan_exponent, k_down, k_up,
    ceiling_dbw_mhz], where k = pi D f / c and the ceiling caps the rise off nadir that holds the flux on the
    ground. Forward: add G/T and subtract losses. Return: add EIRP - 10 log10(carrier Hz).
    """
    sine = cell_radius_km / math.sqrt(range_km * range_km + cell_radius_km * cell_radius_km)
    density = radio[2] + max(0.0, min(radio[7] - radio[2], 20.0 * math.log10(range_km / altitude_km)))
    scan = 10.0 * radio[4] * math.log10(cos_scan)
    spreading = free_space_db(range_km, radio[0])
    forward = density - 60.0 - BOLTZMANN_DB - spreading + scan - pattern_loss_db(radio[5] * sine, edge_down)
    spreading += 20.0 * math.log10(radio[1] / radio[0])
    back = radio[3] - BOLTZMANN_DB - spreading + scan - pattern_loss_db(radio[6] * sine, edge_up)
    return forward, back


@njit(cache=True, nogil=True, error_model="numpy")
def cosecant_weight(sin_elevation, cosecant_max, nodes):
    """Lower node and weight for interpolation on a grid uniform in 1/sin(elevation) from 1 (zenith)."""
    x = (1.0 / sin_elevation - 1.0) / (cosecant_max - 1.0) * (nodes - 1)
    i = min(max(int(x), 0), nodes - 2)
    return i, x - i


@njit(cache=True, nogil=True, error_model="numpy")
def mode_at(level_db, first_mode, thresholds):
    """Highest mode whose threshold (sorted, [0] = -inf for outage) is at or below the level."""
    i = int((level_db - LUT_LOW_DB) / LUT_STEP_DB)
    if i < 0 or not level_db > LUT_LOW_DB:
        return 0
    mode = first_mode[min(i, first_mode.shape[0] - 1)]
    while mode + 1 < thresholds.shape[0] and thresholds[mode + 1] <= level_db:
        mode += 1
    return mode
