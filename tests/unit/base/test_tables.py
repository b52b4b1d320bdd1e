"""Declared tables: what fits passes, what does not is named exactly."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import xarray as xr

from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.base.tables import (
    CELLS,
    DAY,
    DISTRICT_RESULTS,
    SLOTS,
    TABLES,
    Column,
    Table,
    as_dataset,
    describe,
)
from raabta.base.tables import check as check_table
from raabta.base.units import unit_of

LENGTHS = {"cell": 4, "time": 3, "district": 2, "plan": 3, "terminal_class": 2, "constraint": 5}
LENGTHS |= {"contact": 3, "node": 2, "gateway": 2, "lasers": 3}
LENGTHS |= {"bundle": 3, "source": 2, "change": 4, "fate_number": 5, "node_number": 2}


def values(column: Column) -> np.ndarray[Any, Any]:
    """Valid values of a column: its lower bound, or zero."""
    shape = tuple(LENGTHS[dim] for dim in column.dims)
    if column.dtype == "U":
        return np.full(shape, "Quetta")
    if column.dtype.startswith("datetime64"):
        return np.datetime64("2026-11-22", "ns") + np.arange(shape[0]) * np.timedelta64(15, "s")
    return np.full(shape, 0 if column.valid is None else column.valid[0], dtype=column.dtype)


def dataset(table: Table, **changed: Any) -> xr.Dataset:
    return as_dataset(table, {column.name: values(column) for column in table.columns} | changed)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_valid_values_pass_and_carry_unit_and_meaning(table: Table) -> None:
    built = dataset(table)
    check_table(built, table)
    for column in table.columns:
        assert built[column.name].attrs["long_name"] == column.meaning
        assert built[column.name].attrs.get("units", "") == (column.unit if column.unit != "UTC" else "")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_unit_is_the_one_the_name_spells(table: Table) -> None:
    for column in table.columns:
        spelled = unit_of(column.name)
        assert column.unit == spelled if spelled else column.unit in ("1", "", "UTC"), column.name


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_described(table: Table) -> None:
    text = describe(table)
    assert text.startswith(f"### {table.name}\n")
    assert [line.split("`")[1] for line in text.splitlines()[4:]] == [c.name for c in table.columns]
    assert len({line.count("|") for line in text.splitlines()[2:]}) == 1


def test_a_description_says_range_unit_and_what_missing_means() -> None:
    row = next(line for line in describe(SLOTS).splitlines() if "`rtt_ms`" in line)
    assert row == (
        "| `rtt_ms` | time, cell | float32 | ms | 0 ms or more | propagation round trip to the gateway | "
        "NaN: no satellite serves the cell in the slot |"
    )


@pytest.mark.parametrize(
    ("value", "shown"), [(95.0, "95.0"), (-90.5, "-90.5"), (np.nan, "nan"), (np.inf, "inf")]
)
def test_a_wrong_value_is_named_with_its_index_and_range(value: float, shown: str) -> None:
    built = dataset(CELLS, latitude_deg=np.array([1.0, 2.0, value, value]))
    with pytest.raises(OutOfRangeError) as caught:
        check_table(built, CELLS)
    assert str(caught.value) == (
        f"table cells: latitude_deg[cell=2] is {shown}; valid: -90 to 90 deg "
        "(base/tables.py; 2 of 4 values are outside)"
    )


def test_missing_is_allowed_only_where_it_is_declared() -> None:
    delays = np.zeros((3, 4), np.float32)
    delays[1, 2] = np.nan
    check_table(dataset(SLOTS, rtt_ms=delays), SLOTS)
    with pytest.raises(OutOfRangeError, match=re.escape("slots: down_mbps[time=1, cell=2] is nan")):
        check_table(dataset(SLOTS, down_mbps=delays), SLOTS)
    with pytest.raises(OutOfRangeError, match=re.escape("valid: 0 ms or more; NaN: no satellite")):
        check_table(dataset(SLOTS, rtt_ms=delays - 1.0), SLOTS)
    with pytest.raises(OutOfRangeError, match=re.escape("slots: satellite[time=0, cell=0] is -2")):
        check_table(dataset(SLOTS, satellite=np.full((3, 4), -2, np.int16)), SLOTS)


def test_not_a_time_is_refused() -> None:
    times = values(DAY.column("time")).copy()
    times[1] = np.datetime64("NaT")
    with pytest.raises(OutOfRangeError, match=re.escape("day: time[time=1] is NaT")):
        check_table(dataset(DAY, time=times), DAY)


def test_absent_and_undeclared_variables_are_named() -> None:
    with pytest.raises(RaabtaError, match="table cells: radius_km is absent; declared: h3, latitude_deg"):
        check_table(dataset(CELLS).drop_vars("radius_km"), CELLS)
    with pytest.raises(RaabtaError, match="table cells: speed is not declared; declare it"):
        check_table(dataset(CELLS).assign(speed=("cell", np.zeros(4))), CELLS)
    with pytest.raises(RaabtaError, match="table cells: height_m, radius_km is absent"):
        as_dataset(CELLS, {c.name: values(c) for c in CELLS.columns[:3]})


def test_wrong_dims_dtype_and_units_are_named() -> None:
    with pytest.raises(RaabtaError, match=r"slots: down_mbps has dims \('cell', 'time'\); declared"):
        turned = dataset(SLOTS)[["down_mbps"]].transpose("cell", "time")
        check_table(turned, Table("slots", (SLOTS.column("down_mbps"),)))
    with pytest.raises(RaabtaError, match="cells: height_m is float32; declared float64"):
        check_table(dataset(CELLS).assign(height_m=("cell", np.zeros(4, np.float32))), CELLS)
    built = dataset(CELLS)
    built["height_m"].attrs["units"] = "km"
    with pytest.raises(RaabtaError, match="cells: height_m has units 'km'; declared 'm'"):
        check_table(built, CELLS)


def test_building_casts_only_what_loses_nothing_but_rounding() -> None:
    built = dataset(SLOTS, satellite=np.full((3, 4), 4407), down_mbps=np.full((3, 4), 0.1))
    assert built["satellite"].dtype == np.int16 and built["down_mbps"].dtype == np.float32
    check_table(built, SLOTS)
    for name, wrong in (("satellite", 40_000), ("satellite", 1.5), ("gateway", np.nan), ("gateway", "x")):
        with pytest.raises(RaabtaError, match=f"slots: {name} is .*; declared int.*, and it does not fit"):
            dataset(SLOTS, **{name: np.full((3, 4), wrong)})
    with pytest.raises(RaabtaError, match="slots: rtt_ms has 1 dims"):
        dataset(SLOTS, rtt_ms=np.zeros(3))
    with pytest.raises(RaabtaError, match="district_results: name is int64; declared text"):
        dataset(DISTRICT_RESULTS, name=np.arange(2))


def test_coordinates_name_the_dims() -> None:
    arrays = {column.name: values(column) for column in DISTRICT_RESULTS.columns}
    built = as_dataset(DISTRICT_RESULTS, arrays, {"plan": ["25/3", "50/10", "100/20"]})
    check_table(built, DISTRICT_RESULTS)
    assert built["served_households"].sel(plan="50/10").shape == (2,)
    with pytest.raises(RaabtaError, match="table cells has no column 'speed'; it has h3"):
        CELLS.column("speed")


def test_importing_the_declarations_loads_no_xarray() -> None:
    code = "import sys, raabta.base.tables; sys.exit('xarray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
