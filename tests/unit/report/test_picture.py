from dataclasses import replace

from defusedxml.ElementTree import fromstring

from raabta.report.picture import lines, picture
from raabta.service.results import Results

SVG = "{http://www.w3.org/2000/svg}"


def test_picture_is_one_standalone_svg_with_the_headline(results: Results) -> None:
    text = picture(results)
    root = fromstring(text)
    said = ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]
    for plan in results.summary["totals"]["households_served"].values():
        assert f"{plan['mid']:,.0f}" in said
    assert "Fixture, not a result" in said and "Karachi" in said
    assert "<script" not in text and "href" not in text and text.count("http") == 1
    assert len(text) < 400_000


def test_picture_without_cells_or_people(make: object) -> None:
    empty = make(people=0.0)  # type: ignore[operator]
    fromstring(picture(empty))
    fromstring(picture(replace(empty, cells=empty.cells.isel(cell=slice(0)))))


def test_lines_break_at_spaces_and_cut_what_is_too_long() -> None:
    assert lines("a bb ccc", 30.0, 10.0) == ["a bb", "ccc"]
    assert lines("x" * 50, 60.0, 10.0) == ["x" * 10 + "…"]
    assert lines("", 60.0, 10.0) == [""]
