"""Maps of what cameras of a mission saw: the outline of every image on the Moon, and the targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.report import mission_maps, palette
from raabta.report.mission_maps import Mark

if TYPE_CHECKING:
    from raabta.missions.stored import Stored

HOME: Final = "#0072b2"
AWAY: Final = "#d55e00"
NONE: Final = palette.MUTED
KEY: Final = ((HOME, "home"), (AWAY, "taken, not home by the end"), (NONE, "target without an image"))


def maps(stored: Stored) -> list[tuple[str, str]]:
    """A map for each camera, of the first case: outlines of its images, home or not, over the targets."""
    rows, points = stored.rows("images.csv"), stored.rows("footprints.csv")
    targets = stored.rows("targets.csv")
    if not targets:
        return []
    case = targets[0]["case"]
    outline: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        place = float(point["latitude_deg"]), float(point["longitude_deg"])
        outline.setdefault(int(point["image"]), []).append(place)
    found = []
    for camera in stored.scenario.cameras:
        own = [row for row in rows if row["camera"] == camera.name and row["case"] == case]
        body = "".join(_patch(row, np.array(outline[int(row["image"])])) for row in _largest_first(own))
        title = f"{camera.name[:1].upper()}{camera.name[1:]}: what its {len(own)} images cover (MOON_ME)"
        marks = [_mark(row, own) for row in targets if row["case"] == case]
        body += mission_maps.marks(marks) + mission_maps.key_below(KEY, "outlines and targets")
        found.append((title, mission_maps.moon(title, body)))
    return found


def _largest_first(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(rows, key=lambda row: -float(row["area_km2"]))


def _patch(row: dict[str, str], place: Any) -> str:
    colour = HOME if row["fate"] == "home" else AWAY
    look = {"fill": colour, "fill_opacity": "0.06", "stroke": colour, "stroke_width": 0.9}
    return mission_maps.patch(place[:, 0], place[:, 1], stroke_opacity="0.7", **look)


def _mark(target: dict[str, str], images: list[dict[str, str]]) -> Mark:
    fates = {row["fate"] for row in images if row["target"] == target["target"]}
    colour = HOME if "home" in fates else AWAY if fates else NONE
    return Mark(target["target"], float(target["latitude_deg"]), float(target["longitude_deg"]), colour)
