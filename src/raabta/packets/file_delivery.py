"""A file over an emulated link that follows a contact plan: CFDP class 2, in simulated time.

Two state machines (`file_sender`, `file_receiver`) and two directions of a link (`file_link`), driven by
events: nothing waits for a clock. What the standard leaves open stands in docs/models/file_delivery.md.
"""

from __future__ import annotations

import heapq
import math
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from raabta.base.errors import OutOfRangeError, ScenarioError, StoreError
from raabta.packets.file_journal import Journal
from raabta.packets.file_link import Clock, FileLink, Windows
from raabta.packets.file_pdus import CRC32, Transaction
from raabta.packets.file_receiver import Receiver, check_sizes
from raabta.packets.file_sender import Sender
from raabta.packets.file_store import InMemory, SourceFile, checksum_of
from raabta.scenario.suggest import near_name

if TYPE_CHECKING:
    from raabta.network.mesh.contacts import ContactPlan
    from raabta.packets.file_link import Span
    from raabta.packets.file_store import Source

MOST_FILE_BYTES: Final = 2**32 - 1
MOST_EVENTS: Final = 200_000_000
ARRIVES, FREE, TIMER, SUSPENDS, RESUMES = range(5)
SOURCE, TARGET = range(2)


@dataclass(frozen=True)
class Rules:
    """How a file is sent. pdu_bytes: longest PDU, header and CRC counted; loss_share: of the PDUs, each way;
    margin_s: how long beyond the longest round trip an answer is waited for, in contact; limit: times that an
    answer fails to come, in contact, before it is given up; dark_s: losses of signal that the plan does not
    know, from and to, seconds after its start; suspended_s: when the sender's user suspends the transfer and
    resumes it; inactivity_s: how long, in contact, nothing may come; keep_alive_s: how often the receiver
    says how far it is; behind_bytes: how far that may be behind; handlers: what both sides do about faults,
    as pairs of a condition and a fault handler (`file_pdus`), cancelled where not named."""

    pdu_bytes: int = 1_024
    loss_share: float = 0.0
    seed: int = 2026
    margin_s: float = 10.0
    limit: int = 300
    checksum_type: int = CRC32
    dark_s: tuple[Span, ...] = ()
    suspended_s: tuple[Span, ...] = ()
    inactivity_s: float = math.inf
    keep_alive_s: float = math.inf
    behind_bytes: float = math.inf
    handlers: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Delivery:
    """How a transfer went. Times are seconds after the plan's start: when the file was whole at the receiver,
    and when both sides knew; None for never. gaps: of contacts in between; counts by direction: PDUs and
    bytes sent, PDUs lost; resent_bytes of the file; naks, their largest, and rounds of asking; PDUs repeated
    and refused. fault: why it failed, empty where it did not. content: what came, if it is held in memory."""

    delivered: bool
    fault: str
    began_s: float
    whole_s: float | None
    closed_s: float | None
    file_bytes: int
    received_bytes: int
    gaps: int
    forward_pdus: int
    forward_bytes: int
    forward_lost: int
    return_pdus: int
    return_bytes: int
    return_lost: int
    resent_bytes: int
    naks: int
    largest_nak_bytes: int
    rounds: int
    repeated: int
    refused: int
    content: bytes

    def told(self) -> dict[str, Any]:
        """All but the content, as plain data."""
        return {name: value for name, value in asdict(self).items() if name != "content"}


def deliver(
    file: bytes | Path,
    plan: ContactPlan,
    source: str,
    target: str,
    rules: Rules | None = None,
    *,
    out: Path | None = None,
    resume: bool = False,
) -> Delivery:
    """Send a file from one node of a contact plan to another, directly.

    file: its content, or where it is on disk, from which it is read piece by piece. out: where to write what
    comes, piece by piece beside that place until it is whole; in memory where none is named. resume: go on
    with what a process that was killed had received for `out`; the plan begins anew.

    Raises ScenarioError for an unknown node or a file that cannot be read, NoSolutionError for a direction
    without contacts, StoreError where `out` cannot be written or is there, OutOfRangeError for sizes and
    rules that make no sense.
    """
    rules = rules or Rules()
    with ExitStack() as stack:
        content = InMemory(file) if isinstance(file, bytes) else stack.enter_context(SourceFile(file))
        _check(content.size, plan, source, target, rules)
        links = _links(plan, source, target, rules)
        journal = None if out is None else Journal(out, resume=resume)
        if journal is not None:
            stack.callback(journal.leave)
            _check_kept(content, journal)
        numbers = plan.nodes.index(source) + 1, plan.nodes.index(target) + 1
        transaction = Transaction(numbers[SOURCE], numbers[TARGET], 1)
        sides = _sides(content, journal, transaction, links, rules)
        found = _Simulation(*sides, links, rules.suspended_s).run(content.size)
        if journal is not None:
            journal.keep = resume and found.closed_s is None and not found.delivered
        return found


