"""kill -9 of the toy run, many times: nothing lost, nothing corrupt, the same hash at every end.

python many_kills.py --kills 10000 [--seed N] [--folder DIR]

Every run is a process of its own, forked from this one so that it starts in milliseconds; with workers they
are forked from one server. What is killed, and when, is drawn: the coordinator alone (its workers must end by
themselves), a worker (the coordinator must go on without it), or all at once. After each kill every file that
the ledger names is held against its hash; the next run resumes; each finished run must have the same hash.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import multiprocessing
import multiprocessing.forkserver as server
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process with threads is not forked
sys.path.insert(0, str(Path(__file__).resolve().parent))

import toy_run

from raabta.base.errors import RaabtaError, StoreError
from raabta.engine.runner import run_chunks
from raabta.engine.verify import run_hash, verify

PATIENCE_S = 30.0
KINDS = ("alone",) * 6 + ("coordinator", "worker", "worker twice", "all")
"""What is killed: a run without workers, or something of a run with two."""


def run(folder: Path, workers: int, pause_s: float = 0.0) -> None:
    """The toy run."""
    run_chunks(
        folder,
        toy_run.IDENTITY,
        toy_run.KEYS,
        toy_run.compute,
        workers=workers,
        setup=toy_run.setup,
        setup_args=(pause_s,),
    )


def start(folder: Path, workers: int) -> int:
    """The toy run in a forked process; its number. It ends with 0, or 3 where its workers died twice."""
    child = os.fork()
    if child:
        return child
    faulthandler.dump_traceback_later(PATIENCE_S / 2)
    try:
        server._forkserver.ensure_running = lambda: None  # type: ignore[method-assign]  # it runs; not our child
        real = multiprocessing.get_context
        multiprocessing.get_context = lambda method=None: real("forkserver")  # type: ignore[assignment]
        run(folder, workers, 0.001)
        code = 0
    except RaabtaError as error:
        code = 3 if "died twice" in str(error) else 4
        if code == 4:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    os._exit(code)


def workers_now() -> list[int]:
    """Processes that the server of workers has forked and that live."""
    pid = server._forkserver._forkserver_pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if state(int(child)) not in ("", "Z")]


def state(pid: int) -> str:
    """Letter of a process's state; empty where there is none."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


def ended(child: int, within_s: float) -> int | None:
    """How a process ended, as `subprocess` says it; None if it did not in so many seconds."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.0005)
    return None


def kill_worker(draw: random.Random) -> bool:
    """Kill one worker; whether there was one."""
    found = workers_now()
    if found:
        with suppress(ProcessLookupError):
            os.kill(draw.choice(found), signal.SIGKILL)
    return bool(found)


def one_run(folder: Path, kind: str, draw: random.Random, lasts_s: float) -> tuple[int | None, int]:
    """Start or resume the run and kill: (how it ended, kills). None: it hung, and was ended."""
    kills = 0
    child = start(folder, 1 if kind == "alone" else 2)
    code = ended(child, draw.uniform(0.0, lasts_s))
    while code is None and kind != "alone" and not workers_now():
        code = ended(child, 0.002)
    if code is None and kind != "alone":
        code = ended(child, draw.uniform(0.0, lasts_s))
    if code is not None:
        return code, kills
    if kind.startswith("worker"):
        for _ in range(2 if kind == "worker twice" else 1):
            kills += kill_worker(draw)
            if (code := ended(child, draw.uniform(0.0, lasts_s))) is not None:
                return code, kills
        code = ended(child, PATIENCE_S)
        if code is None:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return code, kills
    os.kill(child, signal.SIGKILL)
    if kind == "all":
        for worker in workers_now():
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
    return ended(child, PATIENCE_S), kills + 1


def gone_by_themselves() -> tuple[bool, int]:
    """Whether orphaned workers end without help, and how many of them the system had to be reminded of.

    A new process was seen runnable for 30 s on a busy machine without one tick of processor time: whatever
    its code does, it had not begun. Such a one is moved between processors, and has its time anew, once.
    """
    deadline, reminded = time.monotonic() + PATIENCE_S, set[int]()
    while (living := workers_now()) and time.monotonic() < deadline:
        time.sleep(0.001)
        late = deadline - time.monotonic() < PATIENCE_S / 2
        for pid in [pid for pid in living if late and pid not in reminded and never_ran(pid)]:
            reminded.add(pid)
            deadline = time.monotonic() + PATIENCE_S
            with suppress(OSError):
                processors = os.sched_getaffinity(pid)
                for some in ({min(processors)}, {max(processors)}, processors):
                    os.sched_setaffinity(pid, some)
    return not workers_now(), len(reminded)


def never_ran(pid: int) -> bool:
    """Whether a process is runnable and has had no processor time at all."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0] == "R" and fields[11:13] == ["0", "0"]
    return False


