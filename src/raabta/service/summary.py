"""From sums to answers: cells, districts, classes, the day and the summary of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.network.constraints import CONSTRAINTS
from raabta.network.model import SLOT_UNIT, gateway_label, handover_share
from raabta.network.record_kernels import RTT_STEP_MS
from raabta.network.storms import Figures
from raabta.scenario.models import PLANS_MBPS
from raabta.service import landed
from raabta.service.gather import Gathered, percentile_of
from raabta.service.served import Z_90, independent_samples

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from raabta.scenario.models import Delay
    from raabta.service.outcome import Outcome

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SUMMARY_VERSION = 1
GEOMETRY = tuple(CONSTRAINTS.index(name) for name in ("mask", "gso", "gateway"))
MET = CONSTRAINTS.index("demand_met")


def cell_arrays(found: Outcome, cells: xr.Dataset) -> dict[str, NDArray[Any]]:
    """Variables of the table CELL_RESULTS."""
    people, asked, sums = found.people, found.asked, found.gathered
    counts = people.by_cell()
    median_ms, slow_ms = sums.rtt_percentiles_ms(50.0, 95.0)
    return {
        "latitude_deg": cells["latitude_deg"].values,
        "longitude_deg": cells["longitude_deg"].values,
        "h3": cells["h3"].values,
        "district": people.cell_district(),
        **_people_arrays(counts),
        "subscribers": asked.cell,
        "served_households": found.served_cell().sum(axis=2),
        "reachable_households": np.where(found.reachable_cell(), asked.addressable_cell, 0.0),
        "availability_share": np.where(found.asks, found.available, np.nan),
        "link_availability_share": np.where(found.asks, found.linked, np.nan),
        "busy_hour_mbps": np.where(found.asks, busy_hour_mbps(found), np.nan),
        "rtt_p50_ms": median_ms,
        "rtt_p95_ms": slow_ms,
        "satellites_in_view": sums.visible / found.slots,
        "constraint_share": np.where(found.asks[:, None], sums.code_count / found.slots, np.nan),
        "binding": binding(found.asks, sums.code_unserved),
        **_outages(found),
    }


def _people_arrays(counts: dict[str, NDArray[np.int64]]) -> dict[str, Floats]:
    return {
        "population": counts["population"].astype(np.float64),
        "households": counts["households"].astype(np.float64),
        "underserved_households": counts["underserved"].astype(np.float64),
        "rural_households": counts["rural"].astype(np.float64),
        "unelectrified_households": counts["unelectrified"].astype(np.float64),
    }


def busy_hour_mbps(found: Outcome) -> Floats:
    """Mean forward IP rate per active subscriber over the slots, at the stated contention, Mbps, (n,)."""
    plan_mbps, top_mbps = plan_rates(found)
    return np.minimum(found.gathered.level_sum / found.slots / 1e3 * plan_mbps, top_mbps)


def plan_rates(found: Outcome) -> tuple[float, float]:
    """Forward Mbps of the plan of the run and of the top plan: a rate above that is not told."""
    return PLANS_MBPS[found.scenario.demand.plan][0], list(PLANS_MBPS.values())[-1][0]


def binding(asks: NDArray[np.bool_], unserved: Ints) -> NDArray[np.int8]:
    """Constraint behind most of the unserved ask, (n,); `demand_met` where all is served, -1 nobody asks."""
    code = np.where(unserved.sum(axis=1) > 0, unserved.argmax(axis=1), MET)
    return np.where(asks, code, -1).astype(np.int8)


def _outages(found: Outcome) -> dict[str, Floats]:
    """Shares of time below the whole ask: no usable satellite, weather and feeder, or capacity shared out."""
    sums, slots = found.gathered, found.slots
    geometry = sums.code_count[:, GEOMETRY].sum(axis=1) / slots
    short = sums.short_slots / slots
    capacity = np.clip(short - geometry, 0.0, 1.0)
    weather = np.clip((sums.rain + sums.feeder) / (slots * SLOT_UNIT), 0.0, 1.0)
    values = {"geometry": geometry, "rain": weather, "capacity": capacity}
    return {f"{name}_outage_share": np.where(found.asks, value, np.nan) for name, value in values.items()}


def district_arrays(found: Outcome) -> dict[str, NDArray[Any]]:
    """Variables of the table DISTRICT_RESULTS."""
    people, asked, table = found.people, found.asked, found.people.districts
    size, served = table.size, found.served_row()

    def add(values: Floats) -> Floats:
        return np.bincount(people.row_district, values, size).astype(np.float64)

    by_class = np.zeros((size, served.shape[2], served.shape[1]))
    np.add.at(by_class, people.row_district, np.moveaxis(served, 1, 2))
    asked_sum = add(asked.row)
    some = np.where(asked_sum > 0.0, asked_sum, 1.0)
    unserved = np.zeros((size, len(CONSTRAINTS)))
    cell = people.row_cell
    np.add.at(unserved, people.row_district, asked.row[:, None] * found.gathered.code_unserved[cell])
    reachable = np.where(found.reachable_cell()[cell], asked.addressable_row, 0.0)
    missing = np.where(asked_sum > 0.0, 0.0, np.nan)
    return {
        "name": np.array(table.name),
        "province": np.array(table.province),
        "estimated": table.estimated,
        **_people_arrays(people.by_district()),
        "subscribers": asked_sum,
        "served_households": by_class.sum(axis=1),
        "served_by_class": by_class,
        "reachable_households": add(reachable),
        "availability_share": np.minimum(add(asked.row * found.available[cell]) / some, 1.0) + missing,
        "busy_hour_mbps": add(asked.row * busy_hour_mbps(found)[cell]) / some + missing,
        "binding": binding(asked_sum > 0.0, np.rint(unserved).astype(np.int64)),
    }


def class_arrays(found: Outcome) -> dict[str, NDArray[Any]]:
    """Subscribing and served homes of every terminal class."""
    return {
        "subscribers": found.class_subscribers(),
        "served_households": found.served_cell().sum(axis=0).T.copy(),
    }


def day_arrays(found: Outcome) -> dict[str, NDArray[Any]]:
    """Series over the slots of the run."""
    time = found.scenario.time
    start = np.datetime64(time.start.replace(tzinfo=None), "ns")
    step = (np.arange(found.slots) * round(time.step_s * 1e9)).astype("timedelta64[ns]")
    return {"time": start + step} | {name: found.gathered.series(name) for name in found.gathered.day}


def summarise(found: Outcome, extra: dict[str, Any]) -> dict[str, Any]:
    """The summary of a run, as `summary.json` holds it; `extra` is merged in by the caller."""
    scenario = found.scenario
    return {
        "schema_version": SUMMARY_VERSION,
        "scenario": {"name": scenario.name, "title": scenario.title, "plan": scenario.demand.plan},
        **extra,
        "totals": _totals(found, int(extra["satellites"])),
        "sampling": _sampling_summary(found),
        "binding_constraint_share": constraint_shares(
            found, found.gathered.code_count, found.gathered.code_unserved
        ),
        "binding_constraint_share_return": constraint_shares(
            found, found.gathered.code_count_up, found.gathered.code_unserved_up
        ),
        "rain_states": rain_states(found.gathered.storm_table()),
        "assignment": assignment(found.gathered.bound_table()),
        "handovers": handovers(found),
        "gateways": _gateways(found),
        **landed.summary(found),
        "classes": _classes(found),
        "districts": _districts(found),
    }


def _totals(found: Outcome, satellites: int) -> dict[str, Any]:
    people, asked, sums = found.people, found.asked, found.gathered
    counts = {name: int(values.sum()) for name, values in people.by_district().items()}
    counted = ~people.districts.estimated
    served = found.served_cell().sum(axis=(0, 2))
    return {
        "population": counts["population"],
        "households": counts["households"],
        "population_census": int(people.by_district()["population"][counted].sum()),
        "households_census": int(people.by_district()["households"][counted].sum()),
        "cells": people.cells,
        "satellites": satellites,
        "steps": found.slots,
        "underserved_households": counts["underserved"],
        "rural_households": counts["rural"],
        "urban_households": counts["households"] - counts["rural"],
        "unelectrified_households": counts["unelectrified"],
        "addressable_households": float(asked.addressable_cell.sum()),
        "subscribers": float(asked.cell.sum()),
        "households_served": {
            plan: {"low": None, "mid": float(served[p]), "high": None} for p, plan in enumerate(PLANS_MBPS)
        },
        "households_reachable": float(asked.addressable_cell[found.reachable_cell()].sum()),
        "availability_share": _mean(found.available, asked.cell),
        "link_availability_share": _mean(found.linked, asked.cell),
        "busy_hour_mbps": _busy(found),
        "rtt_propagation_ms": _rtt(sums.rtt_histogram, 0.0),
        "rtt_estimate_ms": _estimate(sums, found.scenario.delay),
        "throughput_gbps": {
            "forward": float(sums.series("forward_mbps").mean() / 1e3),
            "return": float(sums.series("return_mbps").mean() / 1e3),
        },
    }


def _mean(values: Floats, weight: Floats) -> float | None:
    total = float(weight.sum())
    return float((values * weight).sum() / total) if total > 0.0 else None


def _estimate(sums: Gathered, delay: Delay) -> dict[str, float | None]:
    """The round trip with scheduling, processing and fibre: that of each gateway, or the same for all."""
    around_ms = delay.scheduling_ms + delay.processing_ms
    if sums.fibre_steps is None:
        return _rtt(sums.rtt_histogram, around_ms + delay.fibre_ms)
    return _rtt(sums.fibre_histogram, around_ms)


def _busy(found: Outcome) -> dict[str, float | None]:
    """Percentiles over subscribers and slots of the forward rate per active subscriber."""
    plan_mbps, top_mbps = plan_rates(found)
    out: dict[str, float | None] = {}
    for percent in (10, 50, 90):
        level = percentile_of(found.gathered.level_count, percent)
        out[f"p{percent}"] = None if level is None else min(level / 1e3 * plan_mbps, top_mbps)
    return out


def _rtt(histogram: Ints, overhead_ms: float) -> dict[str, float | None]:
    """Percentiles over subscribers and lit slots; bin 0 holds the slots without a link."""
    lit = histogram.copy()
    lit[0] = 0.0
    found = {f"p{percent}": percentile_of(lit, percent) for percent in (50, 95)}
    return {name: None if step is None else step * RTT_STEP_MS + overhead_ms for name, step in found.items()}


def _sampling_summary(found: Outcome) -> dict[str, Any]:
    """Independent samples, and 90 % intervals of availability and of served homes at the design plan."""
    sample = found.sample
    if sample is None:
        return {
            "independent_samples": None,
            "availability_90": None,
            "households_served_90": None,
            "not_decided_households": None,
            "note": "the run is shorter than three batches: it says nothing about its own spread",
        }
    independent = independent_samples(sample.mean, sample.standard_error, found.asked.cell)
    low, high = found.served_90()
    return {
        "independent_samples": None if independent is None else min(independent, float(found.slots)),
        "availability_90": batch_interval(found.batch_available),
        "households_served_90": [low, high],
        "not_decided_households": high - low,
    }


def batch_interval(values: Floats) -> list[float]:
    """90 % interval of a mean from batch means, within 0 and 1."""
    spread = Z_90 * float(values.std(ddof=1)) / float(np.sqrt(values.size))
    mean = float(values.mean())
    return [max(mean - spread, 0.0), min(mean + spread, 1.0)]


def constraint_shares(found: Outcome, count: Ints, unserved: Ints) -> dict[str, dict[str, float]]:
    """Share of each binding constraint: weighted by unserved homes, and over cells and slots unweighted."""
    weighted = (found.asked.cell[:, None] * unserved).sum(axis=0)
    plain = count.sum(axis=0).astype(np.float64)
    return {
        name: {"weighted": _part(weighted, k), "unweighted": _part(plain, k)}
        for k, name in enumerate(CONSTRAINTS)
    }


def _part(values: Floats, k: int) -> float:
    total = float(values.sum())
    return float(values[k] / total) if total > 0.0 else 0.0


def rain_states(storms: Floats) -> dict[str, Any]:
    """What drawn weather does to the shared capacity, against clear sky in the same slots: rain at the cells
    alone, and at cells and gateways."""
    if storms.shape[0] == 0:
        return {"samples": 0}
    mean = Figures(*storms.mean(axis=0)[1:].tolist())
    return {
        "samples": int(storms.shape[0]),
        "rainy_share_of_cells": mean.rainy_cells,
        "rainy_share_of_gateways": mean.rainy_gateways,
        "rainy_share_of_both": mean.rainy_both,
        "asks_met_ratio": _ratio(mean.cells_met, mean.clear_met),
        "forward_ratio": _ratio(mean.cells_mbps, mean.clear_mbps),
        "asks_met_ratio_with_gateways": _ratio(mean.wet_met, mean.clear_met),
        "forward_ratio_with_gateways": _ratio(mean.wet_mbps, mean.clear_mbps),
    }


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0.0 else None


def assignment(bounds: Floats) -> dict[str, Any]:
    """What is carried forward, against the bound that no assignment passes (see `network.bound`)."""
    if bounds.shape[0] == 0:
        return {"samples": 0}
    carried, bound = bounds.mean(axis=0)
    return {
        "samples": int(bounds.shape[0]),
        "forward_mbps": float(carried),
        "bound_mbps": float(bound),
        "gap_share": float(1.0 - carried / bound) if bound > 0.0 else None,
    }


def handovers(found: Outcome) -> dict[str, float | None]:
    """How often a home changes its satellite in clear sky, and the share of the time that this takes."""
    each, step_s = found.gathered.mean_handovers(), found.scenario.time.step_s
    return {
        "per_hour": None if each is None else each * 3_600.0 / step_s,
        "time_share": None if each is None else each * handover_share(found.scenario),
    }


def _gateways(found: Outcome) -> list[dict[str, Any]]:
    traffic = found.gathered.gateway_traffic[1:]
    total = float(traffic.sum())
    return [
        {
            "name": gateway_label(gateway),
            "country": gateway.country,
            "latitude_deg": gateway.latitude_deg,
            "longitude_deg": gateway.longitude_deg,
            "share_of_traffic": float(traffic[g] / total) if total > 0.0 else 0.0,
            "served_without": None,
        }
        for g, gateway in enumerate(found.gateways())
    ]


def _classes(found: Outcome) -> list[dict[str, Any]]:
    arrays = class_arrays(found)
    return [
        {
            "terminal_class": name,
            "label": terminal.label,
            "subscribers": float(arrays["subscribers"][j]),
            "served_households": dict(zip(PLANS_MBPS, arrays["served_households"][j].tolist(), strict=True)),
        }
        for j, (name, terminal) in enumerate(found.terminals())
    ]


def _districts(found: Outcome) -> list[dict[str, Any]]:
    arrays = district_arrays(found)
    rows = []
    for d in range(found.people.districts.size):
        code = int(arrays["binding"][d])
        rows.append(
            {
                "name": str(arrays["name"][d]),
                "province": str(arrays["province"][d]),
                "estimated": bool(arrays["estimated"][d]),
                "population": float(arrays["population"][d]),
                "households": float(arrays["households"][d]),
                "underserved_households": float(arrays["underserved_households"][d]),
                "subscribers": float(arrays["subscribers"][d]),
                "households_served": dict(
                    zip(PLANS_MBPS, arrays["served_households"][d].tolist(), strict=True)
                ),
                "availability_share": _or_none(arrays["availability_share"][d]),
                "busy_hour_mbps": _or_none(arrays["busy_hour_mbps"][d]),
                "binding_constraint": CONSTRAINTS[code] if code >= 0 else None,
            }
        )
    return rows


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
