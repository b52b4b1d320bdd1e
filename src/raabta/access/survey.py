"""Coverage of an area over any length of time, as a run: chunks of steps, resumed, the same on any number of
workers, with a table of cells and a summary at its end.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from raabta.access import coverage, rings
from raabta.access.coverage import Ground, Statistics
from raabta.access.rings import Rings
from raabta.base.clock import eop_version
from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.engine import chunks, cluster
from raabta.engine.ledger import Identity, Ledger
from raabta.engine.limits import DEFAULT_LIMITS, Estimate, Limits
from raabta.engine.provenance import environment, hash_of, provenance, write_provenance
from raabta.engine.runner import run_chunks
from raabta.engine.verify import write_output
from raabta.orbits.propagate import Propagator, start_utc
from raabta.orbits.satellites_out import laid_on
from raabta.scenario.loader import scenario_hash, to_yaml
from raabta.scenario.models import Scenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEPS_PER_CHUNK = 1_440
MOST_CELLS = 1_000_000
BASE_BYTES = 300e6
"""A process with its libraries and compiled kernels."""
NO_GPU_THERE = "a cluster computes on processors"
KIND = "coverage"
"""What the ledger says a folder of ours holds."""
TABLE, SUMMARY = "coverage.csv", "coverage.json"
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Question:
    """What is asked: a scenario's satellites, time and area. `globe_cells`: about so many equal cells of the
    whole Earth in place of the area; `levels`: shares for 1 to so many satellites; the least elevation is
    the scenario's unless given; `device`: see `coverage.tally`."""

    scenario: Scenario
    levels: int = 4
    globe_cells: int | None = None
    min_elevation_deg: float | None = None
    device: Literal["cpu", "gpu"] = "cpu"

    @property
    def least_deg(self) -> float:
        """The minimum elevation that holds."""
        own = self.scenario.constellation.user_min_elevation_deg
        return own if self.min_elevation_deg is None else self.min_elevation_deg


@dataclass(frozen=True)
class Cells:
    """Where coverage is asked for: a name, degrees, each (cells,)."""

    name: tuple[str, ...]
    latitude_deg: Floats
    longitude_deg: Floats


@dataclass(frozen=True)
class Answer:
    """Statistics of every cell, and the summary that `coverage.json` holds."""

    folder: Path
    cells: Cells
    statistics: Statistics
    summary: dict[str, Any]


def run(
    question: Question,
    folder: Path,
    *,
    workers: int,
    steps_per_chunk: int = STEPS_PER_CHUNK,
    progress: Progress | None = None,
    scheduler: str | None = None,
    limits: Limits | None = DEFAULT_LIMITS,
) -> Answer:
    """Answer a question into a folder, or go on where its run stood; writes `coverage.csv` and `.json`.

    With a `scheduler` (`dask://HOST:PORT`) its workers compute; a job beyond `limits` is refused.
    Raises OutOfRangeError for a question out of range, ScenarioError for one that a cluster does not answer,
    NoSolutionError for no cell or satellite, StoreError for a folder of another run, what a cluster raises,
    KeyboardInterrupt; what was committed stays.
    """
    tell = progress or (lambda what, done, total: None)
    started = datetime.now(UTC)
    _check(question)
    if scheduler is not None and question.device == "gpu":
        raise ScenarioError(f"device gpu: {NO_GPU_THERE}", hint="leave --device or --scheduler out")
    identity = identity_of(question)
    Ledger.refuse_other(folder, identity)
    elsewhere = None if scheduler is None else cluster.refuse_unusable(scheduler)
    tell("placing cells", 0, 1)
    cells, fleet = _cells(question), _fleet(question)
    tell("placing cells", 1, 1)
    keys = chunk_keys(question.scenario.time.steps, steps_per_chunk)
    if limits is not None:
        left, crew = Ledger.missing(folder, keys), elsewhere or workers
        effort = estimate(question, len(cells.name), fleet.count, left, crew, elsewhere=elsewhere is not None)
        limits.refuse(effort, folder)
    run_chunks(
        folder,
        identity,
        keys,
        _compute,
        workers=max(1, min(workers, len(keys))),
        scheduler=scheduler,
        setup=_carry,
        setup_args=(question, cells, fleet),
        progress=lambda done, total, resumed, seconds: tell("watching the sky", done, total),
    )
    found = coverage.statistics(_sums(folder, keys), question.scenario.time.step_s)
    answer = Answer(folder, cells, found, _summary(question, cells, fleet, found))
    _keep(question, answer, identity, started)
    return answer


