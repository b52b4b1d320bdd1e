"""Contact plans whose rates step: cut where the mode changes, back to back, volumes as the dense integral."""

from __future__ import annotations

import dataclasses
from functools import cache

import lunar_skies as skies
import numpy as np
import pytest

from raabta.access.sight import Place, Sight
from raabta.base.bodies import EARTH, MOON
from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.links.rate_tables import of_catalogue, rate_table
from raabta.links.space_link import Air, Antenna, Receiver, SpaceLink, Stated
from raabta.network.mesh.contact_files import csv_lines, ion_lines, read_csv
from raabta.network.mesh.contacts import find_fault
from raabta.network.mesh.space_contacts import Hop, space_plan, stepped, volume_mbit

DAY_S = 86_400.0
SPAN_S = 3.0 * DAY_S
ROVER = Place("rover", MOON, -85.5, 31.5, 2.0, 2.0, "MOON_ME")
KASHI = Place("Kashi", EARTH, 38.42, 76.71, 1.3, 10.0)
RELAY = skies.craft("relay", "Moon", 9_837.0, 0.803, 119.0, 30.0, 90.0, 0.0)
MODES = rate_table("many", [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 4.0, 5.0, 6.0, 8.0], 3.0)
DISH = Receiver(Antenna(dish_m=1.0), 2.0)
LINK = SpaceLink("return", 8.45, Stated(eirp_dbw=4.0), DISH, MODES, 3.0)
AIR = Air(np.array([9.0, 20.0, 90.0]), np.array([6.0, 3.0, 1.0]))
DOWN = SpaceLink("down", 26.5, Stated(eirp_dbw=38.0), Stated(g_over_t_dbk=45.0), MODES, 3.0, receiver_air=AIR)


@cache
def sight():
    return Sight([ROVER, KASHI, RELAY], skies.sky(SPAN_S))


@pytest.mark.parametrize(("one", "other", "link"), [("rover", "relay", LINK), ("relay", "Kashi", DOWN)])
def test_volumes_are_the_dense_integral_of_the_mode_in_force(one, other, link):
    passes = sight().contacts(one, other)
    parts, rate = stepped(sight(), passes, link)
    assert len(parts) > len(passes) and np.unique(rate).size >= 3
    assert (parts.site == sight().number(one)).all() and (parts.satellite == sight().number(other)).all()
    volume = float((rate * (parts.set_s - parts.rise_s)).sum())
    dense = np.arange(0.25, SPAN_S, 0.5)
    inside = np.zeros(dense.size, bool)
    for begin, end in zip(passes.rise_s, passes.set_s, strict=True):
        inside |= (dense >= begin) & (dense < end)
    seen = sight().geometry(one, other, dense[inside])
    levels = link.cn0_dbhz(seen.range_km, seen.sender_elevation_deg, seen.receiver_elevation_deg)
    assert volume == pytest.approx(link.rate_mbps(levels).sum() * 0.5, rel=1e-5)
    for row in range(len(parts)):
        inner = parts.rise_s[row] + (parts.set_s[row] - parts.rise_s[row]) * np.array([1e-6, 0.5, 1.0 - 1e-6])
        inner[[0, 2]] = parts.rise_s[row] + 2e-3, parts.set_s[row] - 2e-3
        near = sight().geometry(one, other, inner)
        level = link.cn0_dbhz(near.range_km, near.sender_elevation_deg, near.receiver_elevation_deg)
        assert link.rate_mbps(level).tolist() == [rate[row]] * 3, "the mode holds to 2 ms from both edges"
        assert parts.min_range_km[row] <= near.range_km[1] <= parts.max_range_km[row]


def test_the_plan_stands_in_the_one_schema(tmp_path):
    hops = [
        Hop("rover", "relay", LINK),
        Hop("relay", "rover", 0.000125),
        Hop("relay", "Kashi", DOWN),
        Hop("Kashi", "relay", 0.001, longest_km=402_000.0),
    ]
    plan = space_plan(sight(), hops)
    assert find_fault(plan) is None and plan.nodes == ("rover", "Kashi", "relay")
    alone = [dataclasses.replace(hop) for hop in hops]
    rows = sum(len(space_plan(sight(), [hop])) for hop in alone)
    assert len(plan) == rows
    own = (plan.from_node == 0) & (plan.to_node == 2)
    begin, end, rate = plan.start_s[own], plan.end_s[own], plan.rate_mbps[own]
    touching = begin[1:] == end[:-1]
    assert touching.any() and (rate[1:][touching] != rate[:-1][touching]).all(), "back to back, another rate"
    one, other = ROVER, RELAY
    light = skies.met_s(one, other, begin) - begin
    assert np.abs(light - plan.light_time_start_s[own]).max() < 1e-7
    assert (plan.light_time_max_s * SPEED_OF_LIGHT_KM_S < 420_000.0).all()
    up = (plan.from_node == 1) & (plan.to_node == 2)
    assert (plan.light_time_max_s[up] <= 402_000.0 / SPEED_OF_LIGHT_KM_S + 1e-9).all()
    file = tmp_path / "plan.csv"
    file.write_text("\n".join(csv_lines(plan)) + "\n", encoding="utf-8")
    back = read_csv(file, plan.nodes)
    assert (back.start_s == plan.start_s).all() and (back.rate_mbps == plan.rate_mbps).all()
    assert any(line.startswith("a contact") for line in ion_lines(plan))


def test_a_days_volume_at_the_rates_of_queqiao():
    """Whenever it is seen the rover of the table sends at 285 kbit/s: the relay is within 18,000 km."""
    table = of_catalogue("queqiao-1-rover-return")
    link = SpaceLink("return", 8.45, Stated(eirp_dbw=20.0), Receiver(Antenna(dish_m=4.2), 2.0), table)
    plan = space_plan(sight(), [Hop("rover", "relay", link)])
    seconds = float((plan.end_s - plan.start_s).sum())
    assert set(plan.rate_mbps) == {0.285}
    assert volume_mbit(plan, "rover", "relay") == pytest.approx(0.285 * seconds)
    assert volume_mbit(plan, "relay", "rover") == 0.0


def test_without_a_mode_there_is_no_contact():
    deaf = dataclasses.replace(LINK, sender=Stated(eirp_dbw=-60.0))
    parts, rate = stepped(sight(), sight().contacts("rover", "relay"), deaf)
    assert len(parts) == 0 and rate.size == 0


def test_what_is_refused():
    with pytest.raises(RaabtaError, match="rover to relay stands twice"):
        space_plan(sight(), [Hop("rover", "relay", LINK), Hop("rover", "relay", 1.0)])
    with pytest.raises(OutOfRangeError, match=r"a rate, Mbps is -1\.0"):
        space_plan(sight(), [Hop("rover", "relay", -1.0)])
    low = dataclasses.replace(DOWN, receiver_air=Air(np.array([15.0, 90.0]), np.array([1.0, 0.1])))
    with pytest.raises(OutOfRangeError, match=r"elevation of an Earth end is 1.* valid: 15 to 90 deg"):
        space_plan(sight(), [Hop("relay", "Kashi", low)])
