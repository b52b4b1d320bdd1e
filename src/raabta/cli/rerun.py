"""`raabta rerun` and `raabta verify --repair`: a kept run computed again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from raabta.base.errors import ScenarioError, StoreError
from raabta.cli.output import complain, say

if TYPE_CHECKING:
    from raabta.rerun import Checked


def rerun(folder: Path, check: bool, sample: int | None, out: Path | None, workers: int | None) -> int:
    """Hold a run against its scenario computed again, or run that into another folder; the exit code."""
    if check == (out is not None):
        raise ScenarioError("rerun needs to know what for", hint="give --check, or --out DIR for a new run")
    if sample is not None and not check:
        raise ScenarioError("option --sample is for --check", hint="give --check with it, or leave it away")
    from raabta import rerun as room
    from raabta.cli.progress import Bars

    with Bars() as bars:
        if out is None:
            found = room.check(folder, sample=sample, workers=workers, progress=bars)
        else:
            _, same = room.again(folder, out, workers=workers, progress=bars)
    if out is not None:
        same_words = "the same bits as" if same else "not in every chunk the bits of"
        say(f"Kept in {out}: {same_words} {folder}")
        return 0
    return _told(folder, found)


def _told(folder: Path, found: Checked) -> int:
    for line in found.differences:
        complain(f"{folder}: {line}")
    if found.differences:
        return StoreError.exit_code
    what = "every chunk and the results" if found.results else f"{found.chunks} of {found.of} chunks"
    say(f"{folder}: {what} computed again, the same bits")
    return 0


def repair(folder: Path, workers: int | None = None) -> int:
    """Mend what is damaged in a run; the exit code."""
    from raabta import rerun as room
    from raabta.cli.progress import Bars

    with Bars() as bars:
        found = room.repair(folder, workers=workers, progress=bars)
    for name in found.mended:
        say(f"{folder}: {name} is mended, byte for byte what the run wrote")
    for line in found.left:
        complain(f"{folder}: {line}")
    if not found.mended and not found.left:
        say(f"{folder}: every file is as it was written")
    return StoreError.exit_code if found.left else 0
