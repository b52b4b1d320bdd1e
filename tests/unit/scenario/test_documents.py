"""The YAML we accept, and what we refuse, each with its place."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from raabta.base.errors import ScenarioError
from raabta.scenario.documents import MAX_BYTES, parse, read_file


def test_values_follow_the_core_schema() -> None:
    text = (
        "no: NO\nyes: yes\nclock: 12:30:00\nsci: 1e3\nint: 0012\nminus: -4\nfloat: .5\n"
        "true: true\nnull: null\nempty:\nday: 2026-11-22\nquoted: '12'\nhex: 0x10\nunder: 1_000\n"
    )
    data = parse(text, "x").data
    assert data == {
        "no": "NO",
        "yes": "yes",
        "clock": "12:30:00",
        "sci": 1000.0,
        "int": 12,
        "minus": -4,
        "float": 0.5,
        "true": True,
        "null": None,
        "empty": None,
        "day": "2026-11-22",
        "quoted": "12",
        "hex": "0x10",
        "under": "1_000",
    }
    assert isinstance(data["sci"], float)


def test_every_key_and_item_has_its_place() -> None:
    document = parse("a:\n  b: [1, {c: 2}]\n", "x")
    assert document.place(("a", "b"))[:2] == (2, 3)
    assert document.place(("a", "b", 0))[2:] == (2, 7)
    assert document.place(("a", "b", 1, "c")) == (2, 11, 2, 14)
    assert document.place(("a", "b", 1, "absent")) == document.place(("a", "b", 1))


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: &x 1\nb: 2", 1, 4, "anchors and aliases"),
        ("a: 1\nb: *x", 2, 4, "anchors and aliases"),
        ("a: !!python/object:os.system 1", 1, 4, "tags"),
        ("a: 1\nb: !x {}", 2, 4, "tags"),
        ("a: 1\nb: 2\na: 3", 3, 1, "'a' stands twice; first in line 1"),
        ("x: {a: 1, a: 2}", 1, 11, "stands twice"),
        ("a: .nan", 1, 4, "not a number"),
        ("a: [1, -.inf]", 1, 8, "not a number"),
        ("a: 1e999", 1, 4, "too large"),
        ("<<: {a: 1}", 1, 1, "merge keys"),
        ("? [1, 2]\n: 3", 1, 3, "plain word"),
        ("a: 1\n---\nb: 2", 2, 1, "second YAML document"),
        ("", 1, 1, "empty"),
        ("# only a comment\n", 1, 1, "empty"),
        ("a: [1, 2", 1, 9, "not readable as YAML"),
        ("a: b: c", 1, 5, "not readable as YAML"),
        ("a:\n\tb: 1", 2, 1, "not readable as YAML"),
        ("a: " + "[" * 40, 1, 23, "nested deeper"),
        ("\n".join(" " * i + "a:" for i in range(40)), 21, 21, "nested deeper"),
    ],
)
def test_refuses_with_the_place(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(text, "bad.yaml")
    error = caught.value
    assert message in error.message
    assert (error.file, error.line, error.column) == ("bad.yaml", line, column)


def test_caret_stands_under_the_column() -> None:
    with pytest.raises(ScenarioError) as caught:
        parse("name: x\nvalue: &anchor 3\n", "bad.yaml")
    first, source, caret, hint = str(caught.value).splitlines()
    assert first == "bad.yaml:2:8: YAML anchors and aliases are refused"
    assert source == "    value: &anchor 3"
    assert source.index("&") == caret.index("^")
    assert hint.startswith("hint: ")


def test_alias_bomb_is_refused_at_once() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    started = time.process_time()
    with pytest.raises(ScenarioError, match="anchors"):
        parse("l0: &l0 lol\n" + levels, "bomb.yaml")
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    "text",
    ["a: [" + "1," * 400_000 + "]", "".join(f"k{n}: 1\n" for n in range(60_000))],
    ids=["wide", "keys"],
)
def test_too_many_entries_are_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="more than 20,000 entries"):
        parse(text, "wide.yaml")


def test_huge_number_stays_text_and_costs_nothing() -> None:
    assert parse("a: " + "9" * 5_000, "x").data["a"] == "9" * 5_000


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"\x80\x81\x82", "byte 1 is not UTF-8"),
        (b"a: 1\nb: \xff", "byte 9 is not UTF-8"),
        ("a: ä".encode("utf-16"), "not UTF-8"),
        (b"a: \x00", "not readable as YAML"),
        (b"\x7fELF\x02\x01\x01\x00", "not readable as YAML"),
        (b"a: " + b"x" * MAX_BYTES, "larger than 1,000,000 bytes"),
    ],
)
def test_binary_and_oversized_files_are_refused(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(raw)
    with pytest.raises(ScenarioError, match=re.escape(message)) as caught:
        read_file(path)
    assert caught.value.file == str(path)


def test_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "dos.yaml"
    path.write_bytes("﻿a: 1\r\nb: ü\r\n".encode())
    document = read_file(path)
    assert document.data == {"a": 1, "b": "ü"}
    assert document.place(("b",))[:2] == (2, 1)


def test_a_folder_or_device_is_not_a_file(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path, "it is a folder"),
        (Path("/dev/zero"), "it is no file"),
        (tmp_path / "no", "no such"),
    ):
        with pytest.raises(ScenarioError, match=message):
            read_file(path)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: [1, 2\n", (1, 4), "flow sequence from line 1: expected ',' or ']'"),
        ("a: [1, 2\nb: 3\n", (1, 4), "flow sequence from line 1"),
        ("a: {x: [1,\n  2}\n\n", (2, 4), "flow sequence from line 1"),
        ("a: 'x\nb: 2\n\n", (1, 4), "quoted scalar from line 1"),
        ("name mine\ntime: 3\n", (1, 10), "here the colon is missing"),
        ("a: 1\nname mine\n\n\n", (2, 1), "here the colon is missing"),
        ("time  # of the run\n  start: 3\n", (1, 5), "here the colon is missing"),
        ("a: 1\n  b: 2\n", (2, 4), "mapping values are not allowed here"),
        ("a:\n - b\n- c\n", (3, 1), "block mapping from line 1"),
    ],
)
def test_a_syntax_fault_is_shown_at_the_line_at_fault(
    text: str, place: tuple[int, int], message: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(text, "bad.yaml")
    error = caught.value
    assert message in error.message
    assert (error.line, error.column) == place
    assert error.source_line == text.splitlines()[place[0] - 1]
    assert str(error).splitlines()[2] == "    " + " " * (place[1] - 1) + "^"


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_is_told_how_to_start(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(text, "bad.yaml")
    shown = "bad.yaml:1:1: the file is empty; `raabta init FILE` writes a starting point"
    assert str(caught.value) == shown
