"""A question about ways as a Hypatia folder with its forwarding states."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raabta.base.errors import ScenarioError, StoreError
from raabta.engine.atomic import PARTIAL, make_folder, refusal
from raabta.network.mesh.hypatia import files_of, laser_pairs, rates_of
from raabta.network.mesh.hypatia_states import StateFiles, folder_name
from raabta.network.mesh.timeline import ways_at
from raabta.network.mesh.walking import step_times, walk
from raabta.scenario.hypatia import Station
from raabta.scenario.loader import load_any
from raabta.scenario.paths import PathScenario
from raabta.service.pairs.run import prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from raabta.network.mesh.walking import Mesh
    from raabta.service.pairs.ground import Places

    Ints = NDArray[np.int64]


class Written(NamedTuple):
    """What was written: the folder, the folder of states in it, and how many of each."""

    folder: Path
    states: Path
    satellites: int
    places: int
    steps: int


def write(scenario: PathScenario, folder: Path, tell: Callable[[int, int], None] | None = None) -> Written:
    """Write a scenario as a Hypatia folder, and in it the states of all steps to all places.

    The states are those of the folder as written, whose element sets are rounded: whoever reads it finds the
    same. Raises StoreError for a folder that holds something, and ScenarioError for what no such folder says.
    """
    if scenario.pops:
        raise ScenarioError(
            "a Hypatia folder knows no points of presence", hint="leave `pops` out of the scenario"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"'{folder}' is there already and not empty; name a new folder")
    name = folder_name(scenario.time.step_s, scenario.time.steps * scenario.time.step_s)
    made = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}{PARTIAL}")
    make_folder(folder.absolute().parent)
    try:
        again = _write_whole(scenario, made)
        _write_states(again, made / name, tell or (lambda done, total: None))
        if folder.is_dir():
            folder.rmdir()
        made.rename(folder)
    except OSError as error:
        raise refusal("write", folder, error) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Written(folder, folder / name, again.propagator.count, again.sites.count, scenario.time.steps)


def stations_of(places: Places) -> list[Station]:
    """Places as Hypatia's stations."""
    rows = (places.latitude_deg, places.longitude_deg, places.height_m)
    return [Station(*row) for row in zip(places.name, *(each.tolist() for each in rows), strict=True)]


def _write_whole(scenario: PathScenario, folder: Path) -> Mesh:
    """Write the files of a folder; the mesh that they say, to be stepped as the scenario is."""
    mesh, places = prepare(scenario)
    folder.mkdir()
    for name, text in files_of(mesh, stations_of(places)).items():
        (folder / name).write_text(text, encoding="utf-8")
    read = load_any(folder)
    assert isinstance(read, PathScenario)
    return prepare(as_asked(read, scenario, mesh.gateways))[0]


def as_asked(folder: PathScenario, scenario: PathScenario, gateways: Ints) -> PathScenario:
    """The scenario of a folder, stepped and routed as another is, with states to all places; gateways: the
    numbers of those among the places."""
    stations = tuple(
        station.model_copy(update={"gateway": number in set(gateways.tolist())})
        for number, station in enumerate(folder.ground.stations)
    )
    time = (
        scenario.time.model_copy(update={"start": folder.time.start}) if _at_epoch(scenario, folder) else None
    )
    return folder.model_copy(
        update={
            "time": time or scenario.time,
            "routing": scenario.routing.model_copy(update={"keep_states": True}),
            "ground": folder.ground.model_copy(update={"links": scenario.ground.links, "stations": stations}),
        }
    )


def _at_epoch(scenario: PathScenario, folder: PathScenario) -> bool:
    """Whether a scenario starts at the epoch of a folder, up to its rounding."""
    return abs((scenario.time.start - folder.time.start).total_seconds()) < 1e-3


def _write_states(mesh: Mesh, folder: Path, tell: Callable[[int, int], None]) -> None:
    """Write the states of all steps; times count from the epoch of the elements."""
    scenario = mesh.scenario
    pairs = laser_pairs(scenario, mesh.topology)
    nodes = mesh.propagator.count + mesh.sites.count
    files = StateFiles(pairs, mesh.propagator.count, mesh.sites.count, rates_of(scenario, nodes))
    elements = mesh.propagator.satellites.elements
    assert elements is not None
    times_ns = (step_times(scenario, range(scenario.time.steps)) - elements.epoch[0]).astype(np.int64)
    if times_ns[0] < 0:
        raise ScenarioError(
            f"Hypatia counts from the epoch of the elements, {elements.epoch[0]}, and the run starts before",
            hint="start it at that epoch or later",
        )
    folder.mkdir()
    for step in walk(mesh, range(scenario.time.steps)):
        routes = ways_at(mesh, step)
        assert routes.next_node is not None
        for name, text in files.step(int(times_ns[step.number]), routes.next_node).items():
            (folder / name).write_text(text, encoding="utf-8")
        tell(step.number + 1, scenario.time.steps)
