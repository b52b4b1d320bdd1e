"""Cameras: windows against the definition second by second, images, what came of them, bad input."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from raabta.base import tables
from raabta.base.rotations import rotation
from raabta.missions import camera as cameras
from raabta.missions import images
from raabta.missions.camera import BEGIN, CAMERA, END, LIT, TARGET
from raabta.missions.model import Mission, prepare
from raabta.missions.run import Answer, ask
from raabta.scenario.cameras import Camera
from raabta.scenario.loader import load_any
from raabta.scenario.missions import MissionScenario

DAY_S = 86_400.0
ONE: dict[str, Any] = {
    "name": "camera",
    "craft": "ICUBE-Q",
    "across_deg": 30.0,
    "along_deg": 20.0,
    "pixels_across": 1_000,
    "pixels_along": 1_000,
    "image_mb": 0.4,
    "destination": "Kashi",
}
PLACES = [
    {"name": "Moscoviense", "frame": "MOON_ME", "latitude_deg": 27.3, "longitude_deg": 148.1},
    {"name": "Copernicus", "frame": "MOON_ME", "latitude_deg": 9.6, "longitude_deg": -20.1},
    {
        "name": "Orientale",
        "frame": "MOON_PA",
        "latitude_deg": -19.4,
        "longitude_deg": -92.8,
        "height_m": 2_000.0,
    },
    {"name": "Pole", "frame": "MOON_ME", "latitude_deg": -89.9, "longitude_deg": 0.0},
]


def scenario(duration_s: float = DAY_S, **changes: Any) -> MissionScenario:
    """A day of the lunar cubesat with one camera."""
    said = load_any("icube-q", duration_s=duration_s).model_dump()
    return MissionScenario.model_validate(said | {"cameras": [ONE], "targets": PLACES} | changes)


@pytest.fixture(scope="module")
def cubesat() -> Mission:
    return prepare(scenario())


@pytest.mark.parametrize("pointing", ["target", "nadir", "limb"])
def test_windows_are_the_definition(cubesat: Mission, pointing: str) -> None:
    one = ONE | {"pointing": pointing, "off_nadir_max_deg": 25.0, "emission_max_deg": 80.0}
    said = cubesat.scenario.model_copy(update={"cameras": (Camera.model_validate(one),)})
    ready = replace(cubesat, scenario=said)
    rows = cameras.windows_of(ready, ready.day(0))
    times = np.arange(0.0, DAY_S, 20.0)
    seen, lit = defined(ready, times)
    for target in range(len(PLACES)):
        for state, held in ((0.0, seen[:, target]), (1.0, seen[:, target] & lit[:, target])):
            own = rows[(rows[:, TARGET] == target) & (rows[:, LIT] == state)]
            inside = (own[:, BEGIN] <= times[:, None]) & (times[:, None] < own[:, END])
            assert (inside.any(axis=1) == held).all()
            for edge in own[:, [BEGIN, END]].ravel():
                if 0.0 < edge < DAY_S:
                    near, lights = defined(ready, edge + np.array([-2e-3, 2e-3]))
                    state_at = near[:, target] & (lights[:, target] | (state == 0.0))
                    assert state_at[0] != state_at[1]
    assert len(rows) > 2


def defined(ready: Mission, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each target is in view of the camera, and lit, (t, n): angles, one after the other."""
    one, at = ready.scenario.cameras[0], ready.utc(times)
    craft = ready.positions_km(ready.nodes.named("ICUBE-Q"), at, "MOON_ME")[:, :, 0]
    ahead = ready.positions_km(ready.nodes.named("ICUBE-Q"), ready.utc(times + 0.5), "MOON_ME")[:, :, 0]
    behind = ready.positions_km(ready.nodes.named("ICUBE-Q"), ready.utc(times - 0.5), "MOON_ME")[:, :, 0]
    sun = ready.positions_km(np.array([ready.sun]), at, "MOON_ME")[:, :, 0]
    far = np.linalg.norm(craft, axis=1)
    seen, lit = np.empty((2, len(times), len(PLACES)), np.bool_)
    for number, place in enumerate(cameras.targets_km(ready)):
        ray = place - craft
        emission = angle(-ray, np.broadcast_to(place, ray.shape))
        lit[:, number] = (
            angle(sun - place, np.broadcast_to(place, ray.shape)) <= 90.0 - one.sun_elevation_min_deg
        )
        if one.pointing == "target":
            held = angle(ray, -craft) <= one.off_nadir_max_deg
        else:
            side = np.cross(-craft, ahead - behind)
            side /= np.linalg.norm(side, axis=1)[:, None]
            forward = np.cross(side, -craft / far[:, None])
            down = np.degrees(np.arctan2((ray * forward).sum(axis=1), -(ray * craft).sum(axis=1) / far))
            tilt = np.degrees(np.arcsin(1_737.4 / far)) if one.pointing == "limb" else 0.0
            depth = np.hypot((ray * forward).sum(axis=1), (ray * craft).sum(axis=1) / far)
            depth *= np.cos(np.radians(down - tilt))
            across = np.degrees(np.arctan2((ray * side).sum(axis=1), depth))
            held = (np.abs(down - tilt) <= 0.5 * one.along_deg) & (np.abs(across) <= 0.5 * one.across_deg)
        seen[:, number] = held & (emission <= one.emission_max_deg)
    return seen, lit


