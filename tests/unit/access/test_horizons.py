"""Horizons: what a profile hides, cell by cell, against every sample one by one; hostile files refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.access import horizons, visibility
from raabta.access.cells import cell_of, centres
from raabta.base.errors import LimitError, ScenarioError
from raabta.base.frames import geodetic_to_fixed, look_angles
from raabta.scenario.models import Gateway

HEAD = "latitude_deg,longitude_deg,azimuth_deg,elevation_deg\n"
VALLEY = (35.92, 74.31)  # Gilgit: the ridge to its south is the high one
RIDGE = [(0, 8), (90, 20), (150, 42), (180, 55), (210, 45), (270, 15)]


def write(folder, *lines, head=HEAD):
    path = folder / "horizons.csv"
    path.write_text(head + "".join(f"{line}\n" for line in lines))
    return path


def rows(site, profile):
    return [f"{site[0]},{site[1]},{azimuth},{elevation}" for azimuth, elevation in profile]


def cells_around(*sites):
    return np.unique(cell_of(*np.array(sites).T, 5))


def straight(azimuth, profile):
    """The horizon at an azimuth by hand: find the two samples around it and join them."""
    samples = sorted(profile)
    after = next((k for k, (a, _) in enumerate(samples) if a > azimuth), 0)
    (a0, e0), (a1, e1) = samples[after - 1], samples[after]
    span = (a1 - a0) % 360 or 360
    return e0 + (e1 - e0) * ((azimuth - a0) % 360) / span


def highest(b, profile):
    """Highest horizon of bin b, by a fine walk through it and every sample in it."""
    walk = [5 * b + k / 200 for k in range(1_001)]
    return max(straight(a % 360, profile) for a in walk + [a for a, _ in profile if 5 * b <= a <= 5 * b + 5])


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 3_599).map(lambda a: a / 10), st.floats(-20, 89), min_size=2, max_size=12
    ).map(lambda found: list(found.items()))
)
def test_a_bin_holds_the_highest_horizon_inside_it(profile):
    found = horizons.binned(*np.array(profile, float).T)
    assert found == pytest.approx([highest(b, profile) for b in range(72)], abs=1e-9)


def test_one_sample_holds_all_round_and_360_is_north(tmp_path):
    assert horizons.binned(np.array([123.0]), np.array([7.0])).tolist() == [7.0] * 72
    path = write(tmp_path, *rows(VALLEY, [(360, 9), (180, 3)]))
    assert horizons.read_horizons(path).tolist() == [[*VALLEY, 0.0, 9.0], [*VALLEY, 180.0, 3.0]]


def test_a_valley_loses_exactly_the_satellites_below_its_ridge(tmp_path):
    """Satellites everywhere; each is seen if it stands above 25 degrees and above its bin's horizon."""
    h3_index = cells_around(VALLEY)
    mask = horizons.of_cells(write(tmp_path, *rows(VALLEY, RIDGE)), h3_index, 5)
    latitude, longitude, _ = centres(h3_index)
    random = np.random.default_rng(6)
    place = random.uniform((20.0, 55.0), (52.0, 95.0), (4_000, 2))
    position_km = geodetic_to_fixed(*place.T, 550.0).T
    elevation, azimuth, _ = look_angles(latitude, longitude, 0.0, position_km.T)
    limit = np.array([max(25.0, highest(int(a // 5), RIDGE)) for a in azimuth])

    def seen(mask_deg):
        ground = visibility.sites(latitude, longitude, np.zeros(1), 25.0, mask_deg=mask_deg)
        disc = visibility.bounding_disc(ground.km)
        view = visibility.observe(ground, disc, position_km, min_elevation_deg=25.0)
        return set(view.near[view.satellite].tolist())

    lost = seen(None) - seen(mask)
    assert lost == set(np.flatnonzero((elevation >= 25.0) & (elevation < limit)).tolist())
    assert seen(mask) == set(np.flatnonzero(elevation >= limit).tolist())
    assert len(lost) > 30 and len(seen(mask)) > 30
    assert all(90.0 < azimuth[s] < 270.0 for s in lost)


def test_a_cell_takes_the_highest_of_its_sites_and_others_stay_open(tmp_path):
    far = (30.2, 67.0)
    h3_index = cells_around(VALLEY, far)
    close = (VALLEY[0] + 1e-3, VALLEY[1])
    assert cells_around(VALLEY, close).size == 1
    one, two = [(0, 30), (180, 5)], [(0, 4), (180, 40)]
    path = write(tmp_path, *rows(VALLEY, one), *rows(close, two), *rows((10.0, 10.0), [(0, 80)]))
    found = horizons.of_cells(path, h3_index, 5)
    both = [max(highest(b, one), highest(b, two)) for b in range(72)]
    here = int(np.flatnonzero(h3_index == cell_of([VALLEY[0]], [VALLEY[1]], 5)[0])[0])
    assert found[here] == pytest.approx(both)
    assert (found[1 - here] == horizons.OPEN_DEG).all()


def test_order_layout_and_repeated_rows_do_not_matter(tmp_path):
    h3_index = cells_around(VALLEY)
    lines = rows(VALLEY, RIDGE)
    plain = horizons.of_cells(write(tmp_path, *lines), h3_index, 5)
    again = horizons.of_cells(write(tmp_path, *reversed(lines), "", lines[2]), h3_index, 5)
    assert np.array_equal(plain, again)
    head = "\ufeff elevation_deg ,name,Longitude_deg,LATITUDE_DEG,azimuth_deg\r\n"
    other = [f'{e},"a, b", {VALLEY[1]},{VALLEY[0]},{a}' for a, e in RIDGE]
    assert np.array_equal(plain, horizons.of_cells(write(tmp_path, *other, head=head), h3_index, 5))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"horizons.csv: the horizon file has no rows"),
        (HEAD, r"horizons.csv: the horizon file has no rows"),
        ("latitude_deg,longitude_deg,azimuth_deg\n1,2,3\n", r"csv:1:1: missing column elevation_deg\n"),
        ("lat;lon;azimuth;elevation\n1;2;3;4\n", r"csv:1:1: missing column latitude_deg, longitude_deg, az"),
        (HEAD.replace("azimuth", "latitude"), r"csv:1: the column latitude_deg stands twice"),
        (HEAD + "35,74,0,5\n35,74,10\n", r"csv:3: 3 fields where the header has 4"),
        (
            HEAD + "35,74,0,5\n35,74,ten,6\n",
            r"csv:3:7: azimuth_deg is 'ten', not a number\n    35,74,ten,6\n",
        ),
        (HEAD + "35,74,0,\n", r"csv:2:9: elevation_deg is '', not a number"),
        (HEAD + "95,74,0,5\n", r"csv:2:1: latitude_deg is 95; allowed: -90 to 90"),
        (HEAD + "35,184,0,5\n", r"csv:2:4: longitude_deg is 184; allowed: -180 to 180"),
        (HEAD + "35,74,0,5\n\n35,74,-10,5\n", r"csv:4:7: azimuth_deg is -10; allowed: 0 to 360"),
        (HEAD + "35,74,0,91\n", r"csv:2:9: elevation_deg is 91; allowed: -90 to 90"),
        (HEAD + "35,74,0,nan\n", r"csv:2:9: elevation_deg is nan; allowed"),
        (HEAD + "35,74,0,1e999\n", r"csv:2:9: elevation_deg is inf; allowed"),
        (HEAD + '35,74,0,"5\n', r"csv:2: the horizon file: unexpected end of data"),
        (
            HEAD + "35,74,90,5\n35,74,0,6\n35,74,90,7\n",
            r"csv:4:10: azimuth 90 of the site at 35, 74 stands twice: 7 degrees high here, 5 in line 2",
        ),
        (HEAD + "35,74,0,5\n35,74,360,6\n", r"azimuth 0 of .* stands twice.*\n.*\n.*\nhint: .*360 is 0"),
    ],
)
def test_a_bad_horizon_file_points_at_its_place(tmp_path, text, message):
    path = tmp_path / "horizons.csv"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=message):
        horizons.read_horizons(path)


def test_a_caret_stands_under_the_wrong_number(tmp_path):
    with pytest.raises(ScenarioError) as caught:
        horizons.read_horizons(write(tmp_path, "35,74,10,ninety"))
    _, source, caret = str(caught.value).splitlines()
    assert source[caret.index("^") :] == "ninety"


def test_sites_outside_every_cell_are_an_error(tmp_path):
    path = write(tmp_path, *rows((VALLEY[1], VALLEY[0]), RIDGE))
    with pytest.raises(ScenarioError, match=r"none of the 1 sites lies in a cell of the area\nhint: .*WGS84"):
        horizons.of_cells(path, cells_around(VALLEY), 5)


def test_a_huge_or_missing_or_binary_file_is_refused(tmp_path, monkeypatch):
    path = write(tmp_path, "35,74,0,5")
    with monkeypatch.context() as patch:
        patch.setattr(horizons, "MAX_HORIZON_BYTES", 10)
        with pytest.raises(LimitError, match=r"horizons.csv: 63 bytes; the horizon file may have"):
            horizons.read_horizons(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="the horizon file cannot be read"):
        horizons.read_horizons(path)
    with pytest.raises(ScenarioError, match=r"none.csv: the horizon file cannot be read"):
        horizons.read_horizons(tmp_path / "none.csv")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="09.,-e\n\r\"' \x00lonatiude_gzmhv", max_size=80))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "horizons.csv"
    path.write_text(HEAD + text, newline="")
    try:
        assert np.isfinite(horizons.read_horizons(path)).all()
    except ScenarioError as error:
        assert error.file == str(path)


def gateway(**changes):
    return Gateway(name="A", country="PAK", latitude_deg=30.0, longitude_deg=67.0, **changes)


def test_gateways_without_a_horizon_need_no_mask():
    assert horizons.of_gateways((gateway(), gateway())) is None


def test_a_gateways_horizon_is_binned_like_a_cells():
    ridge = [{"azimuth_deg": a, "elevation_deg": e} for a, e in RIDGE]
    flat = [{"azimuth_deg": 77.0, "elevation_deg": 12.0}]
    found = horizons.of_gateways((gateway(horizon=ridge), gateway(), gateway(horizon=flat)))
    assert found[0] == pytest.approx([highest(b, RIDGE) for b in range(72)])
    assert (found[1] == horizons.OPEN_DEG).all() and (found[2] == 12.0).all()
