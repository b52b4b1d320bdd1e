"""Whether links close, by how much, and why not: rates over time, and budgets at the best and the worst."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.links.rate_tables import rate_name
from raabta.missions import rates
from raabta.missions.budgets import LOWEST_DEG
from raabta.missions.carried import ends_of
from raabta.scenario.missions import WAYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.links.space_link import SpaceBudget
    from raabta.missions.model import Mission

    Floats = NDArray[np.float64]

NO_MODE = "none closes"
ENDS = {
    "best": (rates.HIGH, rates.HIGH_KM, rates.HIGH_DEG),
    "worst": (rates.LOW, rates.LOW_KM, rates.LOW_DEG),
}
"""Of a link's contacts, by C/N0: the columns of a step that tell it."""


def rate_columns(mission: Mission, steps: Floats) -> dict[str, Any]:
    """Columns of the table of rates, from steps of the whole run."""
    links = np.array([link.name for link in mission.scenario.links], np.str_)
    names = np.array([*mission.nodes.name, ""], np.str_)
    ends = np.array([_ends(mission, step) for step in steps], np.int64).reshape(-1, 2)
    return {
        "link": links[steps[:, rates.LINK].astype(np.int64)],
        "way": np.array(WAYS, np.str_)[steps[:, rates.WAY].astype(np.int64)],
        "sender": names[ends[:, 0]],
        "receiver": names[ends[:, 1]],
        "start_s": steps[:, rates.BEGIN],
        "duration_s": steps[:, rates.END] - steps[:, rates.BEGIN],
        "rate_mbps": steps[:, rates.RATE],
        "range_min_km": steps[:, rates.LEAST],
        "range_max_km": steps[:, rates.MOST],
        "cn0_min_dbhz": steps[:, rates.LOW],
        "cn0_max_dbhz": steps[:, rates.HIGH],
    }


def _ends(mission: Mission, step: Floats) -> tuple[int, int]:
    """Sender and receiver of a step."""
    return ends_of(mission, *rates.key_of(step))


def budget_columns(mission: Mission, steps: Floats) -> dict[str, list[Any]]:
    """Columns of the table of budgets: the lines of each way of a link at its best and at its worst."""
    keys = ("link", "way", "at", "sender", "receiver", "line", "value", "line_unit", "sums", "note")
    columns: dict[str, list[Any]] = {name: [] for name in keys}
    for number, way in _ways(mission):
        own = _of_way(steps, number, way)
        for at in ENDS if len(own) else ():
            step, found = _budget(mission, own, at)
            names = [mission.nodes.name[node] for node in _ends(mission, step)]
            for line in found.lines:
                head = (mission.scenario.links[number].name, WAYS[way], at, *names)
                row = (*head, line.name, line.value, line.unit, line.sums, line.note)
                for key, value in zip(columns, row, strict=True):
                    columns[key].append(value)
    return columns


def told(mission: Mission, steps: Floats) -> list[dict[str, Any]]:
    """Of each way of a link with a budget: how long it closes, at which rates, and its best and worst."""
    return [_told(mission, steps, number, way) for number, way in _ways(mission)]


def _told(mission: Mission, steps: Floats, number: int, way: int) -> dict[str, Any]:
    own = _of_way(steps, number, way)
    length = own[:, rates.END] - own[:, rates.BEGIN]
    contact_s = float(length.sum())
    found: dict[str, Any] = {
        "link": mission.scenario.links[number].name,
        "way": WAYS[way],
        "contact_s": contact_s,
        "rates": [
            {
                "mode": rate_name(mbps) if mbps else NO_MODE,
                "rate_mbps": mbps,
                "contact_share": float(length[own[:, rates.RATE] == mbps].sum()) / contact_s,
            }
            for mbps in np.unique(own[:, rates.RATE]).tolist()
        ],
    }
    for at in ENDS if len(own) else ():
        step, budget = _budget(mission, own, at)
        sender, receiver = (mission.nodes.name[node] for node in _ends(mission, step))
        carrier = mission.carriers[rates.key_of(step)]
        assert carrier.space is not None
        found[at] = {
            "sender": sender,
            "receiver": receiver,
            "range_km": float(step[ENDS[at][1]]),
            "cn0_dbhz": budget.cn0_dbhz,
            "mode": budget.mode,
            "rate_mbps": budget.rate_mbps,
            "spare_db": budget.spare_db - carrier.space.margin_db,
        }
    return found


def _ways(mission: Mission) -> list[tuple[int, int]]:
    """Number of each link, and way, that has a budget."""
    found = {(key[0], key[3]) for key, carrier in mission.carriers.items() if carrier.space is not None}
    return sorted(found)


def _of_way(steps: Floats, number: int, way: int) -> Floats:
    return np.asarray(steps[(steps[:, rates.LINK] == number) & (steps[:, rates.WAY] == way)])


def _budget(mission: Mission, own: Floats, at: str) -> tuple[Floats, SpaceBudget]:
    """The step with the best or the worst C/N0, and the budget there."""
    level, range_km, elevation_deg = ENDS[at]
    step = own[own[:, level].argmax() if at == "best" else own[:, level].argmin()]
    carrier = mission.carriers[rates.key_of(step)]
    seen = step[elevation_deg] if np.isfinite(step[elevation_deg]) else 90.0
    distance = float(step[range_km])
    seen_deg = float(np.clip(seen, LOWEST_DEG, 90.0))
    return step, carrier.at_range(distance).budget(distance, seen_deg, seen_deg)
