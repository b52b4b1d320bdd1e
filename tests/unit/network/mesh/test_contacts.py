"""The contact plan: the passes' own edges, in both directions, and nothing that contradicts itself."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import dense_passes as dense
import numpy as np
import pytest

from raabta.access import visibility
from raabta.access.passes import find_contacts, find_passes
from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.base.tables import CONTACTS, check
from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.network.mesh.contacts import ContactPlan, Leg, contact_plan, find_fault
from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

START = dense.START
SPAN_S = 7_200.0
STATIONS = ("Karachi", "Lahore, Punjab")


@cache
def fleet():
    shell = Shell(altitude_km=550.0, inclination_deg=53.0, planes=12, satellites_per_plane=12, phasing=1)
    return Propagator.from_elements(walker(shell, START), START)


@cache
def stations():
    return visibility.sites(np.array([24.86, 31.55]), np.array([67.0, 74.34]), np.zeros(2), 10.0)


@cache
def passes():
    return find_passes(stations(), fleet(), START, SPAN_S)


@cache
def plan(down=100.0, up=20.0):
    lasers = find_contacts([0, 1, 5], [12, 13, 80], fleet(), START, SPAN_S)
    nodes = (*STATIONS, *fleet().names)
    return contact_plan(nodes, [Leg(passes(), 0, 2, down, up), Leg(lasers, 2, 2, 1_000.0, 1_000.0)])


def test_it_is_the_declared_table():
    check(plan().dataset(), CONTACTS)
    assert find_fault(plan()) is None


def test_the_contacts_are_the_passes_edge_for_edge_in_both_directions():
    found, own = plan(), passes()
    for sender, receiver, rate in (("satellite", "site", 100.0), ("site", "satellite", 20.0)):
        of = {"site": own.site, "satellite": own.satellite + 2}
        rows = np.flatnonzero(found.rate_mbps == rate)
        ours = sorted(
            zip(
                found.start_s[rows],
                found.end_s[rows],
                found.from_node[rows],
                found.to_node[rows],
                strict=True,
            )
        )
        assert ours == sorted(zip(own.rise_s, own.set_s, of[sender], of[receiver], strict=True))
    assert (np.diff(found.start_s) >= 0.0).all()
    lasers = found.rate_mbps == 1_000.0
    assert lasers.sum() >= 4 and (found.from_node[lasers] >= 2).all() and (found.to_node[lasers] >= 2).all()


def test_a_sender_can_send_exactly_when_the_stepped_view_sees_it():
    """Every 15 s: in view if and only if inside a contact, but for a tenth of a second around its edges."""
    found, disc = plan(), visibility.bounding_disc(stations().km)
    times_s = np.arange(0.0, SPAN_S + 1.0, 15.0)
    seen = 0
    for time_s, position_km in zip(times_s, fleet().positions_km(dense.utc(times_s)), strict=True):
        view = visibility.observe(stations(), disc, position_km, min_elevation_deg=10.0)
        site = np.repeat([0, 1], np.diff(view.start))
        stepped = set(zip((view.near[view.satellite] + 2).tolist(), site.tolist(), strict=True))
        own = (found.to_node < 2) & (found.start_s <= time_s) & (time_s <= found.end_s)
        planned = set(zip(found.from_node[own].tolist(), found.to_node[own].tolist(), strict=True))
        near = (np.abs(found.start_s - time_s) < 0.1) | (np.abs(found.end_s - time_s) < 0.1)
        edge = set(zip(found.from_node[near].tolist(), found.to_node[near].tolist(), strict=True))
        assert (stepped ^ planned) <= edge
        seen += len(stepped)
    assert seen > 500


def test_light_times_are_the_distances_by_the_speed_of_light():
    found = plan()
    for row in range(0, len(found), 7):
        ends = dense.utc(np.array([found.start_s[row], found.end_s[row]]))
        position_km = np.concatenate(
            [np.broadcast_to(stations().km.T, (2, 3, 2)), fleet().positions_km(ends)], axis=2
        )
        offset = position_km[:, :, found.from_node[row]] - position_km[:, :, found.to_node[row]]
        light_s = np.linalg.norm(offset, axis=1) / SPEED_OF_LIGHT_KM_S
        assert found.light_time_start_s[row] == pytest.approx(light_s[0], abs=1e-8)
        assert found.light_time_end_s[row] == pytest.approx(light_s[1], abs=1e-8)


def test_rates_may_follow_the_passes_and_a_direction_without_one_is_left_out():
    one_way = contact_plan(
        (*STATIONS, *fleet().names), [Leg(passes(), 0, 2, lambda p: 1e5 / p.min_range_km, 0.0)]
    )
    assert len(one_way) == len(passes()) and (one_way.to_node < 2).all()
    expected = np.sort(1e5 / passes().min_range_km)
    np.testing.assert_array_equal(np.sort(one_way.rate_mbps), expected)


@pytest.mark.parametrize("rate", [np.nan, -1.0, np.inf, lambda p: np.full(len(p), np.nan)])
def test_rates_that_are_none_are_refused(rate):
    with pytest.raises(OutOfRangeError, match=r"a rate, Mbps is .*; valid: 0 or more, finite"):
        contact_plan((*STATIONS, *fleet().names), [Leg(passes(), 0, 2, rate, 1.0)])


def test_what_is_no_plan_is_refused():
    names = (*STATIONS, *fleet().names)
    with pytest.raises(RaabtaError, match="made of the intervals of one kind of link or more"):
        contact_plan(names, [])
    with pytest.raises(RaabtaError, match="counted from different starts"):
        later = replace(passes(), start=START + np.timedelta64(1, "s"))
        contact_plan(names, [Leg(passes(), 0, 2, 1.0, 1.0), Leg(later, 0, 2, 1.0, 1.0)])
    with pytest.raises(RaabtaError, match="rates of shape"):
        contact_plan(names, [Leg(passes(), 0, 2, lambda p: np.ones(3), 1.0)])
    with pytest.raises(OutOfRangeError, match=r"from_node is 1\d\d; valid: 0 to 99, the nodes"):
        contact_plan(names[:100], [Leg(passes(), 0, 2, 1.0, 1.0)])
    with pytest.raises(OutOfRangeError, match="a node's name is 'Karachi'; valid: each once"):
        contact_plan(("Karachi", "Karachi", *fleet().names), [Leg(passes(), 0, 2, 1.0, 1.0)])
    with pytest.raises(OutOfRangeError, match="valid: no overlap with another of the two, "):
        contact_plan(names, [Leg(passes(), 0, 2, 1.0, 1.0), Leg(passes(), 0, 2, 1.0, 1.0)])


def broken(**changed) -> ContactPlan:
    """A plan of one contact, a part of it wrong."""
    good = {
        "start": START, "nodes": ("A", "B"), "start_s": [0.0], "end_s": [9.0],
        "from_node": [0], "to_node": [1],
        "light_time_start_s": [0.1], "light_time_end_s": [0.2], "light_time_min_s": [0.1],
        "light_time_max_s": [0.2], "rate_mbps": [1.0],
    }  # fmt: skip
    given = {
        name: np.array(value) if isinstance(value, list) else value
        for name, value in (good | changed).items()
    }
    return ContactPlan(**given)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"end_s": [0.0]}, "end_s"),
        ({"end_s": [np.nan]}, "end_s"),
        ({"start_s": [np.nan]}, "start_s"),
        ({"start_s": [-1.0]}, "start_s"),
        ({"to_node": [0]}, "the receiver"),
        ({"to_node": [2]}, "to_node"),
        ({"from_node": [-1]}, "from_node"),
        ({"rate_mbps": [0.0]}, "rate_mbps"),
        ({"rate_mbps": [np.nan]}, "rate_mbps"),
        ({"light_time_end_s": [0.3]}, "light_time_end_s"),
        ({"light_time_min_s": [-0.1]}, "light_time_min_s"),
        ({"light_time_max_s": [np.nan]}, "light_time_start_s"),
        ({"nodes": ("A", " B")}, "a node's name"),
        ({"nodes": ("A", "B\nB")}, "a node's name"),
    ],
)
def test_every_fault_is_found(changed, what):
    assert find_fault(broken()) is None
    fault = find_fault(broken(**changed))
    assert fault is not None and fault.what == what
