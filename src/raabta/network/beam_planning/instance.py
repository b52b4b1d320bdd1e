"""An instance as a text file: one satellite, user or interferer a line."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import LimitError, NoSolutionError, ScenarioError
from raabta.base.userfiles import read_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WORDS = ("sat", "user", "interferer")
MOST = {"sat": 20_000, "user": 1_000_000, "interferer": 1_000}
MOST_BYTES = 150_000_000
FARTHEST_KM = 1e9
NEAREST_KM = 1e-3

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_LINE = re.compile(
    rf"(sat|user|interferer)[ \t]+(\d{{1,18}})[ \t]+({_NUMBER})[ \t]+({_NUMBER})[ \t]+({_NUMBER})", re.ASCII
)
_FORM = "write: sat|user|interferer ID X Y Z, the position in km from the Earth's centre"


@dataclass(frozen=True)
class Instance:
    """Satellites, users and interferers: ids as written, and positions (count, 3) km, Earth-centred."""

    sat: tuple[str, ...]
    user: tuple[str, ...]
    interferer: tuple[str, ...]
    sat_km: Floats
    user_km: Floats
    interferer_km: Floats


def read_instance(path: Path) -> Instance:
    """Read and check a file; `#` begins a comment, blank lines are skipped.

    Raises ScenarioError with the line and a hint, LimitError for a file that is too large, NoSolutionError
    where no satellite or no user stands in it.
    """
    names: dict[str, list[str]] = {word: [] for word in WORDS}
    positions: dict[str, list[tuple[float, float, float]]] = {word: [] for word in WORDS}
    lines: dict[tuple[str, int], int] = {}
    for number, text in content(path, "the instance"):
        word, name, position = _parse(text, path, number)
        before = lines.setdefault((word, int(name)), number)
        if before != number:
            fault = f"{word} {name} stands twice, first on line {before}"
            raise ScenarioError(fault, file=str(path), line=number, hint=f"give every {word} its own id")
        if len(names[word]) >= MOST[word]:
            raise LimitError(f"{path}:{number}: more than {MOST[word]:,} lines of '{word}'")
        names[word].append(name)
        positions[word].append(position)
    for word, what in (("sat", "satellite"), ("user", "user")):
        if not names[word]:
            raise NoSolutionError(f"{path}: there is no {what} in it; {_FORM}")
    sat, user, interferer = (tuple(names[word]) for word in WORDS)
    sat_km, user_km, interferer_km = (np.array(positions[word]).reshape(-1, 3) for word in WORDS)
    return Instance(sat, user, interferer, sat_km, user_km, interferer_km)


def content(path: Path, what: str) -> Iterator[tuple[int, str]]:
    """(line number, text without its comment) of every line that says something. Raises as `read_text`."""
    for number, line in enumerate(read_text(path, what, MOST_BYTES).splitlines(), start=1):
        text = line.split("#", 1)[0].strip()
        if text:
            yield number, text


def write_instance(path: Path, instance: Instance) -> None:
    """Write an instance as a file that `read_instance` reads to the same bits."""
    with path.open("w", encoding="utf-8") as stream:
        for word in WORDS:
            for name, (x, y, z) in zip(
                getattr(instance, word), getattr(instance, f"{word}_km").tolist(), strict=True
            ):
                stream.write(f"{word} {name} {x!r} {y!r} {z!r}\n")


def _parse(text: str, path: Path, number: int) -> tuple[str, str, tuple[float, float, float]]:
    match = _LINE.fullmatch(text)
    if match is None:
        fault, hint = _fault(text.split())
        raise ScenarioError(fault, file=str(path), line=number, hint=hint)
    word, name, *parts = match.groups()
    x, y, z = (float(part) for part in parts)
    length = math.hypot(x, y, z)
    if not NEAREST_KM <= length <= FARTHEST_KM:
        allowed = f"allowed: {NEAREST_KM:g} to {FARTHEST_KM:g}"
        fault = f"{word} {name} is {length:g} km from the Earth's centre; {allowed}"
        raise ScenarioError(fault, file=str(path), line=number, hint=_FORM)
    return word, name, (x, y, z)


def _fault(fields: list[str]) -> tuple[str, str]:
    """What is wrong with a line that is not of the form, and a hint."""
    word, shown = fields[0], fields[0][:40]
    if word not in WORDS:
        near = difflib.get_close_matches(word[:40].lower(), [*WORDS, "satellite"], n=1)
        meant = "sat" if near == ["satellite"] else near[0] if near else ""
        return f"'{shown}' is not a kind of point", f"did you mean '{meant}'?" if meant else _FORM
    if len(fields) != 5:
        return f"{len(fields)} fields where there should be 5", _FORM
    if not re.fullmatch(r"\d{1,18}", fields[1], re.ASCII):
        return f"the id '{fields[1][:40]}' is not a whole number of 0 or more", "at most 18 digits"
    bad = next(field for field in fields[2:] if not re.fullmatch(_NUMBER, field, re.ASCII))
    return f"'{bad[:40]}' is not a number", "three finite coordinates in km, such as 6371.0 or -1.2e3"
