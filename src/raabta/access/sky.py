"""Where bodies stand and how they are turned over one span, as tables that are quick to read.

Axes are those of the GCRF, places are counted from the Earth's centre. What tells them is
`base.ephemeris` and `base.rotations`, or any two functions of the same form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.tracks import Track, tabulate
from raabta.base.bodies import EARTH, MOON, Body
from raabta.base.clock import as_utc
from raabta.base.errors import OutOfRangeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raabta.base.earth_rotation import Beyond
    from raabta.base.ephemeris import Ephemeris

    Floats = NDArray[np.float64]
    Times = NDArray[np.datetime64]
    PlaceOf = Callable[[str, Times], Floats]
    AxesOf = Callable[[str, Times], Floats]

BODIES = {body.name: body for body in (EARTH, MOON)}
INERTIAL = "GCRF"
PLACE_KM = 1e-3
"""Error of places, km, between steps as long as a table says would do; the table's own is far less."""
AXES_RAD = 1e-10


class Sky:
    """Bodies and their axes from `start` on, over `duration_s`.

    place_km(name, times): places (t, 3) km of a body's centre at UTC times (t,), GCRF axes from the Earth's
    centre. axes(frame, times): matrices (t, 3, 3) that turn GCRF axes to a frame's. Each is tabulated when it
    is first needed; what those raise for their times is raised then.
    """

    def __init__(self, start: np.datetime64, duration_s: float, place_km: PlaceOf, axes: AxesOf) -> None:
        if not (np.isfinite(duration_s) and duration_s > 0.0):
            raise OutOfRangeError("duration_s", duration_s, "above 0, finite", "a span of contacts")
        self.start = np.datetime64(as_utc(start).item(), "ns")
        self.duration_s = float(duration_s)
        self._place_km, self._axes = place_km, axes
        self._places: dict[str, Track] = {}
        self._turns: dict[str, Track] = {}

    def utc(self, seconds: ArrayLike) -> Times:
        """Seconds from the start as UTC, to the nanosecond."""
        return np.asarray(self.start + np.rint(np.asarray(seconds) * 1e9).astype("timedelta64[ns]"))

    def place(self, name: str) -> Track:
        """Table (t, 3) of a body's centre, km."""
        if name not in self._places:
            self._places[name] = tabulate(
                lambda s: self._place_km(name, self.utc(s)), self.duration_s, PLACE_KM, what=f"the {name}"
            )
        return self._places[name]

    def place_km(self, name: str, seconds: ArrayLike) -> Floats:
        """Places (t, 3) of a body's centre at seconds (t,), km; the Earth's own are zero."""
        if name == EARTH.name:
            return np.zeros((np.size(seconds), 3))
        return self.place(name).at(seconds)

    def turn(self, frame: str) -> Track:
        """Table (t, 9) of the matrices that turn GCRF axes to a frame's."""
        if frame not in self._turns:
            self._turns[frame] = tabulate(
                lambda s: self._axes(frame, self.utc(s)).reshape(-1, 9),
                self.duration_s,
                AXES_RAD,
                what=f"the axes of {frame}",
            )
        return self._turns[frame]

    def turned(self, frame: str, seconds: ArrayLike, vectors_km: Floats) -> Floats:
        """Vectors (t, 3) of GCRF axes in a frame's, at seconds (t,)."""
        if frame == INERTIAL:
            return vectors_km
        matrix = self.turn(frame).at(seconds).reshape(-1, 3, 3)
        return np.asarray(np.einsum("tij,tj->ti", matrix, vectors_km))

    def unturned(self, frame: str, seconds: ArrayLike, vectors_km: Floats) -> Floats:
        """Vectors (t, 3) of a frame's axes in those of the GCRF; a fixed one may be (3,)."""
        if frame == INERTIAL:
            return np.broadcast_to(vectors_km, (np.size(seconds), 3))
        matrix = self.turn(frame).at(seconds).reshape(-1, 3, 3)
        return np.asarray(np.einsum("tji,...j->ti", matrix, vectors_km) if vectors_km.ndim == 1
                          else np.einsum("tji,tj->ti", matrix, vectors_km))  # fmt: skip

    def suited_s(self, *, places: tuple[str, ...] = (), frames: tuple[str, ...] = ()) -> float:
        """The longest step at which all of these are polynomials between steps, s."""
        tables = [self.place(name) for name in places if name != EARTH.name]
        tables += [self.turn(frame) for frame in frames if frame != INERTIAL]
        return min((table.suited_s for table in tables), default=np.inf)


def sky_over(
    start: np.datetime64,
    duration_s: float,
    *,
    source: Ephemeris | None = None,
    beyond: Beyond = "refuse",
    orientation: str = "DE421",
) -> Sky:
    """The sky of an ephemeris (DE421 by default) and of `base.rotations`, whose choices the others are.

    Raises OutOfRangeError, when a table is first needed, for a span that they do not cover.
    """
    from raabta.base.ephemeris import ephemeris
    from raabta.base.rotations import rotation

    kernel = source or ephemeris()
    return Sky(
        start,
        duration_s,
        kernel.position_km,
        lambda frame, times: rotation(INERTIAL, frame, times, beyond=beyond, orientation=orientation),
    )


def body(name: str) -> Body:
    """The body of a name. Raises OutOfRangeError."""
    if name not in BODIES:
        raise OutOfRangeError("a body", repr(name), " or ".join(sorted(BODIES)), "contacts")
    return BODIES[name]