def angle(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    cross = np.linalg.norm(np.cross(one, other), axis=1)
    return np.degrees(np.arctan2(cross, (one * other).sum(axis=1)))


def test_targets_stand_in_the_frame_that_they_name(cubesat: Mission) -> None:
    place = cameras.targets_km(cubesat)[2]
    assert np.linalg.norm(place) == pytest.approx(1_739.4, abs=1e-9)
    back = rotation("MOON_ME", "MOON_PA", cubesat.start)[0] @ place
    assert math.degrees(math.atan2(back[1], back[0])) == pytest.approx(-92.8, abs=1e-9)
    assert math.degrees(math.atan2(place[1], place[0])) != pytest.approx(-92.8, abs=1e-3)


def window(camera: int, target: int, begin: float, end: float) -> list[float]:
    return [camera, target, 1.0, begin, end]


def test_images_are_apart_and_go_to_the_targets_of_higher_priority(cubesat: Mission) -> None:
    two = [ONE | {"images_per_pass": 3, "cadence_s": 100.0}, ONE | {"name": "other", "cadence_s": 60.0}]
    places = [place | {"priority": priority} for place, priority in zip(PLACES, (0, 5, 1, 1), strict=True)]
    ready = prepare(scenario(cameras=two, targets=places))
    rows = np.array(
        [window(0, 0, 1_000.0, 1_150.0), window(0, 1, 1_000.0, 1_250.0), window(1, 0, 1_100.0, 9_000.0)]
    )
    taken = images.images_of(ready, rows)
    times = np.array([one.time_s for one in taken])
    assert (np.diff(times) >= 100.0).all()  # the longer of two cadences of one craft
    assert sum(one.target == 1 for one in taken) == 3  # all that fit: 0, 100 and 200 s into it
    assert [one.target for one in taken if one.camera == 1] == [0]
    fates = [("home", 1.0)] * len(taken)
    why = [told.why for told in images.targets_of(ready, rows, taken, fates)]
    assert why == ["", "", "never in view", "never in view"]


def test_an_image_is_taken_where_its_sample_is_finest(cubesat: Mission) -> None:
    rows = cameras.windows_of(cubesat, cubesat.day(0))
    lit = rows[(rows[:, LIT] > 0.0) & (rows[:, CAMERA] == 0)]
    taken = images.images_of(cubesat, lit)
    seen, outlines = images.views_of(cubesat, taken)
    assert len(taken) == len(lit) > 0
    for row in lit:
        number = next(k for k, one in enumerate(taken) if row[BEGIN] <= one.time_s < row[END])
        grid = [
            images.Image(0, int(row[TARGET]), time) for time in np.linspace(row[BEGIN], row[END] - 1e-3, 40)
        ]
        others = images.views_of(cubesat, grid)[0]["ground_sample_m"]
        assert seen["ground_sample_m"][number] <= min(others) * 1.02  # looked at every 15 s
    assert all(5.0 <= sun <= 90.0 for sun in seen["sun_elevation_deg"])
    assert all(off <= 30.0 and slant <= 70.0 for off, slant in
               zip(seen["off_nadir_deg"], seen["emission_deg"], strict=True))  # fmt: skip
    assert set(outlines["image"]) == set(range(len(taken)))


def test_a_pixel_on_the_ground() -> None:
    one = Camera.model_validate(ONE)
    sample = 2.0 * math.tan(math.radians(15.0)) / 1_000 * 200e3
    assert images.ground_sample_m(one, 200.0, 0.0) == pytest.approx(sample)
    assert images.ground_sample_m(one, 200.0, 60.0) == pytest.approx(2.0 * sample)
    pixels = {"pixels_across": None, "pixels_along": None}
    other = Camera.model_validate(ONE | pixels | {"ground_sample_m": 50.0, "ground_sample_height_km": 100.0})
    assert images.ground_sample_m(other, 200.0, 0.0) == pytest.approx(100.0)


@pytest.fixture(scope="module")
def week() -> Answer:
    return ask(load_any("icube-q", duration_s=4.0 * DAY_S))


def test_tables_of_images_are_as_declared_and_add_up(week: Answer) -> None:
    declared = {"images.csv": tables.MISSION_IMAGES, "targets.csv": tables.MISSION_TARGETS,
                "footprints.csv": tables.MISSION_FOOTPRINTS}  # fmt: skip
    for name, table in declared.items():
        tables.check(week.tables[name], table)
    rows, targets = week.tables["images.csv"], week.tables["targets.csv"]
    told = week.summary["images"]
    assert sum(one["images"] for one in told) == rows.sizes["row"] == int(targets["images"].sum()) > 20
    assert (
        sum(one["home"] for one in told)
        == int((rows["fate"].values == "home").sum())
        == int(targets["home"].sum())
    )
    data = {one["flow"]: one for one in week.summary["data"]}
    for camera in ("wide camera", "narrow camera"):
        own = (rows["camera"].values == camera).sum()
        home = ((rows["camera"].values == camera) & (rows["fate"].values == "home")).sum()
        assert data[camera]["made_mb"] == pytest.approx(0.4 * own)
        assert data[camera]["delivered_mb"] == pytest.approx(0.4 * home)
        assert data[f"{camera}, thumbnails"]["made_mb"] == pytest.approx(0.01 * own)
    late = rows["home_s"].values - rows["start_s"].values
    assert np.nanmin(late) > 0.4 * 8.0 / 0.001  # 1 kbit/s
    assert set(week.tables["footprints.csv"]["image"].values) == set(range(rows.sizes["row"]))


def test_every_target_has_an_image_at_home_or_a_reason(week: Answer) -> None:
    targets = {one["target"]: one for one in week.summary["targets"]}
    for one in targets.values():
        assert bool(one["home"]) == (one["why"] == "") == (one["first_home_s"] is not None)
    assert (
        targets["Leibnitz-Beta (Chang'e-8)"]["why"] == "never in view"
    )  # 85 S, and an orbit of 43 S to 43 N
    assert targets["Copernicus"]["why"] == "dark"  # the near side at new Moon
    assert targets["Apollo basin (Chang'e-6)"]["home"] > 0


def test_a_queue_that_is_full_or_late_is_the_reason() -> None:
    cut = {"links": [], "data": [], "buffers_mb": {"ICUBE-Q": 0.5}, "battery": []}
    answer = ask(scenario(7_200.0, cameras=[ONE | {"images_per_pass": 3}], targets=PLACES[:1], **cut))
    rows = answer.tables["images.csv"]
    assert sorted(rows["fate"].values.tolist()) == ["on board", "queue full", "queue full"]
    assert answer.summary["targets"][0]["why"] == "queue full"
    short = ONE | {"images_per_pass": 3, "lifetime_s": 600.0}
    answer = ask(scenario(7_200.0, cameras=[short], targets=PLACES[:1], **cut | {"buffers_mb": {}}))
    assert set(answer.tables["images.csv"]["fate"].values) == {"too old"}
    long = ONE | {"images_per_pass": 3, "lifetime_s": 7_200.0}
    answer = ask(scenario(7_200.0, cameras=[long], targets=PLACES[:1], **cut | {"buffers_mb": {}}))
    assert set(answer.tables["images.csv"]["fate"].values) == {"on board"}  # too old only after the run


def test_windows_do_not_depend_on_midnight() -> None:
    whole = prepare(scenario())
    later = load_any("icube-q").time.model_copy(update={"duration_s": DAY_S})
    moved = later.model_copy(update={"start": later.start.replace(hour=20)})
    half = prepare(scenario(time=moved.model_dump()))
    first = cameras.windows_of(whole, whole.day(0))
    second = cameras.windows_of(half, half.day(0))
    shift = float((half.start - whole.start) / np.timedelta64(1, "s"))
    inside = first[(first[:, BEGIN] > shift + 1.0) & (first[:, END] < DAY_S - 1.0)]
    for row in inside:
        near = second[(second[:, :3] == row[:3]).all(axis=1)]
        assert np.abs(near[:, [BEGIN, END]] + shift - row[[BEGIN, END]]).max(axis=1).min() < 1e-3
    assert len(inside) > 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cameras": [ONE | {"across_deg": 180.0}]}, "less than 180"),
        ({"cameras": [ONE | {"along_deg": 0.0}]}, "greater than 0"),
        ({"cameras": [ONE | {"image_mb": -0.1}]}, "greater than 0"),
        ({"cameras": [ONE | {"pixels_along": None}]}, "give pixels_across and pixels_along"),
        ({"cameras": [ONE | {"ground_sample_m": 1.0}]}, "give pixels_across and pixels_along"),
        ({"cameras": [ONE | {"off_nadir_max_deg": 91.0}]}, "less than or equal to 90"),
        ({"cameras": [ONE | {"sun_elevation_min_deg": 90.0}]}, "less than 90"),
        ({"cameras": [ONE | {"images_per_pass": 0}]}, "greater than or equal to 1"),
        ({"cameras": [ONE | {"craft": "ICUBE"}]}, "did you mean 'ICUBE-Q'"),
        ({"cameras": [ONE | {"destination": "Kashgar"}]}, "nothing is called 'Kashgar'"),
        ({"cameras": [ONE, ONE]}, "the name 'camera' stands twice"),
        ({"cameras": []}, "give both, or neither"),
        ({"targets": []}, "give both, or neither"),
        ({"targets": [PLACES[0], PLACES[0]]}, "the name 'Moscoviense' stands twice"),
        ({"targets": [{"name": "Plato", "latitude_deg": 51.6, "longitude_deg": -9.4}]}, "frame"),
        ({"targets": [PLACES[0] | {"frame": "WGS84"}]}, "MOON_ME"),
        ({"targets": [PLACES[0] | {"latitude_deg": 91.0}]}, "less than or equal to 90"),
        ({"cameras": [ONE | {"craft": "Slot"}], "craft": [{"name": "Slot", "geostationary_deg": 77.0}],
          "links": [], "light": [], "tracks": [], "data": [], "buffers_mb": {}, "battery": []},
         "Slot is no orbiter about the Moon"),
    ],
)  # fmt: skip
def test_cameras_that_cannot_be_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        scenario(**changes)
