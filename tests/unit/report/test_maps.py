import re
from dataclasses import replace
from xml.etree.ElementTree import Element

import numpy as np
import pytest
from defusedxml.ElementTree import fromstring

from raabta.report import maps, words
from raabta.service.results import Results

SVG = "{http://www.w3.org/2000/svg}"


def drawn(results: Results) -> dict[str, Element]:
    base = maps.ground(results)
    return {layer.name: fromstring(maps.draw(base, layer)) for layer in maps.layers(results)}


def texts(root: Element) -> list[str]:
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


def hexagons(root: Element) -> int:
    return sum(one.get("d", "").count("M") for one in root.iter(f"{SVG}path") if one.get("data-class"))


@pytest.fixture(scope="module")
def roots(results: Results) -> dict[str, Element]:
    return drawn(results)


def test_every_map_is_valid_and_draws_every_cell_once(results: Results, roots: dict[str, Element]) -> None:
    assert list(roots) == ["served", "availability", "rate", "binding"]
    for root in roots.values():
        assert hexagons(root) == results.cells.sizes["cell"]


def test_empty_cells_are_hatched(results: Results, roots: dict[str, Element]) -> None:
    nobody = int((results.cells["subscribers"].values == 0).sum())
    for name, root in roots.items():
        (path,) = [one for one in root.iter(f"{SVG}path") if one.get("data-class") == "nobody"]
        assert path.get("fill") == f"url(#nobody-{name})" and path.get("d", "").count("M") == nobody
        assert root.find(f".//{SVG}pattern[@id='nobody-{name}']") is not None
        assert "nobody asks" in texts(root)


def test_maps_have_a_scale_north_gateways_towns_and_neighbours(roots: dict[str, Element]) -> None:
    for root in roots.values():
        said = texts(root)
        assert any(re.fullmatch(r"\d+ km", one) for one in said) and "N" in said
        assert {"Karachi", "Quetta", "Peshawar"} <= set(said), "gateways of the scenario in the frame"
        assert "Sukkur" in said, "a town"
        assert "AFGHANISTAN" in said and "IRAN" in said
        assert len(list(root.iter(f"{SVG}polygon"))) >= 7


def test_legend_shares_are_of_the_homes_that_ask(results: Results) -> None:
    layer = maps.served(results)
    base = maps.ground(results)
    asked = results.cells["subscribers"].values
    weights = [asked[layer.index == i].sum() / asked.sum() for i in range(len(layer.labels))]
    assert sum(weights) == pytest.approx(1.0)
    said = texts(fromstring(maps.draw(base, layer)))
    for label, weight in zip(layer.labels, weights, strict=True):
        assert f"{label}{words.share(weight, 0)}" in said


def test_binding_map_names_only_what_binds(results: Results) -> None:
    layer = maps.binding(results)
    stored = results.cells["binding"].values
    assert len(layer.labels) == np.unique(stored[stored >= 0]).size
    assert ((layer.index < 0) == (stored < 0)).all()


def test_a_run_without_people_still_draws(make: object) -> None:
    empty = make(people=0.0)  # type: ignore[operator]
    for root in drawn(empty).values():
        assert {one.get("data-class") for one in root.iter(f"{SVG}path")} - {None} == {"nobody"}


def test_an_area_file_that_is_gone_leaves_the_cells(results: Results) -> None:
    area = results.scenario.area.model_copy(update={"outline_file": "/nowhere/area.geojson"})
    moved = replace(results, scenario=results.scenario.model_copy(update={"area": area}))
    root = fromstring(maps.draw(maps.ground(moved), maps.served(moved)))
    assert hexagons(root) == results.cells.sizes["cell"]
    assert "PAKISTAN" in texts(root) or "AFGHANISTAN" in texts(root)
