"""`raabta deliver`: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from raabta.cli.app import main
from raabta.network.mesh.contact_files import csv_lines, ion_lines
from raabta.network.mesh.contacts import ContactPlan


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Rover to relay at 8 Mbps from 0 to 100 s, relay to Karachi at 4 Mbps from 50 to 150 s."""
    light = np.array([1.0, 2.0])
    made = ContactPlan(
        np.datetime64("2028-01-01", "ns"), ("Karachi", "relay", "rover"), np.array([0.0, 50.0]),
        np.array([100.0, 150.0]), np.array([2, 1]), np.array([1, 0]), light, light, light, light,
        np.array([8.0, 4.0]),
    )  # fmt: skip
    for name, text in (("plan.csv", csv_lines(made)), ("plan.ion", ion_lines(made))):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in text), encoding="utf-8")
    return tmp_path / "plan.csv"


def ran(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["deliver", *map(str, arguments)]) == 0
    return capsys.readouterr().out


ONE = ("--from", "rover", "--to", "Karachi", "--volume", "80MB")


@pytest.mark.parametrize("ending", ["csv", "ion"])
def test_one_source(plan: Path, capsys: pytest.CaptureFixture[str], ending: str) -> None:
    shown = ran(capsys, plan.with_suffix(f".{ending}"), *ONE)
    row = next(line for line in shown.splitlines() if "rover to Karachi" in line)
    assert row.split() == ["rover", "to", "Karachi", "80.0", "50.0", "00:01:42", "00:02:28", "00:02:32"]
    assert "Not delivered: contacts full 30.0 MB" in shown
    assert "Held at most: relay 50.0 MB; rover 80.0 MB" in shown or "relay 49.0 MB" in shown


def test_files_and_json(plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, backlog = tmp_path / "bundles.csv", tmp_path / "backlog.csv"
    told = json.loads(ran(capsys, plan, *ONE, "--out", out, "--backlog", backlog, "--json"))
    assert told["start"] == "2028-01-01T00:00:00.000000Z" and told["bundles"] == 80
    assert told["sources"][0]["delivered_mb"] == 50.0 and told["most_held_mb"]["rover"] == 80.0
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert len(rows) == 80 and sum(row["fate"] == "delivered" for row in rows) == 50
    assert {row["ended_node"] for row in rows if row["fate"] == "delivered"} == {"Karachi"}
    series = list(csv.DictReader(backlog.read_text().splitlines()))
    assert (series[0]["time_s"], series[0]["node"], series[0]["held_mb"]) == ("0.0", "rover", "80.0")


def test_sources_of_a_file_and_buffers(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = tmp_path / "sources.csv"
    sources.write_text(
        "from,to,volume_mb,priority,lifetime_s,start_s,end_s,bundle_mb,name\n"
        "rover,Karachi,10,2,,,,,housekeeping\nrover,Karachi,60,0,130,0,10,0.5,images\n"
    )
    told = json.loads(ran(capsys, plan, "--sources", sources, "--buffer", "relay=40MB", "--json"))
    first, second = told["sources"]
    assert (first["source"], first["delivered_mb"]) == ("housekeeping", 10.0)
    assert second["delivered_mb"] + second["expired_mb"] + second["buffer_full_mb"] == 60.0
    assert second["expired_mb"] > 0.0 and second["buffer_full_mb"] > 0.0
    assert told["most_held_mb"]["relay"] == 40.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name one source by --from, --to and --volume"),
        (("--from", "rover"), "a source has --from NODE, --to NODE and --volume SIZE"),
        ((*ONE[:3], "Karach", *ONE[4:]), "hint: did you mean 'Karachi'?"),
        ((*ONE, "--sources", "x.csv"), "name one source"),
        ((*ONE, "--buffer", "relay"), "option --buffer: 'relay' is not NODE=SIZE"),
        ((*ONE, "--buffer", "rely=1MB"), "hint: did you mean 'relay'?"),
        ((*ONE[:5], "lots"), "option --volume: 'lots' is not a size"),
        ((*ONE, "--lifetime", "soon"), "option --lifetime: 'soon' is not a duration"),
        (("--sources", "{}/none.csv"), "cannot be read"),
        (("--sources", "{}/bad.csv"), "bad.csv:1: column colour is not known"),
        (("--sources", "{}/worse.csv"), "worse.csv:2: volume_mb is 'many', not a number"),
    ],
)
def test_mistakes_are_told(plan: Path, capsys: pytest.CaptureFixture[str], arguments, message) -> None:
    (plan.parent / "bad.csv").write_text("from,to,volume_mb,colour\nrover,Karachi,1,red\n")
    (plan.parent / "worse.csv").write_text("from,to,volume_mb\nrover,Karachi,many\n")
    given = [text.replace("{}", str(plan.parent)) for text in arguments]
    assert main(["deliver", str(plan), *given]) == 2
    assert message in capsys.readouterr().err
    assert main(["deliver", str(plan.with_suffix(".txt")), *ONE]) == 2
    assert "says no format of a contact plan" in capsys.readouterr().err


