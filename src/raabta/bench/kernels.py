"""Loops over what the rooms' kernels do for one item, so that they can be timed by themselves."""

from __future__ import annotations

from numba import njit

from raabta.access.kernels import arc_separation, clears_arc
from raabta.links.kernels import cosecant_weight, edge_sine, level_bases_db, mode_at

kernel = njit(cache=True, nogil=True, error_model="numpy")


@kernel
def arc_separations(site, direction, out):
    """Separation (rad) from the arc of directions (k, 3) east, north, up, seen from sites (k, 4): sine and
    cosine of the latitude, and ECEF x and z on the meridian of longitude 0."""
    for i in range(out.shape[0]):
        out[i] = arc_separation(
            site[i, 0], site[i, 1], site[i, 2], site[i, 3], direction[i, 0], direction[i, 1], direction[i, 2]
        )


@kernel
def arc_decisions(table, row, limit_rad, doubt_rad, site, direction, out):
    """Whether each direction keeps `limit_rad` from the arc, by the table of `access.visibility`."""
    for i in range(out.shape[0]):
        out[i] = clears_arc(
            table,
            row[i],
            limit_rad,
            doubt_rad,
            site[i, 0],
            site[i, 1],
            site[i, 2],
            site[i, 3],
            direction[i, 0],
            direction[i, 1],
            direction[i, 2],
        )


@kernel
def link_modes(
    geometry, radio, edge_down, edge_up, flux_cap, loss_db, cosecant_max, first_mode, thresholds, out
):
    """Forward mode of links: geometry (k, 5) of range km, altitude km, cosine of scan, cell radius km, sine
    of the elevation; `loss_db` (nodes,) over 1 / sin(elevation)."""
    for i in range(out.shape[0]):
        forward, _ = level_bases_db(
            geometry[i, 0],
            geometry[i, 1],
            geometry[i, 2],
            geometry[i, 4],
            edge_sine(geometry[i, 0], geometry[i, 3]),
            radio,
            edge_down,
            edge_up,
            flux_cap,
        )
        node, weight = cosecant_weight(geometry[i, 4], cosecant_max, loss_db.shape[0])
        loss = loss_db[node] + weight * (loss_db[node + 1] - loss_db[node])
        out[i] = mode_at(forward - loss, first_mode, thresholds)
