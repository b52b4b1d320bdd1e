"""A chunk of slots: a pure function, the same however time is cut."""

from __future__ import annotations

import pickle
from itertools import pairwise

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from raabta.network import record_kernels
from raabta.network.admission import admit, pilot_slots
from raabta.network.chunk import pack_lacks, run_chunk, slot_times, unpack
from raabta.network.constraints import CONSTRAINTS
from raabta.network.epochs import EPOCH_SLOTS
from raabta.network.model import SLOT_UNIT
from raabta.network.past import remembers
from raabta.scenario.models import Scenario


@pytest.fixture(scope="module", params=["forgets", "remembers", "equal, remembers"])
def network(request):
    """Fewer promised than ask; with its memory a cell moves, waits for its handover and is made up for."""
    homes = np.random.default_rng(2).gamma(0.7, 900.0, 61).round()
    own = {"handover_s": 0.5, "memory_strength": 2.0} if "remembers" in request.param else {}
    own |= {"allocation": "equal"} if "equal" in request.param else {}
    return admit(networks.build(networks.scenario(radio=networks.payload(beams=2), sharing=own), homes=homes))


@pytest.fixture(scope="module")
def whole(network):
    """Two epochs and a half."""
    return run_chunk(network, range(0, 50))


def test_slots_start_where_the_scenario_says(network):
    times = slot_times(network, range(3, 5))
    assert times.tolist() == np.array(["2026-11-22T00:00:45", "2026-11-22T00:01:00"], "M8[ns]").tolist()


def test_the_same_bits_again_and_in_another_process_shape(network, whole):
    copy = pickle.loads(pickle.dumps(network))
    again = run_chunk(copy, range(0, 50))
    assert again.keys() == whole.keys()
    for name, values in whole.items():
        assert values.tobytes() == again[name].tobytes(), name


PER_SLOT = ("satellite", "gateway", "constraint_down", "constraint_up", "down", "up_ratio", "rtt")


CUTS = [
    (0, 7, 50),
    (0, 1, 2, 19, 20, 21, 50),
    (0, 40, 50),
    (0, 20, 40, 50),
    (*range(0, 50, 10), 50),
    (*range(0, 50, 5), 50),
    (*range(0, 50, 7), 50),
]


@pytest.mark.parametrize("cuts", CUTS)
def test_sums_and_slots_do_not_depend_on_the_cuts(network, whole, cuts):
    parts = [run_chunk(network, range(a, b)) for a, b in pairwise(cuts)]
    for name in PER_SLOT:
        assert np.array_equal(np.concatenate([part[name] for part in parts]), whole[name])
    for name in ("storms", "bounds"):
        assert np.array_equal(np.concatenate([part[name] for part in parts]), whole[name])
    kept = {*PER_SLOT, "storms", "bounds", "counts", "counts_index", "lacks", "lacks_index", "lacks_of"}
    for name in whole.keys() - kept:
        joined = [part[name] for part in parts]
        if name.endswith("satellites"):
            assert np.array_equal(np.concatenate(joined), whole[name])
        else:
            assert np.array_equal(np.sum(joined, axis=0), whole[name]), name
    assert all(np.array_equal(part["lacks_of"], whole["lacks_of"]) for part in parts), "one class"
    for name in ("counts", "lacks"):
        index, count = unpack(name, whole)
        dense = np.zeros(int(index.max(initial=-1)) + 1, np.int64)
        for part in parts:
            place, more = unpack(name, part)
            dense[place] += more
        assert np.array_equal(dense[index], count) and dense.sum() == count.sum(dtype=np.int64)


def test_what_is_kept_is_consistent(network, whole):
    lit = whole["satellite"] >= 0
    assert lit.any()
    assert np.array_equal(lit, whole["gateway"] >= 0) and np.all(whole["rtt"][lit] > 0)
    assert np.all(whole["down"][~lit] == 0) and np.all(whole["up_ratio"][~lit] == 0)
    asks = network.demand.subscribers > 0.0
    assert np.all(whole["constraint_down"][:, asks] >= 0)
    assert np.all(whole["constraint_down"][:, ~asks] == -1)
    assert np.array_equal(whole["code_count"].sum(axis=1), 50 * asks)
    assert whole["code_unserved"].max() <= 50 * SLOT_UNIT
    for k in range(len(CONSTRAINTS)):
        assert np.array_equal((whole["constraint_down"] == k).sum(axis=0), whole["code_count"][:, k])
    ask = network.demand.active.sum(axis=1) * network.plans[-1, 0]
    assert np.all(whole["down"] <= ask * 1.01)
    assert [row[0] for row in whole["storms"]] == list(range(0, 50, 4))


