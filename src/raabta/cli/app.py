"""The command `raabta`: options and exit codes. What a command does stands in `commands`.

Exit codes: 0 done, 2 the user's mistake, 3 a limit was refused, 130 interrupted (resumable), 1 our fault.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from raabta.base.errors import RaabtaError
from raabta.cli import (
    contacts,
    deliver,
    emulate,
    horizon,
    light,
    link,
    output,
    packets,
    paths,
    plan_beams,
    send_file,
    whatif,
)
from raabta.cli.ending import INTERRUPTED, OUR_FAULT, resumable
from raabta.cli.options import (
    Area,
    AsJson,
    Device,
    Duration,
    MaxMemory,
    MaxTime,
    Orbits,
    Out,
    RunFolder,
    Scenario,
    Scheduler,
    Settings,
    Start,
    Step,
    Workers,
    Yes,
)

app = typer.Typer(
    name="raabta",
    help="One scenario in, who is served out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class GatewayChoice(StrEnum):
    """Which gateways a run may use."""

    scenario = "scenario"
    actual = "actual"


class Beams(StrEnum):
    """Whose beams EPFD is summed over."""

    everywhere = "everywhere"
    run = "run"


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        output.say(f"raabta {version('raabta')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="show the version")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="show the traceback of an error")] = False,
) -> None:
    """Plans, simulates and operates satellite connectivity: one scenario in, who is served out."""


@app.command()
def demo(out: Out = None, workers: Workers = None) -> None:
    """Run the built-in Pakistan scenario, write its report.

    Prints progress, a table by province and the worst and best districts, then where the report is.
    """
    from raabta.cli import commands
    from raabta.cli.asked import RunOptions

    resumable(lambda: commands.demo(RunOptions(out=out, workers=workers)))


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="file to write; never overwritten")],
    country: Annotated[
        str, typer.Option(metavar="CODE", help="ISO 3166-1 code or name: PAK, PK, Pakistan")
    ] = "PAK",
) -> None:
    """Write a commented scenario to start from."""
    from raabta.cli import commands

    commands.init(file, country)


@app.command()
def run(
    scenario: Scenario,
    out: Out = None,
    start: Start = None,
    duration: Duration = None,
    step: Step = None,
    orbits: Orbits = None,
    area: Area = None,
    gateways: Annotated[
        GatewayChoice, typer.Option(help="the scenario's, or those on today's public list")
    ] = GatewayChoice.scenario,
    settings: Settings = None,
    workers: Workers = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**63 - 1, help="seed of the run")] = None,
    bands: Annotated[bool, typer.Option("--bands", help="low, mid and high instead of mid alone")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="check every table between floors")] = False,
    scheduler: Scheduler = None,
    max_time: MaxTime = None,
    max_memory: MaxMemory = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Run a scenario, or resume it; print who is served.

    Options overrule the scenario. A run that was interrupted goes on where it stood.

    Further runs are asked for by name. Served in an average year instead of the worst month:
    --set weather.statistic=annual. The satellites for this area alone, an upper bound:
    --set sharing.capacity_share=exclusive. A part of a list: --set gateways.Karachi.antennas=4,
    --set constellation.shells[0].altitude_km=550.
    """
    from raabta.cli import commands
    from raabta.cli.asked import RunOptions

    options = RunOptions(
        out,
        start,
        duration,
        step,
        orbits,
        area,
        gateways.value,
        workers,
        seed,
        bands,
        strict,
        tuple(settings or ()),
        scheduler,
        max_time,
        max_memory,
        yes,
    )
    resumable(lambda: commands.run(scenario, options, as_json))


