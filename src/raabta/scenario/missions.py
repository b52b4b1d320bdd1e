"""What a scenario of kind `mission` says: sites on a body, craft, links between them, and what is asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from raabta.scenario.budgets import Budget
from raabta.scenario.cameras import Camera, Target
from raabta.scenario.model import Elevation, Latitude, Longitude, Model, Name, Positive, Share
from raabta.scenario.models import SCHEMA_VERSION
from raabta.scenario.orbiters import Orbiter
from raabta.scenario.paths import FineTime
from raabta.scenario.suggest import near_name
from raabta.scenario.tracking import StationRadio

MOST_NODES = 2_000

SiteFrame = Literal["WGS84", "MOON_ME", "MOON_PA"]
"""Frames that places on a body are named in: they differ by up to 870 m on the Moon, so none is a default."""

Pair = Annotated[tuple[Name, ...], Field(min_length=2, max_length=2)]


def _utc(value: datetime) -> datetime:
    """A time in UTC, which is meant where no zone is named."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class MissionTime(FineTime):
    """When a mission is looked at, for how long, and how finely its curves are drawn (UTC)."""

    step_s: float = Field(
        default=60.0,
        ge=1.0,
        le=3_600.0,
        description="between two points of a curve; edges are no steps",
    )


class Lasting(Model):
    """What may be there for a part of the run alone: a lander until its ascent."""

    @field_validator("begins", "ends", check_fields=False)
    @classmethod
    def _as_utc_too(cls, value: datetime | None) -> datetime | None:
        return None if value is None else _utc(value)

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        begins, ends = getattr(self, "begins", None), getattr(self, "ends", None)
        if begins is not None and ends is not None and not begins < ends:
            raise ValueError(
                f"it begins at {begins:%Y-%m-%d %H:%M} and ends at {ends:%Y-%m-%d %H:%M}: swap them"
            )
        return self


class Site(Lasting):
    """One place on a body: an Earth station, a town, a landing site."""

    name: Name = Field(description="how links and results call it")
    group: str = Field(default="", max_length=80, description="links and results may name a whole group")
    frame: SiteFrame = Field(description="what its latitude and longitude are of; it must be said")
    latitude_deg: Latitude = Field(description="north positive; geodetic on WGS84")
    longitude_deg: Longitude = Field(description="east positive")
    height_m: float = Field(
        default=0.0,
        ge=-12_000.0,
        le=12_000.0,
        description="of the ground, above WGS84 or above the Moon's sphere of 1,737.4 km",
    )
    mast_m: float = Field(default=0.0, ge=0.0, le=1_000.0, description="antenna above the ground")
    mask_deg: Elevation = Field(default=5.0, description="lowest elevation that it works at")
    horizon: str | None = Field(
        default=None,
        max_length=80,
        description="a horizon that comes with raabta, such as leibnitz-beta; none = flat down to the mask",
    )
    terrain: str | None = Field(
        default=None,
        description="or a height raster of yours (GeoTIFF or PDS3; of the Moon in MOON_ME) that gives it",
    )
    stand_in: bool = Field(default=False, description="true where another place stands in for the real one")
    begins: datetime | None = Field(default=None, description="UTC from which on it is there; none = always")
    ends: datetime | None = Field(default=None, description="UTC until which it is there; none = always")
    dish_m: Positive | None = Field(default=None, description="diameter of its dish, for budgets of links")
    efficiency_share: Share = Field(default=0.6, description="of the dish's aperture")
    radios: tuple[StationRadio, ...] = Field(default=(), description="its bands, for budgets of links")

    @model_validator(mode="after")
    def _one_horizon(self) -> Self:
        if self.terrain is not None and self.horizon is not None:
            raise ValueError(f"{self.name}: give `horizon` or `terrain`, not both")
        if self.terrain is not None and self.frame == "MOON_PA":
            raise ValueError(f"{self.name}: `terrain` is mapped in MOON_ME; give the site in it")
        return self


class SiteTable(Model):
    """Many sites at once, from a table that comes with raabta."""

    table: Literal["pakistan-districts"] = Field(
        description="pakistan-districts: the 156 districts, each at the middle of its people"
    )
    group: Name = Field(description="how links and results call all of them")
    mask_deg: Elevation = Field(default=5.0, description="lowest elevation that they work at")


