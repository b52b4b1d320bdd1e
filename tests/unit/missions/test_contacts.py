"""Contacts of days, joined, are those of the whole run; light is where the Sun is not behind the Earth."""

from __future__ import annotations

import numpy as np
import pytest
from mission_scenarios import mission, site

from raabta.access.passes import find_passes
from raabta.base.bodies import EARTH
from raabta.base.errors import ScenarioError
from raabta.missions import contacts, intervals
from raabta.missions.contacts import BEGIN, END, LEAST, MOST, PEAK, contacts_of
from raabta.missions.model import prepare


def test_days_joined_are_the_whole_run() -> None:
    ready = prepare(mission())
    days = np.concatenate([contacts_of(ready, ready.day(number)) for number in range(ready.days)])
    rows = intervals.joined(days, 3, least=[LEAST], most=[PEAK, MOST])
    own = rows[rows[:, 0] == 0]
    sites, craft = np.array([0, 1]), np.array([2])
    whole = find_passes(ready.ground(sites), ready.fleet(craft), ready.start, ready.duration_s)
    assert len(own) == len(whole) > 10
    np.testing.assert_array_equal(own[:, 1], whole.site)
    np.testing.assert_allclose(own[:, BEGIN], whole.rise_s, atol=1e-3)
    np.testing.assert_allclose(own[:, END], whole.set_s, atol=1e-3)
    np.testing.assert_allclose(own[:, PEAK], whole.peak_elevation_deg, atol=1e-4)
    np.testing.assert_allclose(own[:, LEAST], whole.min_range_km, atol=1e-2)


def test_a_relay_is_seen_where_the_line_clears_the_air() -> None:
    ready = prepare(mission())
    day = ready.day(0)
    rows = contacts_of(ready, day)
    relay = rows[rows[:, 0] == 1]
    assert np.isnan(relay[:, PEAK]).all() and len(relay) > 10
    seconds = np.arange(0.0, 86_400.0, 30.0)
    places = ready.positions_km(np.array([2, 3]), ready.utc(seconds), "ITRF")
    one, other = places[:, :, 0], places[:, :, 1]
    ray = other - one
    share = np.clip(-(one * ray).sum(1) / (ray * ray).sum(1), 0.0, 1.0)
    clear = np.linalg.norm(one + share[:, None] * ray, axis=1) >= EARTH.mean_radius_km + 100.0
    inside = np.zeros(seconds.size, bool)
    for begin, end in relay[:, [BEGIN, END]]:
        inside |= (seconds >= begin) & (seconds < end)
    np.testing.assert_array_equal(inside, clear)


def test_two_sites_of_one_body_are_refused() -> None:
    asked = mission(links=[{"name": "bad", "between": ["Karachi", "Lahore"]}])
    with pytest.raises(ScenarioError, match="both stand on the Earth"):
        contacts.pairs_of(prepare(asked), asked.links[0])


def test_a_site_at_sea_level_sees_what_its_mask_lets_it() -> None:
    low = mission(sites=[site("Low", 24.86, 67.01, mask_deg=0.0)], links=[_link("Low")], look_angles=[],
                  tracks=[])  # fmt: skip
    high = mission(sites=[site("Low", 24.86, 67.01, mask_deg=30.0)], links=[_link("Low")], look_angles=[],
                   tracks=[])  # fmt: skip
    counts = [len(contacts_of(ready, ready.day(0))) for ready in map(prepare, (low, high))]
    assert counts[0] > 2 * counts[1] > 0


def _link(name: str) -> dict[str, object]:
    return {"name": "up", "between": ["Station", name]}
