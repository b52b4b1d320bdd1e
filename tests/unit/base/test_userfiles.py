"""A user's files as text and rows: what they say is read, what is wrong is shown where it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from raabta.base.errors import LimitError, ScenarioError
from raabta.base.userfiles import csv_rows, fault_at, read_features, read_table, read_text, why_not


def test_rows_know_their_lines_and_blank_ones_are_skipped(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('\ufeffLat , Name\n\n1,x\n , \n2," y\nz "\n', encoding="utf-8")
    header, rows = read_table(path, "the file")
    assert header == ["lat", "name"]
    assert rows == [(3, {"lat": "1", "name": "x"}), (6, {"lat": "2", "name": "y\nz"})]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "a.csv: the file has no rows"),
        ("a,b,A\n1,2,3\n", "a.csv:1: the column a stands twice"),
        ("a,b\n1\n", "a.csv:2: 1 fields where the header has 2"),
        ('a,b\n1,"2\n', "a.csv:2: the file: unexpected end of data"),
    ],
)
def test_a_bad_table_is_refused_with_its_line(tmp_path, text, message):
    path = tmp_path / "a.csv"
    with pytest.raises(ScenarioError, match=message):
        list(csv_rows(text, path, "the file"))


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "big.csv"
    path.write_bytes(b"x" * 2_000_001)
    with pytest.raises(LimitError, match=r"big.csv: 2,000,001 bytes; the file may have 2 MB"):
        read_text(path, "the file", 2_000_000)


def test_features_that_are_none_are_refused(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text('{"features": [1]}')
    with pytest.raises(ScenarioError, match="not a GeoJSON FeatureCollection with features"):
        read_features(path, "the file")


def test_a_fault_shows_its_field_without_control_codes(tmp_path):
    error = fault_at("bad", "a,b,c\n1,\x1b[2J,3\n", tmp_path, 2, 2)
    assert (error.line, error.column) == (2, 8)
    assert str(error).splitlines()[1:] == ["    1, [2J,3", "           ^"]
    far = fault_at("bad", "x" * 500 + ",y\n", tmp_path, 1, 1)
    assert (far.column, far.source_line) == (502, None)


def test_a_missing_file_is_told_with_the_name_it_was_meant_for(tmp_path: Path) -> None:
    (tmp_path / "Plan-moon.csv").touch()
    (tmp_path / "folder").mkdir()
    for name, fault, hint in (
        ("plan-mon.csv", "no such file", f"did you mean '{tmp_path / 'Plan-moon.csv'}'?"),
        ("other.tle", "no such file", None),
        ("gone/plan.csv", "no such file", f"there is no folder '{tmp_path / 'gone'}'"),
        ("folder", "it is a folder", None),
        ("n" * 5_000, "no such file", None),
        ("zero\0byte", "no such file", None),
    ):
        assert why_not(tmp_path / name) == (fault, hint)
        with pytest.raises(ScenarioError, match=re.escape(f"the plan cannot be read: {fault}")) as told:
            read_text(tmp_path / name, "the plan")
        assert told.value.hint == hint
    assert why_not(tmp_path / "Plan-moon.csv", PermissionError(13, "Permission denied")) == (
        "permission denied", None,
    )  # fmt: skip


def test_bytes_that_are_no_text_are_told_so(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(ScenarioError, match="hint: use UTF-8 text"):
        read_text(tmp_path / "plan.csv", "the plan")
