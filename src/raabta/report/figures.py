"""The figures that every way of showing a run shares: sums by province, ranks, reasons and doubts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from raabta.report import words

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr
    from numpy.typing import NDArray

    from raabta.scenario.models import Constellation, Gateway
    from raabta.service.results import Results

RANKED = 10
"""Districts shown at each end of the ranking."""


@dataclass(frozen=True)
class Row:
    """One district or province. Homes unless named otherwise; `served` maps plan to homes."""

    name: str
    province: str
    population: float
    households: float
    underserved: float
    rural: float
    unelectrified: float
    subscribers: float
    served: dict[str, float]
    reachable: float
    availability_share: float
    busy_hour_mbps: float
    binding: str
    estimated: bool

    def served_share(self, plan: str) -> float:
        """Served share of the homes that ask at `plan`; NaN where nobody asks."""
        return self.served[plan] / self.subscribers if self.subscribers > 0 else float("nan")

    def unserved(self, plan: str) -> float:
        """Homes that ask at `plan` and are not served."""
        return max(0.0, self.subscribers - self.served[plan])


@dataclass(frozen=True)
class Reason:
    """One binding constraint: shares weighted by unserved homes, not weighted, and on the return link."""

    name: str
    text: str
    weighted: float
    unweighted: float
    back: float = 0.0


def pick(table: Any, *keys: str) -> Any:
    """`table[a][b]...`, or None where a key is not there."""
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def constellations(results: Results) -> list[dict[str, Any]]:
    """What each constellation of a run with a fallback says of itself, the first one first; else none."""
    return list(pick(results.summary, "constellations") or [])


def plans(results: Results) -> list[str]:
    """Names of the plans, as stored."""
    return [str(plan) for plan in results.cells["plan"].values]


def constraint_names(results: Results) -> list[str]:
    """Names of the binding constraints in the order of the stored index."""
    return [str(name) for name in results.cells["constraint"].values]


def constraint_of(results: Results, index: int) -> str:
    """Name behind a stored index; empty for -1 (nobody asks)."""
    names = constraint_names(results)
    return names[index] if 0 <= index < len(names) else ""


def district_rows(results: Results) -> list[Row]:
    """One Row per district, in stored order."""
    table, names = results.districts, plans(results)
    return [_district(results, table.isel(district=i), names) for i in range(table.sizes["district"])]


def _district(results: Results, one: xr.Dataset, names: list[str]) -> Row:
    value: Callable[[str], float] = lambda key: float(one[key].item())  # noqa: E731
    served = np.asarray(one["served_households"].values, dtype=float)
    return Row(
        name=words.clean(one["name"].item()),
        province=words.clean(one["province"].item()),
        population=value("population"),
        households=value("households"),
        underserved=value("underserved_households"),
        rural=value("rural_households"),
        unelectrified=value("unelectrified_households"),
        subscribers=value("subscribers"),
        served=dict(zip(names, np.nan_to_num(served).tolist(), strict=True)),
        reachable=value("reachable_households"),
        availability_share=value("availability_share"),
        busy_hour_mbps=value("busy_hour_mbps"),
        binding=constraint_of(results, int(one["binding"].item())) if value("subscribers") > 0 else "",
        estimated=bool(one["estimated"].item()),
    )


def province_rows(rows: list[Row], plan: str) -> list[Row]:
    """Rows summed by province, largest number of households first; rates weighted by homes that ask.

    A province without a home in the area is left out.
    """
    names = sorted({row.province for row in rows if row.households > 0.0})
    summed = [total_row([row for row in rows if row.province == name], name, plan) for name in names]
    return sorted(summed, key=lambda row: (-row.households, row.name))


def has_estimates(rows: list[Row]) -> bool:
    """Whether some of the homes are estimated: no census row stands behind them."""
    return any(row.estimated and row.households > 0.0 for row in rows)


def total_row(rows: list[Row], name: str, plan: str) -> Row:
    """The sum of `rows` under one name; shares and rates are means weighted by the homes that ask."""
    total: Callable[[str], float] = lambda key: _sum([getattr(row, key) for row in rows])  # noqa: E731
    weights = np.array([row.subscribers for row in rows], dtype=float)
    return Row(
        name=name,
        province=name,
        population=total("population"),
        households=total("households"),
        underserved=total("underserved"),
        rural=total("rural"),
        unelectrified=total("unelectrified"),
        subscribers=total("subscribers"),
        served={key: _sum([row.served[key] for row in rows]) for key in (rows[0].served if rows else {})},
        reachable=total("reachable"),
        availability_share=weighted_mean([row.availability_share for row in rows], weights),
        busy_hour_mbps=weighted_mean([row.busy_hour_mbps for row in rows], weights),
        binding=_main_binding(rows, plan),
        estimated=bool(rows) and all(row.estimated for row in rows),
    )


def _sum(values: list[float]) -> float:
    return float(np.nansum(np.asarray(values, dtype=float)))


def weighted_mean(values: Any, weights: Any) -> float:
    """Mean over the entries that have both a value and a weight; NaN when there is none."""
    v, w = np.asarray(values, dtype=float), np.nan_to_num(np.asarray(weights, dtype=float))
    there = np.isfinite(v) & (w > 0)
    return float(np.average(v[there], weights=w[there])) if there.any() else float("nan")


def _main_binding(rows: list[Row], plan: str) -> str:
    weights: dict[str, float] = {}
    for row in rows:
        if row.binding and row.subscribers > 0:
            weights[row.binding] = weights.get(row.binding, 0.0) + row.unserved(plan)
    return max(sorted(weights), key=lambda name: weights[name]) if weights else ""


def ranked(rows: list[Row], plan: str) -> tuple[list[Row], list[Row]]:
    """(worst, best) districts by served share of the homes that ask, at most ten each, none in both.

    Ties: among the worst the one with more unserved homes comes first, among the best more served homes.
    """
    asked = [row for row in rows if row.subscribers > 0]
    size = min(RANKED, (len(asked) + 1) // 2)
    order = sorted(asked, key=lambda row: (row.served_share(plan), -row.unserved(plan), row.name))
    rest = order[size:]
    best = sorted(rest, key=lambda row: (-row.served_share(plan), -row.served[plan], row.name))
    return order[:size], best[:RANKED]


def reasons(results: Results) -> list[Reason]:
    """Binding constraints with a share, largest first; `demand_met` is not a reason and comes last."""
    shares = pick(results.summary, "binding_constraint_share") or {}
    back = pick(results.summary, "binding_constraint_share_return") or {}
    names = dict.fromkeys([*shares, *back])
    found = [_reason(str(name), shares.get(name), back.get(name)) for name in names]
    kept = [one for one in found if max(one.weighted, one.unweighted, one.back) > 0.0]
    return sorted(kept, key=lambda one: (one.name == "demand_met", -one.weighted, -one.unweighted, one.name))


def has_return(results: Results) -> bool:
    """Whether the return link's constraints were stored."""
    return bool(pick(results.summary, "binding_constraint_share_return"))


