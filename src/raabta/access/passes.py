"""Passes and contacts as intervals: when a satellite stands above a site's mask, and when two satellites see
each other. The edges are roots, not steps; the same positions and masks as in `visibility`.

Positions are asked for at equal steps, a chunk at a time, and in between they are a polynomial: whatever
moves smoothly has passes, over any body. See docs/models/passes.md for the bound that none is missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from raabta.access import interval_kernels, pass_kernels
from raabta.base.bodies import EARTH, Body
from raabta.base.clock import as_utc
from raabta.base.errors import OutOfRangeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Times = NDArray[np.datetime64]

STEP_S = 60.0
"""Positions stand so far apart: in between they are within 2 cm, for the most eccentric of orbits."""
LEAST_S = 1e-3
"""Passes and gaps as short as this are not looked for."""
CHUNK_STEPS = 256
CHUNK_POSITIONS = 1_000_000
"""Of a chunk, satellites times steps, at most: 24 MB on every thread."""
MOST_STEPS = 10_000_000


class Ground(Protocol):
    """Sites on any body, as `visibility.sites` makes those of the Earth: km (n, 3) in the body's frame; basis
    (n, 3, 3), rows east, north, up; sin_mask (n, a), the sine of the mask in `a` equal bins from north."""

    @property
    def km(self) -> Floats: ...
    @property
    def basis(self) -> Floats: ...
    @property
    def sin_mask(self) -> Floats: ...


class Fleet(Protocol):
    """Whatever moves: `count` bodies and their places in the frame of the sites."""

    @property
    def count(self) -> int:
        """How many."""

    def positions_km(self, times: ArrayLike) -> Floats:
        """Places (t, 3, count) km at UTC `times` (t,); NaN where there is none."""


@dataclass(frozen=True)
class Passes:
    """Intervals of visibility, flat arrays (p,), by site, then satellite, then time.

    site, satellite: numbers; of contacts between satellites, the first and the second. start: UTC that
    seconds are counted from, over `duration_s`. rise_s, set_s; peak_elevation_deg and peak_s, when it is
    (NaN between satellites); range in km: least, most, at rise and at set. begins_before, ends_after: the
    interval is cut there, by the span or because no position is known beyond.
    """

    start: np.datetime64
    duration_s: float
    site: Ints
    satellite: Ints
    rise_s: Floats
    set_s: Floats
    peak_elevation_deg: Floats
    peak_s: Floats
    min_range_km: Floats
    max_range_km: Floats
    rise_range_km: Floats
    set_range_km: Floats
    begins_before: Flags
    ends_after: Flags

    def __len__(self) -> int:
        return int(self.site.size)

    @property
    def rise(self) -> Times:
        """Beginnings, UTC, rounded to the nanosecond."""
        return self.utc(self.rise_s)

    @property
    def set(self) -> Times:
        """Ends, UTC."""
        return self.utc(self.set_s)

    def utc(self, seconds: Floats) -> Times:
        """Seconds from the start as UTC."""
        return np.asarray(self.start + np.rint(seconds * 1e9).astype("timedelta64[ns]"))

    def row_start(self, sites: int) -> Ints:
        """Where each site's passes begin, (sites + 1,): the arrays as CSR over sites."""
        return np.searchsorted(self.site, np.arange(sites + 1)).astype(np.int64)


def find_passes(
    ground: Ground,
    fleet: Fleet,
    start: np.datetime64,
    duration_s: float,
    *,
    step_s: float = STEP_S,
    threads: int = 1,
    chunk_steps: int = CHUNK_STEPS,
) -> Passes:
    """Every pass of every satellite over every site, edges within a millisecond of the fleet's own motion.

    `ground`: sites with their masks, by azimuth too (`visibility.sites`); the rule about the GSO arc is no
    part of a pass. The answer depends on neither threads nor chunks. step_s may be longer where everything
    moves slowly. Raises OutOfRangeError for a duration that is none; what `fleet` raises for its times.
    """
    looked = _ground(ground)

    def find(position_km: Floats, span: pass_kernels.Span) -> Floats:
        return np.asarray(pass_kernels.find(position_km, looked, span, LEAST_S / step_s))

    return _passes(find, fleet, start, duration_s, step_s, threads, chunk_steps, between=False)


