"""Results on disk: gather a run's chunks into Results, keep them, and read them back."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base import tables
from raabta.base.clock import eop_version
from raabta.base.errors import LimitError, OutOfRangeError, RaabtaError, StoreError
from raabta.engine import arrays as coding
from raabta.engine import chunks
from raabta.engine.atomic import write_bytes
from raabta.engine.ledger import Ledger
from raabta.engine.provenance import environment
from raabta.network import feeder
from raabta.network.chunk import WEIGHT_UNIT
from raabta.network.constraints import CONSTRAINTS
from raabta.network.record_kernels import RTT_STEP_MS
from raabta.scenario.loader import load, scenario_hash
from raabta.scenario.models import PLANS_MBPS
from raabta.service import landed
from raabta.service.cut import FALLBACK, FIRST, pass_of, slots_of
from raabta.service.demand import Subscribers
from raabta.service.gather import Gathered, kept_step, return_rates_mbps
from raabta.service.gather import gather as add_up
from raabta.service.hybrid import (
    PERCENTILES,
    Hybrid,
    fallback_arrays,
    joined,
    spread,
    summary_of,
)
from raabta.service.outcome import outcome
from raabta.service.results import Results
from raabta.service.summary import (
    cell_arrays,
    class_arrays,
    day_arrays,
    district_arrays,
)
from raabta.service.tested import Terms, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from raabta.scenario.models import Scenario
    from raabta.service.gather import Read
    from raabta.service.outcome import Outcome
    from raabta.service.passes import Pass

RESULTS = "results.npz"
TABLES = {
    "cells": tables.CELL_RESULTS,
    "districts": tables.DISTRICT_RESULTS,
    "day": tables.DAY,
    "classes": tables.CLASS_RESULTS,
}
FALLBACK_TABLES = {"fallback": tables.FALLBACK_RESULTS}
"""What a run with a fallback has beside them."""
LANDING_TABLES = {"landing": tables.LANDING}
"""What a run has whose traffic lands through lasers."""

KEPT_PER_SLOT = ("satellite", "gateway", "down", "up_ratio", "rtt", "constraint_down", "constraint_up")
"""What of a chunk the table SLOTS is made of."""
MOST_SLOT_BYTES = 2**30
"""Largest Dataset of slots that is handed out at once."""


def gather(scenario: Scenario, asked: Subscribers, read: Read, slots: int) -> tuple[Gathered, Verdict]:
    """Add up a run of so many slots from its chunks (see `gather.gather`) and test who is served."""
    terms = Terms(
        weight=np.rint(asked.cell * WEIGHT_UNIT).astype(np.int64),
        plans=len(PLANS_MBPS),
        design=list(PLANS_MBPS).index(scenario.demand.plan),
        class_share=asked.class_share,
        target_share=scenario.demand.availability_target_share,
        slots=slots,
    )
    return add_up(terms, kept_step(slots, asked.cell.size), read, landed.fibre_steps(scenario))


def outcome_of(each: Pass, read: Read, slots: int) -> Outcome:
    """What a pass finds in so many slots, from its chunks (see `gather.gather`)."""
    return outcome(each.scenario, each.people, each.asked, *gather(each.scenario, each.asked, read, slots))


def served_totals(found: Sequence[Outcome]) -> dict[str, float]:
    """Homes served per plan by what the passes of a run found, together."""
    return dict(zip(PLANS_MBPS, joined(found).served_cell().sum(axis=(0, 2)).tolist(), strict=True))


def sum_up(folder: Path, each: Pass) -> Outcome:
    """Gather the chunks of one finished pass of a run. Raises StoreError if it is not finished."""
    return outcome_of(each, _reader(folder, each.name), each.scenario.time.steps)


def _reader(folder: Path, name: str) -> Read:
    """Reads the chunks of a finished pass, or of each only the arrays that are asked for."""
    rows = planned_rows(folder, name)

    def read(only: Collection[str]) -> Iterable[Mapping[str, NDArray[Any]]]:
        return (arrays for _, arrays in chunks.load_all(folder, rows, only=only))

    return read


def summarise_run(folder: Path, passes: Sequence[Pass], found: Sequence[Outcome]) -> Results:
    """The results of a run from what its passes found."""
    whole, first = joined(found), passes[0]
    if isinstance(whole, Hybrid):
        whole = spread(whole, *(_reader(folder, each.name)(PERCENTILES) for each in passes))
    values = {
        "cells": cell_arrays(whole, first.cells),
        "districts": district_arrays(whole),
        "day": day_arrays(whole),
        "classes": class_arrays(whole),
    }
    if isinstance(whole, Hybrid):
        values["fallback"] = fallback_arrays(whole, first.cells)
    if first.scenario.lands_by_lasers:
        values["landing"] = landed.landing_arrays(whole)
    own: list[dict[str, Any]] = [
        {"satellites": each.network.propagator.count, "flux_cap": each.network.flux_cap.plain()}
        for each in passes
    ]
    extra = {
        "satellites": sum(facts["satellites"] for facts in own),
        "provenance": {
            "scenario_hash": scenario_hash(first.scenario),
            "seed": first.scenario.seed,
            "earth_orientation": eop_version(),
            **environment(),
        },
        "models": {name: edition for each in passes for name, edition in each.network.loss.editions.items()},
        "flux_cap": own[0]["flux_cap"],
        "link_fades": [row for each in passes for row in link_fades(each.scenario)],
        "assumptions": _assumptions(passes),
    }
    return _results(folder, first.scenario, summary_of(whole, extra, own), values)


def _assumptions(passes: Sequence[Pass]) -> list[str]:
    """What every report repeats: of the scenario, of the people, and of what each pass was computed from."""
    first, *others = passes
    said = [*first.scenario.assumptions, *first.people.assumptions, *_notes(first)]
    for each in others:
        label = each.scenario.constellation.label
        said += [f"{note} ({label})" for note in _notes(each)]
        said.append(_rule(first, each))
    return said


def _notes(each: Pass) -> list[str]:
    """What of its orbits, its rain, its limits and its horizons a pass tells."""
    network = each.network
    return [
        *network.propagator.notes,
        *network.rain.notes,
        network.flux_cap.sentence,
        *feeder.notes(network),
        *landed.notes(each.scenario),
        *_horizon_notes(each.scenario),
    ]


def _rule(first: Pass, second: Pass) -> str:
    """Who belongs to which constellation, as a sentence for the report."""
    ours, theirs = (each.scenario.constellation.label for each in (first, second))
    return (
        f"Fallback: a home has one terminal. {theirs} is offered the homes that {ours} does not serve at "
        f"{first.scenario.demand.plan}; those that it serves are its own, all others stay with {ours}"
    )


def planned_rows(folder: Path, name: str | None = None) -> list[chunks.Row]:
    """The chunks of a run, or of one of its passes, by pass and in the order of time.

    Raises StoreError where some are not computed.
    """
    with Ledger.read(folder) as ledger:
        rows, planned = {row.key: row for row in ledger.rows()}, ledger.planned()
    planned = sorted(planned, key=lambda key: (pass_of(key) != FIRST, key))
    planned = [key for key in planned if name in (None, pass_of(key))]
    absent = [key for key in planned if key not in rows]
    if absent or not planned:
        raise StoreError(
            f"{folder} is unfinished: {len(absent)} of {len(planned)} chunks are not computed. "
            "Run the scenario again into this folder: it resumes"
        )
    return [rows[key] for key in planned]


def _horizon_notes(scenario: Scenario) -> list[str]:
    """Which horizons were a user's own, as sentences for the report."""
    path = scenario.area.horizon_file
    notes = [] if path is None else [f"Horizons of the cells by the user's file {Path(path).name}."]
    own = [gateway.name for gateway in scenario.gateways if gateway.horizon]
    return [*notes, f"Horizons stated for the gateways {', '.join(own)}."] if own else notes


