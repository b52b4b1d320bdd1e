"""Datasets by declaration: dims, dtype, unit, meaning, allowed range, what missing means.

A table is a declaration; `as_dataset` builds a Dataset from it, `check` holds one against it and
`describe` prints it for the reference docs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from raabta.base.errors import OutOfRangeError, RaabtaError

if TYPE_CHECKING:
    import xarray

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Column:
    """One variable. `missing` says what NaN (or -1) means; empty: there is none, and NaN is refused.

    `unit` is what stands in `attrs["units"]`: "1" for counts and shares, "" for names, identifiers
    and flags. `dtype` "U" is text of any width.
    """

    name: str
    dims: tuple[str, ...]
    dtype: str
    unit: str
    meaning: str
    valid: tuple[float, float] | None = None
    missing: str = ""

    def range_text(self) -> str:
        """The valid range in words, with its unit."""
        if self.valid is None:
            return "any finite value" if np.dtype(self.dtype).kind == "f" else "any"
        low, high = (f"{bound:.17g}" for bound in self.valid)
        unit = "" if self.unit in ("", "1") else f" {self.unit}"
        return f"{low}{unit} or more" if high == "inf" else f"{low} to {high}{unit}"


@dataclass(frozen=True)
class Table:
    """A Dataset that crosses a floor: its name and its columns, no more and no fewer."""

    name: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """The column of that name; RaabtaError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise RaabtaError(f"table {self.name} has no column {name!r}; it has {_names(self)}")


def as_dataset(
    table: Table, arrays: Mapping[str, Array], coords: Mapping[str, Any] | None = None
) -> xarray.Dataset:
    """A Dataset with the declared dims, dtypes, units and meanings.

    `arrays` holds one array per column, shaped as its dims; `coords` may name dims (plan, cell ...).
    Raises RaabtaError where a column is absent, unknown, misshapen or does not fit its dtype.
    """
    import xarray

    _refuse_strangers(table, arrays)
    _refuse_absent(table, arrays)
    variables = {
        column.name: xarray.Variable(
            column.dims, _cast(table, column, arrays[column.name]), _attributes(column), fastpath=True
        )
        for column in table.columns
    }
    return xarray.Dataset(variables, coords=dict(coords or {}), attrs={"table": table.name})


def check(dataset: xarray.Dataset, table: Table) -> None:
    """Hold a Dataset against its declaration.

    Raises RaabtaError for a wrong shape (absent or unknown variable, dims, dtype, units) and
    OutOfRangeError, naming the index of the first offender, for a wrong value.
    """
    _refuse_strangers(table, [str(name) for name in dataset.data_vars])
    _refuse_absent(table, [str(name) for name in dataset.variables])
    for column in table.columns:
        variable = dataset.variables[column.name]
        _check_form(table, column, variable)
        _check_values(table, column, np.asarray(variable.values))


def describe(table: Table) -> str:
    """The declaration as a Markdown section, for the reference docs."""
    head = [
        f"### {table.name}",
        "",
        "| variable | dims | type | unit | valid | meaning | missing |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join(head + [_markdown_row(column) for column in table.columns]) + "\n"


def _markdown_row(column: Column) -> str:
    dtype = "text" if column.dtype == "U" else str(np.dtype(column.dtype))
    parts = (f"`{column.name}`", ", ".join(column.dims), dtype, column.unit or "–", column.range_text())
    return "| " + " | ".join((*parts, column.meaning, column.missing or "never")) + " |"


def _names(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


def _refuse_strangers(table: Table, names: Iterable[str]) -> None:
    strangers = sorted(set(names) - {column.name for column in table.columns})
    if strangers:
        raise RaabtaError(
            f"table {table.name}: {', '.join(strangers)} is not declared; "
            f"declare it in base/tables.py or leave it out. Declared: {_names(table)}"
        )


def _refuse_absent(table: Table, names: Iterable[str]) -> None:
    present = set(names)
    absent = [column.name for column in table.columns if column.name not in present]
    if absent:
        raise RaabtaError(f"table {table.name}: {', '.join(absent)} is absent; declared: {_names(table)}")


def _attributes(column: Column) -> dict[str, str]:
    attributes = {"long_name": column.meaning}
    if column.unit and np.dtype(column.dtype).kind != "M":  # xarray writes the units of times itself
        attributes["units"] = column.unit
    if column.missing:
        attributes["missing_means"] = column.missing
    return attributes


def _cast(table: Table, column: Column, values: Array) -> Array:
    """The values in the declared dtype; floats may be rounded, nothing else may change."""
    given = np.asarray(values)
    if given.ndim != len(column.dims):
        raise RaabtaError(
            f"table {table.name}: {column.name} has {given.ndim} dims {given.shape}, declared {column.dims}"
        )
    if _dtype_fits(column, given.dtype):
        return given
    wanted = np.dtype(column.dtype)
    if given.dtype.kind in "US" or wanted.kind in "UMb":
        raise _wrong_dtype(table, column, given.dtype)
    with np.errstate(invalid="ignore"):
        cast = given.astype(wanted)
    if wanted.kind in "iu" and not np.array_equal(cast, given):
        raise _wrong_dtype(table, column, given.dtype)
    return cast


def _dtype_fits(column: Column, dtype: np.dtype[Any]) -> bool:
    return dtype.kind == "U" if column.dtype == "U" else dtype == np.dtype(column.dtype)


def _wrong_dtype(table: Table, column: Column, dtype: np.dtype[Any]) -> RaabtaError:
    wanted = "text" if column.dtype == "U" else np.dtype(column.dtype)
    return RaabtaError(
        f"table {table.name}: {column.name} is {dtype}; declared {wanted}, and it does not fit"
    )


def _check_form(table: Table, column: Column, variable: Any) -> None:
    if tuple(variable.dims) != column.dims:
        raise RaabtaError(
            f"table {table.name}: {column.name} has dims {tuple(variable.dims)}; declared {column.dims}"
        )
    if not _dtype_fits(column, variable.dtype):
        raise _wrong_dtype(table, column, variable.dtype)
    wanted = _attributes(column).get("units")
    if variable.attrs.get("units") != wanted:
        raise RaabtaError(
            f"table {table.name}: {column.name} has units {variable.attrs.get('units')!r}; "
            f"declared {wanted!r}"
        )


def _check_values(table: Table, column: Column, values: Array) -> None:
    wrong = _offenders(column, values)
    if not wrong.any():
        return
    index = np.unravel_index(int(np.argmax(wrong)), values.shape)
    place = ", ".join(f"{dim}={int(at)}" for dim, at in zip(column.dims, index, strict=True))
    raise OutOfRangeError(
        f"table {table.name}: {column.name}[{place}]",
        values[index].item() if values.dtype.kind != "M" else values[index],
        column.range_text() + (f"; {column.missing}" if column.missing else ""),
        f"base/tables.py; {int(wrong.sum())} of {values.size} values are outside",
    )


def _offenders(column: Column, values: Array) -> npt.NDArray[np.bool_]:
    """Where a value is neither valid nor a declared missing one."""
    wrong = np.zeros(values.shape, dtype=np.bool_)
    if values.dtype.kind == "M":
        return wrong if column.missing else np.isnat(values)
    if values.dtype.kind not in "iuf":
        return wrong
    if column.valid is not None:
        wrong |= (values < column.valid[0]) | (values > column.valid[1])
    if values.dtype.kind == "f":
        wrong |= np.isinf(values)
        wrong = wrong & ~np.isnan(values) if column.missing else wrong | np.isnan(values)
    return wrong
