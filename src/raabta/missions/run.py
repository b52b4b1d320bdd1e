"""A mission as a run: chunks of days, resumed, the same on any number of workers and in any chunks, with a
table for each question and a summary at its end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.base.clock import eop_version
from raabta.base.ephemeris import ephemeris
from raabta.engine import chunks, cluster
from raabta.engine.ledger import Ledger
from raabta.engine.limits import DEFAULT_LIMITS, Estimate, Limits
from raabta.engine.outputs import csv_of, json_of, read_chunks
from raabta.engine.provenance import environment, version_of
from raabta.engine.runner import run_chunks
from raabta.missions import camera, contacts, exposure, light, look_angles, rates, sun_outages
from raabta.missions.model import Mission, prepare
from raabta.missions.schedules import schedule_of
from raabta.missions.summary import Read, summarise
from raabta.network.mesh.contact_files import csv_lines, ion_lines
from raabta.scenario.kept import identity_of, keep
from raabta.scenario.loader import scenario_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from raabta.network.mesh.contacts import ContactPlan
    from raabta.scenario.missions import MissionScenario

    Progress = Callable[[str, int, int], None]

KIND: Final = "mission"
"""What the ledger says a folder of a mission holds."""
SUMMARY: Final = "mission.json"
BASE_BYTES: Final = 450e6
"""A process with its libraries and compiled kernels."""


@dataclass(frozen=True)
class Answer:
    """What a run found: its tables by the name of their file, the summary that `mission.json` holds, and the
    contact plan of each case."""

    folder: Path | None
    mission: Mission
    tables: dict[str, xr.Dataset]
    summary: dict[str, Any]
    plans: dict[str, ContactPlan]

    def outputs(self) -> dict[str, bytes]:
        """What is written beside the chunks, by file name; contact plans as CSV, for ION, and as a
        schedule of Earth stations (CCSDS 902.1)."""
        made = {name: csv_of(table) for name, table in self.tables.items()}
        for case, plan in self.plans.items():
            name = "-".join(["contact_plan", *re.findall("[a-z0-9]+", case.lower())])
            forms = {"csv": csv_lines(plan), "ion": ion_lines(plan), "xml": schedule_of(self.mission, plan)}
            for ending, lines in forms.items():
                made[f"{name}.{ending}"] = "".join(f"{line}\n" for line in lines).encode()
        return {**made, SUMMARY: json_of(self.summary)}


def ask(scenario: MissionScenario) -> Answer:
    """Answer a question that is small enough for memory here and now; nothing is kept."""
    mission = prepare(scenario)
    held = [of_day(mission, day) for day in range(mission.days)]
    return answer_of(None, mission, lambda only: held)


def run(
    scenario: MissionScenario,
    folder: Path,
    *,
    workers: int,
    days_per_chunk: int = 1,
    progress: Progress | None = None,
    scheduler: str | None = None,
    limits: Limits | None = DEFAULT_LIMITS,
) -> Answer:
    """Answer a question into a folder, or go on where its run stood; writes the tables and `mission.json`.

    With a `scheduler` (`dask://HOST:PORT`) its workers compute; a job beyond `limits` is refused. Raises
    ScenarioError for a mission that cannot be, StoreError for a folder of another run, what a cluster and
    the floors below raise, and KeyboardInterrupt; what was committed stays.
    """
    tell = progress or (lambda what, done, total: None)
    started, identity = datetime.now(UTC), identity_of(scenario, KIND)
    Ledger.refuse_other(folder, identity)
    elsewhere = None if scheduler is None else cluster.refuse_unusable(scheduler)
    tell("placing craft", 0, 1)
    mission = prepare(scenario)
    tell("placing craft", 1, 1)
    keys = Ledger.plan_of(folder) or chunks.span_keys("days", mission.days, days_per_chunk)
    if limits is not None:
        missing = Ledger.missing(folder, keys)
        limits.refuse(estimate(mission, missing, elsewhere or workers, elsewhere is not None), folder)
    run_chunks(
        folder,
        identity,
        keys,
        compute,
        workers=max(1, min(workers, len(keys))),
        scheduler=scheduler,
        setup=carry,
        setup_args=(mission,),
        progress=lambda done, total, resumed, seconds: tell("following days", done, total),
    )
    answer = answer_of(folder, mission, lambda only: read_chunks(folder, keys, only))
    keep(folder, scenario, identity, answer.outputs(), inputs(mission), started)
    return answer


def answer_of(folder: Path | None, mission: Mission, read: Read) -> Answer:
    """What the chunks that `read` gives add up to."""
    found = summarise(mission, read)
    return Answer(folder, mission, found.tables, {**_head(mission), **found.summary}, found.plans)


def _head(mission: Mission) -> dict[str, Any]:
    """What stands at the top of every summary: what was asked, and what the answer rests on."""
    scenario = mission.scenario
    return {
        "schema_version": 1,
        "kind": KIND,
        "scenario": scenario.name,
        "title": scenario.title,
        "start": f"{np.datetime_as_string(mission.start, 's')}Z",
        "duration_s": scenario.time.duration_s,
        "step_s": scenario.time.step_s,
        "sites": mission.nodes.sites,
        "craft": len(scenario.craft),
        "notes": list(dict.fromkeys([*mission.notes, *_skipped(mission), *scenario.assumptions])),
        "provenance": {
            "scenario_hash": scenario_hash(scenario),
            "seed": scenario.seed,
            "inputs": inputs(mission),
            **environment(),
        },
    }


def _skipped(mission: Mission) -> list[str]:
    """What was asked and cannot be answered here, in words."""
    asked = mission.scenario.exposure is not None
    return [exposure.MISSING] if asked and not exposure.is_there() else []


def inputs(mission: Mission) -> dict[str, str]:
    """What the answer rests on beside the scenario: the name of each input and what identifies it."""
    kernels = {each.name: each.sha256 for each in ephemeris().manifest()}
    found = {"earth_orientation": eop_version(), **kernels}
    if mission.scenario.exposure is not None:
        found["aep8"] = version_of("aep8") or "not installed"
    return found


def of_day(mission: Mission, number: int) -> dict[str, NDArray[Any]]:
    """What a day holds: rows of contacts, their rates, light and Sun outages, looks, and curves."""
    day = mission.day(number)
    sights = contacts.Sights(mission, day)
    met = contacts.contacts_of(mission, day, sights)
    return {
        "contacts": met,
        "rates": rates.steps_of(mission, met, sights),
        "light": light.light_of(mission, day),
        "sun_outages": sun_outages.outages_of(mission, day),
        "looks": look_angles.looks(mission, day)[None],
        "tracks": look_angles.curves(mission, day).astype(np.float32),
        "ground_tracks": look_angles.ground_tracks(mission, day),
        "paths": look_angles.paths(mission, day),
        "exposure": exposure.exposure_of(mission, day),
        "windows": camera.windows_of(mission, day),
    }


def estimate(mission: Mission, keys: Sequence[str], workers: int, elsewhere: bool = False) -> Estimate:
    """What the chunks `keys` take, from rates seen on one core: 30 us a pair and day of a link, 0.1 us a
    look, 10 us a point of exposure, 2 ms a camera's target and day. `workers` compute, here or `elsewhere`:
    then only this process counts.
    """
    scenario = mission.scenario
    days = sum(len(chunks.span_of(key)) for key in keys)
    points = 86_400.0 / scenario.time.step_s
    pairs = sum(len(contacts.pairs_of(mission, link)) for link in scenario.links)
    looks = len(look_angles.pairs_of(mission)) * points
    asked = 0 if scenario.exposure is None else 6
    wanted = len(scenario.cameras) * len(scenario.targets)
    day_s = 0.02 + 2e-3 * (pairs + wanted) + 1e-7 * looks + 1e-5 * points * asked
    crew = max(1, min(workers, len(keys)))
    return Estimate(
        seconds=3.0 + days * day_s / crew,
        memory_bytes=(BASE_BYTES + 60.0 * looks) * (1 if elsewhere else crew + 1),
        disk_bytes=days * (points * 8.0 * (asked + 4 * len(scenario.tracks)) + 2_000.0 * pairs),
    )


_mission: Mission | None = None


def carry(mission: Mission) -> None:
    """Give this process what its chunks are computed from."""
    global _mission
    _mission = mission


def compute(key: str) -> dict[str, Any]:
    """Arrays of one chunk, day after day: a pure function of what is carried and the key."""
    if _mission is None:
        raise RuntimeError("a chunk was asked for before its mission was set")
    days = [of_day(_mission, number) for number in chunks.span_of(key)]
    return {name: np.concatenate([day[name] for day in days]) for name in days[0]}
