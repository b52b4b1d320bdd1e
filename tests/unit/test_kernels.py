"""Every numba kernel of the package: a rule that each must keep, whichever floor it is on."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from numba import njit
from numba.core.dispatcher import Dispatcher

import raabta

PACKAGE = Path(raabta.__file__).parent
KERNELS = sorted(path for path in PACKAGE.rglob("*.py") if "njit" in path.read_text(encoding="utf-8"))
FREE = ("fastmath", "parallel")
"""Options that let the compiler choose an order or a fusing of its own."""


def loose(kernel: Dispatcher) -> list[str]:
    """The options that could give the copies of a kernel different bits: there are none of one inlined.

    A kernel that is not inlined is compiled for itself and once more into each that calls it; which copy
    runs depends on what the cache held.
    """
    options = kernel.targetoptions
    return [] if options.get("forceinline") else [name for name in FREE if options.get(name)]


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_kernel_with_copies_leaves_the_compiler_no_choice(path: Path) -> None:
    name = ".".join(("raabta", *path.relative_to(PACKAGE).with_suffix("").parts))
    kernels = {key: item for key, item in vars(import_module(name)).items() if isinstance(item, Dispatcher)}
    assert {key: loose(kernel) for key, kernel in kernels.items() if loose(kernel)} == {}


def test_a_kernel_that_leaves_it_is_found() -> None:
    def double(x: float) -> float:
        return x + x

    assert loose(njit(fastmath={"contract"})(double)) == ["fastmath"]
    assert loose(njit(parallel=True)(double)) == ["parallel"]
    assert loose(njit(fastmath={"contract"}, forceinline=True)(double)) == []
    assert loose(njit(double)) == []


def test_the_rule_reaches_the_kernels_that_use_it() -> None:
    from raabta.orbits import kernels

    assert PACKAGE / "orbits/kernels.py" in KERNELS
    assert kernels._sincos.targetoptions["fastmath"] == kernels._FAST
