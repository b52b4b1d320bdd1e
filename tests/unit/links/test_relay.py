"""Both hops through a satellite."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.links import acm, budget, modcod, relay

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
