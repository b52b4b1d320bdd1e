"""`raabta paths`: ways between places over a constellation; how late, how steady, and why not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raabta.base.errors import ScenarioError
from raabta.cli.ending import resumable
from raabta.cli.options import (
    AsJson,
    Duration,
    MaxMemory,
    MaxTime,
    Orbits,
    Out,
    Scheduler,
    Settings,
    Start,
    Workers,
    Yes,
)
from raabta.cli.output import say, say_json, show
from raabta.scenario.suggest import same_place

if TYPE_CHECKING:
    from rich.table import Table

    from raabta.cli.asked import RunOptions
    from raabta.scenario.paths import PathScenario
    from raabta.service.pairs.run import Answer
    from raabta.service.pairs.way import Track

SHOWN_OUTAGES = 10
SHOWN_PAIRS = 12
FIBRE_SHARE = 2.0 / 3.0
"""Speed of light in glass, as a share of that in vacuum (refractive index about 1.5)."""


def paths(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO",
            help="a scenario file of any kind, a built-in such as starlink-cities, or a Hypatia folder",
        ),
    ],
    one: Annotated[
        str | None,
        typer.Option("--from", metavar="PLACE", help="a town, `Hyderabad, India`, or `30.18,66.97`"),
    ] = None,
    other: Annotated[str | None, typer.Option("--to", metavar="PLACE", help="the other end")] = None,
    out: Out = None,
    start: Start = None,
    duration: Duration = None,
    step: Annotated[str | None, typer.Option(metavar="S", help="time between two looks: 15s, 1s")] = None,
    orbits: Orbits = None,
    relay: Annotated[
        bool, typer.Option("--relay", help="ways may come down at a place and go up again")
    ] = False,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="write a plot of the pair there")] = None,
    czml: Annotated[
        Path | None, typer.Option(metavar="FILE", help="write the pair there as CZML, for a globe")
    ] = None,
    hypatia_state: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="write a Hypatia folder there, with the states of all steps"),
    ] = None,
    edges: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="write all lasers, ground links and fibre there: .csv or .parquet"),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="write which lasers and ground links come and go, and why"),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="S", help="with --edges: of one step alone, this long after the start"),
    ] = None,
    settings: Settings = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    max_time: MaxTime = None,
    max_memory: MaxMemory = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Follow ways between places; print how late, how steady, and why not.

    With --from and --to one pair is followed, and nothing is kept but what --svg and --czml ask for. Without
    them all pairs of a scenario of kind `paths` are, in a run that is kept and resumed; with --hypatia-state,
    --edges or --events nothing is run, and the mesh of all places is written.
    """
    from raabta.cli.asked import RunOptions

    options = RunOptions(
        out,
        start,
        duration,
        step,
        orbits,
        workers=workers,
        settings=(*(settings or ()), *(["routing.relay=true"] if relay else [])),
        scheduler=scheduler,
        max_time=max_time,
        max_memory=max_memory,
        yes=yes,
    )
    if (one is None) != (other is None):
        given, missing = ("--from", "--to") if other is None else ("--to", "--from")
        raise ScenarioError(f"option {given} stands without {missing}; a way has two ends")
    pair = (one, other) if one is not None and other is not None else None
    if pair is not None and same_place(*pair):
        raise ScenarioError(f"options --from and --to are both '{one}'; a way has two ends")
    if at is not None and edges is None:
        raise ScenarioError("option --at is of --edges; name the file that it is for")
    if hypatia_state is not None or edges is not None or events is not None:
        write_mesh(load_whole(scenario, options, pair), hypatia_state, edges, at, events)
        if pair is None:
            return
    if pair is not None:
        show_pair(scenario, options, pair, svg, czml, as_json)
        return
    for option, file in (("--svg", svg), ("--czml", czml)):
        if file is not None:
            raise ScenarioError(f"option {option} shows one pair; name it by --from and --to")
    resumable(lambda: show_run(load_paths(scenario, options, None), options, as_json))


