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
    position,
)

SENT, ARRIVES, EXPIRES, ENDS, SENDS = range(5)
PENDING, DELIVERED, NO_CONTACT, CONTACTS_FULL, EXPIRED, BUFFER_FULL = range(6)
_NONE = -1


class Bundles(NamedTuple):
    """What there is to carry, (b,) by time of creation."""

    from_node: Any
    to_node: Any
    created_s: Any
    size_mb: Any
    rank: Any
    deadline_s: Any


class Ends(NamedTuple):
    """What became of bundles, (b,): fate, when and where; whether it was held there when it ended."""

    fate: Any
    time_s: Any
    node: Any
    was_held: Any


class Places(NamedTuple):
    """Where bundles are, (b,): node; queue (-1: none), neighbours in it and among those that wait at the
    node; way (b, hops): links that they are booked on from `step` to `steps`; the link that they travel."""

    node: Any
    queue: Any
    before: Any
    after: Any
    older: Any
    younger: Any
    way: Any
    step: Any
    steps: Any
    travels: Any


class Queues(NamedTuple):
    """Heads and tails of queues (links + nodes, ranks) and of all that wait at a node (nodes, ranks), with
    the volume of both; used_mb, limit_mb (n,): buffers; sending (l,): bundle, -1 for none; asked (l,): 1 if
    events of its beginning and its end are set, 2 if it is open and idle, 3 over; flag: bookings were given
    back."""

    head: Any
    tail: Any
    oldest: Any
    youngest: Any
    waits_mb: Any
    queued_mb: Any
    used_mb: Any
    limit_mb: Any
    sending: Any
    asked: Any
    flag: Any


class Events(NamedTuple):
    """A heap: time, kind, serial number, subject; `count` (2,): length, serial."""

    time_s: Any
    kind: Any
    serial: Any
    subject: Any
    count: Any


class Hops(NamedTuple):
    """Every sending, in the order of its beginning: bundle, contact, when it began and ended, when it is
    there; `count` (1,)."""

    bundle: Any
    contact: Any
    begin_s: Any
    end_s: Any
    arrival_s: Any
    count: Any


class World(NamedTuple):
    """All that the events change."""

    links: Any
    booked: Any
    search: Any
    bundles: Any
    ends: Any
    places: Any
    queues: Any
    events: Any
    hops: Any
    way: Any


@kernel
def comes_first(events, one, other):
    """Order of two places of the heap: time, kind, serial number."""
    if events.time_s[one] != events.time_s[other]:
        return events.time_s[one] < events.time_s[other]
    if events.kind[one] != events.kind[other]:
        return events.kind[one] < events.kind[other]
    return events.serial[one] < events.serial[other]


@kernel
def swap(events, one, other):
    """Exchange two places of the heap."""
    for values in (events.kind, events.serial, events.subject):
        values[one], values[other] = values[other], values[one]
    events.time_s[one], events.time_s[other] = events.time_s[other], events.time_s[one]


