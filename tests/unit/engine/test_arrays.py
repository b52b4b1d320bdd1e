"""Arrays to bytes and back: exact, deterministic, and hostile bytes refused."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from raabta.base.errors import StoreError
from raabta.engine.arrays import decode, encode

DTYPES = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="<"),
    hnp.unsigned_integer_dtypes(endianness="<"),
    hnp.floating_dtypes(endianness="<", sizes=(16, 32, 64)),
    hnp.datetime64_dtypes(endianness="<", max_period="ns", min_period="ns"),
    hnp.unicode_string_dtypes(endianness="<", min_len=1, max_len=5),
)
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))


def day() -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(5)
    return {
        "satellite": np.cumsum(rng.integers(0, 2, (40, 50), dtype=np.int16), axis=0, dtype=np.int16),
        "rtt_ms": rng.uniform(4, 20, (40, 50)).astype(np.float32),
        "gateway": rng.integers(-1, 7, (40, 50), dtype=np.int8),
    }


@settings(deadline=None, max_examples=200)
@given(arrays=st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), ARRAYS, max_size=3))
def test_what_comes_back_is_what_went_in_bit_for_bit(arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    found, attrs = decode(encode(arrays, {"key": "a"}))
    assert attrs == {"key": "a"} and found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes()
        assert found[name].flags.writeable and found[name].flags.c_contiguous


def test_memory_layout_byte_order_and_order_of_names_do_not_change_the_bytes() -> None:
    arrays = day()
    turned = {name: np.asfortranarray(arrays[name]) for name in reversed(arrays)}
    swapped = {name: a.astype(a.dtype.newbyteorder(">")) for name, a in arrays.items()}
    assert encode(arrays, {"a": 1, "b": 2}) == encode(turned, {"b": 2, "a": 1})
    assert encode(arrays, {}) == encode(swapped, {})


def test_wrapping_integers_and_odd_floats_are_exact() -> None:
    integers = np.array([[-(2**63)], [2**63 - 1], [0], [-1]])
    floats = np.array([np.nan, -0.0, 0.0, np.inf, -np.inf, 5e-324, np.float64(np.pi)])
    odd_nan = np.array([0x7FC00001, 0xFFFFFFFF], np.uint32).view(np.float32)
    found = decode(encode({"i": integers, "f": floats, "n": odd_nan}, {}))[0]
    assert [found[n].tobytes() for n in "ifn"] == [a.tobytes() for a in (integers, floats, odd_nan)]


def test_slow_series_take_less_room_than_plain_deflate_of_them() -> None:
    array = day()["satellite"]
    buffer = io.BytesIO()
    np.savez_compressed(buffer, satellite=array)
    assert len(encode({"satellite": array}, {})) < len(buffer.getvalue())


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x": np.array([object()])}, "array x of dtype object"),
        ({"x": np.zeros(2, np.complex128)}, "array x of dtype complex128"),
        ({"../x": np.zeros(2)}, "array named '../x'"),
        ({f"x{index}": np.zeros(0) for index in range(1_001)}, "1001 arrays in one file; allowed: 1000"),
        ({"x": np.broadcast_to(np.uint8(0), (2**30 + 1,))}, "allowed: 1073741824"),
    ],
)
def test_what_cannot_be_stored_is_refused(arrays: dict[str, Any], says: str) -> None:
    with pytest.raises(StoreError, match=says):
        encode(arrays, {})


def test_every_damaged_byte_is_refused_or_harmless() -> None:
    arrays = {"satellite": day()["satellite"][:4, :5], "name": np.array(["Quetta"])}
    data = encode(arrays, {"key": "a"})
    refused = 0
    for place in range(len(data)):
        hurt = bytearray(data)
        hurt[place] ^= 0xFF
        try:
            found, attrs = decode(bytes(hurt))
        except StoreError:
            refused += 1
            continue
        assert attrs == {"key": "a"} and found.keys() == arrays.keys()
        assert all(found[name].tobytes() == arrays[name].tobytes() for name in arrays)
    assert refused > len(data) // 2


@settings(deadline=None)
@given(junk=st.binary(max_size=200), cut=st.integers(0, 500))
def test_junk_and_cut_files_are_refused(junk: bytes, cut: int) -> None:
    whole = encode({"x": np.arange(50)}, {})
    for data in (junk, whole[: cut % len(whole)], b"PK\x03\x04" + junk):
        with pytest.raises(StoreError, match="damaged"):
            decode(data)


def packed(meta: dict[str, Any], **members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("meta.json", json.dumps({"format": 2, "attrs": {}, "arrays": {}} | meta))
        for name, data in members.items():
            archive.writestr(f"{name}.npy.zst", zstandard.ZstdCompressor().compress(data))
    return buffer.getvalue()


def npy(array: np.ndarray[Any, Any], *, header: str = "") -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=True)
    data = buffer.getvalue()
    return data.replace(b"(3,)", header.encode()) if header else data


def bomb_of_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("meta.json", bytes(2_000_000))
    return buffer.getvalue()


X = {"arrays": {"x": {"dtype": "|u1", "shape": [2_000_000]}}}


@pytest.mark.parametrize("bomb", [bomb_of_zip(), packed(X, x=bytes(2_000_000))])
def test_a_bomb_is_refused_before_it_is_unpacked(bomb: bytes) -> None:
    assert len(bomb) < 10_000
    with pytest.raises(StoreError, match=r"are \d+ bytes when unpacked; allowed: 1000000"):
        decode(bomb, max_bytes=1_000_000)


def test_a_frame_that_hides_its_size_or_holds_more_is_refused() -> None:
    hidden = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(2_000_000))
    honest = zstandard.ZstdCompressor().compress(bytes(2_000_000))
    size = (2_000_000).to_bytes(4, "little")
    assert honest.count(size) == 1
    for frame in (hidden, honest.replace(size, (500).to_bytes(4, "little"))):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("meta.json", json.dumps({"format": 2, "attrs": {}, **X}))
            archive.writestr("x.npy.zst", frame)
        with pytest.raises(StoreError, match="damaged"):
            decode(buffer.getvalue(), max_bytes=1_000_000)


@pytest.mark.parametrize(
    ("declared", "member"),
    [
        ({"dtype": "|O", "shape": [1]}, npy(np.array([{"a": 1}], dtype=object))),
        ({"dtype": "|u1", "shape": [3]}, npy(np.zeros(3, np.uint8), header="(9,)")),
        ({"dtype": "|u1", "shape": [4]}, npy(np.zeros(3, np.uint8))),
        ({"dtype": "|u1", "shape": [-3]}, npy(np.zeros(3, np.uint8))),
        ({"dtype": "|u1", "shape": [2**62, 4]}, npy(np.zeros(0, np.uint8))),
        ({"dtype": "<i2", "shape": [3]}, npy(np.zeros(3, np.int16))),
        ({"dtype": "<i2,<i2", "shape": [3]}, npy(np.zeros(3, np.uint8))),
        ({"dtype": 7, "shape": "x"}, npy(np.zeros(3, np.uint8))),
    ],
)
def test_declarations_that_lie_are_refused(declared: dict[str, Any], member: bytes) -> None:
    with pytest.raises(StoreError, match="damaged"):
        decode(packed({"arrays": {"x": declared}}, x=member))


def test_a_newer_format_says_so() -> None:
    with pytest.raises(StoreError, match="format 3; this version reads 2"):
        decode(packed({"format": 3}))


def test_nothing_is_evaluated_when_arrays_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python up to 3.11.7 raises SystemError at times when several threads parse literals (gh-106905)."""
    kinds = ("?", "u1", "i4", "u8", "f2", "f4", "f8", "M8[ns]", "m8[25us]", "U3")
    shapes = ((), (0,), (3,), (2, 3), (0, 4), (2, 1, 3))
    given = {
        f"a{k}_{n}": np.arange(int(np.prod(shape))).reshape(shape).astype(kind)
        for k, kind in enumerate(kinds)
        for n, shape in enumerate(shapes)
    }
    data = encode(given, {})
    monkeypatch.setattr("ast.literal_eval", lambda text: pytest.fail("evaluated"))
    found, _ = decode(data)
    for name, array in given.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        np.testing.assert_array_equal(found[name], array)
