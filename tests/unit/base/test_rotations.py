"""Frames by name: rotations close, are rotations, and refuse what they do not know."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from raabta.base import earth_rotation
from raabta.base.clock import eop_range
from raabta.base.ephemeris import ephemeris
from raabta.base.errors import OutOfRangeError, ScenarioError, StoreError
from raabta.base.frames import teme_to_itrf
from raabta.base.librations import libration_table, librations
from raabta.base.rotations import CENTRE, body_frame, inputs, notes, places_km, rotation

TIMES = np.datetime64("2024-01-01T00:00:01", "ns") + np.arange(50) * np.timedelta64(200_000, "s")
BEYOND = np.array(["2029-03-01", "2029-09-01"], "datetime64[ns]")


@pytest.mark.parametrize("pair", list(itertools.permutations(CENTRE, 2)))
def test_rotations_are_rotations_and_turn_back(pair: tuple[str, str]) -> None:
    there, back = rotation(*pair, TIMES), rotation(*pair[::-1], TIMES)
    assert np.abs(there @ back - np.eye(3)).max() < 1e-14
    assert np.linalg.det(there) == pytest.approx(1.0, abs=1e-14)
    through = rotation("GCRF", pair[1], TIMES) @ rotation(pair[0], "GCRF", TIMES)
    assert np.abs(through - there).max() < 1e-14


def test_places_of_bodies_in_a_frame_keep_their_ranges_and_show_librations() -> None:
    """The Earth stays within its librations of the Moon's mean Earth direction (the x axis of MOON_ME)."""
    sun, earth = places_km(("Sun", "Earth"), "Moon", "MOON_ME", TIMES)
    for name, found in (("Sun", sun), ("Earth", earth)):
        range_km = np.linalg.norm(ephemeris().position_km(name, TIMES, "Moon"), axis=1)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), range_km, rtol=1e-14)
    assert (earth[:, 0] / np.linalg.norm(earth, axis=1)).min() > np.cos(np.radians(11.0))


def test_a_frame_to_itself_and_teme() -> None:
    assert (rotation("MOON_PA", "MOON_PA", TIMES) == np.eye(3)).all()
    assert rotation("TEME", "ITRF", TIMES).tobytes() == teme_to_itrf(TIMES).tobytes()


def test_one_time_alone_has_the_bits_it_has_among_others() -> None:
    for frame in ("ITRF", "MOON_ME"):
        whole = rotation("GCRF", frame, TIMES)
        assert rotation("GCRF", frame, TIMES[31:32]).tobytes() == whole[31].tobytes()


def test_names_that_are_none_are_refused() -> None:
    with pytest.raises(
        OutOfRangeError, match=r"'MOON_MEE' \(did you mean MOON_ME\?\); valid: GCRF, ITRF, TEME"
    ):
        rotation("GCRF", "MOON_MEE", TIMES)
    with pytest.raises(OutOfRangeError, match="'guess'; valid: refuse, hold"):
        rotation("GCRF", "ITRF", TIMES, beyond="guess")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="DE200: no such librations; there are DE421, DE440"):
        rotation("GCRF", "MOON_ME", TIMES, orientation="DE200")


def test_a_lunar_frame_must_be_named() -> None:
    assert body_frame(None, "Earth") == "ITRF"
    assert body_frame("MOON_PA", "Moon") == "MOON_PA"
    with pytest.raises(ScenarioError, match=r"frame of this raster on the Moon is not named") as refused:
        body_frame(None, "Moon", "raster")
    assert refused.value.hint is not None
    assert "frame: MOON_ME or frame: MOON_PA" in refused.value.hint
    with pytest.raises(ScenarioError, match="frame IAU is none that is fixed to the Moon"):
        body_frame("IAU", "Moon")
    with pytest.raises(ScenarioError, match="none that is fixed to the Earth"):
        body_frame("MOON_ME", "Earth")


def test_beyond_the_lunar_table_it_says_what_it_covers() -> None:
    for day in ("1999-12-20", "2051-06-01"):
        with pytest.raises(OutOfRangeError, match=f"is {day}T.*1999-12-31 to 2050-12-31, which"):
            rotation("GCRF", "MOON_ME", np.array([day], "datetime64[ns]"))


def test_inputs_name_what_was_read() -> None:
    assert set(inputs()) == {"earth_orientation"}
    named = inputs(ephemeris(), ("ITRF", "MOON_ME"))
    assert set(named) == {"earth_orientation", "DE421", "librations DE421"}
    assert all(re.search(r"sha256:[0-9a-f]{64}$", text) for text in named.values())


def test_libration_table_is_the_whole_ones_rows() -> None:
    whole, part = librations().table, libration_table(TIMES[0], TIMES[-1])
    row = round((part.start_tdb_s - whole.start_tdb_s) / whole.step_s)
    assert (part.coefficients == whole.coefficients[row : row + len(part.coefficients)]).all()
    assert len(part.coefficients) < 20


def test_the_earth_beyond_the_table_only_on_request() -> None:
    with pytest.raises(OutOfRangeError, match="upgrade astropy-iers-data"):
        rotation("GCRF", "ITRF", BEYOND)
    held = rotation("GCRF", "ITRF", BEYOND, beyond="hold")
    assert np.linalg.det(held) == pytest.approx(1.0, abs=1e-14)
    with pytest.raises(OutOfRangeError, match="up to ten years beyond"):
        rotation("GCRF", "ITRF", BEYOND + np.timedelta64(3_652, "D"), beyond="hold")
    said = notes(BEYOND)
    assert len(said) == 2
    assert "Leap seconds are known to" in said[0]
    assert "UT1 is carried on" in said[1]
    assert len(notes(BEYOND, ("MOON_ME",))) == 1
    assert notes(TIMES[:5]) == ()


def test_held_is_the_table_inside_it_and_goes_on_smoothly() -> None:
    inside = rotation("GCRF", "ITRF", TIMES)
    assert rotation("GCRF", "ITRF", TIMES, beyond="hold").tobytes() == inside.tobytes()
    last = eop_range()[1]
    at = np.array([last, last + np.timedelta64(1, "s")])
    step = rotation("GCRF", "ITRF", at, beyond="hold")
    turned = np.arccos((np.trace(step[1] @ step[0].T) - 1.0) / 2.0)
    assert turned == pytest.approx(7.2921e-5, rel=1e-3)


def test_held_ut1_is_never_further_off_in_the_table_than_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the table short in eight years: what is carried on a year stays within the bound."""
    from raabta.base import clock
    from raabta.base.clock import EarthOrientation, earth_orientation

    whole = earth_orientation()
    bound = earth_rotation._largest_error_s(365)
    assert 0.1 < bound < 0.6
    for days in range(6_000, 18_000, 1_500):
        cut = EarthOrientation(
            whole.mjd[:days], whole.ut1_minus_tai_s[:days], whole.x_pole_rad[:days], whole.y_pole_rad[:days],
            whole.leap_mjd, whole.tai_minus_utc_s, "cut",
        )  # fmt: skip
        at = np.array([clock._midnight(whole.mjd[days - 1] + 365)])
        truth = rotation("GCRF", "ITRF", at)
        monkeypatch.setattr(earth_rotation, "earth_orientation", lambda cut=cut: cut)
        told = rotation("GCRF", "ITRF", at, beyond="hold")
        monkeypatch.undo()
        off_s = np.arctan2(*(told @ np.swapaxes(truth, 1, 2))[0, [0, 0], [1, 0]]) / 7.2921150e-5
        assert abs(off_s) < bound + 0.001
