"""What the catalogue says of Earth stations that talk to the Moon and to spacecraft."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from raabta.scenario.model import CountryCode, Elevation, Latitude, Longitude, Model, Positive, Share

Band = Literal["UHF", "S", "X", "Ka"]
Frequency = Annotated[float, Field(ge=0.1, le=60.0)]


class StationRadio(Model):
    """One band of a station."""

    band: Band = Field(description="its letter; budgets of links name it")
    down_ghz: Frequency = Field(description="carrier that it hears")
    up_ghz: Frequency | None = Field(default=None, description="none = the station does not send")
    system_k: Positive = Field(description="system noise temperature at 45 degrees in clear sky")
    power_w: Positive | None = Field(default=None, description="of its transmitter; none = it does not send")


class TrackingStation(Model):
    """An Earth station with a steerable dish."""

    name: str
    country: CountryCode
    latitude_deg: Latitude
    longitude_deg: Longitude
    height_m: float = Field(default=0.0, ge=-500.0, le=6_000.0)
    dish_m: Positive
    efficiency_share: Share = 0.6
    min_elevation_deg: Elevation = 10.0
    radios: tuple[StationRadio, ...] = ()
