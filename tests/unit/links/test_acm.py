"""The ladder over time, with hysteresis."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.links import acm, modcod, nr, vl_snr

LADDER = modcod.ladder(1.0)
FADE = 8.0 + 6.0 * np.sin(np.linspace(0.0, 12.0, 400)) + np.random.default_rng(7).normal(0.0, 0.4, 400)


def test_without_hysteresis_it_is_the_best_mode_of_the_moment() -> None:
    steps = acm.held_steps(FADE, LADDER, 0.0)
    assert (steps == acm.best_steps(FADE, LADDER)).all()
    expected = modcod.best(FADE, 1.0)[1] * modcod.pilot_ratio(2)
    assert acm.carried_bit_symbol(steps, LADDER) == pytest.approx(expected * 700.0 / 710.0, rel=3e-3)


def test_a_mode_is_left_at_once_and_taken_with_room() -> None:
    two = modcod.Ladder(np.array([0.0, 5.0]), np.array([1.0, 2.0]))
    levels = np.array([5.2, 4.9, 5.2, 5.6, 5.1, -0.1, 0.3, 0.5, 6.0])
    assert acm.held_steps(levels, two, 0.5).tolist() == [1, 0, 0, 1, 1, -1, -1, 0, 1]
    rates = acm.carried_bit_symbol(acm.held_steps(levels, two, 0.5), two)
    assert rates.tolist() == [2.0, 1.0, 1.0, 2.0, 2.0, 0.0, 0.0, 1.0, 2.0]


def test_hysteresis_quiets_a_noisy_link_at_a_small_price() -> None:
    free, held = acm.held_steps(FADE, LADDER, 0.0), acm.held_steps(FADE, LADDER, 1.0)
    assert int(acm.mode_changes(held)) < 0.5 * int(acm.mode_changes(free))
    kept = acm.carried_bit_symbol(held, LADDER).mean() / acm.carried_bit_symbol(free, LADDER).mean()
    assert 0.93 < kept < 1.0


def test_many_links_at_once_and_cut_in_time() -> None:
    levels = np.stack([FADE, FADE - 9.0, FADE[::-1]])
    whole = acm.held_steps(levels, LADDER, 0.7)
    assert all((whole[i] == acm.held_steps(levels[i], LADDER, 0.7)).all() for i in range(3))
    first = acm.held_steps(levels[:, :137], LADDER, 0.7)
    rest = acm.held_steps(levels[:, 137:], LADDER, 0.7, first[:, -1])
    assert (np.concatenate([first, rest], axis=1) == whole).all()
    assert acm.mode_changes(whole).shape == (3,)


def test_no_signal_is_outage() -> None:
    assert acm.held_steps([9.0, np.nan, -np.inf, 9.0], LADDER, 0.5)[1:3].tolist() == [-1, -1]


def test_it_walks_any_ladder() -> None:
    for ladder in (nr.ladder(0.5), nr.ladder(0.5, table=3), vl_snr.ladder(1.0)):
        steps = acm.held_steps(FADE - 8.0, ladder, 0.5)
        assert (acm.carried_bit_symbol(steps, ladder) >= 0.0).all()
        assert steps.max() > steps.min()


def test_ranges() -> None:
    with pytest.raises(OutOfRangeError, match=r"hysteresis is -1 dB; valid: 0 to 10 dB"):
        acm.held_steps(FADE, LADDER, -1.0)
