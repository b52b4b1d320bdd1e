"""Deep space (period >= 225 min) through the `sgp4` package: few satellites, its own SDP4 code."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from raabta.base.clock import Times, to_jd
from raabta.orbits.elements import MeanElements

Floats = npt.NDArray[np.float64]

_SGP4_JD_ZERO = 2_433_281.5


def records(elements: MeanElements) -> Any:
    """A `SatrecArray` of checked elements (their ranges keep the library out of its endless loops)."""
    from sgp4.api import SatrecArray

    return SatrecArray([satrec(elements, index) for index in range(len(elements))])


def satrec(elements: MeanElements, index: int) -> Any:
    """One `Satrec`, WGS 72, opsmode improved; bit for bit what its own TLE reader makes of the same set."""
    from sgp4.api import WGS72, Satrec

    record = Satrec()
    jd, fraction = to_jd(elements.epoch[index])
    angles = [
        np.radians(getattr(elements, name)[index])
        for name in ("argp_deg", "inclination_deg", "mean_anomaly_deg", "raan_deg")
    ]
    record.sgp4init(
        WGS72, "i", 0, float(jd + fraction) - _SGP4_JD_ZERO, elements.bstar_per_radius[index], 0.0, 0.0,
        elements.eccentricity[index], angles[0], angles[1], angles[2],
        elements.mean_motion_rad_min[index], angles[3],
    )  # fmt: skip
    record.jdsatepoch, record.jdsatepochF = float(jd), float(fraction)  # sgp4init rounds them to 40 us
    return record


def positions_teme_km(array: Any, times: Times) -> Floats:
    """TEME positions (satellite, t, 3) km; NaN where the library reports an error."""
    errors, position, _ = array.sgp4(*to_jd(times))
    position[errors != 0] = np.nan
    return np.asarray(position, np.float64)
