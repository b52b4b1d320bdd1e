"""What a scenario says of satellites: their orbits, their radio, their lasers."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from raabta.scenario.lasers import Lasers, check_lasers
from raabta.scenario.model import Elevation, Longitude, Model
from raabta.scenario.payload import Payload


class Shell(Model):
    """One Walker shell. `phasing` is Walker's F; `pattern` tells delta (360 deg of RAAN) from star (180)."""

    altitude_km: float = Field(ge=160.0, le=40_000.0)
    inclination_deg: float = Field(ge=0.0, le=180.0)
    planes: int = Field(ge=1, le=5_000)
    satellites_per_plane: int = Field(ge=1, le=5_000)
    phasing: int = Field(default=0, ge=0)
    pattern: Literal["delta", "star"] = "delta"
    raan_offset_deg: float = Field(default=0.0, ge=0.0, lt=360.0)

    @model_validator(mode="after")
    def _phasing_below_planes(self) -> Self:
        if self.phasing >= self.planes:
            raise ValueError(f"phasing (Walker F) must be below planes ({self.planes})")
        return self

    @property
    def satellites(self) -> int:
        """Number of satellites in the shell."""
        return self.planes * self.satellites_per_plane


class GeostationarySlot(Model):
    """One satellite on the geostationary arc."""

    longitude_deg: Longitude


class SpaceSegment(Model):
    """Satellites and their lasers; their radio where a question is about it."""

    name: str
    label: str
    stand_in: bool = False
    shells: tuple[Shell, ...] = ()
    geostationary: tuple[GeostationarySlot, ...] = ()
    orbits_file: str | None = None
    payload: Payload | None = Field(
        default=None, description="their radio; questions about ways have no use for it"
    )
    lasers: Lasers | None = Field(
        default=None, description="lasers between the satellites; none = it has none"
    )
    user_min_elevation_deg: Elevation = 25.0
    gateway_min_elevation_deg: Elevation = 10.0
    gso_separation_deg: Elevation = 0.0
    gso_separation_source: str = ""
    pfd_limit: Literal["article-21", "none"] = Field(
        default="article-21",
        description="cap on power flux density: article-21 lowers the EIRP density of a beam wherever the "
        "ground would get more than the rows that share its band allow; without a row there is no cap",
    )
    note: str = ""

    @model_validator(mode="after")
    def _lasers_for_these_satellites(self) -> Self:
        check_lasers(self)
        return self

    @model_serializer(mode="wrap")
    def _without_no_lasers(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What has no lasers, or no radio, is written, and hashed, as if there were no such key."""
        data: dict[str, Any] = handler(self)
        unset = ("lasers", "payload")
        return {key: value for key, value in data.items() if key not in unset or value is not None}

    @property
    def moving(self) -> bool:
        """Whether some satellites are not geostationary: the rows of Articles 21 and 22 are about them."""
        return bool(self.shells) or self.orbits_file is not None


class Constellation(SpaceSegment):
    """Satellites that share one payload."""

    payload: Payload
