"""Runs the designs of a sweep side by side, each into a folder of its own, and gathers one row of each.

As many designs run at once as there are workers, one process each: placing people, admission and summing up
keep one core busy whatever the workers, so designs beside each other leave fewer cores idle than designs one
after the other with all workers. The designs that remain for the last round share the workers among them.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

from raabta import pipeline
from raabta.base.errors import LimitError, RaabtaError, StoreError
from raabta.engine import atomic, cluster
from raabta.engine.ledger import Ledger
from raabta.engine.limits import DEFAULT_LIMITS, Limits
from raabta.engine.provenance import read_provenance
from raabta.engine.runner import pool_over
from raabta.scenario.models import Scenario
from raabta.service import cut
from raabta.service.results import Results
from raabta.study import table
from raabta.study.designs import Axis, Design, satellites
from raabta.study.table import Told

Progress = Callable[[str, int, int], None]

_DIED = "its process died; most often the system ends one for lack of memory: give fewer --workers"


@dataclass(frozen=True)
class _Share:
    """What a design may take of the machine."""

    workers: int
    limits: Limits | None


@dataclass(frozen=True)
class _Runs:
    """The task of a worker process: run a design into its folder. Picklable."""

    folder: Path
    scenarios: Mapping[str, Scenario]
    shares: Mapping[str, _Share]
    scheduler: str | None

    def prepare(self) -> None:
        """Nothing: a design sets itself up."""

    def run(self, name: str) -> Told:
        """Run one design; its error is told, not raised, so that the others go on."""
        share = self.shares[name]
        try:
            results = pipeline.run(
                self.scenarios[name],
                self.folder / name,
                workers=share.workers,
                scheduler=self.scheduler,
                limits=share.limits,
            )
        except RaabtaError as error:
            return Told(name, error=str(error), limit=isinstance(error, LimitError))
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            return Told(name, error=f"our fault: {type(error).__name__}: {error} ({where})", fault=True)
        return Told(name, table.figures(results))


def sweep(
    axes: Sequence[Axis],
    designs: Sequence[Design],
    out: Path | str,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    limits: Limits | None = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> list[Told]:
    """Run every design into `out/NAME` and write `out/sweep.csv` and `out/sweep.json`; what became of each.

    Designs that are finished there are read, not run again. `workers` processes in all compute here; with a
    `scheduler` so many designs are prepared at once and its workers compute. Raises LimitError if all designs
    together would take more than `limits`, before any slot is computed, what a cluster raises, and
    KeyboardInterrupt; what was committed stays, and the same call goes on from there.
    """
    folder = Path(out).absolute()
    if scheduler is not None:
        cluster.refuse_unusable(scheduler)
    atomic.make_folder(folder)
    told = {design.name: found for design in designs if (found := _finished(folder, design)) is not None}
    left = [design for design in designs if design.name not in told]
    crew = min(workers or pipeline.usable_cores(), max(1, len(left)))
    shares = _shares(left, crew, workers or pipeline.usable_cores(), scheduler, limits)
    task = _Runs(folder, {each.name: each.scenario for each in left}, shares, scheduler)
    first = {design.name for design in left[:crew]}

    def take(one: Told) -> None:
        if one.limit and one.name in first:
            raise LimitError(f"the sweep of {len(designs)} designs: {one.error}")
        told[one.name] = one

    _run_all(task, [design.name for design in left], crew, take, told, _teller(folder, designs, progress))
    ordered = [told[design.name] for design in designs]
    table.write(folder, axes, designs, ordered)
    return ordered


def _shares(
    left: Sequence[Design], crew: int, workers: int, scheduler: str | None, limits: Limits | None
) -> dict[str, _Share]:
    """One process to each design, more to those of the last round if it is not full.

    Those that begin first answer with their own estimate for all that follow, by satellites and slots.
    """
    weights = [(satellites(each.scenario) or 1) * _slots(each) for each in left]
    alone = len(left) % crew
    shares = {}
    for i, design in enumerate(left):
        last_round = alone and i >= len(left) - alone
        count = workers // alone if last_round and scheduler is None else max(1, workers // len(left))
        jobs = sum(weights) / weights[i] if i < crew else 1.0
        allowed = None if limits is None else replace(limits, jobs=jobs, at_once=crew)
        shares[design.name] = _Share(max(1, count), allowed)
    return shares


def _run_all(
    task: _Runs,
    names: Sequence[str],
    crew: int,
    take: Callable[[Told], None],
    told: Mapping[str, Told],
    tick: Callable[[], None],
) -> None:
    """All of them in a pool; if a process dies, what is left one by one, to know which it is."""
    try:
        if names:
            pool_over(task, names, crew, take, tick)
    except BrokenProcessPool:
        for name in [each for each in names if each not in told]:
            try:
                pool_over(task, [name], 1, take, tick)
            except BrokenProcessPool:
                take(Told(name, error=_DIED))
    tick()


def _finished(folder: Path, design: Design) -> Told | None:
    """The figures of a design that was run to its end here before, as this raabta would run it."""
    try:
        place = folder / design.name
        read_provenance(place)  # is written last
        with Ledger.read(place) as ledger:
            if ledger.identity() != pipeline.identity_of(design.scenario):
                return None
        results: Results = pipeline.open_run(place)
    except StoreError:
        return None
    return Told(design.name, table.figures(results))


def _teller(folder: Path, designs: Sequence[Design], progress: Progress | None) -> Callable[[], None]:
    """Says how many slots of all designs are computed, by their ledgers."""
    steps = {design.name: _slots(design) for design in designs}

    def tell() -> None:
        if progress is not None:
            done = sum(min(_slots_done(folder / name), most) for name, most in steps.items())
            progress(cut.STAGES[cut.FIRST][1], done, sum(steps.values()))

    return tell


def _slots(design: Design) -> int:
    """Slots that a design computes: once under each of its constellations."""
    return design.scenario.time.steps * (1 if design.scenario.fallback is None else 2)


def _slots_done(folder: Path) -> int:
    try:
        with Ledger.read(folder) as ledger:
            return sum(len(cut.slots_of(row.key)) for row in ledger.rows())
    except StoreError:
        return 0
