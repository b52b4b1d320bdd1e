"""Images that cameras of a mission take: of which target when, what each covers, and what came of it."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base.frames import fixed_to_geodetic
from raabta.missions import camera as cameras
from raabta.missions.camera import BEGIN, CAMERA, END, LIT, MOON, TARGET
from raabta.missions.footprints import footprint
from raabta.network.delay_tolerant.deliveries import FATES
from raabta.network.delay_tolerant.sources import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from raabta.missions.model import Mission
    from raabta.network.delay_tolerant.deliveries import Deliveries
    from raabta.scenario.cameras import Camera, Target

    Floats = NDArray[np.float64]

HOME, HELD, OLD, FULL = "home", "on board", "too old", "queue full"
"""What came of an image: delivered whole; held at the end of the run; past its lifetime; no room for it."""
_WORDS = dict(zip(FATES, (HELD, HOME, HELD, HELD, OLD, FULL), strict=True))
_WORST = (FULL, OLD, HELD, HOME)
LOOKS, MOST_LOOKS = 4, 400
"""Times that are looked at in a window: so many to a cadence, and in all."""
NEVER, DARK, BUSY = "never in view", "dark", "other images first"
"""Why there is no image of a target: no window; none with the Sun high enough; none that was free."""


@dataclass(frozen=True)
class Image:
    """One image: numbers of its camera and its target, s from the start of the run."""

    camera: int
    target: int
    time_s: float


def images_of(mission: Mission, windows: Floats) -> list[Image]:
    """The images that are taken, by time: in each lit window those of the finest ground sample.

    windows: joined rows of `camera.windows_of`. A craft takes one image at a time, the longest `cadence_s` of
    its cameras apart: targets of higher priority come first, then earlier windows.
    """
    scenario = mission.scenario
    found = []
    for craft in dict.fromkeys(one.craft for one in scenario.cameras):
        own = [number for number, one in enumerate(scenario.cameras) if one.craft == craft]
        apart_s = max(scenario.cameras[number].cadence_s for number in own)
        rows = [row for row in windows.tolist() if row[LIT] and int(row[CAMERA]) in own]
        rows.sort(key=lambda row: (-scenario.targets[int(row[TARGET])].priority, row[BEGIN], row[:2]))
        taken: list[float] = []
        for row in rows:
            camera, target = int(row[CAMERA]), int(row[TARGET])
            left = scenario.cameras[camera].images_per_pass
            for time in _moments(mission, camera, target, row[BEGIN], row[END]):
                if left and _is_free(taken, time, apart_s):
                    insort(taken, time)
                    found.append(Image(camera, target, time))
                    left -= 1
    return sorted(found, key=lambda image: (image.time_s, image.camera, image.target))


def _moments(mission: Mission, camera: int, target: int, begin: float, end: float) -> list[float]:
    """Times in a window, LOOKS to a cadence, those of the finest ground sample first."""
    one, place_km = mission.scenario.cameras[camera], cameras.targets_km(mission)[target]
    count = max(1, min(MOST_LOOKS, math.ceil(LOOKS * (end - begin) / one.cadence_s)))
    times = begin + (np.arange(count) + 0.5) / count * (end - begin)
    offset = cameras.flight(mission, one, mission.utc(times))[0] - place_km
    range_km = np.linalg.norm(offset, axis=1)
    sample = range_km**2 / (offset @ place_km)  # the range over the cosine of the emission
    found: list[float] = times[np.argsort(sample, kind="stable")].tolist()
    return found


def _is_free(taken: list[float], time: float, apart_s: float) -> bool:
    """Whether a time is far enough from all that are taken, which are sorted."""
    place = bisect_left(taken, time)
    return all(abs(other - time) >= apart_s for other in taken[max(place - 1, 0) : place + 1])


def _copies(images: str) -> str:
    """Name of the small copies of a camera's images, as data are told."""
    return f"{images}, thumbnails"


def flows_of(mission: Mission) -> list[str]:
    """Names of what cameras make, as data are told: images of each, and small copies where it sends them."""
    found = []
    for one in mission.scenario.cameras:
        found += [one.name, *([_copies(one.name)] if one.thumbnail_mb else [])]
    return found


def sources_of(mission: Mission, images: list[Image]) -> list[tuple[Source, str, int | None]]:
    """Images and their small copies as store and forward takes them: source, flow, number of the image (None
    for a copy)."""
    found: list[tuple[Source, str, int | None]] = []
    for number, image in enumerate(images):
        one, target = mission.scenario.cameras[image.camera], mission.scenario.targets[image.target]
        ways = [(one.image_mb, target.priority, one.name)]
        if one.thumbnail_mb:
            ways.append((one.thumbnail_mb, one.thumbnail_priority, _copies(one.name)))
        for volume_mb, priority, flow in ways:
            life = math.inf if one.lifetime_s is None else one.lifetime_s
            source = Source(
                one.craft, one.destination, volume_mb, image.time_s, None, priority, life,
                bundle_mb=min(volume_mb, 1.0), name=flow,
            )  # fmt: skip
            found.append((source, flow, number if flow == one.name else None))
    return found


