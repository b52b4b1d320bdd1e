"""`raabta contacts`: the passes it prints, the plans it writes, what it refuses."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from raabta.cli.app import main
from raabta.network.mesh.contact_files import read_csv, read_ion
from raabta.service import contacts as room
from raabta.service.stations import stations_of

SMALL = (
    "--set",
    "constellation.shells=[{altitude_km: 550, inclination_deg: 53, planes: 8, satellites_per_plane: 9}]",
)  # fmt: skip
HOURS = ("--duration", "3h")


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["contacts", *arguments]) == 0
    return capsys.readouterr().out


def test_a_geostationary_satellite_is_one_pass_of_all_the_time(capsys: pytest.CaptureFixture[str]) -> None:
    shown = ran(capsys, "pakistan-paksat", "--duration", "1d")
    assert "Passes over Karachi from 2026-11-22T00:00:00 to 2026-11-23T00:00:00, UTC" in shown
    row = next(line for line in shown.splitlines() if "GEO" in line)
    assert row.split() == ["GEO", "38.2E", "before", "after", "24:00:00.0", "46.68", "37,292.9"]
    assert "Passes: 1; satellites: 1; stations: 1" in shown


def test_passes_are_listed_by_their_beginning_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    shown = ran(capsys, "pakistan-starlink", *SMALL, *HOURS, "--station", "karachi", "--city", "Quetta")
    assert "station" in shown and "Karachi" in shown and "Quetta" in shown
    told = json.loads(ran(capsys, "pakistan-starlink", *SMALL, *HOURS, "--station", "Karachi", "--json"))
    assert (
        told["stations"] == ["Karachi"]
        and told["satellites"] == 72
        and told["start"] == "2026-11-22T00:00:00.000000Z"
    )
    assert len(told["passes"]) > 5
    for each in told["passes"]:
        assert 0.0 <= each["rise_s"] <= each["peak_s"] <= each["set_s"] <= 10_800.0
        assert 25.0 <= each["peak_elevation_deg"] <= 90.0 and each["station"] == "Karachi"


@pytest.mark.parametrize(("suffix", "read"), [("csv", read_csv), ("ion", read_ion)])
def test_the_plan_is_written_and_read_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix, read
) -> None:
    file = tmp_path / f"plan.{suffix}"
    asked = ("pakistan-starlink", *SMALL, *HOURS, "--station", "Karachi", "--mbps", "100")
    shown = ran(capsys, *asked, "--out", str(file))
    assert f"Wrote {file}" in shown
    plan = read(file)
    told = json.loads(ran(capsys, *asked[:-2], "--json"))
    assert len(plan) == 2 * len(told["passes"])
    assert plan.nodes.count("Karachi") == 1 and (plan.rate_mbps == 100.0).all()
    np.testing.assert_allclose(
        np.unique(plan.start_s), np.unique([p["rise_s"] for p in told["passes"]]), rtol=0.0, atol=1.0
    )
    printed = ran(capsys, *asked, "--format", suffix)
    assert printed == file.read_text(encoding="utf-8")


def test_the_plan_is_a_schedule_of_stations_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.xml"
    asked = (
        "pakistan-starlink",
        *SMALL,
        *HOURS,
        "--station",
        "Karachi",
        "--city",
        "30.18,66.97",
        "--mbps",
        "9",
    )
    lasers = ("--lasers", "--set", "constellation.lasers={grazing_altitude_km: 80}")
    ran(capsys, *asked, *lasers, "--out", str(file))
    root = ElementTree.parse(file).getroot()
    told = json.loads(ran(capsys, *asked[:-2], "--json"))
    tracks = root.findall(".//{*}scheduledActivity")
    assert len(tracks) == len(told["passes"]) > 10  # lasers are none of a station
    assert {each.get("siteRef") for each in tracks} == {"Karachi", "30.18,66.97"}
    users = [package.get("user") for package in root.findall("{*}scheduledPackage")]
    assert len(users) == len(set(users)) and set(users) == {each["satellite"] for each in told["passes"]}
    for each in tracks:
        services = [one.get("serviceType") for one in each.findall("{*}serviceInfo")]
        assert services == ["TELEMETRY", "TELECOMMAND"]
    ran(capsys, *asked, "--out", str(file))
    assert ran(capsys, *asked, "--format", "ccsds") == file.read_text(encoding="utf-8")
    assert main(["deliver", str(file), "--from", "Karachi", "--to", "Karachi", "--volume", "1MB"]) == 2
    assert "says no format of a contact plan" in capsys.readouterr().err  # it does not come back


def test_lasers_are_contacts_where_the_scenario_has_some(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("pakistan-starlink", *SMALL, *HOURS, "--station", "Karachi", "--lasers")
    shown = ran(capsys, *asked, "--set", "constellation.lasers={grazing_altitude_km: 80}")
    assert "contacts by laser, " in shown and " of them all the time" in shown
    assert main(["contacts", *asked, "--set", "constellation.lasers="]) == 2
    assert "has no lasers" in capsys.readouterr().err
    assert main(["contacts", *asked, "--set", "constellation.lasers={polar_cutoff_deg: 60}"]) == 2
    assert "here: polar_cutoff_deg" in capsys.readouterr().err


def test_horizons_of_gateways_cut_their_passes() -> None:
    from raabta.scenario.loader import load

    flat = load("pakistan-starlink", settings=[SMALL[1], "time.duration_s=7200"])
    hill = load(
        "pakistan-starlink",
        settings=[
            SMALL[1],
            "time.duration_s=7200",
            "gateways.Karachi.horizon=[{azimuth_deg: 0, elevation_deg: 50}]",
        ],
    )
    seen = [room.find_sky(scenario, stations_of(scenario, ("Karachi",))).passes for scenario in (flat, hill)]
    assert 0 < len(seen[1]) < len(seen[0])
    assert seen[1].peak_elevation_deg.min() >= 50.0 > seen[0].peak_elevation_deg.min()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--station", "Karach"), "no station is called 'Karach'\nhint: did you mean 'Karachi'?"),
        (("--city", "Quetata"), "no town is called 'Quetata'"),
        (
            ("--station", "Karachi", "--city", "24.9,67.1", "--city", "24.9,67.1"),
            "the station '24.9,67.1' stands twice",
        ),
        (("--format", "ion"), "a contact plan needs a rate"),
        (("--format", "csv", "--mbps", "nan"), "option --mbps is nan; valid: above 0, finite"),
        (("--format", "csv", "--mbps", "-5"), "option --mbps is -5.0; valid: above 0, finite"),
        (("--out", "plan.txt", "--mbps", "5"), "option --out: 'plan.txt' says no format"),
        (("--format", "csv", "--mbps", "5", "--json"), "both print"),
        (("--duration", "soon"), "option --duration: 'soon' is not a duration"),
    ],
)
def test_a_users_mistakes_are_told(capsys: pytest.CaptureFixture[str], arguments, told) -> None:
    assert main(["contacts", "pakistan-starlink", *SMALL, *arguments]) == 2
    assert told in capsys.readouterr().err


def test_more_contacts_than_the_limit_are_refused_unless_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_CONTACTS", 20)
    asked = ["contacts", "pakistan-starlink", *SMALL, *HOURS]
    assert main(asked) == 3
    assert (
        "contacts, both directions counted; at most 20 are found unless --yes is given"
        in capsys.readouterr().err
    )
    assert main([*asked, "--yes"]) == 0