def _reason(name: str, forward: Any, back: Any) -> Reason:
    def share(value: Any, key: str) -> float:
        return 0.0 if words.missing(pick(value, key)) else float(pick(value, key))

    shares = (share(forward, "weighted"), share(forward, "unweighted"), share(back, "weighted"))
    return Reason(name, words.constraint(name), *shares)


def outages(results: Results) -> dict[str, float]:
    """Geometry, rain and capacity outage as shares of time, weighted by the homes that ask."""
    weights = results.cells["subscribers"].values
    keys = {"geometry": "geometry_outage_share", "rain": "rain_outage_share"}
    keys["capacity"] = "capacity_outage_share"
    return {name: weighted_mean(results.cells[key].values, weights) for name, key in keys.items()}


def served_share_of_cells(results: Results, plan: str) -> NDArray[np.float64]:
    """Served share of the homes that ask, per cell; NaN where nobody asks."""
    asked = np.asarray(results.cells["subscribers"].values, dtype=float)
    served = np.asarray(results.cells["served_households"].sel(plan=plan).values, dtype=float)
    share = np.full(asked.shape, np.nan)
    np.divide(np.nan_to_num(served), asked, out=share, where=np.nan_to_num(asked) > 0)
    return share


def asked_homes(results: Results) -> float:
    """All homes that ask: the subscribers of every district."""
    return _sum(list(results.districts["subscribers"].values))


