"""Runs chunks: skips what the ledger has, computes the rest here, in a pool or on a cluster, commits them.

A chunk is a pure function of its key and of what `setup` made. Each worker writes its own chunk
file; the parent commits the row. Whatever ends the run (Ctrl-C, kill -9, a full disk), what was
committed stays, and the same call goes on from there to the same bits.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from types import ModuleType
from typing import Any

from raabta.base.errors import RaabtaError
from raabta.engine import chunks
from raabta.engine.carried import Carried
from raabta.engine.chunks import Compute, Row
from raabta.engine.cluster import run_on_cluster
from raabta.engine.job import ONE_THREAD, Job, T, Task, portable
from raabta.engine.ledger import Identity, Ledger

Progress = Callable[[int, int, int, float], None]
"""Called with (done, total, resumed, seconds since the start); done counts the resumed."""

_method = "spawn"
_IN_FLIGHT_PER_WORKER = 2
_TICK_S = 0.5
_END_S = 5.0


def start_early(*modules: str) -> None:
    """Begin to start worker processes while this one goes on; worth it where a pool is sure to come.

    A process with one thread imports these modules and all of raabta that is imported here, and workers are
    forked from it: they start in no time and share its memory. It ends with this process. Where forking is
    not safe nothing is begun, and each worker imports for itself.
    """
    global _method
    if sys.platform != "linux":
        return
    _method = "forkserver"
    own = [name for name in sys.modules if name.partition(".")[0] == __name__.partition(".")[0]]
    forkserver.set_forkserver_preload([*own, *modules])
    with _worker_environment():
        forkserver.ensure_running()


def run_chunks(
    folder: Path,
    identity: Identity,
    keys: Sequence[str],
    compute: Compute,
    *,
    workers: int,
    setup: Callable[..., object] | None = None,
    setup_args: tuple[Any, ...] = (),
    progress: Progress | None = None,
    scheduler: str | None = None,
) -> None:
    """Compute and commit every key that the folder does not hold yet.

    `compute(key)` gives named arrays and is pure. `setup(*setup_args)` is called once where chunks
    are computed: in each worker process, or here with `workers == 1`; not at all when nothing is
    missing. With `workers > 1` both are top-level functions of importable modules. With a `scheduler`
    (`dask://HOST:PORT`) its workers compute instead of `workers` processes here; see `cluster`.
    Raises StoreError (folder in use, of another run, disk full), what compute and a cluster raise, and
    KeyboardInterrupt; what was committed stays.
    """
    if workers < 1:
        raise RaabtaError(f"workers is {workers}; valid: 1 or more")
    chunks.check_keys(keys)
    with Ledger.create_or_resume(folder, identity) as ledger:
        ledger.plan(keys)
        missing = _missing(ledger, keys)
        commit = _Commit(ledger, len(keys), len(keys) - len(missing), progress)
        if not missing:
            return
        job = Job(folder.absolute(), compute, setup, setup_args)
        if scheduler is not None:
            run_on_cluster(job, missing, scheduler, commit)
        elif workers == 1:
            _run_here(job, missing, commit)
        else:
            _run_pooled(job, missing, min(workers, len(missing)), commit)


class _Commit:
    """Commits rows, counts them and tells the caller."""

    def __init__(self, ledger: Ledger, total: int, resumed: int, progress: Progress | None) -> None:
        self._ledger, self._total, self._resumed, self._progress = ledger, total, resumed, progress
        self._start = time.perf_counter()
        self.done = resumed
        self.keys: set[str] = set()
        self._tell()

    def __call__(self, row: Row) -> None:
        self._ledger.commit(row)
        self.keys.add(row.key)
        self.done += 1
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.done, self._total, self._resumed, time.perf_counter() - self._start)


def _missing(ledger: Ledger, keys: Sequence[str]) -> list[str]:
    """The keys to compute, in the order given, after sweeping what an interrupted run left."""
    rows = ledger.rows()
    chunks.sweep(ledger.folder, rows)
    whole = {row.key for row in rows if chunks.is_intact(ledger.folder, row)}
    return [key for key in keys if key not in whole]


def _run_here(job: Job, keys: Sequence[str], commit: _Commit) -> None:
    job.prepare()
    for key in keys:
        commit(job.run(key))


def _run_pooled(job: Job, keys: Sequence[str], workers: int, commit: _Commit) -> None:
    """A pool over the keys; if a worker dies, once more over what is left."""
    try:
        pool_over(job, keys, workers, commit)
    except BrokenProcessPool:
        left = [key for key in keys if key not in commit.keys]
        try:
            pool_over(job, left, workers, commit)
        except BrokenProcessPool as error:
            raise RaabtaError(
                f"worker processes died twice; {len(commit.keys)} of {len(keys)} chunks were computed and "
                "are kept. Most often the system ends them for lack of memory: run again with fewer "
                "workers, it resumes"
            ) from error


def pool_over(
    job: Task[T],
    keys: Sequence[str],
    workers: int,
    take: Callable[[T], object],
    tick: Callable[[], object] | None = None,
) -> None:
    """Do a task for every key in fresh processes and take what each returns; `tick` is called now and then.

    A few keys are in flight, so that memory and what a Ctrl-C loses stay bounded. Raises what the task
    raises, and BrokenProcessPool when a process dies.
    """
    waiting, running = deque(keys), set[Future[T]]()
    with _pool(job, workers) as (pool, needs_script):
        while waiting or running:
            while waiting and len(running) < workers * _IN_FLIGHT_PER_WORKER:
                with _worker_environment(needs_script), _dying():
                    running.add(pool.submit(_work, waiting.popleft()))
            finished, running = wait(
                running, timeout=None if tick is None else _TICK_S, return_when=FIRST_COMPLETED
            )
            for future in finished:
                take(future.result())
            if tick is not None:
                tick()


@contextmanager
def _pool(job: Task[T], workers: int) -> Iterator[tuple[ProcessPoolExecutor, bool]]:
    """A pool of fresh processes that is gone at once afterwards, and whether the job is from the script.

    Never forked from this process: a fork after numba started its threads crashes.
    """
    others = set(multiprocessing.active_children())
    carried = Carried(job)
    context = multiprocessing.get_context(_method)
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin, initargs=(carried, {**os.environ})
    )
    try:
        yield pool, carried.from_script
    finally:
        # Ended, not asked to end: one that was killed while it waited for work holds the lock that the others
        # would need to hear it. All that is done is on the disk.
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)
        carried.close()


@contextmanager
def _dying() -> Iterator[None]:
    """A worker that dies while the next is being started closes the pipes that the start needs."""
    try:
        yield
    except (OSError, EOFError, ValueError) as error:
        if isinstance(error, ConnectionRefusedError):
            _await_end_of_server()
        raise BrokenProcessPool(f"a worker process could not be started: {error}") from error


def _await_end_of_server() -> None:
    """The process that workers are forked from refuses while it dies: no start may take it for alive."""
    server: Any = forkserver._forkserver
    pid = server._forkserver_pid
    deadline = time.monotonic() + _END_S
    with suppress(ChildProcessError):
        while pid is not None and time.monotonic() < deadline:
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
                return
            time.sleep(0.01)


@contextmanager
def _worker_environment(needs_script: bool = False) -> Iterator[None]:
    """While a worker may be started: one thread each, and Ctrl-C held back until it ignores it. The script
    that called us is out of sight unless its own functions are to be done: a worker would run it again."""
    resource_tracker.ensure_running()  # a start needs it, and starting it would let Ctrl-C through
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    os.environ.update(ONE_THREAD)
    script = sys.modules["__main__"]
    if not needs_script:
        sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


_job: Task[Any] | None = None
_failure: Exception | None = None


def _begin(carried: Any, environment: dict[str, str]) -> None:
    """First call in a worker. A failing setup is kept and raised by the first chunk."""
    global _job, _failure
    os.environ.update(environment | ONE_THREAD)  # the process it was forked from may be older than this run
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _job = carried.take()
        _job.prepare()
    except Exception as error:
        _failure = error


def _work(key: str) -> Any:
    try:
        if _failure is not None:
            raise _failure
        assert _job is not None
        return _job.run(key)
    except Exception as error:
        said = portable(error)
        if said is error:
            raise
        raise said from error


def _end_with_parent() -> None:
    """A parent that was killed cannot end its workers: they watch it and end themselves."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
