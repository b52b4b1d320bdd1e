"""Numeric core of `contact_graph`: when a volume that is sent is there. Seconds and megabytes (10^6 bytes).

A link is a run of contacts of one sender and one receiver, without a gap between them unless bundles may be
sent in parts: its rate may step, its light time is a parabola in each. What has been sent of it is a
position, in MB from its beginning.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
"""Nothing here allocates: else every array that is touched would be counted in and out again."""
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
ROUNDING = 1e-9
"""Part of a link's volume by which what is sent may pass its end: rounding of sums."""


LINK = np.dtype([
    ("from_node", "i8"), ("to_node", "i8"), ("start_s", "f8"), ("end_s", "f8"), ("volume_mb", "f8"),
])  # fmt: skip
CONTACT = np.dtype([("start_s", "f8"), ("end_s", "f8"), ("rate_mb_s", "f8"), ("before_mb", "f8")])
ENTRY = np.dtype([("node", "i8"), ("link", "i8"), ("before", "i8"), ("hops", "i8"), ("s", "f8")])
"""Records: one array in place of several; a kernel that takes many arrays is long in compiling."""


class Links(NamedTuple):
    """Links by sender, receiver and time, `link` (l,) of LINK; contacts of each, CSR `first` (l + 1,) over
    `contact` (c,) of CONTACT, in which before_mb was sent on the link before the contact.

    Light time of contact c at start_s + x (end_s - start_s): light[c, 0] + x (light[c, 1] + x light[c, 2]).
    pair_first (p + 1,): links of one sender and one receiver; node_first (n + 1,): pairs of one sender;
    pair_to (p,).
    """

    link: Any
    first: Any
    contact: Any
    light: Any
    pair_to: Any
    pair_first: Any
    node_first: Any


class Booked(NamedTuple):
    """What links have to carry. free_mb (l,): position from which on nothing has been sent; waiting_mb
    (views, l, ranks): volume that is to go over each, by rank, 0 the lowest, as each node knows it, or as all
    do (one view)."""

    free_mb: Any
    waiting_mb: Any


class Search(NamedTuple):
    """Room for one search. label_s (n, hops + 1): earliest arrivals by number of links; entry (e,) of ENTRY,
    with the heap `heap` (e,) of them."""

    label_s: Any
    settled_hops: Any
    entry: Any
    heap: Any


@kernel
def position(links, link, time_s):
    """MB that the link can have sent by a time, from its beginning."""
    if time_s <= links.link.start_s[link]:
        return 0.0
    if time_s >= links.link.end_s[link]:
        return links.link.volume_mb[link]
    at = contact_at(links, link, time_s)
    within_s = min(time_s, links.contact.end_s[at]) - links.contact.start_s[at]
    return links.contact.before_mb[at] + within_s * links.contact.rate_mb_s[at]


@kernel
def contact_at(links, link, time_s):
    """The last contact of a link that has begun by a time; the first if none has."""
    low, high = links.first[link], links.first[link + 1] - 1
    while low < high:
        middle = (low + high + 1) // 2
        if links.contact.start_s[middle] <= time_s:
            low = middle
        else:
            high = middle - 1
    return low


@kernel
def opens(links, link, time_s):
    """The first time, not before the one given, at which a link that has not ended can send."""
    if time_s <= links.link.start_s[link]:
        return links.link.start_s[link]
    at = contact_at(links, link, time_s)
    if time_s < links.contact.end_s[at] or at + 1 == links.first[link + 1]:
        return time_s
    return links.contact.start_s[at + 1]


@kernel
def moment(links, link, at_mb):
    """(time, contact) at which the last of `at_mb` from the link's beginning has been sent."""
    low, high = links.first[link], links.first[link + 1] - 1
    while low < high:
        middle = (low + high + 1) // 2
        if links.contact.before_mb[middle] < at_mb:
            low = middle
        else:
            high = middle - 1
    time_s = (
        links.contact.start_s[low] + (at_mb - links.contact.before_mb[low]) / links.contact.rate_mb_s[low]
    )
    return min(time_s, links.contact.end_s[low]), low


@kernel
def light_time(links, contact, time_s):
    """One-way light time of what leaves at a time, s."""
    begin = links.contact.start_s[contact]
    x = (time_s - begin) / (links.contact.end_s[contact] - begin)
    x = min(max(x, 0.0), 1.0)
    return links.light[contact, 0] + x * (links.light[contact, 1] + x * links.light[contact, 2])


@kernel
def fits(links, link, begin_mb, size_mb):
    """Whether a volume can be sent from a position on."""
    return begin_mb + size_mb <= links.link.volume_mb[link] * (1.0 + ROUNDING)


@kernel
def view_of(booked, node):
    """Which view of the bookings a node has."""
    return node if booked.waiting_mb.shape[0] > 1 else 0


@kernel
def begin_position(links, booked, node, link, now_s, ready_s, rank):
    """Position at which a volume that is ready at `ready_s` would begin, as a node sees it: after what was
    sent and what waits with its rank or a higher one.

    Of another's link a node that knows its own bookings alone cannot know what was sent: those count from the
    link's beginning.
    """
    view, ahead = view_of(booked, node), 0.0
    if booked.waiting_mb.shape[0] == 1 or links.link.from_node[link] == node:
        ahead = max(position(links, link, now_s), booked.free_mb[link])
    for other in range(rank, booked.waiting_mb.shape[2]):
        ahead += booked.waiting_mb[view, link, other]
    return max(ahead, position(links, link, ready_s))


