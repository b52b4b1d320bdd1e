"""What links carry: the contact plan of a mission with its rates, data stored and forwarded over it, gaps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from raabta.base.errors import OutOfRangeError
from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.missions import alone, contacts, intervals, rates
from raabta.missions import images as camera_images
from raabta.network.delay_tolerant.deliveries import FATES, Deliveries
from raabta.network.delay_tolerant.sources import Source
from raabta.network.delay_tolerant.store_forward import deliver
from raabta.network.mesh.contacts import ContactPlan, find_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from raabta.missions.images import Image
    from raabta.missions.model import Mission
    from raabta.scenario.missions import Flow

    Floats = NDArray[np.float64]

LUNAR_DAY_S = 29.530589 * 86_400.0
"""Synodic month, mean."""
WIRED_S, WIRED_MBPS = 0.1, 1_000.0
"""Delay and rate between stations on the ground: no limit beside links of space."""
_NOTHING = np.empty((0, contacts.COLUMNS)), np.empty((0, rates.COLUMNS))
POINTS = 400
"""Of the curves of what is made and delivered."""


def plan_of(mission: Mission, rows: Floats, steps: Floats) -> ContactPlan:
    """The contact plan of a mission from its joined contacts and their steps: each step of each way that has
    a rate is a contact of its own.

    Raises OutOfRangeError for two links of one pair that overlap.
    """
    steps = steps[steps[:, rates.RATE] > 0.0]
    found: list[tuple[float, ...]] = []
    for row in alone.one_at_a_time(mission, rows, steps):
        for step in steps[alone.of_contact(row, steps)]:
            begin, end = max(row[contacts.BEGIN], step[rates.BEGIN]), min(row[contacts.END], step[rates.END])
            both = ends_of(mission, *rates.key_of(step))
            light = (step[k] / SPEED_OF_LIGHT_KM_S for k in _RANGES)
            found.append((begin, end, *both, *light, step[rates.RATE]))
    found += _wired(mission)
    table = np.array(found, np.float64).reshape(-1, 9)
    table = table[np.lexsort((table[:, 3], table[:, 2], table[:, 0]))]
    ends = (table[:, 2].astype(np.int32), table[:, 3].astype(np.int32))
    plan = ContactPlan(mission.start, mission.nodes.name, table[:, 0], table[:, 1], *ends, *table[:, 4:].T)
    fault = find_fault(plan)
    if fault is not None:
        raise OutOfRangeError(fault.what, fault.value, fault.valid, "the links of a mission")
    return plan


def _wired(mission: Mission) -> list[tuple[float, ...]]:
    """Contacts without end between sites that pass data on by ground, WIRED_S late."""
    rows = []
    for name in mission.scenario.wired:
        sites = mission.nodes.named(name).tolist()
        pairs = [(one, other) for one in sites for other in sites if one != other]
        rows += [(0.0, mission.duration_s, *pair, *[WIRED_S] * 4, WIRED_MBPS) for pair in pairs]
    return rows


_RANGES = (rates.FIRST, rates.LAST, rates.LEAST, rates.MOST)


def ends_of(mission: Mission, link: int, one: int, other: int, way: int) -> tuple[int, int]:
    """Sender and receiver of a way; forward (0) is from the link's first end."""
    forward = one in mission.nodes.named(mission.scenario.links[link].between[0])
    return (one, other) if forward == (way == 0) else (other, one)


def sources_of(mission: Mission, light: Floats) -> tuple[list[Source], list[int]]:
    """What is made, as store and forward takes it, and of which flow each is.

    light: rows (node, begin, end) at which nodes see some of the Sun.
    """
    sources, whose = [], []
    for number, flow in enumerate(mission.scenario.data):
        for begin, end, volume_mb in _volumes(flow, active(mission, flow, light)):
            sources.append(
                Source(
                    flow.node,
                    flow.destination,
                    volume_mb,
                    begin,
                    end,
                    flow.priority,
                    math.inf if flow.lifetime_s is None else flow.lifetime_s,
                    bundle_mb=min(volume_mb, 1.0),
                    name=flow.name,
                )
            )
            whose.append(number)
    return sources, whose


def active(mission: Mission, flow: Flow, light: Floats) -> Floats:
    """When the node of a flow makes its data, (n, 2): always, in sunlight, in darkness that it outlasts."""
    whole = np.array([[0.0, mission.duration_s]])
    if flow.made == "always":
        return whole
    node = int(mission.nodes.named(flow.node)[0])
    lit = intervals.within(light[light[:, 0] == node][:, 1:], 0.0, mission.duration_s)
    if flow.made == "sunlit":
        return lit
    lasts_s = 3_600.0 * max(each.lasts_h for each in mission.scenario.battery if each.node == flow.node)
    dark = intervals.between(lit, 0.0, mission.duration_s)
    return intervals.united([lit, dark[dark[:, 1] - dark[:, 0] <= lasts_s]])


