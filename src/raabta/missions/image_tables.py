"""Images and targets of a mission as columns of its tables and as figures of its summary."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from raabta.missions import images

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from raabta.missions.images import Image
    from raabta.missions.model import Mission

    Floats = NDArray[Any]
    Fates = Mapping[str, list[tuple[str, float]]]
    Columns = dict[str, list[Any]]


def image_columns(
    mission: Mission, taken: Sequence[Image], start: Sequence[Any], seen: Columns, fates: Fates
) -> Columns:
    """Columns of `images.csv`: every image in every case; start: UTC texts, seen: by `images.views_of`."""
    scenario = mission.scenario
    found: Columns = {}
    for case, own in fates.items():
        part: Columns = {
            "case": [case] * len(taken),
            "image": list(range(len(taken))),
            "camera": [scenario.cameras[image.camera].name for image in taken],
            "target": [scenario.targets[image.target].name for image in taken],
            "priority": [scenario.targets[image.target].priority for image in taken],
            "start": list(start),
            "start_s": [image.time_s for image in taken],
            **seen,
            "fate": [fate for fate, _ in own],
            "home_s": [home for _, home in own],
        }
        for name, values in part.items():
            found.setdefault(name, []).extend(values)
    return found


def target_columns(
    mission: Mission, windows: Floats, taken: list[Image], sample_m: Sequence[float], fates: Fates
) -> Columns:
    """Columns of `targets.csv`: every target in every case; sample_m: ground sample of every image."""
    found: Columns = {}
    for case, own in fates.items():
        for told in images.targets_of(mission, windows, taken, own):
            best = min(told.images, key=lambda k: sample_m[k], default=-1)
            row = {
                "case": case,
                "target": told.target.name,
                "latitude_deg": told.target.latitude_deg,
                "longitude_deg": told.target.longitude_deg,
                "priority": told.target.priority,
                "windows": told.windows,
                "lit": told.lit,
                "images": len(told.images),
                "first_s": taken[told.images[0]].time_s if told.images else math.nan,
                "best_image": best,
                "best_sample_m": sample_m[best] if told.images else math.nan,
                "home": len(told.home),
                "first_home_s": told.home[0][0] if told.home else math.nan,
                "best_home_m": min((sample_m[k] for _, k in told.home), default=math.nan),
                "why": told.why,
            }
            for name, value in row.items():
                found.setdefault(name, []).append(value)
    return found


def figures(mission: Mission, taken: Sequence[Image], fates: Fates) -> list[dict[str, Any]]:
    """What the summary says of each camera in each case: images taken, and what came of them."""
    return [
        {
            "case": case,
            "camera": camera.name,
            "images": sum(image.camera == number for image in taken),
            **{
                word.replace(" ", "_"): sum(
                    image.camera == number and fate == word
                    for image, (fate, _) in zip(taken, own, strict=True)
                )
                for word in (images.HOME, images.HELD, images.OLD, images.FULL)
            },
        }
        for case, own in fates.items()
        for number, camera in enumerate(mission.scenario.cameras)
    ]


def told(targets: Columns) -> list[dict[str, Any]]:
    """Rows of `targets.csv` as the summary has them: None for NaN."""
    return [
        {name: None if value != value else value for name, value in zip(targets, row, strict=True)}
        for row in zip(*targets.values(), strict=True)
    ]
