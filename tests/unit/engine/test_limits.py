"""An estimate against limits: what is refused, what is said, and what the machine has."""

from __future__ import annotations

import ctypes

import pytest

from raabta.base.errors import LimitError
from raabta.engine import limits as room
from raabta.engine.limits import (
    Estimate,
    Limits,
    duration,
    free_disk,
    give_back,
    machine_memory,
    memory_now,
    size,
)

SMALL = Estimate(60.0, 1e8, 1e6)


def test_what_fits_is_not_refused(tmp_path):
    Limits().refuse(SMALL, tmp_path / "not" / "there")
    Limits(60.0, 1e8).refuse(SMALL, tmp_path)


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        (Limits(59.0, 1e9), r"would take about 1 min, allowed are 59 s \(--max-time\)"),
        (Limits(60.0, 9e7), r"would need about 100 MB of memory, allowed are 90 MB \(--max-memory\)"),
        (Limits(100.0, 1e9, jobs=4.0, at_once=2), r"would take about 2 min, allowed are 1 min 40 s"),
        (Limits(60.0, 1.5e8, jobs=2.0, at_once=2), r"would need about 200 MB of memory, allowed are 150 MB"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_estimate(tmp_path, limits, wanted):
    with pytest.raises(LimitError, match=wanted) as caught:
        limits.refuse(SMALL, tmp_path)
    assert caught.value.exit_code == 3
    assert "Estimate: " in str(caught.value) and "--yes" in str(caught.value)


def test_more_than_the_disk_has_free_is_refused(tmp_path, monkeypatch):
    with pytest.raises(LimitError, match=r"would write about [\d,.]+ GB, free on the disk of .* are"):
        Limits().refuse(Estimate(1.0, 1.0, 1e18), tmp_path)
    monkeypatch.setattr(room, "free_disk", lambda folder: 3e6)
    Limits(jobs=3.0).refuse(SMALL, tmp_path)
    with pytest.raises(LimitError, match=r"would write about 4 MB, free .* are 3 MB"):
        Limits(jobs=4.0).refuse(SMALL, tmp_path)


def test_memory_is_the_machines_or_less_where_a_group_says_so(tmp_path, monkeypatch):
    whole = machine_memory()
    assert 1e8 < memory_now() / 2 + 1e8 < whole < 1e15
    for text, wanted in (("250000000\n", 2.5e8), ("max\n", None), ("9223372036854771712\n", None)):
        (tmp_path / "limit").write_text(text)
        monkeypatch.setattr(room, "_GROUP_LIMITS", (str(tmp_path / "none"), str(tmp_path / "limit")))
        assert machine_memory() == (wanted or pytest.approx(whole, rel=1.0))


def test_free_disk_of_a_folder_that_is_not_there_is_that_of_the_one_above(tmp_path):
    assert free_disk(tmp_path / "a" / "b") == pytest.approx(free_disk(tmp_path), rel=0.1)


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [(0.2, "1 s"), (59.4, "59 s"), (61.0, "1 min 1 s"), (3_600.0, "1 h"), (12_000.0, "3 h 20 min"),
     (86_400.0, "1 d"), (1e6, "11 d 13 h")],
)  # fmt: skip
def test_durations_for_people(seconds, wanted):
    assert duration(seconds) == wanted


def test_sizes_for_people():
    assert [size(each) for each in (1.0, 8e8, 4.14e9, 2.5e12)] == ["1 MB", "800 MB", "4.1 GB", "2,500.0 GB"]


def test_freed_memory_is_given_back():
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("the C library cannot")
    blocks = [bytearray(8_000) for _ in range(10_000)]
    kept = blocks[::100]  # pages between them stay with the process
    del blocks
    before = memory_now()
    give_back()
    assert memory_now() < before - 2e7 and len(kept) == 100
