"""EPFD down by simulation: a system's beams into earth stations of geostationary networks, over time.

Follows the plan of ITU-R S.1503-4 (part D): a search for the worst geometry, then a run at it with a step and
a length of its own. The beams are this project's assumption, see `System`; results are indicative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from raabta.access.kernels import GSO_RADIUS_KM
from raabta.access.visibility import arc_table
from raabta.base.errors import NoSolutionError, OutOfRangeError
from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.engine.limits import usable_cores
from raabta.links.antenna import aperture_ratio
from raabta.links.articles import EpfdLimit
from raabta.links.budget import forward_scan_exponent
from raabta.links.earth_patterns import SMALL_BSS_WAVELENGTHS, bo1443_dbi, s1428_dbi
from raabta.links.pfd import side_lobe_db
from raabta.network import epfd_kernels as kernels
from raabta.network import fixed_beams
from raabta.network.epfd_rows import Distribution, distribution, nothing
from raabta.network.flux import cap_of
from raabta.orbits.propagate import Propagator
from raabta.orbits.satellites_out import laid_on

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.scenario.models import Payload, Scenario

    Floats = NDArray[np.float64]
    Progress = Callable[[str, int, int], None]

GAIN_POINTS: Final = 36_001
LOBE_POINTS: Final = 3_601
TABLE_REACH_DEG: Final = 20.0
LEAST_GSO_ELEVATION_DEG: Final = 10.0
PILOT_STEPS: Final = 400
STEPS_A_PART: Final = 200
COARSE_DEG: Final = 8.0
FINE_DEG: Final = 1.0
MAX_LATITUDE_DEG: Final = 70.0
MAX_STEPS: Final = 3_000_000
"""Steps of one run: hours of computing."""
EVERYWHERE: Final = (
    "every satellite is active at all times and lights the ground wherever its elevation, its scan and the "
    "rule of the geostationary arc allow, inside the area and outside, with all its co-frequency beams",
    "its first beam stands as near to the victim as it may, the others in rings about that at the reuse "
    "separation; a cell has one satellite, so those that may light the victim share the cells about it",
    "side lobes of the satellites are the envelope of ITU-R S.1528 recommends 1.2, free space",
)


@dataclass(frozen=True)
class System:
    """What the kernel needs of a constellation; see `epfd_kernels.epfd`.

    Every satellite is active, with `beams` on one frequency: its beams over its channels, rounded up, both
    polarisations counted.
    """

    propagator: Propagator
    rule: Floats
    radio: Floats
    flux_cap: Floats
    lobes: Floats
    arc: NDArray[np.float32]
    arc_first_deg: float
    arc_step_deg: float
    beams: int

    def at(self, seconds: Floats) -> Floats:
        """Positions (t, 3, n), km, at seconds after the start."""
        times = self.propagator.start + np.rint(seconds * 1e9).astype("timedelta64[ns]")
        return self.propagator.positions_km(times)

    def received(
        self, held: Floats, place: tuple[float, float], gso_longitude_deg: Floats, gains: Floats
    ) -> Floats:
        """`epfd_w_m2` on every core: the kernel lets go of the interpreter, every step stands alone."""
        parts = np.array_split(held, min(usable_cores(), 8))
        with ThreadPoolExecutor(len(parts)) as pool:
            found = pool.map(lambda part: epfd_w_m2(self, part, *place, gso_longitude_deg, gains), parts)
            return np.concatenate(list(found))


class Source(Protocol):
    """Who transmits: what it holds of some instants, and the EPFD it brings to a place, (t, k, a)."""

    def at(self, seconds: Floats) -> Any:
        """What is needed of instants (t,), seconds after the start."""

    def received(
        self, held: Any, place: tuple[float, float], gso_longitude_deg: Floats, gains: Floats
    ) -> Floats:
        """EPFD, W/m2, of what `at` gave, at (latitude, longitude); see `epfd_w_m2`."""


@dataclass(frozen=True)
class Together:
    """Several sources as one: what they bring to a place adds up in power, instant by instant."""

    sources: tuple[Source, ...]

    def at(self, seconds: Floats) -> tuple[Any, ...]:
        """What each holds of instants (t,), seconds after the start."""
        return tuple(each.at(seconds) for each in self.sources)

    def received(
        self, held: tuple[Any, ...], place: tuple[float, float], gso_longitude_deg: Floats, gains: Floats
    ) -> Floats:
        """The sum of what each brings, W/m2; see `epfd_w_m2`."""
        pairs = zip(self.sources, held, strict=True)
        parts = [each.received(own, place, gso_longitude_deg, gains) for each, own in pairs]
        return np.asarray(np.sum(parts, axis=0))


def together(sources: Sequence[Source]) -> Source:
    """Sources as one; one alone stays itself."""
    return sources[0] if len(sources) == 1 else Together(tuple(sources))


@dataclass(frozen=True)
class Geometry:
    """A victim: where it stands and the longitude of the geostationary satellite it points at."""

    latitude_deg: float
    longitude_deg: float
    gso_longitude_deg: float


@dataclass(frozen=True)
class Found:
    """One antenna at its worst geometry: how often which EPFD was received there."""

    limit: EpfdLimit
    geometry: Geometry
    distribution: Distribution


@dataclass(frozen=True)
class Plan:
    """Where victims are sought and how long the run at the worst one is: `step_s` and `steps`."""

    latitude_deg: tuple[float, float]
    longitude_deg: float
    step_s: float
    steps: int

    @property
    def duration_s(self) -> float:
        """Length of the run."""
        return self.step_s * self.steps


def system_of(scenario: Scenario, reference_khz: float, latitude_deg: tuple[float, float]) -> System:
    """A scenario's constellation as an interferer into victims between two latitudes.

    Raises OutOfRangeError for geostationary satellites alone: Article 22 is about the others.
    """
    system = scenario.constellation
    if not system.moving:
        raise OutOfRangeError(
            "the constellation", "geostationary", "non-geostationary satellites", "RR Article 22"
        )
    payload = system.payload
    beams = co_frequency_beams(payload)
    low = max(latitude_deg[0] - TABLE_REACH_DEG, -89.0)
    high = min(latitude_deg[1] + TABLE_REACH_DEG, 89.0)
    arc = arc_table(low, high, system.user_min_elevation_deg)
    rule = [
        math.sin(math.radians(system.user_min_elevation_deg)),
        math.cos(math.radians(payload.scan_limit_deg)),
        math.radians(system.gso_separation_deg),
    ]
    propagator = Propagator.from_constellation(system, scenario.time.start, scenario.time.duration_s)
    return System(
        propagator=laid_on(propagator, scenario),
        rule=np.array(rule),
        radio=radio_of(payload, reference_khz, scenario.area.cell_resolution),
        flux_cap=cap_of(scenario, propagator).most_dbw_m2,
        lobes=lobes_of(payload, beams),
        arc=arc.table,
        arc_first_deg=arc.first_latitude_deg,
        arc_step_deg=arc.step_deg,
        beams=beams,
    )


def co_frequency_beams(payload: Payload) -> int:
    """Beams of a satellite on one frequency, both polarisations counted: beams over channels, rounded up."""
    return math.ceil(payload.beams / payload.channels)


def radio_of(payload: Payload, reference_khz: float, cell_resolution: int) -> Floats:
    """EIRP density at nadir and its ceiling in the reference bandwidth, dBW; exponent of the scan loss;
    distance from cell to cell, km; the reference bandwidth, dB over 1 MHz."""
    import h3

    bandwidth = 10.0 * math.log10(reference_khz / 1e3)
    nadir, edge = payload.eirp_density_dbw_mhz, payload.eirp_density_edge_dbw_mhz
    ceiling = nadir if edge is None else max(edge, nadir)
    across = math.sqrt(3.0) * h3.average_hexagon_edge_length(cell_resolution, unit="km")
    exponent = forward_scan_exponent(payload)
    return np.array([nadir + bandwidth, ceiling + bandwidth, exponent, across, bandwidth])


def lobes_of(payload: Payload, beams: int, *, aimed: bool = False) -> Floats:
    """Gain of all co-frequency beams of a satellite over one beam's peak by the angle of the nearest, linear,
    as `epfd_kernels.epfd` takes it: the others in rings of six, twelve ... at the reuse separation.

    A fixed beam lights ground that its axis is off: unless the angle is that of an axis itself (aimed), the
    nearest axis may be as much nearer as the corner of a beam is at most. The rings are those of its colour.
    """
    angle = np.linspace(0.0, 180.0, LOBE_POINTS)
    corner_deg, apart_deg = fixed_beams.reach_deg(payload)
    corner_deg = 0.0 if aimed else corner_deg
    total, left, ring = np.zeros(LOBE_POINTS), beams, 0
    while left > 0:
        here = min(left, 6 * ring if ring else 1)
        off = np.hypot([angle, np.maximum(angle - corner_deg, 0.0)], ring * apart_deg)
        total += here * 10.0 ** (0.1 * side_lobe_db(payload, np.minimum(off, 180.0)).max(axis=0))
        left, ring = left - here, ring + 1
    step = np.full(LOBE_POINTS, math.pi / (LOBE_POINTS - 1))
    return np.stack([step, total])


def victim_gain(limit: EpfdLimit, frequency_ghz: float) -> Floats:
    """Gain of a reference antenna over its peak by angle, 0 to 180 deg in GAIN_POINTS, linear.

    S.1428-1, or BO.1443-3 at the worst angle around its axis.
    """
    angle = np.linspace(0.0, 180.0, GAIN_POINTS)
    if limit.pattern == "S.1428-1":
        gain = s1428_dbi(angle, limit.antenna_m, frequency_ghz)
    else:
        small = aperture_ratio(limit.antenna_m, frequency_ghz) / np.pi <= SMALL_BSS_WAVELENGTHS
        planes = np.arange(0.0, 360.0, 11.25) if small else np.zeros(1)
        gain = np.max([bo1443_dbi(angle, each, limit.antenna_m, frequency_ghz) for each in planes], axis=0)
    return np.asarray(10.0 ** (0.1 * (gain - gain[0])))


def gso_directions(
    latitude_deg: float, longitude_deg: float, gso_longitude_deg: Floats
) -> tuple[Floats, Floats]:
    """(unit vectors in ITRF (k, 3), elevations in deg (k,)) from a site to places on the arc."""
    theta = np.radians(gso_longitude_deg)
    place = GSO_RADIUS_KM * np.column_stack([np.cos(theta), np.sin(theta), np.zeros_like(theta)])
    offset = place - geodetic_to_fixed(latitude_deg, longitude_deg)
    unit = offset / np.linalg.norm(offset, axis=1, keepdims=True)
    up = enu_basis(latitude_deg, longitude_deg)[2]
    return unit, np.degrees(np.arcsin(unit @ up))


def epfd_w_m2(
    system: System,
    position_km: Floats,
    latitude_deg: float,
    longitude_deg: float,
    gso_longitude_deg: Floats,
    gains: Floats,
) -> Floats:
    """EPFD of steps into one place, W/m2 in the reference bandwidth, (t, k, a). position_km (t, 3, n) ITRF;
    gso_longitude_deg (k,); gains (a, m) of `victim_gain`. Nothing received is 0 W/m2, -inf in decibels."""
    unit, _ = gso_directions(latitude_deg, longitude_deg, gso_longitude_deg)
    out = np.zeros((position_km.shape[0], unit.shape[0], gains.shape[0]))
    kernels.epfd(
        np.ascontiguousarray(position_km),
        geodetic_to_fixed(latitude_deg, longitude_deg),
        np.ascontiguousarray(enu_basis(latitude_deg, longitude_deg)[2]),
        system.rule,
        system.arc,
        system.arc_first_deg,
        system.arc_step_deg,
        system.radio,
        system.flux_cap,
        system.lobes,
        unit,
        gains,
        out,
    )
    return out


def run(
    source: Source,
    limits: list[tuple[EpfdLimit, float]],
    plan: Plan,
    progress: Progress | None = None,
) -> list[Found]:
    """Each antenna (with the frequency it is met at, GHz) at its worst geometry, over the plan's steps."""
    tell = progress or (lambda what, done, total: None)
    gains = np.array([victim_gain(limit, frequency) for limit, frequency in limits])
    rows = [limit for limit, _ in limits]
    geometries = search(source, rows, gains, plan, tell)
    places = sorted({(each.latitude_deg, each.longitude_deg) for each in geometries})
    seen = [nothing() for _ in rows]
    for first in range(0, plan.steps, STEPS_A_PART):
        tell("EPFD over time", first, plan.steps)
        part = np.arange(first, min(first + STEPS_A_PART, plan.steps))
        held = source.at(part * np.float64(plan.step_s))
        for place, own in zip(places, _members(places, geometries), strict=True):
            gso = np.array([geometries[i].gso_longitude_deg for i in own])
            found = source.received(held, place, gso, gains[own])
            for j, i in enumerate(own):
                seen[i] += distribution(found[:, j, j])
    tell("EPFD over time", plan.steps, plan.steps)
    return [
        Found(row, geometry, counted) for row, geometry, counted in zip(rows, geometries, seen, strict=True)
    ]


