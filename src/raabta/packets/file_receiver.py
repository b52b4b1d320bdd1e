"""The receiving side of a class-2 file transfer: what is there, what is missing, what to ask for.

Clocks are the caller's, as for `file_sender.Sender`: a timer that a gap suspends goes on after it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING

from raabta.base.errors import OutOfRangeError, StoreError
from raabta.packets.file_pdus import (
    ACK_LIMIT,
    CHECKSUM_FAILURE,
    CONDITIONS,
    EOF_CODE,
    FILESTORE,
    FINISHED_CODE,
    NAK_LIMIT,
    NO_ERROR,
    Ack,
    Body,
    Eof,
    FileData,
    Finished,
    Metadata,
    PduError,
    Transaction,
    decode,
    encode,
    naks,
)
from raabta.packets.file_store import InMemory, checksum_of

if TYPE_CHECKING:
    from raabta.packets.file_store import Target


class Gaps:
    """What is missing of a file, as rising intervals, below `top`, the end of what has come."""

    def __init__(self) -> None:
        self.top = 0
        self._start: list[int] = []
        self._end: list[int] = []

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
    ) -> None:
        """target: where to write the file; in memory where none is given."""
        self._transaction, self._most_bytes = transaction, most_bytes
        naks(transaction, [], 0, most_bytes)  # a size that holds no request is refused at once
        self._timer_s, self._limit, self._most_file = timer_s, limit, most_file_bytes
        self._gaps, self._target = Gaps(), InMemory() if target is None else target
        self.metadata: Metadata | None = None
        self._eof: Eof | None = None
        self._control: deque[bytes] = deque()
        self._asking = self._moved = self._finished = False
        self._deadline_s, self._tries, self._said = math.inf, 0, b""
        self.complete = self.ended = False
        self.fault = ""
        self.naks = self.largest_nak_bytes = self.rounds = self.repeated = self.refused = 0

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
        return self._deadline_s

    def next_pdu(self, now_s: float) -> bytes | None:
        """The PDU to send now; None while there is nothing to send. Timers begin with what they wait for."""
        if not self._control:
            return None
        pdu = self._control.popleft()
        if not self._control and not self.ended and (self._asking or self._finished):
            self._deadline_s = now_s + self._timer_s
        return pdu

    def receive(self, pdu: bytes, now_s: float) -> None:
        """Take a PDU; one that is malformed, or contradicts what is known, changes nothing."""
        try:
            self._take(decode(pdu, self._transaction), now_s)
        except PduError:
            self.refused += 1
        except StoreError as error:
            self._fail(FILESTORE, str(error))

    def _take(self, body: Body, now_s: float) -> None:
        if isinstance(body, FileData):
            self._store(body, now_s)
        elif isinstance(body, Metadata):
            self._described(body)
        elif isinstance(body, Eof):
            self._all_sent(body)
        elif isinstance(body, Ack) and body.directive == FINISHED_CODE and self._finished:
            self.ended, self._deadline_s = True, math.inf
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
        if self._asking and self._deadline_s < math.inf:
            self._deadline_s = now_s + self._timer_s
        self._finish_if_whole()

    def _check_end(self, end: int) -> None:
        size = self._size
        if end > (self._most_file if size is None else size):
            raise PduError("data beyond the end of the file")

    @property
    def _size(self) -> int | None:
        if self.metadata is not None:
            return self.metadata.size
        return None if self._eof is None else self._eof.size

    def _described(self, body: Metadata) -> None:
        self._check_size(body.size)
        if self.metadata is not None:
            self.repeated += 1
            if body != self.metadata:
                raise PduError("metadata that contradict those before")
            return
        self.metadata, self._moved = body, True
        self._finish_if_whole()

    def _check_size(self, size: int) -> None:
        known = self._size
        if size > self._most_file or size < self._gaps.top or (known is not None and size != known):
            raise PduError("a size of the file that contradicts what has come")

    def _all_sent(self, body: Eof) -> None:
        if body.condition != NO_ERROR:
            self._acknowledge(body)
            self._end(CONDITIONS[body.condition])
            return
        self._check_size(body.size)
        if self._eof is not None and body != self._eof:
            raise PduError("an end of file that contradicts the one before")
        self._acknowledge(body)
        if self._eof is not None:
            self.repeated += 1
            return
        self._eof, self._asking = body, True
        self._finish_if_whole()
        if not self._finished:
            self._ask()

    def _acknowledge(self, body: Eof) -> None:
        self._control.append(encode(self._transaction, Ack(EOF_CODE, body.condition)))

    def _ask(self) -> None:
        """Ask for all that is missing; the timer runs from the last request sent."""
        assert self._eof is not None
        missing = self._gaps.missing(self._eof.size)
        wanted = [(0, 0), *missing] if self.metadata is None else missing
        asked = naks(self._transaction, wanted, self._eof.size, self._most_bytes)
        self._control.extend(asked)
        self.naks += len(asked)
        self.largest_nak_bytes = max(self.largest_nak_bytes, *map(len, asked))
        self.rounds += 1
        self._deadline_s, self._moved = math.inf, False

    def _finish_if_whole(self) -> None:
        """With all data, metadata and the end there: check, and say how it went."""
        if self._eof is None or self.metadata is None or self._finished:
            return
        if self._gaps or self._gaps.top < self._eof.size:
            return
        found = checksum_of(self._target.read, self._eof.size, self.metadata.checksum_type)
        if found != self._eof.checksum:
            self._fail(CHECKSUM_FAILURE)
            return
        self._target.put()
        self.complete = True
        self._say_finished(NO_ERROR)

    def _fail(self, condition: int, why: str = "") -> None:
        """Give up, and say so to the sender; nothing of the file is left behind."""
        self.fault = f"{CONDITIONS[condition]}{': ' if why else ''}{why}"
        self._target.discard()
        self._say_finished(condition)

    def _say_finished(self, condition: int) -> None:
        self._finished, self._asking, self._tries = True, False, 0
        self._said = encode(self._transaction, Finished(condition, self.complete))
        self._control.append(self._said)
        self._deadline_s = math.inf

    def expire(self, now_s: float) -> None:
        """Nothing came for a while: ask again, say again that it is finished, or give up."""
        if now_s < self._deadline_s:
            return
        self._deadline_s = math.inf
        self._tries = 0 if self._moved else self._tries + 1
        if self._finished:
            if self._tries > self._limit:
                self._end(self.fault or CONDITIONS[ACK_LIMIT])
            else:
                self._control.append(self._said)
            return
        if self._tries > self._limit:
            self._fail(NAK_LIMIT)
        else:
            self._ask()

    def _end(self, fault: str) -> None:
        self.ended, self.fault, self._deadline_s = True, fault, math.inf
        if not self.complete:
            self._target.discard()


def check_sizes(transaction: Transaction, most_bytes: int) -> None:
    """OutOfRangeError for PDUs too small for a request, or too large for their length field."""
    least = max(transaction.overhead + 1 + 4 * transaction.offset.size, transaction.overhead + 64)
    most = 65_535 + transaction.overhead - (2 if transaction.crc else 0)
    if not least <= most_bytes <= most:
        raise OutOfRangeError(
            "the size of a PDU", most_bytes, f"{least} to {most:,} bytes", "CCSDS 727.0-B-5"
        )
