"""Runs chunks on the workers of a dask scheduler, `dask://HOST:PORT`.

A file system shared by all machines is assumed and checked: every worker writes its own chunk files into the
run folder, and only their ledger rows come back. A worker that differs from this process in anything that
decides the bits of a result (version and source of raabta, Python, numpy, numba, scipy, kind of processor)
is refused, named. Which worker computes a chunk then changes nothing, nor does a worker that is lost: its
chunks go to the others, and workers that join later are taken in.

dask gives whoever reaches the scheduler's port the right to run any code on its workers, without a password:
only for a network whose members trust each other.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import re
import secrets
import time
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from typing import Any

from raabta.base.errors import RaabtaError, ScenarioError, StoreError
from raabta.engine import atomic, chunks, remote
from raabta.engine.chunks import Row
from raabta.engine.job import Job

ANSWER_S = 5.0
"""How long a scheduler may take to answer, and its first worker to show, before the run is refused."""
JOIN_S = 60.0
"""How long a run waits for another worker after its last one is lost."""
FOLDER_S = 5.0
"""How long a shared file system may take to show a worker what was written here."""
MOST_LOSSES = 3
"""Workers that one chunk may take with it before the run is given up."""

_POLL_S = 0.5
_IN_FLIGHT_PER_WORKER = 2
_ADDRESS = re.compile(r"dask://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):([0-9]{1,5})")
_NOT_THERE = ("ModuleNotFoundError", "ImportError", "AttributeError")
"""What dask says, within the text of an error of its own, where a worker has not the function asked for."""
_FORM = "write dask://HOST:PORT, such as dask://192.0.2.7:8786; `dask scheduler` prints its port"
_log = logging.getLogger(__name__)


def refuse_unusable(scheduler: str) -> int:
    """Ask before anything is computed whether a scheduler answers and its workers are like this process.

    Returns how many workers it has. Raises ScenarioError for an address that is not one, RaabtaError
    for one that does not answer within ANSWER_S, has no worker, or has one that differs, and where
    `distributed` is not installed.
    """
    with _connected(scheduler) as client, _reaching(scheduler):
        found = _await_workers(client, scheduler)
        unfit = _unfit(_told(client, found, remote.describe))
    if unfit:
        raise RaabtaError(_refusal(unfit))
    return len(found)


def tcp_address(scheduler: str) -> str:
    """`dask://HOST:PORT` as dask writes it. Raises ScenarioError for anything else."""
    match = _ADDRESS.fullmatch(scheduler)
    if match is None or not 0 < int(match[2]) < 65_536:
        raise ScenarioError(
            f"option --scheduler: '{scheduler[:80]}' is not the address of a scheduler", hint=_FORM
        )
    return f"tcp://{match[1]}:{int(match[2])}"


def run_on_cluster(job: Job, keys: Sequence[str], scheduler: str, commit: Callable[[Row], None]) -> None:
    """Compute the keys on the workers of a scheduler and commit each row here.

    Raises as `refuse_unusable`, StoreError for a worker that does not see the folder, RaabtaError when the
    scheduler or all workers are lost or a chunk has taken MOST_LOSSES of them with it, and what compute
    raises; what was committed stays.
    """
    with _connected(scheduler) as client, _token(job) as token:
        fleet = _Fleet(client, scheduler, job, token)
        fleet.muster()
        try:
            _Dispatch(fleet, job, keys, commit).run()
        finally:
            fleet.dismiss()


@contextmanager
def _connected(scheduler: str) -> Iterator[Any]:
    """A client of the scheduler. Raises as `refuse_unusable`."""
    address = tcp_address(scheduler)
    if find_spec("distributed") is None:
        raise RaabtaError(
            "option --scheduler needs the package `distributed`, which is not installed: "
            "pip install 'raabta[cluster]'"
        )
    import distributed

    make_client: Any = distributed.Client
    with _quiet():
        found = _who_answers(address)
        if found != "Scheduler":
            instead = "" if found is None else f"; what answers there is a {found.lower()}"
            raise RaabtaError(
                f"no dask scheduler answered at {scheduler} within {ANSWER_S:g} s{instead}. "
                "Start one with `dask scheduler`, or look after the address and the firewall"
            )
        client = make_client(address, timeout=ANSWER_S, set_as_default=False, name="raabta")
        try:
            yield client
        finally:
            with suppress(Exception):
                client.close(timeout=ANSWER_S)


def _who_answers(address: str) -> str | None:
    """`Scheduler` if one answers within ANSWER_S, else what dask server it is, or None.

    dask's client itself waits for ever for a server that takes the call and says nothing.
    """
    from distributed.comm import core

    connect: Any = core.connect

    async def ask() -> Any:
        comm = await connect(address)
        try:
            await comm.write({"op": "identity", "reply": True})
            return await comm.read()
        finally:
            comm.abort()

    try:
        told = asyncio.run(asyncio.wait_for(ask(), ANSWER_S))
    except Exception:  # whatever a foreign server says
        return None
    return str(told.get("type")) if isinstance(told, Mapping) else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing of dask's own on the screen: what matters is told as an error, or needs no telling."""
    asyncio_log = logging.getLogger("asyncio")
    places: list[Any] = [asyncio_log, *logging.getLogger("distributed").handlers]
    before = [place.level for place in places]
    for place in places:
        place.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():  # of versions that differ: those that matter are refused here
            warnings.simplefilter("ignore")
            yield
    finally:
        for place, level in zip(places, before, strict=True):
            place.setLevel(level)


