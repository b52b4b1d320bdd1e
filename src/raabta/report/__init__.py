"""How is it shown? Reads only what was stored, never calls a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from raabta.service.results import Results

__all__ = ["terminal", "write"]


def write(results: Results, folder: Path) -> dict[str, Path]:
    """Write report.html, summary.json, cells.csv, cells.geojson and districts.csv; file name -> path.

    Each file is written whole or not at all. Raises StoreError where the folder cannot be written.
    """
    from raabta.engine import atomic
    from raabta.report import files, page

    contents = {
        "summary.json": files.summary_json(results),
        "cells.csv": files.csv_bytes(files.cell_columns(results)),
        "cells.geojson": files.geojson_bytes(results),
        "districts.csv": files.csv_bytes(files.district_columns(results)),
        "report.html": page.render(results).encode("utf-8"),
    }
    atomic.make_folder(folder)
    for name, data in contents.items():
        atomic.write_bytes(folder / name, data)
    return {name: folder / name for name in contents}


def terminal(results: Results) -> list[RenderableType]:
    """What a terminal shows: headline, provinces, worst and best districts, reasons, doubts."""
    from raabta.report import console

    return console.terminal(results)
