"""What carries each way of a link between two nodes: a rate as said, a table by range, or a budget.

A budget's lines are those of `links.space_link`. Air stands over Earth stations alone (P.618-14 at the
budget's availability), and the body behind a sender warms the receiver: taken to fill the beam's middle all
the time, which is the worst.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.sky import BODIES
from raabta.base.errors import ScenarioError
from raabta.links import rate_tables, weather
from raabta.links.sites import Sites, read_sites
from raabta.links.space_link import (
    EARTH_BRIGHTNESS_K,
    MOON_BRIGHTNESS_K,
    Air,
    Antenna,
    Disc,
    Receiver,
    SpaceLink,
    Stated,
    Transmitter,
    air_of,
    half_width_deg,
)
from raabta.scenario.missions import WAYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from raabta.missions.nodes import Nodes
    from raabta.scenario.budgets import Aerial, Budget
    from raabta.scenario.missions import Link, MissionScenario, Site
    from raabta.scenario.tracking import StationRadio

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

AIR_FROM_GHZ = 1.0
"""P.618 begins there; below it the air takes next to nothing."""
LOWEST_DEG = 5.0
"""P.618's tables begin there."""
ELEVATIONS_DEG = np.array([5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 45.0, 60.0, 90.0])
CLEAR_DEG = 45.0
"""At which a station's noise temperature is told."""
BRIGHTNESS_K = {"Moon": MOON_BRIGHTNESS_K, "Earth": EARTH_BRIGHTNESS_K}


@dataclass(frozen=True)
class Carrier:
    """One way of a link between two nodes: modes, slowest first, with the C/N0 that each needs and spares.

    rates_mbps, needed_dbhz (m,). space: its budget; else C/N0 goes by the square of the range from
    `needed_dbhz[-1]` at `reach_km`, and reach_km of infinity is a rate as said. behind: the body that stands
    behind the sender, `on_it` where the sender stands on it.
    """

    rates_mbps: Floats
    needed_dbhz: Floats
    reach_km: float = np.inf
    space: SpaceLink | None = None
    behind: str = ""
    on_it: bool = False

    def at_range(self, range_km: ArrayLike) -> SpaceLink:
        """Its budget, with the body behind the sender as wide as it is from so far away."""
        assert self.space is not None
        receiver = self.space.receiver
        if not self.behind or isinstance(receiver, Stated):
            return self.space
        radius_km = BODIES[self.behind].mean_radius_km
        centre_km = np.asarray(range_km) + (radius_km if self.on_it else 0.0)
        disc = Disc(self.behind, BRIGHTNESS_K[self.behind], half_width_deg(radius_km, centre_km))
        return replace(self.space, receiver=replace(receiver, discs=(disc,)))

    def cn0_dbhz(self, range_km: Floats, elevation_deg: Floats) -> Floats:
        """C/N0 at ranges (t,) and elevations (t,) at the Earth station, if an end is one."""
        if self.space is not None:
            seen = np.clip(elevation_deg, LOWEST_DEG, 90.0)
            return self.at_range(range_km).cn0_dbhz(range_km, seen, seen)
        if np.isinf(self.reach_km):
            return np.full(np.shape(range_km), self.needed_dbhz[-1])
        return np.asarray(self.needed_dbhz[-1] + 20.0 * np.log10(self.reach_km / np.asarray(range_km)))

    def mode(self, cn0_dbhz: ArrayLike) -> Ints:
        """Number of the fastest mode that holds, -1 for none. Any shape."""
        return np.searchsorted(self.needed_dbhz, cn0_dbhz, side="right").astype(np.int64) - 1


Carriers = dict[tuple[int, int, int, int], Carrier]
"""By link, its nodes as they stand in contacts, and the way (0 forward, 1 return)."""


def carriers_of(scenario: MissionScenario, nodes: Nodes, pairs: Sequence[Ints]) -> Carriers:
    """What carries each way of each pair of each link, where anything does. pairs: of each link, (p, 2).

    Raises ScenarioError for a table that there is not, for a budget none of whose stations has the radio, and
    for a mask below P.618's range.
    """
    found: Carriers = {}
    for number, (link, own) in enumerate(zip(scenario.links, pairs, strict=True)):
        first = set(nodes.named(link.between[0]).tolist())
        for one, other in own.tolist():
            ends = (one, other) if one in first else (other, one)
            for way, name in enumerate(WAYS):
                carrier = _carrier(scenario, nodes, link, name, ends[::-1] if way else ends)
                if carrier is not None:
                    found[number, one, other, way] = carrier
        for way, name in enumerate(WAYS):
            asked = getattr(link, f"{name}_budget") is not None and len(own) > 0
            if asked and not any((number, one, other, way) in found for one, other in own.tolist()):
                raise _no_radio(scenario, nodes, link, name, *own[0].tolist())
    return found


