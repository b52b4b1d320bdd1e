"""Where the traffic of a run lands: by gateway, country and lasers on the way; the fibre from there on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from raabta.access.cells import distance_km
from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.network.model import gateway_label
from raabta.network.record_kernels import RTT_STEP_MS
from raabta.scenario.fibre import edges_s, left_at
from raabta.scenario.landing import placed
from raabta.service.gather import FibreSteps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from raabta.scenario.models import Gateway, Scenario
    from raabta.service.outcome import Outcome

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FIBRE_SPEED_RATIO: Final = 2.0 / 3.0
"""Speed of light in glass fibre over that in free space: 1 / 1.5, the usual round figure."""


class Fibre(NamedTuple):
    """Which point of presence the traffic of a gateway goes to, how far that is, and the round trip there."""

    pop: str
    great_circle_km: float
    rtt_ms: float


def fibre_rtt_ms(great_circle_km: float, route_ratio: float) -> float:
    """Round trip of light in fibre that is `route_ratio` times as long as the great circle, ms."""
    return 2e3 * route_ratio * great_circle_km / (FIBRE_SPEED_RATIO * SPEED_OF_LIGHT_KM_S)


def fibre_of(gateway: Gateway, scenario: Scenario) -> Fibre | None:
    """The fibre behind a gateway, as `fibre.cables_of` has its first cable: to the point of presence that it
    names, or the nearest that is no exchange (of equal ones the first). None where there are none."""
    asked = placed(scenario.pops, scenario.all_gateways)
    own = next((cable.other for cable in scenario.cables if cable.one == gateway.name), None)
    if own:
        asked = tuple(pop for pop in asked if pop.name == own)
    if not asked:
        return None
    latitude_deg, longitude_deg = (
        np.array([getattr(pop, name) for pop in asked]) for name in ("latitude_deg", "longitude_deg")
    )
    apart_km = distance_km(gateway.latitude_deg, gateway.longitude_deg, latitude_deg, longitude_deg)
    near = int(apart_km.argmin())
    rtt_ms = fibre_rtt_ms(float(apart_km[near]), scenario.delay.fibre_route_ratio)
    return Fibre(asked[near].name, float(apart_km[near]), rtt_ms)


def fibre_steps(scenario: Scenario) -> FibreSteps | None:
    """What the fibre behind each of the gateways adds to a stored round trip, and from which slot on where
    cables fail; None where the scenario names no points of presence."""
    if not scenario.pops:
        return None
    edges = edges_s(scenario.failures)
    rtt_ms = np.array([_rtts_ms(scenario, at_s) for at_s in edges])
    first = np.ceil(np.array(edges) / scenario.time.step_s - 1e-9).astype(np.int64)
    return FibreSteps(first, np.rint(rtt_ms / RTT_STEP_MS).astype(np.int64))


def _rtts_ms(scenario: Scenario, at_s: float) -> list[float]:
    """Round trips over the fibre behind each gateway at a time: over the first cable that is left, or where
    none is, and nothing lands, over its own."""
    left = {cable.one: cable for cable in reversed(left_at(scenario.failures, scenario.cables, at_s))}
    whole = {cable.one: cable for cable in reversed(scenario.cables)}
    found = [left.get(site.name, whole[site.name]) for site in scenario.gateways]
    return [fibre_rtt_ms(each.great_circle_km, scenario.delay.fibre_route_ratio) for each in found]


def notes(scenario: Scenario) -> list[str]:
    """What a run says of where its traffic may land, and of the fibre behind."""
    out, sharing = list[str](), scenario.sharing
    if sharing.landing == "lasers":
        out.append(
            "Landing: a satellite without a gateway lands by the least way over lasers at one that has; "
            "feeders and lasers are shared max-min fair by the people whom satellites serve. Satellites that "
            "serve nobody of the area carry nothing but what lands through them."
        )
    if sharing.landing_countries is not None:
        allowed = ", ".join(sharing.landing_countries) or "no country"
        out.append(f"National landing rule: traffic of {scenario.area.country} lands only in {allowed}.")
    if scenario.pops:
        ratio = scenario.delay.fibre_route_ratio
        out.append(
            f"Fibre from each gateway to its point of presence: {ratio:g} times the great circle, at two "
            "thirds of the speed of light."
        )
    asked = [site for site in scenario.gateways if site.others_share]
    taken = [f"{100.0 * site.others_share:g} % at {site.name}" for site in asked]
    if taken:
        out.append(f"Users elsewhere take part of the feeders (an input): {', '.join(taken)}.")
    for each in scenario.cut_gateways:
        until = "the end" if each.until_s is None else f"{each.until_s:g} s"
        out.append(
            f"{each.name} lands nothing from {each.from_s:g} s to {until}: failures leave it no fibre."
        )
    return out


def summary(found: Outcome) -> dict[str, Any]:
    """Parts of a summary: where traffic lands, and the fibre behind, of runs that have them."""
    out: dict[str, Any] = {}
    if found.scenario.lands_by_lasers:
        out["landing"] = _landing(found)
    if found.scenario.pops:
        behind = [(site.name, fibre_of(site, found.scenario)) for site in found.gateways()]
        out["fibre"] = [{"gateway": name, **fibre._asdict()} for name, fibre in behind if fibre is not None]
    return out


def _landing(found: Outcome) -> dict[str, Any]:
    arrays, whose = landing_arrays(found), found.landings()
    own = np.array([each.kbps.sum() for each in whose])
    share = own / max(float(own.sum()), 1.0)
    countries = sorted({each.gateway.country for each in whose})
    by_country = {name: float(share[arrays["country"] == name].sum()) for name in countries}
    return {
        "gateways": [
            {
                "name": str(arrays["name"][g]),
                "country": str(arrays["country"][g]),
                "share": float(share[g]),
                "lasers_mean": _or_none(arrays["lasers_mean"][g]),
                "laser_rtt_ms": _or_none(arrays["laser_rtt_ms"][g]),
            }
            for g in range(share.size)
        ],
        "countries": [{"country": name, "share": part} for name, part in by_country.items()],
        "lasers": [
            {"lasers": count, "share": float(part)}
            for count, part in enumerate(arrays["carried_share"].sum(axis=0))
        ],
    }


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def landing_arrays(found: Outcome) -> dict[str, NDArray[Any]]:
    """Variables of the table LANDING."""
    landings = found.landings()
    kbps = _side_by_side([each.kbps for each in landings])
    own, total = kbps.sum(axis=1), float(kbps.sum())
    some = np.where(own > 0.0, own, 1.0)
    nothing = np.where(own > 0.0, 0.0, np.nan)
    fibres = [fibre_of(each.gateway, found.scenario) for each in landings]
    return {
        "name": np.array([gateway_label(each.gateway) for each in landings]),
        "country": np.array([each.gateway.country for each in landings]),
        "carried_share": kbps / (total if total > 0.0 else 1.0),
        "lasers_mean": kbps @ np.arange(kbps.shape[1]) / some + nothing,
        "laser_rtt_ms": np.array([each.kbps_us for each in landings]) / some / 1e3 + nothing,
        "fibre_rtt_ms": np.array([np.nan if fibre is None else fibre.rtt_ms for fibre in fibres]),
    }


def _side_by_side(rows: Sequence[Floats]) -> Floats:
    """Rows of any length as one array without the columns at the end in which there is nothing."""
    out = np.zeros((len(rows), max(row.size for row in rows)))
    for row, values in zip(out, rows, strict=True):
        row[: values.size] = values
    return out[:, : 1 + int(np.flatnonzero(out.any(axis=0)).max(initial=0))]
