"""A full disk and a read-only folder, met by the command: one clear line, and it goes on afterwards."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import subprocess
import sys

import pytest
from commands import COMMAND
from test_disk import FailingFiles

from raabta.cli.app import main
from raabta.engine import atomic
from raabta.engine.verify import run_hash, verify


def arguments(box, folder):
    return [
        "run",
        "pakistan",
        "--area",
        str(box),
        "--duration",
        "1m",
        "--workers",
        "1",
        "--json",
        "--out",
        str(folder),
    ]


@pytest.fixture(scope="module")
def whole(box, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert main(arguments(box, folder)) == 0
    return folder


@pytest.mark.parametrize("call", [2, 5, 9, 15, 21])
def test_a_full_disk_is_one_clear_line_and_the_run_goes_on(box, whole, tmp_path, capsys, call):
    """From the n-th call of the writer on: while folders are made, in the chunk, in the results."""
    files = FailingFiles(call, errno.ENOSPC, lasting=True)
    with atomic.through(files):
        assert main(arguments(box, tmp_path / "run")) == 2
    assert len(files.calls) >= call
    captured = capsys.readouterr()
    said = captured.err.strip().splitlines()[-1]
    assert said.startswith("raabta: cannot ") and "the disk is full. Free some space" in said
    assert str(tmp_path) in said and captured.out == "" and "Traceback" not in captured.err
    assert main(arguments(box, tmp_path / "run")) == 0
    assert run_hash(tmp_path / "run") == run_hash(whole) and verify(tmp_path / "run") == []
    assert (tmp_path / "run" / "results.npz").read_bytes() == (whole / "results.npz").read_bytes()


def as_a_plain_user():
    """Give up what lets root write where the rights of a file say no: CAP_DAC_OVERRIDE and its like."""
    if os.getuid() == 0:
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def command(*words):
    done = subprocess.run(
        [*COMMAND, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=as_a_plain_user,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def read_only(whole):
    """The run, and its folder of chunks, with rights to read alone."""
    folders = [whole / "chunks", whole]
    for folder in folders:
        folder.chmod(0o555)
    probe = [sys.executable, "-c", f"open({str(whole / 'probe')!r}, 'w')"]
    refused = subprocess.run(probe, capture_output=True, preexec_fn=as_a_plain_user).returncode != 0
    yield whole if refused else None
    for folder in folders[::-1]:
        folder.chmod(0o755)
    (whole / "probe").unlink(missing_ok=True)


def test_a_read_only_run_is_read_and_not_written(box, read_only):
    if read_only is None:
        pytest.skip("this system lets the tests write where the rights say no")
    assert command("verify", read_only)[0] == 0
    code, said, _ = command("report", read_only, "--json")
    assert code == 0 and json.loads(said)["totals"]["steps"] == 4
    chunk = next((read_only / "chunks").iterdir())
    kept = chunk.read_bytes()
    chunk.write_bytes(b"x" + kept[1:])
    try:
        code, _, said = command("verify", "--repair", read_only)
    finally:
        chunk.write_bytes(kept)
    assert code == 2 and "raabta: " in said and "Traceback" not in said
    assert "Choose a folder you may write to" in said or "change its rights" in said


def test_a_run_into_a_read_only_folder_is_refused_before_it_starts(box, read_only):
    if read_only is None:
        pytest.skip("this system lets the tests write where the rights say no")
    for out in (read_only, read_only / "new"):
        code, printed, said = command(*arguments(box, out))
        assert (code, printed) == (2, "")
        assert "the folder is read-only for you. Choose a folder you may write to" in said
        assert "placing people" not in said and "Traceback" not in said