def _volumes(flow: Flow, active: Floats) -> list[tuple[float, float | None, float]]:
    """Each time that data are made: begin, end (None for all at once), MB, in active times (n, 2) alone."""
    until = float(active[-1, 1]) if len(active) else 0.0
    if flow.start_s >= until:
        return []
    times = np.arange(flow.start_s, until, flow.every_s) if flow.every_s else np.array([flow.start_s])
    if flow.every_s is None or not flow.spread:
        on = (active[:, 0] <= times[:, None]) & (times[:, None] < active[:, 1])
        return [(begin, None, flow.volume_mb) for begin in times[on.any(axis=1)].tolist()]
    each = np.column_stack([times, np.append(times[1:], times[-1] + flow.every_s)])
    return [
        (begin, end, flow.volume_mb * ((end - begin) / flow.every_s))
        for begin, end in intervals.met(each, active).tolist()
    ]


def cases_of(mission: Mission) -> list[str]:
    """The cases that data are carried in, one after the other: as said, as links name, or only one."""
    named = [link.case for link in mission.scenario.links if link.case]
    return list(dict.fromkeys([*mission.scenario.cases, *named])) or [""]


def _of_case(mission: Mission, case: str) -> NDArray[np.bool_]:
    """Which links count in a case, by number: its own, and those without one."""
    return np.array([link.case in ("", case) for link in mission.scenario.links], np.bool_)


def plans_of(mission: Mission, rows: Floats, steps: Floats) -> dict[str, ContactPlan]:
    """The contact plan of each case, with the links that count in it; of the cases that have any contact.

    rows, steps: joined, of all links. Raises OutOfRangeError as `plan_of`.
    """
    plans = {}
    for case in cases_of(mission):
        own = _of_case(mission, case)
        held = (table[own[table[:, 0].astype(np.int64)]] for table in (rows, steps))
        plans[case] = plan_of(mission, *held)
    return {case: plan for case, plan in plans.items() if len(plan)}


@dataclass(frozen=True)
class Carried:
    """Columns of the tables `data.csv` and `delivered.csv`, rows of the summary, and by case what became of
    every image and when it was home (s, NaN for never)."""

    tables: dict[str, dict[str, list[Any]]]
    summary: list[dict[str, Any]]
    fates: dict[str, list[tuple[str, float]]]


def carried(
    mission: Mission, plans: Mapping[str, ContactPlan], light: Floats, images: list[Image]
) -> Carried:
    """What a mission's links carry of its data and images.

    plans: of its cases, by `plans_of`; a case without one carries nothing. light: as `sources_of` takes it.
    """
    sources, whose = sources_of(mission, light)
    which: list[int | None] = [None] * len(sources)
    names = names_of(mission)
    for source, flow_name, number in camera_images.sources_of(mission, images):
        sources.append(source)
        whose.append(names.index(flow_name))
        which.append(number)
    out = Carried({"data": {}, "delivered": {}}, [], {})
    for case in cases_of(mission):
        plan = plans[case] if case in plans else plan_of(mission, *_NOTHING)
        found = _delivered(mission, plan, sources)
        flow = np.array(whose, np.int64)[found.source]
        fates = by_end(found, mission.duration_s)
        columns = _figures(names, found, fates, flow)
        _extend(out.tables["data"], case, columns)
        _extend(out.tables["delivered"], case, _curves(mission, names, found, flow))
        out.summary.extend(_told(mission, case, columns, found, flow))
        out.fates[case] = camera_images.fates_of(found, fates, which, len(images))
    return out


def by_end(found: Deliveries, duration_s: float) -> NDArray[np.int8]:
    """What became of each bundle by the end of the run: too old by then, whether it had a way or not; what is
    too old only later is held."""
    old = FATES.index("expired")
    late = np.isin(found.fate, (old, FATES.index("no contact"))) & (found.ended_s <= duration_s)
    held = np.where(found.fate == old, FATES.index("contacts full"), found.fate)
    return np.where(late, old, held).astype(np.int8)


def names_of(mission: Mission) -> list[str]:
    """Names of all data that a mission makes, images among them."""
    return [*(flow.name for flow in mission.scenario.data), *camera_images.flows_of(mission)]


def _delivered(mission: Mission, plan: ContactPlan, sources: list[Source]) -> Deliveries:
    """What came of what was made, which may be nothing."""
    asked = mission.scenario
    if sources:
        return deliver(plan, sources, asked.buffers_mb, bookings=asked.bookings)
    real, whole = np.empty(0), np.empty(0, np.int64)
    node, fate = np.empty(0, np.int32), np.empty(0, np.int8)
    held = np.empty(0, np.bool_)
    bundles = (node, real, real, real, real, fate, real, node, held)
    return Deliveries(plan, (), *bundles, whole, whole, real, real, real)


