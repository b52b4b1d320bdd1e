"""A geostationary satellite in the same chain: four legs, one sky, a hub whose weather is everybody's."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from networks import build, cells, positions

from raabta.links.budget import feeder_budget
from raabta.links.relay import held_power_db
from raabta.network import chunk
from raabta.network.model import Network
from raabta.network.record_kernels import RTT_STEP_MS
from raabta.network.sky import feeder_mbps, observe_sky
from raabta.network.slot import allocate, rates_mbps, round_trip_ms
from raabta.scenario.loader import load
from raabta.scenario.models import Scenario

LIGHT_KM_MS = 299.792458
ARC_KM = 42_164.17
"""Radius of the arc (Kepler's third law; orbits.kepler holds it)."""


@lru_cache
def scene(*settings: str) -> Scenario:
    return load("pakistan-paksat", settings=list(settings))


@lru_cache
def network(*settings: str, homes: float = 10.0) -> Network:
    return build(scene(*settings), homes=homes)


def dry(of: Network) -> np.ndarray:
    return np.zeros(of.ground.count, np.int64)


def arc_range_km(latitude_deg: Any, longitude_deg: Any, height_km: Any, east_deg: float) -> Any:
    """Place to slot by the law of cosines about the Earth's centre, with the geocentric place of WGS 84."""
    a, f = 6378.137, 1.0 / 298.257223563
    latitude = np.radians(latitude_deg)
    normal = a / np.sqrt(1.0 - f * (2.0 - f) * np.sin(latitude) ** 2)
    across = (normal + height_km) * np.cos(latitude)
    up = (normal * (1.0 - f) ** 2 + height_km) * np.sin(latitude)
    cosine = np.cos(np.radians(longitude_deg - east_deg))
    return np.sqrt(across**2 + up**2 + ARC_KM**2 - 2.0 * ARC_KM * across * cosine)


def test_the_delay_is_that_of_four_legs() -> None:
    net = network()
    sky = observe_sky(net, positions(net))
    found = round_trip_ms(sky, allocate(net, sky, dry(net)))
    where, hub = cells(), net.scenario.gateways[0]
    user = arc_range_km(where["latitude_deg"].values, where["longitude_deg"].values, 0.0, 38.2)
    feeder = arc_range_km(hub.latitude_deg, hub.longitude_deg, hub.height_m / 1e3, 38.2)
    assert found == pytest.approx(2.0 * (user + feeder) / LIGHT_KM_MS, abs=0.01)
    assert 480.0 < found.min() < found.max() < 560.0
    kept_ms = RTT_STEP_MS * chunk.run_chunk(net, [0])["rtt"][0]
    assert kept_ms == pytest.approx(found, abs=0.5001 * RTT_STEP_MS)


def test_nothing_moves_and_every_slot_is_the_same() -> None:
    net = network()
    first, last = positions(net, 0), positions(net, 23)
    assert np.linalg.norm(last - first) < 1e-3
    kept = chunk.run_chunk(net, [0, 23])
    for name in ("satellite", "gateway", "down", "up_ratio", "rtt"):
        assert np.array_equal(kept[name][0], kept[name][1]), name
    assert (kept["satellite"] == 0).all() and (kept["gateway"] == 0).all()


def test_the_satellite_on_the_arc_keeps_no_distance_from_it() -> None:
    """Users and hub point at the arc itself; a rule of 18 deg, as a low system keeps, would leave nobody."""
    net = network()
    sky = observe_sky(net, positions(net))
    assert (sky.visible == 1).all() and (np.diff(sky.usable.start) == 1).all()
    held = network("constellation.gso_separation_deg=18")
    sky = observe_sky(held, positions(held))
    assert (allocate(held, sky, dry(held)).satellite == -1).all()


def test_all_transponders_are_this_areas_and_none_is_given_twice() -> None:
    """What is carried stays within beams, transponders' rates both ways, and the feeder, however many ask."""
    net = network(homes=40_000.0)
    payload, sky = net.payload, observe_sky(net, positions(net))
    assert sky.share.tolist() == [1.0]
    given = allocate(net, sky, dry(net))
    forward, back = rates_mbps(net, given)
    feeder = feeder_mbps(net, sky.gateway, sky.feeder_cosecant[:, 0])[0]
    assert given.dwell.sum() <= payload.beams + 1e-9
    assert forward.sum() <= min(payload.forward_mbps, feeder[0]) * (1.0 + 1e-9)
    assert back.sum() <= min(payload.return_mbps, feeder[1]) * (1.0 + 1e-9)
    assert forward.sum() == pytest.approx(payload.forward_mbps, rel=0.02)  # one limit is reached


def test_a_wide_beam_reaches_every_cell_in_one_slot() -> None:
    """Transponders are shared in time in frames short enough for a country of 3,527 cells."""
    sky = observe_sky(network(), positions(network()))
    assert sky.room[0] >= 3_527


@pytest.mark.parametrize("name", ["pakistan-paksat", "pakistan-paksat-1r"])
def test_the_hubs_uplink_costs_the_forward_link_what_the_scenario_says(name: str) -> None:
    """26.9 dB in clear sky; joined to the 15.5 dB of a 1.2 m dish in North Waziristan, 0.3 dB."""
    asked = load(name)
    hub, payload = asked.gateways[0], asked.constellation.payload
    range_km = float(arc_range_km(hub.latitude_deg, hub.longitude_deg, hub.height_m / 1e3, 38.2))
    where: dict[str, Any] = {"range_km": range_km, "elevation_deg": 46.7}
    up = feeder_budget(payload, hub, direction="forward", weather_db=0.11, clear_db=0.11, **where)
    assert up.cn_db == pytest.approx(26.9, abs=0.05)
    said = "(26.9 dB in clear sky) joins the user's link, which costs the forward link about 0.3 dB"
    assert any(said in text for text in asked.assumptions)
    assert 15.51 - float(held_power_db(up.cn_db, 15.51)) == pytest.approx(0.3, abs=0.02)
    net = build(asked, homes=10.0)
    sky = observe_sky(net, positions(net))
    assert float(sky.feeder_db[0, 0]) == pytest.approx(up.cn_db, abs=0.05)


def feeder_lost(*settings: str) -> int:
    """Weight of weather, in all cells, in which only the feeder failed."""
    return int(chunk.run_chunk(network(*settings, homes=400.0), [0])["feeder"].sum())


def test_weather_at_the_hub_takes_service_with_it() -> None:
    """A feeder with dB to spare loses what the site loses; without them, its rain is everybody's."""
    spare, none = feeder_lost(), feeder_lost("gateways.Karachi.eirp_dbw=66")
    assert none > 2 * spare > 0
    wetter = feeder_lost("gateways.Karachi.eirp_dbw=66", "weather.fade_ratio=2")
    assert wetter > none


def test_a_hub_that_is_down_takes_everybody_with_it() -> None:
    """At 0.9 of the time no cell can reach 99 %, whatever its own sky."""
    down = chunk.run_chunk(network("gateways.Karachi.availability_share=0.9"), [0])
    up = chunk.run_chunk(network("gateways.Karachi.availability_share=1"), [0])
    assert int(down["feeder"].sum()) > int(up["feeder"].sum())
    net = network("gateways.Karachi.availability_share=0")
    dead = chunk.run_chunk(net, [0])
    assert dead["counts_index"].size == 0 or _served(dead, net) == 0


def _served(kept: dict[str, Any], net: Network) -> int:
    """Counts at any level above none."""
    from raabta.network.model import RUNGS

    index, _ = chunk.unpack("counts", kept)
    return int(np.count_nonzero(index % (RUNGS + 1)))


def test_rain_at_the_user_asks_more_of_a_transponder_until_the_link_is_gone() -> None:
    """Weather states from clear sky to what is exceeded for 0.03 % of the worst month."""
    net = network()
    sky = observe_sky(net, positions(net))
    need = [allocate(net, sky, dry(net) + state).need for state in range(9)]
    closing = np.array([one[:, 3] for one in need])
    assert (np.diff(closing, axis=0) <= 1e-12).all()
    assert (closing[0] == closing[4]).all() and (closing[8] < closing[0]).all()
    assert (need[4][:, 0] > need[0][:, 0]).all()
