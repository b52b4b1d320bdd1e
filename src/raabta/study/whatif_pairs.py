"""Two runs of one question about ways, with failures and without, held against each other pair by pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.base.errors import StoreError
from raabta.network.mesh.timeline import CAUSES, CONNECTED
from raabta.service.pairs.summary import RTT_MS_PER_KM, quantile
from raabta.study import whatif_flows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.service.pairs.stored import Stored
    from raabta.service.pairs.summary import Read

    Floats = NDArray[np.float64]
    Arrays = dict[str, NDArray[Any]]

MOST_VALUES: Final = 4_000_000
"""Steps times pairs that are held at once."""

RATES: Final = ("changes_per_hour", "handovers_per_hour", "gateway_changes_per_hour")
"""Columns of the table PAIRS that both runs tell; runs of earlier versions lack the last."""


@dataclass(frozen=True)
class Ways:
    """Series of some pairs: km (t, p), satellites (t, p), cause (t, p), as a run of ways keeps them."""

    km: NDArray[np.float32]
    satellites: NDArray[np.uint8]
    cause: NDArray[np.uint8]


def compare(before: Stored, after: Stored) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """What failures cost: figures for `whatif.json`, and the columns of `whatif_pairs.csv`.

    Raises StoreError where the two runs are not of the same pairs and steps.
    """
    names = [(row["one"], row["other"]) for row in before.pairs]
    time = before.scenario.time
    if names != [(row["one"], row["other"]) for row in after.pairs] or time != after.scenario.time:
        raise StoreError(
            f"{before.folder} and {after.folder} are not of the same pairs and steps, so neither can be "
            "graded on the other's"
        )
    size = max(1, MOST_VALUES // max(time.steps, 1))
    blocks = [
        compare_ways(_ways(before.read, own), _ways(after.read, own), time.step_s)
        for own in (slice(i, i + size) for i in range(0, len(names), size))
    ]
    found = {key: np.concatenate([block[key] for block in blocks]) for key in blocks[0]}
    cause_steps = found.pop("cause_steps")
    columns: dict[str, list[Any]] = {
        "one": [one for one, _ in names],
        "other": [other for _, other in names],
        **{key: values.tolist() for key, values in found.items()},
        "cause": [CAUSES[int(row.argmax())] if row.any() else "" for row in cause_steps],
        **{
            f"{key}_{when}": [float(row[key]) for row in run.pairs]
            for key in RATES
            if key in before.pairs[0]
            for when, run in (("before", before), ("after", after))
        },
        **whatif_flows.columns(before, after),
    }
    figures = _figures(columns, cause_steps, found)
    return figures | whatif_flows.figures(before, after), columns


def _ways(read: Read, own: slice) -> Ways:
    """Series of some pairs from the chunks of a run."""
    parts = [[a[name][:, own] for name in ("km", "satellites", "cause")] for a in read(Ways.__annotations__)]
    return Ways(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def compare_ways(before: Ways, after: Ways, step_s: float) -> Arrays:
    """What pairs (p,) lose and what their other ways cost, on the same steps.

    lost_share: of the steps, with a way before and none after; gained_share the other way round;
    longest_loss_s: lost steps on end; rerouted_share: of the steps with both, on a way of another length;
    added_*: over the steps with both, NaN where there is none; cause_steps (p, causes): lost steps by cause.
    """
    had, has = before.cause == CONNECTED, after.cause == CONNECTED
    both, lost = had & has, had & ~has
    steps = len(had)
    added_km, more = _more(before.km, after.km, both), _more(before.satellites, after.satellites, both)
    count = both.sum(axis=0)
    cause_steps = np.stack(
        [(lost & (after.cause == code)).sum(axis=0) for code in range(len(CAUSES))], axis=1
    )
    return {
        "connected_before_share": had.mean(axis=0),
        "connected_after_share": has.mean(axis=0),
        "lost_share": lost.sum(axis=0) / steps,
        "gained_share": (has & ~had).sum(axis=0) / steps,
        "longest_loss_s": _longest(lost) * step_s,
        "rerouted_share": _mean((both & (after.km != before.km)).sum(axis=0), count),
        **_added(added_km, count),
        "added_km": _mean(np.nansum(added_km, axis=0), count),
        "added_satellites": _mean(np.nansum(more, axis=0), count),
        "cause_steps": cause_steps,
    }


def _more(before: NDArray[Any], after: NDArray[Any], both: NDArray[np.bool_]) -> Floats:
    """How much more there is after than before; NaN but where both are."""
    out = np.full(both.shape, np.nan)
    np.subtract(after, before, out=out, where=both, dtype=np.float64)
    return out


def _added(added_km: Floats, count: NDArray[np.int64]) -> Arrays:
    """Differences of round trips, ms: median, 95 % and most over the steps."""
    ordered = np.sort(added_km.T * RTT_MS_PER_KM, axis=1)  # NaN come last
    shares = {"added_rtt_median_ms": 0.5, "added_rtt_p95_ms": 0.95, "added_rtt_max_ms": 1.0}
    return {name: quantile(ordered, count, share) for name, share in shares.items()}


def _mean(total: NDArray[Any], count: NDArray[Any]) -> Floats:
    out = np.full(count.shape, np.nan)
    np.divide(total, count, out=out, where=count > 0)
    return out


def _longest(flag: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Most steps on end in each column of flags (t, p)."""
    running, longest = np.zeros((2, flag.shape[1]), np.int64)
    for row in flag:
        running = np.where(row, running + 1, 0)
        np.maximum(longest, running, out=longest)
    return longest


def _figures(columns: dict[str, list[Any]], cause_steps: NDArray[np.int64], found: Arrays) -> dict[str, Any]:
    lost = found["lost_share"] > 0.0
    sums = cause_steps.sum(axis=0)
    spread = ("added_rtt_median_ms", "added_rtt_p95_ms", "added_rtt_max_ms", "added_km", "added_satellites")
    mean = {key: float(np.mean(columns[key])) for key in columns if "_per_hour_" in key}
    return {
        "pairs": len(lost),
        "pairs_losing_connection": int(lost.sum()),
        "pairs_cut_off": int(((found["connected_before_share"] > 0.0) & ~_any(found)).sum()),
        "connected_share": {
            when: float(found[f"connected_{when}_share"].mean()) for when in ("before", "after")
        },
        "lost_share": float(found["lost_share"].mean()),
        "gained_share": float(found["gained_share"].mean()),
        "longest_loss_s": float(found["longest_loss_s"].max(initial=0.0)),
        "steps_lost_to": {CAUSES[i]: int(sums[i]) for i in range(1, len(CAUSES)) if sums[i]},
        "rerouted_share": _spread(found["rerouted_share"]),
        **{key: _spread(found[key]) for key in spread},
        **{
            key: {w: mean[f"{key}_{w}"] for w in ("before", "after")}
            for key in RATES
            if f"{key}_before" in mean
        },
    }


def _any(found: Arrays) -> NDArray[np.bool_]:
    return np.asarray(found["connected_after_share"] > 0.0)


def _spread(values: Floats) -> dict[str, float] | None:
    """Median, 95 % and most over the pairs that have the figure; None where none has it."""
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    median, most_of_them = np.quantile(known, [0.5, 0.95]).tolist()
    return {"median": median, "p95": most_of_them, "most": float(known.max())}
