"""Small meshes for the tests of alternative ways and flows, and every way there is by plain enumeration."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np

from raabta.network.mesh.paths import NO_NODE, GroundLinks, Lasers


def tangle(seed, satellites=7, ground=4, *, whole=False):
    """Two to six lasers a satellite, in no grid, differing by direction, some double, some missing; a few
    ground nodes that see up to three satellites, perhaps none. `whole`: lengths of a few whole km, so that
    many ways tie."""
    rng = np.random.default_rng(seed)
    neighbour = rng.integers(0, satellites, (satellites, 2 + seed % 5))
    neighbour[rng.random(neighbour.shape) < 0.2 + 0.1 * (seed % 5)] = NO_NODE
    count = rng.integers(0, 4, ground)
    start = np.concatenate([[0], np.cumsum(count)])

    def lengths(size):
        return rng.integers(1, 4, size).astype(float) if whole else rng.uniform(1.0, 4e3, size)

    satellite = rng.integers(0, satellites, start[-1]).astype(np.int32)
    links = GroundLinks(start, satellite, lengths(start[-1]))
    return Lasers.of(neighbour), lengths(neighbour.shape), links


def without_doubles(lasers, km, links):
    """The mesh with the shortest only of several links between the same two nodes."""
    n = len(lasers.neighbour)
    own = np.repeat(np.arange(n), lasers.neighbour.shape[1]) * n + lasers.neighbour.ravel()
    node = np.repeat(np.arange(links.start.size - 1), np.diff(links.start)) * n + links.satellite

    def shortest(key, length):
        order = np.lexsort((length, key))
        out = np.full(length.size, np.inf)
        first = order[np.append(True, np.diff(key[order]) != 0)[: order.size]]
        out[first] = length[first]
        return out

    range_km = shortest(node, links.range_km)
    return (
        lasers,
        shortest(own, km.ravel()).reshape(km.shape),
        GroundLinks(links.start, links.satellite, range_km),
    )


def mutual(seed, satellites=7, ground=4):
    """A mesh whose lasers are as long one way as the other."""
    lasers, _, links = tangle(seed, satellites, ground)
    length = np.random.default_rng(seed).uniform(1.0, 2e3, (satellites, satellites))
    length = length + length.T
    return lasers, length[np.arange(satellites)[:, None], lasers.neighbour], links


def link_km(lasers, km, links):
    """{(from, to): km} over lasers and, both ways, ground links: of several the shortest."""
    n, best = len(lasers.neighbour), {}
    node = n + np.repeat(np.arange(links.start.size - 1), np.diff(links.start))
    there = (lasers.neighbour != NO_NODE) & np.isfinite(km)
    satellite, slot = np.nonzero(there)
    every = [
        *zip(satellite, lasers.neighbour[satellite, slot], km[satellite, slot], strict=True),
        *zip(node, links.satellite, links.range_km, strict=True),
        *zip(links.satellite, node, links.range_km, strict=True),
    ]
    for u, v, length in every:
        if u != v and np.isfinite(length):
            best[int(u), int(v)] = min(float(length), best.get((int(u), int(v)), np.inf))
    return best


def every_way(mesh, start, end, *, relay=False, lasers=True):
    """All loopless ways between two ground nodes as (km, nodes), the shortest first."""
    n = len(mesh[0].neighbour)
    length = {(u, v): km for (u, v), km in link_km(*mesh).items() if lasers or u >= n or v >= n}
    after = {}
    for u, v in length:
        after.setdefault(u, []).append(v)
    found, stack = [], [(n + start,)]
    while stack:
        way = stack.pop()
        if way[-1] == n + end:
            found.append((sum(length[link] for link in reversed(list(pairwise(way)))), way))
            continue
        if way[-1] >= n and len(way) > 1 and not relay:
            continue
        stack.extend((*way, v) for v in after.get(way[-1], ()) if v not in way)
    return sorted(found)


def parts(way, rule):
    """What no second way may share: links, whichever way they are used, or the nodes in between."""
    if rule == "node-disjoint":
        return frozenset(way[1:-1])
    return frozenset(frozenset(link) for link in pairwise(way))


def one_by_one(ways, count, rule):
    """Greedy: the shortest, then the shortest that shares nothing with those before."""
    taken, used = [], set()
    for km, way in ways:
        if len(taken) < count and not used & parts(way, rule):
            taken.append((km, way))
            used |= parts(way, rule)
    return taken


def least_sum(ways, count, rule):
    """The least sum of km of as many disjoint ways as there can be, up to `count`; and how many."""
    for size in range(count, 0, -1):
        sums = [
            sum(km for km, _ in some)
            for some in combinations(ways, size)
            if len(frozenset().union(*(parts(way, rule) for _, way in some)))
            == sum(len(parts(way, rule)) for _, way in some)
        ]
        if sums:
            return size, min(sums)
    return 0, 0.0
