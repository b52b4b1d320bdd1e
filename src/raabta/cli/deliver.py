"""`raabta deliver`: what data a contact plan carries, by when, and what is lost why."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raabta.base.errors import ScenarioError
from raabta.cli.limits import size_bytes
from raabta.cli.options import AsJson
from raabta.cli.output import say, say_json, show
from raabta.cli.times import seconds

if TYPE_CHECKING:
    from rich.table import Table

    from raabta.network.delay_tolerant.deliveries import Deliveries
    from raabta.network.delay_tolerant.sources import Source
    from raabta.network.mesh.contacts import ContactPlan

MB = 1e6
_ION = (".ion", ".ionrc", ".rc")
_COLUMNS = ("from", "to", "volume_mb")
_MORE = {"start_s": 0.0, "end_s": None, "priority": 1, "lifetime_s": float("inf"), "bundle_mb": 1.0}


def deliver(
    plan: Annotated[
        Path, typer.Argument(metavar="PLAN", help="a contact plan, .csv or ION's .ion, .ionrc, .rc")
    ],
    origin: Annotated[
        str | None, typer.Option("--from", metavar="NODE", help="node that has the data")
    ] = None,
    to: Annotated[str | None, typer.Option(metavar="NODE", help="node that they are for")] = None,
    volume: Annotated[str | None, typer.Option(metavar="SIZE", help="how much: 1GB, 300MB")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="D", help="made so long after the plan's start [0s]")
    ] = None,
    over: Annotated[
        str | None, typer.Option(metavar="D", help="made evenly over so long, not at once")
    ] = None,
    priority: Annotated[int, typer.Option(min=0, max=255, help="0 bulk, 1 normal, 2 expedited ...")] = 1,
    lifetime: Annotated[str | None, typer.Option(metavar="D", help="lost when older [never]")] = None,
    bundle: Annotated[str, typer.Option(metavar="SIZE", help="data are cut into bundles of that")] = "1MB",
    sources: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV of sources: from, to, volume_mb, start_s, ...")
    ] = None,
    buffer: Annotated[
        list[str] | None, typer.Option(metavar="NODE=SIZE", help="what a node can hold; repeatable")
    ] = None,
    bookings: Annotated[
        str, typer.Option(metavar="own|shared", help="what nodes know of booked volumes: their own, or all")
    ] = "own",
    fragment: Annotated[
        bool, typer.Option("--fragment", help="bundles may be sent in parts, over several contacts of a pair")
    ] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="write every bundle there, as CSV")] = None,
    backlog: Annotated[
        Path | None, typer.Option(metavar="FILE", help="write what nodes hold, change by change, as CSV")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Carry data over a contact plan: what is delivered when, held where, lost why.

    Bundles go by contact-graph routing, stored at each node till the next contact; rates, light time,
    priorities and buffers count.
    """
    from raabta.engine.kernelcache import prepare

    prepare()
    from raabta.network.delay_tolerant import store_forward as room

    if (sources is None) == (origin is None and to is None and volume is None):
        raise ScenarioError("name one source by --from, --to and --volume, or several by --sources FILE")
    if sources is not None:
        given = _read_sources(sources)
    else:
        given = [_source(origin, to, volume, at, over, priority, lifetime, bundle)]
    limits = dict(_buffer(text) for text in buffer or ())
    found = room.deliver(_read(plan), given, limits, bookings=bookings, fragment=fragment)
    for path, table in ((out, "bundles"), (backlog, "backlog")):
        if path is not None:
            _write(path, found, table)
    if as_json:
        say_json(told(found))
        return
    show([source_table(found)])
    for line in lines(found):
        say(line)
    for path in (out, backlog):
        if path is not None:
            say(f"Wrote {path}")


def _read(path: Path) -> ContactPlan:
    from raabta.network.mesh.contact_files import read_csv, read_ion

    ending = path.suffix.lower()
    if ending == ".csv":
        return read_csv(path)
    if ending in _ION:
        return read_ion(path)
    raise ScenarioError(
        f"'{path}' says no format of a contact plan", hint="its name ends in .csv, or .ion, .ionrc, .rc"
    )


def _source(
    origin: str | None, to: str | None, volume: str | None, at: str | None, over: str | None, priority: int,
    lifetime: str | None, bundle: str,
) -> Source:  # fmt: skip
    """The source that the options name."""
    from raabta.network.delay_tolerant.sources import Source

    if origin is None or to is None or volume is None:
        raise ScenarioError("a source has --from NODE, --to NODE and --volume SIZE; one is missing")
    start_s = 0.0 if at in (None, "0", "0s") else seconds(str(at), "--at")
    end_s = None if over is None else start_s + seconds(over, "--over")
    life_s = float("inf") if lifetime is None else seconds(lifetime, "--lifetime")
    size_mb = size_bytes(bundle, "--bundle") / MB
    return Source(origin, to, size_bytes(volume, "--volume") / MB, start_s, end_s, priority, life_s, size_mb)


def _buffer(text: str) -> tuple[str, float]:
    name, equals, size = text.rpartition("=")
    if not equals or not name:
        raise ScenarioError(f"option --buffer: '{text[:40]}' is not NODE=SIZE", hint="such as relay=500MB")
    return name, size_bytes(size, "--buffer") / MB


