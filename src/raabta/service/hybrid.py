"""Two constellations as one answer: each home counts once, with the constellation that serves it.

The homes that the fallback serves at the plan of the run are its own; all others stay with the first, those
that neither serves too. What is a mean or a count over homes is of both; what cannot be added (delay of a
cell, satellites in view, what binds there, outages) stands for each constellation by itself.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.network.chunk import U16
from raabta.network.record_kernels import LEVEL_STEP
from raabta.scenario.models import FALLBACK_CLASS, PLANS_MBPS
from raabta.service.gather_kernels import add_with_fibre
from raabta.service.outcome import Landings, Outcome
from raabta.service.summary import busy_hour_mbps, cell_arrays, plan_rates, summarise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from raabta.scenario.models import Gateway, Terminal
    from raabta.service.demand import Subscribers
    from raabta.service.gather import Gathered

    Floats = NDArray[np.float64]
    Arrays = Mapping[str, NDArray[Any]]

NOBODY: Final = 1e-6
"""A smaller share of a cell's ask is the rounding of the shares of its classes: nobody is left there."""
WEIGHT: Final = 1e-3
"""Homes are weighed in thousandths, as in `Gathered`."""
PERCENTILES: Final = frozenset(("rtt", "down", "gateway"))
"""What of a chunk the delay and the rate of homes are read from."""
OF_A_PART: Final = (
    "satellites", "availability_share", "link_availability_share", "busy_hour_mbps", "rtt_propagation_ms",
    "rtt_estimate_ms", "throughput_gbps",
)  # fmt: skip
"""What of the totals is said of each constellation too."""
SAID_OF_A_PART: Final = (
    "flux_cap", "binding_constraint_share", "binding_constraint_share_return", "sampling", "rain_states",
    "assignment", "handovers",
)  # fmt: skip
"""What else of a summary is."""


@dataclass(frozen=True)
class Hybrid(Outcome):
    """Both as one: the classes of the first, then those of the fallback, levels by the whole ask of a cell.

    moved (n,): share of a cell's ask that the fallback serves at the plan of the run.
    """

    first: Outcome
    second: Outcome
    moved: Floats

    def class_subscribers(self) -> Floats:
        """Homes that each class is asked for, (j,): the fallback's are among those that the first leaves."""
        return np.concatenate([self.first.class_subscribers(), self.second.class_subscribers()])

    def terminals(self) -> list[tuple[str, Terminal]]:
        """Name and radio of every class."""
        return [*self.first.terminals(), *((FALLBACK_CLASS + name, t) for name, t in self.second.terminals())]

    def gateways(self) -> list[Gateway]:
        """Every gateway of both."""
        return [*self.first.gateways(), *self.second.gateways()]

    def served_90(self) -> tuple[float, float]:
        """90 % interval of the homes served: those of both added, as if both erred the same way."""
        ends = zip(self.first.served_90(), self.second.served_90(), strict=True)
        low, high = (min(sum(pair), float(self.asked.cell.sum())) for pair in ends)
        return low, high

    def landings(self) -> list[Landings]:
        """Of both: where each of its gateways stands and what lands there."""
        return [*self.first.landings(), *self.second.landings()]

    def own(self) -> Floats:
        """Homes served by the fallback per plan, (p,)."""
        return np.asarray(self.served_cell()[:, :, self.first.asked.class_share.size :].sum(axis=(0, 2)))


def left_share(found: Outcome) -> Floats:
    """Share of every cell's ask that is not served at the plan of the run, (n,)."""
    left = 1.0 - _share(found)[:, found.design]
    return np.where(left > NOBODY, left, 0.0)


def _share(found: Outcome) -> Floats:
    """Share of every cell's ask that is served at each plan, (n, p)."""
    return np.asarray((found.level * found.asked.class_share).sum(axis=2))


def left_over(found: Outcome, asked: Subscribers) -> Subscribers:
    """Of the homes `asked`, those that one pass leaves to the next, which has terminals of its own."""
    return part_of(asked, left_share(found), found.people.row_cell)


def part_of(asked: Subscribers, share: Floats, row_cell: NDArray[np.int32]) -> Subscribers:
    """A share of the homes of every cell, (n,); the classes share them as before."""
    return replace(
        asked,
        row=asked.row * share[row_cell],
        cell=asked.cell * share,
        addressable_row=asked.addressable_row * share[row_cell],
        addressable_cell=asked.addressable_cell * share,
    )


