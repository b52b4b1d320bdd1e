"""What packets meet between two places: delay, rates, loss and gaps over time; kept as a CSV file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.base.userfiles import csv_rows, fault_at, read_text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

COLUMNS = ("time_s", "delay_ms", "forward_mbps", "return_mbps", "loss_share", "up")
"""Header of the file, in this order."""
BOUNDS = {
    "time_s": (0.0, 1e8),
    "delay_ms": (0.0, 3.6e6),
    "forward_mbps": (0.0, 1e6),
    "return_mbps": (0.0, 1e6),
    "loss_share": (0.0, 1.0),
}
"""Least and most of each number: three years, an hour one way, 1 Tbit/s."""
MOST_ROWS = 2_000_000
DELAY_STEP_MS = 0.05
"""Delays that move are told this finely, ..."""
MOST_PIECES = 64
"""... as far as so many pieces of one time allow."""
MOST_BYTES = 200_000_000
_YES_OR_NO = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_WHAT = "the trace"


@dataclass(frozen=True, eq=False)
class Trace:
    """What packets meet between two places A and B from a start on; values hold until the next time.

    time_s (t,), rising, the first 0; delay_ms (t,), one way, the same both ways; forward_mbps and return_mbps
    (t,), of IP packets from B to A and from A to B; loss_share (t,) of the packets, each way; up (t,), False
    while nothing passes: no path, or a handover. A place A of a broadband run is the user, B the gateway.
    Raises ScenarioError for lengths that differ, no times, times that do not rise, and OutOfRangeError for
    NaN and values out of BOUNDS.
    """

    time_s: Floats
    delay_ms: Floats
    forward_mbps: Floats
    return_mbps: Floats
    loss_share: Floats
    up: NDArray[np.bool_]

    def __post_init__(self) -> None:
        lengths = {name: np.shape(getattr(self, name)) for name in COLUMNS}
        if len(set(lengths.values())) != 1 or len(lengths["time_s"]) != 1:
            raise ScenarioError(f"{_WHAT}: its columns differ in shape: {lengths}", hint="one value a time")
        if not self.time_s.size:
            raise ScenarioError(f"{_WHAT} is empty", hint="give at least the values at 0 s")
        if self.time_s.size > MOST_ROWS:
            raise ScenarioError(f"{_WHAT} has {self.time_s.size:,} times; at most {MOST_ROWS:,}")
        for name, (least, most) in BOUNDS.items():
            values = getattr(self, name)
            wrong = ~((values >= least) & (values <= most))
            if wrong.any():
                at = int(wrong.argmax())
                valid = f"{least:g} to {most:g}"
                raise OutOfRangeError(
                    f"{name} of time {at} of the trace", values[at], valid, "limits of a trace"
                )
        if self.time_s[0] != 0.0:
            raise ScenarioError(f"{_WHAT} begins at {self.time_s[0]:g} s", hint="the first time is 0")
        steps = np.diff(self.time_s)
        if (steps <= 0.0).any():
            at = int((steps <= 0.0).argmax()) + 1
            raise ScenarioError(
                f"{_WHAT}: time {at} ({self.time_s[at]:g} s) does not follow {self.time_s[at - 1]:g} s",
                hint="times rise",
            )

    def rate_mbps(self, forward: bool) -> Floats:
        """What passes of IP packets from B to A (`forward`) or from A to B, 0 in a gap, (t,)."""
        return np.where(self.up, self.forward_mbps if forward else self.return_mbps, 0.0)

    def steps(self, until_s: float) -> Floats:
        """For how long each time holds, up to `until_s`, in seconds, (t,)."""
        ends = np.minimum(np.append(self.time_s[1:], np.inf), until_s)
        return np.asarray(np.maximum(0.0, ends - self.time_s))


def make_trace(
    time_s: ArrayLike,
    delay_ms: ArrayLike,
    forward_mbps: ArrayLike,
    return_mbps: ArrayLike,
    loss_share: ArrayLike = 0.0,
    up: ArrayLike = True,
) -> Trace:
    """A Trace from numbers or sequences; single numbers hold at all times. Raises as Trace does."""
    time = np.atleast_1d(np.asarray(time_s, np.float64))
    delay, forward, back, loss = (
        _spread(values, time) for values in (delay_ms, forward_mbps, return_mbps, loss_share)
    )
    passes = np.asarray(up, np.bool_)
    return Trace(
        time, delay, forward, back, loss, np.full(time.shape, passes) if passes.ndim == 0 else passes
    )


def moving(trace: Trace, steady: ArrayLike) -> Trace:
    """The trace with delays that move on a straight line to the next time where `steady` (t,) says that it is
    over the same way, in steps of `DELAY_STEP_MS` or `MOST_PIECES` of each time; all else holds as before."""
    change = np.append(np.diff(trace.delay_ms), 0.0)
    moves = np.asarray(steady, np.bool_) & trace.up & np.append(trace.up[1:], False)
    pieces = np.where(moves, np.ceil(np.abs(change) / DELAY_STEP_MS), 1.0)
    pieces = np.clip(pieces, 1, MOST_PIECES).astype(np.int64)
    row = np.repeat(np.arange(pieces.size), pieces)
    part = (np.arange(row.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[row]
    length_s = np.append(np.diff(trace.time_s), 0.0)
    return make_trace(
        trace.time_s[row] + part * length_s[row],
        trace.delay_ms[row] + part * np.where(moves, change, 0.0)[row],
        trace.forward_mbps[row],
        trace.return_mbps[row],
        trace.loss_share[row],
        trace.up[row],
    )


def _spread(values: ArrayLike, time: Floats) -> Floats:
    given = np.asarray(values, np.float64)
    return np.full(time.shape, given) if given.ndim == 0 else given


def read_trace(path: Path) -> Trace:
    """Read a CSV file with the header COLUMNS. Raises ScenarioError with file and line; LimitError."""
    text = read_text(path, _WHAT, MOST_BYTES)
    rows = csv_rows(text, path, _WHAT)
    line, header = next(rows, (1, []))
    if not header:
        raise ScenarioError(f"{_WHAT} is empty", file=str(path), hint=_header_hint())
    if tuple(header) != COLUMNS:
        shown = ",".join(header)[:120]
        raise ScenarioError(
            f"{_WHAT} has the header '{shown}'", file=str(path), line=line, hint=_header_hint()
        )
    values: list[list[float]] = []
    for line, fields in rows:
        values.append(_row(fields, text, path, line, values[-1][0] if values else None))
        if len(values) > MOST_ROWS:
            raise ScenarioError(f"{_WHAT} has more than {MOST_ROWS:,} rows", file=str(path), line=line)
    table = np.array(values).T
    time, delay, forward, back, loss, up = table
    return Trace(time, delay, forward, back, loss, up.astype(np.bool_))


def _header_hint() -> str:
    return f"the first line is {','.join(COLUMNS)}"


def _row(fields: list[str], text: str, path: Path, line: int, before_s: float | None) -> list[float]:
    """The six numbers of a line; its time must follow `before_s`, or be 0 in the first."""
    found = [_number(field, n, text, path, line) for n, field in enumerate(fields)]
    if before_s is None and found[0] != 0.0:
        raise fault_at("the first time is not 0", text, path, line, 0, "times are seconds from the start")
    if before_s is not None and found[0] <= before_s:
        raise fault_at(f"time_s {found[0]:g} does not follow {before_s:g}", text, path, line, 0, "times rise")
    return found


def _number(field: str, number: int, text: str, path: Path, line: int) -> float:
    name = COLUMNS[number]
    if name == "up":
        if field.lower() not in _YES_OR_NO:
            raise fault_at(f"up is {field[:40]!r}", text, path, line, number, "1 or 0")
        return float(_YES_OR_NO[field.lower()])
    least, most = BOUNDS[name]
    try:
        value = float(field)
    except ValueError:
        raise fault_at(f"{name} is {field[:40]!r}, not a number", text, path, line, number) from None
    if not least <= value <= most:
        allowed = f"allowed: {least:g} to {most:g}"
        raise fault_at(f"{name} is {field[:40]}; {allowed}", text, path, line, number)
    return value


def write_trace(trace: Trace, path: Path) -> None:
    """Write a trace as the CSV file that `read_trace` reads to the same bits. Raises StoreError."""
    from raabta.engine.atomic import write_bytes

    out = io.StringIO()
    out.write(",".join(COLUMNS) + "\n")
    columns = [getattr(trace, name).tolist() for name in COLUMNS]
    for *numbers, up in zip(*columns, strict=True):
        out.write(",".join(f"{number!r}" for number in numbers) + f",{int(up)}\n")
    write_bytes(path, out.getvalue().encode())
