"""Which of the satellites in view a place on the ground has its links to.

`in_view` stands for the mask: it gives every satellite that a place may use at a step (`paths.ground_links`,
or `flat_earth_links` for Hypatia's rule). A policy chooses among them. All but one look at their step alone;
`longest-lasting` remembers, in a way that does not depend on how a run is cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.network import arrays, assignment_kernels
from raabta.network.mesh.paths import GroundLinks, keep_first

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raabta.scenario.models import SpaceSegment

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    InView = Callable[[int], GroundLinks]

GroundPolicy = Literal["all", "nearest", "longest-lasting", "load-aware", "gateway-visible"]
POLICIES: Final[tuple[GroundPolicy, ...]] = get_args(GroundPolicy)
AHEAD_S: Final = 1_200.0
"""How far `longest-lasting` looks ahead: longer times in view count as this."""
MEMORY_S: Final = 600.0
"""Length of an epoch of `longest-lasting`; it is remembered from the beginning of the epoch before."""
GEOSTATIONARY_KM: Final = 35_786.0


def choose(
    policy: GroundPolicy,
    in_view: InView,
    slots: Sequence[int],
    *,
    step_s: float,
    count: int | None = None,
    gateway: ArrayLike = (),
    users: ArrayLike | None = None,
) -> Iterator[GroundLinks]:
    """Ground links of each of `slots` by a policy; in_view(slot) is asked for slots before and after too.

    all; nearest: `count` of each place (1); longest-lasting: see `longest_lasting`; load-aware: see
    `load_aware`, with `users` of each place; gateway-visible: see `gateway_visible`, and of those the nearest
    if `count` is given. RaabtaError: no such policy, or gateway-visible without gateways.
    """
    if policy == "longest-lasting":
        return longest_lasting(in_view, slots, step_s=step_s, count=count or 1)
    by_name: dict[str, Callable[[GroundLinks], GroundLinks]] = {
        "all": lambda links: links,
        "nearest": lambda links: nearest(links, count or 1),
        "load-aware": lambda links: load_aware(links, users),
        "gateway-visible": lambda links: _nearest_of(gateway_visible(links, gateway), count),
    }
    if policy not in by_name:
        raise RaabtaError(f"no ground policy is called '{policy}'; one of: {', '.join(POLICIES)}")
    chosen = by_name[policy]
    return (chosen(in_view(slot)) for slot in slots)


def nearest(links: GroundLinks, count: int = 1) -> GroundLinks:
    """The nearest satellites of each place; of equal ones the lower number."""
    if count < 1:
        raise OutOfRangeError("count", count, "1 or more", "links of a place")
    return keep_first(links, (links.satellite, links.range_km), count)


def _nearest_of(links: GroundLinks, count: int | None) -> GroundLinks:
    return links if count is None else nearest(links, count)


def shorter(links: GroundLinks, longest_km: float) -> GroundLinks:
    """The links no longer than `longest_km`."""
    return some_links(links, links.range_km <= longest_km)


def gateway_visible(links: GroundLinks, gateway: ArrayLike) -> GroundLinks:
    """Links to satellites that a gateway has a link to at the same step, as a bent pipe needs; gateways keep
    theirs. gateway: their numbers among the places."""
    places = links.start.size - 1
    _, number = arrays.lists("gateway", [0, np.size(gateway)], gateway, places)
    if number.size == 0:
        raise RaabtaError(
            "gateway-visible wants gateways among the places, and there is none; name some, or use another "
            "policy"
        )
    node = np.repeat(np.arange(places), np.diff(links.start))
    own = np.isin(node, number)
    return some_links(links, own | np.isin(links.satellite, links.satellite[own]))


def load_aware(links: GroundLinks, users: ArrayLike | None = None) -> GroundLinks:
    """One satellite a place, so that users spread: places with the fewest satellites in view first, of those
    the ones of more users, each takes the satellite with the fewest users so far, of those the nearest.

    users (g,): behind each place, 1 where not given.
    """
    places = links.start.size - 1
    weight = arrays.numbers("users", np.ones(places) if users is None else users, places)
    ordered = keep_first(links, (links.satellite, links.range_km), max(links.satellite.size, 1))
    order = np.lexsort((np.arange(places), -weight, np.diff(links.start)))
    even = np.ones(int(links.satellite.max(initial=-1)) + 1)
    entry = np.empty(places, np.int64)
    assignment_kernels.choose_one(ordered.start, ordered.satellite, weight, even, order, entry)
    kept = np.zeros(links.satellite.size, np.bool_)
    kept[entry[entry >= 0]] = True
    return some_links(ordered, kept)


def longest_lasting(
    in_view: InView, slots: Sequence[int], *, step_s: float, count: int = 1
) -> Iterator[GroundLinks]:
    """Satellites that stay in view longest, kept until they set: a place changes only when its satellite has
    set, then to the one in view that will stay longest without a gap, of equal ones to the nearest.

    Time in view is counted in slots, `AHEAD_S` at most. Slots fall into epochs of `MEMORY_S`; what a slot
    remembers begins with the epoch before its own, so any cut of a run gives the same links.
    """
    epoch = max(1, math.ceil(MEMORY_S / step_s))
    ahead = max(1, math.ceil(AHEAD_S / step_s))
    known: dict[int, GroundLinks] = {}
    chain: dict[int, GroundLinks] = {}
    own = None
    for slot in slots:
        if slot // epoch != own:
            own = slot // epoch
            first, last = (own - 1) * epoch, (own + 1) * epoch
            known = {each: known.get(each) or in_view(each) for each in range(first, last + ahead)}
            chain = dict(_chain(known, first, last, ahead, count))
        yield chain[slot]


def _chain(
    known: dict[int, GroundLinks], first: int, last: int, ahead: int, count: int
) -> Iterator[tuple[int, GroundLinks]]:
    """Links kept from slot `first` on, nothing held before it, up to `last`."""
    remaining = _remaining(known, first, last + ahead, ahead)
    held = np.empty(0, np.int64)
    for slot in range(first, last):
        links = known[slot]
        new = ~np.isin(_keys(links), held)
        kept = keep_first(links, (links.satellite, links.range_km, -remaining[slot], new), count)
        held = _keys(kept)
        yield slot, kept


def _remaining(known: dict[int, GroundLinks], first: int, last: int, ahead: int) -> dict[int, Ints]:
    """Slots that each link of a slot will last without a gap, itself counted, `ahead` at most; right for
    slots at least `ahead` before `last`."""
    out: dict[int, Ints] = {}
    later, lasts = np.empty(0, np.int64), np.empty(0, np.int64)
    for slot in range(last - 1, first - 1, -1):
        key = _keys(known[slot])
        order = np.argsort(key)
        place = np.minimum(np.searchsorted(later, key), max(later.size - 1, 0))
        stays = later[place] == key if later.size else np.zeros(key.size, np.bool_)
        more = lasts[place] if later.size else 0
        out[slot] = np.where(stays, np.minimum(more + 1, ahead), 1)
        later, lasts = key[order], out[slot][order]
    return out


def _keys(links: GroundLinks) -> Ints:
    """A number for each link's place and satellite."""
    node = np.repeat(np.arange(links.start.size - 1), np.diff(links.start))
    return np.asarray((node << 32) + links.satellite, np.int64)


