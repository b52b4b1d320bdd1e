"""Processes killed in the middle of a file: what was noted is kept, and the rest alone is sent again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from plans import two_nodes

from raabta.base.errors import StoreError
from raabta.cli.app import main
from raabta.network.mesh.contact_files import csv_lines
from raabta.packets.file_delivery import Rules, deliver
from raabta.packets.file_journal import Journal
from raabta.packets.file_pdus import FileData, Metadata, Transaction, encode
from raabta.packets.file_receiver import Receiver

PLAN = two_nodes([(0.0, 9_000.0)])
KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[5])
from plans import two_nodes
from raabta.packets import file_journal
from raabta.packets.file_delivery import Rules, deliver

file_journal.EVERY_BYTES = 100_000
note, count = file_journal.Journal.note, 0

def dies(journal, state):
    global count
    count += 1
    if count < int(sys.argv[3]):
        return note(journal, state)
    if sys.argv[4] == "after":
        note(journal, state)
    os.kill(os.getpid(), signal.SIGKILL)

file_journal.Journal.note = dies
deliver(Path(sys.argv[1]), two_nodes([(0.0, 9_000.0)]), "Rover", "Kashi", Rules(loss_share=0.05),
        out=Path(sys.argv[2]))
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "image.bin"
    file.write_bytes(np.random.default_rng(7).bytes(600_003))
    return file


def kill(source: Path, out: Path, at: int, when: str) -> None:
    """A process that sends the file and is killed at its n-th note, before or after it is written."""
    asked = [str(source), str(out), str(at), when, str(Path(__file__).parents[2])]
    ended = subprocess.run([sys.executable, "-c", KILLED, *asked], timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL


def left(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


@pytest.mark.parametrize(
    ("at", "when", "kept"), [(2, "before", 0), (4, "after", 280_000), (7, "after", 560_000)]
)
def test_what_was_noted_is_not_sent_again(source, tmp_path, at, when, kept):
    out = tmp_path / "came.bin"
    kill(source, out, at, when)
    assert left(tmp_path) == {"image.bin", ".came.bin.partial", ".came.bin.received"}
    with pytest.raises(StoreError, match=r"another process is writing came\.bin, or was ended"):
        deliver(source, PLAN, "Rover", "Kashi", out=out)
    found = deliver(source, PLAN, "Rover", "Kashi", Rules(loss_share=0.05), out=out, resume=True)
    assert (
        found.delivered
        and out.read_bytes() == source.read_bytes()
        and left(tmp_path) == {"image.bin", "came.bin"}
    )
    assert found.forward_bytes < 1.15 * (600_003 - kept) + 5_000


def test_the_command_goes_on_with_what_a_killed_one_left(source, tmp_path, capsys):
    out, plan = tmp_path / "came.bin", tmp_path / "plan.csv"
    plan.write_text("".join(f"{line}\n" for line in csv_lines(PLAN)))
    kill(source, out, 5, "after")
    asked = ["send-file", str(source), str(plan), "--from", "Rover", "--to", "Kashi"]
    assert main([*asked, "--resume"]) == 2 and "add --out FILE" in capsys.readouterr().err
    assert main([*asked, "--out", str(out), "--resume"]) == 0
    assert out.read_bytes() == source.read_bytes()


def test_another_file_is_refused_and_what_came_is_kept(source, tmp_path):
    out, other = tmp_path / "came.bin", tmp_path / "other.bin"
    kill(source, out, 4, "after")
    before = left(tmp_path)
    other.write_bytes(bytes(500_000))
    with pytest.raises(StoreError, match="is of another file than this one"):
        deliver(other, PLAN, "Rover", "Kashi", out=out, resume=True)
    assert left(tmp_path) == before | {"other.bin"}
    short = deliver(source, two_nodes([(0.0, 0.1)]), "Rover", "Kashi", out=out, resume=True)
    assert short.fault == "the contact plan ends first" and left(tmp_path) >= before
    assert deliver(source, PLAN, "Rover", "Kashi", out=out, resume=True).delivered


def test_nothing_or_nonsense_to_go_on_with_is_said(source, tmp_path):
    out = tmp_path / "came.bin"
    with pytest.raises(StoreError, match="there is nothing to go on with"):
        deliver(source, PLAN, "Rover", "Kashi", out=out, resume=True)
    for text, says in (("{", "is damaged"), (json.dumps({"version": 9}), "of another version")):
        (tmp_path / ".came.bin.received").write_text(text)
        with pytest.raises(StoreError, match=says):
            deliver(source, PLAN, "Rover", "Kashi", out=out, resume=True)


def test_a_file_that_is_being_written_is_not_gone_on_with(tmp_path):
    transaction = Transaction(1, 2, 1)
    journal = Journal(tmp_path / "came.bin")
    ours = Receiver(transaction, most_bytes=128, timer_s=9.0, limit=3, most_file_bytes=300, journal=journal)
    ours.receive(encode(transaction, Metadata(300, "a", "b")), 0.0)
    ours.receive(encode(transaction, FileData(0, b"abc")), 0.0)
    with pytest.raises(StoreError, match="another process is writing"):
        Journal(tmp_path / "came.bin", resume=True)
    ours.cancel()
    assert left(tmp_path) == set()