def _check_kept(content: Source, journal: Journal) -> None:
    """StoreError where what was kept is of another file; it stays."""
    state = journal.state or {}
    sizes = {state[key][place] for key, place in (("metadata", 0), ("eof", 2)) if state.get(key)}
    other = bool(sizes - {content.size})
    if not other and state.get("eof") and state.get("metadata"):
        other = checksum_of(content.read, content.size, state["metadata"][3]) != state["eof"][1]
    if other:
        raise StoreError(
            f"{journal.target.partial} is of another file than this one. Send that, or remove it"
        )


def _links(plan: ContactPlan, source: str, target: str, rules: Rules) -> tuple[FileLink, ...]:
    ways = Windows.of(plan, source, target), Windows.of(plan, target, source)
    return tuple(
        FileLink(way, rules.loss_share, 2 * rules.seed + side, rules.dark_s) for side, way in enumerate(ways)
    )


def _sides(
    content: Source,
    journal: Journal | None,
    transaction: Transaction,
    links: tuple[FileLink, ...],
    rules: Rules,
) -> tuple[Sender, Receiver]:
    """Sender and receiver, whose timers run for the longest round trip and the margin."""
    longest_s = max(max(link.windows.light_start_s + link.windows.light_end_s) for link in links)
    timer_s = 2.0 * longest_s + rules.margin_s
    sender = Sender(
        content,
        transaction,
        ("sent", "received"),
        most_bytes=rules.pdu_bytes,
        timer_s=timer_s,
        limit=rules.limit,
        checksum_type=rules.checksum_type,
        inactivity_s=rules.inactivity_s,
        behind_bytes=rules.behind_bytes,
        handlers=dict(rules.handlers),
        receiver_handlers=dict(rules.handlers),
        resumed=journal is not None and journal.state is not None,
    )
    receiver = Receiver(
        transaction,
        most_bytes=rules.pdu_bytes,
        timer_s=timer_s,
        limit=rules.limit,
        most_file_bytes=max(content.size, 1),
        inactivity_s=rules.inactivity_s,
        keep_alive_s=rules.keep_alive_s,
        handlers=dict(rules.handlers),
        journal=journal,
    )
    return sender, receiver


def _check(size: int, plan: ContactPlan, source: str, target: str, rules: Rules) -> None:
    for name in (source, target):
        if name not in plan.nodes:
            own = {each.casefold(): each for each in plan.nodes}
            near = near_name(name, own)
            hint = f"did you mean '{own[near]}'?" if near else f"it has: {', '.join(plan.nodes[:12])}"
            raise ScenarioError(f"the contact plan has no node '{name}'", hint=hint)
    if source == target:
        raise ScenarioError(f"'{source}' would send a file to itself; a transfer has two ends")
    if size > MOST_FILE_BYTES:
        raise OutOfRangeError("the file", f"{size:,} bytes", f"at most {MOST_FILE_BYTES:,}", "offsets")
    check_sizes(Transaction(0, 0, 1), rules.pdu_bytes)
    for name, least in (("margin_s", 0.0), ("limit", 1)):
        value = getattr(rules, name)
        if not least <= value < math.inf:
            raise OutOfRangeError(name, value, f"{least:g} or more", "a file transfer")
    for name in ("inactivity_s", "keep_alive_s", "behind_bytes"):
        if not getattr(rules, name) > 0.0:
            raise OutOfRangeError(name, getattr(rules, name), "above 0", "a file transfer")
    for what, spans in (("loss of signal", rules.dark_s), ("suspension", rules.suspended_s)):
        for first, last in spans:
            if not 0.0 <= first < last < math.inf:
                raise OutOfRangeError(f"a {what}", f"{first:g} to {last:g} s", "a rising pair", "seconds")
    for (_, last), (first, _) in pairwise(sorted(rules.suspended_s)):
        if first < last:
            raise OutOfRangeError("a suspension", f"from {first:g} s", f"from {last:g} s on", "one at a time")


