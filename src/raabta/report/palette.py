"""Colours and class breaks of the maps, chosen to hold in print and for colour-blind readers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

INK: Final = "#1c2733"
MUTED: Final = "#5b6875"
SEA: Final = "#dfe9ef"
NEIGHBOUR: Final = "#f1efe9"
LAND: Final = "#fbfaf7"
NOBODY: Final = "#ecece9"
FORWARD: Final = "#0072b2"
RETURN: Final = "#d55e00"
NOTHING: Final = "#f0a9b6"
"""Colour of the class "none at all", set apart from the ramp."""

RAMP: Final = ("#f7e13c", "#90d743", "#35b779", "#21918c", "#31688e", "#443983", "#440154")
"""Viridis, light to dark: more is darker. Smith and van der Walt, 2015 (CC0), yellow toned down."""

CONSTRAINT_COLOURS: Final[dict[str, str]] = {
    "mask": "#2f2f2f",
    "gso": "#cc79a7",
    "gateway": "#d55e00",
    "feeder": "#8c2d04",
    "laser": "#9944ff",
    "beam_time": "#e69f00",
    "spectrum": "#f0e442",
    "power": "#882255",
    "satellite_rate": "#332288",
    "link": "#0072b2",
    "return_link": "#56b4e9",
    "demand_met": "#009e73",
}
"""Okabe and Ito (2008), with three of Tol's muted colours (2021) and a violet for the rarer constraints."""

BY_WHICH: Final = (NOTHING, "#0072b2", "#009e73", "#e69f00")
"""Homes served by neither constellation, the first, both and the fallback. Okabe and Ito (2008)."""


@dataclass(frozen=True)
class Classes:
    """Class breaks of one map. Class i holds breaks[i] <= value < breaks[i + 1]; the last has no end.

    `zero` says that a first class holds exactly nothing (value <= 0).
    """

    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    labels: tuple[str, ...]
    zero: bool = False

    def index(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Class of each value; -1 where it is NaN."""
        found = np.searchsorted(np.asarray(self.breaks[1:]), values, side="right").astype(np.int64)
        if self.zero:
            found = np.where(values <= 0.0, 0, found + 1)
        return np.where(np.isnan(values), -1, found)


def _ramp(steps: int) -> tuple[str, ...]:
    places = np.linspace(0, len(RAMP) - 1, steps)
    return tuple(RAMP[round(float(place))] for place in places)


def availability_classes(target_share: float) -> Classes:
    """Classes of availability whose last one is "the target is met"."""
    breaks = [0.0, *[b for b in (0.1, 0.25, 0.5, 0.8, 0.95) if b < target_share], target_share]
    text = [f"{100 * b:g}" for b in breaks]
    labels = [f"{a}–{b} %" for a, b in pairwise(text)]
    labels[0] = f"under {text[1]} %"
    return Classes(tuple(breaks), _ramp(len(breaks)), (*labels, f"{text[-1]} % or more"))


def rate_classes() -> Classes:
    """Classes of the busy-hour rate per subscriber, cut at the two smaller plans and finely below them."""
    labels = ("none", "under 1", "1–2.5", "2.5–5", "5–10", "10–25", "25–50", "50 or more")
    return Classes((0.0, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0), (NOTHING, *_ramp(7)), labels, zero=True)


def served_classes() -> Classes:
    """Classes of the served share of the homes that ask: none, fifths (the first one split), all."""
    labels = ("none", "under 5 %", "5–20 %", "20–40 %", "40–60 %", "60–80 %", "80–99.9 %", "all")
    return Classes((0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.999), (NOTHING, *_ramp(7)), labels, zero=True)