def _members(places: list[tuple[float, float]], geometries: list[Geometry]) -> Iterator[list[int]]:
    for place in places:
        yield [i for i, g in enumerate(geometries) if (g.latitude_deg, g.longitude_deg) == place]


def search(
    source: Source, limits: list[EpfdLimit], gains: Floats, plan: Plan, progress: Progress
) -> list[Geometry]:
    """Worst geometry of each antenna: latitude by longitude of the geostationary satellite, on a grid of
    8 deg that is halved about the worst to 1 deg.

    Worst is where pilot steps spread over the run come nearest to the limit, or exceed it most, at the shares
    of time that the pilots resolve. Raises NoSolutionError where no place sees the geostationary arc.
    """
    count = min(PILOT_STEPS, plan.steps)
    seconds = (np.arange(count) + 0.5) * plan.duration_s / count
    held = source.at(seconds)
    low, high = plan.latitude_deg
    rows = max(1, math.ceil((high - low) / COARSE_DEG))
    latitudes = np.linspace(low, high, rows + 1) if high > low else np.array([low])
    offsets = np.arange(-72.0, 72.1, COARSE_DEG)
    scores: list[dict[tuple[float, float], float]] = [{} for _ in limits]
    for i, latitude in enumerate(latitudes):
        progress("worst geometry", i, len(latitudes))
        _score(source, held, plan, float(latitude), offsets, limits, gains, scores)
    if not all(scores):
        raise NoSolutionError("no geostationary satellite stands 10 deg high anywhere in the area")
    step = COARSE_DEG
    while step > FINE_DEG:
        step /= 2.0
        for latitude, across in _around(scores, step, low, high).items():
            _score(source, held, plan, latitude, np.array(sorted(across)), limits, gains, scores)
    progress("worst geometry", len(latitudes), len(latitudes))
    return [_best(found, plan.longitude_deg) for found in scores]