def some_links(links: GroundLinks, kept: NDArray[np.bool_]) -> GroundLinks:
    """Some of the links."""
    before = np.concatenate([[0], np.cumsum(kept)])
    return GroundLinks(before[links.start], links.satellite[kept], links.range_km[kept])


def flat_earth_links(
    place_km: Floats, position_km: Floats, altitude_km: Floats, min_elevation_deg: float
) -> GroundLinks:
    """Links that Hypatia's rule allows: no longer than h / sin(elevation), as over a flat Earth, and with no
    look at the horizon. It lets satellites below the mask count, even below the horizon: use it to reproduce
    published figures (Kassing et al. 2020, doi:10.1145/3419394.3423635), never to plan.

    place_km (g, 3), position_km (3, n), altitude_km (n,): h of each satellite's shell.
    """
    if not 0.0 < min_elevation_deg <= 90.0:
        raise OutOfRangeError(
            "min_elevation_deg", min_elevation_deg, "above 0 to 90", "a flat Earth has no longest link at 0"
        )
    return near_links(place_km, position_km, altitude_km / math.sin(math.radians(min_elevation_deg)))


def near_links(place_km: Floats, position_km: Floats, longest_km: Floats) -> GroundLinks:
    """Links no longer than `longest_km` (n,) of each satellite, and with no look at the horizon.

    place_km (g, 3), position_km (3, n).
    """
    from scipy.spatial import cKDTree

    found: list[tuple[Ints, Ints, Floats]] = []
    fleet = np.ascontiguousarray(position_km.T)
    for range_km in np.unique(longest_km):
        own = np.flatnonzero((longest_km == range_km) & np.isfinite(fleet).all(axis=1))
        if own.size == 0:
            continue
        near = cKDTree(fleet[own]).query_ball_point(place_km, range_km)
        node = np.repeat(np.arange(len(place_km)), [len(each) for each in near])
        satellite = own[np.concatenate([np.asarray(each, np.int64) for each in near])] if node.size else node
        found.append((node, satellite, np.linalg.norm(fleet[satellite] - place_km[node], axis=1)))
    return _sorted(found, len(place_km))


def _sorted(found: list[tuple[Ints, Ints, Floats]], places: int) -> GroundLinks:
    """Links of some parts together, by place, then satellite."""
    node, satellite, range_km = (
        (np.concatenate(part) for part in zip(*found, strict=True)) if found else np.empty((3, 0))
    )
    order = np.lexsort((satellite, node))
    start = np.concatenate([[0], np.cumsum(np.bincount(node.astype(np.int64), minlength=places))])
    return GroundLinks(start, satellite[order].astype(np.int32), range_km[order])


def shell_altitude_km(constellation: SpaceSegment, satellites: int) -> Floats:
    """Altitude of each satellite's shell (n,), as `flat_earth_links` wants it. RaabtaError with an
    orbits_file, whose satellites have no shell."""
    if constellation.orbits_file is not None:
        raise RaabtaError(
            "mask flat-earth-compat wants the altitudes of shells, and an orbits_file names none; give "
            "ground.max_range_km, the longest link, or use mask: elevation"
        )
    shells = [np.full(shell.satellites, shell.altitude_km) for shell in constellation.shells]
    arc = np.full(len(constellation.geostationary), GEOSTATIONARY_KM)
    altitude_km = np.concatenate([*shells, arc])
    if altitude_km.size != satellites:
        raise RaabtaError(f"{satellites} satellites; the constellation has {altitude_km.size}")
    return altitude_km
