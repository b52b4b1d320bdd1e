"""What a scenario takes away: satellites, planes, shells, lasers, gateways, for a while or for the whole run.

A failure is written as a line of text, such as `gateway:Karachi@1h-2h`, on the command line and in files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self, get_args

from pydantic import Field, ValidationError, model_validator

from raabta.scenario.countries import country_name, meant_country
from raabta.scenario.model import Model, NonNegative, Positive, Share
from raabta.scenario.suggest import near_name

if TYPE_CHECKING:
    from raabta.scenario.constellation import SpaceSegment
    from raabta.scenario.ground import Gateway

What = Literal[
    "satellite",
    "satellites",
    "plane",
    "shell",
    "storm",
    "laser",
    "lasers",
    "gateway",
    "country",
    "cable",
    "pop",
    "link",
]
KINDS: Final[tuple[What, ...]] = get_args(What)
BUSIEST: Final = "busiest"
"""The link that a finished run uses most: `raabta whatif` puts its name here."""
MOST_FAILURES: Final = 1_000
MOST_TEXT: Final = 200
OF_SATELLITES: Final = ("satellite", "satellites", "plane", "shell", "storm")
OF_LASERS: Final = ("laser", "lasers")
OF_PLACES: Final = ("gateway", "country", "link")
OF_FIBRE: Final = ("cable", "pop")


class Form(NamedTuple):
    """How one kind is written: an example, and whether a name and a share stand in it."""

    example: str
    named: bool
    share: bool


FORMS: Final[Mapping[str, Form]] = {
    "satellite": Form("satellite:starlink-gen1-1-005-012 or satellite:42", True, False),
    "satellites": Form("satellites:10%", False, True),
    "plane": Form("plane:1/5, plane 5 of shell 1", True, False),
    "shell": Form("shell:2", True, False),
    "storm": Form("storm:1:30%, that share of shell 1", True, True),
    "laser": Form("laser:A-B, two satellites", True, False),
    "lasers": Form("lasers:5%", False, True),
    "gateway": Form("gateway:Karachi", True, False),
    "country": Form("country:OMN, all gateways there", True, False),
    "cable": Form("cable:Karachi, all its fibre, or cable:Karachi-Muscat", True, False),
    "pop": Form("pop:Muscat", True, False),
    "link": Form("link:busiest, or link:London-starlink-gen1-1-005-012", True, False),
}
_UNITS: Final = {"d": 86_400.0, "h": 3_600.0, "min": 60.0, "m": 60.0, "s": 1.0, "": 1.0}
_TIME: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(d|h|min|m|s|)", re.ASCII)
_WINDOW: Final = re.compile(r"@([0-9.a-z]*)-([0-9.a-z]*)$", re.ASCII)
_SHARE: Final = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)%|(0(?:\.\d{1,8})?|1(?:\.0*)?)", re.ASCII)
_PLANE: Final = re.compile(r"(\d{1,6})/(\d{1,6})", re.ASCII)


class Failure(Model):
    """One thing that is out, from a time of the run to another."""

    what: What = Field(description="what kind of thing is out")
    name: str = Field(
        default="",
        max_length=MOST_TEXT,
        description="which one: a satellite by name or number from 0, a plane as `shell/plane`, a shell, "
        "both from 1, two satellites `A-B`, a gateway or place, a country (ISO 3166-1 alpha-3), both ends of "
        "a cable, or one for all its cables, a point of presence",
    )
    share: Share | None = Field(
        default=None, description="of satellites, storm and lasers: how many of them, drawn by the seed"
    )
    from_s: NonNegative = Field(default=0.0, description="seconds into the run at which it goes out")
    until_s: Positive | None = Field(
        default=None, description="seconds into the run at which it is back; none = never"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        """A line of text says the same as a mapping."""
        return parts_of(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        form = FORMS[self.what]
        for given, wanted, field in (
            (bool(self.name), form.named, "name"),
            (self.share is not None, form.share, "share"),
        ):
            if given != wanted:
                verb = "wants" if wanted else "takes no"
                raise ValueError(f"a failure of {self.what} {verb} `{field}`; write {form.example}")
        if self.until_s is not None and self.until_s <= self.from_s:
            raise ValueError(
                f"a failure from {self.from_s:g} s until {self.until_s:g} s has no length; "
                "the second must be later"
            )
        return self

    @property
    def text(self) -> str:
        """The failure as a line, without its times."""
        share = None if self.share is None else f"{100.0 * self.share:.10g}%"
        return ":".join(part for part in (self.what, self.name, share) if part)

    @property
    def line(self) -> str:
        """The failure as a line of text that says all of it."""
        if self.from_s == 0.0 and self.until_s is None:
            return self.text
        until = "" if self.until_s is None else f"{self.until_s:.12g}s"
        return f"{self.text}@{self.from_s:.12g}s-{until}"


def parse(text: str) -> Failure:
    """The failure that a line says. Raises ValueError, with what is allowed."""
    try:
        return Failure.model_validate(parts_of(text))
    except ValidationError as error:
        said = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise ValueError(said) from None


def parts_of(text: str) -> dict[str, Any]:
    """A line of text as the values of a `Failure`: `kind[:name][:share][@from-until]`. Raises ValueError."""
    if len(text) > MOST_TEXT:
        raise ValueError(f"a failure is at most {MOST_TEXT} characters long; this one has {len(text):,}")
    body, times = _without_window(text.strip())
    kind, _, rest = body.partition(":")
    kind = kind.strip()
    if kind not in FORMS:
        near = near_name(kind, FORMS)
        hint = f"did you mean '{near}'? " if near else ""
        raise ValueError(f"no kind of failure is called {kind!r}; {hint}there are: {', '.join(KINDS)}")
    return {"what": kind, **_named(kind, rest.strip()), **times}


def _named(kind: str, rest: str) -> dict[str, Any]:
    """Name and share, from what follows the kind."""
    form = FORMS[kind]
    if not rest:
        raise ValueError(f"a failure of {kind} says which; write {form.example}")
    if not form.share:
        return {"name": rest}
    name, colon, share = rest.rpartition(":")
    if form.named != bool(colon):
        raise ValueError(f"{kind}:{rest} is not understood; write {form.example}")
    found = {"share": _share(kind, share.strip())}
    return found | {"name": name.strip()} if form.named else found


def _share(kind: str, text: str) -> float:
    match = _SHARE.fullmatch(text)
    value = -1.0 if match is None else float(match[1]) / 100.0 if match[1] else float(match[2])
    if not 0.0 <= value <= 1.0:
        raise ValueError(
            f"{text!r} is no share; write a percentage from 0% to 100%, such as {FORMS[kind].example}"
        )
    return value


def _without_window(text: str) -> tuple[str, dict[str, float]]:
    """A line without its `@from-until`, and that as values."""
    if "@" not in text:
        return text, {}
    match = _WINDOW.search(text)
    first, last = (None, None) if match is None else (_seconds(match[1], 0.0), _seconds(match[2], -1.0))
    if match is None or first is None or last is None:
        raise ValueError(
            f"what stands after @ in {text!r} is no time; write @from-until, such as @1h-2h, @90min- or "
            "@600-660s"
        )
    body = text[: match.start()]
    return body, {"from_s": first} | ({} if last == -1.0 else {"until_s": last})


def _seconds(text: str, empty: float) -> float | None:
    """Seconds of `90min`, `1.5h`, `600`; None for what is no time."""
    if not text:
        return empty
    match = _TIME.fullmatch(text)
    return None if match is None else float(match[1]) * _UNITS[match[2]]


def shell_number(failure: Failure, constellation: SpaceSegment) -> int:
    """Which shell a storm or a shell's failure names, from 0. Raises ValueError."""
    return _counted(failure, failure.name, "shell", len(_shells(failure, constellation))) - 1


