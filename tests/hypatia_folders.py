"""Hypatia folders for tests: those of the example, and a small one."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

EXAMPLE = Path(__file__).parents[1] / "examples" / "hypatia"


def example() -> ModuleType:
    """The example's own code, which writes the folders of Hypatia's paper."""
    if "raabta_example_hypatia" not in sys.modules:
        spec = importlib.util.spec_from_file_location("raabta_example_hypatia", EXAMPLE / "run.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    return sys.modules["raabta_example_hypatia"]


def small(folder: Path) -> Path:
    """10 planes of 11 satellites at 1,200 km, links to 20 degrees as over a flat Earth, seven stations."""
    system = example().System("Small", 10, 11, 60.0, 13.16, 1_200.0, 20.0, 3_508.565)
    example().write_folder(system, folder)
    return folder


def of_paper(name: str, folder: Path) -> Path:
    """One of the three constellations of Hypatia's paper."""
    example().write_folder(example().systems()[name], folder)
    return folder