@contextmanager
def _reaching(scheduler: str) -> Iterator[None]:
    """Whatever talks to the scheduler inside: one that is gone is told as such."""
    try:
        yield
    except (OSError, TimeoutError) as error:
        raise RaabtaError(
            f"the dask scheduler at {scheduler} does not answer any more. What is finished is kept: "
            "run again to resume"
        ) from error


@contextmanager
def _token(job: Job) -> Iterator[str]:
    """A file in the run folder with a name nobody can guess: a worker that reads it sees the folder."""
    token = f"cluster-{secrets.token_hex(8)}"
    path = job.folder / remote.token_name(token)
    atomic.write_bytes(path, token.encode())
    try:
        yield token
    finally:
        atomic.remove(path)


def _await_workers(client: Any, scheduler: str) -> list[str]:
    """Addresses of the workers, as soon as there is one. Raises RaabtaError."""
    until = time.monotonic() + ANSWER_S
    while not (found := sorted(client.nthreads())):
        if time.monotonic() > until:
            raise RaabtaError(
                f"the dask scheduler at {scheduler} has no worker. Start some on machines that see the run "
                f"folder: `dask worker {tcp_address(scheduler)} --nworkers auto --nthreads 1`"
            )
        time.sleep(0.1)
    return found


def _told(client: Any, addresses: Sequence[str], function: Callable[..., Any], *args: Any) -> dict[str, Any]:
    """What a function returned, or the error it raised, in each worker, outside the queue of its tasks."""
    if not addresses:
        return {}
    return dict(client.run(function, *args, workers=[*addresses], on_error="return"))


def _unfit(described: Mapping[str, Any]) -> dict[str, list[str]]:
    """What each worker that may not compute has against it."""
    here = remote.identity() | {"linear algebra threads": remote.ONE}
    found = {address: _differences(here, told) for address, told in described.items()}
    return {address: why for address, why in found.items() if why}


def _differences(here: Mapping[str, Any], told: Any) -> list[str]:
    if isinstance(told, Exception) and any(name in repr(told) for name in _NOT_THERE):
        return [f"raabta {here['raabta']} cannot be imported there ({told}); install it on every machine"]
    if not isinstance(told, Mapping):
        return [_words(told)]
    return [
        f"{name} is {_short(told.get(name))}, here {_short(here.get(name))}"
        for name in {**here, **told}
        if told.get(name) != here.get(name)
    ]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 or " " in text else f"{text[:12]}..."


