"""Height rasters: both formats, every projection, lazily; and what is refused, with what to do next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from raabta.base.bodies import EARTH, MOON
from raabta.base.errors import LimitError, OutOfRangeError, RaabtaError, ScenarioError
from raabta.terrain.grids import Grid, Heights
from raabta.terrain.horizon import find_horizon
from raabta.terrain.opening import open_raster
from raabta.terrain.projections import Equirectangular, Plate, Projection, Stereographic
from raabta.terrain.rasters import Raster

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")  # inside rasterio
MOON_SPHERE = (
    'GEOGCS["Moon",DATUM["Moon",SPHEROID["Moon",1737400,0]],PRIMEM["m",0],UNIT["degree",0.017453292519943]]'
)
POLAR = (
    f'PROJCS["p",{MOON_SPHERE},PROJECTION["Polar_Stereographic"],PARAMETER["latitude_of_origin",-90],'
    'PARAMETER["central_meridian",0],PARAMETER["scale_factor",1],PARAMETER["false_easting",0],'
    'PARAMETER["false_northing",0],UNIT["metre",1]]'
)
LABEL = """PDS_VERSION_ID            = "PDS3"
/* a comment with LINES = 3 */
TARGET_NAME               = MOON
^IMAGE                    = "{image}"
OBJECT                    = IMAGE
  LINES                   = {lines}
  LINE_SAMPLES            = {samples}
  SAMPLE_TYPE             = {kind}
  SAMPLE_BITS             = {bits}
  UNIT                    = {unit}
  SCALING_FACTOR          = {scale}
  OFFSET                  = {offset}
  MISSING_CONSTANT        = -32768
END_OBJECT                = IMAGE
OBJECT                    = IMAGE_MAP_PROJECTION
  MAP_PROJECTION_TYPE     = "{projection}"
  MAP_RESOLUTION          = {resolution} <PIX/DEG>
  MAP_SCALE               = {map_scale} <METERS/PIX>
  A_AXIS_RADIUS           = {radius} <KM>
  B_AXIS_RADIUS           = {radius} <KM>
  C_AXIS_RADIUS           = {radius} <KM>
  CENTER_LATITUDE         = {latitude} <DEG>
  CENTER_LONGITUDE        = {longitude} <DEG>
  LINE_PROJECTION_OFFSET  = {line}
  SAMPLE_PROJECTION_OFFSET = {sample}
  MAP_PROJECTION_ROTATION = 0.0
