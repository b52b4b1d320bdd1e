"""Element sets: SGP4 mean elements as checked arrays, and the satellites of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from raabta.base.errors import OrbitDataError
from raabta.orbits.sgp4_init import brouwer_mean_motion, kozai_mean_motion, period_minutes

Floats = npt.NDArray[np.float64]
Describe = Callable[[int], str]

REV_DAY_PER_RAD_MIN = 1440.0 / (2.0 * np.pi)
MAX_AGE_YEARS = 10
MAX_AGE_DAYS = MAX_AGE_YEARS * 365.25
MAX_SATELLITES = 200_000
EPOCH_FIRST = np.datetime64("1957-01-01", "ns")
EPOCH_LAST = np.datetime64("2058-01-01", "ns")

# Field: (lowest, highest, whether highest is allowed, unit as a user reads it).
RANGES: dict[str, tuple[float, float, bool, str]] = {
    "inclination_deg": (0.0, 180.0, True, "deg"),
    "raan_deg": (0.0, 360.0, True, "deg"),
    "eccentricity": (0.0, 1.0, False, ""),
    "argp_deg": (0.0, 360.0, True, "deg"),
    "mean_anomaly_deg": (0.0, 360.0, True, "deg"),
    "mean_motion_rev_day": (0.01, 20.0, True, "rev/day"),
    "bstar_per_radius": (-10.0, 10.0, True, "1/earth radii"),
}


def range_text(field: str) -> str:
    """The allowed range of an element, for messages: `[0, 180] deg`."""
    low, high, closed, unit = RANGES[field]
    return f"[{low:g}, {high:g}{']' if closed else ')'} {unit}".rstrip()


def within_range(field: str, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """True where `values` lie in the range of `field`; NaN and infinities do not."""
    low, high, closed, _ = RANGES[field]
    array = np.asarray(values, np.float64)
    return np.asarray((array >= low) & ((array <= high) if closed else (array < high)), np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class MeanElements:
    """SGP4 mean elements (TEME of epoch, WGS 72), one entry per satellite; every array has shape (n,).

    `epoch` UTC datetime64[ns]; `mean_motion_rev_day` is the Kozai mean motion that TLE and OMM carry;
    `bstar_per_radius` the SGP4 drag term; `norad_id` 0 where there is none. Ranges (`RANGES`) are checked on
    every element when the object is made; OrbitDataError names the satellite, the value and what is allowed.
    """

    epoch: npt.NDArray[np.datetime64]
    inclination_deg: Floats
    raan_deg: Floats
    eccentricity: Floats
    argp_deg: Floats
    mean_anomaly_deg: Floats
    mean_motion_rev_day: Floats
    bstar_per_radius: Floats
    names: tuple[str, ...]
    norad_id: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        count = len(self.names)
        for field in fields(self):
            value = getattr(self, field.name)
            if len(value) != count:
                raise OrbitDataError(f"{field.name} has {len(value)} entries, the names {count}")
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        if count > MAX_SATELLITES:
            raise OrbitDataError(f"{count} satellites; at most {MAX_SATELLITES} are allowed in one set")
        self._check_ranges()

    def _check_ranges(self) -> None:
        for field in RANGES:
            good = within_range(field, getattr(self, field))
            if not good.all():
                worst = int(np.argmin(good))
                value = getattr(self, field)[worst]
                raise OrbitDataError(f"{self.names[worst]}: {field} is {value}; allowed: {range_text(field)}")
        good = (self.epoch >= EPOCH_FIRST) & (self.epoch < EPOCH_LAST)  # False for NaT
        if not good.all():
            worst = int(np.argmin(good))
            raise OrbitDataError(
                f"{self.names[worst]}: epoch is {self.epoch[worst]}; allowed: 1957-01-01 to 2057-12-31"
            )

    def __len__(self) -> int:
        return len(self.names)

    @property
    def mean_motion_rad_min(self) -> Floats:
        """Kozai mean motion, rad/min (what SGP4 initialises from)."""
        return self.mean_motion_rev_day / REV_DAY_PER_RAD_MIN

    @property
    def period_min(self) -> Floats:
        """Period of the Brouwer mean motion, minutes; 225 and above is deep space for SGP4."""
        return period_minutes(self.mean_motion_rad_min, self.eccentricity, np.radians(self.inclination_deg))

    @property
    def semi_major_axis_km(self) -> Floats:
        """Brouwer mean semi-major axis, km."""
        from raabta.base.bodies import WGS72

        motion = brouwer_mean_motion(
            self.mean_motion_rad_min, self.eccentricity, np.radians(self.inclination_deg)
        )
        return WGS72.radius_km * (WGS72.xke / motion) ** (2.0 / 3.0)

    def take(self, indices: npt.NDArray[np.intp]) -> MeanElements:
        """The elements of the satellites at `indices`, in that order."""
        arrays = {f.name: getattr(self, f.name)[indices] for f in fields(self) if f.name != "names"}
        return MeanElements(names=tuple(self.names[i] for i in indices), **arrays)


def concatenate(parts: tuple[MeanElements, ...]) -> MeanElements:
    """One set from several, in order. OrbitDataError when there is none."""
    if not parts:
        raise OrbitDataError("no element sets to join")
    arrays = {
        f.name: np.concatenate([getattr(part, f.name) for part in parts])
        for f in fields(MeanElements)
        if f.name != "names"
    }
    return MeanElements(names=tuple(name for part in parts for name in part.names), **arrays)


def rev_day_from_semi_major_axis(
    semi_major_axis_km: npt.ArrayLike, eccentricity: npt.ArrayLike, inclination_deg: npt.ArrayLike
) -> Floats:
    """Kozai mean motion (rev/day) whose Brouwer mean semi-major axis is the one given."""
    motion = kozai_mean_motion(semi_major_axis_km, eccentricity, np.radians(inclination_deg))
    return np.asarray(motion * REV_DAY_PER_RAD_MIN, np.float64)


def check_age(elements: MeanElements, time: np.datetime64) -> None:
    """OrbitDataError if an epoch lies more than MAX_AGE_YEARS from `time` (SGP4 is fitted for days)."""
    age_days = (time - elements.epoch) / np.timedelta64(1, "D")
    worst = int(np.argmax(np.abs(age_days)))
    if abs(age_days[worst]) > MAX_AGE_DAYS:
        raise OrbitDataError(
            f"{elements.names[worst]}: its epoch {np.datetime_as_string(elements.epoch[worst], 's')} is "
            f"{abs(age_days[worst]) / 365.25:.1f} years from {np.datetime_as_string(time, 's')}; "
            f"at most {MAX_AGE_YEARS} years are allowed; use newer orbit data or move the start"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Satellites:
    """The satellites of a run, in index order: those with mean elements, then geostationary slots."""

    elements: MeanElements | None
    geostationary_deg: Floats
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)
