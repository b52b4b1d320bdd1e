"""What a scenario says of a spacecraft whose orbit is integrated: where it is at an epoch, what acts on it.

The axes are always named: the same angles mean another orbit about the equator of the Earth than about that
of the body.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from raabta.base.bodies import EARTH, MOON, Body
from raabta.scenario.model import Model, NonNegative, Positive

CentreName = Literal["Earth", "Moon"]
AxesName = Literal["GCRF", "body-equator", "body-fixed-at-epoch"]
Angle = Annotated[float, Field(ge=0.0, lt=360.0)]
Triple = tuple[float, float, float]
BODIES: dict[str, Body] = {"Earth": EARTH, "Moon": MOON}
MOST_DEGREE: dict[str, int] = {"Earth": 6, "Moon": 100}
FARTHEST_KM: dict[str, float] = {"Earth": 1_000_000.0, "Moon": 80_000.0}
"""Beyond, nothing stays in orbit about the body: the Hill sphere of the Moon ends at 60,000 km."""
SHORTEST_KM_S = 1e-3


class KeplerElements(Model):
    """Osculating elements of an ellipse; its size by two altitudes or by semi-major axis and eccentricity."""

    periapsis_altitude_km: float | None = Field(
        default=None, ge=0.0, description="lowest height above the body's mean radius"
    )
    apoapsis_altitude_km: float | None = Field(
        default=None, ge=0.0, description="greatest height above the body's mean radius"
    )
    semi_major_axis_km: Positive | None = None
    eccentricity: float | None = Field(default=None, ge=0.0, lt=1.0)
    inclination_deg: float = Field(ge=0.0, le=180.0)
    raan_deg: Angle = Field(description="right ascension of the ascending node, from the x axis")
    argp_deg: Angle = Field(description="argument of periapsis, from the ascending node")
    true_anomaly_deg: Angle | None = None
    mean_anomaly_deg: Angle | None = None

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        altitudes = (self.periapsis_altitude_km, self.apoapsis_altitude_km)
        size = (self.semi_major_axis_km, self.eccentricity)
        whole = all(v is not None for v in altitudes), all(v is not None for v in size)
        if whole == (True, False) and all(v is None for v in size):
            if altitudes[0] > altitudes[1]:  # type: ignore[operator]
                raise ValueError("periapsis_altitude_km is above apoapsis_altitude_km; swap them")
        elif whole != (False, True) or any(v is not None for v in altitudes):
            raise ValueError(
                "give periapsis_altitude_km and apoapsis_altitude_km, or semi_major_axis_km and eccentricity"
            )
        if (self.true_anomaly_deg is None) == (self.mean_anomaly_deg is None):
            raise ValueError("give one of true_anomaly_deg and mean_anomaly_deg")
        return self

    def size(self, body: Body) -> tuple[float, float]:
        """Semi-major axis, km, and eccentricity about `body`."""
        if self.semi_major_axis_km is not None and self.eccentricity is not None:
            return self.semi_major_axis_km, self.eccentricity
        low = body.mean_radius_km + (self.periapsis_altitude_km or 0.0)
        high = body.mean_radius_km + (self.apoapsis_altitude_km or 0.0)
        return 0.5 * (low + high), (high - low) / (high + low)


class StateVector(Model):
    """Place and velocity about the body's centre, along the axes that the orbiter names."""

    position_km: Triple
    velocity_km_s: Triple


class Forces(Model):
    """What acts on the spacecraft beside the body's own pull."""

    gravity_degree: int = Field(
        default=20,
        ge=0,
        le=100,
        description="degree and order of the body's gravity field; above 20 about the Moon the extra "
        "lunar-gravity is needed; about the Earth at most 6, and zonal terms only",
    )
    third_bodies: bool = Field(default=True, description="the pull of the Sun and of the Earth or the Moon")
    solar_pressure: bool = Field(
        default=False, description="the pressure of sunlight; none in the shadow of the Earth and the Moon"
    )
    area_m2: Positive | None = Field(default=None, description="mean area that faces the Sun")
    mass_kg: Positive | None = None
    reflectivity_ratio: NonNegative = Field(
        default=1.3, le=2.0, description="radiation pressure coefficient: 1 absorbs, 2 mirrors"
    )

    @model_validator(mode="after")
    def _area_and_mass(self) -> Self:
        if self.solar_pressure and (self.area_m2 is None or self.mass_kg is None):
            raise ValueError("solar_pressure needs area_m2 and mass_kg")
        return self


