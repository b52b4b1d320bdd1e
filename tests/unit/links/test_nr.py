"""The return ladder."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.links import nr


def test_table_is_38214_table_1() -> None:
    bits, rate, efficiency = nr.mcs_table()
    assert len(bits) == 29
    assert efficiency == pytest.approx(bits * rate / 1024.0, abs=5.1e-5)
    assert (bits[[0, 9, 10, 16, 17, 28]] == [2, 2, 4, 4, 6, 6]).all()


@pytest.mark.parametrize(
    ("table", "rows", "bits", "lowest", "highest"), [(2, 28, 8, 0.2344, 7.4063), (3, 29, 6, 0.0586, 4.5234)]
)
def test_the_other_tables_of_38214(table: int, rows: int, bits: int, lowest: float, highest: float) -> None:
    order, rate, efficiency = nr.mcs_table(table)
    assert len(order) == rows
    assert order.max() == bits
    assert efficiency == pytest.approx(order * rate / 1024.0, abs=5.1e-5)
    assert [efficiency[0], efficiency[-1]] == pytest.approx([lowest, highest], abs=1.1e-4)
    steps = nr.ladder(0.0, bits, overhead_share=1.0, table=table)
    assert steps.thresholds_db[0] == pytest.approx(float(nr.shannon_snr_db(lowest)) + 1.5)
    assert int(nr.best(40.0, max_bits=bits, table=table)[0]) == rows - 1


def test_threshold_is_shannon_plus_gap_and_margin() -> None:
    steps = nr.ladder(1.0, gap_db=1.5, overhead_share=1.0)
    capacity = np.log2(1.0 + 10.0 ** ((steps.thresholds_db - 2.5) / 10.0))
    assert capacity == pytest.approx(steps.efficiency_bit_symbol, rel=1e-12)


def test_ladder_rises_in_both_and_carries_overhead() -> None:
    steps = nr.ladder(1.0)
    assert (np.diff(steps.thresholds_db) > 0).all()
    assert (np.diff(steps.efficiency_bit_symbol) > 0).all()
    assert steps.efficiency_bit_symbol[-1] == pytest.approx(5.5547 * nr.ip_share())
    assert nr.ip_share() == pytest.approx(0.788, abs=5e-4)


def test_mcs_17_stands_below_mcs_16() -> None:
    sixteen = float(nr.shannon_snr_db(2.5703)) + 1.5
    assert int(nr.best(sixteen)[0]) == 16
    assert int(nr.best(sixteen - 0.001)[0]) == 17
    assert int(nr.best(-10.0)[0]) == -1


def test_ladder_and_best_agree() -> None:
    steps = nr.ladder(0.5, overhead_share=1.0)
    for level in np.linspace(-8.0, 22.0, 301):
        step = int(np.searchsorted(steps.thresholds_db, level, side="right")) - 1
        expected = steps.efficiency_bit_symbol[step] if step >= 0 else 0.0
        assert float(nr.best(level, 0.5)[1]) == expected


def test_ranges() -> None:
    with pytest.raises(OutOfRangeError, match=r"gap to Shannon is -0\.5 dB"):
        nr.ladder(gap_db=-0.5)
    with pytest.raises(OutOfRangeError, match="bits per symbol is 8; valid: 2 to 6"):
        nr.ladder(max_bits=8)
    with pytest.raises(OutOfRangeError, match="MCS table is 4; valid: 1 to 3"):
        nr.ladder(table=4)
