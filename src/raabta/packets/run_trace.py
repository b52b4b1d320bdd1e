"""The trace of a place and its gateway, from the slots that a broadband run has stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from raabta.base.errors import NoSolutionError, ScenarioError
from raabta.packets.trace import Trace, make_trace, moving

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from raabta.scenario.models import Scenario
    from raabta.service.results import Results

    Floats = NDArray[np.float64]

FAR_END = "gateway"
SLOTS_AT_ONCE = 256
_NAMES = ("satellite", "gateway", "down_mbps", "up_mbps", "rtt_ms")


def trace_of_cell(
    folder: Path, place: str, *, of: Literal["home", "cell"] = "home", estimate: bool = False
) -> tuple[Trace, tuple[str, ...]]:
    """(trace, notes) between a town, a district or a cell's H3 index of a run and its gateway, over the run.

    of: an active home's part of the cell's rate, at the stated contention, or the whole cell's. Where nobody
    asks in the cell (a town whose homes have fibre), the nearest that asks stands for it. estimate: the
    delay with what the scenario adds for scheduling, processing and fibre, else propagation alone. A cell
    with a new satellite passes nothing for `sharing.handover_s`, and the rest of the slot carries what the
    run says of the whole. Raises ScenarioError for an unknown place, with near names, StoreError for no
    finished run, and NoSolutionError for a run where nobody asks.
    """
    from raabta import pipeline
    from raabta.service.locate import find

    results = pipeline.open_run(folder)
    found = find(results, cell=place) if _is_index(results, place) else find(results, place=place)
    number, moved = asking_cell(results, found.number, place)
    scenario, homes = results.scenario, _active_homes(results, number)
    slots = _slots_of_cell(folder, number, scenario.time.steps)
    divisor = max(1.0, homes) if of == "home" else 1.0
    added_ms = 0.0
    if estimate:
        added_ms = scenario.delay.scheduling_ms + scenario.delay.processing_ms + scenario.delay.fibre_ms
    trace = from_slots(
        slots["satellite"],
        slots["down_mbps"] / divisor,
        slots["up_mbps"] / divisor,
        slots["rtt_ms"] + added_ms,
        scenario.time.step_s,
        _gap_s(scenario),
        slots["gateway"],
    )
    return trace, (*found.notes, *moved, *_notes(trace, homes, of))


def asking_cell(results: Results, number: int, place: str) -> tuple[int, tuple[str, ...]]:
    """(cell, note): the cell itself, or the nearest where anybody asks. Raises NoSolutionError for none."""
    from raabta.access.cells import distance_km

    cells = results.cells
    asks = cells["subscribers"].values > 0.0
    if not asks.any():
        raise NoSolutionError(
            f"{results.folder}: nobody asks for anything in this run, so no cell has a rate"
        )
    if asks[number]:
        return number, ()
    latitude, longitude = cells["latitude_deg"].values, cells["longitude_deg"].values
    away_km = np.where(asks, distance_km(latitude[number], longitude[number], latitude, longitude), np.inf)
    nearest = int(away_km.argmin())
    note = (
        f"Nobody asks in the cell of {place}; the nearest cell that asks stands for it, "
        f"{int(cells['h3'].values[nearest]):x}, {away_km[nearest]:.0f} km away"
    )
    return nearest, (note,)


def from_slots(
    satellite: Floats,
    down_mbps: Floats,
    up_mbps: Floats,
    rtt_ms: Floats,
    step_s: float,
    gap_s: float,
    gateway: Floats | None = None,
) -> Trace:
    """The trace of slots (t,) of step_s: satellite -1 and a delay of NaN where there is none.

    Where a satellite follows another, or none, the slot begins with a gap of gap_s (less than a slot), and
    the rest of it carries more by so much; the first slot of all has no gap. Delays move on from slot to slot
    while satellite and gateway (t,) are the same; without `gateway` they hold.
    """
    served = satellite >= 0
    new = served & np.append(False, satellite[1:] != satellite[:-1]) & (gap_s > 0.0)
    more = np.where(new, step_s / (step_s - gap_s), 1.0)
    begins = step_s * np.arange(satellite.size)
    order = np.argsort(np.concatenate([begins, begins[new] + gap_s]), kind="stable")
    slot = np.concatenate([np.arange(satellite.size), np.flatnonzero(new)])[order]
    gap = np.concatenate([~served | new, np.zeros(int(new.sum()), bool)])[order]
    held = make_trace(
        np.concatenate([begins, begins[new] + gap_s])[order],
        np.round(0.5 * _held(rtt_ms), 4)[slot],
        np.where(served, down_mbps * more, 0.0)[slot],
        np.where(served, up_mbps * more, 0.0)[slot],
        0.0,
        ~gap,
    )
    if gateway is None:
        return held
    goes_on = (satellite[1:] == satellite[:-1]) & (gateway[1:] == gateway[:-1]) & served[1:]
    return moving(held, np.append(goes_on, False)[slot])


def _held(rtt_ms: Floats) -> Floats:
    """Delays with those of slots without a link as they were last, before the first as the first; or 0."""
    known = np.isfinite(rtt_ms)
    if not known.any():
        return np.zeros_like(rtt_ms)
    at = np.maximum.accumulate(np.where(known, np.arange(rtt_ms.size), int(known.argmax())))
    return np.asarray(rtt_ms[at])


def _slots_of_cell(folder: Path, number: int, count: int) -> dict[str, Floats]:
    """What a cell had in every slot (t,), read a block of slots at a time."""
    from raabta import pipeline

    parts = []
    for first in range(0, count, SLOTS_AT_ONCE):
        block: xr.Dataset = pipeline.open_slots(folder, first, min(first + SLOTS_AT_ONCE, count))
        parts.append(block[list(_NAMES)].isel(cell=number).load())
    return {name: np.concatenate([part[name].values for part in parts]).astype(np.float64) for name in _NAMES}


def _is_index(results: Results, place: str) -> bool:
    """Whether a name is the H3 index of a cell of the run: no town is."""
    try:
        return bool((results.cells["h3"].values == np.uint64(int(place, 16))).any())
    except (ValueError, OverflowError):
        return False


def _active_homes(results: Results, number: int) -> float:
    """Homes of a cell that use the link at the same moment, at the stated contention."""
    per_home = sum(each.share / each.contention_ratio for each in results.scenario.demand.terminals)
    return float(results.cells["subscribers"].values[number]) * per_home


def _gap_s(scenario: Scenario) -> float:
    from raabta.network.model import handover_share

    return handover_share(scenario) * scenario.time.step_s


def refuse_other_end(name: str) -> None:
    """Raise ScenarioError for a far end that a broadband run does not have."""
    if name != FAR_END:
        raise ScenarioError(
            f"option --to: '{name}' is not an end of this run",
            hint=f"a broadband run knows '{FAR_END}' alone",
        )


def _notes(trace: Trace, homes: float, of: str) -> tuple[str, ...]:
    whose = (
        f"of one of {homes:,.1f} active homes"
        if of == "home"
        else f"of the whole cell, {homes:,.1f} active homes"
    )
    return (
        (f"Rates are those {whose}; IP packets, headers and all",)
        if trace.up.any()
        else ("The place has no satellite in the whole run: nothing will pass",)
    )
