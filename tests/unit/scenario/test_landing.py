"""What a scenario may say of where traffic lands, and what it is told where that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from raabta.base.errors import ScenarioError
from raabta.scenario.landing import placed
from raabta.scenario.loader import load, scenario_hash, to_yaml
from raabta.scenario.models import Scenario

BUILTIN = "pakistan-starlink-lasers"


def refused(*settings: str, scenario: str = "pakistan-starlink") -> str:
    with pytest.raises(ScenarioError) as caught:
        load(scenario, settings=list(settings))
    return str(caught.value)


def test_the_built_in_has_lasers_and_every_gateway_of_the_public_list() -> None:
    by_laser = load(BUILTIN)
    bent = load("pakistan-starlink", gateways="actual")
    assert isinstance(by_laser, Scenario) and isinstance(bent, Scenario)
    assert by_laser.sharing.landing == "lasers" and by_laser.constellation == bent.constellation
    assert sorted(by_laser.gateways, key=str) == sorted(bent.gateways, key=str)
    assert by_laser.demand == bent.demand and by_laser.lands_by_lasers and not bent.lands_by_lasers


def test_lasers_that_the_satellites_do_not_have_are_refused() -> None:
    text = refused("sharing.landing=lasers", scenario="pakistan")
    assert "sharing.landing is lasers, and galaxyspace-like has none" in text
    assert "`lasers: {}` is +Grid" in text and "`landing: direct`" in text
    assert load("pakistan", settings=["sharing.landing=lasers", "constellation.lasers={}"])


def test_a_transparent_payload_cannot_send_on() -> None:
    text = refused("sharing.landing=lasers", "constellation.payload.processing=transparent")
    assert "is transparent: it repeats carriers" in text


def test_a_wrong_country_is_named_with_the_near_one() -> None:
    text = refused("sharing.landing_countries=[OMA]")
    assert "landing_countries: there is no country OMA" in text
    assert "did you mean OMN (Oman)?" in refused("sharing.landing_countries=[oman]")
    assert "stands twice" in refused("sharing.landing_countries=[OMN, OMN]")


def test_no_country_at_all_is_an_answer() -> None:
    none = load("pakistan-starlink", settings=["sharing.landing_countries=[]"])
    assert isinstance(none, Scenario) and none.sharing.landing_countries == ()
    assert not any(none.sharing.lets_land(gateway) for gateway in none.gateways)
    home = load("pakistan-starlink", settings=["sharing.landing_countries=[PAK]"])
    assert isinstance(home, Scenario) and all(map(home.sharing.lets_land, home.gateways))


def test_what_is_not_said_is_not_written_nor_hashed() -> None:
    text = to_yaml(load("pakistan-starlink"))
    assert not any(f"{key}:" in text for key in ("landing", "landing_countries", "pops", "pop"))
    plain = load("pakistan-starlink")
    assert isinstance(plain, Scenario)
    same = {"landing": "direct", "landing_countries": None}
    spelled = plain.model_copy(update={"sharing": plain.sharing.model_copy(update=same), "pops": ()})
    assert scenario_hash(spelled) == scenario_hash(plain)
    landing = plain.model_copy(update={"sharing": plain.sharing.model_copy(update={"landing": "lasers"})})
    assert scenario_hash(landing) != scenario_hash(plain)
    assert "landing: lasers" in to_yaml(landing)


def written(tmp_path: Path, pops: str) -> Scenario:
    """The built-in with points of presence, through a file and back."""
    path = tmp_path / "pops.yaml"
    path.write_text(to_yaml(load(BUILTIN)) + pops)
    found = load(path)
    assert isinstance(found, Scenario)
    again = tmp_path / "again.yaml"
    again.write_text(to_yaml(found))
    assert load(again) == found
    return found


KARACHI = "- {name: Karachi exchange, country: PAK, latitude_deg: 24.87, longitude_deg: 67.02}\n"


def test_points_of_presence_stand_somewhere_or_at_a_gateway(tmp_path: Path) -> None:
    found = written(tmp_path, f"pops:\n{KARACHI}- {{name: Oman, country: OMN, gateway: Murayjat (Muscat)}}\n")
    at = placed(found.pops, found.all_gateways)
    assert [(pop.latitude_deg, pop.longitude_deg) for pop in at] == [(24.87, 67.02), (23.588, 58.545)]


@pytest.mark.parametrize(
    ("pops", "message"),
    [
        ("- {name: A, country: PAK}\n", "where it stands is missing: latitude_deg and longitude_deg, or"),
        ("- {name: A, country: PAK, latitude_deg: 3}\n", "where it stands is missing"),
        (
            "- {name: A, country: PAK, gateway: Foggia, latitude_deg: 3}\n",
            "give latitude_deg and longitude_deg, or `gateway`, not both",
        ),
        ("- {name: A, country: PAK, gateway: Fogia}\n", "'Fogia' is not there; did you mean 'Foggia'?"),
        (KARACHI + KARACHI, "the name of a point of presence stands twice"),
        (KARACHI.replace("24.87", "124.87"), "latitude_deg"),
    ],
)
def test_a_wrong_point_of_presence_is_refused(tmp_path: Path, pops: str, message: str) -> None:
    path = tmp_path / "pops.yaml"
    path.write_text(to_yaml(load(BUILTIN)) + "pops:\n" + pops)
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert message in str(caught.value)


def test_a_gateway_names_a_point_of_presence_that_is_there() -> None:
    assert "pop 'Oman' is not there; there are: none" in refused("gateways.Karachi.pop=Oman")
