"""What each command does. Heavy rooms are imported inside the functions, so `raabta --help` stays quick."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raabta.base.errors import ScenarioError, StoreError
from raabta.cli.asked import RUNS_FOLDER, RunOptions, load_any_scenario, load_scenario, run_folder
from raabta.cli.output import complain, say, say_json, show

if TYPE_CHECKING:
    from raabta.scenario.models import Scenario
    from raabta.service.results import Results

STRICT_VARIABLE = "RAABTA_STRICT"
"""Set to 1 by `--strict`: every Dataset that crosses a floor is held against its declaration."""


def compute(scenario: Scenario, options: RunOptions) -> Results:
    """Run a scenario (or resume it) with progress bars on standard error."""
    from raabta.cli.folders import refuse_unusable
    from raabta.cli.limits import limits

    allowed = limits(options.max_time, options.max_memory, options.yes)
    folder = options.out or run_folder(scenario)
    refuse_unusable(folder, scenario)
    if options.strict:
        os.environ[STRICT_VARIABLE] = "1"
    import raabta.pipeline as pipeline
    from raabta.cli.progress import Bars

    with Bars() as bars:
        return pipeline.run(
            scenario,
            folder,
            workers=options.workers,
            bands=options.bands,
            progress=bars,
            scheduler=options.scheduler,
            limits=allowed,
        )


def run(source: str, options: RunOptions, as_json: bool) -> None:
    """`raabta run`."""
    from raabta.scenario.missions import MissionScenario
    from raabta.scenario.paths import PathScenario

    scenario = load_any_scenario(source, options)
    if isinstance(scenario, PathScenario):
        from raabta.cli import paths

        paths.show_run(scenario, options, as_json)
        return
    if isinstance(scenario, MissionScenario):
        from raabta.cli import missions

        missions.show_run(scenario, options, as_json)
        return
    results = compute(scenario, options)
    if as_json:
        say_json(results.summary)
        return
    _print_tables(results)
    say(f"Kept in {results.folder}")
    say(f"Next: raabta report {results.folder} · raabta explain {results.folder} --place NAME")


def demo(options: RunOptions) -> None:
    """`raabta demo`: the built-in Pakistan scenario, tables and a report."""
    results = compute(load_scenario("pakistan", options), options)
    files = _write_report(results, results.folder / "report")
    _print_tables(results)
    _say_files(files)


def report(folder: Path, out: Path | None, as_json: bool) -> None:
    """`raabta report`: write the report of a stored run."""
    from raabta.missions.stored import is_of_a_mission

    if is_of_a_mission(_existing(folder)):
        from raabta.cli import missions

        missions.show_report(folder, out, as_json)
        return
    import raabta.pipeline as pipeline

    results = pipeline.open_run(folder)
    if as_json:
        say_json(results.summary)
        return
    files = _write_report(results, out or folder / "report")
    _print_tables(results)
    _say_files(files)


def explain(folder: Path, place: str | None, cell: str | None, all_classes: bool = False) -> None:
    """`raabta explain`: why one place gets what it gets."""
    if (place is None) == (cell is None):
        raise ScenarioError(
            "explain needs a place or a cell", hint="give --place NAME or --cell ID, not both"
        )
    import raabta.pipeline as pipeline

    told = pipeline.explain(_existing(folder), place=place, cell=cell, all_classes=all_classes)
    for line in told.lines:
        say(line)


def rerun(folder: Path, check: bool, sample: int | None, out: Path | None, workers: int | None) -> int:
    """`raabta rerun`: compute a kept run again; 0 when it is done and equal."""
    from raabta.cli import rerun as room

    return room.rerun(_existing(folder), check, sample, out, workers)


def spectrum(folder: Path, **asked: Any) -> None:
    """`raabta spectrum`: a run against the Radio Regulations; what is asked as in `cli.spectrum`."""
    from raabta.cli import spectrum as room

    room.spectrum(_existing(folder), **asked)


def verify(folder: Path, repair: bool = False) -> int:
    """`raabta verify`: re-hash a run folder; 0 when it is whole, else the exit code for a wrong one."""
    from raabta.cli import rerun as room
    from raabta.engine.verify import verify as find_problems

    if repair:
        return room.repair(_existing(folder))
    problems = find_problems(_existing(folder))
    for problem in problems:
        complain(f"{folder}: {problem}")
    if not problems:
        say(f"{folder}: every file is as it was written")
    elif any(problem.file.startswith("chunks/") for problem in problems):
        complain(f"`raabta verify --repair {folder}` computes chunks again, to the same bits")
    return StoreError.exit_code if problems else 0


def init(file: Path, country: str) -> None:
    """`raabta init`: a commented starting point for a country; never overwrites."""
    from raabta.access.outlines import country_names
    from raabta.scenario.template import Site, starting_point
    from raabta.service.data import towns

    code = _country(country)
    largest = towns(code)
    sites = tuple(
        Site(largest.name[i], float(largest.latitude_deg[i]), float(largest.longitude_deg[i]))
        for i in range(min(3, len(largest.name)))
    )
    if code != "PAK" and not sites:
        raise ScenarioError(f"no town of {country_names()[code]} is known to place a gateway at")
    _write_new(file, starting_point(file.name, code, country_names()[code], sites))
    say(f"Wrote {file} for {country_names()[code]} ({code}). Next: raabta run {file}")


def _country(text: str) -> str:
    """The code of a country that has an outline. Raises ScenarioError with what was meant."""
    from raabta.access.outlines import country_names
    from raabta.scenario.countries import country_name, iso3_code, meant_country

    code = iso3_code(text)
    if code in country_names():
        return str(code)
    if code is not None:
        raise ScenarioError(
            f"option --country: no outline of {country_name(code)} ({code}) comes with raabta",
            hint="start from another country; area.outline_file and area.people_file take your own",
        )
    meant = meant_country(text)
    raise ScenarioError(
        f"option --country: '{text}' is not a country we know",
        hint=f"did you mean {meant}?" if meant else "a code or a name, such as PAK, PK or Pakistan",
    )


def _write_new(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise ScenarioError(
            f"'{file}' is there already", hint="give another name; nothing was changed"
        ) from None
    except OSError as error:
        raise StoreError(f"'{file}' cannot be written: {error.strerror or error}") from None


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise StoreError(
            f"there is no run folder '{folder}'; `raabta run SCENARIO` makes one under {RUNS_FOLDER}/"
        )
    return folder


def _print_tables(results: Results) -> None:
    from raabta import report as room

    show(room.terminal(results))


def _write_report(results: Results, folder: Path) -> dict[str, Path]:
    from raabta import report as room

    return room.write(results, folder)


def _say_files(files: dict[str, Path]) -> None:
    for name, path in files.items():
        say(f"{name:<16} {path}")
