import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from raabta.report import page
from raabta.service.results import Results

VOID = {"meta", "link", "br", "img", "input", "hr"}
HOSTILE = (
    "<script>alert(1)</script>\"'><img src=http://evil.example/x onerror=alert(1)>{{ 7*7 }}\x1b[31m\u202e"
)


class Reader(HTMLParser):
    """Collects tags, attributes, headings and text, and checks that tags nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, list[str]] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.words.setdefault(self.open[-1], []).append(data.strip())


@pytest.fixture(scope="module")
def text(results: Results) -> str:
    return page.render(results)


@pytest.fixture(scope="module")
def hostile(results: Results, make: object) -> str:
    odd = make(name=lambda i: HOSTILE + str(i))  # type: ignore[operator]
    gateways = tuple(g.model_copy(update={"name": HOSTILE + g.name}) for g in results.scenario.gateways)
    constellation = results.scenario.constellation.model_copy(update={"label": HOSTILE})
    update = {
        "title": HOSTILE,
        "gateways": gateways,
        "constellation": constellation,
        "assumptions": (HOSTILE,),
    }
    summary = odd.summary | {
        "provenance": {HOSTILE: HOSTILE}, "gateways": [{"name": HOSTILE}], "assumptions": [HOSTILE],
        "binding_constraint_share": {HOSTILE: {"weighted": 0.5, "unweighted": 0.5}},
        "link_fades": [{HOSTILE: HOSTILE}],
    }  # fmt: skip
    scenario = results.scenario.model_copy(update=update)
    return page.render(replace(odd, scenario=scenario, summary=summary))


def test_the_page_loads_nothing_and_runs_nothing(text: str, hostile: str) -> None:
    for one in (text, hostile):
        for tag, attributes in Reader(one).tags:
            assert tag not in {
                "script",
                "link",
                "img",
                "iframe",
                "object",
                "embed",
                "image",
                "use",
                "base",
                "foreignobject",
            }
            assert not {"src", "href", "xlink:href", "srcset", "action"} & set(attributes)
            assert not [key for key in attributes if key.startswith("on")]
            assert "url(" not in (attributes.get("style") or "")
        addresses = set(re.findall(r"https?://[^\s\"'<>&]+", one)) - {"http://www.w3.org/2000/svg"}
        assert addresses <= {"http://evil.example/x"}, "only as text"
        assert "@import" not in one and re.search(r"url\((?!#)", one) is None
        assert "default-src 'none'" in one


def test_hostile_names_stay_text(hostile: str) -> None:
    assert "<script" not in hostile and "<img" not in hostile
    assert "{{ 7*7 }}" in hostile and "49" not in re.findall(r">(49)<", hostile)
    assert not set("\x1b\u202e\x00") & set(hostile)
    assert Reader(hostile).open == []


def test_structure(text: str) -> None:
    reader = Reader(text)
    assert reader.open == []
    headings = [one for one in reader.words["h2"] if not one.endswith("Mbps") and one]
    assert headings == [
        "Where", "Over the run", "Why not everyone", "Where the numbers are uncertain", "By province",
        "The ends of the list", "By kind of terminal", "Gateways", "All districts", "Words", "Assumptions",
        "What this does not model", "Link fades", "Rain states", "Inputs and their sources", "Provenance",
    ]  # fmt: skip
    assert sum(tag == "svg" for tag, _ in reader.tags) == 4 + 3
    assert all(attributes.get("role") == "img" for tag, attributes in reader.tags if tag == "svg")
    assert len(text) < 2_500_000


def test_element_ids_are_unique(text: str) -> None:
    ids = [attributes["id"] for _, attributes in Reader(text).tags if "id" in attributes]
    assert len(ids) == len(set(ids)) > 0


def test_the_headline_says_what_the_summary_says(text: str, results: Results) -> None:
    served = results.summary["totals"]["households_served"]
    for plan in served.values():
        assert f'<p class="big">{plan["mid"]:,.0f}</p>' in text
    asked = float(results.districts["subscribers"].sum())
    share = served["25/3"]["mid"] / asked
    assert f"{100 * share:.1f} % of the homes that ask" in text
    assert "96.43 %" in text and "over the uncertain inputs" not in text.split("Why not everyone")[0]


def test_bands_stand_beside_the_figure(results: Results) -> None:
    totals = results.summary["totals"]
    served = totals["households_served"] | {"25/3": {"low": 900, "mid": 1000, "high": 1250}}
    banded = replace(results, summary=results.summary | {"totals": totals | {"households_served": served}})
    assert "900 to 1,250 over the uncertain inputs" in page.render(banded)


def test_every_district_and_every_input_source_is_listed(text: str, results: Results) -> None:
    for name in results.districts["name"].values:
        assert re.search(rf'<th scope="row">{name}(<abbr|</th>)', text)
    assert "TR 38.821" in text and "PTA 2023-24" in text
    assert "census rows only" in text, "totals with and without the estimated districts"


def test_table_heads_carry_their_unit(text: str) -> None:
    assert "<th>worst month, dB</th>" in text and "<th>place</th>" in text
    assert page.head("percent") == "percent" and page.head("a_b") == "a b"


def test_a_gateway_column_stands_only_where_it_was_run(results: Results, text: str) -> None:
    plain = replace(
        results, summary=results.summary | {"gateways": [{"name": "Multan", "served_without": None}]}
    )
    assert "Homes served without it, 25/3" in text
    thin = page.render(plain)
    assert "Homes served without it" not in thin and "with a gateway out: not run" in thin


def test_provenance_of_the_folder_is_shown(results: Results, tmp_path: Path) -> None:
    (tmp_path / "provenance.json").write_text('{"raabta": "9.9.9", "inputs": {"eop": "x"}}')
    rows = page.flat(page.provenance(replace(results, folder=tmp_path)))
    assert ("raabta", "9.9.9") in rows and ("inputs.eop", "x") in rows and ("seed", "7") in rows
    (tmp_path / "provenance.json").write_text("[broken")
    assert page.provenance(replace(results, folder=tmp_path)) == results.summary["provenance"]


def test_nobody_served(make: object) -> None:
    text = page.render(make(quality=0.0))  # type: ignore[operator]
    assert "<b>No home</b> gets 25/3 Mbps" in text and Reader(text).open == []


def test_no_cell_with_people(make: object) -> None:
    text = page.render(make(people=0.0, slots=1))  # type: ignore[operator]
    assert Reader(text).open == []
    assert text.count("No district asks for service") == 2
    assert "The run has a single slot" in text and not re.search(r"\bnan\b", text)


def test_a_thin_summary_shows_dashes_not_errors(results: Results) -> None:
    text = page.render(replace(results, summary={}))
    assert "No served homes were stored" in text and '<p class="big">—</p>' in text
