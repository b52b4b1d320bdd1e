"""Memory asked for ahead of its use: nothing else changes, wherever it lies."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from raabta.base.prefetch import prefetch


@njit
def total(values, ahead):
    found = 0.0
    for i in range(values.size):
        prefetch(values, i + ahead)
        found += values.flat[i]
    return found


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16])
@pytest.mark.parametrize("ahead", [0, 8, -(10**12), 10**12])
def test_asking_ahead_changes_nothing_even_beyond_the_ends(dtype, ahead):
    values = np.arange(60, dtype=dtype).reshape(3, 4, 5)
    assert total(values, ahead) == 59 * 60 / 2
    assert np.array_equal(values.ravel(), np.arange(60))


def test_it_reaches_the_processor():
    total(np.zeros((1, 1, 1)), 1)
    assert any("llvm.prefetch" in text for text in total.inspect_llvm().values())
