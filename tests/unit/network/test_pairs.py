"""Two gateways in one weather: how often both are bad, what a diversity partner is worth by its distance."""

from __future__ import annotations

import networks
import numpy as np
import pytest

from raabta.links import weather_series
from raabta.links.tables import EXCEEDANCE_PERCENT, PROBABILITY
from raabta.network import pairs, rain_field
from raabta.network import sky as sky_of
from raabta.network.survival import feeder_probability

LATITUDE, LONGITUDE = np.array([30.2, 30.2, 30.2, 24.9]), np.array([67.0, 67.1, 71.0, 67.0])
PARTNER = np.array([1, 2, -1, 0])


def test_each_site_alone_keeps_its_own_statistics():
    found, alone = pairs.tails(LATITUDE, LONGITUDE, PARTNER), np.array([100.0, *EXCEEDANCE_PERCENT]) / 100.0
    assert found.shape == (4, 9, 9)
    assert found[:, :, 0] == pytest.approx(np.tile(alone, (4, 1)), rel=1e-9)
    assert found[:, 0, :] == pytest.approx(np.tile(alone, (4, 1)), rel=1e-9)
    assert found[2] == pytest.approx(np.outer(alone, alone), rel=1e-9), "without a partner: independent"
    assert -np.diff(alone) == pytest.approx(PROBABILITY)


def test_near_sites_are_bad_together_and_far_ones_less():
    found, alone = pairs.tails(LATITUDE, LONGITUDE, PARTNER), EXCEEDANCE_PERCENT[4] / 100.0
    near, far, farther = found[[0, 1, 3], 5, 5]
    assert alone > near > far > farther > 1.5 * alone**2


def test_the_tables_are_the_storms_that_are_drawn():
    """The rain field itself, three years of it at 5 minutes: how often both sites are as bad."""
    where = LATITUDE[:2] + np.array([0.0, 0.6]), LONGITUDE[:2]
    field = weather_series.storms(*where, seed=3, step_s=300.0)
    wet = field.process(0, 3 * 365 * 288) > rain_field.THRESHOLDS[2]
    expected = pairs.tails(*where, np.array([1, 0]))[0, 3, 3]
    assert wet.mean() == pytest.approx(0.02, rel=0.15)
    assert (wet[0] & wet[1]).mean() == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize("load_mbps", [0.0, 1.7e4])
def test_a_partner_at_the_same_place_is_worth_little_and_a_far_one_nearly_a_second_chance(load_mbps):
    found = []
    for partner in (None, (30.18, 66.99), (30.18, 68.6), None):
        sites = [networks.gateway()]
        if partner:
            sites = [networks.gateway(diversity_partner="Other"), networks.gateway("Other", *partner)]
        network = networks.build(networks.scenario(gateways=tuple(sites)))
        sky = sky_of.observe_sky(network, networks.over((30.18, 66.99)))
        assert sky.feeders[0].tolist() == [0, 1 if partner else -1]
        load = np.array([[load_mbps, 0.0]])
        found.append(float(feeder_probability(network, sky, np.zeros(1, np.int64), load)[0]))
    alone, near, far, again = found
    assert alone == again < near < far
    independent = 1.0 - (1.0 - alone) ** 2
    assert far < independent
    # At the same place only the equipment is a second chance: 0.998 each, whatever the weather.
    carried = alone / 0.998
    assert near == pytest.approx(carried * (1.0 - 0.002**2), rel=0.1 * (1.0 - carried))
