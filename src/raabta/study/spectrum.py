"""A run against the Radio Regulations: power flux density, EPFD down, and what each rule costs in homes.

Indicative throughout. What the packaged tables lack is named, never passed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import numpy as np

from raabta.base.errors import LimitError, OutOfRangeError
from raabta.links import articles, pfd
from raabta.links.articles import EpfdLimit, FluxLimit, Verdict
from raabta.network import epfd, epfd_rows, epfd_run
from raabta.network.chunk import even_slots
from raabta.network.flux import altitudes_km, cap_of
from raabta.orbits.propagate import Propagator
from raabta.scenario.model import Model
from raabta.scenario.models import Constellation, Gateway, Scenario

if TYPE_CHECKING:
    from raabta.service.results import Results

    Served = dict[str, float]
    ServedOf = Callable[[Scenario, list[int]], Served]
    Progress = Callable[[str, int, int], None]

REFERENCE_KHZ: Final = 40.0
CAP_STEP_DB: Final = 3.0
LABEL: Final = "Indicative: a model and assumptions of this project, no examination by the ITU"
M = TypeVar("M", bound=Model)
Beams = Literal["everywhere", "run"]


@dataclass(frozen=True)
class Question:
    """What is asked of a run.

    `band_ghz`: spectrum of the user links from space; None for the payload's. `step_s`, `duration_s` of the
    EPFD run. `worldwide`: victims at any latitude, not in the area alone. `beams`: "everywhere"
    (`network.epfd`), or those of the "run" (`network.epfd_run`), whose slots are then the least step and its
    length the longest. `price_slots`: slots of the run on which rules are priced; 0 for none.
    """

    band_ghz: tuple[float, float] | None = None
    step_s: float = 10.0
    duration_s: float = 86_400.0
    worldwide: bool = False
    beams: Beams = "everywhere"
    price_slots: int = 24


def answer(
    results: Results, question: Question, served_of: ServedOf, progress: Progress | None = None
) -> dict[str, Any]:
    """Verdicts and prices as they are printed and written as JSON; levels of -inf (nothing) stand as None.

    Every constellation that moves has its own verdicts; where two share spectrum, what they bring together
    has some too. Raises OutOfRangeError for geostationary satellites alone, and for a step longer than the
    run.
    """
    scenario, tell = _in_band(results.scenario, question), progress or (lambda what, done, total: None)
    refuse(scenario, question)
    systems = moving(scenario)
    bare = {each.constellation.name: flux_checks(_with_limit(each, "none")) for each in systems}
    return {
        "label": LABEL,
        "scenario": scenario.name,
        "country": scenario.area.country,
        "region": articles.itu_region(scenario.area.country),
        "not_looked_at": [each.name for each in _constellations(scenario) if not each.moving],
        "constellations": [_system(results, each, bare, question, tell) for each in systems],
        "together": _together(results, systems, question, tell),
        "epfd_up": {"verdict": str(Verdict.row_missing), "table": "22-2"},
        "price": price(scenario, bare, question.price_slots, served_of, tell),
    }


def _constellations(scenario: Scenario) -> list[Constellation]:
    second = scenario.fallback
    return [scenario.constellation, *([] if second is None else [second.constellation])]


def moving(scenario: Scenario) -> list[Scenario]:
    """The question put to each constellation of a scenario alone, but for those that stand still."""
    parts = (scenario, scenario.fallback_alone())
    return [each for each in parts if each is not None and each.constellation.moving]


def _system(
    results: Results,
    scenario: Scenario,
    bare: Mapping[str, Sequence[pfd.FluxCheck]],
    question: Question,
    tell: Progress,
) -> dict[str, Any]:
    """The verdicts on one constellation."""
    system, flux = scenario.constellation, flux_checks(scenario)
    low, high = system.payload.user_down_band_ghz
    beams = None if question.beams == "run" else epfd.co_frequency_beams(system.payload)
    return {
        "constellation": system.name,
        "band_ghz": [round(low, 6), round(high, 6)],
        "band_from": _band_from(scenario, question),
        "pfd_limit": system.pfd_limit,
        "pfd": [_flux_row(check, free) for check, free in zip(flux, bare[system.name], strict=True)],
        "pfd_missing_ghz": _gaps([each.limit for each in flux if each.limit.authority == "RR"], low, high),
        "co_frequency_beams": beams,
        "epfd_down": _epfd_down(results, [scenario], question, tell),
    }


def _together(
    results: Results, systems: Sequence[Scenario], question: Question, tell: Progress
) -> dict[str, Any] | None:
    """What constellations that share spectrum bring together; None for one alone, or where they share none.
    It is held against the limits of one system: those of all together (Resolution 76) are not at hand."""
    low, high = _shared_band(systems)
    if len(systems) < 2 or high - low <= 1e-9:
        return None
    return {
        "constellations": [each.constellation.name for each in systems],
        "band_ghz": [round(low, 6), round(high, 6)],
        "limits_of_all": str(Verdict.row_missing),
        "epfd_down": _epfd_down(results, systems, question, tell),
    }


def _shared_band(systems: Sequence[Scenario]) -> tuple[float, float]:
    """The spectrum that the users of all constellations have; the high end below the low one for none."""
    bands = [each.constellation.payload.user_down_band_ghz for each in systems]
    return max(low for low, _ in bands), min(high for _, high in bands)


def _in_band(scenario: Scenario, question: Question) -> Scenario:
    """The scenario with the users of what moves in the band that is asked about, if one is."""
    if question.band_ghz is None:
        return scenario
    low, high = question.band_ghz

    def moved(system: Constellation) -> Constellation:
        payload = _with(system.payload, user_down_low_ghz=low, user_down_high_ghz=high)
        return _with(system, payload=payload)

    return _each(scenario, moved)


def _each(
    scenario: Scenario, changed: Callable[[Constellation], Constellation], name: str | None = None
) -> Scenario:
    """The scenario with each constellation that moves changed, or of them the one of a name."""

    def other(system: Constellation) -> Constellation:
        return changed(system) if system.moving and name in (None, system.name) else system

    second = scenario.fallback
    if second is not None:
        second = _with(second, constellation=other(second.constellation))
    return _with(scenario, constellation=other(scenario.constellation), fallback=second)


def _with_limit(scenario: Scenario, rule: str, name: str | None = None) -> Scenario:
    """The scenario with another rule on flux density, of all that moves or of one constellation."""
    return _each(scenario, lambda system: _with(system, pfd_limit=rule), name)


def _band_from(scenario: Scenario, question: Question) -> str:
    if question.band_ghz is not None:
        return "option"
    return "channels" if scenario.constellation.payload.user_down_low_ghz is None else "scenario"


def refuse(scenario: Scenario, question: Question) -> None:
    """Raise OutOfRangeError for what the Articles' rows here do not speak of, or a run of no step; LimitError
    for one of too many."""
    if not moving(scenario):
        what = "non-geostationary satellites"
        raise OutOfRangeError("the constellation", "geostationary alone", what, "RR Articles 21 and 22")
    if question.step_s > question.duration_s:
        allowed = f"at most {question.duration_s:g} s"
        raise OutOfRangeError("the step", f"{question.step_s:g} s", allowed, "the length of the EPFD run")
    steps = question.duration_s / question.step_s
    if steps > epfd.MAX_STEPS:
        raise LimitError(
            f"the EPFD run has {steps:,.0f} steps; at most {epfd.MAX_STEPS:,} are taken. "
            "Give a longer --step or fewer --hours"
        )


def flux_checks(scenario: Scenario) -> list[pfd.FluxCheck]:
    """Each row of power flux density of the payload's band, at the altitude of the fleet with the least
    margin, with beams as the scenario's rule holds them."""
    system = scenario.constellation
    propagator = Propagator.from_constellation(system, scenario.time.start, scenario.time.duration_s)
    altitudes, cap = altitudes_km(scenario, propagator), cap_of(scenario, propagator)
    lowest_deg, satellites = system.user_min_elevation_deg, propagator.count
    out = []
    for limit in articles.flux_limits(*system.payload.user_down_band_ghz):
        found = [pfd.check(limit, system.payload, each, lowest_deg, satellites, cap) for each in altitudes]
        out.append(min(found, key=lambda check: check.margin_db))
    return out


