"""The forward ladder."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.links import modcod

TABLE = modcod.modcod_table()


def test_table_holds_the_union() -> None:
    assert len(TABLE.name) == 67
    assert TABLE.standard.count("DVB-S2") == 28
    assert len(set(zip(TABLE.standard, TABLE.name, strict=True))) == 67


def test_all_efficiencies_follow_from_the_frame() -> None:
    computed = modcod.efficiency_bit_symbol(TABLE.bits, TABLE.bch_bits)
    assert np.round(computed, 6) == pytest.approx(TABLE.efficiency_bit_symbol, abs=1.01e-6)


def test_pilots_cost_about_two_and_a_half_percent() -> None:
    ratio = modcod.pilot_ratio(np.arange(2, 9))
    assert (ratio > 0.975).all()
    assert (ratio < 0.979).all()
    assert float(modcod.pilot_ratio(2)) == pytest.approx(32490 / (32490 + 22 * 36))


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 6, 8])
def test_ladder_rises_in_both(bits: int) -> None:
    steps = modcod.ladder(1.0, bits)
    assert (np.diff(steps.thresholds_db) > 0).all()
    assert (np.diff(steps.efficiency_bit_symbol) >= 0).all()
    assert steps.thresholds_db[0] == pytest.approx(-1.85)


def test_ladder_equals_the_best_of_all_that_close() -> None:
    """Against the definition: the highest efficiency among the modes whose threshold plus margin is met."""
    steps = modcod.ladder(0.7, 5, pilots=False, ip_share=1.0)
    for level in np.linspace(-4.0, 22.0, 521):
        closing = (TABLE.threshold_db + 0.7 <= level) & (TABLE.bits <= 5)
        expected = TABLE.efficiency_bit_symbol[closing].max(initial=0.0)
        step = int(np.searchsorted(steps.thresholds_db, level, side="right")) - 1
        assert (steps.efficiency_bit_symbol[step] if step >= 0 else 0.0) == expected
        assert float(modcod.best(level, 0.7, 5)[1]) == expected


def test_highest_threshold_is_not_the_best_mode() -> None:
    """8PSK 5/6 has the highest threshold that closes at 9.4 dB (9.35 dB, 2.479), and loses to a lower one."""
    mode, efficiency = modcod.best(9.4)
    assert TABLE.name[int(mode)] == "16APSK 25/36"
    assert float(efficiency) == 2.745734


def test_below_the_lowest_mode_nothing_closes() -> None:
    mode, efficiency = modcod.best(np.array([-2.86, -2.85]), max_bits=8)
    assert mode.tolist() == [-1, TABLE.name.index("QPSK 2/9")]
    assert efficiency.tolist() == [0.0, 0.434841]


def test_cap_keeps_the_modulation() -> None:
    for cap in (2, 3, 4, 5):
        mode, _ = modcod.best(30.0, max_bits=cap)
        assert TABLE.bits[int(mode)] == cap


def test_default_overheads() -> None:
    bare = modcod.ladder(0.0, 2, pilots=False, ip_share=1.0).efficiency_bit_symbol
    full = modcod.ladder(0.0, 2).efficiency_bit_symbol
    assert full == pytest.approx(bare * float(modcod.pilot_ratio(2)) * 700.0 / 710.0)


def test_ranges() -> None:
    with pytest.raises(OutOfRangeError, match="bits per symbol is 9; valid: 2 to 8"):
        modcod.ladder(0.0, 9)
    with pytest.raises(OutOfRangeError, match=r"margin is -1 dB; valid: 0 to 30 dB"):
        modcod.ladder(-1.0)
