"""What a command asks for: its options as typed, the scenario that they make, the folder of its run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from raabta.base.errors import ScenarioError

if TYPE_CHECKING:
    from raabta.scenario.kinds import AnyScenario, FleetScenario
    from raabta.scenario.loader import Options
    from raabta.scenario.models import Scenario

RUNS_FOLDER = Path("raabta-runs")


@dataclass(frozen=True)
class RunOptions:
    """Options of `raabta run` as typed; None leaves the scenario's own value."""

    out: Path | None = None
    start: str | None = None
    duration: str | None = None
    step: str | None = None
    orbits: Path | None = None
    area: Path | None = None
    gateways: str = "scenario"
    workers: int | None = None
    seed: int | None = None
    bands: bool = False
    strict: bool = False
    settings: tuple[str, ...] = ()
    scheduler: str | None = None
    max_time: str | None = None
    max_memory: str | None = None
    yes: bool = False


def load_scenario(source: str, options: RunOptions) -> Scenario:
    """The broadband scenario with the options of the command line laid on it."""
    from raabta.scenario.loader import load

    return load(source, **_overruling(options))


def load_any_scenario(source: str, options: RunOptions) -> AnyScenario:
    """The scenario, of whatever kind, with the options of the command line laid on it."""
    from raabta.scenario.loader import load_any

    return load_any(source, **_overruling(options))


def load_fleet_scenario(source: str, options: RunOptions) -> FleetScenario:
    """The scenario of one constellation, with the options of the command line laid on it."""
    from raabta.scenario.loader import load_fleet

    return load_fleet(source, **_overruling(options))


def _overruling(options: RunOptions) -> Options:
    """What of the options overrules the file. Raises ScenarioError for a file that is not there."""
    from raabta.base.userfiles import why_not
    from raabta.cli.times import instant, seconds

    for option, file in (("--orbits", options.orbits), ("--area", options.area)):
        if file is not None and not file.is_file():
            fault, hint = why_not(file)
            raise ScenarioError(f"option {option}: '{file}': {fault}", hint=hint)
    return {
        "start": instant(options.start, "--start") if options.start else None,
        "duration_s": seconds(options.duration, "--duration") if options.duration else None,
        "step_s": seconds(options.step, "--step") if options.step else None,
        "seed": options.seed,
        "orbits_file": options.orbits,
        "outline_file": options.area,
        "gateways": "actual" if options.gateways == "actual" else "scenario",
        "settings": options.settings,
    }


def run_folder(scenario: AnyScenario, *, what: str = "", digest: str | None = None) -> Path:
    """Where a run goes when nothing else is said: raabta-runs/NAME-HASH8, with what it is before the name.

    digest: the scenario's hash unless given.
    """
    from raabta.scenario.loader import scenario_hash

    name = re.sub(r"[^A-Za-z0-9._-]+", "-", scenario.name).strip("-.") or "scenario"
    before = f"{what}-" if what else ""
    return RUNS_FOLDER / f"{before}{name}-{(digest or scenario_hash(scenario))[:8]}"
