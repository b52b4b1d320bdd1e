"""Lasers that are matched and then kept while they hold: what was before matters, in a way that depends on
the time alone, never on how a run is stepped or cut.

Time falls into epochs of an hour, UTC. In each a chain of matchings, `STEP_NS` apart, begins anew: at its
first all lasers are matched, at each other those of the one before stay that hold, and what is free is
matched. The lasers of any instant follow so on those of the link of the chain at or before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from raabta.network.mesh.topology import Links, Topology
    from raabta.orbits.propagate import Propagator

EPOCH_NS: Final = 3_600_000_000_000
STEP_NS: Final = 15_000_000_000
HELD_LINKS: Final = 8
"""Links of the chain that are held: instants come in order, but for looks back."""


class LaserMemory:
    """The chain of an epoch, as far as it was asked for."""

    def __init__(self, topology: Topology, propagator: Propagator) -> None:
        self._topology, self._propagator = topology, propagator
        self._held: dict[int, Links] = {}

    def at(self, instant_ns: int) -> Links:
        """Lasers of an instant (ns), outages not heeded."""
        link = instant_ns - instant_ns % STEP_NS
        chained = self._chained(link)
        if link == instant_ns:
            return chained
        sky = self._topology.sky(self._propagator, np.datetime64(instant_ns, "ns"))
        return self._topology.at(*sky, kept=chained)

    def _chained(self, link: int) -> Links:
        """The link of the chain at a time, from the nearest one before that is held, or the epoch's first."""
        epoch = link - link % EPOCH_NS
        known = [each for each in self._held if epoch <= each <= link]
        if link in self._held:
            return self._held[link]
        first = max(known) + STEP_NS if known else epoch
        before = self._held[max(known)] if known else None
        times = list(range(first, link + 1, STEP_NS))
        for time, sky in zip(times, self._topology.skies(self._propagator, times), strict=True):
            before = self._topology.at(*sky, kept=before)
            self._held[time] = before
        self._held = dict(sorted(self._held.items())[-HELD_LINKS:]) | {link: self._held[link]}
        return self._held[link]
