"""Data that nodes make for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from raabta.network.delay_tolerant.contact_graph import MB_PER_MBIT


@dataclass(frozen=True)
class Source:
    """Data that a node makes for another: a volume at a time, or evenly between two.

    volume_mb: 10^6 bytes; end_s: None for all at `start_s` (seconds from the plan's start); priority: 0 bulk,
    1 normal, 2 expedited, and higher up to 255; lifetime_s: after which a bundle is lost; bundle_mb: the size
    that data are cut into, created when their last byte is there.
    """

    node: str
    destination: str
    volume_mb: float
    start_s: float = 0.0
    end_s: float | None = None
    priority: int = 1
    lifetime_s: float = np.inf
    bundle_mb: float = 1.0
    name: str = ""

    @staticmethod
    def steady(
        node: str, destination: str, rate_mbps: float, start_s: float, end_s: float, **more: Any
    ) -> Source:
        """A source of a rate between two times."""
        volume_mb = rate_mbps * MB_PER_MBIT * (end_s - start_s)
        return Source(node, destination, volume_mb, start_s, end_s, **more)

    @property
    def title(self) -> str:
        """Its name, or whence and where to."""
        return self.name or f"{self.node} to {self.destination}"
