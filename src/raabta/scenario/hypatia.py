"""A folder as Hypatia keeps a satellite network: read as a scenario of kind `paths`.

Hypatia (Kassing et al. 2020, doi:10.1145/3419394.3423635) numbers satellites from 0 in the order of
`tles.txt`, and ground stations after them. Its files are foreign: every line is held against our own grammar
before anything else sees it.
"""

from __future__ import annotations

import copy
import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from raabta.base.errors import ScenarioError
from raabta.base.userfiles import read_text
from raabta.scenario.documents import Document, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

TLES, LINKS, STATIONS = "tles.txt", "isls.txt", "ground_stations.txt"
DESCRIPTION, INTERFACES = "description.txt", "gsl_interfaces_info.txt"
FILES: Final = {
    TLES: "how many planes and satellites in each, then a name and two TLE lines of every satellite",
    LINKS: "lasers, a line each: the numbers of two satellites",
    STATIONS: "places on the ground: number, name, latitude, longitude, elevation (and x, y, z)",
    DESCRIPTION: "max_gsl_length_m and max_isl_length_m: the longest links",
}
"""Files that a folder must have, and what each holds; `gsl_interfaces_info.txt` it may have."""
LEAST_ELEVATION: Final = "min_elevation_deg"
"""A line of `description.txt` of our own, which Hypatia does not read: the mask is an elevation."""
RADIO: Final = "starlink-gen1"
"""Catalogue entry whose payload stands in: a folder names no radio, and ways need none."""
MOST_BYTES: Final = 50_000_000
MOST_STATIONS: Final = 2_000
MOST_DEGREE: Final = 8
DURATION_S, STEP_S = 200.0, 1.0
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
_EPOCH = re.compile(r"1 .{16}([0-9]{2})([ 0-9]{3}\.[0-9]{8}) ")


class Station(NamedTuple):
    """A place on the ground: its name, degrees, and metres above the ellipsoid."""

    name: str
    latitude_deg: float
    longitude_deg: float
    height_m: float


class Fleet(NamedTuple):
    """What `tles.txt` says before its elements are read: name, planes, satellites a plane, epoch (UTC)."""

    name: str
    planes: int
    satellites_per_plane: int
    epoch: datetime


def is_folder(path: Path) -> bool:
    """Whether a path is a folder that holds one of Hypatia's files."""
    return path.is_dir() and any((path / name).is_file() for name in FILES)


def lacking(folder: Path) -> str:
    """The files of a Hypatia folder that are missing from one, a line each, with what they hold; may be
    empty."""
    return "\n".join(f"  {name}: {what}" for name, what in FILES.items() if not (folder / name).is_file())


def document(folder: Path) -> Document:
    """A Hypatia folder as plain data of a scenario. Raises ScenarioError: files that are missing, all at
    once; a line that is none of Hypatia's, with its number."""
    missing = lacking(folder)
    if missing:
        count = len(missing.split("\n"))
        raise ScenarioError(
            f"'{folder}' lacks {count} of the {len(FILES)} files of a Hypatia folder:\n{missing}",
            hint="make the folder with Hypatia's satgenpy, or with `raabta paths SCENARIO --hypatia-state`",
        )
    fleet = read_fleet(folder / TLES)
    pairs = read_links(folder / LINKS, fleet.planes * fleet.satellites_per_plane)
    stations = read_stations(folder / STATIONS)
    limits = read_description(folder / DESCRIPTION)
    data = _scenario(folder.absolute(), fleet, pairs, stations, limits)
    return Document(str(folder), (), data, numbered=False)


def _scenario(
    folder: Path,
    fleet: Fleet,
    pairs: list[tuple[int, int]],
    stations: list[Station],
    limits: dict[str, float],
) -> dict[str, Any]:
    from raabta.scenario.catalogue import entry

    floor_deg = limits.get(LEAST_ELEVATION)
    ground: dict[str, Any] = {"stations": [station._asdict() for station in stations]}
    if floor_deg is None:
        ground |= {"mask": "flat-earth-compat", "max_range_km": limits["max_gsl_length_m"] / 1e3}
    lasers = {
        "pattern": "listed",
        "links_file": str(folder / LINKS),
        "terminals": max(degree(pairs), 1),
        "max_range_km": limits["max_isl_length_m"] / 1e3,
        "grazing_altitude_km": 0.0,
    }
    constellation = {
        "name": fleet.name,
        "label": f"{fleet.name} ({fleet.planes} planes of {fleet.satellites_per_plane}, Hypatia folder)",
        "orbits_file": str(folder / TLES),
        "payload": copy.deepcopy(entry(RADIO).data["payload"]),
        "lasers": lasers if pairs else None,
    }
    if floor_deg is not None:
        constellation["user_min_elevation_deg"] = floor_deg
    start = fleet.epoch.isoformat()
    return {
        "schema_version": 1,
        "kind": "paths",
        "name": shortened(folder.name)[:80] or "hypatia",
        "time": {"start": start, "duration_s": DURATION_S, "step_s": STEP_S},
        "constellation": constellation,
        "ground": ground,
        "assumptions": [*_assumed(floor_deg)],
    }


