"""Worker processes: the same bits for any number, one thread each, and clear ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from multiprocessing import forkserver
from pathlib import Path

import pytest
import toy_run

from raabta.base.errors import OutOfRangeError, RaabtaError, StoreError
from raabta.engine import chunks, runner
from raabta.engine.chunks import Compute
from raabta.engine.ledger import Ledger
from raabta.engine.runner import ONE_THREAD, run_chunks, start_early
from raabta.engine.verify import run_hash, verify


def run(folder: Path, compute: Compute, workers: int = 2, keys: int = 8) -> None:
    run_chunks(folder, toy_run.IDENTITY, toy_run.KEYS[:keys], compute, workers=workers, setup=toy_run.setup)


@pytest.mark.parametrize("workers", [2, 3])
def test_any_number_of_workers_gives_the_same_bits(tmp_path: Path, whole_hash: str, workers: int) -> None:
    run(tmp_path, toy_run.compute, workers, keys=len(toy_run.KEYS))
    assert run_hash(tmp_path) == whole_hash
    assert verify(tmp_path) == []


def test_a_run_is_resumed_with_another_number_of_workers(tmp_path: Path, whole_hash: str) -> None:
    run(tmp_path, toy_run.compute, workers=1, keys=5)
    run(tmp_path, toy_run.compute, workers=2, keys=15)
    run(tmp_path, toy_run.compute, workers=1, keys=len(toy_run.KEYS))
    assert run_hash(tmp_path) == whole_hash


def test_workers_are_other_processes_with_one_thread(tmp_path: Path) -> None:
    before = dict(os.environ)
    run(tmp_path, toy_run.compute_process)
    with Ledger.read(tmp_path) as ledger:
        found = dict(chunks.load_all(tmp_path, ledger.rows()))
    assert os.getpid() not in {int(arrays["pid"][0]) for arrays in found.values()}
    assert len({int(arrays["pid"][0]) for arrays in found.values()}) <= 2
    assert {count for arrays in found.values() for count in arrays["threads"].tolist()} == {1}
    assert {name: os.environ.get(name) for name in ONE_THREAD} == {n: before.get(n) for n in ONE_THREAD}


@pytest.fixture
def started_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_method", "spawn")  # put back afterwards
    start_early("toy_run")


@pytest.mark.usefixtures("started_early")
class TestStartedEarly:
    def test_workers_are_alike(self, tmp_path: Path, whole_hash: str) -> None:
        run(tmp_path, toy_run.compute, keys=len(toy_run.KEYS))
        assert run_hash(tmp_path) == whole_hash
        test_workers_are_other_processes_with_one_thread(tmp_path / "threads")

    def test_a_worker_that_dies_is_replaced(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        test_a_worker_that_dies_once_is_replaced(tmp_path, monkeypatch)

    @pytest.mark.skipif(sys.platform != "linux", reason="workers are forked from another process on Linux")
    def test_a_run_goes_on_when_the_process_they_are_forked_from_was_killed(
        self, tmp_path: Path, whole_hash: str
    ) -> None:
        def kill_it(done: int, total: int, resumed: int, seconds: float) -> None:
            if done == 5:
                os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)

        run_chunks(
            tmp_path, toy_run.IDENTITY, toy_run.KEYS, toy_run.compute, workers=2, setup=toy_run.setup,
            progress=kill_it,
        )  # fmt: skip
        assert run_hash(tmp_path) == whole_hash and verify(tmp_path) == []


def test_an_error_of_a_chunk_comes_back_with_its_key_and_what_was_done_stays(tmp_path: Path) -> None:
    with pytest.raises(RaabtaError, match=r"rain is 400\.0; valid: 0 to 250 mm/h \(P\.838-3\)") as caught:
        run(tmp_path, toy_run.compute_range_error)
    assert caught.value.__notes__ == [f"(while computing chunk {toy_run.KEYS[2]})"]
    with pytest.raises(OutOfRangeError, match=r"rain is 400\.0"):
        run(tmp_path, toy_run.compute_range_error, workers=1)
    with Ledger.read(tmp_path) as ledger:
        assert [row.key for row in ledger.rows()][:2] == toy_run.KEYS[:2]


def test_a_setup_that_refuses_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the maps are not there"):
        run_chunks(
            tmp_path,
            toy_run.IDENTITY,
            toy_run.KEYS[:4],
            toy_run.compute,
            workers=2,
            setup=toy_run.failing_setup,
        )


def test_a_worker_that_dies_once_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_FLAG", str(tmp_path / "flag"))
    run(tmp_path / "run", toy_run.compute_dying_once)
    assert (tmp_path / "flag").exists()
    assert verify(tmp_path / "run") == []


def test_workers_that_keep_dying_end_the_run_clearly(tmp_path: Path) -> None:
    with pytest.raises(RaabtaError, match=r"worker processes died twice; \d of 8 chunks were computed"):
        run(tmp_path, toy_run.compute_dying)
    problems = verify(tmp_path)
    assert len(problems) == 1 and "unfinished" in problems[0].what


@pytest.mark.parametrize("run_number", range(3))
def test_a_worker_that_dies_at_the_very_end_holds_nothing_up(
    tmp_path: Path, whole_hash: str, run_number: int
) -> None:
    """An idle worker holds the lock of the queue: killed then, it must not keep the others from ending."""

    def kill_one(done: int, total: int, resumed: int, seconds: float) -> None:
        if done == total:
            for process in multiprocessing.active_children()[:1]:
                os.kill(process.pid or 0, signal.SIGKILL)

    run_chunks(
        tmp_path,
        toy_run.IDENTITY,
        toy_run.KEYS,
        toy_run.compute,
        workers=3,
        setup=toy_run.setup,
        progress=kill_one,
    )
    assert multiprocessing.active_children() == []
    assert run_hash(tmp_path) == whole_hash and verify(tmp_path) == []


def test_a_progress_that_raises_ends_the_workers(tmp_path: Path, whole_hash: str) -> None:
    def stop(done: int, total: int, resumed: int, seconds: float) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_chunks(
            tmp_path,
            toy_run.IDENTITY,
            toy_run.KEYS,
            toy_run.compute,
            workers=2,
            setup=toy_run.setup,
            progress=stop,
        )
    with Ledger.read(tmp_path) as ledger:
        assert len(ledger.rows()) == 3
    run(tmp_path, toy_run.compute, keys=len(toy_run.KEYS))
    assert run_hash(tmp_path) == whole_hash
