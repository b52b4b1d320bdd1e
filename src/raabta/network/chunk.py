"""One chunk of slots: a pure function of the network and the slot numbers, returning plain arrays to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from raabta.network import landing_kernels
from raabta.network import record_kernels as kernels
from raabta.network.allocation import Allocation
from raabta.network.bound import forward_bound_mbps
from raabta.network.constraints import CONSTRAINTS
from raabta.network.epochs import begins, with_lead
from raabta.network.model import SLOT_UNIT
from raabta.network.past import Past, after, no_past, remembers
from raabta.network.rain_field import Drawn, draw
from raabta.network.sky import Sky, observe_sky
from raabta.network.slot import allocate
from raabta.network.storms import Figures, storm
from raabta.network.survival import Weighed, weigh

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from raabta.network.model import Network

    Arrays = dict[str, NDArray[np.generic]]
    Ints = NDArray[np.int64]

WEIGHT_UNIT: Final = 1_000
"""Subscribers are weighed in thousandths: whole numbers keep sums exact however time is cut."""
U16: Final = 65_536


def slot_times(network: Network, slots: Sequence[int]) -> NDArray[np.datetime64]:
    """UTC of some slots, datetime64[ns]."""
    time = network.scenario.time
    start = np.datetime64(time.start.replace(tzinfo=None), "ns")
    step_ns = round(time.step_s * 1e9)
    return start + (np.asarray(slots, np.int64) * step_ns).astype("timedelta64[ns]")


def even_slots(steps: int, most: int) -> list[int]:
    """At most so many evenly spaced slots of a run, all of them in a short one."""
    count = min(steps, most)
    return [int((i + 0.5) * steps / count) for i in range(count)]


def sky_at(network: Network, slot: int) -> Sky:
    """The sky of one slot."""
    time = slot_times(network, [slot])
    return observe_sky(network.at(time[0]), network.propagator.positions_km(time)[0], time[0])


class Seen(NamedTuple):
    """One slot in clear sky, as the run has it; past: what it knew of the slots before."""

    slot: int
    sky: Sky
    past: Past
    clear: Allocation


def walk(network: Network, slots: Sequence[int], *, apart: bool = False) -> Iterator[Seen]:
    """Some slots of the run in clear sky, each with what it knows of its epoch (see `network.epochs`): slots
    that lead to it are computed too. Slots taken `apart` know nothing of any other."""
    alone = [(slot, True) for slot in slots]
    order = alone if apart else with_lead(slots, remembers=remembers(network))
    times = slot_times(network, [slot for slot, _ in order])
    position_km = network.propagator.positions_km(times)
    no_weather = np.zeros(network.ground.count, np.int64)
    past, last = no_past(network), -1
    for (slot, asked), time, at_km in zip(order, times, position_km, strict=True):
        if apart or begins(slot) or last != slot - 1:
            past = no_past(network)
        sky = observe_sky(network.at(time), at_km, time)
        clear = allocate(network, sky, no_weather, past=past)
        if asked:
            yield Seen(slot, sky, past, clear)
        past, last = after(network, sky, clear, past), slot


def run_chunk(network: Network, slots: Sequence[int], *, apart: bool = False) -> Arrays:
    """Run some slots. Sums are integers, so that they add up the same however time is cut.

    Slots of a sample are taken `apart`: each is computed by itself and pays a handover in every cell.
    """
    drawn = draw(network.rain, slots)
    record = _Record(network, len(slots))
    for i, seen in enumerate(walk(network, slots, apart=apart)):
        record.keep(i, seen)
        if seen.slot in drawn:
            record.keep_storm(seen, drawn[seen.slot])
    return record.arrays()


class _Record:
    """Accumulates one chunk: per slot and cell what people ask about, per cell the weather-weighted sums."""

    def __init__(self, network: Network, slots: int) -> None:
        n, classes = network.demand.active.shape
        self.network = network
        self.weight = np.rint(network.demand.subscribers * WEIGHT_UNIT).astype(np.int64)
        self.weighed = Weighed.zeros(n, len(network.plans), classes)
        self.kept = _nothing_kept(slots, n)
        self.usable_satellites = np.zeros(slots, np.int32)
        self.visible_satellites = np.zeros(slots, np.int32)
        self.handovers = np.zeros(n, np.int64)
        self.followed = np.zeros(1, np.int64)
        self.storm_clear = np.zeros(n, np.int64)
        self.storm_wet = np.zeros(n, np.int64)
        self.storms: list[tuple[float, ...]] = []
        self.bounds: list[tuple[float, float]] = []
        gateways = len(network.scenario.gateways)
        self.landed_kbps = np.zeros((gateways, 1 + landing_kernels.MOST_LASERS), np.int64)
        self.landed_kbps_us = np.zeros(gateways, np.int64)

    def keep(self, i: int, seen: Seen) -> None:
        """Store slot i and weigh it over the weather."""
        network, sky, clear = self.network, seen.sky, seen.clear
        self.usable_satellites[i] = np.count_nonzero(sky.gateway >= 0)
        self.visible_satellites[i] = np.count_nonzero(sky.in_view)
        weigh(network, sky, clear, self.weighed)
        kernels.keep_slot(
            i,
            clear.given,
            network.ceiling,
            sky.fleet,
            sky.visible,
            network.total_active,
            self.weight,
            SLOT_UNIT,
            self.kept,
        )
        if sky.landing is not None:
            landing_kernels.tally(
                clear.given,
                network.ceiling,
                sky.gateway,
                sky.landing.lasers,
                sky.landing.laser_km,
                self.landed_kbps,
                self.landed_kbps_us,
            )
        if seen.past.known:
            kernels.tally_handovers(seen.past.satellite, clear.satellite, sky.view.near, self.handovers)
            self.followed += 1

    def keep_storm(self, seen: Seen, drawn: Drawn) -> None:
        """Share the same sky in drawn weather: what a storm costs once the beams are shared anew."""
        found = storm(self.network, seen.sky, seen.clear, drawn, seen.past)
        kernels.tally_storm(
            found.counted, seen.clear.level, found.level, SLOT_UNIT, self.storm_clear, self.storm_wet
        )
        self.storms.append((float(seen.slot), *found.figures))
        self.bounds.append((found.figures.clear_mbps, forward_bound_mbps(self.network, seen.sky)))

    def arrays(self) -> Arrays:
        """Everything to keep."""
        kept = self.kept
        landed = {"landed_kbps": self.landed_kbps, "landed_kbps_us": self.landed_kbps_us}
        return {
            "satellite": kept.satellite,
            "gateway": kept.gateway,
            "constraint_down": kept.code_down,
            "constraint_up": kept.code_up,
            "down": _kept(kept.down),
            "up_ratio": _kept(kept.up_ratio),
            "rtt": kept.rtt,
            "level_sum": kept.level_sum,
            "level_count": kept.level_count,
            "short_slots": kept.short_slots,
            **pack_weighed(self.weighed),
            "rain": self.weighed.lost[:, 0],
            "feeder": self.weighed.lost[:, 1],
            "code_count": kept.count,
            "code_unserved": kept.unserved,
            "code_count_up": kept.count_up,
            "code_unserved_up": kept.unserved_up,
            "visible": kept.visible,
            "usable_satellites": self.usable_satellites,
            "visible_satellites": self.visible_satellites,
            "handovers": self.handovers,
            "followed": self.followed,
            "storm_clear": self.storm_clear,
            "storm_wet": self.storm_wet,
            "storms": np.array(self.storms, np.float64).reshape(-1, 1 + len(Figures._fields)),
            "bounds": np.array(self.bounds, np.float64).reshape(-1, 2),
            **(landed if self.network.mesh is not None else {}),
        }


def _nothing_kept(slots: int, n: int) -> kernels.Kept:
    """What `record_kernels.keep_slot` fills in."""
    each, codes = (slots, n), (n, len(CONSTRAINTS))
    return kernels.Kept(
        satellite=np.full(each, -1, np.int16),
        gateway=np.full(each, -1, np.int8),
        code_down=np.full(each, -1, np.int8),
        code_up=np.full(each, -1, np.int8),
        down=np.zeros(each, np.float32),
        up_ratio=np.zeros(each, np.float32),
        rtt=np.zeros(each, np.uint16),
        level_sum=np.zeros(n, np.int64),
        level_count=np.zeros(U16, np.int64),
        short_slots=np.zeros(n, np.int64),
        visible=np.zeros(n, np.int64),
        count=np.zeros(codes, np.int64),
        unserved=np.zeros(codes, np.int64),
        count_up=np.zeros(codes, np.int64),
        unserved_up=np.zeros(codes, np.int64),
    )


def pack_weighed(weighed: Weighed) -> Arrays:
    """Sparse form of the weighed sums."""
    return {**pack("counts", weighed.counts), **pack_lacks(weighed.lacks.planes(), weighed.counts.size)}


def pack(name: str, counts: NDArray[np.uint32]) -> Arrays:
    """Sparse form of counts nearly all zero: `<name>_index` into the flat array, `<name>` as bytes."""
    flat = counts.reshape(-1)
    index = np.flatnonzero(flat).astype(np.int32)
    return {f"{name}_index": index, name: flat[index].astype("<u4").view(np.uint8)}


def pack_lacks(planes: Sequence[tuple[Ints, NDArray[np.uint32]]], size: int) -> Arrays:
    """What classes lack, class after class: rising places in (n, p, b) of `size`, and counts. Equal ones are
    kept once: `lacks_of` (j,) says which of the planes is each class's.
    """
    first = [next(i for i, other in enumerate(planes) if _equal(other, plane)) for plane in planes]
    kept = sorted(set(first))
    place = [(planes[i][0] + plane * size).astype(np.int32) for plane, i in enumerate(kept)]
    return {
        "lacks_index": np.concatenate(place),
        "lacks": np.concatenate([planes[i][1] for i in kept]).astype("<u4").view(np.uint8),
        "lacks_of": np.array([kept.index(i) for i in first], np.int8),
    }


def _equal(one: tuple[Ints, NDArray[np.uint32]], other: tuple[Ints, NDArray[np.uint32]]) -> bool:
    return np.array_equal(one[0], other[0]) and np.array_equal(one[1], other[1])


def unpack(
    name: str, arrays: Mapping[str, NDArray[np.generic]]
) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
    """Index and counts that `pack` kept under a name."""
    packed = np.ascontiguousarray(arrays[name]).view("<u4")
    return np.asarray(arrays[f"{name}_index"], np.int32), np.asarray(packed, np.uint32)


def _kept(rate_mbps: NDArray[np.float32]) -> NDArray[np.float16]:
    """A rate as it is stored: see `record_kernels.half_precision`."""
    out = np.empty(rate_mbps.shape, np.uint16)
    kernels.half_precision(rate_mbps, rate_mbps.view(np.uint32), out)
    return out.view(np.float16)
