"""Three constellations of Hypatia's paper, with its rule for links to the ground and with a true mask.

python examples/hypatia/run.py --out DIR

Writes a Hypatia folder of each, answers the same pairs over them by both rules, prints two Markdown tables.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import NamedTuple

from raabta.engine import kernelcache

kernelcache.prepare()

import numpy as np  # noqa: E402

from raabta.base.bodies import EARTH  # noqa: E402
from raabta.network.mesh.hypatia import effective_mask_deg, slant_range_km  # noqa: E402
from raabta.network.mesh.paths import plus_grid  # noqa: E402
from raabta.network.mesh.topology import longest_laser_km  # noqa: E402
from raabta.network.mesh.walking import links_in_view, step_times  # noqa: E402
from raabta.orbits.elements import MeanElements  # noqa: E402
from raabta.orbits.tle_write import tle_pairs  # noqa: E402
from raabta.scenario.loader import load_any  # noqa: E402
from raabta.scenario.paths import PathScenario  # noqa: E402
from raabta.service.pairs.run import ask, prepare  # noqa: E402

HERE = Path(__file__).resolve().parent
EPOCH = np.datetime64("2000-01-01T00:00:00", "ns")
RADIUS_KM = EARTH.equatorial_radius_km
GRAZING_KM = 80.0
PAIRS = (
    ("telesat", "London", "New-York"),
    ("telesat", "London", "Singapore"),
    ("kuiper", "Rio", "St-Petersburg"),
    ("kuiper", "London", "New-York"),
    ("kuiper", "London", "Singapore"),
    ("starlink", "Rio", "St-Petersburg"),
    ("starlink", "London", "New-York"),
    ("starlink", "London", "Singapore"),
)


class System(NamedTuple):
    """A row of `systems.csv`."""

    label: str
    planes: int
    satellites_per_plane: int
    inclination_deg: float
    mean_motion_rev_day: float
    altitude_km: float
    elevation_deg: float
    longest_link_km: float

    @property
    def longest_laser_km(self) -> float:
        """Longest laser above the grazing altitude, over the equatorial radius as Hypatia counts it."""
        return longest_laser_km(self.altitude_km, GRAZING_KM, RADIUS_KM)


def systems() -> dict[str, System]:
    """The constellations, by name."""
    with (HERE / "systems.csv").open(encoding="utf-8") as stream:
        return {row["name"]: _system(row) for row in csv.DictReader(stream)}


def _system(row: dict[str, str]) -> System:
    planes, each, *figures = (row[name] for name in System._fields[1:])
    return System(row["label"], int(planes), int(each), *map(float, figures))


def write_folder(system: System, folder: Path) -> None:
    """A Hypatia folder of a constellation: planes all round, every other one half a place ahead, +Grid
    between satellites of the same number, and the places of `stations.csv`."""
    folder.mkdir(parents=True)
    rows = (f"{system.label} {i}\n{a}\n{b}\n" for i, (a, b) in enumerate(tle_pairs(elements(system))))
    head = f"{system.planes} {system.satellites_per_plane}\n"
    (folder / "tles.txt").write_text(head + "".join(rows), encoding="utf-8")
    grid = plus_grid(system.planes, system.satellites_per_plane).neighbour
    pairs = sorted({(min(a, b), max(a, b)) for a, row in enumerate(grid.tolist()) for b in row})
    (folder / "isls.txt").write_text("".join(f"{a} {b}\n" for a, b in pairs), encoding="utf-8")
    with (HERE / "stations.csv").open(encoding="utf-8") as stream:
        lines = [f"{i},{','.join(row)},0\n" for i, row in enumerate(list(csv.reader(stream))[1:])]
    (folder / "ground_stations.txt").write_text("".join(lines), encoding="utf-8")
    limits = {"gsl": system.longest_link_km, "isl": system.longest_laser_km}
    text = "".join(f"max_{name}_length_m={1e3 * km:.10f}\n" for name, km in limits.items())
    (folder / "description.txt").write_text(text, encoding="utf-8")


def elements(system: System) -> MeanElements:
    """Mean elements as Hypatia's generator makes them."""
    count = system.planes * system.satellites_per_plane
    plane, place = np.divmod(np.arange(count), system.satellites_per_plane)
    turn = 360.0 / system.satellites_per_plane
    return MeanElements(
        epoch=np.full(count, EPOCH),
        inclination_deg=np.full(count, system.inclination_deg),
        raan_deg=plane * 360.0 / system.planes,
        eccentricity=np.full(count, 1e-7),
        argp_deg=np.zeros(count),
        mean_anomaly_deg=place * turn + (plane % 2) * 0.5 * turn,
        mean_motion_rev_day=np.full(count, system.mean_motion_rev_day),
        bstar_per_radius=np.zeros(count),
        names=tuple(f"{system.label} {i}" for i in range(count)),
        norad_id=np.arange(count) + 1,
    )


