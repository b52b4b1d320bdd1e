"""Rows of `links`: the mode of a link from small tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from raabta.bench.declare import Case, Difference, Floor, Peer, Row
from raabta.bench.instances import SEED, Floats

if TYPE_CHECKING:
    from raabta.links.tables import RadioTables

ALTITUDE_KM, CELL_RADIUS_KM, LEAST_DEG = 550.0, 9.0, 25.0
BOLTZMANN_DB = 10.0 * np.log10(1.380649e-23)


def geometry(count: int) -> Floats:
    """Links (k, 5) above 25 degrees to a shell at 550 km: range, altitude, cosine of the scan angle,
    radius of the cell (km), sine of the elevation."""
    rng = np.random.default_rng(SEED)
    up, earth = rng.uniform(np.sin(np.radians(LEAST_DEG)), 1.0, count), 6371.0
    orbit = earth + ALTITUDE_KM
    slant = np.sqrt(orbit**2 - (earth**2) * (1.0 - up**2)) - earth * up
    scan = (orbit**2 + slant**2 - earth**2) / (2.0 * orbit * slant)
    fixed = np.ones(count)
    return np.column_stack([slant, ALTITUDE_KM * fixed, scan, CELL_RADIUS_KM * fixed, up])


def numpy_modes(asked: Floats, tables: RadioTables, loss_db: Floats) -> NDArray[np.int64]:
    """The same budget on whole arrays (no cap on flux)."""
    slant, altitude, scan, radius, up = asked.T
    down_ghz, _, nadir, _, _, k_down, _, ceiling, scan_exponent, _ = tables.radio
    density = nadir + np.clip(20.0 * np.log10(slant / altitude), 0.0, max(0.0, ceiling - nadir))
    spreading = 20.0 * np.log10(4.0 * np.pi * slant * 1e3 * down_ghz * 1e9 / 299_792_458.0)
    u = k_down * radius / np.sqrt(slant**2 + radius**2)
    edge = np.interp(u, np.arange(tables.edge_down.size) * 0.01, tables.edge_down)
    nodes = np.linspace(1.0, 1.0 / np.sin(np.radians(LEAST_DEG)), loss_db.size)
    level = density - 60.0 - BOLTZMANN_DB - spreading - edge + scan_exponent * 10.0 * np.log10(scan)
    level -= np.interp(1.0 / up, nodes, loss_db)
    modes: NDArray[np.int64] = np.searchsorted(tables.thresholds[0, 0], level, side="right") - 1
    return modes


def _modes(quick: bool) -> Case:
    from raabta.bench.kernels import link_modes
    from raabta.links.tables import radio_tables
    from raabta.scenario.loader import load

    scenario = load("pakistan-starlink")
    tables = radio_tables(scenario.constellation.payload, scenario.demand.terminals)
    count = 20_000 if quick else 1_000_000
    asked = geometry(count)
    loss_db = np.linspace(0.2, 8.0, 25) - tables.terminal[0, 0]  # of the air, less the terminal's G/T
    out, steepest = np.empty(count, np.int64), 1.0 / np.sin(np.radians(LEAST_DEG))

    def work() -> NDArray[np.int64]:
        link_modes(
            asked, tables.radio, tables.edge_down, tables.edge_up, tables.flux_cap, loss_db, steepest,
            tables.first_mode[0, 0], tables.thresholds[0, 0], out,
        )  # fmt: skip
        return out

    return Case(
        size=f"{count:,} links",
        ours=work,
        amount=count / 1e6,
        peer=Peer("NumPy on whole arrays", lambda: numpy_modes(asked, tables, loss_db), count / 1e6),
        same=_same_modes,
    )


def _same_modes(ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> Difference:
    """A level within rounding of a threshold may fall on either side: one link in a million."""
    wrong = float(np.count_nonzero(ours != theirs))
    assert np.unique(ours).size > 3, "the links should use several modes"
    return Difference("links in another mode", wrong, ours.size / 1e6, "links")


ROWS = (Row("links", "forward mode of a link, from tables", "M links", _modes, floor=Floor(5.0, 1.5)),)
