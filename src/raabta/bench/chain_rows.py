"""Rows of the whole chain: a slot of `pakistan-starlink`, its parts, a whole run, growth with satellites."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.bench.declare import Case, Floor, Goal, Row
from raabta.bench.whole import run_once

if TYPE_CHECKING:
    from raabta.network.model import Network

CITIES = "starlink-cities"
SCENARIO = "pakistan-starlink"
SPREAD = 240
"""Slots between two that are measured: an hour."""


@cache
def network(duration_s: float = 86_400.0) -> Network:
    """The built-in scenario, ready for slots: people placed, tables made, homes admitted."""
    from raabta import pipeline
    from raabta.scenario.loader import load

    scenario = load(SCENARIO, duration_s=duration_s)
    return pipeline.build_network(scenario, *pipeline.place_people(scenario))


def _slots(quick: bool) -> list[int]:
    return [SPREAD * i for i in range(2 if quick else 12)]


def _slot(part: Callable[[Network, list[int]], Callable[[], Any]]) -> Callable[[bool], Case]:
    def case(quick: bool) -> Case:
        slots, ready = _slots(quick), network()
        size = f"{ready.ground.count:,} cells, {ready.propagator.count:,} satellites, {len(slots)} slots"
        return Case(size=size, ours=part(ready, slots), amount=len(slots))

    return case


def _whole(ready: Network, slots: list[int]) -> Callable[[], Any]:
    from raabta.network.chunk import run_chunk

    return lambda: run_chunk(ready, slots)


def _propagate(ready: Network, slots: list[int]) -> Callable[[], Any]:
    from raabta.network.chunk import slot_times

    times = slot_times(ready, slots)
    return lambda: ready.propagator.positions_km(times)


def _sky(ready: Network, slots: list[int]) -> Callable[[], Any]:
    from raabta.network.sky import observe_sky

    position_km = _propagate(ready, slots)()
    return lambda: [observe_sky(ready, at) for at in position_km]


def _allocate(ready: Network, slots: list[int]) -> Callable[[], Any]:
    from raabta.network.slot import allocate

    skies = _sky(ready, slots)()
    dry = np.zeros(ready.ground.count, np.int64)
    return lambda: [allocate(ready, sky, dry) for sky in skies]


def _weigh(ready: Network, slots: list[int]) -> Callable[[], Any]:
    from raabta.network.survival import Weighed, weigh

    skies = _sky(ready, slots)()
    given = _allocate(ready, slots)()
    into = Weighed.zeros(ready.ground.count, len(ready.plans), ready.demand.active.shape[1])

    def work() -> None:
        for sky, clear in zip(skies, given, strict=True):
            weigh(ready, sky, clear, into)

    return work


def _world(quick: bool) -> Case:
    from raabta.bench.world import network as world
    from raabta.network.chunk import run_chunk

    satellites, cells, slots = (1_000, 1_000, [1]) if quick else (10_000, 40_000, list(range(1, 17)))
    ready = world(satellites, cells)
    return Case(
        size=f"{satellites:,} satellites x {cells:,} populated cells, {len(slots)} slots",
        ours=lambda: run_chunk(ready, slots),
        amount=float(len(slots)),
        more=lambda seen: {"cells with a satellite": int(np.count_nonzero(seen["satellite"][0] >= 0))},
    )


def _whole_command(arguments: list[str], hours: int, steps_an_hour: int) -> Case:
    given = [*arguments, "--duration", f"{hours}h", "--workers", "2"]
    return Case(
        size=f"{hours:,} h, 2 workers",
        ours=lambda: run_once(given),
        amount=hours * steps_an_hour,
        more=lambda seen: dict(seen),
    )


def _run(quick: bool) -> Case:
    return _whole_command(["run", SCENARIO], 1 if quick else 24, SPREAD)


def _year(quick: bool) -> Case:
    asked = ["coverage", "pakistan", "--start", "2026-10-01", "--step", "60s"]
    return _whole_command(asked, 24 if quick else 8_760, 60)


def _cities(quick: bool) -> Case:
    return _whole_command(["run", CITIES], 1 if quick else 24, SPREAD)


ROWS = (
    Row("slot", f"whole slot of {SCENARIO}", "slots", _slot(_whole), floor=Floor(30.0)),
    Row("slot-propagate", "positions of a slot", "slots", _slot(_propagate), floor=Floor(3_000.0)),
    Row("slot-sky", "who sees whom, gateways, shares", "slots", _slot(_sky), floor=Floor(100.0)),
    Row("slot-allocate", "attach every cell, share beams", "slots", _slot(_allocate), floor=Floor(100.0)),
    Row("slot-weigh", "weigh a slot over the weather", "slots", _slot(_weigh), floor=Floor(200.0)),
    Row(
        "world",
        "whole slot of the world",
        "slots",
        _world,
        floor=Floor(0.5),
        quick_floor=Floor(2.0),
        goal=Goal("ms each", 250.0, 60.0),
    ),
    Row(
        "run",
        f"`raabta run {SCENARIO}`, start-up and summing included; memory over all processes",
        "slots",
        _run,
        threads=2,
        floor=Floor(30.0),
        quick_floor=Floor(1.0),
        goal=Goal("ms", 30_000.0, 10_000.0),
        long=True,
    ),
    Row(
        "year",
        "`raabta coverage pakistan` at 60 s: one shell of 1,000 satellites, 3,527 cells",
        "instants",
        _year,
        threads=2,
        floor=Floor(1_500.0),
        quick_floor=Floor(20.0),
        goal=Goal("ms", 300_000.0, 60_000.0),
        long=True,
    ),
    Row(
        "cities",
        f"`raabta run {CITIES}`: 1,584 satellites, 100 cities, forwarding states and round trips kept",
        "steps",
        _cities,
        threads=2,
        floor=Floor(40.0),
        quick_floor=Floor(1.0),
        goal=Goal("ms", 60_000.0, 20_000.0),
        long=True,
    ),
)
