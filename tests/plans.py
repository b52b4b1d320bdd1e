"""Contact plans of two nodes, for tests of what goes over them."""

from __future__ import annotations

import numpy as np

from raabta.network.mesh.contacts import ContactPlan


def two_nodes(windows, *, back=None, mbps=(8.0, 0.128), light_s=(1.28, 1.31)):
    """Rover and Kashi: `windows` from the first to the second, and `back` (the same by default)."""
    spans = [list(windows), list(windows if back is None else back)]
    counts = [len(each) for each in spans]
    start, end = (np.array([span[i] for each in spans for span in each], float) for i in (0, 1))
    sender = np.repeat([0, 1], counts).astype(np.int32)
    least, most = (np.full(sender.size, value) for value in light_s)
    return ContactPlan(
        np.datetime64("2028-01-01T00:00:00", "ns"),
        ("Rover", "Kashi"),
        start,
        end,
        sender,
        (1 - sender).astype(np.int32),
        least,
        most,
        least,
        most,
        np.repeat(np.array(mbps), counts),
    )
