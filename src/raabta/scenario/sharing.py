"""What a scenario says of how capacity is shared, and of where traffic lands."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer

from raabta.scenario.countries import check_countries
from raabta.scenario.ground import Gateway
from raabta.scenario.model import CountryCode, Model, NonNegative, Share, without

Market = Literal["open", "closed", "unknown"]


class Sharing(Model):
    """How a satellite's beams, power and feeder are shared."""

    allocation: Literal["guarantee", "equal"] = "guarantee"
    capacity_share: Literal["neighbours", "ratio", "exclusive"] = "neighbours"
    ratio_share: Share = 0.1
    markets: dict[CountryCode, Market] = Field(default={})
    default_market: Market = "unknown"
    neighbour_weight_ratio: float = Field(
        default=1.0, ge=0.0, le=10.0, description="how much one person abroad competes, against one at home"
    )
    frames_per_slot: int = Field(default=64, ge=1, le=1_024)
    handover_s: NonNegative = Field(
        default=0.1,
        description="seconds of a slot that a cell loses with a new satellite (an assumption, no measured "
        "figure); at most half of `time.step_s`; 0 costs nothing",
    )
    memory_strength: float = Field(
        default=1.0,
        ge=0.0,
        le=100.0,
        description="how much more a cell without a promise counts for what it has lacked in the slots "
        "before; 0 forgets",
    )
    landing: Literal["direct", "lasers"] = Field(
        default="direct",
        description="direct: a satellite serves only while it has a gateway itself; lasers: one that has "
        "none lands through `constellation.lasers` at another that has",
    )
    landing_countries: tuple[CountryCode, ...] | None = Field(
        default=None,
        description="national landing rule: traffic of the area lands only at gateways in these countries; "
        "none = at any; an empty list = at no gateway",
    )

    @field_validator("landing_countries")
    @classmethod
    def _countries_that_are(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        check_countries(value or ())
        return value

    @model_serializer(mode="wrap")
    def _without_no_landing(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), landing="direct", landing_countries=None)

    def lets_land(self, gateway: Gateway) -> bool:
        """Whether traffic of the area may land at a gateway."""
        return self.landing_countries is None or gateway.country in self.landing_countries
