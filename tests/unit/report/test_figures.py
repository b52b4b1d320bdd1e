from dataclasses import replace

import numpy as np
import pytest

from raabta.report import figures
from raabta.service.results import Results


def test_provinces_sum_to_the_summary(results: Results) -> None:
    rows = figures.district_rows(results)
    provinces = figures.province_rows(rows, "25/3")
    totals = results.summary["totals"]
    assert [row.name for row in provinces] and len(provinces) == 4
    assert sum(row.households for row in provinces) == pytest.approx(totals["households"])
    for plan, stored in totals["households_served"].items():
        assert sum(row.served[plan] for row in provinces) == pytest.approx(stored["mid"])


def test_province_availability_is_weighted_by_the_homes_that_ask(results: Results) -> None:
    rows = [row for row in figures.district_rows(results) if row.province == "Province A"]
    want = sum(r.availability_share * r.subscribers for r in rows) / sum(r.subscribers for r in rows)
    assert figures.total_row(rows, "A", "25/3").availability_share == pytest.approx(want)


def test_ranked_ends_are_sorted_disjoint_and_ten_long(results: Results) -> None:
    worst, best = figures.ranked(figures.district_rows(results), "25/3")
    low = [row.served_share("25/3") for row in worst]
    high = [row.served_share("25/3") for row in best]
    assert len(worst) == len(best) == 10
    assert low == sorted(low) and high == sorted(high, reverse=True) and low[-1] <= high[-1]
    assert not {row.name for row in worst} & {row.name for row in best}


def test_ties_put_more_unserved_homes_first_among_the_worst(results: Results) -> None:
    row = figures.district_rows(results)[0]
    rows = [
        replace(row, name=name, subscribers=asked, served={"25/3": 0.0})
        for name, asked in (("small", 10.0), ("big", 900.0), ("nobody", 0.0))
    ]
    worst, best = figures.ranked(rows, "25/3")
    assert [r.name for r in worst + best] == ["big", "small"]


def test_reasons_leave_out_what_never_binds_and_put_demand_met_last(results: Results) -> None:
    assert [one.name for one in figures.reasons(results)] == [
        "beam_time", "feeder", "return_link", "demand_met",
    ]  # fmt: skip
    assert figures.reasons(results)[2].back == 0.25


def test_a_run_too_short_to_say_says_so(results: Results) -> None:
    note = {"availability_90": None, "note": "shorter than three batches"}
    short = replace(results, summary=results.summary | {"sampling": note})
    assert figures.doubts(short)[0] == ("Sampling", "shorter than three batches")


def test_main_binding_weighs_unserved_homes(results: Results) -> None:
    row = figures.district_rows(results)[0]
    few = [replace(row, binding="mask", subscribers=10.0, served={"25/3": 0.0})] * 3
    many = [replace(row, binding="feeder", subscribers=500.0, served={"25/3": 100.0})]
    assert figures.total_row(few + many, "all", "25/3").binding == "feeder"


def test_doubts_name_stand_ins_estimates_and_missing_bands(results: Results) -> None:
    said = dict(figures.doubts(results))
    assert said["Low to high over the uncertain inputs"] == "not run (ask with --bands)"
    assert "not public" in said["Stand-in constellation"]
    assert said["Districts with estimated people, no census rows"].startswith("2 (")
    assert said["Availability, 90 % interval"] == "95.80 % to 97.10 %"


def test_doubts_repeat_what_a_users_files_leave_wanting(results: Results) -> None:
    said = [
        "Rain: worst month",
        "Orbits: 12 of 40 objects left out.",
        "The outline covers 1 km2; its 1 cell ...",
    ]
    told = figures.doubts(replace(results, summary=results.summary | {"assumptions": said}))
    assert told[-2:] == [("Orbits", "12 of 40 objects left out."), ("Outline", said[2])]


def test_weighted_mean_skips_missing_values_and_weights() -> None:
    assert figures.weighted_mean([1.0, np.nan, 3.0], [1.0, 5.0, 3.0]) == 2.5
    assert np.isnan(figures.weighted_mean([np.nan], [1.0]))


def test_served_share_is_nan_exactly_where_nobody_asks(results: Results) -> None:
    share = figures.served_share_of_cells(results, "25/3")
    assert np.array_equal(np.isnan(share), results.cells["subscribers"].values == 0)
    assert np.nanmax(share) <= 1.0
