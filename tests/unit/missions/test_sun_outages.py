"""Sun outages against a Sun of another origin (SOFA's series) and a count of seconds."""

from __future__ import annotations

import erfa
import numpy as np
import pytest
from mission_scenarios import mission, site

from raabta.base.clock import ut1_jd
from raabta.base.frames import geodetic_to_fixed
from raabta.missions import sun_outages
from raabta.missions.model import prepare
from raabta.orbits.kepler import geostationary_position_km

ASK = {"sites": "Karachi", "craft": "Sat", "dish_m": 1.2, "frequency_ghz": 11.5}


def asked(start: str, days: float = 1.0):
    return mission(
        time={"start": start, "duration_s": 86_400.0 * days, "step_s": 3_600.0},
        sites=[site("Karachi", 24.86, 67.01)],
        craft=[{"name": "Sat", "geostationary_deg": 38.2}],
        links=[], light=[], tracks=[], look_angles=[], crew=None, sun_outages=[ASK],
    )  # fmt: skip


def sofa_sun_itrf_km(times: np.ndarray) -> np.ndarray:
    """Apparent enough: heliocentric Earth of SOFA's epv00, turned by precession, nutation and GAST."""
    jd1, jd2 = ut1_jd(times)
    heliocentric, _ = erfa.epv00(jd1, jd2)
    sun = -heliocentric["p"] * 149_597_870.7
    matrix = erfa.rxr(erfa.rz(erfa.gst06a(jd1, jd2, jd1, jd2), np.tile(np.eye(3), (jd2.size, 1, 1))),
                      erfa.pnm06a(jd1, jd2))  # fmt: skip
    return np.einsum("tij,tj->ti", matrix, sun)


def test_outages_are_those_of_another_sun() -> None:
    ready = prepare(asked("2027-03-10T00:00:00"))
    rows = sun_outages.outages_of(ready, ready.day(0))
    assert len(rows) == 1
    _, _, _, begin, end, least = rows[0]
    seconds = np.arange(begin - 300.0, end + 300.0, 1.0)
    times = ready.start + np.rint(seconds * 1e9).astype("timedelta64[ns]")
    at = geodetic_to_fixed(24.86, 67.01, 0.0)
    to_craft = geostationary_position_km(np.array([38.2]))[0] - at
    to_sun = sofa_sun_itrf_km(times) - at
    cosine = to_sun @ to_craft / np.linalg.norm(to_sun, axis=1) / np.linalg.norm(to_craft)
    angle = np.degrees(np.arccos(cosine))
    hidden = seconds[angle < sun_outages.threshold_deg(1.2, 11.5)]
    assert begin == pytest.approx(hidden[0], abs=1.5) and end == pytest.approx(hidden[-1], abs=1.5)
    assert least == pytest.approx(angle.min(), abs=0.003)
    assert 300.0 < end - begin < 600.0


@pytest.mark.parametrize("start", ["2027-01-15T00:00:00", "2027-06-21T00:00:00"])
def test_far_from_the_equinoxes_there_is_none(start: str) -> None:
    ready = prepare(asked(start))
    assert len(sun_outages.outages_of(ready, ready.day(0))) == 0


def test_the_beam_is_seventy_wavelengths_over_the_diameter() -> None:
    assert sun_outages.beamwidth_deg(1.2, 11.5) == pytest.approx(70.0 * 0.0260689 / 1.2, rel=1e-5)
    assert sun_outages.threshold_deg(9.0, 11.5) < sun_outages.threshold_deg(1.2, 11.5)


def test_edges_of_a_known_passage() -> None:
    """A Sun that passes in a straight line, 0.3 deg off, at 0.004 deg/s: edges by Pythagoras."""
    seconds = np.arange(0.0, 1_000.0, 20.0)
    square = 0.3**2 + (0.004 * (seconds - 503.3)) ** 2
    ((begin, end, least),) = sun_outages.edges(seconds, square, 1.0)
    half = np.sqrt(1.0 - 0.3**2) / 0.004
    assert (begin, end) == pytest.approx((503.3 - half, 503.3 + half), abs=1e-6)
    assert least == pytest.approx(0.3, abs=1e-9)
    assert len(sun_outages.edges(seconds, square, 0.2)) == 0
    assert len(sun_outages.edges(seconds, np.full(seconds.size, np.inf), 1.0)) == 0
