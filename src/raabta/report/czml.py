"""A way over satellites as CZML, for any CesiumJS globe: places, satellites, the links while they are used.

CZML Guide, github.com/AnalyticalGraphicsInc/czml-writer/wiki/CZML-Guide.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.base.errors import LimitError
from raabta.network.mesh.walking import step_times
from raabta.service.pairs.way import positions_km, satellite_names

if TYPE_CHECKING:
    from raabta.service.pairs.way import Track

MOST_SAMPLES: Final = 1_000_000
"""Satellites times steps in one file."""
_SPEED = 10
_PLACE, _SATELLITE, _LINK = [255, 200, 60, 255], [120, 220, 255, 255], [90, 255, 160, 255]


def czml(found: Track) -> str:
    """The document. Raises LimitError for more satellites times steps than a globe can hold."""
    steps, own = found.mesh.scenario.time.steps, found.satellites
    if steps * len(own) > MOST_SAMPLES:
        raise LimitError(
            f"{len(own):,} satellites over {steps:,} steps are too many for one CZML file; at most "
            f"{MOST_SAMPLES:,} positions. Give a shorter --duration or a longer --step"
        )
    parts = [_document(found), *_places(found), *_satellites(found), *_links(found)]
    return json.dumps(parts, ensure_ascii=False, allow_nan=False)


def _instants(found: Track) -> list[str]:
    """The edges of the steps, one more than there are, as CZML has time."""
    edges = step_times(found.mesh.scenario, range(found.mesh.scenario.time.steps + 1))
    return [f"{text}Z" for text in np.datetime_as_string(edges, "ms").tolist()]


def _document(found: Track) -> dict[str, Any]:
    edges = _instants(found)
    span = f"{edges[0]}/{edges[-1]}"
    clock = {"interval": span, "currentTime": edges[0], "multiplier": _SPEED, "range": "LOOP_STOP"}
    return {"id": "document", "name": found.mesh.scenario.name, "version": "1.0", "clock": clock}


def _places(found: Track) -> list[dict[str, Any]]:
    places, first = found.places, found.mesh.propagator.count
    return [
        {
            "id": f"node-{first + i}",
            "name": name,
            "position": {"cartographicDegrees": [lon, lat, height_m]},
            "point": {"pixelSize": 9, "color": {"rgba": _PLACE}},
            "label": {"text": name, "font": "14px sans-serif", "pixelOffset": {"cartesian2": [10, -12]}},
        }
        for i, (name, lon, lat, height_m) in enumerate(
            zip(
                places.name,
                places.longitude_deg.tolist(),
                places.latitude_deg.tolist(),
                places.height_m.tolist(),
                strict=True,
            )
        )
        if lat == lat  # whichever point of presence comes first is nowhere
    ]


def _satellites(found: Track) -> list[dict[str, Any]]:
    own, names = found.satellites, satellite_names(found.mesh)
    if not own:
        return []
    metres = np.rint(positions_km(found) * 1e3)
    second = np.arange(len(metres)) * found.mesh.scenario.time.step_s
    epoch = _instants(found)[0]
    return [
        {
            "id": f"node-{satellite}",
            "name": names[satellite],
            "position": {
                "epoch": epoch,
                "referenceFrame": "FIXED",
                "interpolationAlgorithm": "LAGRANGE",
                "interpolationDegree": 5,
                "cartesian": np.column_stack([second, metres[:, i]]).reshape(-1).tolist(),
            },
            "point": {"pixelSize": 5, "color": {"rgba": _SATELLITE}},
        }
        for i, satellite in enumerate(own)
    ]


def _links(found: Track) -> list[dict[str, Any]]:
    """A line for every link that the way ever uses, shown while it does."""
    edges, used = _instants(found), dict[tuple[int, int], list[tuple[int, int]]]()
    for leg in found.legs:
        for pair in zip(leg.nodes[:-1], leg.nodes[1:], strict=True):
            used.setdefault(pair, []).append((leg.first, leg.first + leg.steps))
    return [_link(pair, times, edges) for pair, times in used.items()]


def _link(pair: tuple[int, int], times: list[tuple[int, int]], edges: list[str]) -> dict[str, Any]:
    one, other = pair
    shown = [{"interval": f"{edges[0]}/{edges[-1]}", "boolean": False}]
    shown += [{"interval": f"{edges[first]}/{edges[end]}", "boolean": True} for first, end in times]
    return {
        "id": f"link-{one}-{other}",
        "polyline": {
            "positions": {"references": [f"node-{one}#position", f"node-{other}#position"]},
            "show": shown,
            "arcType": "NONE",
            "width": 2,
            "material": {"solidColor": {"color": {"rgba": _LINK}}},
        },
    }
