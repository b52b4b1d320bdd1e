"""`raabta light`: maps of an area on synthetic ground, their files, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import reliefs

from raabta.cli.app import main
from raabta.cli.horizon import place_words
from raabta.terrain.grids import Heights

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")  # inside rasterio
AT = ("--at=-85.83,28.61", "--side", "1.2", "--reach", "4", "--azimuths", "24")


def test_a_crater_is_darker_than_its_rim_and_the_files_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rasterio = pytest.importorskip("rasterio", reason="GeoTIFF needs the extra raabta[terrain]")
    out = tmp_path / "maps"
    call = ["light", str(reliefs.geotiff(tmp_path, reliefs.bowl(reliefs.polar()))), *AT]
    span = ["--start", "2028-01-01", "--duration", "30d", "--every", "12h", "--night", "20d", "--slope", "60"]
    assert main([*call, *span, "--out", str(out)]) == 0
    assert "best lit" in capsys.readouterr().out
    facts = json.loads((out / "light.json").read_text())
    kept = np.load(out / "light.npz", allow_pickle=False)
    share = kept["sun_share"]
    assert share.shape == (facts["rows"], facts["columns"]) and facts["steps"] == 60
    assert np.nanmax(share) == pytest.approx(facts["sun_share_max"], rel=1e-6)
    middle = share[share.shape[0] // 2, share.shape[1] // 2]
    assert middle < 0.5 * facts["sun_share_max"] <= 0.5
    havens = (kept["longest_dark_h"] <= 480.0) & (kept["slope_deg"] <= 60.0)
    assert facts["haven_share"] == pytest.approx(havens.mean())
    with rasterio.open(out / "light.tif") as data:
        assert data.descriptions[0] == "sun_share"
        np.testing.assert_array_equal(data.read(1), share)
        row, column = np.unravel_index(int(share.argmax()), share.shape)
        x, y = data.xy(int(row), int(column))
        turn = np.degrees(np.arctan2(x, y))
        assert turn == pytest.approx(facts["sun_share_max_at"][1], abs=1e-6)
    assert (out / "haven.svg").read_text().startswith("<svg")
    assert "Light 85.83° S, 28.61° E" in (out / "haven.svg").read_text()


@pytest.mark.parametrize(
    ("at", "words"),
    [((-85.45, 31.9), "85.45° S, 31.9° E"), ((35.9, -74.3), "35.9° N, 74.3° W"), ((0.0, 0.0), "0° N, 0° E")],
)
def test_a_place_in_words_names_its_hemispheres(at: tuple[float, float], words: str) -> None:
    assert place_words(*at) == words


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "light needs a span"),
        (["--year", "2028", "--start", "2028-01-01"], "light needs a span"),
        (["--year", "2028", "--every", "40s"], "number of looks"),
        (["--year", "2028", "--at", "-60,0"], "inside latitudes"),
        (["--year", "2028", "--side", "-1"], "the side"),
        (["--year", "2028", "--mast", "-1"], "option --mast"),
        (["--year", "2028", "--reach", "0"], "option --reach"),
    ],
)
def test_what_cannot_be_mapped_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    path = reliefs.geotiff(tmp_path, reliefs.flat(reliefs.polar(half=20)))
    assert main(["light", str(path), *AT, *options, "--out", str(tmp_path / "maps")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "maps").exists()


@pytest.mark.parametrize(
    ("crs", "unit", "scale", "message"),
    [
        ("", "m", 1.0, "no datum"),
        (reliefs.CRS.replace("1737400", "1738000"), "m", 1.0, "radius"),
        (reliefs.CRS, "", 0.001, "look like kilometres"),
        ("EPSG:32743", "m", 1.0, "of the Earth, not of 'moon'"),
    ],
)
def test_rasters_that_cannot_be_trusted_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], crs: str, unit: str, scale: float, message: str
) -> None:
    ground = reliefs.rough(reliefs.polar())
    path = reliefs.geotiff(tmp_path, Heights(ground.grid, (scale * ground.m).astype(np.float32)), crs, unit)
    assert main(["light", str(path), *AT, "--year", "2028", "--out", str(tmp_path / "maps")]) == 2
    assert message in capsys.readouterr().err
