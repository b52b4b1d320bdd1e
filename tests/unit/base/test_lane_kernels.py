"""Eight numbers at once are eight numbers one by one."""

from __future__ import annotations

import numpy as np
from numba import njit

from raabta.base.lane_kernels import (
    add,
    choose,
    fma,
    load,
    mul,
    ratio,
    root,
    spread,
    store,
    sub,
    take,
    total,
)


@njit
def _all_of_them(a, b, out):
    x, y = load(a, 1), load(b, 0)
    store(out, 0, add(x, y))
    store(out, 8, mul(x, y))
    store(out, 16, fma(x, y, spread(2.0)))
    store(out, 24, sub(x, y))
    store(out, 32, ratio(x, y))
    store(out, 40, root(mul(x, x)))
    store(out, 48, choose(x, y, x, spread(7.0)))
    store(out, 56, take(a, 3))
    return total(x)


def test_lanes_are_the_numbers_themselves() -> None:
    rng = np.random.default_rng(1)
    a, b, out = rng.normal(size=9), rng.normal(size=8), np.zeros((8, 8))
    whole = _all_of_them(a, b, out.ravel())
    x = a[1:]
    exact = [x + b, x * b, out[2], x - b, x / b, np.sqrt(x * x), np.where(x < b, x, 7.0), np.full(8, a[3])]
    assert np.array_equal(out, exact)
    np.testing.assert_allclose(out[2], x * b + 2.0, rtol=2e-16)
    assert whole == ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]))