class _Simulation:
    """Events in their order; of one instant those that were noted first."""

    def __init__(
        self,
        sender: Sender,
        receiver: Receiver,
        links: tuple[FileLink, ...],
        suspended_s: tuple[Span, ...] = (),
    ) -> None:
        self._sides: tuple[Sender | Receiver, ...] = (sender, receiver)
        self._sender, self._receiver, self._links = sender, receiver, links
        self._events: list[tuple[float, int, int, int, bytes | None]] = []
        self._count = 0
        first, second = (link.windows for link in links)
        self._clocks = Clock.of(first, second), Clock.of(second, first)
        self._held: list[bytes | None] = [None, None]
        self._wakes = [math.inf, math.inf]
        self._timers = [math.inf, math.inf]
        self._began_s: float | None = None
        for begin_s, end_s in suspended_s:
            self._note(begin_s, SUSPENDS, SOURCE)
            self._note(end_s, RESUMES, SOURCE)

    def _note(self, at_s: float, kind: int, side: int, pdu: bytes | None = None) -> None:
        self._count += 1
        heapq.heappush(self._events, (at_s, self._count, kind, side, pdu))

    def run(self, size: int) -> Delivery:
        """Play the transfer to its end, or to the plan's."""
        whole_s = closed_s = None
        now_s = 0.0
        for side in (SOURCE, TARGET):
            self._wake(side, 0.0)
        while self._events and self._count < MOST_EVENTS:
            now_s, _, kind, side, pdu = heapq.heappop(self._events)
            if kind == ARRIVES and pdu is not None:
                self._sides[side].receive(pdu, self._clock(side, now_s))
            elif kind == TIMER and self._timers[side] == now_s:
                self._timers[side] = math.inf
                self._sides[side].expire(self._clock(side, now_s) + 1e-9)
            elif kind == SUSPENDS:
                self._sides[side].suspend(self._clock(side, now_s))
            elif kind == RESUMES:
                self._sides[side].resume(self._clock(side, now_s))
            elif kind == FREE and self._wakes[side] == now_s:
                self._wakes[side] = math.inf
            self._pump(side, now_s)
            if whole_s is None and self._receiver.complete:
                whole_s = now_s
            if self._receiver.ended and self._sender.ended:
                closed_s = now_s
                break
        return self._told(size, whole_s, closed_s)

    def _clock(self, side: int, now_s: float) -> float:
        return self._clocks[side].shows_s(now_s)

    def _wake(self, side: int, at_s: float) -> None:
        """Look at a side again at a time, if not before."""
        if at_s < self._wakes[side]:
            self._wakes[side] = at_s
            self._note(at_s, FREE, side)

    def _pump(self, side: int, now_s: float) -> None:
        """Send what a side has, if its link is free and open; and set its timer."""
        link, entity = self._links[side], self._sides[side]
        if now_s >= link.free_s:
            if link.windows.at(now_s) < 0:
                start_s = link.windows.next_start_s(now_s)
                if start_s is not None:
                    self._wake(side, start_s)
            else:
                self._send(side, now_s)
        self._set_timer(side, entity.deadline_s)

    def _send(self, side: int, now_s: float) -> None:
        link, entity = self._links[side], self._sides[side]
        pdu = self._held[side] or entity.next_pdu(self._clock(side, now_s))
        self._held[side] = None
        if pdu is None:
            return
        went, comes_s = link.send(pdu, now_s)
        if not went:  # it would not end within the contact: the next one takes it
            self._held[side] = pdu
            start_s = link.windows.next_start_s(now_s)
            if start_s is not None:
                self._wake(side, start_s)
            return
        if self._began_s is None and side == SOURCE:
            self._began_s = now_s
        if comes_s is not None:
            self._note(comes_s, ARRIVES, 1 - side, pdu)
        self._wake(side, link.free_s)

    def _set_timer(self, side: int, deadline_s: float) -> None:
        at_s = None if deadline_s == math.inf else self._clocks[side].when_s(deadline_s)
        if at_s is not None and at_s != self._timers[side]:
            self._timers[side] = at_s
            self._note(at_s, TIMER, side)

    def _told(self, size: int, whole_s: float | None, closed_s: float | None) -> Delivery:
        sender, receiver, (forward, back) = self._sender, self._receiver, self._links
        here, there = sender.fault, receiver.fault
        fault = there if there.startswith(here) else here  # the side where it happened says more
        if not receiver.complete and not fault:
            fault = "the contact plan ends first"
        began_s = self._began_s if self._began_s is not None else 0.0
        end_s = whole_s if whole_s is not None else math.inf
        starts = [start for start in forward.windows.start_s if began_s < start < end_s]
        ends = set(forward.windows.end_s)
        return Delivery(
            delivered=receiver.complete,
            fault="" if receiver.complete else fault,
            began_s=began_s,
            whole_s=whole_s,
            closed_s=closed_s,
            file_bytes=size,
            received_bytes=receiver.received_bytes,
            gaps=sum(1 for start in starts if start not in ends),
            forward_pdus=forward.sent,
            forward_bytes=forward.sent_bytes,
            forward_lost=forward.lost,
            return_pdus=back.sent,
            return_bytes=back.sent_bytes,
            return_lost=back.lost,
            resent_bytes=sender.resent_bytes,
            naks=receiver.naks,
            largest_nak_bytes=receiver.largest_nak_bytes,
            rounds=receiver.rounds,
            repeated=receiver.repeated,
            refused=sender.refused + receiver.refused,
            content=receiver.content,
        )
