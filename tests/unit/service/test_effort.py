"""What a run is said to take, against what it takes."""

from __future__ import annotations

import json
import time

import pytest

import raabta.pipeline as pipeline
from raabta.engine.arrays import encode
from raabta.network.chunk import run_chunk
from raabta.network.cost import measure
from raabta.scenario.loader import load
from raabta.service import cut, effort
from raabta.service.effort import estimate

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
    fixed_s = effort.PILOT_SLOT * 144 * cost.slot_s + cost.sums_bytes * effort.SUMMING_S_PER_BYTE
    assert half.seconds - fixed_s == pytest.approx((one.seconds - fixed_s) / 2)
    assert half.disk_bytes == pytest.approx(one.disk_bytes / 2, rel=0.1)
    assert two.memory_bytes > one.memory_bytes + 1.5e8
    elsewhere = estimate(network, keys, 64, elsewhere=True)
    assert elsewhere.memory_bytes < two.memory_bytes
