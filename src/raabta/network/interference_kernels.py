"""Numeric core of `interference`: power that beams and terminals put where it is not wanted. Plain arrays.

Letters: m satellites near, b beams, n cells. Powers are linear and in one unit per direction: forward in that
of 10^(base / 10) of `links.kernels.level_bases_db`, return in noise powers of the satellite's receiver.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from raabta.links.kernels import BOLTZMANN_DB, density_dbw_mhz, flux_cap_dbw_m2, free_space_db
from raabta.network.beam_kernels import NOWHERE, Layout, of_axis, of_colour

U_STEPS = 50.0
"""Entries of a pattern table to one of u = pi D f / c sin(angle)."""
OFF_AXIS_STEPS_PER_DEG = 10.0
"""Entries of a terminal's table to a degree."""
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


class Beams(NamedTuple):
    """Beams of one slot, by satellite: start (m + 1,). ground_km (b, 3): where each points; away (3, b):
    the unit vector there from its satellite; dwell (b,): beams at once, in the mean; eirp (b,): what its
    axis radiates, less the spreading. layout: where beams are fixed, whose axes need not point there."""

    start: Any
    ground_km: Any
    away: Any
    dwell: Any
    eirp: Any
    layout: Layout


class Antennas(NamedTuple):
    """Relative gains, linear. satellite_down, satellite_up: over u in steps of 1 / U_STEPS; k_down, k_up:
    pi D f / c; terminal_down, terminal_up: over the angle off axis, OFF_AXIS_STEPS_PER_DEG to a degree."""

    satellite_down: Any
    satellite_up: Any
    k_down: float
    k_up: float
    terminal_down: Any
    terminal_up: Any


@kernel
def point_beams(satellite_km, altitude_km, radio, flux_cap, owner, ground_km, up, out):
    """Fill away and eirp of beams that satellites `owner` (b,) point at ground_km (b, 3). up (b, 3): the
    vertical there; flux_cap: see `links.kernels.flux_cap_dbw_m2`."""
    for i in range(owner.shape[0]):
        s = owner[i]
        dx, dy, dz = ground_km[i, 0], ground_km[i, 1], ground_km[i, 2]
        x, y, z = satellite_km[s, 0], satellite_km[s, 1], satellite_km[s, 2]
        dx, dy, dz = dx - x, dy - y, dz - z
        r = math.sqrt(dx * dx + dy * dy + dz * dz)
        cos_scan = -(dx * x + dy * y + dz * z) / (r * math.sqrt(x * x + y * y + z * z))
        scan = 10.0 * math.log10(max(cos_scan, 1e-3))
        out.away[0, i], out.away[1, i], out.away[2, i] = dx / r, dy / r, dz / r
        level = density_dbw_mhz(r, altitude_km[s], radio) + radio[8] * scan - 60.0 - BOLTZMANN_DB
        sin_elevation = -(dx * up[i, 0] + dy * up[i, 1] + dz * up[i, 2]) / r
        capped = flux_cap_dbw_m2(sin_elevation, flux_cap) + radio[9] + free_space_db(r, radio[0])
        out.eirp[i] = 10.0 ** (0.1 * min(level, capped))


@inner
def _towards(first, last, weight, dwell, away, x, y, z, k, pattern, cos_reuse):
    """Of beams first to last: the sum of dwell x weight x gain towards (x, y, z), and the sum of dwell, both
    of those farther from it than the reuse angle."""
    power, busy, top = 0.0, 0.0, pattern.shape[0] - 1
    for i in range(first, last):
        cosine = away[0, i] * x + away[1, i] * y + away[2, i] * z
        far = dwell[i] if cosine < cos_reuse else 0.0
        u = k * math.sqrt(max(0.0, 1.0 - cosine * cosine))
        power += far * weight[i] * pattern[min(int(u * U_STEPS + 0.5), top)]
        busy += far
    return power, busy


@inner
def _off_axis(cosine, table):
    """Relative gain of a terminal off its axis."""
    angle = math.degrees(math.acos(min(1.0, max(-1.0, cosine))))
    return table[int(angle * OFF_AXIS_STEPS_PER_DEG + 0.5)]


@inner
def _line_to(site_km, c, satellite_km, s):
    """Unit vector from site c to satellite s."""
    dx, dy, dz = (
        satellite_km[s, 0] - site_km[c, 0],
        satellite_km[s, 1] - site_km[c, 1],
        satellite_km[s, 2] - site_km[c, 2],
    )
    r = math.sqrt(dx * dx + dy * dy + dz * dz)
    return dx / r, dy / r, dz / r


@inner
def shared_channel(own, total, busy, colours):
    """How much of a beam's dwell shares the channel of another that is on, in the mean.

    Of another satellite one in `colours`. One satellite (own) spreads its `total` beams evenly over its
    channels, so that total / colours - 1 others share one, among those (`busy`) far enough.
    """
    if not own:
        return 1.0 / colours
    return max(0.0, total / colours - 1.0) / busy if busy > 0.0 else 0.0


