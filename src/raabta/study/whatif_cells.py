"""Two runs of one broadband scenario, with failures and without, held against each other cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.base.errors import StoreError
from raabta.network.constraints import CONSTRAINTS
from raabta.scenario.models import PLANS_MBPS
from raabta.service import store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from raabta.service.results import Results

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

SLOTS_AT_ONCE: Final = 120
DAY_MIN: Final = 1_440.0


@dataclass(frozen=True)
class Slots:
    """Slots of each cell, (n,), in which it has something: before, after, and before but not after; the most
    of those on end."""

    count: int
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    lost: NDArray[np.int64]
    longest_lost: NDArray[np.int64]


def compare(before: Results, after: Results) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """What failures cost: figures for `whatif.json`, and the columns of `whatif_cells.csv`.

    Raises StoreError where the two runs are not of the same cells and slots.
    """
    _refuse_others(before, after)
    slots = compare_slots(_carried(before), _carried(after))
    columns = _columns(before, after, slots)
    return _figures(before, after, slots, columns), columns


def _refuse_others(before: Results, after: Results) -> None:
    same = np.array_equal(before.cells["h3"].values, after.cells["h3"].values)
    if not same or not np.array_equal(before.day["time"].values, after.day["time"].values):
        raise StoreError(
            f"{before.folder} and {after.folder} are not of the same cells and slots, so neither can be "
            "graded on the other's"
        )


def _carried(results: Results) -> Iterator[Flags]:
    """Whether each cell has a rate of its own, (t, n), some slots at a time, by any of the constellations."""
    slots = results.day.sizes["time"]
    for first in range(0, slots, SLOTS_AT_ONCE):
        last = min(first + SLOTS_AT_ONCE, slots)
        found = store.read_slots(results.folder, first, last)["down_mbps"].values > 0.0
        if results.fallback is not None:
            found |= store.read_slots(results.folder, first, last, fallback=True)["down_mbps"].values > 0.0
        yield found


def compare_slots(before: Iterator[Flags], after: Iterator[Flags]) -> Slots:
    """Count slots with something in two runs, whose blocks (t, n) come in the same cut."""
    sums: list[NDArray[np.int64]] = []
    count, running, longest = 0, np.empty(0, np.int64), np.empty(0, np.int64)
    for had, has in zip(before, after, strict=True):
        lost = had & ~has
        parts = [each.sum(axis=0, dtype=np.int64) for each in (had, has, lost)]
        sums = [old + new for old, new in zip(sums, parts, strict=True)] if sums else parts
        if count == 0:
            running, longest = np.zeros((2, had.shape[1]), np.int64)
        for row in lost:
            running = np.where(row, running + 1, 0)
            np.maximum(longest, running, out=longest)
        count += len(had)
    return Slots(count, sums[0], sums[1], sums[2], longest)


def _columns(before: Results, after: Results, slots: Slots) -> dict[str, list[Any]]:
    cells, later = before.cells, after.cells
    step_s = before.scenario.time.step_s
    names = before.districts["name"].values
    district = cells["district"].values
    a_day = DAY_MIN / slots.count
    asks = cells["subscribers"].values > 0.0
    served = {
        f"served_{plan.replace('/', '_')}_{when}": run["served_households"].values[:, p].tolist()
        for p, plan in enumerate(PLANS_MBPS)
        for when, run in (("before", cells), ("after", later))
    }
    return {
        "h3": [f"{index:x}" for index in cells["h3"].values.tolist()],
        "latitude_deg": cells["latitude_deg"].values.tolist(),
        "longitude_deg": cells["longitude_deg"].values.tolist(),
        "district": [str(names[d]) if d >= 0 else "" for d in district.tolist()],
        "subscribers": cells["subscribers"].values.tolist(),
        **served,
        "without_before_min_per_day": ((slots.count - slots.before) * a_day).tolist(),
        "without_after_min_per_day": ((slots.count - slots.after) * a_day).tolist(),
        "lost_min_per_day": (slots.lost * a_day).tolist(),
        "longest_loss_s": (slots.longest_lost * step_s).tolist(),
        "goes_dark": (asks & (slots.before > 0) & (slots.after == 0)).astype(int).tolist(),
        "binding_before": _constraints(cells["binding"].values),
        "binding_after": _constraints(later["binding"].values),
    }


def _constraints(codes: NDArray[np.int8]) -> list[str]:
    return [CONSTRAINTS[code] if code >= 0 else "" for code in codes.tolist()]


def _figures(before: Results, after: Results, slots: Slots, columns: dict[str, list[Any]]) -> dict[str, Any]:
    cells, later, plan = before.cells, after.cells, before.scenario.demand.plan
    design = list(PLANS_MBPS).index(plan)
    homes = cells["subscribers"].values
    change = later["served_households"].values[:, design] - cells["served_households"].values[:, design]
    lost = np.maximum(-change, 0.0)
    dark = np.array(columns["goes_dark"], np.bool_)
    a_day = DAY_MIN / slots.count
    return {
        "households_served": _served(before, after),
        "plan": plan,
        "households_losing_the_plan": float(lost.sum()),
        "households_gaining_the_plan": float(np.maximum(change, 0.0).sum()),
        "taken_over_by": _taken_over(later["binding"].values, lost),
        "cells_going_dark": int(dark.sum()),
        "households_going_dark": float(homes[dark].sum()),
        "districts_going_dark": sorted({columns["district"][i] for i in np.flatnonzero(dark)} - {""}),
        "without_service_min_per_day": {
            "before": _mean((slots.count - slots.before) * a_day, homes),
            "after": _mean((slots.count - slots.after) * a_day, homes),
            "lost": _mean(slots.lost * a_day, homes),
        },
        "longest_loss_s": float(slots.longest_lost[homes > 0.0].max(initial=0) * before.scenario.time.step_s),
        "handovers_per_hour": {
            "before": before.summary["handovers"]["per_hour"],
            "after": after.summary["handovers"]["per_hour"],
        },
        "gateways": _gateways(before, after),
        "districts": _districts(before, after, columns, slots),
    }


def _served(before: Results, after: Results) -> dict[str, dict[str, float]]:
    sums = [run.cells["served_households"].values.sum(axis=0) for run in (before, after)]
    return {
        plan: {"before": float(sums[0][p]), "after": float(sums[1][p])} for p, plan in enumerate(PLANS_MBPS)
    }


def _taken_over(binding: NDArray[np.int8], lost: Floats) -> dict[str, float]:
    """Homes that lose the plan, by what now binds in their cell most often."""
    sums = np.bincount(binding[lost > 0.0].astype(np.int64), lost[lost > 0.0], len(CONSTRAINTS))
    found = {CONSTRAINTS[i]: float(sums[i]) for i in np.argsort(-sums, kind="stable")}
    return {name: homes for name, homes in found.items() if homes > 0.0}


def _mean(minutes: NDArray[Any], homes: NDArray[Any]) -> float:
    """Mean over the homes that ask."""
    return float((minutes * homes).sum() / homes.sum()) if homes.sum() > 0.0 else 0.0


def _gateways(before: Results, after: Results) -> list[dict[str, Any]]:
    """Where traffic lands, before and after."""
    pairs = zip(before.summary["gateways"], after.summary["gateways"], strict=True)
    return [
        {
            "name": one["name"],
            "share_of_traffic": {"before": one["share_of_traffic"], "after": other["share_of_traffic"]},
        }
        for one, other in pairs
    ]


def _districts(
    before: Results, after: Results, columns: dict[str, list[Any]], slots: Slots
) -> list[dict[str, Any]]:
    """Districts whose homes served at the plan change, or that lose minutes; most homes lost first."""
    design = list(PLANS_MBPS).index(before.scenario.demand.plan)
    served = [run.districts["served_households"].values[:, design] for run in (before, after)]
    district, homes = before.cells["district"].values, before.cells["subscribers"].values
    dark = np.array(columns["goes_dark"], np.bool_)
    lost = slots.lost * (DAY_MIN / slots.count)
    rows = []
    for d, name in enumerate(before.districts["name"].values.tolist()):
        own = district == d
        row: dict[str, Any] = {
            "name": str(name),
            "before": float(served[0][d]),
            "after": float(served[1][d]),
            "households_going_dark": float(homes[own & dark].sum()),
            "lost_min_per_day": _mean(lost[own], homes[own]),
        }
        if row["before"] != row["after"] or row["lost_min_per_day"] > 0.0:
            rows.append(row)
    return sorted(rows, key=lambda row: (row["after"] - row["before"], row["name"]))
