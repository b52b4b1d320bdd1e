"""`raabta horizon`: a valley's mask that scenarios read, a lunar site's light, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from raabta.access.horizons import binned, read_horizons
from raabta.cli.app import main

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")  # inside rasterio


def valley(folder: Path) -> Path:
    """A valley near Gilgit that runs north and south, walls of 1,200 m, as a GeoTIFF in degrees."""
    rasterio = pytest.importorskip("rasterio", reason="GeoTIFF needs the extra raabta[terrain]")
    from rasterio.transform import from_origin

    column = np.arange(121)
    z = np.tile(1500.0 + np.minimum(1200.0, 40.0 * np.abs(column - 60.0)), (121, 1)).astype(np.float32)
    path = folder / "gilgit.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=121, width=121, count=1, dtype="float32", crs="EPSG:4326",
        transform=from_origin(74.25, 35.98, 0.001, 0.001),
    ) as data:  # fmt: skip
        data.write(z, 1)
        data.units = ("m",)
    return path


def test_a_valley_gives_a_mask_that_scenarios_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask, drawn = tmp_path / "valley.csv", tmp_path / "valley.svg"
    place = ["--at", "35.92,74.31", "--body", "earth", "--mast", "5"]
    assert main(["horizon", str(valley(tmp_path)), *place, "--out", str(mask), "--picture", str(drawn)]) == 0
    shown = capsys.readouterr()
    assert "Earth, 35.92° N, 74.31° E, eye 5 m up" in shown.out and "azimuths heights end" in shown.err
    rows = read_horizons(mask)
    bins = binned(rows[:, 2], rows[:, 3])
    assert bins[17] > 20.0 and bins[53] > 20.0 and bins[0] < 10.0
    assert drawn.read_text().startswith("<svg") and "35.92° N" in drawn.read_text()


def test_a_site_that_comes_along_tells_its_light(capsys: pytest.CaptureFixture[str]) -> None:
    call = ["horizon", "--site", "mons-mouton", "--start", "2028-01-01", "--duration", "60d"]
    assert main([*call, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["body"] == "Moon" and len(told["elevation_deg"]) == 720
    assert 0.5 < told["light"]["sun_share"] <= 1.0 and 0.5 < told["light"]["earth_share"] < 0.9
    assert main(call) == 0
    shown = capsys.readouterr()
    assert "longest night" in shown.out and "smoother than the real one" in shown.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "needs a raster and a site"),
        (["--site", "leibniz-beta"], "did you mean 'leibnitz-beta'?"),
        (["gone.tif", "--at", "1,2"], "gone.tif: no such file"),
        (["gone.tif", "--at", "here"], "'here' is no place"),
        (["gone.tif", "--at", "99,0"], "option --at is 99,0"),
        (["--site", "mons-mouton", "--start", "2028-01-01"], "needs both --start and --duration"),
        (["--site", "mons-mouton", "--out", "mask.txt"], "an end in .csv"),
        (["--site", "mons-mouton", "--start", "2028-01-01", "--duration", "90y"], "is not a duration"),
    ],
)
def test_what_cannot_be_is_said(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["horizon", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_site_off_the_raster_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["horizon", str(valley(tmp_path)), "--at", "30,70"]) == 2
    assert "the site is 30, 70; valid: inside latitudes 35.8" in capsys.readouterr().err
    assert main(["horizon", str(valley(tmp_path)), "--at", "35.92,74.31", "--body", "moon"]) == 2
    assert "the raster is of the Earth, not of 'moon'" in capsys.readouterr().err