def _carrier(
    scenario: MissionScenario, nodes: Nodes, link: Link, way: str, ends: tuple[int, int]
) -> Carrier | None:
    """Of one way between a sender and a receiver."""
    fixed = getattr(link, f"{way}_mbps")
    if fixed is not None:
        return Carrier(np.array([fixed]), np.zeros(1))
    name = getattr(link, f"{way}_table")
    if name is not None:
        return of_table(name)
    budget = getattr(link, f"{way}_budget")
    if budget is None:
        return None
    sites = {site.name: site for site in scenario.sites}
    return _budgeted(f"link '{link.name}', {way}_budget", nodes, sites, budget, *ends)


@lru_cache(maxsize=64)
def of_table(name: str) -> Carrier:
    """A rate table of the catalogue: its fastest mode reaches `reach_km`, with what it has to spare there."""
    model = rate_tables.catalogue_model(name)
    own = rate_tables.of_catalogue(name)
    return Carrier(own.rate_mbps, own.required_dbhz + model.reach_margin_db, model.reach_km)


def _budgeted(
    what: str, nodes: Nodes, sites: Mapping[str, Site], budget: Budget, sender: int, receiver: int
) -> Carrier | None:
    """By a budget; None where a station at an end has no radio of its band."""
    stations = _radio(sites.get(nodes.name[sender]), budget.band, sends=True)
    hearer = _radio(sites.get(nodes.name[receiver]), budget.band, sends=False)
    if (budget.sender is None and stations is None) or (budget.receiver is None and hearer is None):
        return None
    frequency_ghz = _frequency(what, budget, stations, hearer)
    air = {
        end: _air(what, nodes, sites, budget, frequency_ghz, node)
        for end, node in (("sender", sender), ("receiver", receiver))
    }
    table = modes_of(budget)
    losses = (("other losses", budget.other_losses_db),) if budget.other_losses_db else ()
    behind, on_it = _behind(nodes, sender, receiver)
    space = SpaceLink(
        f"{nodes.name[sender]} to {nodes.name[receiver]}",
        frequency_ghz,
        _sender(budget, sites.get(nodes.name[sender]), stations),
        _receiver(budget, sites.get(nodes.name[receiver]), hearer, air["receiver"]),
        table,
        budget.margin_db,
        losses,
        *(None if each is None else each[0] for each in air.values()),
    )
    return Carrier(
        table.rate_mbps, table.required_dbhz + budget.margin_db, space=space, behind=behind, on_it=on_it
    )


def modes_of(budget: Budget) -> rate_tables.RateTable:
    """The modes of a budget: those of its table, or its own."""
    if budget.modes is not None:
        return rate_tables.of_catalogue(budget.modes)
    assert budget.eb_n0_db is not None
    return rate_tables.rate_table("modes of the budget", budget.rates_mbps, budget.eb_n0_db)


def _behind(nodes: Nodes, sender: int, receiver: int) -> tuple[str, bool]:
    """The body behind a sender: the one that it stands on, or flies about far from the receiver."""
    own, there = nodes.home[sender], nodes.home[receiver]
    if nodes.is_site(sender):
        return own, True
    return (own, False) if own != there else ("", False)


def _radio(site: Site | None, band: str, sends: bool) -> StationRadio | None:
    """The radio of a site in a band, to send or to hear with."""
    for radio in () if site is None or site.dish_m is None else site.radios:
        if radio.band == band and not (sends and None in (radio.up_ghz, radio.power_w)):
            return radio
    return None


def _no_radio(
    scenario: MissionScenario, nodes: Nodes, link: Link, way: str, one: int, other: int
) -> ScenarioError:
    """What is missing where no pair of a link has the radios of its budget."""
    budget = getattr(link, f"{way}_budget")
    first = one in nodes.named(link.between[0])
    ends = (one, other) if first == (way == WAYS[0]) else (other, one)
    sites = {site.name: site for site in scenario.sites}
    for node, end, verb in zip(ends, ("sender", "receiver"), ("sends", "receives"), strict=True):
        site = sites.get(nodes.name[node])
        if getattr(budget, end) is None and _radio(site, budget.band, end == "sender") is None:
            has = ", ".join(radio.band for radio in site.radios) if site is not None else ""
            return ScenarioError(
                f"link '{link.name}', {way}_budget: {nodes.name[node]} has no radio that {verb} in band "
                f"{budget.band}; its bands: {has or 'none'}",
                hint=f"give `{end}` in the budget, or dish_m and radios of the site (`catalogue: kashi`)",
            )
    return ScenarioError(f"link '{link.name}', {way}_budget: no pair has its radios")


