"""The tables that come with the link functions: CSV files with comments."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of one packaged table, by column; lines that begin with # are comments. Read once."""
    text = files("raabta.links").joinpath(f"data/{name}").read_text(encoding="utf-8")
    return tuple(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
