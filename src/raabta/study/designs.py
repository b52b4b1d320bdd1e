"""The designs of a sweep: every combination of the values of its keys, named, loaded and checked."""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from raabta.base.errors import LimitError, ScenarioError
from raabta.scenario import override
from raabta.scenario.documents import shortened
from raabta.scenario.models import Scenario

MAX_DESIGNS = 100
"""Designs of one sweep, unless `--yes` asks for more."""

_OPTION = override.OPTION
_HINT = "write KEY=V1,V2; a value that holds a comma stands in quotes or brackets: KEY=[1,2],[3,4]"
_OPENING, _CLOSING = "[{", "]}"
_SLUG = re.compile(r"[^A-Za-z0-9_.+-]+")
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Axis:
    """One key and the values it takes, each as typed; `parts` is its path."""

    key: str
    parts: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Design:
    """One combination: its name (also that of its folder), the swept values as typed, the scenario."""

    name: str
    values: tuple[str, ...]
    scenario: Scenario


def read_axes(texts: Sequence[str]) -> list[Axis]:
    """`KEY=V1,V2` taken apart. Raises ScenarioError for what is none, nothing, or twice the same."""
    axes = [_axis(text) for text in texts]
    if not axes:
        raise ScenarioError("a sweep needs a key to sweep", hint=f"give --set; {_HINT}")
    for parts, times in Counter(axis.parts for axis in axes).items():
        if times > 1:
            raise ScenarioError(
                shortened(f"{_OPTION}: the key {'.'.join(parts)} stands {times} times"),
                hint=f"give all its values at once; {_HINT}",
            )
    return axes


def count(axes: Sequence[Axis]) -> int:
    """How many designs a sweep has."""
    return math.prod(len(axis.values) for axis in axes)


def refuse_too_many(axes: Sequence[Axis]) -> None:
    """Raise LimitError for more designs than MAX_DESIGNS."""
    found = count(axes)
    if found > MAX_DESIGNS:
        of = " x ".join(str(len(axis.values)) for axis in axes)
        raise LimitError(
            f"the sweep has {found:,} designs ({of}); allowed are {MAX_DESIGNS}. "
            "Sweep fewer values, or give --yes to run them all"
        )


def designs(axes: Sequence[Axis], load: Callable[[Sequence[str]], Scenario]) -> list[Design]:
    """Every combination in the order of the keys, the last one fastest. Raises what `load` raises.

    `load(settings)` gives the scenario with `KEY=VALUE` texts laid on it: a key that does not exist and a
    value that is not allowed are found here, before anything runs.
    """
    combinations = list(itertools.product(*(axis.values for axis in axes)))
    settings = [
        [f"{axis.key}={value}" for axis, value in zip(axes, values, strict=True)] for values in combinations
    ]
    slugs = _slugs(axes, combinations)
    times = Counter(slug.casefold() for slug in slugs)
    names = [
        slug if times[slug.casefold()] == 1 and len(slug) <= _LONGEST_NAME else _told_apart(slug, given)
        for slug, given in zip(slugs, settings, strict=True)
    ]
    return [
        Design(name, values, load(given))
        for name, values, given in zip(names, combinations, settings, strict=True)
    ]


def split_values(text: str) -> list[str]:
    """A text cut at its commas, but for those within quotes, brackets or braces."""
    pieces, depth, quote, begin = [], 0, "", 0
    for i, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'" and not text[begin:i].strip(" [{,:"):
            quote = letter
        elif letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth -= 1
        elif letter == "," and depth == 0:
            pieces.append(text[begin:i])
            begin = i + 1
    return [*pieces, text[begin:]]


def _axis(text: str) -> Axis:
    key, equals, rest = text.partition("=")
    if not equals:
        override.read(text)  # refuses it
    values = [piece.strip() for piece in split_values(rest)]
    if not all(values):
        what = "no value" if len(values) == 1 else "an empty value"
        raise ScenarioError(
            shortened(f"{_OPTION}: '{text}' has {what}"), hint=f"write null for nothing; {_HINT}"
        )
    settings = [override.read(f"{key}={value}") for value in values]
    told = [(type(setting.value.data) is bool, setting.value.data) for setting in settings]
    for i, value in enumerate(told):
        if value in told[:i]:
            raise ScenarioError(
                shortened(f"{_OPTION}: '{text}' has the value {values[i]} twice"), hint="give it once"
            )
    return Axis(key.strip(), settings[0].parts, tuple(values))


def swept(axes: Sequence[Axis]) -> list[int]:
    """Which keys have several values; all of them where none has."""
    return [i for i, axis in enumerate(axes) if len(axis.values) > 1] or [*range(len(axes))]


def _slugs(axes: Sequence[Axis], combinations: Sequence[Sequence[str]]) -> list[str]:
    """Names by the keys that have several values: the last part of each, or the whole where two are alike."""
    several = swept(axes)
    last = Counter(axes[i].parts[-1] for i in several)
    parts = [axes[i].parts for i in several]
    labels = [each[-1] if last[each[-1]] == 1 else "-".join(each) for each in parts]
    return [_slug(labels, [values[i] for i in several]) for values in combinations]


def _slug(labels: Sequence[str], values: Sequence[str]) -> str:
    """`planes-20_altitude_km-550`: what a folder may be called anywhere."""
    pairs = (f"{label}-{value}" for label, value in zip(labels, values, strict=True))
    return "_".join(_SLUG.sub("-", pair).strip("-.") for pair in pairs)


def _told_apart(slug: str, settings: Sequence[str]) -> str:
    digest = hashlib.sha256("\n".join(settings).encode()).hexdigest()[:8]
    return f"{slug[: _LONGEST_NAME - 9].rstrip('-._')}-{digest}"


def satellites(scenario: Scenario) -> int | None:
    """Satellites of a scenario as it is written; None where a file of orbits holds them."""
    system = scenario.constellation
    if system.orbits_file is not None:
        return None
    return sum(shell.satellites for shell in system.shells) + len(system.geostationary)
