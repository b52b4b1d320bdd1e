"""What runs of any kind write beside their chunks, and how the chunks are read back in order."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from raabta.engine import chunks
from raabta.engine.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray


def csv_of(table: xr.Dataset) -> bytes:
    """A Dataset of one dim as CSV; NaN is empty."""
    columns = {str(name): values.values.tolist() for name, values in table.data_vars.items()}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow(["" if value != value else value for value in row])
    return out.getvalue().encode()


def json_of(summary: Mapping[str, Any]) -> bytes:
    """A summary as UTF-8 JSON with two spaces of indent; ValueError for NaN."""
    return f"{json.dumps(summary, indent=2, allow_nan=False, ensure_ascii=False)}\n".encode()


def read_chunks(
    folder: Path, keys: Sequence[str], only: Collection[str] | None
) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The chunks of a run in order, of each only the arrays that are named."""
    with Ledger.read(folder) as ledger:
        rows = {row.key: row for row in ledger.rows()}
    for _, arrays in chunks.load_all(folder, [rows[key] for key in keys], only=only):
        yield arrays
