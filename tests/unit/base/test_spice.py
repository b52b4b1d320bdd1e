"""Kernels: what a small one holds comes back, in both byte orders, and damage is told from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spice_files import Written, solar_system, spk

from raabta.base.ephemeris import ephemeris
from raabta.base.errors import StoreError
from raabta.base.spice import read_pck, read_spk


def everything(target: int, centre: int) -> bool:
    return True


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_was_written_comes_back(tmp_path: Path, order: str) -> None:
    series = np.random.default_rng(1).normal(size=(5, 3, 7))
    file = tmp_path / "small.bsp"
    file.write_bytes(spk([Written(301, 3, series), Written(10, 0, 2.0 * series, step=1e6)], order))
    moon, sun = read_spk(file, everything)
    assert (moon.target, moon.centre, sun.target, sun.centre) == (301, 3, 10, 0)
    assert (moon.table.coefficients == series).all()
    assert (sun.table.coefficients == 2.0 * series).all()
    assert (moon.start_tdb_s, moon.end_tdb_s, sun.end_tdb_s) == (0.0, 5 * 345_600.0, 5e6)


def test_rows_before_1970_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "old.bsp"
    series = np.ones((10_000, 3, 2))
    file.write_bytes(spk([Written(10, 0, series, start=-3.0e9, step=432_000.0)]))
    (sun,) = read_spk(file, everything)
    assert sun.start_tdb_s == -3.0e9 + 432_000.0 * 4_752
    assert len(sun.table.coefficients) == 10_000 - 4_752


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        (Written(10, 0, np.ones((2, 3, 3)), frame=17), "type 2 in frame 17, not 2 in 1"),
        (Written(10, 0, np.ones((2, 3, 3)), kind=13), "type 13 in frame 1, not 2 in 1"),
        (Written(10, 0, np.full((2, 3, 3), np.nan)), "no finite numbers"),
        (Written(10, 0, np.ones((2, 3, 3)), step=0.0), "is damaged"),
        (Written(10, 0, np.ones((2, 3, 3)), start=-3e9), "covers nothing from 1972 on"),
        (Written(10, 0, np.ones((2, 3, 200))), "is damaged"),
    ],
)
def test_segments_that_are_none_are_refused(tmp_path: Path, segment: Written, said: str) -> None:
    file = tmp_path / "bad.bsp"
    file.write_bytes(spk([segment]))
    with pytest.raises(StoreError, match=rf"bad\.bsp: this is no kernel that can be read .*{said}"):
        read_spk(file, everything)


@pytest.mark.parametrize(
    ("at", "change", "said"),
    [
        (0, b"DAF/CK  ", "does not begin with DAF/SPK"),
        (8, b"\xff\xff\xff\x7f", "summaries are of 2147483647 and 6"),
        (76, b"\xff\xff\xff\x7f", "summary record 2147483647 lies outside"),
        (88, b"VAX-GFLT", "neither LTL-IEEE nor BIG-IEEE"),
        (1024, b"\0\0\0\0\0\0\0\x40", "go round in a circle"),
        (1024, b"\0\0\0\0\0\0\xf8\x7f", "summary record 2 is damaged"),
        (1040, b"\0\0\0\0\0\0\x59\x40", "summary record 2 is damaged"),
        (1080, b"\xff\xff\xff\x7f", "lies outside the file"),
    ],
)
def test_damage_is_told(tmp_path: Path, at: int, change: bytes, said: str) -> None:
    """Sizes and places that cannot be, and a summary record that is followed by itself."""
    whole = solar_system()
    file = tmp_path / "damaged.bsp"
    file.write_bytes(whole[:at] + change + whole[at + len(change) :])
    with pytest.raises(StoreError, match=said):
        read_spk(file, everything)


def test_a_file_of_the_wrong_kind_or_of_other_bodies_says_so(tmp_path: Path) -> None:
    file = tmp_path / "mine.bsp"
    file.write_bytes(solar_system())
    with pytest.raises(StoreError, match="does not begin with DAF/PCK"):
        read_pck(file, 31_006)
    file.write_bytes(spk([Written(4, 0, np.ones((3, 3, 3)))]))
    with pytest.raises(StoreError, match=r"no segment of 3 about 0, 10 about 0, 301 about 3, 399 about 3"):
        ephemeris(file)
    twice = tmp_path / "twice.bsp"
    twice.write_bytes(spk([Written(10, 0, np.ones((3, 3, 3)))] * 2))
    with pytest.raises(StoreError, match="two segments of"):
        ephemeris(twice)


def test_rows_that_do_not_nest_make_no_table(tmp_path: Path) -> None:
    file = tmp_path / "odd.bsp"
    steps = {(399, 3): 345_600.0, (301, 3): 345_600.0, (3, 0): 500_000.0, (10, 0): 691_200.0}
    file.write_bytes(spk([Written(*pair, np.ones((9, 3, 3)), step=step) for pair, step in steps.items()]))
    odd = ephemeris(file)
    odd.table_tdb("Moon", "Earth", 0.0, 2e6)
    with pytest.raises(StoreError, match="do not nest"):
        odd.table_tdb("Sun", "Moon", 0.0, 2e6)
