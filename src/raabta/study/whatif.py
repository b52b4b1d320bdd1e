"""A finished run again with failures laid on, graded on the same cells or pairs: who loses what.

The run with failures is a run like any other, kept in a folder of its own and resumed there.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import raabta.pipeline as pipeline
from raabta.base.errors import ScenarioError, StoreError
from raabta.engine.ledger import RUN, Ledger
from raabta.engine.limits import DEFAULT_LIMITS, Limits
from raabta.engine.verify import verify, write_output
from raabta.scenario.failures import Failure, parse
from raabta.scenario.loader import missing_files
from raabta.scenario.models import Scenario, check_broadband_failures
from raabta.scenario.paths import check_path_failures
from raabta.service.pairs import run as ways
from raabta.service.pairs.kept import KIND as WAYS
from raabta.service.pairs.stored import Stored, open_run
from raabta.study import whatif_cells, whatif_pairs
from raabta.study.busiest import resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raabta.scenario.kinds import FleetScenario
    from raabta.service.results import Results

    Progress = Callable[[str, int, int], None]
    Found = tuple[dict[str, Any], dict[str, list[Any]]]

JSON, CELLS, PAIRS = "whatif.json", "whatif_cells.csv", "whatif_pairs.csv"
SCHEMA_VERSION: Final = 1


@dataclass(frozen=True)
class Question:
    """A finished run, opened, and its scenario with the failures laid on."""

    before: Results | Stored
    scenario: FleetScenario

    @property
    def laid(self) -> tuple[Failure, ...]:
        """The failures that the run did not have."""
        return self.scenario.failures[len(self.before.scenario.failures) :]


@dataclass(frozen=True)
class Answer:
    """What failures cost: the figures of `whatif.json`, and columns by cell or by pair."""

    folder: Path
    figures: dict[str, Any]
    columns: dict[str, list[Any]]
    table: str


def ask(folder: Path, asked: Sequence[str]) -> Question:
    """The question that lines such as `gateway:Karachi` put to a finished run.

    Raises ScenarioError for a failure that cannot be understood or takes what is not there, and StoreError
    for a folder that holds no finished run of this version, environment and files.
    """
    if not asked:
        raise ScenarioError("nothing fails; give --fail, such as --fail gateway:Karachi")
    failures = [_read(text) for text in asked]
    before = _open(folder)
    _refuse_changed(before)
    base: FleetScenario = before.scenario
    found = [resolved(each, before.scenario if isinstance(before, Stored) else before) for each in failures]
    return Question(before, lay_on(base, found))


def _read(text: str) -> Failure:
    try:
        return parse(text)
    except ValueError as error:
        raise ScenarioError(f"option --fail: {error}") from None


def lay_on(scenario: FleetScenario, failures: Sequence[Failure]) -> FleetScenario:
    """A scenario with failures beside its own. Raises ScenarioError for one of what it does not have."""
    laid = (*scenario.failures, *failures)
    try:
        if isinstance(scenario, Scenario):
            check_broadband_failures(scenario, laid)
        else:
            check_path_failures(scenario, laid)
    except ValueError as error:
        raise ScenarioError(f"option --fail: {error}") from None
    return scenario.model_copy(update={"failures": laid})


def _open(folder: Path) -> Results | Stored:
    """A finished run of either kind, with nothing changed or missing."""
    held = Ledger.held(folder)
    if held is None:
        raise StoreError(f"{folder} holds no run. Name the folder of a finished one: raabta run SCENARIO")
    if held.kind not in (RUN, WAYS):
        raise StoreError(f"{folder} holds a run of kind {held.kind}; what-ifs are of `raabta run`")
    problems = verify(folder)
    if problems:
        raise StoreError(f"{folder}: {problems[0]}")
    return pipeline.open_run(folder) if held.kind == RUN else open_run(folder)


def _refuse_changed(before: Results | Stored) -> None:
    """StoreError where a run with failures would differ by more than its failures."""
    scenario, folder = before.scenario, before.folder
    gone = missing_files(scenario)
    if gone:
        raise StoreError(f"{folder}: the file {gone[0]} that its scenario names is gone. Put it back")
    here = pipeline.identity_of(scenario) if isinstance(scenario, Scenario) else ways.identity_of(scenario)
    if Ledger.held(folder) != here:
        raise StoreError(
            f"{folder} was made by another version, in another environment, or from files that are others "
            "now, so more than the failures would differ. Run its scenario.yaml into a new folder first"
        )


def whatif(
    question: Question,
    out: Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    limits: Limits | None = DEFAULT_LIMITS,
) -> Answer:
    """Run the scenario with its failures into a folder, or go on where that stood, and grade it.

    Raises what a run raises (see `pipeline.run`, `service.pairs.run.run`); what was committed stays.
    """
    before, scenario = question.before, question.scenario
    if out.resolve() == before.folder.resolve():
        raise StoreError(f"{out} is the run itself; give --out another folder")
    if isinstance(scenario, Scenario):
        after = pipeline.run(scenario, out, workers=workers, progress=progress, limits=limits)
        assert not isinstance(before, Stored)
        table, found = CELLS, whatif_cells.compare(before, after)
    else:
        crew = workers if workers is not None else pipeline.usable_cores()
        ways.run(scenario, out, workers=crew, progress=progress, limits=limits)
        assert isinstance(before, Stored)
        table, found = PAIRS, whatif_pairs.compare(before, open_run(out))
    return _keep(question, out, table, found)


def _keep(question: Question, out: Path, table: str, found: Found) -> Answer:
    """Write the figures and the table into the folder of the run with failures."""
    figures, columns = found
    scenario = question.scenario
    content = {
        "schema_version": SCHEMA_VERSION,
        "kind": scenario.kind,
        "scenario": scenario.name,
        "failures": [each.line for each in question.laid],
        "already_out": [each.line for each in question.before.scenario.failures],
        "seed": scenario.seed,
        "duration_s": scenario.time.steps * scenario.time.step_s,
        "step_s": scenario.time.step_s,
        **figures,
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_output(out, JSON, f"{text}\n".encode())
    write_output(out, table, csv_of(columns))
    return Answer(out, content, columns, table)


def csv_of(columns: dict[str, list[Any]]) -> bytes:
    """Columns as CSV; NaN is empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow(["" if value != value else value for value in row])
    return stream.getvalue().encode()
