"""Who asks, in what order, and who competes."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.scenario.loader import load
from raabta.service.demand import competition_km, demand, priority, subscribers


@pytest.fixture(scope="module")
def scenario():
    return load("pakistan")


@pytest.fixture(scope="module")
def country(pakistan):
    return pakistan[0], pakistan[1]


@pytest.mark.parametrize("serve", ["underserved", "rural", "everyone"])
def test_subscribers_are_addressable_homes_times_take_up(scenario, country, serve):
    people = country[1]
    asked_for = scenario.demand.model_copy(update={"serve": serve, "take_up_share": 0.3})
    asked = subscribers(scenario.model_copy(update={"demand": asked_for}), people)
    column = {"underserved": "underserved", "rural": "rural", "everyone": "households"}[serve]
    assert asked.addressable_row.sum() == getattr(people, column).sum()
    assert asked.row == pytest.approx(0.3 * asked.addressable_row)
    assert asked.cell.sum() == pytest.approx(asked.row.sum())
    assert asked.addressable_cell == pytest.approx(people.by_cell()[column])
    assert asked.class_share.sum() == pytest.approx(1.0)


def test_active_homes_are_subscribers_over_contention(scenario, country):
    cells, people = country
    asked, made = subscribers(scenario, people), demand(scenario, people, cells)
    for j, terminal in enumerate(scenario.demand.terminals):
        assert made.active[:, j] == pytest.approx(asked.cell * terminal.share / terminal.contention_ratio)
    assert np.array_equal(made.subscribers, asked.cell)
    assert np.array_equal(made.people, people.by_cell()["population"])


def test_priority_holds_every_asking_cell_once_least_served_district_first(scenario, country):
    people = country[1]
    cell = subscribers(scenario, people).cell
    order = priority(people, cell)
    assert np.array_equal(np.sort(order), np.flatnonzero(cell > 0.0))
    sums = people.by_district()
    share = sums["underserved"] / np.maximum(sums["households"], 1)
    best = np.zeros(people.cells)
    np.maximum.at(best, people.row_cell, share[people.row_district])
    assert np.all(np.diff(best[order]) <= 1e-12)
    assert np.ptp(best[order]) > 0.2


def test_a_closed_market_does_not_compete(scenario, country):
    cells, people = country

    def competing(**markets):
        sharing = scenario.sharing.model_copy(update={"markets": markets})
        return demand(scenario.model_copy(update={"sharing": sharing}), people, cells).neighbour_people.sum()

    assert competing(IND="closed") < competing() == competing(IND="open")
    assert competing() - competing(IND="closed") > 5e8
    assert competing(IND="closed", CHN="closed") < competing(IND="closed")


def test_competition_reaches_as_far_as_two_footprint_radii():
    """A 500 km orbit at 25 degrees sees 7.8 degrees of arc: 868 km, and as far again."""
    system = load("pakistan").constellation
    km = competition_km(system)
    radius_km, altitude_km = 6378.137, 500.0
    angle = np.arccos(radius_km / (radius_km + altitude_km) * np.cos(np.radians(25.0))) - np.radians(25.0)
    assert km == pytest.approx(2.0 * angle * radius_km)
    assert 1_600.0 < km < 1_900.0
    higher = tuple(s.model_copy(update={"altitude_km": 1_200.0}) for s in system.shells)
    assert competition_km(system.model_copy(update={"shells": (*system.shells, *higher)})) > km
    assert competition_km(load("pakistan-starlink").constellation) > km
