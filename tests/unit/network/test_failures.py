"""Failures in the chain of broadband: what is out serves nobody, all else is as it was."""

from __future__ import annotations

import networks
import numpy as np
import pytest

from raabta.network.chunk import run_chunk, sky_at
from raabta.scenario.failures import parse


def network(*lines, **changes):
    scene = networks.scenario(**changes)
    return networks.build(scene.model_copy(update={"failures": tuple(map(parse, lines))}))


def same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_satellites_that_are_out_serve_nobody():
    used = np.unique(run_chunk(network(), range(8))["satellite"])
    lines = [f"satellite:{used[used >= 0][i]}" for i in (0, 1)]
    found = run_chunk(network(*lines), range(8))["satellite"]
    assert not np.isin(found, used[used >= 0][:2]).any()
    assert (found >= 0).any()


def test_satellites_that_are_out_are_as_if_they_did_not_exist():
    """A shell that is out against a constellation without it: the same service, bit by bit."""
    other = networks.SHELL.model_copy(update={"raan_offset_deg": 9.0})
    two = run_chunk(network("shell:2", shells=(networks.SHELL, other)), range(6))
    one = run_chunk(network(), range(6))
    for name in ("satellite", "gateway", "down", "up_ratio", "constraint_down", "visible", "handovers"):
        np.testing.assert_array_equal(one[name], two[name], err_msg=name)


def test_a_gateway_that_is_out_is_as_if_it_had_no_antenna():
    whole = network()
    found = run_chunk(network("gateway:Karachi"), range(8))
    assert (run_chunk(whole, range(8))["gateway"] == 1).any()
    assert not (found["gateway"] == 1).any()
    without = network()
    without.antennas[1] = 0
    same(found, run_chunk(without, range(8)))


def test_all_gateways_of_a_country_leave_nobody_served():
    found = run_chunk(network("country:PAK"), range(4))
    assert (found["satellite"] == -1).all() and not found["down"].any()


def test_a_gateway_is_out_in_its_time_alone():
    whole, part = network(), network("gateway:Karachi@60-120")
    theirs, ours = run_chunk(whole, range(12)), run_chunk(part, range(12))
    never = run_chunk(network("gateway:Karachi"), range(12))
    within = slice(4, 8)  # slots of 15 s
    for name in ("satellite", "gateway", "down"):
        np.testing.assert_array_equal(ours[name][:4], theirs[name][:4])
        np.testing.assert_array_equal(ours[name][within], never[name][within])
        np.testing.assert_array_equal(ours[name][8:], theirs[name][8:])
    assert not np.array_equal(ours["gateway"], theirs["gateway"])


@pytest.mark.parametrize("memory", [{}, {"memory_strength": 1.0, "handover_s": 0.1}])
def test_chunks_are_the_same_however_time_is_cut(memory):
    failing = network("gateway:Karachi@90-200", "satellites:20%@120-", sharing=memory)
    whole = run_chunk(failing, range(20))
    parts = [run_chunk(failing, part) for part in (range(7), range(7, 9), range(9, 20))]
    for name in ("satellite", "gateway", "down", "up_ratio"):
        np.testing.assert_array_equal(whole[name], np.concatenate([part[name] for part in parts]))


def test_without_failures_the_network_is_its_own_at_any_time():
    whole = network()
    assert whole.at(whole.propagator.start) is whole
    part = network("gateway:Karachi@60-120")
    assert part.at(whole.propagator.start) is part


def test_everything_may_be_out():
    found = run_chunk(network("satellites:100%"), range(4))
    assert (found["satellite"] == -1).all() and not found["down"].any()
    assert sky_at(network("shell:1"), 0).view.near.size == 0


def test_lasers_that_are_out_land_nothing():
    """All lasers out, against lasers that may not be longer than a kilometre: the same service."""
    grid, landing = {"lasers": {"pattern": "plus-grid"}}, {"landing": "lasers"}
    far = (networks.gateway("Muscat", 23.6, 58.5),)
    short = {"lasers": {"pattern": "plus-grid", "max_range_km": 1.0}}
    out = run_chunk(network("lasers:100%", system=grid, sharing=landing, gateways=far), range(4))
    none = run_chunk(network(system=short, sharing=landing, gateways=far), range(4))
    whole = run_chunk(network(system=grid, sharing=landing, gateways=far), range(4))
    same(out, none)
    assert (whole["satellite"] >= 0).sum() > (out["satellite"] >= 0).sum()
    part = run_chunk(network("lasers:100%@30-", system=grid, sharing=landing, gateways=far), range(4))
    np.testing.assert_array_equal(part["down"][:2], whole["down"][:2])
    np.testing.assert_array_equal(part["down"][2:], out["down"][2:])
