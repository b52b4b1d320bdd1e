"""Lunar orbits against another engine, published periods and published view shares."""

from __future__ import annotations

import numpy as np
import pytest
from lunar_orbits import EPOCH, FROZEN, LOW, RELAY, state

from raabta.base.bodies import MOON
from raabta.bench.taylor_orbits import engine_of, place_after
from raabta.orbits.force_model import ForceModel, force_model
from raabta.orbits.numerical import propagate
from raabta.orbits.orbit_events import apsides
from raabta.orbits.platforms import fixed, in_frame

DAY_S = 86_400.0


def test_heyoka_says_the_same_after_a_day_at_degree_20() -> None:
    """Two methods by two groups. Asked: 1 m. At the usual tolerance 1 mm; tight, and with nothing left out,
    0.004 mm."""
    pytest.importorskip("heyoka", reason="heyoka is not installed")
    model = force_model()
    exact = ForceModel(MOON, model.gravity, neglect_km_s2=1e-20)
    engine = engine_of(model)
    for own in (RELAY, FROZEN, LOW):
        orbit = propagate(own, EPOCH, DAY_S, model).nodes[0][-1]
        theirs = place_after(engine, model, EPOCH, own, float(orbit[0]))
        assert np.linalg.norm(orbit[1:4] - theirs) < 1e-5  # 1 cm
        tight = propagate(own, EPOCH, DAY_S, exact, tolerance_km=1e-12).nodes[0][-1]
        assert np.linalg.norm(tight[1:4] - theirs) < 1e-8  # 0.01 mm


@pytest.mark.parametrize(
    ("low_km", "high_km", "hours"), [(200.0, 16_000.0, 24.321), (300.0, 8_600.0, 12.132)]
)
def test_two_body_periods(low_km: float, high_km: float, hours: float) -> None:
    """GM 4902.800: from periapsis to periapsis, 0.005 h."""
    low, high = MOON.mean_radius_km + low_km, MOON.mean_radius_km + high_km
    own = state(0.5 * (low + high), (high - low) / (high + low), 54.8, nu=180.0)
    orbit = propagate(own, EPOCH, 2.0 * DAY_S + 7200.0, ForceModel(MOON, None, third_bodies=False))
    found = apsides(orbit)
    times = found.seconds[np.array(found.kind) == "periapsis"]
    assert np.diff(times)[0] / 3600.0 == pytest.approx(hours, abs=0.005)


def test_share_of_time_that_a_south_polar_relay_is_in_view() -> None:
    """300 x 8,600 km, 54.8 degrees, apolune in the south, a site at 85.5 S: 80.7, 78.5, 76.0, 73.0 % of the
    time above 0, 5, 10 and 15 degrees (two bodies, over a month), and above 15 degrees more than 8 h an orbit
    (Zhang 2021, doi:10.34133/2021/3471608). Tolerance 0.5 points."""
    month_s = 27.321661 * DAY_S
    orbit = propagate(RELAY, EPOCH, month_s, ForceModel(MOON, None, third_bodies=False))
    times = EPOCH + (np.arange(0.0, month_s, 30.0) * 1e9).astype("timedelta64[ns]")
    place = in_frame(orbit, "MOON_ME").positions_km(times)[:, :, 0]
    site = fixed(["site"], -85.5, 31.5, 0.0, body=MOON, frame="MOON_ME").km[:, 0]
    line = place - site
    up = line @ (site / np.linalg.norm(site))
    elevation = np.degrees(np.arcsin(up / np.linalg.norm(line, axis=1)))
    share = [100.0 * float((elevation > mask).mean()) for mask in (0.0, 5.0, 10.0, 15.0)]
    np.testing.assert_allclose(share, [80.7, 78.5, 76.0, 73.0], atol=0.5)
    assert share[3] / 100.0 * 12.132 > 8.0
