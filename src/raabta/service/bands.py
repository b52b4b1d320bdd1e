"""Low, mid and high: how far the answer moves when the uncertain inputs move, one at a time.

Every variant is run over the same evenly spaced slots. Differences to the mid variant add in quadrature, as
for independent inputs; the three inputs with the widest swing are named.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING, Any, Final, TypeVar

from raabta.scenario.catalogue import catalogue_names, entry
from raabta.scenario.model import Model
from raabta.scenario.models import PLANS_MBPS

if TYPE_CHECKING:
    from raabta.scenario.models import Constellation, Fallback, Gateway, Scenario, Sharing, Terminal
    from raabta.service.results import Results

BAND_SLOTS: Final = 288
SEEDS: Final = 5
TAKE_UP_RATIO: Final = (0.5, 2.0)
NEIGHBOUR_RATIO: Final = (1.5, 0.5)
G_OVER_T_DB: Final = (-2.0, 2.0)
FADE_RATIO: Final = (1.2, 0.8)

Served = dict[str, float]
ServedOf = Callable[["Scenario", list[int]], Served]
Tell = Callable[[str, int, int], None]


def variants(scenario: Scenario) -> dict[str, list[Scenario]]:
    """Scenarios that move one input each: the low end, then the high end; for the seed, other villages."""
    demand, sharing, weather = scenario.demand, scenario.sharing, scenario.weather

    def take_up(ratio: float) -> Scenario:
        share = min(1.0, demand.take_up_share * ratio)
        return _with(scenario, demand=_with(demand, take_up_share=share))

    def gain(change_db: float) -> Scenario:
        def moved(terminals: tuple[Terminal, ...]) -> tuple[Terminal, ...]:
            return tuple(_with(t, g_over_t_dbk=t.g_over_t_dbk + change_db) for t in terminals)

        return _with(
            scenario,
            demand=_with(demand, terminals=moved(demand.terminals)),
            **_in_fallback(scenario, lambda second: {"terminals": moved(second.terminals)}),
        )

    def neighbour(ratio: float) -> Scenario:
        def moved(one: Sharing) -> Sharing:
            return _with(one, neighbour_weight_ratio=one.neighbour_weight_ratio * ratio)

        return _with(
            scenario,
            sharing=moved(sharing),
            **_in_fallback(scenario, lambda second: {"sharing": moved(second.sharing)}),
        )

    def fade(ratio: float) -> Scenario:
        return _with(scenario, weather=_with(weather, fade_ratio=weather.fade_ratio * ratio))

    moved = {
        "take-up": [take_up(ratio) for ratio in TAKE_UP_RATIO],
        "neighbour share": [neighbour(ratio) for ratio in NEIGHBOUR_RATIO],
        "terminal G/T": [gain(change_db) for change_db in G_OVER_T_DB],
        "rain": [fade(ratio) for ratio in FADE_RATIO],
        "village seed": [_with(scenario, seed=scenario.seed + k) for k in range(1, SEEDS)],
    }
    radios = {
        "satellite radio": _radio(scenario),
        "satellite radio of the fallback": _fallback_radio(scenario),
    }
    return {**moved, **{name: ends for name, ends in radios.items() if ends}}


def _in_fallback(scenario: Scenario, changes: Callable[[Fallback], dict[str, object]]) -> dict[str, object]:
    """The fallback with changes laid on it, as a change of its scenario; none where there is no fallback."""
    second = scenario.fallback
    return {} if second is None else {"fallback": _with(second, **changes(second))}


def _radio(scenario: Scenario) -> list[Scenario]:
    """The scenario with the payload of its constellation at both ends of its ranges; none without ranges."""
    return [_with(scenario, constellation=system) for system in _ends(scenario.constellation)]


def _fallback_radio(scenario: Scenario) -> list[Scenario]:
    """The same of the constellation of its fallback."""
    second = scenario.fallback
    ends = [] if second is None else _ends(second.constellation)
    return [_with(scenario, fallback=_with(second, constellation=system)) for system in ends if second]


def _ends(system: Constellation) -> list[Constellation]:
    """A constellation with every figure of its payload that the catalogue gives a range for at its low end,
    then at its high one; none where the catalogue gives none.

    A level in decibels moves by as much as the catalogue's does, every other figure in the same ratio: what a
    scenario lays on an entry (half of the transponders) stays what it is.
    """
    if system.name not in catalogue_names("constellation"):
        return []
    known = entry(system.name)
    ranges = {path.removeprefix("payload."): ends for path, ends in known.ranges.items()}
    ranges = {name: ends for name, ends in ranges.items() if name in known.data["payload"]}
    out = []
    for end in (0, 1):
        own, usual = system.payload.model_dump(), known.data["payload"]
        moved = {name: _moved(name, own[name], usual[name], ends[end]) for name, ends in ranges.items()}
        payload = system.payload.model_copy(update=moved)
        out.append(_with(system, payload=payload))
    return out if ranges else []


def _moved(name: str, own: float, usual: float, end: float) -> float:
    if name.endswith(("_db", "_dbk", "_dbw", "_dbw_mhz")):
        return own + end - usual
    ratio = end / usual
    return max(1, round(own * ratio)) if isinstance(own, int) else own * ratio


M = TypeVar("M", bound=Model)


def without_gateways(scenario: Scenario) -> dict[int, Scenario]:
    """The scenario with each gateway out in turn, by the gateway's row in the summary.

    A constellation that has one gateway keeps it.
    """
    first = [_with(scenario, gateways=rest) for rest in _each_lost(scenario.gateways)]
    found = dict(enumerate(first))
    second = scenario.fallback
    if second is not None:
        for i, rest in enumerate(_each_lost(second.gateways), len(scenario.gateways)):
            found[i] = _with(scenario, fallback=_with(second, gateways=rest))
    return found


def _each_lost(gateways: tuple[Gateway, ...]) -> list[tuple[Gateway, ...]]:
    """The others, with each gateway out in turn; none where there is a single one."""
    if len(gateways) < 2:
        return []
    return [
        tuple(
            _with(g, diversity_partner=None) if g.diversity_partner == lost.name else g
            for g in gateways
            if g is not lost
        )
        for lost in gateways
    ]


def _with(model: M, **changes: object) -> M:
    return model.model_copy(update=changes)


def band_slots(steps: int) -> list[int]:
    """Evenly spaced slots that every variant runs, from the first on: some of them draw a rain state."""
    count = min(steps, BAND_SLOTS)
    return [int(i * steps / count) for i in range(count)]


def add_bands(results: Results, served_of: ServedOf, workers: int, tell: Tell) -> Results:
    """Run the variants, and each gateway out; fill low, high and `served_without` into the summary.

    `served_of` is a top-level function, called in worker processes.
    """
    scenario = results.scenario
    slots = band_slots(scenario.time.steps)
    moved = variants(scenario)
    lost = without_gateways(scenario)
    groups = [*moved.values(), lost.values()]
    jobs = [scenario, *(variant for group in groups for variant in group)]
    answers: list[Served] = []
    tell("uncertainty bands", 0, len(jobs))
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for answer in pool.map(served_of, jobs, [slots] * len(jobs)):
            answers.append(answer)
            tell("uncertainty bands", len(answers), len(jobs))
    mid, rest = answers[0], iter(answers[1:])
    found = {name: [next(rest) for _ in group] for name, group in moved.items()}
    summary = _merged(results.summary, mid, found, len(slots))
    gateways = _gateways(summary, mid, dict(zip(lost, rest, strict=True)))
    return replace(results, summary=summary | {"gateways": gateways})


def _gateways(summary: dict[str, Any], mid: Served, without: dict[int, Served]) -> list[dict[str, Any]]:
    """Homes served at the design plan without each gateway: the run's figure less what the sample loses."""
    plan = summary["scenario"]["plan"]
    whole = summary["totals"]["households_served"][plan]["mid"]
    rows = [dict(row) for row in summary["gateways"]]
    for number, answer in without.items():
        rows[number]["served_without"] = whole * answer[plan] / mid[plan] if mid[plan] > 0.0 else 0.0
    return rows


