"""`raabta link`: one link between a place and a satellite, line by line, and how it moves."""

from __future__ import annotations

from enum import StrEnum
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raabta.base.errors import ScenarioError
from raabta.cli.output import complain, say, say_json, show

if TYPE_CHECKING:
    from raabta.cli.link_shown import Answer
    from raabta.links.budget import Direction
    from raabta.links.cloud_maps import CloudMaps
    from raabta.links.one_link import Link, Sweep
    from raabta.scenario.catalogue import Kind
    from raabta.scenario.models import Constellation, Gateway, Payload, Terminal
    from raabta.service.places import Place

DEFAULT_ELEVATION_DEG = 45.0
TERMINAL_BELOW_16_GHZ, TERMINAL_ABOVE = "community-ku", "community"
STATIONS_BELOW_GHZ = ((16.0, "ku-hub"), (33.0, "ka-earth-station"), (inf, "qv-earth-station"))
"""Earth stations that a feeder below so many GHz uses if none is named."""


class Way(StrEnum):
    """Which links are asked for."""

    forward = "forward"
    back = "return"
    both = "both"


class Band(StrEnum):
    """Letter of a frequency band."""

    c = "c"
    ku = "ku"
    ka = "ka"
    qv = "qv"


class Over(StrEnum):
    """What a sweep moves."""

    elevation = "elevation"
    rain = "rain"
    frequency = "frequency"

    @property
    def quantity(self) -> Sweep:
        """The same, as `links.one_link` has it."""
        every: tuple[Sweep, ...] = ("elevation", "rain", "frequency")
        return every[list(Over).index(self)]


def link(
    place: Annotated[
        str, typer.Option("--from", metavar="PLACE", help="a town, `Hyderabad, India`, or `30.18,66.97`")
    ],
    satellite: Annotated[str, typer.Option("--to", metavar="NAME", help="a constellation of the catalogue")],
    terminal: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="a terminal of the catalogue [default: community, by its band]"),
    ] = None,
    direction: Annotated[Way, typer.Option(help="forward is from satellite to terminal")] = Way.both,
    band: Annotated[Band | None, typer.Option(help="instead of the constellation's own")] = None,
    frequency: Annotated[
        float | None, typer.Option(metavar="GHZ", help="of every link asked for, instead of the band's")
    ] = None,
    via: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="a gateway of the catalogue, whose hop a transparent payload adds"),
    ] = None,
    station: Annotated[
        str | None, typer.Option(metavar="NAME", help="its earth station [default: by the feeder's band]")
    ] = None,
    elevation: Annotated[
        float | None, typer.Option(metavar="DEG", help="of a satellite that moves [default: 45]")
    ] = None,
    availability: Annotated[
        float, typer.Option(metavar="PERCENT", help="share of time the weather is no worse")
    ] = 99.5,
    worst_month: Annotated[
        bool, typer.Option("--worst-month", help="of the worst month, not of the average year")
    ] = False,
    carrier: Annotated[
        float | None, typer.Option(metavar="MHZ", help="of the return link, instead of the terminal's")
    ] = None,
    power_control: Annotated[
        float, typer.Option(metavar="DB", help="range by which the terminal may lower its EIRP; 0 is none")
    ] = 0.0,
    cloud_maps: Annotated[
        Path | None, typer.Option(metavar="PATH", help="folder or ZIP of the P.840-9 maps that you bring")
    ] = None,
    sweep: Annotated[Over | None, typer.Option(help="move this, hold the rest")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="write the plot of the sweep there")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the figures alone, as JSON")] = False,
) -> None:
    """Budget one link, line by line.

    From a place to a satellite of the catalogue: geostationary ones stand where they stand, of others one at
    --elevation is taken. The weather is that of the place, no worse for the share of time asked. The terminal
    stands on the axis of its beam, and C/I is the stated one: other beams are not summed, see `raabta
    explain`. --sweep moves one quantity, prints a table, and draws it with --out.
    """
    if out is not None and (sweep is None or out.suffix.lower() != ".svg"):
        raise ScenarioError(
            f"option --out: '{out}' cannot be written", hint="give --sweep and a file that ends in .svg"
        )
    from raabta.engine.kernelcache import prepare

    prepare()
    from raabta.cli import link_shown as shown
    from raabta.links import one_link
    from raabta.links.cloud_maps import brought
    from raabta.service.places import find_place

    system, found = _catalogued(satellite, "constellation"), find_place(place)
    maps = brought(str(cloud_maps) if cloud_maps else None)
    sites = one_link.read_place(found.latitude_deg, found.longitude_deg, maps)
    _refuse_elevation(system, elevation)
    height_deg = DEFAULT_ELEVATION_DEG if elevation is None else elevation
    sight = one_link.find_satellite(sites, system, height_deg)
    payload, notes = _at(system.payload, band, frequency)
    feeder_db, said = _other_hop(system, payload, via, station, height_deg, maps)
    asked = one_link.Link(
        sites,
        sight,
        payload,
        _terminal(terminal, payload, carrier, power_control),
        _exceeded_percent(availability),
        "worst-month" if worst_month else "annual",
        _directions(direction),
        system,
        feeder_db,
    )
    answer = shown.Answer(
        found,
        system,
        asked,
        one_link.budgets(asked),
        (*notes, *said, *_notes(found, system, asked)),
        None if sweep is None else sweep.quantity,
        () if sweep is None else tuple(one_link.sweep(asked, sweep.quantity)),
    )
    if out is not None:
        _draw(out, shown.drawing(answer))
    if as_json:
        say_json(shown.plain(answer))
    else:
        _print(answer, out)


