"""Draw the figures of the rain series' card: `python docs/models/figures/storms.py` writes SVG here."""

from __future__ import annotations

import numpy as np
from links import Axis, draw  # the sibling script: run from this folder

from raabta.links import maps, rain, weather_series

PLACES = {"Lahore": (31.5, 74.3, 0.21), "30 km north": (31.77, 74.3, 0.21), "Islamabad": (33.7, 73.0, 0.54)}


def series_figure() -> None:
    """A wet day at a village, near it, and at a gateway."""
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
    both = np.minimum(year[0], year[1]).reshape(365, 1440).max(axis=1)
    day = int(np.argmax(both))
    shown = year[:, day * 1440 : (day + 1) * 1440]
    hours = np.arange(1440) / 60.0
    draw(
        "p1853",
        "Rain attenuation over one wet day, 20 GHz, 35°",
        Axis("hours", (0, 4, 8, 12, 16, 20, 24)),
        Axis("dB", (0, 5, 10, 15, 20, 25)),
        {name: (hours[::4], np.minimum(shown[i, ::4], 25.0)) for i, name in enumerate(PLACES)},
    )


if __name__ == "__main__":
    series_figure()
