"""Maps of light that were broken off: kill -9, a damaged band, a full disk, a folder in use or of other maps.

Run again, the command ends with the bytes of one that nothing broke off, and leaves no bands behind.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
from pathlib import Path

import commands
import pytest
import reliefs
from commands import LIMIT_S
from test_disk import FailingFiles

from raabta.cli.app import main
from raabta.engine import atomic
from raabta.engine.ledger import Identity, Ledger
from raabta.terrain.light_maps import FOLDER

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")  # inside rasterio
BANDS = 3
"""Tiles of 64 rows that 131 rows of 40 m lie in."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raster of rough ground."""
    return reliefs.geotiff(tmp_path_factory.mktemp("ground"), reliefs.rough(reliefs.polar(half=90)))


def words(ground: Path, out: Path, *more: str) -> list[str]:
    """The call: 131 x 131 samples over two days."""
    span = ["--start", "2028-01-01", "--duration", "2d", "--every", "12h", "--azimuths", "8"]
    return ["light", str(ground), "--at=-85.83,28.61", "--side", "5.2", *span, "--out", str(out), *more]


def made(folder: Path) -> dict[str, bytes]:
    """Every file of finished maps; nothing else may be there."""
    assert all(path.is_file() for path in folder.iterdir())
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def bands(out: Path) -> list[Path]:
    """Files of finished bands."""
    with Ledger.read(out / FOLDER) as ledger:
        return [out / FOLDER / "chunks" / row.file for row in ledger.rows()]


def begun(out: Path) -> int:
    """Bands that are finished, or nearly: written, maybe not noted yet."""
    return len(list(out.glob(f"{FOLDER}/chunks/*.chunk")))


@pytest.fixture(scope="module")
def whole(ground: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The maps that nothing broke off."""
    out = tmp_path_factory.mktemp("whole") / "maps"
    assert main(words(ground, out)) == 0
    return made(out)


def start_until(count: int, ground: Path, out: Path) -> subprocess.Popen[str]:
    """The command in a process of its own, once so many bands are finished."""
    process = commands.start(*words(ground, out))
    until = time.monotonic() + LIMIT_S
    while process.poll() is None and begun(out) < count and time.monotonic() < until:
        time.sleep(0.002)
    return process


def test_killed_twice_and_damaged_it_ends_with_the_same_bytes(
    ground: Path, whole: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Finished bands are not computed again, but for the one that was damaged."""
    out = tmp_path / "maps"
    for count in (1, 2):
        with start_until(count, ground, out) as process:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=LIMIT_S)
        assert process.returncode == -signal.SIGKILL
        assert count <= begun(out) < BANDS and not (out / "light.npz").exists()
    held = bands(out)
    assert held
    data = held[0].read_bytes()
    held[0].write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    files = FailingFiles(10**6, errno.ENOSPC, lasting=True)
    with atomic.through(files):
        assert main(words(ground, out)) == 0
    assert made(out) == whole
    computed = BANDS - len(held) + 1
    assert files.calls.count("rename") == computed + len(whole)
    assert f"mapping light: {BANDS} of {BANDS}" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(ground: Path, tmp_path: Path) -> None:
    out = tmp_path / "maps"
    with start_until(1, ground, out) as process:
        os.killpg(process.pid, signal.SIGINT)
        printed, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130, said
    assert printed == "" and "run the same command again" in said and "Traceback" not in said
    assert 1 <= begun(out) < BANDS


def test_a_full_disk_is_one_clear_line_and_what_is_finished_is_kept(
    ground: Path, whole: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Full from the n-th call of the writer on: while folders are made, in the third band, and, once it is
    finished, in the second map. Bands that are kept are for one question alone."""
    out = tmp_path / "maps"
    for call, kept in ((2, 0), (16, 2), (16, BANDS)):
        with atomic.through(FailingFiles(call, errno.ENOSPC, lasting=True)):
            assert main(words(ground, out)) == 2
        captured = capsys.readouterr()
        said = captured.err.strip().splitlines()[-1]
        assert said.startswith("raabta: cannot ") and "the disk is full. Free some space" in said
        assert str(out) in said and captured.out == "" and "Traceback" not in captured.err
        assert begun(out) == kept
        for more in (("--azimuths", "9"), ("--mast", "3"), ("--start", "2028-01-02")) if kept else ():
            assert main(words(ground, out, *more)) == 2
            assert "holds another run: scenario hash is" in capsys.readouterr().err
            assert begun(out) == kept
    assert main(words(ground, out)) == 0
    assert made(out) == whole


def test_a_folder_in_use_or_of_other_maps_is_refused(
    ground: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "maps"
    with Ledger.create_or_resume(out / FOLDER, Identity("0" * 64, "0", 0)):
        assert main(words(ground, out)) == 2
    assert f"{out / FOLDER} is in use by process {os.getpid()}" in capsys.readouterr().err
    assert main(words(ground, out)) == 2
    said = capsys.readouterr().err
    assert f"{out / FOLDER} holds another run: " in said and "remove this one" in said
    assert begun(out) == 0 and not (out / "light.npz").exists()
