"""Whatever has a position, of whatever body: sites, stations, bodies, fleets, seen from another frame.

Everything that moves says how many it is, its names, its frame (axes) and its centre, and gives places in its
own frame about its own centre. `in_frame` gives the same things in another frame about another centre, as the
passes of `access` take them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from raabta.base.bodies import EARTH, MOON, Body
from raabta.base.clock import Floats, Times, as_utc
from raabta.base.earth_rotation import Beyond
from raabta.base.ephemeris import Ephemeris, ephemeris
from raabta.base.errors import NoSolutionError, OutOfRangeError
from raabta.base.frames import geodetic_to_fixed
from raabta.base.rotations import CENTRE, body_frame, rotation
from raabta.base.units import SPEED_OF_LIGHT_KM_S

BODIES = {"Earth": EARTH, "Moon": MOON}
LIGHT_ROUNDS = 4
"""Each leaves v / c, 1e-4, of the error: from the Sun below 1 ns."""


@runtime_checkable
class Moving(Protocol):
    """Things with positions: `count` of them, `names`, axes `frame` about the body `centre`."""

    @property
    def count(self) -> int:
        """How many."""

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in order."""

    @property
    def frame(self) -> str:
        """The axes that places are given in, of `base.rotations.CENTRE`."""

    @property
    def centre(self) -> str:
        """The body that places are counted from."""

    def positions_km(self, times: npt.ArrayLike) -> Floats:
        """Places (t, 3, count) km at UTC `times` (t,); NaN where there is none."""


@dataclass(frozen=True, eq=False)
class Fixed:
    """Sites and stations that stand on a body: places (3, count) km in a frame fixed to it."""

    names: tuple[str, ...]
    frame: str
    centre: str
    km: Floats
    latitude_deg: Floats
    longitude_deg: Floats
    height_km: Floats

    @property
    def count(self) -> int:
        """How many."""
        return len(self.names)

    def positions_km(self, times: npt.ArrayLike) -> Floats:
        """The same places (t, 3, count) km at every time."""
        return np.broadcast_to(self.km, (np.atleast_1d(as_utc(times)).size, *self.km.shape)).copy()


def fixed(
    names: Sequence[str],
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    height_km: npt.ArrayLike = 0.0,
    *,
    body: Body = EARTH,
    frame: str | None = None,
) -> Fixed:
    """Sites by latitude, longitude (east) and height above the body's ellipsoid.

    frame: MOON_ME or MOON_PA on the Moon, where it must be named (ScenarioError); ITRF on the Earth.
    """
    own = body_frame(frame, body.name, "site")
    shape = (len(names),)
    latitude, longitude, height = (
        np.broadcast_to(np.asarray(value, np.float64), shape)
        for value in (latitude_deg, longitude_deg, height_km)
    )
    good = np.isfinite(longitude) & np.isfinite(height) & (np.abs(latitude) <= 90.0)
    if not bool(good.all()):
        worst = int(np.argmin(good))
        raise OutOfRangeError(
            f"place of {names[worst]}",
            f"{latitude[worst]:g}, {longitude[worst]:g}, {height[worst]:g} km",
            "finite, latitude within 90 degrees",
            own,
        )
    km = np.ascontiguousarray(geodetic_to_fixed(latitude, longitude, height, body).T)
    return Fixed(tuple(names), own, body.name, km, latitude, longitude, height)


@dataclass(frozen=True)
class Centres:
    """The centres of bodies as things that move: the Sun or the Earth over a site of the Moon."""

    names: tuple[str, ...]
    centre: str
    ephemeris: Ephemeris
    frame: str = "GCRF"

    @property
    def count(self) -> int:
        """How many."""
        return len(self.names)

    def positions_km(self, times: npt.ArrayLike) -> Floats:
        """Places (t, 3, count) km, geometric, in GCRF axes."""
        each = [self.ephemeris.position_km(name, times, self.centre) for name in self.names]
        return np.ascontiguousarray(np.stack(each, axis=-1))


def centres(names: Sequence[str], centre: str, source: Ephemeris | None = None) -> Centres:
    """Bodies of an ephemeris (DE421 by default) as seen from another's centre."""
    return Centres(tuple(names), centre, source or ephemeris())


