"""Contact plans written for ION and as CSV and read back; what is malformed is refused with its line."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import dense_passes as dense
import numpy as np
import pytest

from raabta.base.errors import RaabtaError, ScenarioError
from raabta.network.mesh.contact_files import CSV_COLUMNS, csv_lines, ion_lines, read_csv, read_ion
from raabta.network.mesh.contacts import COLUMNS, ContactPlan

START = dense.START


@cache
def plan(start=START):
    """Three nodes, a contact of a fifth of a second among the others."""
    light = np.array([0.0021, 0.0021, 1.28, 0.004])
    return ContactPlan(
        start, ("Karachi", "Sat, 1", "Moon"),
        np.array([0.25, 0.25, 10.0, 40.4]), np.array([30.75, 30.75, 60.0, 40.6]),
        np.array([0, 1, 1, 0], np.int32), np.array([1, 0, 2, 2], np.int32),
        light, 2.0 * light, light, 2.0 * light, np.array([100.0, 1.5, 0.064, 3.0]),
    )  # fmt: skip


def kept(folder, lines) -> Path:
    path = folder / "plan"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_csv_comes_back_bit_for_bit(tmp_path):
    again = read_csv(kept(tmp_path, csv_lines(plan())), plan().nodes)
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(again, name), getattr(plan(), name))
    assert again.start == plan().start and again.nodes == plan().nodes
    assert read_csv(tmp_path / "plan").nodes == ("Karachi", "Moon", "Sat, 1")


def test_ion_lines_are_the_commands_of_ionrc():
    assert list(ion_lines(plan())) == [
        "# contact plan, 3 contacts; rates in bytes per second, light times in whole seconds",
        "# left out, shorter than a whole second: 1",
        "# node 1 Karachi",
        "# node 2 Sat, 1",
        "# node 3 Moon",
        "@ 2026/11/22-00:00:00",
        "a contact +1 +30 1 2 12500000",
        "a range +1 +30 1 2 1",
        "a contact +1 +30 2 1 187500",
        "a range +1 +30 2 1 1",
        "a contact +10 +60 2 3 8000",
        "a range +10 +60 2 3 3",
    ]


def test_a_start_inside_a_second_moves_no_contact_outwards(tmp_path):
    odd = plan(START + np.timedelta64(500_000_000, "ns"))
    lines = list(ion_lines(odd))
    assert "@ 2026/11/22-00:00:00" in lines and "a contact +1 +31 1 2 12500000" in lines
    again = read_ion(kept(tmp_path, lines))
    assert (again.utc(again.start_s) >= odd.utc(odd.start_s[:3])).all()
    assert (again.utc(again.end_s) <= odd.utc(odd.end_s[:3])).all()


@pytest.mark.parametrize("absolute", [False, True])
def test_ion_comes_back_in_whole_seconds(tmp_path, absolute):
    lines = list(ion_lines(plan(), absolute=absolute, first_number=7))
    assert absolute == any(
        line.startswith("a contact 2026/11/22-00:00:01 2026/11/22-00:00:30 7 8") for line in lines
    )
    again = read_ion(kept(tmp_path, ["1 7 ''", "s", *lines, "m production 1000", ""]))
    assert again.nodes == plan().nodes and again.start == START
    assert (again.start_s.tolist(), again.end_s.tolist()) == ([1.0, 1.0, 10.0], [30.0, 30.0, 60.0])
    np.testing.assert_array_equal(again.from_node, plan().from_node[:3])
    np.testing.assert_allclose(again.rate_mbps, plan().rate_mbps[:3], rtol=1e-12)
    assert again.light_time_max_s.tolist() == [1.0, 1.0, 3.0]


def test_a_range_from_the_lower_to_the_higher_number_holds_both_ways(tmp_path):
    lines = ["@ 2026/11/22-00:00:00", "a contact +0 +9 2 1 1000", "a range +0 +9 1 2 4"]
    assert read_ion(kept(tmp_path, lines)).light_time_min_s.tolist() == [4.0]
    lines = ["@ 2026/11/22-00:00:00", "a contact +0 +9 1 2 1000", "a range +0 +9 2 1 4"]
    with pytest.raises(ScenarioError, match="plan:2: no range of 1 and 2 covers this contact"):
        read_ion(kept(tmp_path, lines))


def test_relative_times_follow_the_start_that_is_given(tmp_path):
    lines = ["a contact +5 +9 1 2 1000", "a range +0 +9 1 2 1"]
    again = read_ion(kept(tmp_path, lines), START)
    assert again.start == START and again.start_s.tolist() == [5.0] and again.nodes == ("1", "2")
    with pytest.raises(ScenarioError, match=r"plan:1: \+5 follows no time\nhint: begin with `@ "):
        read_ion(kept(tmp_path, lines))


RANGE = "a range +0 +99 1 2 1"
AT = "@ 2026/11/22-00:00:00"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["a contact +9 +5 1 2 1000", RANGE], r"plan:2: it ends at \+5, not after \+9"),
        (["a contact +0 +5 1 1 1000", "a range +0 +5 1 1 0"], "plan:2: the receiver is 1; valid: another"),
        (["a contact +0 +5 1 2 nan", RANGE], "plan:2: the rate, bytes per second is nan; allowed: 1 or more"),
        (["a contact +0 +5 1 2 0", RANGE], "plan:2: the rate, bytes per second is 0; allowed: 1 or more"),
        (["a contact +0 +5 1 2 1000", "a range +0 +5 1 2 inf"], "plan:3: the light time, s is inf"),
        (["a contact +0 +5 1 2 1000", "a range +0 +5 1 2 -1"], "plan:3: the light time, s is -1"),
        (
            ["a contact +0 +9 1 2 1000", "a contact +5 +12 1 2 1000", RANGE],
            "plan:3: a contact 1 to 2, s is 5 to 12; valid: no overlap with another of the two, 0 to 9",
        ),
        (["a contact -1 -1 1 1 0"], "plan:2: '-1' is not a time"),
        (["a contact +0 9999/01/01-00:00:00 1 2 1000", RANGE], "plan:2: '9999/01/01-00:00:00' is not a time"),
        (["a contact +0 +9999999999 1 2 1000", RANGE], r"plan:2: '\+9999999999' is not a time"),
        (["a contact +0 2026/13/01-00:00:00 1 2 1000", RANGE], "plan:2: '2026/13/01-00:00:00' is not a time"),
        (["a contact +0 +5 0 2 1000", RANGE], "plan:2: '0' is not a node number"),
        (["a contact +0 +5 A 2 1000", RANGE], "plan:2: 'A' is not a node number"),
        (["# node 1 Karachi", "a contact +0 +5 1 2 1000", RANGE], "plan:3: node 2 has no name"),
        (["a contact +0 +5 1 2 1000 0.5", RANGE], "plan:2: confidence 0.5"),
        (["d contact +0 1 2"], "plan:2: 'd contact"),
        (["a contact +0 +5 1 2"], "plan:2: 'a contact"),
        (["# nothing"], "plan: no contact in it"),
    ],
)
def test_a_bad_ion_file_is_refused_with_its_line(tmp_path, lines, told):
    with pytest.raises(ScenarioError, match=told):
        read_ion(kept(tmp_path, [AT, *lines]))


def changed(column, value, row=1):
    """Our CSV with one field another."""
    lines = [
        line.split("|")
        for line in (line.replace('"Sat, 1"', "Sat").replace(",", "|") for line in csv_lines(plan()))
    ]
    lines[row][lines[0].index(column)] = value
    return [",".join(line) for line in lines]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (changed("end_s", "0.1"), r"plan:2: end_s is 0\.1; valid: after start_s"),
        (changed("rate_mbps", "nan"), r"plan:2:\d+: rate_mbps is nan; a finite number is needed"),
        (changed("rate_mbps", "fast"), r"plan:2:\d+: rate_mbps is 'fast', not a number"),
        (changed("light_time_min_s", "inf"), r"plan:2:\d+: light_time_min_s is inf"),
        (changed("from", "Karrachi", 2), "plan:3: no node is called 'Karrachi'"),
        (changed("to", "Karachi", 1), "plan:2: the receiver is Karachi"),
        (changed("start", "yesterday"), "plan:2: start is 'yesterday', not a time in UTC"),
        (changed("start", "9999-11-22T00:00:00Z"), "plan:2: start is '9999-11-22T00:00:00Z'"),
        (changed("start_s", "1e30"), "plan:3: start and start_s tell another beginning"),
        (changed("start_s", "0.35", 2), "plan:3: start and start_s tell another beginning"),
        (changed("rate_mbps", "1", 0), "missing column rate_mbps"),
    ],
)
def test_a_bad_csv_is_refused_with_its_line(tmp_path, lines, told):
    with pytest.raises(ScenarioError, match=told) as caught:
        read_csv(kept(tmp_path, lines), ("Karachi", "Sat", "Moon"))
    if "Karrachi" in told:
        assert "did you mean 'Karachi'?" in str(caught.value)


def test_overlapping_contacts_in_a_csv_are_refused_with_the_later_line(tmp_path):
    lines = list(csv_lines(plan()))
    with pytest.raises(ScenarioError, match=r"plan:6: a contact Karachi to Sat, 1, s is .*\(line 2\)"):
        read_csv(kept(tmp_path, [*lines, lines[1]]))


AGAINST_30_TO_60 = {
    "inside": (
        (40.0, 50.0),
        "a contact A to B, s is 40 to 50; valid: no overlap with another of the two, 30 to 60",
    ),
    "the same": ((30.0, 60.0), "is 30 to 60; valid: no overlap with another of the two, 30 to 60"),
    "by a second": ((59.0, 70.0), "is 59 to 70; valid: no overlap with another of the two, 30 to 60"),
    "around it": ((20.0, 80.0), "is 30 to 60; valid: no overlap with another of the two, 20 to 80"),
    "reversed": ((70.0, 65.0), None),
    "of no length": ((70.0, 70.0), None),
}


def csv_of(spans):
    """A file of contacts from A to B, one a line."""
    rows = [
        ",".join(
            [*(f"{START + np.timedelta64(int(s), 's')}Z" for s in span), *map(repr, span), "A,B,1,1,1,1,8"]
        )
        for span in spans
    ]
    return [",".join(CSV_COLUMNS), *rows]


def ion_of(spans, absolute=False):
    """The same as commands of ION."""
    said = []
    for span in spans:
        dates = [
            str(START.astype("datetime64[s]") + int(s)).replace("-", "/").replace("T", "-") for s in span
        ]
        said.append(" ".join(dates if absolute else (f"+{s:g}" for s in span)))
    head = ["# node 1 A", "# node 2 B", AT, "a range +0 +99 1 2 1"]
    return [*head, *(f"a contact {when} 1 2 1000" for when in said)]


@pytest.mark.parametrize(("span", "told"), AGAINST_30_TO_60.values(), ids=AGAINST_30_TO_60)
@pytest.mark.parametrize("form", ["csv", "ion", "ion with dates"])
def test_overlapping_and_reversed_contacts_are_refused_with_file_line_and_both_intervals(
    tmp_path, form, span, told
):
    spans = [(0.0, 30.0), (30.0, 60.0), span] if span[0] >= 30.0 else [(0.0, 20.0), (30.0, 60.0), span]
    lines = csv_of(spans) if form == "csv" else ion_of(spans, form == "ion with dates")
    read = read_csv if form == "csv" else read_ion
    assert len(read(kept(tmp_path, lines[:-1]))) == 2  # back to back is no overlap
    with pytest.raises(ScenarioError) as caught:
        read(kept(tmp_path, lines))
    message, last = str(caught.value), len(lines)
    if told is None:
        assert f"plan:{last}: " in message
        dates = {65.0: "2026/11/22-00:01:05", 70.0: "2026/11/22-00:01:10"}
        said = dates if form == "ion with dates" else {s: f"{s:g}" for s in span}
        assert all(said[s] in message for s in span)
    else:
        assert told in message
        mine, other = (last - 1, last) if span[0] < 30.0 else (last, last - 1)
        assert f"plan:{mine}: " in message and message.endswith(f"(line {other})")


def test_overlapping_and_reversed_ranges_of_ion_are_refused_with_both(tmp_path):
    contact = "a contact +0 +9 1 2 1000"
    lines = [AT, contact, "a range +0 +20 1 2 1", "a range +10 +30 1 2 2"]
    with pytest.raises(
        ScenarioError,
        match=r"plan:4: a range of 1 and 2 from 2026-11-22T00:00:10 to 2026-11-22T00:00:30 overlaps "
        r"that from 2026-11-22T00:00:00 to 2026-11-22T00:00:20 \(line 3\)",
    ):
        read_ion(kept(tmp_path, lines))
    back = [AT, contact, "a range +0 +20 1 2 1", "a range +20 +30 1 2 2", "a range +10 +30 2 1 2"]
    assert len(read_ion(kept(tmp_path, back))) == 1  # back to back, and another direction
    with pytest.raises(ScenarioError, match=r"plan:3: it ends at \+5, not after \+9, where it begins"):
        read_ion(kept(tmp_path, [AT, contact, "a range +9 +5 1 2 1"]))


def test_an_end_in_utc_that_is_not_the_seconds_is_refused(tmp_path):
    lines = csv_of([(0.0, 30.0)])
    assert len(read_csv(kept(tmp_path, lines))) == 1
    with pytest.raises(
        ScenarioError, match=r"plan:2: end is 2026-11-21T23:00:30\.0+Z, and by end_s .*00:00:30"
    ):
        read_csv(kept(tmp_path, [lines[0], lines[1].replace("22T00:00:30", "21T23:00:30")]))
    with pytest.raises(ScenarioError, match="plan:2: end is 'never', not a time in UTC"):
        read_csv(kept(tmp_path, changed("end", "never")))


def test_node_numbers_that_ion_has_not_are_refused():
    with pytest.raises(RaabtaError, match="node numbers from 0; allowed: 1 to"):
        list(ion_lines(plan(), first_number=0))