def _flux_row(check: pfd.FluxCheck, bare: pfd.FluxCheck) -> dict[str, Any]:
    """A row as plain data, with the margin of the `bare` beams, which no cap holds."""
    limit = check.limit
    return {
        "band_ghz": [limit.low_ghz, limit.high_ghz],
        "reference_khz": limit.reference_khz,
        "authority": limit.authority,
        "source": limit.source,
        "confidence": limit.confidence,
        "altitude_km": round(check.altitude_km, 1),
        "elevation_deg": check.elevation_deg,
        "level_dbw_m2": round(check.level_dbw_m2, 1),
        "limit_dbw_m2": round(check.limit_dbw_m2, 1),
        "margin_db": check.margin_db,
        "margin_without_cap_db": bare.margin_db,
        "verdict": str(check.verdict),
    }


def _gaps(rows: Sequence[FluxLimit] | Sequence[EpfdLimit], low: float, high: float) -> list[list[float]]:
    return [[round(a, 6), round(b, 6)] for a, b in articles.gaps_ghz(rows, low, high)]


def one_of_each(limits: Sequence[EpfdLimit], low_ghz: float) -> list[tuple[EpfdLimit, float]]:
    """Each antenna of each table once, with the lowest frequency it is met at, GHz (S.1503-4, D2.1)."""
    found: dict[tuple[str, float], tuple[EpfdLimit, float]] = {}
    for limit in sorted(limits, key=lambda each: each.low_ghz):
        frequency = max(limit.low_ghz, low_ghz) + limit.reference_khz / 2e6
        found.setdefault((limit.table, limit.antenna_m), (limit, frequency))
    return [found[key] for key in sorted(found)]


