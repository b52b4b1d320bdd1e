"""Two hops through a satellite: a transparent payload passes uplink noise on, a regenerative one decodes.

Transparent: ratios join in linear power and one waveform must close end to end. Regenerative: each hop closes
by itself, and the slower one is the rate.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.links.budget import combine_db
from raabta.links.ranges import FloatArray


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


def regenerative_mbps(up_mbps: npt.ArrayLike, down_mbps: npt.ArrayLike) -> FloatArray:
    """Rate through a payload that decodes and codes anew, Mbps: the lesser of both hops. Arrays broadcast."""
    return np.minimum(np.asarray(up_mbps, dtype=np.float64), np.asarray(down_mbps, dtype=np.float64))
