"""`raabta whatif`: a finished run again with failures, graded on the same cells or pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raabta.cli.ending import resumable
from raabta.cli.options import AsJson, MaxMemory, MaxTime, RunFolder, Workers, Yes
from raabta.cli.output import say, say_json, show

if TYPE_CHECKING:
    from rich.table import Table

    from raabta.scenario.kinds import FleetScenario
    from raabta.study.whatif import Answer

SHOWN = 10
"""Districts and pairs in the tables on the screen; the files hold all."""


def whatif(
    run: RunFolder,
    fail: Annotated[
        list[str] | None,
        typer.Option(
            "--fail",
            metavar="WHAT",
            help="gateway:NAME, satellite:NAME, satellites:10%, plane:1/5, shell:2, storm:1:30%, laser:A-B, "
            "lasers:5%, country:OMN, cable:NAME, pop:NAME, link:busiest; @1h-2h behind it says when; "
            "repeatable [required]",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder of the run with failures; it is resumed")] = None,
    workers: Workers = None,
    max_time: MaxTime = None,
    max_memory: MaxMemory = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Run a finished run again with failures; print who loses service, for how long, and what detours cost.

    RUN is a folder of `raabta run`. Writes whatif.json and a table of every cell or pair into a folder of its
    own.
    """
    resumable(lambda: _whatif(run, fail or [], out, workers, (max_time, max_memory, yes), as_json))


def _whatif(
    run: Path,
    fail: list[str],
    out: Path | None,
    workers: int | None,
    allowed: tuple[str | None, str | None, bool],
    as_json: bool,
) -> None:
    from raabta.cli.limits import limits
    from raabta.cli.progress import Bars
    from raabta.study import whatif as room

    most = limits(*allowed)
    question = room.ask(run, fail)
    folder = out or _folder(question.scenario)
    with Bars() as bars:
        answer = room.whatif(question, folder, workers=workers, progress=bars, limits=most)
    if as_json:
        say_json(answer.figures)
        return
    for line in told(answer):
        show([line]) if not isinstance(line, str) else say(line)
    say(f"Kept in {folder}: {room.JSON}, {answer.table} and the run itself")


def _folder(scenario: FleetScenario) -> Path:
    """Where it goes when nothing else is said: raabta-runs/whatif-NAME-HASH8."""
    from raabta.cli.asked import run_folder

    return run_folder(scenario, what="whatif")


def told(answer: Answer) -> list[str | Table]:
    """What is printed: tables, and lines of text."""
    return _of_cells(answer) if answer.figures["kind"] == "broadband" else _of_pairs(answer)


def _table(title: str, *columns: str) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left")
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number == 0 else "right", overflow="fold")
    return table


def _title(figures: dict[str, Any]) -> str:
    return f"{figures['scenario']}: what if {', '.join(figures['failures'])}"


def _row(table: Table, words: str, before: float, after: float, form: str) -> None:
    table.add_row(
        words, f"{before:{form}}", f"{after:{form}}", f"{after - before:+{form}}" if before != after else "0"
    )


def _of_cells(answer: Answer) -> list[str | Table]:
    from raabta.report import words

    figures = answer.figures
    table = _table(_title(figures), "over the run", "before", "after", "change")
    for plan, served in figures["households_served"].items():
        _row(table, f"homes served at {plan}", served["before"], served["after"], ",.0f")
    minutes, handovers = figures["without_service_min_per_day"], figures["handovers_per_hour"]
    carried = figures["carried_share"]
    _row(table, "% carried of what is asked", 100 * carried["before"], 100 * carried["after"], ".2f")
    _row(table, "minutes a day without anything, per home", minutes["before"], minutes["after"], ",.1f")
    if handovers["before"] is not None and handovers["after"] is not None:
        _row(table, "handovers an hour, per home", handovers["before"], handovers["after"], ",.1f")
    for each in figures["gateways"]:
        share = each["share_of_traffic"]
        if None not in share.values():
            _row(table, f"% landed at {each['name']}", 100 * share["before"], 100 * share["after"], ".1f")
    lines: list[str | Table] = [table]
    rows = [row for row in figures["districts"] if row["before"] != row["after"]]
    if rows:
        lines.append(_districts(rows, figures["plan"]))
    binds = "; ".join(f"{words.constraint(n)} {share:.0%}" for n, share in figures["taken_over_by"].items())
    gone = _of(figures["districts_losing_the_plan"], "gone from ")
    dark = _of(figures["districts_going_dark"])
    return [
        *lines,
        f"{figures['households_losing_the_plan']:,.0f} homes lose {figures['plan']}, "
        f"{figures['households_gaining_the_plan']:,.0f} gain it; {figures['cells_losing_the_plan']:,} cells "
        f"lose it altogether{gone}.",
        *([f"What binds where less is carried: {binds}."] if binds else []),
        f"{figures['cells_going_dark']:,} cells with {figures['households_going_dark']:,.0f} homes that ask "
        f"go dark: they had something and have nothing left{dark}.",
        f"What it had a home loses for {figures['lost_min_per_day']:,.1f} min a day in the mean; the longest "
        f"loss of a cell is {figures['longest_loss_s']:,.0f} s on end.",
    ]