def _results(
    folder: Path, scenario: Scenario, summary: dict[str, Any], values: dict[str, dict[str, NDArray[Any]]]
) -> Results:
    coords = {
        "plan": list(PLANS_MBPS),
        "constraint": list(CONSTRAINTS),
        "terminal_class": scenario.class_names,
    }
    sets = {}
    for name, table in _tables_of(scenario).items():
        dims = {dim for column in table.columns for dim in column.dims}
        used = {dim: labels for dim, labels in coords.items() if dim in dims}
        sets[name] = tables.as_dataset(table, values[name], used)
        if os.environ.get("RAABTA_STRICT"):
            tables.check(sets[name], table)
    return Results(folder, scenario, summary, **sets)


def _tables_of(scenario: Scenario) -> dict[str, tables.Table]:
    fallback = {} if scenario.fallback is None else FALLBACK_TABLES
    return TABLES | fallback | (LANDING_TABLES if scenario.lands_by_lasers else {})


def write_results(results: Results) -> None:
    """Keep the Datasets and the summary in one file of the run folder, atomically."""
    write_bytes(results.folder / RESULTS, code_results(results))


def code_results(results: Results) -> bytes:
    """The bytes of the file of results: equal results, equal bytes."""
    flat = {}
    for name in _tables_of(results.scenario):
        dataset: xr.Dataset = getattr(results, name)
        for variable in [*dataset.data_vars, *(c for c in dataset.coords if c == "time")]:
            flat[f"{name}__{variable}"] = dataset[variable].values
    return coding.encode(flat, {"summary": json.dumps(results.summary)})


