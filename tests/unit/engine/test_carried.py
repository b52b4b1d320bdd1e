"""Values on their way to worker processes: whole, writable, and one's writing is not another's."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from raabta.engine import carried
from raabta.engine.carried import Carried

VALUE = {"a": np.arange(100_000.0), "odd": np.arange(7, dtype=np.int8), "none": np.empty((0, 3)), "b": "text"}
"""The empty one comes last: where it is aligned to lies beyond the last byte."""


def change_and_tell(arriving, queue):
    """In a worker: what came, and what stands there after writing on it."""
    value = arriving.take()
    came = {name: np.array(part) for name, part in value.items()}
    value["a"][:] = -1.0
    aligned = value["a"].ctypes.data % carried.ALIGNED
    queue.put((came, float(value["a"].sum()), bool(value["a"].flags.writeable), aligned))


def ask(context, one):
    queue = context.Queue()
    process = context.Process(target=change_and_tell, args=(one, queue))
    process.start()
    out = queue.get(timeout=60.0)
    process.join()
    return out


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_each_process_gets_the_value_as_its_own(method):
    context, one = multiprocessing.get_context(method), Carried(VALUE)
    try:
        for _ in range(2):
            came, after, writable, aligned = ask(context, one)
            assert set(came) == set(VALUE) and str(came["b"]) == "text"
            assert all(np.array_equal(came[name], VALUE[name]) for name in ("a", "none", "odd"))
            assert after == -VALUE["a"].size and writable and aligned == 0
    finally:
        one.close()


def refused(*_):
    raise OSError("no more of it")


@pytest.mark.parametrize(("name", "instead"), [("SHARED", False), ("_write", refused)])
def test_without_shared_memory_it_travels_as_bytes(monkeypatch, name, instead):
    monkeypatch.setattr(carried, name, instead)
    one = Carried(VALUE)
    came, after, writable, _ = ask(multiprocessing.get_context("spawn"), one)
    assert np.array_equal(came["a"], VALUE["a"]) and after == -VALUE["a"].size and writable
    one.close()


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not carried.SHARED, reason="no memory without a name on this system")
def test_the_memory_is_given_back():
    before = open_files()
    one = Carried(VALUE)
    assert open_files() == before + 1
    one.close()
    one.close()
    assert open_files() == before
