"""Find the cell that a user means, and say what it got over the run."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raabta.base.errors import ScenarioError
from raabta.engine import chunks
from raabta.network.constraints import named
from raabta.scenario.models import PLANS_MBPS
from raabta.service.store import planned_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from raabta.service.results import Results


class Found(NamedTuple):
    """A cell that a user meant: its number, and what to say about how it was found."""

    number: int
    notes: tuple[str, ...] = ()


def find(results: Results, *, place: str | None = None, cell: str | None = None) -> Found:
    """The cell a user means, and how it was found. Raises ScenarioError with near names."""
    if cell is not None:
        return _by_index(results, cell)
    if place is None:
        raise ScenarioError("nothing to explain", hint="name a town or a district, or give a cell")
    return _by_name(results, place)


def _by_index(results: Results, cell: str) -> Found:
    try:
        index = int(cell, 16)
    except ValueError:
        raise ScenarioError(
            f"{cell!r} is not an H3 index",
            hint=f"15 hexadecimal digits; `raabta report {results.folder}` writes cells.csv with every cell",
        ) from None
    number = _number(results, index)
    if number is None:
        raise ScenarioError(f"cell {cell} is not one of the {results.cells.sizes['cell']} cells of this run")
    return Found(number)


def _number(results: Results, index: int) -> int | None:
    found = np.flatnonzero(results.cells["h3"].values == index) if 0 < index < 2**64 else np.array([])
    return int(found[0]) if found.size else None


def _by_name(results: Results, place: str) -> Found:
    """A town first, then a district; a town that the run does not hold is said, and the district tried."""
    from raabta.service.data import towns

    known, wanted = towns(results.scenario.area.country).name, place.strip().casefold()
    rows = [row for row, name in enumerate(known) if name.casefold() == wanted]
    for at in [_town_cell(results, row) for row in rows]:
        number = _number(results, at)
        if number is not None:
            return Found(number)
    outside = (f"The town of {known[rows[0]]} lies outside the cells of this run",) if rows else ()
    district = _district_cell(results, wanted)
    if district is not None:
        return district._replace(notes=(*outside, *district.notes))
    if outside:
        raise ScenarioError(
            f"{outside[0][0].lower()}{outside[0][1:]}, and no district with cells is called {place!r}",
            hint=f"name a place inside its area; {_listed(results)}",
        )
    raise _unknown(results, place, known)


def _town_cell(results: Results, row: int) -> int:
    """H3 index of the cell that a town stands in, whether the run holds it or not."""
    from raabta.access.cells import cell_of
    from raabta.service.data import towns

    area = results.scenario.area
    known = towns(area.country)
    spot = slice(row, row + 1)
    return int(cell_of(known.latitude_deg[spot], known.longitude_deg[spot], area.cell_resolution)[0])


def _district_cell(results: Results, wanted: str) -> Found | None:
    names = [str(name) for name in results.districts["name"].values]
    rows = [row for row, name in enumerate(names) if name.casefold() == wanted]
    inside = np.isin(results.cells["district"].values, rows)
    if not inside.any():
        return None
    number = int(np.where(inside, results.cells["subscribers"].values, -1.0).argmax())
    cell = f"{int(results.cells['h3'].values[number]):x}"
    note = f"District {names[rows[0]]}: the one of its cells with most subscribers, {cell}"
    return Found(number, (note,))


def _unknown(results: Results, place: str, known: Sequence[str]) -> ScenarioError:
    names = dict.fromkeys([*(str(name) for name in results.districts["name"].values), *known])
    close = get_close_matches(place, names, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(repr(name) for name in close)}?" if close else _listed(results)
    return ScenarioError(f"no town or district of this run is called {place!r}", hint=hint)


def _listed(results: Results) -> str:
    return f"`raabta report {results.folder}` writes districts.csv with every district"


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
        served = f"  served at {plan}: {float(cell['served_households'][p]):,.1f} homes"
        out.append(served + _by_which(results, number, p))
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
    binding = ", ".join(f"{named(str(labels[k]))} {share[k]:.1%}" for k in order if share[k] > 0.0)
    return [*out, f"  what binds, in share of slots: {binding}"]


def _by_which(results: Results, number: int, plan: int) -> str:
    """How many of the homes served each constellation serves; empty where there is one."""
    scenario = results.scenario
    if results.fallback is None or scenario.fallback is None:
        return ""
    second = float(results.fallback["served_households"][number, plan])
    first = max(0.0, float(results.cells["served_households"][number, plan]) - second)
    names = scenario.constellation.label, scenario.fallback.constellation.label
    return f" ({names[0]} {first:,.1f}, {names[1]} {second:,.1f})"


def telling_slots(folder: Path, number: int, name: str) -> list[tuple[str, int]]:
    """A typical slot (median of what is carried) and the worst one of a cell in a pass: (title, slot number).

    No worst one where none carries less than the typical one: where nobody asks, or nothing ever varies.
    """
    parts = chunks.load_all(folder, planned_rows(folder, name), ["down"])
    down = np.concatenate([part["down"][:, number].copy() for _, part in parts])
    order = np.argsort(down, kind="stable")
    typical, worst = int(order[order.size // 2]), int(order[0])
    slots = [("A typical slot", typical), ("The worst slot", worst)]
    return slots if down[worst] < down[typical] else slots[:1]
