"""What store and forward delivered: by bundle, by source, by node and time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray
    from numpy.typing import NDArray

    from raabta.network.delay_tolerant.sources import Source
    from raabta.network.mesh.contacts import ContactPlan

    Floats = NDArray[np.float64]
    Nodes = NDArray[np.int32]

FATES = ("pending", "delivered", "no contact", "contacts full", "expired", "buffer full")
"""What became of a bundle, by number. None is left pending."""
_PARTS = (0.5, 0.95)


@dataclass(frozen=True)
class Deliveries:
    """Bundles (b,) by creation, and every sending of one (h,) by its beginning; s from the plan's start.

    source: index into `sources`; best_case_s: delivery in an empty network, infinite for never; fate: index
    into `FATES`; ended_s: delivered or lost, NaN for those that a node still holds; ended_node: where, -1 for
    those; was_held: whether a lost one had been in that node's buffer. hop_contact: row of the plan that the
    last byte left by; hop_begin_s, hop_end_s: of the sending; hop_arrival_s: of the last byte.
    """

    plan: ContactPlan
    sources: tuple[Source, ...]
    source: Nodes
    created_s: Floats
    volume_mb: Floats
    deadline_s: Floats
    best_case_s: Floats
    fate: NDArray[np.int8]
    ended_s: Floats
    ended_node: Nodes
    was_held: NDArray[np.bool_]
    hop_bundle: NDArray[np.int64]
    hop_contact: NDArray[np.int64]
    hop_begin_s: Floats
    hop_end_s: Floats
    hop_arrival_s: Floats

    def __len__(self) -> int:
        return int(self.source.size)

    @property
    def delivered(self) -> NDArray[np.bool_]:
        """Which bundles were delivered, (b,)."""
        return np.asarray(self.fate == 1)

    @property
    def latency_s(self) -> Floats:
        """Creation to delivery, (b,); NaN for what was not delivered."""
        return np.where(self.delivered, self.ended_s - self.created_s, np.nan)

    @property
    def hops(self) -> NDArray[np.int64]:
        """Sendings of each bundle, (b,)."""
        return np.bincount(self.hop_bundle, minlength=len(self)).astype(np.int64)

    def volume_by_fate_mb(self) -> Floats:
        """MB of each source and fate, (sources, fates)."""
        out = np.zeros((len(self.sources), len(FATES)))
        np.add.at(out, (self.source, self.fate), self.volume_mb)
        return out

    def delivered_mb(self, times_s: Any) -> Floats:
        """MB of each source delivered by each time, (t, sources)."""
        done = np.flatnonzero(self.delivered)
        done = done[np.argsort(self.ended_s[done], kind="stable")]
        times = np.asarray(times_s, np.float64)
        out = np.zeros((times.size, len(self.sources)))
        for k in range(len(self.sources)):
            own = done[self.source[done] == k]
            upto = np.concatenate(([0.0], np.cumsum(self.volume_mb[own])))
            out[:, k] = upto[np.searchsorted(self.ended_s[own], times, side="right")]
        return out

    @cached_property
    def backlog(self) -> Backlog:
        """What each node holds, from change to change."""
        return _backlog(self)

    def held_mb(self, times_s: Any) -> Floats:
        """MB in each node's buffer right after each time, (t, n)."""
        return self.backlog.at(times_s, len(self.plan.nodes))

    def dataset(self) -> xarray.Dataset:
        """One row a bundle: the declared table `bundles`."""
        from raabta.base.tables import BUNDLES, as_dataset

        given: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("source", "created_s", "volume_mb", "fate", "ended_s", "ended_node", "latency_s")
        }
        best = np.where(np.isfinite(self.best_case_s), self.best_case_s, np.nan)
        given |= {"best_case_s": best, "hops": self.hops.astype(np.int32)}
        given |= {"node": np.array(self.plan.nodes), "fate_name": np.array(FATES)}
        return as_dataset(BUNDLES, given)

    def by_source(self) -> xarray.Dataset:
        """One row a source: the declared table `deliveries`."""
        from raabta.base.tables import DELIVERIES, as_dataset

        volume = self.volume_by_fate_mb()
        names = {"source": "title", "from": "node", "to": "destination"}
        given: dict[str, Any] = {k: np.array([getattr(s, v) for s in self.sources]) for k, v in names.items()}
        given["priority"] = np.array([s.priority for s in self.sources], np.int32)
        given["offered_mb"] = volume.sum(axis=1)
        columns = ("delivered_mb", "no_contact_mb", "contacts_full_mb", "expired_mb", "buffer_full_mb")
        given |= {name: volume[:, k + 1] for k, name in enumerate(columns)}
        return as_dataset(DELIVERIES, given | self._latencies())

    def _latencies(self) -> dict[str, Floats]:
        """Latencies of each source, every MB counted alike; NaN where nothing was delivered."""
        names = ("latency_min_s", "latency_p50_s", "latency_p95_s", "latency_max_s", "last_delivered_s")
        out = {name: np.full(len(self.sources), np.nan) for name in names}
        for k in range(len(self.sources)):
            own = np.flatnonzero(self.delivered & (self.source == k))
            if own.size:
                latency, p50, p95 = self.latency_s[own], *latency_shares(self, _PARTS, own)
                figures = latency.min(), p50, p95, latency.max(), self.ended_s[own].max()
                for name, figure in zip(names, figures, strict=True):
                    out[name][k] = figure
        return out

    def backlog_table(self) -> xarray.Dataset:
        """One row a change of what a node holds: the declared table `node_backlog`."""
        from raabta.base.tables import NODE_BACKLOG, as_dataset

        series = self.backlog
        given: dict[str, Any] = {"time_s": series.time_s, "node": series.node, "held_mb": series.held_mb}
        return as_dataset(NODE_BACKLOG, given | {"name": np.array(self.plan.nodes)})