def _extend(table: dict[str, list[Any]], case: str, columns: dict[str, list[Any]]) -> None:
    count = len(next(iter(columns.values())))
    for name, values in {"case": [case] * count, **columns}.items():
        table.setdefault(name, []).extend(values)


def _told(
    mission: Mission,
    case: str,
    columns: dict[str, list[Any]],
    found: Deliveries,
    flow: NDArray[np.int64],
) -> list[dict[str, Any]]:
    """Rows of the table as the summary has them: None for NaN, and what each lunar day brought."""
    rows = []
    for number, values in enumerate(zip(*columns.values(), strict=True)):
        row = {name: None if value != value else value for name, value in zip(columns, values, strict=True)}
        per_day = _by_lunar_day(mission, found, flow == number)
        rows.append({"case": case, **row, "delivered_per_lunar_day_mb": per_day})
    return rows


def _figures(
    names: list[str], found: Deliveries, fates: NDArray[np.int8], flow: NDArray[np.int64]
) -> dict[str, list[Any]]:
    """Per flow: what was made, what came of it, and how late."""
    keys = ("flow", "made_mb", "delivered_mb", "waiting_mb", "expired_mb", "lost_mb", "latency_min_s",
            "latency_p50_s", "latency_p95_s", "latency_max_s")  # fmt: skip
    columns: dict[str, list[Any]] = {key: [] for key in keys}
    for number, name in enumerate(names):
        own = flow == number
        fate = {word: float(found.volume_mb[own & (fates == k)].sum()) for k, word in enumerate(FATES)}
        waiting = fate["pending"] + fate["no contact"] + fate["contacts full"]
        late = found.latency_s[own & found.delivered]
        spread = [float(np.quantile(late, q)) if late.size else math.nan for q in (0.0, 0.5, 0.95, 1.0)]
        made = float(found.volume_mb[own].sum())
        row = (name, made, fate["delivered"], waiting, fate["expired"], fate["buffer full"], *spread)
        for key, value in zip(keys, row, strict=True):
            columns[key].append(value)
    return columns


def _by_lunar_day(mission: Mission, found: Deliveries, own: NDArray[np.bool_]) -> list[float]:
    """MB delivered in each lunar day from the start of the run; the last one may be short."""
    done = own & found.delivered
    days = max(1, math.ceil(mission.duration_s / LUNAR_DAY_S - 1e-6))
    which = np.minimum((found.ended_s[done] // LUNAR_DAY_S).astype(np.int64), days - 1)
    per_day: list[float] = np.bincount(which, weights=found.volume_mb[done], minlength=days).tolist()
    return per_day


def _curves(
    mission: Mission, names: list[str], found: Deliveries, flow: NDArray[np.int64]
) -> dict[str, list[Any]]:
    """What was made and delivered by each of POINTS times, by flow: columns flow, time, made, delivered."""
    times = np.linspace(0.0, mission.duration_s, POINTS)
    columns: dict[str, list[Any]] = {"flow": [], "time_s": [], "made_mb": [], "delivered_mb": []}
    for number, name in enumerate(names):
        own = flow == number
        done = own & found.delivered
        columns["flow"] += [name] * POINTS
        columns["time_s"] += times.tolist()
        columns["made_mb"] += _upto(found.created_s[own], found.volume_mb[own], times)
        columns["delivered_mb"] += _upto(found.ended_s[done], found.volume_mb[done], times)
    return columns


def _upto(when_s: Floats, volume_mb: Floats, times: Floats) -> list[float]:
    order = np.argsort(when_s, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(volume_mb[order])])
    found: list[float] = total[np.searchsorted(when_s[order], times, side="right")].tolist()
    return found


class Gap(NamedTuple):
    """A time in which a node is dark or silent; case: "" of darkness, and where links have none; bridged: the
    battery lasts longer."""

    case: str
    node: str
    what: str
    begin_s: float
    lasts_s: float
    bridged: bool


def gaps_of(mission: Mission, rows: Floats, light: Floats) -> list[Gap]:
    """Darkness and silence of the nodes of `battery`, the latter in each case."""
    found = []
    asked_light = {int(n) for name in mission.scenario.light for n in mission.nodes.named(name)}
    for ask in mission.scenario.battery:
        node = int(mission.nodes.named(ask.node)[0])
        own = rows[(rows[:, 1] == node) | (rows[:, 2] == node)]
        sets = []
        for case in cases_of(mission):
            held = own[_of_case(mission, case)[own[:, 0].astype(np.int64)]]
            sets.append((case, "silent", intervals.united([held[:, [contacts.BEGIN, contacts.END]]])))
        if node in asked_light:
            sets.append(("", "dark", light[light[:, 0] == node][:, 1:]))
        for case, what, held in sets:
            for begin, end in intervals.between(held, *mission.spans_s[node]).tolist():
                bridged = end - begin <= ask.lasts_h * 3_600.0
                found.append(Gap(case, ask.node, what, begin, end - begin, bridged))
    return found
