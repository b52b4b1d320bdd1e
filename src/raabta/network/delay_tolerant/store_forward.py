"""Store and forward over a contact plan: what data are delivered when, held where, lost why.

Data are cut into bundles, and every bundle is followed: made at its source, held, sent whole over one contact
after another by contact-graph routing (`contact_graph`), received whole after the light time, delivered or
lost. Events are exact: they fall when the last byte has left or is there, whatever steps a rate takes. Ways
are booked: a bundle takes volume from every link of its way, as seen by bundles of its priority and lower
ones, and gives it back if it takes another. Each node knows the plan and its own bookings, as in CCSDS 734.3,
and routes anew what comes to it; or all nodes know all bookings, as where one control centre plans.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base.errors import LimitError, OutOfRangeError, RaabtaError
from raabta.network.delay_tolerant import contact_graph as graphs
from raabta.network.delay_tolerant import route_kernels, store_kernels
from raabta.network.delay_tolerant.deliveries import Deliveries
from raabta.network.delay_tolerant.sources import Source

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.mesh.contacts import ContactPlan

MOST_BUNDLES = 2_000_000
MOST_PRIORITY = 255
BOOKINGS = ("own", "shared")
_WHOSE = "store and forward"


def deliver(
    plan: ContactPlan,
    sources: Sequence[Source],
    buffers_mb: Mapping[str, float] | None = None,
    *,
    most_hops: int = graphs.MOST_HOPS,
    bookings: str = "own",
    fragment: bool = False,
) -> Deliveries:
    """Carry the data of some sources over a contact plan, to its end.

    plan: contacts (c,); sources: any number; buffers_mb: what a node can hold, for nodes that have a limit;
    bookings: "own", each node knows what it booked itself, or "shared"; fragment: a bundle may be sent in
    parts over several contacts of a pair; else the rest of a contact must hold it whole.
    Returns `Deliveries`: of every bundle (b,) what became of it, when and where, every sending (h,), and
    tables `deliveries` (source), `bundles`, `node_backlog`. Nothing is drawn; the same call gives the same
    bits. Data that arrive at a full buffer displace waiting data of lower priority, or are lost.

    Raises RaabtaError: a node that the plan has not (with the near name), a source to itself, no source;
    OutOfRangeError: a volume, time, priority, lifetime or buffer out of range; LimitError: too many bundles
    or bookings.
    """
    _refuse("bookings", repr(bookings), bookings in BOOKINGS, " or ".join(BOOKINGS))
    graph = graphs.contact_graph(plan, fragment=fragment)
    bundles, source, ranks = _bundles(graph, sources)
    limits = _limits(graph, buffers_mb or {})
    booked = graphs.nothing_booked(graph, ranks, len(plan.nodes) if bookings == "own" else 1)
    world = _world(graph, bundles, booked, limits, most_hops)
    hops = _run(world)
    best = _best_cases(graph, bundles, most_hops)
    ends = world.ends
    _name_the_rest(ends, best)
    return Deliveries(
        plan=plan,
        sources=tuple(sources),
        source=source,
        created_s=bundles["created_s"].copy(),
        volume_mb=bundles["size_mb"].copy(),
        deadline_s=bundles["deadline_s"].copy(),
        best_case_s=best[1],
        fate=ends["fate"].copy(),
        ended_s=ends["time_s"].copy(),
        ended_node=ends["node"].copy(),
        was_held=ends["was_held"].copy(),
        hop_bundle=hops["bundle"].copy(),
        hop_contact=graph.contact[hops["contact"]],
        hop_begin_s=hops["begin_s"].copy(),
        hop_end_s=hops["end_s"].copy(),
        hop_arrival_s=hops["arrival_s"].copy(),
    )


def _bundles(
    graph: graphs.ContactGraph, sources: Sequence[Source]
) -> tuple[NDArray[Any], NDArray[np.int32], int]:
    """Bundles by creation, then by priority and source; the source of each; the number of priorities."""
    if not sources:
        raise RaabtaError("no source: name what is to be delivered")
    ends = [_checked(graph, source) for source in sources]
    counts = [max(1, int(np.ceil(s.volume_mb / s.bundle_mb * (1.0 - 1e-12)))) for s in sources]
    if sum(counts) > MOST_BUNDLES:
        hint = "larger bundles (bundle_mb) make fewer"
        raise LimitError(f"{sum(counts):,} bundles; at most {MOST_BUNDLES:,} are followed: {hint}")
    source = np.repeat(np.arange(len(sources)), counts)
    parts = [_cut(each, count) for each, count in zip(sources, counts, strict=True)]
    created, size = (np.concatenate(column) for column in zip(*parts, strict=True))
    priorities = np.array([each.priority for each in sources])
    ranks, rank = np.unique(priorities, return_inverse=True)
    order = np.lexsort((np.arange(source.size), source, -rank[source], created))
    source = source[order]
    life = np.array([each.lifetime_s for each in sources], np.float64)
    pair = np.array(ends, np.int64)[source]
    made = created[order]
    columns = pair[:, 0], pair[:, 1], made, size[order], rank[source], made + life[source]
    bundles = graphs.records(store_kernels.BUNDLE, *columns)
    return bundles, source.astype(np.int32), int(ranks.size)


def _cut(source: Source, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When each bundle of a source is there, and its size."""
    upto = np.minimum(np.arange(1, count + 1) * source.bundle_mb, source.volume_mb)
    upto[-1] = source.volume_mb
    size = np.full(count, source.bundle_mb)
    size[-1] = source.volume_mb - (count - 1) * source.bundle_mb
    span = 0.0 if source.end_s is None else source.end_s - source.start_s
    return source.start_s + upto / source.volume_mb * span, size


