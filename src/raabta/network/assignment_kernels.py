"""Numeric core of `assignment`: n cells to m satellites. Plain arrays, one thread.

A satellite's price is what it is asked for by its capacity; above 1 it serves each asker the same share.
"""

from __future__ import annotations

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
"""Called by kernels, allocates nothing: else every array it takes would be counted in and out again."""


@kernel
def choose_one(start, satellite, demand, capacity, order, out_entry):
    """One satellite a cell: in `order` each takes the candidate whose price stays lowest, the first among
    equals; out_entry (n,): its place in `satellite`, -1 for none."""
    load = np.zeros(capacity.shape[0])
    for c in order:
        best, lowest = -1, np.inf
        for i in range(start[c], start[c + 1]):
            price = (load[satellite[i]] + demand[c]) / capacity[satellite[i]]
            if price < lowest:
                best, lowest = i, price
        out_entry[c] = best
        if best >= 0:
            load[satellite[best]] += demand[c]


@kernel
def balance(start, satellite, demand, capacity, sweeps, tolerance, asked, price):
    """Let every cell in turn split its demand so that the satellites it uses cost it the same, and no other
    candidate less; returns the number of sweeps over all cells.

    asked (entries,), price (m,): a first split and its prices, changed in place. A cell whose prices agree
    within `tolerance`, a share, stays as it is.
    """
    n = demand.shape[0]
    longest = 0
    for c in range(n):
        longest = max(longest, start[c + 1] - start[c])
    base, room = np.empty(longest), np.empty(longest)
    for sweep in range(sweeps):
        moved = False
        for place in range(n):
            c = place if sweep % 2 == 0 else n - 1 - place
            if not _is_settled(start, satellite, c, tolerance, asked, price):
                _split(start, satellite, c, demand[c], capacity, base, room, asked, price)
                moved = True
        if not moved:
            return sweep
    return sweeps


@inner
def _is_settled(start, satellite, c, tolerance, asked, price):
    """Whether the dearest satellite that a cell uses costs no more than its cheapest candidate."""
    low, high = np.inf, -1.0
    for i in range(start[c], start[c + 1]):
        here = price[satellite[i]]
        low = min(low, here)
        high = max(high, here if asked[i] > 0.0 else -1.0)
    return high - low <= tolerance * high


@inner
def _split(start, satellite, c, demand, capacity, base, room, asked, price):
    """Pour a cell's demand over its candidates like water, up to one price; base, room: scratch."""
    first, count = start[c], start[c + 1] - start[c]
    width, volume = 0.0, demand
    for j in range(count):
        s = satellite[first + j]
        room[j] = capacity[s]
        base[j] = max(price[s] - asked[first + j] / capacity[s], 0.0)
        width += room[j]
        volume += base[j] * room[j]
    level = volume / width
    for _ in range(count):
        less, volume = 0.0, demand
        for j in range(count):
            below = base[j] <= level
            less += room[j] if below else 0.0
            volume += base[j] * room[j] if below else 0.0
        if less == width or less == 0.0:
            break
        width, level = less, volume / less
    for j in range(count):
        rise = max(level - base[j], 0.0)
        asked[first + j] = rise * room[j]
        price[satellite[first + j]] = base[j] + rise


@kernel
def serve(start, satellite, demand, capacity, asked, out_rate):
    """Rates (entries,): what each satellite is asked for, cut to its capacity by one share, then what is left
    anywhere to cells that miss something and may use it, in their order."""
    load, left = np.zeros(capacity.shape[0]), capacity.copy()
    for i in range(asked.shape[0]):
        load[satellite[i]] += asked[i]
    for i in range(asked.shape[0]):
        s = satellite[i]
        out_rate[i] = asked[i] if load[s] <= capacity[s] else asked[i] * (capacity[s] / load[s])
        left[s] = max(left[s] - out_rate[i], 0.0) if load[s] <= capacity[s] else 0.0
    for c in range(demand.shape[0]):
        missing = demand[c]
        for i in range(start[c], start[c + 1]):
            missing -= out_rate[i]
        for i in range(start[c], start[c + 1]):
            more = max(min(missing, left[satellite[i]]), 0.0)
            out_rate[i] += more
            left[satellite[i]] -= more
            missing -= more


@kernel
def sum_rows(start, values, out):
    """Sum of the values of each row, out (n,)."""
    for c in range(out.shape[0]):
        total = 0.0
        for i in range(start[c], start[c + 1]):
            total += values[i]
        out[c] = total
