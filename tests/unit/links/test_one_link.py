"""One link: lines that sum to C/N, satellites where they stand, weather of the place, sweeps that agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from raabta.base.errors import NoSolutionError, OutOfRangeError
from raabta.links import gas, one_link
from raabta.links.sites import Sites
from raabta.links.weather import tables
from raabta.scenario.catalogue import catalogue_names, entry
from raabta.scenario.models import Constellation, GeostationarySlot, Terminal

QUETTA = (30.1798, 66.975)


@pytest.fixture(scope="module")
def quetta() -> Sites:
    return one_link.read_place(*QUETTA)


def system(name: str) -> Constellation:
    found = entry(name).model
    assert isinstance(found, Constellation)
    return found


def link(sites: Sites, name: str, *, terminal: str = "community-ku", **more: Any) -> one_link.Link:
    dish, found = entry(terminal).model, system(name)
    assert isinstance(dish, Terminal)
    sight = one_link.find_satellite(sites, found, 45.0)
    return one_link.Link(sites, sight, found.payload, dish, **({"percent": 0.5} | more))


@pytest.mark.parametrize("name", catalogue_names("constellation"))
@pytest.mark.parametrize("percent", [10.0, 0.5, 0.01])
def test_every_line_that_sums_sums_to_c_over_n(quetta: Sites, name: str, percent: float) -> None:
    for budget in one_link.budgets(link(quetta, name, percent=percent)):
        cn = budget.lines[[line.name for line in budget.lines].index("C/N")]
        assert sum(line.value for line in budget.lines if line.sums) == pytest.approx(cn.value, abs=1e-9)
        assert budget.sum_db() == pytest.approx(budget.cn_db, abs=1e-9)
        of_which = {line.name for line in budget.lines if line.name.startswith("of which")}
        assert len(of_which) == 3
        assert not any(line.sums for line in budget.lines if line.name in of_which)


def test_a_geostationary_satellite_stands_where_p10_says(quetta: Sites) -> None:
    """P10: Quetta at sea level to 38.0 E on WGS 84: 42.777 deg, 227.794 deg, 37,567.7 km."""
    sea = replace(quetta, height_km=np.zeros(1))
    seen = one_link.find_satellite(sea, system("paksat-1r"), 45.0)
    assert seen.elevation_deg == pytest.approx(42.777, abs=0.005)
    assert seen.azimuth_deg == pytest.approx(227.794, abs=0.005)
    assert seen.range_km == pytest.approx(37_567.7, abs=1.0)
    assert seen.one_way_ms == pytest.approx(37_567.7 / 299.792458, abs=0.01)


def test_the_scan_angle_closes_the_triangle(quetta: Sites) -> None:
    """Law of sines on the sphere: sin(off nadir) = R cos(elevation) / r; the ellipsoid moves it by a hair."""
    seen = one_link.find_satellite(quetta, system("paksat-mm1"), 45.0)
    sphere = np.degrees(np.arcsin(6378.137 / 42_164.17 * np.cos(np.radians(seen.elevation_deg))))
    assert seen.scan_deg == pytest.approx(float(sphere), abs=0.02)


def test_of_several_slots_the_highest_is_taken(quetta: Sites) -> None:
    both = system("paksat-1r").model_copy(
        update={"geostationary": tuple(GeostationarySlot(longitude_deg=east) for east in (0.0, 68.5, -70.0))}
    )  # 70 W is below the horizon of Quetta
    assert one_link.find_satellite(quetta, both, 45.0).satellite == "68.5 E"


def test_a_satellite_below_the_horizon_is_said(quetta: Sites) -> None:
    tokyo = replace(quetta, latitude_deg=np.array([35.69]), longitude_deg=np.array([139.69]))
    with pytest.raises(NoSolutionError, match=r"38.2 E is 17.6 deg below the horizon of 35.69,139.69"):
        one_link.find_satellite(tokyo, system("paksat-mm1"), 45.0)


def test_shells_end_at_a_latitude(quetta: Sites) -> None:
    """500 km at 40 deg: 45 deg of elevation spans 4.0 deg, 25 deg 8.0: 42 N is reached and 46 N is not."""
    like = system("galaxyspace-like")
    for latitude, elevation, reached in ((42.0, 45.0, True), (46.0, 45.0, False), (46.0, 25.0, True)):
        there = replace(quetta, latitude_deg=np.array([latitude]))
        if reached:
            seen = one_link.find_satellite(there, like, elevation)
            assert (seen.altitude_km, seen.elevation_deg) == (500.0, elevation)
        else:
            with pytest.raises(NoSolutionError, match="orbits end at 40 deg"):
                one_link.find_satellite(there, like, elevation)


def test_slant_range_of_a_shell_is_the_closed_form(quetta: Sites) -> None:
    """550 km at 25 deg over a sphere of 6378.137 km."""
    seen = one_link.find_satellite(quetta, system("starlink-gen1"), 25.0)
    sine = 6378.137 * np.sin(np.radians(25.0))
    assert seen.range_km == pytest.approx(np.sqrt(sine**2 + 550.0 * (550.0 + 2 * 6378.137)) - sine, rel=1e-12)
    assert np.sin(np.radians(seen.scan_deg)) == pytest.approx(
        6378.137 / 6928.137 * np.cos(np.radians(25.0)), rel=1e-9
    )


def test_the_weather_is_p618_of_the_place(quetta: Sites) -> None:
    asked = link(quetta, "paksat-mm1")
    fades = tables(
        quetta,
        frequency_ghz=asked.payload.user_down_ghz,
        dish_m=asked.terminal.dish_m,
        efficiency_share=asked.terminal.efficiency_share,
        exceedance_percent=0.5,
        elevation_deg=asked.sight.elevation_deg,
    )
    forward = one_link.budgets(asked)[0]
    loss = -forward.value("gas") - forward.value("rain, cloud and scintillation")
    assert loss == pytest.approx(float(fades.total_db[0, 0, 0]), rel=1e-12)


def test_rarer_weather_and_the_worst_month_cost_more(quetta: Sites) -> None:
    levels = [one_link.budgets(link(quetta, "paksat-mm1", percent=p))[0].cn_db for p in (5.0, 0.5, 0.05)]
    assert levels[0] > levels[1] > levels[2]
    month = one_link.budgets(link(quetta, "paksat-mm1", statistic="worst-month"))[0].cn_db
    assert month < levels[1]


@pytest.mark.parametrize("quantity", list(one_link.SWEEPS))
def test_a_sweep_passes_through_the_link_itself(quetta: Sites, quantity: Any) -> None:
    """At the link's own value a sweep gives the link's own budget (elevation: a sphere for the ellipsoid)."""
    asked = link(quetta, "paksat-mm1", directions=("forward",))
    own = {
        "elevation": asked.sight.elevation_deg,
        "rain": float(quetta.rain_rate_mmh[0]),
        "frequency": asked.payload.user_down_ghz,
    }[quantity]
    found = one_link.sweep(asked, quantity, [own])[0].budgets[0]
    tolerance = 0.01 if quantity == "elevation" else 1e-12
    assert found.cn_db == pytest.approx(one_link.budgets(asked)[0].cn_db, abs=tolerance)
    assert found.sum_db() == pytest.approx(found.cn_db, abs=1e-9)


def test_sweeps_move_the_way_they_must(quetta: Sites) -> None:
    asked = link(quetta, "galaxyspace-like", terminal="community")
    for number in range(2):
        over = {q: [p.budgets[number].cn_db for p in one_link.sweep(asked, q)] for q in one_link.SWEEPS}
        assert over["elevation"][-1] > over["elevation"][0] + 10.0
        assert (np.diff(over["rain"]) <= 1e-9).all()
        assert over["frequency"][0] > over["frequency"][-1]


def test_models_say_where_they_end(quetta: Sites) -> None:
    asked = link(quetta, "paksat-mm1")
    with pytest.raises(OutOfRangeError, match=r"frequency is 60 GHz; valid: 1 to 55 GHz \(ITU-R P.618-14"):
        one_link.budgets(asked.with_frequency(60.0))
    low = replace(asked, sight=asked.sight.at_elevation(4.0))
    with pytest.raises(OutOfRangeError, match=r"elevation is 4 deg; valid: 5 to 90 deg \(ITU-R P.618-14"):
        one_link.budgets(low)


def test_vapour_of_a_high_site_does_not_overflow_at_low_frequencies() -> None:
    """P.676-12 Annex 2 has the factor of height from 20 GHz on; below, it was computed and thrown away."""
    with np.errstate(over="raise"):
        low = gas.vapour_zenith_db(np.array([1.0, 4.0, 19.9, 20.0]), 20.0, 3.9)
    assert (np.diff(low) > 0.0).all()


def test_two_polarisations_leak_in_rain_and_one_does_not(quetta: Sites) -> None:
    crossed = one_link.budgets(link(quetta, "galaxyspace-like", percent=0.1))[0]
    assert crossed.value("cross-polar discrimination") > 10.0
    assert crossed.cinr_db < crossed.cn_db
    single = one_link.budgets(link(quetta, "paksat-mm1", percent=0.1))[0]
    assert "cross-polar discrimination" not in [line.name for line in single.lines]
