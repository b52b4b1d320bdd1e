"""Propagator: what it is made of, its order, its bits, and what it refuses."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from raabta.base.errors import NoSolutionError, OrbitDataError, OutOfRangeError
from raabta.orbits.propagate import Propagator
from raabta.orbits.tle import parse_tle
from raabta.scenario.models import Constellation, GeostationarySlot, Shell

START = datetime(2026, 11, 22, tzinfo=UTC)
ISS = """ISS (ZARYA)
1 25544U 98067A   26325.51782528  .00016717  00000-0  10270-3 0  9003
2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.49815350    11
"""


def _constellation(**fields: object) -> Constellation:
    """A constellation without a payload: the orbits floor never looks at it."""
    defaults = {"name": "leo", "label": "LEO", "shells": (), "geostationary": (), "orbits_file": None}
    return Constellation.model_construct(**{**defaults, **fields})


def _shells() -> tuple[Shell, ...]:
    leo = Shell(altitude_km=550, inclination_deg=53, planes=6, satellites_per_plane=11, phasing=5)
    meo = Shell(altitude_km=8062, inclination_deg=56, planes=2, satellites_per_plane=3)
    star = Shell(altitude_km=1200, inclination_deg=87.9, planes=4, satellites_per_plane=5, pattern="star")
    return leo, meo, star


def _minutes_from_start(*minutes: float) -> np.ndarray:
    return np.datetime64("2026-11-22", "ns") + (np.array(minutes) * 60e9).astype("timedelta64[ns]")


def test_order_is_shells_then_slots_and_each_flies_its_own_orbit() -> None:
    slots = (GeostationarySlot(longitude_deg=38.0), GeostationarySlot(longitude_deg=-38.2))
    propagator = Propagator.from_constellation(_constellation(shells=_shells(), geostationary=slots), START)
    assert propagator.count == 66 + 6 + 20 + 2
    assert propagator.names[0] == "leo-1-001-001"
    assert propagator.names[66] == "leo-2-001-001"
    assert propagator.names[72] == "leo-3-001-001"
    assert propagator.names[-2:] == ("GEO 38E", "GEO 38.2W")
    position = propagator.positions_km(_minutes_from_start(0, 7, 60))
    assert position.shape == (3, 3, 94)
    assert position.dtype == np.float64
    altitude = np.linalg.norm(position, axis=1) - 6378.137
    for columns, height in ((slice(0, 66), 550), (slice(66, 72), 8062), (slice(72, 92), 1200)):
        assert np.abs(altitude[:, columns] - height).max() < 20.0
    assert np.degrees(np.arctan2(position[:, 1, -2], position[:, 0, -2])) == pytest.approx([38.0] * 3)


def test_same_bits_whichever_chunk_is_asked() -> None:
    slots = (GeostationarySlot(longitude_deg=38.0),)
    propagator = Propagator.from_constellation(_constellation(shells=_shells(), geostationary=slots), START)
    times = _minutes_from_start(*np.arange(0, 1440, 7.25))
    whole = propagator.positions_km(times)
    for size in (1, 7, 64):
        cut = [propagator.positions_km(times[i : i + size]) for i in range(0, times.size, size)]
        assert (np.concatenate(cut) == whole).all()
    backwards = propagator.positions_km(times[::-1])[::-1]
    assert (backwards == whole).all()


def test_same_bits_in_another_process_worth_of_object() -> None:
    propagator = Propagator.from_constellation(_constellation(shells=_shells()), START)
    times = _minutes_from_start(0, 100, 1439)
    first = propagator.positions_km(times)
    copy = pickle.loads(pickle.dumps(propagator))
    assert (copy.positions_km(times) == first).all()
    assert copy.names == propagator.names


def test_a_mix_of_near_earth_and_deep_space_agrees_with_the_sgp4_package() -> None:
    from sgp4.api import SatrecArray

    from raabta.base.frames import teme_to_itrf
    from raabta.orbits.deep_space import positions_teme_km, satrec

    propagator = Propagator.from_constellation(_constellation(shells=_shells()), START)
    times = _minutes_from_start(0, 33, 720, 1439)
    elements = propagator.satellites.elements
    assert elements is not None
    oracle = SatrecArray([satrec(elements, index) for index in range(len(elements))])
    itrf = np.einsum("tij,stj->tis", teme_to_itrf(times), positions_teme_km(oracle, times))
    assert np.abs(propagator.positions_km(times) - itrf).max() < 1e-6


def test_state_arrays_drive_the_kernel_to_the_same_bits() -> None:
    from raabta.base.frames import teme_to_itrf
    from raabta.orbits.kernels import propagate_itrf

    propagator = Propagator.from_constellation(_constellation(shells=_shells()), START)
    times = _minutes_from_start(5, 6)
    near = propagator.state_arrays()
    out = np.empty((2, 3, near.indices.size))
    propagate_itrf(near.constants, near.offsets_min, propagator.minutes(times), teme_to_itrf(times), out)
    assert (out == propagator.positions_km(times)[:, :, near.indices]).all()
    assert near.indices.tolist() == [*range(66), *range(72, 92)]


def test_an_orbits_file_replaces_the_shells(tmp_path: Path) -> None:
    file = tmp_path / "iss.tle"
    file.write_text(ISS)
    slots = (GeostationarySlot(longitude_deg=38.0),)
    constellation = _constellation(shells=_shells(), geostationary=slots, orbits_file=str(file))
    propagator = Propagator.from_constellation(constellation, START)
    assert propagator.names == ("ISS (ZARYA)", "GEO 38E")
    height = np.linalg.norm(propagator.positions_km(_minutes_from_start(0, 30)), axis=1)[:, 0] - 6371
    assert ((height > 400) & (height < 440)).all()


def test_no_times_no_rows() -> None:
    propagator = Propagator.from_constellation(_constellation(shells=_shells()), START)
    assert propagator.positions_km(np.array([], "datetime64[ns]")).shape == (0, 3, 92)


def test_only_slots() -> None:
    propagator = Propagator.from_constellation(
        _constellation(geostationary=(GeostationarySlot(longitude_deg=0.0),)), START
    )
    position = propagator.positions_km(_minutes_from_start(0, 1))
    assert position[:, :, 0] == pytest.approx(np.array([[42164.17, 0, 0]] * 2), abs=0.01)


def test_zero_satellites_have_no_answer() -> None:
    with pytest.raises(NoSolutionError) as caught:
        Propagator.from_constellation(_constellation(), START)
    assert str(caught.value) == "the constellation has no satellite; give shells, slots or an orbits file"


def test_a_start_outside_the_earth_orientation_table() -> None:
    with pytest.raises(OutOfRangeError, match=r"time \(UTC\) is 2049-01-01T00:00:00; valid: 1973-01-02 to 2"):
        Propagator.from_constellation(_constellation(shells=_shells()), datetime(2049, 1, 1, tzinfo=UTC))


def test_a_time_outside_the_earth_orientation_table() -> None:
    propagator = Propagator.from_constellation(_constellation(shells=_shells()), START)
    with pytest.raises(OutOfRangeError, match="move the start, or upgrade astropy-iers-data"):
        propagator.positions_km(np.array(["2049-01-01"], "datetime64[ns]"))


def test_an_orbit_far_older_than_the_start() -> None:
    old = ISS.replace(
        "26325.51782528  .00016717  00000-0  10270-3 0  9003",
        "01325.51782528  .00016717  00000-0  10270-3 0  9006",
    )
    with pytest.raises(
        OrbitDataError, match=r"ISS \(ZARYA\): its epoch 2001-.* is 25.0 years from 2026-11-22"
    ):
        Propagator.from_elements(parse_tle(old), START)


def test_a_time_far_from_the_epoch() -> None:
    propagator = Propagator.from_elements(parse_tle(ISS), START)
    with pytest.raises(OrbitDataError, match="at most 10 years are allowed"):
        propagator.positions_km(np.array(["2016-01-01"], "datetime64[ns]"))


def test_a_start_with_another_zone_is_the_same_instant() -> None:
    karachi = timezone(timedelta(hours=5))
    here = Propagator.from_constellation(_constellation(shells=_shells()), START.astimezone(karachi))
    assert here.start == np.datetime64("2026-11-22T00:00:00")
    assert (
        here.start
        == Propagator.from_constellation(
            _constellation(shells=_shells()), np.datetime64("2026-11-22T00:00:00")
        ).start
    )


def test_only_deep_space() -> None:
    meo = Shell(altitude_km=8062, inclination_deg=56, planes=2, satellites_per_plane=3)
    propagator = Propagator.from_constellation(_constellation(shells=(meo,)), START)
    assert propagator.state_arrays().indices.size == 0
    height = np.linalg.norm(propagator.positions_km(_minutes_from_start(0, 9)), axis=1) - 6378.137
    assert np.abs(height - 8062).max() < 20.0


def _tle(path: Path, *, decaying: bool, days_old: int = 0) -> Path:
    """The station and, if asked, a body so draggy that SGP4 takes it to the ground or away in months."""
    text = _aged(ISS, 325 - days_old)
    if decaying:
        more = text
        for word, other in (("ISS (ZARYA)", "DEBRIS"), ("25544", "25545"), ("10270-3", "90270-2")):
            more = more.replace(word, other)
        text += more
    path.write_text("\n".join(_checked(line) for line in text.splitlines()))
    return path


def _aged(text: str, day: int) -> str:
    return text.replace("26325.", f"26{day:03d}.")


def _checked(line: str) -> str:
    digits = sum(int(c) if c.isdigit() else c == "-" for c in line[:68])
    return f"{line[:68]}{digits % 10}" if line[:2] in ("1 ", "2 ") else line


def test_objects_whose_elements_do_not_hold_over_the_run_are_left_out_and_said(tmp_path: Path) -> None:
    file = _tle(tmp_path / "old.tle", decaying=True, days_old=90)
    propagator = Propagator.from_constellation(_constellation(orbits_file=str(file)), START, 86_400.0)
    assert propagator.names == ("ISS (ZARYA)",)
    assert propagator.notes == (
        "Orbits: 1 of 2 objects left out: their elements do not hold over the run (first: DEBRIS).",
        "Orbits: elements are 90 days from the start: positions may be off by tens of kilometres and more.",
    )
    copy = pickle.loads(pickle.dumps(propagator))
    assert copy.notes == propagator.notes


def test_fresh_elements_all_fly_and_nothing_is_said(tmp_path: Path) -> None:
    file = _tle(tmp_path / "new.tle", decaying=False)
    assert Propagator.from_constellation(_constellation(orbits_file=str(file)), START, 86_400.0).notes == ()


def test_a_satellite_that_decays_before_the_end_of_the_run_is_left_out(tmp_path: Path) -> None:
    file = _tle(tmp_path / "two.tle", decaying=True)
    constellation = _constellation(orbits_file=str(file))
    assert Propagator.from_constellation(constellation, START, 0.0).count == 2
    assert Propagator.from_constellation(constellation, START, 90 * 86_400.0).names == ("ISS (ZARYA)",)


def test_no_elements_that_hold_have_no_answer(tmp_path: Path) -> None:
    file = _tle(tmp_path / "gone.tle", decaying=True, days_old=90)
    file.write_text("\n".join(file.read_text().splitlines()[3:]))
    with pytest.raises(
        NoSolutionError, match=r"gone\.tle: no object's elements hold over the run \(epochs 2026-08-"
    ):
        Propagator.from_constellation(_constellation(orbits_file=str(file)), START, 86_400.0)


def test_elements_made_from_shells_are_never_left_out() -> None:
    propagator = Propagator.from_constellation(_constellation(shells=_shells()), START, 10 * 86_400.0)
    assert (propagator.count, propagator.notes) == (92, ())
