"""What may stand at a place of a scenario, read off its models."""

from __future__ import annotations

import types
from typing import Annotated, Any, Union, get_args, get_origin

from raabta.scenario.documents import Loc
from raabta.scenario.model import Model
from raabta.scenario.models import Scenario

_REFERABLE = ("Constellation", "Gateway", "Terminal", "Demand", "Site", "Craft")
CATALOGUE = "catalogue"
"""The key that names entries of the catalogue; it stands in files, never in a model."""


def is_model(held: Any) -> bool:
    """Whether a type is a model of the scenario."""
    return isinstance(held, type) and issubclass(held, Model)


def inner(annotation: Any) -> tuple[Any, bool]:
    """The type inside `tuple[X, ...]`, `X | None` or `Annotated[X, ...]`, and whether there are many."""
    many = False
    while get_origin(annotation) in (tuple, Annotated, Union, types.UnionType):
        many = many or get_origin(annotation) is tuple
        annotation = get_args(annotation)[0]
    return annotation, many


def held_at(loc: Loc, root: type[Model] = Scenario) -> tuple[Any, bool]:
    """The type of what stands at `loc` of a scenario of model `root`, and whether a list of it does;
    (None, False) for no place."""
    held: Any = root
    many = False
    for part in loc:
        if many and isinstance(part, int):
            many = False
        elif is_model(held) and not many and part in held.model_fields:
            held, many = inner(held.model_fields[part].annotation)
        elif get_origin(held) is dict:
            held, many = inner(get_args(held)[1])
        else:
            return None, False
    return held, many


def keys_at(loc: Loc, root: type[Model] = Scenario) -> list[str]:
    """The keys that a file may give at `loc`; none where no model stands."""
    held, many = held_at(loc, root)
    if many or not is_model(held):
        return []
    return [*held.model_fields, *([CATALOGUE] if held.__name__ in _REFERABLE else [])]


def value_at(data: Any, loc: Loc) -> Any:
    """What stands at `loc` in plain data; None where nothing does."""
    for part in loc:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data
