"""Throughput of three filed constellations against the number of their ground stations: CSV and SVG.

python examples/system-throughput/run.py --out DIR
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from raabta.engine import kernelcache

kernelcache.prepare()

import numpy as np  # noqa: E402

from raabta.engine.atomic import write_bytes  # noqa: E402
from raabta.links.relay import combine_db  # noqa: E402
from raabta.network.throughput import curve, sky  # noqa: E402
from raabta.network.throughput.system import Carriers, System  # noqa: E402
from raabta.report.growth_chart import Curve, Panel, panels  # noqa: E402
from raabta.scenario.models import Shell  # noqa: E402
from raabta.service.world import Places, WorldPeople, station_places, world_people  # noqa: E402

HERE = Path(__file__).resolve().parent
START = np.datetime64("2026-06-01T00:00:00", "ns")
SYSTEMS = ("OneWeb", "Telesat", "SpaceX")
COLOURS = {"OneWeb": "#0072b2", "Telesat": "#d55e00", "SpaceX": "#117733"}
MARKET_SHARE, USER_MBPS = 0.1, 0.3
EXCEEDANCE_PERCENT = 0.5
STATION_ANTENNAS = 30


@dataclass(frozen=True)
class World:
    """People who ask and places that could feed."""

    people: WorldPeople
    places: Places

    @property
    def asks(self) -> tuple[Any, Any, Any]:
        """Latitude, longitude, Mbps of every cell."""
        here = self.people
        return here.latitude_deg, here.longitude_deg, here.people * MARKET_SHARE * USER_MBPS


@dataclass(frozen=True)
class Answer:
    """Curve of one system: stations in order, Tbps (t, k), and Tbps that is asked for (t,)."""

    system: System
    stations: Any
    tbps: Any
    asked_tbps: Any


def read_system(name: str, file: Path = HERE / "systems.csv") -> System:
    """One column of the table of systems."""
    with file.open(encoding="utf-8") as handle:
        value = {row["parameter"]: row[name] for row in csv.DictReader(handle)}

    def several(key: str) -> tuple[float, ...]:
        return tuple(float(part) for part in value[key].split("|"))

    gateway = Carriers(
        int(value["gateway_carriers"]),
        float(value["gateway_frequency"]),
        float(value["gateway_bandwidth"]),
        float(value["gateway_eirp"]),
        float(value["gateway_g_over_t"]),
        several("gateway_interference"),
    )
    return System(
        name,
        tuple(_shell(text) for text in value["shells"].split(";")),
        float(value["user_min_elevation"]),
        float(value["gateway_min_elevation"]),
        int(value["antennas"]),
        value["transparent"] == "yes",
        float(value["laser_rate"]),
        int(value["user_carriers"]),
        float(value["user_bandwidth"]),
        float(combine_db(float(value["user_cn"]), *several("user_interference"))),
        gateway,
        float(value["roll_off"]),
        float(value["margin"]),
        float(value["gateway_dish"]),
    )


def _shell(text: str) -> Shell:
    altitude, inclination, planes, each, pattern = text.strip().split("/")
    return Shell.model_validate(
        {
            "altitude_km": float(altitude),
            "inclination_deg": float(inclination),
            "planes": int(planes),
            "satellites_per_plane": int(each),
            "pattern": pattern,
            "phasing": 1,
        }
    )


def solve(system: System, world: World, options: argparse.Namespace) -> Answer:
    """Choose stations on a sample of the day, then fly the whole day over them."""
    places = (world.places.latitude_deg, world.places.longitude_deg)
    loss = sky.losses(
        *places,
        frequency_ghz=system.gateway.frequency_ghz,
        dish_m=system.gateway_dish_m,
        exceedance_percent=EXCEEDANCE_PERCENT,
        min_elevation_deg=system.gateway_min_elevation_deg,
    )
    over = sky.Sky(system, START, world.asks, places, loss, world.people.group)
    rules = curve.Rules.of(system, options.antennas)
    day = START + np.arange(0, options.hours * 3600, options.step_s) * np.timedelta64(1, "s")
    sample = over.steps(day[np.linspace(0, day.size, options.samples, endpoint=False).astype(int)])
    stations = curve.choose_stations(sample, options.stations, rules)
    carried_mbps, asked_mbps = curve.throughput_mbps(over, day, stations, rules)
    return Answer(system, stations, carried_mbps / 1e6, asked_mbps / 1e6)


def write_table(file: Path, answers: list[Answer], world: World) -> None:
    """A row per system and number of stations, with the station that joins."""
    rows = ["system,laser_mbps,stations,mean_tbps,least_tbps,most_tbps,joins,iso3,latitude_deg,longitude_deg"]
    for one in answers:
        for k, station in enumerate(one.stations):
            step, place = one.tbps[:, k], world.places
            figures = ",".join(f"{value:.4f}" for value in (step.mean(), step.min(), step.max()))
            where = f"{place.latitude_deg[station]:.3f},{place.longitude_deg[station]:.3f}"
            name = f'"{place.name[station]}",{place.iso3[station]}'
            rows.append(f"{one.system.name},{one.system.laser_mbps:g},{k + 1},{figures},{name},{where}")
    write_bytes(file, ("\n".join(rows) + "\n").encode())


def write_picture(file: Path, answers: list[Answer], foot: str) -> None:
    """A panel per system: with its lasers, and dashed without."""
    charts = []
    for name in dict.fromkeys(one.system.name for one in answers):
        own = [one for one in answers if one.system.name == name]
        note = f"{own[0].system.satellites:,} satellites"
        lines = [_line(one, len(own) > 1) for one in own]
        charts.append(
            Panel(name, note, lines, float(own[0].asked_tbps.mean()), "demand that satellites could carry")
        )
    title = "System throughput against the number of ground stations"
    write_bytes(file, panels(title, "ground stations", "Tbps", charts, foot).encode())


def _line(one: Answer, several: bool) -> Curve:
    lasers = one.system.laser_mbps > 0.0
    name = f"lasers of {one.system.laser_mbps / 1e3:g} Gbps" if lasers else "no lasers"
    t = one.tbps
    return Curve(name, COLOURS[one.system.name], t.mean(0), t.min(0), t.max(0), several and not lasers)


def tell(one: Answer) -> str:
    """One line: where the curve ends and how many stations reach nearly all of it."""
    mean = one.tbps.mean(axis=0)
    need = {share: int(np.argmax(mean >= share * mean[-1])) + 1 for share in (0.5, 0.9, 0.99)}
    reach = ", ".join(f"{100 * share:g} % with {count}" for share, count in need.items())
    return (
        f"{one.system.name}, lasers {one.system.laser_mbps / 1e3:g} Gbps: {mean[-1]:.2f} Tbps with "
        f"{mean.size} stations ({reach}); asked for {one.asked_tbps.mean():.2f} Tbps"
    )


def variants(names: list[str]) -> list[System]:
    """The systems, and those with lasers once more without."""
    found = []
    for name in names:
        system = read_system(name)
        found.append(system)
        if system.laser_mbps > 0.0:
            found.append(replace(system, laser_mbps=0.0))
    return found


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("system-throughput"))
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--step-s", type=int, default=60)
    parser.add_argument("--samples", type=int, default=48, help="steps on which stations are chosen")
    parser.add_argument("--stations", type=int, default=140)
    parser.add_argument("--antennas", type=int, default=STATION_ANTENNAS, help="of one station")
    return parser.parse_args()


def main() -> None:
    """Everything, in order."""
    options = arguments()
    world = World(world_people(), station_places())
    options.out.mkdir(parents=True, exist_ok=True)
    answers = []
    for system in variants(options.systems):
        answers.append(solve(system, world, options))
        print(tell(answers[-1]), flush=True)
    foot = (
        f"mean over {options.hours:g} h at {options.step_s} s, band: least to most; {options.antennas} "
        f"antennas a station; gateways at their {100 - EXCEEDANCE_PERCENT:g} % weather"
    )
    write_table(options.out / "throughput.csv", answers, world)
    write_picture(options.out / "throughput.svg", answers, foot)


if __name__ == "__main__":
    main()
