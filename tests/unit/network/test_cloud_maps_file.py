"""The cloud maps that a scenario names reach every loss of its network, and results name their edition."""

from __future__ import annotations

from zipfile import ZIP_DEFLATED, ZipFile

import networks
import numpy as np
import pytest

from raabta.base.errors import ScenarioError
from raabta.links import cloud_maps
from raabta.network.explain import explain_cell
from raabta.scenario.loader import scenario_hash
from raabta.service.store import link_fades


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A made-up part 1: no clouds anywhere, but the ITU's where its examples are checked."""
    latitude, longitude = np.linspace(-90.0, 90.0, 721)[:, None], np.linspace(-180.0, 180.0, 1441)
    world = np.zeros((721, 1441))
    for place_lat, place_lon, value in cloud_maps._EXAMPLES:
        world[(np.abs(latitude - place_lat) < 0.5) & (np.abs(longitude - place_lon) < 0.5)] = value
    text = "\n".join(" ".join(row) for row in world.astype(np.float32).astype(str))
    path = tmp_path_factory.mktemp("itu") / "part1.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as part:
        for level in ("5", "10", "20", "30", "50"):
            part.writestr(f"L_{level}.TXT", text)
    return path


def with_maps(path):
    scene = networks.scenario()
    weather = scene.weather.model_copy(update={"cloud_maps_file": str(path)})
    return scene.model_copy(update={"weather": weather})


def test_a_scenarios_cloud_maps_are_used_and_named(archive):
    usual, mine = networks.build(), networks.build(with_maps(archive))
    assert "P.840-8" in usual.loss.editions["cloud"]
    assert mine.loss.editions["cloud"] == "ITU-R P.840-9 (08/2023), maps brought by the user"
    assert (mine.loss.loss_db <= usual.loss.loss_db).all()
    assert (mine.loss.loss_db[2:] < usual.loss.loss_db[2:]).all(), "no clouds: every fade is smaller"
    assert (mine.feeder.rate_mbps >= usual.feeder.rate_mbps).all()
    assert explain_cell(mine, 0, 0) is not None


def test_fades_at_the_gateways_use_them_too(archive):
    pairs = zip(link_fades(networks.scenario()), link_fades(with_maps(archive)), strict=True)
    assert all(mine["annual_db"] < usual["annual_db"] for usual, mine in pairs)


def test_their_content_is_part_of_the_question(archive, tmp_path):
    copy = tmp_path / "copy.zip"
    copy.write_bytes(archive.read_bytes())
    assert scenario_hash(with_maps(copy)) == scenario_hash(with_maps(archive))
    assert scenario_hash(with_maps(archive)) != scenario_hash(networks.scenario())


def test_other_maps_are_refused_before_anything_is_computed(tmp_path):
    (tmp_path / "other.zip").write_bytes(b"PK")
    with pytest.raises(ScenarioError, match=r"a P\.840-9 map cannot be read"):
        networks.build(with_maps(tmp_path / "other.zip"))
