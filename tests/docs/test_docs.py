"""The pages are true: their code runs, their links lead somewhere, their lists are whole."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from raabta.engine import kernelcache

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
RUN, SKIP = ("python", "bash", "console"), "<!-- not run by tests/docs:"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = 300


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[tuple[str, str]]:
    """(language, code) of the fenced blocks to run, in order; those marked with a reason are left out."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in BLOCK.finditer(text):
        before = text[: match.start()].rstrip().rsplit("\n", 1)[-1]
        if match[1] in RUN and not before.startswith(SKIP):
            found.append((match[1], match[2]))
    return found


def prose(page: Path) -> str:
    """A page without code, fenced or inline, without link targets and comments."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"(?m)^    .*$|<!--.*?-->|`[^`]*`", "", text)
    return re.sub(r"\]\([^)]*\)", "]", text)


def commands(language: str, code: str) -> str:
    """Shell text of a block; of a console block the lines after `$ `."""
    if language == "bash":
        return code
    return "\n".join(line[2:] for line in code.splitlines() if line.startswith("$ "))


def run_shell(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def python_only(page: Path) -> bool:
    return {language for language, _ in blocks(page)} == {"python"}


@pytest.mark.parametrize("page", [p for p in PAGES if python_only(p)], ids=name_of)
def test_python_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of a page runs by itself and asserts its own numbers."""
    kernelcache.prepare()
    monkeypatch.chdir(tmp_path)
    for _, code in blocks(page):
        assert "assert " in code, f"a block of {name_of(page)} claims nothing"
        exec(compile(code, name_of(page), "exec"), {"__name__": "page"})


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p) and not python_only(p)], ids=name_of)
def test_shell_pages_run(page: Path, tmp_path: Path) -> None:
    """Every block of a page that holds commands runs in one folder, in order."""
    for language, code in blocks(page):
        if language == "python":
            done = subprocess.run(
                [sys.executable, "-W", "error", "-c", code],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
        else:
            done = run_shell(commands(language, code), tmp_path)
        assert done.returncode == 0, f"{name_of(page)}:\n{code}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def test_a_page_that_fails_is_found(tmp_path: Path) -> None:
    """The runner itself: a failing line in the middle of a block is a failure."""
    assert run_shell("true\nfalse\ntrue", tmp_path).returncode != 0
    assert run_shell("raabta run nowhere.yaml | cat", tmp_path).returncode == 2
    page = tmp_path / "page.md"
    page.write_text(f"{SKIP} slow -->\n```bash\nfalse\n```\n\n```console\n$ true\nout\n```\n")
    assert blocks(page) == [("console", "$ true\nout\n")]
    assert commands(*blocks(page)[0]) == "true"


def test_few_blocks_are_left_out_and_each_says_why() -> None:
    reasons = [
        line
        for page in PAGES
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith(SKIP)
    ]
    assert len(reasons) <= 3
    assert all(len(reason) > len(SKIP) + 30 and reason.endswith("-->") for reason in reasons)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_resolve(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [target for target in targets if target and not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("folder", ["models", "decisions"])
def test_every_page_stands_in_its_index(folder: str) -> None:
    listed = set(re.findall(r"\]\(([^)/]+\.md)\)", (DOCS / folder / "index.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in (DOCS / folder).glob("*.md")} - {"index.md"}


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in reached:
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)\s#]+\.md)", page.read_text(encoding="utf-8"))
        waiting += [page.parent / link for link in links if "://" not in link]
    assert [name_of(page) for page in PAGES if page.resolve() not in reached] == []


def test_every_model_card_names_a_test_that_exists() -> None:
    rows = re.findall(r"^\| \[[^]]+\]\(([^)]+)\) \| (.+) \|$", (DOCS / "models/index.md").read_text(), re.M)
    assert len(rows) == len(list((DOCS / "models").glob("*.md"))) - 1
    for card, tests in rows:
        named = re.findall(r"`(tests/[^`:]+)(?:::(\w+))?`", tests)
        assert named, card
        for file, function in named:
            assert (ROOT / file).is_file(), f"{card}: there is no {file}"
            text = (ROOT / file).read_text(encoding="utf-8")
            assert re.search(rf"^def {function or 'test_'}", text, re.M), f"{card}: {file} has no {function}"
            if file.endswith("tests/docs/test_docs.py"):
                assert blocks(DOCS / "models" / card), f"{card} has no block that asserts its numbers"


@pytest.mark.parametrize("card", sorted((DOCS / "models").glob("[!i]*.md")), ids=name_of)
def test_every_model_card_says_what_it_does_whence_and_where_it_ends(card: Path) -> None:
    text = card.read_text(encoding="utf-8")
    missing = [part for part in ("What it does", "Source", "Known limits") if f"**{part}" not in text]
    assert missing == []


def test_every_dependency_has_a_record() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.match(r"[\w.-]+", item)[0] for item in project["dependencies"]]  # type: ignore[index]
    records = {f"dependency-{name.replace('.', '-')}.md" for name in names} | {"dependency-development.md"}
    assert records == {page.name for page in (DOCS / "decisions").glob("dependency-*.md")}
    tools = (DOCS / "decisions/dependency-development.md").read_text(encoding="utf-8")
    for item in project["optional-dependencies"]["dev"]:
        assert re.match(r"[\w.-]+", item)[0] in tools  # type: ignore[index]
    for page in (DOCS / "decisions").glob("dependency-[!d]*.md"):
        assert "**Turned down.**" in page.read_text(encoding="utf-8")


def glossary() -> set[str]:
    text = (DOCS / "glossary.md").read_text(encoding="utf-8").split("## Abbreviations")[1]
    cells = re.findall(r"^\| ([^|]+) \| ", text, re.MULTILINE)
    return {short.strip() for cell in cells for short in cell.split(",")} - {"short"}


ABBREVIATION = re.compile(r"(?<![\w./-])[A-Z][A-Z0-9]{1,}(?![\w/])")
PLACEHOLDERS = {"DIR", "FILE", "HASH", "ID", "NAME", "NNNN", "NOTICE", "PYTHON", "RUN", "SCENARIO"}
PROPER_NAMES = {"A4", "GADM", "GEOS", "MB", "PCG64", "PEACE", "RFC", "SAT", "UTF", "US", "USA", "WGS"}
SYMBOL = re.compile(r"(?:[A-Z]|GMST|MM|SC|SES|TN|UT3|UTA)\d*")
"""Names of quantities, satellites and products: letters that are not short for words of a text."""


@pytest.mark.parametrize("page", [p for p in PAGES if p.name != "glossary.md"], ids=name_of)
def test_every_abbreviation_stands_in_the_glossary(page: Path) -> None:
    known = {part for short in glossary() for part in re.split(r"[\s/-]", short)} | glossary()
    used = set(ABBREVIATION.findall(prose(page))) - PLACEHOLDERS - PROPER_NAMES - known
    assert sorted(word for word in used if not SYMBOL.fullmatch(word)) == []


def test_every_abbreviation_of_the_glossary_is_used() -> None:
    pages = [page for page in PAGES if page.name != "glossary.md"]
    sources = [*pages, *ROOT.glob("src/raabta/**/*.py"), *ROOT.glob("src/raabta/**/*.yaml")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert [short for short in sorted(glossary()) if short not in text] == []


def test_the_tables_page_is_what_the_declarations_print() -> None:
    spec = importlib.util.spec_from_file_location("print_tables", ROOT / "tools/print_tables.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (DOCS / "reference/tables.md").read_text(encoding="utf-8")
    assert page == module.page(), "run `python tools/print_tables.py`"


def test_the_readme_is_one_screen() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    for part in ("make demo", "make test", "docs/picture.svg", "Apache-2.0", "demand -> beams -> weather"):
        assert part in text


def test_change_notes_are_named_and_say_something() -> None:
    notes = sorted((ROOT / "changes").glob("*.md"))
    assert notes
    for note in notes:
        assert re.fullmatch(r"\d{4}\.(feature|fix|change|removal)\.md", note.name), note.name
        assert len(note.read_text(encoding="utf-8").split()) >= 8


def tracked() -> list[Path]:
    """Files under version control; of an unpacked archive, those that would be."""
    if (ROOT / ".git").exists():
        done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
        return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
    left_out = {".venv", "dist", "build", "__pycache__"}
    return [p for p in ROOT.rglob("*") if p.is_file() and not left_out & set(p.relative_to(ROOT).parts)]


# Written in parts, so that this file does not hold what it forbids.
FORBIDDEN = {
    "a registry address": r"https?://[\w.@:-]*(?:pypi|pythonhosted|npmjs|anaco"
    + r"nda|artifactory|nexus)[\w.:/-]*",
    "an index option in a lock": r"(?m)^--(?:extra-)?index" + r"-url\b",
    "a home folder": r"(?<![\w.])/(?:ro" + r"ot|home/\w+|Users/\w+)/",
    "a machine address": r"https?://(?:local" + r"host|\d+\.\d+\.\d+\.\d+)",
    "a working folder": r"/wo" + r"rk/(?:main|shared)\b|/t" + r"mp/\w",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what: str) -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name_of(path)}: {match[0]}" for match in re.finditer(FORBIDDEN[what], text)]
    assert found == []
