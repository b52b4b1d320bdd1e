"""Ways between places on the ground, step after step: a pure function of what stands still and of time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from raabta.network.mesh import pair_kernels as kernels
from raabta.network.mesh.fibre import Fibre
from raabta.network.mesh.forwarding import States
from raabta.network.mesh.paths import Routes, route
from raabta.network.mesh.traffic import Shared, share_at
from raabta.network.mesh.walking import Mesh, Step, places_out, seconds, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[np.generic]]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CAUSES: Final = (
    "none",
    "no satellite at one end",
    "no satellite at the other",
    "no satellite at either",
    "no way",
    "a place is out",
    "a point of presence is out",
    "fibre behind a gateway is out",
)
"""Why a pair has no way, by the number that a chunk keeps."""
CONNECTED, NOT_AT_ONE, NOT_AT_OTHER, NOT_AT_EITHER, NO_WAY, PLACE_OUT, POP_OUT, FIBRE_OUT = range(8)
LINK_KM: Final = 2.0**20
"""Added to every link where the fewest links come first: no way on Earth is as long, so that km decide only
between ways of as many links, and are found again as the remainder."""


def ways_at(mesh: Mesh, step: Step, *, threads: int = 1) -> Routes:
    """Ways from every node to the destinations of a mesh at one step."""
    routing = mesh.scenario.routing
    more_km = 0.0 if routing.shortest_by == "delay" else LINK_KM
    links = replace(step.ends, range_km=step.ends.range_km + more_km) if more_km else step.ends
    found = route(
        step.lasers,
        step.km + more_km if more_km else step.km,
        links,
        mesh.destination,
        relay=routing.relay,
        hops=True,
        threads=threads,
    )
    if more_km:
        np.fmod(found.km, more_km, out=found.km, where=np.isfinite(found.km))
    return found


def run_chunk(mesh: Mesh, steps: Sequence[int]) -> Arrays:
    """Follow the pairs over some steps; plain arrays to keep.

    km (t, p): the way between the ends, infinite where there is none; satellites (t, p): how many it goes
    over; cause (t, p): see `CAUSES`; same (t, p): whether the way is that of the step before, False at
    the first of them. changes, handovers, gateway_changes (p,): see `Counts`; first_*, last_*: for the seams
    between chunks.
    With `keep_states` the forwarding state: see `forwarding.States`. With traffic, at every so
    manieth step of the run, flow_mbps, flow_stop (s, p) and flow_most_mbps (s,), and with points of presence
    flow_gateway (s, p), landed_mbps (s, g) and pops_mbps (s, v): see `traffic.Shared`.
    """
    record = _Record(mesh, len(steps))
    for i, step in enumerate(walk(mesh, steps)):
        record.keep(i, step, ways_at(mesh, step))
    return record.arrays()


class _Record:
    """Accumulates one chunk."""

    def __init__(self, mesh: Mesh, steps: int) -> None:
        pairs = len(mesh.pairs)
        self.mesh = mesh
        self.km = np.empty((steps, pairs), np.float32)
        self.satellites = np.empty((steps, pairs), np.uint8)
        self.cause = np.empty((steps, pairs), np.uint8)
        self.same = np.zeros((steps, pairs), np.bool_)
        self.counts = Counts.none(pairs)
        self.first = self.last = _no_ways(pairs)
        self.states = States() if mesh.scenario.routing.keep_states else None
        self.shared: list[Shared] = []

    def keep(self, i: int, step: Step, routes: Routes) -> None:
        """Note what step i of the chunk has."""
        mesh = self.mesh
        found = follow(mesh, step, routes)
        self.km[i] = routes.km[mesh.place, mesh.source]
        self.satellites[i] = np.minimum(found.satellites, 255)
        self.cause[i] = causes(mesh, step, found)
        if i:
            self.counts.add(self.last, found)
            self.same[i] = (found.way != 0) & (found.way == self.last.way)
        self.first, self.last = (self.first if i else found), found
        if self.states is not None and routes.next_node is not None:
            self.states.keep(routes.next_node)
        traffic = mesh.scenario.traffic
        if traffic is not None and step.number % traffic.every_steps == 0:
            self.shared.append(share_at(mesh, step, mesh.asked_mbps))

    def arrays(self) -> Arrays:
        """Everything to keep."""
        return {
            "km": self.km,
            "satellites": self.satellites,
            "cause": self.cause,
            "same": self.same,
            "steps": np.array([len(self.km)]),
            **self.counts._asdict(),
            **{f"first_{name}": values for name, values in self.first._asdict().items()},
            **{f"last_{name}": values for name, values in self.last._asdict().items()},
            **(self.states.arrays() if self.states is not None else {}),
            **(self._flows() if self.mesh.scenario.traffic is not None else {}),
        }

    def _flows(self) -> Arrays:
        shape = len(self.shared), len(self.mesh.pairs)
        return {
            "flow_mbps": np.array([each.rate_mbps for each in self.shared], np.float64).reshape(shape),
            "flow_stop": np.array([each.stop for each in self.shared], np.uint8).reshape(shape),
            "flow_most_mbps": np.array([each.most_mbps for each in self.shared], np.float64),
            **(self._landed() if self.mesh.fibre is not None else {}),
        }

    def _landed(self) -> Arrays:
        count, places = len(self.shared), self.mesh.sites.count
        sizes = {
            "gateway": len(self.mesh.pairs),
            "landed_mbps": places,
            "pops_mbps": self.mesh.grounds - places - 1,
        }
        gateway, *landed = (
            np.array([getattr(each, name) for each in self.shared]).reshape(count, size)
            for name, size in sizes.items()
        )
        rates = dict(zip(("landed_mbps", "pops_mbps"), landed, strict=True))
        return {"flow_gateway": gateway.astype(np.int16), **rates}


class Followed(NamedTuple):
    """The way of each pair at one step, (p,): a number that tells ways apart, fibre behind gateways too, 0
    for none; the satellites at its two ends, -1 for none; how many satellites it goes over; the gateways at
    which it lands, at its two ends, -1 where it goes on in no fibre."""

    way: NDArray[np.uint64]
    one_end: Ints
    other_end: Ints
    satellites: Ints
    one_gateway: Ints
    other_gateway: Ints


def _no_ways(pairs: int) -> Followed:
    nobody = np.full(pairs, -1)
    return Followed(np.zeros(pairs, np.uint64), nobody, nobody, np.zeros(pairs, np.int64), nobody, nobody)


def follow(mesh: Mesh, step: Step, routes: Routes) -> Followed:
    """Follow every pair through the forwarding state of one step."""
    pairs = len(mesh.pairs)
    way, one_end, other_end = np.empty(pairs, np.uint64), np.empty(pairs, np.int64), np.empty(pairs, np.int64)
    satellites, gateways = np.empty(pairs, np.int64), [np.full(pairs, -1)] * 2
    starts, count = mesh.source, mesh.propagator.count
    kernels.follow(routes.next_node, mesh.place, starts, count, way, one_end, other_end, satellites)
    if mesh.fibre is not None and step.behind is not None:
        for i, satellite in enumerate((one_end, other_end)):
            landed = mesh.fibre.land(step.behind, mesh.pairs[:, i], satellite, seconds(mesh, step.number))
            kernels.tell_fibre_apart(way, landed.gateway, landed.fibre)
            gateways[i] = landed.gateway
    return Followed(way, one_end, other_end, satellites, *gateways)


class Counts(NamedTuple):
    """Of each pair (p,), at how many steps something is another than at the step before, with a way then and
    now: the way, in space or in fibre; the satellites at its ends, and the gateways at which it lands, both
    ends added."""

    changes: Ints
    handovers: Ints
    gateway_changes: Ints

    @classmethod
    def none(cls, pairs: int) -> Counts:
        """Nothing counted yet."""
        return cls(*np.zeros((len(cls._fields), pairs), np.int64))

    def add(self, before: Followed, after: Followed) -> None:
        """Count one step."""
        there = (before.way != 0) & (after.way != 0)
        self.changes[:] += there & (before.way != after.way)
        for count, ends in (
            (self.handovers, ("one_end", "other_end")),
            (self.gateway_changes, ("one_gateway", "other_gateway")),
        ):
            for end in ends:
                count[:] += there & (getattr(before, end) != getattr(after, end))


def causes(mesh: Mesh, step: Step, found: Followed) -> NDArray[np.uint8]:
    """Why each pair has no way, (p,): numbers of `CAUSES`."""
    seen = np.diff(step.ends.start) > 0
    one, other = seen[mesh.pairs[:, 0]], seen[mesh.pairs[:, 1]]
    by_ends = np.array([[NOT_AT_EITHER, NOT_AT_ONE], [NOT_AT_OTHER, NO_WAY]], np.uint8)
    without = by_ends[one.astype(np.int64), other.astype(np.int64)]
    if mesh.fibre is not None and mesh.fibre.fails:
        without = _by_fibre(mesh, mesh.fibre, step, found, without)
    if mesh.place_outages:
        out = np.append(places_out(mesh, step.number), np.zeros(mesh.grounds - mesh.sites.count, np.bool_))
        without = np.where(out[mesh.pairs].any(axis=1), np.uint8(PLACE_OUT), without)
    return np.where(found.way != 0, np.uint8(CONNECTED), without)


def _by_fibre(
    mesh: Mesh, fibre: Fibre, step: Step, found: Followed, without: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Causes of pairs without a way, those told that would have one if no fibre were out."""
    lost = np.flatnonzero(found.way == 0)
    if not lost.size:
        return without
    mended = step._replace(behind=fibre.whole(step.links))
    whole = follow(mesh, mended, ways_at(mesh, mended)).way != 0
    out = np.append(np.zeros(mesh.sites.count, np.bool_), fibre.pops_out(seconds(mesh, step.number)))
    told = np.where(whole, np.uint8(FIBRE_OUT), without)
    return np.where(out[mesh.pairs].any(axis=1), np.uint8(POP_OUT), told)