def _read_sources(path: Path) -> list[Source]:
    """Sources of a CSV file: columns from, to, volume_mb; start_s, end_s, priority, lifetime_s, bundle_mb,
    name as wanted."""
    from raabta.base.userfiles import field, read_table
    from raabta.network.delay_tolerant.sources import Source

    header, rows = read_table(path, "the table of sources")
    known = (*_COLUMNS, *_MORE, "name")
    bad = [name for name in header if name not in known] or [name for name in _COLUMNS if name not in header]
    if bad:
        fault = f"column {bad[0]} is {'not known' if bad[0] in header else 'missing'}"
        raise ScenarioError(fault, file=str(path), line=1, hint=f"columns: {', '.join(known)}")
    found = []
    for line, row in rows:
        more: dict[str, Any] = dict(_MORE)
        for name in _MORE:
            if row.get(name):
                more[name] = field(row, name, (0.0, float("inf")), path, line)
        if more["priority"] != int(more["priority"]):
            raise ScenarioError(f"priority is {row['priority']}, not whole", file=str(path), line=line)
        more["priority"] = int(more["priority"])
        volume_mb = field(row, "volume_mb", (0.0, float("inf")), path, line)
        found.append(Source(row["from"], row["to"], volume_mb, **more, name=row.get("name", "")))
    return found


def source_table(found: Deliveries) -> Table:
    """What became of each source."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("source", no_wrap=True, max_width=28)
    for name in ("MB", "delivered", "p50", "p95", "last at"):
        table.add_column(name, justify="right", no_wrap=True)
    rows = found.by_source()
    for k, source in enumerate(found.sources):
        column = {name: float(rows[name][k]) for name in ("offered_mb", "delivered_mb")}
        times = [float(rows[name][k]) for name in ("latency_p50_s", "latency_p95_s", "last_delivered_s")]
        table.add_row(
            source.title, *(f"{value:,.1f}" for value in column.values()), *(_lasts(value) for value in times)
        )
    return table


def lines(found: Deliveries) -> list[str]:
    """What was lost and why, and what nodes held at most."""
    from raabta.network.delay_tolerant.deliveries import FATES

    volume = found.volume_by_fate_mb().sum(axis=0)
    lost = [f"{name} {volume[k]:,.1f} MB" for k, name in enumerate(FATES) if k > 1 and volume[k] > 0.0]
    out = [f"Not delivered: {'; '.join(lost) or 'nothing'}"]
    held = {name: most for name, most in _most_held(found).items() if most > 0.0}
    out += [f"Held at most: {'; '.join(f'{name} {most:,.1f} MB' for name, most in held.items())}"]
    return out


def _most_held(found: Deliveries) -> dict[str, float]:
    series = found.backlog
    names = enumerate(found.plan.nodes)
    return {name: float(series.held_mb[series.node == node].max(initial=0.0)) for node, name in names}


def told(found: Deliveries) -> dict[str, Any]:
    """The same as plain data."""
    import math

    rows = found.by_source()
    names = [str(name) for name in rows.variables]
    columns = [rows[name].values.tolist() for name in names]
    plain = [
        {
            name: None if isinstance(v, float) and math.isnan(v) else v
            for name, v in zip(names, row, strict=True)
        }
        for row in zip(*columns, strict=True)
    ]
    start = f"{found.plan.start.astype('datetime64[us]')}Z"
    return {"start": start, "bundles": len(found), "sources": plain, "most_held_mb": _most_held(found)}


def _write(path: Path, found: Deliveries, what: str) -> None:
    """Bundles, or changes of what nodes hold, as CSV."""
    from raabta.engine.atomic import write_bytes
    from raabta.network.delay_tolerant.deliveries import FATES

    nodes = (*found.plan.nodes, "")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if what == "bundles":
        writer.writerow(
            ("source", "created_s", "volume_mb", "fate", "ended_s", "ended_node", "latency_s", "hops")
        )
        hops, latency = found.hops, found.latency_s
        for b in range(len(found)):
            head = found.sources[found.source[b]].title, float(found.created_s[b]), float(found.volume_mb[b])
            end = _number(found.ended_s[b]), nodes[found.ended_node[b]], _number(latency[b]), int(hops[b])
            writer.writerow((*head, FATES[found.fate[b]], *end))
    else:
        series = found.backlog
        writer.writerow(("time_s", "node", "held_mb"))
        for time_s, node, held_mb in zip(series.time_s, series.node, series.held_mb, strict=True):
            writer.writerow((float(time_s), nodes[node], float(held_mb)))
    write_bytes(path, text.getvalue().encode())


def _number(value: Any) -> str:
    return "" if value != value else repr(float(value))


def _lasts(seconds: float) -> str:
    """Days, hours, minutes and seconds."""
    if seconds != seconds:
        return "–"
    whole = round(seconds)
    days, clock = divmod(whole, 86_400)
    text = f"{clock // 3600:02d}:{clock // 60 % 60:02d}:{clock % 60:02d}"
    return f"{days}d {text}" if days else text
