"""TLE: the columns, one wrong thing at a time, and what the sgp4 package makes of the same lines."""

# ruff: noqa: E501 - messages stand in one piece
from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from raabta.base.errors import OrbitDataError
from raabta.orbits.tle import checksum, parse_tle, parse_tle_pair

LINE1 = "1 25544U 98067A   26325.51782528  .00016717  00000-0  10270-3 0  9003"
LINE2 = "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.49815350    11"


def _edited(line: str, column: int, text: str) -> str:
    """`line` with `text` from `column` on, and its checksum made right again."""
    changed = line[: column - 1] + text + line[column - 1 + len(text) :]
    return changed[:68] + str(checksum(changed))


def _refused(line1: str, line2: str) -> str:
    with pytest.raises(OrbitDataError) as caught:
        parse_tle_pair(line1, line2)
    return str(caught.value)


def test_every_element_of_a_good_set() -> None:
    e = parse_tle_pair(LINE1, LINE2, "ISS (ZARYA)")
    assert e.names == ("ISS (ZARYA)",)
    assert e.norad_id.tolist() == [25544]
    assert e.epoch[0] == np.datetime64("2026-11-21T12:25:40.104192", "ns")
    assert e.inclination_deg[0] == 51.6416
    assert e.raan_deg[0] == 247.4627
    assert e.eccentricity[0] == 0.0006703
    assert e.argp_deg[0] == 130.5360
    assert e.mean_anomaly_deg[0] == 325.0288
    assert e.mean_motion_rev_day[0] == 15.49815350
    assert e.bstar_per_radius[0] == 0.10270e-3


def test_the_record_is_bit_for_bit_what_the_sgp4_package_reads_from_its_verification_file() -> None:
    from sgp4.api import Satrec

    from raabta.orbits.deep_space import satrec

    spec = find_spec("sgp4")
    assert spec is not None
    assert spec.origin is not None
    text = (Path(spec.origin).parent / "SGP4-VER.TLE").read_text("ascii")
    lines = [line.rstrip()[:69] for line in text.splitlines() if line[0] in "12"]
    names = ("ecco", "inclo", "nodeo", "argpo", "mo", "no_kozai", "jdsatepoch", "jdsatepochF")
    pairs = [pair for pair in zip(lines[::2], lines[1::2], strict=True) if pair[0][2:5] != "333"]
    for first, second in pairs:
        ours, theirs = satrec(parse_tle_pair(first, second), 0), Satrec.twoline2rv(first, second)
        assert [getattr(ours, n) for n in names] == [getattr(theirs, n) for n in names], first
        assert ours.bstar == pytest.approx(theirs.bstar, rel=1e-15)
    assert len(pairs) == 30


@pytest.mark.parametrize(
    ("number", "norad"),
    [
        ("    5", 5),
        ("00005", 5),
        ("A0000", 100_000),
        ("H9999", 179_999),
        ("J0000", 180_000),
        ("Z9999", 339_999),
    ],
)
def test_satellite_numbers(number: str, norad: int) -> None:
    assert parse_tle_pair(_edited(LINE1, 3, number), _edited(LINE2, 3, number)).norad_id[0] == norad


@pytest.mark.parametrize(
    ("field", "value"),
    [(" 28098-4", 0.28098e-4), ("-30915-6", -0.30915e-6), (" 12345+0", 0.12345), (" 00000+0", 0.0)],
)
def test_bstar_with_its_implied_dot(field: str, value: float) -> None:
    assert parse_tle_pair(_edited(LINE1, 54, field), LINE2).bstar_per_radius[0] == pytest.approx(
        value, rel=1e-15
    )


@pytest.mark.parametrize(("year", "full"), [("57", 1957), ("99", 1999), ("00", 2000), ("56", 2056)])
def test_two_digit_years(year: str, full: int) -> None:
    epoch = parse_tle_pair(_edited(LINE1, 19, year), LINE2).epoch[0]
    assert epoch.astype("datetime64[Y]").astype(int) + 1970 == full


def test_a_wrong_checksum_says_both_numbers() -> None:
    assert _refused(LINE1[:68] + "4", LINE2) == "TLE:1:69: checksum is 4, the line sums to 3"
    assert _refused(LINE1, LINE2[:68] + "0") == "TLE:2:69: checksum is 0, the line sums to 1"


def test_an_epoch_that_lost_its_dot_is_refused_at_once() -> None:
    """Its checksum is right; the sgp4 package would integrate for hours (CONVENTIONS, sgp4 2.27)."""
    line1 = _edited(_edited(LINE1, 19, "26325150000000"), 33, " ")
    line2 = _edited(LINE2, 53, " 1.00270000")
    start = time.process_time()
    message = _refused(line1, line2)
    assert time.process_time() - start < 0.5
    assert message == "TLE:1:21: epoch day is '325150000000'; allowed: three digits, a dot, eight digits"


@pytest.mark.parametrize(
    ("day", "shown"), [("000.00000000", 0), ("367.00000000", 367), ("999.99999999", 999)]
)
def test_epoch_day_range(day: str, shown: int) -> None:
    assert _refused(_edited(LINE1, 21, day), LINE2) == f"TLE:1:21: epoch day is {shown}; allowed: [1, 367)"


