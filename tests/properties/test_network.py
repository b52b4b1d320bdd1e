"""What must move one way only: gateways, take-up, beams, neighbours."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import networks
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.network import sky as sky_of
from raabta.network import slot as slots
from raabta.network import top_up_kernels

SITES = [
    ("A", 30.18, 66.99), ("B", 24.86, 67.0), ("C", 30.2, 71.47), ("D", 33.69, 73.05), ("E", 25.12, 62.33),
    ("F", 31.55, 74.34), ("G", 34.01, 71.58), ("H", 23.6, 58.4),
]  # fmt: skip
quick = settings(max_examples=30, deadline=None)


@lru_cache
def whole_list(antennas):
    """A network with every gateway, one antenna each or two, and a GSO rule at them."""
    gateways = tuple(networks.gateway(*site, antennas=antennas, gso_separation_deg=4.0) for site in SITES)
    homes = np.random.default_rng(4).gamma(0.7, 300.0, 61).round()
    return networks.build(networks.scenario(gateways=gateways), homes=homes)


def only(network, kept):
    """The same network with some of its gateways."""
    index = np.array(kept)
    sites = network.gateways
    part = replace(
        sites, km=sites.km[index], basis=sites.basis[index], sin_mask=sites.sin_mask[index],
        group_axis=sites.group_axis[index], group_radius=sites.group_radius[index],
        group_start=np.arange(index.size + 1), arc_row=sites.arc_row[index], arc_site=sites.arc_site[index],
        bands=sites.bands[index], separation_rad=sites.separation_rad[index],
    )  # fmt: skip
    return replace(
        network, gateways=part, antennas=network.antennas[index],
        gateway_availability=network.gateway_availability[index], partner=np.full(index.size, -1),
        feeder=replace(network.feeder, rate_mbps=network.feeder.rate_mbps[index]),
    )  # fmt: skip


def usable(network, sky):
    """Usable satellites of each cell: fleet numbers, clear of the arc, with a gateway."""
    out = []
    for c in range(network.ground.count):
        near = sky.usable.satellite[sky.usable.start[c] : sky.usable.start[c + 1]]
        out.append({int(sky.view.near[s]) for s in near})
    return out


subsets = st.sets(st.integers(0, len(SITES) - 1), min_size=2).map(sorted)


@quick
@given(kept=subsets, lost=st.integers(0, 7), slot=st.integers(0, 400), antennas=st.sampled_from([1, 2]))
def test_losing_a_gateway_never_adds_a_usable_satellite(kept, lost, slot, antennas):
    network = whole_list(antennas)
    fewer = [g for g in kept if g != kept[lost % len(kept)]]
    position_km = networks.positions(network, slot)
    before = usable(network, sky_of.observe_sky(only(network, kept), position_km))
    after = usable(network, sky_of.observe_sky(only(network, fewer), position_km))
    assert any(before)
    assert all(late <= early for early, late in zip(before, after, strict=True))


@lru_cache
def plain(allocation, beams):
    radio = networks.payload(beams=beams, return_mbps=400.0)
    made = networks.scenario(radio=radio, sharing={"allocation": allocation})
    network = networks.build(made, homes=100.0)
    # Identical links: every cell stands where the middle one does.
    middle = 30
    loss = np.repeat(network.loss.loss_db[:, [middle]], 61, axis=1)
    ground = replace(
        network.ground, km=np.repeat(network.ground.km[[middle]], 61, axis=0),
        basis=np.repeat(network.ground.basis[[middle]], 61, axis=0),
    )  # fmt: skip
    return replace(
        network, loss=replace(network.loss, loss_db=loss), ground=ground, radius_km=np.full(61, 10.0)
    )


def served(network, homes):
    """Homes served in one slot under one satellite."""
    network = networks.again(network, homes)
    sky = sky_of.observe_sky(network, networks.over((29.5, 66.3)))
    found = slots.allocate(network, sky, np.zeros(61, np.int64))
    return found, np.minimum(found.level, 1.0) * homes


@quick
@given(
    seed=st.integers(0, 10_000), more=st.floats(1.0, 12.0), beams=st.sampled_from([1, 3, 8]),
    allocation=st.sampled_from(["guarantee", "equal"]),
)  # fmt: skip
def test_with_identical_links_served_does_not_fall_when_take_up_rises(seed, more, beams, allocation):
    network = plain(allocation, beams)
    homes = np.random.default_rng(seed).gamma(0.7, 150.0, 61) + 1.0
    _, few = served(network, homes)
    _, many = served(network, homes * more)
    assert np.all(few <= homes * (1 + 1e-9)) and np.all(many <= homes * more * (1 + 1e-9))
    # The common level is found by halving, to 2^-24 of the highest (the top plan's, four times the ask).
    resolution = 4.0 * 2.0**-24 * (homes * more).sum()
    assert many.sum() >= few.sum() - resolution


@quick
@given(
    seed=st.integers(0, 10_000),
    extra=st.tuples(st.floats(0.0, 4.0), st.floats(0.0, 5e3), st.floats(0.0, 5e3)),
    channels=st.sampled_from([1, 2, 4]),
)
def test_more_capacity_in_a_frozen_plan_never_lowers_a_level(seed, extra, channels):
    random = np.random.default_rng(seed)
    radio = networks.payload(beams=2, channels=channels, return_mbps=500.0)
    network = network_of(channels, radio)
    network = networks.again(network, random.gamma(0.7, 150.0, 61) + 1.0)
    sky = sky_of.observe_sky(network, networks.over((29.5, 66.3), (30.5, 67.0)))
    found = slots.allocate(network, sky, np.zeros(61, np.int64))
    dwell = []
    for capacity in (sky.capacity, sky.capacity + np.array(extra)):
        given = found.given._replace(
            dwell=np.zeros(61), code=found.code.copy(), cap=np.full(61, network.rules.per_cell)
        )
        top_up_kernels.top_up(sky.fleet._replace(capacity=capacity), network.rules, given)
        dwell.append(given.dwell)
    # The level is found by halving, to 2^-24 of the highest.
    assert np.all(dwell[1] >= dwell[0] - 1e-6)
    assert dwell[0].sum() > 0.0


@lru_cache
def network_of(channels, radio):
    return networks.build(networks.scenario(radio=radio), homes=100.0)


@lru_cache
def among(rows):
    made = networks.scenario(sharing={"capacity_share": "neighbours"})
    latitude, longitude, people = zip(*rows, strict=True) if rows else ((), (), ())
    return networks.build(made, neighbours=(latitude, longitude, people))


place = st.tuples(st.integers(10, 48), st.integers(45, 90), st.sampled_from([0.0, 1e3, 1e6]))


@settings(quick, max_examples=12)
@given(rows=st.lists(place, max_size=5, unique=True), slot=st.integers(0, 300))
def test_neighbours_only_ever_reduce_the_share(rows, slot):
    with_them, alone = among(tuple(rows)), among(())
    position_km = networks.positions(alone, slot)
    ours, whole = (sky_of.observe_sky(n, position_km) for n in (with_them, alone))
    assert np.array_equal(ours.view.near, whole.view.near)
    assert np.all(ours.share <= whole.share) and np.all(ours.share >= 0.0)
    assert np.all(ours.capacity <= whole.capacity + 1e-9)
