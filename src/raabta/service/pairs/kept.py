"""What a run of ways keeps of one pair, read back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base.errors import ScenarioError, StoreError
from raabta.engine import chunks
from raabta.engine.ledger import Ledger
from raabta.scenario.loader import load_any
from raabta.scenario.paths import PathScenario
from raabta.service.pairs.ground import ends_of, number_of, pairs_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

KIND = "paths"
"""What the ledger says a folder of ways holds."""


@dataclass(frozen=True)
class Series:
    """One pair over a run of ways: km (t,) one way, infinite where there is none; flow_mbps (s,), what it got
    at every `traffic.every_steps` of the steps, None without traffic; same (t,): whether the way is that of
    the step before."""

    scenario: PathScenario
    km: Floats
    flow_mbps: Floats | None
    same: NDArray[np.bool_]


def is_of_ways(folder: Path) -> bool:
    """Whether a folder holds a run of ways."""
    held = Ledger.held(folder)
    return held is not None and held.kind == KIND


def scenario_of(folder: Path) -> PathScenario:
    """The scenario of a finished run of ways. Raises StoreError."""
    file = folder / "scenario.yaml"
    if not is_of_ways(folder) or not file.is_file():
        raise StoreError(
            f"{folder} holds no finished run of ways: run a scenario of kind paths into it first"
        )
    scenario = load_any(file, files_needed=False)
    assert isinstance(scenario, PathScenario)
    return scenario


def series_of(folder: Path, one: str, other: str) -> Series:
    """What a run keeps of the way from one place to the other, whichever way round it was asked for.

    Raises ScenarioError for a place or a pair that is not the run's, StoreError for no finished run.
    """
    scenario = scenario_of(folder)
    places = ends_of(scenario)
    ends = sorted(number_of(name, places) for name in (one, other))
    pairs = np.sort(pairs_of(scenario, places), axis=1)
    found = np.flatnonzero((pairs == ends).all(axis=1))
    if not found.size:
        raise ScenarioError(f"the run follows no way between '{one}' and '{other}'", hint="add it to `pairs`")
    number = int(found[0])
    names = ["km", "same", "first_way", "last_way", *(["flow_mbps"] if scenario.traffic is not None else [])]
    with Ledger.read(folder) as ledger:
        rows = sorted(ledger.rows(), key=lambda row: row.key)
    held = [arrays for _, arrays in chunks.load_all(folder, rows, only=names)]
    km = np.concatenate([arrays["km"][:, number] for arrays in held]).astype(np.float64)
    if len(km) != scenario.time.steps:
        raise StoreError(f"{folder} is unfinished. Run the scenario again into this folder: it resumes")
    flow = (
        None
        if scenario.traffic is None
        else np.concatenate([arrays["flow_mbps"][:, number] for arrays in held])
    )
    return Series(scenario, km, flow, _same(held, number))


def _same(held: list[dict[str, NDArray[Any]]], number: int) -> NDArray[np.bool_]:
    """Whether a pair's way is that of the step before, over the seams of chunks too; never, where a run of an
    earlier version does not say."""
    parts, last = [], np.uint64(0)
    for arrays in held:
        if "same" not in arrays:
            return np.zeros(sum(len(each["km"]) for each in held), np.bool_)
        own = arrays["same"][:, number].astype(np.bool_)
        own[0] = last != 0 and arrays["first_way"][number] == last
        last = arrays["last_way"][number]
        parts.append(own)
    return np.concatenate(parts)
