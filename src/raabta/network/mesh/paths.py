"""Shortest paths: by lasers from satellite to satellite, up and down at ground nodes.

Length is light's way in km; its delay is the length by the speed of light. Ground nodes do not relay unless
asked to: a path that may come down in between and go up again can be thousands of km shorter.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.network import arrays
from raabta.network.mesh import path_kernels as kernels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raabta.access.visibility import Sites, View

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Nodes = NDArray[np.int32]

AHEAD, BEHIND, LEFT, RIGHT = 0, 1, 2, 3
NO_NODE = -1
ROW_OF_OTHERS = 64
"""Satellites in a row where the caller names no rows: any rows give the same answer."""


@dataclass(frozen=True)
class Lasers:
    """Which satellite each has lasers to: neighbour (n, K), K of at least 1, `NO_NODE` for none. Ways are
    found fastest where the first two columns lead ahead and behind in a row.

    row_start (rows + 1,): the first satellite of each row, and n. Rows are planes where there are planes;
    they set the speed, never the answer.
    """

    neighbour: Nodes
    row_start: Ints

    @classmethod
    def of(cls, neighbour: ArrayLike) -> Lasers:
        """Lasers of any pattern, (n, K)."""
        found = np.ascontiguousarray(neighbour, np.int32)
        return cls(found, np.append(np.arange(0, len(found), ROW_OF_OTHERS), len(found)))

    @classmethod
    def joined(cls, *parts: Lasers) -> Lasers:
        """Shells side by side, without lasers between them, numbered one after the other; the widest table
        says how wide theirs is."""
        first = np.cumsum([0, *(len(part.neighbour) for part in parts)])
        width = max((part.neighbour.shape[1] for part in parts), default=1)
        found = [
            _widened(np.where(p.neighbour < 0, NO_NODE, p.neighbour + f), width)
            for p, f in zip(parts, first, strict=False)
        ]
        rows = [part.row_start[:-1] + f for part, f in zip(parts, first, strict=False)]
        return cls(np.concatenate(found).astype(np.int32), np.concatenate([*rows, first[-1:]]))


@dataclass(frozen=True)
class GroundLinks:
    """Satellites that each of g ground nodes may use, as CSR: start (g + 1,), satellite, range_km."""

    start: Ints
    satellite: Nodes
    range_km: Floats


@dataclass(frozen=True)
class Routes:
    """Ways to d destinations from n satellites (nodes 0 to n - 1) and g ground nodes (n to n + g - 1).

    km (d, n + g), infinite where there is no way; next_node (d, n + g): the node to go to first, `NO_NODE` at
    the destination and where there is no way, or None if not asked for.
    """

    km: Floats
    next_node: Nodes | None


def plus_grid(
    planes: int, satellites_per_plane: int, phasing: int = 0, *, seam: bool = True, place_step: int = 0
) -> Lasers:
    """+Grid of a Walker shell, numbered plane by plane: two lasers in the plane, one to each next plane.

    phasing: Walker's F, by which the last plane joins the first. `seam`: whether it does at all; across the
    seam of a star pattern satellites pass in opposite directions. place_step: how many places ahead in the
    next plane the neighbour stands.
    """
    if planes < 1 or satellites_per_plane < 1:
        raise OutOfRangeError(
            "a shell", f"{planes} planes of {satellites_per_plane}", "one or more of each", "a +Grid"
        )
    count = satellites_per_plane
    plane, place = np.repeat(np.arange(planes), count), np.tile(np.arange(count), planes)
    neighbour = np.full((planes * count, 4), NO_NODE, np.int32)
    if count > 1:
        neighbour[:, AHEAD] = plane * count + (place + 1) % count
    if count > 2:
        neighbour[:, BEHIND] = plane * count + (place - 1) % count
    if planes > 1:
        left = (place - place_step - phasing * (plane == 0)) % count
        right = (place + place_step + phasing * (plane == planes - 1)) % count
        neighbour[:, LEFT] = (plane - 1) % planes * count + left
        neighbour[:, RIGHT] = (plane + 1) % planes * count + right
        if not seam or planes == 2:
            neighbour[plane == 0, LEFT] = NO_NODE
            neighbour[plane == planes - 1, RIGHT] = NO_NODE
    return Lasers(neighbour, np.arange(planes + 1, dtype=np.int64) * count)


def laser_km(lasers: Lasers, position_km: Floats, longest_km: float = np.inf) -> Floats:
    """Lengths of lasers (n, K) for positions (3, n); infinite where there is none or it would be longer than
    `longest_km`, and where a position is NaN."""
    place = np.ascontiguousarray(position_km.T)
    offset = place[lasers.neighbour] - place[:, None]
    km = np.sqrt(np.einsum("skx,skx->sk", offset, offset))
    usable = (lasers.neighbour != NO_NODE) & (km <= longest_km)
    return np.where(usable, km, np.inf)


def ground_links(ground: Sites, view: View, nearest: int | None = None) -> GroundLinks:
    """Links of ground nodes to what they see in a step: all satellites in view, or the `nearest` ones."""
    node = np.repeat(np.arange(ground.count), np.diff(view.start))
    range_km = np.linalg.norm(view.satellite_km[view.satellite] - ground.km[node], axis=1)
    satellite = view.near[view.satellite].astype(np.int32)
    links = GroundLinks(view.start, satellite, range_km)
    return links if nearest is None else keep_first(links, (satellite, range_km), nearest)


def keep_first(links: GroundLinks, keys: tuple[NDArray[Any], ...], count: int) -> GroundLinks:
    """Of each ground node the first `count` links in the order of `keys` (e,), the last key first as in
    `numpy.lexsort`."""
    node = np.repeat(np.arange(links.start.size - 1), np.diff(links.start))
    order = np.lexsort((*keys, node))
    keep = order[np.arange(order.size) - links.start[node] < count]
    kept = np.minimum(np.diff(links.start), count)
    return GroundLinks(np.concatenate([[0], np.cumsum(kept)]), links.satellite[keep], links.range_km[keep])


def route(
    lasers: Lasers,
    km: Floats,
    links: GroundLinks,
    destination: ArrayLike,
    *,
    relay: bool = False,
    hops: bool = False,
    threads: int = 1,
) -> Routes:
    """Shortest ways from every node to ground nodes `destination` (d,), and with `hops` the forwarding state.

    km (n, K): see `laser_km`. Exact: equal to Dijkstra's sums from the destination outwards, to the last bit,
    with any number of threads. Raises OutOfRangeError or RaabtaError on malformed input.
    """
    graph = checked_graph(lasers, km, links)
    _, target = arrays.lists("destination", [0, np.size(destination)], destination, links.start.size - 1)
    nodes = graph.neighbour.shape[0] + links.start.size - 1
    out_km = np.empty((target.size, nodes))
    out_next = np.empty((target.size if hops else 0, nodes), np.int32)
    step = -(-target.size // max(threads, 1) // kernels.LANES) * kernels.LANES or kernels.LANES

    def sweep(first: int) -> None:
        own = slice(first, first + step)
        kernels.sweep_all(graph, target[own], relay, hops, out_km[own], out_next[own])

    with ThreadPoolExecutor(max(threads, 1)) as pool:  # destinations do not meet: each stands alone
        list(pool.map(sweep, range(0, target.size, step)))
    return Routes(out_km, out_next if hops else None)


def nearest_gateway(
    lasers: Lasers,
    km: Floats,
    links: GroundLinks,
    gateway: ArrayLike,
    width_km: float | None = None,
    until: ArrayLike = (),
) -> tuple[Floats, Nodes]:
    """Shortest way between every node and any of the ground nodes `gateway`: km (n + g,), and which gateway
    it is, `NO_NODE` where none reaches the node. Ground nodes do not relay; a gateway's own way is 0.

    The way is the gateway's to the node, which matters only where lasers differ by direction.
    width_km: width of the queue's buckets, for tests; any gives the same distances. until (u,): satellites
    whose ways are wanted; the search ends with them, and nodes farther than all of them are told as out of
    reach. Empty: all nodes are wanted.
    """
    graph = checked_graph(lasers, km, links)
    _, wanted = arrays.lists("until", [0, np.size(until)], until, graph.neighbour.shape[0])
    _, source = arrays.lists("gateway", [0, np.size(gateway)], gateway, links.start.size - 1)
    n, g = graph.neighbour.shape[0], links.start.size - 1
    out_km, out_gateway = np.empty(n + g), np.empty(n + g, np.int32)
    width = _bucket_km(graph.km) if width_km is None else width_km
    kernels.nearest_source(graph, source, width, wanted, out_km[:n], out_gateway[:n])
    kernels.nearest_from_ground(graph, out_km[:n], out_gateway[:n], out_km[n:], out_gateway[n:])
    out_km[n + source], out_gateway[n + source] = 0.0, source
    return out_km, out_gateway


def path_nodes(routes: Routes, place: int, node: int) -> list[int]:
    """Nodes of the way from `node` to the destination at `place`, both ends too; empty if there is none."""
    if routes.next_node is None:
        raise RaabtaError("these routes hold no next hops; call route(..., hops=True)")
    if not np.isfinite(routes.km[place, node]):
        return []
    out = [node]
    while routes.next_node[place, out[-1]] != NO_NODE:
        out.append(int(routes.next_node[place, out[-1]]))
    return out


def _bucket_km(km: Floats) -> float:
    finite = km[np.isfinite(km)]
    return float(finite.min()) if finite.size else 1.0


def checked_graph(lasers: Lasers, km: Floats, links: GroundLinks) -> kernels.Graph:
    """Lasers and ground links as arrays for kernels, checked.

    Raises OutOfRangeError or RaabtaError on malformed input.
    """
    count = lasers.neighbour.shape[0]
    if lasers.neighbour.ndim != 2 or lasers.neighbour.shape[1] < 1 or km.shape != lasers.neighbour.shape:
        raise RaabtaError(
            f"lasers of shape {lasers.neighbour.shape} and lengths of shape {km.shape}; wanted: (n, K) both, "
            "with K of at least 1"
        )
    if count and not NO_NODE <= lasers.neighbour.min() <= lasers.neighbour.max() < count:
        raise OutOfRangeError("a laser's neighbour", "outside", f"{NO_NODE} to {count - 1}", arrays.WHOSE)
    rows = lasers.row_start
    if rows.size == 0 or rows[0] != 0 or rows[-1] != count or (np.diff(rows) < 0).any():
        raise RaabtaError(f"row_start must begin with 0, never fall, and end with {count}, the satellites")
    _check_lengths("a laser's length, km", km.ravel())
    start, satellite = arrays.lists("ground links", links.start, links.satellite, count)
    arrays.check_length("range_km", links.range_km, satellite.size)
    _check_lengths("range_km", links.range_km)
    neighbour = _widened(lasers.neighbour, kernels.LEAST_LASERS)
    length = np.where(neighbour == NO_NODE, np.inf, _widened(km, kernels.LEAST_LASERS))
    range_km = np.ascontiguousarray(links.range_km, np.float64)
    return kernels.Graph(neighbour, length, rows, start, satellite, range_km)


def _widened(table: NDArray[Any], width: int) -> NDArray[Any]:
    """A table of as many columns at least: new ones hold `NO_NODE`."""
    missing = max(width - table.shape[1], 0)
    wide = np.pad(table, ((0, 0), (0, missing)), constant_values=NO_NODE) if missing else table
    return np.ascontiguousarray(wide, np.int32 if wide.dtype.kind == "i" else np.float64)


def _check_lengths(what: str, km: Floats) -> None:
    bad = np.flatnonzero(~(km > 0.0))
    if bad.size:
        raise OutOfRangeError(
            what, float(km[bad[0]]), "above 0; infinite where there is no link", arrays.WHOSE
        )
