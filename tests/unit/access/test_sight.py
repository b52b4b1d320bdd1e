"""Two-sided contacts against their definition, sample by sample: light time by iteration, no table."""

from __future__ import annotations

from functools import cache

import lunar_skies as skies
import numpy as np
import pytest

from raabta.access import intervals
from raabta.access.sight import MARGIN_KM, Craft, Place, Sight, join
from raabta.base.bodies import EARTH, MOON
from raabta.base.errors import OutOfRangeError, RaabtaError, ScenarioError
from raabta.base.units import SPEED_OF_LIGHT_KM_S

DAY_S = 86_400.0
SPAN_S = 3.0 * DAY_S
NEAR_S = 0.05
RNG = np.random.default_rng(8)
ROVER = Place("rover", MOON, -85.5, 31.5, 2.0, RNG.uniform(-2.0, 4.0, 72), "MOON_ME")
NEARSIDE = Place("lander", MOON, 20.0, 70.0, 0.0, 0.0, "MOON_ME")
STATION = Place("Kashi", EARTH, 38.42, 76.71, 1.3, RNG.uniform(5.0, 12.0, 36))
OTHER = Place("Karachi", EARTH, 24.9, 67.0, 0.0, 10.0)
RELAY = skies.craft("relay", "Moon", 9_837.0, 0.803, 119.0, 30.0, 90.0, 0.0)
ORBITER = skies.craft("orbiter", "Moon", 6_137.0, 0.685, 60.0, 100.0, 200.0, 40.0)
CREW = skies.craft("crew", "Earth", 6_768.0, 0.001, 41.5, 10.0, 0.0, 0.0)
TIANLIAN = skies.craft("Tianlian", "Earth", 42_164.2, 0.0, 0.0, 0.0, 0.0, 77.0)
NODES = {n.name: n for n in (ROVER, NEARSIDE, STATION, OTHER, RELAY, ORBITER, CREW, TIANLIAN)}


@cache
def sight(span_s=SPAN_S):
    return Sight(NODES.values(), skies.sky(span_s))


def check(one, other, step_s, span_s=SPAN_S, **limits):
    """Every sample inside a contact exactly when the definition says so; returns the share in sight."""
    found = sight(span_s).contacts(one, other, **limits)
    times_s = np.arange(0.0, span_s, step_s)
    truth = skies.in_sight(NODES[one], NODES[other], times_s, MARGIN_KM, **limits)
    edges = np.column_stack([found.rise_s, found.set_s]).ravel()
    inside = np.searchsorted(edges, times_s, side="right") % 2 == 1
    near = np.abs(times_s[:, None] - edges[None, :]).min(axis=1, initial=np.inf) <= NEAR_S
    wrong = times_s[(inside != truth) & ~near]
    assert wrong.size == 0, (one, other, wrong[:5], edges[:6])
    for edge in edges[(edges > 1.0) & (edges < span_s - 1.0)]:
        around = skies.in_sight(
            NODES[one], NODES[other], edge + np.array([-NEAR_S, NEAR_S]), MARGIN_KM, **limits
        )
        assert around[0] != around[1], "the definition changes within 0.05 s of every edge"
    return truth.mean(), found


@pytest.mark.parametrize(
    ("one", "other", "step_s", "low", "high"),
    [
        ("rover", "Kashi", 61.0, 0.05, 0.95),
        ("Kashi", "rover", 61.0, 0.05, 0.95),
        ("lander", "Karachi", 61.0, 0.05, 0.95),
        ("rover", "relay", 17.0, 0.05, 0.95),
        ("relay", "rover", 17.0, 0.05, 0.95),
        ("relay", "Kashi", 17.0, 0.05, 0.95),
        ("Kashi", "orbiter", 17.0, 0.05, 0.95),
        ("relay", "orbiter", 17.0, 0.5, 0.999),
        ("crew", "Tianlian", 7.0, 0.3, 0.95),
        ("Karachi", "crew", 7.0, 0.005, 0.2),
    ],
)
def test_contacts_are_the_definition(one, other, step_s, low, high):
    share, _ = check(one, other, step_s)
    assert low < share < high


def test_ranges_are_lengths_of_the_signals_way():
    _, found = check("rover", "relay", 97.0)
    one, other = NODES["rover"], NODES["relay"]
    assert found.site.tolist() == [0] * len(found) and found.satellite.tolist() == [4] * len(found)
    for when, km in ((found.rise_s, found.rise_range_km), (found.set_s, found.set_range_km)):
        assert np.abs((skies.met_s(one, other, when) - when) * SPEED_OF_LIGHT_KM_S - km).max() < 0.01
    for row in range(len(found)):
        dense = np.linspace(found.rise_s[row], found.set_s[row], 5_000)
        km = (skies.met_s(one, other, dense) - dense) * SPEED_OF_LIGHT_KM_S
        assert (
            abs(found.min_range_km[row] - km.min()) < 0.05 and abs(found.max_range_km[row] - km.max()) < 0.05
        )
        assert found.min_range_km[row] <= found.rise_range_km[row] <= found.max_range_km[row]