@kernel
def plan_event(events, time_s, kind, subject):
    """Set an event."""
    at = events.count[0]
    events.time_s[at], events.kind[at], events.subject[at] = time_s, kind, subject
    events.serial[at] = events.count[1]
    events.count[0] += 1
    events.count[1] += 1
    while at > 0 and comes_first(events, at, (at - 1) // 2):
        swap(events, at, (at - 1) // 2)
        at = (at - 1) // 2


@kernel
def next_event(events):
    """Take the first event: (time, kind, subject)."""
    found = events.time_s[0], events.kind[0], events.subject[0]
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
    queues.used_mb[node] += size
    queues.waits_mb[node, rank] += size
    chain_add(queues.oldest, queues.youngest, places.older, places.younger, node, rank, bundle)


@kernel
def stop_waiting(world, bundle):
    """A bundle is among those that wait at its node no longer; its buffer stays taken."""
    places, queues, rank = world.places, world.queues, world.bundles.rank[bundle]
    node = places.node[bundle]
    queues.waits_mb[node, rank] -= world.bundles.size_mb[bundle]
    chain_remove(queues.oldest, queues.youngest, places.older, places.younger, node, rank, bundle)


@kernel
def leave_queue(world, bundle):
    """Take a bundle out of its queue."""
    places, queues = world.places, world.queues
    row = places.queue[bundle]
    if row != _NONE:
        rank = world.bundles.rank[bundle]
        chain_remove(queues.head, queues.tail, places.before, places.after, row, rank, bundle)
        queues.queued_mb[row, rank] -= world.bundles.size_mb[bundle]
        places.queue[bundle] = _NONE


@kernel
def give_back(world, bundle):
    """Free what the bundle is booked on."""
    places, rank = world.places, world.bundles.rank[bundle]
    for step in range(places.step[bundle], places.steps[bundle]):
        link = places.way[bundle, step]
        left = world.booked.waiting_mb[link, rank] - world.bundles.size_mb[bundle]
        world.booked.waiting_mb[link, rank] = max(left, 0.0)
        world.queues.flag[0] = 1
    places.step[bundle] = places.steps[bundle] = 0


@kernel
def lose(world, bundle, time_s, fate, held):
    """A bundle ends at its node."""
    if held:
        leave_queue(world, bundle)
        stop_waiting(world, bundle)
        world.queues.used_mb[world.places.node[bundle]] -= world.bundles.size_mb[bundle]
    give_back(world, bundle)
    world.ends.fate[bundle], world.ends.time_s[bundle] = fate, time_s
    world.ends.node[bundle], world.ends.was_held[bundle] = world.places.node[bundle], held


@kernel
def route(world, bundle, time_s, avoid):
    """Queue a bundle for the first link of its way, and book it on all of them; without a way it waits.

    avoid: a link not to take, or -1. Returns whether there is a way.
    """
    bundles, places = world.bundles, world.places
    node, rank, size = places.node[bundle], bundles.rank[bundle], bundles.size_mb[bundle]
    ask = (node, bundles.to_node[bundle], time_s, rank, size, bundles.deadline_s[bundle], avoid)
    _, hops = find_way(world.links, world.booked, world.search, ask, world.way)
    places.step[bundle], places.steps[bundle] = 0, hops
    for step in range(hops):
        link = world.way[step]
        places.way[bundle, step] = link
        world.booked.waiting_mb[link, rank] += size
    join_queue(world, bundle, world.way[0] if hops > 0 else world.links.start_s.shape[0] + node, time_s)
    return hops > 0


@kernel
def join_queue(world, bundle, row, time_s):
    """Put a bundle into a queue, of a link or of those without a way."""
    places, queues, rank = world.places, world.queues, world.bundles.rank[bundle]
    places.queue[bundle] = row
    chain_add(queues.head, queues.tail, places.before, places.after, row, rank, bundle)
    queues.queued_mb[row, rank] += world.bundles.size_mb[bundle]
    if row < world.links.start_s.shape[0]:
        rouse(world, row, time_s)


@kernel
def goes_on(world, bundle, time_s):
    """Whether the link that a bundle is booked on next can still take it, behind what is queued there."""
    places, links, rank = world.places, world.links, world.bundles.rank[bundle]
    if places.step[bundle] == places.steps[bundle]:
        return False
    link, size = places.way[bundle, places.step[bundle]], world.bundles.size_mb[bundle]
    begin = max(position(links, link, time_s), world.booked.free_mb[link])
    for other in range(rank, world.queues.queued_mb.shape[1]):
        begin += world.queues.queued_mb[link, other]
    return links.end_s[link] > time_s and fits(links, link, begin, size)


@kernel
def rouse(world, link, time_s):
    """See to it that a link sends what was queued."""
    queues = world.queues
    if queues.asked[link] == 0:
        queues.asked[link] = 1
        plan_event(world.events, max(time_s, world.links.start_s[link]), SENDS, link)
        plan_event(world.events, world.links.end_s[link], ENDS, link)
    elif queues.asked[link] == 2:
        queues.asked[link] = 1
        plan_event(world.events, time_s, SENDS, link)


@kernel
def make_room(world, bundle, node, time_s):
    """Whether a node can hold a bundle; waiting ones of lower rank give way, the youngest first."""
    queues, size, rank = world.queues, world.bundles.size_mb[bundle], world.bundles.rank[bundle]
    room = queues.limit_mb[node] * (1.0 + 1e-12)
    lower = 0.0
    for other in range(rank):
        lower += queues.waits_mb[node, other]
    if queues.used_mb[node] - lower + size > room:
        return False
    for other in range(rank):
        while queues.used_mb[node] + size > room and queues.youngest[node, other] != _NONE:
            lose(world, queues.youngest[node, other], time_s, BUFFER_FULL, True)
    return queues.used_mb[node] + size <= room


@kernel
def arrive(world, bundle, node, time_s):
    """A bundle is at a node, new or received: delivered, held and sent on its way, or lost."""
    places = world.places
    places.node[bundle] = node
    if node == world.bundles.to_node[bundle]:
        world.ends.fate[bundle], world.ends.time_s[bundle] = DELIVERED, time_s
        world.ends.node[bundle] = node
    elif not make_room(world, bundle, node, time_s):
        lose(world, bundle, time_s, BUFFER_FULL, False)
    else:
        hold(world, bundle, node)
        if goes_on(world, bundle, time_s):
            join_queue(world, bundle, places.way[bundle, places.step[bundle]], time_s)
        else:
            give_back(world, bundle)
            route(world, bundle, time_s, _NONE)


@kernel
def send_next(world, link, time_s):
    """A link that is free sends the first of its queue that still fits and is there in time."""
    links, queues = world.links, world.queues
    for rank in range(queues.head.shape[1] - 1, -1, -1):
        while queues.head[link, rank] != _NONE:
            bundle = queues.head[link, rank]
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
            route(world, bundle, time_s, link)
    queues.asked[link] = 2


@kernel
def begin_sending(world, bundle, link, contact, begin_s, end_s, arrival_s, free_mb):
    """A bundle goes out."""
    hops, at, rank = world.hops, world.hops.count[0], world.bundles.rank[bundle]
    stop_waiting(world, bundle)
    left = world.booked.waiting_mb[link, rank] - world.bundles.size_mb[bundle]
    world.booked.waiting_mb[link, rank] = max(left, 0.0)
    world.places.step[bundle] += 1
    world.places.travels[bundle] = link
    world.booked.free_mb[link] = free_mb
    world.queues.sending[link] = bundle
    hops.bundle[at], hops.contact[at] = bundle, contact
    hops.begin_s[at], hops.end_s[at], hops.arrival_s[at] = begin_s, end_s, arrival_s
    hops.count[0] += 1
    plan_event(world.events, end_s, SENT, link)
    plan_event(world.events, arrival_s, ARRIVES, bundle)


@kernel
def sent(world, link, time_s):
    """The last byte has left: the sender's buffer is free, and the link."""
    bundle = world.queues.sending[link]
    world.queues.sending[link] = _NONE
    # The receiver may be reached in the same instant, never earlier: the node is still the sender's.
    world.queues.used_mb[world.places.node[bundle]] -= world.bundles.size_mb[bundle]
    if world.queues.asked[link] == 1:
        plan_event(world.events, time_s, SENDS, link)


@kernel
def end_link(world, link, time_s):
    """A link is over: what still waits for it finds another way."""
    queues = world.queues
    queues.asked[link] = 3
    for rank in range(queues.head.shape[1] - 1, -1, -1):
        while queues.head[link, rank] != _NONE:
            bundle = queues.head[link, rank]
            leave_queue(world, bundle)
            give_back(world, bundle)
            route(world, bundle, time_s, _NONE)


@kernel
def try_again(world, time_s):
    """Bundles without a way look for one, where bookings were given back since; like ones after a failure
    are passed over."""
    queues, places, bundles = world.queues, world.places, world.bundles
    queues.flag[0] = 0
    links = world.links.start_s.shape[0]
    for node in range(queues.used_mb.shape[0]):
        for rank in range(queues.head.shape[1] - 1, -1, -1):
            bundle, last = queues.head[links + node, rank], queues.tail[links + node, rank]
            failed_to, failed_mb, failed_s = _NONE, np.inf, -np.inf
            while bundle != _NONE:
                following = places.after[bundle] if bundle != last else _NONE
                size, deadline_s = bundles.size_mb[bundle], bundles.deadline_s[bundle]
                alike = bundles.to_node[bundle] == failed_to and size >= failed_mb
                if not (alike and deadline_s <= failed_s):
                    leave_queue(world, bundle)
                    if not route(world, bundle, time_s, _NONE):
                        failed_to, failed_mb, failed_s = bundles.to_node[bundle], size, deadline_s
                bundle = following


@kernel
def happen(world, time_s, kind, subject):
    """One event."""
    if kind == SENT:
        sent(world, subject, time_s)
    elif kind == ARRIVES:
        arrive(world, subject, world.links.to_node[world.places.travels[subject]], time_s)
    elif kind == EXPIRES:
        if world.ends.fate[subject] == PENDING and waits(world, subject):
            lose(world, subject, time_s, EXPIRED, True)
    elif kind == ENDS:
        end_link(world, subject, time_s)
        if world.queues.flag[0] == 1:
            try_again(world, time_s)
    elif world.queues.asked[subject] == 1 and world.queues.sending[subject] == _NONE:
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
    count, room = bundles.created_s.shape[0], world.hops.bundle.shape[0]
    while world.hops.count[0] < room:
        fresh = created < count
        if events.count[0] == 0 and not fresh:
            break
        if fresh and (events.count[0] == 0 or created_first(bundles, events, created)):
            time_s = bundles.created_s[created]
            if np.isfinite(bundles.deadline_s[created]):
                plan_event(events, bundles.deadline_s[created], EXPIRES, created)
            arrive(world, created, bundles.from_node[created], time_s)
            created += 1
        else:
            time_s, kind, subject = next_event(events)
            happen(world, time_s, kind, subject)
    return created


@kernel
def created_first(bundles, events, bundle):
    """Whether a bundle is created before the next event: at one instant after what arrives."""
    if bundles.created_s[bundle] != events.time_s[0]:
        return bundles.created_s[bundle] < events.time_s[0]
    return events.kind[0] > ARRIVES
