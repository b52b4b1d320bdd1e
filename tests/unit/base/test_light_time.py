"""Light time and aberration, against what follows from their definitions and against SOFA."""

from __future__ import annotations

import erfa
import numpy as np
import pytest

from raabta.base.ephemeris import ephemeris
from raabta.base.errors import OutOfRangeError
from raabta.base.light_time import aberration, apparent_km, light_time_s, one_way_light_s
from raabta.base.timescales import tdb_s
from raabta.base.units import SPEED_OF_LIGHT_KM_S

TIMES = np.datetime64("2028-02-01", "ns") + np.arange(300) * np.timedelta64(100_000, "s")


def test_light_arrives_when_it_should() -> None:
    """|there(t - s) - here(t)| = c s; sent back from there then, it takes as long."""
    source, seconds = ephemeris(), tdb_s(TIMES)
    here = source.position_km_tdb("Moon", seconds, "SSB")

    def earth(tdb: np.ndarray) -> np.ndarray:
        return source.position_km_tdb("Earth", tdb, "SSB")

    took, place = light_time_s(here, earth, seconds)
    assert np.linalg.norm(earth(seconds - took) - here, axis=1) == pytest.approx(took * SPEED_OF_LIGHT_KM_S)
    assert place == pytest.approx(earth(seconds - took), abs=1e-5)
    back, _ = light_time_s(place, lambda t: source.position_km_tdb("Moon", t, "SSB"), seconds - took, "sent")
    assert np.abs(back - took).max() < 2e-11
    assert took == pytest.approx(one_way_light_s(source, "Earth", "Moon", TIMES), abs=1e-12)
    with pytest.raises(OutOfRangeError, match="received, sent"):
        light_time_s(here, earth, seconds, "back")  # type: ignore[arg-type]


def test_aberration_is_sofas() -> None:
    """SOFA's AB with the Sun far away: 1e-15."""
    rng = np.random.default_rng(1)
    direction = rng.normal(size=(500, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    velocity = rng.uniform(-40.0, 40.0, (500, 3))
    beta = velocity / SPEED_OF_LIGHT_KM_S
    slow = np.sqrt(1.0 - np.einsum("ij,ij->i", beta, beta))
    theirs = erfa.ab(direction, beta, 1e12, slow)
    assert np.abs(aberration(direction, velocity) - theirs).max() < 2e-15


def test_chunks_agree_to_the_last_bit() -> None:
    source = ephemeris()
    whole = apparent_km(source, "Sun", "Moon", TIMES)
    parts = [apparent_km(source, "Sun", "Moon", part) for part in np.array_split(TIMES, 7)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