def find_contacts(
    first: ArrayLike,
    second: ArrayLike,
    fleet: Fleet,
    start: np.datetime64,
    duration_s: float,
    *,
    longest_km: float = math.inf,
    grazing_km: float = 80.0,
    body: Body = EARTH,
    step_s: float = STEP_S,
    threads: int = 1,
    chunk_steps: int = CHUNK_STEPS,
) -> Passes:
    """When the satellites of pairs first, second (p,) see each other, no farther apart than `longest_km` and
    along a line `grazing_km` or more above a sphere of the body's mean radius.

    As `find_passes`; site and satellite are the pair's members, sorted. Raises OutOfRangeError.
    """
    from raabta.access import pair_kernels

    pair = _pairs(first, second, fleet.count)
    if not longest_km > 0.0 or not grazing_km > -body.mean_radius_km:
        raise OutOfRangeError(
            "longest_km, grazing_km",
            f"{longest_km}, {grazing_km}",
            "above 0, and above the centre of the body",
            "a line of sight",
        )
    limits = min(longest_km, 1e9), body.mean_radius_km + grazing_km

    def find(position_km: Floats, span: pass_kernels.Span) -> Floats:
        rows = pair_kernels.find(position_km, pair[:, 0], pair[:, 1], *limits, span, LEAST_S / step_s)
        which = rows[:, pass_kernels.FIRST].astype(np.int64)
        rows[:, pass_kernels.FIRST], rows[:, pass_kernels.SECOND] = pair[which, 0], pair[which, 1]
        return np.asarray(rows)

    return _passes(find, fleet, start, duration_s, step_s, threads, chunk_steps, between=True)


def _pairs(first: ArrayLike, second: ArrayLike, count: int) -> Ints:
    """Pairs (p, 2), the smaller number first, each once, sorted."""
    pair = np.stack(np.broadcast_arrays(np.asarray(first), np.asarray(second)), axis=-1).reshape(-1, 2)
    pair = np.sort(pair.astype(np.int64), axis=1)
    bad = np.flatnonzero((pair[:, 0] < 0) | (pair[:, 1] >= count) | (pair[:, 0] == pair[:, 1]))
    if bad.size:
        raise OutOfRangeError(
            "a pair of satellites", tuple(pair[bad[0]].tolist()), f"two of 0 to {count - 1}", "the fleet"
        )
    return np.ascontiguousarray(np.unique(pair, axis=0))


def _ground(sites: Ground) -> pass_kernels.Ground:
    """Sites as the kernel takes them; how far their verticals lean is measured, not assumed."""
    radius = np.linalg.norm(sites.km, axis=1)
    unit = sites.km / radius[:, None]
    lean = np.arccos(np.clip(np.einsum("ij,ij->i", unit, sites.basis[:, 2]), -1.0, 1.0))
    return pass_kernels.Ground(
        np.ascontiguousarray(sites.km),
        np.ascontiguousarray(sites.basis),
        np.ascontiguousarray(sites.sin_mask),
        sites.sin_mask.min(axis=1),
        unit,
        float(radius.min()),
        float(lean.max()) + 1e-7,
    )


