"""Rain in time and space: ITU-R P.1853-2 series, correlated between sites, any stretch of time at will.

One hidden Gaussian process per site says how rare the weather is now; it is above a threshold while it rains.
Two ways lead from it to decibels: P.1853-2's own (`attenuation_db`: a lognormal fitted to the path's P.618
curve), and the path's long-term table at the share of time that the process stands for
(`Storms.exceedance_percent`), which keeps the long-term statistics exactly and serves a path whose elevation
moves. Rain alone: clouds, vapour and scintillation have no series of their own here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from raabta.access.cells import distance_km
from raabta.base.errors import LimitError, OutOfRangeError
from raabta.links.availability import Paths
from raabta.links.rain import rain_probability_percent, scale_to_percent_db
from raabta.links.ranges import FloatArray, in_range

if TYPE_CHECKING:
    from collections.abc import Sequence

EDITION = "ITU-R P.1853-2 (08/2019)"
RATES_PER_S = (9.0186e-4, 5.0990e-5)
"""beta of the two low-pass filters, 1/s."""
WEIGHTS = (0.3746, 0.7738)
"""gamma of the two filters; with their correlation they make the process's variance 1."""
FIT_PERCENT = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
LONGEST_STEP_S = 300.0
BLOCK_STEPS = 1024
NODES = 64
"""Of the integral over the correlation of two sites."""
MOST_SITES = 2_000
_BLOCKS, _STATES = 0, 1


def site_correlation(separation_km: npt.ArrayLike) -> FloatArray:
    """Correlation of the hidden process of two sites by their distance, km (P.1853-2, rain): any shape."""
    d = np.asarray(separation_km, dtype=np.float64)
    return np.asarray(0.59 * np.exp(-d / 31.0) + 0.41 * np.exp(-d / 800.0), dtype=np.float64)


def both_exceeded(first: npt.ArrayLike, second: npt.ArrayLike, correlation: npt.ArrayLike) -> FloatArray:
    """Probability that two standard normal processes of a correlation, 0 to 1, are above a threshold each.

    Plackett's integral over the correlation (Biometrika 41, 1954, DOI 10.1093/biomet/41.3-4.351), by
    Gauss-Legendre in its arc sine, to 1e-9 up to a correlation of 0.99. Arrays broadcast.
    """
    from scipy.special import ndtr

    in_range("correlation", correlation, 0.0, 1.0, "", EDITION)
    h, k, rho = np.broadcast_arrays(*(np.asarray(part, np.float64) for part in (first, second, correlation)))
    node, weight = np.polynomial.legendre.leggauss(NODES)
    half = 0.5 * np.arcsin(np.minimum(rho, 1.0))
    angle = half[..., None] * (node + 1.0)
    spread = (h**2 + k**2)[..., None] - 2.0 * (h * k)[..., None] * np.sin(angle)
    more = half * (np.exp(-0.5 * spread / np.cos(angle) ** 2) @ weight) / (2.0 * np.pi)
    alone = np.minimum(ndtr(-h), ndtr(-k))
    return np.asarray(np.where(rho >= 1.0, alone, np.minimum(ndtr(-h) * ndtr(-k) + more, alone)))


def time_correlation(lag_s: npt.ArrayLike, step_s: float) -> FloatArray:
    """Autocorrelation of the hidden process at a lag, seconds (a multiple of the step); any shape."""
    decay = np.exp(-np.multiply.outer(np.asarray(lag_s, dtype=np.float64), RATES_PER_S))
    covariance = _stationary(_memory(step_s, 1))
    weights = np.asarray(WEIGHTS)
    return np.asarray(decay @ (covariance @ weights * weights) / _variance(step_s), dtype=np.float64)


def _memory(step_s: float, steps: npt.ArrayLike) -> FloatArray:
    """What is left of the two filters' states after some steps, (..., 2)."""
    return np.exp(-np.multiply.outer(np.asarray(steps, dtype=np.float64), np.multiply(RATES_PER_S, step_s)))


