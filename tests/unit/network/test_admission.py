"""Admission: what the sample of slots sustains, for the best class of a cell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import networks
import numpy as np
import pytest

from raabta.network import admission
from raabta.network.model import RUNGS, SLOT_UNIT
from raabta.network.sky import observe_sky


@pytest.mark.parametrize(("together", "level"), [(True, 1.0), (False, 0.0)])
def test_a_level_is_sustained_by_one_class_not_by_two_in_turn(monkeypatch, together, level):
    network = networks.build(where=networks.cells(rings=0))
    counts = np.zeros((network.ground.count, RUNGS + 1, 2), np.uint32)
    if together:
        counts[:, RUNGS, 0] = SLOT_UNIT
    else:  # each class has something in its own half of the time, at another level
        counts[:, RUNGS, 0] = counts[:, RUNGS - 20, 1] = SLOT_UNIT // 2

    class Fixed:
        def __init__(self, network, skies, part, offer):
            self.slots = part.size

        def histogram(self, first, last):
            return counts[first:last, None] * self.slots

    monkeypatch.setattr(admission, "_weighed", Fixed)
    with ThreadPoolExecutor(1) as pool:
        found = admission._sustained(network, [None] * 8, network.admission, pool, 3)
    assert found.tolist() == [level] * network.ground.count


def test_skies_that_are_not_held_are_observed_again_to_the_same_end(monkeypatch):
    homes = np.random.default_rng(3).gamma(0.7, 900.0, 61).round()
    network = networks.build(networks.scenario(radio=networks.payload(beams=2)), homes=homes)
    all_held = admission.admit(network).admission
    looked = []
    real = admission.sky_at
    monkeypatch.setattr(admission, "sky_at", lambda *given: looked.append(1) or real(*given))
    monkeypatch.setattr(admission, "SKIES_BYTES", 1.0)
    monkeypatch.setattr(admission, "PIECE", 7)
    few_held = admission.admit(network, 2).admission
    assert len(looked) > 20 and all_held.level.max() > 0.0
    assert np.array_equal(few_held.level, all_held.level)
    assert np.array_equal(few_held.order, all_held.order)


def test_a_sky_is_counted_as_what_is_held_of_it():
    network = networks.build(homes=20.0, where=networks.cells(rings=12))
    sky = observe_sky(network, networks.positions(network))
    held = admission._without_slack(sky)
    assert all(np.array_equal(mine, yours) for mine, yours in zip(held.usable, sky.usable, strict=True))
    assert all(part.base is None for part in held.usable)
    assert admission.sky_bytes(held) == admission.sky_bytes(sky) >= sum(part.nbytes for part in sky.usable)
