"""The command line at its boundary: the pipeline below it is replaced, everything above is real."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

import raabta
from raabta.base.errors import LimitError, StoreError
from raabta.cli.app import main
from raabta.cli.progress import Bars
from raabta.engine.ledger import Identity, Ledger
from raabta.engine.limits import Limits
from raabta.scenario.loader import load, scenario_hash


@dataclass
class Below:
    """Stands for the pipeline and the report room: records calls, raises what a test asks for."""

    raises: BaseException | None = None
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=lambda: {"totals": {"households": 3}})

    def run(self, scenario: Any, out: Path, *, workers: Any, bands: Any, progress: Any, **more: Any) -> Any:
        self.calls.append(("run", scenario, out, workers, bands, more))
        progress("orbits", 1, 4)
        if self.raises:
            raise self.raises
        progress("orbits", 4, 4)
        return SimpleNamespace(summary=self.summary, folder=out)

    def open_run(self, path: Path) -> Any:
        self.calls.append(("open", path))
        return SimpleNamespace(summary=self.summary, folder=path)

    def explain(self, path: Path, *, place: Any, cell: Any, all_classes: bool) -> Any:
        self.calls.append(("explain", path, place, cell, all_classes))
        return SimpleNamespace(lines=["first [line]", "second"])

    def terminal(self, results: Any) -> list[str]:
        self.calls.append(("terminal",))
        return ["TABLES"]

    def write(self, results: Any, folder: Path) -> dict[str, Path]:
        self.calls.append(("write", folder))
        return {"report.html": folder / "report.html"}


@pytest.fixture
def below(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Below:
    fake = Below()
    pipeline = ModuleType("raabta.pipeline")
    vars(pipeline).update(run=fake.run, open_run=fake.open_run, explain=fake.explain)
    report = ModuleType("raabta.report")
    vars(report).update(terminal=fake.terminal, write=fake.write)
    for name, module in (("pipeline", pipeline), ("report", report)):
        monkeypatch.setitem(sys.modules, f"raabta.{name}", module)
        monkeypatch.setattr(raabta, name, module, raising=False)
    monkeypatch.setenv("RAABTA_STRICT", "0")
    monkeypatch.chdir(tmp_path)
    return fake


def test_run_passes_every_option_on(below: Below, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (
        "run pakistan --start 2026-06-01 --duration 90m --step 30s --seed 5 --workers 2 --bands --out o "
        "--set demand.take_up_share=0.2 --set gateways.Karachi.antennas=4 "
        "--scheduler dask://hub:8786 --max-time 2h --max-memory 4GB"
    )
    assert main(arguments.split()) == 0
    _, scenario, out, workers, bands, more = below.calls[0]
    assert (scenario.time.steps, scenario.time.start.month, scenario.seed) == (180, 6, 5)
    assert (out, workers, bands) == (Path("o"), 2, True)
    assert more == {"scheduler": "dask://hub:8786", "limits": Limits(7_200.0, 4e9)}
    assert (scenario.demand.take_up_share, scenario.gateways[0].antennas) == (0.2, 4)
    captured = capsys.readouterr()
    assert "TABLES" in captured.out and "Kept in o" in captured.out
    assert "orbits" in captured.err and "orbits" not in captured.out


def test_default_folder_is_named_by_scenario_and_hash(below: Below) -> None:
    assert main(["run", "pakistan"]) == 0
    assert below.calls[0][2] == Path("raabta-runs") / f"pakistan-{scenario_hash(load('pakistan'))[:8]}"


def test_a_name_that_is_no_folder_name_is_tamed(below: Below, tmp_path: Path) -> None:
    assert main(["init", "s.yaml"]) == 0
    text = Path("s.yaml").read_text().replace('"my-pak"', '"../../etc/pass wd"')
    Path("s.yaml").write_text(text)
    assert main(["run", "s.yaml"]) == 0
    out = below.calls[0][2]
    assert out.parent == Path("raabta-runs") and out.name.startswith("etc-pass-wd-")


def test_json_is_the_summary_alone(below: Below, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "pakistan", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == below.summary


def test_actual_gateways(below: Below) -> None:
    assert main(["run", "pakistan-starlink", "--gateways", "actual"]) == 0
    assert "PAK" not in {gateway.country for gateway in below.calls[0][1].gateways}


def test_strict_reaches_every_process(below: Below, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    assert main(["run", "pakistan", "--strict"]) == 0
    assert os.environ["RAABTA_STRICT"] == "1"


def test_demo_runs_pakistan_and_says_where_the_report_is(
    below: Below, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--out", "d"]) == 0
    assert below.calls[0][1] == load("pakistan")
    assert below.calls[1:] == [("write", Path("d/report")), ("terminal",)]
    assert str(Path("d/report/report.html")) in capsys.readouterr().out


def test_report_opens_and_writes(below: Below, capsys: pytest.CaptureFixture[str]) -> None:
    Path("kept").mkdir()
    assert main(["report", "kept"]) == 0
    assert below.calls == [("open", Path("kept")), ("write", Path("kept/report")), ("terminal",)]
    assert main(["report", "kept", "--out", "elsewhere"]) == 0
    assert below.calls[-2] == ("write", Path("elsewhere"))


def test_explain_prints_its_lines_as_they_are(below: Below, capsys: pytest.CaptureFixture[str]) -> None:
    Path("kept").mkdir()
    assert main(["explain", "kept", "--place", "Turbat"]) == 0
    assert main(["explain", "kept", "--cell", "85abc", "--all"]) == 0
    asked = [("Turbat", None, False), (None, "85abc", True)]
    assert below.calls == [("explain", Path("kept"), *each) for each in asked]
    assert capsys.readouterr().out == "first [line]\nsecond\n" * 2


@pytest.mark.parametrize("arguments", [[], ["--place", "a", "--cell", "b"]])
def test_explain_needs_one_of_place_and_cell(
    below: Below, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("kept").mkdir()
    assert main(["explain", "kept", *arguments]) == 2
    assert "--place NAME or --cell ID" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["report", "explain", "verify"])
def test_a_missing_run_folder_is_the_users_mistake(
    below: Below, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "nowhere", *(["--cell", "x"] if command == "explain" else [])]) == 2
    assert "there is no run folder 'nowhere'; `raabta run SCENARIO` makes one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (LimitError("too many cells"), 3, "raabta: too many cells"),
        (StoreError("disk full"), 2, "raabta: disk full"),
        (KeyboardInterrupt(), 130, "resumable: run the same command again"),
        (ZeroDivisionError("a [b]"), 1, "our fault, not yours: ZeroDivisionError: a [b]"),
    ],
)
def test_exit_codes(
    below: Below, error: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    below.raises = error
    assert main(["run", "pakistan"]) == code
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err
    assert ("--debug" in err) is (code == 1)


@pytest.mark.parametrize("arguments", [["--debug", "run", "pakistan"], ["run", "pakistan", "--debug"]])
def test_debug_shows_the_traceback(
    below: Below, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    below.raises = ZeroDivisionError("x")
    assert main(arguments) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("run pakistn", "did you mean 'pakistan'?"),
        ("run pakistan --step 15", "option --step: '15' is not a duration"),
        ("run pakistan --step 0.1s", "option --step: time.step_s: should be greater than or equal to 1"),
        ("run pakistan --start yesterday", "option --start: 'yesterday' is not a time"),
        ("run pakistan --orbits no.tle", "option --orbits: 'no.tle': no such file"),
        ("run pakistan --area no.geojson", "option --area: 'no.geojson': no such file"),
        ("run pakistan --workers 0", "--workers"),
        ("run pakistan --seed -1", "--seed"),
        ("run pakistan --gateways none", "--gateways"),
        ("run", "Missing argument 'SCENARIO'"),
        ("run " + "n" * 5_000, "there is no file 'nnn"),
        ("run " + "n" * 5_000 + "/s.yaml", "there is no file 'nnn"),
        ("run .", "'.' is a folder, not a scenario file"),
        ("init --country VAT v.yaml", "option --country: no outline of Vatican (VAT) comes with raabta"),
        ("init --country Xyzzyq x.yaml", "option --country: 'Xyzzyq' is not a country we know"),
        ("init --country ATA x.yaml", "no town of Antarctica is known to place a gateway at"),
        ("nonsense", "nonsense"),
        ("run pakistan --nonsense", "--nonsense"),
        ("catalogue starlink", "did you mean 'starlink-gen1'?"),
        ("init --country Kenia k.yaml", "did you mean KEN (Kenya)?"),
        ("run pakistan --duration 0s", "option --duration: '0s' must be more than 0"),
        ("run pakistan --duration 400d", "at most 31622400 s (366 days), not 34560000 s (400 days)"),
        ("run pakistan --start 2040-01-01", "option --start: time.start: the run starts 2040-01-01 00:00"),
    ],
)
def test_user_mistakes_end_with_2_and_words(
    below: Below, arguments: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments.split()) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err
    assert below.calls == []


def test_a_wrong_scenario_file_shows_line_and_caret(
    below: Below, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init", "s.yaml"])
    Path("s.yaml").write_text(Path("s.yaml").read_text().replace("duration_s:", "duration_h:"))
    assert main(["run", "s.yaml"]) == 2
    err = capsys.readouterr().err.splitlines()
    assert err[0].startswith("raabta: s.yaml:11:3: time: unknown key 'duration_h'")
    assert err[2] == "      ^"
    assert "write `duration_s: 3.1104e+08`" in err[3]


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("PAK", "PAK"),
        ("KEN", "KEN"),
        ("pak", "PAK"),
        ("PK", "PAK"),
        ("pakistan", "PAK"),
        ("FRA", "FRA"),
        ("FJI", "FJI"),
    ],
)
def test_init_writes_a_scenario_that_loads(below: Below, country: str, code: str) -> None:
    assert main(["init", "--country", country, "s.yaml"]) == 0
    scenario = load("s.yaml")
    assert scenario.area.country == code
    assert all(gateway.hypothetical for gateway in scenario.gateways)
    assert len(scenario.gateways) == (7 if code == "PAK" else 3)
    assert {gateway.country for gateway in scenario.gateways} == {code}


def test_every_country_with_an_outline_has_a_name_and_a_code() -> None:
    from raabta.access.outlines import country_names
    from raabta.scenario.countries import country_name, iso3_code

    for code in country_names():
        assert iso3_code(code) == code
        assert iso3_code(country_name(code)) == code


@pytest.mark.parametrize(
    ("source", "words", "hint"),
    [
        ("mine.yml", "there is no file 'mine.yml'", "did you mean 'mine.yaml'?"),
        ("kept", "'kept' is a folder, not a scenario file", "the scenario of that run is kept/scenario.yaml"),
        (
            "area.geojson",
            "area.geojson:1:1: this is GeoJSON, not a scenario",
            "raabta run SCENARIO --area FILE",
        ),
    ],
)
def test_a_wrong_file_is_said_what_it_is(
    below: Below, source: str, words: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "mine.yaml"]) == 0
    Path("kept").mkdir()
    Path("kept/scenario.yaml").touch()
    Path("area.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": []}))
    assert main(["run", source]) == 2
    err = capsys.readouterr().err
    assert words in err and hint in err


def test_init_never_overwrites(below: Below, capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.yaml").write_text("mine")
    assert main(["init", "s.yaml"]) == 2
    assert "'s.yaml' is there already" in capsys.readouterr().err
    assert Path("s.yaml").read_text() == "mine"
    assert main(["init", "no/such/folder/s.yaml"]) == 2


def test_catalogue_lists_everything_and_shows_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalogue", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["paksat-1r"]["kind"] == "constellation"
    assert main(["catalogue"]) == 0
    assert "household-vsat" in capsys.readouterr().out
    assert main(["catalogue", "starlink-gen1"]) == 0
    shown = capsys.readouterr().out
    assert "shells[0].altitude_km" in shown.replace("\n", "") and "FCC 21-48" in shown
    assert main(["catalogue", "lahore", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"][0]["confidence"] == "A"


def test_verify_reports_problems(
    monkeypatch: pytest.MonkeyPatch, below: Below, capsys: pytest.CaptureFixture[str]
) -> None:
    import raabta.engine.verify as room

    Path("kept").mkdir()
    monkeypatch.setattr(room, "verify", lambda folder: [])
    assert main(["verify", "kept"]) == 0
    monkeypatch.setattr(room, "verify", lambda folder: [room.Problem("chunks/0", "is changed", "Run again")])
    assert main(["verify", "kept"]) == 2
    assert "kept: chunks/0: is changed. Run again" in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("raabta 0.")
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in ("demo", "init", "run", "report", "explain", "catalogue", "verify"):
        assert f"\n  {command} " in shown


def test_help_loads_no_heavy_room() -> None:
    """The reason `raabta --help` is quick: nothing heavy is imported. (Its time is measured by hand.)"""
    code = (
        "import sys; from raabta.cli.app import main; code = main(['run', '--help']);"
        "heavy = {'numpy', 'numba', 'xarray', 'pandas', 'scipy', 'ruamel', 'h3', 'shapely', 'itur', 'rich'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_installed_command_answers() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("raabta")), "run", "nowhere.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("raabta: there is no file 'nowhere.yaml'")


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("file", "file is a file. Give --out a folder, or a name that is free"),
        ("file/below", "a file stands where a folder is needed. Choose another folder"),
        ("n" * 300, "cannot write into"),
    ],
)
def test_an_unusable_folder_is_refused_before_the_run(
    below: Below, out: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text("mine")
    assert main(["run", "pakistan", "--out", out]) == 2
    assert words in capsys.readouterr().err
    assert below.calls == []
    assert Path("file").read_text() == "mine"


def test_a_folder_that_may_not_be_written_is_refused_before_the_run(
    below: Below, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert main(["run", "pakistan", "--out", "o"]) == 2
    assert "cannot write into o: the folder is read-only for you. Choose" in capsys.readouterr().err
    assert below.calls == []


def test_a_run_that_is_refused_leaves_no_folder(below: Below) -> None:
    below.raises = StoreError("no")
    assert main(["run", "pakistan", "--out", "deep/er"]) == 2
    assert not Path("deep").exists()


def test_a_folder_of_another_scenario_is_refused_before_the_run(
    below: Below, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = scenario_hash(load("pakistan"))
    Ledger.create_or_resume(Path("o"), Identity(mine, "0", 2026)).close()
    assert main(["run", "pakistan", "--out", "o"]) == 0
    assert main(["run", "pakistan", "--seed", "7", "--out", "o"]) == 2
    err = capsys.readouterr().err
    assert f"o holds a run of another scenario (hash {mine[:8]}; this one is " in err
    assert "leave --out away" in err
    assert len([call for call in below.calls if call[0] == "run"]) == 1
    assert sorted(path.name for path in Path("o").iterdir() if path.name.startswith(".")) == []


def test_a_folder_whose_run_was_cut_off_at_once_is_taken(below: Below) -> None:
    Path("o").mkdir()
    Path("o/ledger.sqlite").touch()
    assert main(["run", "pakistan", "--out", "o"]) == 0


def test_a_folder_in_use_is_refused_before_the_run(below: Below, capsys: pytest.CaptureFixture[str]) -> None:
    with Ledger.create_or_resume(Path("o"), Identity(scenario_hash(load("pakistan")), "0", 2026)):
        assert main(["run", "pakistan", "--out", "o"]) == 2
    assert "o is in use by process" in capsys.readouterr().err
    assert below.calls == []


def test_bars_show_any_label_and_a_stage_of_its_own() -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=120)
    with Bars(screen) as bars:
        bars("placing [people]\nnow", 0, 1)
        bars("placing [people]\nnow", 1, 1)
        bars("simulating slots", 3, 24)
        bars("uncertainty bands", 2, 13)
        bars("nothing to do", 0, 0)
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    for words in ("placing [people] now", "simulating slots", "3/24", "uncertainty bands", "2/13"):
        assert words in shown.replace(" 3/24", "3/24").replace(" 2/13", "2/13")
    assert "1/1" not in shown and "nothing to do" in shown


@pytest.mark.parametrize("lines", ["say('x' * 9)", "show(['x' * 9])", "say_json('x' * 9)"])
def test_work_goes_on_when_the_reader_has_left(tmp_path: Path, lines: str) -> None:
    """What comes after the printing is done all the same, and the command ends with its own code."""
    done = tmp_path / "done"
    code = (
        "import time; from pathlib import Path; from raabta.cli.output import *; time.sleep(0.5)\n"
        f"for _ in range(50): {lines}\n"
        f"Path({str(done)!r}).touch()"
    )
    script = 'set -o pipefail; "$0" -c "$1" | true'
    ended = subprocess.run(
        ["bash", "-c", script, sys.executable, code], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert done.exists()
