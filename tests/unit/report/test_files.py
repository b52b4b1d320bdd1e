import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from raabta.report import files
from raabta.service.results import Results

PLANS = {
    "25/3": "served_households_25_3",
    "50/10": "served_households_50_10",
    "100/20": "served_households_100_20",
}


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def total(table: list[dict[str, str]], column: str) -> float:
    return sum(float(row[column] or 0) for row in table)


@pytest.mark.parametrize("columns", [files.cell_columns, files.district_columns])
def test_csv_sums_equal_the_summary(
    results: Results, columns: Callable[[Results], dict[str, list[Any]]]
) -> None:
    table, totals = rows(files.csv_bytes(columns(results))), results.summary["totals"]
    for plan, column in PLANS.items():
        assert total(table, column) == pytest.approx(totals["households_served"][plan]["mid"], rel=1e-9)
    for key in ("population", "households", "underserved_households"):
        assert total(table, key) == pytest.approx(totals[key], rel=1e-9)


def test_cells_csv_has_one_row_per_cell_and_empty_fields_where_nobody_asks(results: Results) -> None:
    table = rows(files.csv_bytes(files.cell_columns(results)))
    assert len(table) == results.cells.sizes["cell"] == len({row["h3_cell"] for row in table})
    empty = [row for row in table if float(row["subscribers"]) == 0]
    assert empty and all(row["availability_share"] == "" == row["binding_constraint"] for row in empty)
    assert all(len(row["h3_cell"]) == 15 for row in table)


def test_by_class_columns_sum_to_the_plan(results: Results) -> None:
    for row in rows(files.csv_bytes(files.district_columns(results))):
        parts = [float(value) for key, value in row.items() if key.startswith("served_households_25_3_")]
        assert len(parts) == 4 and sum(parts) == pytest.approx(float(row["served_households_25_3"]), rel=1e-9)


def test_a_name_cannot_become_a_formula_or_break_a_row(make: object) -> None:
    hostile = make(name=lambda i: ('=HYPERLINK("x")', "@cmd", 'a,"b"\r\nc', "+1")[i % 4])  # type: ignore[operator]
    table = rows(files.csv_bytes(files.district_columns(hostile)))
    assert {row["district"] for row in table} == {'\'=HYPERLINK("x")', "'@cmd", 'a,"b"c', "'+1"}


def test_geojson_is_rfc_7946(results: Results) -> None:
    document = json.loads(files.geojson_bytes(results))
    assert set(document) == {"type", "features"} and document["type"] == "FeatureCollection"
    assert len(document["features"]) == results.cells.sizes["cell"]
    for feature in document["features"]:
        (ring,) = feature["geometry"]["coordinates"]
        lon, lat = np.array(ring).T
        assert ring[0] == ring[-1] and len(ring) >= 6
        assert np.sum(lon[:-1] * lat[1:] - lon[1:] * lat[:-1]) > 0, "counter-clockwise"
        assert 60 < lon.min() < lon.max() < 80 and 22 < lat.min() < lat.max() < 38
    sums = sum(feature["properties"][PLANS["25/3"]] for feature in document["features"])
    assert sums == pytest.approx(results.summary["totals"]["households_served"]["25/3"]["mid"], rel=1e-4)


def test_a_cell_across_the_date_line_is_cut_in_two() -> None:
    ring = [(0.0, 179.9), (0.0, -179.9), (0.2, -179.9), (0.2, 179.9)]
    shape = files.cell_geometry(ring)
    assert shape["type"] == "MultiPolygon" and len(shape["coordinates"]) == 2
    for (part,) in shape["coordinates"]:
        lon = [x for x, _ in part]
        assert max(lon) - min(lon) == pytest.approx(0.1) and part[0] == part[-1]
        assert max(map(abs, lon)) == 180.0


def test_summary_json_keeps_keys_and_turns_nan_into_null(results: Results) -> None:
    summary = results.summary | {
        "odd": [np.float64("nan"), np.int64(3), np.array([1.5]), float("inf"), ("a",)]
    }
    stored = json.loads(files.summary_json(replace(results, summary=summary)))
    assert stored["odd"] == [None, 3, [1.5], None, ["a"]]
    assert stored["totals"] == results.summary["totals"]


def test_summary_json_survives_a_lone_surrogate(results: Results) -> None:
    stored = json.loads(files.summary_json(replace(results, summary={"name": "a\ud800"})))
    assert stored == {"name": "a?"}
