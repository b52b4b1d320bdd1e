"""What every part of a scenario is made of: the base of its models, and types of their fields."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NonNegative = Annotated[float, Field(ge=0.0)]
Latitude = Annotated[float, Field(ge=-90.0, le=90.0)]
Longitude = Annotated[float, Field(ge=-180.0, le=180.0)]
Elevation = Annotated[float, Field(ge=0.0, lt=90.0)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Model(BaseModel):
    """Base of every scenario model: frozen, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def without_empty(data: dict[str, Any], *names: str) -> dict[str, Any]:
    """Data of a model without those of these keys that hold nothing, so that it is written, and hashed, as
    before there were such keys."""
    return {key: value for key, value in data.items() if key not in names or value}


def without(data: dict[str, Any], **unset: Any) -> dict[str, Any]:
    """Data of a model without the keys that are as if they were not set, so that it is written, and hashed,
    as before there were such keys."""
    return {key: value for key, value in data.items() if key not in unset or value != unset[key]}
