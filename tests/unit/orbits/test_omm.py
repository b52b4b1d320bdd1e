"""OMM in four encodings: the same satellite as its TLE, one wrong thing at a time, and bombs."""

# ruff: noqa: E501 - messages stand in one piece
from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable

import numpy as np
import pytest

from raabta.base.errors import OrbitDataError
from raabta.orbits.elements import RANGES, MeanElements
from raabta.orbits.read import parse_orbits
from raabta.orbits.tle import parse_tle_pair

TLE = (
    "1 25544U 98067A   26325.51782528  .00016717  00000-0  10270-3 0  9003",
    "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.49815350    11",
)
FIELDS = {
    "OBJECT_NAME": "ISS (ZARYA)",
    "OBJECT_ID": "1998-067A",
    "CENTER_NAME": "EARTH",
    "REF_FRAME": "TEME",
    "TIME_SYSTEM": "UTC",
    "MEAN_ELEMENT_THEORY": "SGP4",
    "EPOCH": "2026-11-21T12:25:40.104192",
    "MEAN_MOTION": "15.49815350",
    "ECCENTRICITY": ".0006703",
    "INCLINATION": "51.6416",
    "RA_OF_ASC_NODE": "247.4627",
    "ARG_OF_PERICENTER": "130.5360",
    "MEAN_ANOMALY": "325.0288",
    "EPHEMERIS_TYPE": "0",
    "CLASSIFICATION_TYPE": "U",
    "NORAD_CAT_ID": "25544",
    "ELEMENT_SET_NO": "900",
    "REV_AT_EPOCH": "1",
    "BSTAR": ".1027E-3",
    "MEAN_MOTION_DOT": ".00016717",
    "MEAN_MOTION_DDOT": "0",
}
OTHER = {**FIELDS, "OBJECT_NAME": "B", "NORAD_CAT_ID": "270000001", "MEAN_ANOMALY": "1.5"}
META = ("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "MEAN_ELEMENT_THEORY")
MEAN = (
    "EPOCH",
    "MEAN_MOTION",
    "ECCENTRICITY",
    "INCLINATION",
    "RA_OF_ASC_NODE",
    "ARG_OF_PERICENTER",
    "MEAN_ANOMALY",
)


def as_json(*messages: dict[str, str]) -> str:
    numeric = {"NORAD_CAT_ID", "EPHEMERIS_TYPE"}
    return json.dumps([{k: int(v) if k in numeric else v for k, v in m.items()} for m in messages], indent=1)


def as_kvn(*messages: dict[str, str]) -> str:
    units = {"INCLINATION": " [deg]", "MEAN_MOTION": " [rev/day]"}
    lines = []
    for message in messages:
        lines += ["CCSDS_OMM_VERS = 2.0", "COMMENT made by a test", "ORIGINATOR = TEST", ""]
        lines += [f"{key:18} = {value}{units.get(key, '')}" for key, value in message.items()]
    return "\n".join(lines) + "\n"


def as_csv(*messages: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(messages[0]))
    writer.writeheader()
    writer.writerows(messages)
    return out.getvalue()


def as_xml(*messages: dict[str, str]) -> str:
    def tags(message: dict[str, str], wanted: Callable[[str], bool]) -> str:
        return "".join(f"<{k}>{v}</{k}>\n" for k, v in message.items() if wanted(k))

    parts = [
        f"<omm id='CCSDS_OMM_VERS' version='2.0'><header><ORIGINATOR>T</ORIGINATOR></header><body><segment><metadata>\n"
        f"{tags(m, lambda k: k in META)}</metadata><data><meanElements>\n{tags(m, lambda k: k in MEAN)}</meanElements>"
        f"<tleParameters>\n{tags(m, lambda k: k not in META + MEAN)}</tleParameters></data></segment></body></omm>"
        for m in messages
    ]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<ndm>{"".join(parts)}</ndm>'


ENCODINGS = {"json": as_json, "kvn": as_kvn, "csv": as_csv, "xml": as_xml}
each_encoding = pytest.mark.parametrize("write", ENCODINGS.values(), ids=ENCODINGS)
Write = Callable[..., str]


def _parse(text: str) -> MeanElements:
    return parse_orbits(text.encode(), "f")


def _refused(text: str) -> str:
    with pytest.raises(OrbitDataError) as caught:
        _parse(text)
    return str(caught.value)


@each_encoding
def test_the_same_bits_as_the_tle(write: Write) -> None:
    ours, tle = _parse(write(FIELDS)), parse_tle_pair(*TLE)
    assert ours.names == ("ISS (ZARYA)",)
    assert ours.norad_id.tolist() == tle.norad_id.tolist()
    assert ours.epoch[0] == tle.epoch[0]
    for field in RANGES:
        assert getattr(ours, field)[0] == getattr(tle, field)[0], field


@each_encoding
def test_two_messages_keep_their_order(write: Write) -> None:
    elements = _parse(write(FIELDS, OTHER))
    assert elements.names == ("ISS (ZARYA)", "B")
    assert elements.norad_id.tolist() == [25544, 270000001]
    assert elements.mean_anomaly_deg.tolist() == [325.0288, 1.5]


WRONG = {
    "f:{line}:{column}: INCLINATION is 181; allowed: [0, 180] deg": ("INCLINATION", "181"),
    "f:{line}:{column}: ECCENTRICITY is 1; allowed: [0, 1)": ("ECCENTRICITY", "1.0"),
    "f:{line}:{column}: MEAN_MOTION is 0; allowed: [0.01, 20] rev/day": ("MEAN_MOTION", "0"),
    "f:{line}:{column}: BSTAR is 'NaN'; allowed: a decimal number such as 53.05 or 1.2E-4": ("BSTAR", "NaN"),
    "f:{line}:{column}: MEAN_ANOMALY is '1_0'; allowed: a decimal number such as 53.05 or 1.2E-4": ("MEAN_ANOMALY", "1_0"),
    "f:{line}:{column}: EPOCH is '26325150000000'; allowed: YYYY-MM-DDThh:mm:ss.ffffff or YYYY-DDDThh:mm:ss.ffffff": ("EPOCH", "26325150000000"),
    "f:{line}:{column}: EPOCH is '2026-02-30T00:00:00'; there is no such day": ("EPOCH", "2026-02-30T00:00:00"),
    "f:{line}:{column}: EPOCH is '2026-366T00:00:00'; there is no such day": ("EPOCH", "2026-366T00:00:00"),
    "f:{line}:{column}: EPOCH is '1926-02-20T00:00:00'; allowed: 1957 to 2057, 00:00:00 to 23:59:59.9": ("EPOCH", "1926-02-20T00:00:00"),
    "f:{line}:{column}: EPOCH is '2026-02-20T24:00:00'; allowed: 1957 to 2057, 00:00:00 to 23:59:59.9": ("EPOCH", "2026-02-20T24:00:00"),
    "f:{line}:{column}: REF_FRAME is 'ITRF'; allowed: TEME": ("REF_FRAME", "ITRF"),
    "f:{line}:{column}: TIME_SYSTEM is 'TAI'; allowed: UTC": ("TIME_SYSTEM", "TAI"),
    "f:{line}:{column}: CENTER_NAME is 'MOON'; allowed: EARTH": ("CENTER_NAME", "MOON"),
    "f:{line}:{column}: MEAN_ELEMENT_THEORY is 'SGP4-XP'; allowed: SGP4 or SGP/SGP4": ("MEAN_ELEMENT_THEORY", "SGP4-XP"),
}  # fmt: skip


@each_encoding
@pytest.mark.parametrize("message", WRONG)
def test_one_wrong_field_is_named_with_its_place(write: Write, message: str) -> None:
    key, value = WRONG[message]
    text = write({**FIELDS, key: value})
    refused = _refused(text)
    source, line, column, rest = refused.split(":", 3)
    assert f"{source}:{{line}}:{{column}}:{rest}" == message
    at = text.splitlines()[int(line) - 1][int(column) - 1 :]
    assert at.startswith((value, f'"{key}"', f"<{key}>")), (refused, at)


@each_encoding
@pytest.mark.parametrize("key", ["EPOCH", "BSTAR", "MEAN_MOTION", "INCLINATION"])
def test_a_missing_field_is_named(write: Write, key: str) -> None:
    text = write({k: v for k, v in FIELDS.items() if k != key})
    assert _refused(text).endswith(f": this message has no {key}; an SGP4 element set needs it")


@each_encoding
def test_the_same_satellite_twice_is_refused(write: Write) -> None:
    assert "satellite 25544 stands twice (first in line " in _refused(write(FIELDS, OTHER, FIELDS))


def test_a_field_that_stands_twice_is_refused() -> None:
    kvn = as_kvn(FIELDS) + "BSTAR = 0\n"
    assert _refused(kvn) == "f:26:9: BSTAR stands twice in one message"
    assert "BSTAR stands twice in one message" in _refused(
        as_json(FIELDS).replace('"MEAN_MOTION_DOT"', '"BSTAR"')
    )


def test_day_of_year_epochs_and_fractions() -> None:
    for text in ("2026-325T12:25:40.104192", "2026-11-21T12:25:40.104192000Z"):
        assert _parse(as_kvn({**FIELDS, "EPOCH": text})).epoch[0] == np.datetime64(
            "2026-11-21T12:25:40.104192"
        )
    whole = _parse(as_kvn({**FIELDS, "EPOCH": "2026-11-21T12:25:40"})).epoch[0]
    assert whole == np.datetime64("2026-11-21T12:25:40")


def test_one_json_object_alone_and_in_one_long_line() -> None:
    assert _parse(json.dumps(FIELDS)).names == ("ISS (ZARYA)",)
    assert _refused(json.dumps({**FIELDS, "BSTAR": "x"})).startswith("f:1:")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "f:1:2: not JSON: Expecting value"),
        ("[]", "f: no element set in this file; give TLE lines or OMM messages"),
        ("[1]", "f:1:2: allowed: one JSON object a satellite, alone or in one array"),
        ("[[]]", "f:1:2: allowed: one JSON object a satellite, alone or in one array"),
        ("{", "f:1:2: not JSON: Expecting property name enclosed in double quotes"),
        ('{"BSTAR": [1]}', "f:1:2: BSTAR is no number and no text"),
        ('{"BSTAR": true}', "f:1:2: BSTAR is no number and no text"),
        ("[\n" + json.dumps(FIELDS) + "\n" + json.dumps(OTHER) + "]", "f:3:1: '{\"OBJECT_NAME\": \"B\",'; allowed: ',' or ']'"),
        (json.dumps(FIELDS) + "\n x", "f:2:2: 'x' after the end of the JSON value"),
    ],
)  # fmt: skip
def test_bad_json_names_the_place(text: str, message: str) -> None:
    assert _refused(text) == message


