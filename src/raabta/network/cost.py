"""What a run will take, from a few of its slots computed beforehand and from the sizes of its arrays."""

from __future__ import annotations

import pickle
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.engine.arrays import encode
from raabta.network.admission import sky_bytes
from raabta.network.attachment import FEW
from raabta.network.chunk import even_slots, run_chunk, sky_at
from raabta.network.model import RUNGS, Admission
from raabta.network.slot import allocate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raabta.network.chunk import Arrays
    from raabta.network.model import Network

SAMPLE: Final = 5
"""Slots that are timed, evenly spaced over the run; those of a shorter run more than once."""


@dataclass(frozen=True)
class Cost:
    """Of a slot: `slot_s` on one free core, `sky_s` of it for its sky, `share_s` for sharing it out in clear
    sky, `slot_bytes` before it is coded. Of a
    chunk beside its slots: `chunk_s`, `chunk_bytes` on disk, `counts_bytes` of its counts in memory. Of the
    run: the network. Of a sky: `sky_bytes` that admission holds, `view_bytes` while it is made."""

    slot_s: float
    sky_s: float
    share_s: float
    slot_bytes: float
    chunk_s: float
    chunk_bytes: float
    counts_bytes: float
    network_bytes: float
    sky_bytes: float
    view_bytes: float


ADMITTED_EVERY: Final = 10
ADMITTED_LEVEL: Final = 0.5
"""A stand-in for the admission that is not decided yet: with it a slot of the built-in scenarios takes
as long as with the real one (measured: 1.03 and 1.16 of it; where all are admitted in full 0.4 and 0.7)."""
FEW_LEVEL: Final = 0.05
"""The same where so few cells ask that a slot is searched anew while a promise is short: real admission
promises little there and keeps it (27 cells of `pakistan`: levels from 0.002 to 0.39, none short)."""


def measure(network: Network) -> Cost:
    """Compute a few slots of a prepared network and weigh what they take."""
    network = _as_if_admitted(network)
    steps = network.scenario.time.steps
    every = network.scenario.weather.rain_state_every
    slots = sorted(np.resize(even_slots(steps, SAMPLE), SAMPLE).tolist())
    slots = [min(slot + 1, steps - 1) if slot % every == 0 else slot for slot in slots]  # no storm is drawn
    # loads the kernels, those of a storm and of a second look too
    run_chunk(network, [0, *slots], apart=True)
    began = time.thread_time()
    sky = sky_at(network, slots[0])
    sky_s = time.thread_time() - began
    began = time.thread_time()
    allocate(network, sky, np.zeros(network.ground.count, np.int64))
    share_s = time.thread_time() - began
    one_s, _ = _timed(network, slots[:1])
    all_s, kept = _timed(network, slots)
    by_slot = {name for name, array in kept.items() if array.ndim > 0 and array.shape[0] == SAMPLE}
    storm_s, _ = _timed(network, [0])
    slot_s = max(all_s - one_s, 0.0) / (SAMPLE - 1) + max(storm_s - one_s, 0.0) / every
    return Cost(
        slot_s=slot_s,
        sky_s=sky_s,
        share_s=share_s,
        slot_bytes=sum(kept[name].nbytes for name in by_slot) / SAMPLE,
        chunk_s=max(one_s - slot_s, 0.0),
        chunk_bytes=len(encode({name: array for name, array in kept.items() if name not in by_slot}, {})),
        counts_bytes=network.ground.count * len(network.plans) * (RUNGS + 1) * 4.0,
        network_bytes=len(pickle.dumps(network)),
        sky_bytes=sky_bytes(sky),
        view_bytes=float(sum(part.nbytes for part in sky.usable)),
    )


def _as_if_admitted(network: Network) -> Network:
    if network.scenario.sharing.allocation == "equal":
        return network
    order = network.demand.order
    promised = FEW_LEVEL if order.size <= FEW else ADMITTED_LEVEL
    level = np.where(np.arange(network.ground.count) % ADMITTED_EVERY == 0, promised, 0.0)
    first = order[np.argsort(level[order] <= 0.0, kind="stable")]
    return replace(network, admission=Admission(first, level))


def _timed(network: Network, slots: Sequence[int]) -> tuple[float, Arrays]:
    began = time.thread_time()
    kept = run_chunk(network, slots, apart=True)
    return time.thread_time() - began, kept
