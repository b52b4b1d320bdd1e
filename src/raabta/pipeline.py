"""The whole flow: scenario -> cells -> people -> demand -> network -> chunks -> served -> results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raabta.engine import kernelcache

kernelcache.single_threaded_blas()
kernelcache.prepare()

from raabta.base.errors import StoreError  # noqa: E402
from raabta.engine import cluster  # noqa: E402
from raabta.engine.ledger import Identity, Ledger  # noqa: E402
from raabta.engine.limits import DEFAULT_LIMITS, Estimate, Limits, give_back  # noqa: E402
from raabta.engine.limits import usable_cores as usable_cores  # noqa: E402
from raabta.engine.provenance import environment, hash_of, provenance, write_provenance  # noqa: E402
from raabta.engine.runner import run_chunks, start_early  # noqa: E402
from raabta.engine.verify import record_output  # noqa: E402
from raabta.scenario.loader import missing_files, scenario_hash, to_yaml  # noqa: E402
from raabta.service import cut, passes, store  # noqa: E402
from raabta.service.results import Results  # noqa: E402

if TYPE_CHECKING:
    import xarray as xr

    from raabta.network.model import Network
    from raabta.scenario.models import Scenario
    from raabta.service.outcome import Outcome
    from raabta.service.passes import Pass
    from raabta.service.people import People

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def run(
    scenario: Scenario,
    out: Path | str,
    *,
    workers: int | None = None,
    bands: bool = False,
    progress: Progress | None = None,
    slots_per_chunk: int | None = None,
    scheduler: str | None = None,
    limits: Limits | None = DEFAULT_LIMITS,
) -> Results:
    """Run a scenario into a folder; on a folder that holds part of this run, go on from there.

    `slots_per_chunk` (see `service.cut`) is chosen by the size of the network; results do not depend on it,
    and a run that is resumed keeps the cut it began with. With a `scheduler` (`dask://HOST:PORT`) its workers
    compute the slots. A folder of another run, version or environment is refused before anything is computed,
    and a job that would take more than `limits` before its slots are. Raises what the floors raise (see
    `base.errors`) and KeyboardInterrupt; what was committed stays.
    """
    out, started = Path(out), datetime.now(UTC)
    tell = progress or (lambda what, done, total: None)
    identity = identity_of(scenario)
    Ledger.refuse_other(out, identity)
    elsewhere = None if scheduler is None else cluster.refuse_unusable(scheduler)
    if scheduler is None and choose_workers(workers, _least_chunks(out, scenario.time.steps)) > 1:
        start_early("raabta.network.warm")
    tell("placing people", 0, 1)
    cells, people = place_people(scenario)
    tell("placing people", 1, 1)
    tell(cut.STAGES[cut.FIRST][0], 0, 1)
    prepared = passes.prepared(scenario, cells, people)
    keys = _cut(out, prepared, slots_per_chunk)
    if limits is not None:
        limits.refuse(_effort(prepared, out, keys, workers, elsewhere), out)
    _plan(out, identity, keys)

    def answer(each: Pass) -> Outcome:
        _compute(each, out, identity, keys[each.name], workers, scheduler, tell)
        tell("summing up", prepared.index(each), len(prepared))
        return store.sum_up(out, each)

    found = passes.follow(prepared, answer)
    results = store.summarise_run(out, prepared, found)
    tell("summing up", len(prepared), len(prepared))
    if bands:
        from raabta.service.bands import add_bands

        results = add_bands(results, served_of, choose_workers(workers, 13), tell)
    _keep(results, started)
    return results


def _compute(
    each: Pass,
    out: Path,
    identity: Identity,
    keys: list[str],
    workers: int | None,
    scheduler: str | None,
    tell: Progress,
) -> None:
    """Admit a pass, and compute and commit those of its chunks that the folder does not hold."""
    preparing, simulating = cut.STAGES[each.name]
    tell(preparing, 0, 1)
    each.network = admit_network(each.network)
    tell(preparing, 1, 1)
    give_back()
    run_chunks(
        out,
        identity,
        keys,
        compute_chunk,
        workers=choose_workers(workers, len(keys)),
        scheduler=scheduler,
        setup=_carry,
        setup_args=(each.network,),
        progress=lambda done, total, resumed, seconds: tell(simulating, *slots_done(keys, done)),
    )


def place_people(scenario: Scenario) -> tuple[xr.Dataset, People]:
    """Cells of the area at the height of the ground, and its people in them."""
    from raabta.links.maps import read_ahead, surface_height_km

    read_ahead()
    from raabta.access.cells import cells as area_cells
    from raabta.service.data import towns
    from raabta.service.people import place

    known = towns(scenario.area.country)
    no_towns = scenario.area.outline_file is not None
    cells = area_cells(
        scenario.area,
        known.latitude_deg[:0] if no_towns else known.latitude_deg,
        known.longitude_deg[:0] if no_towns else known.longitude_deg,
    )
    height_km = surface_height_km(cells["latitude_deg"].values, cells["longitude_deg"].values)
    cells["height_m"].values[:] = 1e3 * height_km
    people, _, _ = place(scenario, cells)
    return cells, people


def build_network(scenario: Scenario, cells: xr.Dataset, people: People) -> Network:
    """Everything a slot needs, from the scenario and its people; admission decided."""
    return admit_network(prepare_network(scenario, cells, people))


def prepare_network(scenario: Scenario, cells: xr.Dataset, people: People) -> Network:
    """Everything a slot needs, from the scenario and its people; everybody is admitted."""
    return passes.over_all_homes(cut.FIRST, scenario, cells, people).network


def admit_network(network: Network) -> Network:
    """The network with the interference of its own beams summed and its admission decided."""
    from raabta.network.admission import admit
    from raabta.network.interference import with_interference

    return admit(with_interference(network, usable_cores()), usable_cores())


def estimate(
    scenario: Scenario, out: Path, *, workers: int | None = None, elsewhere: int | None = None
) -> Estimate:
    """What a run of a scenario into a folder would still take on so many workers, here or `elsewhere`."""
    prepared = passes.prepared(scenario, *place_people(scenario))
    return _effort(prepared, out, _cut(out, prepared, None), workers, elsewhere)


def _effort(
    prepared: Sequence[Pass],
    out: Path,
    keys: dict[str, list[str]],
    workers: int | None,
    elsewhere: int | None,
) -> Estimate:
    """Of the passes one after the other, each as if it were asked for all homes: the most there can be."""
    from raabta.service import effort

    parts = []
    for each in prepared:
        missing = Ledger.missing(out, keys[each.name])
        count = (
            choose_workers(workers, len(missing)) if elsewhere is None else min(elsewhere, len(missing) or 1)
        )
        threads, away = usable_cores(), elsewhere is not None
        parts.append(effort.estimate(each.network, missing, count, threads=threads, elsewhere=away))
    return Estimate(
        seconds=sum(part.seconds for part in parts),
        memory_bytes=max(part.memory_bytes for part in parts),
        disk_bytes=sum(part.disk_bytes for part in parts),
    )


def _least_chunks(out: Path, steps: int) -> int:
    """Chunks that a run has to compute at least, before it is known how it will be cut."""
    return len(Ledger.missing(out, Ledger.plan_of(out) or cut.chunk_keys(steps, cut.BATCH_SLOTS)))


def identity_of(scenario: Scenario) -> Identity:
    """Whose a run folder of the scenario is, here and now."""
    return Identity(
        scenario_hash=scenario_hash(scenario),
        version=str(environment()["raabta"]),
        seed=scenario.seed,
        environment=hash_of(environment()),
    )


def served_of(scenario: Scenario, slots: list[int]) -> dict[str, float]:
    """Homes served per plan, from some slots of a scenario only and kept nowhere: for bands and failures."""
    from raabta.network.chunk import run_chunk

    def answer(each: Pass) -> Outcome:
        each.network = admit_network(each.network)
        chunk = run_chunk(each.network, slots, apart=True)
        return store.outcome_of(each, lambda only: [chunk], len(slots))

    return store.served_totals(passes.follow(passes.prepared(scenario, *place_people(scenario)), answer))


def _cut(out: Path, prepared: Sequence[Pass], length: int | None) -> dict[str, list[str]]:
    """Keys of the chunks of every pass: the folder's if it has begun, else chunks that fit in memory."""
    begun, found = Ledger.plan_of(out), {}
    for each in prepared:
        network, steps = each.network, each.scenario.time.steps
        longest = cut.slots_per_chunk(network.ground.count, network.propagator.count)
        own = [key for key in begun if cut.pass_of(key) == each.name]
        fresh = cut.chunk_keys(steps, length or longest, each.name)
        if own and length is not None and own != fresh:
            raise StoreError(
                f"{out} was begun with other chunks than of {length} slots. Choose another folder"
            )
        found[each.name] = own or fresh
    return found