def test_bad_kvn_csv_and_xml_name_the_place() -> None:
    assert (
        _refused(as_kvn(FIELDS) + "no equals sign")
        == "f:26:1: 'no equals sign'; allowed: KEY = value, or COMMENT"
    )
    assert _refused(as_csv(FIELDS) + "1,2\r\n") == "f:3:1: 2 cells; allowed: 21, as in the header"
    assert _refused(as_csv(FIELDS) + '"open').startswith("f:3:1: not CSV: ")
    assert _refused("<ndm><omm></ndm>") == "f:1:13: not XML: mismatched tag"
    assert _refused("<ndm/>") == "f: no element set in this file; give TLE lines or OMM messages"


LAUGHS = "<!DOCTYPE l [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + i)} '{f'&{chr(97 + i)};' * 10}'>" for i in range(9)
) + "]><ndm>&j;</ndm>"  # fmt: skip
BOMBS = {
    "billion laughs": (LAUGHS, "entities and DTDs are refused"),
    "external entity": ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "entities and DTDs are refused"),
    "deep XML": ("<a>" * 100_000, "nested deeper than 24 elements"),
    "one huge XML text": ("<omm><segment><EPOCH>" + "1" * 5_000_000, "more than 1000 characters in <EPOCH>"),
    "deep JSON array": ("[" * 1_000_000, ""),
    "deep JSON in a field": ('{"BSTAR":' * 100_000, ""),
    "a number of a million digits": (as_kvn({**FIELDS, "BSTAR": "1" * 1_000_000}), "BSTAR has 1000000 characters; allowed: 1000"),
    "a huge exponent": (as_kvn({**FIELDS, "BSTAR": "1e999"}), "BSTAR is inf; allowed: [-10, 10] 1/earth radii"),
    "a huge JSON integer": ('[{"NORAD_CAT_ID": ' + "9" * 100_000 + "}]", ""),
    "a line of a million commas": ("EPOCH,MEAN_MOTION" + "," * 1_000_000, "1000002 columns; allowed: 200"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_quickly(name: str) -> None:
    text, message = BOMBS[name]
    start = time.process_time()
    assert message in _refused(text)
    assert time.process_time() - start < 2.0


def test_ten_thousand_satellites_in_one_line_of_json_take_seconds_not_minutes() -> None:
    text = json.dumps([{**FIELDS, "NORAD_CAT_ID": str(i)} for i in range(1, 10_001)])
    start = time.process_time()
    assert len(_parse(text)) == 10_000
    assert time.process_time() - start < 10.0
