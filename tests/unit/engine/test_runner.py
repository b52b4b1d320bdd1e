"""Running chunks in this process: what is there is kept, the rest is computed, in order."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from raabta.base.errors import LimitError, OutOfRangeError, RaabtaError, StoreError
from raabta.engine import chunks, runner
from raabta.engine.job import portable
from raabta.engine.ledger import Identity, Ledger
from raabta.engine.runner import run_chunks
from raabta.engine.verify import run_hash, verify

RUN = Identity("hash", "0.1.0", 1)
KEYS = ["day-000", "day-001", "day-002"]


class Toy:
    """Counts what it computes."""

    def __init__(self) -> None:
        self.computed: list[str] = []
        self.prepared: list[tuple[int, ...]] = []
        self.told: list[tuple[int, int, int]] = []

    def compute(self, key: str) -> dict[str, Any]:
        self.computed.append(key)
        return {"x": np.arange(5) * int(key[-3:])}

    def setup(self, *given: int) -> None:
        self.prepared.append(given)

    def tell(self, done: int, total: int, resumed: int, seconds: float) -> None:
        assert seconds >= 0.0
        self.told.append((done, total, resumed))

    def run(self, folder: Path, keys: list[str] = KEYS) -> None:
        run_chunks(
            folder,
            RUN,
            keys,
            self.compute,
            workers=1,
            setup=self.setup,
            setup_args=(4, 2),
            progress=self.tell,
        )


def test_a_run_computes_every_key_once_and_tells_how_far_it_is(tmp_path: Path) -> None:
    toy = Toy()
    toy.run(tmp_path)
    assert toy.computed == KEYS and toy.prepared == [(4, 2)]
    assert toy.told == [(0, 3, 0), (1, 3, 0), (2, 3, 0), (3, 3, 0)]
    with Ledger.read(tmp_path) as ledger:
        found = dict(chunks.load_all(tmp_path, ledger.rows()))
    assert list(found) == KEYS
    np.testing.assert_array_equal(found["day-002"]["x"], [0, 2, 4, 6, 8])


def test_a_finished_run_computes_and_prepares_nothing(tmp_path: Path) -> None:
    Toy().run(tmp_path)
    again = Toy()
    again.run(tmp_path)
    assert (again.computed, again.prepared, again.told) == ([], [], [(3, 3, 3)])


def test_only_what_is_missing_or_cut_short_is_computed(tmp_path: Path) -> None:
    Toy().run(tmp_path)
    wanted = run_hash(tmp_path)
    first, second, _ = sorted((tmp_path / "chunks").iterdir())
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1])
    again = Toy()
    again.run(tmp_path)
    assert again.computed == KEYS[:2] and again.told[0] == (1, 3, 1)
    assert run_hash(tmp_path) == wanted and verify(tmp_path) == []


def test_leftovers_are_swept_and_files_of_others_are_not(tmp_path: Path) -> None:
    Toy().run(tmp_path)
    ours = [
        "chunks/.day-000-0.chunk.12.partial",
        ".summary.json.9.partial",
        f"chunks/day-009-{'a' * 12}.chunk",
    ]
    theirs = ["chunks/notes.txt", "mine.partial", "report.html"]
    for name in ours + theirs:
        (tmp_path / name).write_text("x")
    Toy().run(tmp_path)
    assert not [name for name in ours if (tmp_path / name).exists()]
    assert all((tmp_path / name).exists() for name in theirs)
    assert verify(tmp_path) == []


def test_an_error_keeps_what_was_done_and_names_its_chunk(tmp_path: Path) -> None:
    def compute(key: str) -> dict[str, Any]:
        if key == KEYS[1]:
            raise LimitError("too many beams")
        return {"x": np.zeros(1)}

    with pytest.raises(LimitError, match="too many beams") as caught:
        run_chunks(tmp_path, RUN, KEYS, compute, workers=1)
    assert caught.value.__notes__ == ["(while computing chunk day-001)"]
    with Ledger.read(tmp_path) as ledger:
        assert [row.key for row in ledger.rows()] == KEYS[:1]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (["../x"], r"chunk key '\.\./x' is not allowed"),
        ([""], "chunk key '' is not allowed"),
        (["a/b"], "chunk key 'a/b' is not allowed"),
        (["a", "b", "a"], "chunk key 'a' stands twice"),
    ],
)
def test_keys_are_file_names_and_stand_once(tmp_path: Path, keys: list[str], says: str) -> None:
    with pytest.raises(StoreError, match=says):
        Toy().run(tmp_path / "run", keys)
    assert not (tmp_path / "run").exists()


def test_no_workers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RaabtaError, match="workers is 0; valid: 1 or more"):
        run_chunks(tmp_path, RUN, KEYS, Toy().compute, workers=0)


class Awkward(Exception):
    """Does not come back from a pickle."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)

    def __reduce__(self) -> str:
        raise TypeError("cannot be pickled, whatever helpers another package has registered")


def test_errors_reach_the_parent_in_words_whatever_they_are() -> None:
    kept = LimitError("too many")
    assert portable(kept) is kept
    said = portable(OutOfRangeError("rain", 400, "0 to 250", "P.838-3"))
    assert isinstance(said, RaabtaError) and str(said) == "rain is 400; valid: 0 to 250 (P.838-3)"
    awkward = Awkward("a", "b")
    awkward.add_note("(while computing chunk x)")
    told = portable(awkward)
    assert str(told) == "Awkward: ab" and not isinstance(told, RaabtaError)
    assert told.__notes__ == ["(while computing chunk x)"]


SCRIPT = """
import sys
from pathlib import Path
from raabta.engine.ledger import Identity
from raabta.engine.runner import run_chunks, start_early
from work import compute
print("once")
if sys.argv[2] == "early":
    start_early("work")
run_chunks(Path(sys.argv[1]), Identity("hash", "0.1.0", 1), ["a", "b", "c"], compute, workers=2)
"""


@pytest.mark.parametrize("start", ["early", "late"])
def test_a_script_without_a_main_guard_runs_once(tmp_path: Path, start: str) -> None:
    (tmp_path / "work.py").write_text("import numpy as np\ndef compute(key): return {'x': np.arange(3)}\n")
    (tmp_path / "script.py").write_text(SCRIPT)
    words = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "run"), start]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "once\n"), done.stderr
    with Ledger.read(tmp_path / "run") as ledger:
        assert [row.key for row in ledger.rows()] == ["a", "b", "c"]


OWN = """
import sys
from pathlib import Path
import numpy as np
from raabta.engine.ledger import Identity
from raabta.engine.runner import run_chunks
def compute(key): return {"x": np.arange(3)}
if __name__ == "__main__":
    run_chunks(Path(sys.argv[1]), Identity("hash", "0.1.0", 1), ["a", "b", "c"], compute, workers=2)
"""


def test_a_script_may_bring_the_function_itself(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(OWN)
    words = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "run")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    with Ledger.read(tmp_path / "run") as ledger:
        assert len(ledger.rows()) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked from another process on Linux")
def test_a_dying_server_of_workers_is_waited_for_and_left_to_be_reaped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.3)"])
    monkeypatch.setattr(runner.forkserver._forkserver, "_forkserver_pid", child.pid)
    with pytest.raises(BrokenProcessPool), runner._dying():
        raise ConnectionRefusedError("refused")
    assert Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    assert child.wait() == 0
