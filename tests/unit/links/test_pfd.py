"""Power flux density: the public figures, the geometry, and what a check says."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.links import articles, pfd
from raabta.links.articles import Verdict
from raabta.scenario.loader import load

STARLINK = load("pakistan-starlink").constellation


def test_article_21_at_550_km() -> None:
    """-116 dB(W/m2) in 1 MHz is 9.80 dBW/MHz at nadir and 16.00 dBW/MHz at 25 deg, 1123.28 km (rounded)."""
    assert pfd.pfd_dbw_m2([9.80, 16.00], [550.0, 1123.28]) == pytest.approx([-116.0, -116.0], abs=5e-3)
    assert float(pfd.sight(550.0, 25.0)[0]) == pytest.approx(1123.28, abs=0.2)


def test_the_reference_bandwidth_scales_the_level() -> None:
    wide, narrow = pfd.pfd_dbw_m2(10.0, 550.0, 1000.0), pfd.pfd_dbw_m2(10.0, 550.0, 4.0)
    assert float(wide - narrow) == pytest.approx(10.0 * np.log10(250.0))


def test_sight_closes_the_triangle_with_the_earths_centre() -> None:
    elevation = np.array([0.0, 10.0, 45.0, 90.0])
    range_km, nadir_deg = pfd.sight(550.0, elevation)
    centre = 90.0 - elevation - nadir_deg
    assert range_km * np.sin(np.radians(nadir_deg)) == pytest.approx(
        pfd.SPHERE_KM * np.sin(np.radians(centre)), abs=1e-6
    )
    assert range_km[-1] == pytest.approx(550.0)


def limit_of(level_dbw_m2: float) -> articles.FluxLimit:
    return articles.FluxLimit(10.0, 12.0, 1000.0, level_dbw_m2, level_dbw_m2, False, "RR", "A", "a test")


def test_one_decibel_of_limit_turns_the_verdict() -> None:
    payload = STARLINK.payload
    highest = float(pfd.level_dbw_m2(payload, 550.0, np.arange(25.0, 90.5, 0.5), 25.0).max())
    for shift, verdict in ((1.0, Verdict.met), (-1.0, Verdict.exceeded)):
        found = pfd.check(limit_of(highest + shift), payload, 550.0, 25.0, 1)
        assert found.verdict is verdict
        assert found.margin_db == pytest.approx(shift, abs=0.06)


def test_below_the_lowest_beam_the_side_lobes_are_met() -> None:
    payload = STARLINK.payload
    elevation = np.array([0.0, 10.0, 20.0, 25.0])
    level = pfd.level_dbw_m2(payload, 550.0, elevation, 25.0)
    assert np.all(np.diff(level) > 0.0)
    assert level[3] - level[0] > 10.0
    wide = pfd.level_dbw_m2(payload, 550.0, elevation, 0.0)
    assert wide[3] == pytest.approx(level[3])
    assert np.all(wide[:3] > level[:3])


def test_starlinks_lowest_shell_is_above_the_cap_that_its_payload_is_held_to_at_550_km() -> None:
    limit = next(row for row in articles.flux_limits(10.7, 11.7) if row.reference_khz == 1000.0)
    checks = {km: pfd.check(limit, STARLINK.payload, km, 25.0, 4408) for km in (540.0, 550.0, 560.0)}
    assert checks[550.0].verdict is Verdict.met
    assert checks[550.0].margin_db == 0.0
    assert checks[540.0].verdict is Verdict.exceeded
    assert checks[540.0].margin_db == pytest.approx(20.0 * np.log10(540.0 / 550.0), abs=0.06)
    assert checks[560.0].verdict is Verdict.met


def test_above_30_ghz_the_apertures_own_pattern_is_taken() -> None:
    payload = STARLINK.payload.model_copy(update={"user_down_ghz": 40.0})
    assert pfd.side_lobe_db(payload, [0.0, 60.0])[0] == 0.0
    assert pfd.side_lobe_db(payload, 10.0) < -20.0
