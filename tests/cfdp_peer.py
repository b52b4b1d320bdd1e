"""cfdp-py's class-2 handlers behind the face that `packets.file_delivery` gives its sides, as an oracle."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

cfdppy = pytest.importorskip("cfdppy", reason="cfdp-py is not installed")

import spacepackets.countdown as countdown  # noqa: E402
from cfdppy.handler.dest import DestHandler  # noqa: E402
from cfdppy.handler.source import SourceHandler  # noqa: E402
from cfdppy.mib import (  # noqa: E402
    CheckTimerProvider,
    DefaultFaultHandlerBase,
    IndicationConfig,
    LocalEntityConfig,
    RemoteEntityConfig,
    RemoteEntityConfigTable,
)
from cfdppy.request import PutRequest  # noqa: E402
from cfdppy.user import CfdpUserBase  # noqa: E402
from spacepackets.cfdp import ChecksumType, TransmissionMode  # noqa: E402
from spacepackets.cfdp.pdu.helper import PduFactory  # noqa: E402
from spacepackets.seqcount import SeqCountProvider  # noqa: E402
from spacepackets.util import ByteFieldU16  # noqa: E402


class Timers(CheckTimerProvider):
    def provide_check_timer(self, *_args, **_kwargs):
        return countdown.Countdown(timedelta(seconds=10.0))


class Faults(DefaultFaultHandlerBase):
    def __init__(self):
        super().__init__()
        self.seen = []

    def notice_of_suspension_cb(self, transaction_id, cond, progress):
        self.seen.append(cond)

    def notice_of_cancellation_cb(self, transaction_id, cond, progress):
        self.seen.append(cond)

    abandoned_cb = ignore_cb = notice_of_suspension_cb


class User(CfdpUserBase):
    def __init__(self):
        super().__init__()
        self.finished = None

    def transaction_finished_indication(self, params):
        self.finished = params

    def _nothing(self, *_args, **_kwargs):
        pass

    transaction_indication = eof_sent_indication = metadata_recv_indication = _nothing
    file_segment_recv_indication = report_indication = suspended_indication = _nothing
    resumed_indication = fault_indication = abandoned_indication = eof_recv_indication = _nothing


class Clock:
    """The clock that cfdp-py's timers read, in simulated time."""

    def __init__(self, monkeypatch):
        self.now_s = 0.0
        monkeypatch.setattr(countdown, "time_ms", lambda: round(self.now_s * 1e3))


def remote(entity, rules, timer_s, limit=10):
    return RemoteEntityConfigTable(
        [
            RemoteEntityConfig(
                entity_id=ByteFieldU16(entity),
                max_file_segment_len=None,
                max_packet_len=rules.pdu_bytes,
                closure_requested=True,
                crc_on_transmission=True,
                default_transmission_mode=TransmissionMode.ACKNOWLEDGED,
                crc_type=ChecksumType.CRC_32,
                positive_ack_timer_interval_seconds=timer_s,
                positive_ack_timer_expiration_limit=limit,
                immediate_nak_mode=False,
                nak_timer_interval_seconds=timer_s,
                nak_timer_expiration_limit=limit,
            )
        ]
    )


class Peer:
    """What the two sides have in common: bytes in, bytes out, timers looked at every second."""

    def __init__(self, clock):
        self._clock, self._out = clock, []
        self.user, self.faults = User(), Faults()
        self.refused = self.naks = self.rounds = self.repeated = self.largest_nak_bytes = 0
        self.resent_bytes = self.received_bytes = 0
        self.fault = ""

    def local(self, entity):
        return LocalEntityConfig(ByteFieldU16(entity), IndicationConfig(), self.faults)

    @property
    def deadline_s(self):
        return math.floor(self._clock.now_s) + 1.0

    @property
    def ended(self):
        return self.user.finished is not None

    def step(self, packet=None):
        self.handler.state_machine(packet)
        while (held := self.handler.get_next_packet()) is not None:
            raw = bytes(held.pdu.pack())
            self._out.append(raw)
            if held.pdu_directive_type is not None and held.pdu_directive_type.name == "NAK_PDU":
                self.naks, self.largest_nak_bytes = self.naks + 1, max(self.largest_nak_bytes, len(raw))

    def receive(self, pdu, now_s):
        self._clock.now_s = max(self._clock.now_s, now_s)
        self.step(PduFactory.from_raw(pdu))

    def expire(self, now_s):
        self._clock.now_s = max(self._clock.now_s, now_s)
        self.step()

    def next_pdu(self, now_s):
        self._clock.now_s = max(self._clock.now_s, now_s)
        if not self._out:
            self.step()
        return self._out.pop(0) if self._out else None


class PeerReceiver(Peer):
    def __init__(self, clock, folder, rules, timer_s, ids=(1, 2)):
        super().__init__(clock)
        self.handler = DestHandler(self.local(ids[1]), self.user, remote(ids[0], rules, timer_s), Timers())
        self._file = folder / "received.bin"

    @property
    def complete(self):
        return self.ended and self.user.finished.finished_params.delivery_code.name == "DATA_COMPLETE"

    @property
    def content(self):
        return self._file.read_bytes() if self._file.is_file() else b""


class PeerSender(Peer):
    def __init__(self, clock, folder, content, rules, timer_s, ids=(1, 2)):
        super().__init__(clock)
        self.handler = SourceHandler(
            self.local(ids[0]), self.user, remote(ids[1], rules, timer_s), Timers(), SeqCountProvider(32)
        )
        source = folder / "source.bin"
        source.write_bytes(content)
        target = folder / "received.bin"
        asked = PutRequest(ByteFieldU16(ids[1]), source, target, TransmissionMode.ACKNOWLEDGED, True)
        self.handler.put_request(asked)
        self.acknowledged = True
