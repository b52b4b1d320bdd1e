"""What a scenario says of where traffic lands: by lasers or not, in which countries, and where it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from raabta.scenario.countries import country_name, meant_country
from raabta.scenario.fibre import check_names, without_empty
from raabta.scenario.model import CountryCode, Latitude, Longitude, Model
from raabta.scenario.suggest import near_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raabta.scenario.models import Constellation, Gateway, Sharing
    from raabta.scenario.paths import Station


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


def placed(
    pops: Sequence[PointOfPresence], gateways: Sequence[Gateway | Station]
) -> tuple[PointOfPresence, ...]:
    """Points of presence with coordinates: of those at a gateway, the gateway's."""
    sites = {gateway.name: gateway for gateway in reversed(gateways)}

    def place(pop: PointOfPresence) -> PointOfPresence:
        if pop.gateway is None:
            return pop
        at = sites[pop.gateway]
        here = {"latitude_deg": at.latitude_deg, "longitude_deg": at.longitude_deg, "gateway": None}
        return pop.model_copy(update=here)

    return tuple(place(pop) for pop in pops)


def check_countries(codes: Sequence[str]) -> None:
    """ValueError for a code that is no country, or stands twice."""
    for code in codes:
        if country_name(code) == code:
            meant = meant_country(code)
            hint = f"did you mean {meant}?" if meant else "ISO 3166-1 alpha-3 codes, such as OMN (Oman)"
            raise ValueError(f"landing_countries: there is no country {code}; {hint}")
    if len(set(codes)) != len(codes):
        raise ValueError("a country stands twice in landing_countries")


def check_landing(constellation: Constellation, sharing: Sharing) -> None:
    """ValueError where traffic is to land by lasers that the satellites do not have or cannot feed."""
    if sharing.landing != "lasers":
        return
    if constellation.lasers is None:
        raise ValueError(
            f"sharing.landing is lasers, and {constellation.name} has none: give `constellation.lasers` "
            "(`lasers: {}` is +Grid), or `landing: direct`"
        )
    if constellation.payload.processing == "transparent":
        raise ValueError(
            f"sharing.landing is lasers, and the payload of {constellation.name} is transparent: it repeats "
            "carriers and has no packets to send on; give a payload that decodes, or `landing: direct`"
        )


def check_pops(pops: Sequence[PointOfPresence], gateways: Sequence[Gateway | Station]) -> None:
    """ValueError for points of presence of one name, and for names that are none."""
    names, sites = [pop.name for pop in pops], [gateway.name for gateway in gateways]
    if len(set(names)) != len(names):
        raise ValueError("the name of a point of presence stands twice")
    for pop in pops:
        if pop.gateway is not None and pop.gateway not in sites:
            raise ValueError(_unknown(f"pops {pop.name!r}: gateway", pop.gateway, sites))
        if pop.name in pop.fibre_to:
            raise ValueError(f"pops {pop.name!r}: fibre_to leads to itself")
        check_names(f"pops {pop.name!r}: fibre_to", pop.fibre_to, names)
    for gateway in gateways:
        own = getattr(gateway, "pop", None)
        if own is not None and own not in names:
            raise ValueError(_unknown(f"gateway {gateway.name!r}: pop", own, names))
        check_names(f"gateway {gateway.name!r}: pops", gateway.pops, names)


def _unknown(what: str, name: str, known: Sequence[str]) -> str:
    near = near_name(name, known)
    hint = f"; did you mean {near!r}?" if near else f"; there are: {', '.join(known) or 'none'}"
    return f"{what} {name!r} is not there{hint}"


def without(data: dict[str, Any], **unset: Any) -> dict[str, Any]:
    """Data of a model without the keys that are as if they were not set, so that it is written, and hashed,
    as before there were such keys."""
    return {key: value for key, value in data.items() if key not in unset or value != unset[key]}