@pytest.mark.parametrize(
    ("column", "text", "message"),
    [
        (9, "180.0001", "TLE:2:9: inclination is 180; allowed: [0, 180] deg"),
        (18, "360.0001", "TLE:2:18: RAAN is 360; allowed: [0, 360] deg"),
        (35, "999.0000", "TLE:2:35: argument of perigee is 999; allowed: [0, 360] deg"),
        (44, "400.0000", "TLE:2:44: mean anomaly is 400; allowed: [0, 360] deg"),
        (53, " 0.00001000", "TLE:2:53: mean motion is 1e-05; allowed: [0.01, 20] rev/day"),
        (53, "20.10000000", "TLE:2:53: mean motion is 20.1; allowed: [0.01, 20] rev/day"),
        (53, "15,49815350", "TLE:2:53: mean motion is '15,49815350'; allowed: two digits, a dot, eight digits"),
        (27, "-006703", "TLE:2:27: eccentricity is '-006703'; allowed: seven digits (the dot is implied)"),
        (9, " 51.64\N{ARABIC-INDIC DIGIT ONE}6", "TLE:2:9: inclination is ' 51.64\\u06616'; allowed: three digits, a dot, four digits"),
        (9, " 1 .6416", "TLE:2:9: inclination is ' 1 .6416'; allowed: three digits, a dot, four digits"),
        (17, "x", "TLE:2:17: 'x'; allowed: a blank"),
    ],
)  # fmt: skip
def test_line_2_one_wrong_field(column: int, text: str, message: str) -> None:
    assert _refused(LINE1, _edited(LINE2, column, text)) == message


@pytest.mark.parametrize(
    ("column", "text", "message"),
    [
        (3, "I0000", "TLE:1:3: satellite number is 'I0000'; allowed: five digits, or alpha-5"),
        (8, "X", "TLE:1:8: classification is 'X'; allowed: U, C or S"),
        (54, " 10270 3", "TLE:1:54: BSTAR is ' 10270 3'; allowed: sign, five digits, signed one-digit exponent"),
        (54, " 99999+9", "TLE:1:54: BSTAR is 9.9999e+08; allowed: [-10, 10] 1/earth radii"),
        (63, "4", "TLE:1:63: ephemeris type is '4'; allowed: 0 or 2 (SGP4); SGP4-XP sets (type 4) need another model"),
    ],
)  # fmt: skip
def test_line_1_one_wrong_field(column: int, text: str, message: str) -> None:
    assert _refused(_edited(LINE1, column, text), LINE2) == message


def test_lengths_line_numbers_and_satellite_numbers_must_fit() -> None:
    assert _refused(LINE1[:60], LINE2) == "TLE:1:61: 60 characters; allowed: 69"
    assert _refused(LINE1 + " 0.00 4320.0", LINE2) == "TLE:1:70: 81 characters; allowed: 69"
    assert _refused(LINE1, LINE1) == "TLE:2:1: starts with '1 '; allowed: '2 ' (line 2 of an element set)"
    other = _edited(LINE2, 3, "25545")
    assert _refused(LINE1, other) == "TLE:2:3: the satellite number differs from that of line 1"


def test_a_file_of_two_and_three_line_sets_with_comments() -> None:
    second = (_edited(LINE1, 3, "25545"), _edited(LINE2, 3, "25545"))
    third = (_edited(LINE1, 3, "B1234"), _edited(LINE2, 3, "B1234"))
    lines = ["# a comment", "ISS (ZARYA)             ", LINE1, LINE2, "", *second, "0 NAMED BY ZERO", *third]
    for end in ("\n", "\r\n"):
        elements = parse_tle(end.join(lines), "three.tle")
        assert elements.names == ("ISS (ZARYA)", "NORAD 25545", "NAMED BY ZERO")
        assert elements.norad_id.tolist() == [25544, 25545, 111_234]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["ISS", LINE1], "f.tle:2:1: line 1 of an element set has no line 2 after it"),
        (["ISS", LINE2], "f.tle:1:1: 'ISS' is neither line 1 of an element set nor a name before one"),
        ([LINE2, LINE1], "f.tle:1:1: line 2 of an element set has no line 1 before it"),
        (
            [LINE1, LINE2, "lost"],
            "f.tle:3:1: 'lost' is neither line 1 of an element set nor a name before one",
        ),
        (
            [LINE1, LINE2, "", LINE1, LINE2],
            "f.tle:4:1: satellite 25544 stands twice (first in line 1); it would count double: keep one element set",
        ),
        ([""], "f.tle: no element set in this file; give TLE lines or OMM messages"),
        (
            ["x" * 81, LINE1, LINE2],
            f"f.tle:1:1: name '{'x' * 37}...'; allowed: printable text of at most 80 characters",
        ),
    ],
)
def test_bad_files_name_the_line(lines: list[str], message: str) -> None:
    with pytest.raises(OrbitDataError) as caught:
        parse_tle("\n".join(lines), "f.tle")
    assert str(caught.value) == message


def test_one_column_off_anywhere_is_refused() -> None:
    """A blank pushed in at any column, the line cut to length, the checksum made right."""
    for line, rest in ((LINE1, lambda x: (x, LINE2)), (LINE2, lambda x: (LINE1, x))):
        for column in range(20, 62):
            shifted = (line[: column - 1] + " " + line[column - 1 :])[:68]
            shifted += str(checksum(shifted + "0"))
            if shifted != line:
                _refused(*rest(shifted))
