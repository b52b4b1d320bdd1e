"""Run slices of one call on plain threads: the kernels let go of the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise


def over_slices(work: Callable[[slice], object], length: int, threads: int) -> Callable[[], None]:
    """A call that runs `work` over `threads` equal slices of range(length), each on a thread of its own."""
    edges = [length * i // threads for i in range(threads + 1)]
    slices = [slice(a, b) for a, b in pairwise(edges)]
    if threads == 1:
        return lambda: (work(slices[0]), None)[1]
    pool = ThreadPoolExecutor(threads)
    return lambda: [*pool.map(work, slices)].clear()
