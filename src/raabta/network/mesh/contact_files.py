"""Contact plans as files: ION's commands `a contact` and `a range`, and CSV. Both are read back.

ION (JPL's Interplanetary Overlay Network), ionrc(5), https://github.com/nasa-jpl/ION-DTN: one command a
line; nodes are numbers from 1; times are whole seconds, `+ss` from the time that `@` sets or
`yyyy/mm/dd-hh:mm:ss`; a contact has one direction and a rate in bytes per second; a range is the one-way
light time in whole seconds. We round contacts inwards, so that ION never sends outside one, and light times
up.
"""

from __future__ import annotations

import csv
import io
import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import RaabtaError, ScenarioError
from raabta.base.userfiles import csv_rows, fault_at, read_text
from raabta.network.mesh.contacts import COLUMNS, LIGHT_TIMES, ContactPlan, Fault, find_fault
from raabta.scenario.suggest import near_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Times = NDArray[np.datetime64]

BYTES_PER_MBIT = 125_000
MOST_BYTES = 200_000_000
MOST_NODE = 2**32 - 1
CSV_COLUMNS = ("start", "end", "start_s", "end_s", "from", "to", *LIGHT_TIMES, "rate_mbps")
_SECOND, _NS = np.timedelta64(1, "s"), 1_000_000_000
_WHAT = "the contact plan"
_FIRST, _LAST = np.datetime64("1957-01-01", "s"), np.datetime64("2200-01-01", "s")
_ABSOLUTE = re.compile(r"(\d{4})/(\d{2})/(\d{2})-(\d{2}):(\d{2}):(\d{2})", re.ASCII)
_RELATIVE = re.compile(r"\+(\d{1,10})", re.ASCII)
_NAMED = re.compile(r"#\s*node\s+(\d{1,10})\s+(\S.*)", re.ASCII)
_NO_PLAN = ("1", "s", "e", "v", "m", "h", "?")
"""First words of commands that say nothing of contacts."""


def ion_lines(plan: ContactPlan, *, absolute: bool = False, first_number: int = 1) -> Iterator[str]:
    """The plan as commands of `ionadmin`, without line ends. Node i is number i + `first_number`.

    `absolute`: times as dates instead of seconds after the plan's start. A contact in which no whole second
    begins and ends is left out; a comment says how many. Raises RaabtaError for numbers that ION has not.
    """
    if not 1 <= first_number <= MOST_NODE - len(plan.nodes):
        raise RaabtaError(f"node numbers from {first_number}; allowed: 1 to {MOST_NODE:,} for the last")
    reference = plan.start.astype("datetime64[s]")
    offset = (plan.start - reference) / np.timedelta64(_NS, "ns")
    begin = np.ceil(plan.start_s + offset - 1e-9).astype(np.int64)
    end = np.floor(plan.end_s + offset + 1e-9).astype(np.int64)
    keep = np.flatnonzero(end > begin)
    yield f"# contact plan, {keep.size} contacts; rates in bytes per second, light times in whole seconds"
    if keep.size < len(plan):
        yield f"# left out, shorter than a whole second: {len(plan) - keep.size}"
    yield from (f"# node {i + first_number} {name}" for i, name in enumerate(plan.nodes))
    yield f"@ {_date(reference)}"
    for row in keep.tolist():
        when = f"{_when(reference, begin[row], absolute)} {_when(reference, end[row], absolute)}"
        pair = f"{plan.from_node[row] + first_number} {plan.to_node[row] + first_number}"
        yield f"a contact {when} {pair} {max(1, round(plan.rate_mbps[row] * BYTES_PER_MBIT))}"
        yield f"a range {when} {pair} {math.ceil(plan.light_time_max_s[row])}"


def _when(reference: np.datetime64, seconds: np.int64, absolute: bool) -> str:
    return _date(reference + int(seconds) * _SECOND) if absolute else f"+{seconds}"


def _date(time: np.datetime64) -> str:
    text = str(np.datetime_as_string(time, "s"))
    return text.replace("-", "/").replace("T", "-")