class MeanElements(Model):
    """SGP4 mean elements as a TLE or an OMM carries them (TEME of epoch, WGS 72)."""

    epoch: datetime = Field(description="UTC where no zone is named")
    mean_motion_rev_day: float = Field(gt=0.01, le=20.0, description="revolutions a day (Kozai)")
    eccentricity_ratio: float = Field(ge=0.0, lt=1.0, description="eccentricity")
    inclination_deg: float = Field(ge=0.0, le=180.0, description="inclination")
    raan_deg: float = Field(ge=0.0, le=360.0, description="right ascension of the ascending node")
    argp_deg: float = Field(ge=0.0, le=360.0, description="argument of perigee")
    mean_anomaly_deg: float = Field(ge=0.0, le=360.0, description="mean anomaly")
    bstar_per_radius: float = Field(default=0.0, ge=-10.0, le=10.0, description="drag term of SGP4")

    @field_validator("epoch")
    @classmethod
    def _as_utc(cls, value: datetime) -> datetime:
        return _utc(value)


ORBITS = ("geostationary_deg", "mean_elements", "orbits_file", "orbiter")


class Craft(Lasting):
    """One satellite or spacecraft; its orbit is given in one of several ways."""

    name: Name = Field(description="how links and results call it")
    group: str = Field(default="", max_length=80, description="links and results may name a whole group")
    geostationary_deg: Longitude | None = Field(default=None, description="its longitude, if it stands still")
    mean_elements: MeanElements | None = Field(default=None, description="SGP4 mean elements")
    orbits_file: str | None = Field(default=None, description="TLE or OMM file that holds it")
    object_name: str | None = Field(
        default=None,
        max_length=80,
        description="its name in the file; none = the file holds one object",
    )
    orbiter: Orbiter | None = Field(
        default=None,
        description="elements, a state or an OEM file about the Earth or the Moon; in a file its name and an "
        "epoch at the start of the run need not be said",
    )
    begins: datetime | None = Field(default=None, description="UTC from which on it is there; none = always")
    ends: datetime | None = Field(default=None, description="UTC until which it is there; none = always")
    note: str = Field(default="", description="a sentence for reports")

    @model_validator(mode="after")
    def _one_orbit(self) -> Self:
        given = [name for name in ORBITS if getattr(self, name) is not None]
        if len(given) != 1:
            said = " and ".join(given) or "none"
            raise ValueError(f"{self.name}: an orbit is given in one way, not {said}: {', '.join(ORBITS)}")
        if self.object_name is not None and self.orbits_file is None:
            raise ValueError(f"{self.name}: object_name is of an orbits_file, and there is none")
        return self


WAYS = ("forward", "return")
"""Of a link: from its first end to its second, and back."""


class Link(Model):
    """Who may talk to whom: every pair of a node of one end and a node of the other.

    Forward is from the first end to the second. A rate is said, or follows from the range by a table or a
    budget: it changes in a contact when the range does. A node of the first end talks with one node of the
    second at a time.
    """

    name: Name = Field(description="how results call it")
    between: Pair = Field(description="two nodes, or groups of nodes")
    longest_km: Positive | None = Field(
        default=None, description="between craft: longest link; none = as far as they see"
    )
    grazing_km: float = Field(
        default=0.0, ge=0.0, le=1_000.0, description="between craft: height above the body that lines clear"
    )
    forward_mbps: Positive | None = Field(default=None, description="rate from the first end to the second")
    return_mbps: Positive | None = Field(default=None, description="rate from the second end to the first")
    forward_table: str | None = Field(default=None, description="or a rate table of the catalogue")
    return_table: str | None = Field(default=None, description="or a rate table of the catalogue")
    forward_budget: Budget | None = Field(default=None, description="or the radio from which rates follow")
    return_budget: Budget | None = Field(default=None, description="or the radio from which rates follow")
    case: str = Field(
        default="",
        max_length=80,
        description="links of a case carry data in that case alone; links without one in every case",
    )

    @model_validator(mode="after")
    def _one_rate_each_way(self) -> Self:
        for way in WAYS:
            names = [f"{way}_{what}" for what in ("mbps", "table", "budget")]
            given = [name for name in names if getattr(self, name) is not None]
            if len(given) > 1:
                raise ValueError(f"{self.name}: give {given[0]} or {given[1]}, not both")
        return self


class Track(Model):
    """A curve of elevation: one node seen from a site."""

    site: Name = Field(description="the site that looks")
    node: Name = Field(description="the craft or site that it looks at, or `Sun`")


class LookAngles(Model):
    """Where antennas point: elevation, azimuth and range of every craft of one end from every site."""

    sites: Name = Field(description="a site or a group of them")
    craft: Name = Field(description="a craft or a group of them")


class SunOutages(Model):
    """When the Sun stands behind a satellite, in the beam of a dish."""

    sites: Name = Field(description="a site or a group of them")
    craft: Name = Field(description="a craft or a group of them")
    dish_m: Positive = Field(default=1.2, description="diameter of the dish")
    frequency_ghz: Positive = Field(default=11.5, description="carrier that it receives")


