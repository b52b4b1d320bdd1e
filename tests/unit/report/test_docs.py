"""The reference page names every key and column that a run writes."""

from pathlib import Path

import pytest

from raabta.report import files, words
from raabta.service.results import Results

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "summary.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_key_of_the_summary_is_documented(page: str, results: Results) -> None:
    keys = [*results.summary, *results.summary["totals"], *results.summary["sampling"], "districts"]
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_every_column_is_documented(page: str, results: Results) -> None:
    cells = [name for name in files.cell_columns(results) if not name.startswith("constraint_")]
    districts = [name for name in files.district_columns(results) if "served_households_" not in name]
    assert [name for name in [*cells, *districts] if f"`{name}`" not in page] == []
    assert "`served_households_25_3_household`" in page and "`constraint_NAME_share`" in page


def test_every_constraint_stands_with_its_words(page: str) -> None:
    for name, text in words.CONSTRAINTS.items():
        assert f"| `{name}` | {text} |" in page
