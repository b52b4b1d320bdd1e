"""Draw the figures of the rain series' card: `python docs/models/figures/storms.py` writes SVG here."""

from __future__ import annotations

import numpy as np
from links import Axis, draw  # the sibling script: run from this folder

from raabta.links import maps, rain, weather_series

PLACES = {"Lahore": (31.5, 74.3, 0.21), "30 km north": (31.77, 74.3, 0.21), "Islamabad": (33.7, 73.0, 0.54)}


def series_figure() -> None:
    """The worst storm that a village shares with the next one, and a gateway meanwhile."""
    latitude, longitude, height = np.array(list(PLACES.values())).T
    sites = weather_series.storms(latitude, longitude, seed=2026, step_s=60.0)
    a001 = rain.rain_attenuation_001_db(
        latitude,
        35.0,
        20.0,
        height_km=height,
        rain_height_km=rain.rain_height_km(latitude, longitude),
        rain_rate_001_mmh=maps.rain_rate_001_mmh(latitude, longitude),
    )
    wet = rain.rain_probability_percent(latitude, longitude)
    fit = weather_series.fit_rain(a001, wet, latitude, 35.0)
    year = weather_series.attenuation_db(sites, fit, 0, 365 * 1440)
    peak = int(np.argmax(np.minimum(year[0], year[1])))
    shown = year[:, peak - 180 : peak + 180]
    hours = np.arange(360) / 60.0
    draw(
        "p1853",
        "Rain attenuation through the year's worst common storm, 20 GHz, 35°",
        Axis("hours", (0, 1, 2, 3, 4, 5, 6)),
        Axis("dB", (0, 5, 10, 15, 20, 25, 30)),
        {name: (hours, np.minimum(shown[i], 30.0)) for i, name in enumerate(PLACES)},
    )


if __name__ == "__main__":
    series_figure()
