"""`raabta horizon`: how high the ground stands around a site: a mask that scenarios read, and a picture."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.cli.options import AsJson, Duration, Start
from raabta.cli.output import complain, say, say_json

if TYPE_CHECKING:
    from raabta.terrain.horizon import Horizon
    from raabta.terrain.light import Sight

STEP_S = 3_600.0
MOST_STEPS = 200_000
_AT = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*", re.ASCII)


def horizon(
    rasters: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[RASTER]...", help="GeoTIFF or PDS3 heights, the finest first"),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="LAT,LON", help="the site, degrees north, east")
    ] = None,
    site: Annotated[str | None, typer.Option(metavar="NAME", help="a horizon that comes with raabta")] = None,
    body: Annotated[
        str | None, typer.Option(metavar="moon|earth", help="refuse a raster of another body")
    ] = None,
    mast: Annotated[float, typer.Option(metavar="M", help="height of the eye above the ground")] = 2.0,
    reach: Annotated[
        float | None, typer.Option(metavar="KM", help="how far to look [default: Moon 200, Earth 150]")
    ] = None,
    azimuths: Annotated[int, typer.Option(help="lines of sight around the circle")] = 720,
    unit: Annotated[
        str | None, typer.Option(metavar="m|km", help="of heights, where a raster is silent")
    ] = None,
    start: Start = None,
    duration: Duration = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="write the mask there")] = None,
    picture: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="draw it there")] = None,
    as_json: AsJson = False,
) -> None:
    """Find the horizon of a site, on the Moon or the Earth.

    From height rasters that you bring, or one that comes with raabta (--site). --out writes a mask that
    scenarios read (`area.horizon_file`). With --start and --duration it also says how much light falls there.
    """
    _refuse_suffix(out, ".csv", "--out")
    _refuse_suffix(picture, ".svg", "--picture")
    from raabta.engine.kernelcache import prepare

    prepare()
    found = _kept(site) if site is not None else _found(rasters or [], at, body, mast, reach, azimuths, unit)
    light = _light(found, start, duration)
    _write(found, light, out, picture)
    if as_json:
        say_json(told(found, light))
        return
    for line in lines(found, light):
        say(line)
    for path in (out, picture):
        if path is not None:
            say(f"Wrote {path}")
    for note in notes(found):
        complain(f"note: {note}")


def _refuse_suffix(path: Path | None, suffix: str, option: str) -> None:
    if path is not None and (path.suffix.lower() != suffix or not path.parent.is_dir()):
        raise ScenarioError(
            f"option {option}: '{path}' cannot be written", hint=f"an existing folder, and an end in {suffix}"
        )


def _kept(name: str) -> Horizon:
    from raabta.terrain.kept import kept_horizon

    return kept_horizon(name)


def _found(
    rasters: list[Path], at: str | None, body: str | None, mast: float, reach: float | None, azimuths: int,
    unit: str | None,
) -> Horizon:  # fmt: skip
    from raabta.terrain.horizon import find_horizon
    from raabta.terrain.kept import kept_names
    from raabta.terrain.opening import open_raster

    if not rasters or at is None:
        raise ScenarioError(
            "a horizon needs a raster and a site: RASTER --at LAT,LON",
            hint=f"or one that comes with raabta: --site {', '.join(kept_names())}",
        )
    latitude, longitude = place(at)
    opened = [open_raster(path, body, unit) for path in rasters]
    return find_horizon(opened, latitude, longitude, azimuths=azimuths, eye_m=mast, reach_km=reach)


def place(text: str) -> tuple[float, float]:
    """Latitude and longitude, deg, of `LAT,LON`. Raises ScenarioError, OutOfRangeError."""
    match = _AT.fullmatch(text)
    if match is None:
        raise ScenarioError(
            f"option --at: '{text[:40]}' is no place", hint="write LAT,LON, such as 35.92,74.31"
        )
    latitude, longitude = float(match[1]), float(match[2])
    if abs(latitude) > 90.0 or not -180.0 <= longitude <= 360.0:
        raise OutOfRangeError("option --at", text, "latitude -90 to 90, longitude -180 to 360", "degrees")
    return latitude, longitude if longitude <= 180.0 else longitude - 360.0


def place_words(latitude_deg: float, longitude_deg: float) -> str:
    """A place for people: `85.45° S, 31.9° E`."""
    north, east = "N" if latitude_deg >= 0 else "S", "E" if longitude_deg >= 0 else "W"
    return f"{abs(latitude_deg):g}° {north}, {abs(longitude_deg):g}° {east}"


def _light(found: Horizon, start: str | None, duration: str | None) -> dict[str, Any] | None:
    """Light over a span, every hour: figures, and where Sun and Earth stand."""
    if start is None and duration is None:
        return None
    import numpy as np

    from raabta.base.rotations import places_km
    from raabta.cli.times import instant, seconds
    from raabta.terrain.light import sight, spans, sun_share

    if start is None or duration is None:
        raise ScenarioError(
            "light needs both --start and --duration", hint="--start 2028-01-01 --duration 366d"
        )
    count = int(seconds(duration, "--duration") / STEP_S)
    if not 1 <= count <= MOST_STEPS:
        raise OutOfRangeError("option --duration", duration, f"1 to {MOST_STEPS:,} hours", "a step an hour")
    first = np.datetime64(instant(start, "--start").replace(tzinfo=None), "ns")
    times = first + np.arange(count) * np.timedelta64(3600, "s")
    name = found.body.name
    sun_km, *others_km = places_km(
        ("Sun", "Earth") if name != "Earth" else ("Sun",), name, found.body.frame, times
    )
    share = sun_share(found, sun_km)
    out: dict[str, Any] = {"sun": sight(found, sun_km), "sun_share": float(share.mean())}
    out["longest_dark_h"] = spans(share <= 0.0, STEP_S).longest_s / 3600.0
    out["longest_lit_h"] = spans(share > 0.0, STEP_S).longest_s / 3600.0
    for earth_km in others_km:
        out["earth"] = sight(found, earth_km)
        out["earth_share"] = float(out["earth"].seen.mean())
        out["longest_without_earth_h"] = spans(~out["earth"].seen, STEP_S).longest_s / 3600.0
    return out


def _write(found: Horizon, light: dict[str, Any] | None, out: Path | None, picture: Path | None) -> None:
    from raabta.engine.atomic import write_bytes

    if out is not None:
        from raabta.terrain.kept import csv_text

        write_bytes(out, csv_text(found).encode())
    if picture is not None:
        from raabta.report.skyline import skyline

        sun: Sight | None = light["sun"] if light else None
        earth: Sight | None = light.get("earth") if light else None
        write_bytes(picture, skyline(found, _title(found), sun, earth).encode())


def _title(found: Horizon) -> str:
    where = place_words(found.latitude_deg, found.longitude_deg)
    return f"{found.body.name}, {where}, eye {found.eye_m:g} m up"


def told(found: Horizon, light: dict[str, Any] | None) -> dict[str, Any]:
    """The figures as plain values."""
    out = {
        "body": found.body.name,
        "latitude_deg": found.latitude_deg,
        "longitude_deg": found.longitude_deg,
        "ground_m": found.ground_m,
        "eye_m": found.eye_m,
        "azimuth_deg": found.azimuth_deg.tolist(),
        "elevation_deg": found.elevation_deg.tolist(),
        "distance_km": found.distance_km.tolist(),
        "source": found.source,
    }
    if light is not None:
        out["light"] = {name: value for name, value in light.items() if isinstance(value, float)}
    return out


def lines(found: Horizon, light: dict[str, Any] | None) -> list[str]:
    """What is printed."""
    high, low = int(found.elevation_deg.argmax()), int(found.elevation_deg.argmin())

    def point(k: int) -> str:
        return (
            f"{found.elevation_deg[k]:.2f} deg at azimuth {found.azimuth_deg[k]:g}, "
            f"{found.distance_km[k]:,.2f} km away"
        )

    out = [
        _title(found),
        f"  ground {found.ground_m:,.1f} m",
        f"  highest {point(high)}",
        f"  lowest {point(low)}",
    ]
    if light is None:
        return out
    out.append(f"  Sun {100 * light['sun_share']:.1f} % of its disc on average")
    out.append(
        f"  longest night {light['longest_dark_h']:.0f} h, longest with light {light['longest_lit_h']:.0f} h"
    )
    if "earth" in light:
        gap = light["longest_without_earth_h"]
        out.append(f"  Earth in view {100 * light['earth_share']:.1f} % of the time, longest gap {gap:.0f} h")
    return out


def notes(found: Horizon) -> list[str]:
    """What a reader must know beside the figures."""
    import numpy as np

    out = [f"{found.source}"] if found.source else []
    short = found.reach_km[np.isfinite(found.reach_km)]
    if short.size:
        out.append(
            f"in {short.size} of {found.reach_km.size} azimuths heights end {short.min():,.1f} to "
            f"{short.max():,.1f} km away; ground beyond could stand higher"
        )
    if found.unknown_share > 0.0:
        out.append(f"{100 * found.unknown_share:.2g} % of the ground looked at is unknown")
    return out
