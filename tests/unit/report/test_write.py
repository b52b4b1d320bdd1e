from pathlib import Path

import pytest

from raabta.base.errors import StoreError
from raabta.report import write
from raabta.service.results import Results

NAMES = {"report.html", "summary.json", "cells.csv", "cells.geojson", "districts.csv"}


def test_write_makes_five_files_and_leaves_no_other(results: Results, tmp_path: Path) -> None:
    made = write(results, tmp_path / "out")
    assert set(made) == NAMES == {path.name for path in (tmp_path / "out").iterdir()}
    assert all(path.stat().st_size > 100 for path in made.values())


def test_the_same_results_give_the_same_bytes(results: Results, tmp_path: Path) -> None:
    first, second = (write(results, tmp_path / name) for name in ("a", "b"))
    for name in NAMES:
        assert first[name].read_bytes() == second[name].read_bytes()


def test_a_file_in_the_way_is_a_clear_error(results: Results, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("here")
    with pytest.raises(StoreError, match="a file stands where a folder is needed"):
        write(results, tmp_path / "out")
