"""Horizons of rasters that users bring, kept by the content of the raster: found once."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from pathlib import Path

import numpy as np

from raabta.base.errors import StoreError
from raabta.engine.atomic import write_bytes
from raabta.engine.kernelcache import cache_folder
from raabta.terrain.horizon import Horizon, find_horizon
from raabta.terrain.opening import open_raster

KEEPING = 1
"""Counts up when horizons of the same raster change, so that older ones are found anew."""
_ARRAYS = ("azimuth_deg", "elevation_deg", "distance_km", "reach_km")


def brought_horizon(
    path: Path, body: str, latitude_deg: float, longitude_deg: float, eye_m: float
) -> Horizon:
    """The horizon of a site from a user's raster, 720 azimuths, from the cache where it was found before.

    Raises what `open_raster` and `find_horizon` raise: a raster of another body, a site off it.
    """
    raster = open_raster(path, body)
    kept = cache_folder("horizons") / f"{_key(path, latitude_deg, longitude_deg, eye_m)}.npz"
    found = _read(kept)
    if found is None:
        fresh = find_horizon(raster, latitude_deg, longitude_deg, eye_m=eye_m)
        stream = io.BytesIO()
        figures = np.array([fresh.ground_m, fresh.unknown_share])
        arrays = {name: getattr(fresh, name) for name in _ARRAYS}
        np.savez(stream, allow_pickle=False, figures=figures, **arrays)
        with suppress(OSError, StoreError):
            write_bytes(kept, stream.getvalue())
        return fresh
    figures, arrays = found.pop("figures"), found
    return Horizon(
        raster.body, latitude_deg, longitude_deg, float(figures[0]), eye_m, **arrays,
        unknown_share=float(figures[1]), source=str(path),
    )  # fmt: skip


def _key(path: Path, latitude_deg: float, longitude_deg: float, eye_m: float) -> str:
    """What a horizon rests on, as hex digits: the bytes of the raster (of PDS3 label and image), the site."""
    digest = hashlib.sha256(repr((KEEPING, latitude_deg, longitude_deg, eye_m)).encode())
    image = {each for end in ("img", "IMG") if (each := path.with_suffix(f".{end}")).is_file()}
    for each in sorted({path} | (image if path.suffix.lower() == ".lbl" else set())):
        with each.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:32]


def _read(path: Path) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]] | None:
    """The arrays of a kept horizon, or None where there is none that can be read."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            return {name: kept[name] for name in ("figures", *_ARRAYS)}
    except (OSError, ValueError, KeyError, EOFError):
        return None
