"""`raabta light`: maps of light around a lunar site: Sun, nights, the Earth in view, safe havens."""

from __future__ import annotations

from calendar import isleap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.cli.ending import resumable
from raabta.cli.horizon import MOST_STEPS, place, place_words
from raabta.cli.options import AsJson, Duration, Start
from raabta.cli.output import say, say_json

if TYPE_CHECKING:
    from raabta.terrain.light_maps import LightAsked, LightMaps


def light(
    raster: Annotated[Path, typer.Argument(metavar="RASTER", help="GeoTIFF or PDS3 heights of the Moon")],
    at: Annotated[str, typer.Option("--at", metavar="LAT,LON", help="middle of the area, MOON_ME degrees")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="write the maps there")],
    start: Start = None,
    duration: Duration = None,
    year: Annotated[int | None, typer.Option(metavar="Y", help="or a whole year")] = None,
    side: Annotated[float, typer.Option(metavar="KM", help="side of the square area")] = 20.0,
    every: Annotated[str, typer.Option(metavar="S", help="time between two looks")] = "3h",
    mast: Annotated[float, typer.Option(metavar="M", help="height of the panel above the ground")] = 2.0,
    reach: Annotated[float, typer.Option(metavar="KM", help="how far to look")] = 200.0,
    azimuths: Annotated[int, typer.Option(min=8, max=3_600, help="lines of sight around the circle")] = 360,
    night: Annotated[str, typer.Option(metavar="D", help="longest night of a safe haven")] = "72h",
    slope: Annotated[float, typer.Option(metavar="DEG", help="steepest ground of a safe haven")] = 15.0,
    unit: Annotated[
        str | None, typer.Option(metavar="m|km", help="of heights, if the raster is silent")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Map the light of an area of the Moon over a span of time.

    Share of the Sun's disc, longest night, Earth in view, safe havens, sample by sample: light.npz, light.tif
    (with raabta[terrain]), light.json and pictures.
    """
    from raabta.engine.kernelcache import prepare

    prepare()
    import numpy as np

    from raabta.base.rotations import places_km
    from raabta.cli.times import seconds
    from raabta.terrain.light_maps import LightAsked, area_of
    from raabta.terrain.opening import open_raster

    latitude, longitude = place(at)
    step_s, dark_s = seconds(every, "--every"), seconds(night, "--night")
    first, count = _span(start, duration, year, step_s)
    if not 0.0 <= mast <= 1_000.0:
        raise OutOfRangeError("option --mast", f"{mast:g} m", "0 to 1,000 m", "above the ground")
    if not 0.0 < reach <= 1_000.0:
        raise OutOfRangeError("option --reach", f"{reach:g} km", "above 0 to 1,000 km", "lines of sight")
    area = area_of(open_raster(raster, "moon", unit), latitude, longitude, side, reach)
    times = first + (np.arange(count) * step_s * 1e9).astype("timedelta64[ns]")
    sun_km, earth_km = places_km(("Sun", "Earth"), "Moon", "MOON_ME", times)
    asked = LightAsked(*area, sun_km, earth_km, step_s, azimuths, mast)
    facts = {
        "at": [latitude, longitude], "frame": "MOON_ME", "start": str(first), "step_s": step_s,
        "steps": count, "eye_m": mast, "azimuths": azimuths, "haven_night_s": dark_s,
        "haven_slope_deg": slope, "source": str(raster),
    }  # fmt: skip
    resumable(lambda: _map(asked, facts, out, as_json))


def _map(asked: LightAsked, facts: dict[str, Any], out: Path, as_json: bool) -> None:
    """Map what is asked, with progress bars on standard error; write the maps, print their figures."""
    from raabta.cli.progress import Bars
    from raabta.report.light_maps import write
    from raabta.terrain.light_maps import FOLDER, map_light

    night_s, slope_deg = facts["haven_night_s"], facts["haven_slope_deg"]
    bands = out / FOLDER
    with (
        Bars() as bars,
        map_light(asked, bands, most_dark_s=night_s, most_slope_deg=slope_deg, progress=bars) as maps,
    ):
        bars("writing maps", 0, 1)
        facts = told(maps) | facts
        files = write(maps, out, f"Light {place_words(*facts['at'])}", facts)
        bars("writing maps", 1, 1)
    if as_json:
        say_json(facts)
        return
    for line in lines(facts):
        say(line)
    say(f"Wrote {', '.join(path.name for path in files)} to {out}")


def _span(start: str | None, duration: str | None, year: int | None, step_s: float) -> tuple[Any, int]:
    """First instant and number of steps, from --year or from --start and --duration."""
    import numpy as np

    from raabta.cli.times import instant, seconds

    if (year is None) == (start is None and duration is None) or (start is None) != (duration is None):
        raise ScenarioError(
            "light needs a span: --year, or --start and --duration",
            hint="--year 2028, or --start 2028-01-01 --duration 60d",
        )
    if year is not None:
        start, length_s = f"{year:04d}-01-01", (366 if isleap(year) else 365) * 86_400.0
    else:
        assert duration is not None
        length_s = seconds(duration, "--duration")
    assert start is not None
    first = np.datetime64(instant(start, "--start").replace(tzinfo=None), "ns")
    count = int(length_s / step_s)
    if not 1 <= count <= MOST_STEPS:
        raise OutOfRangeError(
            "the number of looks", f"{count:,}", f"1 to {MOST_STEPS:,}", "span over --every"
        )
    return first, count


def told(maps: LightMaps) -> dict[str, Any]:
    """The figures of an area: best lit sample, shares of its ground."""
    import numpy as np

    known = ~np.isnan(maps.sun_share)
    best = np.unravel_index(int(np.nanargmax(maps.sun_share)), maps.sun_share.shape)
    latitude, longitude = maps.grid.place(*best)
    return {
        "rows": maps.sun_share.shape[0],
        "columns": maps.sun_share.shape[1],
        "known": int(known.sum()),
        "sun_share_max": float(maps.sun_share[best]),
        "sun_share_max_at": [float(latitude), float(longitude)],
        "longest_dark_h_there": float(maps.longest_dark_s[best]) / 3600.0,
        "never_lit_share": float((maps.sun_share[known] <= 0.0).mean()),
        "earth_always_share": float((maps.earth_share[known] >= 1.0).mean()),
        "earth_never_share": float((maps.earth_share[known] <= 0.0).mean()),
        "haven_share": float(maps.haven[known].mean()),
    }


def lines(facts: dict[str, Any]) -> list[str]:
    """What is printed."""
    where = f"{facts['sun_share_max_at'][0]:.4f}, {facts['sun_share_max_at'][1]:.4f}"
    return [
        f"{facts['known']:,} of {facts['rows']:,} x {facts['columns']:,} samples known",
        f"  best lit {100 * facts['sun_share_max']:.1f} % of the Sun's disc at {where}"
        f"; longest night there {facts['longest_dark_h_there']:.0f} h",
        f"  never lit {100 * facts['never_lit_share']:.1f} % of the ground, the Earth always in view from "
        f"{100 * facts['earth_always_share']:.1f} %, never from {100 * facts['earth_never_share']:.1f} %",
        f"  safe havens {100 * facts['haven_share']:.2f} % of the ground",
    ]