@dataclass(frozen=True)
class Backlog:
    """Changes (e,) by time: node, and what it holds from then on."""

    time_s: Floats
    node: Nodes
    held_mb: Floats

    def at(self, times_s: Any, nodes: int) -> Floats:
        """What each node holds right after each time, (t, nodes)."""
        times = np.asarray(times_s, np.float64)
        out = np.zeros((times.size, nodes))
        for node in range(nodes):
            own = self.node == node
            after = np.searchsorted(self.time_s[own], times, side="right")
            out[:, node] = np.concatenate(([0.0], self.held_mb[own]))[after]
        return out


def latency_shares(deliveries: Deliveries, shares: Any, rows: Any = None) -> Floats:
    """Latencies within which shares of the delivered volume came, (q,): every MB counted alike."""
    own = np.flatnonzero(deliveries.delivered) if rows is None else np.asarray(rows)
    if own.size == 0:
        return np.full(np.size(shares), np.nan)
    order = own[np.argsort(deliveries.latency_s[own], kind="stable")]
    upto = np.cumsum(deliveries.volume_mb[order])
    at = np.searchsorted(upto, np.asarray(shares) * upto[-1] * (1.0 - 1e-12))
    return np.asarray(deliveries.latency_s[order[np.minimum(at, order.size - 1)]])


def _backlog(told: Deliveries) -> Backlog:
    """Changes at each node from the sendings and the ends of bundles."""
    sender, receiver = told.plan.from_node[told.hop_contact], told.plan.to_node[told.hop_contact]
    size = told.volume_mb[told.hop_bundle]
    refused = (told.fate == FATES.index("buffer full")) & ~told.was_held
    last = np.full(len(told), -1, np.int64)
    last[told.hop_bundle] = np.arange(told.hop_bundle.size)
    kept = np.ones(told.hop_bundle.size, np.bool_)
    kept[last[(last >= 0) & (told.delivered | refused)]] = False
    made = np.flatnonzero(~(refused & (last < 0)))
    origin = np.array([told.plan.nodes.index(s.node) for s in told.sources], np.int32)[told.source]
    lost = np.flatnonzero(told.was_held)
    time = (told.created_s[made], told.hop_end_s, told.hop_arrival_s[kept], told.ended_s[lost])
    node = (origin[made], sender, receiver[kept], told.ended_node[lost])
    change = (told.volume_mb[made], -size, size[kept], -told.volume_mb[lost])
    return _summed(np.concatenate(time), np.concatenate(node), np.concatenate(change))


def _summed(time_s: Floats, node: Any, change_mb: Floats) -> Backlog:
    """One row for each time and node at which what it holds changes."""
    order = np.lexsort((time_s, node))
    time_s, node, change_mb = time_s[order], node[order], change_mb[order]
    held = np.cumsum(change_mb)
    first = np.searchsorted(node, node)
    held -= np.where(first > 0, held[first - 1], 0.0)
    keep = np.append((time_s[1:] != time_s[:-1]) | (node[1:] != node[:-1]), True)[: node.size]
    held = np.where(np.abs(held) < 1e-9 * max(1.0, np.abs(change_mb).max(initial=0.0)), 0.0, held)
    rows = np.flatnonzero(keep)
    rows = rows[np.lexsort((node[rows], time_s[rows]))]
    return Backlog(time_s[rows], node[rows].astype(np.int32), np.maximum(held[rows], 0.0))
