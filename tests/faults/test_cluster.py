"""A dask scheduler and its workers, started for real: the same bits as here, whoever is lost or joins."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy_run
from machines import Machines

from raabta.access import survey
from raabta.base.errors import OutOfRangeError, RaabtaError, ScenarioError, StoreError
from raabta.cli.app import main
from raabta.engine import chunks, cluster
from raabta.engine.ledger import Ledger
from raabta.engine.runner import Progress, run_chunks
from raabta.engine.verify import run_hash, verify

# Of distributed's own: sockets that it leaves to the garbage collector when its peer was killed.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
OLD = """
from raabta.engine import provenance, remote
real = provenance.environment
remote.environment = lambda: {**real(), "raabta": "0.0.9", "python": "3.10.1"}
"""
BLIND = """
from pathlib import Path
from raabta.engine import remote
remote._reads = lambda place, token: False
"""
NEVER_INSTALLED = """
import sys
sys.modules["raabta"] = None
"""


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """A scheduler and two workers that nobody harms."""
    with Machines(tmp_path_factory.mktemp("machines")) as started:
        started.add()
        started.add()
        yield started


def run(
    folder: Path,
    address: str,
    keys: int = len(toy_run.KEYS),
    compute: chunks.Compute = toy_run.compute,
    pause_s: float = 0.0,
    progress: Progress | None = None,
) -> None:
    run_chunks(
        folder,
        toy_run.IDENTITY,
        toy_run.KEYS[:keys],
        compute,
        workers=1,
        setup=toy_run.setup,
        setup_args=(pause_s,),
        progress=progress,
        scheduler=address,
    )


def preload(folder: Path, text: str) -> Path:
    file = folder / "preload.py"
    file.write_text(text)
    return file


def committed(folder: Path) -> list[str]:
    with Ledger.read(folder) as ledger:
        return [row.key for row in ledger.rows()]


def test_a_cluster_gives_the_bits_of_this_machine(
    machines: Machines, tmp_path: Path, whole_hash: str
) -> None:
    run(tmp_path / "run", machines.address)
    assert run_hash(tmp_path / "run") == whole_hash
    assert verify(tmp_path / "run") == []
    assert [path.name for path in (tmp_path / "run").iterdir() if "partial" in path.name] == []


def test_a_run_goes_on_from_this_machine_to_a_cluster(
    machines: Machines, tmp_path: Path, whole_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_chunks(tmp_path, toy_run.IDENTITY, toy_run.KEYS[:5], toy_run.compute, workers=1, setup=toy_run.setup)
    monkeypatch.chdir(tmp_path.parent)
    run(Path(tmp_path.name), machines.address)
    assert run_hash(tmp_path) == whole_hash


def test_both_workers_compute_with_one_thread_each_and_write_their_own_chunks(
    machines: Machines, tmp_path: Path
) -> None:
    run(tmp_path, machines.address, 8, toy_run.compute_process)
    with Ledger.read(tmp_path) as ledger:
        found = dict(chunks.load_all(tmp_path, ledger.rows()))
    assert {int(arrays["pid"][0]) for arrays in found.values()} == {each.pid for each in machines.workers}
    assert {count for arrays in found.values() for count in arrays["threads"].tolist()} == {1}


def test_two_runs_at_once_do_not_mix(machines: Machines, tmp_path: Path, whole_hash: str) -> None:
    failed: list[BaseException] = []

    def one(name: str) -> None:
        try:
            run(tmp_path / name, machines.address, pause_s=0.005)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=one, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert run_hash(tmp_path / "a") == run_hash(tmp_path / "b") == whole_hash


def test_an_error_of_a_chunk_comes_back_with_its_key(machines: Machines, tmp_path: Path) -> None:
    with pytest.raises(OutOfRangeError, match=r"rain is 400\.0; valid: 0 to 250 mm/h") as caught:
        run(tmp_path, machines.address, 8, toy_run.compute_range_error)
    assert caught.value.__notes__ == [f"(while computing chunk {toy_run.KEYS[2]})"]


@pytest.mark.parametrize("where", [(), ("--globe", "500")], ids=["area", "globe"])
def test_the_command_coverage_gives_the_bits_of_this_machine(
    machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: tuple[str, ...]
) -> None:
    """Three chunks, into a folder that is named from where the command runs, not from where a worker does."""
    shell = "[{altitude_km: 550, inclination_deg: 53, planes: 6, satellites_per_plane: 5}]"
    asked = ["coverage", "pakistan", "--duration", "3d", "--step", "60s", *where, "--set",
             f"constellation.shells={shell}", "--set", "area.cell_resolution=3"]  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main([*asked, "--workers", "1", "--out", "here"]) == 0
    assert main([*asked, "--scheduler", machines.address, "--out", "there"]) == 0
    assert run_hash(tmp_path / "there") == run_hash(tmp_path / "here")
    assert len(committed(tmp_path / "there")) == 3
    for name in (survey.TABLE, survey.SUMMARY):
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
    assert verify(tmp_path / "there") == []


def test_killed_and_late_workers_change_nothing(tmp_path: Path, whole_hash: str) -> None:
    with Machines(tmp_path / "machines") as started:
        started.add()
        started.add()

        def harm(done: int, total: int, resumed: int, seconds: float) -> None:
            if done == 4:
                started.workers[0].kill()
            if done == 8:
                started.add()
            if done == 12:
                started.workers[1].kill()

        run(tmp_path / "run", started.address, pause_s=0.05, progress=harm)
        assert [worker.poll() for worker in started.workers] == [-signal.SIGKILL, -signal.SIGKILL, None]
    assert run_hash(tmp_path / "run") == whole_hash
    assert verify(tmp_path / "run") == []


def test_a_lost_scheduler_ends_the_run_and_it_resumes(
    tmp_path: Path, whole_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "ANSWER_S", 2.0)
    with Machines(tmp_path / "machines") as started:
        started.add()

        def harm(done: int, total: int, resumed: int, seconds: float) -> None:
            if done == 4:
                started.end_scheduler()

        with pytest.raises(RaabtaError, match=r"does not answer any more.*run again to resume"):
            run(tmp_path / "run", started.address, pause_s=0.05, progress=harm)
    assert 4 <= len(committed(tmp_path / "run")) < len(toy_run.KEYS)
    run_chunks(
        tmp_path / "run", toy_run.IDENTITY, toy_run.KEYS, toy_run.compute, workers=1, setup=toy_run.setup
    )
    assert run_hash(tmp_path / "run") == whole_hash


def test_without_any_worker_left_the_run_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "JOIN_S", 1.0)
    with Machines(tmp_path / "machines") as started:
        started.add()

        def harm(done: int, total: int, resumed: int, seconds: float) -> None:
            if done == 2:
                started.workers[0].kill()

        with pytest.raises(RaabtaError, match=r"all workers of the cluster are gone since 1 s; what is fini"):
            run(tmp_path / "run", started.address, pause_s=0.05, progress=harm)


@pytest.mark.slow
def test_a_chunk_that_kills_its_workers_is_given_up(tmp_path: Path) -> None:
    with Machines(tmp_path / "machines") as started:
        for _ in range(4):
            started.add()
        with pytest.raises(RaabtaError, match=rf"chunk {toy_run.KEYS[3]} has taken 3 workers with it"):
            run(tmp_path / "run", started.address, 8, toy_run.compute_dying)


def test_ctrl_c_leaves_what_was_committed_and_the_run_goes_on(
    machines: Machines, tmp_path: Path, whole_hash: str
) -> None:
    def stop(done: int, total: int, resumed: int, seconds: float) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, machines.address, progress=stop)
    assert len(committed(tmp_path)) == 3
    run(tmp_path, machines.address)
    assert run_hash(tmp_path) == whole_hash


def test_a_worker_of_another_version_is_refused_by_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Machines(tmp_path / "machines") as started:
        started.add(preload=preload(tmp_path, OLD))
        for ask in (
            lambda: cluster.refuse_unusable(started.address),
            lambda: run(tmp_path / "r", started.address),
        ):
            with pytest.raises(RaabtaError, match=r"worker tcp://127\.0\.0\.1:\d+ is refused") as caught:
                ask()
            assert "raabta is 0.0.9, here 0.1.0" in str(caught.value)
            assert "python is 3.10.1, here 3." in str(caught.value)
        assert committed(tmp_path / "r") == []


def test_a_late_worker_of_another_version_gets_no_work(
    tmp_path: Path, whole_hash: str, caplog: pytest.LogCaptureFixture
) -> None:
    old = preload(tmp_path, OLD)
    with Machines(tmp_path / "machines") as started, caplog.at_level(logging.WARNING, "raabta"):
        started.add()

        def join(done: int, total: int, resumed: int, seconds: float) -> None:
            if done == 2:
                started.add(preload=old)

        run(tmp_path / "run", started.address, pause_s=0.1, progress=join)
    assert run_hash(tmp_path / "run") == whole_hash
    told = [record.getMessage() for record in caplog.records if record.name.startswith("raabta")]
    assert len(told) == 1 and "has joined and gets no work: raabta is 0.0.9, here" in told[0]


@pytest.mark.parametrize(
    ("text", "environment", "wanted", "kind"),
    [
        (NEVER_INSTALLED, {}, r"raabta \S+ cannot be imported there", RaabtaError),
        (
            "",
            {"OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4"},
            "algebra threads is several",
            RaabtaError,
        ),
        (BLIND, {}, r"worker tcp://127\.0\.0\.1:\d+ does not see what this machine wrote into", StoreError),
    ],
    ids=["without raabta", "several threads", "without the folder"],
)
def test_workers_that_cannot_take_part_are_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    environment: dict[str, str],
    wanted: str,
    kind: type[Exception],
) -> None:
    monkeypatch.setattr(cluster, "FOLDER_S", 0.3)
    with Machines(tmp_path / "machines") as started:
        started.add(environment, preload=preload(tmp_path, text))
        with pytest.raises(kind, match=wanted):
            run(tmp_path / "run", started.address, 2)
    assert committed(tmp_path / "run") == []


def test_a_worker_in_another_file_system_is_named(machines: Machines, tmp_path: Path) -> None:
    """The run folder is moved away and another made in its place: what a worker wrote is not here."""
    folder, aside = tmp_path / "run", tmp_path / "aside"

    def move(done: int, total: int, resumed: int, seconds: float) -> None:
        if done == 1:
            shutil.move(folder / chunks.FOLDER, aside)
            aside.chmod(0o500)

    with pytest.raises(StoreError, match="not there"):
        run(folder, machines.address, pause_s=0.05, progress=move)


@pytest.mark.parametrize(
    "address",
    ["dask://127.0.0.1", "tcp://127.0.0.1:8786", "dask://:8786", "dask://h:0", "dask://h:65536",
     "dask://a b:1", "dask://127.0.0.1:8786/x", "8786", "", "dask://user@host:8786", "dask://h:\u0665"],
)  # fmt: skip
def test_an_address_that_is_none(tmp_path: Path, address: str) -> None:
    with pytest.raises(
        ScenarioError, match=r"is not the address of a scheduler\nhint: write dask://HOST:PORT"
    ):
        cluster.refuse_unusable(address)


def test_addresses_as_dask_writes_them() -> None:
    assert cluster.tcp_address("dask://node-1.example:8786") == "tcp://node-1.example:8786"
    assert cluster.tcp_address("dask://[::1]:8786") == "tcp://[::1]:8786"


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cluster.ANSWER_S == 5.0
    monkeypatch.setattr(cluster, "ANSWER_S", 1.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"dask://127.0.0.1:{free.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(RaabtaError, match=f"no dask scheduler answered at {address} within 1 s"):
            cluster.refuse_unusable(address)
        assert time.monotonic() - began < cluster.ANSWER_S + 2.0


def test_something_else_answers(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the call and stays silent, and a dask worker."""
    monkeypatch.setattr(cluster, "ANSWER_S", 1.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(RaabtaError, match="no dask scheduler answered"):
            cluster.refuse_unusable(f"dask://127.0.0.1:{silent.getsockname()[1]}")
    from distributed import Client

    with Client(machines.address.replace("dask://", "tcp://"), set_as_default=False) as client:
        worker = next(iter(client.nthreads())).replace("tcp://", "dask://")
    with pytest.raises(RaabtaError, match="what answers there is a worker"):
        cluster.refuse_unusable(worker)


def test_a_scheduler_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ANSWER_S", 1.0)
    with (
        Machines(tmp_path) as started,
        pytest.raises(RaabtaError, match=r"has no worker\. Start some .*`dask worker tcp://127"),
    ):
        cluster.refuse_unusable(started.address)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(
        RaabtaError, match=r"`distributed`, which is not installed: pip install 'raabta\[cluster\]'"
    ):
        cluster.refuse_unusable("dask://127.0.0.1:8786")


def test_the_engine_does_not_import_dask_until_it_is_asked() -> None:
    code = (
        "import sys, raabta.engine.runner; sys.exit(any(m in sys.modules for m in ('dask', 'distributed')))"
    )
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ}).returncode == 0
