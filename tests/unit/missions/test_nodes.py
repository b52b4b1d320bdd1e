"""Nodes by name and group; the packaged table of districts is what its tool writes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from mission_scenarios import mission, site

from raabta.base.errors import RaabtaError, ScenarioError
from raabta.missions.nodes import nodes_of, places

ROOT = Path(__file__).parents[3]


def test_the_table_of_districts_is_what_its_tool_writes() -> None:
    path = ROOT / "tools" / "make_district_points.py"
    spec = importlib.util.spec_from_file_location("make_district_points", path)
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.OUT.read_text(encoding="utf-8") == tool.table()
    assert len(places("pakistan-districts")) == 156


def test_nodes_are_found_by_name_and_by_group() -> None:
    table = {"table": "pakistan-districts", "group": "districts", "mask_deg": 10.0}
    nodes = nodes_of(mission(tables=[table]))
    assert nodes.sites == 158 and nodes.count == 160
    assert nodes.named("Pakistan").tolist() == [0, 1]
    assert nodes.named("districts").tolist() == list(range(2, 158))
    assert nodes.named("Relay").tolist() == [159]
    assert np.isnan(nodes.mask_deg[158]) and nodes.mask_deg[2] == 10.0
    with pytest.raises(ScenarioError, match="no node or group called 'Nowhere'"):
        nodes.named("Nowhere")


def gilgit(folder: Path, wall_m: float = 1_200.0) -> Path:
    """Synthetic: a valley that runs north and south, its floor at 1,500 m, as a GeoTIFF in degrees."""
    rasterio = pytest.importorskip("rasterio", reason="GeoTIFF needs the extra raabta[terrain]")
    from rasterio.transform import from_origin

    column = np.arange(61)
    z = np.tile(1_500.0 + np.minimum(wall_m, wall_m / 15.0 * np.abs(column - 30.0)), (61, 1))
    path = folder / "gilgit.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=61, width=61, count=1, dtype="float32", crs="EPSG:4326",
        transform=from_origin(74.28, 35.95, 0.001, 0.001),
    ) as data:  # fmt: skip
        data.write(z.astype(np.float32), 1)
        data.units = ("m",)
    return path


@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")  # inside rasterio
def test_a_raster_gives_a_site_its_horizon_once_and_a_changed_one_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = site("Valley", 35.92, 74.31, height_m=1_500.0, mast_m=5.0, mask_deg=10.0)
    scenario = mission(
        sites=[place | {"terrain": str(gilgit(tmp_path))}], links=[], tracks=[], look_angles=[]
    )
    mask = nodes_of(scenario).horizon[0]
    assert mask.shape == (720,) and mask[180] > 25.0 and mask[540] > 25.0 and mask[0] == 10.0
    kept = list((tmp_path / "cache").rglob("*.npz"))
    assert len(kept) == 1
    before = kept[0].stat().st_mtime_ns
    np.testing.assert_array_equal(nodes_of(scenario).horizon[0], mask)
    assert kept[0].stat().st_mtime_ns == before
    kept[0].write_bytes(b"cut short")
    np.testing.assert_array_equal(nodes_of(scenario).horizon[0], mask)
    gilgit(tmp_path, 600.0)
    assert nodes_of(scenario).horizon[0][180] < mask[180] - 5.0
    for wrong, message in (
        ({"height_m": 0.0}, r"hint: height_m: 15\d\d"),
        ({"latitude_deg": 10.0}, "inside latitudes"),
    ):
        with pytest.raises(RaabtaError, match=message):
            nodes_of(
                mission(sites=[scenario.sites[0].model_dump() | wrong], links=[], tracks=[], look_angles=[])
            )


def test_a_site_has_one_horizon_in_the_frame_of_its_map() -> None:
    for more, message in (
        ({"terrain": "a.tif", "horizon": "mons-mouton"}, "not both"),
        ({"terrain": "a.tif", "frame": "MOON_PA"}, "mapped in MOON_ME"),
    ):
        with pytest.raises(ValueError, match=message):
            mission(sites=[site("Rover", -85.0, 31.0) | more])