def _words(error: object) -> str:
    return f"{type(error).__name__}: {error}" if isinstance(error, Exception) else str(error)


def _refusal(unfit: Mapping[str, Sequence[str]]) -> str:
    told = [f"worker {address} is refused: {'; '.join(why)}" for address, why in sorted(unfit.items())]
    return (
        "\n".join(told) + "\nThe bits of a result depend on these, so all workers and this process must "
        "agree in them: make them alike, or stop that worker"
    )


class _Fleet:
    """The workers of a scheduler that fit, and the chunks that each has been given."""

    def __init__(self, client: Any, scheduler: str, job: Job, token: str) -> None:
        self._client, self._scheduler, self._job, self._token = client, scheduler, job, token
        self._payload = pickle.dumps(job)
        self._turned_away: set[str] = set()
        self._given = 0
        self.members: dict[str, dict[Any, str]] = {}
        self.finished: SimpleQueue[Any] = SimpleQueue()

    def muster(self) -> None:
        """Take in the workers there are at the start. Raises RaabtaError or StoreError if one is unfit."""
        with _reaching(self._scheduler):
            unfit, blind = self._take_in(_await_workers(self._client, self._scheduler))
        if unfit:
            raise RaabtaError(_refusal(unfit))
        if blind:
            told = "; ".join(f"worker {address} {why}" for address, why in sorted(blind.items()))
            raise StoreError(
                f"{told}. The run folder must lie on a file system that all machines share under one path: "
                "give --out such a folder, or stop that worker"
            )

    def refresh(self) -> list[list[str]]:
        """Take in who has joined, let go of who is lost; the chunks of each lost worker, oldest first."""
        with _reaching(self._scheduler):
            there = set(self._client.nthreads())
            left = [self.let_go(address) for address in [*self.members] if address not in there]
            self._turned_away &= there
            unfit, blind = self._take_in(sorted(there - self._turned_away - self.members.keys()))
        for address, why in {**{each: "; ".join(whys) for each, whys in unfit.items()}, **blind}.items():
            self._turned_away.add(address)
            _log.warning("raabta: worker %s has joined and gets no work: %s", address, why)
        return left

    def let_go(self, address: str) -> list[str]:
        """Forget a worker; the chunks it had."""
        had = self.members.pop(address)
        with suppress(Exception):
            self._client.cancel([*had])
        return [*had.values()]

    def idlest(self) -> str | None:
        """The worker with fewest chunks, if it may have one more."""
        address = min(self.members, key=lambda each: len(self.members[each]), default=None)
        full = address is None or len(self.members[address]) >= _IN_FLIGHT_PER_WORKER
        return None if full else address

    def give(self, address: str, key: str) -> None:
        """Send a chunk to a worker."""
        self._given += 1
        name = f"raabta-{self._token}-{self._given}-{key}"
        with _reaching(self._scheduler):
            future = self._client.submit(
                remote.work, self._token, key, key=name, workers=[address], pure=False
            )
        self.members[address][future] = key
        future.add_done_callback(self.finished.put)

    def holder(self, future: Any) -> str | None:
        """The worker that has the chunk of a future; None for one that was let go."""
        return next((address for address, had in self.members.items() if future in had), None)

    def dismiss(self) -> None:
        """Take back what is not finished, and let the workers forget the job."""
        with suppress(Exception):
            self._client.cancel([future for had in self.members.values() for future in had])
            _told(self._client, [*self.members], remote.drop, self._token)

    def _take_in(self, addresses: Sequence[str]) -> tuple[dict[str, list[str]], dict[str, str]]:
        """Lay the job down on those that fit; those that differ, and those that do not see the folder."""
        unfit = _unfit(_told(self._client, addresses, remote.describe))
        alike = [address for address in addresses if address not in unfit]
        seen = _told(self._client, alike, remote.folder_trouble, self._job.folder, self._token, FOLDER_S)
        blind = {address: _words(trouble) for address, trouble in seen.items() if trouble is not None}
        sound = [address for address in alike if address not in blind]
        laid = _told(self._client, sound, remote.lay_down, self._token, self._payload)
        self.members.update({address: {} for address, error in laid.items() if error is None})
        return unfit, blind