def test_a_range_limit_cuts_contacts():
    for one, other, longest in (("rover", "relay", 9_000.0), ("relay", "orbiter", 8_000.0)):
        share, found = check(one, other, 17.0, longest_km=longest)
        assert 0.01 < share < 0.9 and found.max_range_km.max() <= longest + 1e-3


def test_both_directions_differ_by_what_the_moon_moves_meanwhile():
    """A station hears the Moon where it was 1.3 s ago, and sends to where it will be in 1.3 s: 2.6 s at
    1 km/s to the east, so that it rises 0.1 s later for what is sent."""
    up, down = sight().contacts("Karachi", "rover"), sight().contacts("rover", "Karachi")
    assert len(up) == len(down) >= 2
    own = (up.rise_s > 0.0) & ~up.begins_before
    seen = sight().geometry("rover", "Karachi", down.rise_s[own])
    rises_at_station = np.abs(seen.receiver_elevation_deg - 10.0) < 1e-4
    assert rises_at_station.any() and (np.abs(seen.light_time_s - 1.28) < 0.1).all()
    heard = down.rise_s[own] + seen.light_time_s
    later = (up.rise_s[own] - heard)[rises_at_station]
    assert (later > 0.05).all() and (later < 0.2).all()


def test_geometry_tells_elevations_at_both_ends():
    _, found = check("rover", "Kashi", 601.0)
    seen = sight().geometry("rover", "Kashi", 0.5 * (found.rise_s + found.set_s))
    assert (seen.receiver_elevation_deg >= 5.0).all() and (np.abs(seen.sender_elevation_deg) < 15.0).all()
    assert np.abs(seen.light_time_s - seen.range_km / SPEED_OF_LIGHT_KM_S).max() < 1e-12
    assert np.isnan(sight().geometry("relay", "Kashi", [0.0]).sender_elevation_deg).all()


def test_the_answer_does_not_hang_on_the_step():
    one = sight().contacts("rover", "relay")
    other = sight().contacts("rover", "relay", step_s=60.0)
    assert np.abs(one.rise_s - other.rise_s).max() < 5e-3 and np.abs(one.set_s - other.set_s).max() < 5e-3


def test_contacts_join_and_obey_the_algebra():
    parts = [sight().contacts("rover", name) for name in ("Kashi", "Karachi")]
    whole = join(parts)
    assert len(whole) == sum(map(len, parts))
    gaps = intervals.complement(whole, np.array([(0, 2), (0, 3)]))
    for satellite in (2, 3):
        total = intervals.seconds(whole, 0, satellite) + intervals.seconds(gaps, 0, satellite)
        assert total == pytest.approx(SPAN_S, abs=1e-6)
    with pytest.raises(OutOfRangeError, match="or later"):
        join([parts[0], parts[0]])
    with pytest.raises(RaabtaError, match="no pair of nodes"):
        join([])


def test_threads_change_no_bit():
    pairs = [
        ("rover", "Kashi"),
        ("rover", "relay"),
        ("relay", "rover"),
        ("orbiter", "relay"),
        ("Kashi", "relay"),
    ]
    one = Sight(NODES.values(), skies.sky(DAY_S)).contacts_of(pairs)
    two = Sight(NODES.values(), skies.sky(DAY_S)).contacts_of(pairs, threads=2)
    for name in ("site", "satellite", "rise_s", "set_s", "min_range_km", "max_range_km"):
        assert (getattr(one, name) == getattr(two, name)).all()


def test_what_is_refused():
    near = skies.craft("low", "Earth", 6_430.0, 0.0, 41.5, 10.0, 0.0, 0.0)
    own = Sight([near, TIANLIAN], skies.sky(DAY_S))
    with pytest.raises(OutOfRangeError, match=r"low is lower; valid: more than 6,471\.0 km from the centre"):
        own.contacts("low", "Tianlian")
    with pytest.raises(ScenarioError, match="no node is called 'rovr'\nhint: did you mean 'rover'"):
        sight().contacts("rovr", "relay")
    with pytest.raises(ScenarioError, match="two nodes are called 'rover'"):
        Sight([ROVER, ROVER], skies.sky(DAY_S))
    with pytest.raises(OutOfRangeError, match="bin 1 is 95 deg"):
        _ = Place("x", MOON, 0.0, 0.0, 0.0, np.array([1.0, 95.0])).sin_mask
    with pytest.raises(ScenarioError, match="the frame of this site on the Moon is not named"):
        Sight([Place("x", MOON, 0.0, 0.0), TIANLIAN], skies.sky(DAY_S)).contacts("x", "Tianlian")
    sun = skies.craft("Sun", "Earth", 1.5e8, 0.0, 23.4, 0.0, 0.0, 0.0)
    with pytest.raises(
        OutOfRangeError, match=r"from Tianlian to Sun is 1\.5e\+08 km; valid: 3e\+06 km at most"
    ):
        Sight([TIANLIAN, sun], skies.sky(DAY_S)).contacts("Tianlian", "Sun")
    lost = Craft("lost", type("Lost", (), {
        "count": 1, "centre": "Moon", "frame": "GCRF",
        "positions_km": lambda self, times: np.full((len(times), 3, 1), np.nan),
    })())  # fmt: skip
    with pytest.raises(OutOfRangeError, match="lost is nothing 0 s after the start"):
        Sight([ROVER, lost], skies.sky(DAY_S)).contacts("rover", "lost")


