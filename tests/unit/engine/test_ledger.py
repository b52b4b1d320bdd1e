"""The ledger: one run a folder, one writer at a time, refusals that say why."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from raabta.base.errors import StoreError
from raabta.engine.chunks import Row
from raabta.engine.ledger import Identity, Ledger, Output

RUN = Identity(scenario_hash="0123456789abcdef0123456789abcdef", version="0.1.0", seed=2026)
ROW = Row("day-000", "day-000-0123456789ab.chunk", "0123456789ab" + 52 * "0", 10, 0.5)


def test_what_was_committed_is_there_for_the_next(tmp_path: Path) -> None:
    with Ledger.create_or_resume(tmp_path / "run", RUN) as ledger:
        ledger.plan(["day-000", "day-001"])
        ledger.commit(ROW)
        ledger.commit_output(Output("summary.json", "ab", 3))
    with Ledger.create_or_resume(tmp_path / "run", RUN) as ledger:
        ledger.plan(["day-001", "rain-000"])
        assert ledger.rows() == [ROW]
        assert ledger.planned() == ["day-000", "day-001", "rain-000"]
        assert ledger.outputs() == [Output("summary.json", "ab", 3)]
        assert ledger.identity() == RUN


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (replace(RUN, seed=2027), "seed is 2026, asked for 2027"),
        (replace(RUN, version="0.2.0"), "version is 0.1.0, asked for 0.2.0"),
        (replace(RUN, environment="x"), r"environment is \(none\), asked for x"),
        (
            replace(RUN, scenario_hash="f" * 32),
            r"scenario hash is 0123456789ab\.\.\., asked for ffffffffffff\.\.\.",
        ),
    ],
)
def test_another_run_is_refused_and_told_how_it_differs(tmp_path: Path, other: Identity, says: str) -> None:
    Ledger.create_or_resume(tmp_path, RUN).close()
    with pytest.raises(StoreError, match=rf"{tmp_path} holds another run: {says}\. Choose another folder"):
        Ledger.create_or_resume(tmp_path, other)
    Ledger.create_or_resume(tmp_path, RUN).close()


def test_a_folder_is_asked_whose_run_it_holds_and_left_as_it_is(tmp_path: Path) -> None:
    assert Ledger.held(tmp_path / "nowhere") is None
    Ledger.refuse_other(tmp_path / "nowhere", RUN)
    assert not (tmp_path / "nowhere").exists()
    Ledger.create_or_resume(tmp_path, RUN).close()
    assert Ledger.held(tmp_path) == RUN
    Ledger.refuse_other(tmp_path, RUN)
    with pytest.raises(StoreError, match="holds another run: version is"):
        Ledger.refuse_other(tmp_path, replace(RUN, version="0.2.0"))
    with Ledger.create_or_resume(tmp_path, RUN), pytest.raises(StoreError, match="is in use by process"):
        Ledger.held(tmp_path)


@pytest.mark.parametrize("raw", [b"", None], ids=["empty", "no tables"])
def test_a_ledger_cut_off_while_it_was_made_is_nobodys(tmp_path: Path, raw: bytes | None) -> None:
    if raw is None:
        connection = sqlite3.connect(tmp_path / "ledger.sqlite")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
    else:
        (tmp_path / "ledger.sqlite").write_bytes(raw)
    assert Ledger.held(tmp_path) is None
    Ledger.create_or_resume(tmp_path, RUN).close()
    assert Ledger.held(tmp_path) == RUN


def test_a_folder_says_what_kind_of_work_it_holds(tmp_path: Path) -> None:
    other = replace(RUN, kind="coverage")
    Ledger.create_or_resume(tmp_path, other).close()
    assert Ledger.held(tmp_path) == other != RUN
    with pytest.raises(StoreError, match="holds another run: kind is coverage, asked for run"):
        Ledger.create_or_resume(tmp_path, RUN)


SCHEMA_1 = """
CREATE TABLE run (id INTEGER PRIMARY KEY CHECK (id = 1), scenario_hash TEXT NOT NULL,
    version TEXT NOT NULL, seed INTEGER NOT NULL, environment TEXT NOT NULL);
