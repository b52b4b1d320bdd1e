"""What a scenario of kind `paths` says: satellites with lasers, places on the ground, ways between them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from raabta.base.errors import ScenarioError
from raabta.scenario.constellation import SpaceSegment
from raabta.scenario.failures import MOST_FAILURES, OF_FIBRE, OF_PLACES, OF_SATELLITES, Failure, check_fleet
from raabta.scenario.fibre import (
    Cable,
    FibreRate,
    cables_of,
    check_fibre,
    check_names,
    check_rates,
    cut_gateways,
)
from raabta.scenario.ground import PointOfPresence, Station
from raabta.scenario.landing import check_pops, placed
from raabta.scenario.model import (
    CountryCode,
    Model,
    Name,
    NonNegative,
    Positive,
    without,
    without_empty,
)
from raabta.scenario.models import SCHEMA_VERSION, Scenario, Time
from raabta.scenario.suggest import named, same_place

MOST_PLACES: Final = 2_000
SHORTEST_STEP_S: Final = 0.01
ANY_POP: Final = "any PoP"
"""The end of a way that may be any point of presence: the one that is reached first."""

GroundLinkPolicy = Literal["all", "nearest", "longest-lasting", "load-aware", "gateway-visible"]


class FineTime(Time):
    """When the run starts, how long it lasts and how it is stepped (UTC)."""

    start: datetime = Field(
        default=datetime(2026, 11, 22, tzinfo=UTC), description="UTC where no zone is named"
    )
    duration_s: float = Field(default=86_400.0, gt=0.0, le=366 * 86_400.0, description="length of the run")
    step_s: float = Field(
        default=15.0, ge=SHORTEST_STEP_S, le=3_600.0, description="time between two looks at the sky"
    )


class Cells(Model):
    """The people of a country as places, each a district or a cell."""

    country: CountryCode = Field(default="PAK", description="ISO 3166-1 alpha-3")
    by: Literal["district", "cell"] = Field(
        default="district",
        description="district: those of the census, each where its people are in the mean (Pakistan); cell: "
        "H3 cells with towns, whose people are the country's spread over its towns (GeoNames)",
    )
    resolution: int = Field(default=4, ge=1, le=6, description="of the cells (H3)")

    @model_validator(mode="after")
    def _districts_that_are_known(self) -> Self:
        if self.by == "district" and self.country != "PAK":
            raise ValueError(f"the districts of {self.country} are not known here; give `by: cell`")
        return self


class Ground(Model):
    """Places on the ground, and how they are linked to satellites."""

    largest_cities: int = Field(
        default=0, ge=0, le=1_000, description="so many of the most populous towns of the world (GeoNames)"
    )
    cities: tuple[Name, ...] = Field(
        default=(), description="towns: `London`, `Hyderabad, India`, or `latitude,longitude`"
    )
    stations: tuple[Station, ...] = Field(default=(), max_length=MOST_PLACES, description="other places")
    cells: Cells | None = Field(default=None, description="the people of a country, as places of their own")
    links: GroundLinkPolicy = Field(
        default="all", description="which of the satellites in view a place may use at a step"
    )
    mask: Literal["elevation", "flat-earth-compat"] = Field(
        default="elevation",
        description="elevation: above the constellation's least elevation, on WGS84; flat-earth-compat: "
        "nearer than altitude over the sine of it, or than max_range_km, horizon or not, as Hypatia has it",
    )
    max_range_km: Positive | None = Field(
        default=None, description="longest link of a place to a satellite; none = what the mask says alone"
    )

    @property
    def names(self) -> tuple[str, ...]:
        """Cities and stations that are named one by one."""
        return (*self.cities, *(station.name for station in self.stations))

    @model_serializer(mode="wrap")
    def _without_no_cells(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), cells=None)

    @field_validator("stations")
    @classmethod
    def _names_once(cls, value: tuple[Station, ...]) -> tuple[Station, ...]:
        names = [station.name for station in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the station {twice[0]!r} stands twice")
        return value


class Routing(Model):
    """How ways are chosen."""

    shortest_by: Literal["delay", "hops"] = Field(
        default="delay", description="delay: the shortest way of light; hops: the fewest satellites first"
    )
    relay: bool = Field(
        default=False,
        description="whether a way may come down at a place on the ground and go up again: it can shorten "
        "ways by thousands of km",
    )
    keep_states: bool = Field(
        default=False,
        description="whether a run keeps the forwarding state: the next node of every node, to every place",
    )
    fibre_route_ratio: float = Field(
        default=1.5,
        ge=1.0,
        le=5.0,
        description="length of fibre over the great circle between its ends (an assumption)",
    )

    @model_serializer(mode="wrap")
    def _without_usual_route(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), fibre_route_ratio=1.5)


TrafficRule = Literal["shortest", "equal-cost", "link-disjoint", "node-disjoint", "bent-pipe", "load-aware"]


class Traffic(Model):
    """What the pairs send, and what carries it: one flow a pair, from one end to the other; what comes back
    is the same the other way round."""

    total_mbps: Positive = Field(description="asked for by all pairs together")
    demand: Literal["gravity", "equal"] = Field(
        default="gravity",
        description="gravity: by the product of the people at both ends, over a power of their distance; "
        "equal: the same of every pair",
    )
    distance_exponent_ratio: float = Field(
        default=0.0, ge=0.0, le=4.0, description="that power; 0: distance does not matter"
    )
    rule: TrafficRule = Field(
        default="shortest",
        description="ways that a flow is spread over: the shortest; equal-cost: of them those as good as the "
        "first (ECMP); such as share no link, or no satellite; bent-pipe: over one satellite alone; "
        "load-aware: one way a flow, chosen with the loads of all others",
    )
    ways: int = Field(default=1, ge=1, le=64, description="how many at most")
    equal_within_km: NonNegative = Field(
        default=30.0,
        description="of equal-cost: ways this much longer than the shortest are as good; 30 km are 0.1 ms",
    )
    split: Literal["equal", "adaptive", "exact"] = Field(
        default="adaptive",
        description="equal: fair among ways; adaptive: moved towards fairness among flows, round by round; "
        "exact: fair among flows, split as is best",
    )
    place_mbps: Positive = Field(
        default=20_000.0, description="all links of one place together, up and down each"
    )
    satellite_mbps: Positive = Field(
        default=20_000.0, description="all links of one satellite to the ground together, up and down each"
    )
    beam_mbps: Positive | None = Field(
        default=None,
        description="one link of a place to one satellite, up and down each: a beam; none = no limit",
    )
    feeder_mbps: Positive | None = Field(
        default=None,
        description="with `pops`, all links of one satellite to gateways together, up and down each, which "
        "are then apart from its links to others; none = satellite_mbps",
    )
    gateway_mbps: Positive | None = Field(
        default=None, description="with `pops`, all links of one gateway together; none = place_mbps"
    )
    every_steps: int = Field(default=20, ge=1, le=100_000, description="shared at every so manieth step")
    bound: bool = Field(
        default=False,
        description="whether the most that any sharing could carry over the same ways is found beside it (a "
        "linear program: slow where there are many ways)",
    )

    @model_serializer(mode="wrap")
    def _without_no_rates(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        unset = {"beam_mbps": None, "feeder_mbps": None, "gateway_mbps": None, "equal_within_km": 30.0}
        return without(handler(self), **unset)

    @model_validator(mode="after")
    def _ways_of_the_rule(self) -> Self:
        if self.rule == "load-aware" and self.ways != 1:
            raise ValueError(f"traffic.rule load-aware has one way for each flow; ways is {self.ways}")
        if self.rule == "equal-cost" and self.ways == 1:
            raise ValueError(
                "traffic.rule equal-cost wants `ways` from 2: how many a flow may be spread over"
            )
        return self


Pair = Annotated[tuple[Name, ...], Field(min_length=2, max_length=2)]


class PathScenario(Model):
    """A question about ways: how far, how late and how steady it is between places over a constellation."""

    schema_version: Literal[1] = Field(default=SCHEMA_VERSION, description="of this file's grammar")
    kind: Literal["paths"] = Field(description="what tells this kind of scenario from the others")
    name: str = Field(min_length=1, max_length=80, description="short name; the run's folder is named by it")
    title: str = Field(default="", description="one line for reports")
    seed: int = Field(default=2026, ge=0, lt=2**63, description="of what is drawn by chance")
    time: FineTime = Field(default=FineTime(), description="when, for how long, in which steps")
    constellation: SpaceSegment = Field(description="the satellites, and their lasers")
    ground: Ground = Field(description="the places")
    pops: tuple[PointOfPresence, ...] = Field(
        default=(),
        max_length=128,
        description="points of presence and exchanges, which fibre from the gateways leads to; a pair may "
        "end at one by its name, or at `any PoP`",
    )
    fibre_rates: tuple[FibreRate, ...] = Field(
        default=(),
        max_length=4_096,
        description="what the fibre behind gateways carries, for cables that have a limit",
    )
    routing: Routing = Field(default=Routing(), description="how ways are chosen")
    traffic: Traffic | None = Field(default=None, description="what the pairs send; none = nothing")
    pairs: tuple[Pair, ...] = Field(
        default=(),
        description="the two ends of each way that is followed; none = all pairs of places, or with `pops` "
        "every place that is no gateway with `any PoP`",
    )
    failures: tuple[Failure, ...] = Field(
        default=(),
        max_length=MOST_FAILURES,
        description="what is out, each a mapping or a line such as `storm:1:30%@1h-2h`; a gateway is "
        "any place",
    )
    assumptions: tuple[str, ...] = Field(default=(), description="sentences that every report repeats")

    @model_validator(mode="after")
    def _points_of_presence_with_gateways(self) -> Self:
        check_pops(self.pops, self.gateways)
        check_rates(self.fibre_rates, self.cables)
        own = [pop.name for pop in self.pops]
        for station in self.ground.stations:
            check_names(f"the station {station.name!r}: pops", station.pops, own)
        taken = [station.name for station in self.gateways if station.others_share]
        if taken and not self.pops:
            raise ValueError(f"the station {taken[0]!r} has `others_share`, and traffic lands at no `pops`")
        if self.pops and not self.gateways:
            raise ValueError("pops: no gateway has fibre to them; give a station `gateway: true`")
        if (
            self.routing.relay
            and self.traffic is not None
            and self.traffic.rule in ("bent-pipe", "load-aware")
        ):
            raise ValueError(f"routing.relay does not go with traffic.rule {self.traffic.rule}")
        if self.pops and self.routing.relay:
            raise ValueError(
                "routing.relay does not go with pops: ways would come down only to go on in fibre"
            )
        for name in (*own, *([ANY_POP] if self.pops else [])):
            if any(same_place(name, each) for each in self.ground.names):
                raise ValueError(f"pops: {name!r} is a place of this scenario too; give it another name")
        return self

    @model_validator(mode="after")
    def _traffic_without_relays(self) -> Self:
        rule = None if self.traffic is None else self.traffic.rule
        if self.routing.relay and rule in ("bent-pipe", "load-aware"):
            raise ValueError(f"routing.relay does not go with traffic.rule {rule}")
        return self

    @model_validator(mode="after")
    def _failures_of_what_is_there(self) -> Self:
        check_path_failures(self, self.failures)
        return self

    @model_serializer(mode="wrap")
    def _without_no_failures(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A question without these is written, and hashed, as if there were no such keys."""
        return without_empty(handler(self), "failures", "pops", "fibre_rates")

    @property
    def gateways(self) -> tuple[Station, ...]:
        """The stations that are gateways."""
        return tuple(station for station in self.ground.stations if station.gateway)

    @property
    def placed_pops(self) -> tuple[PointOfPresence, ...]:
        """The points of presence with coordinates."""
        return placed(self.pops, self.gateways)

    @property
    def cables(self) -> tuple[Cable, ...]:
        """Fibre behind the gateways; none where there are no points of presence."""
        return cables_of(self.gateways, self.placed_pops, self.fibre_rates) if self.pops else ()

    @property
    def cut_gateways(self) -> tuple[Failure, ...]:
        """Gateways that failures leave without fibre, and when, as failures."""
        return cut_gateways(self.failures, self.gateways, self.cables) if self.pops else ()

    @property
    def own_failures(self) -> tuple[Failure, ...]:
        """All failures: there is one constellation."""
        return self.failures

    @model_validator(mode="after")
    def _two_ends(self) -> Self:
        for one, other in self.pairs:
            if same_place(one, other):
                raise ValueError(f"pairs: {one!r} is paired with itself; a way has two ends")
        return self

    @model_validator(mode="after")
    def _a_gateway_to_see(self) -> Self:
        named = any(station.gateway for station in self.ground.stations)
        if self.ground.links == "gateway-visible" and not named:
            raise ValueError(
                "ground: links gateway-visible goes by gateways, and there is none; give a station "
                "`gateway: true`"
            )
        return self

    @model_validator(mode="after")
    def _altitudes_for_a_flat_earth(self) -> Self:
        flat = self.ground.mask == "flat-earth-compat" and self.ground.max_range_km is None
        if flat and self.constellation.orbits_file is not None:
            raise ValueError(
                "ground: mask flat-earth-compat goes by the altitudes of shells, and an orbits_file names "
                "none; give max_range_km, the longest link, or use mask elevation"
            )
        return self

    @model_validator(mode="after")
    def _two_places(self) -> Self:
        count = self.ground.largest_cities + len(self.ground.names)
        if count < 2 and self.ground.cells is None and not (count and self.pops):
            raise ValueError("ground: fewer than two places; give `largest_cities`, `cities` or `stations`")
        return self

    def between(self, one: str, other: str) -> PathScenario:
        """The same question about one pair of places alone: stations by their names or by parts that only one
        has (`suggest.named`), and towns. Raises ScenarioError for a part that several stations have."""
        stations = {station.name for station in self.ground.stations}
        pair = _station_named(one, stations), _station_named(other, stations)
        named = tuple(name for name in pair if name not in stations)
        pops = {ANY_POP, *(pop.name for pop in self.pops)} if self.pops else set()
        own = tuple(
            station
            for station in self.ground.stations
            if station.name in pair or (self.pops and station.gateway)
        )
        towns = tuple(name for name in named if name not in pops)
        alone: dict[str, Any] = {"largest_cities": 0, "cities": towns, "stations": own}
        if any(failure.what in OF_PLACES for failure in self.failures):  # they name other places too
            alone = {"cities": (*self.ground.cities, *towns)}
        ground = self.ground.model_copy(update=alone)
        data: dict[str, Any] = {**self.model_dump(), "ground": ground.model_dump(), "pairs": (pair,)}
        return PathScenario.model_validate(data)