def show_pair(
    source: str,
    options: RunOptions,
    pair: tuple[str, str],
    svg: Path | None,
    czml: Path | None,
    as_json: bool,
) -> None:
    """Follow one pair, print its figures and its outages, write what is asked for."""
    from raabta.service.pairs.run import ask, prepare
    from raabta.service.pairs.way import track

    scenario = load_paths(source, options, pair)
    mesh, places = prepare(scenario)
    answer = ask(mesh, places)
    found = track(mesh, places) if svg or czml or as_json else None
    if svg is not None and found is not None:
        _write(svg, _drawing(found, answer))
    if czml is not None and found is not None:
        from raabta.report.czml import czml as document

        _write(czml, document(found))
    if found is not None and as_json:
        say_json({**answer.summary, "legs": legs(found)})
        return
    show([pair_table(answer)])
    for line in outage_lines(answer):
        say(line)
    for note in answer.summary["notes"]:
        say(note)
    for file in (svg, czml):
        if file is not None:
            say(f"Wrote {file}")


def show_run(scenario: PathScenario, options: RunOptions, as_json: bool) -> None:
    """Run all pairs of a scenario of kind `paths`; print what they have in common and the worst."""
    import raabta.pipeline as pipeline
    from raabta.cli.limits import limits
    from raabta.cli.progress import Bars
    from raabta.service.pairs import run as room

    allowed = limits(options.max_time, options.max_memory, options.yes)
    folder = options.out or _folder(scenario)
    workers = options.workers if options.workers is not None else pipeline.usable_cores()
    with Bars() as bars:
        answer = room.run(
            scenario, folder, workers=workers, progress=bars, scheduler=options.scheduler, limits=allowed
        )
    if as_json:
        say_json(answer.summary)
        return
    show([run_table(answer), *more_tables(answer)])
    for note in answer.summary["notes"]:
        say(note)
    files = [f"{room.PAIRS} (every pair)", room.OUTAGES, *([room.FLOWS] if answer.flows is not None else [])]
    say(f"Kept in {folder}: {', '.join(files)}, {room.SUMMARY}")


def load_paths(source: str, options: RunOptions, pair: tuple[str, str] | None) -> PathScenario:
    """The scenario of ways that is asked for; of a broadband one its constellation and time, for a pair."""
    from raabta.cli.asked import load_fleet_scenario
    from raabta.scenario.paths import PathScenario, ways_of

    scenario = load_fleet_scenario(source, options)
    if isinstance(scenario, PathScenario):
        return scenario if pair is None else scenario.between(*pair)
    if pair is None:
        raise ScenarioError(
            f"'{source}' is a broadband scenario, which has no pairs of its own",
            hint="name two places with --from and --to, or give a scenario of kind `paths`",
        )
    return ways_of(scenario, pair)


def load_whole(source: str, options: RunOptions, pair: tuple[str, str] | None) -> PathScenario:
    """The scenario with all its places; of a broadband one, the pair is all."""
    from raabta.cli.asked import load_fleet_scenario
    from raabta.scenario.paths import PathScenario

    scenario = load_fleet_scenario(source, options)
    return scenario if isinstance(scenario, PathScenario) else load_paths(source, options, pair)


def write_mesh(
    scenario: PathScenario, folder: Path | None, edges: Path | None, at: str | None, events: Path | None
) -> None:
    """Write what --hypatia-state, --edges and --events ask for, and say what was written."""
    from raabta.cli.progress import Bars
    from raabta.cli.times import seconds

    if folder is not None:
        from raabta.service.pairs.hypatia import write

        with Bars() as bars:
            made = write(scenario, folder, lambda done, total: bars("writing states", done, total))
        say(
            f"Wrote {made.states}: {made.steps:,} states of {made.satellites:,} satellites and "
            f"{made.places:,} places"
        )
    if edges is not None:
        from raabta.service.pairs.edges import write_edges

        start = at is not None and at.strip() in ("0", "0s")
        at_s = 0.0 if start else None if at is None else seconds(at, "--at")
        steps, count = write_edges(scenario, edges, at_s)
        say(f"Wrote {edges}: {count:,} edges of {'one step' if steps == 1 else f'{steps:,} steps'}")
    if events is not None:
        from raabta.service.pairs.edges import write_changes

        steps, count = write_changes(scenario, events)
        say(f"Wrote {events}: {count:,} changes over {steps:,} steps")


def _folder(scenario: PathScenario) -> Path:
    """Where it goes when nothing else is said: raabta-runs/paths-NAME-HASH8."""
    from raabta.cli.asked import run_folder

    return run_folder(scenario, what="paths")