@kernel
def crossing(links, booked, node, link, now_s, ready_s, rank, size_mb):
    """(arrival of its last byte, contact that it leaves by) of a volume over a link, as a node sees it;
    infinite: no room."""
    begin_mb = begin_position(links, booked, node, link, now_s, ready_s, rank)
    if not fits(links, link, begin_mb, size_mb):
        return np.inf, -1
    sent_s, contact = moment(links, link, begin_mb + size_mb)
    sent_s = max(sent_s, ready_s, links.link.start_s[link])
    return sent_s + light_time(links, contact, sent_s), contact


@kernel
def first_open(links, low, high, time_s):
    """First of the links low to high (one pair, by time) that ends after a time; `high` if none does."""
    while low < high:
        middle = (low + high) // 2
        if links.link.end_s[middle] > time_s:
            high = middle
        else:
            low = middle + 1
    return low


@kernel
def best_link(links, booked, node, pair, now_s, ready_s, rank, size_mb, avoid):
    """(arrival, link) of the way over one pair that arrives first, as a node sees it; not over `avoid`."""
    best_s, best = np.inf, -1
    last = links.pair_first[pair + 1]
    for link in range(first_open(links, links.pair_first[pair], last, ready_s), last):
        if links.link.start_s[link] >= best_s:
            break
        if link == avoid:
            continue
        arrival_s, _ = crossing(links, booked, node, link, now_s, ready_s, rank, size_mb)
        if arrival_s < best_s:
            best_s, best = arrival_s, link
    return best_s, best


@inner
def sooner(search, one, other):
    """Whether an entry comes before another: earlier, then over fewer links, then found before."""
    if search.entry.s[one] != search.entry.s[other]:
        return search.entry.s[one] < search.entry.s[other]
    if search.entry.hops[one] != search.entry.hops[other]:
        return search.entry.hops[one] < search.entry.hops[other]
    return one < other


@kernel
def heap_add(search, length, entry):
    """Add an entry to the heap of `length`."""
    at = length
    while at > 0:
        above = (at - 1) // 2
        if not sooner(search, entry, search.heap[above]):
            break
        search.heap[at] = search.heap[above]
        at = above
    search.heap[at] = entry


@kernel
def heap_take(search, length):
    """Take the first entry off the heap of `length`."""
    first, last = search.heap[0], search.heap[length - 1]
    at, below = 0, 1
    while below < length - 1:
        if below + 1 < length - 1 and sooner(search, search.heap[below + 1], search.heap[below]):
            below += 1
        if not sooner(search, search.heap[below], last):
            break
        search.heap[at] = search.heap[below]
        at, below = below, 2 * below + 1
    search.heap[at] = last
    return first


@kernel
def dominated(search, node, hops, time_s):
    """Whether the node is reached as early over as few links already."""
    best_s = np.inf
    for fewer in range(hops + 1):
        best_s = min(best_s, search.label_s[node, fewer])
    return best_s <= time_s


@kernel
def find_way(links, booked, search, ask, way):
    """The way that arrives first, of those the one over fewest links: (its arrival, number of its links).

    ask: (from node, to node, now, rank, MB, deadline, link not to take or -1, node not to go to next or -1).
    way (hops,): the links, in order. Infinite, 0: none.
    """
    from_node, to_node, now_s, rank, size_mb, deadline_s, avoid, back = ask
    most_hops = search.label_s.shape[1] - 1
    search.label_s[:] = np.inf
    search.settled_hops[:] = most_hops + 1
    search.entry.node[0], search.entry.link[0], search.entry.before[0] = from_node, -1, -1
    search.entry.hops[0], search.entry.s[0], search.heap[0] = 0, now_s, 0
    search.label_s[from_node, 0] = now_s
    entries, waiting = 1, 1
    while waiting > 0:
        entry = heap_take(search, waiting)
        waiting -= 1
        node, hops, time_s = search.entry.node[entry], search.entry.hops[entry], search.entry.s[entry]
        if node == to_node:
            at = entry
            for step in range(hops - 1, -1, -1):
                way[step] = search.entry.link[at]
                at = search.entry.before[at]
            return time_s, hops
        if hops >= search.settled_hops[node]:
            continue
        search.settled_hops[node] = hops
        if hops == most_hops:
            continue
        for pair in range(links.node_first[node], links.node_first[node + 1]):
            other = links.pair_to[pair]
            if hops == 0 and other == back:
                continue
            arrival_s, link = best_link(links, booked, from_node, pair, now_s, time_s, rank, size_mb, avoid)
            if link < 0 or arrival_s > deadline_s or dominated(search, other, hops + 1, arrival_s):
                continue
            search.label_s[other, hops + 1] = arrival_s
            search.entry.node[entries], search.entry.link[entries] = other, link
            search.entry.before[entries], search.entry.hops[entries] = entry, hops + 1
            search.entry.s[entries] = arrival_s
            heap_add(search, waiting, entries)
            entries, waiting = entries + 1, waiting + 1
    return np.inf, 0


@kernel
def best_cases(links, booked, search, from_node, to_node, time_s, size_mb, way, out_s):
    """Earliest arrivals out_s (b,) of volumes that have an empty network to themselves."""
    for b in range(time_s.shape[0]):
        same = b > 0 and time_s[b] == time_s[b - 1] and size_mb[b] == size_mb[b - 1]
        if same and from_node[b] == from_node[b - 1] and to_node[b] == to_node[b - 1]:
            out_s[b] = out_s[b - 1]
            continue
        ask = (from_node[b], to_node[b], time_s[b], 0, size_mb[b], np.inf, -1, -1)
        out_s[b], _ = find_way(links, booked, search, ask, way)
