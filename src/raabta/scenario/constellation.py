"""What a scenario says of satellites: their orbits, their radio, their lasers."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from raabta.scenario.lasers import Lasers, check_shell
from raabta.scenario.model import Elevation, Longitude, Model
from raabta.scenario.payload import Payload
from raabta.scenario.shells import Shell


class GeostationarySlot(Model):
    """One satellite on the geostationary arc."""

    longitude_deg: Longitude


class SpaceSegment(Model):
    """Satellites and their lasers; their radio where a question is about it."""

    name: str
    label: str
    stand_in: bool = False
    shells: tuple[Shell, ...] = ()
    geostationary: tuple[GeostationarySlot, ...] = ()
    orbits_file: str | None = None
    payload: Payload | None = Field(
        default=None, description="their radio; questions about ways have no use for it"
    )
    lasers: Lasers | None = Field(
        default=None, description="lasers between the satellites; none = it has none"
    )
    user_min_elevation_deg: Elevation = 25.0
    gateway_min_elevation_deg: Elevation = 10.0
    gso_separation_deg: Elevation = 0.0
    gso_separation_source: str = ""
    pfd_limit: Literal["article-21", "none"] = Field(
        default="article-21",
        description="cap on power flux density: article-21 lowers the EIRP density of a beam wherever the "
        "ground would get more than the rows that share its band allow; without a row there is no cap",
    )
    note: str = ""

    @model_validator(mode="after")
    def _lasers_for_these_satellites(self) -> Self:
        check_lasers(self)
        return self

    @model_serializer(mode="wrap")
    def _without_no_lasers(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What has no lasers, or no radio, is written, and hashed, as if there were no such key."""
        data: dict[str, Any] = handler(self)
        unset = ("lasers", "payload")
        return {key: value for key, value in data.items() if key not in unset or value is not None}

    @property
    def moving(self) -> bool:
        """Whether some satellites are not geostationary: the rows of Articles 21 and 22 are about them."""
        return bool(self.shells) or self.orbits_file is not None


class Constellation(SpaceSegment):
    """Satellites that share one payload."""

    payload: Payload


def pattern_of(
    constellation: SpaceSegment, lasers: Lasers
) -> Literal["plus-grid", "motif", "nearest", "listed"]:
    """The pattern of a constellation's moving satellites, `auto` resolved."""
    if lasers.pattern != "auto":
        return lasers.pattern
    return "plus-grid" if _walker(constellation) else "nearest"


def check_lasers(constellation: SpaceSegment) -> None:
    """ValueError where a constellation's lasers do not go with its satellites or their terminals."""
    lasers = constellation.lasers
    if lasers is None:
        return
    pattern = pattern_of(constellation, lasers)
    if pattern in ("nearest", "listed"):
        _check_nearest(constellation, lasers)
    elif not _walker(constellation):
        what = "an orbits_file names no planes" if constellation.orbits_file else "there are no shells"
        raise ValueError(f"lasers.pattern {pattern} wants planes and {what}; use `pattern: nearest`")
    else:
        for number, shell in enumerate(constellation.shells):
            check_shell(number, shell, lasers)
    _check_between(constellation, lasers)


def _walker(constellation: SpaceSegment) -> bool:
    """Whether the moving satellites are those of shells: an orbits file takes their place."""
    return bool(constellation.shells) and constellation.orbits_file is None


def _check_nearest(constellation: SpaceSegment, lasers: Lasers) -> None:
    if lasers.polar_cutoff_deg is not None and constellation.orbits_file is not None:
        raise ValueError(
            "lasers.polar_cutoff_deg wants planes, which an orbits_file does not name; leave it out"
        )
    if lasers.pattern == "nearest" and lasers.seam != "auto":
        raise ValueError("lasers.seam is of plus-grid and motif; nearest has no seam: leave it out")


def _check_between(constellation: SpaceSegment, lasers: Lasers) -> None:
    shells = 1 if constellation.orbits_file is not None else len(constellation.shells)
    if lasers.between_shells and shells + bool(constellation.geostationary) < 2:
        raise ValueError(
            f"lasers.between_shells is {lasers.between_shells}, and there is one shell only; set it to 0"
        )