def _around(
    scores: list[dict[tuple[float, float], float]], step: float, low: float, high: float
) -> dict[float, set[float]]:
    """Latitudes a step about the worst place of each antenna, and offsets of longitude to try there."""
    out: dict[float, set[float]] = {}
    for found in scores:
        latitude, offset = max(found, key=lambda key: (found[key], key))
        for each in (latitude - step, latitude, latitude + step):
            out.setdefault(min(max(each, low), high), set()).update((offset - step, offset, offset + step))
    return dict(sorted(out.items()))


def _score(
    source: Source,
    held: Any,
    plan: Plan,
    latitude: float,
    offsets: Floats,
    limits: list[EpfdLimit],
    gains: Floats,
    scores: list[dict[tuple[float, float], float]],
) -> None:
    """Excess over the limit in pilot steps, dB, of every antenna at one latitude, into `scores`."""
    place = (latitude, plan.longitude_deg)
    _, elevation = gso_directions(*place, plan.longitude_deg + offsets)
    seen = offsets[elevation >= LEAST_GSO_ELEVATION_DEG]
    if not seen.size:
        return
    found = source.received(held, place, plan.longitude_deg + seen, gains)
    for (i, limit), (k, offset) in product(enumerate(limits), enumerate(seen)):
        scores[i][latitude, float(offset)] = excess_db(limit, found[:, k, i])


def excess_db(limit: EpfdLimit, epfd: Floats) -> float:
    """How far EPFD of steps (t,), W/m2, exceeds a limit at the worst share of time that ten steps or more
    make up, dB; -inf where nothing is received."""
    ordered = np.sort(epfd)[::-1]
    first = min(10, ordered.size) - 1
    share = np.arange(first + 1, ordered.size + 1) / ordered.size
    with np.errstate(divide="ignore"):
        level = 10.0 * np.log10(ordered[first:])
    return float((level - limit.level_at_dbw_m2(share)).max())


def _best(found: dict[tuple[float, float], float], longitude_deg: float) -> Geometry:
    latitude, offset = max(found, key=lambda key: (found[key], key))
    return Geometry(latitude, longitude_deg, (longitude_deg + offset + 180.0) % 360.0 - 180.0)