def _keep(question: Question, answer: Answer, identity: Identity, started: datetime) -> None:
    """Write the table, the summary, the scenario as it ran, and where they came from."""
    folder = answer.folder
    text = json.dumps(answer.summary, indent=2, allow_nan=False, ensure_ascii=False)
    write_output(folder, TABLE, _table(answer))
    write_output(folder, SUMMARY, f"{text}\n".encode())
    write_output(folder, "scenario.yaml", to_yaml(question.scenario).encode())
    content = provenance(
        scenario_hash=identity.scenario_hash,
        seed=identity.seed,
        inputs={"earth_orientation": eop_version()},
        started=started,
        ended=datetime.now(UTC),
    )
    write_provenance(folder, content)


def estimate(
    question: Question,
    cells: int,
    satellites: int,
    keys: Sequence[str],
    workers: int,
    *,
    elsewhere: bool = False,
) -> Estimate:
    """What the chunks `keys` take, from rates seen on one core: 45 ns a position; a cell 10 ns a step, and
    4 ps more a satellite (some 140 us for 1,584 satellites over 3,527 cells). Disk before compression.

    `workers` processes compute, here or `elsewhere`: then only this process counts for the memory."""
    step_s = 45e-9 * satellites + cells * (10e-9 + 4e-12 * satellites)
    steps = sum(len(steps_of(key)) for key in keys)
    crew = max(1, min(workers, len(keys)))
    rows = coverage.ROWS + question.levels
    memory = BASE_BYTES + 8.0 * (rows * cells + 3 * coverage.SLICE_STEPS * satellites * 2 + 9 * cells)
    return Estimate(
        seconds=3.0 + steps * step_s / crew,
        memory_bytes=memory * (1 if elsewhere else crew + 1),
        disk_bytes=4.0 * (rows + 2) * cells * len(keys),
    )


def chunk_keys(steps: int, steps_per_chunk: int = STEPS_PER_CHUNK) -> list[str]:
    """Keys of the chunks of a run: the steps each covers."""
    return chunks.span_keys("steps", steps, steps_per_chunk)


def steps_of(key: str) -> range:
    """The steps that the chunk of a key covers."""
    return chunks.span_of(key)


def times_of(question: Question, first: int, last: int) -> NDArray[np.datetime64]:
    """UTC instants of the steps first..last - 1."""
    time = question.scenario.time
    offset = np.rint(np.arange(first, last) * (time.step_s * 1e9)).astype(np.int64)
    instants: NDArray[np.datetime64] = start_utc(time.start) + offset.astype("timedelta64[ns]")
    return instants


def _check(question: Question) -> None:
    if not 0.0 <= question.least_deg < 90.0:
        raise OutOfRangeError(
            "minimum elevation (deg)", question.least_deg, "0 to below 90", "raabta coverage"
        )
    if not 1 <= question.levels <= coverage.MOST_LEVELS:
        raise OutOfRangeError("levels", question.levels, f"1 to {coverage.MOST_LEVELS}", "raabta coverage")
    if question.globe_cells is not None and not 1 <= question.globe_cells <= MOST_CELLS:
        raise OutOfRangeError(
            "cells of the globe", question.globe_cells, f"1 to {MOST_CELLS:,}", "raabta coverage"
        )


def identity_of(question: Question) -> Identity:
    """What makes a run of this question that run: the scenario and what is asked of it."""
    asked = [scenario_hash(question.scenario), question.levels, question.globe_cells]
    asked += [question.least_deg]
    asked += ["gpu"] if question.device == "gpu" else []
    return Identity(
        scenario_hash=hash_of(asked),
        version=str(environment()["raabta"]),
        seed=question.scenario.seed,
        environment=hash_of(environment()),
        kind=KIND,
    )


def _fleet(question: Question) -> Propagator:
    time = question.scenario.time
    fleet = Propagator.from_constellation(question.scenario.constellation, time.start, time.duration_s)
    return laid_on(fleet, question.scenario)