def test_bundles_in_parts_and_a_shared_view(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = plan.read_text().splitlines()
    hop = next(line for line in lines if ",relay,Karachi," in line or ",relay,Karachi" in line).split(",")
    at = {name: k for k, name in enumerate(lines[0].split(","))}
    hop[at["start"]], hop[at["end"]] = "2028-01-01T00:05:00Z", "2028-01-01T00:05:40Z"
    hop[at["start_s"]], hop[at["end_s"]] = "300.0", "340.0"
    plan.write_text("".join(f"{line}\n" for line in (*lines, ",".join(hop))))
    large = (*ONE[:-1], "60MB", "--bundle", "60MB", "--json", "--bookings", "shared")
    whole, parts = (json.loads(ran(capsys, plan, *large, *more)) for more in ((), ("--fragment",)))
    assert whole["sources"][0]["delivered_mb"] == 0.0 and whole["sources"][0]["contacts_full_mb"] == 60.0
    assert parts["sources"][0]["delivered_mb"] == 60.0
    assert main(["deliver", str(plan), *ONE, "--bookings", "mine"]) == 2
    assert "bookings is 'mine'; valid: own or shared" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["csv", "ion"])
@pytest.mark.parametrize("command", ["deliver", "send-file"])
def test_plans_with_overlapping_or_reversed_contacts_are_refused_by_the_commands(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, ending: str
) -> None:
    file, sent = plan.with_suffix(f".{ending}"), tmp_path / "file"
    sent.write_bytes(b"x")
    lines = file.read_text(encoding="utf-8").splitlines()
    at = {"csv": 1, "ion": 5}[ending]  # the line of rover to relay
    asked = [command, *([str(sent)] if command == "send-file" else []), str(file), "--from", "rover"]
    asked += ["--to", "relay", *(["--volume", "1MB"] if command == "deliver" else [])]
    file.write_text("\n".join([*lines, lines[at]]) + "\n", encoding="utf-8")
    assert main(asked) == 2
    shown = capsys.readouterr().err
    assert (
        f"{file.name}:{len(lines) + 1}: a contact rover to relay, s is 0 to 100; valid: no overlap" in shown
    )
    assert f"another of the two, 0 to 100 (line {at + 1})" in shown and "Traceback" not in shown
    start, end, start_s, end_s, *rest = (*lines[at].split(","), *[""] * 3)
    turned = f"{end},{start},{end_s},{start_s},{','.join(rest)}".rstrip(",")
    turned = turned if ending == "csv" else "a contact +100 +0 3 2 1000000"
    file.write_text("\n".join([*lines[:at], turned, *lines[at + 1 :]]) + "\n", encoding="utf-8")
    assert main(asked) == 2
    shown = capsys.readouterr().err
    assert f"{file.name}:{at + 1}: " in shown and "Traceback" not in shown
