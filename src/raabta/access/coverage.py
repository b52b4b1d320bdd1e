"""Coverage statistics over time: per cell, how often how many satellites are in view, and the gaps.

Nothing of a day is stored: a chunk of steps is propagated in slices of an hour or so, seen and summed into
integers (`Tally`), which add up to the same statistics however the steps were cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from raabta.access import rings as ring_room
from raabta.access import tally_kernels as kernels
from raabta.access.rings import Rings
from raabta.base.errors import OutOfRangeError
from raabta.base.frames import enu_basis, geodetic_to_fixed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from raabta.orbits.propagate import Propagator

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SLICE_STEPS = 64
"""Steps propagated at once: 64 x 3 x 1,584 positions are 2.4 MB, which stays in the cache."""
MOST_LEVELS = 32
ROWS = kernels.LEVELS
"""Sums kept of each cell, beside the levels."""
_PLACE = "raabta.access.coverage"


@dataclass(frozen=True)
class Ground:
    """Cells of an area in blocks of neighbours, ready for the kernels.

    cells (blocks, 6 * BLOCK); disc (blocks, 4); axis (3,) and radius_rad of the disc of all; place (count,):
    where in the blocks each cell stands as it was given.
    """

    cells: Floats
    disc: Floats
    axis: Floats
    radius_rad: float
    most_height_km: float
    place: Ints

    @property
    def count(self) -> int:
        """Number of cells."""
        return int(self.place.size)


@dataclass(frozen=True)
class Tally:
    """Sums over a run of steps, each (cells,) int64 but at_least (levels, cells). Gaps are counted in steps.

    total, least, most: satellites in view; lead: steps before the cell is first covered; open: steps since it
    was last; gaps, longest, squares: the gaps between. A cell never covered has lead = open = steps.
    """

    steps: int
    total: Ints
    least: Ints
    most: Ints
    lead: Ints
    open: Ints
    gaps: Ints
    longest: Ints
    squares: Ints
    at_least: Ints


@dataclass(frozen=True)
class Statistics:
    """What the steps say of each cell, (cells,); share_at_least (levels, cells) of the steps.

    A gap is a run of steps without a satellite; those cut by the start or the end count with what is seen of
    them. longest_gap_s is the maximum revisit time, mean_gap_s the mean revisit time (0 without a gap);
    mean_response_s: how long one who comes at a random moment waits, in the mean.
    """

    share_at_least: Floats
    mean_in_view: Floats
    least_in_view: Ints
    most_in_view: Ints
    gaps: Ints
    longest_gap_s: Floats
    mean_gap_s: Floats
    mean_response_s: Floats


def ground(latitude_deg: Floats, longitude_deg: Floats, height_km: Floats | float = 0.0) -> Ground:
    """Prepare cells (n,), degrees and km above the ellipsoid. OutOfRangeError for none."""
    number = latitude_deg.size
    if number == 0:
        raise OutOfRangeError("number of cells", 0, "1 or more", _PLACE)
    km = geodetic_to_fixed(latitude_deg, longitude_deg, height_km)
    normal = enu_basis(latitude_deg, longitude_deg)[:, 2]
    order = _neighbours(km)
    blocks = -(-number // kernels.BLOCK)
    padded = order[np.minimum(np.arange(blocks * kernels.BLOCK), number - 1)]
    cells = np.concatenate([km, normal], axis=1)[padded].reshape(blocks, kernels.BLOCK, 6)
    axis, radius = _disc(km)
    disc = np.array([[*a, r] for a, r in (_disc(block[:, :3]) for block in cells)])
    flat = np.ascontiguousarray(np.moveaxis(cells, 1, 2).reshape(blocks, -1))
    return Ground(flat, disc, axis, radius, float(np.max(height_km)), np.argsort(order))


def _neighbours(km: Floats) -> Ints:
    """An order of points (n, 3) in which every BLOCK of them is compact: halved along the longest side."""
    done: list[Ints] = []
    todo = [np.arange(km.shape[0])]
    while todo:
        part = todo.pop()
        if part.size <= kernels.BLOCK:
            done.append(part)
            continue
        side = int(np.argmax(np.ptp(km[part], axis=0)))
        along = part[np.argsort(km[part, side], kind="stable")]
        half = -(-(part.size // 2) // kernels.BLOCK) * kernels.BLOCK
        todo += [along[half:], along[:half]]
    return np.concatenate(done)


def _disc(km: Floats) -> tuple[Floats, float]:
    """Axis and radius (rad) of a disc that holds points (n, 3); the whole sphere if they surround it."""
    unit = km / np.linalg.norm(km, axis=1, keepdims=True)
    middle = unit.sum(axis=0)
    size = float(np.linalg.norm(middle))
    axis = middle / size if size > 1e-6 else np.array([0.0, 0.0, 1.0])
    return axis, math.acos(float(np.clip((unit @ axis).min(), -1.0, 1.0))) + 1e-6


def tally(
    where: Ground | Rings,
    fleet: Propagator,
    times: NDArray[np.datetime64],
    min_elevation_deg: float,
    levels: int,
    device: Literal["cpu", "gpu"] = "cpu",
) -> Tally:
    """Sum what every cell sees at UTC `times` (t,), at or above the minimum elevation.

    `levels`: shares are kept for 1 to so many satellites. Memory does not grow with t. On a GPU
    (`engine.device`) a count may differ where an elevation is within 1e-9 degrees of the least one.
    """
    if not 1 <= levels <= MOST_LEVELS:
        raise OutOfRangeError("levels", levels, f"1 to {MOST_LEVELS}", _PLACE)
    blocks = -(-where.count // kernels.BLOCK)
    state = np.zeros((blocks, (kernels.LEVELS + levels) * kernels.BLOCK), np.int64)
    state[:, kernels.LEAST * kernels.BLOCK : kernels.MOST * kernels.BLOCK] = np.iinfo(np.int64).max
    for first in range(0, times.size, SLICE_STEPS):
        instants = times[first : first + SLICE_STEPS]
        if device == "gpu":
            _add_from_gpu(where, fleet, instants, min_elevation_deg, levels, state)
            continue
        position = fleet.positions_km(instants)
        if isinstance(where, Rings):
            for at in position:
                kernels.tally_counts(ring_room.count_in_view(where, at, min_elevation_deg), levels, state)
        else:
            _add_area(where, position, min_elevation_deg, levels, state)
    sums = read_state(state, where.count, times.size, levels)
    return sums if isinstance(where, Rings) else _in_order(sums, where.place)


def _in_order(sums: Tally, place: Ints) -> Tally:
    """The sums of the cells as they were given."""
    named = {field.name: getattr(sums, field.name)[..., place] for field in fields(Tally)[1:]}
    return Tally(steps=sums.steps, **named)


def _add_from_gpu(
    where: Ground | Rings,
    fleet: Propagator,
    instants: NDArray[np.datetime64],
    min_elevation_deg: float,
    levels: int,
    state: Ints,
) -> None:
    """One slice of instants, propagated and counted on the GPU."""
    from raabta.access.gpu import count_over

    if isinstance(where, Rings):
        site, normal = where.site_km, where.basis[2]
    else:
        blocks = where.cells.reshape(-1, 6, kernels.BLOCK)
        rows = np.moveaxis(blocks, 1, 0).reshape(6, -1)[:, : where.count]
        site, normal = rows[:3], rows[3:]
    for counts in count_over(fleet, instants, site, normal, min_elevation_deg):
        kernels.tally_counts(counts, levels, state)


def _add_area(where: Ground, position: Floats, min_elevation_deg: float, levels: int, state: Ints) -> None:
    """One slice of positions (t, 3, n) seen from an area."""
    if not 0.0 <= min_elevation_deg <= 90.0:
        raise OutOfRangeError("minimum elevation (deg)", min_elevation_deg, "0 to 90", _PLACE)
    angle = math.radians(min_elevation_deg)
    steps, _, number = position.shape
    wide, tight = np.empty(number), np.empty(number)
    near, count = np.empty((steps, number), np.int32), np.empty(steps, np.int64)
    kernels.footprint_bounds(position, angle, where.most_height_km, wide, tight)
    kernels.select_steps(position, where.axis, where.radius_rad, wide, near, count)
    kernels.tally_area(
        position, near, count, wide, tight, where.cells, where.disc, math.sin(angle) ** 2, levels, state
    )


def read_state(state: Ints, cells: int, steps: int, levels: int) -> Tally:
    """The rows of the state, without the padding of the last block."""
    rows = np.moveaxis(state.reshape(state.shape[0], kernels.LEVELS + levels, kernels.BLOCK), 1, 0)
    flat = rows.reshape(kernels.LEVELS + levels, -1)[:, :cells]
    never = flat[kernels.SEEN] == 0
    return Tally(
        steps=steps,
        total=flat[kernels.TOTAL],
        least=flat[kernels.LEAST],
        most=flat[kernels.MOST],
        lead=np.where(never, steps, flat[kernels.LEAD]),
        open=flat[kernels.OPEN],
        gaps=flat[kernels.GAPS],
        longest=flat[kernels.LONGEST],
        squares=flat[kernels.SQUARES],
        at_least=flat[kernels.LEVELS :],
    )


def join(parts: Iterable[Tally]) -> Tally:
    """Tallies of consecutive runs of steps as one. Gaps that cross from one into the next are joined."""
    whole: Tally | None = None
    for part in parts:
        whole = part if whole is None else _joined(whole, part)
    if whole is None:
        raise OutOfRangeError("number of tallies", 0, "1 or more", _PLACE)
    return whole


def _joined(a: Tally, b: Tally) -> Tally:
    fresh, dark = a.lead == a.steps, b.lead == b.steps  # not covered yet, not covered any more
    across = np.where(fresh | dark, 0, a.open + b.lead)
    return Tally(
        steps=a.steps + b.steps,
        total=a.total + b.total,
        least=np.minimum(a.least, b.least),
        most=np.maximum(a.most, b.most),
        lead=np.where(fresh, a.lead + b.lead, a.lead),
        open=np.where(dark, a.open + b.open, b.open),
        gaps=a.gaps + b.gaps + (across > 0),
        longest=np.maximum(np.maximum(a.longest, b.longest), across),
        squares=a.squares + b.squares + across**2,
        at_least=a.at_least + b.at_least,
    )


def statistics(sums: Tally, step_s: float) -> Statistics:
    """Shares, means and gaps from sums over `steps` of `step_s` seconds."""
    steps = sums.steps
    never = sums.lead == steps
    last = np.where(never, 0, sums.open)
    gaps = sums.gaps + (sums.lead > 0) + (last > 0)
    squares = sums.squares + sums.lead**2 + last**2
    dark = steps - sums.at_least[0]
    return Statistics(
        share_at_least=sums.at_least / steps,
        mean_in_view=sums.total / steps,
        least_in_view=sums.least,
        most_in_view=sums.most,
        gaps=gaps,
        longest_gap_s=step_s * np.maximum(np.maximum(sums.longest, sums.lead), last),
        mean_gap_s=step_s * dark / np.maximum(gaps, 1),
        mean_response_s=step_s * squares / (2.0 * steps),
    )


def to_arrays(sums: Tally) -> dict[str, NDArray[Any]]:
    """A tally as named arrays, for a chunk."""
    large = ("total", "squares")
    arrays: dict[str, NDArray[Any]] = {"steps": np.array([sums.steps], np.int64)}
    for field in fields(Tally)[1:]:
        value = getattr(sums, field.name)
        arrays[field.name] = value if field.name in large else value.astype(np.int32)
    return arrays


def from_arrays(arrays: dict[str, NDArray[Any]]) -> Tally:
    """The tally that `to_arrays` wrote."""
    held = {name: value.astype(np.int64) for name, value in arrays.items() if name != "steps"}
    return Tally(steps=int(arrays["steps"][0]), **held)
