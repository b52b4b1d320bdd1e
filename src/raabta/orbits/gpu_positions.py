"""Positions of a fleet that are made on a GPU and stay there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from raabta.base.clock import as_utc
from raabta.base.frames import teme_to_itrf
from raabta.orbits.elements import check_age
from raabta.orbits.gpu import launch

if TYPE_CHECKING:
    from raabta.orbits.propagate import Propagator


def positions_on_gpu(fleet: Propagator, times: npt.ArrayLike) -> Any:
    """`Propagator.positions_km` in an array that stays on the GPU; raises what that raises."""
    from raabta.orbits import cuda_kernels as kernels

    near, utc = fleet.state_arrays(), np.atleast_1d(as_utc(times))
    whole = near.indices.size == fleet.count and not fleet.outages
    if not whole or fleet.satellites.elements is None or utc.size == 0:
        return kernels.cuda.to_device(fleet.positions_km(utc, device="gpu"))
    check_age(fleet.satellites.elements, utc.min())
    check_age(fleet.satellites.elements, utc.max())
    return launch(near, fleet.minutes(utc), teme_to_itrf(utc))
