"""A kept run of a mission computed again: every chunk, or some, and what is summed up from all of them."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from raabta.base.errors import OutOfRangeError, StoreError
from raabta.engine import chunks
from raabta.engine.ledger import Ledger
from raabta.engine.outputs import read_chunks
from raabta.engine.runner import run_chunks
from raabta.missions.model import prepare
from raabta.missions.run import KIND, answer_of, carry, compute
from raabta.missions.stored import open_run
from raabta.scenario.kept import identity_of
from raabta.scenario.loader import missing_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from raabta.missions.model import Mission

    Progress = Callable[[str, int, int], None]


def check(
    folder: Path, sample: int | None, workers: int, tell: Progress
) -> tuple[int, int, tuple[str, ...], bool]:
    """Compute chunks of a finished run again, all or `sample` of them; compare every bit.

    Returns how many, of how many, each difference in words, and whether the tables and the summary were held
    against what is kept too. Raises StoreError where the same bits cannot be expected here, and
    OutOfRangeError for a sample of none or of more than there are.
    """
    scenario = open_run(folder).scenario
    if gone := missing_files(scenario):
        raise StoreError(f"{folder}: the run was made from {', '.join(gone)}, which is gone. Put it back")
    identity = identity_of(scenario, KIND)
    if Ledger.held(folder) != identity:
        raise StoreError(
            f"{folder} was made by another version, in another environment, or from files that are others "
            "now: other bits are to be expected here. Run its scenario.yaml into a new folder and compare"
        )
    with Ledger.read(folder) as ledger:
        rows = {row.key: row for row in ledger.rows()}
        recorded = {output.name: output.sha256 for output in ledger.outputs()}
    keys, mission = sorted(rows), prepare(scenario)
    chosen = _spread(keys, sample)
    with tempfile.TemporaryDirectory(prefix="raabta-check-") as name:
        run_chunks(
            Path(name),
            identity,
            chosen,
            compute,
            workers=max(1, min(workers, len(chosen))),
            setup=carry,
            setup_args=(mission,),
            progress=lambda done, total, *_: tell("following days", done, total),
        )
        with Ledger.read(Path(name)) as ledger:
            found = {row.key: row.sha256 for row in ledger.rows()}
    damaged = [key for key in chosen if not chunks.is_intact(folder, rows[key])]
    other = [key for key in chosen if found[key] != rows[key].sha256]
    differences = [f"chunk {key} is damaged or gone" for key in damaged]
    differences += [f"chunk {key}: computed again it has other bits" for key in other]
    whole = len(chosen) == len(keys) and not differences
    if whole:
        differences += _outputs(folder, mission, keys, recorded)
    return len(chosen), len(keys), tuple(differences), whole


def _spread(keys: list[str], sample: int | None) -> list[str]:
    if sample is None:
        return keys
    if not 1 <= sample <= len(keys):
        raise OutOfRangeError("--sample", sample, f"1 to {len(keys)} chunks", "the chunks of this run")
    return [keys[i * len(keys) // sample] for i in range(sample)]


def _outputs(folder: Path, mission: Mission, keys: list[str], recorded: dict[str, str]) -> list[str]:
    """Tables and summary summed up again, that have other bits than those recorded."""
    made = answer_of(folder, mission, lambda only: read_chunks(folder, keys, only)).outputs()
    return [
        f"{name}: summed up from the same chunks it has other bits"
        for name, data in made.items()
        if recorded.get(name) != hashlib.sha256(data).hexdigest()
    ]
