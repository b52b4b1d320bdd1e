"""A kept run of a mission computed again: held against what is kept, or mended."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from raabta.base.errors import OutOfRangeError, StoreError
from raabta.engine import atomic, chunks
from raabta.engine.ledger import Ledger
from raabta.engine.outputs import read_chunks
from raabta.engine.runner import run_chunks
from raabta.engine.verify import verify
from raabta.missions.model import prepare
from raabta.missions.run import KIND, answer_of, carry, compute
from raabta.missions.stored import open_run, scenario_of
from raabta.scenario.kept import identity_of
from raabta.scenario.loader import missing_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from raabta.missions.model import Mission
    from raabta.scenario.missions import MissionScenario

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
    _refuse_other(folder, scenario)
    rows, recorded = _recorded(folder)
    keys, mission = sorted(rows), prepare(scenario)
    chosen = _spread(keys, sample)
    with _computed(mission, chosen, workers, tell) as (_, again):
        found = {key: row.sha256 for key, row in again.items()}
    damaged = [key for key in chosen if not chunks.is_intact(folder, rows[key])]
    other = [key for key in chosen if found[key] != rows[key].sha256]
    differences = [f"chunk {key} is damaged or gone" for key in damaged]
    differences += [f"chunk {key}: computed again it has other bits" for key in other]
    whole = len(chosen) == len(keys) and not differences
    if whole:
        differences += _outputs(folder, mission, keys, recorded)
    return len(chosen), len(keys), tuple(differences), whole


def repair(folder: Path, workers: int, tell: Progress) -> None:
    """Compute chunks that are damaged or gone again, and write tables and summary anew where they are; put
    in its place what has the recorded bits. Raises StoreError where the same bits cannot be expected here.
    """
    scenario = scenario_of(folder)
    _refuse_other(folder, scenario)
    mission = prepare(scenario)
    with Ledger.edit(folder):
        rows, recorded = _recorded(folder)
        broken = [key for key in sorted(rows) if not chunks.is_intact(folder, rows[key])]
        if broken:
            atomic.make_folder(folder / chunks.FOLDER)
            with _computed(mission, broken, workers, tell) as (beside, again):
                for key in broken:
                    if again[key].sha256 == rows[key].sha256:
                        data = (beside / chunks.FOLDER / again[key].file).read_bytes()
                        atomic.write_bytes(folder / chunks.FOLDER / rows[key].file, data)
    spoilt = {problem.file for problem in verify(folder)}
    if spoilt.isdisjoint(recorded) or any(name.startswith(chunks.FOLDER) for name in spoilt):
        return
    made = answer_of(folder, mission, lambda only: read_chunks(folder, sorted(rows), only)).outputs()
    for name in sorted(spoilt & made.keys()):
        if hashlib.sha256(made[name]).hexdigest() == recorded[name]:
            atomic.write_bytes(folder / name, made[name])


def _refuse_other(folder: Path, scenario: MissionScenario) -> None:
    """StoreError where a run has other bits here than it was written with."""
    if gone := missing_files(scenario):
        raise StoreError(f"{folder}: the run was made from {', '.join(gone)}, which is gone. Put it back")
    if Ledger.held(folder) != identity_of(scenario, KIND):
        raise StoreError(
            f"{folder} was made by another version, in another environment, or from files that are others "
            "now: other bits are to be expected here. Run its scenario.yaml into a new folder and compare"
        )


def _recorded(folder: Path) -> tuple[dict[str, chunks.Row], dict[str, str]]:
    """Rows of the chunks by key, and sha256 of the outputs by name, as the ledger has them."""
    with Ledger.read(folder) as ledger:
        rows = {row.key: row for row in ledger.rows()}
        return rows, {output.name: output.sha256 for output in ledger.outputs()}


@contextmanager
def _computed(
    mission: Mission, keys: list[str], workers: int, tell: Progress
) -> Iterator[tuple[Path, dict[str, chunks.Row]]]:
    """Some chunks computed again into a folder that is gone afterwards, and their rows by key."""
    with tempfile.TemporaryDirectory(prefix="raabta-again-") as name:
        run_chunks(
            Path(name),
            identity_of(mission.scenario, KIND),
            keys,
            compute,
            workers=max(1, min(workers, len(keys))),
            setup=carry,
            setup_args=(mission,),
            progress=lambda done, total, *_: tell("following days", done, total),
        )
        yield Path(name), _recorded(Path(name))[0]


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