def read_results(folder: Path) -> Results:
    """Read what `write_results` kept. Raises StoreError."""
    path = folder / RESULTS
    if not path.is_file():
        raise StoreError(
            f"{folder} holds no finished run ({RESULTS} is missing): run the scenario into it first"
        )
    raw = _as_recorded(folder, RESULTS)
    _as_recorded(folder, "scenario.yaml")
    flat, attrs = coding.decode(raw)
    values: dict[str, dict[str, NDArray[Any]]] = {}
    for key, array in flat.items():
        name, variable = key.split("__", 1)
        values.setdefault(name, {})[variable] = array
    scenario = load(folder / "scenario.yaml", files_needed=False)
    try:
        return _results(folder, scenario, json.loads(attrs["summary"]), values)
    except (KeyError, ValueError, RaabtaError) as error:  # whole by its hash, so of other tables than ours
        raise StoreError(
            f"{folder} holds results of another raabta, with other tables ({error}). Run its scenario.yaml "
            "into another folder"
        ) from None


def read_scenario(folder: Path) -> Scenario:
    """The scenario of a finished run, as it ran. Raises StoreError."""
    if not (folder / "scenario.yaml").is_file():
        raise StoreError(
            f"{folder} holds no finished run (scenario.yaml is missing): run the scenario into it first"
        )
    _as_recorded(folder, "scenario.yaml")
    return load(folder / "scenario.yaml", files_needed=False)


def _as_recorded(folder: Path, name: str) -> bytes:
    """An output of the run, byte for byte what the ledger recorded. Raises StoreError if it is not."""
    with Ledger.read(folder) as ledger:
        recorded = {output.name: output.sha256 for output in ledger.outputs()}
    try:
        raw = (folder / name).read_bytes()
    except OSError as error:
        raise StoreError(
            f"{folder / name} cannot be read: {error.strerror or error}. "
            "Run the scenario into this folder again to rebuild it"
        ) from None
    if recorded.get(name) != hashlib.sha256(raw).hexdigest():
        raise StoreError(
            f"{folder / name} is not what the run wrote. `raabta verify {folder}` names every such file; "
            "run the scenario into this folder again to rebuild it"
        )
    return raw


