"""What a scenario says of one Walker shell."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from raabta.scenario.model import Model


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