def _write(file: Path, text: str) -> None:
    from raabta.engine.atomic import write_bytes

    write_bytes(file, text.encode())


def _drawing(found: Track, answer: Answer) -> str:
    from raabta.report.path_chart import path_chart

    if not found.legs or not any(leg.nodes for leg in found.legs):
        raise ScenarioError("option --svg: there is never a way, so there is nothing to draw")
    row, summary = answer.pairs.isel(pair=0), answer.summary
    median_ms = row["rtt_median_ms"].item()
    title = f"{row['one'].item()} to {row['other'].item()}"
    lines = [
        summary["constellation"],
        f"from {summary['start']}, steps of {summary['step_s']:g} s; median {median_ms:.1f} ms",
    ]
    return path_chart(found, title, lines)


def legs(found: Track) -> list[dict[str, Any]]:
    """The way as plain data: from when, how long, over what."""
    step_s = found.mesh.scenario.time.step_s
    return [
        {
            "start_s": leg.first * step_s,
            "duration_s": leg.steps * step_s,
            "way": [found.name(node) for node in leg.nodes],
        }
        for leg in found.legs
    ]


def pair_table(answer: Answer) -> Table:
    """The figures of one pair."""
    from rich.table import Table

    summary, row = answer.summary, {str(k): v.item() for k, v in answer.pairs.isel(pair=0).items()}
    title = (
        f"{row['one']} to {row['other']} over {summary['constellation']}\n"
        f"{summary['satellites']:,} satellites, {summary['duration_s']:g} s from {summary['start']} in steps "
        f"of {summary['step_s']:g} s"
    )
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("figure", justify="right")
    glass_ms = 2e3 * row["great_circle_km"] / (299_792.458 * FIBRE_SHARE)
    table.add_row("great circle", f"{row['great_circle_km']:,.0f} km")
    table.add_row("round trip in glass along it", f"{glass_ms:.1f} ms")
    table.add_row("connected", f"{100.0 * row['connected_share']:.2f} %")
    for name, words in (
        ("rtt_min_ms", "round trip of light, least"),
        ("rtt_median_ms", "median"),
        ("rtt_p95_ms", "95 % of the time"),
        ("rtt_max_ms", "longest"),
        ("jitter_ms", "change from step to step, mean"),
    ):
        table.add_row(words, "-" if row[name] != row[name] else f"{row[name]:.2f} ms")
    table.add_row(
        "satellites on the way, mean",
        "-" if row["satellites"] != row["satellites"] else f"{row['satellites']:.1f}",
    )
    table.add_row("other way", f"{row['changes_per_hour']:.0f} times an hour")
    table.add_row("handovers at the ends", f"{row['handovers_per_hour']:.0f} an hour")
    if answer.scenario.pops:
        table.add_row("lands at another gateway", f"{row['gateway_changes_per_hour']:.0f} times an hour")
    table.add_row("outages", f"{row['outages']:,} (longest {row['longest_outage_s']:g} s)")
    return table


def outage_lines(answer: Answer) -> list[str]:
    """The first outages of one pair, with their causes."""
    names = [str(answer.pairs[end].values[0]) for end in ("one", "other")]
    rows = zip(*(answer.outages[n].values.tolist() for n in ("start_s", "duration_s", "cause")), strict=True)
    lines = [
        f"No way from {start:g} s for {length:g} s: {at_ends(cause, *names)}" for start, length, cause in rows
    ]
    more = len(lines) - SHOWN_OUTAGES
    return lines[:SHOWN_OUTAGES] + ([f"... and {more:,} more"] if more > 0 else [])


def at_ends(cause: str, one: str, other: str) -> str:
    """A cause with the places named."""
    words = {
        "no satellite at one end": f"no satellite in view of {one}",
        "no satellite at the other": f"no satellite in view of {other}",
        "no satellite at either": f"no satellite in view of {one}, nor of {other}",
        "no way": f"both see satellites, but no lasers join those of {one} to those of {other}",
        "a place is out": f"{one} or {other} is out",
        "a point of presence is out": f"the point of presence that {one} to {other} ends at is out",
        "fibre behind a gateway is out": "the fibre behind the gateways that would do is out",
    }
    return words[cause]