def _frequency(what: str, budget: Budget, sender: StationRadio | None, hearer: StationRadio | None) -> float:
    if budget.frequency_ghz is not None:
        return budget.frequency_ghz
    found = hearer.down_ghz if hearer is not None else None if sender is None else sender.up_ghz
    if found is None:
        raise ScenarioError(f"{what}: no station tells the carrier", hint="give `frequency_ghz`")
    return found


def _aerial(said: Aerial) -> Antenna:
    return Antenna(said.dish_m, said.efficiency_share, said.gain_dbi, said.pointing_error_deg)


def _dish(site: Site) -> Antenna:
    assert site.dish_m is not None
    return Antenna(dish_m=site.dish_m, efficiency_share=site.efficiency_share)


def _sender(budget: Budget, site: Site | None, radio: StationRadio | None) -> Transmitter | Stated:
    said = budget.sender
    if said is None:
        assert site is not None and radio is not None and radio.power_w is not None
        return Transmitter(_dish(site), radio.power_w)
    if said.eirp_dbw is not None:
        return Stated(eirp_dbw=said.eirp_dbw)
    assert said.power_w is not None
    return Transmitter(_aerial(said), said.power_w, said.line_loss_db)


def _receiver(
    budget: Budget, site: Site | None, radio: StationRadio | None, air: tuple[Air, float] | None
) -> Receiver | Stated:
    said = budget.receiver
    clear_db = 0.0 if air is None else air[1]
    if said is None:
        assert site is not None and radio is not None
        return Receiver(_dish(site), clear_system_k=radio.system_k, clear_air_db=clear_db)
    if said.g_over_t_dbk is not None:
        return Stated(g_over_t_dbk=said.g_over_t_dbk)
    return Receiver(
        _aerial(said),
        said.noise_figure_db,
        said.feed_loss_db,
        clear_system_k=said.system_k,
        clear_air_db=clear_db,
    )


def _air(
    what: str, nodes: Nodes, sites: Mapping[str, Site], budget: Budget, frequency_ghz: float, node: int
) -> tuple[Air, float] | None:
    """The air over an Earth station, and its loss in clear sky where the station's noise is told, dB."""
    if not (nodes.is_site(node) and nodes.home[node] == "Earth") or frequency_ghz < AIR_FROM_GHZ:
        return None
    mask_deg = float(nodes.mask_deg[node])
    if mask_deg < LOWEST_DEG:
        raise ScenarioError(
            f"{what}: the mask of {nodes.name[node]} is {mask_deg:g} deg, and the loss of the air is known "
            f"from {LOWEST_DEG:g} deg on (ITU-R P.618-14)",
            hint=f"give it a mask_deg of {LOWEST_DEG:g} or more",
        )
    site = sites.get(nodes.name[node])
    dish_m, share = (
        (1.0, 0.6) if site is None or site.dish_m is None else (site.dish_m, site.efficiency_share)
    )
    where = tuple(float(part[node]) for part in (nodes.latitude_deg, nodes.longitude_deg, nodes.height_km))
    return _air_over(where, frequency_ghz, dish_m, share, 100.0 - budget.availability_percent)


@lru_cache(maxsize=512)
def _air_over(
    where: tuple[float, ...], frequency_ghz: float, dish_m: float, share: float, percent: float
) -> tuple[Air, float]:
    fades = weather.tables(
        _climate(where),
        frequency_ghz=frequency_ghz,
        dish_m=dish_m,
        efficiency_share=share,
        exceedance_percent=percent,
        elevation_deg=ELEVATIONS_DEG,
    )
    clear_db = np.interp(CLEAR_DEG, ELEVATIONS_DEG, fades.clear_db[0])
    return air_of(fades), float(clear_db)


@lru_cache(maxsize=512)
def _climate(where: tuple[float, ...]) -> Sites:
    latitude_deg, longitude_deg, height_km = where
    return read_sites(latitude_deg, longitude_deg, height_km)
