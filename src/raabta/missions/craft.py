"""Where the craft of a mission are: one propagator for all whose orbits are SGP4 elements or still slots."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import OrbitDataError, ScenarioError
from raabta.orbits.elements import MeanElements, Satellites, concatenate
from raabta.orbits.propagate import Propagator, start_utc
from raabta.orbits.read import read_orbits
from raabta.orbits.validity import age_note, holding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from raabta.scenario.missions import Craft, MissionScenario
    from raabta.scenario.missions import MeanElements as Given

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class NearEarth:
    """Craft that SGP4 or a still slot places: place (n,) says which of the propagator each is."""

    propagator: Propagator
    place: Ints

    @property
    def count(self) -> int:
        """How many craft."""
        return int(self.place.size)

    def positions_km(self, times: ArrayLike) -> Floats:
        """Places (t, 3, n) km, ITRF."""
        return np.ascontiguousarray(self.propagator.positions_km(times)[:, :, self.place])


def near_earth(scenario: MissionScenario) -> tuple[NearEarth, tuple[str, ...]]:
    """All craft of a scenario, in their order, and what reports say of their orbits.

    Raises ScenarioError for an object that a file does not hold, OrbitDataError for elements that do not hold
    over the run, and what the readers raise.
    """
    start = start_utc(scenario.time.start)
    sets = [_elements(one) for one in scenario.craft]
    known = [part for part in sets if part is not None]
    elements = concatenate(tuple(known)) if known else None
    slots = [one.geostationary_deg for one in scenario.craft if one.geostationary_deg is not None]
    names = (*(part.names[0] for part in known), *(f"slot {degrees:g}" for degrees in slots))
    propagator = Propagator(Satellites(elements, np.array(slots, np.float64), names), start)
    if elements is not None:
        _refuse_old(propagator, elements, scenario)
    moving, still = iter(range(len(known))), iter(range(len(known), len(names)))
    place = np.array([next(still if part is None else moving) for part in sets], np.int64)
    return NearEarth(propagator, place), age_note(elements, start) if elements is not None else ()


def _elements(one: Craft) -> MeanElements | None:
    if one.mean_elements is not None:
        return _given(one.name, one.mean_elements)
    if one.orbits_file is None:
        return None
    found = read_orbits(Path(one.orbits_file))
    return found.take(np.array([_row(one, found.names)], np.intp))


def _row(one: Craft, names: Sequence[str]) -> int:
    if one.object_name is None:
        if len(names) == 1:
            return 0
        some = ", ".join(names[:6])
        raise ScenarioError(
            f"{one.name}: {one.orbits_file} holds {len(names):,} objects",
            hint=f"say which with object_name: {some}{', ...' if len(names) > 6 else ''}",
        )
    wanted = one.object_name.casefold().strip()
    rows = [row for row, name in enumerate(names) if name.casefold().strip() == wanted]
    if len(rows) == 1:
        return rows[0]
    near = [name for name in names if wanted in name.casefold()][:6]
    raise ScenarioError(
        f"{one.name}: {one.orbits_file} holds {len(rows)} objects called '{one.object_name}'",
        hint=f"it has {', '.join(near)}" if near else f"it has {', '.join(names[:6])}",
    )


def _given(name: str, given: Given) -> MeanElements:
    def one(value: float) -> Floats:
        return np.array([value], np.float64)

    return MeanElements(
        np.array([start_utc(given.epoch)], "datetime64[ns]"),
        one(given.inclination_deg),
        one(given.raan_deg),
        one(given.eccentricity_ratio),
        one(given.argp_deg),
        one(given.mean_anomaly_deg),
        one(given.mean_motion_rev_day),
        one(given.bstar_per_radius),
        (name,),
        np.zeros(1, np.int64),
    )


def _refuse_old(propagator: Propagator, elements: MeanElements, scenario: MissionScenario) -> None:
    """Raise OrbitDataError for a craft whose elements send it to the ground, or away, within the run."""
    ends = propagator.start + np.array([0.0, scenario.time.duration_s * 1e9]).astype("timedelta64[ns]")
    holds = holding(elements, propagator.positions_km(ends)[:, :, : len(elements)])
    if not holds.all():
        gone = int(np.argmin(holds))
        epoch = np.datetime_as_string(elements.epoch[gone], "s")
        raise OrbitDataError(
            f"{elements.names[gone]}: its elements of {epoch}Z do not hold over the run, which starts "
            f"{np.datetime_as_string(propagator.start, 's')}Z: it would hit the ground or fly away. Use "
            "newer elements (craft: orbits_file), or move the start"
        )
