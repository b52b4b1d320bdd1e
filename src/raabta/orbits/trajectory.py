"""Where integrated spacecraft are between the steps of their integration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from raabta.base.clock import as_utc
from raabta.base.timescales import leap_seconds_s, tdb_minus_tt_s, tt_s

if TYPE_CHECKING:
    from raabta.orbits.force_model import ForceModel

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Where spacecraft are from `start` to `end`, km in GCRF axes about `centre`; a fleet.

    nodes: of each, (k, 10): seconds of TDB past the epoch, place, velocity, acceleration at its steps, time
    ascending. Between them it is a polynomial of degree 5.
    """

    names: tuple[str, ...]
    centre: str
    epoch: np.datetime64
    nodes: tuple[Floats, ...]
    model: ForceModel | None = None
    frame: str = "GCRF"

    @property
    def count(self) -> int:
        """How many spacecraft."""
        return len(self.names)

    @property
    def start(self) -> np.datetime64:
        """The first instant that all of them have."""
        return np.datetime64(self.utc(np.array([max(node[0, 0] for node in self.nodes)]))[0])

    @property
    def end(self) -> np.datetime64:
        """The last instant that all of them have."""
        return np.datetime64(self.utc(np.array([min(node[-1, 0] for node in self.nodes)]))[0])

    def positions_km(self, times: npt.ArrayLike) -> Floats:
        """Places (t, 3, count) km at UTC `times` (t,); NaN before a spacecraft's start and after its end."""
        return self._filled(times)[0]

    def velocities_km_s(self, times: npt.ArrayLike) -> Floats:
        """Velocities (t, 3, count) km/s at UTC `times` (t,)."""
        return self._filled(times)[1]

    def states(self, time: np.datetime64) -> Floats:
        """Places and velocities (count, 6) km, km/s at one instant."""
        place, speed = self._filled(np.array([time]))
        return np.ascontiguousarray(np.concatenate([place[0], speed[0]]).T)

    def seconds(self, times: npt.ArrayLike) -> Floats:
        """Seconds of TDB past the epoch of UTC `times` (t,), differences of time taken before they round."""
        return seconds_past(times, self.epoch)

    def utc(self, seconds: Floats) -> Times:
        """UTC of seconds past the epoch (t,)."""
        return utc_after(np.asarray(seconds, np.float64), self.epoch)

    def _filled(self, times: npt.ArrayLike) -> tuple[Floats, Floats]:
        from raabta.orbits.collocation_kernels import fill

        seconds = np.atleast_1d(self.seconds(times))
        place, speed = np.empty((2, self.count, seconds.size, 3))
        for i, node in enumerate(self.nodes):
            slack = _with_slack(node, seconds)
            fill(node, slack, place[i], speed[i])
        return tuple(np.ascontiguousarray(values.transpose(1, 2, 0)) for values in (place, speed))  # type: ignore[return-value]


def _with_slack(node: Floats, seconds: Floats) -> Floats:
    """Seconds, those a microsecond outside of the nodes put on the edge."""
    first, last = node[0, 0], node[-1, 0]
    near = (seconds > first - 1e-6) & (seconds < last + 1e-6)
    return np.where(near, np.clip(seconds, first, last), seconds)


def seconds_past(times: npt.ArrayLike, epoch: np.datetime64) -> Floats:
    """Seconds of TDB from `epoch` to `times`, both UTC (t,)."""
    utc, begin = np.atleast_1d(as_utc(times)), np.atleast_1d(as_utc(epoch))
    clock = (utc - begin).astype(np.int64) / 1e9 + (leap_seconds_s(utc) - leap_seconds_s(begin))
    shift = tdb_minus_tt_s(tt_s(utc)) - tdb_minus_tt_s(tt_s(begin))
    return np.asarray(clock + shift)


def utc_after(seconds: Floats, epoch: np.datetime64) -> Times:
    """UTC (t,) of seconds of TDB past `epoch`, to the nanosecond: the inverse of `seconds_past`."""
    utc = np.atleast_1d(as_utc(epoch)) + np.rint(seconds * 1e9).astype("timedelta64[ns]")
    for _ in range(2):
        utc = utc + np.rint((seconds - seconds_past(utc, epoch)) * 1e9).astype("timedelta64[ns]")
    return np.asarray(utc)
