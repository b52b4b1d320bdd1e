"""What a scenario says of single places on the ground: gateways, stations, points of presence."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from raabta.scenario.model import (
    CountryCode,
    Elevation,
    Latitude,
    Longitude,
    Model,
    Name,
    Positive,
    Share,
    without,
    without_empty,
)


class HorizonPoint(Model):
    """One sample of a horizon; between two it is linear, one alone holds all round."""

    azimuth_deg: float = Field(ge=0.0, le=360.0)
    elevation_deg: float = Field(ge=-90.0, le=90.0)


class Gateway(Model):
    """One earth station of the feeder link."""

    name: str
    country: CountryCode
    latitude_deg: Latitude
    longitude_deg: Longitude
    height_m: float = Field(default=0.0, ge=-500.0, le=6_000.0)
    antennas: int = Field(default=8, ge=1, le=256)
    bandwidth_mhz: Positive = Field(default=2_000.0, description="of one antenna, in one polarisation")
    return_bandwidth_mhz: Positive | None = Field(
        default=None, description="the same from satellite to gateway; none = bandwidth_mhz"
    )
    polarisations: Literal[1, 2] = 2
    eirp_dbw: float = Field(
        default=68.0, ge=0.0, le=110.0, description="one antenna, over bandwidth_mhz in one polarisation"
    )
    g_over_t_dbk: float = Field(default=30.0, ge=-20.0, le=60.0)
    dish_m: Positive = 2.4
    gso_separation_deg: Elevation = 0.0
    availability_share: Share = 0.998
    diversity_partner: str | None = None
    pop: str | None = Field(
        default=None, description="name of the one of `pops` that its traffic goes to; none = the nearest"
    )
    pops: tuple[str, ...] = Field(
        default=(),
        max_length=128,
        description="names of those of `pops` that its fibre reaches too: where the cable to its own one "
        "fails, traffic goes to the nearest of them",
    )
    others_share: float = Field(
        default=0.0, ge=0.0, lt=1.0, description="of its feeders, for users elsewhere"
    )
    horizon: tuple[HorizonPoint, ...] = ()
    hypothetical: bool = True

    @model_validator(mode="after")
    def _one_horizon_per_azimuth(self) -> Self:
        heights: dict[float, float] = {}
        for point in self.horizon:
            azimuth = point.azimuth_deg % 360.0
            if heights.setdefault(azimuth, point.elevation_deg) != point.elevation_deg:
                raise ValueError(f"azimuth {azimuth:g} of the horizon stands twice (360 is 0, north)")
        return self

    @model_serializer(mode="wrap")
    def _without_no_pop(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(without_empty(handler(self), "pops"), pop=None, others_share=0.0)

    def band_mhz(self, *, forward: bool) -> float:
        """Feeder bandwidth of one antenna in one polarisation, from or to the gateway."""
        if forward or self.return_bandwidth_mhz is None:
            return self.bandwidth_mhz
        return self.return_bandwidth_mhz


class Station(Model):
    """One place on the ground that is not a town."""

    name: Name = Field(description="how pairs and results call it")
    latitude_deg: Latitude = Field(description="geodetic, north positive")
    longitude_deg: Longitude = Field(description="east positive")
    height_m: float = Field(default=0.0, ge=-500.0, le=9_000.0, description="above the ellipsoid")
    people: int = Field(
        default=1_000_000, ge=0, le=100_000_000, description="what it counts for in traffic by `gravity`"
    )
    gateway: bool = Field(
        default=False,
        description="whether it is a gateway: links by `gateway-visible` go by what it sees, and with `pops` "
        "traffic lands there",
    )
    pops: tuple[Name, ...] = Field(
        default=(),
        max_length=128,
        description="of a gateway: those of `pops` that fibre leads to; none = to the nearest",
    )

    others_share: float = Field(
        default=0.0,
        ge=0.0,
        lt=1.0,
        description="of a gateway, with `pops`: part of what it and each of its feeders carry that users "
        "elsewhere take",
    )

    @model_validator(mode="after")
    def _fibre_of_a_gateway(self) -> Self:
        for name, given in (("pops", self.pops), ("others_share", self.others_share)):
            if given and not self.gateway:
                raise ValueError(
                    f"the station {self.name!r} has `{name}` and is no gateway; give `gateway: true`"
                )
        return self

    @model_serializer(mode="wrap")
    def _without_no_pops(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(without_empty(handler(self), "pops"), others_share=0.0)


class PointOfPresence(Model):
    """Where traffic of gateways joins other networks: a point of presence, or an exchange behind it."""

    name: str = Field(min_length=1, max_length=80, description="name, unique in the scenario")
    country: CountryCode = Field(description="ISO 3166-1 alpha-3")
    latitude_deg: Latitude | None = Field(default=None, description="WGS84 latitude; none = at `gateway`")
    longitude_deg: Longitude | None = Field(default=None, description="WGS84 longitude; none = at `gateway`")
    gateway: str | None = Field(default=None, description="name of the gateway that it stands at")
    role: Literal["pop", "exchange"] = Field(
        default="pop",
        description="exchange: other networks are met there and no gateway's fibre leads to it by itself; it "
        "is reached through those that name it in `fibre_to`",
    )
    fibre_to: tuple[str, ...] = Field(
        default=(),
        max_length=128,
        description="points of presence and exchanges that its fibre leads on to, both ways",
    )

    @model_serializer(mode="wrap")
    def _without_no_fibre(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(without_empty(handler(self), "fibre_to"), role="pop")

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        placed = [self.latitude_deg is not None, self.longitude_deg is not None]
        if self.gateway is not None and any(placed):
            raise ValueError("give latitude_deg and longitude_deg, or `gateway`, not both")
        if self.gateway is None and not all(placed):
            raise ValueError("where it stands is missing: latitude_deg and longitude_deg, or `gateway`")
        return self
