"""`raabta contacts`: when satellites pass over stations, and the contact plan of it as a file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.cli.options import AsJson, Duration, Orbits, Settings, Start
from raabta.cli.output import say, say_json, show

if TYPE_CHECKING:
    from rich.table import Table

    from raabta.service.contacts import Sky

SHOWN = 20
THREADS = 2
_SUFFIXES = {".csv": "csv", ".ion": "ion", ".ionrc": "ion", ".rc": "ion", ".xml": "ccsds"}


class Format(StrEnum):
    """What a contact plan is written as."""

    ion = "ion"
    csv = "csv"
    ccsds = "ccsds"


def contacts(
    scenario: Annotated[
        str,
        typer.Argument(metavar="SCENARIO", help="a scenario file of any kind, or a built-in: pakistan, ..."),
    ],
    station: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="a gateway or place of the scenario [default: all]; repeatable"),
    ] = None,
    city: Annotated[
        list[str] | None,
        typer.Option(metavar="PLACE", help="a town, seen by the users' mask, or `30.18,66.97`; repeatable"),
    ] = None,
    start: Start = None,
    duration: Duration = None,
    orbits: Orbits = None,
    lasers: Annotated[bool, typer.Option("--lasers", help="contacts between satellites too")] = False,
    fmt: Annotated[
        Format | None,
        typer.Option("--format", help="the contact plan, for ION, as CSV, or the stations' CCSDS 902.1"),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="write the contact plan there")] = None,
    mbps: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="of contacts with stations, each way; a plan needs it"),
    ] = None,
    absolute: Annotated[
        bool, typer.Option("--absolute", help="dates in ION's lines, not seconds from the start")
    ] = False,
    settings: Settings = None,
    yes: Annotated[bool, typer.Option("--yes", help="however many contacts there are")] = False,
    as_json: AsJson = False,
) -> None:
    """Say when satellites pass over stations; write the contact plan.

    Edges are exact, not steps: when a satellite crosses the mask, horizons included. With --format or --out
    every pass is a contact in both directions, for ION's `ionadmin` or as CSV, or a track of a station in a
    schedule (CCSDS 902.1).
    """
    form = _format(fmt, out, mbps, as_json)
    from raabta.engine.kernelcache import prepare

    prepare()
    from raabta.cli.asked import RunOptions, load_fleet_scenario
    from raabta.service import contacts as room
    from raabta.service.stations import stations_of

    options = RunOptions(None, start, duration, None, orbits, settings=tuple(settings or ()))
    asked = load_fleet_scenario(scenario, options)
    stations = stations_of(asked, station or (), city or ())
    most = None if yes else room.MOST_CONTACTS
    sky = room.find_sky(asked, stations, lasers=lasers, threads=THREADS, most_contacts=most)
    if form is not None and mbps is not None:
        _write(_plan_lines(sky, mbps, form, absolute), out)
    if as_json:
        say_json(told(sky))
    elif form is None or out is not None:
        say(heading(sky))
        show([pass_table(sky)])
        for line in lines(sky):
            say(line)
        if out is not None:
            say(f"Wrote {out}")


def _format(fmt: Format | None, out: Path | None, mbps: float | None, as_json: bool) -> Format | None:
    """What to write, if anything; ScenarioError where the options do not say, or need a rate."""
    if fmt is None and out is not None:
        known = _SUFFIXES.get(out.suffix.lower())
        if known is None:
            raise ScenarioError(
                f"option --out: '{out}' says no format",
                hint="give --format ion, csv or ccsds, or end in .ion, .csv or .xml",
            )
        fmt = Format(known)
    if fmt is None:
        return None
    if out is None and as_json:
        raise ScenarioError("options --format and --json both print; give --out FILE, or one of them")
    if mbps is None:
        raise ScenarioError(
            "a contact plan needs a rate for its contacts with stations", hint="such as --mbps 100"
        )
    if not 0.0 < mbps < math.inf:
        raise OutOfRangeError("option --mbps", mbps, "above 0, finite", "Mbps, each way")
    return fmt


def _plan_lines(sky: Sky, mbps: float, form: Format, absolute: bool) -> Iterator[str]:
    """The contact plan as lines of a file."""
    from raabta.network.mesh.contact_files import csv_lines, ion_lines
    from raabta.network.mesh.schedule_files import PROGRAM, schedule_lines

    plan = sky.plan(mbps)
    if form is Format.csv:
        return csv_lines(plan)
    if form is Format.ion:
        return ion_lines(plan, absolute=absolute)
    stations = {name: name for name in sky.stations.name}
    return schedule_lines(plan, stations, originator=PROGRAM, generated=plan.start)


def _write(text: Iterable[str], out: Path | None) -> None:
    """Write or print the lines of a file."""
    from raabta.engine.atomic import write_bytes

    if out is None:
        for block in _blocks(text):
            say(block)
        return
    write_bytes(out, "".join(f"{line}\n" for line in text).encode())


def _blocks(text: Iterable[str]) -> Iterator[str]:
    """Lines joined by the thousand: a line at a time would flush as often."""
    every = iter(text)
    while block := list(islice(every, 1_000)):
        yield "\n".join(block)


def heading(sky: Sky) -> str:
    """What is listed."""
    import numpy as np

    span = sky.passes.utc(np.array([0.0, sky.passes.duration_s])).astype("datetime64[s]")
    whose = f" over {sky.stations.name[0]}" if len(sky.stations.name) == 1 else ""
    return f"Passes{whose} from {span[0]} to {span[1]}, UTC"


def pass_table(sky: Sky) -> Table:
    """The next passes; where there is more than one station, its name in place of the least range."""
    import numpy as np
    from rich.table import Table

    found, several = sky.passes, len(sky.stations.name) > 1
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("satellite", no_wrap=True)
    if several:
        table.add_column("station", max_width=12, no_wrap=True)
    figures = ("rises", "sets", "lasts", "peak, deg", *(() if several else ("least, km",)))
    for name in figures:
        table.add_column(name, justify="right", no_wrap=True)
    days = found.utc(np.array([0.0, found.duration_s - 1e-6])).astype("datetime64[D]")
    dated = bool(days[0] != days[1])
    order = np.lexsort((found.satellite, found.site, found.rise_s))[:SHOWN]
    rise, fall = found.rise, found.set
    for k in order.tolist():
        row = [
            "before" if found.begins_before[k] else _clock(rise[k], dated),
            "after" if found.ends_after[k] else _clock(fall[k], dated),
            _lasts(found.set_s[k] - found.rise_s[k]),
            f"{found.peak_elevation_deg[k]:.2f}",
            f"{found.min_range_km[k]:,.1f}",
        ]
        where = [sky.stations.name[found.site[k]]] if several else []
        table.add_row(sky.satellites[found.satellite[k]], *where, *row[: len(figures)])
    return table


def lines(sky: Sky) -> list[str]:
    """How many there are, and what to know of them."""
    found = sky.passes
    counts = [
        f"Passes: {len(found):,}; satellites: {len(sky.satellites):,}; stations: {len(sky.stations.name):,}"
    ]
    if len(found) > SHOWN:
        counts[0] += f"; the first {SHOWN} are shown, --out FILE.csv --mbps RATE writes all"
    if sky.lasers is not None:
        cut = int((sky.lasers.begins_before & sky.lasers.ends_after).sum())
        counts.append(f"{len(sky.lasers):,} contacts by laser, {cut:,} of them all the time")
    return [*counts, *sky.notes]


def told(sky: Sky) -> dict[str, Any]:
    """The passes as plain data."""
    found = sky.passes
    names = ("rise_s", "set_s", "peak_s", "peak_elevation_deg", "min_range_km", "max_range_km")
    figures = {name: getattr(found, name).tolist() for name in (*names, "begins_before", "ends_after")}
    own = {
        "station": [sky.stations.name[i] for i in found.site],
        "satellite": [sky.satellites[i] for i in found.satellite],
    } | figures
    rows = [dict(zip(own, values, strict=True)) for values in zip(*own.values(), strict=True)]
    return {
        "start": f"{found.start.astype('datetime64[us]')}Z",
        "duration_s": found.duration_s,
        "stations": list(sky.stations.name),
        "satellites": len(sky.satellites),
        "passes": rows,
        "notes": list(sky.notes),
    }


def _clock(time: Any, dated: bool) -> str:
    """A time of day to the tenth of a second; to the second, after the day of the month, if of several."""
    import numpy as np

    half = np.timedelta64(500 if dated else 50, "ms")
    text = str((time + half).astype("datetime64[ms]"))
    return f"{text[8:10]} {text[11:19]}" if dated else text[11:21]


def _lasts(seconds: float) -> str:
    """Minutes and seconds, after hours where there are any."""
    tenths = round(10.0 * seconds)
    hours, minutes, rest = tenths // 36_000, tenths // 600 % 60, tenths % 600 / 10.0
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"
