"""Ephemeris messages: out and in again, time systems and axes, one wrong thing at a time, and bombs."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lunar_orbits import EPOCH, LOW, RELAY

from raabta.base.errors import NoSolutionError, OrbitDataError, RaabtaError
from raabta.base.timescales import tdb_s
from raabta.orbits import oem
from raabta.orbits.force_model import force_model
from raabta.orbits.numerical import propagate
from raabta.orbits.oem import oem_text, parse_oem, read_oem
from raabta.orbits.trajectory import Trajectory

HEAD = "CCSDS_OEM_VERS = 2.0\nCREATION_DATE = 2028-01-01T00:00:00\nORIGINATOR = TEST\n"
META = {
    "OBJECT_NAME": "relay",
    "OBJECT_ID": "2028-001A",
    "CENTER_NAME": "MOON",
    "REF_FRAME": "GCRF",
    "TIME_SYSTEM": "UTC",
    "START_TIME": "2028-01-01T00:00:00",
    "STOP_TIME": "2028-01-01T00:03:00",
}
STATES = (
    "2028-01-01T00:00:00 2000.0 0.0 0.0 0.0 1.5 0.0",
    "2028-01-01T00:01:00.000 1999.9 90.0 0.0 -0.07 1.5 0.0",
    "2028-001T00:02:00 1998.0 180.0 0.0 -0.15 1.49 0.0",
    "2028-01-01T00:03:00 1995.0 270.0 0.0 -0.22 1.48 0.0 0.0 0.0 0.0",
)


def message(*states: str, head: str = HEAD, **meta: str | None) -> bytes:
    own = {key: value for key, value in {**META, **meta}.items() if value is not None}
    block = "\n".join(f"{key} = {value}" for key, value in own.items())
    return f"{head}\nMETA_START\n{block}\nMETA_STOP\n\n{chr(10).join(states or STATES)}\n".encode()


def as_xml(*states: str, **meta: str) -> bytes:
    names = ("EPOCH", "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    rows = "".join(
        "<stateVector>"
        + "".join(
            f"<{n}{' units=' + chr(34) + 'km' + chr(34) if n != 'EPOCH' else ''}>{v}</{n}>"
            for n, v in zip(names, state.split(), strict=False)
        )
        + "</stateVector>"
        for state in states or STATES
    )
    block = "".join(f"<{key}>{value}</{key}>" for key, value in {**META, **meta}.items())
    return (
        '<?xml version="1.0"?><oem id="CCSDS_OEM_VERS" version="3.0"><header><CREATION_DATE>x</CREATION_DATE>'
        f"</header><body><segment><metadata>{block}</metadata><data>{rows}</data></segment></body></oem>"
    ).encode()


def refused(data: bytes) -> str:
    with pytest.raises(OrbitDataError) as error:
        parse_oem(data, "a.oem")
    return str(error.value)


@pytest.fixture(scope="module")
def orbit() -> Trajectory:
    names = ("relay", "low")
    return propagate(np.array([RELAY, LOW]), EPOCH, 43_200.0, force_model(), names=names)


def test_what_is_written_is_read_again(orbit: Trajectory, tmp_path: Path) -> None:
    text = oem_text(orbit, EPOCH, 43_200.0, 60.0, created=EPOCH)
    file = tmp_path / "two.oem"
    file.write_text(text)
    held = read_oem(file)
    times = EPOCH + np.arange(0, 43_200, 7).astype("timedelta64[s]")
    for i, name in enumerate(orbit.names):
        again = held.trajectory(name, "Moon", EPOCH, 43_200.0)
        off = np.linalg.norm(again.positions_km(times)[:, :, 0] - orbit.positions_km(times)[:, :, i], axis=1)
        assert off.max() < 1e-4
        at = times[::60][:5]
        off = np.abs(again.velocities_km_s(at)[:, :, 0] - orbit.velocities_km_s(at)[:, :, i])
        assert off.max() < 1e-6
    with pytest.raises(OrbitDataError, match="the trajectory covers 2028-01-01T00:00:00"):
        oem_text(orbit, EPOCH, 90_000.0, 60.0, created=EPOCH)


def test_kvn_and_xml_say_the_same() -> None:
    kvn, xml = parse_oem(message()), parse_oem(as_xml())
    assert np.array_equal(kvn.segments[0].states, xml.segments[0].states)
    assert np.array_equal(kvn.segments[0].time, xml.segments[0].time)
    assert kvn.segments[0].states[2, 1] == 180.0 and kvn.segments[0].centre == "Moon"


@pytest.mark.parametrize(("system", "ahead_s"), [("TAI", 37.0), ("TT", 69.184)])
def test_time_systems_become_utc(system: str, ahead_s: float) -> None:
    own = parse_oem(message(TIME_SYSTEM=system)).segments[0].time[0]
    assert EPOCH - own == np.timedelta64(round(ahead_s * 1e9), "ns")


def test_tdb_is_that_of_the_time_scales() -> None:
    own = parse_oem(message(TIME_SYSTEM="TDB")).segments[0].time[:1]
    expected = (EPOCH - np.datetime64("2000-01-01T12:00:00", "ns")).astype(np.int64) / 1e9
    assert abs(tdb_s(own)[0] - expected) < 1e-6


def test_eme2000_is_turned_by_the_bias_of_frames() -> None:
    turned = parse_oem(message(REF_FRAME="EME2000")).segments[0].states[0, :3]
    off = np.linalg.norm(turned - [2000.0, 0.0, 0.0])
    assert 1e-5 < off < 3e-4  # 0.023 arcseconds at 2,000 km: 0.2 m, of which the x axis sees a part
    assert np.linalg.norm(turned) == pytest.approx(2000.0, abs=1e-9)


def test_a_covariance_is_passed_over() -> None:
    rows = (*STATES, "COVARIANCE_START", "EPOCH = 2028-01-01T00:00:00", "1e-6", "COVARIANCE_STOP")
    assert len(parse_oem(message(*rows)).segments[0].time) == 4


def test_usable_times_and_objects_that_are_not_there() -> None:
    held = parse_oem(message(USEABLE_START_TIME="2028-01-01T00:01:00"))
    assert held.trajectory("anything", "Moon", EPOCH + np.timedelta64(60, "s"), 60.0).count == 1
    with pytest.raises(NoSolutionError, match="relay about the Moon, 2028-01-01T00:01:00"):
        held.trajectory("relay", "Moon", EPOCH, 60.0)
    with pytest.raises(NoSolutionError, match="about the Earth covers"):
        held.trajectory("relay", "Earth", EPOCH + np.timedelta64(60, "s"), 60.0)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (message(REF_FRAME="MOON_ME"), "REF_FRAME is 'MOON_ME'; allowed: GCRF, ICRF, EME2000"),
        (message(REF_FRAME=None), "this block has no REF_FRAME"),
        (message(CENTER_NAME="MARS BARYCENTER"), "allowed: EARTH, MOON"),
        (message(TIME_SYSTEM="GPS"), "allowed: UTC, TAI, TT, TDB"),
        (message(STOP_TIME="2027-01-01T00:00:00"), "are they reversed?"),
        (message(STATES[0], STATES[1], STATES[0]), "a.oem:17:1: 2028-01-01T00:00:00 is not after"),
        (message(STATES[0], STATES[1]), "2 states; allowed: 3 or more"),
        (message(STATES[0].replace("2000.0", "nan")), "a decimal number"),
        (message(STATES[0].replace("2000.0", "2000000000.0")), "not m"),
        (message(STATES[0].replace("1.5", "1500.0")), "not m"),
        (message(STATES[0] + " 1"), "8 values; allowed"),
        (message(STATES[0].replace("01-01", "02-30")), "there is no such day"),
        (message(STATES[0].replace("2028-01-01", "2027-366")), "there is no such day"),
        (message(STATES[0].replace("00:00:00", "25:00:00")), "00:00:00 to 23:59:59.9"),
        (message(head="CCSDS_OEM_VERS = 9.0\n"), "CCSDS_OEM_VERS is '9.0'"),
        (message(head="CCSDS_OPM_VERS = 2.0\n"), "this is another message"),
        (message(head=HEAD + "META_START\nOBJECT_NAME = a\n"), "before this block has ended"),
        (HEAD.encode() + b"META_START\nOBJECT_NAME = a\n", "a block of meta that does not end"),
        (HEAD.encode() + b"META_START\nA = 1\nA = 2\n", "A stands twice"),
        (HEAD.encode(), "no state in this file"),
        (b"", "no state in this file"),
        (b"\xff\xfe", "no UTF-8"),
        (b"x" * 2000, "2000 characters in a line"),
        (as_xml(REF_FRAME="ITRF"), "REF_FRAME is 'ITRF'"),
        (as_xml("2028-01-01T00:00:00 1 2 3"), "this state has no X_DOT"),
        (b"<omm></omm>", "another message; allowed: <oem>"),
        (b"<oem><segment>", "not XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><oem>&b;</oem>', "entities and DTDs are refused"),
        (b"<oem>" + b"<a>" * 5000, "nested deeper than 24"),
        (b"<oem>" + b"x" * 5000 + b"</oem>", "more than 1000 characters"),
    ],
)
def test_one_wrong_thing_at_a_time(data: bytes, said: str) -> None:
    assert said in refused(data)


def test_sizes_have_limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(oem, "MAX_STATES", 3)
    assert "more than 3 states" in refused(message())
    monkeypatch.setattr(oem, "MAX_SEGMENTS", 1)
    assert "more than 1 segments" in refused(message(*STATES[:3]) + message(*STATES[:3], head=""))
    monkeypatch.setattr(oem, "MAX_BYTES", 100)
    assert "split the file" in refused(message())
    with pytest.raises(OrbitDataError, match="cannot be read"):
        read_oem(tmp_path / "none.oem")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_spoiled_file_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([message(), as_xml()])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    begin = time.process_time()
    try:
        held = parse_oem(bytes(whole))
        assert all(np.isfinite(part.states).all() for part in held.segments)
    except RaabtaError as error:
        assert str(error)
    assert time.process_time() - begin < 5.0
