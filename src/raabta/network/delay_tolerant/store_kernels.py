"""Numeric core of `store_forward`: bundles held, queued, sent and lost, event by event. Seconds, MB.

Events at one instant happen in this order: a sending ends, a bundle arrives or is created, one expires, a
link ends, a link sends the next. Queues are linked lists: one for each link and rank, behind them one for
each node and rank of the bundles that have no way.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from raabta.network.delay_tolerant.route_kernels import (
    find_way,
    fits,
    kernel,
    light_time,
    moment,
    opens,
    position,
    view_of,
)

SENT, ARRIVES, EXPIRES, ENDS, SENDS = range(5)
PENDING, DELIVERED, NO_CONTACT, CONTACTS_FULL, EXPIRED, BUFFER_FULL = range(6)
_NONE = -1
MOST_TURNS = 8
"""Times that a bundle looks for another link at once; then it waits till one ends. Without, two links whose
light times fall faster than time passes could send it to and fro for ever."""


BUNDLE = np.dtype([
    ("from_node", "i8"), ("to_node", "i8"), ("created_s", "f8"), ("size_mb", "f8"), ("rank", "i8"),
    ("deadline_s", "f8"),
])  # fmt: skip
"""What there is to carry, by time of creation."""
END = np.dtype([("fate", "i1"), ("was_held", "?"), ("node", "i4"), ("time_s", "f8")], align=True)
"""What became of a bundle: fate, when and where; whether it was held there when it ended."""
PLACE = np.dtype([(name, "i8") for name in (
    "node", "queue", "before", "after", "older", "younger", "step", "steps", "travels", "turns",
)])  # fmt: skip
"""Where a bundle is: node; queue (-1: none), neighbours in it and among those that wait at the node; steps of
its way that it is booked on, `step` to `steps`; the link that it travels; how often a
link has turned it away since it came to the node."""
LINE = np.dtype([("head", "i8"), ("tail", "i8"), ("queued_mb", "f8")])
HELD = np.dtype([("oldest", "i8"), ("youngest", "i8"), ("waits_mb", "f8")])
BUFFER = np.dtype([("used_mb", "f8"), ("limit_mb", "f8")])
STATE = np.dtype([("sending", "i8"), ("asked", "i8")])
EVENT = np.dtype([("time_s", "f8"), ("kind", "i8"), ("serial", "i8"), ("subject", "i8")])
HOP = np.dtype([("bundle", "i8"), ("contact", "i8"), ("begin_s", "f8"), ("end_s", "f8"), ("arrival_s", "f8")])
"""A sending: bundle, contact, when it began and ended, when it is there."""


class Queues(NamedTuple):
    """line (links + nodes, ranks) of LINE: queues; held (nodes, ranks) of HELD: all that wait at a node;
    buffer (n,) of BUFFER; state (l,) of STATE: bundle being sent, -1 for none, and `asked`, 1 if events of
    its beginning and end are set, 2 if it is open and idle, 3 over; flag: bookings were given back."""

    line: Any
    held: Any
    buffer: Any
    state: Any
    flag: Any


class Events(NamedTuple):
    """A heap `row` of EVENT; `count` (2,): its length, the next serial number."""

    row: Any
    count: Any


class Hops(NamedTuple):
    """Every sending, `row` of HOP, in the order of their beginnings; `count` (1,)."""

    row: Any
    count: Any


class World(NamedTuple):
    """All that the events change. bundles, ends, places: records (b,); ways (b, hops): links of each one's
    way; way (hops,): that found last."""

    links: Any
    booked: Any
    search: Any
    bundles: Any
    ends: Any
    places: Any
    ways: Any
    queues: Any
    events: Any
    hops: Any
    way: Any


@kernel
def comes_first(events, one, other):
    """Order of two places of the heap: time, kind, serial number."""
    if events.row.time_s[one] != events.row.time_s[other]:
        return events.row.time_s[one] < events.row.time_s[other]
    if events.row.kind[one] != events.row.kind[other]:
        return events.row.kind[one] < events.row.kind[other]
    return events.row.serial[one] < events.row.serial[other]


@kernel
def swap(events, one, other):
    """Exchange two places of the heap."""
    for values in (events.row.kind, events.row.serial, events.row.subject):
        values[one], values[other] = values[other], values[one]
    events.row.time_s[one], events.row.time_s[other] = events.row.time_s[other], events.row.time_s[one]


@kernel
def plan_event(events, time_s, kind, subject):
    """Set an event."""
    at = events.count[0]
    events.row.time_s[at], events.row.kind[at], events.row.subject[at] = time_s, kind, subject
    events.row.serial[at] = events.count[1]
    events.count[0] += 1
    events.count[1] += 1
    while at > 0 and comes_first(events, at, (at - 1) // 2):
        swap(events, at, (at - 1) // 2)
        at = (at - 1) // 2


@kernel
def next_event(events):
    """Take the first event: (time, kind, subject)."""
    found = events.row.time_s[0], events.row.kind[0], events.row.subject[0]
    last = events.count[0] - 1
    events.count[0] = last
    swap(events, 0, last)
    at = 0
    while 2 * at + 1 < last:
        below = 2 * at + 1
        if below + 1 < last and comes_first(events, below + 1, below):
            below += 1
        if not comes_first(events, below, at):
            break
        swap(events, at, below)
        at = below
    return found


@kernel
def chain_add(head, tail, before, after, row, rank, bundle):
    """Put a bundle at the end of a list."""
    last = tail[row, rank]
    before[bundle], after[bundle] = last, _NONE
    if last == _NONE:
        head[row, rank] = bundle
    else:
        after[last] = bundle
    tail[row, rank] = bundle


@kernel
def chain_remove(head, tail, before, after, row, rank, bundle):
    """Take a bundle out of a list."""
    one, other = before[bundle], after[bundle]
    if one == _NONE:
        head[row, rank] = other
    else:
        after[one] = other
    if other == _NONE:
        tail[row, rank] = one
    else:
        before[other] = one


@kernel
def hold(world, bundle, node):
    """A node takes a bundle into its buffer."""
    places, queues, rank = world.places, world.queues, world.bundles.rank[bundle]
    size = world.bundles.size_mb[bundle]
    places.node[bundle] = node
    queues.buffer.used_mb[node] += size
    queues.held.waits_mb[node, rank] += size
    chain_add(queues.held.oldest, queues.held.youngest, places.older, places.younger, node, rank, bundle)


@kernel
def stop_waiting(world, bundle):
    """A bundle is among those that wait at its node no longer; its buffer stays taken."""
    places, queues, rank = world.places, world.queues, world.bundles.rank[bundle]
    node = places.node[bundle]
    queues.held.waits_mb[node, rank] -= world.bundles.size_mb[bundle]
    chain_remove(queues.held.oldest, queues.held.youngest, places.older, places.younger, node, rank, bundle)


@kernel
def leave_queue(world, bundle):
    """Take a bundle out of its queue."""
    places, queues = world.places, world.queues
    row = places.queue[bundle]
    if row != _NONE:
        rank = world.bundles.rank[bundle]
        chain_remove(queues.line.head, queues.line.tail, places.before, places.after, row, rank, bundle)
        queues.line.queued_mb[row, rank] -= world.bundles.size_mb[bundle]
        places.queue[bundle] = _NONE


@kernel
def unbook(world, bundle, link):
    """Take a bundle off a link that its node has booked for it."""
    view, rank = view_of(world.booked, world.places.node[bundle]), world.bundles.rank[bundle]
    left = world.booked.waiting_mb[view, link, rank] - world.bundles.size_mb[bundle]
    world.booked.waiting_mb[view, link, rank] = max(left, 0.0)


@kernel
def give_back(world, bundle):
    """Free what the bundle is booked on."""
    places = world.places
    for step in range(places.step[bundle], places.steps[bundle]):
        unbook(world, bundle, world.ways[bundle, step])
        world.queues.flag[0] = 1
    places.step[bundle] = places.steps[bundle] = 0


@kernel
def lose(world, bundle, time_s):
    """A bundle ends at its node, for want of a buffer; who knows another cause says so afterwards."""
    held = waits(world, bundle)
    if held:
        leave_queue(world, bundle)
        stop_waiting(world, bundle)
        world.queues.buffer.used_mb[world.places.node[bundle]] -= world.bundles.size_mb[bundle]
    give_back(world, bundle)
    world.ends.fate[bundle], world.ends.time_s[bundle] = BUFFER_FULL, time_s
    world.ends.node[bundle], world.ends.was_held[bundle] = world.places.node[bundle], held


@kernel
def route(world, bundle, time_s, avoid):
    """Queue a bundle for the first link of its way, and book it on all of them; without a way it waits.

    avoid: a link not to take; the number of links for none. Returns whether there is a way.
    """
    bundles, places = world.bundles, world.places
    node, rank, size = places.node[bundle], bundles.rank[bundle], bundles.size_mb[bundle]
    came, alone = places.travels[bundle], knows_its_own(world)
    back = world.links.link.from_node[came] if alone and came != _NONE else _NONE
    ask = (node, bundles.to_node[bundle], time_s, rank, size, bundles.deadline_s[bundle], avoid, back)
    _, hops = find_way(world.links, world.booked, world.search, ask, world.way)
    if hops == 0 and back != _NONE:
        _, hops = find_way(world.links, world.booked, world.search, (*ask[:7], _NONE), world.way)
    places.step[bundle], places.steps[bundle] = 0, hops
    view = view_of(world.booked, node)
    for step in range(hops):
        link = world.way[step]
        world.ways[bundle, step] = link
        world.booked.waiting_mb[view, link, rank] += size
    join_queue(world, bundle, world.way[0] if hops > 0 else world.links.link.start_s.shape[0] + node, time_s)
    return hops > 0


@kernel
def knows_its_own(world):
    """Whether nodes know their own bookings alone; a bundle is then sent back to whom it
    came from only where there is no other way."""
    return world.booked.waiting_mb.shape[0] > 1


@kernel
def join_queue(world, bundle, row, time_s):
    """Put a bundle into a queue, of a link or of those without a way."""
    places, queues, rank = world.places, world.queues, world.bundles.rank[bundle]
    places.queue[bundle] = row
    chain_add(queues.line.head, queues.line.tail, places.before, places.after, row, rank, bundle)
    queues.line.queued_mb[row, rank] += world.bundles.size_mb[bundle]
    if row < world.links.link.start_s.shape[0]:
        rouse(world, row, time_s)


@kernel
def goes_on(world, bundle, time_s):
    """Whether the link that a bundle is booked on next can still take it, behind what is queued there."""
    places, links, rank = world.places, world.links, world.bundles.rank[bundle]
    if places.step[bundle] == places.steps[bundle]:
        return False
    link, size = world.ways[bundle, places.step[bundle]], world.bundles.size_mb[bundle]
    begin = max(position(links, link, time_s), world.booked.free_mb[link])
    for other in range(rank, world.queues.line.queued_mb.shape[1]):
        begin += world.queues.line.queued_mb[link, other]
    return links.link.end_s[link] > time_s and fits(links, link, begin, size)


@kernel
def rouse(world, link, time_s):
    """See to it that a link sends what was queued."""
    queues = world.queues
    if queues.state.asked[link] == 0:
        queues.state.asked[link] = 1
        plan_event(world.events, max(time_s, world.links.link.start_s[link]), SENDS, link)
        plan_event(world.events, world.links.link.end_s[link], ENDS, link)
    elif queues.state.asked[link] == 2:
        queues.state.asked[link] = 1
        plan_event(world.events, time_s, SENDS, link)


@kernel
def make_room(world, bundle, node, time_s):
    """Whether a node can hold a bundle; waiting ones of lower rank give way, the youngest first."""
    queues, size, rank = world.queues, world.bundles.size_mb[bundle], world.bundles.rank[bundle]
    room = queues.buffer.limit_mb[node] * (1.0 + 1e-12)
    lower = 0.0
    for other in range(rank):
        lower += queues.held.waits_mb[node, other]
    if queues.buffer.used_mb[node] - lower + size > room:
        return False
    for other in range(rank):
        while queues.buffer.used_mb[node] + size > room and queues.held.youngest[node, other] != _NONE:
            lose(world, queues.held.youngest[node, other], time_s)
    return queues.buffer.used_mb[node] + size <= room


@kernel
def arrive(world, bundle, node, time_s):
    """A bundle is at a node, new or received: delivered, held and sent on its way, or lost."""
    places = world.places
    places.node[bundle], places.turns[bundle] = node, 0
    if node == world.bundles.to_node[bundle]:
        world.ends.fate[bundle], world.ends.time_s[bundle] = DELIVERED, time_s
        world.ends.node[bundle] = node
    elif not make_room(world, bundle, node, time_s):
        lose(world, bundle, time_s)
    else:
        hold(world, bundle, node)
        if knows_its_own(world):
            places.step[bundle] = places.steps[bundle] = 0  # what others booked for it they never learn of
            route(world, bundle, time_s, world.links.link.shape[0])
        elif goes_on(world, bundle, time_s):
            join_queue(world, bundle, world.ways[bundle, places.step[bundle]], time_s)
        else:
            give_back(world, bundle)
            route(world, bundle, time_s, world.links.link.shape[0])


@kernel
def send_next(world, link, time_s):
    """A link that is free sends the first of its queue that still fits and is there in time."""
    links, queues = world.links, world.queues
    open_s = opens(links, link, time_s)
    if open_s > time_s:
        plan_event(world.events, open_s, SENDS, link)
        return
    for rank in range(queues.line.head.shape[1] - 1, -1, -1):
        while queues.line.head[link, rank] != _NONE:
            bundle = queues.line.head[link, rank]
            size = world.bundles.size_mb[bundle]
            begin = max(position(links, link, time_s), world.booked.free_mb[link])
            end_s, contact = moment(links, link, begin + size)
            end_s = max(end_s, time_s)
            arrival_s = end_s + light_time(links, contact, end_s)
            leave_queue(world, bundle)
            if fits(links, link, begin, size) and arrival_s <= world.bundles.deadline_s[bundle]:
                begin_sending(world, bundle, link, contact, time_s, end_s, arrival_s, begin + size)
                return
            give_back(world, bundle)
            turn_away(world, bundle, link, time_s)
    queues.state.asked[link] = 2


@kernel
def turn_away(world, bundle, link, time_s):
    """A bundle that a link cannot take, or not in time, looks for another, or waits."""
    world.places.turns[bundle] += 1
    if world.places.turns[bundle] <= MOST_TURNS:
        route(world, bundle, time_s, link)
    else:
        world.queues.flag[0] = 1
        join_queue(world, bundle, world.links.link.shape[0] + world.places.node[bundle], time_s)


@kernel
def begin_sending(world, bundle, link, contact, begin_s, end_s, arrival_s, free_mb):
    """A bundle goes out."""
    hops, at = world.hops, world.hops.count[0]
    stop_waiting(world, bundle)
    unbook(world, bundle, link)
    world.places.step[bundle] += 1
    world.places.travels[bundle] = link
    world.booked.free_mb[link] = free_mb
    world.queues.state.sending[link] = bundle
    hops.row.bundle[at], hops.row.contact[at] = bundle, contact
    hops.row.begin_s[at], hops.row.end_s[at], hops.row.arrival_s[at] = begin_s, end_s, arrival_s
    hops.count[0] += 1
    plan_event(world.events, end_s, SENT, link)
    plan_event(world.events, arrival_s, ARRIVES, bundle)


@kernel
def sent(world, link, time_s):
    """The last byte has left: the sender's buffer is free, and the link."""
    bundle = world.queues.state.sending[link]
    world.queues.state.sending[link] = _NONE
    # The receiver may be reached in the same instant, never earlier: the node is still the sender's.
    world.queues.buffer.used_mb[world.places.node[bundle]] -= world.bundles.size_mb[bundle]
    if world.queues.state.asked[link] == 1:
        plan_event(world.events, time_s, SENDS, link)