END_OBJECT                = IMAGE_MAP_PROJECTION
END
"""
LOLA = {
    "image": "LDEM.IMG", "lines": 40, "samples": 40, "kind": "LSB_INTEGER", "bits": 16, "unit": "METER",
    "scale": 0.5, "offset": "1737400.", "projection": "POLAR STEREOGRAPHIC", "resolution": 75.8,
    "map_scale": 400,
    "radius": 1737.4, "latitude": -90, "longitude": 0, "line": 19.5, "sample": 19.5,
}  # fmt: skip


def hills(rows: int = 40, columns: int = 40) -> np.ndarray:
    row, column = np.mgrid[:rows, :columns]
    return 900.0 * np.sin(row / 5.0) * np.cos(column / 7.0) + 40.0 * column


def geotiff(
    path: Path, z: np.ndarray, crs: str | None = POLAR, corner: tuple[float, ...] = (400.0, 64e3, 120e3),
    **more: object,
) -> Path:  # fmt: skip
    """Write a GeoTIFF whose upper left corner is at (x, y)."""
    rasterio = pytest.importorskip("rasterio", reason="GeoTIFF needs the extra raabta[terrain]")
    from rasterio.transform import from_origin

    units, scales = more.pop("units", None), more.pop("scales", None)
    step, x, y = corner
    with rasterio.open(
        path, "w", driver="GTiff", height=z.shape[0], width=z.shape[1], count=1, dtype=z.dtype, crs=crs,
        transform=from_origin(x, y, step, step), **more,
    ) as data:  # fmt: skip
        data.write(z, 1)
        if units:
            data.units = (units,)
        if scales:
            data.scales = (scales,)
    return path


def lola(folder: Path, stored: np.ndarray | None = None, **changes: object) -> Path:
    """Write a PDS3 label with its samples beside it."""
    values = {**LOLA, **changes}
    z = np.rint(2.0 * hills()).astype("<i2") if stored is None else stored
    (folder / "ldem.img").write_bytes(z.tobytes())
    (folder / "LDEM.LBL").write_text(LABEL.format(**values), encoding="latin-1")
    return folder / "LDEM.LBL"


@pytest.mark.parametrize(
    "projection",
    [
        Stereographic(MOON, -90.0, 0.0),
        Stereographic(MOON, 90.0, 45.0, 0.97, 1000.0, -500.0),
        Stereographic(MOON, -85.45, 31.9),
        Equirectangular(MOON, 30.0, 180.0),
        Plate(MOON),
    ],
)
def test_places_come_back_and_scales_are_those_of_small_steps(projection: Projection) -> None:
    latitude, longitude = np.array([-88.0, -85.0, -60.0]), np.array([170.0, -31.0, 33.0])
    latitude = -latitude if getattr(projection, "latitude_deg", -1.0) > 0.0 else latitude
    x, y = projection.to_map(latitude, longitude)
    back = projection.to_place(x, y)
    np.testing.assert_allclose(back[0], latitude, atol=1e-9)
    np.testing.assert_allclose((back[1] - longitude + 180.0) % 360.0 - 180.0, 0.0, atol=1e-8)
    step = 1e-4 if isinstance(projection, Plate) else 1.0
    for k, (right, up) in enumerate(((step, 0.0), (0.0, step))):
        lat, lon = projection.to_place(x + right, y + up)
        east = np.radians((lon - back[1] + 180.0) % 360.0 - 180.0) * np.cos(np.radians(back[0]))
        moved = 1_737_400.0 * np.hypot(east, np.radians(lat - back[0])) / step
        np.testing.assert_allclose(projection.ground_m(x, y)[k], moved, rtol=1e-4)


def test_a_polar_geotiff_is_read_where_gdal_puts_it(tmp_path: Path) -> None:
    z = hills().astype(np.float32)
    raster = open_raster(geotiff(tmp_path / "a.tif", z, units="m"), "Moon")
    from rasterio.warp import transform

    lon, lat = transform(POLAR, MOON_SPHERE, [64_200.0 + 400.0 * 7], [119_800.0 - 400.0 * 31])
    whole = raster.whole()
    assert float(whole.at(lat[0], lon[0])) == pytest.approx(z[31, 7], abs=1e-3)
    assert raster.body is MOON and whole.m.shape == (40, 40)


def test_pds3_is_read_as_gdal_reads_it(tmp_path: Path) -> None:
    """LOLA: 16 bits of half a metre; OFFSET is the radius of the sphere, no part of a height."""
    rasterio = pytest.importorskip("rasterio")
    whole = open_raster(lola(tmp_path)).whole()
    np.testing.assert_allclose(whole.m, np.rint(2.0 * hills()) / 2.0, atol=1e-6)
    with rasterio.open(tmp_path / "LDEM.LBL", driver="PDS") as data:
        assert data.shape == (40, 40)
        np.testing.assert_allclose(data.read(1) * 0.5, whole.m, atol=1e-6)
        x, y = data.transform * (0.5, 0.5)
    assert abs(x) == abs(whole.grid.x0) == 7_800.0 and abs(y) == whole.grid.y0 == 7_800.0
    assert whole.grid.place(0, 0)[1] == pytest.approx(-45.0)  # upper left of a south polar map


def test_a_cylindrical_pds3_label_puts_longitudes_right(tmp_path: Path) -> None:
    label = lola(
        tmp_path, projection="SIMPLE CYLINDRICAL", resolution=4, latitude=0, longitude=180, line=19.5
    )
    grid = open_raster(label).grid
    assert [float(v) for v in grid.place(0, 19)] == pytest.approx([4.875, 179.875])
    row, column = grid.pixel(4.875, -179.875)
    assert (float(row), float(column)) == pytest.approx((0.0, 20.0))


def test_samples_in_kilometres_or_real_numbers_and_missing_ones(tmp_path: Path) -> None:
    z = (hills() / 1000.0).astype("<f4")
    z[3, 4] = -32768.0
    raster = open_raster(
        lola(tmp_path, z, kind="PC_REAL", bits=32, unit="KILOMETER", scale=1.0, offset=1737.4)
    )
    whole = raster.whole()
    assert np.isnan(whole.m[3, 4]) and np.isnan(whole.m).sum() == 1
    assert whole.m[10, 10] == pytest.approx(hills()[10, 10], abs=0.01)


def test_only_the_part_within_reach_is_read(tmp_path: Path) -> None:
    """A tile of 4 GB (sparse here) gives its horizon without being read."""
    side = 45_000
    label = lola(tmp_path, lines=side, samples=side, line=side / 2, sample=side / 2, map_scale=5)
    with (tmp_path / "ldem.img").open("r+b") as stream:
        stream.truncate(2 * side * side)
    found = find_horizon(open_raster(label), -88.5, 45.0, azimuths=8, reach_km=3.0)
    np.testing.assert_allclose(found.elevation_deg, -0.0869, atol=1e-4)
    with pytest.raises(LimitError, match="45,000 x 45,000 samples"):
        open_raster(label).whole()


def test_columns_run_on_over_the_seam() -> None:
    stored = np.tile(np.arange(720, dtype=np.float32), (360, 1))
    grid = Grid(Plate(MOON), 0.25, 89.75, 0.5, -0.5, 360, 720)
    raster = Raster(Path("all"), grid, lambda r, c, n, m: stored[r : r + n, c : c + m])
    part = raster.around(0.0, 0.1, 60.0)
    assert part.m[0, 0] > 700.0 and part.m[0, -1] < 10.0
    assert float(part.at(0.0, 359.75)) == pytest.approx(719.0)
    with pytest.raises(ScenarioError, match="lies a pole"):
        raster.around(89.0, 0.0, 60.0)


@pytest.mark.parametrize(
    ("epsg", "corner"), [(4326, (0.01, 74.2, 36.1)), (32643, (900.0, 430_000.0, 3_990_000.0))]
)
def test_earth_rasters_in_degrees_and_utm(tmp_path: Path, epsg: int, corner: tuple[float, ...]) -> None:
    """A valley near Gilgit: walls to its east and west, both systems of coordinates."""
    column = np.arange(40)
    z = np.tile(1500.0 + 60.0 * np.abs(column - 19.5) ** 1.2, (40, 1)).astype(np.float32)
    raster = open_raster(geotiff(tmp_path / "e.tif", z, f"EPSG:{epsg}", corner, units="m"))
    latitude, longitude = (float(v) for v in raster.grid.place(19.5, 19.5))
    found = find_horizon(raster, latitude, longitude, azimuths=360, reach_km=15.0)
    assert raster.body is EARTH and (35.7, 74.2) < (latitude, longitude) < (36.1, 74.5)
    assert abs(found.elevation_deg[270] - found.elevation_deg[90]) < 0.3
    assert found.elevation_deg[90] > found.elevation_deg[0] + 3.0


def test_a_raster_without_a_datum_is_refused(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "a.tif", hills().astype(np.float32), None)
    with pytest.raises(ScenarioError, match=r"no datum.*\nhint: give it its coordinate system"):
        open_raster(path)
    text = lola(tmp_path).read_text()
    (tmp_path / "LDEM.LBL").write_text(text.replace("A_AXIS_RADIUS", "AN_AXIS"))
    with pytest.raises(ScenarioError, match="no datum: its label has no A_AXIS_RADIUS"):
        open_raster(tmp_path / "LDEM.LBL")


def test_the_wrong_body_or_radius_is_refused(tmp_path: Path) -> None:
    z = hills().astype(np.float32)
    old = geotiff(tmp_path / "old.tif", z, POLAR.replace("1737400", "1738000"))
    with pytest.raises(ScenarioError, match=r"radius of 1,738\.000 km.*allowed: Moon 1,737\.400 km"):
        open_raster(old)
    mars = geotiff(tmp_path / "mars.tif", z, POLAR.replace("1737400", "3396190"))
    with pytest.raises(ScenarioError, match=r"radius of 3,396\.190 km"):
        open_raster(mars)
    with pytest.raises(ScenarioError, match="the raster is of the Moon, not of 'earth'"):
        open_raster(geotiff(tmp_path / "moon.tif", z, units="m"), "earth")
    with pytest.raises(ScenarioError, match=r"above a radius of 1,738\.000 km"):
        open_raster(lola(tmp_path, offset="1738000."))


def test_kilometres_taken_for_metres_are_refused(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "km.tif", (hills() / 1000.0).astype(np.float32))
    with pytest.raises(ScenarioError, match=r"these look like kilometres\nhint: .*--unit km"):
        open_raster(path)
    assert open_raster(path, unit="km").whole().m.max() == pytest.approx(hills().max(), rel=1e-6)
    assert open_raster(path, unit="m").whole().m.max() < 3.0
    wrong = geotiff(tmp_path / "m.tif", hills().astype(np.float32), units="km")
    with pytest.raises(OutOfRangeError, match="kilometres taken for metres"):
        open_raster(wrong).whole()


def test_unknown_samples_and_undeclared_ones(tmp_path: Path) -> None:
    z = hills().astype(np.float32)
    z[5, 5] = -3.4e38
    told = geotiff(tmp_path / "told.tif", z, nodata=-3.4e38, units="m")
    assert np.isnan(open_raster(told).whole().m[5, 5])
    silent = geotiff(tmp_path / "silent.tif", z, units="m")
    with pytest.raises(OutOfRangeError, match="does not declare"):
        open_raster(silent).whole()
    nothing = geotiff(tmp_path / "n.tif", np.full((40, 40), np.nan, np.float32), units="m")
    with pytest.raises(ScenarioError, match="no height is known"):
        open_raster(nothing).whole()


def test_a_site_off_the_raster_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    raster = open_raster(geotiff(tmp_path / "a.tif", hills().astype(np.float32), units="m"))
    with pytest.raises(
        OutOfRangeError, match=r"the site is -70, 10; valid: inside latitudes -85\.966 to -85.256"
    ):
        find_horizon(raster, -70.0, 10.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "VAX_REAL", "bits": 32}, "samples of VAX_REAL, 32 bits"),
        ({"lines": 41}, "its label says 3,280"),
        ({"lines": "many"}, "IMAGE.LINES of the label is 'many'"),
        ({"projection": "SINUSOIDAL"}, "projection 'SINUSOIDAL'"),
        ({"unit": "FURLONG"}, "heights in 'furlong'"),
        ({"image": "../../etc/passwd"}, "points at no image"),
        ({"image": "GONE.IMG"}, "GONE.IMG, are not beside it"),
        ({"samples": 10**9}, "1,000,000,000 samples"),
    ],
)
def test_labels_that_lie_are_refused(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(RaabtaError, match=message):
        open_raster(lola(tmp_path, **changes))


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(ScenarioError, match="neither a GeoTIFF nor a PDS3 label"):
        open_raster(tmp_path / "a.txt")
    (tmp_path / "b.tif").write_bytes(b"II*\0" + b"\xff" * 200)
    with pytest.raises(ScenarioError, match="the GeoTIFF cannot be read"):
        open_raster(tmp_path / "b.tif")
    with pytest.raises(ScenarioError, match="no such file"):
        open_raster(tmp_path / "c.tif")
    two = geotiff(tmp_path / "u8.tif", np.zeros((9, 9), np.uint8))
    with pytest.raises(ScenarioError, match="samples of type uint8"):
        open_raster(two)


def test_heights_between_samples_are_bilinear() -> None:
    grid = Grid(Plate(MOON), 10.0, 5.0, 1.0, -1.0, 3, 3)
    heights = Heights(grid, np.array([[0, 10, 20], [30, 40, 50], [60, 70, 90]], np.float32))
    assert float(heights.at(4.5, 10.5)) == pytest.approx(20.0)
    assert float(heights.at(3.5, 11.75)) == pytest.approx(0.5 * 47.5 + 0.5 * 85.0)
