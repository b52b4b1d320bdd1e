"""Where traffic lands: shares by gateway, country and lasers, and the fibre behind a gateway."""

from __future__ import annotations

from types import SimpleNamespace

import networks
import numpy as np
import pytest

from raabta.network.record_kernels import RTT_STEP_MS
from raabta.scenario.ground import PointOfPresence
from raabta.scenario.models import Delay
from raabta.service import landed
from raabta.service.gather import Gathered, percentile_of
from raabta.service.outcome import Landings
from raabta.service.summary import _estimate

KARACHI = PointOfPresence(name="Karachi exchange", country="PAK", latitude_deg=24.86, longitude_deg=67.0)
LAHORE = PointOfPresence(name="Lahore exchange", country="PAK", latitude_deg=31.55, longitude_deg=74.34)
AT_QUETTA = PointOfPresence(name="Quetta", country="PAK", gateway="Quetta")


def scene(*pops, ratio=1.5, gateways=networks.GATEWAYS):
    made = networks.scenario()
    delay = Delay(fibre_route_ratio=ratio)
    return made.model_copy(update={"pops": pops, "delay": delay, "gateways": gateways})


def test_fibre_is_half_as_slow_again_and_longer_than_the_great_circle():
    """1,000 km of great circle are 1,500 km of fibre: 7.5 ms each way at 199,861.6 km/s."""
    assert landed.fibre_rtt_ms(1_000.0, 1.5) == pytest.approx(2.0 * 1_500.0 / 199_861.639 * 1e3)
    assert landed.fibre_rtt_ms(1_000.0, 1.0) == pytest.approx(10.007, abs=1e-3)
    assert landed.fibre_rtt_ms(0.0, 1.5) == 0.0


def test_a_gateway_goes_to_the_nearest_point_of_presence_or_to_the_one_it_names():
    made = scene(KARACHI, LAHORE)
    found = [landed.fibre_of(site, made) for site in made.gateways]
    assert [each.pop for each in found] == ["Karachi exchange", "Karachi exchange", "Lahore exchange"]
    assert found[0].great_circle_km == pytest.approx(592.0, abs=2.0), "Quetta to Karachi"
    assert found[1].great_circle_km == 0.0
    named = tuple(site.model_copy(update={"pop": "Lahore exchange"}) for site in made.gateways)
    away = scene(KARACHI, LAHORE, gateways=named)
    assert {landed.fibre_of(site, away).pop for site in away.gateways} == {"Lahore exchange"}


def test_no_fibre_leads_from_a_gateway_to_an_exchange_by_itself_and_the_estimate_says_the_same():
    exchange = KARACHI.model_copy(update={"role": "exchange"})
    made = scene(exchange, LAHORE)
    found = [landed.fibre_of(site, made) for site in made.gateways]
    assert {each.pop for each in found} == {"Lahore exchange"}
    steps = landed.fibre_steps(made).steps[0] * RTT_STEP_MS
    assert steps == pytest.approx([each.rtt_ms for each in found], abs=RTT_STEP_MS)
    listed = tuple(site.model_copy(update={"pops": ("Lahore exchange",)}) for site in made.gateways)
    away = scene(KARACHI, LAHORE, gateways=listed)
    assert {landed.fibre_of(site, away).pop for site in away.gateways} == {"Lahore exchange"}


def test_a_point_of_presence_at_a_gateway_stands_there():
    made = scene(AT_QUETTA)
    found = [landed.fibre_of(site, made) for site in made.gateways]
    assert found[0].great_circle_km == 0.0 and found[1].great_circle_km == pytest.approx(592.0, abs=2.0)
    assert landed.fibre_of(made.gateways[0], scene()) is None


def test_the_estimate_has_the_fibre_of_each_gateway():
    """Two cells of equal weight: one at gateway 0 without fibre, one at gateway 1 with 10 ms of it."""
    made, delay = scene(AT_QUETTA), Delay(scheduling_ms=15.0, processing_ms=5.0, fibre_ms=5.0)
    steps = landed.fibre_steps(made)
    assert steps.first.tolist() == [0] and steps.steps.shape == (1, 3)
    assert steps.steps[0, 0] == 0 and steps.steps[0, 1] * RTT_STEP_MS == pytest.approx(
        landed.fibre_of(made.gateways[1], made).rtt_ms, abs=RTT_STEP_MS
    )
    gateway = np.array([[0, 1], [0, -1]], np.int8)
    rtt = np.where(gateway >= 0, 200, 0).astype(np.uint16)
    part = networks.quiet_chunk(2, gateway=gateway, rtt=rtt)
    plain, fibre = Gathered(np.array([1_000, 1_000]), 1), Gathered(np.array([1_000, 1_000]), 1, steps)
    for sums in (plain, fibre):
        sums.add(part)
    assert fibre.fibre_histogram.sum() == 3_000, "dark cells are left out"
    assert percentile_of(fibre.fibre_histogram, 95) == 200 + steps.steps[0, 1]
    assert _estimate(plain, delay) == pytest.approx({"p50": 35.0, "p95": 35.0})
    assert _estimate(fibre, delay) == pytest.approx(
        {"p50": 30.0, "p95": 30.0 + steps.steps[0, 1] * RTT_STEP_MS}
    )
    assert np.array_equal(plain.rtt_histogram, fibre.rtt_histogram)


def outcome(rows, pops=()):
    """Something with landings, as an Outcome."""
    made = scene(*pops)
    landings = [
        Landings(site, np.array(kbps, float), us)
        for site, (kbps, us) in zip(made.gateways, rows, strict=True)
    ]
    made = made.model_copy(update={"sharing": made.sharing.model_copy(update={"landing": "lasers"})})
    return SimpleNamespace(scenario=made, landings=lambda: landings, gateways=lambda: made.gateways)


def test_shares_add_up_to_one_and_means_are_by_traffic():
    found = outcome([((10, 20, 10, 0), 40 * 5_000.0), ((0, 0, 40, 0), 40 * 9_000.0), ((0, 0, 0, 0), 0.0)])
    arrays = landed.landing_arrays(found)
    assert arrays["carried_share"] == pytest.approx(np.array([[1, 2, 1], [0, 0, 4], [0, 0, 0]]) / 8.0)
    assert arrays["lasers_mean"][:2].tolist() == [1.0, 2.0] and np.isnan(arrays["lasers_mean"][2])
    assert arrays["laser_rtt_ms"][:2].tolist() == [5.0, 9.0] and np.isnan(arrays["fibre_rtt_ms"]).all()
    said = landed.summary(found)["landing"]
    assert [one["share"] for one in said["lasers"]] == [0.125, 0.25, 0.625]
    assert said["countries"] == [{"country": "PAK", "share": 1.0}]
    assert said["gateways"][2]["lasers_mean"] is None and "fibre" not in landed.summary(found)


def test_where_nothing_lands_shares_are_nought():
    said = landed.summary(outcome([((0,), 0.0)] * 3, (KARACHI,)))
    assert [one["share"] for one in said["landing"]["gateways"]] == [0.0, 0.0, 0.0]
    assert said["landing"]["lasers"] == [{"lasers": 0, "share": 0.0}]
    assert [one["pop"] for one in said["fibre"]] == ["Karachi exchange"] * 3