CREATE TABLE planned (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE chunks (key TEXT PRIMARY KEY, file TEXT NOT NULL, sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL, seconds REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE outputs (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO run VALUES (1, '0123456789abcdef0123456789abcdef', '0.1.0', 2026, '');
PRAGMA user_version = 1;
"""


def test_a_ledger_of_the_first_schema_is_of_a_run_and_goes_on(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.executescript(SCHEMA_1)
    connection.close()
    assert Ledger.held(tmp_path) == RUN
    row = Row("a", "a-0.chunk", "0" * 64, 3, 0.5)
    with Ledger.create_or_resume(tmp_path, RUN) as ledger:
        ledger.plan(["a"])
        ledger.commit(row)
    with Ledger.read(tmp_path) as ledger:
        assert (ledger.identity(), ledger.planned(), ledger.rows()) == (RUN, ["a"], [row])
    with pytest.raises(StoreError, match="kind is run, asked for coverage"):
        Ledger.refuse_other(tmp_path, replace(RUN, kind="coverage"))


def test_a_newer_schema_is_refused_by_every_way_in(tmp_path: Path) -> None:
    Ledger.create_or_resume(tmp_path, RUN).close()
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    says = "was written by a newer raabta: its ledger has schema 9, this one knows up to 2"
    ways = (Ledger.read, Ledger.edit, Ledger.held, lambda folder: Ledger.create_or_resume(folder, RUN))
    for way in ways:
        with pytest.raises(StoreError, match=says):
            way(tmp_path)


def test_a_foreign_database_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(StoreError, match="is not a ledger of raabta"):
        Ledger.create_or_resume(tmp_path, RUN)
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database, but long enough to look at" * 40)
    with pytest.raises(StoreError, match=r"file is not a database\. The ledger is damaged"):
        Ledger.create_or_resume(tmp_path, RUN)


def test_a_folder_without_a_ledger_is_no_run(tmp_path: Path) -> None:
    for way in (Ledger.read, Ledger.edit):
        with pytest.raises(StoreError, match=r"is not a run folder: it has no ledger\.sqlite"):
            way(tmp_path)


def test_a_second_writer_is_refused_while_readers_are_not(tmp_path: Path) -> None:
    with Ledger.create_or_resume(tmp_path, RUN) as ledger:
        ledger.commit(ROW)
        for way in (Ledger.edit, lambda folder: Ledger.create_or_resume(folder, RUN)):
            with pytest.raises(StoreError, match=r"is in use by process \d+\. Wait until it ends"):
                way(tmp_path)
        with Ledger.read(tmp_path) as reader:
            assert reader.rows() == [ROW]
    Ledger.edit(tmp_path).close()


def test_reading_leaves_no_file_behind(tmp_path: Path) -> None:
    with Ledger.create_or_resume(tmp_path, RUN) as ledger:
        ledger.commit(ROW)
    before = sorted(path.name for path in tmp_path.iterdir())
    with Ledger.read(tmp_path) as reader:
        assert reader.rows() == [ROW]
        assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert before == ["chunks", "ledger.sqlite", "run.lock"]


def test_commits_are_durable_not_only_written(tmp_path: Path) -> None:
    with Ledger.create_or_resume(tmp_path, RUN) as ledger:
        assert ledger._ask("PRAGMA journal_mode") == [("wal",)]
        assert ledger._ask("PRAGMA synchronous") == [(2,)]


def test_discarded_work_leaves_nothing_and_lets_nobody_in_before(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with Ledger.create_or_resume(folder, RUN) as ledger:
        ledger.commit(ROW)
        (folder / "chunks" / ROW.file).write_bytes(b"0123456789")
        with pytest.raises(StoreError, match="is in use by process"):
            Ledger.held(folder)
        ledger.discard()
        assert list(tmp_path.iterdir()) == []
    with Ledger.create_or_resume(folder, replace(RUN, seed=7)) as ledger:
        assert ledger.rows() == []
