"""Where kernels run is chosen, and the reason is told, in one line."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
from devices import on_simulator

from raabta.base.errors import ScenarioError
from raabta.cli.app import main
from raabta.engine import device


def simulated() -> None:
    """In numba's simulator there is a GPU of a kind."""
    for asked in ("auto", "gpu"):
        assert device.choose(asked) == device.Device("gpu", "computing on numba's CUDA simulator")


def constants() -> None:
    """`for_cuda` compiles what a kernel calls too, with the constants that are asked for."""
    from raabta.orbits import kernels

    one = device.for_cuda(kernels._solve_kepler, {"TILE": 1, "_X": 5}).fn
    assert "TILE" not in one.__globals__, "only what the function names"
    inner = one.__globals__["_kepler_step"].fn
    assert inner.__globals__["TILE"] == 1 and inner.__globals__["_X"] == 5
    assert inner.__code__ is kernels._kepler_step.py_func.__code__
    assert kernels._kepler_step.py_func.__globals__["TILE"] == kernels.TILE > 1


def scalar_floor() -> None:
    """CUDA has no `np.floor` of a number (the simulator has): such functions are given `math`."""
    from numba import njit

    floors = device.for_cuda(njit(_floor)).fn
    fills = device.for_cuda(njit(_fill)).fn
    assert floors.__globals__["np"] is math and floors(2.5) == 2
    assert fills.__globals__["np"] is np


def _floor(x: float) -> float:
    return float(np.floor(x) + math.sqrt(0.0))


def _fill(x: float) -> float:
    return float(np.full(1, np.floor(x))[0])


@pytest.mark.parametrize("check", ["simulated", "constants", "scalar_floor"])
def test_in_the_simulator(check: str) -> None:
    on_simulator(__file__, check)


def test_the_processor_needs_no_word() -> None:
    assert device.choose("cpu") == device.Device("cpu")


def test_auto_falls_back_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "why_no_gpu", lambda: "no NVIDIA driver is found")
    assert device.choose("auto") == device.Device("cpu", "no GPU is used: no NVIDIA driver is found")


def test_a_gpu_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "why_no_gpu", lambda: "no NVIDIA driver is found")
    with pytest.raises(ScenarioError, match="device gpu: no NVIDIA driver is found\nhint: auto or cpu"):
        device.choose("gpu")


@pytest.mark.parametrize("command", [["coverage", "pakistan"], ["bench", "gpu"]])
def test_commands_refuse_a_gpu_that_is_not_there(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(device, "why_no_gpu", lambda: "the NVIDIA driver finds no device")
    assert main([*command, "--device", "gpu"]) == 2
    assert "raabta: device gpu: the NVIDIA driver finds no device\nhint: " in capsys.readouterr().err


def test_auto_says_on_the_terminal_why_it_falls_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(device, "why_no_gpu", lambda: "no NVIDIA driver is found")
    few = ["--globe", "4", "--duration", "1min", "--step", "60s", "--workers", "1", "--out", str(tmp_path)]
    assert main(["coverage", "pakistan", *few, "--device", "auto"]) == 0
    assert capsys.readouterr().err.startswith("raabta: no GPU is used: no NVIDIA driver is found\n")


def test_a_wrong_word_is_told_what_is_allowed() -> None:
    with pytest.raises(ScenarioError, match="device 'tpu' is not known\nhint: auto, cpu or gpu"):
        device.choose("tpu")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "find_spec", lambda name: None)
    assert device.why_no_gpu() == "the package numba-cuda is not installed (`pip install raabta[gpu]`)"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Error at driver init: \n\nCUDA driver library cannot be found.\n:", "no NVIDIA driver is found"),
        ("Error at driver init: [100] CUDA_ERROR_NO_DEVICE:", "the NVIDIA driver finds no device"),
        ("Error at driver init: [999] unknown", "the NVIDIA driver says: [999] unknown"),
    ],
)  # fmt: skip
def test_what_the_driver_says_becomes_one_line(said: str, told: str) -> None:
    assert device._why_no_device(said) == told


def test_the_real_reason_is_one_line() -> None:
    why = device.why_no_gpu()
    assert importlib.util.find_spec("numba_cuda") is not None
    assert why is None or "\n" not in why
