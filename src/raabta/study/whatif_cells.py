"""Two runs of one broadband scenario, with failures and without, held against each other cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.base.errors import StoreError
from raabta.network.constraints import CONSTRAINTS
from raabta.scenario.models import PLANS_MBPS
from raabta.service import store

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.service.results import Results

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

SLOTS_AT_ONCE: Final = 120
DAY_MIN: Final = 1_440.0


class Gone:
    """Slots of each cell, (n,), in which it has what is asked: before, after, and before but not after, and
    the most of those on end; added up block by block."""

    def __init__(self, cells: int) -> None:
        self.count = 0
        self.before, self.after, self.lost = np.zeros((3, cells), np.int64)
        self.running, self.longest = np.zeros((2, cells), np.int64)

    def add(self, had: Flags, has: Flags) -> Flags:
        """Count some slots (t, n) more; those that are lost."""
        lost = had & ~has
        self.count += len(lost)
        self.before += had.sum(axis=0)
        self.after += has.sum(axis=0)
        self.lost += lost.sum(axis=0)
        for row in lost:
            self.running = np.where(row, self.running + 1, 0)
            np.maximum(self.longest, self.running, out=self.longest)
        return lost


class Counted:
    """What the slots of two runs say of n cells: slots with anything; sums over slots of the share that is
    carried of what is asked at the plan, before and after; homes times slots times share that are lost
    (constraints,), by what binds there now."""

    def __init__(self, asked_mbps: Floats, homes: Floats) -> None:
        self.anything = Gone(homes.size)
        self.before, self.after = np.zeros((2, homes.size))
        self.taken = np.zeros(len(CONSTRAINTS))
        self._asked_mbps, self._homes = np.where(asked_mbps > 0.0, asked_mbps, np.inf), homes

    def add(self, before_mbps: Floats, after_mbps: Floats, binds: NDArray[np.int8]) -> None:
        """Count some slots more: forward rates before and after, and what binds after, (t, n) each."""
        self.anything.add(before_mbps > 0.0, after_mbps > 0.0)
        had, has = (np.minimum(mbps / self._asked_mbps, 1.0) for mbps in (before_mbps, after_mbps))
        self.before += had.sum(axis=0)
        self.after += has.sum(axis=0)
        lost = np.where(binds >= 0, self._homes * np.maximum(had - has, 0.0), 0.0)
        self.taken += np.bincount(np.maximum(binds, 0).ravel(), lost.ravel(), self.taken.size)


def compare(before: Results, after: Results) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """What failures cost: figures for `whatif.json`, and the columns of `whatif_cells.csv`.

    Raises StoreError where the two runs are not of the same cells and slots.
    """
    _refuse_others(before, after)
    counted = Counted(asked_mbps(before), before.cells["subscribers"].values)
    slots = before.day.sizes["time"]
    for first in range(0, slots, SLOTS_AT_ONCE):
        last = min(first + SLOTS_AT_ONCE, slots)
        had_mbps, _ = _rates(before, first, last)
        counted.add(had_mbps, *_rates(after, first, last))
    columns = _columns(before, after, counted)
    return _figures(before, after, counted, columns), columns


def asked_mbps(results: Results) -> Floats:
    """What the homes of each cell that are active at once ask forward at the plan, (n,)."""
    demand = results.scenario.demand
    active = sum(terminal.share / terminal.contention_ratio for terminal in demand.terminals)
    return np.asarray(results.cells["subscribers"].values * active * PLANS_MBPS[demand.plan][0])


def _rates(results: Results, first: int, last: int) -> tuple[Floats, NDArray[np.int8]]:
    """Forward rates of the cells in some slots, by all constellations, and what binds the first, (t, n)."""
    own = store.read_slots(results.folder, first, last)
    down_mbps = own["down_mbps"].values
    if results.fallback is not None:
        down_mbps = (
            down_mbps + store.read_slots(results.folder, first, last, fallback=True)["down_mbps"].values
        )
    return down_mbps, own["constraint_down"].values


def _refuse_others(before: Results, after: Results) -> None:
    same = np.array_equal(before.cells["h3"].values, after.cells["h3"].values)
    if not same or not np.array_equal(before.day["time"].values, after.day["time"].values):
        raise StoreError(
            f"{before.folder} and {after.folder} are not of the same cells and slots, so neither can be "
            "graded on the other's"
        )


def _columns(before: Results, after: Results, counted: Counted) -> dict[str, list[Any]]:
    cells, later = before.cells, after.cells
    anything = counted.anything
    names = before.districts["name"].values
    a_day = DAY_MIN / anything.count
    asks = cells["subscribers"].values > 0.0
    served = {
        f"served_{name.replace('/', '_')}_{when}": run["served_households"].values[:, p].tolist()
        for p, name in enumerate(PLANS_MBPS)
        for when, run in (("before", cells), ("after", later))
    }
    return {
        "h3": [f"{index:x}" for index in cells["h3"].values.tolist()],
        "latitude_deg": cells["latitude_deg"].values.tolist(),
        "longitude_deg": cells["longitude_deg"].values.tolist(),
        "district": [str(names[d]) if d >= 0 else "" for d in cells["district"].values.tolist()],
        "subscribers": cells["subscribers"].values.tolist(),
        **served,
        "without_before_min_per_day": ((anything.count - anything.before) * a_day).tolist(),
        "without_after_min_per_day": ((anything.count - anything.after) * a_day).tolist(),
        "lost_min_per_day": (anything.lost * a_day).tolist(),
        "longest_loss_s": (anything.longest * before.scenario.time.step_s).tolist(),
        "carried_before_share": (counted.before / anything.count).tolist(),
        "carried_after_share": (counted.after / anything.count).tolist(),
        "goes_dark": (asks & (anything.before > 0) & (anything.after == 0)).astype(int).tolist(),
        "binding_before": _constraints(cells["binding"].values),
        "binding_after": _constraints(later["binding"].values),
    }


def _constraints(codes: NDArray[np.int8]) -> list[str]:
    return [CONSTRAINTS[code] if code >= 0 else "" for code in codes.tolist()]


def _figures(
    before: Results, after: Results, counted: Counted, columns: dict[str, list[Any]]
) -> dict[str, Any]:
    design = list(PLANS_MBPS).index(before.scenario.demand.plan)
    homes = before.cells["subscribers"].values
    had, has = (run.cells["served_households"].values[:, design] for run in (before, after))
    dark = np.array(columns["goes_dark"], np.bool_)
    anything, step_s = counted.anything, before.scenario.time.step_s
    return {
        "households_served": _served(before, after),
        "plan": before.scenario.demand.plan,
        "households_losing_the_plan": float(np.maximum(had - has, 0.0).sum()),
        "households_gaining_the_plan": float(np.maximum(has - had, 0.0).sum()),
        "cells_losing_the_plan": int(((had > 0.0) & (has == 0.0)).sum()),
        "districts_losing_the_plan": _lost_districts(before, after, design),
        "taken_over_by": _taken_over(counted.taken),
        "cells_going_dark": int(dark.sum()),
        "households_going_dark": float(homes[dark].sum()),
        "districts_going_dark": sorted({columns["district"][i] for i in np.flatnonzero(dark)} - {""}),
        "carried_share": {
            when: _mean(np.array(columns[f"carried_{when}_share"]), homes) for when in ("before", "after")
        },
        "without_service_min_per_day": {
            when: _mean(np.array(columns[f"without_{when}_min_per_day"]), homes)
            for when in ("before", "after")
        },
        "lost_min_per_day": _mean(np.array(columns["lost_min_per_day"]), homes),
        "longest_loss_s": float(anything.longest[homes > 0.0].max(initial=0) * step_s),
        "handovers_per_hour": {
            when: run.summary["handovers"]["per_hour"] for when, run in (("before", before), ("after", after))
        },
        "gateways": _gateways(before, after),
        "districts": _districts(before, after, columns),
    }


def _lost_districts(before: Results, after: Results, design: int) -> list[str]:
    """Districts with homes served at the plan before, and none after."""
    had, has = (run.districts["served_households"].values[:, design] for run in (before, after))
    return [str(name) for name in before.districts["name"].values[(had > 0.0) & (has == 0.0)]]


def _served(before: Results, after: Results) -> dict[str, dict[str, float]]:
    sums = [run.cells["served_households"].values.sum(axis=0) for run in (before, after)]
    return {
        plan: {"before": float(sums[0][p]), "after": float(sums[1][p])} for p, plan in enumerate(PLANS_MBPS)
    }


def _taken_over(taken: Floats) -> dict[str, float]:
    """Shares of what is carried no longer, by what binds there now."""
    total = max(taken.sum(), 1e-300)
    found = {CONSTRAINTS[i]: float(taken[i] / total) for i in np.argsort(-taken, kind="stable")}
    return {name: share for name, share in found.items() if share > 0.0}


def _mean(figure: NDArray[Any], homes: NDArray[Any]) -> float:
    """Mean over the homes that ask."""
    return float((figure * homes).sum() / homes.sum()) if homes.sum() > 0.0 else 0.0


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


def _districts(before: Results, after: Results, columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Districts whose homes served at the plan change, or that lose minutes; most homes lost first."""
    design = list(PLANS_MBPS).index(before.scenario.demand.plan)
    served = [run.districts["served_households"].values[:, design] for run in (before, after)]
    district, homes = before.cells["district"].values, before.cells["subscribers"].values
    dark = np.array(columns["goes_dark"], np.bool_)
    lost = np.array(columns["lost_min_per_day"])
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
