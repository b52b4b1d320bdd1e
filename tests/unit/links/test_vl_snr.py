"""The optional modes far below the usual ladder."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.links import modcod, nr, vl_snr

TABLE = vl_snr.vl_snr_table()
SET_1, SET_2 = 33282, 16686


def test_frames_are_headers_payload_and_pilots() -> None:
    """Set 1: 90 + 900 + 30780 + 22 groups' pilots and 18 x 34 + 3 x 36 more; set 2 likewise."""
    assert SET_1 == 90 + 900 + 30780 + 22 * 36 + 18 * 34 + 3 * 36
    assert SET_2 == 90 + 900 + 14976 + 11 * 36 + 9 * 32 + 1 * 36
    assert set(TABLE.frame_symbols.tolist()) == {SET_1, SET_2}
    assert len(TABLE.name) == len(set(TABLE.name)) == 9
    assert all(name.startswith("VL-SNR ") for name in TABLE.name)


def test_its_qpsk_mode_is_the_one_of_the_usual_table_with_pilots() -> None:
    """QPSK 2/9 fills 33282 symbols in either frame."""
    index = TABLE.name.index("VL-SNR QPSK 2/9")
    own = vl_snr.efficiency_bit_symbol(TABLE.bch_bits, TABLE.frame_symbols)[index]
    usual = modcod.modcod_table().name.index("QPSK 2/9")
    table = modcod.modcod_table()
    assert own == pytest.approx(table.efficiency_bit_symbol[usual] * float(modcod.pilot_ratio(2)), rel=2e-6)
    assert TABLE.threshold_db[index] == table.threshold_db[usual]


def test_every_threshold_is_a_plausible_distance_above_shannon() -> None:
    """Rate of the payload alone against the limit: 1.3 to 2.5 dB, short and spread frames the farthest."""
    payload = np.where(TABLE.frame_symbols == SET_1, 30780, 14976)
    gap = TABLE.threshold_db - nr.shannon_snr_db(TABLE.bch_bits / payload)
    assert gap.min() > 1.3
    assert gap.max() < 2.5


def test_ladder_goes_on_below_the_usual_one() -> None:
    usual, whole = modcod.ladder(1.0), vl_snr.ladder(1.0)
    assert whole.thresholds_db[0] == pytest.approx(-8.9)
    assert (np.diff(whole.thresholds_db) > 0.0).all()
    assert (np.diff(whole.efficiency_bit_symbol) > 0.0).all()
    for level in np.linspace(-12.0, 20.0, 321):
        with_them = np.searchsorted(whole.thresholds_db, level, side="right") - 1
        without = np.searchsorted(usual.thresholds_db, level, side="right") - 1
        carried = whole.efficiency_bit_symbol[with_them] if with_them >= 0 else 0.0
        before = usual.efficiency_bit_symbol[without] if without >= 0 else 0.0
        assert carried >= before
        if level >= usual.thresholds_db[0]:
            assert carried == pytest.approx(before, rel=2e-6)
