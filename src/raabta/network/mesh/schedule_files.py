"""Contact plans as a schedule of Earth stations: the XML of CCSDS 902.1-B-1 (simple schedule format, 2018).

The format says when a station's dish tracks which spacecraft and what for; it knows neither rates nor light
times nor links between spacecraft, so that a plan goes out this way and does not come back. Times are those
at the station: of sending for commands, of arrival for telemetry. Elements, attributes and values are those
that two who use the format have in common: the schedules of Goonhilly's station for NASA's IMAP (2025), as a
test of its ground software has them, and the exporter of D. Lucia's drorbiteex. The schema itself
(902x01b1TC1-SmplSchd.xsd) has not been at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import quoteattr

import numpy as np

from raabta.base.clock import as_utc
from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.scenario.suggest import near_name

if TYPE_CHECKING:
    from raabta.network.mesh.contacts import ContactPlan

NAMESPACE: Final = "urn:ccsds:schema:cssm:1.0.0"
BANDS: Final = (
    "HF", "VHF", "UHF", "L", "S-NE", "S-DS", "C", "X-NE", "X-DS", "Ku", "K", "Ka-NE", "Ka-DS", "V", "W",
    "OTHER",
)  # fmt: skip
"""Names of bands in the format; NE is near the Earth, to 2 million km, the Moon with it."""
STATUS: Final = ("TEST", "PROVISIONAL", "OPERATIONAL", "OTHER")
PROGRAM: Final = "raabta"
"""The organisation that a schedule comes from where none is named."""
TELEMETRY, TELECOMMAND = "TELEMETRY", "TELECOMMAND"
TOUCHING_S = 1e-3
"""Parts of a track as near as this are one: what a change of rate leaves between them."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write."""


@dataclass(frozen=True)
class Track:
    """A dish on a spacecraft: seconds after the plan's start, at the station; and what for."""

    station: str
    craft: str
    begin_s: float
    end_s: float
    services: tuple[str, ...]


def tracks(plan: ContactPlan, stations: Sequence[str]) -> list[Track]:
    """The contacts of Earth stations with other nodes as tracks, by spacecraft, station and time.

    Raises ScenarioError for a station that is no node of the plan.
    """
    for name in stations:
        if name not in plan.nodes:
            near = near_name(name, list(plan.nodes))
            hint = f"did you mean {near!r}?" if near else f"nodes: {', '.join(plan.nodes)}"
            raise ScenarioError(f"no node of the plan is called {name!r}", hint=hint)
    ground = np.isin(np.arange(len(plan.nodes)), [plan.nodes.index(name) for name in stations])
    down = np.flatnonzero(~ground[plan.from_node] & ground[plan.to_node])
    up = np.flatnonzero(ground[plan.from_node] & ~ground[plan.to_node])
    begin_s = np.concatenate([(plan.start_s + plan.light_time_start_s)[down], plan.start_s[up]])
    end_s = np.concatenate([(plan.end_s + plan.light_time_end_s)[down], plan.end_s[up]])
    station = np.concatenate([plan.to_node[down], plan.from_node[up]])
    craft = np.concatenate([plan.from_node[down], plan.to_node[up]])
    service = [TELEMETRY] * down.size + [TELECOMMAND] * up.size
    order = np.lexsort((begin_s, station, craft))
    rows = [(int(craft[k]), int(station[k]), float(begin_s[k]), float(end_s[k]), service[k]) for k in order]
    return [
        Track(plan.nodes[ground_node], plan.nodes[other], begin, end, services)
        for other, ground_node, begin, end, services in _merged(rows)
    ]


def _merged(rows: list[tuple[int, int, float, float, str]]) -> Iterator[tuple[int, int, float, float, Any]]:
    """Intervals of a pair that overlap or touch as one, with all of their services."""
    held: tuple[int, int, float, float, set[str]] | None = None
    for other, station, begin, end, service in rows:
        if held and held[:2] == (other, station) and begin <= held[3] + TOUCHING_S:
            held = (*held[:3], max(held[3], end), held[4] | {service})
            continue
        if held:
            yield (*held[:4], tuple(sorted(held[4], reverse=True)))
        held = other, station, begin, end, {service}
    if held:
        yield (*held[:4], tuple(sorted(held[4], reverse=True)))


