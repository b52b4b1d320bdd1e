"""One placed Pakistan for the service tests."""

from __future__ import annotations

import pytest

from raabta.access.cells import cells
from raabta.scenario.models import Area, Demand, Scenario, Sharing, Terminal, Terrestrial
from raabta.service.data import towns
from raabta.service.people import area_points, place

TERMINAL = Terminal(
    terminal_class="household", label="test", dish_m=0.6, g_over_t_dbk=10.0, noise_temperature_k=200.0,
    eirp_dbw=40.0, carrier_mhz=20.0, electric_power_w=60.0, cost_class="low", share=1.0,
)  # fmt: skip


def scenario_of(country="PAK", seed=2026, terrestrial=None, sharing=None, **area):
    """A scenario as far as people are concerned: area, demand, sharing and seed."""
    return Scenario.model_construct(
        name="test", seed=seed, area=Area(country=country, **area), sharing=sharing or Sharing(),
        demand=Demand(terminals=(TERMINAL,), terrestrial=terrestrial or Terrestrial()),
    )  # fmt: skip


def placed(scenario):
    """The cells and the people of a scenario."""
    listed = towns(scenario.area.country)
    inside = scenario.area.outline_file is None
    ours = cells(scenario.area, *((listed.latitude_deg, listed.longitude_deg) if inside else ([], [])))
    return ours, *place(scenario, ours)


@pytest.fixture(scope="session")
def make_scenario():
    return scenario_of


@pytest.fixture(scope="session")
def put():
    return placed


@pytest.fixture(scope="session")
def pakistan():
    return placed(scenario_of())


@pytest.fixture(scope="session")
def pakistan_places():
    return area_points(scenario_of())[0]