@kernel
def end_link(world, link, time_s):
    """A link is over: what still waits for it finds another way."""
    queues = world.queues
    queues.state.asked[link] = 3
    for rank in range(queues.line.head.shape[1] - 1, -1, -1):
        while queues.line.head[link, rank] != _NONE:
            bundle = queues.line.head[link, rank]
            leave_queue(world, bundle)
            give_back(world, bundle)
            route(world, bundle, time_s, world.links.link.shape[0])


@kernel
def try_again(world, time_s):
    """Bundles without a way look for one, where bookings were given back since; like ones after a failure
    are passed over."""
    queues, places, bundles = world.queues, world.places, world.bundles
    queues.flag[0] = 0
    links = world.links.link.start_s.shape[0]
    for node in range(queues.buffer.used_mb.shape[0]):
        for rank in range(queues.line.head.shape[1] - 1, -1, -1):
            bundle, last = queues.line.head[links + node, rank], queues.line.tail[links + node, rank]
            failed_to, failed_mb, failed_s = _NONE, np.inf, -np.inf
            while bundle != _NONE:
                following = places.after[bundle] if bundle != last else _NONE
                size, deadline_s = bundles.size_mb[bundle], bundles.deadline_s[bundle]
                alike = bundles.to_node[bundle] == failed_to and size >= failed_mb
                if not (alike and deadline_s <= failed_s):
                    leave_queue(world, bundle)
                    if not route(world, bundle, time_s, world.links.link.shape[0]):
                        failed_to, failed_mb, failed_s = bundles.to_node[bundle], size, deadline_s
                bundle = following