def fates_of(
    found: Deliveries, fates_by_end: NDArray[np.int8], which: list[int | None], count: int
) -> list[tuple[str, float]]:
    """What became of each image by the end, and when it was home whole (s; NaN for never).

    fates_by_end: of every bundle, index into FATES; which: number of the image that each source is of.
    """
    fates, home = [{HOME} for _ in range(count)], [0.0] * count
    for source, fate, ended in zip(found.source.tolist(), fates_by_end.tolist(), found.ended_s, strict=True):
        number = which[source]
        if number is not None:
            fates[number].add(_WORDS[FATES[fate]])
            if _WORDS[FATES[fate]] == HOME:
                home[number] = max(home[number], float(ended))
    worst = [next(word for word in _WORST if word in own) for own in fates]
    return [(word, time if word == HOME else math.nan) for word, time in zip(worst, home, strict=True)]


def pixel_rad(camera: Camera) -> float:
    """Angle of a pixel in the middle of an image, the greater of its two sides."""
    if camera.ground_sample_m is not None and camera.ground_sample_height_km is not None:
        return camera.ground_sample_m / 1e3 / camera.ground_sample_height_km
    sides = ((camera.across_deg, camera.pixels_across), (camera.along_deg, camera.pixels_along))
    return max(2.0 * math.tan(math.radians(0.5 * view)) / (pixels or 1) for view, pixels in sides)


def ground_sample_m(camera: Camera, range_km: float, emission_deg: float) -> float:
    """A pixel on level ground, m: its longer side, which a slant view stretches by 1 / cos(emission)."""
    return 1e3 * range_km * pixel_rad(camera) / math.cos(math.radians(emission_deg))


def views_of(mission: Mission, images: list[Image]) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Columns of what each image shows, and of the outlines of what they cover."""
    seen: dict[str, list[Any]] = {name: [] for name in SEEN}
    outlines: dict[str, list[Any]] = {name: [] for name in ("image", "latitude_deg", "longitude_deg")}
    for number, row in enumerate(_views(mission, images)):
        outline = row.pop("outline")
        for name, value in row.items():
            seen[name].append(value)
        latitude, longitude, _ = fixed_to_geodetic(outline, MOON)
        outlines["image"] += [number] * len(latitude)
        outlines["latitude_deg"] += latitude.tolist()
        outlines["longitude_deg"] += longitude.tolist()
    return seen, outlines


SEEN = ("height_km", "range_km", "off_nadir_deg", "emission_deg", "sun_elevation_deg", "ground_sample_m",
        "across_km", "along_km", "area_km2", "limb")  # fmt: skip


def _views(mission: Mission, images: list[Image]) -> Iterator[dict[str, Any]]:
    targets = cameras.targets_km(mission)
    for image in images:
        one, target = mission.scenario.cameras[image.camera], targets[[image.target]]
        at = mission.utc(np.array([image.time_s]))
        place, front = cameras.flight(mission, one, at)
        sun = mission.positions_km(np.array([mission.sun]), at, MOON.frame)[:, :, 0]
        turned = one.pointing == "target"
        axes = cameras.turned_to(place, front, target) if turned else cameras.axes_of(one, place, front)
        patch = footprint(place[0], axes[0], one.along_deg, one.across_deg, MOON.mean_radius_km)
        assert patch is not None  # a target in view is on the ground
        range_km = float(np.linalg.norm(target - place))
        emission = _apart_deg(target[0], (place - target)[0])
        yield {
            "height_km": float(np.linalg.norm(place)) - MOON.mean_radius_km,
            "range_km": range_km,
            "off_nadir_deg": _apart_deg(-place[0], (target - place)[0]),
            "emission_deg": emission,
            "sun_elevation_deg": 90.0 - _apart_deg(target[0], (sun - target)[0]),
            "ground_sample_m": ground_sample_m(one, range_km, emission),
            "across_km": patch.across_km,
            "along_km": patch.along_km,
            "area_km2": patch.area_km2,
            "limb": patch.limb,
            "outline": patch.outline_km,
        }


def _apart_deg(one: Floats, other: Floats) -> float:
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(one, other))), float(one @ other)))


@dataclass(frozen=True)
class Told:
    """A target in a case: its windows in view and lit, its images by number, what came of them, and why none
    is home ("" where one is)."""

    target: Target
    windows: int
    lit: int
    images: list[int]
    home: list[tuple[float, int]]
    why: str


def targets_of(
    mission: Mission, windows: Floats, images: list[Image], fates: list[tuple[str, float]]
) -> list[Told]:
    """What came of each target."""
    found = []
    for number, target in enumerate(mission.scenario.targets):
        own = windows[windows[:, TARGET] == number] if len(windows) else windows
        lit = int((own[:, LIT] > 0.0).sum()) if len(own) else 0
        ours = [k for k, image in enumerate(images) if image.target == number]
        home = sorted((fates[k][1], k) for k in ours if fates[k][0] == HOME)
        found.append(Told(target, len(own) - lit, lit, ours, home, _why(len(own), lit, ours, home, fates)))
    return found


def _why(
    windows: int, lit: int, ours: list[int], home: list[tuple[float, int]], fates: list[tuple[str, float]]
) -> str:
    """Why no image of a target is home, the first reason that holds."""
    if home:
        return ""
    for missing, word in ((windows, NEVER), (lit, DARK), (len(ours), BUSY)):
        if not missing:
            return word
    words = [fates[k][0] for k in ours]
    return max(dict.fromkeys(words), key=words.count)