def csv_lines(plan: ContactPlan) -> Iterator[str]:
    """The plan as CSV, without line ends: times in UTC and in seconds, light times, Mbps; nothing rounded."""
    row = io.StringIO()
    writer = csv.writer(row, lineterminator="")
    start, end = (np.datetime_as_string(plan.utc(s), "ns") for s in (plan.start_s, plan.end_s))
    yield ",".join(CSV_COLUMNS)
    for i in range(len(plan)):
        names = plan.nodes[plan.from_node[i]], plan.nodes[plan.to_node[i]]
        figures = [repr(float(getattr(plan, name)[i])) for name in (*LIGHT_TIMES, "rate_mbps")]
        seconds = repr(float(plan.start_s[i])), repr(float(plan.end_s[i]))
        writer.writerow([f"{start[i]}Z", f"{end[i]}Z", *seconds, *names, *figures])
        yield row.getvalue()
        row.seek(0)
        row.truncate()


def read_csv(path: Path, nodes: tuple[str, ...] | None = None) -> ContactPlan:
    """A plan from a CSV file of ours. nodes: the names that it may hold; default: those that it does, sorted.

    Raises ScenarioError with file and line for a missing column, what is no number or no date, dates that
    are not the seconds, an unknown node, reversed or overlapping contacts; LimitError for a huge file.
    """
    text = read_text(path, _WHAT, MOST_BYTES)
    rows = csv_rows(text, path, _WHAT)
    line, header = next(rows)
    missing = [name for name in CSV_COLUMNS if name not in header]
    if missing:
        raise fault_at(f"missing column {', '.join(missing)}", text, path, line, 0)
    place = {name: header.index(name) for name in CSV_COLUMNS}
    lines, values, names, dates, ends_utc = [], [], [], [], []
    for line, fields in rows:
        lines.append(line)
        values.append([_number(fields[place[n]], n, text, path, line, place[n]) for n in _NUMBERS])
        names.append((fields[place["from"]], fields[place["to"]]))
        dates.append(_utc(fields[place["start"]], "start", path, line))
        ends_utc.append(_utc(fields[place["end"]], "end", path, line))
    known = nodes or tuple(sorted({name for pair in names for name in pair}))
    numbers = {name: i for i, name in enumerate(known)}
    ends = [[_node(name, numbers, path, line) for name in p] for p, line in zip(names, lines, strict=True)]
    figures = dict(zip(_NUMBERS, np.array(values).T, strict=True))
    start = _start(np.array(dates), figures["start_s"], lines, path)
    pair = np.array(ends, np.int32).reshape(-1, 2)
    plan = _checked(
        ContactPlan(start, known, from_node=pair[:, 0], to_node=pair[:, 1], **figures), lines, path
    )
    apart = np.abs((np.array(ends_utc) - plan.utc(plan.end_s)).astype(np.int64))
    if apart.size and apart.max() > 1_000:
        row = int(np.argmax(apart > 1_000))
        raise ScenarioError(
            f"end is {np.datetime_as_string(ends_utc[row])}Z, and by end_s the contact ends at "
            f"{np.datetime_as_string(plan.utc(plan.end_s[row]))}Z",
            file=str(path),
            line=lines[row],
            hint="end and end_s tell one instant",
        )
    return plan


_NUMBERS = tuple(name for name in COLUMNS if not name.endswith("_node"))


def _number(text: str, name: str, whole: str, path: Path, line: int, at: int) -> float:
    try:
        value = float(text)
    except ValueError:
        raise fault_at(f"{name} is {text[:40]!r}, not a number", whole, path, line, at) from None
    if not math.isfinite(value):
        raise fault_at(f"{name} is {text[:40]}; a finite number is needed", whole, path, line, at)
    return value


def _utc(text: str, name: str, path: Path, line: int) -> np.datetime64:
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z?", text, re.ASCII):
            raise ValueError
        if not _FIRST <= np.datetime64(text[:19], "s") < _LAST:
            raise ValueError
        return np.datetime64(text.removesuffix("Z"), "ns")
    except ValueError:
        raise ScenarioError(
            f"{name} is {text[:40]!r}, not a time in UTC",
            file=str(path),
            line=line,
            hint="such as 2026-11-22T00:00:00.000000000Z",
        ) from None


def _start(dates: Times, seconds: Floats, lines: list[int], path: Path) -> np.datetime64:
    """The start that every row's date and seconds tell."""
    told = dates - np.rint(np.clip(seconds, -1e9, 1e9) * 1e9).astype("timedelta64[ns]")
    apart = np.abs((told - told[0]).astype(np.int64))
    if apart.max() > 1_000:
        row = int(np.argmax(apart > 1_000))
        raise ScenarioError(
            "start and start_s tell another beginning of the plan than the rows before",
            file=str(path),
            line=lines[row],
            hint="start_s is counted from one instant in every row",
        )
    return np.datetime64(told[0], "ns")


