"""Schedules of Earth stations: times at the station, tracks that a change of rate does not cut."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.network.mesh.contacts import ContactPlan
from raabta.network.mesh.schedule_files import NAMESPACE, schedule_lines, tracks

START = np.datetime64("2028-03-01T00:00:00", "ns")
NODES = ("Kashi", "Zapala", "relay & co", "rover")
ROWS = [
    # start, end, from, to, light at start, at end, rate
    (100.0, 200.0, 2, 0, 1.25, 1.26, 4.0),
    (200.0, 300.5, 2, 0, 1.26, 1.27, 10.0),
    (150.0, 310.25, 0, 2, 1.25, 1.27, 0.001),
    (400.0, 500.0, 2, 1, 1.3, 1.3, 4.0),
    (90.0, 120.0, 3, 2, 0.02, 0.03, 0.285),
    (600.0, 700.0, 2, 0, 1.3, 1.3, 4.0),
]


def plan():
    start, end, sender, receiver, first, last, rate = (np.array(column) for column in zip(*ROWS, strict=True))
    least, most = np.minimum(first, last), np.maximum(first, last)
    return ContactPlan(START, NODES, start, end, sender, receiver, first, last, least, most, rate)


def test_tracks_are_in_the_stations_time_and_whole():
    found = tracks(plan(), ["Kashi", "Zapala"])
    told = [(t.station, t.craft, t.begin_s, t.end_s, t.services) for t in found]
    assert told == [
        ("Kashi", "relay & co", 101.25, 310.25, ("TELEMETRY", "TELECOMMAND")),
        ("Kashi", "relay & co", 601.3, 701.3, ("TELEMETRY",)),
        ("Zapala", "relay & co", 401.3, 501.3, ("TELEMETRY",)),
    ]


def lines(**more):
    given = {"originator": "SUPARCO", "generated": START, "bands": {"relay & co": "S-NE"}} | more
    return list(schedule_lines(plan(), {"Kashi": "KASHI-35", "Zapala": "ZAPALA-35"}, **given))


def test_the_schedule_is_well_formed_xml_with_days_of_the_year():
    root = ElementTree.fromstring("\n".join(lines()))
    space = {"s": NAMESPACE}
    head = root.find("s:simpleScheduleHeader", space)
    assert head is not None and head.get("originatingOrganization") == "SUPARCO"
    assert head.get("startTime") == "2028-061T00:01:41.000Z" and head.get("status") == "PROVISIONAL"
    (package,) = root.findall("s:scheduledPackage", space)
    assert package.get("user") == "relay & co"
    first = package.findall("s:scheduledActivity", space)[0]
    assert first.get("siteRef") == "Kashi" and first.get("apertureRef") == "KASHI-35"
    assert first.get("beginningOfTrack") == "2028-061T00:01:41.250Z"
    assert first.get("endOfTrack") == "2028-061T00:05:10.250Z"
    services = first.findall("s:serviceInfo", space)
    assert [one.get("serviceType") for one in services] == ["TELEMETRY", "TELECOMMAND"]
    assert {one.get("frequencyBand") for one in services} == {"S-NE"}


IN_PUBLIC_USE = {
    "simpleSchedule": (set(), {"simpleScheduleHeader", "scheduledPackage"}),
    "simpleScheduleHeader": (
        {
            "originatingOrganization", "generationTime", "version", "startTime", "endTime", "status",
            "inclusionType",
        },
        set(),
    ),
    "scheduledPackage": ({"user", "comment", "scheduledPackageId"}, {"scheduledActivity"}),
    "scheduledActivity": (
        {
            "scheduledActivityId", "siteRef", "apertureRef", "beginningOfActivity", "endOfActivity",
            "beginningOfTrack", "endOfTrack", "activityStatus",
        },
        {"serviceInfo"},
    ),
    "serviceInfo": ({"serviceType", "frequencyBand"}, set()),
}  # fmt: skip
"""Attributes and children that a schedule of Goonhilly (GHY6) for IMAP, 2025, and the exporter of drorbiteex
both have."""
DAY_OF_YEAR = re.compile(r"\d{4}-[0-3]\d\d[T]\d\d:\d\d:\d\d\.\d{3}Z")


def test_elements_and_attributes_are_those_in_public_use():
    root = ElementTree.fromstring("\n".join(lines()))
    seen = set()
    for element in root.iter():
        name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
        attributes, children = IN_PUBLIC_USE[name]
        assert set(element.keys()) == attributes
        assert {child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element} <= children
        times = [key for key in attributes if key.endswith("Time") or "OfTrack" in key or "OfActivity" in key]
        assert all(DAY_OF_YEAR.fullmatch(element.attrib[key]) for key in times)
        seen.add(name)
    assert seen == set(IN_PUBLIC_USE)


def test_a_plan_without_tracks_is_a_schedule_without_packages():
    none = replace(plan()).take(np.array([4]))
    text = "\n".join(schedule_lines(none, {"Kashi": "K"}, originator="x", generated=START))
    assert "scheduledPackage" not in text and ElementTree.fromstring(text) is not None


def one_track(start, begin_s, end_s, nodes=NODES):
    rows = np.array([[begin_s, end_s]])
    ends = np.array([2], np.int32), np.array([0], np.int32)
    return ContactPlan(start, nodes, *rows.T, *ends, *[np.array([0.0])] * 4, np.array([1.0]))


def activities(made, stations):
    text = "\n".join(schedule_lines(made, stations, originator="x", generated=START))
    return text, ElementTree.fromstring(text).findall(".//{*}scheduledActivity")


@pytest.mark.parametrize("late", ["0", "000000001", "0004", "9999"])
def test_times_are_rounded_inwards_whatever_the_second_the_plan_starts_in(late):
    start = np.datetime64(f"2028-12-31T23:59:58.{late}", "ns")
    _, (one,) = activities(one_track(start, 1.0004, 30.0009), {"Kashi": "K"})
    begin, end = (_moment(one.get(f"{which}OfTrack")) for which in ("beginning", "end"))
    exact = start + np.array([1_000_400_000, 30_000_900_000], "timedelta64[ns]")
    inward = (begin - exact[0]).astype(int), (exact[1] - end).astype(int)
    assert all(0 <= nanoseconds < 1_000_000 for nanoseconds in inward)
    text, none = activities(one_track(start.astype("datetime64[s]"), 1.0001, 1.0009), {"Kashi": "K"})
    assert none == [] and "scheduledPackage" not in text  # no whole millisecond to track in


def _moment(text):
    year, rest = text.split("-")
    day = np.datetime64(f"{year}-01-01", "D") + (int(rest[:3]) - 1)
    return np.datetime64(f"{day}T{rest[4:-1]}", "ns")


def test_hostile_names_are_escaped_and_come_back():
    station, craft = "K\"<&>'\u2028]]>--", '<!ENTITY x SYSTEM "file:///etc/passwd"> &x; ﷽'
    nodes = (station, "Zapala", craft, "rover")
    text, (one,) = activities(one_track(START, 1.0, 2.0, nodes), {station: '"/><evil a="'})
    assert one.get("siteRef") == station and one.get("apertureRef") == '"/><evil a="'
    package = ElementTree.fromstring(text).find("{*}scheduledPackage")
    assert package is not None and package.get("user") == craft and "<evil" not in text
    nodes = ("Kashi", "Zapala", "no\uffffxml \ud800 \x07", "rover")
    text, (one,) = activities(one_track(START, 1.0, 2.0, nodes), {"Kashi": "K"})
    text.encode()  # what XML cannot hold is replaced
    assert 'user="no\ufffdxml \ufffd \ufffd"' in text


def test_each_craft_is_one_package_in_the_order_of_nodes():
    first, second = one_track(START, 1.0, 2.0), one_track(START, 3.0, 4.0)
    columns = {
        name: np.concatenate([getattr(first, name), getattr(second, name), getattr(first, name) + 9.0])
        for name in ("start_s", "end_s")
    }
    ends = np.array([3, 2, 3], np.int32), np.array([0, 0, 1], np.int32)
    light = [np.zeros(3)] * 4
    made = ContactPlan(START, NODES, columns["start_s"], columns["end_s"], *ends, *light, np.ones(3))
    text, found = activities(made, {"Kashi": "K", "Zapala": "Z"})
    packages = ElementTree.fromstring(text).findall("{*}scheduledPackage")
    assert [each.get("user") for each in packages] == ["relay & co", "rover"]
    assert [each.get("scheduledActivityId") for each in found] == ["1-1", "2-1", "2-2"]


def test_what_is_refused():
    with pytest.raises(
        ScenarioError, match="no node of the plan is called 'Kasi'\nhint: did you mean 'Kashi'"
    ):
        tracks(plan(), ["Kasi"])
    with pytest.raises(OutOfRangeError, match="a band is 'S'; valid: HF, VHF"):
        lines(bands={"relay & co": "S"})
    with pytest.raises(OutOfRangeError, match="the status is 'DONE'"):
        lines(status="DONE")