def _assumed(floor_deg: float | None) -> Iterator[str]:
    yield "A Hypatia folder names no radio; ways need none."
    if floor_deg is None:
        yield (
            "Links to the ground are held by Hypatia's longest link alone, horizon or not: satellites below "
            "the mask that it was made from may count. A true mask: --set ground.mask=elevation "
            "--set ground.max_range_km=null --set constellation.user_min_elevation_deg=..."
        )


def degree(pairs: list[tuple[int, int]]) -> int:
    """Most lasers of one satellite."""
    count: dict[int, int] = {}
    for ends in pairs:
        for end in ends:
            count[end] = count.get(end, 0) + 1
    return max(count.values(), default=0)


def read_fleet(file: Path) -> Fleet:
    """Planes, satellites, name and epoch of `tles.txt`; its elements are checked where orbits are read."""
    lines = _lines(file)
    words = lines[0][1].split() if lines else []
    if len(words) != 2 or not all(_whole(word) for word in words):
        raise _wrong(file, 1, "the first line must be two whole numbers: planes, satellites in each")
    planes, each = map(int, words)
    rows = lines[1:]
    if planes * each < 1 or len(rows) != 3 * planes * each:
        raise _wrong(file, 1, f"{planes} planes of {each} satellites need 3 lines each; {len(rows):,} follow")
    epochs: dict[datetime, int] = {}
    for line, text in rows[1::3]:
        epochs.setdefault(_epoch(file, line, text), line)
    if len(epochs) > 1:
        line = sorted(epochs.values())[1]
        raise _wrong(file, line, "another epoch than the satellites before; Hypatia wants one for all")
    for number, i in enumerate(range(0, len(rows), 3)):
        if rows[i][1].split()[-1] != str(number):
            raise _wrong(file, rows[i][0], f"{rows[i][1]!r} must end in {number}: names count from 0")
    name = " ".join(rows[0][1].split()[:-1]) or file.absolute().parent.name
    return Fleet(name[:80], planes, each, next(iter(epochs)))


def _epoch(file: Path, line: int, text: str) -> datetime:
    found = _EPOCH.match(text)
    if found is None:
        raise _wrong(file, line, "no first line of an element set with its epoch in columns 19 to 32")
    year, day = int(found[1]), float(found[2])
    if not 1.0 <= day < 367.0:
        raise _wrong(file, line, f"epoch day is {day:g}; allowed: [1, 367)")
    whole, part = found[2].split(".")
    new_year = datetime(year + (1900 if year >= 57 else 2000), 1, 1, tzinfo=UTC)
    return new_year + timedelta(days=int(whole) - 1, microseconds=int(part) * 864)


def read_links(file: Path, satellites: int | None) -> list[tuple[int, int]]:
    """Lasers of `isls.txt` in the order of the file; numbers below `satellites`, if it is known."""
    found: dict[tuple[int, int], int] = {}
    for line, text in _lines(file):
        words = text.split()
        if len(words) != 2 or not all(_whole(word) for word in words):
            raise _wrong(file, line, f"{text[:40]!r} is no laser: two whole numbers with a blank between")
        a, b = map(int, words)
        if a >= b:
            raise _wrong(file, line, f"{a} {b}: the lower number comes first, and nobody links to itself")
        if satellites is not None and b >= satellites:
            raise _wrong(file, line, f"there is no satellite {b}; {satellites:,} count from 0")
        first = found.setdefault((a, b), line)
        if first != line:
            raise _wrong(file, line, f"the laser {a} {b} stands twice; first in line {first}")
    most = degree(list(found))
    if most > MOST_DEGREE:
        raise ScenarioError(
            f"a satellite has {most} lasers; at most {MOST_DEGREE} terminals are allowed", file=str(file)
        )
    return list(found)