def living() -> list[str]:
    """Of each worker that lives: state, CPU time in ticks, and what each of its threads waits for."""
    told = []
    for pid in workers_now():
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            waits = [place.read_text() or "0" for place in Path(f"/proc/{pid}/task").glob("*/wchan")]
            told.append(f"{pid} {fields[0]} {fields[11]}+{fields[12]} waits for {', '.join(waits)}")
    return told


def kill_many(place: Path, kills: int, seed: int) -> dict[str, object]:
    """Kill so many times; what was seen. Raises AssertionError where anything is lost, corrupt or other."""
    draw, seen = random.Random(seed), Counter[str]()
    run(place / "whole", 1)
    began = time.perf_counter()
    run(place / "timing", 1, 0.001)
    lasts_s, wanted = time.perf_counter() - began, run_hash(place / "whole")
    done, number, chunks = 0, 0, 0
    while done < kills:
        folder, kind = place / str(number), draw.choice(KINDS)
        seen["servers of workers started again"] += serve_again()
        code, fresh = one_run(folder, kind, draw, lasts_s)
        if (done + fresh) // 100 > done // 100:
            print(f"{done + fresh} kills, {seen['finished runs']} finished runs", file=sys.stderr, flush=True)
        done += fresh
        seen[f"killed: {kind}"] += fresh
        assert code in (0, 3, -signal.SIGKILL), f"{kind}: ended with {code} after kill {done}"
        gone, reminded = gone_by_themselves()
        seen["workers that had never run"] += reminded
        assert gone, f"{kind}: workers live on after kill {done}: {living()}"
        if not (folder / "ledger.sqlite").exists():
            continue
        try:
            problems = [str(problem) for problem in verify(folder) if "unfinished" not in problem.what]
        except StoreError as error:  # a ledger that was cut off while it was made holds nothing yet
            assert "is not a ledger of raabta" in str(error) and not list(folder.glob("chunks/*.chunk")), (
                error
            )
            problems = []
        assert problems == [], f"after kill {done} ({kind}): {problems}"
        if code == 0:
            number, chunks = number + 1, chunks + len(toy_run.KEYS)
            seen["finished runs"] += 1
            hold(folder, wanted)
    run(place / str(number), 1)
    hold(place / str(number), wanted)
    seen["finished runs"] += 1
    return {"kills": done, **dict(sorted(seen.items())), "seconds": round(time.perf_counter() - began, 1)}


def hold(folder: Path, wanted: str) -> None:
    """A finished run is the whole run, and left nothing lying about."""
    assert verify(folder) == [], folder
    assert run_hash(folder) == wanted, folder
    run(folder, 1)  # sweeps what orphans may have left
    assert not list(folder.rglob("*.partial"))
    assert len(list((folder / "chunks").iterdir())) == len(toy_run.KEYS)
    shutil.rmtree(folder)


def serve_workers() -> None:
    """Start the server that workers are forked from, with all they need imported."""
    here = str(Path(__file__).resolve().parent)
    os.environ["PYTHONPATH"] = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    multiprocessing.set_forkserver_preload(["toy_run", "concurrent.futures.process"])
    server.ensure_running()


def serve_again() -> bool:
    """Start the server anew if it is gone; whether it was.

    Python's own ends with EOFError when a coordinator is killed between calling it and saying what for: from
    then on no run would have workers to kill.
    """
    before = server._forkserver._forkserver_pid
    server.ensure_running()
    return bool(server._forkserver._forkserver_pid != before)


def in_memory() -> Path | None:
    """A folder in memory if there is one: what a kill leaves is the same, and no disk is waited for."""
    shared = Path("/dev/shm")
    return shared if os.access(shared, os.W_OK) else None


def main() -> None:
    """Kill, and print what was seen as one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, help="where to work [default: in memory, if that can be]")
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    serve_workers()
    with tempfile.TemporaryDirectory(prefix="many-kills-", dir=given.folder or in_memory()) as place:
        print(json.dumps(kill_many(Path(place), given.kills, given.seed)))


if __name__ == "__main__":
    main()