@app.command()
def coverage(
    scenario: Scenario,
    out: Out = None,
    start: Start = None,
    duration: Annotated[str | None, typer.Option(metavar="D", help="365d, 24h, 90min")] = None,
    step: Annotated[str | None, typer.Option(metavar="S", help="time between looks: 60s")] = None,
    orbits: Orbits = None,
    area: Area = None,
    globe: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, metavar="CELLS", help="the whole Earth instead")
    ] = None,
    min_elevation: Annotated[
        float | None, typer.Option(min=0.0, max=89.0, metavar="DEG", help="instead of the scenario's")
    ] = None,
    levels: Annotated[int, typer.Option(min=1, max=32, help="shares for 1 to so many satellites")] = 4,
    device: Device = "cpu",
    settings: Settings = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    max_time: MaxTime = None,
    max_memory: MaxMemory = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Say how often how many satellites are in view, and how long the gaps are.

    For every cell of the scenario's area, or of the globe, over any length of time; resumed where it stood.
    Geometry only: capacity and people are `raabta run`. Writes coverage.csv and coverage.json.
    """
    from raabta.cli.asked import RunOptions
    from raabta.cli.coverage import coverage as answer

    options = RunOptions(
        out,
        start,
        duration,
        step,
        orbits,
        area,
        workers=workers,
        settings=tuple(settings or ()),
        scheduler=scheduler,
        max_time=max_time,
        max_memory=max_memory,
        yes=yes,
    )
    resumable(
        lambda: answer(
            scenario,
            options,
            levels=levels,
            globe=globe,
            min_elevation_deg=min_elevation,
            device=device,
            as_json=as_json,
        )
    )


@app.command()
def sweep(
    scenario: Scenario,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=V1,V2", help="values of a key to combine with the others' [required]"
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder of the designs; a sweep is resumed in it")] = None,
    start: Start = None,
    duration: Duration = None,
    step: Step = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    max_time: MaxTime = None,
    max_memory: MaxMemory = None,
    yes: Yes = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the table as JSON")] = False,
) -> None:
    """Run every combination of some values; print one table.

    Each design is a run of its own under DIR/NAME; DIR/sweep.csv and sweep.json hold a row of each. A sweep
    that was interrupted goes on where it stood.

    --set constellation.shells[0].planes=20,40 --set demand.plan=25/3,50/10 makes four designs. A value that
    holds a comma stands in quotes or brackets.
    """
    from raabta.cli import sweep as room
    from raabta.cli.asked import RunOptions

    options = RunOptions(
        out,
        start,
        duration,
        step,
        workers=workers,
        settings=tuple(settings or ()),
        scheduler=scheduler,
        max_time=max_time,
        max_memory=max_memory,
        yes=yes,
    )
    code = 0

    def answer() -> None:
        nonlocal code
        code = room.sweep(scenario, options, as_json)

    resumable(answer)
    raise typer.Exit(code)


@app.command()
def report(
    folder: RunFolder,
    out: Annotated[Path | None, typer.Option(help="folder to write to [default: RUN/report]")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the report of a run.

    An HTML page of its own, summary.json, cells.csv, cells.geojson and districts.csv.
    """
    from raabta.cli import commands

    commands.report(folder, out, as_json)


@app.command()
def explain(
    folder: RunFolder,
    place: Annotated[str | None, typer.Option(metavar="NAME", help="a town or district")] = None,
    cell: Annotated[str | None, typer.Option(metavar="ID", help="an H3 cell")] = None,
    all_classes: Annotated[bool, typer.Option("--all", help="budgets of every terminal class")] = False,
) -> None:
    """Say why a place gets what it gets.

    Its links line by line, its beams and gateways, and the constraint that binds. The links are those of the
    terminal class that reaches most homes; the others take a line each.
    """
    from raabta.cli import commands

    commands.explain(folder, place, cell, all_classes)