@kernel
def happen(world, time_s, kind, subject):
    """One event."""
    if kind == SENT:
        sent(world, subject, time_s)
    elif kind == ARRIVES:
        link = world.places.travels[subject]
        node = world.bundles.from_node[subject] if link == _NONE else world.links.link.to_node[link]
        arrive(world, subject, node, time_s)
    elif kind == EXPIRES:
        if world.ends.fate[subject] == PENDING and waits(world, subject):
            lose(world, subject, time_s)
            world.ends.fate[subject] = EXPIRED
    elif kind == ENDS:
        end_link(world, subject, time_s)
        if world.queues.flag[0] == 1:
            try_again(world, time_s)
    elif world.queues.state.asked[subject] == 1 and world.queues.state.sending[subject] == _NONE:
        send_next(world, subject, time_s)


@kernel
def waits(world, bundle):
    """Whether a bundle is held and not on its way."""
    return world.places.queue[bundle] != _NONE


@kernel
def run_events(world, created):
    """Go on until all is over or the log of sendings is full; `created` bundles are in the world already.

    Returns how many are now; the log has room for one event's sendings when its last row is still free.
    """
    bundles, events = world.bundles, world.events
    count, room = bundles.created_s.shape[0], world.hops.row.bundle.shape[0]
    while world.hops.count[0] < room:
        fresh = created < count
        if events.count[0] == 0 and not fresh:
            break
        if fresh and (events.count[0] == 0 or created_first(bundles, events, created)):
            time_s, kind, subject = bundles.created_s[created], ARRIVES, created
            if np.isfinite(bundles.deadline_s[created]):
                plan_event(events, bundles.deadline_s[created], EXPIRES, created)
            created += 1
        else:
            time_s, kind, subject = next_event(events)
        happen(world, time_s, kind, subject)
    return created


@kernel
def created_first(bundles, events, bundle):
    """Whether a bundle is created before the next event: at one instant after what arrives."""
    if bundles.created_s[bundle] != events.row.time_s[0]:
        return bundles.created_s[bundle] < events.row.time_s[0]
    return events.row.kind[0] > ARRIVES
