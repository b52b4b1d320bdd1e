"""Cloud maps of P.840-9 that a user brings: synthetic here; whole, turned, torn and missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.links import cloud, cloud_maps, weather

LATITUDE, LONGITUDE = np.linspace(-90.0, 90.0, 721), np.linspace(-180.0, 180.0, 1441)
SITE: dict[str, Any] = {
    "frequency_ghz": 20.0,
    "dish_m": 0.6,
    "efficiency_share": 0.65,
    "exceedance_percent": [0.1, 7.0],
    "elevation_deg": [35.0],
}

# ITU validation examples of P.840-9: GHz, elevation (deg), kg/m2, dB.
ROWS = [
    (6.0, 15.0, 0.82359246235649, 0.09905224128740467),
    (15.0, 45.0, 0.221336837464663, 0.0595088161565868),
    (30.0, 75.0, 0.0877674171040156, 0.0643180997169543),
    (45.0, 90.0, 0.0278460017036198, 0.0401834480600295),
    (6.0, 15.0, 1.34086314993942, 0.16126361802920472),
    (15.0, 45.0, 0.618180437395432, 0.16620453432852675),
    (30.0, 75.0, 0.152463592389544, 0.1117290318216181),
    (45.0, 90.0, 0.0267305029813346, 0.03857371660037261),
]


def synthetic(percent: float) -> Any:
    """A made-up map: a plane, with the ITU's values within a degree of the four points that are checked."""
    world = np.full((721, 1441), 0.3) + 0.001 * LATITUDE[:, None] + 0.0005 * LONGITUDE
    for latitude, longitude, value in cloud_maps._EXAMPLES:
        here = (np.abs(LATITUDE - latitude) <= 1.0)[:, None] & (np.abs(LONGITUDE - longitude) <= 1.0)
        world[here] = value
    return world * (np.log(99.0 / percent) / np.log(99.0 / 15.5)) if percent in (10.0, 20.0) else world


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five levels in the `.npz` form."""
    folder = tmp_path_factory.mktemp("packed")
    for percent in (5.0, 10.0, 20.0, 30.0, 50.0):
        np.savez(folder / f"v9_l_{percent:g}.npz", arr_0=synthetic(percent))
    np.savez(folder / "v9_lat.npz", arr_0=np.repeat(LATITUDE[:, None], 1441, axis=1))
    np.savez(folder / "v9_lon.npz", arr_0=np.repeat(LONGITUDE[None, :], 721, axis=0))
    return folder


@pytest.mark.parametrize(("f", "elevation", "liquid", "expected"), ROWS)
def test_coefficient_gives_the_itus_examples(
    f: float, elevation: float, liquid: float, expected: float
) -> None:
    slant = liquid * cloud.mass_absorption_coefficient(f) / np.sin(np.radians(elevation))
    assert float(slant) == pytest.approx(expected, rel=1e-12)


def test_interpolation_in_space_and_in_log_p(packed: Path) -> None:
    found = cloud_maps.open_cloud_maps(packed)
    plane = 0.3 + 0.001 * 30.1 + 0.0005 * 70.2
    assert float(found.liquid_kgm2(30.1, 70.2, 5.0)) == pytest.approx(plane, rel=1e-12)
    ten, twenty = (float(found.liquid_kgm2(30.1, 70.2, p)) for p in (10.0, 20.0))
    between = float(found.liquid_kgm2(30.1, 70.2, 14.0))
    assert between == pytest.approx(ten + (twenty - ten) * np.log(1.4) / np.log(2.0), rel=1e-12)


def test_results_use_the_users_maps_and_say_so(packed: Path) -> None:
    brought = cloud_maps.open_cloud_maps(packed)
    mine = weather.site_tables([31.5, 33.7], [74.3, 73.0], 0.3, cloud_maps=brought, **SITE)
    usual = weather.site_tables([31.5, 33.7], [74.3, 73.0], 0.3, **SITE)
    expected = brought.liquid_kgm2([31.5, 33.7], [74.3, 73.0], 5.0) * cloud.mass_absorption_coefficient(20.0)
    assert mine.cloud_db[:, 0] == pytest.approx(expected / np.sin(np.radians(35.0)), rel=1e-12)
    assert mine.editions["cloud"] == "ITU-R P.840-9 (08/2023), maps brought by the user"
    assert mine.editions["map of cloud water"] == mine.editions["cloud"]
    assert "P.840-8" in usual.editions["cloud"]
    assert "its maps are not installed" in usual.editions["cloud"]
    assert np.array_equal(mine.rain_db, usual.rain_db)
    assert (mine.total_db != usual.total_db).all()


def test_the_itus_own_text_files_in_a_folder_and_in_their_archive(packed: Path, tmp_path: Path) -> None:
    archive = tmp_path / "part1.zip"
    with ZipFile(archive, "w", ZIP_DEFLATED) as part:
        for percent in (10.0, 20.0):
            np.savetxt(tmp_path / f"L_{percent:g}.TXT", synthetic(percent), fmt="%.8f")
            part.write(tmp_path / f"L_{percent:g}.TXT", f"annual/L_{percent:g}.txt")
    at = ([30.1, -12.0], [70.2, 250.0], 14.0)
    expected = cloud_maps.open_cloud_maps(packed).liquid_kgm2(*at)
    for source in (tmp_path, archive):
        assert cloud_maps.open_cloud_maps(source).liquid_kgm2(*at) == pytest.approx(expected, rel=1e-6)
    with pytest.raises(ScenarioError, match=r"map of 5 % is missing"):
        cloud_maps.open_cloud_maps(archive).liquid_kgm2(30.0, 70.0, 5.0)


def test_an_archive_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "part1.zip").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(
        ScenarioError, match=r"a P\.840-9 map cannot be read: File is not a zip file"
    ) as caught:
        cloud_maps.open_cloud_maps(tmp_path / "part1.zip")
    assert caught.value.file == str(tmp_path / "part1.zip")


def test_maps_that_run_from_north_and_from_greenwich(packed: Path, tmp_path: Path) -> None:
    for percent in (10.0, 20.0):
        east = np.concatenate([synthetic(percent)[:, 720:1440], synthetic(percent)[:, :721]], axis=1)
        np.savez(tmp_path / f"v9_l_{percent:g}.npz", arr_0=east[::-1])
    np.savez(tmp_path / "v9_lat.npz", arr_0=LATITUDE[::-1])
    np.savez(tmp_path / "v9_lon.npz", arr_0=np.linspace(0.0, 360.0, 1441))
    turned, usual = cloud_maps.open_cloud_maps(tmp_path), cloud_maps.open_cloud_maps(packed)
    at = ([30.1, -12.0, 60.3], [70.2, 250.0, -33.3], 14.0)
    assert turned.liquid_kgm2(*at) == pytest.approx(usual.liquid_kgm2(*at), rel=1e-12)


def test_a_map_turned_round_without_saying_so_is_refused(tmp_path: Path) -> None:
    for percent in (10.0, 20.0):
        np.savez(tmp_path / f"v9_l_{percent:g}.npz", arr_0=synthetic(percent)[::-1])
    np.savez(tmp_path / "v9_lat.npz", arr_0=LATITUDE)
    np.savez(tmp_path / "v9_lon.npz", arr_0=LONGITUDE)
    with pytest.raises(
        ScenarioError, match=r"these are not the maps of P\.840-9: .* at 45 N 0 E for 15\.5 %"
    ):
        cloud_maps.open_cloud_maps(tmp_path)


def test_no_folder_and_no_file_say_what_to_bring(tmp_path: Path, packed: Path) -> None:
    with pytest.raises(ScenarioError, match="there are no cloud maps here") as caught:
        cloud_maps.open_cloud_maps(tmp_path / "nowhere")
    assert caught.value.file == str(tmp_path / "nowhere")
    assert "download part 1" in str(caught.value.hint)
    with pytest.raises(ScenarioError, match=r"map of 10 % is missing: neither L_10\.TXT nor v9_l_10\.npz"):
        cloud_maps.open_cloud_maps(tmp_path)
    with pytest.raises(ScenarioError, match=r"map of 0\.5 % is missing: neither L_05\.TXT"):
        cloud_maps.open_cloud_maps(packed).liquid_kgm2(30.0, 70.0, 0.5)
    with pytest.raises(
        OutOfRangeError, match=r"exceedance is 0\.005 %; valid: 0\.01 to 99 % \(P\.840-9 maps\)"
    ):
        cloud_maps.open_cloud_maps(packed).liquid_kgm2(30.0, 70.0, 0.005)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("L_10.TXT", b"1 2 3\n4 5\n", "cannot be read"),
        ("L_10.TXT", b"1 2 3\n4 5 6\n", r"shape \(2, 3\), not \(721, 1441\)"),
        ("L_10.TXT", b"\xff\xfe\x00", "cannot be read"),
        ("v9_l_10.npz", b"not a zip", "cannot be read"),
    ],
)
def test_torn_files_are_refused_by_name(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    for part, axis in (("lat", LATITUDE), ("lon", LONGITUDE)):
        np.savez(tmp_path / f"v9_{part}.npz", arr_0=axis)
    with pytest.raises(ScenarioError, match=message) as caught:
        cloud_maps.open_cloud_maps(tmp_path)
    assert caught.value.file == str(tmp_path / name)


def test_pickles_and_values_that_are_no_water_are_refused(tmp_path: Path) -> None:
    for part, axis in (("lat", LATITUDE), ("lon", LONGITUDE)):
        np.savez(tmp_path / f"v9_{part}.npz", arr_0=axis)
    np.savez(tmp_path / "v9_l_10.npz", arr_0=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ScenarioError, match="allow_pickle=False"):
        cloud_maps.open_cloud_maps(tmp_path)
    np.savez_compressed(tmp_path / "v9_l_10.npz", arr_0=np.full((721, 1441), np.nan))
    with pytest.raises(ScenarioError, match="values that are no cloud water; allowed: 0 to 50 kg/m2"):
        cloud_maps.open_cloud_maps(tmp_path)


def test_axes_must_be_those_of_the_map(packed: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "v9_l_10.npz", arr_0=synthetic(10.0))
    with pytest.raises(ScenarioError, match=r"v9_lat\.npz is missing beside"):
        cloud_maps.open_cloud_maps(tmp_path)
    np.savez(tmp_path / "v9_lat.npz", arr_0=LATITUDE[:100])
    with pytest.raises(ScenarioError, match=r"v9_lat\.npz is not the axis of a P\.840-9 map"):
        cloud_maps.open_cloud_maps(tmp_path)


def test_a_small_file_that_unpacks_to_much_is_refused(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "v9_l_10.npz", arr_0=np.zeros(9_000_000))
    for part, axis in (("lat", LATITUDE), ("lon", LONGITUDE)):
        np.savez(tmp_path / f"v9_{part}.npz", arr_0=axis)
    with pytest.raises(ScenarioError, match=r"72,000,1\d\d bytes; a P\.840-9 map has at most"):
        cloud_maps.open_cloud_maps(tmp_path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "L_10.TXT").open("wb") as file:
        file.truncate(cloud_maps.MOST_BYTES + 1)
    with pytest.raises(ScenarioError, match=r"64,000,001 bytes; a P\.840-9 map has at most 64,000,000"):
        cloud_maps.open_cloud_maps(tmp_path)
