"""Contact-graph routing: which contacts bring a volume to its destination first.

Terms of CCSDS 734.3-B-1 (Schedule-Aware Bundle Routing, 2019): best-case delivery time (of an empty network),
projected arrival (behind what waits with the same priority or a higher one), effective volume limit (what the
way can still carry), backlog by priority, expiry. The way is the one that arrives first; of those, one over
the fewest links. Contacts of a pair that touch are one link whose rate steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base.errors import LimitError, OutOfRangeError, RaabtaError
from raabta.network.delay_tolerant import route_kernels as kernels
from raabta.scenario.suggest import near_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.mesh.contacts import ContactPlan

    Floats = NDArray[np.float64]

MOST_HOPS = 12
MOST_BOOKINGS = 100_000_000
MB_PER_MBIT = 0.125
ORDER_S = 1e-3
"""Light times are written to a millisecond; a fall by no more is rounding."""
_WHOSE = "contact-graph routing"


@dataclass(frozen=True)
class ContactGraph:
    """Links of a contact plan, ready to be searched. contact: rows of the plan in the order of the links."""

    plan: ContactPlan
    links: kernels.Links
    contact: NDArray[np.int64]

    def node(self, name: str) -> int:
        """The number of a node. Raises RaabtaError with the near name."""
        if name in self.plan.nodes:
            return self.plan.nodes.index(name)
        near = near_name(name, list(self.plan.nodes))
        more = f"did you mean {near!r}?" if near else f"nodes: {', '.join(self.plan.nodes[:20])}"
        raise RaabtaError(f"no node of the contact plan is called {name[:80]!r}\nhint: {more}")


@dataclass(frozen=True)
class Route:
    """A way: links (h,), rows of the plan that its last byte leaves by (h,), when it is at each next node.

    best_case_s: arrival of an empty volume in an empty network; arrival_s: of this one; volume_limit_mb: what
    the way could carry from now on, of this priority; ends_s: when the first of its links ends.
    """

    nodes: tuple[str, ...]
    contacts: tuple[int, ...]
    arrivals_s: tuple[float, ...]
    best_case_s: float
    volume_limit_mb: float
    ends_s: float

    @property
    def arrival_s(self) -> float:
        """When its last byte is at the destination, s from the plan's start."""
        return self.arrivals_s[-1]


def contact_graph(plan: ContactPlan, *, fragment: bool = False) -> ContactGraph:
    """The links of a plan: its contacts by sender, receiver and time, those that touch together; all of a
    pair where bundles may be sent in parts (`fragment`), joined again by the receiver. Where light time falls
    faster than time passes a link ends: what is sent on it arrives in the order in which it is sent."""
    order = np.lexsort((plan.start_s, plan.to_node, plan.from_node))
    start, end = plan.start_s[order], plan.end_s[order]
    light = [getattr(plan, name)[order] for name in _LIGHT]
    sender, receiver = plan.from_node[order].astype(np.int64), plan.to_node[order].astype(np.int64)
    same = (sender[1:] == sender[:-1]) & (receiver[1:] == receiver[:-1])
    touching = np.full(same.shape, fragment) | (start[1:] == end[:-1])
    in_order = start[1:] + light[0][1:] >= end[:-1] + light[1][:-1] - ORDER_S
    head = np.flatnonzero(np.concatenate(([True], ~(same & touching & in_order))))[: start.size]
    rate = plan.rate_mbps[order] * MB_PER_MBIT
    first = np.append(head, start.size).astype(np.int64)
    volume, before = (end - start) * rate, np.empty(start.size)
    for low, high in pairwise(first.tolist()):
        before[low:high] = np.concatenate(([0.0], np.cumsum(volume[low:high])))[:-1]
    last = first[1:] - 1
    pair = np.flatnonzero(np.concatenate(([True], ~same))[: start.size])
    links = kernels.Links(
        link=records(
            kernels.LINK, sender[head], receiver[head], start[head], end[last], before[last] + volume[last]
        ),
        first=first,
        contact=records(kernels.CONTACT, start, end, rate, before),
        light=light_parabola(*light),
        pair_to=receiver[pair],
        pair_first=np.append(np.searchsorted(head, pair), head.size).astype(np.int64),
        node_first=np.searchsorted(sender[pair], np.arange(len(plan.nodes) + 1)).astype(np.int64),
    )
    return ContactGraph(plan, links, order.astype(np.int64))


_LIGHT = ("light_time_start_s", "light_time_end_s", "light_time_min_s", "light_time_max_s")


