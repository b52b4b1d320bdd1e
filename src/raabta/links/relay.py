"""Two hops through a satellite: a transparent payload passes uplink noise on, a regenerative one decodes.

Transparent: ratios join in linear power and one waveform must close end to end. Regenerative: each hop closes
by itself, and the slower one is the rate.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.links.ranges import FloatArray


def combine_db(*ratios_db: npt.ArrayLike) -> FloatArray:
    """Ratios to one carrier joined in linear power, dB: -10 log10 sum 10^(-r/10). Arrays broadcast."""
    total = sum(10.0 ** (-np.asarray(ratio, dtype=np.float64) / 10.0) for ratio in ratios_db)
    return np.asarray(-10.0 * np.log10(total))


def transparent_db(up_db: npt.ArrayLike, down_db: npt.ArrayLike, *others_db: npt.ArrayLike) -> FloatArray:
    """C/N end to end of a bent pipe, dB: -10 log10 sum 10^(-r/10) of both hops and any C/I. Arrays broadcast.

    All ratios in the same bandwidth. `down_db` is that of the wanted carrier's own power: where the payload
    holds its total output power, take `shared_power_loss_db` off it first.
    """
    return combine_db(up_db, down_db, *others_db)


def shared_power_loss_db(up_db: npt.ArrayLike) -> FloatArray:
    """Output power that amplified uplink noise takes, dB: 10 log10(1 + 10^(-C/N_up/10)). Any shape.

    With it the whole chain is u d / (1 + u + d) in linear ratios: a payload with automatic level control.
    """
    return np.asarray(10.0 * np.log1p(10.0 ** (-np.asarray(up_db, dtype=np.float64) / 10.0)) / np.log(10.0))


def held_power_db(up_db: npt.ArrayLike, down_db: npt.ArrayLike) -> FloatArray:
    """C/N end to end where all carriers of a repeater fade together on their way up and it holds its output
    power (automatic level control), dB: u d / (1 + u + d). `down_db`: with all of that power. Any shapes.
    """
    return transparent_db(up_db, np.asarray(down_db, dtype=np.float64) - shared_power_loss_db(up_db))


def held_gain_db(up_db: npt.ArrayLike, clear_up_db: npt.ArrayLike, down_db: npt.ArrayLike) -> FloatArray:
    """C/N end to end of one carrier among many, whose own fade does not move the repeater's gain, dB:
    u / (1 + (1 + u0) / d), where u0 is the uplink in clear sky and d the downlink with all of the power in
    the carrier's band. At u = u0 it is `held_power_db`. Arrays broadcast.
    """
    fade_db = np.asarray(clear_up_db, dtype=np.float64) - np.asarray(up_db, dtype=np.float64)
    of_carrier = np.asarray(down_db, dtype=np.float64) - shared_power_loss_db(clear_up_db) - fade_db
    return transparent_db(up_db, of_carrier)


def regenerative_mbps(up_mbps: npt.ArrayLike, down_mbps: npt.ArrayLike) -> FloatArray:
    """Rate through a payload that decodes and codes anew, Mbps: the lesser of both hops. Arrays broadcast."""
    return np.minimum(np.asarray(up_mbps, dtype=np.float64), np.asarray(down_mbps, dtype=np.float64))
