"""Where kernels run: on this processor, or on a GPU by `numba-cuda` (the extra `raabta[gpu]`).

The GPU runs the same physics: `for_cuda` compiles the Python functions behind our numba kernels once more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import FunctionType
from typing import Any, Literal

from raabta.base.errors import ScenarioError

Asked = Literal["auto", "cpu", "gpu"]


@dataclass(frozen=True)
class Device:
    """Where to compute; `note` is one line for the user, empty where nothing needs saying."""

    name: Literal["cpu", "gpu"]
    note: str = ""


def choose(asked: str) -> Device:
    """`cpu`, `gpu`, or `auto`: the GPU if there is one, else the processor and a note that says why.

    Raises ScenarioError where a GPU is asked for and there is none, and for any other word.
    """
    if asked not in ("auto", "cpu", "gpu"):
        raise ScenarioError(f"device '{asked}' is not known", hint="auto, cpu or gpu")
    if asked == "cpu":
        return Device("cpu")
    why = why_no_gpu()
    if why is None:
        return Device("gpu", f"computing on {gpu_name()}")
    if asked == "gpu":
        raise ScenarioError(f"device gpu: {why}", hint="auto or cpu computes without one")
    return Device("cpu", f"no GPU is used: {why}")


def why_no_gpu() -> str | None:
    """Why kernels cannot run on a GPU here, in one line; None if they can."""
    if find_spec("numba_cuda") is None:
        return "the package numba-cuda is not installed (`pip install raabta[gpu]`)"
    if simulated():
        return None
    errors: Any = import_module("numba.cuda.cudadrv.error")
    try:
        cuda().get_current_device()
    except errors.CudaSupportError as error:
        return _why_no_device(str(error))
    nvvm: Any = import_module("numba.cuda.cudadrv.nvvm")
    try:
        nvvm.NVVM()
    except (errors.NvvmSupportError, OSError):
        return "CUDA's compiler library NVVM is not found (`pip install numba-cuda[cu12]` brings it)"
    return None


def _why_no_device(error: str) -> str:
    words = " ".join(error.split()).removeprefix("Error at driver init: ").rstrip(": ")
    if "cannot be found" in words:
        return "no NVIDIA driver is found"
    return "the NVIDIA driver finds no device" if "NO_DEVICE" in words else f"the NVIDIA driver says: {words}"


def gpu_name() -> str:
    """The GPU that kernels run on."""
    if simulated():
        return "numba's CUDA simulator"
    name = cuda().get_current_device().name
    return name.decode() if isinstance(name, bytes) else str(name)


def simulated() -> bool:
    """Whether numba runs CUDA kernels in Python, thread by thread (NUMBA_ENABLE_CUDASIM=1): for tests."""
    settings: Any = import_module("numba").config
    return bool(settings.ENABLE_CUDASIM)


def cuda() -> Any:
    """The module `numba.cuda`, told not to warn where a GPU has little to do."""
    settings: Any = import_module("numba").config
    settings.CUDA_LOW_OCCUPANCY_WARNINGS = 0
    return import_module("numba.cuda")


def for_cuda(kernel: Any, constants: Mapping[str, int] | None = None) -> Any:
    """The Python function behind a numba kernel, and those that it calls, compiled for CUDA.

    `constants` replace globals of the same names in all of them: a tile of one satellite, say. Needs
    numba-cuda.
    """
    return _compiled(kernel, constants or {}, {})


def _compiled(kernel: Any, constants: Mapping[str, int], made: dict[str, Any]) -> Any:
    python = kernel.py_func
    if python.__qualname__ not in made:
        names = {name: value for name, value in python.__globals__.items() if name in _named(python)}
        called = {name: value for name, value in names.items() if hasattr(value, "py_func")}
        names |= {name: _compiled(value, constants, made) for name, value in called.items()}
        names |= {name: value for name, value in constants.items() if name in names}
        names |= _scalar_math(names, _named(python))
        function = FunctionType(python.__code__, {"__builtins__": __builtins__, **names}, python.__name__)
        function.__module__ = python.__module__
        options = {} if simulated() else {"forceinline": True}
        made[python.__qualname__] = cuda().jit(device=True, **options)(function)
    return made[python.__qualname__]


def _scalar_math(names: Mapping[str, Any], used: frozenset[str]) -> dict[str, Any]:
    """`math` in place of NumPy, in a function that takes nothing from NumPy but what `math` has too.

    CUDA knows `math.floor` of a number and not `np.floor`, which is the quicker one on the processor.
    """
    numpy: Any = import_module("numpy")
    taken = {name for name in used if name not in names and hasattr(numpy, name)}
    scalar = names.get("np") is numpy and all(hasattr(math, name) for name in taken)
    return {"np": math} if scalar else {}


def _named(function: Callable[..., Any]) -> frozenset[str]:
    return frozenset(function.__code__.co_names)
