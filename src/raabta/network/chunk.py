"""One chunk of slots: a pure function of the network and the slot numbers, returning plain arrays to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.engine.arrays import keep_bits
from raabta.links.tables import PROBABILITY
from raabta.network import survival_kernels as kernels
from raabta.network.constraints import CONSTRAINTS
from raabta.network.model import SLOT_UNIT
from raabta.network.sky import Sky, observe_sky
from raabta.network.slot import Allocation, allocate, rates_mbps, round_trip_ms
from raabta.network.survival import Weighed, weigh

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from raabta.network.model import Network

    Arrays = dict[str, NDArray[np.generic]]
    Ints = NDArray[np.int64]

RATE_BITS: Final = 8
"""Significant bits of a stored rate: it is not known better than 0.4 %, and zero bits cost no disk."""
RTT_STEP_MS: Final = 0.05
"""Stored delays are unsigned 16-bit counts of this step."""
LEVEL_STEP: Final = 1e-3
WEIGHT_UNIT: Final = 1_000
"""Subscribers are weighed in thousandths: whole numbers keep sums exact however time is cut."""
U16: Final = 65_536


def slot_times(network: Network, slots: Sequence[int]) -> NDArray[np.datetime64]:
    """UTC of some slots, datetime64[ns]."""
    time = network.scenario.time
    start = np.datetime64(time.start.replace(tzinfo=None), "ns")
    step_ns = round(time.step_s * 1e9)
    return start + (np.asarray(slots, np.int64) * step_ns).astype("timedelta64[ns]")


def storm_states(network: Network, slot: int) -> Ints:
    """Seeded rain state of every cell in one slot, (n,): one draw per storm area, so storms are local.

    The first weather state is dry: it draws clear sky (0), not the fade at its far end.
    """
    generator = np.random.default_rng(np.random.SeedSequence([network.scenario.seed, slot]))
    draw = generator.random(int(network.storm_area.max()) + 1)
    state = 1 + np.searchsorted(np.cumsum(PROBABILITY), draw, side="right")
    state = np.where(state == 1, 0, np.minimum(state, len(PROBABILITY)))
    return np.asarray(state, np.int64)[network.storm_area]


def run_chunk(network: Network, slots: Sequence[int]) -> Arrays:
    """Run some slots. Sums are integers, so that they add up the same however time is cut."""
    position_km = network.propagator.positions_km(slot_times(network, slots))
    record = _Record(network, len(slots))
    for i, slot in enumerate(slots):
        sky = observe_sky(network, position_km[i])
        clear = allocate(network, sky, record.no_weather)
        record.keep(i, sky, clear)
        if slot % network.scenario.weather.rain_state_every == 0:
            record.keep_storm(slot, sky, clear)
    return record.arrays()


class _Record:
    """Accumulates one chunk: per slot and cell what people ask about, per cell the weather-weighted sums."""

    def __init__(self, network: Network, slots: int) -> None:
        n, classes = network.demand.active.shape
        self.network = network
        self.no_weather = np.zeros(n, np.int64)
        self.total_active = network.total_active
        self.satellite = np.full((slots, n), -1, np.int16)
        self.gateway = np.full((slots, n), -1, np.int8)
        self.code_down = np.full((slots, n), -1, np.int8)
        self.code_up = np.full((slots, n), -1, np.int8)
        self.down = np.zeros((slots, n), np.float16)
        self.up_ratio = np.zeros((slots, n), np.float16)
        self.rtt = np.zeros((slots, n), np.uint16)
        self.level_sum = np.zeros(n, np.int64)
        self.level_count = np.zeros(U16, np.int64)
        self.short_slots = np.zeros(n, np.int64)
        self.weight = np.rint(network.demand.subscribers * WEIGHT_UNIT).astype(np.int64)
        self.weighed = Weighed.zeros(n, len(network.plans), classes)
        self.code_count = np.zeros((n, len(CONSTRAINTS)), np.int64)
        self.code_unserved = np.zeros((n, len(CONSTRAINTS)), np.int64)
        self.code_count_up = np.zeros((n, len(CONSTRAINTS)), np.int64)
        self.code_unserved_up = np.zeros((n, len(CONSTRAINTS)), np.int64)
        self.visible = np.zeros(n, np.int64)
        self.usable_satellites = np.zeros(slots, np.int32)
        self.visible_satellites = np.zeros(slots, np.int32)
        self.storm_clear = np.zeros(n, np.int64)
        self.storm_wet = np.zeros(n, np.int64)
        self.storms: list[tuple[float, ...]] = []

    def keep(self, i: int, sky: Sky, clear: Allocation) -> None:
        """Store slot i and weigh it over the weather."""
        network = self.network
        forward, back = rates_mbps(network, clear)
        lit = clear.satellite >= 0
        s = np.where(lit, clear.satellite, 0)
        self.satellite[i] = np.where(lit, sky.view.near[s], -1) if sky.view.near.size else -1
        self.gateway[i] = np.where(lit, sky.gateway[s], -1) if sky.view.near.size else -1
        code_down, code_up = clear.by_direction()
        self.code_down[i], self.code_up[i] = code_down, code_up
        self.down[i] = _kept(forward)
        self.up_ratio[i] = _kept(back / np.where(forward > 0.0, forward, np.inf))
        self.rtt[i] = _quantise(np.nan_to_num(round_trip_ms(sky, clear)), RTT_STEP_MS) if lit.any() else 0
        self.visible += np.diff(sky.view.start)
        self.usable_satellites[i] = np.count_nonzero(sky.gateway >= 0)
        self.visible_satellites[i] = np.count_nonzero(np.bincount(sky.view.satellite)) if lit.size else 0
        weigh(network, sky, clear, self.weighed)
        carried = clear.carried(self.total_active)
        self._add_levels(carried, clear.level)
        for code, count, unserved in (
            (code_down, self.code_count, self.code_unserved),
            (code_up, self.code_count_up, self.code_unserved_up),
        ):
            kernels.tally(code, carried, self.total_active, SLOT_UNIT, count, unserved)

    def _add_levels(self, carried: NDArray[np.float64], level: NDArray[np.float64]) -> None:
        steps = _quantise(level, LEVEL_STEP)
        self.level_sum += steps
        np.add.at(self.level_count, steps, self.weight)
        self.short_slots += carried < 1.0 - LEVEL_STEP

    def keep_storm(self, slot: int, sky: Sky, clear: Allocation) -> None:
        """Share the same sky under a seeded rain state: what a storm costs once the beams are shared anew."""
        state = storm_states(self.network, slot)
        wet = allocate(self.network, sky, state)
        active = self.total_active
        met = [float((a.carried(active) * active).sum()) for a in (clear, wet)]
        rates = [float(rates_mbps(self.network, a)[0].sum()) for a in (clear, wet)]
        kernels.tally_storm(state, clear.level, wet.level, SLOT_UNIT, self.storm_clear, self.storm_wet)
        self.storms.append((float(slot), float((state > 2).mean()), *met, *rates))

    def arrays(self) -> Arrays:
        """Everything to keep."""
        return {
            "satellite": self.satellite,
            "gateway": self.gateway,
            "constraint_down": self.code_down,
            "constraint_up": self.code_up,
            "down": self.down,
            "up_ratio": self.up_ratio,
            "rtt": self.rtt,
            "level_sum": self.level_sum,
            "level_count": self.level_count,
            "short_slots": self.short_slots,
            **pack("counts", self.weighed.counts),
            **pack_lacks(self.weighed.lacks),
            "rain": self.weighed.lost[:, 0],
            "feeder": self.weighed.lost[:, 1],
            "code_count": self.code_count,
            "code_unserved": self.code_unserved,
            "code_count_up": self.code_count_up,
            "code_unserved_up": self.code_unserved_up,
            "visible": self.visible,
            "usable_satellites": self.usable_satellites,
            "visible_satellites": self.visible_satellites,
            "storm_clear": self.storm_clear,
            "storm_wet": self.storm_wet,
            "storms": np.array(self.storms, np.float64).reshape(-1, 6),
        }


def pack(name: str, counts: NDArray[np.uint32]) -> Arrays:
    """Sparse form of counts nearly all zero: `<name>_index` into the flat array, `<name>` as bytes."""
    flat = counts.reshape(-1)
    index = np.flatnonzero(flat).astype(np.int32)
    return {f"{name}_index": index, name: flat[index].astype("<u4").view(np.uint8)}


def pack_lacks(lacks: NDArray[np.uint32]) -> Arrays:
    """Sparse form of what classes lack (n, p, b, j), class after class; equal ones are kept once.

    `lacks_of` (j,) says which of the planes (n, p, b) in `lacks` is each class's: classes may share a radio.
    """
    planes = [np.ascontiguousarray(lacks[..., j]) for j in range(lacks.shape[3])]
    first = [next(i for i, other in enumerate(planes) if np.array_equal(other, plane)) for plane in planes]
    kept = sorted(set(first))
    of = np.array([kept.index(i) for i in first], np.int8)
    return {**pack("lacks", np.stack([planes[i] for i in kept])), "lacks_of": of}


def unpack(
    name: str, arrays: Mapping[str, NDArray[np.generic]]
) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
    """Index and counts that `pack` kept under a name."""
    packed = np.ascontiguousarray(arrays[name]).view("<u4")
    return np.asarray(arrays[f"{name}_index"], np.int32), np.asarray(packed, np.uint32)


def _quantise(values: NDArray[np.float64], step: float) -> NDArray[np.uint16]:
    return np.minimum(np.rint(values / step), 65_535).astype(np.uint16)


def _kept(rate_mbps: NDArray[np.float64]) -> NDArray[np.float16]:
    """A rate as it is stored: to RATE_BITS significant bits, at most 65,504 Mbps."""
    capped = np.minimum(rate_mbps, np.finfo(np.float16).max).astype(np.float32)
    return keep_bits(capped, RATE_BITS - 1).astype(np.float16)