def plane_numbers(failure: Failure, constellation: SpaceSegment) -> tuple[int, int]:
    """Shell and plane, from 0, that a plane's failure names. Raises ValueError."""
    match = _PLANE.fullmatch(failure.name)
    if match is None:
        raise ValueError(f"{failure.name!r} is no plane; write {FORMS['plane'].example}")
    shells = _shells(failure, constellation)
    shell = _counted(failure, match[1], "shell", len(shells)) - 1
    return shell, _counted(failure, match[2], f"plane of shell {shell + 1}", shells[shell].planes) - 1


def _shells(failure: Failure, constellation: SpaceSegment) -> Sequence[Any]:
    if constellation.orbits_file is not None or not constellation.shells:
        what = "an orbits_file names no shells" if constellation.orbits_file else "there are no shells"
        raise ValueError(f"{failure.text}: {what}; name satellites, or a share of all: satellites:10%")
    return constellation.shells


def _counted(failure: Failure, text: str, what: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:12]) <= most:
        raise ValueError(f"{failure.text}: there is no {what} {text!r}; allowed: 1 to {most}")
    return int(text)


def check_fleet(failures: Sequence[Failure], constellation: SpaceSegment, duration_s: float) -> None:
    """ValueError for a shell or plane that is not there, lasers where there are none, a failure that begins
    after the run, and a busiest link, which only a finished run has."""
    for failure in failures:
        if failure.what in ("shell", "storm"):
            shell_number(failure, constellation)
        if failure.what == "plane":
            plane_numbers(failure, constellation)
        if failure.what in OF_LASERS and constellation.lasers is None:
            raise ValueError(f"{failure.text}: the satellites of {constellation.name} have no lasers")
        if failure.from_s >= duration_s:
            raise ValueError(
                f"{failure.line}: it begins after the run, which takes {duration_s:g} s; begin earlier"
            )
        if failure.what == "link" and failure.name.partition(":")[0] == BUSIEST:
            raise ValueError(
                f"{failure.text}: only a finished run has a busiest link; ask "
                f"`raabta whatif RUN --fail {failure.text}`"
            )


