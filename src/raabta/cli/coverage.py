"""`raabta coverage`: how often how many satellites are in view of an area, and the gaps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from raabta.cli.asked import RunOptions, load_scenario, run_folder
from raabta.cli.output import complain, say, say_json, show
from raabta.engine.device import Device, choose

if TYPE_CHECKING:
    from rich.table import Table

    from raabta.access.survey import Question


def coverage(
    source: str,
    options: RunOptions,
    *,
    levels: int,
    globe: int | None,
    min_elevation_deg: float | None,
    device: str,
    as_json: bool,
) -> None:
    """Answer the question, with progress bars on standard error; print the table, say where it is kept."""
    from raabta.cli.limits import limits

    allowed = limits(options.max_time, options.max_memory, options.yes)
    chosen = _device(device, options)
    if chosen.note:
        complain(chosen.note)
    scenario = load_scenario(source, options)
    import raabta.pipeline as pipeline
    from raabta.access import survey
    from raabta.cli.progress import Bars

    question = survey.Question(scenario, levels, globe, min_elevation_deg, chosen.name)
    folder = options.out or _folder(question)
    workers = options.workers if options.workers is not None else pipeline.usable_cores()
    workers = 1 if chosen.name == "gpu" else workers  # one process feeds the GPU
    with Bars() as bars:
        answer = survey.run(
            question,
            folder,
            workers=workers,
            progress=bars,
            scheduler=options.scheduler,
            limits=allowed,
        )
    if as_json:
        say_json(answer.summary)
        return
    show([table(answer.summary)])
    for note in answer.summary["notes"]:
        say(note)
    say(f"Kept in {answer.folder}: {survey.TABLE} (every cell), {survey.SUMMARY}")


def _device(asked: str, options: RunOptions) -> Device:
    """Where to compute; a cluster leaves no choice but its processors. Raises ScenarioError."""
    if options.scheduler is None or asked != "auto":
        return choose(asked)
    from raabta.access.survey import NO_GPU_THERE

    return Device("cpu", f"no GPU is used: {NO_GPU_THERE}")


def _folder(question: Question) -> Path:
    """Where it goes when nothing else is said: raabta-runs/coverage-NAME-HASH8."""
    from raabta.access.survey import identity_of

    return run_folder(question.scenario, what="coverage", digest=identity_of(question).scenario_hash)


def table(summary: dict[str, Any]) -> Table:
    """The summary as a table: the worst, the mean and the best cell of each figure."""
    from rich.table import Table

    days = summary["duration_s"] / 86_400.0
    title = (
        f"{summary['satellites']:,} satellites over {summary['where']}: {summary['cells']:,} cells, "
        f"{days:g} days from {summary['start'][:10]} in steps of {summary['step_s']:g} s, "
        f"from {summary['min_elevation_deg']:g} deg"
    )
    found = Table(title=title, title_justify="left")
    found.add_column("over the cells")
    for name in ("worst", "mean", "best"):
        found.add_column(name, justify="right")
    for level, share in enumerate(summary["share_at_least"], start=1):
        words = "a satellite" if level == 1 else f"{level} satellites"
        found.add_row(f"time with {words} or more", *_row(share, lambda v: f"{100.0 * v:.3f} %", True))
    found.add_row("satellites in view, mean", *_row(summary["mean_in_view"], lambda v: f"{v:.2f}", True))
    found.add_row("gaps", *_row(summary["gaps"], lambda v: f"{v:,.0f}", False))
    for name, words in (
        ("longest_gap_s", "longest gap (maximum revisit)"),
        ("mean_gap_s", "mean gap (mean revisit)"),
        ("mean_response_s", "mean wait for a satellite"),
    ):
        found.add_row(words, *_row(summary[name], _duration, False))
    return found


def _row(spread: dict[str, float], write: Any, more_is_better: bool) -> list[str]:
    order = ("least", "mean", "most") if more_is_better else ("most", "mean", "least")
    return [str(write(spread[name])) for name in order]


def _duration(seconds: float) -> str:
    """`1 h 05 min`, `12.5 min`, `30 s`."""
    if seconds >= 3_600.0:
        hours, minutes = divmod(round(seconds / 60.0), 60)
        return f"{hours} h {minutes:02d} min"
    return f"{seconds / 60.0:.1f} min" if seconds >= 60.0 else f"{seconds:.1f} s"
