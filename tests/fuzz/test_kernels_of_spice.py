"""Hostile SPICE kernels: an ephemeris or StoreError comes back, and soon."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from spice_files import solar_system

from raabta.base import ephemeris as module
from raabta.base.errors import RaabtaError

WHOLE = solar_system(rows=6, terms=4)
SHORT = np.array([-1, 0, 1, 2, 3, 127, 128, 2**31 - 1, -(2**31)], "<i4")
LONG = np.array([-1.0, 0.0, 1.0, 2.0, 25.0, 26.0, 1e9, 1e300, np.nan, np.inf, -np.inf], "<f8")
NUMBERS = st.sampled_from([value.tobytes() for value in (*SHORT, *LONG)])
PLACES = st.one_of(
    st.integers(0, 96),
    st.integers(1_024, 1_024 + 190),
    st.integers(3_072, len(WHOLE)),
    st.just(len(WHOLE) - 8),
)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.tuples(PLACES, NUMBERS), min_size=1, max_size=4), st.integers(0, 3_000))
def test_damage_anywhere(changes: list[tuple[int, bytes]], missing: int) -> None:
    data = bytearray(WHOLE)
    for at, change in changes:
        data[at : at + len(change)] = change
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "any.bsp"
        file.write_bytes(bytes(data[: len(data) - missing // 4]))
        began = time.process_time()
        module._of_file.cache_clear()
        try:
            source = module.ephemeris(file)
            place = source.position_km_tdb("Sun", np.array([source.start_tdb_s, source.end_tdb_s]), "Moon")
            assert np.isfinite(place).all()
            assert source.span[0] <= source.span[1]
        except RaabtaError as refused:
            assert "any" in str(refused)
        assert time.process_time() - began < 20.0  # the very first compiles
