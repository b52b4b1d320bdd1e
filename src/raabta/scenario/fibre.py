"""Fibre behind gateways: which points of presence each reaches, what fails of it, and when."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from pydantic import Field

from raabta.base.bodies import EARTH
from raabta.scenario.failures import OF_FIBRE, Failure, unknown
from raabta.scenario.model import Model, Positive
from raabta.scenario.suggest import near_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from raabta.scenario.ground import Gateway, PointOfPresence, Station

NOWHERE: Final = ""
"""The far end of a gateway's fibre where a scenario names no points of presence."""
Ends = tuple[float, float]


class FibreRate(Model):
    """What a cable carries."""

    cable: str = Field(
        min_length=1,
        max_length=200,
        description="both its ends, such as `Karachi GW-Karachi`, or one end for all cables there",
    )
    rate_mbps: Positive = Field(description="each way; all traffic on the cable shares it")


class Cable(NamedTuple):
    """Fibre between two ends, by their names: a gateway and a point of presence, or two of the latter; what
    it carries each way."""

    one: str
    other: str
    great_circle_km: float
    rate_mbps: float = math.inf

    @property
    def text(self) -> str:
        """The cable as a failure names it."""
        return f"{self.one}-{self.other}" if self.other else self.one


def great_circle_km(one: Ends, other: Ends) -> float:
    """Distance of two points, latitude and longitude in degrees, over the mean sphere (haversine)."""
    (lat_a, lon_a), (lat_b, lon_b) = (tuple(map(math.radians, each)) for each in (one, other))
    half = math.sin((lat_b - lat_a) / 2.0) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2.0) ** 2
    return 2.0 * EARTH.mean_radius_km * math.asin(math.sqrt(min(half, 1.0)))


def cables_of(
    gateways: Sequence[Gateway | Station],
    pops: Sequence[PointOfPresence],
    rates: Sequence[FibreRate] = (),
) -> tuple[Cable, ...]:
    """All fibre: of each gateway to its points of presence, its own one first, then among those; each once.

    pops: with coordinates (`landing.placed`). A gateway that names none has fibre to the nearest point of
    presence, of equal ones the first; without points of presence one cable that leads out of the scenario.
    Of several rates for a cable the last counts.
    """
    at = {pop.name: _ends(pop) for pop in pops}
    out = dict[tuple[str, str], Cable]()
    for gateway in gateways:
        for name in _named(gateway) or _nearest(gateway, pops):
            length = great_circle_km(_ends(gateway), at[name]) if name else 0.0
            out[gateway.name, name] = Cable(gateway.name, name, length)
    for pop in pops:
        for name in pop.fibre_to:
            if (name, pop.name) not in out:
                out[pop.name, name] = Cable(pop.name, name, great_circle_km(at[pop.name], at[name]))
    found = list(out.values())
    for rate in rates:
        for i in cables_out(Failure(what="cable", name=rate.cable), found):
            found[i] = found[i]._replace(rate_mbps=rate.rate_mbps)
    return tuple(found)


def _ends(thing: Gateway | Station | PointOfPresence) -> Ends:
    assert thing.latitude_deg is not None and thing.longitude_deg is not None
    return thing.latitude_deg, thing.longitude_deg


def _named(gateway: Gateway | Station) -> tuple[str, ...]:
    """The points of presence that a gateway names, its own one first."""
    own = getattr(gateway, "pop", None)
    return tuple(dict.fromkeys([*([own] if own else []), *gateway.pops]))


def _nearest(gateway: Gateway | Station, pops: Sequence[PointOfPresence]) -> tuple[str, ...]:
    if not pops:
        return (NOWHERE,)
    asked = [pop for pop in pops if pop.role == "pop"] or pops
    return (min(asked, key=lambda pop: great_circle_km(_ends(gateway), _ends(pop))).name,)


def cables_out(failure: Failure, cables: Sequence[Cable]) -> list[int]:
    """Numbers of the cables that a failure takes: one, all of an end, or all of a point of presence."""
    if failure.what == "pop":
        return [i for i, each in enumerate(cables) if failure.name in (each.one, each.other)]
    whole = [i for i, each in enumerate(cables) if failure.name in (each.one, each.other)]
    named = [
        i
        for i, each in enumerate(cables)
        if each.other and failure.name in (each.text, f"{each.other}-{each.one}")
    ]
    return whole or named


def check_fibre(
    failures: Iterable[Failure], cables: Sequence[Cable], pops: Sequence[PointOfPresence]
) -> None:
    """ValueError for a cable or a point of presence that is not there."""
    names = [pop.name for pop in pops]
    for failure in failures:
        if failure.what == "pop" and failure.name not in names:
            if not names:
                raise ValueError(f"{failure.text}: this scenario names no points of presence; give `pops`")
            raise ValueError(unknown(failure, "point of presence", names))
        if failure.what == "cable" and not cables_out(failure, cables):
            if not cables:
                raise ValueError(f"{failure.text}: this scenario has no gateways and so no fibre behind them")
            ends = sorted({each.one for each in cables}) + [each.text for each in cables if each.other]
            raise ValueError(unknown(failure, "cable", ends))


def check_rates(rates: Sequence[FibreRate], cables: Sequence[Cable]) -> None:
    """ValueError for the rate of a cable that is not there, and for one that stands twice."""
    names = [rate.cable for rate in rates]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"fibre_rates: the cable {twice[0]!r} stands twice")
    for rate in rates:
        try:
            check_fibre([Failure(what="cable", name=rate.cable)], cables, ())
        except ValueError as error:
            raise ValueError(f"fibre_rates: {error}") from None


def check_names(what: str, names: Sequence[str], known: Sequence[str]) -> None:
    """ValueError for a name, of `what`, that no point of presence has, and for one that stands twice."""
    if len(set(names)) < len(names):
        raise ValueError(f"{what} names a point of presence twice")
    for name in names:
        if name not in known:
            near = near_name(name, {each.casefold(): each for each in known})
            own = {each.casefold(): each for each in known}
            hint = f"did you mean {own[near]!r}?" if near else f"there are: {', '.join(known) or 'none'}"
            raise ValueError(f"{what} {name!r} is not there; {hint}")


def of_fibre(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """The failures of cables and points of presence."""
    return tuple(each for each in failures if each.what in OF_FIBRE)


def edges_s(failures: Iterable[Failure]) -> list[float]:
    """Seconds into a run at which something of its fibre fails or is back; the first is 0."""
    times = [time for each in of_fibre(failures) for time in (each.from_s, each.until_s)]
    return sorted({0.0, *(time for time in times if time is not None)})


def left_at(failures: Iterable[Failure], cables: Sequence[Cable], at_s: float) -> list[Cable]:
    """The cables that no failure holds out at a time, in their order."""
    out = set[int]()
    for each in of_fibre(failures):
        if each.from_s <= at_s and (each.until_s is None or at_s < each.until_s):
            out.update(cables_out(each, cables))
    return [cable for i, cable in enumerate(cables) if i not in out]


def cut_gateways(
    failures: Sequence[Failure], gateways: Sequence[Gateway | Station], cables: Sequence[Cable]
) -> tuple[Failure, ...]:
    """Failures of fibre as those of gateways: each is out while no cable of its own is left."""
    edges = edges_s(failures)
    out = list[Failure]()
    for begin, end in zip(edges, [*edges[1:], None], strict=True):
        held = {cable.one for cable in left_at(failures, cables, begin)}
        for gateway in gateways:
            if gateway.name not in held:
                out.append(Failure(what="gateway", name=gateway.name, from_s=begin, until_s=end))
    return tuple(out)
