"""What pairs of places had over a run: delay, how steady it was, outages and their causes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.network.mesh.timeline import CAUSES, CONNECTED, Counts, Followed
from raabta.service.pairs.ground import great_circle_km

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.service.pairs.ground import Places

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Arrays = Mapping[str, "NDArray[Any]"]
Read = Callable[[Collection[str]], Iterable[Arrays]]
"""Reads the chunks of a run in order, of each only the arrays that are named."""

RTT_MS_PER_KM: Final = 2e3 / SPEED_OF_LIGHT_KM_S
"""Round trip of light over one km of way."""
MOST_VALUES: Final = 8_000_000
"""Steps times pairs that are held at once."""


@dataclass(frozen=True)
class Outages:
    """Times without a way, by pair and then by time, (k,) each: pair, first step, steps, cause of the
    first."""

    pair: Ints
    first: Ints
    steps: Ints
    cause: Ints


@dataclass(frozen=True)
class Found:
    """Columns of the table PAIRS but its names, (p,) each, and the outages."""

    columns: dict[str, NDArray[Any]]
    outages: Outages


def summarise(read: Read, pairs: Ints, places: Places, step_s: float) -> Found:
    """What each pair (p, 2) had. Memory is bounded: pairs are taken in blocks, time whole."""
    counted = _counted(read, len(pairs))
    steps = counted.steps
    size = max(1, MOST_VALUES // max(steps, 1))
    blocks = [_block(read, slice(i, i + size), step_s) for i in range(0, len(pairs), size)]
    hours = steps * step_s / 3_600.0
    columns = {
        "great_circle_km": great_circle_km(places, pairs),
        **{name: np.concatenate([found[name] for found, _ in blocks]) for name in blocks[0][0]},
        **{f"{name}_per_hour": count / hours for name, count in counted.counts._asdict().items()},
    }
    outages = _joined([gaps for _, gaps in blocks], size)
    columns["outages"] = np.bincount(outages.pair, minlength=len(pairs)).astype(np.int64)
    longest = np.zeros(len(pairs), np.int64)
    np.maximum.at(longest, outages.pair, outages.steps)
    columns["longest_outage_s"] = longest * step_s
    return Found(columns, outages)


@dataclass(frozen=True)
class _Counted:
    steps: int
    counts: Counts


def _counted(read: Read, pairs: int) -> _Counted:
    """Sums over the chunks, and over the seams between them."""
    counts, steps = Counts.none(pairs), 0
    names = [f"{edge}_{name}" for edge in ("first", "last") for name in Followed._fields]
    last: Followed | None = None
    for arrays in read([*Counts._fields, "steps", *names]):
        first, after = (
            Followed(*(arrays[f"{edge}_{n}"] for n in Followed._fields)) for edge in ("first", "last")
        )
        for name, count in counts._asdict().items():
            count += arrays[name]
        steps += int(arrays["steps"][0])
        if last is not None:
            counts.add(last, first)
        last = after
    return _Counted(steps, counts)


def _block(read: Read, own: slice, step_s: float) -> tuple[dict[str, NDArray[Any]], Outages]:
    """Columns of some of the pairs from their whole series, and their outages."""
    km, satellites, cause = (
        np.concatenate([arrays[name][:, own] for arrays in read([name])])
        for name in ("km", "satellites", "cause")
    )
    there = cause == CONNECTED
    rtt = np.where(there, km.astype(np.float64) * RTT_MS_PER_KM, np.nan)
    columns = {"connected_share": there.mean(axis=0), **_rtt_columns(rtt)}
    count = there.sum(axis=0)
    columns["satellites"] = _ratio((satellites * there).sum(axis=0), count)
    return columns, find_outages(cause)


def _rtt_columns(rtt_ms: Floats) -> dict[str, Floats]:
    """Distribution of round trips (t, p), NaN where there is no way."""
    change = np.abs(np.diff(rtt_ms, axis=0))
    known = ~np.isnan(change)
    ordered = np.sort(rtt_ms.T, axis=1)  # NaN come last
    count = (~np.isnan(ordered)).sum(axis=1)
    return {
        "rtt_min_ms": quantile(ordered, count, 0.0),
        "rtt_median_ms": quantile(ordered, count, 0.5),
        "rtt_p95_ms": quantile(ordered, count, 0.95),
        "rtt_max_ms": quantile(ordered, count, 1.0),
        "jitter_ms": _ratio(np.where(known, change, 0.0).sum(axis=0), known.sum(axis=0)),
    }


def quantile(ordered: Floats, count: Ints, share: float) -> Floats:
    """Quantile of each row of `ordered` (p, t), of which the first `count` (p,) rise; linear between them,
    NaN where there are none. Hyndman and Fan (1996), definition 7, doi:10.2307/2684934."""
    at = share * np.maximum(count - 1, 0)
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    row = np.arange(len(ordered))
    below, above = ordered[row, low], ordered[row, high]
    out = np.full(count.shape, np.nan)
    out[count > 0] = (below + (at - low) * (above - below))[count > 0]
    return out


def _ratio(total: NDArray[Any], count: NDArray[Any]) -> Floats:
    """Means; NaN of nothing."""
    out = np.full(count.shape, np.nan)
    np.divide(total, count, out=out, where=count > 0)
    return out


def find_outages(cause: NDArray[np.uint8]) -> Outages:
    """Runs of steps without a way in cause (t, p)."""
    without = cause != CONNECTED
    edge = np.diff(without.astype(np.int8), axis=0, prepend=0, append=0)
    pair, first = np.nonzero((edge == 1).T)
    _, end = np.nonzero((edge == -1).T)
    return Outages(pair, first, end - first, cause[first, pair].astype(np.int64))


def _joined(parts: list[Outages], size: int) -> Outages:
    """Outages of blocks of pairs, one after the other."""
    return Outages(
        np.concatenate([gaps.pair + i * size for i, gaps in enumerate(parts)]),
        *(np.concatenate([getattr(gaps, name) for gaps in parts]) for name in ("first", "steps", "cause")),
    )


def outage_columns(outages: Outages, step_s: float) -> dict[str, NDArray[Any]]:
    """Columns of the table OUTAGES."""
    return {
        "pair": outages.pair,
        "start_s": outages.first * step_s,
        "duration_s": outages.steps * step_s,
        "cause": np.array(CAUSES)[outages.cause] if outages.cause.size else np.empty(0, "U1"),
    }
