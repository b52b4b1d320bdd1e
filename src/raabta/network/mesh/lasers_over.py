"""Lasers of a constellation at many times, what was before looked at anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.network.mesh import topology_kernels as kernels
from raabta.network.mesh.laser_memory import LaserMemory
from raabta.network.mesh.topology import MOST_POSITIONS, Links

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

    from raabta.network.mesh.topology import Topology
    from raabta.orbits.propagate import Propagator


def lasers_over(topology: Topology, propagator: Propagator, times: ArrayLike) -> Iterator[Links]:
    """Lasers at each of `times` (UTC), which come in any order: what was before is looked at anew, so how
    a run is cut changes nothing."""
    asked = np.atleast_1d(np.asarray(times, "datetime64[ns]")).astype(np.int64)
    back = np.rint(1e9 * np.array([0.0, *topology.look_back_s])).astype(np.int64)
    batch = max(1, MOST_POSITIONS // (max(topology.plane.size, 1) * back.size))
    known: dict[int, Links] = {}
    memory = LaserMemory(topology, propagator) if topology.remembers else None
    for first in range(0, asked.size, batch):
        instants = asked[first : first + batch, None] - back
        known = _known(topology, propagator, np.unique(instants).tolist(), known, memory)
        for now, *before in instants.tolist():
            links = known[now]
            km = links.km.copy() if before else links.km
            for each in before:
                kernels.withhold(links.lasers.neighbour, km, known[each].lasers.neighbour, known[each].km)
            yield Links(links.lasers, km)


def _known(
    topology: Topology,
    propagator: Propagator,
    instants: list[int],
    known: dict[int, Links],
    memory: LaserMemory | None,
) -> dict[int, Links]:
    """Lasers of instants (ns), without a look back; those that are known are not sought again."""
    new = [each for each in instants if each not in known]
    if memory is None:
        matched = (topology.at(*sky) for sky in topology.skies(propagator, new))
    else:
        matched = (memory.at(each) for each in new)
    found = {
        each: topology.left(links, np.datetime64(each, "ns"))
        for each, links in zip(new, matched, strict=True)
    }
    return {each: found[each] if each in found else known[each] for each in instants}
