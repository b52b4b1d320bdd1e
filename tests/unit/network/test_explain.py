"""What `explain` prints of a slot: the class of most homes line by line, a line for each other."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import networks
import numpy as np
import pytest

from raabta.network import explain
from raabta.network.chunk import run_chunk, walk
from raabta.network.past import no_past
from raabta.network.slot import allocate


@pytest.fixture(scope="module")
def told():
    """A slot of a cell that a satellite serves, with three terminal classes; the second has most homes."""
    classes = (("household", 0.3), ("community", 0.6), ("institution", 0.1))
    terminals = tuple(
        networks.terminal(terminal_class=name, label=f"dish of a {name}", share=share)
        for name, share in classes
    )
    network = networks.build(networks.scenario(terminals=terminals))
    slots = (explain.explain_cell(network, 30, slot) for slot in range(network.scenario.time.steps))
    return next(found for found in slots if found.budgets)


def titles(lines):
    return [line.strip() for line in lines if line.startswith("  forward, ") or line.startswith("  return, ")]


def test_only_the_class_of_most_homes_is_told_line_by_line(told):
    lines = explain.lines(told)
    assert titles(lines) == ["forward, dish of a community", "return, dish of a community"]
    others = lines[lines.index("  The other terminal classes (--all prints their budgets)") + 1 :]
    assert [line.split(":")[0] for line in others] == ["    dish of a household", "    dish of a institution"]
    out, back = (f"C/N {b.cn_db:.1f} dB, {b.mode}, {b.rate_mbps:,.1f} Mbps" for b in told.budgets[:2])
    assert others[0] == f"    dish of a household: forward {out}; return {back}"


def test_all_classes_on_request(told):
    lines = explain.lines(told, all_classes=True)
    assert len(titles(lines)) == 6
    assert not any("--all" in line for line in lines)


def test_values_stand_in_one_column(told):
    shown = [line for line in explain.lines(told) if line.startswith(("    + ", "      "))]
    names = {line.name for budget in told.budgets for line in budget.lines}
    width = max(map(len, names))
    assert width > 24
    assert {float(line[6 + width : 6 + width + 11]) for line in shown}
    assert {line[6 + width + 11] for line in shown} == {" "}


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "0 %"), (0.0004, "< 0.1 %"), (0.013, "1.3 %"), (1.0, "100 %")]
)
def test_the_share_of_a_satellite_is_said_in_words(told, share, words):
    first = dataclasses.replace(told.candidates[0], share=share)
    line = explain.lines(dataclasses.replace(told, candidates=(first,)))[1]
    assert f", {words} of its capacity is this area's" in line


def test_what_binds_is_called_as_in_the_tables(told):
    found = dataclasses.replace(told, constraint_down="beam_time", constraint_up="demand_met")
    lines = explain.lines(found)
    assert any(line.startswith("  held back to homes: Beams out of time (beam_time); ") for line in lines)
    assert "  from homes: Demand met (demand_met); the cell has all it asks for" in lines


@pytest.mark.parametrize("density_dbw_mhz", [4.0, 20.0])
def test_the_budget_of_a_slot_names_the_cap_on_flux_and_agrees_with_what_was_allocated(density_dbw_mhz):
    radio = {"user_down_ghz": 11.2, "user_down_low_ghz": 10.7, "user_down_high_ghz": 11.7}
    radio |= {"user_up_ghz": 14.2, "eirp_density_dbw_mhz": density_dbw_mhz, "rf_power_w": 1e5}
    network = networks.build(networks.scenario(radio=networks.payload(**radio)))
    told = ((slot, explain.explain_cell(network, 30, slot)) for slot in range(network.scenario.time.steps))
    number, found = next((slot, cell) for slot, cell in told if cell.budgets)
    (seen,) = walk(network, [number])
    rated = seen.clear.geometry[30]
    loss_db = explain._clear_loss_db(network, 30, 0, float(rated[0]))[0]
    assert found.budgets[0].cn_db == pytest.approx(
        rated[3] + network.radio.terminal[0, 0] - loss_db, abs=1e-3
    )
    line = next(line for line in found.budgets[0].lines if line.name == "flux cap, Article 21")
    assert line.sums
    assert "dB(W/m2) in 1 MHz on the ground" in line.note
    assert line.value == 0.0 if density_dbw_mhz == 4.0 else line.value < -1.0
    assert any("flux cap, Article 21" in text for text in explain.lines(found))


@pytest.fixture(scope="module")
def remembering():
    """A network without promises that remembers: every cell is starved by turns and moves now and then."""
    own = {"handover_s": 1.5, "memory_strength": 2.0, "allocation": "equal"}
    homes = np.random.default_rng(5).gamma(0.7, 900.0, 61).round() + 1.0
    return networks.build(networks.scenario(radio=networks.payload(beams=2), sharing=own), homes=homes)


def test_a_slot_inside_an_epoch_is_told_as_it_was_run(remembering):
    kept, names = run_chunk(remembering, range(8)), remembering.propagator.names
    none = np.zeros(61, np.int64)
    differs = 0
    for seen in walk(remembering, range(8)):
        told = explain.explain_cell(remembering, 30, seen.slot)
        number = int(kept["satellite"][seen.slot, 30])
        assert [one.name for one in told.candidates if one.chosen] == [names[number]] * (number >= 0)
        assert (told.level, told.dwell) == (seen.clear.level[30], seen.clear.dwell[30])
        alone = allocate(remembering, seen.sky, none, past=no_past(remembering))
        differs += alone.level[30] != told.level
    assert differs > 4, "what it is told would be wrong without its past"


def test_the_handover_of_a_slot_is_told_with_what_it_took(remembering):
    rows = run_chunk(remembering, range(20))["satellite"][:, 30]
    told = [explain.explain_cell(remembering, 30, slot) for slot in range(20)]
    assert [one.handover is not None for one in told[1:]] == [
        bool(now >= 0 and now != old) for old, now in pairwise(rows)
    ]
    moved = next(slot for slot in range(1, 20) if rows[slot] >= 0 and 0 <= rows[slot - 1] != rows[slot])
    said = f"  handover: from {remembering.propagator.names[rows[moved - 1]]}; it takes 10 % of the slot"
    assert said in explain.lines(told[moved])
    assert any(one.handover is None and one.budgets for one in told), "a slot on the same satellite"
    unseen = "  handover: charged unseen, in the first slot of an epoch; it takes 10 % of the slot"
    assert unseen in explain.lines(told[0])
    weight = (
        f"  counts {told[5].weight_ratio:.2f} times in the surplus, for what it lacked in the slots before"
    )
    assert told[5].weight_ratio > 1.0 and weight in explain.lines(told[5])
    assert told[0].weight_ratio == 1.0 and not any("counts" in line for line in explain.lines(told[0]))
