"""Limits of the Radio Regulations: levels, lines between them, and what our tables do not hold."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import NoSolutionError, OutOfRangeError
from raabta.links import regulations

PERCENT = np.geomspace(1e-5, 100.0, 3000)


def test_flux_density_by_elevation() -> None:
    limits = regulations.pfd_limit_dbw_m2([0.0, 5.0, 15.0, 25.0, 90.0], 11.0)
    assert limits.tolist() == [-126.0, -126.0, -121.0, -116.0, -116.0]
    assert regulations.pfd_limit_dbw_m2([0.0, 30.0], 11.0, 4).tolist() == [-150.0, -140.0]
    assert regulations.pfd_limit_dbw_m2([0.0, 15.0, 25.0], 18.0).tolist() == [-115.0, -110.0, -105.0]


def test_the_number_of_satellites_lowers_the_limit_at_low_elevations() -> None:
    counts = np.array([1, 50, 169, 288, 289, 4408])
    term = regulations.satellites_term_db(counts)
    assert term == pytest.approx([0.0, 0.0, 5.0, 10.0, 691 / 69, 4810 / 69])
    assert (np.diff(regulations.satellites_term_db(np.arange(1, 1000))) >= 0.0).all()
    limits = regulations.pfd_limit_dbw_m2([[0.0], [15.0], [40.0]], 18.0, satellites=[50, 288])
    assert limits == pytest.approx(np.array([[-115.0, -125.0], [-110.0, -115.0], [-105.0, -105.0]]))


def test_the_limit_as_a_cap_on_eirp_density() -> None:
    """550 km: 9.80 dBW/MHz at nadir, 16.00 at 25 degrees (1123.28 km)."""
    ceiling = regulations.eirp_ceiling_dbw_mhz([90.0, 25.0], [550.0, 1123.28], 11.0)
    assert ceiling == pytest.approx([9.80, 16.00], abs=5e-3)
    flux = regulations.pfd_dbw_m2(ceiling, [550.0, 1123.28])
    assert flux == pytest.approx([-116.0, -116.0], abs=1e-12)


@pytest.mark.parametrize(("table", "dish"), list(regulations.epfd_points()))
def test_epfd_falls_with_the_share_of_time_through_every_point(table: str, dish: float) -> None:
    frequency = {"22-1A": 11.0, "22-1B": 18.0, "22-1C": 20.0}[table]
    limit = regulations.epfd_limit_dbw_m2(PERCENT, frequency, dish)
    assert (np.diff(limit) <= 1e-12).all()
    percent, level = regulations.epfd_points()[table, dish]
    assert (np.diff(percent) >= 0.0).all()
    at = regulations.epfd_limit_dbw_m2(percent, frequency, dish)
    steps = np.append(np.diff(percent) == 0.0, False)
    assert at[~steps].tolist() == level[~steps].tolist()
    assert at[steps].tolist() == level[1:][steps[:-1]].tolist()


def test_epfd_is_straight_in_the_logarithm_of_time() -> None:
    between = float(regulations.epfd_limit_dbw_m2(np.sqrt(10.0), 11.0, 0.6))
    assert between == pytest.approx((-170.8 - 174.0) / 2.0)
    assert regulations.epfd_limit_dbw_m2([0.0, 1e-6, 0.003], 11.0, 0.6).tolist() == [-160.0] * 3
    assert regulations.epfd_limit_dbw_m2([0.0, 0.02], 18.0, 1.0).tolist() == [-164.0] * 2


def test_level_that_holds_always_falls_towards_the_poles() -> None:
    always = regulations.epfd_always_dbw_m2([0.0, 57.5, -59.5, 63.75, 70.0])
    assert always == pytest.approx([-160.0, -160.0, -161.7, -165.3, -165.3], abs=1e-9)
    assert (np.diff(regulations.epfd_always_dbw_m2(np.linspace(0.0, 90.0, 900))) <= 0.0).all()


def test_eleven_antennas_are_held() -> None:
    assert len(regulations.epfd_points()) == 11


def test_a_row_we_do_not_hold_is_named_and_never_passes() -> None:
    with pytest.raises(NoSolutionError, match=r"row missing from our table: PFD at 12 GHz.*That is no pass"):
        regulations.pfd_limit_dbw_m2(30.0, 12.0)
    with pytest.raises(NoSolutionError, match="row missing from our table: PFD at 18 GHz per 4 kHz"):
        regulations.pfd_limit_dbw_m2(30.0, 18.0, 4)
    with pytest.raises(NoSolutionError, match=r"row missing from our table: EPFD down at 12 GHz in region 3"):
        regulations.epfd_limit_dbw_m2(1.0, 12.0, 0.6)
    with pytest.raises(
        NoSolutionError, match=r"row missing.*22-1A, dish of 0\.9 m; we hold 0\.6 m, 1\.2 m, 3 m, 10 m"
    ):
        regulations.epfd_limit_dbw_m2(1.0, 11.0, 0.9)
    assert regulations.epfd_table(12.0, 2) == "22-1A"
    assert regulations.epfd_table(12.6, 3) == "22-1A"


def test_ranges() -> None:
    with pytest.raises(OutOfRangeError, match="elevation is -1 deg"):
        regulations.pfd_limit_dbw_m2(-1.0, 11.0)
    with pytest.raises(OutOfRangeError, match="ITU region is 4; valid: 1 to 3"):
        regulations.epfd_table(11.0, 4)
    with pytest.raises(OutOfRangeError, match="share of time is 101 %"):
        regulations.epfd_limit_dbw_m2(101.0, 11.0, 0.6)
