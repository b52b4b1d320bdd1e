"""Shortest paths against SciPy and networkx, +Grid against geometry, and input that must be refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from raabta.access.visibility import bounding_disc, observe, sites
from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.network.mesh import paths
from raabta.network.mesh.paths import (
    GroundLinks,
    Lasers,
    ground_links,
    laser_km,
    nearest_gateway,
    plus_grid,
    route,
)
from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

START = np.datetime64("2026-11-22", "ns")
SHELL = Shell(altitude_km=550.0, inclination_deg=53.0, planes=24, satellites_per_plane=22, phasing=5)


@cache
def positions():
    return Propagator.from_elements(walker(SHELL, START), START).positions_km(np.array([START]))[0]


@cache
def towns(count, nearest=None, seed=3):
    """Ground links of random sites between 60 degrees south and north to the satellites of `SHELL`."""
    rng = np.random.default_rng(seed)
    ground = sites(rng.uniform(-60, 60, count), rng.uniform(-180, 180, count), np.zeros(count), 25.0)
    view = observe(ground, bounding_disc(ground.km), positions(), min_elevation_deg=25.0)
    return ground_links(ground, view, nearest)


def scene(count=40, nearest=None, longest_km=np.inf):
    lasers = plus_grid(SHELL.planes, SHELL.satellites_per_plane, SHELL.phasing)
    return lasers, laser_km(lasers, positions(), longest_km), towns(count, nearest)


def tangle(seed, n=150, g=12, lasers=4):
    """Lasers that follow no grid and differ by direction, some missing; some ground nodes see nothing."""
    rng = np.random.default_rng(seed)
    neighbour = rng.integers(0, n, (n, lasers))
    neighbour[rng.random((n, lasers)) < 0.4] = paths.NO_NODE
    neighbour[: n // 10] = paths.NO_NODE
    count = rng.integers(0, 4, g)
    start = np.concatenate([[0], np.cumsum(count)])
    links = GroundLinks(
        start, rng.integers(0, n, start[-1]).astype(np.int32), rng.uniform(500, 2e3, start[-1])
    )
    return Lasers.of(neighbour), rng.uniform(1.0, 4e3, (n, lasers)), links


def edges(lasers, km, links, *, relay, up):
    """Links as (from, to, km), turned round: SciPy and networkx walk from the destination outwards. Of links
    between the same two nodes only the shortest; `up`: ground nodes that may send without `relay`."""
    n = lasers.neighbour.shape[0]
    there = (lasers.neighbour >= 0) & np.isfinite(km)
    satellite, slot = np.nonzero(there)
    node = n + np.repeat(np.arange(links.start.size - 1), np.diff(links.start))
    sends = np.isin(node - n, up) | relay
    source = [lasers.neighbour[satellite, slot], node[sends], links.satellite if relay else []]
    target = [satellite, links.satellite[sends], node if relay else []]
    length = [km[satellite, slot], links.range_km[sends], links.range_km if relay else []]
    best = {}
    for a, b, x in zip(*map(np.concatenate, (source, target, length)), strict=True):
        best[int(a), int(b)] = min(x, best.get((int(a), int(b)), np.inf))
    return best


def scipy_km(lasers, km, links, destination, *, relay):
    """Distances (d, n + g) by SciPy: a graph for each, and without relay the last hop down by NumPy."""
    n, g = lasers.neighbour.shape[0], links.start.size - 1
    out = np.empty((len(destination), n + g))
    node = np.repeat(np.arange(g), np.diff(links.start))
    for row, place in enumerate(destination):
        best = edges(lasers, km, links, relay=relay, up=[place])
        a, b = np.array(list(best)).reshape(-1, 2).T
        graph = csr_matrix((list(best.values()), (a, b)), shape=(n + g, n + g))
        out[row] = dijkstra(graph, indices=n + place)
        if not relay:
            down = out[row, links.satellite] + links.range_km
            np.minimum.at(out[row], n + node, down)
    return out


@pytest.mark.parametrize("relay", [False, True])
@pytest.mark.parametrize("nearest", [None, 1, 3])
def test_grid_distances_equal_scipys_to_the_last_bit(relay, nearest):
    case = scene(nearest=nearest)
    every = range(40)
    found = route(*case, every, relay=relay)
    assert np.array_equal(found.km, scipy_km(*case, every, relay=relay))


@pytest.mark.parametrize("relay", [False, True])
@pytest.mark.parametrize(("seed", "lasers"), [(0, 4), (1, 4), (2, 1), (3, 2), (4, 3), (5, 5), (6, 8)])
def test_distances_on_any_graph_equal_scipys_to_the_last_bit(seed, lasers, relay):
    case = tangle(seed, lasers=lasers)
    found = route(*case, range(12), relay=relay, hops=True)
    expected = scipy_km(*case, range(12), relay=relay)
    assert np.array_equal(found.km, expected)
    assert np.isinf(expected).any()
    assert np.isfinite(expected[:, :150]).any()


def test_distances_equal_networkxs():
    networkx = pytest.importorskip("networkx")
    case = scene(12)
    n = SHELL.satellites
    found = route(*case, range(12), relay=True).km
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(n + 12))
    graph.add_weighted_edges_from((a, b, x) for (a, b), x in edges(*case, relay=True, up=[]).items())
    for place in (0, 7):
        lengths = networkx.single_source_dijkstra_path_length(graph, n + place)
        assert found[place].tolist() == [lengths.get(node, np.inf) for node in range(n + 12)]


@pytest.mark.parametrize("relay", [False, True])
@pytest.mark.parametrize("make", [lambda: scene(30), lambda: tangle(9), lambda: tangle(9, lasers=7)])
def test_following_the_next_hops_gives_the_distance(make, relay):
    lasers, km, links = make()
    n, g = lasers.neighbour.shape[0], links.start.size - 1
    routes = route(lasers, km, links, range(g), relay=relay, hops=True)
    for place in range(g):
        length = edges(lasers, km, links, relay=True, up=[])
        for node in [*range(0, n, 7), *range(n, n + g)]:
            way = paths.path_nodes(routes, place, node)
            if not np.isfinite(routes.km[place, node]):
                assert way == []
                continue
            assert (way[0], way[-1]) == (node, n + place)
            total = sum(length[b, a] for a, b in pairwise(way))
            assert total == pytest.approx(routes.km[place, node], rel=1e-12)
            if not relay:
                assert all(step < n for step in way[1:-1])


def test_relaying_on_the_ground_is_never_longer_and_sometimes_shorter():
    case = scene(60)
    lasers_only, both = (route(*case, range(60), relay=relay).km for relay in (False, True))
    assert (both <= lasers_only).all()
    assert (both < lasers_only - 100.0).any()


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_and_batches_change_no_bit(threads):
    case = scene(50)
    alone = route(*case, range(50), hops=True)
    shared = route(*case, range(50), hops=True, threads=threads)
    assert alone.km.tobytes() == shared.km.tobytes()
    assert alone.next_node.tobytes() == shared.next_node.tobytes()
    backwards = route(*case, range(49, -1, -1), hops=True)
    assert np.array_equal(backwards.km[::-1], alone.km)
    assert np.array_equal(backwards.next_node[::-1], alone.next_node)


@pytest.mark.parametrize("width_km", [None, 0.5, 37.0, 1e3, 1e6])
@pytest.mark.parametrize(
    "make", [lambda: scene(40), lambda: tangle(2, g=40), lambda: tangle(2, g=40, lasers=6)]
)
def test_nearest_gateway_equals_scipys_at_any_bucket_width(make, width_km):
    lasers, km, links = make()
    n, gateways = lasers.neighbour.shape[0], np.arange(0, 40, 7)
    found, gateway = nearest_gateway(lasers, km, links, gateways, width_km)
    every = np.array([(b, a, x) for (a, b), x in edges(lasers, km, links, relay=False, up=[]).items()])
    node = n + np.repeat(np.arange(40), np.diff(links.start))
    rises = np.isin(node - n, gateways)
    first = np.column_stack([node, links.satellite, links.range_km])[rises]
    a, b, x = np.concatenate([every, first]).T
    expected, _, source = dijkstra(
        csr_matrix((x, (a.astype(int), b.astype(int))), shape=(n + 40, n + 40)),
        indices=n + gateways, min_only=True, return_predecessors=True,
    )  # fmt: skip
    np.minimum.at(expected, node, expected[links.satellite] + links.range_km)
    assert np.array_equal(found, expected)
    assert np.array_equal(gateway[:n], np.where(np.isfinite(expected[:n]), source[:n] - n, paths.NO_NODE))
    assert np.isfinite(expected[:n]).any()


@pytest.mark.parametrize("width_km", [None, 37.0, 1e6])
@pytest.mark.parametrize("make", [lambda: scene(40), lambda: tangle(2, g=40)])
def test_a_search_ends_with_those_that_are_wanted(make, width_km):
    """What is told at all is what the whole search tells: everything up to the farthest that is wanted."""
    lasers, km, links = make()
    n, gateways = lasers.neighbour.shape[0], np.arange(0, 40, 7)
    whole, source = nearest_gateway(lasers, km, links, gateways, width_km)
    near_first = np.argsort(whole[:n], kind="stable")
    reached = int(np.isfinite(whole[:n]).sum())
    for wanted in (near_first[:1], near_first[: reached // 3], near_first[:reached][::-7]):
        found, gateway = nearest_gateway(lasers, km, links, gateways, width_km, wanted)
        told = np.isfinite(found[:n])
        assert told[whole[:n] <= whole[wanted].max()].all()
        assert np.array_equal(found[:n][told], whole[:n][told])
        assert np.array_equal(gateway[:n][told], source[:n][told]) and (gateway[:n][~told] == -1).all()
    few, _ = nearest_gateway(lasers, km, links, gateways, 37.0, near_first[:1])
    assert np.isfinite(few[:n]).sum() < reached
    with pytest.raises(OutOfRangeError, match="until"):
        nearest_gateway(lasers, km, links, gateways, until=[n])


def test_a_reached_row_that_does_not_change_itself_still_tells_its_neighbours():
    """One satellite a row: what a destination gives it must go on although the row finds nothing shorter."""
    lasers = Lasers(np.array([[1, -1, -1, -1], [0, 2, -1, -1], [1, -1, -1, -1]], np.int32), np.arange(4))
    links = GroundLinks(np.array([0, 1]), np.array([0], np.int32), np.array([600.0]))
    assert route(lasers, np.full((3, 4), 1000.0), links, [0]).km.tolist() == [[600.0, 1600.0, 2600.0, 0.0]]


def test_plus_grid_is_mutual_and_its_seam_is_as_long_as_the_rest():
    lasers = plus_grid(SHELL.planes, SHELL.satellites_per_plane, SHELL.phasing)
    own = np.arange(SHELL.satellites)
    for there, back in ((paths.AHEAD, paths.BEHIND), (paths.LEFT, paths.RIGHT)):
        assert (lasers.neighbour[lasers.neighbour[:, there], back] == own).all()
    km = laser_km(lasers, positions()).reshape(SHELL.planes, -1, 4)
    assert km[:, :, paths.AHEAD] == pytest.approx(2 * 6928.137 * np.sin(np.pi / 22), rel=3e-3)
    across, within = km[-1, :, paths.RIGHT], km[3:5, :, paths.RIGHT]
    assert across.min() == pytest.approx(within.min(), rel=0.02)
    assert across.max() == pytest.approx(within.max(), rel=0.02)


def test_plus_grid_without_seam_and_with_few_planes():
    open_grid = plus_grid(3, 4, seam=False).neighbour
    assert (open_grid[:4, paths.LEFT] == -1).all() and (open_grid[8:, paths.RIGHT] == -1).all()
    assert (
        plus_grid(2, 2).neighbour == [[1, -1, -1, 2], [0, -1, -1, 3], [3, -1, 0, -1], [2, -1, 1, -1]]
    ).all()
    assert (plus_grid(1, 1).neighbour == -1).all()
    with pytest.raises(OutOfRangeError, match="0 planes of 3"):
        plus_grid(0, 3)


def test_joined_shells_share_no_laser_and_keep_their_ways():
    one = plus_grid(3, 5)
    both = Lasers.joined(one, plus_grid(2, 4))
    assert (both.neighbour[:15] == one.neighbour).all()
    assert both.neighbour[15:].max() == 22 and both.neighbour[15:].min() == -1
    assert both.row_start.tolist() == [0, 5, 10, 15, 19, 23]


def test_long_lasers_and_lost_satellites_are_no_links():
    where = positions().copy()
    where[:, 5] = np.nan
    lasers = plus_grid(SHELL.planes, SHELL.satellites_per_plane, SHELL.phasing)
    km = laser_km(lasers, where, longest_km=2_000.0)
    assert np.isinf(km[5]).all()
    assert np.isfinite(km).any() and km[np.isfinite(km)].max() <= 2_000.0
    routes = route(lasers, km, towns(4), [0], hops=True)
    assert np.isinf(routes.km[0, 5])
    assert paths.path_nodes(routes, 0, 5) == []


def test_an_infinite_range_is_no_link():
    lasers, km, links = scene(4)
    blind = replace(
        links, range_km=np.where(np.arange(links.satellite.size) < links.start[1], np.inf, links.range_km)
    )
    assert np.isinf(route(lasers, km, blind, [1]).km[0, SHELL.satellites])
    found, gateway = nearest_gateway(lasers, km, blind, [0, 2])
    assert np.isfinite(found[: SHELL.satellites]).all()
    assert set(gateway[: SHELL.satellites]) == {2}


def test_ground_links_are_what_is_in_view_and_the_nearest_of_it():
    full, few = towns(20), towns(20, nearest=2)
    for i in range(20):
        seen = full.range_km[full.start[i] : full.start[i + 1]]
        kept = few.range_km[few.start[i] : few.start[i + 1]]
        assert np.array_equal(np.sort(seen)[:2], kept)
    assert full.range_km.min() > 540.0 and full.range_km.max() < 1_150.0


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"destination": [12]}, OutOfRangeError, r"destination\[0\] \(row 0\) is 12; valid: 0 to 11"),
        ({"destination": [0.5]}, RaabtaError, "wanted: whole numbers"),
        ({"km": np.full((150, 4), -1.0)}, OutOfRangeError, r"a laser's length, km is -1.0; valid: above 0"),
        ({"km": np.full((150, 4), np.nan)}, OutOfRangeError, r"a laser's length, km is nan"),
        ({"km": np.ones((150, 3))}, RaabtaError, r"wanted: \(n, K\) both"),
        ({"neighbour": np.full((150, 4), 150, np.int32)}, OutOfRangeError, "a laser's neighbour is outside"),
        ({"row_start": np.array([0, 149])}, RaabtaError, "row_start must begin with 0"),
        ({"range_km": np.zeros(30)}, RaabtaError, r"range_km has shape"),
        ({"satellite": np.full(30, 200, np.int32)}, RaabtaError, r"ground links"),
    ],
)
def test_malformed_input_is_refused(change, error, message):
    lasers, km, links = tangle(1)
    for part in ("neighbour", "row_start"):
        if part in change:
            lasers = replace(lasers, **{part: change[part]})
    for part in ("range_km", "satellite"):
        if part in change:
            links = replace(links, **{part: change[part]})
    with pytest.raises(error, match=message):
        route(lasers, change.get("km", km), links, change.get("destination", [0]))


def test_a_way_without_hops_is_refused():
    with pytest.raises(RaabtaError, match="hops=True"):
        paths.path_nodes(route(*tangle(1), [0]), 0, 0)
