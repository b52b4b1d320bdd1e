"""The receiving side of a class-2 file transfer: what is there, what is missing, what to ask for.

Clocks are the caller's, as for `file_sender.Sender`: a timer that a gap suspends goes on after it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from raabta.base.errors import OutOfRangeError, StoreError
from raabta.packets.file_faults import Timers, cause, check_handlers
from raabta.packets.file_pdus import (
    ABANDON,
    ACK_LIMIT,
    CANCEL,
    CANCELLED,
    CHECKSUM_FAILURE,
    CONDITIONS,
    EOF_CODE,
    FILESTORE,
    FINISHED_CODE,
    INACTIVITY,
    NAK_LIMIT,
    NO_ERROR,
    SUSPEND,
    Ack,
    Body,
    Eof,
    FileData,
    Finished,
    KeepAlive,
    Metadata,
    Nak,
    PduError,
    Prompt,
    Transaction,
    decode,
    encode,
    naks,
)
from raabta.packets.file_store import InMemory, checksum_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from raabta.packets.file_journal import Journal
    from raabta.packets.file_store import Target

ANSWER, SILENCE, ALIVE = "what was asked for comes", "something comes", "it says how far it is"


class Gaps:
    """What is missing of a file, as rising intervals, below `top`, the end of what has come."""

    def __init__(self) -> None:
        self.top = 0
        self._start: list[int] = []
        self._end: list[int] = []

    @classmethod
    def of(cls, top: int, missing: list[tuple[int, int]]) -> Gaps:
        """Those of a file of which all below a place has come, but for rising intervals."""
        gaps = cls()
        gaps.top, gaps._start, gaps._end = top, [a for a, _ in missing], [b for _, b in missing]
        return gaps

    def fill(self, start: int, end: int) -> bool:
        """Note what came, from start to before end; whether any of it was missing."""
        if start >= self.top:
            if start > self.top:
                self._start.append(self.top)
                self._end.append(start)
            self.top = end
            return True
        new = end > self.top
        at = max(bisect_right(self._end, start), 0)
        while at < len(self._start) and self._start[at] < end:
            new = True
            first, last = self._start[at], self._end[at]
            kept = [(a, b) for a, b in ((first, min(start, last)), (max(end, first), last)) if a < b]
            self._start[at : at + 1] = [a for a, _ in kept]
            self._end[at : at + 1] = [b for _, b in kept]
            at += len(kept)
        self.top = max(self.top, end)
        return new

    def missing(self, size: int) -> list[tuple[int, int]]:
        """All that is missing of a file of so many bytes."""
        rest = [(self.top, size)] if self.top < size else []
        return [*zip(self._start, self._end, strict=True), *rest]

    def __len__(self) -> int:
        return len(self._start)


class Receiver:
    """Receives one file; asks for what is missing in PDUs of at most `most_bytes`, once the end has come."""

    def __init__(
        self,
        transaction: Transaction,
        target: Target | None = None,
        *,
        most_bytes: int,
        timer_s: float,
        limit: int,
        most_file_bytes: int,
        inactivity_s: float = math.inf,
        keep_alive_s: float = math.inf,
        handlers: Mapping[int, int] | None = None,
        journal: Journal | None = None,
    ) -> None:
        """target: where to write the file; in memory where none is given; journal: one that notes what has
        come, so that a receiver begun with it again goes on. timer_s: how long an answer is
        waited for, `limit` times; inactivity_s: how long nothing may come; keep_alive_s: how often to say how
        far it is, before the end of the file has come; handlers: what is done about a condition (cancelled
        where not named), if the metadata do not say. Raises OutOfRangeError for a handler that cannot be."""
        self._handlers = dict(handlers or {})
        check_handlers(self._handlers)
        self._inactivity_s, self._keep_alive_s = inactivity_s, keep_alive_s
        self._watches = min(inactivity_s, keep_alive_s) < math.inf
        self._transaction, self._most_bytes = transaction, most_bytes
        naks(transaction, [], 0, most_bytes)  # a size that holds no request is refused at once
        self._timer_s, self._limit, self._most_file = timer_s, limit, most_file_bytes
        self._journal = journal
        on_disk = target if journal is None else journal.target
        self._gaps, self._target = Gaps(), InMemory() if on_disk is None else on_disk
        self.metadata: Metadata | None = None
        self._eof: Eof | None = None
        self._control: deque[bytes] = deque()
        self._acks: deque[bytes] = deque()
        self._asking = self._moved = self._finished = self.suspended = False
        self._timers, self._tries, self._said = Timers(), 0, b""
        self.complete = self.ended = False
        self.fault = ""
        self.naks = self.largest_nak_bytes = self.rounds = self.repeated = self.refused = 0
        if journal is not None and journal.state is not None:
            self._restore(journal.state)

    def _restore(self, state: dict[str, Any]) -> None:
        """Go on from what was noted: ask at once for what is missing, if the end of the file had come."""
        self._gaps = Gaps.of(state["top"], state["missing"])
        if state["metadata"] is not None:
            size, source, target, kind, handlers = state["metadata"]
            self.metadata = Metadata(size, source, target, kind, tuple((a, b) for a, b in handlers))
            self._handlers.update(self.metadata.handlers)
        if state["eof"] is not None:
            self._eof, self._asking = Eof(*state["eof"]), True
            self._finish_if_whole(0.0)
            if not self._finished and not self.ended:
                self._ask()

    def _note(self) -> None:
        """Note what has come, durable."""
        if self._journal is not None and not self._finished and not self.ended:
            missing = self._gaps.missing(self._gaps.top)
            known = {"metadata": self.metadata, "eof": self._eof, "top": self._gaps.top, "missing": missing}
            self._journal.note(known)

    @property
    def content(self) -> bytes:
        """What has come of a file in memory; all of it once `complete`. Nothing of one on disk."""
        return bytes(self._target.content) if isinstance(self._target, InMemory) else b""

    @property
    def received_bytes(self) -> int:
        """Bytes of the file that have come."""
        return self._gaps.top - sum(end - start for start, end in self._gaps.missing(self._gaps.top))

    @property
    def deadline_s(self) -> float:
        """When `expire` is due on the caller's clock; infinite for never."""
        return self._timers.next_s

    def next_pdu(self, now_s: float) -> bytes | None:
        """The PDU to send now; None while there is nothing to send: acknowledgements alone while suspended.
        Timers begin with what they wait for."""
        if self._acks:
            return self._acks.popleft()
        if self.suspended or not self._control:
            return None
        pdu = self._control.popleft()
        if not self._control and not self.ended and (self._asking or self._finished):
            self._timers.start(ANSWER, now_s, self._timer_s)
        return pdu

    def receive(self, pdu: bytes, now_s: float) -> None:
        """Take a PDU; one that is malformed, or contradicts what is known, changes nothing."""
        try:
            self._take(decode(pdu, self._transaction), now_s)
        except PduError:
            self.refused += 1
        except StoreError as error:
            self._declare(FILESTORE, now_s, str(error))
        else:
            if self._watches:
                self._heard(now_s)

    def _heard(self, now_s: float) -> None:
        """Something came: what waits for that begins anew."""
        if self._finished or self.ended:
            return
        self._timers.start(SILENCE, now_s, self._inactivity_s)
        if self._eof is None and not self._timers.runs(ALIVE):
            self._timers.start(ALIVE, now_s, self._keep_alive_s)

    def _take(self, body: Body, now_s: float) -> None:
        if isinstance(body, FileData):
            self._store(body, now_s)
        elif isinstance(body, Metadata):
            self._described(body, now_s)
        elif isinstance(body, Eof):
            self._all_sent(body, now_s)
        elif isinstance(body, Ack) and body.directive == FINISHED_CODE and self._finished:
            self._end(self.fault)
        elif isinstance(body, Prompt):
            self._prompted(body)
        else:
            raise PduError("a PDU that no sender sends at this time")

    def _store(self, body: FileData, now_s: float) -> None:
        end = body.offset + len(body.data)
        self._check_end(end)
        if self._finished or self.ended or not self._gaps.fill(body.offset, end):
            self.repeated += 1
            return
        self._target.write(body.offset, body.data)
        self._moved = True
        if self._asking and self._timers.runs(ANSWER):
            self._timers.start(ANSWER, now_s, self._timer_s)
        self._finish_if_whole(now_s)
        if self._journal is not None and self._journal.due(len(body.data)):
            self._note()

    def _check_end(self, end: int) -> None:
        size = self._size
        if end > (self._most_file if size is None else size):
            raise PduError("data beyond the end of the file")

    @property
    def _size(self) -> int | None:
        if self.metadata is not None:
            return self.metadata.size
        return None if self._eof is None else self._eof.size

    def _described(self, body: Metadata, now_s: float) -> None:
        self._check_size(body.size)
        if self.metadata is not None:
            self.repeated += 1
            if body != self.metadata:
                raise PduError("metadata that contradict those before")
            return
        try:
            check_handlers(dict(body.handlers))
        except OutOfRangeError as error:
            raise PduError(str(error)) from None
        self._handlers.update(body.handlers)
        self.metadata, self._moved = body, True
        self._note()
        self._finish_if_whole(now_s)

    def _check_size(self, size: int) -> None:
        known = self._size
        if size > self._most_file or size < self._gaps.top or (known is not None and size != known):
            raise PduError("a size of the file that contradicts what has come")

    def _all_sent(self, body: Eof, now_s: float) -> None:
        if body.condition != NO_ERROR:
            self._acknowledge(body)
            self._end(self.fault or CONDITIONS[body.condition])
            return
        self._check_size(body.size)
        if self._eof is not None and body != self._eof:
            raise PduError("an end of file that contradicts the one before")
        if self._eof is not None:
            self._acknowledge(body)
            self.repeated += 1
            return
        self._eof, self._asking = body, True
        self._note()  # before it is acknowledged: the sender does not say it again
        self._acknowledge(body)
        self._timers.stop(ALIVE)
        self._finish_if_whole(now_s)
        if not self._finished and not self.ended:
            self._ask()

    def _acknowledge(self, body: Eof) -> None:
        self._acks.append(encode(self._transaction, Ack(EOF_CODE, body.condition)))

    def _prompted(self, body: Prompt) -> None:
        """Say how far it is, or what is missing so far."""
        if self._finished or self.ended:
            return
        if body.keep_alive:
            self._control.append(encode(self._transaction, KeepAlive(self._gaps.top)))
        elif self._eof is not None:
            self._ask()
        else:
            top = self._gaps.top
            missing = self._gaps.missing(top)
            wanted = [(0, 0), *missing] if self.metadata is None else missing
            nothing = [encode(self._transaction, Nak(0, top, ()))]
            self._request(naks(self._transaction, wanted, top, self._most_bytes) or nothing)

    def _ask(self) -> None:
        """Ask for all that is missing; the timer runs from the last request sent."""
        assert self._eof is not None
        missing = self._gaps.missing(self._eof.size)
        wanted = [(0, 0), *missing] if self.metadata is None else missing
        self._request(naks(self._transaction, wanted, self._eof.size, self._most_bytes))
        self.rounds += 1
        self._timers.stop(ANSWER)
        self._moved = False

    def _request(self, asked: list[bytes]) -> None:
        self._control.extend(asked)
        self.naks += len(asked)
        self.largest_nak_bytes = max(self.largest_nak_bytes, *map(len, asked))

    def _finish_if_whole(self, now_s: float) -> None:
        """With all data, metadata and the end there: check, and say how it went."""
        if self._eof is None or self.metadata is None or self._finished:
            return
        if self._gaps or self._gaps.top < self._eof.size:
            return
        found = checksum_of(self._target.read, self._eof.size, self.metadata.checksum_type)
        if found != self._eof.checksum:
            self._declare(CHECKSUM_FAILURE, now_s)
            return
        self._target.put()
        self.complete = True
        self._say_finished(NO_ERROR)

    def _declare(self, condition: int, now_s: float, why: str = "") -> None:
        """Do about a fault what its handler says."""
        handler = self._handlers.get(condition, CANCEL)
        if handler == CANCEL:
            self._fail(condition, why)
        elif handler == SUSPEND:
            self.suspend(now_s)
            self.fault = f"suspended: {cause(condition, why)}"
        elif handler == ABANDON:
            self._control.clear()
            self._end(cause(condition, why))

    def _fail(self, condition: int, why: str = "") -> None:
        """Give up, and say so to the sender; nothing of the file is left behind."""
        self.fault = cause(condition, why)
        self._target.discard()
        self._control.clear()
        self._say_finished(condition)

    def _say_finished(self, condition: int) -> None:
        self._forget()
        self._finished, self._asking, self._tries = True, False, 0
        self._said = encode(self._transaction, Finished(condition, self.complete))
        self._control.append(self._said)
        self._timers.stop()

    def expire(self, now_s: float) -> None:
        """Nothing came for a while: ask again, say again that it is finished, or declare the fault."""
        if self._timers.expired(ALIVE, now_s):
            self._control.append(encode(self._transaction, KeepAlive(self._gaps.top)))
            self._timers.start(ALIVE, now_s, self._keep_alive_s)
        if self._timers.expired(SILENCE, now_s):
            self._timers.start(SILENCE, now_s, self._inactivity_s)
            self._declare(INACTIVITY, now_s)
        if not self._timers.expired(ANSWER, now_s):
            return
        self._tries = 0 if self._moved else self._tries + 1
        if self._tries > self._limit:
            self._tries = 0
            self._unanswered(now_s)
        if not self.ended:
            self._repeat()

    def _unanswered(self, now_s: float) -> None:
        """The limit of tries is reached; one that was finished is over, unless its handler says otherwise."""
        if not self._finished:
            self._declare(NAK_LIMIT, now_s)
        elif self.fault or self._handlers.get(ACK_LIMIT, CANCEL) == CANCEL:
            self._end(self.fault or CONDITIONS[ACK_LIMIT])
        else:
            self._declare(ACK_LIMIT, now_s)

    def _repeat(self) -> None:
        """Ask again, or say again that it is finished, if that does not wait to be sent already."""
        if self._control:
            return
        if self._finished:
            self._control.append(self._said)
        else:
            self._ask()

    def suspend(self, now_s: float) -> None:
        """Stop sending, acknowledgements apart, and stop all timers, until `resume`; what comes is kept."""
        if not self.ended:
            self.suspended = True
            self._timers.freeze(now_s)

    def resume(self, now_s: float) -> None:
        """Go on where it was suspended; what is missing is asked for as it is now."""
        if not self.suspended or self.ended:
            return
        self.suspended = False
        if not self._finished:
            self.fault = ""
        self._timers.thaw(now_s)
        if self._asking:
            self._control.clear()
            self._ask()

    def cancel(self) -> None:
        """End the transfer, take away what came, and tell the sender."""
        if not self._finished and not self.ended:
            self._fail(CANCELLED)

    def _end(self, fault: str) -> None:
        self.ended, self.suspended, self.fault = True, False, fault
        self._timers.stop()
        if not self.complete:
            self._target.discard()
            self._forget()

    def _forget(self) -> None:
        """There is nothing to go on with."""
        if self._journal is not None:
            with suppress(StoreError):
                self._journal.remove()


def check_sizes(transaction: Transaction, most_bytes: int) -> None:
    """OutOfRangeError for PDUs too small for a request, or too large for their length field."""
    least = max(transaction.overhead + 1 + 4 * transaction.offset.size, transaction.overhead + 64)
    most = 65_535 + transaction.overhead - (2 if transaction.crc else 0)
    if not least <= most_bytes <= most:
        raise OutOfRangeError(
            "the size of a PDU", most_bytes, f"{least} to {most:,} bytes", "CCSDS 727.0-B-5"
        )
