import h3
import numpy as np
import pytest

from raabta.report import geometry
from raabta.report.geometry import Frame


def test_laea_keeps_area() -> None:
    """A quarter-degree box at 24 N and at 37 N has its spherical area on the page."""
    for south in (24.0, 36.75):
        lat = south + np.array([0.0, 0.0, 0.25, 0.25])
        x, y = geometry.laea(lat, np.array([70.0, 70.25, 70.25, 70.0]), (30.0, 69.0))
        flat = 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
        r = geometry.AUTHALIC_RADIUS_KM
        true = r * r * np.radians(0.25) * (np.sin(np.radians(south + 0.25)) - np.sin(np.radians(south)))
        assert flat == pytest.approx(true, rel=2e-4)


def test_laea_matches_snyders_worked_example() -> None:
    """Snyder, USGS PP 1395 (1987), p. 332: R = 3, centre 40 N 100 W, point 20 S 100 E."""
    centre, unit = (40.0, -100.0), 3.0 / geometry.AUTHALIC_RADIUS_KM
    x, y = geometry.laea(-20.0, 100.0, centre)
    assert (float(x) * unit, float(y) * unit) == pytest.approx((-4.2339303, 4.0257775), abs=5e-8)
    lat, lon = geometry.inverse_laea(x, y, centre)
    assert (float(lat), float(lon) % 360.0) == pytest.approx((-20.0, 100.0))


def test_frame_goes_there_and_back_and_holds_its_points() -> None:
    lat, lon = np.array([24.0, 37.0, 30.0]), np.array([61.0, 77.0, 70.0])
    frame = Frame.around(lat, lon, 720.0)
    x, y = frame.pixels(lat, lon)
    assert all(frame.holds(a, b, 20.0) for a, b in zip(x, y, strict=True))
    back = frame.degrees(x, y)
    assert back[0] == pytest.approx(lat) and back[1] == pytest.approx(lon)


def test_frame_holds_across_the_date_line() -> None:
    lat, lon = np.array([-18.0, -17.0]), np.array([179.5, -179.5])
    frame = Frame.around(lat, lon, 400.0)
    x, _ = frame.pixels(lat, lon)
    assert frame.km_per_px < 1.0 and 0 < x[0] < x[1] < 400


def test_paths_are_whole_tenths_and_neighbours_share_their_edge() -> None:
    cell = h3.latlng_to_cell(30.0, 70.0, 5)
    pair = [h3.str_to_int(c) for c in (cell, sorted(set(h3.grid_disk(cell, 1)) - {cell})[0])]
    rings = geometry.cell_rings(pair)
    frame = Frame.around(*np.array([*rings[0], *rings[1]]).T, 300.0)
    whole = geometry.tenths(rings, frame)
    assert len({tuple(p) for p in whole[0]} & {tuple(p) for p in whole[1]}) == 2
    assert geometry.borders(whole, np.array([0, 1])).count("M") == 1
    assert geometry.borders(whole, np.array([0, 0])) == "" == geometry.borders(whole, np.array([0, -1]))


def test_path_drops_repeated_points_and_closes() -> None:
    ring = np.array([[0, 0], [10, 0], [10, 0], [10, -5]])
    assert geometry.path(ring) == "M0 0l10 0 0-5z"
    assert geometry.path(np.array([[3, 3], [3, 3]])) == ""


@pytest.mark.parametrize(("km_per_px", "km"), [(2.0, 200.0), (0.1, 10.0), (1.0, 100.0), (4.2, 500.0)])
def test_scale_bar_is_round_and_not_longer_than_its_room(km_per_px: float, km: float) -> None:
    frame = Frame((30.0, 70.0), 0.0, 0.0, km_per_px, 720.0, 700.0)
    assert geometry.nice_length_km(frame) == km
    assert km / km_per_px <= 130.0
