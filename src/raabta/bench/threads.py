"""Run slices of one call on plain threads: the kernels let go of the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise


def over_slices(work: Callable[[slice], object], length: int, threads: int) -> Callable[[], None]:
    """A call that runs `work` over `threads` equal slices of range(length), each on a thread of its own."""
    edges = [length * i // threads for i in range(threads + 1)]
    slices = [slice(a, b) for a, b in pairwise(edges)]
    in_turn = map if threads == 1 else ThreadPoolExecutor(threads).map

    def all_parts() -> None:
        list(in_turn(work, slices))

    return all_parts
