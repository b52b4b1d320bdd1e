"""The reference pages are what the models and the catalogue say today."""

from __future__ import annotations

from pathlib import Path

import pytest

from raabta.scenario.catalogue import catalogue_names, figures
from raabta.scenario.reference import catalogue_page, scenario_page, write

DOCS = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize(("name", "page"), [("scenario.md", scenario_page), ("catalogue.md", catalogue_page)])
def test_pages_are_current(name: str, page: object) -> None:
    assert callable(page)
    assert (DOCS / name).read_text(encoding="utf-8") == page(), (
        "run `python -m raabta.scenario.reference docs/reference`"
    )


def test_scenario_page_tells_range_choices_and_default() -> None:
    page = scenario_page()
    assert "| `step_s` | number ≥ 1.0 ≤ 3,600.0 | `15.0` | length of a slot |" in page
    assert "| `statistic` | `annual` \\| `worst-month` | `worst-month` |" in page
    assert "## `constellation.shells[]`" in page
    assert "| `payload` | mapping | required | radio of one satellite |" in page


def test_catalogue_page_holds_every_figure() -> None:
    page = catalogue_page()
    for name in catalogue_names():
        assert f"### `{name}`" in page
        for figure in figures(name):
            assert figure.source in page


def test_write(tmp_path: Path) -> None:
    write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalogue.md", "scenario.md"]
