"""Sun outages: times at which the Sun, seen from a dish, stands behind the satellite it listens to.

A dish is blinded while the middle of the Sun is within half its beam and the Sun's own radius of where it
points. See docs/models/sun-outages.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.base.units import SPEED_OF_LIGHT_KM_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.missions.model import Day, Mission
    from raabta.scenario.missions import SunOutages

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SUN_RADIUS_DEG: Final = 0.2666
"""Of the Sun's disc at one astronomical unit: 959.63 arcsec (IAU 1976 system)."""
BEAM_FACTOR_DEG: Final = 70.0
"""Half-power beamwidth of a dish is about 70 wavelengths over its diameter, deg (ITU-R S.465, F.699)."""
PARALLAX_DEG: Final = 9.0
"""A site sees a geostationary satellite at most so far from where the Earth's centre does."""
COARSE_S: Final = 300.0
FINE_S: Final = 20.0
COLUMNS: Final = 6
"""Of an outage: which question, site, craft, begin and end (s from the start), least separation (deg)."""


def beamwidth_deg(dish_m: float, frequency_ghz: float) -> float:
    """Half-power beamwidth of a dish, deg: 70 wavelengths over the diameter."""
    return BEAM_FACTOR_DEG * SPEED_OF_LIGHT_KM_S * 1e-6 / frequency_ghz / dish_m


def threshold_deg(dish_m: float, frequency_ghz: float) -> float:
    """Separation of Sun and satellite below which a dish is blinded, deg."""
    return beamwidth_deg(dish_m, frequency_ghz) / 2.0 + SUN_RADIUS_DEG


def separation_deg(site_km: Floats, craft_km: Floats, sun_km: Floats) -> Floats:
    """Angle at sites between craft and the Sun, deg; all (..., 3) km in one frame, broadcast."""
    one, other = craft_km - site_km, sun_km - site_km
    cross = np.linalg.norm(np.cross(one, other), axis=-1)
    return np.asarray(np.degrees(np.arctan2(cross, (one * other).sum(axis=-1))))


def outages_of(mission: Mission, day: Day) -> Floats:
    """Sun outages in a day, rows of COLUMNS, cut at the day's ends."""
    parts = [np.empty((0, COLUMNS))]
    for number, ask in enumerate(mission.scenario.sun_outages):
        sites, craft = mission.nodes.named(ask.sites), mission.nodes.named(ask.craft)
        for one in craft.tolist():
            rows = _of_craft(mission, day, sites, one, ask)
            parts.append(np.column_stack([np.full(len(rows), number), rows]))
    return np.concatenate(parts)


def _of_craft(mission: Mission, day: Day, sites: Ints, craft: int, ask: SunOutages) -> Floats:
    """Rows site, craft, begin, end, least separation of one craft in a day."""
    limit_deg = threshold_deg(ask.dish_m, ask.frequency_ghz)
    parts = [np.empty((0, COLUMNS - 1))]
    for begin, end in _near(mission, day, craft, limit_deg + PARALLAX_DEG).tolist():
        seconds = np.unique(np.append(np.arange(begin, end, FINE_S), end))
        square = _square(mission, sites, craft, seconds)
        for column in np.flatnonzero((square < limit_deg**2).any(axis=0)).tolist():
            rows = edges(seconds, square[:, column], limit_deg)
            ends = np.tile([float(sites[column]), float(craft)], (len(rows), 1))
            parts.append(np.column_stack([ends, rows]))
    return np.concatenate(parts)