def _stationary(memory: FloatArray) -> FloatArray:
    """Covariance of the two states, driven by one noise, (2, 2)."""
    gain = np.sqrt(1.0 - memory**2)
    return np.asarray(np.outer(gain, gain) / (1.0 - np.outer(memory, memory)), dtype=np.float64)


def _innovation(step_s: float, steps: npt.ArrayLike) -> FloatArray:
    """Covariance of what the noise of some steps adds to the two states, (..., 2, 2)."""
    left = _memory(step_s, steps)
    return _stationary(_memory(step_s, 1)) * (1.0 - left[..., :, None] * left[..., None, :])


def _variance(step_s: float) -> float:
    weights = np.asarray(WEIGHTS)
    return float(weights @ _stationary(_memory(step_s, 1)) @ weights)


def _lower_factor(correlation: FloatArray) -> FloatArray:
    """Cholesky factor, column by column in fixed order: the same bits with any number of threads."""
    n = correlation.shape[0]
    factor = np.zeros_like(correlation)
    for j in range(n):
        column = correlation[j:, j] - np.einsum("ik,k->i", factor[j:, :j], factor[j, :j])
        factor[j:, j] = column / np.sqrt(column[0])
    return factor


def _filtered(noise: FloatArray, memory: float) -> FloatArray:
    """First-order low-pass from rest, last axis: x[t] = memory x[t-1] + gain noise[t], by doubling."""
    state: FloatArray = noise * np.sqrt(1.0 - memory**2)
    shift = 1
    while shift < state.shape[-1]:
        state[..., shift:] += memory**shift * state[..., :-shift]
        shift *= 2
    return state


