"""Figures of pairs against NumPy and a plain loop; the same whatever the chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from way_scenarios import ways

from raabta.network.mesh.timeline import CAUSES, CONNECTED, NO_WAY, run_chunk
from raabta.service.pairs import summary
from raabta.service.pairs.ground import Places
from raabta.service.pairs.run import prepare
from raabta.service.pairs.summary import find_outages, great_circle_km, outage_columns, quantile, summarise


def test_great_circles_are_those_of_the_sphere() -> None:
    places = Places(
        ("pole", "equator", "other side"),
        np.array([90.0, 0.0, 0.0]),
        np.array([0.0, 10.0, -170.0]),
        np.zeros(3),
        np.ones(3),
    )
    km = great_circle_km(places, np.array([[0, 1], [1, 2]]))
    assert km == pytest.approx([6371.0088 * np.pi / 2, 6371.0088 * np.pi], rel=1e-6)


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.5, 0.95, 1.0]))
def test_quantiles_are_numpys(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    values = np.where(rng.random((6, 9)) < 0.3, np.nan, rng.normal(size=(6, 9)))
    values[0] = np.nan
    count = (~np.isnan(values)).sum(axis=1)
    found = quantile(np.sort(values, axis=1), count, share)
    there = count > 0
    assert found[there] == pytest.approx(np.nanquantile(values[there], share, axis=1), abs=1e-12)
    assert np.isnan(found[~there]).all()


@given(
    st.lists(
        st.lists(st.sampled_from([CONNECTED, 1, NO_WAY]), min_size=3, max_size=3), min_size=1, max_size=12
    )
)
def test_outages_are_the_runs_of_steps_without_a_way(rows: list[list[int]]) -> None:
    cause = np.array(rows, np.uint8)
    found = find_outages(cause)
    seen = np.zeros(cause.shape, bool)
    for pair, first, steps, why in zip(found.pair, found.first, found.steps, found.cause, strict=True):
        assert cause[first, pair] == why and (cause[first : first + steps, pair] != CONNECTED).all()
        assert first == 0 or cause[first - 1, pair] == CONNECTED
        assert first + steps == len(cause) or cause[first + steps, pair] == CONNECTED
        seen[first : first + steps, pair] = True
    assert np.array_equal(seen, cause != CONNECTED)


def test_outages_in_words() -> None:
    columns = outage_columns(find_outages(np.array([[0], [NO_WAY], [NO_WAY], [0]], np.uint8)), 15.0)
    assert columns["start_s"].tolist() == [15.0] and columns["duration_s"].tolist() == [30.0]
    assert columns["cause"].tolist() == [CAUSES[NO_WAY]]
    assert outage_columns(find_outages(np.zeros((3, 2), np.uint8)), 15.0)["cause"].size == 0


def test_neither_chunks_nor_blocks_of_pairs_change_a_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    mesh, places = prepare(ways(steps=11))

    def found(cut: int, block: int) -> summary.Found:
        monkeypatch.setattr(summary, "MOST_VALUES", block)
        held = [run_chunk(mesh, range(i, min(i + cut, 11))) for i in range(0, 11, cut)]
        return summarise(lambda only: held, mesh.pairs, places, 30.0)

    whole = found(11, 10_000)
    for cut, block in ((1, 10_000), (4, 22), (11, 1)):
        other = found(cut, block)
        for name, values in whole.columns.items():
            np.testing.assert_array_equal(values, other.columns[name], err_msg=name)
        for one, two in zip(vars(whole.outages).values(), vars(other.outages).values(), strict=True):
            np.testing.assert_array_equal(one, two)
    assert whole.columns["changes_per_hour"].sum() > 0


def test_figures_of_a_series_by_hand() -> None:
    mesh, places = prepare(ways(steps=9))
    arrays = run_chunk(mesh, range(9))
    columns = summarise(lambda only: [arrays], mesh.pairs, places, 30.0).columns
    rtt = np.where(arrays["cause"] == 0, arrays["km"].astype(float) * 2e3 / 299_792.458, np.nan)
    assert columns["rtt_median_ms"] == pytest.approx(np.nanmedian(rtt, axis=0))
    assert columns["rtt_max_ms"] == pytest.approx(np.nanmax(rtt, axis=0))
    assert columns["jitter_ms"] == pytest.approx(np.nanmean(np.abs(np.diff(rtt, axis=0)), axis=0))
    assert columns["connected_share"] == pytest.approx((arrays["cause"] == 0).mean(axis=0))
    assert (columns["rtt_min_ms"] > 2e3 * columns["great_circle_km"] / 299_792.458).all()
