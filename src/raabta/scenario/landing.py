"""What a scenario says of where traffic lands: by lasers or not, in which countries, and where it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raabta.scenario.fibre import check_names
from raabta.scenario.suggest import near_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raabta.scenario.constellation import Constellation
    from raabta.scenario.ground import Gateway, PointOfPresence, Station
    from raabta.scenario.sharing import Sharing


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