def light_parabola(start_s: Floats, end_s: Floats, least_s: Floats, most_s: Floats) -> Floats:
    """Light times over contacts as parabolas (c, 3) in the part of the contact that is over, 0 to 1.

    Through both edges, with the least light time (or the greatest, if that is farther off) at the vertex; a
    line where both lie at the edges.
    """
    down = np.sqrt(np.maximum(start_s - least_s, 0.0)), np.sqrt(np.maximum(end_s - least_s, 0.0))
    up = np.sqrt(np.maximum(most_s - start_s, 0.0)), np.sqrt(np.maximum(most_s - end_s, 0.0))
    inside = [np.minimum(*side) > 0.0 for side in (down, up)]
    bend = [
        np.where(one, (side[0] + side[1]) ** 2, 0.0) for one, side in zip(inside, (down, up), strict=True)
    ]
    square = np.where(bend[0] >= bend[1], bend[0], -bend[1])
    return np.stack([start_s, end_s - start_s - square, square], axis=1)


def records(dtype: np.dtype[Any], *columns: Any) -> NDArray[Any]:
    """Columns of one length as an array of records."""
    out = np.empty(np.shape(columns[0]), dtype)
    for name, column in zip(dtype.names or (), columns, strict=True):
        out[name] = column
    return out


def nothing_booked(graph: ContactGraph, ranks: int = 1, views: int = 1) -> kernels.Booked:
    """No volume waits, none was sent. views: 1 for bookings that all know, one a node for own ones.

    Raises LimitError where so many views of so many links take more than MOST_BOOKINGS figures.
    """
    count = graph.links.link.size
    if views * count * ranks > MOST_BOOKINGS:
        raise LimitError(
            f"{views:,} nodes that each know their own bookings of {count:,} links at {ranks} priorities; at "
            f"most {MOST_BOOKINGS:,} figures are kept: share the bookings (bookings: shared)"
        )
    return kernels.Booked(np.zeros(count), np.zeros((views, count, ranks)))


def search_room(graph: ContactGraph, most_hops: int = MOST_HOPS) -> kernels.Search:
    """Room for searches over a graph."""
    nodes, pairs = len(graph.plan.nodes), graph.links.pair_to.size
    hops = min(most_hops, max(1, nodes - 1))
    entries = 1 + pairs * hops
    settled, heap = np.empty(nodes, np.int64), np.zeros(entries, np.int64)
    return kernels.Search(np.empty((nodes, hops + 1)), settled, np.zeros(entries, kernels.ENTRY), heap)


def find_route(
    plan: ContactPlan | ContactGraph,
    from_node: str,
    to_node: str,
    *,
    at_s: float = 0.0,
    volume_mb: float = 0.0,
    deadline_s: float = np.inf,
    most_hops: int = MOST_HOPS,
) -> Route | None:
    """The way by which a volume that is ready at `at_s` is at its destination first; None: there is none.

    at_s, deadline_s: from the plan's start. Raises RaabtaError: unknown node, both the same; OutOfRangeError.
    """
    graph = plan if isinstance(plan, ContactGraph) else contact_graph(plan)
    ends = graph.node(from_node), graph.node(to_node)
    if ends[0] == ends[1]:
        raise RaabtaError(f"the way from {from_node!r} to itself: name two nodes")
    for what, value in (("the time, s", at_s), ("the volume, MB", volume_mb)):
        if not 0.0 <= value < np.inf:
            raise OutOfRangeError(what, value, "0 or more, finite", _WHOSE)
    if not 1 <= most_hops <= 64:
        raise OutOfRangeError("the most links of a way", most_hops, "1 to 64", _WHOSE)
    search, booked = search_room(graph, most_hops), nothing_booked(graph)
    way = np.zeros(search.label_s.shape[1], np.int64)
    best_s, _ = kernels.find_way(
        graph.links, booked, search, (*ends, float(at_s), 0, 0.0, np.inf, -1, -1), way
    )
    ask = (*ends, float(at_s), 0, float(volume_mb), float(deadline_s), -1, -1)
    arrival_s, hops = kernels.find_way(graph.links, booked, search, ask, way)
    return _route(graph, way[:hops], at_s, volume_mb, best_s) if np.isfinite(arrival_s) else None


def _route(
    graph: ContactGraph, way: NDArray[Any], at_s: float, volume_mb: float, best_case_s: float
) -> Route:
    links, booked = graph.links, nothing_booked(graph)
    ready_s, head_s, limit = at_s, at_s, np.inf
    contacts, arrivals = [], []
    for link in way.tolist():
        limit = min(limit, links.link["volume_mb"][link] - kernels.position(links, link, head_s))
        head_s, _ = kernels.crossing(links, booked, 0, link, at_s, head_s, 0, 0.0)
        ready_s, contact = kernels.crossing(links, booked, 0, link, at_s, ready_s, 0, volume_mb)
        contacts.append(int(graph.contact[contact]))
        arrivals.append(float(ready_s))
    numbers = [int(links.link["from_node"][way[0]]), *(int(links.link["to_node"][link]) for link in way)]
    names = tuple(graph.plan.nodes[node] for node in numbers)
    ends_s = float(links.link["end_s"][way].min())
    return Route(names, tuple(contacts), tuple(arrivals), float(best_case_s), float(limit), ends_s)
