"""What every cell got in one slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.network import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Allocation:
    """What every cell got in one slot: the arrays of `kernels.Given`."""

    given: kernels.Given

    @property
    def code(self) -> Ints:
        """What binds, -1 where nobody asks, (n,); limits of the return direction as `kernels` marks them."""
        return np.asarray(self.given.code)

    @property
    def satellite(self) -> Ints:
        """Index into `view.near`, or -1, (n,)."""
        return np.asarray(self.given.satellite)

    @property
    def geometry(self) -> Floats:
        """Sine of the elevation, range (km), cosine of the scan angle, and both bases (dB), (n, 5)."""
        return np.asarray(self.given.geometry)

    @property
    def need(self) -> Floats:
        """Dwell, forward and return Mbps of the whole ask, and what of it closes, (n, 5)."""
        return np.asarray(self.given.need)

    @property
    def dwell(self) -> Floats:
        """Beams for the whole slot that the cell has, (n,)."""
        return np.asarray(self.given.dwell)

    @property
    def lit(self) -> Ints:
        """Cells that a beam is on for, part of the slot at least, rising."""
        return np.flatnonzero((self.satellite >= 0) & (self.dwell > 0.0))

    @property
    def level(self) -> Floats:
        """Share of the ask at the design plan that is carried, (n,); above 1 it is surplus."""
        asked = self.need[:, 0] > 0.0
        return np.where(asked, self.dwell / np.where(asked, self.need[:, 0], 1.0), 0.0)

    def carried(self, total_active: Floats) -> Floats:
        """Share of the whole ask that is carried, at most 1, (n,): what does not close is unserved."""
        return np.minimum(self.level, 1.0) * self.need[:, 3] / np.where(total_active > 0.0, total_active, 1.0)

    def by_direction(self) -> tuple[Ints, Ints]:
        """Binding constraint of the forward and of the return flow, (n,). Where a limit of the return
        direction stops a cell, its forward flow is held back by the return link."""
        returns = self.code >= kernels.RETURN_SIDE
        return np.where(returns, kernels.RETURN_LINK, self.code), np.where(
            returns, self.code - kernels.RETURN_SIDE, self.code
        )
