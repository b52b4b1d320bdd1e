"""Refusing values outside the range a recommendation states."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.base.errors import OutOfRangeError

FloatArray = npt.NDArray[np.float64]


def in_range(what: str, values: npt.ArrayLike, low: float, high: float, unit: str, source: str) -> FloatArray:
    """The values as float64, or OutOfRangeError naming the first one outside [low, high] (NaN is outside).

    Any shape in, same shape out. `what`, `unit` and `source` only make the message.
    """
    array = np.asarray(values, dtype=np.float64)
    inside = (array >= low) & (array <= high)
    if not inside.all():
        worst = float(array[~inside].flat[0])
        raise OutOfRangeError(
            what, f"{worst:g} {unit}".strip(), f"{low:g} to {high:g} {unit}".strip(), source
        )
    return array
