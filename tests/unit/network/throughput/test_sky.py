"""What a step of a constellation holds, and the rates of its links against the published ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from raabta.base.errors import RaabtaError
from raabta.links.relay import combine_db
from raabta.network.mesh.paths import NO_NODE
from raabta.network.throughput.curve import Rules, choose_stations, throughput_mbps
from raabta.network.throughput.sky import Losses, Sky, back_lasers
from raabta.network.throughput.system import Carriers, System
from raabta.scenario.models import Shell

START = np.datetime64("2026-06-01T00:00:00", "ns")
SHELL = Shell(altitude_km=1200.0, inclination_deg=60.0, planes=8, satellites_per_plane=10, phasing=1)
GATEWAY = Carriers(8, 28.5, 500.0, 68.4, 13.6, (27.0, 27.0, 25.0, 30.0))
SYSTEM = System(
    "test", (SHELL,), 15.0, 10.0, 1, False, 20_000.0, 32, 250.0, 10.45 + 0.75, GATEWAY, 0.1, 0.75, 3.5
)
DRY = Losses(5.8, np.zeros((3, 96)))
STATIONS = (np.array([50.0, 10.0, -30.0]), np.array([8.0, 100.0, -60.0]))


def sky(system: System = SYSTEM, loss: Losses = DRY) -> Sky:
    people = (np.array([48.0, 48.2, 5.0]), np.array([7.0, 7.2, 101.0]), np.array([3000.0, 600.0, 900.0]))
    return Sky(system, START, people, STATIONS, loss)


@pytest.mark.parametrize(
    ("cn_db", "interference_db", "mbps"),
    [(9.6, (30, 25, 20), 558.7), (10.5, (25, 20, 30), 599.4), (12.0, (25, 22, 25), 674.3)],
    ids=["Telesat", "OneWeb", "SpaceX"],
)
def test_user_carriers_carry_the_published_rates(
    cn_db: float, interference_db: tuple[float, ...], mbps: float
) -> None:
    """del Portillo et al. 2019, user downlink budgets: our ladder picks the paper's mode."""
    cinr = float(combine_db(cn_db, *interference_db))
    assert replace(SYSTEM, user_carriers=1, user_cinr_db=cinr).user_mbps() == pytest.approx(mbps, abs=0.06)


def test_a_near_gateway_carries_the_published_rate_and_a_far_one_less() -> None:
    """The same, gateway uplinks: 1,341.1 Mbps in 250 MHz (OneWeb), 2,682.1 in 500 (SpaceX), 256APSK 3/4.
    Twice the first is 2,682.2: the second is printed 0.1 low."""
    one = replace(SYSTEM, gateway=replace(GATEWAY, count=1))
    half = replace(SYSTEM, gateway=replace(GATEWAY, count=1, bandwidth_mhz=250.0))
    assert half.gateway_mbps(1200.0, 1.0) == pytest.approx(1341.1, abs=0.06)
    assert one.gateway_mbps(1200.0, 1.0) == 2.0 * half.gateway_mbps(1200.0, 1.0)
    assert one.gateway_mbps(3000.0, 12.0) < one.gateway_mbps(1200.0, 1.0)
    assert one.gateway_mbps(3000.0, 60.0) == 0.0


def test_a_transparent_payload_carries_what_its_user_carriers_can() -> None:
    bent = replace(
        SYSTEM, transparent=True, laser_mbps=0.0, gateway=replace(GATEWAY, bandwidth_mhz=250.0, count=32)
    )
    assert bent.gateway_mbps(1200.0, 1.0) <= bent.user_mbps()
    assert bent.gateway_mbps(1200.0, 1.0) > 0.8 * bent.user_mbps()
    with pytest.raises(RaabtaError, match="transparent payload"):
        replace(bent, laser_mbps=1.0)


def test_people_are_shared_by_what_they_see_and_a_satellite_sends_no_more_than_it_can() -> None:
    step = sky().steps([START])[0]
    assert step.demand_kbps.sum() == pytest.approx(4_500_000, abs=80)
    small = sky(replace(SYSTEM, user_carriers=1)).steps([START])[0]
    assert small.demand_kbps.max() == int(replace(SYSTEM, user_carriers=1).user_mbps() * 1000)
    assert small.demand_kbps.sum() < step.demand_kbps.sum()


def test_links_are_those_above_the_mask_and_weaken_with_weather() -> None:
    dry, wet = (
        sky(loss=loss).steps([START])[0].links for loss in (DRY, replace(DRY, table_db=DRY.table_db + 20))
    )
    assert np.array_equal(dry.start, wet.start) and (np.diff(dry.start) > 0).all()
    assert (wet.kbps <= dry.kbps).all() and wet.kbps.sum() < dry.kbps.sum()


def test_losses_between_table_points_are_linear_in_the_cosecant() -> None:
    loss = Losses(5.0, np.linspace(1.0, 5.0, 9)[None] * 2.0)
    sine = np.sin(np.radians([90.0, 40.0, 12.0]))
    np.testing.assert_allclose(loss.at_db(np.zeros(3, np.int64), sine), 2.0 / sine, rtol=1e-12)


def test_lasers_that_would_graze_the_air_are_off() -> None:
    """Five planes at 1000 km: across them up to 8,670 km where the equator is crossed; 7,344 km are clear."""
    wide = SHELL.model_copy(update={"altitude_km": 1000.0, "planes": 5})
    step = sky(replace(SYSTEM, shells=(wide,))).steps([START])[0]
    neighbour = step.lasers.neighbour
    assert (neighbour[:, :2] != NO_NODE).all()
    across = (neighbour[:, 2:] != NO_NODE).mean()
    assert 0.2 < across < 0.95
    assert (sky(replace(SYSTEM, laser_mbps=0.0)).steps([START])[0].lasers.neighbour == NO_NODE).all()


def test_lasers_that_nobody_answers_are_refused() -> None:
    with pytest.raises(RaabtaError, match="not answered"):
        back_lasers(np.array([[1, -1, -1, -1], [-1, -1, 0, -1]], np.int32))


def test_the_same_bits_by_any_number_of_threads() -> None:
    over, times = sky(), START + np.arange(30) * np.timedelta64(60, "s")
    order = choose_stations(over.steps(times[::10]), 3, Rules(2, 1, 20_000.0))
    one, two = (throughput_mbps(over, times, order, Rules(2, 1, 20_000.0), threads=t) for t in (1, 2))
    assert np.array_equal(one[0], two[0]) and np.array_equal(one[1], two[1])
    assert (np.diff(one[0], axis=1) >= 0.0).all() and (one[0][:, -1] <= one[1] + 1e-9).all()
    assert one[0][:, -1].mean() > 0.0
