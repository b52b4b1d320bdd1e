"""Suspended, resumed, silent and unanswered: each side does what its fault handler says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plans import two_nodes

from raabta.base.errors import OutOfRangeError
from raabta.packets.file_delivery import Rules, deliver
from raabta.packets.file_faults import HANDLERS, Timers, check_handlers
from raabta.packets.file_pdus import (
    ABANDON,
    ACK_LIMIT,
    CANCEL,
    CANCELLED,
    CHECKSUM_FAILURE,
    CONDITIONS,
    CRC32,
    IGNORE,
    INACTIVITY,
    KEEP_ALIVE_LIMIT,
    NAK_LIMIT,
    NO_ERROR,
    SUSPEND,
    Ack,
    Eof,
    FileData,
    Finished,
    KeepAlive,
    Metadata,
    Nak,
    Prompt,
    Transaction,
    checksum,
    decode,
    encode,
)
from raabta.packets.file_receiver import Receiver
from raabta.packets.file_sender import Sender

T = Transaction(1, 2, 1)
CONTENT = np.random.default_rng(9).bytes(300)
LIMITS = {"most_bytes": 128, "timer_s": 10.0, "limit": 2}


def sender(**changed):
    return Sender(CONTENT, T, ("a", "b"), **{**LIMITS, **changed})


def receiver(**changed):
    return Receiver(T, most_file_bytes=300, **{**LIMITS, **changed})


def told(side, now_s=0.0):
    return [decode(pdu, T) for pdu in iter(lambda: side.next_pdu(now_s), None)]


def tell(side, *bodies, now_s=0.0):
    for body in bodies:
        side.receive(encode(T, body), now_s)


def wait(side, until_s):
    """Let its timers run; all that it says."""
    said = []
    while side.deadline_s <= until_s:
        at_s = side.deadline_s
        side.expire(at_s)
        said += told(side, at_s)
    return said


END = Eof(NO_ERROR, checksum(CONTENT, CRC32), 300)
FIRST = [Metadata(300, "a", "b"), FileData(0, CONTENT[:100])]


def test_a_transfer_that_its_user_suspends_goes_on_and_comes():
    content = np.random.default_rng(2).bytes(500_000)
    rules = Rules(loss_share=0.03, limit=1, suspended_s=((0.2, 900.0), (900.3, 2_000.0)))
    found = deliver(content, two_nodes([(0.0, 4_000.0)]), "Rover", "Kashi", rules)
    free = deliver(content, two_nodes([(0.0, 4_000.0)]), "Rover", "Kashi", Rules(loss_share=0.03))
    assert found.delivered and found.content == content and found.resent_bytes < 40_000
    assert 2_000.0 < found.whole_s < free.whole_s + 2_000.0


def test_a_suspended_sender_says_nothing_but_acknowledgements_and_its_timers_stand_still():
    ours = sender()
    assert len(told(ours)) == 5 and ours.deadline_s == 10.0
    ours.suspend(4.0)
    tell(ours, Nak(0, 300, ((0, 50),)), now_s=5.0)
    assert told(ours, 5.0) == [] and ours.deadline_s == math.inf
    ours.resume(100.0)
    assert told(ours, 100.0) == [FileData(0, CONTENT[:50])] and ours.deadline_s == 106.0
    ours.suspend(101.0)
    tell(ours, Finished(NO_ERROR, True), now_s=102.0)
    assert told(ours, 102.0) == [Ack(5, 0)] and ours.ended and ours.fault == ""


def test_a_suspended_receiver_keeps_what_comes_and_asks_when_resumed():
    ours = receiver()
    tell(ours, *FIRST)
    ours.suspend(1.0)
    tell(ours, FileData(200, CONTENT[200:]), END, now_s=2.0)
    assert told(ours, 2.0) == [Ack(4, 0)] and ours.deadline_s == math.inf
    tell(ours, FileData(100, CONTENT[100:150]), now_s=3.0)
    ours.resume(50.0)
    assert told(ours, 50.0) == [Nak(0, 300, ((150, 200),))]
    tell(ours, FileData(150, CONTENT[150:200]), now_s=51.0)
    assert ours.complete and ours.content == CONTENT and told(ours, 51.0) == [Finished(NO_ERROR, True)]


def test_prompts_are_answered_with_what_is_missing_and_how_far_it_is():
    ours = receiver()
    tell(ours, FileData(100, CONTENT[100:150]), Prompt(False), Prompt(True))
    assert told(ours) == [Nak(0, 150, ((0, 0), (0, 100))), KeepAlive(150)]
    tell(ours, *FIRST, Prompt(False))
    assert told(ours) == [Nak(0, 150, ())]
    tell(ours, END, Prompt(False))
    assert told(ours) == [Ack(4, 0), Nak(0, 300, ((150, 300),)), Nak(0, 300, ((150, 300),))]
    asking = sender()
    asking.prompt(keep_alive=True)
    asking.prompt(keep_alive=False)
    assert told(asking)[1:3] == [Prompt(True), Prompt(False)]


def test_a_receiver_says_how_far_it_is_until_the_end_comes():
    ours = receiver(keep_alive_s=5.0)
    tell(ours, *FIRST, now_s=1.0)
    assert wait(ours, 12.0) == [KeepAlive(100), KeepAlive(100)]
    tell(ours, END, now_s=13.0)
    told(ours, 13.0)
    assert not [each for each in wait(ours, 40.0) if isinstance(each, KeepAlive)]


def test_a_receiver_too_far_behind_is_a_fault_and_one_ahead_is_refused():
    ours = sender(behind_bytes=150)
    told(ours)
    tell(ours, KeepAlive(150), KeepAlive(301))
    assert ours.fault == "" and ours.refused == 1
    tell(ours, KeepAlive(149))
    assert ours.fault == "keep alive limit reached"
    assert told(ours) == [Eof(KEEP_ALIVE_LIMIT, checksum(CONTENT, CRC32), 300)]


def silent(side, condition, handler):
    """A side that meets a condition; what it says from then on."""
    if side == "sender":
        ours = sender(
            inactivity_s=25.0, limit=1 if condition == ACK_LIMIT else 99, handlers={condition: handler}
        )
        told(ours)
        if condition == INACTIVITY:
            tell(ours, Ack(4, 0))
    else:
        limits = {"limit": 1} if condition == NAK_LIMIT else {"inactivity_s": 25.0}
        ours = receiver(**limits)
        tell(ours, Metadata(300, "a", "b", CRC32, ((condition, handler),)), FIRST[1])
        if condition == NAK_LIMIT:
            tell(ours, END)
            told(ours)
    return ours, wait(ours, 26.0)


CASES = [("sender", ACK_LIMIT), ("sender", INACTIVITY), ("receiver", NAK_LIMIT), ("receiver", INACTIVITY)]


@pytest.mark.parametrize(("side", "condition"), CASES)
def test_a_handler_that_cancels_tells_the_other_side(side, condition):
    ours, said = silent(side, condition, CANCEL)
    assert ours.fault == CONDITIONS[condition] and not ours.ended
    assert said[-1].condition == condition and isinstance(said[-1], Eof if side == "sender" else Finished)
    tell(ours, Ack(4 if side == "sender" else 5, condition))
    assert ours.ended and ours.fault == CONDITIONS[condition]


@pytest.mark.parametrize(("side", "condition"), CASES)
def test_a_handler_that_suspends_goes_on_when_resumed(side, condition):
    ours, said = silent(side, condition, SUSPEND)
    assert ours.suspended and ours.fault == f"suspended: {CONDITIONS[condition]}" and not ours.ended
    assert all(getattr(each, "condition", 0) == NO_ERROR for each in said) and ours.deadline_s == math.inf
    ours.resume(100.0)
    if side == "sender":
        tell(ours, Ack(4, 0), Finished(NO_ERROR, True), now_s=101.0)
    else:
        tell(ours, FileData(100, CONTENT[100:]), END, now_s=101.0)
        assert ours.complete and ours.content == CONTENT
    assert ours.fault == ""


@pytest.mark.parametrize(("side", "condition"), CASES)
def test_a_handler_that_ignores_goes_on_by_itself(side, condition):
    ours, _ = silent(side, condition, IGNORE)
    assert not ours.ended and not ours.suspended and ours.fault == ""
    said = wait(ours, 90.0)
    assert all(getattr(each, "condition", 0) == NO_ERROR for each in said) and ours.deadline_s > 90.0
    assert said or condition == INACTIVITY


@pytest.mark.parametrize(("side", "condition"), CASES)
def test_a_handler_that_abandons_says_nothing(side, condition):
    ours, said = silent(side, condition, ABANDON)
    assert ours.ended and ours.fault == CONDITIONS[condition] and ours.deadline_s == math.inf
    assert all(getattr(each, "condition", 0) == NO_ERROR for each in said) and told(ours) == []


def test_a_wrong_checksum_that_is_abandoned_is_not_told():
    ours = receiver(handlers={CHECKSUM_FAILURE: ABANDON})
    tell(ours, *FIRST, FileData(100, bytes(200)), END)
    assert told(ours) == [Ack(4, 0)] and ours.ended and ours.fault == "file checksum failure"


def test_a_cancelled_end_is_said_until_it_is_acknowledged_or_given_up():
    ours = sender()
    for _ in range(2):
        ours.next_pdu(0.0)
    ours.cancel()
    end = Eof(CANCELLED, checksum(CONTENT[:110], CRC32), 110)
    assert told(ours) == [end] and wait(ours, 25.0) == [end, end] and not ours.ended
    wait(ours, 31.0)
    assert ours.ended and ours.fault == "cancelled"


def test_a_user_cancels_at_either_side_and_both_know():
    one, other = sender(), receiver()
    for pdu in iter(lambda: one.next_pdu(0.0), None):
        other.receive(pdu, 0.0) if other.received_bytes < 100 else None
    other.cancel()
    tell(one, *told(other))
    tell(other, *told(one))
    assert one.ended and other.ended and one.fault == other.fault == "cancelled" and not other.complete


def test_inactivity_ends_a_receiver_whose_sender_is_gone():
    content = np.random.default_rng(2).bytes(500_000)
    rules = Rules(dark_s=((0.3, 1e5),), inactivity_s=60.0, limit=1_000_000)
    found = deliver(content, two_nodes([(0.0, 900.0)]), "Rover", "Kashi", rules)
    assert not found.delivered and found.fault == "inactivity detected"


def test_a_plan_with_keep_alives_comes_and_keeps_within_the_limit():
    content = np.random.default_rng(2).bytes(3_000_000)
    rules = Rules(loss_share=0.03, keep_alive_s=0.5, behind_bytes=5_000_000.0, inactivity_s=30.0)
    plan = two_nodes([(0.0, 1.0), (500.0, 501.0), (900.0, 2_000.0)])
    found = deliver(content, plan, "Rover", "Kashi", rules)
    plain = deliver(content, plan, "Rover", "Kashi", Rules(loss_share=0.03))
    assert found.delivered and found.content == content and found.refused == 0
    assert found.return_pdus > plain.return_pdus
    slow = two_nodes([(0.0, 2_000.0)], mbps=(0.8, 0.128))
    tight = deliver(content, slow, "Rover", "Kashi", Rules(keep_alive_s=0.5, behind_bytes=1_000.0))
    assert tight.fault == "keep alive limit reached"


def test_handlers_that_cannot_be_are_refused():
    assert set(HANDLERS) < set(CONDITIONS)
    for pair in ((CHECKSUM_FAILURE, IGNORE), (NO_ERROR, CANCEL), (CANCELLED, CANCEL), (INACTIVITY, 9)):
        with pytest.raises(OutOfRangeError, match="fault handler"):
            check_handlers(dict([pair]))
        ours = receiver()
        if pair[1] != 9:
            tell(ours, Metadata(300, "a", "b", CRC32, (pair,)))
            assert ours.refused == 1 and ours.metadata is None


def test_timers_stand_still_while_frozen():
    timers = Timers()
    timers.start("one", 0.0, 10.0)
    timers.start("never", 0.0, math.inf)
    timers.freeze(4.0)
    timers.freeze(5.0)
    timers.start("two", 6.0, 3.0)
    assert timers.next_s == math.inf and not timers.expired("one", 99.0)
    timers.thaw(104.0)
    assert timers.next_s == 107.0 and timers.expired("two", 107.0) and not timers.expired("two", 107.0)
    assert timers.next_s == 110.0 and not timers.runs("never")
