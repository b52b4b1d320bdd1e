"""One cell in one slot, recomputed and taken apart: candidates, filters, and the budget line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.access import visibility
from raabta.base.bodies import EARTH
from raabta.links.budget import Budget, forward_budget, return_budget
from raabta.network import fixed_beams
from raabta.network.allocation import Allocation
from raabta.network.chunk import Seen, slot_times, walk
from raabta.network.constraints import CONSTRAINTS, MEANING, named
from raabta.network.model import gateway_label, handover_share
from raabta.network.record_kernels import MS_PER_KM
from raabta.network.sky import Sky

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.model import Network


@dataclass(frozen=True)
class Candidate:
    """One satellite above the mask of a cell, and what the filters said of it."""

    name: str
    elevation_deg: float
    azimuth_deg: float
    range_km: float
    clears_arc: bool
    gateway: str | None
    share: float
    chosen: bool
    way: Way | None = None


@dataclass(frozen=True)
class Way:
    """How a satellite lands through lasers: the satellites after it, the last one with the gateway; the way
    to the gateway and the part of it by laser; what it brings, forward and return, before the area's share.
    """

    satellites: tuple[str, ...]
    way_km: float
    laser_km: float
    fed_mbps: tuple[float, float]


@dataclass(frozen=True)
class Handover:
    """A slot that began with another satellite than the one before ended with. before: that one, None for
    none; known: False in the first slot of an epoch, which charges it unseen; slot_share: what it took."""

    before: str | None
    known: bool
    slot_share: float


@dataclass(frozen=True)
class CellSlot:
    """What happened to one cell in one slot.

    `handover` is None where the cell kept its satellite, or has none; `weight_ratio`: what a home of it
    counts in the surplus, above 1 for what it lacked in the slots before. `classes` are the terminal classes
    as a reader knows them, `leading` the one of most homes; `budgets` are
    clear sky, forward and return of every class in turn, or none where no satellite was chosen.
    """

    time: np.datetime64
    candidates: tuple[Candidate, ...]
    level: float
    dwell: float
    constraint_down: str | None
    constraint_up: str | None
    handover: Handover | None
    weight_ratio: float
    budgets: tuple[Budget, ...]
    classes: tuple[str, ...]
    leading: int


def explain_cell(network: Network, cell: int, slot: int) -> CellSlot:
    """Recompute one slot, from the beginning of its epoch, and say what cell number `cell` met in it."""
    (seen,) = walk(network, [slot])
    sky, result = seen.sky, seen.clear
    down, up = result.by_direction()
    terminals = network.scenario.demand.terminals
    return CellSlot(
        time=slot_times(network, [slot])[0],
        candidates=_candidates(network, sky, result, cell),
        level=float(result.level[cell]),
        dwell=float(result.dwell[cell]),
        constraint_down=_name(int(down[cell])),
        constraint_up=_name(int(up[cell])),
        handover=_handover(network, seen, cell),
        weight_ratio=float(result.given.before.weight[cell]),
        budgets=_budgets(network, sky, result, cell),
        classes=tuple(terminal.label for terminal in terminals),
        leading=int(np.argmax([terminal.share for terminal in terminals])),
    )


def _handover(network: Network, seen: Seen, cell: int) -> Handover | None:
    s, old = int(seen.clear.satellite[cell]), int(seen.past.satellite[cell])
    if s < 0 or int(seen.sky.view.near[s]) == old:
        return None
    name = network.propagator.names[old] if old >= 0 else None
    return Handover(name, seen.past.known, handover_share(network.scenario))


def _name(code: int) -> str | None:
    return CONSTRAINTS[code] if code >= 0 else None


def _candidates(network: Network, sky: Sky, result: Allocation, cell: int) -> tuple[Candidate, ...]:
    view = visibility.view_of(network.ground, sky.view, network.payload.scan_limit_deg)
    found = []
    for k in range(view.start[cell], view.start[cell + 1]):
        s = int(view.satellite[k])
        azimuth, distance = _direction(network, cell, view.satellite_km[s])
        g = int(sky.gateway[s])
        found.append(
            Candidate(
                name=network.propagator.names[int(view.near[s])],
                elevation_deg=float(np.degrees(np.arcsin(view.sin_elevation[k]))),
                azimuth_deg=azimuth,
                range_km=distance,
                clears_arc=bool(view.clear[k]),
                gateway=gateway_label(network.scenario.gateways[g]) if g >= 0 else None,
                share=float(sky.share[s]),
                chosen=s == int(result.satellite[cell]),
                way=_way(network, sky, s),
            )
        )
    return tuple(sorted(found, key=lambda candidate: -candidate.elevation_deg))


def _way(network: Network, sky: Sky, s: int) -> Way | None:
    """How near satellite s lands, where it does through lasers."""
    if sky.landing is None or sky.fed is None or sky.landing.lasers[s] == 0:
        return None
    return Way(
        satellites=tuple(network.propagator.names[int(number)] for number in sky.landing.of(s)[1:]),
        way_km=float(sky.landing.range_km[s]),
        laser_km=float(sky.landing.laser_km[s]),
        fed_mbps=(float(sky.fed.mbps[s, 0]), float(sky.fed.mbps[s, 1])),
    )


def _direction(network: Network, cell: int, satellite_km: NDArray[np.float64]) -> tuple[float, float]:
    """Azimuth (deg, from north through east) and range (km)."""
    offset = satellite_km - network.ground.km[cell]
    east, north = network.ground.basis[cell, 0] @ offset, network.ground.basis[cell, 1] @ offset
    return float(np.degrees(np.arctan2(east, north)) % 360.0), float(np.linalg.norm(offset))


def _budgets(network: Network, sky: Sky, result: Allocation, cell: int) -> tuple[Budget, ...]:
    s = int(result.satellite[cell])
    if s < 0:
        return ()
    sine, range_km, cos_scan = (float(value) for value in result.geometry[cell, :3])
    out = []
    for j, terminal in enumerate(network.scenario.demand.terminals):
        loss = _clear_loss_db(network, cell, j, sine)
        common: dict[str, Any] = {
            "range_km": range_km,
            "elevation_deg": float(np.degrees(np.arcsin(sine))),
            "scan_deg": float(np.degrees(np.arccos(min(cos_scan, 1.0)))),
            "cell_radius_km": float(network.radius_km[cell]),
            "axis": fixed_beams.axis_of(network, sky, result, cell),
        }
        altitude_km = float(np.linalg.norm(sky.view.satellite_km[s])) - EARTH.mean_radius_km
        payload = network.payload
        down, up = _interference_db(network, cell)
        fed = [float(level) for level in sky.feeder_db[s]] if network.transparent else [None, None]
        forward = forward_budget(
            payload,
            terminal,
            weather_db=loss[0],
            clear_db=loss[0],
            altitude_km=altitude_km,
            beams_db=None if down is None else -down,
            cap=network.flux_cap,
            feeder_db=fed[0],
            **common,
        )
        back = return_budget(
            payload,
            terminal,
            weather_db=loss[1],
            clear_db=loss[1],
            beams_over_noise_db=up,
            feeder_db=fed[1],
            **common,
        )
        out += [forward, back]
    return tuple(out)


def _interference_db(network: Network, cell: int) -> tuple[float | None, float | None]:
    """I/C of the forward and I/N of the return link that the cell is rated with, dB; None for none."""
    ratios = network.down_interference_ratio[cell], network.up_interference_ratio[cell]
    down, up = (10.0 * float(np.log10(ratio)) if ratio > 0.0 else None for ratio in ratios)
    return down, up


def _clear_loss_db(network: Network, cell: int, j: int, sine: float) -> tuple[float, float]:
    """Clear-sky loss of the forward and return link, dB, from the same table that the slot used, without what
    other terminals add to the noise there."""
    table = network.loss.loss_db[0, cell, :, :, j]
    cosecant = np.linspace(1.0, network.loss.cosecant_max, table.shape[0])
    rise_db = 10.0 * np.log10(1.0 + network.up_interference_ratio[cell])
    return (
        float(np.interp(1.0 / sine, cosecant, table[:, 0])),
        float(np.interp(1.0 / sine, cosecant, table[:, 1]) - rise_db),
    )


def lines(found: CellSlot, most: int = 12, *, all_classes: bool = False) -> list[str]:
    """The slot as lines of text: candidates, what was chosen, what binds, and the budgets.

    Without `all_classes` only the budgets of the leading class, and a line for each of the others.
    """
    time = np.datetime_as_string(found.time, unit="s")
    out = [f"Slot {time} UTC: {len(found.candidates)} satellites above the mask"]
    shown = found.candidates[:most]
    longest = max((len(candidate.name) for candidate in shown), default=0)
    out += [_candidate_line(candidate, longest) for candidate in shown]
    if len(found.candidates) > most:
        out.append(f"  ... and {len(found.candidates) - most} lower ones")
    out.append(f"  carried: {found.level:.1%} of the ask, in {found.dwell:.3f} beams for the slot")
    out += [line for one in found.candidates if one.chosen for line in _landing_lines(one)]
    out += _past_lines(found)
    for way, name in (("to homes", found.constraint_down), ("from homes", found.constraint_up)):
        if name is not None:
            held_back = "" if name == "demand_met" else "held back "
            out.append(f"  {held_back}{way}: {named(name)}; {MEANING[name]}")
    pairs = list(zip(found.classes, found.budgets[::2], found.budgets[1::2], strict=False))
    whole = pairs if all_classes else pairs[found.leading : found.leading + 1]
    budgets = [budget for _, *both in whole for budget in both]
    width = max((len(line.name) for budget in budgets for line in budget.lines), default=0)
    for budget in budgets:
        out += ["", *budget_lines(budget, width)]
    others = [pair for pair in pairs if pair not in whole]
    title = ["", "  The other terminal classes (--all prints their budgets)"] if others else []
    return [*out, *title, *(_class_line(*pair) for pair in others)]


def _lasers(way: Way) -> str:
    count = len(way.satellites)
    return "1 laser" if count == 1 else f"{count} lasers"


def _landing_lines(candidate: Candidate) -> list[str]:
    """Over which satellites the chosen one lands, and what that way brings."""
    way = candidate.way
    if way is None:
        return []
    through = " > ".join((candidate.name, *way.satellites, str(candidate.gateway)))
    delay_ms = way.way_km * MS_PER_KM
    return [
        f"  lands over {_lasers(way)}: {through}",
        f"    {way.way_km:,.0f} km to the gateway, {way.laser_km:,.0f} km of them by laser: "
        f"{delay_ms:.1f} ms there and back; it brings {way.fed_mbps[0]:,.0f} Mbps to the satellite, "
        f"and takes {way.fed_mbps[1]:,.0f} from it",
    ]


def _past_lines(found: CellSlot) -> list[str]:
    """What the slot owes to those before it."""
    out = list[str]()
    if found.handover is not None:
        known = f"from {found.handover.before or 'no satellite'}"
        whence = known if found.handover.known else "charged unseen, in the first slot of an epoch"
        out.append(f"  handover: {whence}; it takes {100.0 * found.handover.slot_share:.2g} % of the slot")
    if found.weight_ratio > 1.0:
        weight = f"{found.weight_ratio:.2f}"
        out.append(f"  counts {weight} times in the surplus, for what it lacked in the slots before")
    return out


def _class_line(name: str, forward: Budget, back: Budget) -> str:
    """What a class gets: C/N, mode and rate of both links."""
    ways = (
        f"{way} C/N {budget.cn_db:.1f} dB, {budget.mode}, {budget.rate_mbps:,.1f} Mbps"
        for way, budget in (("forward", forward), ("return", back))
    )
    return f"    {name}: {'; '.join(ways)}"


def _candidate_line(candidate: Candidate, width: int) -> str:
    mark = ">" if candidate.chosen else " "
    arc = "" if candidate.clears_arc else ", too close to the GSO arc"
    gateway = f"via {candidate.gateway}" if candidate.gateway else "no gateway"
    if candidate.way is not None:
        gateway += f" over {_lasers(candidate.way)}"
    return (
        f" {mark} {candidate.name:<{width}} elevation {candidate.elevation_deg:5.1f} deg, "
        f"azimuth {candidate.azimuth_deg:5.1f} deg, {candidate.range_km:7.1f} km, {gateway}, "
        f"{_percent(candidate.share)} of its capacity is this area's{arc}"
    )


def _percent(share: float) -> str:
    """A share as per cent, with a decimal below 10 %; never nought where there is some."""
    percent = 100.0 * share
    if 0.0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %" if 0.0 < percent < 9.95 else f"{percent:.0f} %"


def budget_lines(budget: Budget, width: int = 0) -> list[str]:
    """A budget as lines of text; those marked + sum to C/N. Names take at least `width` characters."""
    width = max(width, *(len(line.name) for line in budget.lines))
    out = [f"  {budget.title}"]
    for line in budget.lines:
        sign = "+" if line.sums else " "
        note = f"  ({line.note})" if line.note else ""
        out.append(f"    {sign} {line.name:<{width}} {line.value:10.2f} {line.unit}{note}")
    return out
