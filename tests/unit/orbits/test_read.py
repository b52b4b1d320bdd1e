"""Reading a file: the format by its content, the size, the encoding."""

# ruff: noqa: E501 - messages stand in one piece
from __future__ import annotations

from pathlib import Path

import pytest

from raabta.base.errors import OrbitDataError
from raabta.orbits import read
from raabta.orbits.read import parse_orbits, read_orbits

TLE = """ISS
1 25544U 98067A   26325.51782528  .00016717  00000-0  10270-3 0  9003
2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.49815350    11
"""


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_tle_file_with_and_without_a_byte_order_mark(tmp_path: Path, mark: bytes) -> None:
    file = tmp_path / "iss.json"  # the content decides, not the name
    file.write_bytes(mark + TLE.encode())
    assert read_orbits(file).names == ("ISS",)
    assert read_orbits(str(file)).norad_id.tolist() == [25544]


def test_messages_start_with_the_name_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "iss.tle"
    file.write_text(TLE.replace("9003", "9004"))
    with pytest.raises(OrbitDataError, match=r"^iss\.tle:2:69: checksum is 4, the line sums to 3$"):
        read_orbits(file)


def test_no_such_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(OrbitDataError, match=r"none\.tle: cannot be read \(no such file\); give TLE"):
        read_orbits(tmp_path / "none.tle")
    with pytest.raises(OrbitDataError, match=r"cannot be read \(it is a folder\)"):
        read_orbits(tmp_path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "o: the file is empty; give TLE lines, or OMM in JSON, KVN, XML or CSV"),
        (b" \n\n", "o: the file is empty; give TLE lines, or OMM in JSON, KVN, XML or CSV"),
        (b"ISS\nab\xff\n", "o:2:3: byte 0xff is no UTF-8; save it as UTF-8 text"),
        (TLE.encode("utf-16"), "o:1:1: byte 0xff is no UTF-8; save it as UTF-8 text"),
        (b"ISS\na\0b", "o:2:1: a zero byte; this is no text file (give TLE lines, or OMM in JSON, KVN, XML or CSV)"),
        (b"\x1f\x8b\x08\x00", "o:1:2: byte 0x8b is no UTF-8; save it as UTF-8 text"),
    ],
)  # fmt: skip
def test_what_is_no_text(data: bytes, message: str) -> None:
    with pytest.raises(OrbitDataError) as caught:
        parse_orbits(data, "o")
    assert str(caught.value) == message


def test_a_file_past_the_cap_is_refused_before_it_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sparse.tle"
    with file.open("wb") as stream:
        stream.truncate(10 * read.MAX_BYTES)
    monkeypatch.setattr(read, "MAX_BYTES", 2_000_000)
    with pytest.raises(OrbitDataError, match=r"^sparse\.tle: more than 2 MB; split the file$"):
        read_orbits(file)


def test_the_cap_on_element_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    from raabta.orbits import rows

    monkeypatch.setattr(rows, "MAX_SATELLITES", 1)
    with pytest.raises(OrbitDataError, match=r"^o:4:1: more than 1 element sets in one file; split it$"):
        parse_orbits((TLE + TLE).encode(), "o")