def test_handovers_are_counted_where_the_slot_before_is_known(whole):
    now, before = whole["satellite"][1:], whole["satellite"][:-1]
    known = np.arange(1, 50) % EPOCH_SLOTS != 0
    changed = (now >= 0) & (now != before) & known[:, None]
    assert np.array_equal(whole["handovers"], changed.sum(axis=0)) and changed.any()
    assert whole["followed"].tolist() == [known.sum()] == [47]


def test_slots_taken_apart_know_nothing_of_each_other(network):
    both, first = run_chunk(network, [7, 8], apart=True), run_chunk(network, [8], apart=True)
    assert both["followed"].tolist() == [0] and not both["handovers"].any()
    for name in PER_SLOT:
        assert np.array_equal(both[name][1], first[name][0])
    in_the_run = run_chunk(network, [8])
    same = all(np.array_equal(first[name], in_the_run[name]) for name in PER_SLOT)
    assert same is not remembers(network)


def test_the_last_gateway_fits_what_is_stored():
    """As many gateways as a scenario may have: every index must come back as it was."""
    most = Scenario.model_fields["gateways"].metadata[1].max_length
    far = [networks.gateway(f"far {k}", -40.0, 170.0) for k in range(most - 1)]
    made = networks.scenario(gateways=(*far, networks.gateway()))
    part = run_chunk(networks.build(made), range(4))
    used = np.unique(part["gateway"][part["satellite"] >= 0])
    assert used.tolist() == [most - 1]


def test_pilot_slots_are_spread_over_the_run():
    assert pilot_slots(5) == [0, 1, 2, 3, 4]
    spread = pilot_slots(5_760)
    assert len(spread) == 144 and spread[0] == 20 and spread[-1] == 5_740
    assert set(np.diff(spread)) == {40}


def test_admission_does_not_depend_on_threads_and_promises_shares():
    homes = np.random.default_rng(3).gamma(0.7, 900.0, 61).round()
    radio = networks.payload(beams=2)
    network = networks.build(networks.scenario(radio=radio), homes=homes)
    one, four = admit(network, 1), admit(network, 4)
    assert np.array_equal(one.admission.level, four.admission.level)
    assert np.array_equal(one.admission.order, four.admission.order)
    level = one.admission.level
    assert np.all((level >= 0.0) & (level <= 1.0)) and level.max() > 0.0
    assert np.any(level[homes > 0.0] == 0.0), "two beams cannot promise everybody"
    assert sorted(one.admission.order) == np.flatnonzero(homes > 0.0).tolist()
    promised = level[one.admission.order] > 0.0
    assert np.all(promised[: promised.sum()]), "the promised come first"


def test_equal_promises_nothing():
    network = networks.build(networks.scenario(sharing={"allocation": "equal"}))
    assert admit(network) is network


def test_what_classes_lack_is_kept_once_where_it_is_the_same():
    lacks = np.random.default_rng(1).integers(0, 3, (4, 105)).astype(np.uint32)
    lacks[3] = lacks[0]
    packed = pack_lacks([(np.flatnonzero(plane), plane[plane > 0]) for plane in lacks], 105)
    assert packed["lacks_of"].tolist() == [0, 1, 2, 0]
    index, count = unpack("lacks", packed)
    dense = np.zeros((3, 105), np.uint32)
    dense.reshape(-1)[index] = count
    assert np.array_equal(dense[packed["lacks_of"]], lacks)


def stored(rates):
    out = np.empty((1, rates.size), np.uint16)
    record_kernels.half_precision(rates[None], rates.view(np.uint32)[None], out)
    return out.view(np.float16)[0].astype(np.float64)


@given(hnp.arrays(np.float32, 20, elements=st.floats(2.0**-14, 65_000.0, width=32)))
def test_a_stored_rate_keeps_eight_bits_to_the_nearest(rates):
    kept = stored(rates)
    fraction, exponent = np.frexp(rates.astype(np.float64))
    assert np.array_equal(kept, np.ldexp(np.rint(fraction * 256) / 256, exponent)), "halves to even"


def test_stored_rates_at_the_ends_of_half_precision():
    ends = np.array([0.0, 2.0**-24, 1.49 * 2.0**-24, 2.0**-14, 65_504.0, 65_535.0, 1e30], np.float32)
    assert stored(ends).tolist() == [0.0, 2.0**-24, 2.0**-24, 2.0**-14, 65_504.0, 65_504.0, 65_504.0]
    small = np.float32(2.0**-14) * np.linspace(0.0, 1.0, 999, dtype=np.float32)
    assert np.abs(stored(small) - small).max() <= 2.0**-25
