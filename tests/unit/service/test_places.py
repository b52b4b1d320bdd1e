"""Places that a user names: towns with or without a country, points, and what is near a typo."""

from __future__ import annotations

import pytest

from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.service.places import find_place


def test_a_town_of_pakistan_comes_first() -> None:
    quetta = find_place("quetta")
    assert quetta.name == "Quetta, Pakistan"
    assert (quetta.latitude_deg, quetta.longitude_deg) == pytest.approx((30.18, 67.0), abs=0.02)
    assert quetta.note == ""
    hyderabad = find_place("Hyderabad")
    assert hyderabad.name == "Hyderabad, Pakistan"
    assert "India" in hyderabad.note


def test_a_country_may_be_named() -> None:
    assert find_place("Hyderabad, India").latitude_deg == pytest.approx(17.38, abs=0.02)
    assert find_place("Hyderabad, IN") == find_place("Hyderabad, IND")


def test_of_towns_abroad_the_most_populous_is_meant_and_accents_do_not_count() -> None:
    assert find_place("London").name == "London, United Kingdom"
    assert find_place("Zurich") == find_place("Zürich")


def test_a_point_is_taken_as_it_is() -> None:
    point = find_place(" -33.9, 18.4 ")
    assert (point.latitude_deg, point.longitude_deg) == (-33.9, 18.4)


@pytest.mark.parametrize(
    ("text", "what"), [("91,0", "latitude is 91 deg"), ("0,-181", "longitude is -181 deg")]
)
def test_a_point_that_is_not_on_earth_is_refused(text: str, what: str) -> None:
    with pytest.raises(OutOfRangeError, match=what):
        find_place(text)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("Qwetta", "no town is called 'Qwetta'", "did you mean 'Quetta'?"),
        ("Hyderabd, India", "no town is called 'Hyderabd'", "'Hyderabad, IND'"),
        ("Lundon", "no town is called 'Lundon'", "London, GBR"),
        ("Xqzzt", "no town is called 'Xqzzt'", "latitude,longitude"),
        ("Lahore, Pakistn", "no country is called 'Pakistn'", "PAK"),
        ("", "no town is called ''", "latitude,longitude"),
    ],
)
def test_a_typo_is_told_with_what_is_near(text: str, message: str, hint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        find_place(text)
    assert caught.value.message == message
    assert hint in str(caught.value.hint)
