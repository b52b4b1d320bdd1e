"""The limits of Articles 21 and 22: which rows there are, what they say between points, what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.links import articles

TABLE_22_1C = (
    # antenna m, level dB(W/m2) in 40 kHz, % of time (RR Art. 22 table 22-1C)
    (0.7, -172.0, 2.857),
    (0.9, -181.4, 9.0),
    (2.5, -162.0, 0.02),
    (5.0, -187.8, 6.0),
)


def antenna(low_ghz: float, high_ghz: float, size_m: float, region: int = 3) -> articles.EpfdLimit:
    rows = [row for row in articles.epfd_limits(low_ghz, high_ghz, region) if row.antenna_m == size_m]
    assert len(rows) == 1
    return rows[0]


@pytest.mark.parametrize(("size_m", "level", "percent"), TABLE_22_1C)
def test_points_of_a_table_are_met_exactly(size_m: float, level: float, percent: float) -> None:
    assert antenna(19.7, 20.2, size_m).allowed_share(level) == pytest.approx(percent / 100.0, rel=1e-12)


def test_between_points_the_level_is_straight_in_the_logarithm_of_time() -> None:
    limit = antenna(10.7, 11.7, 0.6)
    halfway = limit.allowed_share(0.5 * (-165.3 - 170.8))
    assert float(halfway) == pytest.approx(np.sqrt(0.0027 * 0.01), rel=1e-9)


def test_nothing_is_allowed_above_and_everything_below() -> None:
    limit = antenna(10.7, 11.7, 0.6)
    assert limit.allowed_share([-159.99, -160.0, -160.01, -175.4, -300.0]) == pytest.approx(
        [0.0, 0.0, 3e-5, 1.0, 1.0], rel=0.06
    )


def test_a_step_of_the_table_falls_at_once() -> None:
    """0.9 m in 22-1C: at 0.057 % the level falls from -160 to -165."""
    limit = antenna(19.7, 20.2, 0.9)
    assert limit.allowed_share([-160.0, -162.5, -165.0]) == pytest.approx([5.7e-4] * 3, rel=1e-9)


def test_where_a_level_stands_twice_the_shorter_time_holds() -> None:
    """10 m in 22-1A: -195.45 for 1 % and for 100 %; 1 m in 22-1B: -175.4 for 10 % and for 100 %."""
    assert float(antenna(10.7, 11.7, 10.0).allowed_share(-195.45)) == pytest.approx(0.01)
    assert float(antenna(17.8, 18.6, 1.0).allowed_share(-175.4)) == pytest.approx(0.1)
    assert float(antenna(17.8, 18.6, 1.0).allowed_share(-175.5)) == 1.0


@pytest.mark.parametrize("region", [1, 2, 3])
def test_every_antenna_has_a_falling_level_and_a_growing_time(region: int) -> None:
    rows = articles.epfd_limits(1.0, 100.0, region)
    for row in rows:
        assert np.all(np.diff(row.level_dbw_m2) <= 0.0)
        assert np.all(np.diff(row.time_share) >= 0.0)
        assert row.time_share[0] == 0.0
        assert row.time_share[-1] == 1.0
        allowed = row.allowed_share(np.arange(-215.0, -150.0, 0.1))
        assert np.all(np.diff(allowed) <= 1e-15)
    assert {row.table for row in rows} == {"22-1A", "22-1B", "22-1C", "22-1D"}


def test_broadcasting_of_region_3_is_protected_from_11_7_to_12_2_ghz() -> None:
    rows = articles.epfd_limits(11.8, 12.1, 3)
    assert {row.service for row in rows} == {"BSS"}
    assert [row.antenna_m for row in rows] == [0.3, 0.45, 0.6, 0.9, 1.2, 1.8, 2.4, 3.0]
    assert {row.table for row in articles.epfd_limits(11.8, 12.1, 2)} == {"22-1A"}


def test_a_band_without_a_row_is_a_gap_and_never_a_pass() -> None:
    assert articles.epfd_limits(18.8, 19.3, 3) == ()
    assert articles.flux_limits(11.8, 12.1) == ()
    assert articles.gaps_ghz(articles.flux_limits(10.7, 12.7), 10.7, 12.7) == ((11.7, 12.7),)
    assert articles.gaps_ghz(articles.epfd_limits(18.6, 20.2, 3), 18.6, 20.2) == ((18.6, 19.7),)
    assert articles.gaps_ghz((), 40.0, 41.0) == ((40.0, 41.0),)
    assert articles.gaps_ghz(articles.epfd_limits(10.7, 12.7, 3), 10.7, 12.7) == ()


def test_flux_rises_from_5_to_25_degrees() -> None:
    limit = next(row for row in articles.flux_limits(10.7, 11.7) if row.reference_khz == 1000.0)
    assert limit.limit_dbw_m2([0.0, 5.0, 15.0, 25.0, 90.0]) == pytest.approx(
        [-126.0, -126.0, -121.0, -116.0, -116.0]
    )
    with pytest.raises(OutOfRangeError):
        limit.limit_dbw_m2(91.0)


def test_the_number_of_satellites_lowers_the_flux_near_the_horizon_alone() -> None:
    (limit,) = articles.flux_limits(18.8, 19.3)
    assert [articles.number_term_db(n) for n in (1, 50, 288, 1000)] == pytest.approx(
        [0.0, 0.0, 10.0, 1402 / 69]
    )
    assert limit.limit_dbw_m2([0.0, 25.0], 288) == pytest.approx([-125.0, -105.0])
    assert "M" in limit.confidence


def test_national_rules_say_whose_they_are() -> None:
    rows = articles.flux_limits(37.5, 42.0)
    assert {row.authority for row in rows} == {"USA"}
    assert rows[0].limit_dbw_m2([5.0, 25.0]) == pytest.approx([-132.0, -117.0])


def test_ceiling_by_latitude() -> None:
    assert articles.latitude_ceiling_dbw_m2([0.0, -57.5, 60.0, 63.75, 70.0]) == pytest.approx(
        [-160.0, -160.0, -162.125, -165.3125, -165.3]
    )
    held = {(row.table, row.antenna_m) for row in articles.epfd_limits(10.7, 12.7, 3)}
    with_ceiling = {
        (row.table, row.antenna_m)
        for row in articles.epfd_limits(10.7, 12.7, 3)
        if articles.has_latitude_ceiling(row)
    }
    assert ("22-1A", 0.6) in held - with_ceiling
    assert ("22-1A", 1.2) in with_ceiling
    assert ("22-1D", 1.2) in held - with_ceiling
    assert ("22-1D", 1.8) in with_ceiling


@pytest.mark.parametrize(("country", "region"), [("PAK", 3), ("IRN", 3), ("BRA", 2), ("NGA", 1), ("SAU", 1)])
def test_regions(country: str, region: int) -> None:
    assert articles.itu_region(country) == region


def test_countries_of_the_regions_are_countries() -> None:
    from raabta.scenario.countries import country_name

    unlisted = {code for code in ("XXX", *articles._regions()) if country_name(code) == code}
    assert unlisted == {"XXX"}


def test_the_curve_reads_both_ways() -> None:
    limit = antenna(19.7, 20.2, 0.7)
    share = np.array([1.7e-4, 1e-3, 0.02857, 0.1, 0.9])
    assert limit.allowed_share(limit.level_at_dbw_m2(share)) == pytest.approx([0.0, *share[1:]], rel=1e-9)
    assert limit.allowed_share(limit.level_at_dbw_m2(share) - 1e-9) == pytest.approx(share, rel=1e-6)
    stepped = antenna(19.7, 20.2, 0.9)
    assert stepped.level_at_dbw_m2(5.7e-4) == pytest.approx(-160.0)
    assert stepped.level_at_dbw_m2(1e-9) == pytest.approx(-154.0)
