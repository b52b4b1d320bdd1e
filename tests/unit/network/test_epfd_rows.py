"""Verdicts on rows: counted bins against sorted steps, and what a run cannot resolve."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.links.articles import EpfdLimit, Verdict, epfd_limits
from raabta.network import epfd_rows

LIMIT = next(row for row in epfd_limits(19.7, 20.2, 3) if row.antenna_m == 0.7)


def linear(level_dbw_m2: object) -> np.ndarray:
    return 10.0 ** (0.1 * np.asarray(level_dbw_m2, np.float64))


def verdicts(level: np.ndarray, limit: EpfdLimit = LIMIT, latitude: float = 30.0) -> list[epfd_rows.RowCheck]:
    return list(epfd_rows.check_rows(limit, epfd_rows.distribution(linear(level)), latitude))


def test_bins_count_what_sorting_does() -> None:
    level = np.random.default_rng(1).normal(-180.0, 6.0, 5_000)
    found = epfd_rows.distribution(linear(level))
    assert found.steps == 5_000
    low = np.sort(np.floor(level * 10.0 + 1e-9) / 10.0)
    for share in (0.5, 0.1, 0.01, 0.0):
        assert found.level_dbw_m2(share) == pytest.approx(low[5_000 - 1 - int(share * 5_000)], abs=1e-9)
    for at in (-190.0, -180.0, -170.0):
        assert found.steps_above(at) == int((low > at + 1e-6).sum())


def test_the_complementary_distribution_falls_from_one_to_nothing() -> None:
    level = np.random.default_rng(2).normal(-180.0, 3.0, 2_000)
    found = epfd_rows.distribution(linear(level))
    at, share = found.ccdf()
    assert np.diff(at) == pytest.approx(0.1)
    assert (share[0], share[-1]) == (1.0, 0.0)
    assert np.all(np.diff(share) <= 0.0)
    assert [found.steps_above(each) for each in at] == pytest.approx(share * 2_000)
    empty, _ = epfd_rows.nothing().ccdf()
    assert empty.size == 0


def test_parts_add_up_to_the_whole() -> None:
    level = np.concatenate([np.full(3, -400.0), np.random.default_rng(3).normal(-180.0, 3.0, 500)])
    whole = epfd_rows.distribution(linear(level))
    parts = epfd_rows.nothing()
    for part in np.array_split(level, 7):
        parts += epfd_rows.distribution(linear(part))
    assert (parts.below, parts.steps) == (whole.below, whole.steps) == (3, 503)
    assert np.array_equal(parts.count, whole.count)


def test_nothing_received_is_minus_infinity_and_below_every_row() -> None:
    found = epfd_rows.distribution(np.zeros(1_000))
    assert (found.below, found.steps) == (1_000, 1_000)
    assert np.isneginf(found.level_dbw_m2(0.0))
    rows = epfd_rows.check_rows(LIMIT, found, 30.0)
    assert {row.verdict for row in rows} == {Verdict.not_resolved, Verdict.met}
    assert all(np.isneginf(row.level_dbw_m2) for row in rows)


def test_a_level_far_below_is_met_where_the_run_resolves_it() -> None:
    rows = verdicts(np.full(1_000, -200.0))
    assert [(row.time_share, row.verdict) for row in rows] == [
        (0.0, Verdict.not_resolved),
        (pytest.approx(1.7e-4), Verdict.not_resolved),
        (pytest.approx(0.02857), Verdict.met),
        (pytest.approx(0.28571), Verdict.met),
    ]
    assert rows[2].margin_db == pytest.approx(18.0, abs=0.2)
    assert np.isnan(rows[0].margin_db)


def test_a_longer_run_resolves_finer_rows() -> None:
    short, long = (verdicts(np.full(n, -200.0))[1].verdict for n in (50_000, 70_000))
    assert (short, long) == (Verdict.not_resolved, Verdict.met)


def test_one_step_breaks_what_may_never_be_exceeded() -> None:
    level = np.full(1_000, -200.0)
    level[0] = -150.0
    rows = verdicts(level)
    assert rows[0].verdict is Verdict.exceeded
    assert rows[0].margin_db == pytest.approx(-4.0)
    assert rows[1].verdict is Verdict.not_resolved
    assert rows[2].verdict is Verdict.met


def test_between_rows_the_curve_is_held_too() -> None:
    """A level that is met at both points but not between them is exceeded at the row before."""
    level = np.full(10_000, -200.0)
    level[:1_500] = -176.5  # 15 %: allowed are 7.0 % at -176
    rows = verdicts(level)
    assert float(LIMIT.allowed_share(-176.6)) < 0.15
    assert [row.verdict for row in rows[2:]] == [Verdict.exceeded, Verdict.met]
    assert rows[2].margin_db < 0.0


def test_ten_steps_are_asked_for() -> None:
    for count, verdict in ((9, Verdict.not_resolved), (10, Verdict.exceeded)):
        level = np.full(1_000, -200.0)
        level[:count] = -160.0  # allowed for 0.15 % there: 1.5 steps
        assert verdicts(level)[1].verdict is verdict


def test_the_ceiling_falls_with_latitude() -> None:
    limit = next(row for row in epfd_limits(10.7, 11.7, 3) if row.antenna_m == 3.0)
    level = np.full(2_000, -200.0)
    level[0] = -163.0
    assert verdicts(level, limit, 30.0)[0].verdict is Verdict.not_resolved
    assert verdicts(level, limit, 70.0)[0].verdict is Verdict.exceeded


def test_the_worst_verdict_wins_and_a_missing_row_is_no_pass() -> None:
    assert epfd_rows.worst([Verdict.met, Verdict.exceeded, Verdict.row_missing]) is Verdict.exceeded
    assert epfd_rows.worst([Verdict.met, Verdict.row_missing]) is Verdict.row_missing
    assert epfd_rows.worst([Verdict.met, Verdict.not_resolved]) is Verdict.not_resolved
    assert epfd_rows.worst([Verdict.met]) is Verdict.met
    assert epfd_rows.worst([]) is Verdict.row_missing
