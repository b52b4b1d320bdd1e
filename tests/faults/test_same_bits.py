"""The same bits whatever the workers, the threads and the chunks, resumed or not: results and every slot."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

import raabta.pipeline as pipeline
from raabta.engine.verify import verify
from raabta.scenario.loader import load
from raabta.service import tested

LENGTHS = (20, 10, 5)
"""Of slots that remember within an epoch of twenty: the shorter chunks begin inside one."""


@pytest.fixture(scope="module", autouse=True)
def short_batches():
    """Twenty slots to a batch, so that a short run has a spread; chunks are added up in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tested, "BATCH_SLOTS", 20)
        yield


def scenario_of(name, box):
    """Seventy-five slots of two minutes: the last batch is not full, the sky changes all through."""
    return load(name, duration_s=75 * 120.0, step_s=120.0, outline_file=box)


def kept(folder):
    """Hash of the results and of all that is kept of every slot, however the chunks were cut."""
    digest = hashlib.sha256((folder / "results.npz").read_bytes())
    slots = pipeline.open_slots(folder)
    for name in sorted(str(name) for name in slots.data_vars):
        digest.update(np.ascontiguousarray(slots[name].values).tobytes())
    return digest.hexdigest()


class Stop(Exception):
    """Stands for an interruption, from the progress call."""


def run(scenario, folder, workers, length, resumed):
    """A run; a resumed one is broken off after two fifths and goes on with one worker more."""

    def stop(what, done, total):
        if what == "simulating slots" and done >= 0.4 * total:
            raise Stop

    if resumed:
        with pytest.raises(Stop):
            pipeline.run(scenario, folder, workers=workers, slots_per_chunk=length, progress=stop)
        assert 0 < len(list((folder / "chunks").iterdir())) < -(-75 // length)
    more = workers + 1 if resumed else workers
    pipeline.run(scenario, folder, workers=more, slots_per_chunk=None if resumed else length)
    assert len(list((folder / "chunks").iterdir())) == -(-75 // length)
    assert verify(folder) == []
    return kept(folder)


@pytest.fixture(scope="module")
def wanted(box, tmp_path_factory):
    """By scenario, made when it is first asked for: one worker, the longest chunks, nothing broken off."""
    found = {}

    def of(name):
        if name not in found:
            folder = tmp_path_factory.mktemp(name) / "run"
            found[name] = run(scenario_of(name, box), folder, 1, LENGTHS[0], False)
            totals = pipeline.open_run(folder).summary
            assert totals["sampling"]["independent_samples"] is not None, "there is a spread to compare"
            assert len(totals["rain_states"]) > 0
        return found[name]

    return of


QUICK = [(2, 10, True), (4, 5, False)]
ALL = [
    (w, k, r)
    for w in (1, 2, 4)
    for k in LENGTHS
    for r in (False, True)
    if (w, k, r) != (1, LENGTHS[0], False)
]


@pytest.mark.parametrize(("workers", "length", "resumed"), QUICK)
def test_other_workers_chunks_and_a_break(box, wanted, tmp_path, workers, length, resumed):
    name = "pakistan"
    assert run(scenario_of(name, box), tmp_path / "run", workers, length, resumed) == wanted(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pakistan", "pakistan-starlink"])
@pytest.mark.parametrize(("workers", "length", "resumed"), ALL)
def test_every_combination(box, wanted, tmp_path, name, workers, length, resumed):
    assert run(scenario_of(name, box), tmp_path / "run", workers, length, resumed) == wanted(name)


THREADED = """
import sys
from pathlib import Path
import raabta.pipeline as pipeline
from raabta.scenario.loader import load
from raabta.service import tested

if __name__ == "__main__":
    tested.BATCH_SLOTS = 20
    scenario = load("pakistan", duration_s=75 * 120.0, step_s=120.0, outline_file=Path(sys.argv[1]))
    pipeline.run(scenario, sys.argv[2], workers=1, slots_per_chunk=20)
    import numba
    print(numba.config.NUMBA_NUM_THREADS)
"""


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "2", "3"])
def test_other_threads(box, wanted, tmp_path, threads):
    names = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    done = subprocess.run(
        [sys.executable, "-c", THREADED, str(box), str(tmp_path / "run")],
        env={**os.environ, **dict.fromkeys(names, threads)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stdout) == (0, f"{threads}\n"), done.stderr
    assert kept(tmp_path / "run") == wanted("pakistan")


def test_a_folder_is_not_cut_in_two_ways(box, wanted, tmp_path):
    """Asked for other chunks than it has, a run is refused; asked for none, it keeps its own."""
    from raabta.base.errors import StoreError

    scenario = scenario_of("pakistan", box)
    with pytest.raises(Stop):

        def stop(what, done, total):
            if what == "simulating slots" and done:
                raise Stop

        pipeline.run(scenario, tmp_path / "run", workers=1, slots_per_chunk=10, progress=stop)
    with pytest.raises(StoreError, match="was begun with other chunks than of 20 slots"):
        pipeline.run(scenario, tmp_path / "run", workers=1, slots_per_chunk=20)
