"""Rows of `access.sight`: a season of two-sided contacts at the Moon, beside a plain search for one pair."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from raabta.access.passes import Passes
from raabta.access.sight import Craft, Place, Sight
from raabta.access.sky import sky_over
from raabta.base.bodies import EARTH, MOON
from raabta.base.ephemeris import ephemeris
from raabta.base.rotations import rotation
from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.bench.instances import SEED, Floats
from raabta.orbits.orbiters import trajectory
from raabta.scenario.orbiters import Forces, KeplerElements, Orbiter

EPOCH = datetime(2025, 3, 1, tzinfo=UTC)
START = np.datetime64("2025-03-01", "ns")
DAY_S = 86_400.0
LIMIT_S = 0.1
THREADS = 2
PEER_STEP_S = 60.0
STATIONS = {
    "Kashi": (38.42, 76.71),
    "Jiamusi": (46.49, 130.77),
    "Zapala": (-38.19, -70.15),
    "Karachi": (24.9, 67.1),
    "Goldstone": (35.43, -116.89),
    "Canberra": (-35.4, 148.98),
}


def _case(quick: bool) -> Case:
    days = 10.0 if quick else 90.0
    site, stations = _places()
    nodes: list[Place | Craft] = [site, *stations, *_relays(days)]
    pairs = _pairs([node.name for node in nodes])
    peer_days = min(days, 10.0)
    return Case(
        size=f"one site, two relays, six Earth stations, {len(pairs)} directions x {days:g} days",
        ours=lambda: _season(nodes, pairs, days),
        amount=len(pairs) * days,
        peer=Peer(
            f"NumPy: one direction every {PEER_STEP_S:g} s for {peer_days:g} days, edges halved to 1 ms",
            plain_search(site, stations[0], peer_days),
            peer_days,
        ),
        same=lambda ours, theirs: _apart(ours, theirs, peer_days),
    )


def _places() -> tuple[Place, list[Place]]:
    rng = np.random.default_rng(SEED)
    site = Place("rover", MOON, -85.45, 31.9, 4.0, rng.uniform(-1.0, 3.0, 720), "MOON_ME")
    return site, [Place(name, EARTH, *where, 0.5, 10.0) for name, where in STATIONS.items()]


def _relays(days: float) -> list[Craft]:
    """Two of 300 x 8,600 km, apolune over the south, one at its apolune when the other is at its perilune."""
    nodes = []
    for name, raan_deg, anomaly_deg in (("one", 0.0, 0.0), ("two", 30.0, 180.0)):
        orbit = KeplerElements(
            periapsis_altitude_km=300.0, apoapsis_altitude_km=8_600.0, inclination_deg=54.8,
            raan_deg=raan_deg, argp_deg=90.0, true_anomaly_deg=anomaly_deg,
        )  # fmt: skip
        orbiter = Orbiter(
            name=name, body="Moon", axes="body-equator", epoch=EPOCH, elements=orbit,
            forces=Forces(gravity_degree=8),
        )  # fmt: skip
        nodes.append(Craft(name, trajectory(orbiter, START, days * DAY_S)))
    return nodes


def _pairs(names: list[str]) -> list[tuple[str, str]]:
    """Both directions of the site and each relay with everything else."""
    near = [names[0], *names[-2:]]
    found = {(one, other) for one in near for other in names if one != other}
    return sorted(found | {(other, one) for one, other in found})


def _season(nodes: list[Place | Craft], pairs: list[tuple[str, str]], days: float) -> Passes:
    return Sight(nodes, sky_over(START, days * DAY_S)).contacts_of(pairs, threads=THREADS)


def plain_search(site: Place, station: Place, days: float) -> Callable[[], Floats]:
    """Edges of the contacts site to station, s: those of a grid of steps, then halved, all at once."""
    source = ephemeris()

    def above(sent_s: Floats) -> Floats:
        """The lower of both elevations less its mask, sines."""
        sent = START + np.rint(sent_s * 1e9).astype("timedelta64[ns]")
        lunar = rotation("GCRF", "MOON_ME", sent)
        own_km = np.einsum("tji,j->ti", lunar, site.km[0])
        moon_km, light_s = source.position_km("Moon", sent), np.full(sent_s.size, 1.28)
        for _ in range(3):
            met = START + np.rint((sent_s + light_s) * 1e9).astype("timedelta64[ns]")
            turn = rotation("GCRF", "ITRF", met)
            station_km = np.einsum("tji,j->ti", turn, station.km[0])
            then_km = source.position_km("Moon", met)
            light_s = np.linalg.norm(station_km - then_km - own_km, axis=1) / SPEED_OF_LIGHT_KM_S
        out = np.einsum("tij,tj->ti", lunar, station_km - then_km) - site.km[0]
        back = np.einsum("tij,tj->ti", turn, moon_km + own_km) - station.km[0]
        local = out @ site.basis[0].T
        azimuth = np.degrees(np.arctan2(local[:, 0], local[:, 1])) % 360.0
        mask = site.sin_mask[0][np.minimum((azimuth * site.sin_mask.shape[1] / 360.0).astype(int), 719)]
        low = local[:, 2] / np.linalg.norm(local, axis=1) - mask
        high = back @ station.basis[0, 2] / np.linalg.norm(back, axis=1) - station.sin_mask[0, 0]
        return np.asarray(np.minimum(low, high))

    def work() -> Floats:
        grid = np.arange(0.0, days * DAY_S + 1e-6, PEER_STEP_S)
        seen = above(grid) >= 0.0
        at = np.flatnonzero(seen[1:] != seen[:-1])
        low, high = grid[at], grid[at + 1]
        while at.size and high[0] - low[0] > 1e-3:
            middle = 0.5 * (low + high)
            same = (above(middle) >= 0.0) == seen[at]
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        return np.asarray(0.5 * (low + high))

    return work


def _apart(ours: Passes, theirs: Floats, days: float) -> Difference:
    """The farthest edge of the contacts of the first two nodes."""
    own = (ours.site == 0) & (ours.satellite == 1)
    mine = np.sort(np.concatenate([ours.rise_s[own], ours.set_s[own]]))
    mine = mine[(mine > 0.0) & (mine < days * DAY_S - 1e-3)]
    if mine.size != theirs.size:
        return Difference("contacts that only one of both has", float("inf"), 0.0, "contacts")
    return Difference("farthest edge", float(np.abs(mine - theirs).max(initial=0.0)), LIMIT_S, "s")


ROWS = (
    Row(
        "season",
        "two-sided contacts at the Moon, light time applied",
        "direction-days",
        _case,
        floor=Floor(300.0, 5.0),
        threads=THREADS,
        goal=Goal("ms", 10_000.0, 1_000.0),
        quick_floor=Floor(80.0),
    ),
)
