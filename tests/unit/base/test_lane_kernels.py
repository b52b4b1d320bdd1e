"""Eight numbers at once are eight numbers one by one."""

from __future__ import annotations

import numpy as np
from numba import njit

from raabta.base.lane_kernels import add, fma, lane, load, mul, pack, spread, store, total


@njit
def _all_of_them(a, b, out):
    x, y = load(a, 1), load(b, 0)
    store(out, 0, add(x, y))
    store(out, 8, mul(x, y))
    store(out, 16, fma(x, y, spread(2.0)))
    store(out, 24, pack(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0))
    return total(x), lane(x, 3)


def test_lanes_are_the_numbers_themselves() -> None:
    rng = np.random.default_rng(1)
    a, b, out = rng.normal(size=9), rng.normal(size=8), np.zeros(32)
    whole, fourth = _all_of_them(a, b, out)
    x = a[1:]
    assert np.array_equal(out[:8], x + b) and np.array_equal(out[8:16], x * b)
    np.testing.assert_allclose(out[16:24], x * b + 2.0, rtol=2e-16)
    assert np.array_equal(out[24:], np.arange(1.0, 9.0))
    assert fourth == x[3]
    assert whole == ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]))
