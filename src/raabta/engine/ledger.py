"""The ledger of a run folder: which chunks are committed, for which run. SQLite, durable per row.

One process at a time writes a folder: it holds a lock on `run.lock` that the kernel drops when the
process ends, however it ends. Readers need no lock.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from raabta.base.errors import StoreError
from raabta.engine import atomic, chunks
from raabta.engine.chunks import Row

SCHEMA_VERSION = 2
"""1 had no kinds: its folders hold runs."""
RUN = "run"
"""The kind of work that `raabta run` keeps; whoever keeps other work in a folder names its own."""
NAME = "ledger.sqlite"
LOCK = "run.lock"

_SCHEMA = (
    "CREATE TABLE run (id INTEGER PRIMARY KEY CHECK (id = 1), scenario_hash TEXT NOT NULL,"
    " version TEXT NOT NULL, seed INTEGER NOT NULL, environment TEXT NOT NULL, kind TEXT NOT NULL)",
    "CREATE TABLE planned (key TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE chunks (key TEXT PRIMARY KEY, file TEXT NOT NULL, sha256 TEXT NOT NULL,"
    " bytes INTEGER NOT NULL, seconds REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE outputs (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL)"
    " WITHOUT ROWID",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


@dataclass(frozen=True)
class Identity:
    """What makes a run that run; a folder holds one. `environment` may hash lock, Python and CPU; `kind` is
    what was computed, a noun: work of two kinds is never the same, whatever it was computed from."""

    scenario_hash: str
    version: str
    seed: int
    environment: str = ""
    kind: str = RUN


@dataclass(frozen=True)
class Output:
    """What the ledger says of one file beside the chunks."""

    name: str
    sha256: str
    bytes: int


class Ledger:
    """An open ledger; use `create_or_resume`, `edit` or `read`, each as a context manager."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, lock: int | None) -> None:
        self.folder, self._connection, self._lock = folder, connection, lock

    @classmethod
    def create_or_resume(cls, folder: Path, identity: Identity) -> Self:
        """Open for writing; make the folder and the ledger if they are not there.

        Raises StoreError for a folder in use, of another run, of a newer schema, or not writable.
        """
        atomic.make_folder(folder / chunks.FOLDER)
        ledger = cls._locked(folder)
        try:
            ledger._initialise(identity)
            ledger._check_identity(identity)
        except BaseException:
            ledger.close()
            raise
        return ledger

    @classmethod
    def held(cls, folder: Path) -> Identity | None:
        """Whose run a folder holds; None where there is no ledger, or one cut off while it was made.

        Makes no ledger. Raises StoreError for a folder in use, of a newer schema, or with a foreign ledger.
        """
        if not atomic.is_file(folder / NAME):
            return None
        with cls._locked(folder) as ledger:
            if ledger._is_new():
                return None
            ledger._check_schema()
            return ledger.identity()

    @classmethod
    def kind_of(cls, folder: Path) -> str | None:
        """The kind of run that a folder holds, one in use or read-only too; None where there is no ledger.

        Raises StoreError as `read`.
        """
        if not atomic.is_file(folder / NAME):
            return None
        with cls.read(folder) as ledger:
            return ledger.identity().kind

    @classmethod
    def plan_of(cls, folder: Path) -> list[str]:
        """The keys that the run of a folder is to compute, sorted; none where no run has begun."""
        if cls.held(folder) is None:
            return []
        with cls.read(folder) as ledger:
            return ledger.planned()

    @classmethod
    def missing(cls, folder: Path, keys: Sequence[str]) -> list[str]:
        """Those of some chunks that a folder does not hold yet, in the order given."""
        if cls.held(folder) is None:
            return [*keys]
        with cls.read(folder) as ledger:
            done = {row.key for row in ledger.rows()}
        return [key for key in keys if key not in done]

    @classmethod
    def refuse_other(cls, folder: Path, wanted: Identity) -> None:
        """Raise StoreError for a folder that holds another run than `wanted`, and as `held` does."""
        found = cls.held(folder)
        if found is not None:
            _refuse_difference(folder, found, wanted)

    @classmethod
    def edit(cls, folder: Path) -> Self:
        """Open an existing ledger for writing, whatever its run. Raises StoreError."""
        _refuse_absent(folder)
        ledger = cls._locked(folder)
        try:
            ledger._check_schema()
        except BaseException:
            ledger.close()
            raise
        return ledger

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open an existing ledger for reading; also from a read-only folder. Raises StoreError."""
        _refuse_absent(folder)
        ledger = cls(folder, _connect_to_read(folder), None)
        try:
            ledger._check_schema()
        except BaseException:
            ledger.close()
            raise
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close, and let the next process in."""
        with suppress(sqlite3.Error):
            self._connection.close()
        if self._lock is not None:
            with suppress(OSError):  # whatever it says, the lock is gone with the descriptor
                os.close(self._lock)
            self._lock = None

    def discard(self) -> None:
        """Remove the folder with all that it holds, once that is kept elsewhere; nobody gets in meanwhile.

        The ledger goes first: what a kill leaves of the rest belongs to no run. Raises StoreError.
        """
        try:
            with suppress(sqlite3.Error):
                self._connection.close()
            atomic.remove(self.folder / NAME)
            shutil.rmtree(self.folder)
        except OSError as error:
            raise atomic.refusal("remove", self.folder, error) from error
        finally:
            self.close()

    def identity(self) -> Identity:
        """Whose run the folder holds."""
        rows = self._ask("SELECT * FROM run")
        if not rows:
            raise StoreError(f"{self.folder / NAME} names no run. Choose another folder")
        return Identity(*rows[0][1:])

    def rows(self) -> list[Row]:
        """Every committed chunk, by key."""
        return [Row(*row) for row in self._ask("SELECT * FROM chunks ORDER BY key")]

    def outputs(self) -> list[Output]:
        """Every recorded output file, by name."""
        return [Output(*row) for row in self._ask("SELECT * FROM outputs ORDER BY name")]

    def planned(self) -> list[str]:
        """The keys that the run is to compute, sorted."""
        return [str(row[0]) for row in self._ask("SELECT key FROM planned ORDER BY key")]

    def plan(self, keys: Sequence[str]) -> None:
        """Note the keys that are to be computed, so that an unfinished run is known as one."""
        known = set(self.planned())
        fresh = [(key,) for key in keys if key not in known]
        if fresh:
            self._commit("INSERT INTO planned VALUES (?)", fresh)

    def commit(self, row: Row) -> None:
        """Commit one chunk; durable when this returns. Raises StoreError."""
        values = (row.key, row.file, row.sha256, row.bytes, row.seconds)
        self._commit("INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?, ?)", [values])

    def commit_output(self, output: Output) -> None:
        """Commit the hash of one output file. Raises StoreError."""
        values = (output.name, output.sha256, output.bytes)
        self._commit("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?)", [values])

    def damage(self) -> str | None:
        """What SQLite's own check finds, or None."""
        found = str(self._ask("PRAGMA quick_check(1)")[0][0])
        return None if found == "ok" else found

    @classmethod
    def _locked(cls, folder: Path) -> Self:
        lock = _take_lock(folder)
        try:
            return cls(folder, _connect_to_write(folder), lock)
        except BaseException:
            os.close(lock)
            raise

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        with _refusing(self.folder):
            return self._connection.execute(statement).fetchall()

    def _commit(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with _refusing(self.folder), self._transaction():
            self._connection.executemany(statement, rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _is_new(self) -> bool:
        return not self._ask("SELECT name FROM sqlite_master LIMIT 1")

    def _initialise(self, identity: Identity) -> None:
        """Make the tables and the run's row in one transaction, if the file is new."""
        if not self._is_new():
            return
        with _refusing(self.folder), self._transaction():
            for statement in _SCHEMA:
                self._connection.execute(statement)
            self._connection.execute("INSERT INTO run VALUES (1, ?, ?, ?, ?, ?)", astuple(identity))

    def _check_schema(self) -> None:
        found = self._ask("PRAGMA user_version")[0][0]
        if found > SCHEMA_VERSION:
            raise StoreError(
                f"{self.folder} was written by a newer raabta: its ledger has schema {found}, this one knows "
                f"up to {SCHEMA_VERSION}. Use that raabta, or choose another folder"
            )
        if found < 1:
            raise StoreError(f"{self.folder / NAME} is not a ledger of raabta. Choose another folder")

    def _check_identity(self, wanted: Identity) -> None:
        self._check_schema()
        _refuse_difference(self.folder, self.identity(), wanted)


def _refuse_difference(folder: Path, found: Identity, wanted: Identity) -> None:
    held, asked = asdict(found), asdict(wanted)
    differ = [
        f"{name.replace('_', ' ')} is {_short(held[name])}, asked for {_short(asked[name])}"
        for name in asked
        if held[name] != asked[name]
    ]
    if differ:
        raise StoreError(
            f"{folder} holds another run: {'; '.join(differ)}. "
            "Choose another folder, or remove this one if it is no longer needed"
        )


def _short(value: object) -> str:
    text = str(value) or "(none)"
    return text if len(text) <= 20 else f"{text[:12]}..."


def _refuse_absent(folder: Path) -> None:
    if not atomic.is_file(folder / NAME):
        raise StoreError(f"{folder} is not a run folder: it has no {NAME}. Give the folder that a run wrote")


def _take_lock(folder: Path) -> int:
    """A descriptor that holds the folder until it is closed. Raises StoreError."""
    path = folder / LOCK
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise atomic.refusal("open", path, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError as error:
        raise _in_use(folder, lock) from error
    except OSError as error:
        os.close(lock)
        raise atomic.refusal("lock", path, error) from error
    return lock


def _in_use(folder: Path, lock: int) -> StoreError:
    holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
    os.close(lock)
    who = f"process {holder}" if holder.isdigit() else "another process"
    return StoreError(f"{folder} is in use by {who}. Wait until it ends, or choose another folder")


def _connect_to_write(folder: Path) -> sqlite3.Connection:
    with _refusing(folder):
        connection = sqlite3.connect(folder / NAME, isolation_level=None, timeout=10.0)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            connection.close()
            raise
        return connection


def _connect_to_read(folder: Path) -> sqlite3.Connection:
    """Without a write-ahead log the file stands still: read it as such, and leave no file behind."""
    still = "" if atomic.is_file(folder / f"{NAME}-wal") else "&immutable=1"
    address = f"file:{quote(str((folder / NAME).resolve()))}?mode=ro{still}"
    with _refusing(folder):
        return sqlite3.connect(address, uri=True, isolation_level=None, timeout=10.0)


@contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    """Turn SQLite's errors into StoreErrors that say what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"cannot use {folder / NAME}: {error}. {_advice(error)}") from error


def _advice(error: sqlite3.Error) -> str:
    text = str(error)
    if "full" in text or "disk I/O" in text:
        return "Free some space or look after the disk; finished chunks are kept: run again to resume."
    if "readonly" in text or "unable to open" in text:
        return "Choose a folder you may write to, or change its rights."
    return "The ledger is damaged: move the folder away, or choose another one."