def joined(found: Sequence[Outcome]) -> Outcome:
    """What one pass found as it is, or two as a Hybrid. Percentiles are the first's until `spread`."""
    if len(found) == 1:
        return found[0]
    first, second = found
    left, counted = left_share(first), _counted(first, second)
    moved = (counted[:, first.design] * second.asked.class_share).sum(axis=1)
    available = (1.0 - moved) * first.available + _own_share(second.available, left, moved, 1.0)
    return Hybrid(
        scenario=first.scenario,
        people=first.people,
        asked=replace(
            first.asked, class_share=np.concatenate([first.asked.class_share, second.asked.class_share])
        ),
        gathered=_gathered(first, second, left, moved),
        design=first.design,
        rung=np.concatenate([first.rung, second.rung], axis=2),
        level=np.concatenate([first.level, counted], axis=2),
        available=np.minimum(available, 1.0),
        linked=(1.0 - moved) * first.linked + moved * second.linked,
        sample=first.sample if second.sample is not None else None,
        batch_available=_batches(first, second, moved, available),
        first=first,
        second=second,
        moved=moved,
    )


def _counted(first: Outcome, second: Outcome) -> Floats:
    """Level of the fallback by the whole ask of every cell, (n, p, j).

    Where both could serve more than all at a plan below that of the run, the home counts with the first.
    """
    left = left_share(first)[:, None]
    most, wanted = np.maximum(1.0 - _share(first), 0.0), left * _share(second)
    kept = np.where(wanted > most, most / np.where(wanted > 0.0, wanted, 1.0), 1.0)
    return np.asarray(second.level * (left * kept)[:, :, None])


def _own_share(values: Floats, left: Floats, moved: Floats, most: float) -> Floats:
    """Mean over the homes offered, times those: what the homes moved have of it, each at most `most`, (n,).

    What the fallback carries goes to the homes that it serves.
    """
    return np.minimum(values * left, most * moved) * (moved > 0.0)


def _batches(first: Outcome, second: Outcome, moved: Floats, available: Floats) -> Floats:
    """Share of the asked homes that have the plan, by batch, about the mean of the run."""
    homes = first.asked.cell
    total = float(homes.sum())
    if total == 0.0:
        return first.batch_available
    gone, offered = float(moved @ homes) / total, float(second.asked.cell.sum()) / total
    values = (1.0 - gone) * first.batch_available + offered * second.batch_available
    return np.asarray(values + (float(available @ homes) / total - values.mean()))


def _gathered(first: Outcome, second: Outcome, left: Floats, moved: Floats) -> Gathered:
    """Sums of both: rates over the slots added, what is unserved of the homes that stay with the first."""
    sums = copy.copy(first.gathered)
    stay = (1.0 - moved)[:, None]
    sums.code_unserved = np.rint(sums.code_unserved * stay).astype(np.int64)
    sums.code_unserved_up = np.rint(sums.code_unserved_up * stay).astype(np.int64)
    sums.level_sum = _level_sum(first, second, left, moved)
    dark = first.gathered.gateway_traffic[:1]
    sums.gateway_traffic = np.concatenate([dark, _traffic(first), _traffic(second)])
    sums.day = {}
    for name in first.gathered.day:
        ours, theirs = first.gathered.series(name), second.gathered.series(name)
        sums.day[name] = [np.maximum(ours, theirs) if name == "lit_cells" else ours + theirs]
    return sums


def _traffic(part: Outcome) -> Floats:
    return part.gathered.gateway_traffic[1 : 1 + len(part.gateways())]


def _level_sum(first: Outcome, second: Outcome, left: Floats, moved: Floats) -> NDArray[np.int64]:
    """Levels that give each cell the mean rate of its homes, as `Gathered.level_sum` counts them."""
    plan_mbps, top_mbps = plan_rates(first)
    rate = (1.0 - moved) * busy_hour_mbps(first)
    rate += _own_share(busy_hour_mbps(second), left, moved, top_mbps)
    return np.rint(rate / plan_mbps / LEVEL_STEP * first.slots).astype(np.int64)


