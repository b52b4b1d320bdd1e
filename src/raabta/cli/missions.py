"""`raabta run` and `raabta report` of a mission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raabta.cli.output import say, say_json, show

if TYPE_CHECKING:
    from pathlib import Path

    from raabta.cli.asked import RunOptions
    from raabta.scenario.missions import MissionScenario


def show_run(scenario: MissionScenario, options: RunOptions, as_json: bool) -> None:
    """Run a mission; print its answers and tables."""
    import raabta.pipeline as pipeline
    from raabta.cli.asked import run_folder
    from raabta.cli.limits import limits
    from raabta.cli.progress import Bars
    from raabta.missions import run as room
    from raabta.missions.stored import open_run
    from raabta.report import mission as shown

    allowed = limits(options.max_time, options.max_memory, options.yes)
    folder = options.out or run_folder(scenario, what="mission")
    workers = options.workers if options.workers is not None else pipeline.usable_cores()
    with Bars() as bars:
        answer = room.run(
            scenario, folder, workers=workers, progress=bars, scheduler=options.scheduler, limits=allowed
        )
    if as_json:
        say_json(answer.summary)
        return
    show(shown.terminal(open_run(folder)))
    for note in answer.summary["notes"]:
        say(f"- {note}")
    say(f"Kept in {folder}: {', '.join(answer.outputs())}")
    say(f"Next: raabta report {folder}")


def show_report(folder: Path, out: Path | None, as_json: bool) -> None:
    """Write the page of a finished run of a mission; print its answers and tables."""
    from raabta.missions.stored import open_run
    from raabta.report import mission as shown

    stored = open_run(folder)
    if as_json:
        say_json(stored.summary)
        return
    files = shown.write(stored, out or folder / "report")
    show(shown.terminal(stored))
    for name, path in files.items():
        say(f"{name:<16} {path}")