def _node(name: str, numbers: dict[str, int], path: Path, line: int) -> int:
    if name not in numbers:
        near = near_name(name, list(numbers))
        raise ScenarioError(
            f"no node is called {name[:80]!r}",
            file=str(path),
            line=line,
            hint=f"did you mean {near!r}?" if near else f"{len(numbers)} nodes are known",
        )
    return numbers[name]


def _checked(plan: ContactPlan, lines: list[int], path: Path) -> ContactPlan:
    """The plan, or a ScenarioError that names the line of its first fault."""
    fault: Fault | None = find_fault(plan)
    if fault is None:
        return plan
    line = lines[fault.row] if fault.row >= 0 else None
    where = f" (line {lines[fault.other]})" if fault.other >= 0 else ""
    told = f"{fault.what} is {fault.value}; valid: {fault.valid}{where}"
    raise ScenarioError(told, file=str(path), line=line)


_Range = tuple[np.datetime64, np.datetime64, float, int]
_Contact = tuple[int, np.datetime64, np.datetime64, int, int, float]


@dataclass
class _Ion:
    """What has been read of an ION file so far."""

    path: Path
    reference: np.datetime64 | None
    names: dict[int, str] = field(default_factory=dict)
    contacts: list[_Contact] = field(default_factory=list)
    ranges: dict[tuple[int, int], list[_Range]] = field(default_factory=dict)

    def refuse(self, message: str, line: int, hint: str | None = None) -> ScenarioError:
        """What is wrong in a line."""
        return ScenarioError(message, file=str(self.path), line=line, hint=hint)


def read_ion(path: Path, start: np.datetime64 | None = None) -> ContactPlan:
    """A plan from a file of `ionadmin` commands: `a contact`, `a range`, `@` and comments; those that say
    nothing of contacts are passed over, those that change contacts are refused.

    start: what seconds are counted from, and what relative times follow until `@` says otherwise; default:
    the first `@`, or the earliest contact. Names come from comments `# node 3 Karachi`, else from numbers.
    Raises ScenarioError with file and line; LimitError for a huge file.
    """
    seen = _Ion(path, None if start is None else start.astype("datetime64[s]"))
    first: np.datetime64 | None = start
    for number, raw in enumerate(read_text(path, _WHAT, MOST_BYTES).splitlines(), 1):
        _command(seen, raw.strip(), number)
        first = seen.reference if first is None else first
    if not seen.contacts:
        raise ScenarioError("no contact in it", file=str(path), hint="lines `a contact +0 +60 1 2 125000`")
    return _ion_plan(seen, min(c[1] for c in seen.contacts) if first is None else first)


def _command(seen: _Ion, text: str, line: int) -> None:
    named = _NAMED.fullmatch(text)
    if named:
        seen.names[int(named[1])] = named[2]
    words = text.split()
    if not words or text.startswith("#") or words[0] in _NO_PLAN:
        return
    if words[0] == "@" and len(words) == 2:
        seen.reference = _time(seen, words[1], line)
    elif words[:2] == ["a", "contact"] and len(words) in (7, 8):
        _contact(seen, words[2:], line)
    elif words[:2] == ["a", "range"] and len(words) == 7:
        begin, end = _interval(seen, words[2:4], line)
        one, other = (_ion_node(seen, word, line) for word in words[4:6])
        light = _figure(seen, words[6], "the light time, s", line, 0.0)
        seen.ranges.setdefault((one, other), []).append((begin, end, light, line))
    else:
        raise seen.refuse(
            f"{text[:60]!r} is not read", line, "`a contact`, `a range`, `@` and comments are; see ionrc(5)"
        )


def _contact(seen: _Ion, words: list[str], line: int) -> None:
    if len(words) == 6 and _figure(seen, words[5], "the confidence", line, 0.0) != 1.0:
        raise seen.refuse(
            f"confidence {words[5]}: a plan here holds scheduled contacts", line, "leave it at 1.0"
        )
    begin, end = _interval(seen, words[:2], line)
    one, other = (_ion_node(seen, word, line) for word in words[2:4])
    rate = _figure(seen, words[4], "the rate, bytes per second", line, 1.0)
    seen.contacts.append((line, begin, end, one, other, rate / BYTES_PER_MBIT))


