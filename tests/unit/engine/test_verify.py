"""verify finds every byte that is not what the run wrote; run_hash depends on results alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from raabta.base.errors import StoreError
from raabta.engine import chunks
from raabta.engine.ledger import Identity, Ledger
from raabta.engine.runner import run_chunks
from raabta.engine.verify import record_output, run_hash, verify, write_output

KEYS = ["a", "b", "c"]


def compute(key: str) -> dict[str, Any]:
    return {"x": np.full(40, ord(key))}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    run_chunks(tmp_path, Identity("hash", "0.1.0", 1), KEYS, compute, workers=1)
    write_output(tmp_path, "summary.json", b"{}")
    (tmp_path / "report.html").write_text("<p>")
    record_output(tmp_path, "report.html")
    return tmp_path


def chunk(run: Path, key: str) -> Path:
    return next((run / "chunks").glob(f"{key}-*.chunk"))


def test_a_sound_run_has_no_problem(run: Path) -> None:
    assert verify(run) == []


def test_every_changed_byte_of_a_chunk_is_found(run: Path) -> None:
    path = chunk(run, "b")
    data = path.read_bytes()
    for place in range(0, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert [str(problem) for problem in verify(run)] == [
            f"chunks/{path.name}: its content is not what the run wrote. "
            "Run the scenario again into this folder: it is computed anew"
        ]


def test_a_corrupt_chunk_is_not_read(run: Path) -> None:
    path = chunk(run, "b")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with Ledger.read(run) as ledger:
        row = next(row for row in ledger.rows() if row.key == "b")
    with pytest.raises(StoreError, match="is not what the run wrote"):
        chunks.load(run, row)
    path.unlink()
    with pytest.raises(StoreError, match=r"cannot read .*: it is not there"):
        chunks.load(run, row)


def test_missing_cut_and_changed_files_are_each_named(run: Path) -> None:
    chunk(run, "a").unlink()
    cut = chunk(run, "c")
    size = cut.stat().st_size
    cut.write_bytes(cut.read_bytes()[:-4])
    (run / "summary.json").write_bytes(b"[]")
    (run / "report.html").unlink()
    found = {problem.file.split("-")[0]: problem.what for problem in verify(run)}
    assert found == {
        "chunks/a": "it is not there",
        "chunks/c": f"{size - 4} bytes, recorded {size}",
        "summary.json": "its content is not what the run wrote",
        "report.html": "it is not there",
    }


def test_an_unfinished_run_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    def stop(key: str) -> dict[str, Any]:
        if key == "b":
            raise KeyboardInterrupt
        return compute(key)

    with pytest.raises(KeyboardInterrupt):
        run_chunks(tmp_path, Identity("hash", "0.1.0", 1), KEYS, stop, workers=1)
    assert [str(problem) for problem in verify(tmp_path)] == [
        "chunks: unfinished: 2 of 3 chunks are not computed (first: b). "
        "Run the scenario again into this folder: it resumes"
    ]


def test_the_run_hash_depends_on_results_not_on_times_order_or_outputs(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    run_chunks(other, Identity("other", "9", 2), KEYS[::-1], compute, workers=1)
    assert run_hash(other) == run_hash(run)
    changed = tmp_path / "changed"
    run_chunks(changed, Identity("hash", "0.1.0", 1), [*KEYS[:2], "d"], compute, workers=1)
    assert run_hash(changed) != run_hash(run)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "chunks/x", "", "a/../../x"])
def test_outputs_stay_in_the_run_folder(run: Path, name: str) -> None:
    for call in (lambda: write_output(run, name, b""), lambda: record_output(run, name)):
        with pytest.raises(StoreError, match="is not allowed: a path within the run folder"):
            call()


def test_outputs_may_stand_in_subfolders_and_be_written_again(run: Path) -> None:
    write_output(run, "maps/a.svg", b"1")
    write_output(run, "maps/a.svg", b"22")
    assert verify(run) == [] and (run / "maps" / "a.svg").read_bytes() == b"22"
    with pytest.raises(StoreError, match=r"cannot read .*absent\.csv: it is not there"):
        record_output(run, "absent.csv")