def check_gateways(failures: Sequence[Failure], gateways: Sequence[Gateway]) -> None:
    """ValueError for a gateway that is not there, and a country without one."""
    for failure in failures:
        if failure.what == "gateway" and failure.name not in {each.name for each in gateways}:
            raise ValueError(unknown(failure, "gateway", [each.name for each in gateways]))
        if failure.what == "country" and failure.name not in {each.country for each in gateways}:
            raise ValueError(unknown_country(failure, sorted({each.country for each in gateways})))


def unknown(failure: Failure, what: str, names: Sequence[str]) -> str:
    """That a name is none of `names`, with the nearest, or with all where they are few."""
    own = {name.casefold(): name for name in names}
    near = near_name(failure.name, own)
    few = (
        f"there are: {', '.join(names)}"
        if len(names) <= 12
        else f"there are {len(names):,}, such as {', '.join(names[:3])}"
    )
    return f"{failure.text}: there is no {what} {failure.name!r}; " + (
        f"did you mean '{own[near]}'?" if near else few
    )


def unknown_country(failure: Failure, codes: Sequence[str]) -> str:
    """That no gateway stands in a country, and where some do."""
    meant = None if failure.name in codes else meant_country(failure.name)
    hint = f"did you mean {meant}? " if meant else ""
    where = ", ".join(f"{code} ({country_name(code)})" for code in codes) or "no country"
    return f"{failure.text}: no gateway stands in {failure.name!r}; {hint}they stand in {where}"


def gateways_out(failure: Failure, gateways: Sequence[Gateway]) -> list[int]:
    """Numbers of the gateways that a failure of gateway or country takes."""
    return [
        number
        for number, each in enumerate(gateways)
        if failure.name == (each.name if failure.what == "gateway" else each.country)
    ]


def of_gateways(failures: Sequence[Failure], gateways: Sequence[Gateway]) -> tuple[Failure, ...]:
    """The failures that take one of these gateways."""
    return tuple(
        each for each in failures if each.what in ("gateway", "country") and gateways_out(each, gateways)
    )
