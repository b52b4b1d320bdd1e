"""Deep space (period >= 225 min) through the `sgp4` package: few satellites, its own SDP4 code."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from raabta.base.clock import Times, to_jd
from raabta.orbits.elements import MeanElements

Floats = npt.NDArray[np.float64]

_SGP4_DAY_ZERO = np.datetime64("1949-12-31", "ns")
_DAY_NS = 86_400_000_000_000


def records(elements: MeanElements) -> Any:
    """A `SatrecArray` of checked elements (their ranges keep the library out of its endless loops)."""
    from sgp4.api import SatrecArray

    return SatrecArray([satrec(elements, index) for index in range(len(elements))])


def satrec(elements: MeanElements, index: int) -> Any:
    """One `Satrec`, WGS 72, opsmode improved."""
    from sgp4.api import WGS72, Satrec

    record = Satrec()
    epoch_ns = (elements.epoch[index] - _SGP4_DAY_ZERO).astype(np.int64)
    angles = [
        np.radians(getattr(elements, name)[index])
        for name in ("argp_deg", "inclination_deg", "mean_anomaly_deg", "raan_deg")
    ]
    record.sgp4init(
        WGS72, "i", 0, epoch_ns / _DAY_NS, elements.bstar_per_radius[index], 0.0, 0.0,
        elements.eccentricity[index], angles[0], angles[1], angles[2],
        elements.mean_motion_rad_min[index], angles[3],
    )  # fmt: skip
    jd, fraction = to_jd(elements.epoch[index])
    record.jdsatepoch, record.jdsatepochF = float(jd), float(fraction)  # sgp4init rounds to 2e-7 s
    return record


def positions_teme_km(array: Any, times: Times) -> Floats:
    """TEME positions (satellite, t, 3) km; NaN where the library reports an error."""
    errors, position, _ = array.sgp4(*to_jd(times))
    position[errors != 0] = np.nan
    return np.asarray(position, np.float64)