class Crew(Model):
    """Whose days are counted: contact is told by the day of the crew, in its time zone."""

    craft: Name = Field(description="where the crew is")
    zone_h: float = Field(default=0.0, ge=-14.0, le=14.0, description="hours its clocks are ahead of UTC")
    wake_h: float = Field(default=6.0, ge=0.0, lt=24.0, description="its day begins, on its own clock")
    sleep_h: float = Field(default=21.5, gt=0.0, le=24.0, description="its day ends")

    @model_validator(mode="after")
    def _wakes_before_it_sleeps(self) -> Self:
        if not self.wake_h < self.sleep_h:
            raise ValueError(f"wake_h ({self.wake_h:g}) must be before sleep_h ({self.sleep_h:g})")
        return self


class Exposure(Model):
    """Trapped protons and electrons along an orbit, by AP8 and AE8 (extra `raabta[radiation]`)."""

    craft: Name = Field(description="along whose orbit")
    solar: Literal["min", "max"] = Field(default="min", description="phase of the solar cycle of the models")
    protons_mev: tuple[Positive, ...] = Field(
        default=(10.0, 30.0, 100.0), max_length=20, description="proton energies: flux above each"
    )
    electrons_mev: tuple[Positive, ...] = Field(
        default=(0.5, 1.0, 2.0), max_length=20, description="electron energies: flux above each"
    )
    hot_share: Share = Field(
        default=0.01,
        description="part of the greatest proton flux from which on a time counts as hot",
    )


class Flow(Model):
    """Data that a node makes for another, carried by links when they can: measurements, images, commands."""

    name: Name = Field(description="how results call it")
    node: Name = Field(description="where the data are made")
    destination: Name = Field(description="the node that they are for")
    volume_mb: Positive = Field(description="10^6 bytes each time")
    start_s: float = Field(default=0.0, ge=0.0, description="first time, from the start of the run")
    every_s: Positive | None = Field(default=None, description="again and again; none = once")
    spread: bool = Field(
        default=False, description="whether each volume is made evenly until the next, not all at once"
    )
    made: Literal["always", "awake", "sunlit"] = Field(
        default="always",
        description="when its node makes them: sunlit, in sunlight alone; awake, in darkness too that its "
        "battery bridges; what would be made at other times is not",
    )
    priority: int = Field(default=1, ge=0, le=255, description="0 bulk, 1 normal, 2 expedited, and higher")
    lifetime_s: Positive | None = Field(default=None, description="after which it is lost; none = never")


class Battery(Model):
    """Gaps that a battery, or patience, must bridge: darkness of a node, or silence of its links."""

    node: Name = Field(description="a site or a craft whose light or links are told")
    lasts_h: Positive = Field(description="longest gap that it bridges")


