"""Rows of `access`: who sees whom, and how far from the geostationary arc."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raabta.access import visibility
from raabta.access.kernels import GSO_RADIUS_KM
from raabta.base.frames import geodetic_to_fixed
from raabta.bench.declare import Case, Difference, Floor, Peer, Row
from raabta.bench.instances import SEED, Floats, fleet_km

LIMIT_RAD = np.radians(18.0)
NEAR_LIMIT_RAD = LIMIT_RAD + np.radians(5.0)
ARC_STEP_DEG = 0.01
"""Of the dense arc of NumPy: a coarser one is off by more than the 0.01 degrees that the rows allow."""
BLOCK = 100


class Directions(NamedTuple):
    """Directions (k, 3) east, north, up, and the sites (k, 4) they start from, as the kernels take them."""

    latitude_deg: Floats
    site: Floats
    direction: Floats


def directions(count: int) -> Directions:
    """Random directions above 25 degrees from random sites between 60 degrees south and north."""
    rng = np.random.default_rng(SEED)
    latitude, azimuth = rng.uniform(-60, 60, count), rng.uniform(0, 2 * np.pi, count)
    up = rng.uniform(np.sin(np.radians(25.0)), 1.0, count)
    flat = np.sqrt(1.0 - up * up)
    km = geodetic_to_fixed(latitude, np.zeros(count), np.zeros(count))
    phi = np.radians(latitude)
    site = np.column_stack([np.sin(phi), np.cos(phi), km[:, 0], km[:, 2]])
    return Directions(latitude, site, np.column_stack([flat * np.sin(azimuth), flat * np.cos(azimuth), up]))


def dense_separation(few: Directions) -> Floats:
    """Separation (rad) from the visible arc, sampled densely: NumPy, block by block."""
    theta = np.radians(np.arange(-90.0, 90.0, ARC_STEP_DEG))
    arc = GSO_RADIUS_KM * np.column_stack([np.cos(theta), np.sin(theta)])
    out = np.empty(few.site.shape[0])
    for start in range(0, out.size, BLOCK):
        own = slice(start, start + BLOCK)
        sin_lat, cos_lat, x, z = few.site[own].T[:, :, None]
        e, n, u = few.direction[own].T[:, :, None]
        dx, dy, dz = arc[:, 0] - x, arc[:, 1], -z
        cosine = (dx * (u * cos_lat - n * sin_lat) + dy * e + dz * (u * sin_lat + n * cos_lat)) / np.sqrt(
            dx * dx + dy * dy + dz * dz
        )
        cosine[dx * cos_lat + dz * sin_lat < 0.0] = -1.0
        out[own] = np.arccos(np.minimum(cosine.max(axis=1), 1.0))
    return out


def _arc(decide: bool) -> Callable[[bool], Case]:
    def case(quick: bool) -> Case:
        count, few = (10_000, 300) if quick else (200_000, 2_000)
        asked = directions(count)
        sample = Directions(*(part[:few] for part in asked))
        return Case(
            size=f"{count:,} directions",
            ours=_decide(asked) if decide else _separate(asked),
            amount=count / 1e3,
            peer=Peer(
                f"NumPy, arc every {ARC_STEP_DEG} degrees", lambda: dense_separation(sample), few / 1e3
            ),
            same=_same_decisions if decide else _same_separations,
        )

    return case


def _separate(asked: Directions) -> Callable[[], Floats]:
    from raabta.bench.kernels import arc_separations

    out = np.empty(asked.site.shape[0])
    return lambda: (arc_separations(asked.site, asked.direction, out), out)[1]


def _decide(asked: Directions) -> Callable[[], NDArray[np.bool_]]:
    from raabta.bench.kernels import arc_decisions

    arc = visibility.arc_table(float(asked.latitude_deg.min()), float(asked.latitude_deg.max()), 25.0)
    row = (asked.latitude_deg - arc.first_latitude_deg) / arc.step_deg
    out, doubt = np.empty(asked.site.shape[0], np.bool_), np.radians(visibility.ARC_DOUBT_DEG)

    def work() -> NDArray[np.bool_]:
        arc_decisions(arc.table, row, LIMIT_RAD, doubt, asked.site, asked.direction, out)
        return out

    return work


def _same_separations(ours: Floats, theirs: Floats) -> Difference:
    near = theirs < NEAR_LIMIT_RAD
    off = np.abs(ours[: theirs.size] - theirs)[near]
    return Difference("largest difference", float(np.degrees(off.max())), 0.01, "deg")


def _same_decisions(ours: NDArray[np.bool_], theirs: Floats) -> Difference:
    """The dense arc itself is off by up to half a step: closer than a step it does not decide."""
    sure = np.abs(theirs - LIMIT_RAD) > np.radians(ARC_STEP_DEG)
    wrong = (ours[: theirs.size] != (theirs >= LIMIT_RAD)) & sure
    return Difference("directions decided otherwise", float(np.count_nonzero(wrong)), 0.0, "directions")


SCAN_LIMIT_DEG, ELEVATION_DEG = 57.0, 25.0


def _visible(quick: bool) -> Case:
    """A country's cells, one instant: minimum elevation and scan limit, as a slot asks for them."""
    rng = np.random.default_rng(SEED)
    count, satellites = (400, 1_000) if quick else (4_000, 10_000)
    latitude, longitude = np.sort(rng.uniform(24, 37, count)), rng.uniform(61, 77, count)
    label = (np.floor(latitude) * 1_000 + np.floor(longitude)).astype(np.int64)
    order = np.argsort(label, kind="stable")
    ground = visibility.sites(
        latitude[order], longitude[order], np.zeros(count), ELEVATION_DEG, group=label[order]
    )
    disc, position_km = visibility.bounding_disc(ground.km), fleet_km(satellites)
    pairs = count * satellites / 1e6
    return Case(
        size=f"{satellites:,} satellites x {count:,} cells of a country",
        ours=lambda: visibility.observe(
            ground, disc, position_km, min_elevation_deg=ELEVATION_DEG, scan_limit_deg=SCAN_LIMIT_DEG
        ),
        amount=pairs,
        peer=Peer("NumPy, block by block", lambda: brute_pairs(ground, position_km), pairs),
        same=_same_pairs,
    )


