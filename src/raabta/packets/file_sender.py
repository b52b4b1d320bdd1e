"""The sending side of a class-2 file transfer: what to send next, and what to make of what comes back.

Clocks are the caller's: `now_s` stands still while there is no contact, so no timer runs out in a gap.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from raabta.base.errors import StoreError
from raabta.packets.file_pdus import (
    ACK_LIMIT,
    CONDITIONS,
    CRC32,
    EOF_CODE,
    FILESTORE,
    FINISHED_CODE,
    NO_ERROR,
    Ack,
    Body,
    Eof,
    FileData,
    Finished,
    Metadata,
    Nak,
    PduError,
    Transaction,
    decode,
    encode,
)
from raabta.packets.file_store import InMemory, checksum_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raabta.packets.file_store import Source

METADATA_REQUEST = (0, 0)


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
    ) -> None:
        """Raises StoreError where the file cannot be read."""
        self._source = InMemory(content) if isinstance(content, bytes) else content
        self._transaction, self._size = transaction, self._source.size
        self._piece = most_bytes - transaction.overhead - transaction.offset.size
        self._metadata = encode(transaction, Metadata(self._size, *names, checksum_type))
        self._checksum_type = checksum_type
        found = checksum_of(self._source.read, self._size, checksum_type)
        self._eof = encode(transaction, Eof(NO_ERROR, found, self._size))
        self._timer_s, self._limit = timer_s, limit
        self._first = self._pieces(0, self._size)
        self._again: deque[Iterator[tuple[int, int]]] = deque()
        self._asked: dict[tuple[int, int], None] = {}
        self._control: deque[bytes] = deque([self._metadata])
        self._sent_all = self._eof_due = False
        self._eof_deadline_s, self._tries = math.inf, 0
        self.acknowledged, self.fault, self.ended = False, "", False
        self.resent_bytes = self.refused = self._reached = 0

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        return ((at, min(at + self._piece, end)) for at in range(start, end, self._piece))

    @property
    def deadline_s(self) -> float:
        """When `expire` is due on the caller's clock; infinite for never."""
        return self._eof_deadline_s

    def next_pdu(self, now_s: float) -> bytes | None:
        """The PDU to send now; None while there is nothing to send."""
        try:
            return self._next(now_s)
        except StoreError as error:
            self._cancel(FILESTORE, str(error))
            return self._control.popleft()

    def _next(self, now_s: float) -> bytes | None:
        if self._control:
            return self._control.popleft()
        if self.ended:
            return None
        again = self._next_again()
        if again is not None:
            return again
        if not self._sent_all:
            piece = next(self._first, None)
            if piece is not None:
                self._reached = piece[1]
                return self._data(*piece)
            self._sent_all = self._eof_due = True
        if self._eof_due:
            self._eof_due, self._eof_deadline_s = False, now_s + self._timer_s
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
            self._take(decode(pdu, self._transaction))
        except PduError:
            self.refused += 1

    def _take(self, body: Body) -> None:
        if isinstance(body, Nak):
            self._answer(body)
        elif isinstance(body, Ack) and body.directive == EOF_CODE and self._sent_all:
            self.acknowledged, self._eof_deadline_s = True, math.inf
        elif isinstance(body, Finished):
            self._control.append(encode(self._transaction, Ack(FINISHED_CODE, body.condition)))
            self._end("" if body.complete else CONDITIONS[body.condition])
        else:
            raise PduError("a PDU that no receiver sends at this time")

    def _answer(self, body: Nak) -> None:
        """Send again what is asked for. Raises PduError for what was never sent."""
        if body.end > self._size or any(last > self._reached for _, last in body.requests):
            raise PduError("a request for what was not sent")
        for request in body.requests:
            if request == METADATA_REQUEST:
                if self._metadata not in self._control:
                    self._control.append(self._metadata)
            else:
                self._asked[request] = None  # one that waits already is not sent twice

    def expire(self, now_s: float) -> None:
        """The end of the file was not acknowledged in time: send it again, or give up."""
        if now_s < self._eof_deadline_s:
            return
        self._eof_deadline_s = math.inf
        self._tries += 1
        if self._tries > self._limit:
            self._cancel(ACK_LIMIT)
        else:
            self._eof_due = True

    def _cancel(self, condition: int, why: str = "") -> None:
        """Give up, and say so to the receiver, with the checksum of what was sent."""
        try:
            found = checksum_of(self._source.read, self._reached, self._checksum_type)
        except StoreError:
            found = 0  # of what cannot be read there is none
        self._control.append(encode(self._transaction, Eof(condition, found, self._reached)))
        self._end(f"{CONDITIONS[condition]}{': ' if why else ''}{why}")

    def _end(self, fault: str) -> None:
        """The transfer is over; later PDUs are answered all the same."""
        if not self.ended:
            self.ended, self.fault, self._eof_deadline_s = True, fault, math.inf
        self._asked.clear()
        self._again.clear()