class Orbiter(Model):
    """One spacecraft: elements or a state at an epoch, integrated; or an OEM file, interpolated.

    `axes`: GCRF (equator and equinox of J2000); body-equator (z the body's pole at the epoch, x where its
    equator ascends through that of GCRF); body-fixed-at-epoch (axes that stand still, and coincide with
    MOON_ME or ITRF at the epoch: the node's right ascension is then its longitude).
    """

    name: str = Field(min_length=1, max_length=80)
    body: CentreName
    axes: AxesName | None = Field(default=None, description="of elements or state; never guessed")
    epoch: datetime | None = Field(default=None, description="UTC where no offset is given")
    elements: KeplerElements | None = None
    state: StateVector | None = None
    oem_file: str | None = Field(default=None, description="a CCSDS 502.0-B-3 ephemeris message, KVN or XML")
    forces: Forces = Forces()
    source: str = ""
    note: str = ""

    @field_validator("epoch")
    @classmethod
    def _utc(cls, value: datetime | None) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        given = [v is not None for v in (self.elements, self.state, self.oem_file)]
        if sum(given) != 1:
            raise ValueError(f"orbiter {self.name}: give one of elements, state and oem_file")
        if self.oem_file is not None:
            if self.epoch is not None or self.axes is not None:
                raise ValueError(f"orbiter {self.name}: an OEM file has its own epoch and axes; drop them")
        elif self.epoch is None or self.axes is None:
            raise ValueError(
                f"orbiter {self.name}: name epoch and axes (GCRF, body-equator or body-fixed-at-epoch)"
            )
        return self

    @model_validator(mode="after")
    def _degree_there(self) -> Self:
        most = MOST_DEGREE[self.body]
        if "gravity_degree" in self.forces.model_fields_set and self.forces.gravity_degree > most:
            raise ValueError(
                f"orbiter {self.name}: gravity_degree is {self.forces.gravity_degree}; about the {self.body} "
                f"at most {most}"
            )
        return self

    @model_validator(mode="after")
    def _in_orbit(self) -> Self:
        body = self.centre
        if self.elements is not None:
            a, e = self.elements.size(body)
            self._check_between(a * (1.0 - e), a * (1.0 + e))
        elif self.state is not None:
            r, v = math.hypot(*self.state.position_km), math.hypot(*self.state.velocity_km_s)
            self._check_between(r, r)
            if not SHORTEST_KM_S <= v <= math.sqrt(2.0 * body.gm_km3_s2 / r):
                raise ValueError(
                    f"orbiter {self.name}: {v:g} km/s at {r:g} km from the centre of the {self.body}; an "
                    f"orbit has 0.001 to {math.sqrt(2.0 * body.gm_km3_s2 / r):.4f} km/s there (km, not m)"
                )
        return self

    def _check_between(self, low_km: float, high_km: float) -> None:
        radius, far = self.centre.mean_radius_km, FARTHEST_KM[self.body]
        if low_km < radius * (1.0 - 1e-9) or high_km > far:
            raise ValueError(
                f"orbiter {self.name}: {low_km:,.1f} to {high_km:,.1f} km from the centre of the {self.body};"
                f" allowed: {radius:,.1f} km (its mean radius) to {far:,.0f} km"
            )

    @property
    def centre(self) -> Body:
        """The body that it goes around."""
        return BODIES[self.body]

    @property
    def gravity_degree(self) -> int:
        """Degree of the body's field: as said, and no more than there is."""
        return min(self.forces.gravity_degree, MOST_DEGREE[self.body])

    @property
    def epoch_utc(self) -> datetime:
        """The epoch; ValueError for an orbiter of an OEM file, which has its own."""
        if self.epoch is None:
            raise ValueError(f"orbiter {self.name} has an OEM file and no epoch of its own")
        return self.epoch