@dataclass(frozen=True, eq=False)
class Seen:
    """Things that move, in another frame about another centre."""

    moving: Moving
    frame: str
    centre: str
    ephemeris: Ephemeris | None
    beyond: Beyond
    orientation: str

    @property
    def count(self) -> int:
        """How many."""
        return self.moving.count

    @property
    def names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.moving.names)

    def positions_km(self, times: npt.ArrayLike) -> Floats:
        """Places (t, 3, count) km of one instant, in `frame` about `centre`."""
        utc = np.atleast_1d(as_utc(times))
        places = self.moving.positions_km(utc)
        if self.ephemeris is None:
            if self.moving.frame == self.frame:
                return places
            return np.ascontiguousarray(np.matmul(self._turn(self.moving.frame, self.frame, utc), places))
        if self.moving.frame != "GCRF":
            places = np.matmul(self._turn(self.moving.frame, "GCRF", utc), places)
        shift = self.ephemeris.position_km(self.moving.centre, utc, self.centre)
        places = places + shift[:, :, None]
        if self.frame != "GCRF":
            places = np.matmul(self._turn("GCRF", self.frame, utc), places)
        return np.ascontiguousarray(places)

    def _turn(self, first: str, second: str, utc: Times) -> Floats:
        return rotation(first, second, utc, beyond=self.beyond, orientation=self.orientation)


def in_frame(
    moving: Moving,
    frame: str,
    centre: str | None = None,
    source: Ephemeris | None = None,
    *,
    beyond: Beyond = "refuse",
    orientation: str = "DE421",
) -> Moving:
    """`moving` in the axes of `frame` about `centre` (by default the body that the frame turns with).

    source: the ephemeris between the two centres (DE421 by default). beyond, orientation: of
    `base.rotations.rotation`. Positions are of one instant at both ends: no light time.
    """
    where = centre or CENTRE.get(frame) or moving.centre
    if frame == moving.frame and where == moving.centre:
        return moving
    needed = None if where == moving.centre else source or ephemeris()
    return Seen(moving, frame, where, needed, beyond, orientation)


def light_time_s(
    sender: Moving,
    receiver: Moving,
    times: npt.ArrayLike,
    source: Ephemeris | None = None,
    *,
    beyond: Beyond = "refuse",
    orientation: str = "DE421",
) -> Floats:
    """Seconds (t, senders, receivers) that a signal was on its way when it arrives at UTC `times` (t,).

    Both ends about the barycentre of the solar system, the sender where it was when the signal left; to the
    nanosecond, which is as finely as times are written. Bodies in between are not looked for.
    """
    utc = np.atleast_1d(as_utc(times))
    ends = [
        in_frame(end, "GCRF", "SSB", source or ephemeris(), beyond=beyond, orientation=orientation)
        for end in (sender, receiver)
    ]
    here = ends[1].positions_km(utc)
    out = np.empty((utc.size, sender.count, receiver.count))
    for i, j in np.ndindex(sender.count, receiver.count):
        seconds = np.zeros(utc.size)
        for _ in range(LIGHT_ROUNDS):
            left = utc - np.rint(seconds * 1e9).astype("timedelta64[ns]")
            there = ends[0].positions_km(left)[:, :, i]
            seconds = np.linalg.norm(there - here[:, :, j], axis=1) / SPEED_OF_LIGHT_KM_S
        out[:, i, j] = seconds
    return out


@dataclass(frozen=True, eq=False)
class Together:
    """Several fleets of one frame and centre as one, in order."""

    parts: tuple[Moving, ...]
    names: tuple[str, ...]
    frame: str
    centre: str

    @property
    def count(self) -> int:
        """How many."""
        return len(self.names)

    def positions_km(self, times: npt.ArrayLike) -> Floats:
        """Places (t, 3, count) km, the parts' one after the other."""
        return np.concatenate([part.positions_km(times) for part in self.parts], axis=2)


def together(*parts: Moving) -> Together:
    """Fleets of one frame and one centre as one. NoSolutionError for none, OutOfRangeError for a stranger."""
    if not parts:
        raise NoSolutionError("no fleet to put together")
    first = parts[0]
    for part in parts:
        if (part.frame, part.centre) != (first.frame, first.centre):
            raise OutOfRangeError(
                "frame and centre of a fleet",
                f"{part.frame} about the {part.centre}",
                f"{first.frame} about the {first.centre}; use in_frame first",
                "raabta.orbits.platforms",
            )
    names = tuple(name for part in parts for name in part.names)
    return Together(tuple(parts), names, first.frame, first.centre)
