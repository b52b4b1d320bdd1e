"""A kept run computed again: held against what is kept, mended, or run anew into another folder.

All three read the scenario that the run folder keeps. What is to give the same bits is refused where it
cannot: under another version or on another machine, or where a file that the scenario names is another now.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import raabta.pipeline as pipeline
from raabta.base.errors import OutOfRangeError, StoreError
from raabta.engine import atomic, chunks
from raabta.engine.ledger import RUN, Ledger
from raabta.engine.provenance import environment, read_provenance
from raabta.engine.runner import run_chunks
from raabta.engine.verify import run_hash, verify
from raabta.scenario.loader import missing_files
from raabta.service import cut, store

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr
    from numpy.typing import NDArray

    from raabta.network.model import Network
    from raabta.scenario.models import Scenario
    from raabta.service.people import People
    from raabta.service.results import Results

    Arrays = Mapping[str, NDArray[Any]]


class _Made(NamedTuple):
    """What a run computes its chunks and sums from."""

    cells: xr.Dataset
    people: People
    network: Network


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
    scenario, rows, tell = _kept(folder), store.planned_rows(folder), progress or _silent
    chosen = _spread(rows, sample)
    made = _make(scenario, tell)
    with tempfile.TemporaryDirectory(prefix="raabta-check-") as beside:
        _run(
            scenario, chosen, Path(beside), workers, tell, compare_chunk, _carry, (made.network, folder, rows)
        )
        found = {row.key: chunks.load(Path(beside), row)["said"] for row in store.planned_rows(Path(beside))}
    differences = [f"chunk {key}: {line}" for key, lines in found.items() for line in lines.tolist() if line]
    whole = len(chosen) == len(rows) and not differences
    if whole and _coded(folder, scenario, made, workers, tell) is None:
        differences.append(f"{store.RESULTS}: summed up from the same chunks it has other bits")
    return Checked(len(chosen), len(rows), tuple(differences), whole)


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
    scenario, tell = _kept(folder), progress or _silent
    made = _make(scenario, tell)
    with Ledger.edit(folder) as ledger:
        broken = [row for row in ledger.rows() if not chunks.is_intact(folder, row)]
        atomic.make_folder(folder / chunks.FOLDER)
        if broken:
            _mend_chunks(folder, scenario, made, broken, workers, tell)
    if store.RESULTS in problems and all(chunks.is_intact(folder, row) for row in store.planned_rows(folder)):
        data = _coded(folder, scenario, made, workers, tell)
        if data is not None:
            atomic.write_bytes(folder / store.RESULTS, data)
    left = verify(folder)
    still = {problem.file for problem in left}
    return Repaired(tuple(name for name in problems if name not in still), tuple(map(str, left)))


def again(
    folder: Path,
    out: Path,
    *,
    workers: int | None = None,
    progress: pipeline.Progress | None = None,
) -> tuple[Results, bool]:
    """Run the scenario of a finished run into another folder: (results, whether every chunk is the same)."""
    _refuse_other_work(folder)
    scenario = store.read_scenario(folder)
    _refuse_gone(folder, scenario)
    if out.exists() and out.samefile(folder):
        raise StoreError(f"{out} is the run itself. Give --out another folder")
    results = pipeline.run(scenario, out, workers=workers, progress=progress)
    return results, run_hash(folder) == run_hash(out)


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


def _make(scenario: Scenario, tell: pipeline.Progress) -> _Made:
    tell("preparing tables and admission", 0, 1)
    cells, people = pipeline.place_people(scenario)
    made = _Made(cells, people, pipeline.build_network(scenario, cells, people))
    tell("preparing tables and admission", 1, 1)
    return made


def _run(
    scenario: Scenario,
    rows: list[chunks.Row],
    into: Path,
    workers: int | None,
    tell: pipeline.Progress,
    compute: chunks.Compute,
    setup: Any,
    setup_args: tuple[Any, ...],
) -> None:
    """Compute some chunks into a folder of their own, which is another run as far as it is concerned."""
    keys = [row.key for row in rows]
    sizes = [len(cut.slots_of(key)) for key in keys]
    run_chunks(
        into,
        pipeline.identity_of(scenario),
        keys,
        compute,
        workers=pipeline.choose_workers(workers, len(keys)),
        setup=setup,
        setup_args=setup_args,
        progress=lambda done, *_: tell("simulating slots", min(done * max(sizes), sum(sizes)), sum(sizes)),
    )


def _mend_chunks(
    folder: Path,
    scenario: Scenario,
    made: _Made,
    broken: list[chunks.Row],
    workers: int | None,
    tell: pipeline.Progress,
) -> None:
    """Compute broken chunks beside the run; put those with the recorded bits in their place."""
    with tempfile.TemporaryDirectory(prefix="raabta-repair-") as name:
        beside = Path(name)
        _run(scenario, broken, beside, workers, tell, chunk_again, _carry, (made.network, folder, broken))
        with Ledger.read(beside) as ledger:
            found = {row.key: row for row in ledger.rows()}
        for row in broken:
            if found[row.key].sha256 == row.sha256:
                data = (beside / chunks.FOLDER / found[row.key].file).read_bytes()
                atomic.write_bytes(folder / chunks.FOLDER / row.file, data)


def _coded(
    folder: Path, scenario: Scenario, made: _Made, workers: int | None, tell: pipeline.Progress
) -> bytes | None:
    """The file of results, summed up from the chunks anew; None if its bits are not the recorded ones."""
    with Ledger.read(folder) as ledger:
        recorded = {output.name: output.sha256 for output in ledger.outputs()}[store.RESULTS]
    tell("summing up", 0, 1)
    results = store.summarise_run(folder, scenario, *made)
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
