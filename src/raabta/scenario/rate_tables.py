"""What the catalogue says of the rates that a radio of a spacecraft is built for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from raabta.scenario.model import Model, NonNegative, Positive


class RateMode(Model):
    """One mode of a radio."""

    rate_mbps: Positive = Field(description="information rate")


class RateTable(Model):
    """Rates of one direction of a link, and the range at which the fastest of them is to hold."""

    label: str
    frequency_ghz: Annotated[float, Field(ge=0.1, le=60.0)]
    modes: tuple[RateMode, ...] = Field(min_length=1)
    eb_n0_db: Annotated[float, Field(ge=-2.0, le=30.0)] = Field(
        description="energy per information bit over noise density that every mode needs, with what the "
        "modem loses"
    )
    reach_km: Positive = Field(description="range at which the fastest mode is to close")
    reach_margin_db: NonNegative = Field(default=0.0, description="what the link has to spare there")