def _cells(question: Question) -> Cells:
    """The cells of the question: H3 of the area in the order of their index, or rings."""
    if question.globe_cells is not None:
        ground = rings.equal_area(question.globe_cells)
        names = tuple(str(number) for number in range(ground.count))
        return Cells(names, ground.cell_latitude_deg, ground.cell_longitude_deg)
    from raabta.access.cells import cells

    table = cells(question.scenario.area, [], [])
    names = tuple(f"{index:x}" for index in table["h3"].values.tolist())
    return Cells(names, table["latitude_deg"].values, table["longitude_deg"].values)


_carried: tuple[Question, Ground | Rings, Propagator] | None = None


def _carry(question: Question, cells: Cells, fleet: Propagator) -> None:
    """Give this process what its chunks are computed from."""
    global _carried
    where: Ground | Rings
    if question.globe_cells is None:
        where = coverage.ground(cells.latitude_deg, cells.longitude_deg)
    else:
        where = rings.equal_area(question.globe_cells)
    _carried = (question, where, fleet)


def _compute(key: str) -> dict[str, Any]:
    """Arrays of one chunk: a pure function of what is carried and the key."""
    if _carried is None:
        raise RuntimeError("a chunk was asked for before its question was set")
    question, where, fleet = _carried
    steps = steps_of(key)
    times = times_of(question, steps.start, steps.stop)
    sums = coverage.tally(where, fleet, times, question.least_deg, question.levels, question.device)
    return dict(coverage.to_arrays(sums))


def _sums(folder: Path, keys: list[str]) -> coverage.Tally:
    with Ledger.read(folder) as ledger:
        rows = {row.key: row for row in ledger.rows()}
    ordered = [rows[key] for key in keys]
    return coverage.join(coverage.from_arrays(held) for _, held in chunks.load_all(folder, ordered))


def _summary(question: Question, cells: Cells, fleet: Propagator, found: Statistics) -> dict[str, Any]:
    scenario = question.scenario
    worst = int(np.argmin(found.share_at_least[0]))
    return {
        "schema_version": 1,
        "scenario": scenario.name,
        "constellation": scenario.constellation.label,
        "satellites": fleet.count,
        "where": "globe"
        if question.globe_cells is not None
        else scenario.area.outline_file or scenario.area.country,
        "cells": len(cells.name),
        "start": str(np.datetime_as_string(start_utc(scenario.time.start), "s")) + "Z",
        "duration_s": scenario.time.steps * scenario.time.step_s,
        "step_s": scenario.time.step_s,
        "steps": scenario.time.steps,
        "min_elevation_deg": question.least_deg,
        "share_at_least": [_spread(share) for share in found.share_at_least],
        "mean_in_view": _spread(found.mean_in_view),
        "least_in_view": int(found.least_in_view.min()),
        "most_in_view": int(found.most_in_view.max()),
        "gaps": _spread(found.gaps),
        "longest_gap_s": _spread(found.longest_gap_s),
        "mean_gap_s": _spread(found.mean_gap_s),
        "mean_response_s": _spread(found.mean_response_s),
        "worst_cell": {
            "cell": cells.name[worst],
            "latitude_deg": float(cells.latitude_deg[worst]),
            "longitude_deg": float(cells.longitude_deg[worst]),
            "share_at_least_1": float(found.share_at_least[0, worst]),
        },
        "notes": list(fleet.notes),
    }


def _spread(values: NDArray[Any]) -> dict[str, float]:
    """Least, mean and most over the cells; a cell counts as a cell, whatever its area."""
    return {"least": float(values.min()), "mean": float(values.mean()), "most": float(values.max())}


def _table(answer: Answer) -> bytes:
    """The statistics of every cell as CSV."""
    found, cells = answer.statistics, answer.cells
    columns: dict[str, list[Any]] = {
        "cell": list(cells.name),
        "latitude_deg": cells.latitude_deg.round(6).tolist(),
        "longitude_deg": cells.longitude_deg.round(6).tolist(),
    }
    for level, share in enumerate(found.share_at_least, start=1):
        columns[f"share_at_least_{level}"] = share.tolist()
    names = ("mean_in_view", "least_in_view", "most_in_view", "gaps", "longest_gap_s", "mean_gap_s")
    for name in (*names, "mean_response_s"):
        columns[name] = getattr(found, name).tolist()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue().encode()
