"""Files sent from disk to disk: a block of them in memory, and nothing lost whatever goes wrong."""

from __future__ import annotations

import errno
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from plans import two_nodes

from raabta.base.errors import ScenarioError, StoreError
from raabta.engine import atomic
from raabta.packets.file_delivery import Rules, deliver
from raabta.packets.file_pdus import (
    CRC32,
    MODULAR,
    NULL,
    Ack,
    Eof,
    FileData,
    Transaction,
    checksum,
    decode,
    encode,
)
from raabta.packets.file_sender import Sender
from raabta.packets.file_store import BLOCK_BYTES, SourceFile, checksum_of

T = Transaction(1, 2, 1)
PLAN = two_nodes([(10.0, 10.4), (3_600.0, 3_600.4), (7_200.0, 9_000.0)])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "image.bin"
    file.write_bytes(np.random.default_rng(7).bytes(1_000_003))
    return file


def send(source: Path, out: Path, rules: Rules | None = None):
    return deliver(source, PLAN, "Rover", "Kashi", rules or Rules(loss_share=0.03), out=out)


def left(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_a_file_goes_from_disk_to_disk_as_it_goes_in_memory(source, tmp_path):
    out = tmp_path / "came.bin"
    found = send(source, out)
    held = deliver(source.read_bytes(), PLAN, "Rover", "Kashi", Rules(loss_share=0.03))
    assert found.delivered and found.gaps == 2 and out.read_bytes() == source.read_bytes()
    assert found.told() == held.told() and held.content == source.read_bytes() and found.content == b""
    assert left(tmp_path) == {"image.bin", "came.bin"}


def test_memory_is_a_fraction_of_the_file(tmp_path):
    source, out = tmp_path / "image.bin", tmp_path / "came.bin"
    source.write_bytes(np.random.default_rng(7).bytes(24_000_000))
    plan = two_nodes([(0.0, 9.0), (3_600.0, 9_000.0)], mbps=(12.0, 1.0))
    tracemalloc.start()
    try:
        found = deliver(source, plan, "Rover", "Kashi", Rules(8_000, 0.03), out=out)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.delivered and out.read_bytes() == source.read_bytes()
    assert peak < 6_000_000  # some of it is on the way: 12 Mbps for 1.3 s


@pytest.mark.parametrize("kind", [CRC32, MODULAR, NULL])
@pytest.mark.parametrize("size", [0, 1, 5, BLOCK_BYTES, BLOCK_BYTES + 3, 3 * BLOCK_BYTES + 2])
def test_a_checksum_by_blocks_is_that_of_the_whole(kind, size):
    content = np.random.default_rng(size).bytes(size)
    assert checksum_of(lambda a, b: content[a:b], size, kind) == checksum(content, kind)


def test_what_is_not_received_yet_takes_no_room(tmp_path):
    growing = atomic.Growing(tmp_path / "came.bin")
    growing.write(100_000_000, b"end")
    growing.flush()
    state = growing.partial.stat()
    assert state.st_size == 100_000_003 and state.st_blocks * 512 < 1_000_000
    assert growing.read(99_999_999, 100_000_010) == b"\0end"
    growing.discard()
    assert left(tmp_path) == set()


def test_pieces_in_any_order_make_the_file(tmp_path):
    content, growing = np.random.default_rng(3).bytes(900_001), atomic.Growing(tmp_path / "came.bin")
    places = np.random.default_rng(4).permutation(range(0, len(content), 1_000))
    for place in [*places, *places[:100], *sorted(places)[:500]]:
        growing.write(int(place), memoryview(content)[place : place + 1_000])
    assert growing.read(5, 777_777) == content[5:777_777]
    growing.put()
    assert (tmp_path / "came.bin").read_bytes() == content and left(tmp_path) == {"came.bin"}


class Failing(atomic.Files):
    """One kind of call fails, from the n-th time on."""

    def __init__(self, name: str, code: int, after: int = 0) -> None:
        self._name, self._code, self._left = name, code, after

    def __getattribute__(self, name):
        if name.startswith("_") or name != self._name or self._left > 0:
            if not name.startswith("_") and name == self._name:
                self._left -= 1
            return object.__getattribute__(self, name)

        def fails(*_):
            raise OSError(self._code, os.strerror(self._code))

        return fails


@pytest.mark.parametrize(
    ("call", "after", "code", "says"),
    [
        ("write_at", 0, errno.ENOSPC, "the disk is full. Free some space"),
        ("write_at", 3, errno.ENOSPC, "the disk is full. Free some space"),
        ("write_at", 3, errno.EIO, "the system says Input/output error"),
        ("read_at", 1, errno.EIO, "cannot read"),
        ("sync", 0, errno.ENOSPC, "the disk is full"),
        ("link", 0, errno.EROFS, "the folder is read-only for you"),
    ],
)
def test_a_disk_that_fails_ends_it_on_both_sides_and_leaves_nothing(
    source, tmp_path, call, after, code, says
):
    out = tmp_path / "came.bin"
    before = source.read_bytes()
    with atomic.through(Failing(call, code, after)):
        found = send(source, out)
    assert not found.delivered and found.fault.startswith("filestore rejection: ") and says in found.fault
    assert "came.bin" in found.fault and found.closed_s is not None
    assert left(tmp_path) == {"image.bin"} and source.read_bytes() == before
    assert send(source, out).delivered and out.read_bytes() == before


def test_a_disk_without_second_names_does(source, tmp_path):
    out = tmp_path / "came.bin"
    with atomic.through(Failing("link", errno.EPERM)):
        assert send(source, out).delivered
    assert out.read_bytes() == source.read_bytes() and left(tmp_path) == {"image.bin", "came.bin"}


def test_a_target_that_is_there_stays(source, tmp_path):
    out = tmp_path / "came.bin"
    out.write_bytes(b"mine")
    with pytest.raises(StoreError, match=r"came\.bin is there already, and stays as it is"):
        send(source, out)
    assert out.read_bytes() == b"mine" and left(tmp_path) == {"image.bin", "came.bin"}


def test_a_target_that_comes_to_be_there_stays_and_so_does_what_came(source, tmp_path):
    class Meddling(atomic.Files):
        def sync(self, descriptor):
            out.write_bytes(b"mine")

    out = tmp_path / "came.bin"
    with atomic.through(Meddling()):
        found = send(source, out)
    kept = tmp_path / ".came.bin.partial"
    assert not found.delivered and f"what was received is whole, in {kept}" in found.fault
    assert out.read_bytes() == b"mine" and kept.read_bytes() == source.read_bytes()


def test_two_transfers_do_not_write_one_file(source, tmp_path):
    growing = atomic.Growing(tmp_path / "came.bin")
    with pytest.raises(StoreError, match="another process is writing"):
        send(source, tmp_path / "came.bin")
    growing.discard()
    assert send(source, tmp_path / "came.bin").delivered


@pytest.mark.parametrize("how", ["appended", "truncated", "written over"])
def test_a_source_that_changes_is_refused_and_the_receiver_told(source, how):
    with SourceFile(source) as file:
        ours = Sender(file, T, ("a", "b"), most_bytes=1_024, timer_s=10.0, limit=3)
        for _ in range(500):
            ours.next_pdu(0.0)
        state = source.stat()
        if how == "truncated":
            os.truncate(source, 600_000)
        else:
            with source.open("ab" if how == "appended" else "r+b") as other:
                other.write(b"other")
        os.utime(source, ns=(state.st_atime_ns, state.st_mtime_ns + 1))
        sent = [decode(pdu, T) for pdu in iter(lambda: ours.next_pdu(0.0), None)]
        ours.receive(encode(T, Ack(4, 0)), 0.0)
        assert not ours.ended
        ours.receive(encode(T, Ack(4, 4)), 0.0)
    assert ours.ended and "image.bin was changed while it was sent" in ours.fault
    assert isinstance(sent[-1], Eof) and sent[-1].condition == 4
    assert all(isinstance(each, FileData) for each in sent[:-1]) and len(sent) < 300


@pytest.mark.parametrize("what", ["none", "folder", "pipe"])
def test_what_is_no_file_is_not_sent(tmp_path, what):
    place = tmp_path / "thing"
    if what == "folder":
        place.mkdir()
    elif what == "pipe":
        os.mkfifo(place)
    says = {"none": "no such file", "folder": "it is a folder", "pipe": "it is no"}[what]
    with pytest.raises(ScenarioError, match=f"the file cannot be read: {says}"):
        send(place, tmp_path / "came.bin")
    assert not (tmp_path / "came.bin").exists() and not (tmp_path / ".came.bin.partial").exists()


def test_a_folder_that_is_missing_is_named(source, tmp_path):
    with pytest.raises(StoreError, match=r"there is no folder .*nowhere"):
        send(source, tmp_path / "nowhere" / "came.bin")


def test_a_plan_that_ends_first_leaves_nothing_behind(source, tmp_path):
    plan = two_nodes([(0.0, 0.2), (100.0, 100.1)])
    found = deliver(source, plan, "Rover", "Kashi", out=tmp_path / "came.bin")
    assert found.fault == "the contact plan ends first" and left(tmp_path) == {"image.bin"}