def _plan(out: Path, identity: Identity, keys: dict[str, list[str]]) -> None:
    """Note the chunks of all passes at once: a run that ends between two of them is known as unfinished."""
    if len(keys) > 1:
        with Ledger.create_or_resume(out, identity) as ledger:
            ledger.plan([key for own in keys.values() for key in own])


def slots_done(keys: list[str], done: int) -> tuple[int, int]:
    """(slots done, slots in all) when so many chunks are; chunks are equal but for the last."""
    total = cut.slots_of(keys[-1]).stop
    return min(done * len(cut.slots_of(keys[0])), total), total


_network: Network | None = None


def _carry(network: Network) -> None:
    """Give this process the network its chunks are computed from, and warm the kernels."""
    global _network
    _network = network


def compute_chunk(key: str) -> dict[str, Any]:
    """Arrays of one chunk: a pure function of the network and the key."""
    from raabta.network.chunk import run_chunk

    if _network is None:
        raise RuntimeError("compute_chunk was called before its network was set")
    return dict(run_chunk(_network, cut.slots_of(key)))


def choose_workers(asked: int | None, chunks: int) -> int:
    """Worker processes: what was asked for, else one per usable core, never more than chunks."""
    return max(1, min(asked if asked is not None else usable_cores(), chunks))


