"""The cell a user means: by town, district or index, and what is said when it is none of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from raabta.access.cells import cell_of
from raabta.base.errors import ScenarioError
from raabta.engine import chunks
from raabta.service import locate
from raabta.service.data import towns
from raabta.service.locate import find, over_the_run, telling_slots
from raabta.service.results import Results


def _town(name: str) -> int:
    known = towns("PAK")
    row = known.name.index(name)
    spot = slice(row, row + 1)
    return int(cell_of(known.latitude_deg[spot], known.longitude_deg[spot], 5)[0])


@pytest.fixture(scope="module")
def results() -> Results:
    """Three cells: Quetta's town and two of the district Kech, of which the second has more subscribers."""
    kech = cell_of(np.array([26.0, 26.4]), np.array([63.0, 63.4]), 5)
    h3 = np.array([_town("Quetta"), *kech], np.uint64)
    cells = xr.Dataset(
        {
            "h3": ("cell", h3),
            "district": ("cell", np.array([0, 1, 1], np.int16)),
            "subscribers": ("cell", np.array([900.0, 3.0, 5.0])),
        }
    )
    districts = xr.Dataset({"name": ("district", np.array(["Quetta", "Kech", "Lahore", "Hub"]))})
    scenario = SimpleNamespace(area=SimpleNamespace(country="PAK", cell_resolution=5))
    return Results(Path("runs/one"), scenario, {}, cells, districts, xr.Dataset(), xr.Dataset())


def test_a_town_comes_before_the_district_of_its_name(results: Results) -> None:
    found = find(results, place=" quetta ")
    assert (found.number, found.notes) == (0, ())
    assert find(results, cell=f"{_town('Quetta'):x}").number == 0


def test_a_district_names_its_cell(results: Results) -> None:
    found = find(results, place="Kech")
    assert found.number == 2
    cell = f"{int(results.cells['h3'][2]):x}"
    assert found.notes == (f"District Kech: the one of its cells with most subscribers, {cell}",)
    assert find(results, cell=cell).number == 2


def test_a_town_outside_the_run_is_said_and_its_district_tried(results: Results) -> None:
    moved = replace(results, cells=results.cells.isel(cell=[1, 2]))
    moved.cells["district"][:] = 0
    found = find(moved, place="Quetta")
    assert found.notes[0] == "The town of Quetta lies outside the cells of this run"
    assert found.notes[1].startswith("District Quetta: the one of its cells with most subscribers")


def test_a_town_outside_the_run_without_its_district(results: Results) -> None:
    with pytest.raises(ScenarioError) as caught:
        find(results, place="lahore")
    assert str(caught.value) == (
        "the town of Lahore lies outside the cells of this run, "
        "and no district with cells is called 'lahore'\n"
        "hint: name a place inside its area; "
        "`raabta report runs/one` writes districts.csv with every district"
    )


def test_a_near_name_is_suggested_once(results: Results) -> None:
    with pytest.raises(ScenarioError) as caught:
        find(results, place="Queta")
    assert str(caught.value).count("'Quetta'") == 1


def test_a_far_name_is_told_where_the_names_are(results: Results) -> None:
    with pytest.raises(ScenarioError) as caught:
        find(results, place="xqzxqzxqz")
    assert caught.value.hint == "`raabta report runs/one` writes districts.csv with every district"


@pytest.mark.parametrize(
    ("cell", "words"),
    [("quetta", "15 hexadecimal digits"), ("85", "is not one of the 3 cells"), ("f" * 17, "not one")],
)
def test_what_is_no_cell(results: Results, cell: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        find(results, cell=cell)


def test_what_binds_is_called_as_in_the_tables(results: Results) -> None:
    names = ("latitude_deg", "longitude_deg", "households", "underserved_households", "availability_share",
             "link_availability_share", "satellites_in_view", "geometry_outage_share", "rain_outage_share",
             "capacity_outage_share")  # fmt: skip
    cells = results.cells.assign({name: ("cell", np.ones(3)) for name in names})
    cells = cells.assign(
        served_households=(("cell", "plan"), np.ones((3, 3))),
        constraint_share=(("cell", "constraint"), np.full((3, 2), [0.25, 0.75])),
    ).assign_coords(constraint=["beam_time", "feeder"])
    districts = results.districts.assign(province=("district", np.array(["Balochistan"] * 4)))
    said = over_the_run(replace(results, cells=cells, districts=districts), 0)[-1]
    assert said.endswith(": Feeder link full or weak (feeder) 75.0%, Beams out of time (beam_time) 25.0%")


@pytest.mark.parametrize(
    ("down", "titles"),
    [
        ([0, 0, 0], ["A typical slot"]),
        ([4, 4, 4], ["A typical slot"]),
        ([4, 2, 4], ["A typical slot", "The worst slot"]),
    ],
)
def test_a_worst_slot_is_worse_than_a_typical_one(
    monkeypatch: pytest.MonkeyPatch, down: list[int], titles: list[str]
) -> None:
    monkeypatch.setattr(locate, "planned_rows", lambda folder, name: [])
    parts = [("one", {"down": np.array(down, np.uint16)[:, None]})]
    monkeypatch.setattr(chunks, "load_all", lambda folder, rows, only: iter(parts))
    slots = telling_slots(Path("x"), 0, "slots")
    assert [title for title, _ in slots] == titles
    assert slots[-1][1] == (1 if 2 in down else slots[0][1])