class MissionScenario(Model):
    """A question about a mission: who sees whom, and what a rover, a satellite or a crew gets out of it."""

    schema_version: Literal[1] = Field(default=SCHEMA_VERSION, description="of this file's grammar")
    kind: Literal["mission"] = Field(description="what tells this kind of scenario from the others")
    name: str = Field(min_length=1, max_length=80, description="short name; the run's folder is named by it")
    title: str = Field(default="", description="one line for reports")
    seed: int = Field(default=2026, ge=0, lt=2**63, description="of what is drawn by chance")
    time: MissionTime = Field(default=MissionTime(), description="when, for how long")
    earth_orientation: Literal["measured", "hold"] = Field(
        default="measured",
        description="hold carries the Earth's rotation on beyond its tables; the notes say how far off",
    )
    sites: tuple[Site, ...] = Field(default=(), max_length=MOST_NODES, description="places on a body")
    tables: tuple[SiteTable, ...] = Field(default=(), max_length=20, description="many sites at once")
    craft: tuple[Craft, ...] = Field(default=(), max_length=MOST_NODES, description="satellites, spacecraft")
    links: tuple[Link, ...] = Field(default=(), max_length=200, description="who may talk to whom")
    light: tuple[Name, ...] = Field(default=(), description="craft, or groups, whose sunlight is told")
    tracks: tuple[Track, ...] = Field(default=(), max_length=50, description="curves of elevation")
    look_angles: tuple[LookAngles, ...] = Field(default=(), max_length=50, description="where dishes point")
    sun_outages: tuple[SunOutages, ...] = Field(default=(), max_length=20, description="the Sun in the beam")
    data: tuple[Flow, ...] = Field(default=(), max_length=200, description="what links carry")
    cases: tuple[Name, ...] = Field(
        default=(),
        max_length=20,
        description="cases that data are carried in, in this order; none = those that links name. A case "
        "that no link names has the links without a case alone",
    )
    cameras: tuple[Camera, ...] = Field(default=(), max_length=20, description="what takes images of targets")
    targets: tuple[Target, ...] = Field(
        default=(), max_length=1_000, description="places that cameras look for"
    )
    buffers_mb: dict[str, float] = Field(default={}, description="what a node can hold; others hold anything")
    bookings: Literal["own", "shared"] = Field(
        default="own", description="what nodes know of volumes booked: their own, or all, as one centre plans"
    )
    wired: tuple[Name, ...] = Field(
        default=(), description="groups of sites that pass data on among them by ground, at once"
    )
    battery: tuple[Battery, ...] = Field(default=(), max_length=20, description="gaps that must be bridged")
    crew: Crew | None = Field(default=None, description="whose days contact is told by")
    exposure: Exposure | None = Field(default=None, description="trapped radiation along an orbit")
    assumptions: tuple[str, ...] = Field(default=(), description="sentences that every report repeats")

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        nodes: tuple[Site | Craft, ...] = (*self.sites, *self.craft)
        names = [node.name for node in nodes]
        groups = {node.group for node in nodes} | {each.group for each in self.tables}
        twice = sorted({name for name in names if names.count(name) > 1} | groups.intersection(names))
        if twice:
            raise ValueError(f"the name {twice[0]!r} stands for two things; nodes and groups share a list")
        links = [link.name for link in self.links]
        again = sorted({name for name in links if links.count(name) > 1})
        if again:
            raise ValueError(f"links: the name {again[0]!r} stands twice")
        return self

    @model_validator(mode="after")
    def _names_that_are_there(self) -> Self:
        sites = {each for site in self.sites for each in (site.name, site.group)}
        sites |= {table.group for table in self.tables}
        craft = {each for one in self.craft for each in (one.name, one.group)}
        both = sites | craft
        nodes = {site.name for site in self.sites} | {one.name for one in self.craft}
        for link in self.links:
            for end in link.between:
                _known(f"links: {link.name}", end, both)
        for name in self.light:
            _known("light", name, both)
        for name in self.wired:
            _known("wired", name, sites)
        for flow in self.data:
            _known(f"data: {flow.name}", flow.node, nodes)
            _known(f"data: {flow.name}", flow.destination, nodes)
        for name in (*self.buffers_mb, *(each.node for each in self.battery)):
            _known("buffers_mb, battery", name, nodes)
        for track in self.tracks:
            _known("tracks", track.site, sites)
            _known("tracks", track.node, both | {"Sun"})
        asked: tuple[LookAngles | SunOutages, ...] = (*self.look_angles, *self.sun_outages)
        for ask in asked:
            _known("look_angles, sun_outages", ask.sites, sites)
            _known("look_angles, sun_outages", ask.craft, craft)
        for one in (self.crew, self.exposure):
            if one is not None:
                _known("crew, exposure", one.craft, {each.name for each in self.craft})
        for name in [link.case for link in self.links if link.case and self.cases]:
            _known("links: case", name, set(self.cases))
        return self

    @model_validator(mode="after")
    def _cameras_that_can_be(self) -> Self:
        nodes = {site.name for site in self.sites} | {one.name for one in self.craft}
        lunar = {one.name for one in self.craft if one.orbiter is not None and one.orbiter.body == "Moon"}
        for camera in self.cameras:
            where = f"cameras: {camera.name}"
            _known(where, camera.craft, {one.name for one in self.craft})
            _known(where, camera.destination, nodes)
            if camera.craft not in lunar:
                raise ValueError(f"{where}: {camera.craft} is no orbiter about the Moon; cameras look there")
        if bool(self.cameras) != bool(self.targets):
            raise ValueError("cameras take images of targets: give both, or neither")
        for what, names in (
            ("cameras, data", [one.name for one in self.cameras] + [flow.name for flow in self.data]),
            ("targets", [each.name for each in self.targets]),
        ):
            again = sorted({name for name in names if names.count(name) > 1})
            if again and (what == "targets" or self.cameras):
                raise ValueError(f"{what}: the name {again[0]!r} stands twice")
        return self

    @model_validator(mode="after")
    def _light_where_data_need_it(self) -> Self:
        powered = {each.node for each in self.battery}
        groups = {site.name: site.group for site in self.sites} | {one.name: one.group for one in self.craft}
        for flow in self.data:
            if flow.made == "always":
                continue
            if not {flow.node, groups[flow.node]}.intersection(self.light):
                raise ValueError(f"data: {flow.name} is made while {flow.made}; add {flow.node} to `light`")
            if flow.made == "awake" and flow.node not in powered:
                raise ValueError(f"data: {flow.name} is made while awake; give {flow.node} a `battery`")
        return self


def _known(where: str, name: str, names: set[str]) -> None:
    if name in names - {""}:
        return
    there = {each.casefold(): each for each in sorted(names - {""})}
    near = near_name(name, there)
    known = ", ".join(list(there.values())[:12]) or "none"
    hint = f"did you mean {there[near]!r}?" if near else f"there are: {known}"
    raise ValueError(f"{where}: nothing is called {name!r}; {hint}")