class _Dispatch:
    """Gives the chunks out, a few to each worker at a time, until every row is committed."""

    def __init__(self, fleet: _Fleet, job: Job, keys: Sequence[str], commit: Callable[[Row], None]) -> None:
        self._fleet, self._job, self._commit = fleet, job, commit
        self._waiting = deque(keys)
        self._left = len(keys)
        self._losses: Counter[str] = Counter()
        self._looked = self._last_member = time.monotonic()

    def run(self) -> None:
        """Until nothing is left. Raises as `run_on_cluster`."""
        while self._left:
            self._fill()
            with suppress(Empty):
                self._take(self._fleet.finished.get(timeout=_POLL_S))
            if time.monotonic() - self._looked >= _POLL_S:
                self._look()

    def _fill(self) -> None:
        while self._waiting and (address := self._fleet.idlest()) is not None:
            self._fleet.give(address, self._waiting.popleft())

    def _take(self, future: Any) -> None:
        """Commit what a worker has computed, or raise what it raised."""
        address = self._fleet.holder(future)
        if address is None:
            return
        if future.status == "finished":
            try:
                row = future.result(timeout=_POLL_S)
            except (TimeoutError, OSError):
                self._fleet.finished.put(
                    future
                )  # its worker was lost before it told: the next look finds out
                self._look()
                return
            self._keep(address, row)
            del self._fleet.members[address][future]
        elif future.status == "error" and not _is_loss(error := _error_of(future)):
            raise error
        else:
            self._return(self._fleet.let_go(address))
            self._look()

    def _keep(self, address: str, row: Row) -> None:
        if not chunks.is_whole(self._job.folder, row):
            path = self._job.folder / chunks.FOLDER / row.file
            raise StoreError(
                f"worker {address} says it wrote {path}, which is not there or not whole. The run folder "
                "must lie on a file system that all machines share under one path. Run again: it resumes"
            )
        self._commit(row)
        self._left -= 1

    def _look(self) -> None:
        """Who is there, who is gone. Raises RaabtaError if nobody has been there for JOIN_S."""
        for had in self._fleet.refresh():
            self._return(had)
        self._looked = time.monotonic()
        if self._fleet.members:
            self._last_member = self._looked
        elif self._looked - self._last_member > JOIN_S:
            raise RaabtaError(
                f"all workers of the cluster are gone since {JOIN_S:g} s; what is finished is kept. "
                "Start workers and run again: it resumes"
            )

    def _return(self, keys: Sequence[str]) -> None:
        """Chunks of a lost worker go to the front of the queue; the oldest is the one it was at."""
        self._waiting.extendleft(reversed(keys))
        self._losses.update(keys[:1])
        for key in keys[:1]:
            if self._losses[key] >= MOST_LOSSES:
                raise RaabtaError(
                    f"chunk {key} has taken {MOST_LOSSES} workers with it; what is finished is kept. Most "
                    "often the system ends them for lack of memory: run fewer of them on a machine"
                )


def _error_of(future: Any) -> BaseException:
    try:
        error: BaseException = future.exception(timeout=ANSWER_S)
    except (TimeoutError, CancelledError) as lost:
        return CancelledError(str(lost))
    return error


def _is_loss(error: BaseException) -> bool:
    """Whether an error says that a worker was lost, not that a chunk cannot be computed."""
    from distributed.scheduler import KilledWorker

    return isinstance(error, remote.ForgottenError | KilledWorker | CancelledError)
