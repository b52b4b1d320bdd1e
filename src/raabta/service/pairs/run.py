"""A question about ways as a run: chunks of steps, resumed, the same on any number of workers, with tables of
pairs and outages and a summary at its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.access import visibility
from raabta.base import tables
from raabta.base.clock import eop_version
from raabta.engine import chunks, cluster
from raabta.engine.ledger import Identity, Ledger
from raabta.engine.limits import DEFAULT_LIMITS, Estimate, Limits
from raabta.engine.outputs import csv_of, json_of, read_chunks
from raabta.engine.provenance import environment
from raabta.engine.runner import run_chunks
from raabta.network.mesh.fibre import Fibre
from raabta.network.mesh.ground_policy import shell_altitude_km
from raabta.network.mesh.lasers_failed import laser_outages
from raabta.network.mesh.timeline import CAUSES, run_chunk
from raabta.network.mesh.topology import Topology
from raabta.network.mesh.walking import Mesh
from raabta.orbits.propagate import Propagator
from raabta.orbits.satellites_out import laid_on
from raabta.scenario.kept import identity_of as identity_of_kind
from raabta.scenario.kept import keep
from raabta.scenario.loader import scenario_hash
from raabta.service.pairs.carried import carry
from raabta.service.pairs.ground import Places, asked_of, ends_of, gateways_of, pairs_of
from raabta.service.pairs.kept import KIND
from raabta.service.pairs.landed import land
from raabta.service.pairs.outages import link_outages, place_outages
from raabta.service.pairs.summary import Found, outage_columns, summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from raabta.scenario.paths import PathScenario

    Progress = Callable[[str, int, int], None]

PAIRS, OUTAGES, FLOWS, SUMMARY = "pairs.csv", "outages.csv", "flows.csv", "paths.json"
STEPS_PER_CHUNK: Final = 240
MOST_CHUNK_VALUES: Final = 4_000_000
"""Steps times pairs of one chunk."""
BASE_BYTES: Final = 350e6
"""A process with its libraries and compiled kernels."""


@dataclass(frozen=True)
class Answer:
    """What a run found: the tables PAIRS, OUTAGES and, with traffic, FLOWS, and the summary that `paths.json`
    holds."""

    folder: Path | None
    scenario: PathScenario
    places: Places
    pairs: xr.Dataset
    outages: xr.Dataset
    flows: xr.Dataset | None
    summary: dict[str, Any]


def prepare(scenario: PathScenario) -> tuple[Mesh, Places]:
    """What stands still. Raises ScenarioError for a place that nobody knows, and what the floors below do."""
    places = ends_of(scenario)
    own = slice(places.count)
    time, system = scenario.time, scenario.constellation
    propagator = Propagator.from_constellation(system, time.start, time.duration_s)
    sites = visibility.sites(
        places.latitude_deg[own],
        places.longitude_deg[own],
        places.height_m[own] / 1e3,
        system.user_min_elevation_deg,
    )
    flat = scenario.ground.mask == "flat-earth-compat" and scenario.ground.max_range_km is None
    mesh = Mesh(
        scenario,
        laid_on(propagator, scenario),
        laser_outages(Topology.of(system, propagator), scenario, propagator.names),
        sites,
        pairs_of(scenario, places),
        gateways_of(scenario, places),
        asked_of(scenario, places),
        shell_altitude_km(system, propagator.count) if flat else None,
        place_outages(scenario, places),
        link_outages(scenario, places, propagator.names),
        Fibre.of(scenario, places.name[own]),
    )
    return mesh, places


def ask(mesh: Mesh, places: Places) -> Answer:
    """Answer a question that is small enough for memory here and now; nothing is kept."""
    keys = chunk_keys(mesh.scenario.time.steps, _chunk_steps(mesh))
    held = [run_chunk(mesh, steps_of(key)) for key in keys]
    return _answer(None, mesh, places, lambda only: held)


def run(
    scenario: PathScenario,
    folder: Path,
    *,
    workers: int,
    steps_per_chunk: int | None = None,
    progress: Progress | None = None,
    scheduler: str | None = None,
    limits: Limits | None = DEFAULT_LIMITS,
) -> Answer:
    """Answer a question into a folder, or go on where its run stood; writes the two tables and `paths.json`.

    With a `scheduler` (`dask://HOST:PORT`) its workers compute; a job beyond `limits` is refused.
    Raises ScenarioError for a place that nobody knows, StoreError for a folder of another run, what a cluster
    raises, and KeyboardInterrupt; what was committed stays.
    """
    tell = progress or (lambda what, done, total: None)
    started, identity = datetime.now(UTC), identity_of(scenario)
    Ledger.refuse_other(folder, identity)
    elsewhere = None if scheduler is None else cluster.refuse_unusable(scheduler)
    tell("placing lasers", 0, 1)
    mesh, places = prepare(scenario)
    tell("placing lasers", 1, 1)
    keys = Ledger.plan_of(folder) or chunk_keys(scenario.time.steps, steps_per_chunk or _chunk_steps(mesh))
    if limits is not None:
        limits.refuse(
            estimate(mesh, Ledger.missing(folder, keys), elsewhere or workers, elsewhere is not None), folder
        )
    run_chunks(
        folder,
        identity,
        keys,
        _compute,
        workers=max(1, min(workers, len(keys))),
        scheduler=scheduler,
        setup=_carry,
        setup_args=(mesh,),
        progress=lambda done, total, resumed, seconds: tell("following ways", done, total),
    )
    answer = _answer(folder, mesh, places, lambda only: read_chunks(folder, keys, only))
    _keep(answer, identity, started)
    return answer


def _answer(folder: Path | None, mesh: Mesh, places: Places, read: Any) -> Answer:
    scenario = mesh.scenario
    found = summarise(read, mesh.pairs, places, scenario.time.step_s)
    one, other = (np.array(places.name)[mesh.pairs[:, end]] for end in (0, 1))
    pairs = tables.as_dataset(tables.PAIRS, {"one": one, "other": other, **found.columns})
    outages = tables.as_dataset(tables.OUTAGES, outage_columns(found.outages, scenario.time.step_s))
    summary, flows = _summary(mesh, places, found), None
    if scenario.traffic is not None:
        carried = carry(read, mesh.asked_mbps)
        summary["traffic"] = carried.summary
        ends = {"one": one, "other": other, "lands_at": np.full(one.size, "")}
        if mesh.fibre is not None:
            landed = land(read, places)
            ends["lands_at"] = landed.gateway
            summary["traffic"]["landing"] = landed.summary
        flows = tables.as_dataset(tables.FLOWS, {**ends, **carried.columns})
    return Answer(folder, scenario, places, pairs, outages, flows, summary)


def _summary(mesh: Mesh, places: Places, found: Found) -> dict[str, Any]:
    scenario, columns = mesh.scenario, found.columns
    time = scenario.time
    lost = np.bincount(found.outages.cause, weights=found.outages.steps, minlength=len(CAUSES))
    return {
        "schema_version": 1,
        "scenario": scenario.name,
        "constellation": scenario.constellation.label,
        "satellites": mesh.propagator.count,
        "places": places.count,
        "pairs": len(mesh.pairs),
        "start": f"{np.datetime_as_string(np.datetime64(time.start.replace(tzinfo=None)), 's')}Z",
        "duration_s": time.steps * time.step_s,
        "step_s": time.step_s,
        "steps": time.steps,
        "mask": scenario.ground.mask,
        "links": scenario.ground.links,
        "relay": scenario.routing.relay,
        "shortest_by": scenario.routing.shortest_by,
        "over_pairs": {name: _spread(columns[name]) for name in SPREAD},
        "pairs_never_connected": int((columns["connected_share"] == 0.0).sum()),
        "outages": int(columns["outages"].sum()),
        "steps_lost_to": {cause: int(n) for cause, n in zip(CAUSES[1:], lost[1:].tolist(), strict=True)},
        "notes": [*mesh.propagator.notes, *places.notes, *scenario.assumptions],
        "provenance": {"scenario_hash": scenario_hash(scenario), "seed": scenario.seed, **environment()},
    }


SPREAD: Final = (
    "connected_share",
    "rtt_min_ms",
    "rtt_median_ms",
    "rtt_max_ms",
    "jitter_ms",
    "satellites",
    "changes_per_hour",
    "handovers_per_hour",
    "gateway_changes_per_hour",
    "longest_outage_s",
)
"""Columns that the summary tells the spread of over the pairs."""


def _spread(values: NDArray[Any]) -> dict[str, float] | None:
    """Least, median and most over the pairs that have the figure; None where none has it."""
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    return {"least": float(known.min()), "median": float(np.median(known)), "most": float(known.max())}


def _keep(answer: Answer, identity: Identity, started: datetime) -> None:
    """Write the tables, the summary, the scenario as it ran, and where they came from."""
    assert answer.folder is not None
    outputs = {PAIRS: csv_of(answer.pairs), OUTAGES: csv_of(answer.outages)}
    if answer.flows is not None:
        outputs[FLOWS] = csv_of(answer.flows)
    outputs[SUMMARY] = json_of(answer.summary)
    keep(answer.folder, answer.scenario, identity, outputs, {"earth_orientation": eop_version()}, started)


def estimate(mesh: Mesh, keys: Sequence[str], workers: int, elsewhere: bool = False) -> Estimate:
    """What the chunks `keys` take, from rates seen on one core: 25 ns a destination and node, 150 ns a pair
    and step, 60 ns a satellite, 5 us a way of a flow. `workers` compute, here or `elsewhere`: then only this
    process counts."""
    nodes, pairs = mesh.propagator.count + mesh.grounds, len(mesh.pairs)
    state = nodes * len(mesh.destination)
    steps = sum(len(steps_of(key)) for key in keys)
    crew = max(1, min(workers, len(keys)))
    kept = 0.5 * state if mesh.scenario.routing.keep_states else 0.0  # bytes a step: one in sixteen changes
    traffic, flow_s = mesh.scenario.traffic, 0.0
    if traffic is not None:
        flow_s = 5e-6 * pairs * traffic.ways / traffic.every_steps
    memory = BASE_BYTES + _chunk_steps(mesh) * (7.0 * pairs + kept) + 24.0 * state
    return Estimate(
        seconds=3.0 + steps * (25e-9 * state + 150e-9 * pairs + 60e-9 * nodes + flow_s) / crew,
        memory_bytes=memory * (1 if elsewhere else crew + 1),
        disk_bytes=steps * (7.0 * pairs + kept),
    )


def _chunk_steps(mesh: Mesh) -> int:
    """Steps of a chunk: fewer where there are many pairs."""
    return max(1, min(STEPS_PER_CHUNK, MOST_CHUNK_VALUES // max(1, len(mesh.pairs))))


def chunk_keys(steps: int, steps_per_chunk: int = STEPS_PER_CHUNK) -> list[str]:
    """Keys of the chunks of a run: the steps each covers."""
    return chunks.span_keys("steps", steps, steps_per_chunk)


def steps_of(key: str) -> range:
    """The steps that the chunk of a key covers."""
    return chunks.span_of(key)


def identity_of(scenario: PathScenario) -> Identity:
    """What makes a run of this question that run."""
    return identity_of_kind(scenario, KIND)


_mesh: Mesh | None = None


def _carry(mesh: Mesh) -> None:
    """Give this process what its chunks are computed from."""
    global _mesh
    _mesh = mesh


def _compute(key: str) -> dict[str, Any]:
    """Arrays of one chunk: a pure function of what is carried and the key."""
    if _mesh is None:
        raise RuntimeError("a chunk was asked for before its mesh was set")
    return dict(run_chunk(_mesh, steps_of(key)))
