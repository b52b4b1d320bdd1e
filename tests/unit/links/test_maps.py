"""Maps: found by path, interpolated, and loud when they are missing or empty."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError, StoreError
from raabta.links import maps


def test_importing_the_floor_opens_no_map_and_no_itur() -> None:
    code = (
        "import sys\n"
        "import raabta\n"
        "from raabta.links import weather, maps, budget, availability, cloud_maps, sites, weather_series\n"
        "loaded = [m for m in ('itur', 'astropy', 'scipy.special', 'numba', 'xarray') if m in sys.modules]\n"
        "caches = [f.cache_info().currsize for f in (maps._descending, maps._ascending, maps._heights)]\n"
        "caches.append(cloud_maps._level.cache_info().currsize)\n"
        "print(loaded, sum(caches))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] 0"


def test_reading_a_map_does_not_import_itur() -> None:
    code = (
        "import sys\nfrom raabta.links import maps\nmaps.zero_isotherm_km(30.0, 70.0)\n"
        "print('itur' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "find_spec", lambda name: None)
    with pytest.raises(StoreError, match=r"come with itur 0\.4\.0; run `pip install itur==0\.4\.0`"):
        maps.data_folder()


def test_missing_file_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(maps, "data_folder", lambda: tmp_path)
    with pytest.raises(StoreError, match=r"the ITU map 837/nothing\.npz is not in"):
        maps.data_file("837/nothing.npz")


def test_wrong_shape_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    np.savez(tmp_path / "small.npz", arr_0=np.zeros((3, 3)))
    monkeypatch.setattr(maps, "data_folder", lambda: tmp_path)
    with pytest.raises(StoreError, match=r"has shape \(3, 3\), not \(121, 241\)"):
        maps._read("small.npz", (121, 241))


def test_pickled_map_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", arr_0=np.array([{"a": 1}], dtype=object))
    monkeypatch.setattr(maps, "data_folder", lambda: tmp_path)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        maps._read("evil.npz", (1, 1))


def test_bilinear_is_exact_on_a_plane_and_at_nodes() -> None:
    rows, columns = np.meshgrid(np.arange(121), np.arange(241), indexing="ij")
    plane = maps.Grid(2.0 * rows + 3.0 * columns + 1.0, 90.0, -1.5, 0.0, "plane")
    assert float(maps.bilinear(plane, 90.0 - 1.5 * 7, 1.5 * 11)) == pytest.approx(2 * 7 + 3 * 11 + 1)
    assert float(maps.bilinear(plane, 90.0 - 1.5 * 7.25, 1.5 * 11.5)) == pytest.approx(14.5 + 34.5 + 1)


def test_bicubic_reproduces_a_parabola() -> None:
    rows, columns = np.meshgrid(np.arange(40.0), np.arange(50.0), indexing="ij")
    bowl = maps.Grid(rows**2 - rows * columns + columns**2, 19.5, -1.0, 0.0, "bowl")
    r, c = 12.3, 20.6
    assert float(maps.bicubic(bowl, 19.5 - r, c)) == pytest.approx(r**2 - r * c + c**2)


@pytest.mark.parametrize(
    "read", [maps.rain_rate_001_mmh, maps.zero_isotherm_km, maps.surface_temperature_k, maps.wet_refractivity]
)
def test_longitude_conventions_agree(read: object) -> None:
    assert callable(read)
    assert float(read(12.3, -77.7)) == pytest.approx(float(read(12.3, 282.3)), rel=1e-12)


def test_date_line_is_seamless() -> None:
    east, west = maps.rain_rate_001_mmh(-15.0, 179.9999), maps.rain_rate_001_mmh(-15.0, -179.9999)
    assert float(east) == pytest.approx(float(west), rel=1e-3)


def test_levels_between_are_linear_in_log_p() -> None:
    low, high, weight = maps.bracket_levels(7.0)
    assert (low, high) == (5.0, 10.0)
    assert weight == pytest.approx(np.log(1.4) / np.log(2.0))
    assert maps.bracket_levels(5.0) == (5.0, 5.0, 1.0)
    five, ten = (float(maps.reduced_liquid_kgm2(30.0, 70.0, p)) for p in (5.0, 10.0))
    between = float(maps.reduced_liquid_kgm2(30.0, 70.0, 7.0))
    assert between == pytest.approx(five + (ten - five) * weight)


def test_only_the_level_asked_for_is_read() -> None:
    maps._descending.cache_clear()
    maps.reduced_liquid_kgm2(30.0, 70.0, 5.0)
    assert maps._descending.cache_info().currsize == 1


def test_vapour_falls_with_height() -> None:
    content = maps.vapour_content_kgm2(33.7, 73.0, np.array([0.0, 0.5, 2.0, 4.0]), 5.0)
    assert (np.diff(content) < 0).all()


def test_ranges_are_enforced_with_the_value_in_the_message() -> None:
    with pytest.raises(OutOfRangeError, match=r"latitude is 91 deg; valid: -90 to 90 deg"):
        maps.rain_rate_001_mmh(91.0, 0.0)
    with pytest.raises(OutOfRangeError, match=r"latitude is nan deg"):
        maps.rain_rate_001_mmh(np.nan, 0.0)
    with pytest.raises(OutOfRangeError, match=r"exceedance is 0\.05 %; valid: 0\.1 to 99 %"):
        maps.reduced_liquid_kgm2(30.0, 70.0, 0.05)
    with pytest.raises(OutOfRangeError, match="empty at a requested point"):
        maps.reduced_liquid_kgm2(88.8, 100.0, 5.0)
