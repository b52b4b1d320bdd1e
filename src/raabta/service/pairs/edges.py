"""The mesh of a question about ways, step by step: as a table of edges in a file, and as a graph."""

from __future__ import annotations

import csv
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.base import tables
from raabta.base.errors import LimitError, OutOfRangeError, StoreError
from raabta.engine.atomic import PARTIAL, refusal
from raabta.engine.outputs import csv_of
from raabta.network.mesh.graph import edges_of, graph_of, kinds_of
from raabta.network.mesh.walking import changes, seconds, walk
from raabta.service.pairs.run import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import xarray as xr

    from raabta.network.mesh.walking import Mesh, Step
    from raabta.scenario.paths import PathScenario
    from raabta.service.pairs.ground import Places

MOST_STEPS: Final = 20_000
PARQUET: Final = ".parquet"


def graph(scenario: PathScenario, at_s: float = 0.0) -> Any:
    """The mesh of a scenario at one of its steps as a `networkx.Graph`: see `network.mesh.graph.graph_of`."""
    mesh, places = prepare(scenario)
    (step,) = walk(mesh, [step_at(mesh, at_s)])
    return graph_of(mesh, step, node_names(mesh, places))


def step_at(mesh: Mesh, at_s: float) -> int:
    """The step that holds a time after the start. Raises OutOfRangeError for a time outside the run."""
    time = mesh.scenario.time
    if not 0.0 <= at_s < time.steps * time.step_s:
        raise OutOfRangeError("at_s", at_s, f"0 to below {time.steps * time.step_s:g}", "the run's length")
    return int(at_s / time.step_s + 1e-9)


def node_names(mesh: Mesh, places: Places) -> list[str]:
    """Names of all nodes: satellites, then places, then points of presence."""
    return [*mesh.propagator.names, *places.name[: places.count + places.pops]]


def edge_tables(mesh: Mesh, places: Places, steps: Sequence[int]) -> Iterator[xr.Dataset]:
    """The table EDGES of each of some steps."""
    names, kinds = np.array(node_names(mesh, places)), kinds_of(mesh)
    for step in walk(mesh, steps):
        yield _edge_table(mesh, step, names, kinds)


def _edge_table(mesh: Mesh, step: Step, names: np.ndarray, kinds: np.ndarray) -> xr.Dataset:
    found = edges_of(mesh, step)
    columns = {
        "time_s": np.full(found.km.size, seconds(mesh, step.number)),
        "one": names[found.one],
        "other": names[found.other],
        "one_kind": kinds[found.one],
        "other_kind": kinds[found.other],
        "kind": found.kind,
        "km": found.km,
        "delay_ms": found.delay_ms,
    }
    return tables.as_dataset(tables.EDGES, columns)


def write_edges(scenario: PathScenario, file: Path, at_s: float | None = None) -> tuple[int, int]:
    """Write the edges of one step, or of all, as CSV, or as Parquet where the file is called so; how many
    steps and edges. Raises StoreError where it cannot be written, LimitError for too many steps."""
    writer = _parquet(file) if file.suffix.lower() == PARQUET else _csv
    mesh, places = prepare(scenario)
    steps = range(scenario.time.steps) if at_s is None else [step_at(mesh, at_s)]
    if len(steps) > MOST_STEPS:
        raise LimitError(
            f"{len(steps):,} steps are too many for one table of edges; at most {MOST_STEPS:,}. "
            "Give --at, a shorter --duration or a longer --step"
        )
    with whole(file) as made:
        count = writer(made, edge_tables(mesh, places, steps))
    return len(steps), count


def write_changes(scenario: PathScenario, file: Path) -> tuple[int, int]:
    """Write what lasers and ground links come and go as CSV, with causes; how many steps and changes. Raises
    StoreError where it cannot be written, LimitError for too many steps."""
    mesh, places = prepare(scenario)
    steps = scenario.time.steps
    if steps > MOST_STEPS:
        raise LimitError(
            f"{steps:,} steps are too many for one list of changes; at most {MOST_STEPS:,}. "
            "Give a shorter --duration or a longer --step"
        )
    names, count = tuple(mesh.propagator.names), 0
    with whole(file) as made, made.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(["time", "kind", "one", "other", "change", "cause"])
        for found in changes(mesh, range(steps)):
            writer.writerows(found.rows(names, places.name))
            count += len(found)
    return steps, count


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """A file beside this one to write to, which takes its place when all went well. Raises StoreError."""
    made = file.with_name(f".{file.name}.{secrets.token_hex(6)}{PARTIAL}")
    try:
        yield made
        made.replace(file)
    except OSError as error:
        raise refusal("write", file, error) from error
    finally:
        made.unlink(missing_ok=True)


def _csv(file: Path, parts: Iterable[xr.Dataset]) -> int:
    """Write tables one under the other; how many rows."""
    count = 0
    with file.open("wb") as stream:
        for number, part in enumerate(parts):
            text = csv_of(part)
            stream.write(text if number == 0 else text.split(b"\r\n", 1)[1])
            count += part.sizes["edge"]
    return count


def _parquet(file: Path) -> Callable[[Path, Iterable[xr.Dataset]], int]:
    """What writes Parquet. Raises StoreError where pyarrow is not installed."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise StoreError(
            f"'{file}' asks for Parquet, which pyarrow writes and which is not installed: "
            "`pip install pyarrow`, or name a file .csv"
        ) from None

    def write(made: Path, parts: Iterable[xr.Dataset]) -> int:
        count, writer = 0, None
        for part in parts:
            table = pyarrow.table({str(name): each.values.tolist() for name, each in part.data_vars.items()})
            writer = writer or parquet.ParquetWriter(made, table.schema)
            writer.write_table(table)
            count += table.num_rows
        if writer is not None:
            writer.close()
        return count

    return write
