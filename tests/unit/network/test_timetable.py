"""Dwell, beams and channels are limited apart; here a timetable of frames is laid out that keeps them all."""

from __future__ import annotations

import networks
import numpy as np
import pytest

from raabta.network import sky as sky_of
from raabta.network import slot as slots

PARTS = 512
"""Parts of a slot in the timetable: eight to a frame."""


def laid_out(network, sky, found, s):
    """Greedy timetable of satellite s: channel (cell, part) or -1, and the parts that each cell wants."""
    own = np.flatnonzero(found.satellite == s)
    wanted = np.floor(found.dwell[own] * PARTS).astype(int)
    ray = found.given.direction[own]
    near = (ray @ ray.T >= network.rules.cos_reuse) & ~np.eye(own.size, dtype=bool)
    beams = int(np.ceil(sky.capacity[s, 0] - 1e-9))
    channel, lit = np.full((own.size, PARTS), -1), np.zeros(PARTS, int)
    for c in np.argsort(-(near @ found.dwell[own] + found.dwell[own])):
        taken = np.zeros((int(network.rules.colours), PARTS), bool)
        for other in np.flatnonzero(near[c]):
            parts = np.flatnonzero(channel[other] >= 0)
            taken[channel[other, parts], parts] = True
        free = np.flatnonzero(~taken.all(axis=0) & (lit < beams))
        chosen = free[np.argsort(lit[free], kind="stable")][: wanted[c]]
        channel[c, chosen] = np.argmin(taken[:, chosen], axis=0)
        lit[chosen] += 1
    return channel, wanted


@pytest.mark.parametrize("homes", [60.0, 400.0])
@pytest.mark.parametrize(("beams", "channels"), [(8, 4), (4, 8), (3, 2)])
def test_a_timetable_of_frames_carries_the_dwell(homes, beams, channels):
    radio = networks.payload(beams=beams, channels=channels, reuse_separation_deg=2.65)
    network = networks.build(networks.scenario(radio=radio), homes=homes)
    placed = asked = 0
    for slot in range(0, 60, 6):
        sky = sky_of.observe_sky(network, networks.positions(network, slot))
        found = slots.allocate(network, sky, np.zeros(61, np.int64))
        for s in np.unique(found.satellite[found.satellite >= 0]):
            channel, wanted = laid_out(network, sky, found, s)
            assert np.all((channel >= 0).sum(axis=1) <= wanted)
            placed, asked = placed + np.count_nonzero(channel >= 0), asked + wanted.sum()
    assert asked > 1_000
    assert placed >= 0.995 * asked, f"{1 - placed / asked:.2%} of the dwell found no place"
