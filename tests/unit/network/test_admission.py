"""Admission: what the sample of slots sustains, for the best class of a cell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import networks
import numpy as np
import pytest

from raabta.network import admission
from raabta.network.model import RUNGS, SLOT_UNIT


@pytest.mark.parametrize(("together", "level"), [(True, 1.0), (False, 0.0)])
def test_a_level_is_sustained_by_one_class_not_by_two_in_turn(monkeypatch, together, level):
    network = networks.build(where=networks.cells(rings=0))
    counts = np.zeros((network.ground.count, RUNGS + 1, 2), np.uint32)
    if together:
        counts[:, RUNGS, 0] = SLOT_UNIT
    else:  # each class has something in its own half of the time, at another level
        counts[:, RUNGS, 0] = counts[:, RUNGS - 20, 1] = SLOT_UNIT // 2
    monkeypatch.setattr(admission, "_histogram", lambda network, skies, offer: counts * len(skies))
    with ThreadPoolExecutor(1) as pool:
        found = admission._sustained(network, [None] * 8, network.admission, pool)
    assert found.tolist() == [level] * network.ground.count
