"""A trace file is read to the bits it was written with; a wrong one is refused with file, line and caret."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from raabta.base.errors import LimitError, OutOfRangeError, RaabtaError, ScenarioError
from raabta.packets import trace as room
from raabta.packets.trace import COLUMNS, Trace, make_trace, read_trace, write_trace

HEADER = ",".join(COLUMNS)
GOOD = "0,15,50,10,0.01,1"


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "trace.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_what_is_written_is_read_to_the_same_bits(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    time_s = np.append(0.0, np.cumsum(rng.random(99) + 1e-9))
    made = make_trace(
        time_s, rng.random(100) * 300, rng.random(100), 1 / 3, rng.random(100), time_s % 2 > 0.3
    )
    write_trace(made, tmp_path / "t.csv")
    found = read_trace(tmp_path / "t.csv")
    for name in COLUMNS:
        assert getattr(found, name).tobytes() == getattr(made, name).tobytes(), name
        assert getattr(found, name).dtype == getattr(made, name).dtype


def test_a_file_as_a_person_writes_it(tmp_path: Path) -> None:
    path = written(tmp_path, "0, 15, 50, 10, 0, yes", "", "1.5,20,0,1e1,1,FALSE", header=HEADER.upper())
    found = read_trace(path)
    assert found.time_s.tolist() == [0.0, 1.5] and found.up.tolist() == [True, False]
    assert found.rate_mbps(True).tolist() == [50.0, 0.0] and found.rate_mbps(False).tolist() == [10.0, 0.0]
    assert found.steps(4.0).tolist() == [1.5, 2.5] and found.steps(1.0).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "no rows"),
        (["1,15,50,10,0,1"], "the first time is not 0"),
        ([GOOD, GOOD], "does not follow 0"),
        ([GOOD, "2,1,1,1,0,1", "1,1,1,1,0,1"], "does not follow 2"),
        (["0,nan,50,10,0,1"], "delay_ms is nan; allowed: 0 to"),
        (["0,15,inf,10,0,1"], "forward_mbps is inf; allowed"),
        (["0,15,50,-1,0,1"], "return_mbps is -1; allowed"),
        (["0,-15,50,1,0,1"], "delay_ms is -15; allowed"),
        (["0,15,50,10,1.5,1"], "loss_share is 1.5; allowed: 0 to 1"),
        (["0,15,50,10,0,maybe"], "up is 'maybe'"),
        (["0,15,fast,10,0,1"], "forward_mbps is 'fast', not a number"),
        (["0,15,50,10,0"], "5 fields where the header has 6"),
        (["0,15,50,10,0,1,1"], "7 fields where the header has 6"),
        (['0,"15,50,10,0,1'], "trace.csv"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(ScenarioError, match=r"trace\.csv") as refused:
        read_trace(written(tmp_path, *lines))
    assert said in str(refused.value)


def test_the_caret_stands_under_the_field(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_trace(written(tmp_path, GOOD, "1,15,50,ten,0,1"))
    lines = str(refused.value).splitlines()
    assert lines[0].endswith("trace.csv:3:9: return_mbps is 'ten', not a number")
    assert lines[2].index("^") == lines[1].index("ten")


@pytest.mark.parametrize("text", ["", "\n\n", "time_s,delay_ms\n0,1\n", HEADER + ",more\n" + GOOD + ",1\n"])
def test_another_header_is_refused_with_ours(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(RaabtaError) as refused:
        read_trace(tmp_path / "t.csv")
    assert HEADER in str(refused.value) or "no rows" in str(refused.value)


def test_files_that_are_no_text_or_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00\x01" * 9)
    with pytest.raises(ScenarioError, match="cannot be read"):
        read_trace(tmp_path / "t.csv")
    with pytest.raises(ScenarioError, match="cannot be read"):
        read_trace(tmp_path / "none.csv")
    path = written(tmp_path, *(f"{k},1,1,1,0,1" for k in range(5)))
    monkeypatch.setattr(room, "MOST_ROWS", 4)
    with pytest.raises(ScenarioError, match="more than 4 rows"):
        read_trace(path)
    monkeypatch.setattr(room, "MOST_BYTES", 10)
    with pytest.raises(LimitError, match="trace"):
        read_trace(path)


def test_arrays_that_are_no_trace() -> None:
    with pytest.raises(OutOfRangeError, match="delay_ms of time 1 of the trace is nan"):
        make_trace([0, 1], [1, np.nan], 1, 1)
    with pytest.raises(OutOfRangeError, match="forward_mbps"):
        make_trace(0, 1, -1e-9, 1)
    with pytest.raises(ScenarioError, match="is empty"):
        make_trace([], [], [], [], [], [])
    with pytest.raises(ScenarioError, match="differ in shape"):
        make_trace([0, 1], [1, 1, 1], 1, 1)
    with pytest.raises(ScenarioError, match=r"time 2 .* does not follow 1 s"):
        make_trace([0, 1, 1], 1, 1, 1)
    with pytest.raises(ScenarioError, match="begins at 2 s"):
        make_trace([2], 1, 1, 1)
    one = np.zeros(1)
    with pytest.raises(ScenarioError, match="differ in shape"):
        Trace(one[0], one, one, one, one, one.astype(bool))