def brute_pairs(ground: visibility.Sites, position_km: Floats) -> NDArray[np.int64]:
    """Pairs (k, 2) of cell and satellite by the definition, all against all."""
    found = []
    unit = position_km / np.linalg.norm(position_km, axis=0)
    least, widest = np.sin(np.radians(ELEVATION_DEG)), np.cos(np.radians(SCAN_LIMIT_DEG))
    for first in range(0, ground.count, BLOCK):
        offset = position_km[None] - ground.km[first : first + BLOCK, :, None]
        slant = np.sqrt(np.einsum("cij,cij->cj", offset, offset))
        up = np.einsum("cij,ci->cj", offset, ground.basis[first : first + BLOCK, 2])
        scan = np.einsum("cij,ij->cj", offset, unit)
        pair = np.argwhere((up >= least * slant) & (scan >= widest * slant))
        found.append(pair + np.array([first, 0]))
    return np.concatenate(found)


def _same_pairs(ours: visibility.View, theirs: NDArray[np.int64]) -> Difference:
    cell = np.repeat(np.arange(ours.start.size - 1), np.diff(ours.start))
    mine = np.column_stack([cell, ours.near[ours.satellite]])
    only = set(map(tuple, mine.tolist())) ^ set(map(tuple, theirs.tolist()))
    return Difference("links that only one of both has", float(len(only)), 0.0, "links")


ROWS = (
    Row("visible", "links of one slot, CSR", "M pairs", _visible, floor=Floor(2_000.0, 50.0)),
    Row("gso-arc", "separation from the visible arc", "k directions", _arc(False), floor=Floor(250.0, 40.0)),
    Row(
        "gso-clear",
        "whether a direction keeps 18 degrees from the arc",
        "k directions",
        _arc(True),
        floor=Floor(4_000.0, 600.0),
    ),
)
