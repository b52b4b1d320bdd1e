"""The slot kernels and the explained budget are one model: same C/N, same rate."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.links import antenna, budget, kernels, tables
from raabta.links.articles import flux_limits
from raabta.links.flux_cap import FluxCap
from raabta.scenario.models import Payload, Terminal
from raabta.scenario.payload import beam_shape, layout_spacing

PAYLOAD = Payload.model_validate(
    {
        "user_down_ghz": 11.7,
        "user_up_ghz": 14.25,
        "channel_down_mhz": 240.0,
        "channel_up_mhz": 62.5,
        "channels": 8,
        "beams": 48,
        "eirp_density_dbw_mhz": 9.8,
        "eirp_density_edge_dbw_mhz": 16.0,
        "transmit_aperture_m": 0.6,
        "receive_aperture_m": 0.5,
        "g_over_t_dbk": 9.0,
        "rf_power_w": 1000.0,
        "forward_mbps": 20000.0,
        "return_mbps": 5000.0,
        "feeder_up_ghz": 28.0,
        "feeder_down_ghz": 18.0,
        "feeder_eirp_dbw": 40.0,
        "feeder_g_over_t_dbk": 8.0,
    }
)
TERMINAL = Terminal.model_validate(
    {
        "terminal_class": "household",
        "label": "phased array",
        "dish_m": 0.48,
        "g_over_t_dbk": 10.0,
        "noise_temperature_k": 200.0,
        "eirp_dbw": 38.0,
        "carrier_mhz": 15.0,
        "electric_power_w": 75.0,
        "cost_class": "medium",
        "share": 1.0,
    }
)


def parts(radio: tables.RadioTables) -> tuple[np.ndarray, ...]:
    return radio.radio, radio.edge_down, radio.edge_up, radio.flux_cap


@pytest.mark.parametrize(
    ("range_km", "scan_deg", "clear_db", "weather_db"),
    [(550.0, 0.0, 0.2, 0.2), (800.0, 45.0, 0.3, 1.7), (1123.28, 56.6, 0.5, 4.2)],
)
def test_kernel_levels_equal_the_budgets(
    range_km: float, scan_deg: float, clear_db: float, weather_db: float
) -> None:
    radio = tables.radio_tables(PAYLOAD, (TERMINAL,))
    bases = kernels.level_bases_db(
        range_km,
        550.0,
        np.cos(np.radians(scan_deg)),
        np.sin(np.radians(40.0)),
        kernels.edge_sine(range_km, 10.0),
        *parts(radio),
    )
    rise = float(budget.noise_rise_db(weather_db, clear_db, TERMINAL.noise_temperature_k))
    where = {"range_km": range_km, "elevation_deg": 40.0, "scan_deg": scan_deg, "cell_radius_km": 10.0}
    down = budget.forward_budget(
        PAYLOAD, TERMINAL, **where, weather_db=weather_db, clear_db=clear_db, altitude_km=550.0
    )
    up = budget.return_budget(PAYLOAD, TERMINAL, **where, weather_db=weather_db, clear_db=clear_db)
    assert bases[0] + radio.terminal[0, 0] - weather_db - rise == pytest.approx(down.cn_db, abs=1e-3)
    assert bases[1] + radio.terminal[1, 0] - weather_db == pytest.approx(up.cn_db, abs=1e-3)
    for direction, result in enumerate((down, up)):
        mode = kernels.mode_at(result.cn_db, radio.first_mode[direction, 0], radio.thresholds[direction, 0])
        assert radio.single[direction, 0, mode] == pytest.approx(result.rate_mbps, rel=1e-12)


def test_a_carrier_wider_than_the_channel_is_cut_to_it_in_both() -> None:
    wide = TERMINAL.model_copy(update={"carrier_mhz": 250.0})
    radio = tables.radio_tables(PAYLOAD, (wide,))
    edge = kernels.edge_sine(800.0, 10.0)
    bases = kernels.level_bases_db(800.0, 550.0, 0.8, np.sin(np.radians(40.0)), edge, *parts(radio))
    where = {"range_km": 800.0, "elevation_deg": 40.0, "scan_deg": float(np.degrees(np.arccos(0.8)))}
    up = budget.return_budget(PAYLOAD, wide, **where, cell_radius_km=10.0, weather_db=0.3, clear_db=0.3)
    assert bases[1] + radio.terminal[1, 0] - 0.3 == pytest.approx(up.cn_db, abs=1e-3)


@pytest.mark.parametrize("cap", [None, -118.0], ids=["free", "capped"])
@pytest.mark.parametrize(("u", "v"), [(0.0, 0.003), (0.31, -0.12), (-0.5, 0.4)])
@pytest.mark.parametrize("oval", [{}, {"beam_axis_ratio": 2.0, "beam_tilt_deg": 40.0}], ids=["round", "oval"])
def test_levels_of_fixed_beams_equal_the_budgets(
    u: float, v: float, cap: float | None, oval: dict[str, float]
) -> None:
    """A cell 4 km wide where the satellite, 550 km over the sphere, has it at (u, v)."""
    from raabta.links import beam_kernels as beams

    fixed = PAYLOAD.model_copy(update={"beam_layout": "fixed", **oval})
    flux = None if cap is None else FluxCap(np.full(2, cap), flux_limits(10.7, 11.7)[:1])
    radio, spacing = tables.radio_tables(fixed, (TERMINAL,), flux), layout_spacing(fixed)
    ground_km, up = 6371.0, np.array([0.0, 0.6, 0.8])
    satellite_km = (ground_km + 550.0) * up
    ray = np.array(beams.direction_of(u, v, np.sqrt(1.0 - u * u - v * v), *up))
    range_km, sine = beams.foot_of(float(-ray @ up), ground_km + 550.0, ground_km)
    forward, back, cos_scan, *away = beams.fixed_bases_db(
        *ray, range_km, satellite_km, 550.0, 4.0, spacing, beam_shape(fixed), *parts(radio)
    )
    across = beams.squeezed(*beams.cosines_of(*np.add(ray, away), *up)[:2], beam_shape(fixed))
    foot_km, foot_sine = beams.foot_of(cos_scan, ground_km + 550.0, ground_km)
    axis = budget.Axis(float(np.linalg.norm(across)), 0.0, foot_km, float(np.degrees(np.arcsin(foot_sine))))
    where = {
        "range_km": range_km,
        "elevation_deg": float(np.degrees(np.arcsin(sine))),
        "scan_deg": float(np.degrees(np.arccos(cos_scan))),
        "cell_radius_km": 4.0,
        "weather_db": 0.4,
        "clear_db": 0.4,
        "axis": axis,
    }
    down = budget.forward_budget(fixed, TERMINAL, **where, altitude_km=550.0, cap=flux)
    up_link = budget.return_budget(fixed, TERMINAL, **where)
    assert forward + radio.terminal[0, 0] - 0.4 == pytest.approx(down.cn_db, abs=1e-3)
    assert back + radio.terminal[1, 0] - 0.4 == pytest.approx(up_link.cn_db, abs=1e-3)
    held = 0.0 if flux is None else down.value("flux cap, Article 21")
    assert held == 0.0 if flux is None else held < -1.0
    assert 0.0 < axis.offset_ratio < spacing / np.sqrt(3.0)


@pytest.mark.parametrize(
    ("channel_mhz", "carrier_mhz", "count"),
    [(50.0, 0.2, 250), (100.0, 0.1, 1000), (1.2, 0.4, 3), (62.5, 15.0, 4), (62.5, 80.0, 1)],
)
def test_carriers_fit_side_by_side_however_their_width_is_rounded(
    channel_mhz: float, carrier_mhz: float, count: int
) -> None:
    payload = PAYLOAD.model_copy(update={"channel_up_mhz": channel_mhz})
    assert tables.carriers(payload, TERMINAL.model_copy(update={"carrier_mhz": carrier_mhz})) == count


def test_edge_table_equals_the_pattern() -> None:
    table = tables.edge_table()
    for radius in (0.0, 3.7, 9.3, 15.1):
        u = float(antenna.aperture_ratio(0.5, 20.0)) * radius / np.hypot(radius, 600.0)
        expected = float(antenna.edge_of_cell_loss_db(radius, 600.0, 0.5, 20.0))
        assert kernels.pattern_loss_db(u, table) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("cross_db", [200.0, 55.0, 30.0, 18.0, 4.0])
def test_joining_in_the_kernel_equals_the_budgets_rule(cross_db: float) -> None:
    for level_db in (-3.0, 7.3, 14.0, 21.0):
        exact = float(budget.combine_db(level_db, cross_db))
        assert kernels.joined_db(level_db, cross_db, tables.join_table()) == pytest.approx(exact, abs=1e-3)


def test_the_other_polarisation_leaks_in_rain_alone_and_only_where_it_is_used() -> None:
    where = (np.array([24.86]), np.array([67.0]), np.array([0.0]))
    both = PAYLOAD.model_copy(update={"polarisations": 2, "user_down_ghz": 19.4, "user_up_ghz": 29.2})
    one = both.model_copy(update={"polarisations": 1})
    cross = tables.path_loss(*where, both, (TERMINAL,), 25.0, "worst-month").cross_db[:, 0]
    assert np.all(cross[0] == tables.NO_CROSS_DB), "clear sky"
    rain = cross[-1]
    assert np.all((rain > 5.0) & (rain < 40.0))
    assert np.all(np.diff(cross[5:], axis=0) <= 0.0), "less discrimination in more rain"
    assert np.all(tables.path_loss(*where, one, (TERMINAL,), 25.0, "annual").cross_db == tables.NO_CROSS_DB)


def test_a_budget_in_rain_joins_the_other_polarisation() -> None:
    where = {"range_km": 700.0, "elevation_deg": 50.0, "scan_deg": 30.0, "cell_radius_km": 9.0}
    dry = budget.forward_budget(PAYLOAD, TERMINAL, **where, weather_db=6.0, clear_db=0.4)
    wet = budget.forward_budget(PAYLOAD, TERMINAL, **where, weather_db=6.0, clear_db=0.4, cross_db=15.0)
    assert wet.cn_db == dry.cn_db
    assert wet.value("cross-polar discrimination") == 15.0
    assert wet.cinr_db == pytest.approx(float(budget.combine_db(dry.cinr_db, 15.0)), abs=1e-9)


def test_a_stated_ceiling_is_what_leaves_towards_the_ground() -> None:
    plain = PAYLOAD.model_copy(update={"eirp_density_edge_dbw_mhz": None})
    assert budget.forward_scan_exponent(PAYLOAD) == 0.0
    assert budget.forward_scan_exponent(plain) == plain.scan_loss_exponent_ratio
