"""Which of the two constellations of a broadband scenario a failure takes something of.

Shells and satellites are counted on from the first constellation to the fallback; a share is one of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from raabta.scenario.failures import OF_FIBRE, OF_LASERS, OF_SATELLITES, Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raabta.scenario.constellation import SpaceSegment

ARC: Final = "GEO "
"""Names of geostationary satellites begin with it."""


def split(
    failures: Sequence[Failure], first: SpaceSegment, second: SpaceSegment | None
) -> tuple[tuple[Failure, ...], tuple[Failure, ...]]:
    """The failures of the first constellation, and those of the fallback as that numbers what it has; those
    of gateways and fibre are in both."""
    if second is None:
        return tuple(failures), ()
    own, theirs = list[Failure](), list[Failure]()
    for each in failures:
        moved = _in_second(each, first, second)
        if moved is None or _of_both(each, first):
            own.append(each)
        if moved is not None:
            theirs.append(moved)
    return tuple(own), tuple(theirs)


def _of_both(failure: Failure, first: SpaceSegment) -> bool:
    if failure.what in ("satellites", "lasers"):
        return failure.what == "satellites" or first.lasers is not None
    return failure.what in ("gateway", "country", *OF_FIBRE)


def _in_second(failure: Failure, first: SpaceSegment, second: SpaceSegment) -> Failure | None:
    """The failure as the fallback says it; None where it takes nothing of the fallback."""
    if failure.what not in (*OF_SATELLITES, *OF_LASERS):
        return failure
    if failure.what == "lasers":
        return None if second.lasers is None else failure
    if failure.what == "satellites":
        return failure
    if failure.what in ("shell", "storm", "plane"):
        return _shell_on(failure, first, second)
    return _satellite_on(failure, first, second)


def _shell_on(failure: Failure, first: SpaceSegment, second: SpaceSegment) -> Failure | None:
    number, slash, plane = failure.name.partition("/")
    shells = 0 if first.orbits_file is not None else len(first.shells)
    if not second.shells or not (number.isascii() and number.isdigit() and int(number[:12]) > shells):
        return None
    return failure.model_copy(update={"name": f"{int(number) - shells}{slash}{plane}"})


def _satellite_on(failure: Failure, first: SpaceSegment, second: SpaceSegment) -> Failure | None:
    """By number, counted on behind the first; by name, which says whose it is."""
    name = failure.name
    if failure.what == "satellite" and name.isascii() and name.isdigit():
        count = satellites(first)
        if count is None or int(name[:12]) < count:
            return None
        return failure.model_copy(update={"name": str(int(name) - count)})
    return failure if _named_in(second, name, first) else None


def _named_in(system: SpaceSegment, name: str, other: SpaceSegment) -> bool:
    """Whether a satellite of this name is of `system` and not of the other: by what its name begins with;
    what begins otherwise is in an orbits file, where one of the two has one."""
    if name.startswith(ARC):
        return bool(system.geostationary) and not other.geostationary
    if name.startswith(f"{system.name}-") and system.orbits_file is None:
        return not (other.orbits_file is None and name.startswith(f"{other.name}-"))
    known = name.startswith(f"{other.name}-") or other.orbits_file is not None
    return system.orbits_file is not None and not known


def satellites(system: SpaceSegment) -> int | None:
    """How many satellites a constellation has; None where a file says."""
    if system.orbits_file is not None:
        return None
    return sum(shell.satellites for shell in system.shells) + len(system.geostationary)
