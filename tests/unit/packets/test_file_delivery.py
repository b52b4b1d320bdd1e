"""Files over contacts that come and go: whole in the end, nobody helps, and what it costs is counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import two_nodes

from raabta.base.errors import NoSolutionError, OutOfRangeError, ScenarioError
from raabta.packets.file_delivery import Rules, _Simulation, deliver
from raabta.packets.file_link import Clock, FileLink, Windows
from raabta.packets.file_pdus import (
    CRC32,
    MODULAR,
    NO_ERROR,
    Ack,
    Eof,
    FileData,
    Finished,
    Metadata,
    Nak,
    Transaction,
    checksum,
    decode,
    encode,
)
from raabta.packets.file_receiver import Gaps, Receiver
from raabta.packets.file_sender import Sender

T = Transaction(1, 2, 1)
LIMITS = {"most_bytes": 128, "timer_s": 10.0, "limit": 3}


def content_of(size, seed=1):
    return np.random.default_rng(seed).bytes(size)


def through_two_losses(size, mbps=8.0):
    """Windows of which the first two carry 40 % of a file each."""
    lasts = 0.4 * size * 8.0 / (mbps * 1e6)
    return two_nodes([(10.0, 10.0 + lasts), (3_600.0, 3_600.0 + lasts), (7_200.0, 7_300.0 + 3.0 * lasts)])


def check_two_losses(size):
    content = content_of(size)
    found = deliver(content, through_two_losses(size), "Rover", "Kashi", Rules(loss_share=0.03))
    assert found.delivered and found.content == content and found.fault == ""
    assert found.gaps == 2 and found.largest_nak_bytes <= 1_024 and found.refused == 0
    assert found.forward_lost == pytest.approx(0.03 * found.forward_pdus, rel=0.2)
    assert found.resent_bytes == pytest.approx(0.031 * size, rel=0.2) and found.repeated == 0
    assert 7_200.0 < found.whole_s < found.closed_s < 7_400.0
    return found


def test_a_megabyte_comes_through_two_losses_of_signal_and_losses():
    check_two_losses(1_000_000)


def test_a_hundred_megabytes_come_through_two_losses_of_signal_and_losses():
    found = check_two_losses(100_000_000)
    assert found.naks >= 20 and found.rounds <= 5


def test_a_clean_link_sends_every_byte_once():
    content = content_of(100_000)
    found = deliver(content, two_nodes([(5.0, 100.0)]), "Rover", "Kashi")
    data = 1_024 - T.overhead - 4
    assert found.content == content and found.resent_bytes == found.naks == found.repeated == 0
    assert found.forward_pdus == -(-len(content) // data) + 3  # metadata, end, acknowledgement
    assert found.return_pdus == 2  # acknowledgement, finished
    sent_s = 5.0 + 8.0 * (found.forward_bytes - 17) / 8e6
    assert found.whole_s == pytest.approx(sent_s + 1.28, abs=0.01)
    assert found.closed_s == pytest.approx(found.whole_s + 2 * 1.28, abs=0.02)


@pytest.mark.parametrize("size", [0, 1, 999, 1_000, 1_001])
def test_files_of_every_size_come(size):
    content = content_of(size)
    rules = Rules(loss_share=0.3, checksum_type=MODULAR)
    found = deliver(content, two_nodes([(0.0, 5_000.0)]), "Rover", "Kashi", rules)
    assert found.delivered and found.content == content


def test_timers_stand_still_in_gaps_of_days():
    """The last of the data and the end of the file go just before the signal: nobody gives up in ten days."""
    content = content_of(300_000)
    ten_days = [(0.0, 0.31), (864_000.0, 864_000.4), (1_728_000.0, 1_728_600.0)]
    rules = Rules(loss_share=0.1, limit=2)
    found = deliver(content, two_nodes(ten_days), "Rover", "Kashi", rules)
    assert found.delivered and found.content == content and found.whole_s > 1_728_000.0
    assert found.rounds <= 4


def test_a_loss_of_signal_that_no_plan_knows_is_mended():
    content = content_of(2_000_000)
    dark = Rules(loss_share=0.03, dark_s=((0.5, 1.5), (2.0, 400.0)))
    found = deliver(content, two_nodes([(0.0, 4_000.0)]), "Rover", "Kashi", dark)
    assert found.delivered and found.content == content and 400.0 < found.whole_s < 450.0
    assert found.repeated < 60  # some ends of the file, no data twice


def test_directions_at_different_times_do():
    """Up and down never at once: what answers wait for comes in the other's window."""
    forward = [(1_000.0 * i, 1_000.0 * i + 300.0) for i in range(12)]
    back = [(1_000.0 * i + 500.0, 1_000.0 * i + 600.0) for i in range(12)]
    content = content_of(500_000)
    found = deliver(content, two_nodes(forward, back=back), "Rover", "Kashi", Rules(loss_share=0.05))
    assert found.delivered and found.content == content