def _epfd_down(
    results: Results, systems: Sequence[Scenario], question: Question, tell: Progress
) -> dict[str, Any]:
    """EPFD of constellations in the spectrum that all of them have, summed before it is counted."""
    band = _shared_band(systems)
    limits = articles.epfd_limits(*band, articles.itu_region(systems[0].area.country))
    plan, own = plan_of(results, question), question.beams == "run"
    out: dict[str, Any] = {
        "beams": question.beams,
        "assumptions": list(epfd_run.OWN_BEAMS if own else epfd.EVERYWHERE),
        "reference_khz": REFERENCE_KHZ,
        "step_s": plan.step_s,
        "steps": plan.steps,
        "search_to_deg": epfd.FINE_DEG,
        "victims": "all latitudes" if question.worldwide else "the area",
        "missing_ghz": _gaps(limits, *band),
        "antennas": [],
    }
    if limits:
        sources = [_own_beams(each) if own else _everywhere(each, plan) for each in systems]
        found = epfd.run(epfd.together(sources), one_of_each(limits, band[0]), plan, tell)
        out["antennas"] = [_antenna(each) for each in found]
    return out


def _everywhere(scenario: Scenario, plan: epfd.Plan) -> epfd.Source:
    return epfd.system_of(scenario, REFERENCE_KHZ, plan.latitude_deg)


def _own_beams(scenario: Scenario) -> epfd.Source:
    import raabta.pipeline as pipeline

    network = pipeline.build_network(scenario, *pipeline.place_people(scenario))
    return epfd_run.own_beams(network, REFERENCE_KHZ)


