"""What can stop a flow: the order is the order in which SERVICE's filters are asked."""

from __future__ import annotations

from typing import Final

CONSTRAINTS: Final = (
    "mask",
    "gso",
    "gateway",
    "beam_time",
    "spectrum",
    "power",
    "satellite_rate",
    "feeder",
    "link",
    "return_link",
    "demand_met",
    "laser",
)
"""Names of the binding constraints; a stored code is an index into this tuple, -1 is "nobody asks"."""

WORDS: Final[dict[str, str]] = {
    "mask": "No satellite high enough",
    "gso": "Geostationary arc in the way",
    "gateway": "No gateway in reach",
    "beam_time": "Beams out of time",
    "spectrum": "Channels used up nearby",
    "power": "Satellite power spent",
    "satellite_rate": "Satellite throughput full",
    "feeder": "Feeder link full or weak",
    "link": "Forward link too weak",
    "return_link": "Return link weak or full",
    "demand_met": "Demand met",
    "laser": "Lasers between satellites full",
}
"""What tables, maps and `explain` call each."""

MEANING: Final[dict[str, str]] = {
    "mask": "no satellite stands above the minimum elevation and the horizon",
    "gso": "every satellite in view is too close to the geostationary arc",
    "gateway": "no satellite in view has a gateway with a free antenna",
    "beam_time": "the beams of the satellites in view have no time left",
    "spectrum": "no channel can be reused at that angle from the other lit cells",
    "power": "the satellite has no radio power for another beam",
    "satellite_rate": "the payload's throughput is used up",
    "feeder": "the feeder link carries no more, or its noise leaves the links behind it no mode",
    "link": "the forward link closes with no mode",
    "return_link": "the return link closes with no mode, or holds the cell back",
    "demand_met": "the cell has all it asks for",
    "laser": "a laser on the way to the gateway carries no more",
}


def named(constraint: str) -> str:
    """A stored name in plain words, and itself: `Beams out of time (beam_time)`."""
    return f"{WORDS[constraint]} ({constraint})"
