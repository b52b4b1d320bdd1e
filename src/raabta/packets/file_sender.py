"""The sending side of a class-2 file transfer: what to send next, and what to make of what comes back.

Clocks are the caller's: `now_s` stands still while there is no contact, so no timer runs out in a gap.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from raabta.base.errors import StoreError
from raabta.packets.file_faults import Timers, cause, check_handlers
from raabta.packets.file_pdus import (
    ABANDON,
    ACK_LIMIT,
    CANCEL,
    CANCELLED,
    CONDITIONS,
    CRC32,
    EOF_CODE,
    FILESTORE,
    FINISHED_CODE,
    INACTIVITY,
    KEEP_ALIVE_LIMIT,
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
)
from raabta.packets.file_store import InMemory, checksum_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from raabta.packets.file_store import Source

METADATA_REQUEST = (0, 0)
ANSWER, SILENCE = "the end of the file is acknowledged", "something comes"


class Sender:
    """Sends one file in PDUs of at most `most_bytes`, what is asked for again first."""

    def __init__(
        self,
        content: bytes | Source,
        transaction: Transaction,
        names: tuple[str, str],
        *,
        most_bytes: int,
        timer_s: float,
        limit: int,
        checksum_type: int = CRC32,
        inactivity_s: float = math.inf,
        behind_bytes: float = math.inf,
        handlers: Mapping[int, int] | None = None,
        receiver_handlers: Mapping[int, int] | None = None,
        resumed: bool = False,
    ) -> None:
        """timer_s: how long an acknowledgement is waited for, `limit` times; inactivity_s: how long nothing
        may come after all was sent; behind_bytes: how far a keep-alive may be behind what was sent; handlers:
        what is done about a condition (cancelled where not named), here and at the receiver;
        resumed: the file was being sent by a process which was ended: its end is said, and what is asked for
        is sent.

        Raises StoreError where the file cannot be read, OutOfRangeError for a handler that cannot be.
        """
        self._handlers, told = dict(handlers or {}), dict(receiver_handlers or {})
        check_handlers({**told, **self._handlers})
        check_handlers(told)
        self._inactivity_s, self._behind = inactivity_s, behind_bytes
        self._source = InMemory(content) if isinstance(content, bytes) else content
        self._transaction, self._size = transaction, self._source.size
        self._piece = most_bytes - transaction.overhead - transaction.offset.size
        self._metadata = encode(transaction, Metadata(self._size, *names, checksum_type, (*told.items(),)))
        self._checksum_type = checksum_type
        found = checksum_of(self._source.read, self._size, checksum_type)
        self._eof = encode(transaction, Eof(NO_ERROR, found, self._size))
        self._timer_s, self._limit = timer_s, limit
        self._first = self._pieces(0, self._size)
        self._again: deque[Iterator[tuple[int, int]]] = deque()
        self._asked: dict[tuple[int, int], None] = {}
        self._control: deque[bytes] = deque([self._metadata])
        self._acks: deque[bytes] = deque()
        self._sent_all = self._eof_due = self.suspended = False
        self._timers, self._tries, self._condition = Timers(), 0, NO_ERROR
        self.acknowledged, self.fault, self.ended = False, "", False
        self.resent_bytes = self.refused = self._reached = 0
        if resumed:
            self._first, self._reached = self._pieces(0, 0), self._size
            self._sent_all = self._eof_due = True

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        return ((at, min(at + self._piece, end)) for at in range(start, end, self._piece))

    @property
    def deadline_s(self) -> float:
        """When `expire` is due on the caller's clock; infinite for never."""
        return self._timers.next_s

    def next_pdu(self, now_s: float) -> bytes | None:
        """The PDU to send now; None while there is nothing to send; suspended, acknowledgements alone."""
        if self._acks:
            return self._acks.popleft()
        if self.suspended or self.ended:
            return None
        if self._control:
            return self._control.popleft()
        try:
            return self._next(now_s)
        except StoreError as error:
            self._declare(FILESTORE, now_s, str(error))
            return None if self.ended else self._next(now_s)

    def _next(self, now_s: float) -> bytes | None:
        again = self._next_again() if self._asked else None
        if again is not None:
            return again
        if not self._sent_all:
            piece = next(self._first, None)
            if piece is not None:
                self._reached = piece[1]
                return self._data(*piece)
            self._sent_all = self._eof_due = True
        if self._eof_due:
            self._eof_due = False
            self._timers.start(ANSWER, now_s, self._timer_s)
            self._timers.start(SILENCE, now_s, self._inactivity_s)
            return self._eof
        return None

    def _next_again(self) -> bytes | None:
        """The next piece that was asked for again."""
        while self._asked:
            if not self._again:
                self._again.append(self._pieces(*next(iter(self._asked))))
            piece = next(self._again[0], None)
            if piece is not None:
                self.resent_bytes += piece[1] - piece[0]
                return self._data(*piece)
            self._again.clear()
            del self._asked[next(iter(self._asked))]
        return None

    def _data(self, start: int, end: int) -> bytes:
        return encode(self._transaction, FileData(start, self._source.read(start, end)))

    def receive(self, pdu: bytes, now_s: float) -> None:
        """Take a PDU; one that is malformed, or no answer to what was sent, changes nothing."""
        try:
            self._take(decode(pdu, self._transaction), now_s)
        except PduError:
            self.refused += 1
        else:
            if self._timers.runs(SILENCE):
                self._timers.start(SILENCE, now_s, self._inactivity_s)

    def _take(self, body: Body, now_s: float) -> None:
        if isinstance(body, Nak):
            self._answer(body)
        elif isinstance(body, Ack) and body.directive == EOF_CODE and self._sent_all:
            if body.condition == self._condition:  # not that of an end which was cancelled since
                self.acknowledged = True
                self._timers.stop(ANSWER)
                if self._condition != NO_ERROR:
                    self._end(self.fault)
        elif isinstance(body, Finished):
            self._acks.append(encode(self._transaction, Ack(FINISHED_CODE, body.condition)))
            self._end("" if body.complete else self.fault or CONDITIONS[body.condition])
        elif isinstance(body, KeepAlive) and body.progress <= self._reached:
            if self._reached - body.progress > self._behind and self._condition == NO_ERROR:
                self._declare(KEEP_ALIVE_LIMIT, now_s)
        else:
            raise PduError("a PDU that no receiver sends at this time")

    def _answer(self, body: Nak) -> None:
        """Send again what is asked for. Raises PduError for what was never sent."""
        if body.end > self._size or any(last > self._reached for _, last in body.requests):
            raise PduError("a request for what was not sent")
        if self._condition != NO_ERROR or self.ended:
            return
        for request in body.requests:
            if request == METADATA_REQUEST:
                if self._metadata not in self._control:
                    self._control.append(self._metadata)
            else:
                self._asked[request] = None  # one that waits already is not sent twice

    def expire(self, now_s: float) -> None:
        """The end of the file was not acknowledged in time: send it again, or declare the fault; likewise
        where nothing at all came."""
        if self._timers.expired(ANSWER, now_s):
            self._tries += 1
            self._eof_due = True
            if self._tries > self._limit:
                self._tries = 0
                if self._condition != NO_ERROR:
                    self._end(self.fault)
                else:
                    self._declare(ACK_LIMIT, now_s)
        if self._timers.expired(SILENCE, now_s):
            self._timers.start(SILENCE, now_s, self._inactivity_s)
            self._declare(INACTIVITY, now_s)

    def suspend(self, now_s: float) -> None:
        """Stop sending, acknowledgements apart, and stop all timers, until `resume`."""
        if not self.ended:
            self.suspended = True
            self._timers.freeze(now_s)

    def resume(self, now_s: float) -> None:
        """Go on where it was suspended."""
        if self.suspended and not self.ended:
            self.suspended = False
            if self._condition == NO_ERROR:
                self.fault = ""
            self._timers.thaw(now_s)

    def cancel(self) -> None:
        """End the transfer, and tell the receiver, which takes away what came."""
        if not self.ended and self._condition == NO_ERROR:
            self._cancel(CANCELLED)

    def prompt(self, *, keep_alive: bool) -> None:
        """Ask the receiver how far it is, or for what it misses so far."""
        if not self.ended:
            self._control.append(encode(self._transaction, Prompt(keep_alive)))

    def _declare(self, condition: int, now_s: float, why: str = "") -> None:
        """Do about a fault what its handler says."""
        handler = self._handlers.get(condition, CANCEL)
        if handler == CANCEL:
            self._cancel(condition, why)
        elif handler == SUSPEND:
            self.suspend(now_s)
            self.fault = f"suspended: {cause(condition, why)}"
        elif handler == ABANDON:
            self._end(cause(condition, why))

    def _cancel(self, condition: int, why: str = "") -> None:
        """Give up, and say so to the receiver until it acknowledges, with the checksum of what was sent."""
        try:
            found = checksum_of(self._source.read, self._reached, self._checksum_type)
        except StoreError:
            found = 0  # of what cannot be read there is none
        self._eof = encode(self._transaction, Eof(condition, found, self._reached))
        self._condition, self.fault, self._tries = condition, cause(condition, why), 0
        self._forget()
        self._timers.stop()
        self._first = self._pieces(0, 0)
        self._sent_all = self._eof_due = True

    def _forget(self) -> None:
        self._control.clear()
        self._asked.clear()
        self._again.clear()

    def _end(self, fault: str) -> None:
        """The transfer is over; a finished that comes later is acknowledged all the same."""
        if not self.ended:
            self.ended, self.suspended, self.fault = True, False, fault
            self._timers.stop()
        self._forget()
