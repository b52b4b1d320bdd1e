"""Small missions for tests."""

from __future__ import annotations

from typing import Any

from raabta.scenario.missions import MissionScenario

STATION = {
    "epoch": "2026-08-22T03:31:03.007776Z",
    "mean_motion_rev_day": 15.59146827,
    "eccentricity_ratio": 0.0001544,
    "inclination_deg": 41.4688,
    "raan_deg": 281.6088,
    "argp_deg": 255.4207,
    "mean_anomaly_deg": 104.6460,
    "bstar_per_radius": 1.7114e-4,
}


def site(name: str, latitude_deg: float, longitude_deg: float, **more: Any) -> dict[str, Any]:
    """A site on the Earth."""
    place = {"frame": "WGS84", "latitude_deg": latitude_deg, "longitude_deg": longitude_deg}
    return {"name": name, **place, **more}


def mission(**changes: Any) -> MissionScenario:
    """Two days of a station over two sites, with a relay."""
    said: dict[str, Any] = {
        "kind": "mission",
        "name": "test",
        "time": {"start": "2026-08-22T16:00:00Z", "duration_s": 150_000.0, "step_s": 300.0},
        "sites": [
            site("Karachi", 24.86, 67.01, group="Pakistan"),
            site("Lahore", 31.56, 74.35, group="Pakistan"),
        ],
        "craft": [
            {"name": "Station", "mean_elements": STATION},
            {"name": "Relay", "geostationary_deg": 77.0},
        ],
        "links": [
            {"name": "ground", "between": ["Station", "Pakistan"]},
            {"name": "relay", "between": ["Station", "Relay"], "grazing_km": 100.0},
        ],
        "light": ["Station"],
        "tracks": [{"site": "Karachi", "node": "Station"}, {"site": "Karachi", "node": "Sun"}],
        "look_angles": [{"sites": "Pakistan", "craft": "Relay"}],
        "crew": {"craft": "Station", "zone_h": 8.0},
    }
    return MissionScenario.model_validate(said | changes)