def test_a_plan_that_ends_first_says_so():
    found = deliver(content_of(500_000), two_nodes([(0.0, 0.2), (100.0, 100.1)]), "Rover", "Kashi")
    assert not found.delivered and found.fault == "the contact plan ends first"
    assert 0 < found.received_bytes < 500_000 and found.whole_s is None and found.closed_s is None


def test_a_link_that_never_answers_is_given_up_with_its_cause():
    dark = Rules(dark_s=((0.4, 1e6),), limit=3)
    found = deliver(content_of(500_000), two_nodes([(0.0, 90_000.0)]), "Rover", "Kashi", dark)
    assert not found.delivered and found.fault == "positive acknowledgement limit reached"


def test_the_same_seed_gives_the_same_transfer_and_another_does_not():
    one, again, other = (
        deliver(
            content_of(200_000), through_two_losses(200_000), "Rover", "Kashi", Rules(loss_share=0.05, seed=s)
        )
        for s in (1, 1, 2)
    )
    assert one == again and one.told() != other.told()


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_whatever_windows_and_losses_the_file_is_whole_or_the_plan_has_ended(data):
    numbers = st.floats(0.01, 30.0)
    spans, now = [], 0.0
    for _ in range(data.draw(st.integers(1, 6))):
        now += data.draw(numbers)
        spans.append((now, now := now + data.draw(numbers)))
    spans.append((now + 50.0, now + 20_000.0))
    content = content_of(data.draw(st.integers(0, 60_000)))
    rules = Rules(
        pdu_bytes=data.draw(st.integers(96, 4_000)),
        loss_share=data.draw(st.floats(0.0, 0.4)),
        seed=data.draw(st.integers(0, 99)),
    )
    found = deliver(content, two_nodes(spans, mbps=(0.2, 0.05)), "Rover", "Kashi", rules)
    assert found.delivered and found.content == content
    assert found.largest_nak_bytes <= rules.pdu_bytes and found.refused == 0


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=30))
def test_gaps_are_what_a_bitmap_says(pieces):
    gaps, there = Gaps(), np.zeros(100, bool)
    for start, length in pieces:
        new = not there[start : start + length].all()
        assert gaps.fill(start, start + length) == new
        there[start : start + length] = True
    missing = np.zeros(100, bool)
    for start, end in gaps.missing(100):
        assert not missing[start:end].any()
        missing[start:end] = True
    np.testing.assert_array_equal(missing, ~there)


def receiver(**changed):
    return Receiver(T, most_file_bytes=1_000, **{**LIMITS, **changed})


def test_repeated_pdus_change_nothing():
    content = content_of(100)
    ours = receiver()
    pdus = [
        encode(T, Metadata(100, "a", "b")),
        *(encode(T, FileData(i, content[i : i + 50])) for i in (0, 50)),
        encode(T, Eof(NO_ERROR, checksum(content, CRC32), 100)),
    ]
    for pdu in (*pdus, *pdus, pdus[1], pdus[1]):
        ours.receive(pdu, 0.0)
    assert ours.complete and ours.content == content and ours.repeated == 6 and ours.refused == 0


@pytest.mark.parametrize(
    "body",
    [
        FileData(990, bytes(20)),
        FileData(2**32 - 5, b"abc"),
        Metadata(1_001, "a", "b"),
        Metadata(99, "a", "b"),
        Eof(NO_ERROR, 0, 99),
        Eof(NO_ERROR, 0, 2**32 - 1),
        Ack(5, 0),
        Ack(4, 0),
        Finished(0, True),
        Nak(0, 10, ((0, 10),)),
    ],
)
def test_a_receiver_refuses_what_contradicts_and_goes_on(body):
    content = content_of(150)
    ours = receiver()
    ours.receive(encode(T, FileData(0, content[:100])), 0.0)
    ours.receive(encode(T, body), 0.0)
    assert ours.refused == 1 and ours.next_pdu(0.0) is None
    ours.receive(encode(T, Metadata(150, "a", "b")), 0.0)
    ours.receive(encode(T, FileData(100, content[100:])), 0.0)
    ours.receive(encode(T, Eof(NO_ERROR, checksum(content, CRC32), 150)), 0.0)
    assert ours.complete and ours.content == content


def test_a_wrong_checksum_is_a_fault_and_told():
    ours = receiver()
    ours.receive(encode(T, Metadata(3, "a", "b")), 0.0)
    ours.receive(encode(T, FileData(0, b"abc")), 0.0)
    ours.receive(encode(T, Eof(NO_ERROR, 1, 3)), 0.0)
    told = [decode(pdu, T) for pdu in iter(lambda: ours.next_pdu(0.0), None)]
    assert told == [Ack(4, 0), Finished(5, False)] and not ours.complete
    assert ours.fault == "file checksum failure"


def sender(content=b"x" * 300):
    ours = Sender(content, T, ("a", "b"), **LIMITS)
    sent = [decode(pdu, T) for pdu in iter(lambda: ours.next_pdu(0.0), None)]
    return ours, sent


