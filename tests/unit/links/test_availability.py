"""Margin and availability: inverse of each other, equal to the tables, quick, and clear at their ends."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.links import availability, maps, sites, weather

DISH: dict[str, Any] = {"frequency_ghz": 20.0, "dish_m": 0.6, "efficiency_share": 0.65}
COUNT = 10_000


def places(count: int, seed: int = 4) -> sites.Sites:
    generator = np.random.default_rng(seed)
    latitude, longitude = generator.uniform(24.0, 36.0, count), generator.uniform(61.0, 77.0, count)
    return sites.read_sites(latitude, longitude, maps.surface_height_km(latitude, longitude))


@pytest.fixture(scope="module")
def over() -> availability.Paths:
    """400 paths over Pakistan and around it, each with its own elevation."""
    elevation = np.random.default_rng(5).uniform(8.0, 90.0, 400)
    return availability.paths(places(400), elevation, **DISH)


def test_margin_is_the_total_at_that_share(over: availability.Paths) -> None:
    for percent in (0.004, 0.05, 0.7, 4.9):
        margin = availability.margin_db(over, 100.0 - percent)
        assert margin == pytest.approx(over.exceeded_db(percent), rel=1e-9)


def test_total_equals_the_tables(over: availability.Paths) -> None:
    """At the tables' own points: below the cap, on and between the levels of the maps."""
    asked = [0.003, 0.01, 0.3, 5.0, 7.0, 10.0, 33.0, 50.0]
    table = weather.tables(over.sites, exceedance_percent=asked, elevation_deg=[35.0], **DISH)
    level = availability.paths(over.sites, 35.0, **DISH)
    joined = level.exceeded_db(np.broadcast_to(asked, (400, 8)))
    falling = (np.diff(table.total_db[:, :, 0], axis=1) < 0.0).all(axis=1)
    assert falling.sum() > 380
    assert joined[falling] == pytest.approx(table.total_db[falling, :, 0], rel=1e-12)


def test_availability_inverts_the_margin_to_one_in_a_million(over: availability.Paths) -> None:
    share = np.exp(np.random.default_rng(6).uniform(np.log(0.0035), np.log(5.0), 400))
    back = availability.availability_percent(over, availability.margin_db(over, 100.0 - share))
    assert 100.0 - back == pytest.approx(share, rel=1e-8)


@pytest.mark.parametrize("statistic", ["annual", "worst-month"])
def test_margin_of_the_availability_is_the_margin(
    over: availability.Paths, statistic: weather.Statistic
) -> None:
    """Also where the curve has turns and a margin serves several availabilities."""
    asked = np.random.default_rng(7).uniform(75.0, 99.99, 400)
    margin = availability.margin_db(over, asked, statistic)
    found = availability.availability_percent(over, margin, statistic)
    assert availability.margin_db(over, found, statistic) == pytest.approx(margin, rel=1e-8)
    assert (found <= asked + 1e-6).all()


def test_worst_month_needs_more_margin(over: availability.Paths) -> None:
    annual, worst = (availability.margin_db(over, 99.7, kind) for kind in ("annual", "worst-month"))
    assert (worst > annual).all()
    converted = 100.0 - weather.annual_percent(0.3)
    assert worst == pytest.approx(availability.margin_db(over, converted), rel=1e-9)


def test_margin_never_falls_though_the_rain_curve_turns() -> None:
    singapore = sites.read_sites(1.0, 103.8, 0.0)
    wet = availability.paths(singapore, [90.0], frequency_ghz=50.0, dish_m=1.2, efficiency_share=0.6)
    shares = np.geomspace(0.001, 0.02, 30)
    curve = wet.exceeded_db(shares[None, :])[0]
    assert curve[0] < curve.max(), "the published curve turns down"
    margins = [availability.margin_db(wet, 100.0 - share)[0] for share in shares]
    assert (np.diff(margins) <= 0.0).all()
    assert margins[0] == pytest.approx(curve.max(), rel=1e-3)


def test_one_path_alone_is_the_path_among_many(over: availability.Paths) -> None:
    many = availability.margin_db(over, 99.5)
    back = availability.availability_percent(over, many * 0.9)
    for i in (0, 57, 399):
        where = over.sites
        one = sites.read_sites(where.latitude_deg[i], where.longitude_deg[i], where.height_km[i])
        alone = availability.paths(one, over.elevation_deg[i], **DISH)
        assert availability.margin_db(alone, 99.5)[0] == pytest.approx(many[i], rel=1e-9)
        assert availability.availability_percent(alone, many[i] * 0.9)[0] == pytest.approx(back[i], rel=1e-9)


def test_ends_of_the_model(over: availability.Paths) -> None:
    assert (availability.availability_percent(over, 500.0) == 100.0 - 0.001).all()
    assert (availability.availability_percent(over, 0.0) == 0.0).all()
    at_the_end = availability.availability_percent(over, availability.margin_db(over, 50.0))
    assert at_the_end == pytest.approx(50.0, rel=1e-9)
    assert availability.availability_percent(over, 500.0, "worst-month") == pytest.approx(99.993, abs=5e-4)
    assert (availability.availability_percent(over, 0.0, "worst-month") == 0.0).all()


def test_bad_input_is_refused(over: availability.Paths) -> None:
    with pytest.raises(OutOfRangeError, match=r"unavailability is 0\.0001 %; valid: 0\.001 to 50 %"):
        availability.margin_db(over, 99.9999)
    with pytest.raises(OutOfRangeError, match=r"exceedance is 60 %; valid: 0\.001 to 50 %"):
        over.exceeded_db(60.0)
    with pytest.raises(OutOfRangeError, match="elevation is 4 deg; valid: 5 to 90 deg"):
        availability.paths(over.sites, 4.0, **DISH)
    with pytest.raises(OutOfRangeError, match=r"frequency is 60 GHz; valid: 1 to 55 GHz \(ITU-R P\.618-14"):
        availability.paths(over.sites, 30.0, **DISH | {"frequency_ghz": 60.0})


def test_ten_thousand_sites_within_two_seconds_and_warm_within_fifty_milliseconds() -> None:
    """CPU time, of which 0.15 s and 0.002 s were measured. Warm: the same sites and frequency once more."""
    places(10)
    begin = time.process_time()
    many = places(COUNT)
    weather.tables(many, exceedance_percent=0.1, elevation_deg=30.0, **DISH)
    assert time.process_time() - begin < 2.0
    warm = []
    for elevation in (25.0, 35.0, 45.0):
        begin = time.process_time()
        found = weather.tables(many, exceedance_percent=0.3, elevation_deg=elevation, **DISH)
        warm.append(time.process_time() - begin)
    assert found.total_db.shape == (COUNT, 1, 1)
    assert min(warm) < 0.05


def test_kept_zenith_losses_are_not_to_be_written_to() -> None:
    kept = places(3).gas_zenith_db(20.0, 5.0)
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 1.0
