"""Every row, in the order of the table: a new kernel gets a `Row` in its room's `*_rows.py`."""

from __future__ import annotations

from collections.abc import Sequence

from raabta.base.errors import ScenarioError
from raabta.bench import (
    access_rows,
    bundle_rows,
    chain_rows,
    coverage_rows,
    flow_rows,
    gpu_rows,
    link_rows,
    lunar_rows,
    mesh_rows,
    network_rows,
    orbit_rows,
    pass_rows,
    path_rows,
    sight_rows,
    sky_rows,
    spectrum_rows,
    terrain_rows,
    throughput_rows,
    topology_rows,
    weather_rows,
)
from raabta.bench.declare import Row
from raabta.scenario.suggest import near_name

ROWS: tuple[Row, ...] = (
    *orbit_rows.ROWS,
    *sky_rows.ROWS,
    *lunar_rows.ROWS,
    *coverage_rows.ROWS,
    *access_rows.ROWS,
    *pass_rows.ROWS,
    *sight_rows.ROWS,
    *link_rows.ROWS,
    *weather_rows.ROWS,
    *network_rows.ROWS,
    *path_rows.ROWS,
    *mesh_rows.ROWS,
    *flow_rows.ROWS,
    *bundle_rows.ROWS,
    *topology_rows.ROWS,
    *throughput_rows.ROWS,
    *spectrum_rows.ROWS,
    *terrain_rows.ROWS,
    *chain_rows.ROWS,
    *gpu_rows.ROWS,
)


def chosen(names: Sequence[str]) -> tuple[Row, ...]:
    """The rows of these names, or whose names begin with one and a hyphen; without names all but the long.

    Raises ScenarioError for a name that is no row's.
    """
    if not names:
        return tuple(row for row in ROWS if not row.long)
    for name in names:
        if not any(_meant(name, row) for row in ROWS):
            near = near_name(name, [row.name for row in ROWS])
            meant = f"did you mean '{near}'? " if near else ""
            raise ScenarioError(f"bench has no row '{name}'", hint=f"{meant}`raabta bench --list` names them")
    return tuple(row for row in ROWS if any(_meant(name, row) for name in names))


def _meant(name: str, row: Row) -> bool:
    return row.name == name or row.name.startswith(f"{name}-")
