"""Uplink power control: what is taken off the EIRP, what it costs (no rate), what it spares others."""

from __future__ import annotations

from typing import Any

import networks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.links import nr
from raabta.links.budget import Budget, return_budget
from raabta.links.power_control import back_off_db, spare_db

SEEN: dict[str, Any] = {
    "range_km": 900.0, "elevation_deg": 32.0, "scan_deg": 50.0, "cell_radius_km": 9.0, "clear_db": 0.9,
}  # fmt: skip
LADDER = nr.ladder(1.0).thresholds_db


def back(range_db: float, weather_db: float = 0.9, margin_db: float = 1.0, **met: Any) -> Budget:
    dish = networks.terminal(eirp_dbw=52.0, power_control_db=range_db, power_control_margin_db=margin_db)
    return return_budget(
        networks.payload(interference_up_db=60.0), dish, weather_db=weather_db, **(SEEN | met)
    )


def threshold_db(budget: Budget) -> float:
    """Of the mode that a budget is in."""
    return float(LADDER[np.searchsorted(LADDER, budget.cinr_db, side="right") - 1])


def test_spare_by_hand() -> None:
    """Thresholds at 0, 5 and 10 dB: 17 dB has 7 over the highest, of which a margin takes 1 and a rise 2."""
    found = spare_db([-1.0, 0.5, 4.0, 17.0], [0.0, 5.0, 10.0], 1.0, 2.0)
    assert found == pytest.approx([0.0, 0.0, 1.0, 4.0])


def test_a_terminal_sends_what_its_mode_needs_and_a_margin() -> None:
    whole, less = back(0.0), back(30.0)
    assert less.mode == whole.mode and less.rate_mbps == whole.rate_mbps
    assert less.cinr_db == pytest.approx(threshold_db(whole) + 1.0, abs=1e-9)
    assert less.sum_db() == pytest.approx(less.cn_db, abs=1e-9)
    assert less.cn_db - whole.cn_db == pytest.approx(less.value("power control"), abs=1e-9)
    assert less.value("power control") < -3.0
    with pytest.raises(KeyError):
        whole.value("power control")


def test_the_range_and_the_margin_hold() -> None:
    assert back(2.0).value("power control") == -2.0
    wide = back(30.0, margin_db=2.5)
    assert wide.cinr_db == pytest.approx(threshold_db(back(0.0)) + 2.5, abs=1e-9)
    assert back(30.0, margin_db=40.0).value("power control") == 0.0


def test_a_fade_is_met_with_power_before_the_mode_falls() -> None:
    """Decibel for decibel, until the whole EIRP is sent."""
    dry, wet = back(30.0), back(30.0, 2.9)
    assert wet.mode == dry.mode
    assert wet.value("power control") - dry.value("power control") == pytest.approx(2.0, abs=0.2)
    deep = back(30.0, 20.0)
    assert deep.mode != dry.mode
    assert deep.rate_mbps == back(0.0, 20.0).rate_mbps
    silent = back(30.0, 90.0)
    assert (silent.mode, silent.value("power control")) == ("none closes", 0.0)


@pytest.mark.parametrize("met", [{"beams_over_noise_db": 3.0}, {"feeder_db": 12.0}, {"cross_db": 18.0}])
def test_everything_that_the_carrier_meets_counts(met: dict[str, float]) -> None:
    whole, less = back(0.0, **met), back(30.0, margin_db=0.5, **met)
    assert less.mode == whole.mode
    assert less.cinr_db == pytest.approx(threshold_db(whole) + 0.5, abs=1e-9)
    assert less.value("power control") < 0.0


@settings(deadline=None, max_examples=60)
@given(st.floats(-20.0, 40.0), st.floats(0.0, 30.0), st.floats(0.0, 5.0))
def test_no_rate_is_lost_and_no_more_is_sent(level: float, most: float, margin: float) -> None:
    less = back_off_db(lambda taken: level - taken, LADDER, margin, most)
    assert 0.0 <= less <= most
    modes = np.searchsorted(LADDER, [level, level - less], side="right")
    assert modes[0] == modes[1]
    assert less == pytest.approx(min(most, float(spare_db(level, LADDER, margin))), abs=1e-9)
