"""`raabta packets`: a few flows over what a run says of connections, every packet of them, in ns-3."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raabta.base.errors import ScenarioError
from raabta.cli.emulate import Estimate, Of, Source, To, Whose, find_trace
from raabta.cli.output import complain, say, say_json, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from raabta.packets.ns3_run import Flow, Seen
    from raabta.packets.trace import Trace

MOST_TCP = 100


def packets(
    source: Source,
    places: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="PLACE", help="a town, a district or an H3 cell; repeatable"),
    ] = None,
    far_end: To = "gateway",
    tcp: Annotated[int, typer.Option(min=0, max=MOST_TCP, help="TCP transfers of each place")] = 1,
    udp: Annotated[
        list[float] | None, typer.Option(metavar="MBPS", help="a UDP flow of each place; repeatable")
    ] = None,
    back: Annotated[
        bool, typer.Option("--return", help="from the places to the far end, not towards them")
    ] = False,
    duration: Annotated[str, typer.Option(metavar="D", help="from the start of the run on")] = "30s",
    queue_ms: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=60_000.0, metavar="MS", help="length of the queues [default: a round trip]"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="seed of the loss")] = 0,
    of: Of = Whose.home,
    estimate: Estimate = False,
    python: Annotated[
        Path | None, typer.Option(metavar="FILE", help="the Python that has ns-3 [default: this one]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the figures alone, as JSON")] = False,
) -> None:
    """Run a few flows packet by packet in ns-3.

    Over one link for each place, whose delay and rates change as the run says. Prints what each flow carried
    and lost, and the round trips of pings beside them. Needs ns-3, a program of its own under GPL-2.0 that
    raabta starts and never contains.
    """
    from raabta.cli.times import seconds
    from raabta.packets import ns3_run

    duration_s = seconds(duration, "--duration")
    ns3_run.find_python(python)
    names, traces = find_traces(source, places or (), far_end, of, estimate)
    flows = choose_flows(len(traces), tcp, udp or (), not back)
    complain("ns-3 takes about 20 s to start, and longer than the simulated time above some 10 Mbit/s")
    found = ns3_run.simulate(traces, flows, duration_s, queue_ms=queue_ms, seed=seed, python=python)
    rows = [as_row(names[each.flow.link], each, traces[each.flow.link], duration_s) for each in found]
    if as_json:
        say_json({"duration_s": duration_s, "flows": rows})
        return
    show([table_of(rows)])
    say(f"{duration_s:g} s of {source}; goodput is payload, RTT that of pings (through the queues)")


def find_traces(
    source: Path, places: Sequence[str], far_end: str, of: Whose, estimate: bool
) -> tuple[list[str], list[Trace]]:
    """Names and traces of the links: of each place of a run, or of the one file."""
    if len(set(places)) != len(places):
        raise ScenarioError("option --from: a place is named twice", hint="every place has a link of its own")
    if not source.is_dir():
        if len(places) > 1:
            raise ScenarioError(
                "option --from: a trace file is one link", hint="name no place, or give a run"
            )
        return [*(places or [source.stem])], [find_trace(source, None, far_end, of, estimate)]
    asked: Sequence[str | None] = places or (None,)
    return list(places), [find_trace(source, place, far_end, of, estimate) for place in asked]


def choose_flows(links: int, tcp: int, udp: Sequence[float], forward: bool) -> list[Flow]:
    """Pings of every link, then its TCP and UDP flows."""
    from raabta.packets.ns3_run import Flow

    found = []
    for link in range(links):
        found.append(Flow("ping", link, forward=False))
        found += [Flow("tcp", link, forward) for _ in range(tcp)]
        found += [Flow("udp", link, forward, rate_mbps=rate) for rate in udp]
    return found


def as_row(name: str, seen: Seen, trace: Trace, duration_s: float) -> dict[str, Any]:
    """What a flow found, beside what the trace says of its link."""
    rtts = seen.rtt_ms
    holds_s = trace.steps(duration_s) * trace.up
    light_ms = 2.0 * trace.delay_ms[holds_s > 0.0]
    kind = seen.flow.kind
    return {
        "place": name,
        "flow": kind if kind == "ping" else f"{kind} {'forward' if seen.flow.forward else 'return'}",
        "offered_mbps": seen.flow.rate_mbps if kind == "udp" else None,
        "goodput_mbps": seen.goodput_mbps,
        "loss_share": seen.loss_share,
        "rtt_min_ms": min(rtts) if rtts else None,
        "rtt_median_ms": median(rtts) if rtts else None,
        "trace_rtt_min_ms": float(light_ms.min()) if light_ms.size and kind == "ping" else None,
    }


def table_of(rows: Sequence[dict[str, Any]]) -> Table:
    """The flows as a table."""
    from rich.table import Table

    table = Table(title="Flows, packet by packet in ns-3: Mbps, ms", title_justify="left")
    for name in ("place", "flow"):
        table.add_column(name, no_wrap=True)
    forms = {
        "offered_mbps": ("offered", ".2f"),
        "goodput_mbps": ("goodput", ".2f"),
        "loss_share": ("lost", ".2%"),
        "rtt_min_ms": ("RTT min", ".2f"),
        "rtt_median_ms": ("median", ".2f"),
        "trace_rtt_min_ms": ("by trace", ".2f"),
    }
    for title, _ in forms.values():
        table.add_column(title, justify="right")
    for row in rows:
        cells = ["" if row[key] is None else format(row[key], form) for key, (_, form) in forms.items()]
        table.add_row(row["place"], row["flow"], *cells)
    return table
