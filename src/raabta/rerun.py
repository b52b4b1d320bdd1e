"""A kept run computed again: held against what is kept, mended, or run anew into another folder.

All three read the scenario that the run folder keeps. What is to give the same bits is refused where it
cannot: under another version or on another machine, or where a file that the scenario names is another now.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import raabta.pipeline as pipeline
from raabta.base.errors import OutOfRangeError, StoreError
from raabta.engine import atomic, chunks
from raabta.engine.ledger import RUN, Ledger
from raabta.engine.provenance import environment, read_provenance
from raabta.engine.runner import run_chunks
from raabta.engine.verify import run_hash, verify
from raabta.missions import again as missions_again
from raabta.missions.run import run as run_mission
from raabta.missions.stored import is_of_a_mission
from raabta.missions.stored import open_run as open_mission
from raabta.scenario.loader import missing_files
from raabta.service import cut, passes, store
from raabta.service.hybrid import left_over

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from raabta.missions.run import Answer as MissionAnswer
    from raabta.network.model import Network
    from raabta.scenario.models import Scenario
    from raabta.service.outcome import Outcome
    from raabta.service.passes import Pass
    from raabta.service.results import Results

    Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Checked:
    """What a check found: chunks computed again, of how many; each difference in words.

    `results` says whether the results were computed again too: they are when every chunk was, and is equal.
    """

    chunks: int
    of: int
    differences: tuple[str, ...]
    results: bool


@dataclass(frozen=True)
class Repaired:
    """Files that were damaged or gone and are there again, byte for byte, and what could not be mended."""

    mended: tuple[str, ...]
    left: tuple[str, ...]


def check(
    folder: Path,
    *,
    sample: int | None = None,
    workers: int | None = None,
    progress: pipeline.Progress | None = None,
) -> Checked:
    """Compute the chunks of a finished run again, all or `sample` of them evenly spaced; compare every bit.

    Changes nothing in the folder. Raises StoreError where the same bits cannot be expected here, and
    OutOfRangeError for a sample of none or of more than there are.
    """
    tell = progress or _silent
    if is_of_a_mission(folder):
        return Checked(*missions_again.check(folder, sample, pipeline.choose_workers(workers, 1 << 20), tell))
    scenario, rows = _kept(folder), store.planned_rows(folder)
    left = _spread(rows, sample)
    chosen, checked = len(left), 0
    differences: list[str] = []
    found: list[Outcome] = []
    prepared = _prepared(scenario, tell)
    for each in prepared:
        _ready(each, found, tell)
        own, left = _of_pass(left, each)
        differences += _compared(folder, each, own, workers, tell)
        checked += len(own)
        if not left and (differences or chosen < len(rows)):
            break
        if not _intact(folder, each):
            differences.append("the fallback, which depends on a damaged chunk, was not checked")
            break
        found.append(store.sum_up(folder, each))
    whole = checked == len(rows) and not differences
    if whole and _coded(folder, prepared, found, workers, tell) is None:
        differences.append(f"{store.RESULTS}: summed up from the same chunks it has other bits")
    return Checked(checked, len(rows), tuple(differences), whole)


def _of_pass(rows: list[chunks.Row], each: Pass) -> tuple[list[chunks.Row], list[chunks.Row]]:
    """The chunks of a pass, and the others."""
    own = [row for row in rows if cut.pass_of(row.key) == each.name]
    return own, [row for row in rows if row not in own]


def _intact(folder: Path, each: Pass) -> bool:
    """Whether every chunk of a pass is there, byte for byte what was written."""
    return all(chunks.is_intact(folder, row) for row in store.planned_rows(folder, each.name))


def _compared(
    folder: Path, each: Pass, rows: list[chunks.Row], workers: int | None, tell: pipeline.Progress
) -> list[str]:
    """Compute some chunks of a pass again and hold them against the kept ones: differences in words."""
    if not rows:
        return []
    with tempfile.TemporaryDirectory(prefix="raabta-check-") as name:
        beside = Path(name)
        _run(each, rows, beside, workers, tell, compare_chunk, (each.network, folder, rows))
        said = {row.key: chunks.load(beside, row)["said"].tolist() for row in store.planned_rows(beside)}
    return [f"chunk {key}: {line}" for key, lines in said.items() for line in lines if line]


def repair(
    folder: Path, *, workers: int | None = None, progress: pipeline.Progress | None = None
) -> Repaired:
    """Compute what is damaged or gone in a finished run again; put in its place what has the recorded bits.

    Chunks and results are mended; what else `verify` names is left. Raises StoreError where the same bits
    cannot be expected here.
    """
    problems = [problem.file for problem in verify(folder)]
    if not problems:
        return Repaired((), ())
    if is_of_a_mission(folder):
        missions_again.repair(folder, pipeline.choose_workers(workers, 1 << 20), progress or _silent)
    else:
        _mend(folder, problems, workers, progress or _silent)
    left = verify(folder)
    still = {problem.file for problem in left}
    return Repaired(tuple(name for name in problems if name not in still), tuple(map(str, left)))


def _mend(folder: Path, problems: list[str], workers: int | None, tell: pipeline.Progress) -> None:
    """Put chunks and results of a run of broadband that are among the `problems` in their place again."""
    prepared = _prepared(_kept(folder), tell)
    found: list[Outcome] = []
    for each in prepared:
        _ready(each, found, tell)
        _mend_chunks(folder, each, workers, tell)
        last = each is prepared[-1] and store.RESULTS not in problems
        if last or not _intact(folder, each):
            break
        found.append(store.sum_up(folder, each))
    if store.RESULTS in problems and len(found) == len(prepared):
        data = _coded(folder, prepared, found, workers, tell)
        if data is not None:
            atomic.write_bytes(folder / store.RESULTS, data)


def again(
    folder: Path,
    out: Path,
    *,
    workers: int | None = None,
    progress: pipeline.Progress | None = None,
) -> tuple[Results | MissionAnswer, bool]:
    """Run the scenario of a finished run into another folder: (results, whether every chunk is the same)."""
    if is_of_a_mission(folder):
        return _mission_again(folder, out, workers, progress)
    _refuse_other_work(folder)
    scenario = store.read_scenario(folder)
    _refuse_gone(folder, scenario)
    if out.exists() and out.samefile(folder):
        raise StoreError(f"{out} is the run itself. Give --out another folder")
    results = pipeline.run(scenario, out, workers=workers, progress=progress)
    return results, run_hash(folder) == run_hash(out)


def _mission_again(
    folder: Path, out: Path, workers: int | None, progress: pipeline.Progress | None
) -> tuple[MissionAnswer, bool]:
    scenario = open_mission(folder).scenario
    if out.exists() and out.samefile(folder):
        raise StoreError(f"{out} is the run itself. Give --out another folder")
    crew = pipeline.choose_workers(workers, 1 << 20)
    answer = run_mission(scenario, out, workers=crew, progress=progress)
    return answer, run_hash(folder) == run_hash(out)


def _kept(folder: Path) -> Scenario:
    """The scenario of a finished run whose bits can be had again here. Raises StoreError."""
    _refuse_other_work(folder)
    scenario = store.read_scenario(folder)
    _refuse_gone(folder, scenario)
    with Ledger.read(folder) as ledger:
        ran = ledger.identity()
    here = pipeline.identity_of(scenario)
    if (ran.version, ran.environment) != (here.version, here.environment):
        raise StoreError(
            f"{folder} was computed under {_other_environment(folder)}: other bits are to be expected here. "
            "Check it there, or run it anew with `raabta rerun RUN --out DIR` and compare the two reports"
        )
    if ran.scenario_hash != here.scenario_hash:
        raise StoreError(
            f"{folder}: a file that the scenario names has changed since the run, so its slots cannot be "
            "computed again. Put the file back as it was"
        )
    return scenario


def _refuse_other_work(folder: Path) -> None:
    with Ledger.read(folder) as ledger:
        kind = ledger.identity().kind
    if kind != RUN:
        raise StoreError(
            f"{folder} holds {kind}, not a run. To check it, ask for the same into another folder with "
            "--out, and compare what both wrote; `raabta verify` re-hashes its files"
        )


def _refuse_gone(folder: Path, scenario: Scenario) -> None:
    if gone := missing_files(scenario):
        raise StoreError(
            f"{folder}: the run was made from {', '.join(gone)}, which is not there any more. Put it back: "
            "slots are computed from it again"
        )


def _other_environment(folder: Path) -> str:
    """What of the environment that a run was computed in is not so here, in words."""
    ran, here = read_provenance(folder).get("environment") or {}, environment()
    differ = [f"{name} {ran.get(name)} (here {here[name]})" for name in here if ran.get(name) != here[name]]
    return ", ".join(differ) or "another environment"


def _spread(rows: list[chunks.Row], sample: int | None) -> list[chunks.Row]:
    """All rows, or so many of them evenly spaced from the first on."""
    if sample is None:
        return rows
    if not 1 <= sample <= len(rows):
        raise OutOfRangeError("--sample", sample, f"1 to {len(rows)} chunks", "the chunks of this run")
    return [rows[i * len(rows) // sample] for i in range(sample)]


def _prepared(scenario: Scenario, tell: pipeline.Progress) -> list[Pass]:
    tell(cut.STAGES[cut.FIRST][0], 0, 1)
    return passes.prepared(scenario, *pipeline.place_people(scenario))


def _ready(each: Pass, found: list[Outcome], tell: pipeline.Progress) -> None:
    """Ask a pass for what the one before it left, and decide its admission."""
    stage = cut.STAGES[each.name][0]
    tell(stage, 0, 1)
    if found:
        each.offer(left_over(found[-1], each.asked))
    each.network = pipeline.admit_network(each.network)
    tell(stage, 1, 1)


def _run(
    each: Pass,
    rows: list[chunks.Row],
    into: Path,
    workers: int | None,
    tell: pipeline.Progress,
    compute: chunks.Compute,
    setup_args: tuple[Any, ...],
) -> None:
    """Compute some chunks into a folder of their own, which is another run as far as it is concerned."""
    keys = [row.key for row in rows]
    sizes = [len(cut.slots_of(key)) for key in keys]
    stage = cut.STAGES[each.name][1]
    run_chunks(
        into,
        pipeline.identity_of(each.scenario),
        keys,
        compute,
        workers=pipeline.choose_workers(workers, len(keys)),
        setup=_carry,
        setup_args=setup_args,
        progress=lambda done, *_: tell(stage, min(done * max(sizes), sum(sizes)), sum(sizes)),
    )


def _mend_chunks(folder: Path, each: Pass, workers: int | None, tell: pipeline.Progress) -> None:
    """Compute broken chunks of a pass beside the run; put those with the recorded bits in their place."""
    with Ledger.edit(folder), tempfile.TemporaryDirectory(prefix="raabta-repair-") as name:
        rows = store.planned_rows(folder, each.name)
        broken, beside = [row for row in rows if not chunks.is_intact(folder, row)], Path(name)
        if not broken:
            return
        atomic.make_folder(folder / chunks.FOLDER)
        _run(each, broken, beside, workers, tell, chunk_again, (each.network, folder, broken))
        with Ledger.read(beside) as ledger:
            found = {row.key: row for row in ledger.rows()}
        for row in broken:
            if found[row.key].sha256 == row.sha256:
                data = (beside / chunks.FOLDER / found[row.key].file).read_bytes()
                atomic.write_bytes(folder / chunks.FOLDER / row.file, data)


def _coded(
    folder: Path,
    prepared: list[Pass],
    found: list[Outcome],
    workers: int | None,
    tell: pipeline.Progress,
) -> bytes | None:
    """The file of results, from what the passes found anew; None if its bits are not the recorded ones."""
    with Ledger.read(folder) as ledger:
        recorded = {output.name: output.sha256 for output in ledger.outputs()}[store.RESULTS]
    tell("summing up", 0, 1)
    results = store.summarise_run(folder, prepared, found)
    tell("summing up", 1, 1)
    data = store.code_results(results)
    if hashlib.sha256(data).hexdigest() == recorded:
        return data
    from raabta.service.bands import add_bands

    banded = add_bands(results, pipeline.served_of, pipeline.choose_workers(workers, 13), tell)
    data = store.code_results(banded)
    return data if hashlib.sha256(data).hexdigest() == recorded else None


_network: Network | None = None
_folder = Path()
_rows: dict[str, chunks.Row] = {}


def _carry(network: Network, folder: Path, rows: list[chunks.Row]) -> None:
    """Give this process what chunks are computed from, and what they are held against."""
    global _network, _folder, _rows
    _network, _folder, _rows = network, folder, {row.key: row for row in rows}


def chunk_again(key: str) -> dict[str, NDArray[Any]]:
    """Arrays of one chunk, from what `_carry` gave."""
    from raabta.network.chunk import run_chunk

    if _network is None:
        raise RuntimeError("chunk_again was called before its network was set")
    return dict(run_chunk(_network, cut.slots_of(key)))


def compare_chunk(key: str) -> dict[str, NDArray[Any]]:
    """Compute one chunk and hold it against the kept one: `said`, the differences in words."""
    import numpy as np

    row, found = _rows[key], chunk_again(key)
    same = hashlib.sha256(chunks.code(key, found)).hexdigest() == row.sha256
    if same and chunks.is_intact(_folder, row):
        lines = [""]
    elif same:
        lines = [f"{chunks.FOLDER}/{row.file} is damaged or gone; `raabta verify RUN --repair` mends it"]
    else:
        lines = _against_kept(key, row, found)
    return {"said": np.array(lines)}


def _against_kept(key: str, row: chunks.Row, found: Arrays) -> list[str]:
    try:
        kept = chunks.load(_folder, row)
    except StoreError:
        return [f"{chunks.FOLDER}/{row.file} is damaged or gone, and computed again it has other bits"]
    return differences(kept, found, cut.slots_of(key)) or [
        "coded to other bytes, though every array is equal"
    ]


def differences(kept: Arrays, found: Arrays, slots: range) -> list[str]:
    """What of a chunk differs, a line per array: which slots, where it has a row for each, and how much."""
    lines = []
    for name in sorted({*kept, *found}):
        if name not in kept or name not in found:
            lines.append(f"{name} is {'kept' if name in kept else 'computed'} alone")
        elif kept[name].dtype != found[name].dtype or kept[name].shape != found[name].shape:
            one, other = (f"{each.dtype} {each.shape}" for each in (kept[name], found[name]))
            lines.append(f"{name} is {other}, kept as {one}")
        elif kept[name].tobytes() != found[name].tobytes():
            lines.append(_where(name, kept[name], found[name], slots))
    return lines


def _where(name: str, kept: NDArray[Any], found: NDArray[Any], slots: range) -> str:
    import numpy as np

    bits = f"V{kept.dtype.itemsize}"
    unequal = np.ascontiguousarray(kept).view(bits) != np.ascontiguousarray(found).view(bits)
    count = f"{int(unequal.sum()):,} of {unequal.size:,} values differ"
    if name not in PER_SLOT:
        return f"{name}: {count}"
    at = [slots[i] for i in np.flatnonzero(unequal.reshape(len(slots), -1).any(axis=1))]
    more = f" and {len(at) - 5} more" if len(at) > 5 else ""
    return f"{name}: {count}, in slot{'s' if len(at) > 1 else ''} {', '.join(map(str, at[:5]))}{more}"


PER_SLOT = frozenset((*store.KEPT_PER_SLOT, "usable_satellites", "visible_satellites"))
"""Arrays of a chunk that have a row for every slot."""


def _silent(what: str, done: int, total: int) -> None:
    """Tells nobody."""