def check_path_failures(scenario: PathScenario, failures: tuple[Failure, ...]) -> None:
    """ValueError for failures of what a scenario of ways does not have, as far as its file says."""
    check_fleet(failures, scenario.constellation, scenario.time.duration_s)
    if any(each.what in OF_FIBRE for each in failures):
        check_fibre(failures, scenario.cables, scenario.pops)


def _station_named(text: str, stations: set[str]) -> str:
    """The station that a text means, or the text itself where none is called so."""
    found = [text] if text in stations else sorted(named(text, stations))
    if len(found) > 1:
        raise ScenarioError(
            f"{text!r} may be {len(found)} stations: {', '.join(found[:6])}", hint="give more of the name"
        )
    return found[0] if found else text


def ways_of(scenario: Scenario, pair: tuple[str, str]) -> PathScenario:
    """The way between two towns over the constellation of a broadband scenario, over its time."""
    asked = {
        "kind": "paths",
        "name": scenario.name,
        "seed": scenario.seed,
        "time": scenario.time.model_dump(),
        "constellation": scenario.constellation.model_dump(),
        "ground": {"cities": pair},
        "failures": [each.model_dump() for each in scenario.failures if each.what in OF_SATELLITES],
        "pairs": (pair,),
    }
    return PathScenario.model_validate(asked)
