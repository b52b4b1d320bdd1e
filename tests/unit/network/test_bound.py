"""The bound of a slot: never passed, met where nothing stands in the way, and no farther off than it says."""

from __future__ import annotations

from dataclasses import replace

import markets
import networks
import numpy as np
import pytest

from raabta.network.bound import forward_bound_mbps, offer_of
from raabta.network.sky import observe_sky
from raabta.network.slot import allocate, rates_mbps

PLACES = ((29.0, 66.0), (31.5, 70.0), (25.5, 62.5))


def slot(homes, **radio):
    network = networks.build(networks.scenario(radio=networks.payload(**radio)), homes=homes)
    sky = observe_sky(network, networks.over(*PLACES))
    found = allocate(network, sky, np.zeros(network.ground.count, np.int64))
    return network, sky, float(rates_mbps(network, found)[0].sum())


@pytest.mark.parametrize("homes", [1.0, 30.0, 200.0, 800.0])
@pytest.mark.parametrize("forward_mbps", [300.0, 24_000.0])
def test_no_slot_carries_more_than_its_bound(homes, forward_mbps):
    network, sky, carried = slot(homes, forward_mbps=forward_mbps)
    bound = forward_bound_mbps(network, sky)
    assert 0.0 < carried <= bound * (1.0 + 1e-9)
    offer = offer_of(network, sky)
    kbps = replace(
        offer, demand_mbps=np.rint(offer.demand_mbps * 1e3), capacity_mbps=np.rint(offer.capacity_mbps * 1e3)
    )
    most = markets.most_by_flow(kbps) / 1e3
    assert most * (1.0 - 1e-4) <= bound <= most * 1.01, "the bound is the maximum flow, to a per cent"


def test_few_homes_have_all_they_ask_and_the_bound_says_so():
    network, sky, carried = slot(1.0)
    asked = float(network.total_active.sum() * network.plans[-1, 0])
    assert carried == pytest.approx(asked)
    assert forward_bound_mbps(network, sky) == pytest.approx(asked)


def test_where_the_satellites_bind_the_bound_is_what_they_have():
    network, sky, carried = slot(800.0, forward_mbps=300.0)
    assert forward_bound_mbps(network, sky) == pytest.approx(float(sky.capacity[:, 1].sum()))
    assert carried == pytest.approx(float(sky.capacity[:, 1].sum()), rel=0.02)