@dataclass(frozen=True, eq=False)
class Storms:
    """The hidden process of n sites over time, unit variance; build it by `storms`.

    Time is counted in steps of `step_s` from the run's start. Bits depend on the seed, the step, the places
    and the time alone: not on how time is cut, what was asked before, or threads. Sites added behind the
    others leave those as they were.
    """

    latitude_deg: FloatArray
    longitude_deg: FloatArray
    step_s: float
    seed: int
    _place: npt.NDArray[np.intp] = field(repr=False)
    _factor: FloatArray = field(repr=False)
    _states: list[FloatArray] = field(repr=False)

    def process(self, first: int, stop: int) -> FloatArray:
        """Hidden process in steps first <= t < stop, (n, stop - first); mean 0, variance 1."""
        if not 0 <= first <= stop:
            raise OutOfRangeError("first and last step", f"{first}, {stop}", "0 <= first <= stop", EDITION)
        blocks = range(first // BLOCK_STEPS, -(-stop // BLOCK_STEPS))
        parts = [np.zeros((self._factor.shape[0], 0)), *(self._block(block) for block in blocks)]
        offset = blocks.start * BLOCK_STEPS
        return np.concatenate(parts, axis=1)[self._place, first - offset : stop - offset]

    def at(self, steps: Sequence[int]) -> FloatArray:
        """Hidden process in some steps, (n, len(steps)): `process` to rounding, cheaper for few steps.

        Bits of a step do not depend on the steps it is asked with.
        """
        if min(steps, default=0) < 0:
            raise OutOfRangeError("step", f"{min(steps)}", "0 or more", EDITION)
        blocks = {step // BLOCK_STEPS for step in steps}
        alone = {block: self._alone(block) for block in sorted(blocks)}
        out = np.empty((self._place.size, len(steps)))
        for k, step in enumerate(steps):
            column = np.ascontiguousarray(alone[step // BLOCK_STEPS][:, step % BLOCK_STEPS])
            out[:, k] = np.einsum("ij,j->i", self._factor, column)[self._place]
        return out

    def exceedance_percent(self, first: int, stop: int) -> FloatArray:
        """Share of the average year in which the weather is at least this bad, %, (n, steps): 100 Q(process).

        Uniform over the year; rain falls while it is below the site's P0. With it any table over exceedances
        (`weather.SiteTables`) tells the loss of this moment at any frequency and elevation.
        """
        from scipy.special import ndtr

        return np.asarray(100.0 * ndtr(-self.process(first, stop)), dtype=np.float64)

    def _noise(self, *key: int) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key)))

    def _state(self, block: int) -> FloatArray:
        """Both filters' states of each place before a block, (places, 2); the first is in balance already."""
        places = self._factor.shape[0]
        kept = _memory(self.step_s, BLOCK_STEPS)
        start = _lower_factor(_stationary(_memory(self.step_s, 1)))
        later = _lower_factor(_innovation(self.step_s, BLOCK_STEPS))
        while len(self._states) <= block:
            at = len(self._states)
            drawn = self._noise(_STATES, at).standard_normal((places, 2))
            before = self._states[-1] * kept if at else np.zeros((places, 2))
            self._states.append(before + np.einsum("ij,kj->ki", later if at else start, drawn))
        return self._states[block]

    def _block(self, block: int) -> FloatArray:
        """Process of every place over one block, (places, steps)."""
        return np.asarray(np.einsum("ij,jt->it", self._factor, self._alone(block)), dtype=np.float64)

    def _alone(self, block: int) -> FloatArray:
        """The same before places are mixed: noise, filters, then bent to the state of the next block."""
        begin, end = self._state(block), self._state(block + 1)
        noise = self._noise(_BLOCKS, block).standard_normal((self._factor.shape[0], BLOCK_STEPS))
        kept = _memory(self.step_s, np.arange(1, BLOCK_STEPS + 1))
        states = [_filtered(noise, float(kept[0, i])) + begin[:, i, None] * kept[:, i] for i in range(2)]
        missed = end - np.stack([state[:, -1] for state in states], axis=1)
        alone = WEIGHTS[0] * states[0] + WEIGHTS[1] * states[1]
        alone += np.einsum("ki,ti->kt", missed, _bend(self.step_s))
        return np.asarray(alone / np.sqrt(_variance(self.step_s)), dtype=np.float64)


def _bend(step_s: float) -> FloatArray:
    """How much of a missed end state each step of a block takes on, (steps, 2): the Gaussian bridge."""
    steps = np.arange(1, BLOCK_STEPS + 1)
    so_far = _innovation(step_s, steps)
    to_end = so_far * _memory(step_s, BLOCK_STEPS - steps)[:, None, :]
    along = np.einsum("i,tij->tj", np.asarray(WEIGHTS), to_end)
    return np.asarray(np.einsum("tj,ij->ti", along, np.linalg.inv(so_far[-1])), dtype=np.float64)


def storms(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike, *, seed: int, step_s: float) -> Storms:
    """The weather of n sites over time (P.1853-2, multi-site): users and gateways together.

    Sites (n,), degrees; those at one place share their weather. 1 to 300 s a step: above, the two filters no
    longer have the recommendation's correlation. At most 2,000 places (their correlation is a full matrix).
    The start is drawn in balance, so nothing of the recommendation's warm-up need be thrown away.
    """
    step = float(in_range("time step", step_s, 1.0, LONGEST_STEP_S, "s", EDITION))
    in_range("latitude", latitude_deg, -90.0, 90.0, "deg", EDITION)
    in_range("longitude", longitude_deg, -180.0, 360.0, "deg", EDITION)
    sites = np.stack(np.broadcast_arrays(np.atleast_1d(latitude_deg), np.atleast_1d(longitude_deg)), axis=1)
    _, first, place = np.unique(sites, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)  # in the order given: places added behind leave the others alone
    places = np.asarray(sites[first[order]], dtype=np.float64)
    if len(places) > MOST_SITES:
        raise LimitError(
            f"{len(places):,} places in one rain field; at most {MOST_SITES:,}: take one per storm area"
        )
    apart = distance_km(places[:, None, 0], places[:, None, 1], places[None, :, 0], places[None, :, 1])
    return Storms(
        np.asarray(sites[:, 0], dtype=np.float64),
        np.asarray(sites[:, 1], dtype=np.float64),
        step,
        seed,
        np.argsort(order)[place.reshape(-1)],
        _lower_factor(site_correlation(apart)),
        [],
    )


@dataclass(frozen=True)
class RainFit:
    """Lognormal of n paths' attenuation while it rains: mean and deviation of ln(dB), and P0, all (n,)."""

    mean_ln: FloatArray
    deviation_ln: FloatArray
    probability_percent: FloatArray

    def exceeded_db(self, percent: npt.ArrayLike) -> FloatArray:
        """Rain attenuation of the fit exceeded for a share of the year, dB, (n, ...); 0 from P0 up."""
        from scipy.special import ndtri

        p = np.asarray(percent, dtype=np.float64)
        trailing = (slice(None), *[None] * (p.ndim - 1)) if p.ndim else slice(None)
        mean, deviation, wet = (
            part[trailing] for part in (self.mean_ln, self.deviation_ln, self.probability_percent)
        )
        raining = (p < wet) & np.isfinite(mean)
        share = np.where(raining, p / np.where(wet > 0.0, wet, 1.0), 0.5)
        return np.where(raining, np.exp(np.where(raining, mean - deviation * ndtri(share), 0.0)), 0.0)


def fit_rain(
    attenuation_001_db: npt.ArrayLike,
    probability_percent: npt.ArrayLike,
    latitude_deg: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
) -> RainFit:
    """Fit a lognormal to the P.618 rain curve of n paths by least squares over FIT_PERCENT below P0.

    P.1853-2's step for rain, the same as P.618-14 clause 2.2.1.2's. Arrays (n,). A path without rain, or with
    P0 at or below 0.02 % (fewer than two points), has no fit and never any rain in its series.
    """
    from scipy.special import ndtri

    in_range("elevation", elevation_deg, 5.0, 90.0, "deg", EDITION)
    a001, wet, latitude, elevation = (
        np.ascontiguousarray(part, dtype=np.float64)
        for part in np.broadcast_arrays(
            np.atleast_1d(attenuation_001_db), probability_percent, latitude_deg, elevation_deg
        )
    )
    p = np.asarray(FIT_PERCENT)
    used = (p < wet[:, None]) & (a001 > 0.0)[:, None]
    x = np.where(used, -ndtri(np.where(used, p / np.maximum(wet, 1e-300)[:, None], 0.5)), 0.0)
    curve = scale_to_percent_db(a001[:, None], p, latitude[:, None], elevation[:, None])
    y = np.where(used, np.log(np.where(used, curve, 1.0)), 0.0)
    count = used.sum(axis=1)
    enough = count >= 2
    n = np.maximum(count, 1)
    spread = np.where(used, x - (x.sum(axis=1) / n)[:, None], 0.0)
    slope = (spread * y).sum(axis=1) / np.where(enough, (spread**2).sum(axis=1), 1.0)
    mean = y.sum(axis=1) / n - slope * x.sum(axis=1) / n
    return RainFit(np.where(enough, mean, np.nan), np.where(enough, slope, np.nan), wet)


def fit_paths(over: Paths) -> RainFit:
    """The fit of n fixed paths, P0 from P.837's maps: 4 to 55 GHz and 5 to 90 deg (P.1853-2)."""
    in_range("frequency", over.frequency_ghz, 4.0, 55.0, "GHz", EDITION)
    sites = over.sites
    wet = rain_probability_percent(sites.latitude_deg, sites.longitude_deg)
    return fit_rain(over.rain_001_db, wet, sites.latitude_deg, over.elevation_deg)


def attenuation_db(weather: Storms, fit: RainFit, first: int, stop: int) -> FloatArray:
    """Rain attenuation of n fixed paths in steps first <= t < stop, dB, (n, steps): P.1853-2, rain alone.

    Paths and sites match one to one.
    """
    return fit.exceeded_db(weather.exceedance_percent(first, stop))