@app.command()
def spectrum(
    folder: RunFolder,
    band: Annotated[
        str | None, typer.Option(metavar="LOW-HIGH", help="GHz of the users' links from space: 18.6-20.2")
    ] = None,
    beams: Annotated[
        Beams, typer.Option(help="of all satellites wherever they may light, or those of the run")
    ] = Beams.everywhere,
    step: Annotated[
        str | None, typer.Option(metavar="S", help="time step of EPFD [default: 10s; beams of the run: 60s]")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=8_784.0, help="length of the EPFD run")] = 24.0,
    worldwide: Annotated[bool, typer.Option("--worldwide", help="victims at any latitude")] = False,
    price_slots: Annotated[
        int, typer.Option(min=0, max=5_760, metavar="N", help="slots that rules are priced on; 0 for none")
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Hold a run against the Radio Regulations; price each rule.

    Power flux density and EPFD down by simulation: met, exceeded, not resolved, or a row missing from our
    table, which is never a pass. The price is homes served with and without each rule. Indicative.
    """
    from raabta.cli import commands

    commands.spectrum(
        folder,
        band=band,
        beams=beams.value,
        step=step,
        hours=hours,
        worldwide=worldwide,
        price_slots=price_slots,
        as_json=as_json,
    )


@app.command()
def catalogue(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="an entry")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
) -> None:
    """List what a scenario can name, or show one entry.

    An entry is shown with every figure, its source and our confidence in it.
    """
    from raabta.cli import listing

    listing.show(name, as_json)


@app.command()
def verify(
    folder: RunFolder,
    repair: Annotated[bool, typer.Option("--repair", help="compute what is damaged or gone again")] = False,
) -> None:
    """Say whether every file of a run is as written.

    Re-hashes the folder against its ledger, and names every file that is not.
    """
    from raabta.cli import commands

    raise typer.Exit(commands.verify(folder, repair))


@app.command()
def rerun(
    folder: RunFolder,
    check: Annotated[bool, typer.Option("--check", help="compute it again and compare every bit")] = False,
    sample: Annotated[int | None, typer.Option(metavar="N", min=1, help="only N chunks of it")] = None,
    out: Annotated[Path | None, typer.Option(help="run it anew into this other folder")] = None,
    workers: Workers = None,
) -> None:
    """Compute a kept run again.

    With --check every chunk is held against the one kept, bit for bit; what differs is named, and changes
    nothing in the folder.
    """
    from raabta.cli import commands

    raise typer.Exit(commands.rerun(folder, check, sample, out, workers))


@app.command()
def bench(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="rows [default: all but `run`, `year`, `cities`]"),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="small sizes, in a minute")] = False,
    file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="keep what was seen")] = None,
    repeats: Annotated[int, typer.Option(min=1, max=1000, help="samples of each row")] = 7,
    device: Device = "auto",
    list_only: Annotated[bool, typer.Option("--list", help="name the rows")] = False,
) -> None:
    """Measure our speed beside what a user would pick today.

    In one run, in turns, and the answers compared. Ends with 1 and names the row where a guard of throughput
    is broken or answers differ.
    """
    from raabta.cli import bench as command

    raise typer.Exit(command.bench(names or (), quick, file, repeats, list_only, device))


app.command("link")(link.link)
app.command("paths")(paths.paths)
app.command("whatif")(whatif.whatif)
app.command("contacts")(contacts.contacts)
app.command("deliver")(deliver.deliver)
app.command("horizon")(horizon.horizon)
app.command("light")(light.light)
app.command("plan-beams")(plan_beams.plan_beams)
app.command("emulate")(emulate.emulate)
app.command("packets")(packets.packets)
app.command("send-file")(send_file.send_file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; never a traceback unless `--debug` asks for it."""
    output.open_closed()
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        code = app([word for word in given if word != "--debug"], prog_name="raabta", standalone_mode=False)
        with output.heard():
            sys.stdout.flush()
    except KeyboardInterrupt:
        output.complain("interrupted")
        return INTERRUPTED
    except SystemExit:  # typer's answer to a reader that has left: only its own help ends so
        output.divert(sys.stdout)
        return 0
    except Exception as error:
        error = output.at_fault(error)
        with output.unheard():
            _tell(error, debug)
        return int(getattr(error, "exit_code", OUR_FAULT))
    return code if isinstance(code, int) else 0


def _tell(error: Exception, debug: bool) -> None:
    """Say on standard error what went wrong: ours, typer's, or what should not have been."""
    if debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, RaabtaError):
        output.complain(str(error))
    elif hasattr(error, "show") and hasattr(error, "exit_code"):
        error.show()
    else:
        words = " ".join(str(error).split())[:300]
        output.complain(f"this is our fault, not yours: {type(error).__name__}: {words}")
        if not debug:
            output.complain("run the same command again with --debug and report the traceback it prints")


if __name__ == "__main__":
    sys.exit(main())
