"""Results kept and read back: what a folder must hold, and what it says when it does not."""

from __future__ import annotations

import networks
import numpy as np
import pytest

from raabta.base.errors import StoreError
from raabta.engine import arrays as coding
from raabta.network.chunk import run_chunk
from raabta.scenario.loader import load
from raabta.service import store
from raabta.service.demand import Subscribers
from raabta.service.gather import MAX_KEPT_BYTES, MAX_KEPT_SLOTS, kept_step
from raabta.service.served import expected_level
from raabta.service.tested import Block, Terms


def test_a_folder_without_a_finished_run_is_refused(tmp_path):
    with pytest.raises(StoreError, match=r"holds no finished run \(results.npz is missing\)"):
        store.read_results(tmp_path)


def test_a_damaged_results_file_is_a_store_error(tmp_path):
    (tmp_path / store.RESULTS).write_bytes(b"PK\x03\x04 not an archive")
    with pytest.raises(StoreError):
        store.read_results(tmp_path)


def test_results_of_other_tables_are_said_to_be_anothers(tmp_path, monkeypatch):
    """What an earlier raabta of the same version kept: whole by its hash, but with other columns."""
    written = coding.encode({"cells__h3": np.zeros(1, np.uint64)}, {"summary": "{}"})
    (tmp_path / store.RESULTS).write_bytes(written)
    monkeypatch.setattr(store, "_as_recorded", lambda folder, name: (folder / store.RESULTS).read_bytes())
    monkeypatch.setattr(store, "load", lambda file, files_needed: load("pakistan"))
    with pytest.raises(StoreError, match="results of another raabta, with other tables"):
        store.read_results(tmp_path)


def test_gather_thins_round_trips_of_runs_longer_than_a_day():
    network = networks.build(homes=10.0)
    for slots, step in ((1, 1), (MAX_KEPT_SLOTS, 1), (MAX_KEPT_SLOTS + 1, 2)):
        assert kept_step(slots, network.demand.subscribers.size) == step


def test_round_trips_of_many_cells_are_thinned_to_what_fits_in_memory():
    assert kept_step(MAX_KEPT_SLOTS, 23_000) == 1
    for slots, cells in ((MAX_KEPT_SLOTS, 40_000), (172_800, 3_500), (10, 10**9)):
        step = kept_step(slots, cells)
        assert 2 * cells * -(-slots // step) <= MAX_KEPT_BYTES or step == slots


def test_gather_weighs_the_design_plan():
    scene = networks.scenario(demand={"plan": "50/10"})
    network = networks.build(scene, homes=4_000.0)
    homes = network.demand.subscribers
    asked = Subscribers(homes, homes, homes, homes, np.ones(1))
    part = run_chunk(network, range(0, 2))
    found, tested = store.gather(scene, asked, networks.read(part), 2)
    assert found.slots == 2 and np.array_equal(found.weight, np.full(61, 4_000_000))
    terms = Terms(found.weight, 3, 1, np.ones(1), 0.99, 2)
    block = Block(terms, 0, 61)
    block.add(part)
    design = block.histogram()[:, 1]
    assert np.array_equal(tested.expected, expected_level(design, 2))
    assert not np.array_equal(tested.expected, expected_level(block.histogram()[:, 0], 2))


def test_link_fades_stand_for_both_statistics_at_every_gateway():
    rows = store.link_fades(networks.scenario())
    assert {row["place"] for row in rows} == {"Quetta", "Karachi", "Multan"}
    assert len(rows) == 3 * 2 * 2
    for row in rows:
        assert row["worst_month_db"] > row["annual_db"] > 0.0
    by_percent = {(r["place"], r["frequency_ghz"], r["exceedance_percent"]): r["annual_db"] for r in rows}
    assert by_percent["Quetta", 20.0, 0.3] > by_percent["Quetta", 20.0, 1.0]
    assert by_percent["Quetta", 30.0, 1.0] > by_percent["Quetta", 20.0, 1.0]