def spread(found: Hybrid, chunks: Iterable[Arrays], fallback_chunks: Iterable[Arrays]) -> Hybrid:
    """With delay and rate of homes over all slots, each home's of the constellation that serves it.

    `chunks` and `fallback_chunks` hold PERCENTILES of the two passes.
    """
    sums = copy.copy(found.gathered)
    sums.rtt_histogram, sums.level_count = np.zeros(U16, np.int64), np.zeros(U16, np.int64)
    sums.fibre_histogram = np.zeros_like(found.gathered.fibre_histogram)
    homes = found.asked.cell
    moved = found.moved * homes
    # What the first carries is shared by every home that asks, what the fallback does by those it serves.
    for part, read, own, sharing in (
        (found.first, chunks, homes - moved, homes),
        (found.second, fallback_chunks, moved, moved),
    ):
        weight = np.rint(own / WEIGHT).astype(np.int64)
        full_mbps = sharing * part.online_share() * plan_rates(part)[0]
        slot = 0
        for chunk in read:
            _add(sums, chunk, weight, full_mbps)
            if part.gathered.fibre_steps is not None:
                steps = part.gathered.fibre_steps.of(slot, len(chunk["gateway"]))
                add_with_fibre(chunk["gateway"], chunk["rtt"], steps, weight, sums.fibre_histogram)
            slot += len(chunk["gateway"])
    return replace(found, gathered=sums)


def _add(sums: Gathered, chunk: Arrays, weight: NDArray[np.int64], full_mbps: Floats) -> None:
    """Add the homes of a chunk by round trip and by level; full_mbps (n,): the rate that is level 1."""
    rtt = chunk["rtt"]
    each = np.broadcast_to(weight, rtt.shape).ravel()
    sums.rtt_histogram += np.bincount(rtt.ravel(), each, U16).astype(np.int64)
    some = np.where(full_mbps > 0.0, full_mbps, np.inf)
    level = np.minimum(np.rint(chunk["down"] / some / LEVEL_STEP), U16 - 1).astype(np.int64)
    sums.level_count += np.bincount(level.ravel(), each, U16).astype(np.int64)


def fallback_arrays(found: Hybrid, cells: xr.Dataset) -> dict[str, NDArray[Any]]:
    """Variables of the table FALLBACK_RESULTS: what the fallback finds in every cell."""
    own, first = cell_arrays(found.second, cells), found.first.asked.class_share.size
    kept = {
        name: own[name]
        for name in (
            "availability_share", "link_availability_share", "busy_hour_mbps", "rtt_p50_ms", "rtt_p95_ms",
            "satellites_in_view", "constraint_share", "binding", "geometry_outage_share", "rain_outage_share",
            "capacity_outage_share",
        )
    }  # fmt: skip
    return {
        "offered_share": left_share(found.first),
        "offered_households": found.second.asked.cell,
        "served_households": found.served_cell()[:, :, first:].sum(axis=2),
        **kept,
    }


def summary_of(found: Outcome, extra: dict[str, Any], own: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The summary of a run; where there are two constellations it says of each what is its `own`."""
    whole = summarise(found, extra)
    if not isinstance(found, Hybrid):
        return whole
    parts = found.first, found.second
    served = found.first.served_cell().sum(axis=(0, 2)), found.own()
    whole["constellations"] = [_said(*each) for each in zip(parts, served, own, strict=True)]
    systems = [part.scenario.constellation.name for part in parts for _ in part.gateways()]
    for row, name in zip(whole["gateways"], systems, strict=True):
        row["constellation"] = name
    for row, homes in zip(whole["districts"], _by_district(found), strict=True):
        row["households_served_by_fallback"] = dict(zip(PLANS_MBPS, homes.tolist(), strict=True))
    return whole


def _said(part: Outcome, served: Floats, own: dict[str, Any]) -> dict[str, Any]:
    """What one constellation alone says: of the homes that it is asked for."""
    said = summarise(part, own)
    system = part.scenario.constellation
    return {
        "name": system.name,
        "label": system.label,
        "households_asked": float(part.asked.cell.sum()),
        "households_served": dict(zip(PLANS_MBPS, served.tolist(), strict=True)),
        **{name: said["totals"][name] for name in OF_A_PART},
        **{name: said[name] for name in SAID_OF_A_PART},
    }


def _by_district(found: Hybrid) -> Floats:
    """Homes that the fallback serves in every district, (d, p)."""
    rows = found.served_row()[:, :, found.first.asked.class_share.size :].sum(axis=2)
    out = np.zeros((found.people.districts.size, rows.shape[1]))
    np.add.at(out, found.people.row_district, rows)
    return out