def _passes(
    find: Callable[[Floats, pass_kernels.Span], Floats],
    fleet: Fleet,
    start: np.datetime64,
    duration_s: float,
    step_s: float,
    threads: int,
    chunk_steps: int,
    *,
    between: bool,
) -> Passes:
    """Chunks of time found one by one, and joined."""
    begin = np.datetime64(as_utc(start).item(), "ns")
    _check(duration_s, step_s)
    most = max(8, min(chunk_steps, CHUNK_POSITIONS // max(fleet.count, 1)))

    def chunk(span: pass_kernels.Span) -> Floats:
        before, after = interval_kernels.BEFORE, interval_kernels.NODES - 1 - interval_kernels.BEFORE
        place = span.first + np.arange(-before, span.steps + after)
        times = begin + np.rint(place * (step_s * 1e9)).astype("timedelta64[ns]")
        return find(np.ascontiguousarray(fleet.positions_km(times)), span)

    spans = list(_spans(duration_s, step_s, most))
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:  # chunks share nothing; the kernels let go of Python
            rows = list(pool.map(chunk, spans))
    else:
        rows = [chunk(span) for span in spans]
    return _as_passes(_joined(np.concatenate(rows), duration_s), begin, duration_s, between)


def _check(duration_s: float, step_s: float) -> None:
    if not (math.isfinite(duration_s) and duration_s > 0.0):
        raise OutOfRangeError("duration_s", duration_s, "above 0, finite", "passes")
    if not 1.0 <= step_s <= 3_600.0:
        raise OutOfRangeError("step_s", step_s, "1 to 3600 s", "passes")
    if duration_s / step_s > MOST_STEPS:
        raise OutOfRangeError(
            "duration_s", duration_s, f"{MOST_STEPS:,} steps of {step_s:g} s at most", "passes"
        )


def _spans(duration_s: float, step_s: float, most: int) -> Iterator[pass_kernels.Span]:
    """Chunks of whole steps, the very last of which may count in part."""
    steps = max(1, math.ceil(duration_s / step_s - 1e-12))
    for first in range(0, steps, most):
        count = min(most, steps - first)
        ends = first + count == steps
        share = min(1.0, duration_s / step_s - (steps - 1)) if ends else 1.0
        yield pass_kernels.Span(first, count, share, step_s)


def _joined(rows: Floats, duration_s: float) -> Floats:
    """Intervals of chunks, sorted, those cut at the edge between two chunks made one."""
    k = pass_kernels
    rows = rows[np.lexsort((rows[:, k.BEGIN], rows[:, k.SECOND], rows[:, k.FIRST]))]
    if len(rows) == 0:
        return rows
    later, earlier = rows[1:], rows[:-1]
    same = (later[:, [k.FIRST, k.SECOND]] == earlier[:, [k.FIRST, k.SECOND]]).all(axis=1)
    goes_on = same & (later[:, k.BEGIN] == earlier[:, k.END])
    goes_on &= (later[:, k.CUT_BEGIN] == k.AT_EDGE) & (earlier[:, k.CUT_END] == k.AT_EDGE)
    first = np.flatnonzero(np.append(True, ~goes_on))
    last = np.append(first[1:], len(rows)) - 1
    out = rows[first]
    for column in (k.END, k.AT_END, k.CUT_END):
        out[:, column] = rows[last, column]
    out[:, k.LEAST] = np.minimum.reduceat(rows[:, k.LEAST], first)
    out[:, k.MOST] = np.maximum.reduceat(rows[:, k.MOST], first)
    group = np.repeat(np.arange(first.size), np.diff(np.append(first, len(rows))))
    highest = np.lexsort((rows[:, k.PEAK_AT], -rows[:, k.PEAK], group))[first]
    out[:, [k.PEAK, k.PEAK_AT]] = rows[highest][:, [k.PEAK, k.PEAK_AT]]
    begins = (out[:, k.CUT_BEGIN] == k.UNKNOWN) | ((out[:, k.CUT_BEGIN] > 0.0) & (out[:, k.BEGIN] == 0.0))
    ends = (out[:, k.CUT_END] == k.UNKNOWN) | ((out[:, k.CUT_END] > 0.0) & (_last_of(out) >= duration_s))
    out[:, k.CUT_BEGIN], out[:, k.CUT_END] = begins, ends
    return np.asarray(out[out[:, k.END] > out[:, k.BEGIN]])


def _last_of(rows: Floats) -> Floats:
    """Ends of intervals, a rounding above what they are."""
    return np.asarray(rows[:, pass_kernels.END] * (1.0 + 1e-12))


def _as_passes(rows: Floats, start: np.datetime64, duration_s: float, between: bool) -> Passes:
    k = pass_kernels
    none = np.full(len(rows), np.nan)
    peak = none if between else np.degrees(np.arcsin(np.clip(rows[:, k.PEAK], -1.0, 1.0)))
    return Passes(
        start,
        float(duration_s),
        rows[:, k.FIRST].astype(np.int64),
        rows[:, k.SECOND].astype(np.int64),
        rows[:, k.BEGIN].copy(),
        np.minimum(rows[:, k.END], duration_s),
        peak,
        none if between else rows[:, k.PEAK_AT].copy(),
        rows[:, k.LEAST].copy(),
        rows[:, k.MOST].copy(),
        rows[:, k.AT_BEGIN].copy(),
        rows[:, k.AT_END].copy(),
        rows[:, k.CUT_BEGIN] > 0.0,
        rows[:, k.CUT_END] > 0.0,
    )