def _of(districts: list[str], words: str = "") -> str:
    more = f" and {len(districts) - SHOWN:,} more" if len(districts) > SHOWN else ""
    return f" ({words}{', '.join(districts[:SHOWN])}{more})" if districts else ""


def _districts(rows: list[dict[str, Any]], plan: str) -> Table:
    title = f"Districts that change most at {plan}: {min(len(rows), SHOWN)} of {len(rows)}"
    table = _table(title, "district", "before", "after", "change", "min a day lost")
    most = sorted(rows, key=lambda row: -abs(row["after"] - row["before"]))[:SHOWN]
    for row in sorted(most, key=lambda row: row["after"] - row["before"]):
        change = row["after"] - row["before"]
        table.add_row(
            row["name"],
            f"{row['before']:,.0f}",
            f"{row['after']:,.0f}",
            f"{change:+,.0f}",
            f"{row['lost_min_per_day']:,.1f}",
        )
    return table


_SPREADS = (
    ("added_rtt_median_ms", "added round trip, median over time", " ms", 1.0),
    ("added_rtt_p95_ms", "added round trip, 95 % of the time", " ms", 1.0),
    ("added_rtt_max_ms", "added round trip, most", " ms", 1.0),
    ("added_km", "added way, mean", " km", 1.0),
    ("added_satellites", "added satellites on the way, mean", "", 1.0),
    ("rerouted_share", "time on another way", " %", 100.0),
)


def _of_pairs(answer: Answer) -> list[str | Table]:
    figures = answer.figures
    table = _table(_title(figures), "over the run, mean of the pairs", "before", "after", "change")
    share = figures["connected_share"]
    _row(table, "connected, %", 100 * share["before"], 100 * share["after"], ",.2f")
    for name, words in (
        ("changes_per_hour", "other ways an hour"),
        ("handovers_per_hour", "handovers an hour"),
        ("gateway_changes_per_hour", "other gateways an hour"),
    ):
        if name in figures:
            _row(table, words, figures[name]["before"], figures[name]["after"], ",.1f")
    _traffic_rows(table, figures)
    cost = _table(
        "what other ways cost, where there is one", "", "median pair", "95 % of pairs", "worst pair"
    )
    for name, words, unit, factor in _SPREADS:
        spread = figures[name]
        if spread is not None:
            cost.add_row(words, *(f"{factor * value:,.2f}{unit}" for value in spread.values()))
    lines: list[str | Table] = [table, *([cost] if cost.row_count else []), _worst(answer)]
    causes = ", ".join(f"{cause}: {steps:,}" for cause, steps in figures["steps_lost_to"].items())
    lines.append(
        f"{figures['pairs_losing_connection']:,} of {figures['pairs']:,} pairs lose time, "
        f"{figures['pairs_cut_off']:,} of them all they had; longest loss {figures['longest_loss_s']:,g} s."
        + (f" Steps lost by cause: {causes}." if causes else "")
    )
    if "traffic" in figures:
        told = figures["traffic"]
        lines.append(
            f"{told['flows_losing']:,} flows get less in the mean, {told['flows_gaining']:,} more; "
            f"{told['flows_left_without']:,} are left with nothing."
        )
    return lines


def _traffic_rows(table: Table, figures: dict[str, Any]) -> None:
    """What all pairs send together, and where it lands, before and after."""
    if "traffic" not in figures:
        return
    told = figures["traffic"]
    _row(table, "carried, Mbps, mean", told["carried_mbps"]["before"], told["carried_mbps"]["after"], ",.1f")
    for name, share in told["flows_stopped_by_share"]["before"].items():
        later = told["flows_stopped_by_share"]["after"][name]
        if share or later:
            words = "flows that get all they ask" if name == "demand met" else f"flows stopped by: {name}"
            _row(table, f"{words}, %", 100 * share, 100 * later, ",.1f")
    for what in ("gateways", "pops"):
        for each in told.get("landing", {}).get(what, []):
            where = "landed at" if what == "gateways" else "handed over at"
            shares = each["share"]
            _row(table, f"% {where} {each['name']}", 100 * shares["before"], 100 * shares["after"], ".1f")


def _worst(answer: Answer) -> Table:
    """Pairs that lose most time, then those whose way grows most."""
    columns = answer.columns
    table = _table("pairs hit hardest", "one", "other", "lost", "longest", "added ms, median", "most")
    added = [value if value == value else 0.0 for value in columns["added_rtt_median_ms"]]
    order = sorted(range(len(added)), key=lambda i: (-columns["lost_share"][i], -added[i]))[:SHOWN]
    for i in order:
        table.add_row(
            columns["one"][i],
            columns["other"][i],
            f"{100 * columns['lost_share'][i]:.2f} %",
            f"{columns['longest_loss_s'][i]:g} s",
            *(
                "-" if columns[name][i] != columns[name][i] else f"{columns[name][i]:.2f}"
                for name in ("added_rtt_median_ms", "added_rtt_max_ms")
            ),
        )
    return table
