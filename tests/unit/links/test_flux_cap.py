"""The cap on flux density: kept everywhere on the ground, by kernels and budgets alike, and no tighter."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.links import articles, kernels, tables
from raabta.links.articles import Verdict
from raabta.links.budget import forward_budget, forward_scan_exponent, spreading_loss_db
from raabta.links.flux_cap import NO_CAP_DBW_M2, limit_dbw_m2
from raabta.links.flux_table import flux_cap, most_dbw_m2
from raabta.links.pfd import beam_density_dbw_mhz, check, pfd_dbw_m2, side_lobe_db, sight
from raabta.scenario.catalogue import entry
from raabta.scenario.models import Constellation, Payload, Terminal

STARLINK: Constellation = entry("starlink-gen1").model
TERMINAL: Terminal = entry("household-phased-array").model
SATELLITES = sum(shell.satellites for shell in STARLINK.shells)
ALTITUDES_KM = (540.0, 550.0, 560.0, 570.0)
LOUD_DB = 12.0
TIGHT_DB = 1e-6
EXACT_DB = 1e-9


def louder(system: Constellation, gain_db: float = LOUD_DB, **changes: object) -> Constellation:
    """The constellation with more EIRP density, nowhere below any cap of 10.7 to 11.7 GHz."""
    payload = system.payload
    edge = payload.eirp_density_edge_dbw_mhz
    figures = {
        "eirp_density_dbw_mhz": payload.eirp_density_dbw_mhz + gain_db,
        "eirp_density_edge_dbw_mhz": None if edge is None else edge + gain_db,
    }
    return system.model_copy(update={"payload": payload.model_copy(update=figures | changes)})


def capped(system: Constellation, altitudes_km=ALTITUDES_KM, satellites: int = SATELLITES, country: str = ""):
    return flux_cap(system, list(altitudes_km), satellites, country)


def rows_of(system: Constellation) -> tuple[articles.FluxLimit, ...]:
    return tuple(r for r in articles.flux_limits(*system.payload.user_down_band_ghz) if r.authority == "RR")


def kernel_flux_dbw_m2(system: Constellation, altitude_km: float, elevation_deg: np.ndarray) -> np.ndarray:
    """Flux density in 1 MHz of links as the slot kernel has them: its C/N undone to the ground."""
    radio = tables.radio_tables(system.payload, (TERMINAL,), capped(system))
    range_km, scan_deg = sight(altitude_km, elevation_deg)
    out = np.empty(elevation_deg.size)
    for i in range(out.size):
        base, _ = kernels.level_bases_db(
            range_km[i], altitude_km, np.cos(np.radians(scan_deg[i])), np.sin(np.radians(elevation_deg[i])),
            0.0, radio.radio, radio.edge_down, radio.edge_up, radio.flux_cap,
        )  # fmt: skip
        spread = 92.44778322188337 + 20.0 * np.log10(range_km[i] * system.payload.user_down_ghz)
        out[i] = base + 60.0 + kernels.BOLTZMANN_DB + spread - float(spreading_loss_db(range_km[i]))
    return out


FOOTPRINT_DEG = np.unique(np.append(np.random.default_rng(2026).uniform(0.5, 90.0, 4_000), (5.0, 25.0, 90.0)))


@pytest.mark.parametrize("altitude_km", ALTITUDES_KM)
def test_the_kernels_flux_is_never_above_the_limit_over_the_whole_footprint(altitude_km: float) -> None:
    loud = louder(STARLINK)
    flux = kernel_flux_dbw_m2(loud, altitude_km, FOOTPRINT_DEG)
    allowed = limit_dbw_m2(rows_of(loud), FOOTPRINT_DEG, SATELLITES)
    assert np.all(flux <= allowed + TIGHT_DB)
    steep = FOOTPRINT_DEG >= 26.0
    assert flux[steep] == pytest.approx(allowed[steep], abs=0.01), "and it is used up where it is flat"


@pytest.mark.parametrize("altitude_km", ALTITUDES_KM)
@pytest.mark.parametrize("aim_deg", [6.0, 12.0, 24.9, 25.0, 40.0, 89.0])
def test_no_part_of_a_capped_beams_pattern_exceeds_the_limit(altitude_km: float, aim_deg: float) -> None:
    loud = louder(STARLINK, transmit_aperture_m=0.2)  # a wide beam: its foot spans the slope of the limit
    density = float(beam_density_dbw_mhz(loud.payload, altitude_km, aim_deg, capped(loud)))
    ground = np.linspace(0.0, 90.0, 7_001)
    range_km, off = sight(altitude_km, ground)
    lobe = side_lobe_db(loud.payload, np.abs(off - float(sight(altitude_km, aim_deg)[1])))
    level = pfd_dbw_m2(density + lobe, range_km)
    assert np.all(level <= limit_dbw_m2(rows_of(loud), ground, SATELLITES) + 0.01)


def test_on_its_axis_alone_a_beam_on_the_slope_of_the_limit_would_exceed_it_beside() -> None:
    loud = louder(STARLINK, transmit_aperture_m=0.2)
    on_axis = limit_dbw_m2(rows_of(loud), 12.0, SATELLITES)
    assert float(capped(loud).at_dbw_m2(np.sin(np.radians(12.0)))) < float(on_axis) - 0.05


def test_where_there_is_room_a_link_is_the_bits_of_an_uncapped_one() -> None:
    quiet = louder(STARLINK, -3.0)
    there = tables.radio_tables(quiet.payload, (TERMINAL,), capped(quiet))
    free = tables.radio_tables(quiet.payload, (TERMINAL,))
    for altitude_km in ALTITUDES_KM:
        range_km, scan_deg = sight(altitude_km, np.linspace(25.0, 90.0, 66))
        for r, scan, e in zip(range_km, scan_deg, np.linspace(25.0, 90.0, 66), strict=True):
            seen = (
                r,
                altitude_km,
                np.cos(np.radians(scan)),
                np.sin(np.radians(e)),
                kernels.edge_sine(r, 9.0),
            )
            both = [
                kernels.level_bases_db(*seen, t.radio, t.edge_down, t.edge_up, t.flux_cap)
                for t in (there, free)
            ]
            assert both[0] == both[1]


def test_starlink_as_catalogued_loses_two_tenths_of_a_decibel_in_its_lowest_shell() -> None:
    cap = capped(STARLINK)
    for altitude_km, taken in ((540.0, 0.18), (550.0, 0.02), (560.0, 0.0), (570.0, 0.0)):
        free = beam_density_dbw_mhz(STARLINK.payload, altitude_km, [25.5, 45.0, 90.0])
        held = beam_density_dbw_mhz(STARLINK.payload, altitude_km, [25.5, 45.0, 90.0], cap)
        assert free - held == pytest.approx(np.full(3, taken), abs=0.02)


@pytest.mark.parametrize("khz", [4.0, 1000.0])
def test_every_row_of_the_band_is_met_in_its_own_reference_bandwidth(khz: float) -> None:
    loud = louder(STARLINK)
    row = next(each for each in rows_of(loud) if each.reference_khz == khz)
    for altitude_km in ALTITUDES_KM:
        assert check(row, loud.payload, altitude_km, 25.0, SATELLITES).verdict is Verdict.exceeded
        assert check(row, loud.payload, altitude_km, 25.0, SATELLITES, capped(loud)).verdict is Verdict.met
        low = check(row, loud.payload, altitude_km, 8.0, SATELLITES, capped(loud))
        assert low.verdict is Verdict.met


def test_the_strictest_reference_bandwidth_is_the_one_in_4_khz() -> None:
    strict = float(limit_dbw_m2(rows_of(STARLINK), 45.0, SATELLITES))
    assert strict == pytest.approx(-140.0 + 10.0 * np.log10(250.0))
    assert strict < -116.0


def test_a_row_with_the_number_of_satellites_falls_with_it_at_low_elevation_alone() -> None:
    telesat: Constellation = entry("telesat").model
    few, many = (capped(telesat, (1000.0,), n) for n in (50, 117))
    at = np.sin(np.radians([2.0, 60.0]))
    assert few.at_dbw_m2(at)[0] - many.at_dbw_m2(at)[0] == pytest.approx(
        articles.number_term_db(117), abs=0.05
    )
    assert few.at_dbw_m2(at)[1] == many.at_dbw_m2(at)[1]


@pytest.mark.parametrize("scan_deg", [0.0, 30.0, 55.0])
def test_budget_and_kernel_are_capped_alike_and_the_budget_names_it(scan_deg: float) -> None:
    loud = louder(STARLINK)
    altitude_km, cap = 540.0, capped(loud)
    elevation = np.degrees(np.arccos((6378.137 + altitude_km) / 6378.137 * np.sin(np.radians(scan_deg))))
    range_km = float(sight(altitude_km, elevation)[0])
    where = {"range_km": range_km, "elevation_deg": float(elevation), "scan_deg": scan_deg}
    told = forward_budget(
        loud.payload, TERMINAL, **where, weather_db=0.2, clear_db=0.2, cell_radius_km=9.0,
        altitude_km=altitude_km, cap=cap,
    )  # fmt: skip
    radio = tables.radio_tables(loud.payload, (TERMINAL,), cap)
    base, _ = kernels.level_bases_db(
        range_km, altitude_km, np.cos(np.radians(scan_deg)), np.sin(np.radians(elevation)),
        kernels.edge_sine(range_km, 9.0), radio.radio, radio.edge_down, radio.edge_up, radio.flux_cap,
    )  # fmt: skip
    assert base + radio.terminal[0, 0] - 0.2 == pytest.approx(told.cn_db, abs=1e-3)
    assert told.sum_db() == pytest.approx(told.cn_db, abs=EXACT_DB)
    assert told.value("flux cap, Article 21") == pytest.approx(-LOUD_DB - 0.18, abs=0.02)


def test_a_scanned_beam_keeps_the_cap_after_its_scan_loss() -> None:
    plain = louder(STARLINK, 8.0, eirp_density_edge_dbw_mhz=None)
    assert forward_scan_exponent(plain.payload) > 0.0
    flux = kernel_flux_dbw_m2(plain, 550.0, FOOTPRINT_DEG)
    assert np.all(flux <= limit_dbw_m2(rows_of(plain), FOOTPRINT_DEG, SATELLITES) + TIGHT_DB)


def in_band(low_ghz: float, high_ghz: float, **changes: object) -> Constellation:
    edges = {"user_down_low_ghz": low_ghz, "user_down_high_ghz": high_ghz, "user_down_ghz": low_ghz}
    payload = Payload.model_validate(STARLINK.payload.model_dump() | edges)
    return STARLINK.model_copy(update={"payload": payload, **changes})


def test_without_a_row_there_is_no_cap_and_the_gap_is_named() -> None:
    cap = capped(in_band(11.8, 12.4))
    assert not cap.limits
    assert np.all(cap.most_dbw_m2 == NO_CAP_DBW_M2)
    assert cap.plain() == {"cap": "row missing from our table", "rows": [], "missing_ghz": [[11.8, 12.4]]}
    assert "11.8 to 12.4 GHz: row missing from our table, which is no pass" in cap.sentence
    told = forward_budget(
        STARLINK.payload, TERMINAL, range_km=550.0, elevation_deg=90.0, scan_deg=0.0, weather_db=0.2,
        clear_db=0.2, cell_radius_km=0.0, altitude_km=550.0, cap=cap,
    )  # fmt: skip
    line = next(line for line in told.lines if line.name == "flux cap, Article 21")
    assert (line.value, line.note) == (0.0, "no cap: row missing from our table")


def test_a_band_with_a_row_in_part_is_capped_by_it_and_says_what_is_missing() -> None:
    cap = capped(STARLINK)
    assert {(row.low_ghz, row.high_ghz) for row in cap.limits} == {(10.7, 11.7)}
    assert cap.plain()["missing_ghz"] == [[11.7, 12.7]]
    assert "10.7 to 11.7 GHz; 11.7 to 12.7 GHz: row missing" in cap.sentence


def test_a_cap_that_is_lifted_is_told_and_takes_nothing() -> None:
    cap = capped(STARLINK.model_copy(update={"pfd_limit": "none"}))
    assert cap.lifted
    assert "not capped" in cap.sentence
    assert cap.plain()["cap"] == "lifted"
    assert np.all(cap.most_dbw_m2 == NO_CAP_DBW_M2)


def test_another_countrys_own_rule_holds_in_that_country_alone() -> None:
    system = in_band(40.0, 41.0)
    assert not capped(system, (550.0,)).limits
    own = capped(system, (550.0,), country="USA")
    assert {row.authority for row in own.limits} == {"USA"}
    assert own.missing_ghz == ((40.0, 41.0),)


def test_rows_of_moving_satellites_do_not_speak_of_the_arc() -> None:
    arc: Constellation = entry("paksat-mm1").model
    cap = flux_cap(arc, [], 1)
    assert not cap.limits
    assert cap.missing_ghz == (arc.payload.user_down_band_ghz,)


def test_of_several_altitudes_the_strictest_holds() -> None:
    rows = rows_of(STARLINK)
    each = [most_dbw_m2(rows, STARLINK.payload, km, SATELLITES) for km in ALTITUDES_KM]
    assert np.all(capped(STARLINK).most_dbw_m2 <= np.min(each, axis=0))
