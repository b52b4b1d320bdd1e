from dataclasses import replace

import pytest
from rich.console import Console

from raabta.report import terminal
from raabta.service.results import Results


def printed(results: Results, width: int = 120) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"), color_system=None)  # noqa: SIM115, PTH123
    with console.file:
        for one in terminal(results):
            console.print(one)
        return console.export_text()


def test_terminal_shows_headline_tables_and_doubts(results: Results) -> None:
    text = printed(results)
    served = results.summary["totals"]["households_served"]["25/3"]["mid"]
    assert f"{served:,.0f} homes served" in text
    for title in (
        "By province",
        "Ten worst districts, by served share of the homes that ask at 25/3",
        "Ten best districts",
        "Why not: what binds",
        "Where the numbers are uncertain",
    ):
        assert title in text
    assert "Province A" in text and "census rows only" in text and "█" in text


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_the_terminal(results: Results, width: int) -> None:
    assert max(map(len, printed(results, width).splitlines())) <= width


def test_hostile_names_are_neither_markup_nor_escapes(make: object) -> None:
    odd = make(name=lambda i: f"[red]x[/red]\x1b[2J[/nope]{i}")  # type: ignore[operator]
    text = printed(odd)
    assert "[red]x[/red][2J[/nope]" in text and "\x1b" not in text
    title = odd.scenario.model_copy(update={"title": "[bold]\x1b]0;hi\x07"})
    assert "[bold]]0;hi" in printed(replace(odd, scenario=title))


@pytest.mark.parametrize("case", [{"people": 0.0, "slots": 1}, {"quality": 0.0}])
def test_empty_cases_print(make: object, case: dict[str, float]) -> None:
    text = printed(make(**case))  # type: ignore[operator]
    assert "nan" not in text
    assert ("none asks for service" in text) == ("people" in case)