def _near(mission: Mission, day: Day, craft: int, within_deg: float) -> Floats:
    """Stretches (n, 2) of a day in which some site might see the Sun within reach of a craft."""
    count = max(1, int(np.ceil(day.duration_s / COARSE_S)))
    seconds = np.minimum(day.begin_s + np.arange(count + 1) * COARSE_S, day.end_s)
    from_centre = separation_deg(np.zeros(3), *_places(mission, craft, seconds))
    reach = within_deg + 360.0 * COARSE_S / 86_400.0
    near = from_centre < reach
    edges = np.flatnonzero(np.diff(np.concatenate([[False], near, [False]]).astype(np.int8))).reshape(-1, 2)
    last = np.minimum(edges[:, 1], seconds.size - 1)
    return np.column_stack([seconds[edges[:, 0]], seconds[last]]) if edges.size else np.empty((0, 2))


def _places(mission: Mission, craft: int, seconds: Floats) -> tuple[Floats, Floats]:
    """Where a craft and the Sun are, each (t, 3) km."""
    both = mission.positions_km(np.array([craft, mission.sun]), mission.utc(seconds), "ITRF")
    return both[:, :, 0], both[:, :, 1]


def _square(mission: Mission, sites: Ints, craft: int, seconds: Floats) -> Floats:
    """Separation of the Sun and a craft squared, deg2 (t, n); infinite where the craft is below a mask."""
    craft_km, sun = (each[:, None, :] for each in _places(mission, craft, seconds))
    ground = mission.ground(sites)
    ray = craft_km - ground.km
    up = np.einsum("tni,ni->tn", ray, ground.basis[:, 2]) / np.linalg.norm(ray, axis=-1)
    return np.where(up >= ground.sin_mask[:, 0], separation_deg(ground.km, craft_km, sun) ** 2, np.inf)


def edges(seconds: Floats, square: Floats, limit_deg: float) -> Floats:
    """Rows begin, end, least separation (n, 3) of the times at which a separation is below a limit.

    square (t,): the separation squared, deg2, at rising times some seconds apart. A craft passes the Sun in a
    nearly straight line, so that the square is nearly a parabola: edges and the least are those of the
    parabola through three neighbours. Infinite where there is no separation: an edge there is a given time.
    """
    inside = np.concatenate([[False], square < limit_deg**2, [False]])
    turns = np.flatnonzero(np.diff(inside.astype(np.int8))).reshape(-1, 2)
    rows = []
    for first, after in turns.tolist():
        begin = seconds[0] if first == 0 else _crossing(seconds, square, first - 1, limit_deg)
        end = seconds[-1] if after == len(seconds) else _crossing(seconds, square, after - 1, limit_deg)
        rows.append((begin, end, _least(seconds, square, first, after)))
    return np.array(rows, np.float64).reshape(-1, 3)


def _crossing(seconds: Floats, square: Floats, at: int, limit_deg: float) -> float:
    """The time between two neighbours at which the square passes the limit's."""
    three = slice(max(0, min(at, len(seconds) - 3)), max(0, min(at, len(seconds) - 3)) + 3)
    x, y = seconds[three] - seconds[at], square[three] - limit_deg**2
    if len(x) < 3 or not np.isfinite(y).all():
        known = at if np.isfinite(square[at]) else at + 1
        return float(seconds[known])
    roots = np.roots(np.polyfit(x, y, 2)).real
    gap = float(seconds[at + 1] - seconds[at])
    best = roots[np.argmin(np.abs(roots - gap / 2.0))]
    return float(seconds[at] + min(max(float(best), 0.0), gap))


def _least(seconds: Floats, square: Floats, first: int, after: int) -> float:
    """The least separation from `first` to before `after`, deg."""
    at = first + int(np.argmin(square[first:after]))
    x, y = seconds[max(0, at - 1) : at + 2], square[max(0, at - 1) : at + 2]
    if len(x) < 3 or not np.isfinite(y).all():
        return float(np.sqrt(square[at]))
    a, b, c = np.polyfit(x - x[1], y, 2)
    inside = a > 0.0 and x[0] - x[1] <= -b / (2.0 * a) <= x[2] - x[1]
    return float(np.sqrt(max(c - b * b / (4.0 * a) if inside else square[at], 0.0)))