def plan_of(results: Results, question: Question) -> epfd.Plan:
    """Where victims are sought: latitudes of the cells, or all to 70 deg, at the area's mean longitude."""
    latitude, longitude = results.cells["latitude_deg"].values, results.cells["longitude_deg"].values
    within = (float(latitude.min()), float(latitude.max()))
    anywhere = (-epfd.MAX_LATITUDE_DEG, epfd.MAX_LATITUDE_DEG)
    theta = np.radians(longitude)
    middle = float(np.degrees(np.arctan2(np.sin(theta).mean(), np.cos(theta).mean())))
    step_s, duration_s = question.step_s, question.duration_s
    if question.beams == "run":
        time = results.scenario.time
        step_s = time.step_s * max(1, round(step_s / time.step_s))
        duration_s = max(min(duration_s, time.steps * time.step_s), step_s)
    steps = max(1, round(duration_s / step_s))
    return epfd.Plan(anywhere if question.worldwide else within, round(middle, 1), step_s, steps)


def _antenna(found: epfd.Found) -> dict[str, Any]:
    limit, geometry = found.limit, found.geometry
    rows = epfd_rows.check_rows(limit, found.distribution, geometry.latitude_deg)
    return {
        "table": limit.table,
        "service": limit.service,
        "antenna_m": limit.antenna_m,
        "pattern": limit.pattern,
        "confidence": limit.confidence,
        "source": limit.source,
        "latitude_deg": round(geometry.latitude_deg, 2),
        "longitude_deg": round(geometry.longitude_deg, 2),
        "gso_longitude_deg": round(geometry.gso_longitude_deg, 2),
        "verdict": str(epfd_rows.worst([row.verdict for row in rows])),
        "rows": [_epfd_row(row) for row in rows],
        "ccdf": _ccdf(found.distribution),
    }


def _ccdf(found: epfd_rows.Distribution) -> dict[str, list[float]]:
    """Levels by 0.1 dB and the share of time for which each is exceeded."""
    level, share = found.ccdf()
    return {"level_dbw_m2": level.tolist(), "time_share": share.tolist()}


def _epfd_row(row: epfd_rows.RowCheck) -> dict[str, Any]:
    return {
        "time_share": row.time_share,
        "limit_dbw_m2": row.limit_dbw_m2,
        "level_dbw_m2": _finite(row.level_dbw_m2),
        "margin_db": _finite(row.margin_db),
        "verdict": str(row.verdict),
    }


def _finite(value: float) -> float | None:
    """A number as JSON holds it: None for -inf (nothing received) and NaN (not resolved)."""
    return round(value, 1) if np.isfinite(value) else None


def price(
    scenario: Scenario,
    bare: Mapping[str, Sequence[pfd.FluxCheck]],
    slots: int,
    served_of: ServedOf,
    tell: Progress,
) -> dict[str, Any]:
    """Homes served with and without each rule, on evenly spaced slots of the run. `bare`: `flux_checks` of
    each constellation's beams that no cap holds."""
    steps = scenario.time.steps
    chosen = even_slots(steps, slots)
    if not chosen:
        return {"slots": 0, "of_slots": steps, "rules": []}
    rules = [_arc_rule(scenario), *(_flux_rule(scenario, name, bare) for name in bare)]
    jobs = [other for _, other in rules if other is not None]
    tell("pricing the rules", 0, len(jobs) + 1)
    plan = scenario.demand.plan
    stated = served_of(scenario, chosen)[plan]
    out, done = [], 1
    for rule, other in rules:
        if other is not None:
            tell("pricing the rules", done, len(jobs) + 1)
            done += 1
            rule = _priced(rule, stated, served_of(other, chosen)[plan])
        out.append(rule)
    tell("pricing the rules", len(jobs) + 1, len(jobs) + 1)
    return {"slots": len(chosen), "of_slots": steps, "plan": plan, "served": stated, "rules": out}