def _keep(results: Results, started: datetime) -> None:
    """Store the scenario as it ran, the results and where they came from; record what must not change."""
    from raabta.base.clock import eop_version
    from raabta.engine.atomic import write_bytes

    folder, scenario = results.folder, results.scenario
    write_bytes(folder / "scenario.yaml", to_yaml(scenario).encode())
    store.write_results(results)
    for name in ("scenario.yaml", store.RESULTS):
        record_output(folder, name)
    content = provenance(
        scenario_hash=scenario_hash(scenario),
        seed=scenario.seed,
        inputs={"earth_orientation": eop_version()},
        started=started,
        ended=datetime.now(UTC),
    )
    write_provenance(folder, content)


def open_run(folder: Path) -> Results:
    """The results of a finished run. Raises StoreError for a folder that holds none."""
    return store.read_results(Path(folder))


def open_slots(
    folder: Path, first: int = 0, last: int | None = None, *, fallback: bool = False
) -> xr.Dataset:
    """What every cell had in the slots of a run (table SLOTS), read from its chunks.

    Slots from `first` to before `last`, all by default; under its `fallback` in place of its constellation
    where that is asked. Raises LimitError, with how many slots can be had at once, for a Dataset of over
    1 GiB.
    """
    return store.read_slots(Path(folder), first, last, fallback=fallback)


def explain(
    folder: Path, *, place: str | None = None, cell: str | None = None, all_classes: bool = False
) -> Explanation:
    """Why one place gets what it gets: over the run, in a typical slot and in its worst one.

    `place` is a town or district of the area, `cell` an H3 index in hex; `all_classes` gives the link budgets
    of every terminal class, not only of the one that reaches most homes. Raises ScenarioError for a name that
    is not there, with the nearest ones, and StoreError for a folder without results, or with results that
    cannot be computed again: a file that the scenario names is another one now.
    """
    from raabta.service.locate import find, over_the_run

    results = open_run(Path(folder))
    found = find(results, place=place, cell=cell)
    refuse_changed(results)
    number, lines = found.number, [*found.notes, *over_the_run(results, found.number)]
    for each in passes.prepared(results.scenario, *place_people(results.scenario)):
        lines += _slots_explained(results, each, number, all_classes)
    return Explanation(tuple(lines))


def _slots_explained(results: Results, each: Pass, number: int, all_classes: bool) -> list[str]:
    """The typical and the worst slot of cell `number` in one pass of a run, computed again, as lines."""
    from raabta.network import explain as slot
    from raabta.service.hybrid import part_of
    from raabta.service.locate import telling_slots

    label, whose, lines = each.scenario.constellation.label, "", list[str]()
    if results.fallback is not None:
        whose = f" of {label}"
        if each.name == cut.FALLBACK:
            each.offer(part_of(each.asked, results.fallback["offered_share"].values, each.people.row_cell))
    if each.name == cut.FALLBACK and not each.asked.cell[number] > 0.0:
        return ["", f"{label} is offered no home of this cell"]
    network = admit_network(each.network)
    for title, number_of_slot in telling_slots(results.folder, number, each.name):
        told = slot.explain_cell(network, number, number_of_slot)
        lines += ["", title + whose, *slot.lines(told, all_classes=all_classes)]
    return lines


def refuse_changed(results: Results) -> None:
    """Raise StoreError if the scenario is not the one that ran, by what its files hold now."""
    gone = missing_files(results.scenario)
    if gone:
        raise StoreError(
            f"{results.folder}: the run was made from {', '.join(gone)}, which is not there any more. "
            "`raabta report` does not need it; `explain` and `spectrum` compute slots again. Put it back"
        )
    with Ledger.read(results.folder) as ledger:
        ran = ledger.identity().scenario_hash
    if scenario_hash(results.scenario) != ran:
        raise StoreError(
            f"{results.folder}: a file that the scenario names, or raabta itself, has changed since the run, "
            "so its slots cannot be computed again. Put the file back, or run into another folder"
        )


@dataclass(frozen=True)
class Explanation:
    """Lines of text that say why."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)
