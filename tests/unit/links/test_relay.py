"""Both hops through a satellite."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.links import acm, budget, kernels, modcod, relay, tables

LADDER = modcod.ladder(1.0)
RNG = np.random.default_rng(11)
UP, DOWN = RNG.uniform(-5.0, 25.0, (2, 500))


def test_transparent_hops_join_in_linear_power() -> None:
    assert float(relay.transparent_db(12.0, 12.0)) == pytest.approx(12.0 - 3.0103, abs=1e-4)
    assert float(relay.transparent_db(15.0, 12.0, 20.0)) == pytest.approx(9.7998, abs=1e-4)
    assert float(relay.transparent_db(200.0, 9.0)) == pytest.approx(9.0)
    whole = relay.transparent_db(UP, DOWN)
    assert (whole < np.minimum(UP, DOWN)).all()
    assert (whole >= np.minimum(UP, DOWN) - 3.0103).all()
    assert whole == pytest.approx(budget.combine_db(UP, DOWN))


def test_output_power_shared_with_noise() -> None:
    """u d / (1 + u + d) for a payload that holds its output power."""
    up, down = 10.0 ** (UP / 10.0), 10.0 ** (DOWN / 10.0)
    whole = relay.transparent_db(UP, DOWN - relay.shared_power_loss_db(UP))
    assert whole == pytest.approx(10.0 * np.log10(up * down / (1.0 + up + down)), abs=1e-9)
    assert float(relay.shared_power_loss_db(0.0)) == pytest.approx(3.0103, abs=1e-4)


def test_decoding_on_board_never_carries_less() -> None:
    def rate(levels: np.ndarray) -> np.ndarray:
        return 200.0 * acm.carried_bit_symbol(acm.best_steps(levels, LADDER), LADDER)

    regenerated = relay.regenerative_mbps(rate(UP), rate(DOWN))
    through = rate(relay.transparent_db(UP, DOWN))
    assert (regenerated >= through).all()
    assert (regenerated > through).mean() > 0.5
    assert (regenerated == np.minimum(rate(UP), rate(DOWN))).all()


def test_many_carriers_that_fade_together_share_the_power_with_their_noise() -> None:
    up, down = 10.0 ** (UP / 10.0), 10.0 ** (DOWN / 10.0)
    whole = relay.held_power_db(UP, DOWN)
    assert whole == pytest.approx(10.0 * np.log10(up * down / (1.0 + up + down)), abs=1e-9)


def test_the_fade_of_one_carrier_does_not_move_the_gain() -> None:
    """In clear sky as above; then decibel for decibel, because noise and downlink stay as they were."""
    clear = relay.held_gain_db(UP, UP, DOWN)
    assert clear == pytest.approx(relay.held_power_db(UP, DOWN), abs=1e-9)
    for fade_db in (0.5, 6.0, 20.0):
        assert relay.held_gain_db(UP - fade_db, UP, DOWN) == pytest.approx(clear - fade_db, abs=1e-9)
    assert (relay.held_gain_db(UP - 6.0, UP, DOWN) < relay.held_power_db(UP - 6.0, DOWN)).all()


def test_the_slot_kernels_join_hops_as_these_functions_do() -> None:
    """To 0.002 dB: three readings of a table, each 0.0001 off and blind to what is 40 dB below."""
    table = tables.join_table()
    clear = UP + RNG.uniform(0.0, 12.0, UP.size)
    forward = [kernels.through_forward_db(d, u, table) for u, d in zip(UP, DOWN, strict=True)]
    back = [kernels.through_return_db(*ratios, table) for ratios in zip(UP, clear, DOWN, strict=True)]
    assert np.array(forward) == pytest.approx(relay.held_power_db(UP, DOWN), abs=2e-3)
    assert np.array(back) == pytest.approx(relay.held_gain_db(UP, clear, DOWN), abs=2e-3)
    assert kernels.through_forward_db(12.3, 60.0, table) == 12.3
    assert kernels.through_return_db(9.1, 12.3, 60.0, table) == 9.1