def read_stations(file: Path) -> list[Station]:
    """Places of `ground_stations.txt`, with their Cartesian columns or without: those are not used."""
    found: dict[str, Station] = {}
    for line, text in _lines(file):
        station = _station(file, line, text, len(found))
        if station.name in found:
            raise _wrong(file, line, f"the station {station.name!r} stands twice")
        if len(found) == MOST_STATIONS:
            raise _wrong(file, line, f"more than {MOST_STATIONS:,} stations")
        found[station.name] = station
    if len(found) < 2:
        raise ScenarioError("fewer than two stations; a way has two ends", file=str(file))
    return list(found.values())


def _station(file: Path, line: int, text: str, number: int) -> Station:
    words = [word.strip() for word in text.split(",")]
    if len(words) not in (5, 8):
        columns = "5 (number, name, latitude, longitude, elevation), or 8 with x, y, z"
        raise _wrong(file, line, f"{len(words)} columns; {columns}")
    if words[0] != str(number):
        raise _wrong(file, line, f"number {words[0][:20]!r}; stations count from 0, here stands {number}")
    if not words[1].isprintable() or not 1 <= len(words[1]) <= 80:
        raise _wrong(file, line, "a name is printable text of 1 to 80 characters")
    latitude, longitude, height, *_ = [_number(file, line, word) for word in words[2:]]
    for what, value, low, high in (
        ("latitude", latitude, -90.0, 90.0),
        ("longitude", longitude, -180.0, 180.0),
        ("elevation, m,", height, -500.0, 9_000.0),
    ):
        if not low <= value <= high:
            raise _wrong(file, line, f"{what} is {value:g}; allowed: {low:g} to {high:g}")
    return Station(words[1], latitude, longitude, height)


def read_description(file: Path) -> dict[str, float]:
    """The limits of `description.txt`, metres and degrees."""
    found: dict[str, float] = {}
    for line, text in _lines(file):
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            raise _wrong(file, line, f"{text[:40]!r} is not KEY=VALUE")
        if key in ("max_gsl_length_m", "max_isl_length_m", LEAST_ELEVATION):
            if key in found:
                raise _wrong(file, line, f"{key} stands twice")
            found[key] = _number(file, line, value)
    for key in ("max_gsl_length_m", "max_isl_length_m"):
        if not found.get(key, 0.0) > 0.0:
            raise ScenarioError(f"{key} must be there, and be above 0 m", file=str(file))
    if not 0.0 <= found.get(LEAST_ELEVATION, 0.0) < 90.0:
        raise ScenarioError(f"{LEAST_ELEVATION} must lie in [0, 90)", file=str(file))
    return found


def read_interfaces(file: Path, nodes: int) -> list[float]:
    """Rate of the ground interface of each node in `gsl_interfaces_info.txt`, in Hypatia's own unit.

    Raises ScenarioError where a node has more than one: their forwarding states are of another kind.
    """
    rates: list[float] = []
    for line, text in _lines(file):
        words = [word.strip() for word in text.split(",")]
        if len(words) != 3 or words[0] != str(len(rates)):
            raise _wrong(file, line, f"not `{len(rates)},interfaces,rate`")
        if words[1] != "1":
            raise _wrong(file, line, f"{words[1][:20]} ground interfaces; states are written for 1 a node")
        rate = _number(file, line, words[2])
        if not rate > 0.0:
            raise _wrong(file, line, f"a rate of {rate:g}; it must be above 0")
        rates.append(rate)
    if len(rates) != nodes:
        raise ScenarioError(f"{len(rates):,} nodes; satellites and stations are {nodes:,}", file=str(file))
    return rates


def _lines(file: Path) -> list[tuple[int, str]]:
    """Lines that are not blank, stripped at their ends, with their numbers."""
    text = read_text(file, f"Hypatia's {file.name}", MOST_BYTES)
    rows = enumerate((line.rstrip() for line in text.split("\n")), start=1)
    return [(number, line) for number, line in rows if line]


def _whole(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= 7


def _number(file: Path, line: int, word: str) -> float:
    if len(word) > 40 or not _NUMBER.fullmatch(word) or not math.isfinite(float(word)):
        raise _wrong(file, line, f"{word[:40]!r} is no number")
    return float(word)


def _wrong(file: Path, line: int, message: str) -> ScenarioError:
    return ScenarioError(shortened(message), file=str(file), line=line)
