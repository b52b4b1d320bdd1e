"""The map of what cameras saw, and what a page says of targets."""

from __future__ import annotations

import re

import numpy as np
import pytest

from raabta.missions.run import run
from raabta.missions.stored import Stored, open_run
from raabta.report import mission_images, mission_maps, mission_page
from raabta.report.mission_words import answers, tables
from raabta.scenario.loader import load_any


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    folder = tmp_path_factory.mktemp("images")
    run(load_any("icube-q", duration_s=172_800.0), folder, workers=1)
    return open_run(folder)


def test_every_image_is_on_the_map_of_its_camera(stored: Stored) -> None:
    found = mission_images.maps(stored)
    assert [name.split(":")[0] for name, _ in found] == ["Wide camera", "Narrow camera"]
    own = [row for row in stored.rows("images.csv") if row["camera"] == "narrow camera"]
    assert f"its {len(own)} images" in found[1][0]
    assert found[1][1].count("fill-opacity") >= len(own) > 5
    for target in stored.scenario.targets:
        assert target.name.replace("'", "&#x27;") in found[1][1] or target.name in found[1][1]
    assert "What cameras saw" in mission_page.render(stored)


def test_a_page_says_what_came_home_or_why_not(stored: Stored) -> None:
    told = {one["camera"]: one for one in stored.summary["images"]}["narrow camera"]
    assert any(
        line.startswith(f"Narrow camera: {told['home']} of {told['images']} images are home")
        for line in answers(stored)
    )
    table = next(shown for shown in tables(stored) if shown.title == "Targets of the cameras")
    rows = {row[0]: row for row in table.rows}
    assert rows["Copernicus"][-1] == "in view only while dark"
    assert rows["Leibnitz-Beta (Chang'e-8)"][-1] == "never in view"
    assert rows["Mare Moscoviense"][-1] == "" and int(rows["Mare Moscoviense"][5]) > 0


def corners(drawn: str) -> list[np.ndarray]:
    paths = re.findall(r' d="M([^"]*)z"', drawn)
    return [np.array([[float(v) for v in pair.split()] for pair in path.split("L")]) for path in paths]


def test_a_patch_over_the_edge_of_the_map_is_drawn_on_both_sides() -> None:
    found = corners(
        mission_maps.patch(np.array([0.0, 10.0, 10.0, 0.0]), np.array([170.0, 170.0, -170.0, -170.0]))
    )
    assert len(found) == 2
    assert all(np.ptp(each[:, 0]) < 100.0 for each in found)
    assert found[0][:, 0].min() < 0.0 < found[0][:, 0].max()
    assert found[1][:, 0].min() < mission_maps.WIDTH < found[1][:, 0].max()


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_patch_round_a_pole_goes_to_the_edge_of_the_map(side: float) -> None:
    longitude = np.arange(-180.0, 180.0, 30.0)
    (found,) = corners(mission_maps.patch(np.full(12, side * 70.0), longitude))
    x, y = found.T
    assert x.min() < 0.0 and x.max() > mission_maps.WIDTH
    pole, rim = mission_maps.pixels(side * 90.0, 0.0)[1], mission_maps.pixels(side * 70.0, 0.0)[1]
    assert set(np.round(y, 1)) == {round(float(pole), 1), round(float(rim), 1)}
    inside = (x > 0.0) & (x < mission_maps.WIDTH)
    assert np.allclose(y[inside], rim, atol=0.06)  # no seam within the map


def test_ground_tracks_have_points_a_degree_apart(stored: Stored) -> None:
    rows = stored.curve("paths")
    latitude, longitude = np.radians(rows[:, 2]), np.radians(rows[:, 3])
    up = np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=1
    )
    apart = np.degrees(np.linalg.norm(np.diff(up, axis=0), axis=1))
    assert apart.max() <= 1.0 + 1e-6 and rows[-1, 1] == 86_400.0
    assert np.diff(rows[:, 1]).max() <= stored.scenario.time.step_s
