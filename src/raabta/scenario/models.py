"""What a scenario may say: frozen pydantic models, one unit per field, spelled in its name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Literal, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from raabta.scenario.constellation import Constellation as Constellation
from raabta.scenario.constellation import GeostationarySlot as GeostationarySlot
from raabta.scenario.constellation import SpaceSegment as SpaceSegment
from raabta.scenario.failures import (
    MOST_FAILURES,
    OF_LASERS,
    OF_SATELLITES,
    Failure,
    check_fleet,
    check_gateways,
    of_gateways,
)
from raabta.scenario.fibre import (
    Cable,
    cables_of,
    cables_out,
    check_fibre,
    cut_gateways,
    of_fibre,
)
from raabta.scenario.fleets import split
from raabta.scenario.ground import Gateway as Gateway
from raabta.scenario.ground import HorizonPoint as HorizonPoint
from raabta.scenario.ground import PointOfPresence
from raabta.scenario.landing import (
    check_landing,
    check_pops,
    placed,
)
from raabta.scenario.model import (
    CountryCode,
    Elevation,
    Model,
    NonNegative,
    Positive,
    Share,
    without,
)
from raabta.scenario.payload import Payload as Payload
from raabta.scenario.sharing import Sharing as Sharing
from raabta.scenario.shells import Shell as Shell

SCHEMA_VERSION: Literal[1] = 1
FALLBACK_CLASS: Final = "fallback_"
"""Stands before the terminal classes of the fallback in results."""

PlanName = Literal["25/3", "50/10", "100/20"]

PLANS_MBPS: dict[PlanName, tuple[float, float]] = {
    "25/3": (25.0, 3.0),
    "50/10": (50.0, 10.0),
    "100/20": (100.0, 20.0),
}
"""Plans at the IP layer: (forward, return) in Mbps."""


class Time(Model):
    """When the run starts, how long it lasts and how it is stepped (UTC)."""

    start: datetime = datetime(2026, 11, 22, tzinfo=UTC)
    duration_s: float = Field(default=86_400.0, gt=0.0, le=366 * 86_400.0)
    step_s: float = Field(default=15.0, ge=1.0, le=3_600.0)

    @field_validator("start")
    @classmethod
    def _utc(cls, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    @property
    def steps(self) -> int:
        """Number of slots in the run."""
        return max(1, round(self.duration_s / self.step_s))


class Area(Model):
    """The area whose homes are planned for."""

    country: CountryCode = "PAK"
    outline_file: str | None = None
    people_file: str | None = None
    districts_file: str | None = None
    horizon_file: str | None = None
    cell_resolution: int = Field(default=5, ge=3, le=6)


TerminalClassName = Literal["household", "community", "backhaul", "institution"]


class Terminal(Model):
    """One terminal class: its radio, what it costs in power and money, and how its homes share it."""

    terminal_class: TerminalClassName
    label: str
    dish_m: Positive
    efficiency_share: Share = 0.65
    g_over_t_dbk: float = Field(ge=-20.0, le=45.0)
    noise_temperature_k: Positive = Field(description="clear-sky system temperature behind g_over_t_dbk")
    eirp_dbw: float = Field(ge=0.0, le=90.0)
    pointing_loss_db: NonNegative = 0.3
    carrier_mhz: Positive
    duty_share: Share = 1.0
    electric_power_w: Positive
    cost_class: Literal["low", "medium", "high"]
    max_modulation_bits: int = Field(default=5, ge=2, le=8, description="5 = 32APSK")
    implementation_margin_db: NonNegative = 1.0
    power_control_db: float = Field(default=0.0, ge=0.0, le=40.0)
    power_control_margin_db: NonNegative = 1.0
    share: Share = Field(description="share of the subscribing homes reached through this class")
    homes_per_terminal: Positive = Field(
        default=1.0, description="homes in reach of one terminal; take-up says how many of them subscribe"
    )
    contention_ratio: Positive = 20.0
    horizon_mask_deg: Elevation = 0.0

    @model_serializer(mode="wrap")
    def _without_usual_power(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), power_control_db=0.0, power_control_margin_db=1.0)


class Terrestrial(Model):
    """Who is underserved: a coverage file, or a labelled proxy (distance to a town of a given size)."""

    coverage_file: str | None = None
    proxy_town_population: int = Field(default=20_000, ge=1)
    proxy_distance_km: Positive = 20.0


class Demand(Model):
    """Who asks, and for how much."""

    serve: Literal["underserved", "rural", "everyone"] = "underserved"
    plan: PlanName = "25/3"
    take_up_share: Share = 0.1
    terminals: tuple[Terminal, ...] = Field(min_length=1, max_length=4)
    terrestrial: Terrestrial = Terrestrial()
    availability_target_share: float = Field(default=0.99, gt=0.0, lt=1.0)

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        _check_terminals(self.terminals)
        return self


def _check_terminals(terminals: tuple[Terminal, ...]) -> None:
    """Terminals that no homes can be divided among raise ValueError."""
    total = sum(terminal.share for terminal in terminals)
    if abs(total - 1.0) > 1e-6:
        raise ValueError(f"the shares of the terminal classes sum to {total:g}, not 1")
    names = [terminal.terminal_class for terminal in terminals]
    if len(set(names)) != len(names):
        raise ValueError("a terminal class stands twice")


def _check_handover(sharing: Sharing, time: Time | None) -> None:
    """A handover that takes more than half of a slot raises ValueError."""
    if time is not None and sharing.handover_s > 0.5 * time.step_s:
        raise ValueError(
            f"handover_s {sharing.handover_s:g} is more than half of a slot; "
            f"at most {0.5 * time.step_s:g} s, half of time.step_s"
        )


class Weather(Model):
    """Which rain statistic the served test uses, and how often a seeded rain state is drawn."""

    statistic: Literal["annual", "worst-month"] = "worst-month"
    rain_state_every: int = Field(default=40, ge=1)
    storm_km: Positive = 100.0
    cloud_maps_file: str | None = None
    fade_ratio: float = Field(
        default=1.0, ge=0.0, le=3.0, description="multiplies every fade beyond clear sky, in dB"
    )


class Delay(Model):
    """What stands around the propagation delay in `rtt_estimate_ms`."""

    scheduling_ms: NonNegative = 15.0
    processing_ms: NonNegative = 5.0
    fibre_ms: NonNegative = Field(
        default=5.0, description="added for fibre behind the gateway, where there are no `pops`"
    )
    fibre_route_ratio: float = Field(
        default=1.5,
        ge=1.0,
        le=5.0,
        description="length of the fibre from a gateway to its one of `pops` over the great circle (an "
        "assumption)",
    )

    @model_serializer(mode="wrap")
    def _without_usual_route(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), fibre_route_ratio=1.5)


def _check_gateways(gateways: tuple[Gateway, ...]) -> None:
    """Gateways of one name, or whose partner is none of them, raise ValueError."""
    names = [gateway.name for gateway in gateways]
    if len(set(names)) != len(names):
        raise ValueError("a gateway name stands twice")
    for gateway in gateways:
        if gateway.diversity_partner is not None and gateway.diversity_partner not in names:
            raise ValueError(f"diversity_partner {gateway.diversity_partner!r} is not a gateway here")


class Fallback(Model):
    """A second constellation for the homes that the first leaves: same time, area, people and weather."""

    constellation: Constellation
    gateways: tuple[Gateway, ...] = Field(min_length=1, max_length=128)
    terminals: tuple[Terminal, ...] = Field(min_length=1, max_length=4)
    sharing: Sharing = Sharing()

    @field_validator("gateways")
    @classmethod
    def _gateway_names(cls, value: tuple[Gateway, ...]) -> tuple[Gateway, ...]:
        _check_gateways(value)
        return value

    @field_validator("terminals")
    @classmethod
    def _shares_sum_to_one(cls, value: tuple[Terminal, ...]) -> tuple[Terminal, ...]:
        _check_terminals(value)
        return value

    @model_validator(mode="after")
    def _lands(self) -> Self:
        check_landing(self.constellation, self.sharing)
        return self


class Scenario(Model):
    """One question, whole: nothing outside it and the packaged data decides the answer."""

    schema_version: Literal[1] = SCHEMA_VERSION
    kind: Literal["broadband"] = Field(
        default="broadband", description="what is asked: who is served; `paths` is another kind"
    )
    name: str = Field(min_length=1, max_length=80)
    title: str = ""
    seed: int = Field(default=2026, ge=0, lt=2**63)
    time: Time = Time()
    area: Area = Area()
    constellation: Constellation
    gateways: tuple[Gateway, ...] = Field(min_length=1, max_length=128)
    pops: tuple[PointOfPresence, ...] = Field(
        default=(),
        max_length=128,
        description="points of presence and exchanges; with them the fibre from each gateway to its own "
        "counts in place of `delay.fibre_ms`",
    )
    demand: Demand
    sharing: Sharing = Sharing()
    weather: Weather = Weather()
    delay: Delay = Delay()
    fallback: Fallback | None = None
    failures: tuple[Failure, ...] = Field(
        default=(),
        max_length=MOST_FAILURES,
        description="what is out, each a mapping or a line such as `gateway:Karachi@1h-2h`; shells and "
        "satellites are counted on through the fallback",
    )
    assumptions: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _gateway_names(self) -> Self:
        _check_gateways(self.gateways)
        check_pops(self.pops, self.all_gateways)
        check_landing(self.constellation, self.sharing)
        return self

    @model_validator(mode="after")
    def _failures_of_what_is_there(self) -> Self:
        check_broadband_failures(self, self.failures)
        return self

    @field_validator("sharing")
    @classmethod
    def _handover_within_a_slot(cls, value: Sharing, info: ValidationInfo) -> Sharing:
        _check_handover(value, info.data.get("time"))
        return value

    @field_validator("fallback")
    @classmethod
    def _handover_of_the_fallback(cls, value: Fallback | None, info: ValidationInfo) -> Fallback | None:
        if value is not None:
            _check_handover(value.sharing, info.data.get("time"))
        return value

    @field_validator("fallback")
    @classmethod
    def _another_constellation(cls, value: Fallback | None, info: ValidationInfo) -> Fallback | None:
        first = info.data.get("constellation")
        if value is not None and first is not None and value.constellation.name == first.name:
            raise ValueError(f"its constellation is {first.name!r}, the same as the first")
        return value

    @model_serializer(mode="wrap")
    def _without_no_fallback(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A scenario without these keys is written, and hashed, as if there were no such keys."""
        data: dict[str, Any] = handler(self)
        unset = ("fallback", "pops", "failures")
        return {key: value for key, value in data.items() if value or key not in unset}

    @property
    def all_gateways(self) -> tuple[Gateway, ...]:
        """Gateways of the constellation, then those of the fallback."""
        return self.gateways if self.fallback is None else (*self.gateways, *self.fallback.gateways)

    @property
    def cables(self) -> tuple[Cable, ...]:
        """Fibre behind the gateways of both constellations."""
        return cables_of(self.all_gateways, placed(self.pops, self.all_gateways))

    @property
    def cut_gateways(self) -> tuple[Failure, ...]:
        """Gateways of the first constellation that failures leave without fibre, and when, as failures."""
        return cut_gateways(self.failures, self.gateways, self.cables)

    @property
    def lands_by_lasers(self) -> bool:
        """Whether some traffic may land through lasers."""
        both = [self.sharing] if self.fallback is None else [self.sharing, self.fallback.sharing]
        return any(sharing.landing == "lasers" for sharing in both)

    @property
    def class_names(self) -> list[str]:
        """Terminal classes as results name them: those of the demand, then those of the fallback."""
        names = [str(terminal.terminal_class) for terminal in self.demand.terminals]
        second = () if self.fallback is None else self.fallback.terminals
        return names + [FALLBACK_CLASS + terminal.terminal_class for terminal in second]

    def fallback_alone(self) -> Scenario | None:
        """The same question put to the constellation of the fallback alone; None where there is none."""
        if self.fallback is None:
            return None
        second = self.fallback
        return self.model_copy(
            update={
                "constellation": second.constellation,
                "gateways": second.gateways,
                "demand": self.demand.model_copy(update={"terminals": second.terminals}),
                "sharing": second.sharing,
                "pops": placed(self.pops, self.all_gateways),
                "fallback": None,
                "failures": self._failures_of_fallback(second),
            }
        )

    @property
    def own_failures(self) -> tuple[Failure, ...]:
        """The failures that take something of the first constellation, of gateways or of fibre."""
        return split(self.failures, *self._constellations)[0]

    @property
    def _constellations(self) -> tuple[Constellation, Constellation | None]:
        return self.constellation, None if self.fallback is None else self.fallback.constellation

    def _failures_of_fallback(self, second: Fallback) -> tuple[Failure, ...]:
        """What the fallback alone can lose: its satellites, gateways and their fibre."""
        found = split(self.failures, *self._constellations)[1]
        cables = cables_of(second.gateways, placed(self.pops, self.all_gateways))
        fibre = {each for each in of_fibre(found) if cables_out(each, cables)}
        gateways = set(of_gateways(found, second.gateways))
        space = {each for each in found if each.what in (*OF_SATELLITES, *OF_LASERS)}
        return tuple(each for each in found if each in fibre | gateways | space)


def check_broadband_failures(scenario: Scenario, failures: tuple[Failure, ...]) -> None:
    """ValueError for failures of what a broadband scenario does not have."""
    second = scenario.fallback
    own, theirs = split(failures, scenario.constellation, None if second is None else second.constellation)
    check_fleet(own, scenario.constellation, scenario.time.duration_s)
    if second is not None:
        check_fleet(theirs, second.constellation, scenario.time.duration_s)
    check_gateways(failures, scenario.all_gateways)
    check_fibre(failures, scenario.cables, scenario.pops)
    for failure in failures:
        if failure.what in OF_LASERS and not scenario.lands_by_lasers:
            raise ValueError(
                f"{failure.text}: this scenario carries nothing by laser (sharing.landing is "
                f"{scenario.sharing.landing}); fail a gateway or satellites"
            )
        if failure.what == "link":
            raise ValueError(
                f"{failure.text}: the feeder links of a broadband scenario move from satellite to satellite; "
                "fail their gateway, such as gateway:Karachi"
            )
