"""The ephemeris: routes between bodies, tables for kernels, spans, manifests, and files that are none."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from raabta.base import ephemeris as module
from raabta.base import ephemeris_kernels as kernels
from raabta.base.ephemeris import ephemeris
from raabta.base.errors import OutOfRangeError, StoreError
from raabta.base.spice import Packaged
from raabta.base.timescales import tdb_s

TIMES = np.datetime64("2028-01-01", "ns") + np.arange(500) * np.timedelta64(125_000, "s")
START, END = TIMES[0], TIMES[-1]


def test_routes_between_bodies_close() -> None:
    source = ephemeris()
    sun, moon = source.position_km("Sun", TIMES, "Earth"), source.position_km("Moon", TIMES, "Earth")
    assert source.position_km("Sun", TIMES, "Moon") == pytest.approx(sun - moon, abs=1e-6)
    assert source.position_km("Earth", TIMES, "Moon").tobytes() == (-moon).tobytes()
    assert not source.position_km("Sun", TIMES, "Sun").any()
    assert 356_000.0 < np.linalg.norm(moon, axis=1).min() < 407_000.0


def test_velocity_is_the_derivative() -> None:
    source, at = ephemeris(), tdb_s(TIMES)
    ends = [source.position_km_tdb("Moon", at + step, "SSB") for step in (-60.0, 60.0)]
    assert source.velocity_km_s("Moon", TIMES, "SSB") == pytest.approx((ends[1] - ends[0]) / 120.0, abs=1e-7)


@pytest.mark.parametrize("pair", [("Moon", "Earth"), ("Sun", "Moon"), ("Sun", "Earth")])
def test_table_for_kernels_is_the_ephemeris(pair: tuple[str, str]) -> None:
    """To the rounding of coefficients of 1.5e8 km: 0.3 mm, and 0.3 um/s in the rate, whose terms count by
    their squares; at the very ends too."""
    source, at = ephemeris(), tdb_s(TIMES)
    table = source.table(*pair, START, END)
    assert table.coefficients.flags.c_contiguous
    assert table.coefficients.shape[1] == 3
    place, rate = np.zeros((at.size, 3)), np.zeros((at.size, 3))
    kernels.add_values(table, at, 1.0, place)
    kernels.add_rates(table, at, 1.0, rate)
    expected = source.position_km(pair[0], TIMES, pair[1])
    assert np.abs(place - expected).max() < 3e-7
    assert np.abs(rate - source.velocity_km_s(pair[0], TIMES, pair[1])).max() < 3e-10


def test_one_time_alone_has_the_bits_it_has_among_others() -> None:
    source = ephemeris()
    whole = source.position_km("Moon", TIMES)
    assert source.position_km("Moon", TIMES[77]).tobytes() == whole[77].tobytes()


def test_manifest_names_the_file_and_its_hash() -> None:
    source = ephemeris()
    (kernel,) = source.manifest()
    assert (kernel.name, kernel.file) == ("DE421", "de421.bsp")
    assert kernel.sha256 == hashlib.sha256(source.file.read_bytes()).hexdigest()
    assert re.fullmatch(r"skyfield-data \S+ sha256:[0-9a-f]{64}", kernel.identity)
    assert [str(day)[:10] for day in source.span] == ["1972-01-01", "2053-10-08"]
    assert source is ephemeris("de421")


def test_dates_that_it_does_not_cover_are_refused_with_those_it_does() -> None:
    late = np.array(["2054-05-06"], "datetime64[ns]")
    with pytest.raises(
        OutOfRangeError, match=r"is 2054-05-06; valid: 1972-01-01 to 2053-10-08, which de421\.bsp"
    ):
        ephemeris().position_km("Moon", late)
    with pytest.raises(OutOfRangeError, match="1972-01-01 to 2053-10-08"):
        ephemeris().table("Moon", "Earth", START, late[0])
    with pytest.raises(OutOfRangeError, match="'Mars'; valid: SSB, Sun, Earth, Moon"):
        ephemeris().position_km("Mars", TIMES)


def test_names_and_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="DE999: no such ephemeris; there are DE421, DE440, or the path"):
        ephemeris("DE999")
    broken = tmp_path / "broken.bsp"
    for content in (b"", b"no kernel", ephemeris().file.read_bytes()[:200_000]):
        broken.write_bytes(content)
        module._of_file.cache_clear()
        with pytest.raises(StoreError, match=r"broken\.bsp: this is no kernel that can be read"):
            ephemeris(broken)


def test_a_kernel_by_its_path_is_the_same(tmp_path: Path) -> None:
    link = tmp_path / "mine.bsp"
    link.write_bytes(ephemeris().file.read_bytes())
    mine = ephemeris(str(link))
    assert mine.name == "mine"
    assert mine.position_km("Sun", TIMES).tobytes() == ephemeris().position_km("Sun", TIMES).tobytes()


def test_a_packaged_file_that_changed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    known = module.PACKAGED["DE421"][0]
    changed = Packaged(known.module, known.path, known.distribution, "0" * 64)
    monkeypatch.setitem(module.PACKAGED, "DE421", (changed,))
    module._packaged.cache_clear()
    try:
        with pytest.raises(
            StoreError, match=r"SHA-256 is a20a.* 0000.* is expected; reinstall skyfield-data"
        ):
            ephemeris()
        monkeypatch.setitem(module.PACKAGED, "DE421", ())
        with pytest.raises(StoreError, match="DE421 is not installed; install skyfield-data"):
            ephemeris()
    finally:
        module._packaged.cache_clear()