@kernel
def forward_interference(
    asked, given, site_km, up, satellite_km, beams, antennas, radio, colours, cos_reuse, out_ratio
):
    """I/C of the forward link of the lit cells `asked` (n,) for, from all beams of the satellites above their
    horizon, (n,); NaN elsewhere."""
    for c in range(out_ratio.shape[0]):
        s, total = given.satellite[c], 0.0
        out_ratio[c] = np.nan
        if not asked[c] or s < 0 or given.dwell[c] <= 0.0:
            continue
        ax, ay, az = given.direction[c, 0], given.direction[c, 1], given.direction[c, 2]
        place, colour = NOWHERE, 0
        if beams.layout.spacing > 0.0:
            ax, ay, az = _line_to(site_km, c, satellite_km, s)
            place, colour = of_axis(given.direction[c], satellite_km, s, beams.layout)
        for t in range(satellite_km.shape[0]):
            first, last = beams.start[t], beams.start[t + 1]
            dx = site_km[c, 0] - satellite_km[t, 0]
            dy = site_km[c, 1] - satellite_km[t, 1]
            dz = site_km[c, 2] - satellite_km[t, 2]
            if first == last or dx * up[c, 0] + dy * up[c, 1] + dz * up[c, 2] >= 0.0:
                continue
            r = math.sqrt(dx * dx + dy * dy + dz * dz)
            x, y, z = dx / r, dy / r, dz / r
            if beams.layout.spacing > 0.0:
                power = of_colour(
                    first, last, beams.eirp, beams.dwell, beams.layout.axis, beams.layout,
                    place if t == s else NOWHERE, colour, satellite_km, t, x, y, z, antennas.k_down,
                    antennas.satellite_down, U_STEPS,
                )  # fmt: skip
                power /= colours
            else:
                power, busy = _towards(
                    first, last, beams.eirp, beams.dwell, beams.away, x, y, z, antennas.k_down,
                    antennas.satellite_down, cos_reuse,
                )  # fmt: skip
                power *= shared_channel(t == s, beams.dwell[first:last].sum(), busy, colours)
            if t != s:
                power *= _off_axis(-(ax * x + ay * y + az * z), antennas.terminal_down)
            total += power * 10.0 ** (-0.1 * free_space_db(r, radio[0]))
        out_ratio[c] = total / 10.0 ** (0.1 * given.geometry[c, 3])


@kernel
def terminals_heard(s, owner, satellite_km, up, beams, antennas, radio, terminal_db, out_away, out_power):
    """Terminals at every beam's foot as satellite s hears them with its antenna on them, not scanned:
    direction (3, b), and power in noise powers (b,). up (b, 3): the vertical there."""
    for i in range(owner.shape[0]):
        dx = beams.ground_km[i, 0] - satellite_km[s, 0]
        dy = beams.ground_km[i, 1] - satellite_km[s, 1]
        dz = beams.ground_km[i, 2] - satellite_km[s, 2]
        out_power[i] = 0.0
        r = math.sqrt(dx * dx + dy * dy + dz * dz)
        out_away[0, i], out_away[1, i], out_away[2, i] = dx / r, dy / r, dz / r
        if dx * up[i, 0] + dy * up[i, 1] + dz * up[i, 2] >= 0.0:
            continue
        level = terminal_db + radio[3] - BOLTZMANN_DB - free_space_db(r, radio[1])
        out_power[i] = 10.0 ** (0.1 * level)
        if owner[i] != s:
            cosine = (beams.away[0, i] * dx + beams.away[1, i] * dy + beams.away[2, i] * dz) / r
            out_power[i] *= _off_axis(cosine, antennas.terminal_up)


@inner
def _scanned(cos_scan, radio):
    """Gain of a receiving beam off nadir over that at nadir, linear."""
    return 10.0 ** (0.1 * radio[4] * 10.0 * math.log10(max(cos_scan, 1e-3)))


@inner
def _of_colour_heard(s, first, last, power, away, direction, satellite_km, beams, antennas):
    """Power of terminals whose beams have the colour of the fixed beam of satellite s that points against
    `direction`: those of its own beams first to last, without that beam, and of all others."""
    layout, total, count = beams.layout, 0.0, beams.dwell.shape[0]
    place, colour = of_axis(direction, satellite_km, s, layout)
    for low, high, without in (
        (first, last, place),
        (0, first, NOWHERE),
        (last, count, NOWHERE),
    ):
        total += of_colour(
            low, high, power, beams.dwell, away, layout, without, colour, satellite_km, s, -direction[0],
            -direction[1], -direction[2], antennas.k_up, antennas.satellite_up, U_STEPS,
        )  # fmt: skip
    return total


@kernel
def return_interference(
    asked, given, owner, satellite_km, up, beams, antennas, radio, terminal_db, colours, cos_reuse, out_ratio
):
    """I/N of the return link of the lit cells `asked` (n,) for, at their satellite, from all other terminals
    it sees, (n,); NaN elsewhere.

    terminal_db: EIRP less 10 log10(carrier Hz) of the mean terminal. owner (b,): satellite of each beam.
    """
    count, k = owner.shape[0], antennas.k_up
    away, power = np.empty((3, count)), np.empty(count)
    out_ratio[:] = np.nan
    for s in range(satellite_km.shape[0]):
        if given.members.head[s] < 0:
            continue
        terminals_heard(s, owner, satellite_km, up, beams, antennas, radio, terminal_db, away, power)
        first, last = beams.start[s], beams.start[s + 1]
        on_board = beams.dwell[first:last].sum()
        for c in range(out_ratio.shape[0]):
            if not asked[c] or given.satellite[c] != s or given.dwell[c] <= 0.0:
                continue
            x, y, z = -given.direction[c, 0], -given.direction[c, 1], -given.direction[c, 2]
            if beams.layout.spacing > 0.0:
                total = _of_colour_heard(
                    s, first, last, power, away, given.direction[c], satellite_km, beams, antennas
                )
                out_ratio[c] = total / colours * _scanned(given.geometry[c, 2], radio)
                continue
            own, busy = _towards(
                first, last, power, beams.dwell, away, x, y, z, k, antennas.satellite_up, cos_reuse
            )
            total = own * shared_channel(True, on_board, busy, colours)
            for low, high in ((0, first), (last, count)):
                others, _ = _towards(
                    low, high, power, beams.dwell, away, x, y, z, k, antennas.satellite_up, cos_reuse
                )
                total += others / colours
            out_ratio[c] = total * _scanned(given.geometry[c, 2], radio)