def read_slots(
    folder: Path, first: int = 0, last: int | None = None, *, fallback: bool = False
) -> xr.Dataset:
    """What every cell had in the slots from `first` to before `last` (table SLOTS; all by default).

    Under the constellation of the run, or under its `fallback`. Reads a chunk at a time. Raises LimitError
    for more than MOST_SLOT_BYTES, OutOfRangeError for slots that the run does not have, and StoreError for a
    fallback that it does not have.
    """
    results = read_results(folder)
    if fallback and results.fallback is None:
        raise StoreError(f"{folder}: the scenario of this run has no fallback. Read its slots without")
    time = results.day["time"].values
    last = time.size if last is None else last
    if not 0 <= first < last <= time.size:
        raise OutOfRangeError(
            "the range of slots", f"{first} to {last}", f"within 0 to {time.size}", str(folder)
        )
    values = _empty_slots(last - first, results.cells.sizes["cell"])
    asked = range(first, last)
    of_pass = planned_rows(folder, FALLBACK if fallback else FIRST)
    rows = [row for row in of_pass if _overlap(slots_of(row.key), asked)]
    for key, part in chunks.load_all(folder, rows, only=KEPT_PER_SLOT):
        _place(values, part, slots_of(key).start - first)
    return tables.as_dataset(tables.SLOTS, values, {"time": time[first:last]})


def _overlap(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop


def _empty_slots(slots: int, cells: int) -> dict[str, NDArray[Any]]:
    kinds = {column.name: np.dtype(column.dtype) for column in tables.SLOTS.columns}
    each = cells * sum(kind.itemsize for kind in kinds.values())
    if slots * each > MOST_SLOT_BYTES:
        raise LimitError(
            f"{slots:,} slots of {cells:,} cells take {slots * each / 1e9:.1f} GB; allowed: "
            f"{MOST_SLOT_BYTES / 1e9:.1f} GB. Read them in parts: open_slots(RUN, first, last) with at most "
            f"{MOST_SLOT_BYTES // each:,} slots"
        )
    return {name: np.empty((slots, cells), kind) for name, kind in kinds.items()}


def _place(values: dict[str, NDArray[Any]], part: Mapping[str, NDArray[Any]], at: int) -> None:
    """Put a chunk whose first slot stands at `at` (perhaps before the first row) where it belongs."""
    rows = values["satellite"].shape[0]
    own = slice(max(0, -at), max(0, rows - at))
    to = slice(max(0, at), max(0, at) + len(part["satellite"][own]))
    rtt = part["rtt"][own].astype(np.float32) * RTT_STEP_MS
    found = {
        "satellite": part["satellite"][own],
        "gateway": part["gateway"][own],
        "down_mbps": part["down"][own],
        "up_mbps": return_rates_mbps(part)[own],
        "rtt_ms": np.where(part["satellite"][own] >= 0, rtt, np.nan),
        "constraint_down": part["constraint_down"][own],
        "constraint_up": part["constraint_up"][own],
    }
    for name, array in found.items():
        values[name][to] = array


def link_fades(scenario: Scenario) -> list[dict[str, Any]]:
    """Fades of the user links at the gateway sites, annual and worst month, at 45 degrees elevation."""
    from raabta.links.cloud_maps import brought
    from raabta.links.weather import site_tables

    maps = brought(scenario.weather.cloud_maps_file)
    payload, terminal = scenario.constellation.payload, scenario.demand.terminals[0]
    percent = [1.0, 0.3]
    rows = []
    for frequency_ghz in (payload.user_down_ghz, payload.user_up_ghz):
        both = {
            statistic: site_tables(
                [gateway.latitude_deg for gateway in scenario.gateways],
                [gateway.longitude_deg for gateway in scenario.gateways],
                0.0,
                frequency_ghz=frequency_ghz,
                dish_m=terminal.dish_m,
                efficiency_share=terminal.efficiency_share,
                exceedance_percent=percent,
                elevation_deg=[45.0],
                statistic=statistic,
                cloud_maps=maps,
            ).total_db[:, :, 0]
            for statistic in ("annual", "worst-month")
        }
        rows += [
            {
                "place": gateway.name,
                "frequency_ghz": frequency_ghz,
                "elevation_deg": 45.0,
                "exceedance_percent": p,
                "annual_db": round(float(both["annual"][g, q]), 3),
                "worst_month_db": round(float(both["worst-month"][g, q]), 3),
            }
            for g, gateway in enumerate(scenario.gateways)
            for q, p in enumerate(percent)
        ]
    return rows