def schedule_lines(
    plan: ContactPlan,
    stations: Mapping[str, str],
    *,
    originator: str,
    generated: np.datetime64,
    bands: Mapping[str, str] | None = None,
    status: str = "PROVISIONAL",
) -> Iterator[str]:
    """The schedule as lines of XML, without line ends: one package for each spacecraft.

    stations: names of nodes and the reference of the aperture of each; bands: of spacecraft, by name (those
    of `BANDS`; OTHER for the rest). generated: UTC that the header states. Times are rounded inwards to the
    millisecond, and a track without one is left out; U+FFFD stands for characters that XML cannot hold.
    Raises OutOfRangeError for a band or a status that the format has not; ScenarioError as `tracks`.
    """
    named = dict(bands or {})
    for what, value, allowed in [
        ("the status", status, STATUS),
        *(("a band", b, BANDS) for b in named.values()),
    ]:
        if value not in allowed:
            raise OutOfRangeError(what, repr(value), ", ".join(allowed), "CCSDS 902.1-B-1")
    found = [(track, _rounded(plan, track)) for track in tracks(plan, list(stations))]
    found = [(track, (begin, end)) for track, (begin, end) in found if begin < end]
    first = min((begin for _, (begin, _) in found), default=plan.start)
    last = max((end for _, (_, end) in found), default=plan.start)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<simpleSchedule xmlns={quoteattr(NAMESPACE)}>"
    yield _element("simpleScheduleHeader", 1, {
        "originatingOrganization": originator, "generationTime": _ordinal(generated), "version": "1",
        "status": status, "inclusionType": "START_INCLUSION",
        "startTime": _ordinal(first.astype("datetime64[s]")),
        "endTime": _ordinal((last + np.timedelta64(999, "ms")).astype("datetime64[s]")),
    })  # fmt: skip
    for number, (craft, own) in enumerate(groupby(found, key=lambda one: one[0].craft), 1):
        package = {"user": craft, "comment": "", "scheduledPackageId": f"package-{number}"}
        yield _element("scheduledPackage", 1, package, close=False)
        for row, (track, span) in enumerate(own, 1):
            aperture = stations[track.station]
            yield from _activity(track, span, f"{number}-{row}", aperture, named.get(craft, "OTHER"))
        yield "  </scheduledPackage>"
    yield "</simpleSchedule>"


def _rounded(plan: ContactPlan, track: Track) -> tuple[np.datetime64, np.datetime64]:
    """Beginning and end of a track, inwards to the millisecond; what is a nanosecond out is noise."""
    begin, end = plan.utc(np.array([track.begin_s, track.end_s]))
    noise, almost = np.timedelta64(1, "ns"), np.timedelta64(999_998, "ns")
    return (begin + almost).astype("datetime64[ms]"), (end + noise).astype("datetime64[ms]")


def _activity(
    track: Track, span: tuple[np.datetime64, np.datetime64], number: str, aperture: str, band: str
) -> Iterator[str]:
    begin, end = (_ordinal(time) for time in span)
    yield _element("scheduledActivity", 2, {
        "scheduledActivityId": number, "activityStatus": "TENTATIVE", "siteRef": track.station,
        "apertureRef": aperture, "beginningOfTrack": begin, "endOfTrack": end,
        "beginningOfActivity": begin, "endOfActivity": end,
    }, close=False)  # fmt: skip
    for service in track.services:
        yield _element("serviceInfo", 3, {"serviceType": service, "frequencyBand": band})
    yield "    </scheduledActivity>"


def _element(name: str, depth: int, attributes: Mapping[str, str], *, close: bool = True) -> str:
    known = {key: _NO_XML.sub("\N{REPLACEMENT CHARACTER}", value) for key, value in attributes.items()}
    inside = "".join(f" {key}={quoteattr(value)}" for key, value in known.items())
    return f"{'  ' * depth}<{name}{inside}{'/' if close else ''}>"


def _ordinal(time: np.datetime64) -> str:
    """A time by year and day of the year, as the format writes it: 2026-327T00:00:00.000Z."""
    moment = as_utc(time).astype("datetime64[ms]")
    day = moment.astype("datetime64[D]")
    number = int((day - day.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)) + 1
    year, clock = str(moment)[:4], str(moment)[11:]
    return f"{year}-{number:03d}T{clock}Z"