def _interval(seen: _Ion, words: list[str], line: int) -> tuple[np.datetime64, np.datetime64]:
    begin, end = (_time(seen, word, line) for word in words)
    if not begin < end:
        raise seen.refuse(f"it ends at {words[1]}, not after {words[0]}, where it begins", line)
    return begin, end


def _time(seen: _Ion, word: str, line: int) -> np.datetime64:
    relative, absolute = _RELATIVE.fullmatch(word), _ABSOLUTE.fullmatch(word)
    if relative and seen.reference is None:
        raise seen.refuse(f"{word} follows no time", line, "begin with `@ 2026/11/22-00:00:00`")
    try:
        if relative and seen.reference is not None:
            time = seen.reference + int(relative[1]) * _SECOND
        elif absolute:
            year, month, day, hour, minute, second = absolute.groups()
            time = np.datetime64(f"{year}-{month}-{day}T{hour}:{minute}:{second}", "s")
        else:
            raise ValueError
        if not _FIRST <= time < _LAST:
            raise ValueError
        return time
    except ValueError:
        hint = "`+60`, or `2026/11/22-00:01:00`, 1957 to 2199; -1 and 0 stand for no scheduled contacts"
        raise seen.refuse(f"{word[:40]!r} is not a time", line, hint) from None


def _ion_node(seen: _Ion, word: str, line: int) -> int:
    if not re.fullmatch(r"\d{1,10}", word, re.ASCII) or not 1 <= int(word) <= MOST_NODE:
        raise seen.refuse(f"{word[:40]!r} is not a node number; allowed: 1 to {MOST_NODE:,}", line)
    if seen.names and int(word) not in seen.names:
        raise seen.refuse(f"node {word} has no name", line, f"a comment `# node {word} NAME`, as the others")
    return int(word)


def _figure(seen: _Ion, word: str, what: str, line: int, least: float) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not least <= value < math.inf:
        raise seen.refuse(f"{what} is {word[:40]}; allowed: {least:g} or more, finite", line)
    return value


def _ion_plan(seen: _Ion, start: np.datetime64) -> ContactPlan:
    used = sorted({node for contact in seen.contacts for node in contact[3:5]} | set(seen.names))
    number = {node: i for i, node in enumerate(used)}
    start = start.astype("datetime64[ns]")
    begins = np.array([[c[1], c[2]] for c in seen.contacts]).astype("datetime64[ns]") - start
    seconds = begins.astype(np.int64) / _NS
    for pair_of, known in seen.ranges.items():
        known.sort()
        _refuse_overlap(seen, pair_of, known)
    light = np.array([_light_time(seen, contact) for contact in seen.contacts])
    pair = np.array([[number[c[3]], number[c[4]]] for c in seen.contacts], np.int32)
    rate = np.array([c[5] for c in seen.contacts])
    order = np.lexsort((pair[:, 1], pair[:, 0], seconds[:, 0]))
    plan = ContactPlan(
        start,
        tuple(seen.names.get(node, str(node)) for node in used),
        seconds[:, 0], seconds[:, 1], pair[:, 0], pair[:, 1], light, light, light, light, rate,
    )  # fmt: skip
    lines = [seen.contacts[row][0] for row in order]
    return _checked(plan.take(order), lines, seen.path)


def _refuse_overlap(seen: _Ion, pair: tuple[int, int], known: list[_Range]) -> None:
    """ScenarioError where two ranges of a pair, by beginning, overlap: which light time holds is not said."""
    for (begin, end, _, line), (next_begin, next_end, _, next_line) in pairwise(known):
        if next_begin < end:
            raise seen.refuse(
                f"a range of {pair[0]} and {pair[1]} from {next_begin} to {next_end} overlaps that from "
                f"{begin} to {end} (line {line})",
                next_line,
                "one light time holds at a time: let the earlier end where the later begins",
            )


def _light_time(seen: _Ion, contact: _Contact) -> float:
    """The range over all of a contact: its own direction's, else that of a lower to a higher number back."""
    line, begin, end, one, other, _ = contact
    for pair in ((one, other), (other, one)):
        known = seen.ranges.get(pair, []) if pair == (one, other) or pair[0] < pair[1] else []
        at = bisect_right(known, begin, key=lambda each: each[0]) - 1
        if at >= 0 and end <= known[at][1]:
            return known[at][2]
    raise seen.refuse(f"no range of {one} and {other} covers this contact", line, "add `a range` for it")