def _priced(rule: dict[str, Any], stated: float, other: float) -> dict[str, Any]:
    """The rule with homes served with it and without, whichever of the two the scenario states."""
    kept, lifted = (stated, other) if rule["stated_keeps_it"] else (other, stated)
    return rule | {"served_with": kept, "served_without": lifted, "cost_households": lifted - kept}


def _arc_rule(scenario: Scenario) -> tuple[dict[str, Any], Scenario | None]:
    """Separation from the arc, of users and gateways of all that moves, and the scenario without it."""
    parts = [(each.constellation.gso_separation_deg, each.gateways) for each in moving(scenario)]
    widest = max(max([users, *(g.gso_separation_deg for g in sites)]) for users, sites in parts)
    rule = {
        "rule": f"separation of {widest:g} deg from the geostationary arc",
        "stated_keeps_it": True,
        "note": "it stands for Article 22" if widest else "the scenario has no such rule",
    }
    if widest == 0.0:
        return rule, None
    return rule, _off_the_arc(scenario)


def _off_the_arc(scenario: Scenario) -> Scenario:
    """The scenario without separation from the arc of anything that moves."""

    def free(sites: tuple[Gateway, ...]) -> tuple[Gateway, ...]:
        return tuple(_with(site, gso_separation_deg=0.0) for site in sites)

    out = _each(scenario, lambda system: _with(system, gso_separation_deg=0.0))
    if scenario.constellation.moving:
        out = _with(out, gateways=free(out.gateways))
    second = out.fallback
    if second is not None and second.constellation.moving:
        out = _with(out, fallback=_with(second, gateways=free(second.gateways)))
    return out


def _flux_rule(
    scenario: Scenario, name: str, bare: Mapping[str, Sequence[pfd.FluxCheck]]
) -> tuple[dict[str, Any], Scenario | None]:
    """The cap on flux density of one constellation, and the scenario on the other side of it: without the cap
    where it takes some of the EIRP density, CAP_STEP_DB over it where beams just keep it."""
    country = scenario.area.country
    (stated,) = (each.pfd_limit for each in _constellations(scenario) if each.name == name)
    held = [check for check in bare[name] if check.limit.authority in {"RR", country}]
    of_name = f" of {name}" if len(bare) > 1 else ""
    rule: dict[str, Any] = {"rule": f"cap on power flux density{of_name}", "stated_keeps_it": True}
    if not held:
        return rule | {"note": f"no price: {Verdict.row_missing}"}, None
    margin = min(check.margin_db for check in held)
    if margin < 0.0:
        other = "article-21" if stated == "none" else "none"
        note = f"it takes up to {-margin:g} dB of the EIRP density, of the beams that exceed it"
        return rule | {"stated_keeps_it": stated != "none", "note": note}, _with_limit(scenario, other, name)
    if margin >= CAP_STEP_DB:
        return rule | {"note": f"it takes nothing: {margin:g} dB of margin"}, None
    note = f"without it: what {CAP_STEP_DB:g} dB above the cap would bring, radiated power raised alike"
    return rule | {"note": note}, _with_limit(_louder(scenario, margin + CAP_STEP_DB, name), "none", name)


def _louder(scenario: Scenario, gain_db: float, name: str | None = None) -> Scenario:
    """The scenario with so many decibels more EIRP density, and radiated power raised alike, of all that
    moves or of one constellation."""
    ratio = 10.0 ** (0.1 * gain_db)

    def louder(system: Constellation) -> Constellation:
        payload = system.payload
        edge, average = payload.eirp_density_edge_dbw_mhz, payload.rf_power_average_w
        changed = _with(
            payload,
            eirp_density_dbw_mhz=payload.eirp_density_dbw_mhz + gain_db,
            eirp_density_edge_dbw_mhz=None if edge is None else edge + gain_db,
            rf_power_w=payload.rf_power_w * ratio,
            rf_power_average_w=None if average is None else average * ratio,
        )
        return _with(system, payload=changed)

    return _each(scenario, louder, name)


def _with(model: M, **changes: object) -> M:
    return model.model_copy(update=changes)