def run_table(answer: Answer) -> Table:
    """What all pairs have, as least, median and most."""
    from rich.table import Table

    summary = answer.summary
    title = (
        f"{summary['pairs']:,} pairs of {summary['places']:,} places over {summary['constellation']}\n"
        f"{summary['satellites']:,} satellites, {summary['steps']:,} steps of {summary['step_s']:g} s from "
        f"{summary['start']}"
    )
    table = Table(title=title, title_justify="left")
    table.add_column("over the pairs")
    for name in ("least", "median", "most"):
        table.add_column(name, justify="right")
    for name, words, unit, factor in _FIGURES:
        if name == "gateway_changes_per_hour" and not answer.scenario.pops:
            continue
        spread = summary["over_pairs"][name]
        figures = ["-"] * 3 if spread is None else [f"{factor * v:,.2f}{unit}" for v in spread.values()]
        table.add_row(words, *figures)
    table.add_row("outages in all", "", "", f"{summary['outages']:,}")
    return table


_FIGURES = (
    ("connected_share", "connected", " %", 100.0),
    ("rtt_min_ms", "round trip of light, least", " ms", 1.0),
    ("rtt_median_ms", "round trip, median", " ms", 1.0),
    ("rtt_max_ms", "round trip, longest", " ms", 1.0),
    ("jitter_ms", "change from step to step", " ms", 1.0),
    ("satellites", "satellites on the way", "", 1.0),
    ("changes_per_hour", "other ways an hour", "", 1.0),
    ("handovers_per_hour", "handovers an hour", "", 1.0),
    ("gateway_changes_per_hour", "other gateways an hour", "", 1.0),
    ("longest_outage_s", "longest outage", " s", 1.0),
)


def more_tables(answer: Answer) -> list[Table]:
    """The worst pairs, where any lacks anything, and what pairs send, where they do."""
    apart = answer.summary["over_pairs"]["connected_share"]["least"] < 1.0
    found = [worst_table(answer)] if apart else []
    return [*found, traffic_table(answer)] if answer.flows is not None else found


def traffic_table(answer: Answer) -> Table:
    """What all pairs send together, and what stops them."""
    from rich.table import Table

    from raabta.network.mesh.traffic import MET, STOPS

    told = answer.summary["traffic"]
    table = Table(title="traffic, all pairs together", title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("figure", justify="right")
    table.add_row("asked for", _rate(told["asked_mbps"]))
    share = "" if told["carried_share"] is None else f" ({100.0 * told['carried_share']:.1f} %)"
    table.add_row("carried, mean", _rate(told["carried_mbps"]) + share)
    if told["of_the_most_share"] is not None:
        table.add_row("of the most that any sharing carries", f"{100.0 * told['of_the_most_share']:.1f} %")
    for name, part in told["flows_stopped_by_share"].items():
        if part > 0.0:
            words = "flows that get all they ask" if name == STOPS[MET] else f"flows stopped by: {name}"
            table.add_row(words, f"{100.0 * part:.1f} %")
    for what, words in (("gateways", "lands at"), ("pops", "handed over at")):
        for each in told.get("landing", {}).get(what, []):
            table.add_row(f"{words} {each['name']}", f"{100.0 * each['share']:.1f} %")
    return table


def _rate(mbps: float) -> str:
    return f"{mbps / 1e3:,.1f} Gbps" if mbps >= 1e3 else f"{mbps:,.1f} Mbps"


def worst_table(answer: Answer) -> Table:
    """The pairs that are connected least."""
    import numpy as np
    from rich.table import Table

    table = Table(title="least connected", title_justify="left")
    for name in ("one", "other", "connected", "longest outage", "median round trip"):
        table.add_column(name, justify="left" if name in ("one", "other") else "right")
    share = answer.pairs["connected_share"].values
    for row in np.argsort(share, kind="stable")[:SHOWN_PAIRS].tolist():
        own = {str(k): v.item() for k, v in answer.pairs.isel(pair=row).items()}
        rtt = "-" if own["rtt_median_ms"] != own["rtt_median_ms"] else f"{own['rtt_median_ms']:.1f} ms"
        connected, longest = f"{100 * own['connected_share']:.2f} %", f"{own['longest_outage_s']:g} s"
        table.add_row(own["one"], own["other"], connected, longest, rtt)
    return table
