"""A plan as lines of text: `sat 12 beam 3 user 451 color B`, one per served user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import ScenarioError
from raabta.network.beam_planning.instance import Instance, content
from raabta.network.beam_planning.rules import BEAMS, COLOURS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Index = NDArray[np.int32]

_LINE = re.compile(r"sat\s+(\S+)\s+beam\s+(\d{1,9})\s+user\s+(\S+)\s+color\s+(\S+)", re.ASCII)
_FORM = "write: sat ID beam 1 to 32 user ID color A, B, C or D"


@dataclass(frozen=True)
class Answer:
    """k served users, each (k,): satellite and user by place in the instance, beam 1 to 32, colour 0 to 3."""

    sat: Index
    beam: Index
    user: Index
    colour: Index


def lines(instance: Instance, answer: Answer) -> Iterator[str]:
    """The answer in the public format, without line ends."""
    columns = (answer.sat.tolist(), answer.beam.tolist(), answer.user.tolist(), answer.colour.tolist())
    for sat, beam, user, colour in zip(*columns, strict=True):
        name, who = instance.sat[sat], instance.user[user]
        yield f"sat {name} beam {beam} user {who} color {COLOURS[colour]}"


def read_answer(path: Path, instance: Instance) -> Answer:
    """Read a plan for an instance. Raises ScenarioError, with the line, for what is no line of a plan."""
    sats = {name: place for place, name in enumerate(instance.sat)}
    users = {name: place for place, name in enumerate(instance.user)}
    rows = [_row(text, sats, users, path, number) for number, text in content(path, "the plan")]
    columns = np.array(rows, np.int32).reshape(-1, 4).T
    return Answer(*(np.ascontiguousarray(column) for column in columns))


def _row(
    text: str, sats: dict[str, int], users: dict[str, int], path: Path, number: int
) -> tuple[int, int, int, int]:
    match = _LINE.fullmatch(text)
    if match is None:
        raise ScenarioError("this is not a line of a plan", file=str(path), line=number, hint=_FORM)
    sat, beam, user, colour = match.groups()
    for name, known, what in ((sat, sats, "satellite"), (user, users, "user")):
        if name not in known:
            raise ScenarioError(f"the instance has no {what} {name[:40]}", file=str(path), line=number)
    if not 1 <= int(beam) <= BEAMS or colour not in tuple(COLOURS):
        fault = f"beam {beam} of colour {colour[:40]} does not exist"
        raise ScenarioError(fault, file=str(path), line=number, hint=_FORM)
    return sats[sat], int(beam), users[user], COLOURS.index(colour)
