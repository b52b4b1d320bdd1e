"""What a scenario may say of lasers, and what it is told where its satellites cannot have them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from raabta.base.errors import ScenarioError
from raabta.scenario.catalogue import catalogue_names, entry
from raabta.scenario.constellation import pattern_of
from raabta.scenario.lasers import Lasers, Offset, seam_closed
from raabta.scenario.loader import load, scenario_hash, to_yaml
from raabta.scenario.models import Constellation, GeostationarySlot, Shell

BASE = entry("galaxyspace-like").model
SHELL = Shell(altitude_km=550.0, inclination_deg=53.0, planes=8, satellites_per_plane=10, phasing=1)
STAR = SHELL.model_copy(update={"pattern": "star", "inclination_deg": 88.0})
SLOT = GeostationarySlot(longitude_deg=38.0)
MOTIF = (Offset(plane_step=1, place_step=2), Offset(plane_step=2, place_step=-1))


def constellation(shells=(SHELL,), slots=(), orbits_file=None, **lasers) -> Constellation:
    whole = {**BASE.model_dump(), "shells": shells, "geostationary": slots, "orbits_file": orbits_file}
    return Constellation(**whole, lasers=Lasers(**lasers))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"terminals": 3}, r"a laser degree above the terminals: shells\[0\] asks for 4 lasers.*at least 4"),
        ({"between_shells": 1, "shells": (SHELL, STAR)}, r"1 of them kept for other shells; .*at least 5"),
        ({"pattern": "motif", "motif": MOTIF, "terminals": 2}, "a laser degree above the terminals"),
        ({"between_shells": 1, "terminals": 5}, "there is one shell only; set it to 0"),
        ({"between_shells": 5}, "between_shells 5 is above terminals 4"),
        ({"pattern": "motif"}, "`motif` and `pattern: motif` go together"),
        ({"motif": MOTIF}, "`motif` and `pattern: motif` go together"),
        ({"pattern": "motif", "motif": (MOTIF[0], MOTIF[0])}, "stands twice"),
        (
            {"pattern": "motif", "motif": (Offset(plane_step=5, place_step=0),)},
            r"5 planes and 0 places is more than half-way round shells\[0\], 8 planes of 10",
        ),
        (
            {"pattern": "motif", "motif": MOTIF, "seam": "closed", "shells": (STAR,)},
            "satellites pass each other, so no motif holds there",
        ),
        ({"pattern": "plus-grid", "orbits_file": "a.tle"}, "names no planes; use `pattern: nearest`"),
        ({"pattern": "plus-grid", "shells": (), "slots": (SLOT,)}, "no shells; use `pattern: nearest`"),
        ({"pattern": "nearest", "seam": "open"}, "nearest has no seam"),
        ({"polar_cutoff_deg": 70.0, "orbits_file": "a.tle"}, "polar_cutoff_deg wants planes"),
        ({"terminals": 9}, "less than or equal to 8"),
        ({"max_range_km": 0.0}, "greater than 0"),
        ({"rate_mbps": float("nan")}, "finite number"),
    ],
)
def test_lasers_that_satellites_cannot_have_are_refused(given, message):
    with pytest.raises(ValidationError, match=message):
        constellation(**given)


def test_an_offset_leads_to_another_satellite():
    with pytest.raises(ValidationError, match="place_step from 1"):
        Offset(plane_step=0, place_step=0)


def test_auto_is_plus_grid_in_shells_and_nearest_elsewhere():
    for made, wanted in (
        (constellation(), "plus-grid"),
        (constellation(orbits_file="a.tle"), "nearest"),
        (constellation(shells=(), slots=(SLOT,)), "nearest"),
    ):
        assert made.lasers is not None and pattern_of(made, made.lasers) == wanted


def test_the_seam_is_open_where_planes_counter_rotate_unless_told():
    assert [seam_closed(shell, Lasers()) for shell in (SHELL, STAR)] == [True, False]
    assert seam_closed(STAR, Lasers(seam="closed")) and not seam_closed(SHELL, Lasers(seam="open"))


def test_small_shells_need_fewer_terminals():
    ring = SHELL.model_copy(update={"planes": 1, "phasing": 0})
    assert constellation(shells=(ring,), terminals=2).lasers is not None
    with pytest.raises(ValidationError, match="asks for 2 lasers"):
        constellation(shells=(ring,), terminals=1)


def test_no_lasers_leave_no_trace_in_what_is_written_and_hashed():
    scenario = load("pakistan")
    assert scenario.constellation.lasers is None
    assert "lasers" not in scenario.model_dump(mode="json")["constellation"]
    assert "lasers" in to_yaml(load("pakistan-starlink"))


def test_a_laser_counts_in_the_hash():
    names = ["pakistan-starlink", "pakistan-starlink"]
    hashes = {
        scenario_hash(load(n, settings=s))
        for n, s in zip(names, ([], ["constellation.lasers.terminals=5"]), strict=True)
    }
    assert len(hashes) == 2


def test_orbit_data_in_place_of_a_catalogue_entrys_shells_keep_its_lasers(tmp_path):
    file = tmp_path / "some.tle"
    file.write_text("")
    given = load("pakistan-starlink", orbits_file=file, files_needed=False).constellation
    assert given.lasers is not None and pattern_of(given, given.lasers) == "nearest"


def test_a_degree_above_the_terminals_is_told_at_the_scenario():
    with pytest.raises(ScenarioError, match="a laser degree above the terminals"):
        load("pakistan-starlink", settings=["constellation.lasers.terminals=2"])


def test_who_has_lasers_in_the_catalogue():
    having = {name for name in catalogue_names("constellation") if entry(name).model.lasers is not None}
    assert having == {"starlink-gen1", "kuiper", "telesat", "telesat-1015"}
