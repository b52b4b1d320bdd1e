"""What a scenario says of lasers between satellites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from raabta.scenario.model import Model, NonNegative, Positive

if TYPE_CHECKING:
    from raabta.scenario.shells import Shell


class Offset(Model):
    """One offset of a motif: each satellite has a laser to the one as many planes and places on, and back."""

    plane_step: int = Field(ge=0, le=2_500, description="planes on; 0 = in the own plane")
    place_step: int = Field(ge=-2_500, le=2_500, description="places ahead in the plane; negative = behind")

    @model_validator(mode="after")
    def _to_another_satellite(self) -> Self:
        if self.plane_step == 0 and self.place_step <= 0:
            raise ValueError(
                "a motif's offset with plane_step 0 needs a place_step from 1: lasers go both ways, so "
                "ahead is behind too"
            )
        return self


class Lasers(Model):
    """Lasers between satellites: who has one, what ends it. Whether a run lands by them says `sharing`."""

    pattern: Literal["auto", "plus-grid", "motif", "nearest", "listed"] = Field(
        default="auto",
        description="plus-grid: two in the plane, one to each next plane, there to the satellite that is "
        "nearest in the mean over an orbit; motif: the offsets of `motif`, for every satellite alike; "
        "nearest: matched anew at every step, the shortest "
        "first, within each shell; listed: those of `links_file`; auto: plus-grid in shells, nearest among "
        "the satellites of an orbits file or of the geostationary arc",
    )
    terminals: int = Field(default=4, ge=1, le=8, description="laser terminals of one satellite")
    motif: tuple[Offset, ...] = Field(
        default=(),
        max_length=4,
        description="offsets of the pattern motif, each of two terminals; the two of Bhattacherjee and "
        "Singla (2019) make one of four",
    )
    links_file: str | None = Field(
        default=None,
        description="lasers of the pattern listed: a line each, the numbers of two satellites, the lower "
        "first, counted from 0 (Hypatia's isls.txt)",
    )
    between_shells: int = Field(
        default=0,
        ge=0,
        le=8,
        description="terminals kept for the nearest satellites of other shells (the geostationary arc is "
        "one), matched anew at every step, the shortest first; the pattern has the others",
    )
    seam: Literal["auto", "open", "closed"] = Field(
        default="auto",
        description="lasers between the last plane and the first: auto = closed for delta, open for star "
        "patterns, where they pass in opposite directions; closed in a star pattern matches the nearest at "
        "every step",
    )
    polar_cutoff_deg: float | None = Field(
        default=None,
        gt=0.0,
        le=90.0,
        description="lasers to other planes are off while either end is above this latitude, north or "
        "south; none = never",
    )
    grazing_altitude_km: NonNegative = Field(
        default=80.0, description="least height of a laser above the Earth's mean sphere (6,371.0 km)"
    )
    max_range_km: Positive | None = Field(
        default=None, description="longest laser; none = no limit of its own"
    )
    max_slew_deg_s: Positive | None = Field(
        default=None,
        description="fastest turn of the line of sight, seen from either satellite in the axes of its own "
        "orbit; none = no limit",
    )
    acquisition_s: float = Field(
        default=0.0,
        ge=0.0,
        le=3_600.0,
        description="how long a laser must have been there before it carries anything",
    )
    rematch: Literal["always", "when-lost"] = Field(
        default="always",
        description="lasers to the nearest (`nearest`, between shells, across a star's seam): always = the "
        "shortest at every step, whatever was before; when-lost = one that is there stays while its limits "
        "allow it, and only what is free is matched; all are matched anew at every full hour UTC",
    )
    rate_mbps: Positive = Field(default=10_000.0, description="of one laser, each way")

    @model_validator(mode="after")
    def _motif_where_it_is_asked_for(self) -> Self:
        if (self.pattern == "motif") != bool(self.motif):
            raise ValueError(
                "`motif` and `pattern: motif` go together; give offsets such as "
                "[{plane_step: 1, place_step: 0}, {plane_step: 0, place_step: 1}], which are +Grid"
            )
        if len(set(self.motif)) < len(self.motif):
            raise ValueError("an offset of the motif stands twice")
        return self

    @model_validator(mode="after")
    def _file_where_it_is_asked_for(self) -> Self:
        if (self.pattern == "listed") != (self.links_file is not None):
            raise ValueError("`links_file` and `pattern: listed` go together")
        if self.pattern == "listed" and (self.between_shells or self.seam != "auto"):
            raise ValueError("between_shells and seam go with no list of lasers; put those into the list")
        return self

    @model_serializer(mode="wrap")
    def _without_no_file(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Lasers without a list, or memory, are written, and hashed, as if there were no such keys."""
        data: dict[str, Any] = handler(self)
        if data.get("rematch") == "always":
            data.pop("rematch")
        if data.get("links_file") is None:
            data.pop("links_file", None)
        return data

    @model_validator(mode="after")
    def _terminals_enough(self) -> Self:
        if self.between_shells > self.terminals:
            raise ValueError(f"between_shells {self.between_shells} is above terminals {self.terminals}")
        return self

    @property
    def own(self) -> int:
        """Terminals left for the pattern."""
        return self.terminals - self.between_shells


def seam_closed(shell: Shell, lasers: Lasers) -> bool:
    """Whether the last plane of a shell has lasers to the first."""
    return lasers.seam == "closed" or (lasers.seam == "auto" and shell.pattern == "delta")


def pattern_degree(shell: Shell, lasers: Lasers) -> int:
    """Lasers that a fixed pattern asks of a satellite of a shell."""
    if lasers.pattern == "motif":
        return 2 * len(lasers.motif)
    return min(shell.satellites_per_plane - 1, 2) + min(shell.planes - 1, 2)


def check_shell(number: int, shell: Shell, lasers: Lasers) -> None:
    """ValueError where lasers ask more than the satellites of a shell, by its number, have."""
    degree = pattern_degree(shell, lasers)
    if degree > lasers.own:
        kept = f", {lasers.between_shells} of them kept for other shells" if lasers.between_shells else ""
        raise ValueError(
            f"a laser degree above the terminals: shells[{number}] asks for {degree} lasers a satellite, and "
            f"there are {lasers.terminals} terminals{kept}; give lasers.terminals of at least "
            f"{degree + lasers.between_shells}, or use `pattern: nearest`"
        )
    for offset in lasers.motif:
        _check_offset(number, shell, offset)
    if lasers.motif and shell.pattern == "star" and seam_closed(shell, lasers):
        raise ValueError(
            f"lasers.seam closed: across the seam of shells[{number}], a star pattern, satellites pass each "
            "other, so no motif holds there; leave it open, or use `pattern: plus-grid`, which matches the "
            "nearest"
        )


def _check_offset(number: int, shell: Shell, offset: Offset) -> None:
    if offset.plane_step > shell.planes // 2 or abs(offset.place_step) > shell.satellites_per_plane // 2:
        raise ValueError(
            f"lasers.motif: an offset of {offset.plane_step} planes and {offset.place_step} places is more "
            f"than half-way round shells[{number}], {shell.planes} planes of {shell.satellites_per_plane}"
        )
