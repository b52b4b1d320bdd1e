"""The error tree: exit codes, and messages that point at the place."""

from __future__ import annotations

import pickle

import pytest

from raabta.base import errors
from raabta.base.errors import LimitError, OutOfRangeError, RaabtaError, ScenarioError

TREE = ["ScenarioError", "OrbitDataError", "OutOfRangeError", "StoreError", "NoSolutionError", "LimitError"]


@pytest.mark.parametrize("name", TREE)
def test_every_error_is_in_the_tree_and_in_its_drawing(name: str) -> None:
    assert issubclass(getattr(errors, name), RaabtaError)
    assert errors.__doc__ is not None and f"── {name} " in errors.__doc__


def test_exit_codes_tell_a_mistake_from_a_limit() -> None:
    assert {getattr(errors, name).exit_code for name in TREE if name != "LimitError"} == {2}
    assert LimitError.exit_code == 3


def test_a_scenario_error_points_at_the_line_with_a_caret() -> None:
    error = ScenarioError(
        "unknown key 'stepp_s'",
        file="pk.yaml",
        line=3,
        column=5,
        source_line="    stepp_s: 15",
        hint="did you mean step_s?",
    )
    assert str(error).splitlines() == [
        "pk.yaml:3:5: unknown key 'stepp_s'",
        "        stepp_s: 15",
        "        ^",
        "hint: did you mean step_s?",
    ]
    assert str(ScenarioError("no file")) == "no file"


def test_an_out_of_range_error_says_value_range_and_source() -> None:
    error = OutOfRangeError("rain", 400, "0 to 250 mm/h", "P.838-3")
    assert str(error) == "rain is 400; valid: 0 to 250 mm/h (P.838-3)"


@pytest.mark.parametrize("name", [name for name in TREE if name != "OutOfRangeError"])
def test_errors_survive_the_way_from_a_worker(name: str) -> None:
    error = getattr(errors, name)("chunk 3: no")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error) and str(copy) == "chunk 3: no"
