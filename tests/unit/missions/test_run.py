"""A mission as a run: resumed, the same on any workers and in any chunks, checked, refused where wrong."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mission_scenarios import STATION, mission

from raabta import rerun
from raabta.base import tables
from raabta.base.errors import LimitError, OrbitDataError, ScenarioError, StoreError
from raabta.cli.app import main
from raabta.engine.ledger import Ledger
from raabta.engine.limits import Limits
from raabta.engine.verify import verify
from raabta.missions import again, exposure
from raabta.missions.crew import awake_of, days_of
from raabta.missions.model import prepare
from raabta.missions.run import SUMMARY, ask, run
from raabta.missions.stored import open_run

DECLARED = {
    "contacts.csv": tables.MISSION_CONTACTS,
    "links.csv": tables.MISSION_LINKS,
    "light.csv": tables.MISSION_LIGHT,
    "look_angles.csv": tables.MISSION_LOOKS,
    "crew_days.csv": tables.MISSION_CREW_DAYS,
    "sun_outages.csv": tables.MISSION_SUN_OUTAGES,
}


def test_a_run_is_the_same_on_any_workers_and_chunks_and_is_checked(tmp_path: Path) -> None:
    scenario = mission()
    whole = run(scenario, tmp_path / "one", workers=1)
    with pytest.raises(KeyboardInterrupt):
        run(scenario, tmp_path / "two", workers=1, progress=_stop_after(1))
    run(scenario, tmp_path / "two", workers=2)
    run(scenario, tmp_path / "other-cut", workers=1, days_per_chunk=2)
    assert verify(tmp_path / "two") == []
    for name in (*whole.tables, SUMMARY):
        first = (tmp_path / "one" / name).read_bytes()
        assert first == (tmp_path / "two" / name).read_bytes()
        assert first == (tmp_path / "other-cut" / name).read_bytes()
    found = rerun.check(tmp_path / "two", workers=1)
    assert (found.chunks, found.of, found.differences, found.results) == (2, 2, (), True)
    assert rerun.check(tmp_path / "two", sample=1, workers=1).results is False


def _stop_after(chunks: int):
    def tell(what: str, done: int, total: int) -> None:
        if what == "following days" and done == chunks:
            raise KeyboardInterrupt

    return tell


def test_damage_is_found(tmp_path: Path) -> None:
    run(mission(), tmp_path / "run", workers=1)
    chunk = next((tmp_path / "run" / "chunks").iterdir())
    chunk.write_bytes(chunk.read_bytes()[:-1])
    assert rerun.check(tmp_path / "run", workers=1).differences == (
        f"chunk {chunk.name.rsplit('-', 1)[0]} is damaged or gone",
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two chunks with a contact plan, its tables and its summary."""
    links = [{"name": "ground", "between": ["Station", "Pakistan"], "forward_mbps": 1.0}]
    folder = tmp_path_factory.mktemp("kept") / "run"
    run(mission(links=links, look_angles=[], crew=None), folder, workers=1)
    return folder


