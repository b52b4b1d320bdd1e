"""Which link a finished run uses most: what an attack on a link takes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import ScenarioError
from raabta.network.mesh.timeline import ways_at
from raabta.network.mesh.walking import walk
from raabta.scenario.failures import BUSIEST, Failure
from raabta.scenario.paths import PathScenario
from raabta.service.pairs.run import prepare

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.mesh.paths import Routes
    from raabta.network.mesh.walking import Mesh
    from raabta.service.results import Results

    Ints = NDArray[np.int64]


def resolved(failure: Failure, found: Results | PathScenario) -> Failure:
    """A failure of the busiest link as that of the link it is; any other as it stands."""
    if failure.what != "link" or failure.name != BUSIEST:
        return failure
    if isinstance(found, PathScenario):
        return _busiest_link(failure, found)
    return _busiest_gateway(failure, found)


def _busiest_gateway(failure: Failure, results: Results) -> Failure:
    """Feeder links move from satellite to satellite: an attack on them is one on their gateway."""
    own = range(len(results.scenario.gateways))
    shares = [results.summary["gateways"][g]["share_of_traffic"] for g in own]
    most = max(own, key=lambda g: shares[g])
    if not shares[most]:
        raise ScenarioError(f"{failure.text}: no gateway of this run lands any traffic")
    return failure.model_copy(update={"what": "gateway", "name": results.scenario.gateways[most].name})


def _busiest_link(failure: Failure, scenario: PathScenario) -> Failure:
    """The laser, or link of a place to a satellite, that the most pairs go over at the most steps."""
    mesh, places = prepare(scenario)
    links, uses = link_uses(mesh)
    if not links.size:
        raise ScenarioError(f"{failure.text}: no pair of this run ever has a way, so no link is used")
    low, high = divmod(int(links[np.argmax(uses)]), 2**32)
    names, count = mesh.propagator.names, mesh.propagator.count
    if high < count:
        return failure.model_copy(update={"what": "laser", "name": f"{names[low]}-{names[high]}"})
    return failure.model_copy(update={"name": f"{places.name[high - count]}-{names[low]}"})


def link_uses(mesh: Mesh) -> tuple[Ints, Ints]:
    """Every link that a pair goes over, as (lower node << 32) + higher, and at how many steps of pairs."""
    known: dict[int, int] = {}
    for step in walk(mesh, range(mesh.scenario.time.steps)):
        for link, uses in zip(*_uses_at(mesh, ways_at(mesh, step)), strict=True):
            known[link] = known.get(link, 0) + uses
    links = np.array(sorted(known), np.int64)
    return links, np.array([known[link] for link in links.tolist()], np.int64)


def _uses_at(mesh: Mesh, routes: Routes) -> tuple[list[int], list[int]]:
    """Links that pairs go over at one step, and how many pairs."""
    assert routes.next_node is not None
    place, node = mesh.place, mesh.source
    gone: list[Ints] = []
    while place.size:
        onward = routes.next_node[place, node].astype(np.int64)
        there = onward >= 0
        place, node, onward = place[there], node[there], onward[there]
        gone.append((np.minimum(node, onward) << 32) + np.maximum(node, onward))
        node = onward
    links, uses = np.unique(np.concatenate([np.empty(0, np.int64), *gone]), return_counts=True)
    return links.tolist(), uses.tolist()
