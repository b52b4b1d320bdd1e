"""`raabta emulate`: real traffic between two network namespaces, over what a run says of a connection."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raabta.base.errors import ScenarioError
from raabta.cli.output import complain

if TYPE_CHECKING:
    from raabta.packets.namespaces import Pair
    from raabta.packets.schedule import Counts
    from raabta.packets.shaper import Report
    from raabta.packets.trace import Trace

LATE_MS = 1.0
"""Above it, at the 99th percentile, the machine is said not to have kept up."""


class Engine(StrEnum):
    """Who shapes the traffic."""

    auto = "auto"
    user = "user"
    kernel = "kernel"


class Whose(StrEnum):
    """Whose rate of a cell."""

    home = "home"
    cell = "cell"


Source = Annotated[
    Path, typer.Argument(metavar="RUN", help="folder of a broadband run, or a trace, FILE.csv")
]
From = Annotated[str | None, typer.Option("--from", metavar="PLACE", help="a town, a district or an H3 cell")]
To = Annotated[str, typer.Option("--to", metavar="PLACE", help="the far end; of a broadband run, gateway")]
Rate = Annotated[
    float | None,
    typer.Option("--rate", min=0.001, metavar="MBPS", help="of a run of ways without traffic, each way"),
]
GATEWAY = "gateway"
Of = Annotated[Whose, typer.Option(help="rates of an active home of the cell, or of the whole cell")]
Estimate = Annotated[
    bool, typer.Option("--estimate", help="delays with scheduling, processing and fibre, not light alone")
]


def emulate(
    source: Source,
    place: From = None,
    far_end: To = "gateway",
    command: Annotated[
        str | None, typer.Option("--exec", metavar="CMD", help="run this in A, end with it and with its code")
    ] = None,
    server: Annotated[
        str | None, typer.Option("--serve", metavar="CMD", help="run this in B all the while, a server say")
    ] = None,
    duration: Annotated[
        str | None, typer.Option(metavar="D", help="end after so long [default: --exec ends, or Ctrl-C]")
    ] = None,
    queue_ms: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=60_000.0, metavar="MS", help="length of the queues [default: a round trip]"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="seed of the loss")] = 0,
    engine: Annotated[
        Engine, typer.Option(help="our shaper in user space, or the kernel's netem")
    ] = Engine.auto,
    of: Of = Whose.home,
    estimate: Estimate = False,
    rate: Rate = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="write the trace there and do nothing else")
    ] = None,
) -> None:
    """Send real traffic over a connection of a run.

    Joins two Linux network namespaces, A (the user) and B (the far end), by a link that follows the run's
    delay, rate, handover gaps and loss in real time. Needs root. Commands find the other end's address in
    $RAABTA_PEER. What still runs in the namespaces at the end is ended with them.
    """
    from raabta.cli.times import seconds
    from raabta.packets import emulate as room

    duration_s = seconds(duration, "--duration") if duration else None
    trace = find_trace(source, place, far_end, of, estimate, rate)
    if save is not None:
        from raabta.packets.trace import write_trace

        write_trace(trace, save)
        complain(f"{save}: {words_for(trace)}")
        return
    asked = room.Question(trace, command, server, duration_s, queue_ms, seed, engine.value)
    try:
        outcome = room.emulate(asked, lambda pair, how: _tell(pair, how, trace, command))
    except room.Told as told:
        raise typer.Exit(told.code) from None
    if outcome.report is not None:
        for line in lines_of(outcome.report):
            complain(line)
    raise typer.Exit(outcome.code)


def find_trace(
    source: Path, place: str | None, far_end: str, of: Whose, estimate: bool, rate: float | None = None
) -> Trace:
    """The trace of a file, or of a place in a run; what there is to say of it goes to standard error."""
    from raabta.packets.trace import read_trace

    if not source.is_dir():
        return read_trace(source)
    if place is None:
        raise ScenarioError("option --from: a run has many places", hint="name a town: --from Quetta")
    from raabta.engine.kernelcache import prepare
    from raabta.service.pairs.kept import is_of_ways

    if is_of_ways(source):
        from raabta.packets.pair_trace import trace_of_pair

        if far_end == GATEWAY:
            raise ScenarioError("option --to: a run of ways has no gateway", hint="name a place: --to London")
        return trace_of_pair(source, place, far_end, rate)
    if rate is not None:
        raise ScenarioError("option --rate: a broadband run has rates of its own; leave it out")
    from raabta.packets.run_trace import refuse_other_end, trace_of_cell

    refuse_other_end(far_end)
    prepare()
    trace, notes = trace_of_cell(source, place, of=of.value, estimate=estimate)
    for note in notes:
        complain(note)
    return trace


def words_for(trace: Trace) -> str:
    """The range of a trace in a line."""
    forward, back = trace.rate_mbps(True)[trace.up], trace.rate_mbps(False)[trace.up]
    delay_ms = trace.delay_ms[trace.up]
    if not delay_ms.size:
        return "nothing passes in the whole of it"
    rates = [f"{rate.min():.3g} to {rate.max():.3g} Mbit/s" for rate in (forward, back)]
    last = "" if trace.time_s.size == 1 else f", the last holds from {trace.time_s[-1]:g} s on"
    return (
        f"{_count(trace.time_s.size)}{last}; {delay_ms.min():.2f} to {delay_ms.max():.2f} ms one way; "
        f"forward {rates[0]}, return {rates[1]}; loss up to {trace.loss_share.max():.2%}"
    )


def _count(times: int) -> str:
    return "one time, which holds" if times == 1 else f"{times:,} times"


def _tell(pair: Pair, how: str, trace: Trace, command: str | None) -> None:
    """Say on standard error who shapes what, and how to get inside."""
    from raabta.packets.namespaces import ADDRESSES

    complain(how)
    complain(words_for(trace))
    if command is None:
        for end, name, address in zip("AB", pair.names, ADDRESSES, strict=True):
            complain(f"{end} is {address}: ip netns exec {name} bash")
        complain("Ctrl-C ends it")


def lines_of(report: Report) -> list[str]:
    """What a shaper did, in lines."""
    late = report.late
    lines = [
        _line(name, counts, report.seconds)
        for name, counts in (("forward, B to A", report.forward), ("return, A to B", report.back))
    ]
    percentiles = [late.percentile_ms(percent) for percent in (50.0, 99.0)]
    lines.append(
        f"packets left at most {percentiles[1]:.2f} ms (99 % of them; half {percentiles[0]:.2f}, "
        f"the latest {late.most_ms:.2f} ms) after their moment"
    )
    if percentiles[1] > LATE_MS:
        lines.append("this machine did not keep up: rates and delays were not those of the trace")
    return lines


def _line(name: str, counts: Counts, seconds: float) -> str:
    mean_mbps = 8e-6 * counts.passed_bytes / seconds if seconds > 0.0 else 0.0
    return (
        f"{name}: {counts.passed:,} packets, {mean_mbps:.3g} Mbit/s on average; "
        f"dropped {counts.queue_full:,} at a full queue, {counts.too_old:,} that waited too long; "
        f"lost {counts.lost:,}"
    )