def _checked(graph: graphs.ContactGraph, source: Source) -> tuple[int, int]:
    """The nodes of a source, if it is in order."""
    ends = graph.node(source.node), graph.node(source.destination)
    if ends[0] == ends[1]:
        raise RaabtaError(f"the source {source.title!r} delivers to its own node; name another")
    end_s = source.start_s if source.end_s is None else source.end_s
    of = f"of {source.title!r}"
    _refuse(f"the volume {of}, MB", source.volume_mb, 0.0 < source.volume_mb < np.inf, "above 0, finite")
    _refuse(f"the bundle size {of}, MB", source.bundle_mb, 0.0 < source.bundle_mb < np.inf, "above 0, finite")
    _refuse(f"the beginning {of}, s", source.start_s, 0.0 <= source.start_s < np.inf, "0 or more, finite")
    _refuse(f"the end {of}, s", end_s, source.start_s <= end_s < np.inf, "the beginning or later, finite")
    _refuse(f"the lifetime {of}, s", source.lifetime_s, source.lifetime_s > 0.0, "above 0")
    whole = isinstance(source.priority, int) and 0 <= source.priority <= MOST_PRIORITY
    _refuse(f"the priority {of}", source.priority, whole, f"a whole number, 0 to {MOST_PRIORITY}")
    return ends


def _refuse(what: str, value: object, holds: bool, valid: str) -> None:
    if not holds:
        raise OutOfRangeError(what, value, valid, _WHOSE)


def _limits(graph: graphs.ContactGraph, buffers_mb: Mapping[str, float]) -> NDArray[np.float64]:
    limits = np.full(len(graph.plan.nodes), np.inf)
    for name, limit in buffers_mb.items():
        _refuse(f"the buffer of {name}, MB", limit, limit >= 0.0, "0 or more")
        limits[graph.node(name)] = limit
    return limits


def _world(
    graph: graphs.ContactGraph,
    bundles: NDArray[Any],
    booked: route_kernels.Booked,
    limits: Any,
    most_hops: int,
) -> store_kernels.World:
    """The state before the first event."""
    _refuse("the most links of a way", most_hops, 1 <= most_hops <= 64, "1 to 64")
    count, links, nodes, ranks = bundles.size, booked.free_mb.size, limits.size, booked.waiting_mb.shape[2]
    search = graphs.search_room(graph, most_hops)
    steps = search.label_s.shape[1] - 1
    ends = graphs.records(store_kernels.END, np.zeros(count), False, -1, np.nan)
    places = graphs.records(store_kernels.PLACE, np.full(count, -1), -1, -1, -1, -1, -1, 0, 0, -1, 0)
    queues = store_kernels.Queues(
        graphs.records(store_kernels.LINE, np.full((links + nodes, ranks), -1), -1, 0.0),
        graphs.records(store_kernels.HELD, np.full((nodes, ranks), -1), -1, 0.0),
        graphs.records(store_kernels.BUFFER, np.zeros(nodes), limits),
        graphs.records(store_kernels.STATE, np.full(links, -1), 0),
        np.zeros(1, np.int64),
    )
    rows = np.zeros(2 * count + 3 * links + 8, store_kernels.EVENT)
    log = np.zeros(2 * count + 64, store_kernels.HOP)
    return store_kernels.World(
        graph.links, booked, search, bundles, ends, places,
        np.zeros((count, steps), np.int64), queues, store_kernels.Events(rows, np.zeros(2, np.int64)),
        store_kernels.Hops(log, np.zeros(1, np.int64)), np.zeros(max(steps, 1), np.int64),
    )  # fmt: skip


def _run(world: store_kernels.World) -> NDArray[Any]:
    """Let everything happen; the log of all sendings."""
    logs: list[NDArray[Any]] = []
    created = 0
    while True:
        created = store_kernels.run_events(world, created)
        used = int(world.hops.count[0])
        logs.append(world.hops.row[:used].copy())
        if used < world.hops.row.size:
            return np.concatenate(logs)
        world.hops.count[0] = 0


def _best_cases(
    graph: graphs.ContactGraph, bundles: NDArray[Any], most_hops: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Earliest deliveries in an empty network: of nothing, and of each bundle; infinite for none."""
    search, booked = graphs.search_room(graph, most_hops), graphs.nothing_booked(graph)
    way = np.zeros(search.label_s.shape[1], np.int64)
    both = []
    for size in (np.zeros(bundles["size_mb"].size), bundles["size_mb"]):
        out = np.empty(bundles["size_mb"].size)
        given = bundles["from_node"], bundles["to_node"], bundles["created_s"], size
        route_kernels.best_cases(graph.links, booked, search, *given, way, out)
        both.append(out)
    return both[0], both[1]


def _name_the_rest(ends: NDArray[Any], best: Any) -> None:
    """Bundles that are left or expired: without any way for want of contacts, or of room in them."""
    left = ends["fate"] == store_kernels.PENDING
    ends["fate"][left] = store_kernels.CONTACTS_FULL
    never = np.isinf(best[0]) & (left | (ends["fate"] == store_kernels.EXPIRED))
    ends["fate"][never] = store_kernels.NO_CONTACT
