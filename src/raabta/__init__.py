"""Raabta plans, simulates and operates satellite connectivity: one scenario in, who is served out.

Everything public is here; it loads late, so that importing raabta costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from raabta.engine import kernelcache as _kernelcache

if TYPE_CHECKING:
    from raabta.base.errors import (
        LimitError,
        NoSolutionError,
        OrbitDataError,
        OutOfRangeError,
        RaabtaError,
        ScenarioError,
        StoreError,
    )
    from raabta.pipeline import explain, open_slots, run
    from raabta.pipeline import open_run as open
    from raabta.scenario.loader import load
    from raabta.scenario.models import Scenario
    from raabta.service.results import Results

_HOMES = {
    "run": ("raabta.pipeline", "run"),
    "open": ("raabta.pipeline", "open_run"),
    "open_slots": ("raabta.pipeline", "open_slots"),
    "explain": ("raabta.pipeline", "explain"),
    "load": ("raabta.scenario.loader", "load"),
    "Scenario": ("raabta.scenario.models", "Scenario"),
    "Results": ("raabta.service.results", "Results"),
    **{
        name: ("raabta.base.errors", name)
        for name in (
            "LimitError",
            "NoSolutionError",
            "OrbitDataError",
            "OutOfRangeError",
            "RaabtaError",
            "ScenarioError",
            "StoreError",
        )
    },
}

__all__ = [
    "LimitError",
    "NoSolutionError",
    "OrbitDataError",
    "OutOfRangeError",
    "RaabtaError",
    "Results",
    "Scenario",
    "ScenarioError",
    "StoreError",
    "explain",
    "load",
    "open",
    "open_slots",
    "run",
]

# Before numba or numpy are imported by anything below: see `engine.kernelcache`.
_kernelcache.single_threaded_blas()
_kernelcache.prepare()


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'raabta' has no attribute {name!r}; it has {', '.join(__all__)}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