def _merged(
    summary: dict[str, Any], mid: Served, found: dict[str, list[Served]], slots: int
) -> dict[str, Any]:
    totals = dict(summary["totals"])
    served = {plan: dict(totals["households_served"][plan]) for plan in PLANS_MBPS}
    for plan, values in served.items():
        down, up = spread(plan, mid, found)
        values["low"], values["high"] = max(0.0, values["mid"] - down), values["mid"] + up
    totals["households_served"] = served
    design = summary["scenario"]["plan"]
    widest = sorted(found, key=lambda name: -swing(design, mid, found[name]))
    bands = {
        "slots": slots,
        "mid_on_these_slots": mid,
        "inputs": found,
        "moves_most": widest[:3],
    }
    return {**summary, "totals": totals, "bands": bands}


def spread(plan: str, mid: Served, found: dict[str, list[Served]]) -> tuple[float, float]:
    """How far down and up the answer moves: each input's largest move each way, added in quadrature."""
    moves = [[answer[plan] - mid[plan] for answer in answers] for answers in found.values()]
    down = sqrt(sum(min(0.0, *move) ** 2 for move in moves))
    return down, sqrt(sum(max(0.0, *move) ** 2 for move in moves))


def swing(plan: str, mid: Served, answers: list[Served]) -> float:
    """Distance between the least and the greatest answer of one input, the mid one among them."""
    values = [mid[plan], *(answer[plan] for answer in answers)]
    return max(values) - min(values)