def scenario_of(folder: Path, system: System, *, true: bool) -> PathScenario:
    """The question that a folder puts: with its longest link, or with the elevation behind it."""
    mask = ("ground.mask=elevation", "ground.max_range_km=null")
    floor = f"constellation.user_min_elevation_deg={system.elevation_deg:g}"
    found = load_any(folder, settings=(*mask, floor) if true else ())
    assert isinstance(found, PathScenario)
    return found


def answer(folder: Path, system: System, pair: tuple[str, str], *, true: bool) -> tuple[float, float, float]:
    """Least and longest round trip, ms, and seconds without a way of 200."""
    found = ask(*prepare(scenario_of(folder, system, true=true).between(*pair)))
    row = {str(name): values.item() for name, values in found.pairs.isel(pair=0).items()}
    lost_s = (1.0 - row["connected_share"]) * found.summary["duration_s"]
    return row["rtt_min_ms"], row["rtt_max_ms"], lost_s


def in_view(folder: Path, system: System, *, true: bool) -> tuple[float, float]:
    """Satellites that a place of the table may use, in the mean over 200 s, and the share of them below its
    horizon."""
    mesh, _ = prepare(scenario_of(folder, system, true=true))
    counts, below = [], 0
    for position_km in mesh.propagator.positions_km(step_times(mesh.scenario, range(0, 200, 10))):
        links = links_in_view(mesh, np.ascontiguousarray(position_km))
        place = np.repeat(np.arange(mesh.sites.count), np.diff(links.start))
        ray = position_km.T[links.satellite] - mesh.sites.km[place]
        below += int((np.einsum("ex,ex->e", ray, mesh.sites.basis[place, 2]) < 0.0).sum())
        counts.append(links.satellite.size)
    return sum(counts) / len(counts) / mesh.sites.count, below / max(sum(counts), 1)


COLUMNS = (
    "constellation",
    "altitude: said, flown",
    "mask said",
    "longest link",
    "stands for: at altitude said, flown",
    "true longest link",
    "satellites in view: rule, mask",
    "of the rule's, below the horizon",
    "longest laser",
)


def rules_table(folders: dict[str, Path]) -> list[str]:
    """What both rules allow, as a Markdown table."""
    rows = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    for name, system in systems().items():
        (flat, below), (true, _) = (in_view(folders[name], system, true=true) for true in (False, True))
        said_km, flown_km = system.altitude_km, float(elements(system).semi_major_axis_km[0]) - RADIUS_KM
        masks = [effective_mask_deg(km, system.longest_link_km, RADIUS_KM) for km in (said_km, flown_km)]
        cells = (
            system.label,
            f"{said_km:,.0f}, {flown_km:,.0f} km",
            f"{system.elevation_deg:g}°",
            f"{system.longest_link_km:,.1f} km",
            f"{masks[0]:.1f}°, {masks[1]:.1f}°",
            f"{slant_range_km(said_km, system.elevation_deg, RADIUS_KM):,.1f} km",
            f"{flat:.1f}, {true:.1f}",
            f"{100.0 * below:.0f} %",
            f"{system.longest_laser_km:,.0f} km",
        )
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def pairs_table(folders: dict[str, Path]) -> list[str]:
    """Round trips and outages of some pairs by both rules, as a Markdown table."""
    rows = [
        "| constellation | pair | round trip, rule | round trip, true mask | no way, rule | no way, "
        "true mask |",
        "|---|---|---|---|---|---|",
    ]
    for name, *pair in PAIRS:
        system, ends = systems()[name], (pair[0], pair[1])
        found = [answer(folders[name], system, ends, true=true) for true in (False, True)]
        ranges = [f"{low:.1f}–{high:.1f} ms" for low, high, _ in found]
        lost = [f"{round(lost_s)} s" for *_, lost_s in found]
        rows.append(f"| {system.label} | {' – '.join(ends)} | {' | '.join([*ranges, *lost])} |")
    return rows


def main() -> None:
    """Write the folders, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="a new folder for the three Hypatia folders")
    out = parser.parse_args().out
    folders = {name: out / name for name in systems()}
    for name, system in systems().items():
        write_folder(system, folders[name])
    print("\n".join([*rules_table(folders), "", *pairs_table(folders)]))


if __name__ == "__main__":
    main()