def test_real_orbits_and_axes_agree_with_passes_of_one_instant():
    """An integrated relay over a site, by `find_passes` in the Moon's axes. The site hardly moves: it counts
    when the relay sends, or when what is sent to it arrives."""
    from datetime import UTC, datetime

    from raabta.access.passes import find_passes
    from raabta.access.sky import sky_over
    from raabta.orbits.orbiters import trajectory
    from raabta.orbits.platforms import in_frame
    from raabta.scenario.orbiters import Forces, KeplerElements, Orbiter

    start, span_s = np.datetime64("2028-11-01", "ns"), 2.0 * DAY_S
    orbit = KeplerElements(
        periapsis_altitude_km=200.0, apoapsis_altitude_km=16_000.0, inclination_deg=62.4,
        raan_deg=30.0, argp_deg=90.0, true_anomaly_deg=0.0,
    )  # fmt: skip
    own = Orbiter(
        name="relay", body="Moon", axes="body-equator", epoch=datetime(2028, 11, 1, tzinfo=UTC),
        elements=orbit, forces=Forces(gravity_degree=4),
    )  # fmt: skip
    flown = trajectory(own, start, span_s)
    lunar = Sight([ROVER, Craft("relay", flown)], sky_over(start, span_s))
    instant = find_passes(ROVER, in_frame(flown, "MOON_ME"), start, span_s)
    down, up = lunar.contacts("relay", "rover"), lunar.contacts("rover", "relay")
    assert len(down) == len(up) == len(instant) >= 2
    inner = instant.rise_s > 1.0
    for name in ("rise", "set"):
        edges = getattr(instant, f"{name}_s")[inner]
        assert np.abs(getattr(down, f"{name}_s")[inner] - edges).max() < 1e-3
        light_s = getattr(up, f"{name}_range_km")[inner] / SPEED_OF_LIGHT_KM_S
        inside = edges < span_s - 1.0
        assert np.abs(getattr(up, f"{name}_s")[inner] + light_s - edges)[inside].max() < 1e-3
    assert (down.set_s - down.rise_s).sum() / span_s > 0.7, "apolune over the south"


def test_a_crewed_station_over_a_ground_station_and_under_a_relay_satellite():
    """SGP4 over a day: as passes and lines of sight of one instant, but for what moves while light goes:
    0.01 s to the ground, 0.13 s to the geostationary orbit."""
    import dense_passes as dense

    from raabta.access.passes import find_contacts, find_passes
    from raabta.access.sky import sky_over
    from raabta.orbits.elements import MeanElements
    from raabta.orbits.propagate import Propagator

    rows = np.array([[41.5, 0.0, 0.0006, 0.0, 0.0, 15.6], [0.05, 10.0, 0.0002, 0.0, 67.0, 1.00271]]).T
    elements = MeanElements(
        np.full(2, dense.START), *rows, np.zeros(2), ("crew", "Tianlian"), np.zeros(2, np.int64)
    )
    fleet = Propagator.from_elements(elements, dense.START)
    nodes = [OTHER, Craft("crew", fleet, 0), Craft("Tianlian", fleet, 1)]
    own = Sight(nodes, sky_over(dense.START, DAY_S))
    ground, instant = own.contacts("Karachi", "crew"), find_passes(OTHER, fleet, dense.START, DAY_S)
    crew = instant.satellite == 0
    assert len(ground) == crew.sum() >= 3
    assert np.abs(ground.rise_s - instant.rise_s[crew]).max() < 0.02
    assert np.abs(ground.set_s - instant.set_s[crew]).max() < 0.02
    relay = own.contacts("crew", "Tianlian")
    lines = find_contacts([0], [1], fleet, dense.START, DAY_S, grazing_km=100.0)
    assert len(relay) == len(lines) >= 14, "once an orbit"
    assert np.abs(relay.rise_s - lines.rise_s).max() < 0.05
    assert 0.4 < (relay.set_s - relay.rise_s).sum() / DAY_S < 0.75


def test_a_place_on_a_horizon_of_terrain():
    from raabta.access.sight import place_on
    from raabta.terrain.kept import kept_horizon, kept_names

    horizon = kept_horizon(kept_names()[0])
    place = place_on("rover", horizon, frame="MOON_ME")
    assert place.sin_mask.shape == (1, 720) and place.axes == "MOON_ME"
    middles = horizon.at((np.arange(720) + 0.5) * 0.5)
    assert (np.degrees(np.arcsin(place.sin_mask[0])) >= middles - 1e-9).all()
    assert np.linalg.norm(place.km) == pytest.approx(1_737.4 + (horizon.ground_m + horizon.eye_m) / 1e3)