def _catalogued(name: str, kind: Kind) -> Any:
    """The model of a catalogue entry of one kind. ScenarioError names the nearest."""
    from raabta.scenario.catalogue import catalogue_names, entry
    from raabta.scenario.suggest import near_name

    names = catalogue_names(kind)
    if name not in names:
        near = near_name(name, names)
        hint = f"did you mean '{near}'?" if near else f"one of: {', '.join(names)}"
        raise ScenarioError(f"the catalogue has no {kind} called '{name}'", hint=hint)
    return entry(name).model


def _refuse_elevation(system: Constellation, elevation_deg: float | None) -> None:
    if system.geostationary and elevation_deg is not None:
        raise ScenarioError(
            f"option --elevation: {system.label} stands still, so the place decides its elevation",
            hint="leave it out, or ask for --sweep elevation",
        )


def _at(payload: Payload, band: Band | None, frequency_ghz: float | None) -> tuple[Payload, list[str]]:
    """The payload at the frequencies asked for, and what to say about that."""
    from raabta.links.one_link import BANDS_GHZ

    down, up = payload.user_down_ghz, payload.user_up_ghz
    if frequency_ghz is not None:
        down = up = frequency_ghz
    elif band is not None and not BANDS_GHZ[band][0][0] <= down <= BANDS_GHZ[band][0][1]:
        down, up = BANDS_GHZ[band][1]
    if (down, up) == (payload.user_down_ghz, payload.user_up_ghz):
        return payload, []
    note = (
        f"the catalogue's radio is of {payload.user_down_ghz:g} and {payload.user_up_ghz:g} GHz: its EIRP "
        "and G/T, and the terminal's, are held; only the frequency is another"
    )
    return payload.moved_to(down, up), [note]


def _other_hop(
    system: Constellation,
    payload: Payload,
    via: str | None,
    station: str | None,
    elevation_deg: float,
    maps: CloudMaps | None,
) -> tuple[dict[Direction, float], list[str]]:
    """C/N of the hop between satellite and gateway, by direction, and what to say about it."""
    from raabta.links import one_link

    if payload.processing == "regenerative":
        if via is not None:
            raise ScenarioError(
                f"option --via: {system.label} is catalogued as regenerative, so no noise of its gateways "
                "reaches the user",
                hint="leave it out",
            )
        return {}, []
    if via is None:
        return {}, [
            "the payload repeats carriers: --via NAME joins the hop of a gateway, which is left out here"
        ]
    gateway = _gateway(via, station, payload)
    seen, hop = one_link.feeder(system, payload, gateway, elevation_deg, maps)
    levels = {way: budget.cn_db for way, budget in hop.items()}
    note = (
        f"via {gateway.name} in clear sky, {seen.elevation_deg:.1f} deg, {seen.range_km:,.0f} km: C/N "
        f"{levels['forward']:.1f} dB up to the satellite, {levels['return']:.1f} dB down"
    )
    return levels, [note]


def _gateway(name: str, station: str | None, payload: Payload) -> Gateway:
    """A site of the catalogue with the radio of an earth station, by default one of the feeder's band."""
    import json

    from raabta.scenario.catalogue import entry
    from raabta.scenario.models import Gateway

    usual = next(usual for below, usual in STATIONS_BELOW_GHZ if payload.feeder_up_ghz < below)
    _catalogued(name, "gateway")
    _catalogued(station or usual, "earth-station")
    data = {**entry(name).data, **entry(station or usual).data}
    return Gateway.model_validate_json(json.dumps(data), strict=True)


def _terminal(
    name: str | None, payload: Payload, carrier_mhz: float | None, power_control_db: float
) -> Terminal:
    from raabta.links.ranges import in_range

    usual = TERMINAL_BELOW_16_GHZ if payload.user_down_ghz < 16.0 else TERMINAL_ABOVE
    found: Terminal = _catalogued(name or usual, "terminal")
    in_range("the range of power control", power_control_db, 0.0, 40.0, "dB", "a terminal's amplifier")
    found = found.model_copy(update={"power_control_db": power_control_db})
    if carrier_mhz is None:
        return found
    if not carrier_mhz > 0.0:
        raise ScenarioError(f"option --carrier: {carrier_mhz:g} MHz must be more than 0")
    return found.model_copy(update={"carrier_mhz": carrier_mhz})


def _exceeded_percent(availability_percent: float) -> float:
    from raabta.links.ranges import in_range

    source = "ITU-R P.618-14 clause 2.5"
    return 100.0 - float(in_range("the availability", availability_percent, 50.0, 99.999, "%", source))


def _directions(way: Way) -> tuple[Direction, ...]:
    every: tuple[Direction, ...] = ("forward", "return")
    return every if way is Way.both else tuple(one for one in every if one == way.value)


def _notes(place: Place, system: Constellation, asked: Link) -> list[str]:
    """What a reader must know beside the figures."""
    seen, notes = asked.sight, [place.note] if place.note else []
    if system.note:
        notes.append(f"{system.label}: {system.note}")
    if seen.elevation_deg < system.user_min_elevation_deg:
        notes.append(
            f"below the {system.user_min_elevation_deg:g} deg from which {system.label} serves users"
        )
    return notes


def _draw(out: Path, drawing: str) -> None:
    from raabta.engine.atomic import write_bytes

    if not out.parent.is_dir():
        raise ScenarioError(f"option --out: there is no folder '{out.parent}'")
    write_bytes(out, drawing.encode("utf-8"))


def _print(answer: Answer, out: Path | None) -> None:
    from raabta.cli.link_shown import headline, models, sweep_tables, tables

    say(headline(answer))
    show(tables(answer) if answer.quantity is None else sweep_tables(answer, answer.quantity))
    say(models(answer))
    for note in answer.notes:
        complain(f"note: {note}")
    if out is not None:
        say(f"Drawn in {out}")