@pytest.mark.parametrize(
    "body",
    [
        Nak(0, 301, ((0, 10),)),
        Nak(0, 2**32 - 1, ((5, 2**32 - 1),)),
        Ack(5, 0),
        Metadata(3, "a", "b"),
        Eof(0, 0, 1),
    ],
)
def test_a_sender_refuses_what_no_receiver_says(body):
    ours, sent = sender()
    assert isinstance(sent[-1], Eof)
    ours.receive(encode(T, body), 0.0)
    ours.receive(b"nonsense", 0.0)
    assert ours.refused == 2 and ours.next_pdu(0.0) is None and not ours.ended


def test_requests_that_are_repeated_are_answered_once():
    ours, _ = sender()
    for _ in range(50):
        ours.receive(encode(T, Nak(0, 300, ((10, 200), (0, 0)))), 0.0)
    again = [decode(pdu, T) for pdu in iter(lambda: ours.next_pdu(0.0), None)]
    assert sum(len(each.data) for each in again if isinstance(each, FileData)) == 190
    assert sum(isinstance(each, Metadata) for each in again) == 1


def test_a_finished_is_acknowledged_every_time_it_comes():
    ours, _ = sender()
    for _ in range(3):
        ours.receive(encode(T, Finished(0, True)), 0.0)
        assert decode(ours.next_pdu(0.0), T) == Ack(5, 0) and ours.ended
    assert ours.next_pdu(0.0) is None


def test_clocks_run_while_an_answer_can_come():
    plan = two_nodes([(0.0, 10.0), (20.0, 30.0)], back=[(5.0, 25.0)], light_s=(1.0, 1.0))
    clock = Clock.of(Windows.of(plan, "Rover", "Kashi"), Windows.of(plan, "Kashi", "Rover"))
    assert [clock.shows_s(t) for t in (0.0, 4.0, 7.0, 10.0, 15.0, 20.0, 24.0, 99.0)] == [
        0,
        0,
        3,
        6,
        6,
        6,
        10,
        10,
    ]
    assert [clock.when_s(c) for c in (0.0, 3.0, 7.0, 11.0)] == [4.0, 7.0, 21.0, None]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"target": "kashy"}, "did you mean 'Kashi'"),
        ({"target": "Rover"}, "would send a file to itself"),
        ({"rules": Rules(pdu_bytes=20)}, "the size of a PDU is 20"),
        ({"rules": Rules(pdu_bytes=100_000)}, "the size of a PDU is 100000"),
        ({"rules": Rules(loss_share=1.0)}, "loss_share is 1.0"),
        ({"rules": Rules(dark_s=((5.0, 1.0),))}, "a loss of signal is 5 to 1 s"),
        ({"rules": Rules(limit=0)}, "limit is 0"),
        ({"plan": two_nodes([(0.0, 1.0)], back=[])}, "no contact from Kashi to Rover"),
    ],
)
def test_what_makes_no_sense_is_refused(changed, said):
    asked = {"plan": two_nodes([(0.0, 1.0)]), "target": "Kashi", "rules": Rules(), **changed}
    with pytest.raises((ScenarioError, OutOfRangeError, NoSolutionError), match=said):
        deliver(b"abc", asked["plan"], "Rover", asked["target"], asked["rules"])


@pytest.mark.parametrize("sides", ["ours to theirs", "theirs to ours"])
@pytest.mark.parametrize("loss", [0.0, 0.03])
def test_cfdp_py_understands_us_and_we_it(sides, loss, tmp_path, monkeypatch):
    pytest.importorskip("cfdppy", reason="cfdp-py is not installed")
    from cfdp_peer import Clock as TheirClock
    from cfdp_peer import PeerReceiver, PeerSender

    content, rules = content_of(400_000), Rules(loss_share=loss)
    clock, transaction = TheirClock(monkeypatch), Transaction(1, 2, 0)
    links = tuple(
        FileLink(
            Windows.of(two_nodes([(10.0, 10.2), (3_600.0, 3_600.2), (7_200.0, 9_000.0)]), *ends), loss, seed
        )
        for seed, ends in enumerate((("Rover", "Kashi"), ("Kashi", "Rover")))
    )
    limits = {"most_bytes": 1_024, "timer_s": 14.0, "limit": 10}
    if sides == "ours to theirs":
        one = Sender(content, transaction, ("s", str(tmp_path / "received.bin")), **limits)
        other = PeerReceiver(clock, tmp_path, rules, 14.0)
    else:
        one = PeerSender(clock, tmp_path, content, rules, 14.0)
        other = Receiver(transaction, most_file_bytes=len(content), **limits)
    found = _Simulation(one, other, links).run(len(content))
    assert found.delivered and found.content == content and found.refused == 0
    assert found.closed_s is not None and (found.naks > 0) == (loss > 0.0)
    assert found.largest_nak_bytes <= 1_024
