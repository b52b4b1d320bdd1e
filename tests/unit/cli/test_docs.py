"""The pages about the command say what the command does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from raabta.cli.app import main

DOCS = Path(__file__).parents[3] / "docs"
COMMANDS = (
    "demo", "init", "run", "sweep", "report", "explain", "catalogue", "verify", "rerun", "bench", "coverage",
    "link", "paths", "plan-beams", "spectrum", "emulate", "packets", "contacts", "whatif", "deliver",
    "send-file", "horizon", "light",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_stands_in_the_reference(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    options = set(re.findall(r"^  (--[a-z]+)", capsys.readouterr().out, flags=re.MULTILINE))
    page = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    assert f"`raabta {command}" in page
    assert [option for option in sorted(options) if option not in page] == []


def test_start_page_shows_the_error_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "my.yaml"]) == 0
    text = Path("my.yaml").read_text()
    start = text.index("  start:")
    Path("my.yaml").write_text(text[:start] + "  duration_h: 24\n" + text[text.index("  step_s:") :])
    assert main(["run", "my.yaml"]) == 2
    shown = capsys.readouterr().err.removeprefix("raabta: ")
    page = (DOCS / "start" / "index.md").read_text(encoding="utf-8")
    assert "".join(f"    {line}\n" for line in shown.splitlines()) in page


def test_start_page_names_commands_that_parse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of the page is a command with options we have (help is asked for, nothing is run)."""
    page = (DOCS / "start" / "index.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    raabta (.+)$", page, flags=re.MULTILINE)
    assert len(lines) >= 6
    for line in lines:
        assert main([*line.split(), "--help"]) == 0
        assert line.split()[0] in COMMANDS
