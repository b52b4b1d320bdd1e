"""A user's own files as text, CSV rows and GeoJSON features: size, encoding and form are checked here.

Every fault names the file and, where it is known, the line; ranges and meanings are the reader's own.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

from raabta.base.errors import LimitError, ScenarioError

MAX_FILE_BYTES = 200_000_000
_SHOWN_COLUMNS = 160
_MOST_NAMES, _NEAR = 5_000, 0.7


def read_text(path: Path, what: str, most_bytes: int = MAX_FILE_BYTES) -> str:
    """The text of a user's file; a missing, huge or undecodable one is refused with its name."""
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise LimitError(f"{path}: {size:,} bytes; {what} may have {most_bytes // 1_000_000} MB")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        fault = f"{what} cannot be read: {error}"
        raise ScenarioError(fault, file=str(path), hint="use UTF-8 text") from error
    except (OSError, ValueError) as error:
        fault, hint = why_not(path, error)
        raise ScenarioError(f"{what} cannot be read: {fault}", file=str(path), hint=hint) from error


def why_not(path: Path, error: OSError | ValueError | None = None) -> tuple[str, str | None]:
    """Why a user's file cannot be read, in words, and a hint: the folder that is missing, or a name there
    that is near. error: what the system said; None where it only is no file.

    Every reader of files says it by this, each in its own kind of error.
    """
    try:
        if path.is_dir():
            return "it is a folder", None
        if not path.exists():
            return "no such file", _near(path)
    except (OSError, ValueError):
        return "no such file", None  # nor could there be: of such a name no system has one
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:], None
    return str(error or "it is no file"), None


def _near(path: Path) -> str | None:
    """The name in the folder that was most likely meant, or the folder that is missing."""
    if not path.parent.is_dir():
        return f"there is no folder '{path.parent}'"
    with os.scandir(path.parent) as there:
        names = {each.name.casefold(): each.name for each in islice(there, _MOST_NAMES)}
    found = get_close_matches(path.name.casefold(), sorted(names), n=1, cutoff=_NEAR)
    return f"did you mean '{path.parent / names[found[0]]}'?" if found else None


def read_features(path: Path, what: str) -> list[dict[str, Any]]:
    """The features of a user's GeoJSON FeatureCollection."""
    try:
        document = json.loads(read_text(path, what))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise ScenarioError(f"{what} is not JSON: {error}", file=str(path), line=line) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features) or not features:
        raise ScenarioError(f"{what} is not a GeoJSON FeatureCollection with features", file=str(path))
    return features


def csv_rows(text: str, path: Path, what: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, fields) of a CSV text, the header first, in lower case; blank lines are skipped.

    Fields are stripped. A ragged row, a column that stands twice, a broken quote and a file without rows
    below its header are ScenarioErrors with the line.
    """
    reader = csv.reader(io.StringIO(text), strict=True)
    header: list[str] = []
    rows = 0
    try:
        for row in reader:
            fields = [field.strip() for field in row]
            if not any(fields):
                continue
            if not header:
                header = fields = _header([field.lower() for field in fields], path, reader.line_num)
            elif len(row) != len(header):
                fault = f"{len(row)} fields where the header has {len(header)}"
                raise ScenarioError(fault, file=str(path), line=reader.line_num)
            else:
                rows += 1
            yield reader.line_num, fields
    except csv.Error as error:
        raise ScenarioError(f"{what}: {error}", file=str(path), line=reader.line_num) from error
    if not rows:
        raise ScenarioError(f"{what} has no rows", file=str(path))


def _header(names: list[str], path: Path, line: int) -> list[str]:
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise ScenarioError(f"the column {twice} stands twice", file=str(path), line=line)
    return names


def read_table(path: Path, what: str) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Header and (line number, row) of a user's CSV; ragged rows are refused with their line."""
    rows = csv_rows(read_text(path, what), path, what)
    header = next(rows)[1]
    return header, [(line, dict(zip(header, fields, strict=True))) for line, fields in rows]


def field(row: dict[str, str], column: str, bounds: tuple[float, float], path: Path, line: int) -> float:
    """One number of a user's row, within bounds, or a ScenarioError with file and line."""
    try:
        value = float(row[column])
    except ValueError:
        raise ScenarioError(f"{column} is {row[column]!r}, not a number", file=str(path), line=line) from None
    if not math.isfinite(value) or not bounds[0] <= value <= bounds[1]:
        text = f"{column} is {row[column]}; allowed: {bounds[0]:g} to {bounds[1]:g}"
        raise ScenarioError(text, file=str(path), line=line)
    return value


def fault_at(
    message: str, text: str, path: Path, line: int, number: int, hint: str | None = None
) -> ScenarioError:
    """A ScenarioError that shows a line of a CSV `text` with a caret under its field `number` (from 0)."""
    source = text.split("\n", line)[line - 1]
    before = source.split(",")[:number]
    column = sum(len(part) + 1 for part in before) + 1
    shown = "".join(letter if letter.isprintable() else " " for letter in source[:_SHOWN_COLUMNS])
    return ScenarioError(
        message,
        file=str(path),
        line=line,
        column=column,
        source_line=shown if column <= len(shown) else None,
        hint=hint,
    )
