"""Find the cell that a user means, and say what it got over the run."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import ScenarioError
from raabta.engine import chunks
from raabta.engine.ledger import Ledger
from raabta.scenario.models import PLANS_MBPS

if TYPE_CHECKING:
    from pathlib import Path

    from raabta.service.results import Results


def find_cell(results: Results, *, place: str | None = None, cell: str | None = None) -> int:
    """Number of the cell with an H3 index, or of a town, or the district's cell with most subscribers."""
    if cell is not None:
        return _by_index(results, cell)
    if place is None:
        raise ScenarioError("nothing to explain", hint="name a town or a district, or give a cell")
    return _by_name(results, place)


def _by_index(results: Results, cell: str) -> int:
    try:
        index = int(cell, 16)
    except ValueError:
        raise ScenarioError(
            f"{cell!r} is not an H3 index", hint="15 hexadecimal digits, see cells.csv"
        ) from None
    found = np.flatnonzero(results.cells["h3"].values == index) if 0 < index < 2**64 else np.array([])
    if found.size == 0:
        raise ScenarioError(f"cell {cell} is not one of the {results.cells.sizes['cell']} cells of this run")
    return int(found[0])


def _by_name(results: Results, place: str) -> int:
    from raabta.access.cells import cell_of
    from raabta.service.data import towns

    known = towns(results.scenario.area.country)
    wanted = place.strip().casefold()
    lowered = [name.casefold() for name in known.name]
    if wanted in lowered:
        row = lowered.index(wanted)
        spot = cell_of(
            known.latitude_deg[row : row + 1],
            known.longitude_deg[row : row + 1],
            results.scenario.area.cell_resolution,
        )
        return _by_index(results, f"{int(spot[0]):x}")
    districts = [str(name).casefold() for name in results.districts["name"].values]
    if wanted in districts:
        inside = results.cells["district"].values == districts.index(wanted)
        homes = np.where(inside, results.cells["subscribers"].values, -1.0)
        if inside.any():
            return int(homes.argmax())
    names = [*known.name, *(str(name) for name in results.districts["name"].values)]
    close = get_close_matches(place, names, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(repr(name) for name in close)}?" if close else "see districts.csv"
    raise ScenarioError(f"no town or district of this run is called {place!r}", hint=hint)


def over_the_run(results: Results, number: int) -> list[str]:
    """What the cell is and what it got, as lines of text."""
    cell = results.cells.isel(cell=number)
    index = int(cell["district"])
    district = results.districts.isel(district=index) if index >= 0 else None
    names = () if district is None else (district["name"].item(), district["province"].item())
    where = ", ".join(str(name) for name in names) or "no district"
    spot = f"{float(cell['latitude_deg']):.3f} N {float(cell['longitude_deg']):.3f} E"
    out = [
        f"Cell {int(cell['h3']):x} at {spot}, {where}",
        f"  {float(cell['households']):,.0f} homes, "
        f"{float(cell['underserved_households']):,.0f} underserved, {float(cell['subscribers']):,.1f} ask",
    ]
    if not float(cell["subscribers"]) > 0.0:
        return [*out, "  nobody asks here, so nothing is served and nothing held back"]
    for p, plan in enumerate(PLANS_MBPS):
        out.append(f"  served at {plan}: {float(cell['served_households'][p]):,.1f} homes")
    out.append(
        f"  availability {float(cell['availability_share']):.2%}, of any link at all "
        f"{float(cell['link_availability_share']):.2%}; "
        f"{float(cell['satellites_in_view']):.1f} satellites in view"
    )
    parts = [f"{name} {float(cell[f'{name}_outage_share']):.2%}" for name in ("geometry", "rain", "capacity")]
    out.append(f"  time short of the whole ask: {', '.join(parts)}")
    share = cell["constraint_share"].values
    order = np.argsort(-share, kind="stable")
    labels = results.cells["constraint"].values
    binding = ", ".join(f"{labels[k]} {share[k]:.1%}" for k in order if share[k] > 0.0)
    return [*out, f"  what binds, in share of slots: {binding}"]


def telling_slots(folder: Path, number: int) -> list[tuple[str, int]]:
    """A typical slot (median of what is carried) and the worst one of a cell: (title, slot number)."""
    with Ledger.read(folder) as ledger:
        rows = ledger.rows()
    down_steps = np.concatenate([part["down"][:, number] for _, part in chunks.load_all(folder, rows)])
    order = np.argsort(down_steps, kind="stable")
    typical, worst = int(order[order.size // 2]), int(order[0])
    slots = [("A typical slot", typical), ("The worst slot", worst)]
    return slots if typical != worst else slots[:1]