def _files(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
    keep = (
        path for path in found.items() if path[1].is_file() and path[1].suffix in (".npz", ".json", ".csv")
    )
    return {name: path.read_bytes() for name, path in keep}


def test_repair_puts_back_the_bytes_of_damaged_and_missing_files(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(kept, folder)
    before = _files(folder)
    first, second = sorted((folder / "chunks").iterdir())
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 1
    first.write_bytes(data)
    second.unlink()
    (folder / SUMMARY).unlink()
    (folder / "contact_plan.xml").write_bytes(b"<evil/>")
    assert main(["verify", str(folder)]) == 2
    assert "`raabta verify --repair " in capsys.readouterr().err
    assert main(["verify", "--repair", str(folder)]) == 0
    shown = capsys.readouterr().out
    for name in (f"chunks/{first.name}", f"chunks/{second.name}", SUMMARY, "contact_plan.xml"):
        assert f"{name} is mended, byte for byte what the run wrote" in shown
    assert _files(folder) == before and verify(folder) == []
    assert main(["verify", "--repair", str(folder)]) == 0
    assert "every file is as it was written" in capsys.readouterr().out


def test_repair_mends_a_run_whose_folder_of_chunks_is_gone(kept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(kept, folder)
    before = _files(folder)
    shutil.rmtree(folder / "chunks")
    found = rerun.repair(folder, workers=1)
    assert len(found.mended) == 2 and found.left == ()
    assert _files(folder) == before


def test_repair_leaves_what_it_cannot_have_again(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(kept, folder)
    chunk = min((folder / "chunks").iterdir())
    chunk.write_bytes(b"spoilt")
    with monkeypatch.context() as patched, pytest.raises(StoreError, match="another version"):
        patched.setattr(again, "identity_of", lambda scenario, kind: None)
        rerun.repair(folder, workers=1)
    with Ledger.edit(folder) as ledger:  # as if the run had written other bits than can be had here
        row = next(row for row in ledger.rows() if row.file == chunk.name)
        ledger.commit(replace(row, sha256="0" * 64))
    found = rerun.repair(folder, workers=1)
    assert found.mended == () and [line.split(":")[0] for line in found.left] == [f"chunks/{chunk.name}"]
    assert chunk.read_bytes() == b"spoilt"
    (folder / "scenario.yaml").write_text("kind: mission\n", encoding="utf-8")
    with pytest.raises(ScenarioError):
        rerun.repair(folder, workers=1)


def test_tables_are_as_declared_and_add_up() -> None:
    answer = ask(mission())
    for name, table in answer.tables.items():
        tables.check(table, DECLARED[name])
    links = answer.tables["links.csv"]
    contacts = answer.tables["contacts.csv"]
    assert int(links["contacts"].sum()) == contacts.sizes["contact"]
    assert float(links["contact_s"].sum()) == pytest.approx(float(contacts["duration_s"].sum()))
    light = answer.tables["light.csv"]
    assert float(light["duration_s"].sum()) == pytest.approx(150_000.0)
    days = answer.tables["crew_days.csv"]
    ground = days["link"].values == "ground"
    union = answer.summary["links"][0]["contact_s"]
    assert float(days["contact_s"].values[ground].sum()) == pytest.approx(union)
    assert (days["awake_contact_s"].values <= days["contact_s"].values).all()


def test_crew_days_begin_at_midnight_of_the_crew() -> None:
    ready = prepare(mission())
    crew = ready.scenario.crew
    assert crew is not None
    assert days_of(ready, crew) == [(0.0, 86_400.0), (86_400.0, 150_000.0)]  # 16:00 UTC is midnight at +8
    awake = awake_of(ready, crew)
    np.testing.assert_allclose(awake[0], [6.0 * 3_600.0, 21.5 * 3_600.0])
    west = crew.model_copy(update={"zone_h": -5.0})
    assert days_of(ready, west)[0] == (0.0, 13.0 * 3_600.0)


def test_look_angles_are_those_of_a_still_satellite() -> None:
    table = ask(mission()).tables["look_angles.csv"]
    assert list(table["node"].values) == ["Relay", "Relay"] and table["covered"].values.all()
    np.testing.assert_allclose(table["elevation_min_deg"], table["elevation_max_deg"], atol=1e-9)
    assert float(table["elevation_mean_deg"][0]) == pytest.approx(57.5, abs=2.0)  # 10 deg west of it, 25 N


def test_radiation_is_skipped_with_a_note_where_its_models_are_absent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exposure, "is_there", lambda: False)
    answer = ask(mission(exposure={"craft": "Station"}))
    assert "exposure.csv" not in answer.tables
    assert exposure.MISSING in answer.summary["notes"]
    assert answer.summary["exposure"] == {"skipped": exposure.MISSING}


def test_protons_are_met_over_the_south_atlantic() -> None:
    pytest.importorskip("aep8")
    ready = prepare(mission(exposure={"craft": "Station"}))
    from raabta.missions.look_angles import ground_tracks

    flux = exposure.exposure_of(ready, ready.day(0))
    place = ground_tracks(ready, ready.day(0))[:, 0]
    hot = flux[:, 0] > 10.0
    assert hot.any()
    assert place[hot, 0].max() < 0.0 and place[hot, 1].min() > -100.0 and place[hot, 1].max() < 40.0
    assert (np.diff(flux[hot][:, :3], axis=1) <= 0.0).all()  # fewer above a higher energy


def test_elements_that_do_not_hold_are_refused() -> None:
    late = {"start": "2027-10-01T00:00:00Z", "duration_s": 86_400.0}
    heavy = STATION | {"bstar_per_radius": 0.02}
    craft = [{"name": "Station", "mean_elements": heavy}]
    old = mission(time=late, craft=craft, links=[], look_angles=[])
    with pytest.raises(OrbitDataError, match="Station: its elements of 2026-08-22T03:31:03Z do not hold"):
        prepare(old)


def test_a_file_of_orbits_gives_the_object_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "stations.tle"
    lines = (
        "1 48274U 21035A   26234.14656259  .00013469  00000+0  17114-3 0  9990",
        "2 48274  41.4688 281.6088 0001544 255.4207 104.6460 15.59146827303465",
    )
    other = (
        "1 59915U 24104A   26233.96503059  .00000151  00000+0  00000+0 0  9998",
        "2 59915   0.0271 196.6507 0002003 302.5028 216.7567  1.00273999  8181",
    )
    file.write_text("\n".join(["TIANHE", *lines, "OTHER", *other]) + "\n", encoding="utf-8")

    def craft(**more: str):
        return [{"name": "Station", "orbits_file": str(file), **more}]

    changes = {"links": [], "look_angles": []}
    ready = prepare(mission(craft=craft(object_name="tianhe"), **changes))
    theirs = prepare(mission(craft=[{"name": "Station", "mean_elements": STATION}], **changes))
    times, which = ready.utc(np.array([0.0, 5_000.0])), np.array([2])
    np.testing.assert_allclose(
        ready.positions_km(which, times, "ITRF"), theirs.positions_km(which, times, "ITRF"), atol=1e-3
    )
    with pytest.raises(ScenarioError, match="holds 2 objects"):
        prepare(mission(craft=craft(), **changes))
    with pytest.raises(ScenarioError, match="holds 0 objects called 'hubble'"):
        prepare(mission(craft=craft(object_name="hubble"), **changes))


def test_a_mission_of_nothing_is_refused() -> None:
    bare = {"sites": [], "craft": [], "links": [], "light": [], "tracks": [], "look_angles": [], "crew": None}
    with pytest.raises(ScenarioError, match="names no site and no craft"):
        prepare(mission(**bare))


def test_a_job_beyond_its_limits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitError):
        run(mission(), tmp_path / "run", workers=1, limits=Limits(seconds=1e-3))


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    run(mission(), tmp_path / "run", workers=1)
    with pytest.raises(StoreError):
        run(mission(seed=1), tmp_path / "run", workers=1)
    with pytest.raises(StoreError, match="holds no finished run of a mission"):
        open_run(tmp_path)


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    answer = run(mission(), tmp_path / "run", workers=1)
    stored = open_run(tmp_path / "run")
    assert stored.scenario == answer.mission.scenario
    assert stored.summary == json.loads(json.dumps(answer.summary))
    lines = (tmp_path / "run" / "links.csv").read_text(encoding="utf-8").splitlines()
    assert stored.rows("links.csv") == list(csv.DictReader(lines))
    assert stored.rows("sun_outages.csv") == []
    assert stored.curve("tracks").shape == (501, 2)
    assert stored.curve("ground_tracks").shape == (501, 1, 3)
