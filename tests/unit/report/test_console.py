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


def test_who_nobody_asks_is_said_why(make: object) -> None:
    none = make(people=0.0, slots=1)  # type: ignore[operator]
    assert "Nobody asks for service: of 0 homes in the area none counts as underserved" in printed(none)
    free = none.scenario.demand.model_copy(update={"take_up_share": 0.0})
    nought = replace(none, scenario=none.scenario.model_copy(update={"demand": free}))
    assert "Nobody asks for service: demand.take_up_share is 0" in printed(nought)


def _only(results: Results, kept: int) -> Results:
    """The fixture with people in its first districts alone."""
    from raabta.base.tables import DISTRICT_RESULTS

    districts = results.districts.copy(deep=True)
    for column in DISTRICT_RESULTS.columns:
        if column.name.endswith("households") or column.name in ("population", "subscribers"):
            districts[column.name].values[kept:] = 0.0
    return replace(results, districts=districts)


def test_a_small_area_lists_only_where_people_live(results: Results) -> None:
    text = printed(_only(results, 2))
    assert "Province A" in text and "Province B" not in text
    assert "census rows only" not in text and "estimated" not in text
    assert "Worst districts" in text and "Best districts" in text
    alone = printed(_only(results, 1))
    assert "Districts, by served share" in alone and "Best districts" not in alone


def test_a_country_without_provinces_has_no_table_of_them(make: object) -> None:
    results = make()  # type: ignore[operator]
    districts = results.districts.assign(province=results.districts["province"].copy(data=[""] * 24))
    assert "By province" not in printed(replace(results, districts=districts))