def doubts(results: Results) -> list[tuple[str, str]]:
    """Where the numbers are uncertain: (what, how much), in plain words."""
    known = [*_sampling(results), *_bands(results), *_stand_ins(results), *_estimates(results)]
    return [*known, *_of_files(results)]


def _sampling(results: Results) -> list[tuple[str, str]]:
    sampling = pick(results.summary, "sampling") or {}
    if sampling.get("availability_90") is None:
        return [("Sampling", words.clean(sampling.get("note") or "nothing was stored about it"))]
    low, high = _pair(sampling.get("availability_90"))
    homes = words.band(*_pair(sampling.get("households_served_90"))) or words.NOT_STORED
    undecided = words.count(sampling.get("not_decided_households"))
    return [
        ("Independent samples in the run", words.count(sampling.get("independent_samples"))),
        ("Availability, 90 % interval", f"{words.share(low, 2)} to {words.share(high, 2)}"),
        (f"Homes served at {results.scenario.demand.plan}, 90 % interval", homes),
        ("Homes where the interval spans the target: not decided", undecided),
    ]


def _pair(value: Any) -> tuple[Any, Any]:
    return (value[0], value[1]) if isinstance(value, list | tuple) and len(value) == 2 else (None, None)


def _bands(results: Results) -> list[tuple[str, str]]:
    served = pick(results.summary, "totals", "households_served", results.scenario.demand.plan)
    text = words.band(pick(served, "low"), pick(served, "high"))
    return [("Low to high over the uncertain inputs", text or "not run (ask with --bands)")]


def _stand_ins(results: Results) -> list[tuple[str, str]]:
    scenario, second = results.scenario, results.scenario.fallback
    found = _stand_in(scenario.constellation, scenario.gateways, "")
    return found + ([] if second is None else _stand_in(second.constellation, second.gateways, " (fallback)"))


def _stand_in(system: Constellation, gateways: tuple[Gateway, ...], whose: str) -> list[tuple[str, str]]:
    names = [words.clean(g.name) for g in gateways if g.hypothetical]
    found = []
    if system.stand_in:
        label = words.clean(system.label)
        found.append((f"Stand-in constellation{whose}", f"{label}: its radio figures are not public"))
    if names:
        found.append((f"Hypothetical gateways{whose}", ", ".join(names)))
    return found


def _of_files(results: Results) -> list[tuple[str, str]]:
    """What a run found wanting in a user's files: assumptions too grave to stand among those alone."""
    said = [words.clean(text) for text in pick(results.summary, "assumptions") or []]
    orbits = [("Orbits", text.removeprefix("Orbits: ")) for text in said if text.startswith("Orbits: ")]
    return orbits + [("Outline", text) for text in said if text.startswith("The outline covers ")]


def _estimates(results: Results) -> list[tuple[str, str]]:
    rows = [row for row in district_rows(results) if row.estimated and row.households > 0.0]
    if not rows:
        return []
    plan = results.scenario.demand.plan
    homes = _sum([row.households for row in rows])
    served = _sum([row.served[plan] for row in rows])
    text = f"{len(rows)} ({words.count(homes)} homes, {words.count(served)} of them served)"
    return [("Districts with estimated people, no census rows", text)]


class Landing(NamedTuple):
    """Where traffic lands: rows of the summary by gateway and by country, those with most first, and shares
    by lasers on the way, as (words, share)."""

    gateways: list[dict[str, Any]]
    countries: list[dict[str, Any]]
    ways: list[tuple[str, float]]


MOST_WAYS: Final = 8
"""Ways of so many lasers are shown together with longer ones."""
NOWHERE: Final = Landing([], [], [])


def landing(results: Results) -> Landing | None:
    """Where traffic lands, of a run in which some of it may land through lasers."""
    stored = pick(results.summary, "landing")
    if not stored:
        return None
    gateways, countries = (
        sorted(stored[key], key=lambda one: -float(one["share"])) for key in ("gateways", "countries")
    )
    share = [float(one["share"]) for one in stored["lasers"]]
    ways = [(words.lasers(count), part) for count, part in enumerate(share[:MOST_WAYS])]
    more = [(f"{words.lasers(MOST_WAYS)} or more", sum(share[MOST_WAYS:]))] if share[MOST_WAYS:] else []
    return Landing(gateways, countries, [*ways, *more])
