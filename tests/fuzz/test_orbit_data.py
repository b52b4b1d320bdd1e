"""Hostile orbit data: only a checked object or OrbitDataError comes back, and quickly."""

from __future__ import annotations

import json
import time

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raabta.base.errors import OrbitDataError, RaabtaError
from raabta.orbits.elements import MeanElements
from raabta.orbits.propagate import Propagator
from raabta.orbits.read import parse_orbits
from raabta.orbits.tle import checksum

LINES = (
    "ISS (ZARYA)",
    "1 25544U 98067A   26325.51782528  .00016717  00000-0  10270-3 0  9003",
    "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.49815350    11",
)
DEEP = (
    "1 08195U 75081A   26176.33215444  .00000099  00000-0  11873-3 0   815",
    "2 08195  64.1586 279.0717 6877146 264.7651  20.2257  2.00491383225656",
)
OMM = {
    "OBJECT_NAME": "ISS", "REF_FRAME": "TEME", "TIME_SYSTEM": "UTC", "MEAN_ELEMENT_THEORY": "SGP4",
    "EPOCH": "2026-11-21T12:25:40.104192", "MEAN_MOTION": "15.4981535", "ECCENTRICITY": ".0006703",
    "INCLINATION": "51.6416", "RA_OF_ASC_NODE": "247.4627", "ARG_OF_PERICENTER": "130.536",
    "MEAN_ANOMALY": "325.0288", "NORAD_CAT_ID": "25544", "BSTAR": ".1027E-3",
}  # fmt: skip
KVN = "\n".join(["CCSDS_OMM_VERS = 2.0", *(f"{key} = {value}" for key, value in OMM.items())])
CSV = ",".join(OMM) + "\n" + ",".join(OMM.values()) + "\n"
XML = (
    "<ndm><omm><body><segment>"
    + "".join(f"<{k}>{v}</{k}>" for k, v in OMM.items())
    + "</segment></body></omm></ndm>"
)
SEEDS = ["\n".join(LINES), "\n".join(DEEP), json.dumps([OMM]), KVN, CSV, XML]
SPICE = [
    *"0123456789+-.eE \n\r\t\0,;:\"'<>&[]{}/=#",
    "NaN",
    "Infinity",
    "1e999",
    "é",
    "\u0661",
    "\ufeff",
    "9" * 50,
]
START = np.datetime64("2026-11-22", "ns")
many = settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _only_an_object_or_an_error(data: bytes) -> MeanElements | None:
    begin = time.process_time()
    try:
        elements = parse_orbits(data, "fuzz")
    except OrbitDataError as error:
        assert str(error).startswith(("fuzz", "ISS"))
        elements = None
    assert time.process_time() - begin < 1.0
    return elements


def _flies_or_refuses(elements: MeanElements) -> None:
    """Whatever the grammar lets through propagates at once: finite or NaN, or a clear refusal."""
    begin = time.process_time()
    try:
        position = Propagator.from_elements(elements, START).positions_km(START + np.arange(2))
        assert position.shape == (2, 3, len(elements))
    except RaabtaError:
        pass
    assert time.process_time() - begin < 5.0  # compiling the kernel, the first time


@st.composite
def mutations(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 4))
        text = text[:at] + draw(st.sampled_from(SPICE)) + text[at + length :]
    return text


@st.composite
def tle_with_a_right_checksum(draw: st.DrawFn) -> str:
    """Columns overwritten at random and the checksum mended, so that the mutation passes it."""
    lines = list(draw(st.sampled_from([LINES[1:], DEEP])))
    for _ in range(draw(st.integers(1, 5))):
        which, at = draw(st.integers(0, 1)), draw(st.integers(7, 67))
        lines[which] = lines[which][:at] + draw(st.sampled_from("0123456789+-. ")) + lines[which][at + 1 :]
    return "\n".join(line[:68] + str(checksum(line)) for line in lines)


@many
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    _only_an_object_or_an_error(data)


@many
@given(mutations())
def test_mutated_files_in_every_format(text: str) -> None:
    elements = _only_an_object_or_an_error(text.encode())
    if elements is not None:
        _flies_or_refuses(elements)


@many
@given(tle_with_a_right_checksum())
def test_mutated_tle_that_pass_the_checksum_never_stall(text: str) -> None:
    elements = _only_an_object_or_an_error(text.encode())
    if elements is not None:
        _flies_or_refuses(elements)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(list(OMM)), json_values))
def test_json_values_of_any_kind(changes: dict[str, object]) -> None:
    _only_an_object_or_an_error(json.dumps([{**OMM, **changes}]).encode())


def test_the_seeds_themselves_are_good() -> None:
    for seed in SEEDS:
        assert len(parse_orbits(seed.encode())) == 1
