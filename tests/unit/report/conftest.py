"""A FIXTURE, not a result: invented figures over H3 cells in a box over Pakistan, plausible in shape only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h3
import numpy as np
import pytest
import xarray as xr

from raabta.base.tables import CELL_RESULTS, CLASS_RESULTS, DAY, DISTRICT_RESULTS, as_dataset
from raabta.scenario import loader
from raabta.scenario.models import PLANS_MBPS
from raabta.service.results import Results

PLANS = list(PLANS_MBPS)
CONSTRAINTS = ["mask", "gso", "gateway", "beam_time", "spectrum", "power", "satellite_rate", "feeder",
               "link", "return_link", "demand_met"]  # fmt: skip
CLASSES = ["household", "community", "backhaul", "institution"]
CLASS_SHARE = np.array([0.25, 0.45, 0.25, 0.05])
DISTRICTS = 24
BOX = ((25.2, 62.0), (25.2, 69.0), (33.0, 74.0), (35.5, 73.0), (29.5, 64.0))

Make = Callable[..., Results]


def _cells(people: float, quality: float) -> tuple[xr.Dataset, np.ndarray]:
    cells = sorted(h3.str_to_int(c) for c in h3.polygon_to_cells(h3.LatLngPoly(BOX), 4))
    centre = np.array([h3.cell_to_latlng(h3.int_to_str(c)) for c in cells])
    lat, lon = centre.T
    order = np.argsort(np.argsort(lon, kind="stable"))
    district = (order * DISTRICTS // len(cells)).astype(np.int16)
    homes = (
        people * np.round(800 * (1.2 + np.sin(lat * 3.0) * np.cos(lon * 2.0))) * (np.arange(lat.size) % 9 > 0)
    )
    underserved = np.round(homes * 0.4)
    asked = underserved * 0.1
    good = np.clip(quality * (0.6 + 0.5 * np.sin(lat * 1.7) * np.cos(lon)), 0.0, 1.0)
    served = asked[:, None] * np.stack([good, good * 0.7, np.clip(good - 0.4, 0.0, 1.0)], axis=1)
    there = asked > 0

    def seen(values: Any) -> Any:
        return np.where(there, values, np.nan)

    weight = np.outer(1.0 - good, np.linspace(0.2, 1.0, 10))
    share = np.column_stack([weight, 10.0 * good + 1e-3])
    share = np.where(there[:, None], share / share.sum(axis=1, keepdims=True), np.nan)
    binding = np.where(there, np.where(good > 0.9, 10, np.arange(lat.size) % 10), -1).astype(np.int8)
    columns = {
        "latitude_deg": lat, "longitude_deg": lon,
        "h3": np.array(cells, dtype=np.uint64), "district": district,
        "population": homes * 6.3, "households": homes, "underserved_households": underserved,
        "rural_households": homes * 0.6, "unelectrified_households": homes * 0.1, "subscribers": asked,
        "served_households": served, "reachable_households": underserved * (good > 0.1),
        "availability_share": seen(0.9 + 0.1 * good), "link_availability_share": seen(0.995 + 0 * good),
        "busy_hour_mbps": seen(60.0 * good), "rtt_p50_ms": seen(9.0 + good), "rtt_p95_ms": seen(14.0 + good),
        "satellites_in_view": 6.0 + good, "constraint_share": share, "binding": binding,
        "geometry_outage_share": seen(0.002 + 0 * good), "rain_outage_share": seen(0.01 * (1 - good)),
        "capacity_outage_share": seen(0.08 * (1 - good)),
    }  # fmt: skip
    return as_dataset(CELL_RESULTS, columns, {"plan": PLANS, "constraint": CONSTRAINTS}), district


def _districts(cells: xr.Dataset, district: np.ndarray, name: Callable[[int], str]) -> xr.Dataset:
    def total(values: Any) -> np.ndarray:
        return np.bincount(district, np.nan_to_num(values), DISTRICTS)

    asked = total(cells["subscribers"].values)

    def mean(key: str) -> np.ndarray:
        weighted = total(np.nan_to_num(cells[key].values) * cells["subscribers"].values)
        return np.where(asked > 0, weighted / np.where(asked > 0, asked, 1.0), np.nan)

    served = np.stack([total(cells["served_households"].values[:, i]) for i in range(3)], axis=1)
    keys = ("population", "households", "underserved_households", "rural_households",
            "unelectrified_households", "subscribers", "reachable_households")  # fmt: skip
    number = np.arange(DISTRICTS)
    columns = {
        **{key: total(cells[key].values) for key in keys},
        "name": np.array([name(i) for i in number]),
        "province": np.array([f"Province {'ABCD'[i * 4 // DISTRICTS]}" for i in number]),
        "estimated": number >= DISTRICTS - 2,
        "served_households": served,
        "served_by_class": served[:, None, :] * CLASS_SHARE[None, :, None],
        "availability_share": mean("availability_share"),
        "busy_hour_mbps": mean("busy_hour_mbps"),
        "binding": np.where(asked > 0, number % 10, -1),
    }
    return as_dataset(DISTRICT_RESULTS, columns, {"plan": PLANS, "terminal_class": CLASSES})


def _day(slots: int) -> xr.Dataset:
    turn = np.arange(slots) / max(slots, 1) * 2.0 * np.pi
    time = np.datetime64("2026-11-22T00:00:00", "ns") + np.arange(slots) * np.timedelta64(15, "s")
    columns = {
        "time": time,
        "forward_mbps": 180e3 + 2e4 * np.sin(15 * turn),
        "return_mbps": 26e3 + 3e3 * np.sin(15 * turn),
        "usable_satellites": np.full(slots, 19),
        "lit_cells": np.full(slots, 400),
        "visible_satellites": np.full(slots, 24),
    }
    return as_dataset(DAY, columns)


def _summary(cells: xr.Dataset, classes: xr.Dataset, slots: int) -> dict[str, Any]:
    served = cells["served_households"].values.sum(axis=0)
    whole = {
        key: float(cells[key].values.sum()) for key in ("population", "households", "underserved_households")
    }
    return {
        "schema_version": 1,
        "scenario": "fixture",
        "provenance": {"version": "0.0.0", "seed": 7, "inputs": {"outline": "sha256:00"}},
        "totals": {
            **whole, "cells": cells.sizes["cell"], "satellites": 1000, "steps": slots,
            "households_served": {
                plan: {"low": None, "mid": float(one), "high": None}
                for plan, one in zip(PLANS, served, strict=True)
            },
            "households_reachable": float(cells["reachable_households"].values.sum()),
            "availability_share": 0.9643, "busy_hour_mbps": {"p10": 4.2, "p50": 21.3, "p90": 48.1},
            "rtt_propagation_ms": {"p50": 9.8, "p95": 15.2}, "rtt_estimate_ms": {"p50": 34.8, "p95": 40.2},
            "throughput_gbps": {"forward": 180.2, "return": 26.1},
        },
        "binding_constraint_share": {
            "beam_time": {"weighted": 0.6, "unweighted": 0.3}, "feeder": {"weighted": 0.4, "unweighted": 0.1},
            "gso": {"weighted": 0.0, "unweighted": 0.0}, "demand_met": {"weighted": 0.0, "unweighted": 0.6},
        },
        "binding_constraint_share_return": {"return_link": {"weighted": 0.25, "unweighted": 0.1}},
        "sampling": {"independent_samples": 141, "availability_90": [0.958, 0.971],
                     "households_served_90": [1000, 1200], "not_decided_households": 57},
        "gateways": [{"name": "Karachi", "share_of_traffic": 0.4, "served_without": 321.0}],
        "classes": [], "assumptions": ["Take-up is an assumption of the fixture"],
        "link_fades": [{"place": "Lahore", "annual_db": 8.12, "worst_month_db": 14.6}],
        "rain_states": {"states": 144, "storm_km": 100.0},
    }  # fmt: skip


@pytest.fixture(scope="session")
def make() -> Make:
    """Builds fixture results: `people` 0 leaves every cell empty, `quality` 0 serves nobody."""

    def build(
        *,
        people: float = 1.0,
        quality: float = 1.0,
        slots: int = 960,
        name: Callable[[int], str] = "D{:02d}".format,
    ) -> Results:
        cells, district = _cells(people, quality)
        districts = _districts(cells, district, name)
        asked = float(cells["subscribers"].values.sum())
        served = cells["served_households"].values.sum(axis=0)
        columns = {
            "subscribers": asked * CLASS_SHARE,
            "served_households": CLASS_SHARE[:, None] * served[None, :],
        }
        classes = as_dataset(CLASS_RESULTS, columns, {"terminal_class": CLASSES, "plan": PLANS})
        scenario = loader.load("pakistan").model_copy(update={"title": "Fixture, not a result"})
        summary = _summary(cells, classes, slots)
        return Results(Path("fixture"), scenario, summary, cells, districts, _day(slots), classes)

    return build


@pytest.fixture(scope="session")
def results(make: Make) -> Results:
    """The plain fixture."""
    return make()
