"""Checks of the plain arrays that the planning functions of `network` take from their callers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base.errors import OutOfRangeError, RaabtaError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

WHOSE = "arrays given to the network floor"


def numbers(what: str, values: ArrayLike, count: int | None = None, *, infinite: bool = False) -> Floats:
    """Numbers of at least 0 as a contiguous float64 array (n,); `what` names them in messages.

    Raises OutOfRangeError on NaN, a negative number, or an infinite one where `infinite` is not allowed;
    RaabtaError on another length than `count`.
    """
    array = np.ascontiguousarray(values, np.float64)
    check_length(what, array, count)
    bad = ~(array >= 0.0) if infinite else ~((array >= 0.0) & (array < np.inf))
    if bad.any():
        place = int(np.flatnonzero(bad)[0])
        allowed = "0 or more, infinite for no limit" if infinite else "0 or more, finite"
        raise OutOfRangeError(f"{what}[{place}]", float(array[place]), allowed, WHOSE)
    return array


def lists(what: str, start: ArrayLike, index: ArrayLike, count: int) -> tuple[Ints, NDArray[np.int32]]:
    """A list of lists in compressed rows: start (n + 1,) as int64, index (entries,) as int32, in [0, count).

    Raises RaabtaError on a malformed `start` and OutOfRangeError on an index outside the range.
    """
    first, items = _whole(f"{what} start", start).astype(np.int64, copy=False), _whole(what, index)
    if first.size == 0 or first[0] != 0 or first[-1] != items.size or (np.diff(first) < 0).any():
        raise RaabtaError(
            f"{what}: start must begin with 0, never fall, and end with {items.size}, the number of entries; "
            "build it as the running sum of the lengths of the rows"
        )
    if items.size and (items.min() < 0 or items.max() >= count):
        place = int(np.flatnonzero((items < 0) | (items >= count))[0])
        row = int(np.searchsorted(first, place, side="right")) - 1
        raise OutOfRangeError(f"{what}[{place}] (row {row})", int(items[place]), f"0 to {count - 1}", WHOSE)
    return first, np.ascontiguousarray(items, np.int32)


def check_length(what: str, array: NDArray[Any], count: int | None) -> None:
    """RaabtaError unless the array is (count,); any length where count is None."""
    if array.ndim != 1 or (count is not None and array.size != count):
        wanted = "one dimension" if count is None else f"({count},)"
        raise RaabtaError(f"{what} has shape {array.shape}; wanted: {wanted}; give one number for each")


def _whole(what: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1 or not (np.issubdtype(array.dtype, np.integer) or array.size == 0):
        raise RaabtaError(
            f"{what} holds {array.dtype} of shape {array.shape}; wanted: whole numbers in one dimension"
        )
    return np.ascontiguousarray(array)
