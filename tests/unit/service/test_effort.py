"""What a run is said to take, against what it takes."""

from __future__ import annotations

import json
import time
import tracemalloc
from types import SimpleNamespace

import networks
import numpy as np
import pytest

import raabta.pipeline as pipeline
from raabta.engine.arrays import encode
from raabta.network.chunk import run_chunk
from raabta.network.cost import measure
from raabta.scenario.loader import load
from raabta.service import cut, effort
from raabta.service.effort import estimate
from raabta.service.gather import MAX_KEPT_BYTES
from raabta.service.tested import BLOCK_BYTES

BOX = [[66.8, 30.0], [67.5, 30.0], [67.5, 30.5], [66.8, 30.5], [66.8, 30.0]]
STEPS = 240


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    file = tmp_path_factory.mktemp("area") / "box.geojson"
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    scenario = load("pakistan", duration_s=STEPS * 15.0, outline_file=file)
    return pipeline.prepare_network(scenario, *pipeline.place_people(scenario))


def test_the_slots_take_about_what_a_few_of_them_say(network):
    said = measure(network)
    admitted = pipeline.admit_network(network)
    run_chunk(admitted, range(2))
    began = time.thread_time()
    kept = run_chunk(admitted, range(STEPS))
    took_s = time.thread_time() - began
    assert 1 / 3 < (said.slot_s * STEPS + said.chunk_s) / took_s < 3
    whole = estimate(network, cut.chunk_keys(STEPS, STEPS), 1)
    assert 1.0 < whole.disk_bytes / len(encode(kept, {})) < 6.0


def test_less_is_left_of_a_run_that_has_begun_and_more_workers_need_more_memory(network, monkeypatch):
    cost = measure(network)
    monkeypatch.setattr(effort, "measure", lambda network: cost)
    keys = cut.chunk_keys(STEPS, 24)
    one, two = estimate(network, keys, 1), estimate(network, keys, 2)
    half = estimate(network, keys[5:], 1)
    assert two.seconds < one.seconds and half.seconds < one.seconds
    classes = network.demand.active.shape[1]
    summing_s = cost.counts_bytes * (1 + classes) * effort.SUMMING_S_PER_BYTE
    fixed_s = effort._admission_s(network, cost) + summing_s
    assert half.seconds - fixed_s == pytest.approx((one.seconds - fixed_s) / 2)
    assert half.disk_bytes == pytest.approx(one.disk_bytes / 2, rel=0.1)
    assert two.memory_bytes > one.memory_bytes + 1e8
    elsewhere = estimate(network, keys, 64, elsewhere=True)
    assert elsewhere.memory_bytes < two.memory_bytes


def test_a_run_of_fewer_slots_than_are_timed_is_measured_as_a_longer_one_is():
    """A slot is told from what a chunk holds beside its slots. The only slot of a run has a storm too."""

    def of(steps):
        return measure(networks.build(networks.scenario(time={"duration_s": steps * 15.0})))

    long = of(20)
    assert long.slot_bytes > 0.0 and long.chunk_bytes > 0.0
    one, three = of(1), of(3)
    assert three.slot_bytes == long.slot_bytes < one.slot_bytes < 1.2 * long.slot_bytes
    for short in (one, three):
        assert short.slot_s > 0.0
        assert short.chunk_bytes == pytest.approx(long.chunk_bytes, rel=0.5)


MEMORY_FACTOR = 2.0


@pytest.mark.parametrize("rings", [6, 20])
def test_the_memory_of_a_worker_is_within_a_factor_of_what_is_traced(rings):
    """Making and coding a chunk of two classes, by the peak of its allocations."""
    classes = (networks.terminal(share=0.5), networks.terminal(terminal_class="community", share=0.5))
    made = networks.scenario(terminals=classes, time={"duration_s": 900.0})
    ready = networks.build(made, homes=20.0, where=networks.cells(rings=rings))
    longest = 24
    encode(run_chunk(ready, range(2)), {})
    tracemalloc.start()
    encode(run_chunk(ready, range(longest)), {})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    said = effort._worker_bytes(ready, measure(ready), longest, apart=False)
    assert 1 / MEMORY_FACTOR < peak / said < MEMORY_FACTOR


@pytest.mark.parametrize("cells", [3_500, 40_000, 400_000])
@pytest.mark.parametrize("steps", [5_760, 2_000_000])
def test_adding_up_takes_no_more_for_more_cells(cells, steps):
    """Histograms and round trips are held within budgets whatever the run; a chunk is cut to its own."""
    ready = SimpleNamespace(
        demand=SimpleNamespace(active=np.empty((cells, 4))),
        scenario=SimpleNamespace(time=SimpleNamespace(steps=steps)),
        plans=np.empty((3, 2)),
    )
    longest = cut.slots_per_chunk(cells, 10_000)
    most = effort.LIBRARIES_BYTES + BLOCK_BYTES + MAX_KEPT_BYTES + 2 * cut.CHUNK_BYTES
    assert effort._gather_bytes(ready, longest) <= most < 9e8
