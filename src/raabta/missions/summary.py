"""What a run of a mission found: its tables, and the summary that `mission.json` holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base import tables
from raabta.base.units import km_to_ms
from raabta.missions import (
    alone,
    carried,
    closing,
    contacts,
    crew,
    exposure,
    image_tables,
    images,
    intervals,
    light,
    look_angles,
    rates,
    sun_outages,
)
from raabta.missions.contacts import pairs_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import xarray as xr
    from numpy.typing import NDArray

    from raabta.missions.model import Mission
    from raabta.network.mesh.contacts import ContactPlan

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Read = Callable[["Collection[str] | None"], "Iterable[Mapping[str, NDArray[Any]]]"]
"""Reads the chunks of a run in order, of each only the arrays that are named."""


@dataclass(frozen=True)
class Found:
    """Tables of a run by file name, its summary without what made it, and contact plans by case."""

    tables: dict[str, xr.Dataset]
    summary: dict[str, Any]
    plans: dict[str, ContactPlan]


def summarise(mission: Mission, read: Read) -> Found:
    """Join the days of a run and answer every question that its scenario asks."""
    held: dict[str, list[Any]] = {}
    for arrays in read(None):
        for name, values in arrays.items():
            held.setdefault(name, []).append(values)
    found = Found({}, {}, {})
    rows = intervals.joined(
        np.concatenate(held["contacts"]),
        3,
        least=[contacts.LEAST],
        most=[contacts.PEAK, contacts.MOST],
        final=[contacts.LAST],
    )
    seen = intervals.joined(np.concatenate(held["light"]), 2)
    lit = seen[seen[:, 1] == light.SOME][:, [0, 2, 3]]
    if mission.scenario.links:
        _contacts(mission, rows, found)
        steps = np.concatenate(held["rates"])
        _rates(mission, steps, found)
        found.plans.update(carried.plans_of(mission, rows, rates.whole(steps)))
    if mission.scenario.light:
        _light(mission, seen, found)
    if mission.scenario.tracks:
        _tracks(mission, np.concatenate(held["tracks"]), found)
    if mission.scenario.look_angles:
        _look_angles(mission, list(np.concatenate(held["looks"])), found)
    if mission.scenario.sun_outages:
        joined = intervals.joined(np.concatenate(held["sun_outages"]), 3, least=[5])
        _sun_outages(mission, joined, found)
    windows = intervals.joined(np.concatenate(held["windows"]), 3)
    if mission.scenario.data or mission.scenario.cameras:
        _data(mission, lit, windows, found)
    if mission.scenario.battery:
        closed = alone.closing(mission, rows, np.concatenate(held["rates"]))
        _gaps(mission, closed, lit, found)
    if mission.scenario.crew is not None:
        _crew(mission, rows, found)
    if mission.scenario.exposure is not None:
        _exposure(mission, np.concatenate(held["exposure"]), found)
    return found


def utc_text(mission: Mission, seconds: Floats) -> NDArray[np.str_]:
    """Seconds from the start as UTC to the millisecond, in words."""
    shown = np.datetime_as_string(mission.utc(seconds), "ms")
    return np.array([f"{text}Z" for text in shown.tolist()], np.str_)


def _names(mission: Mission, numbers: Floats | Ints) -> NDArray[np.str_]:
    return np.array(mission.nodes.name, np.str_)[numbers.astype(np.int64)]


def of_pair(rows: Floats, link: int, one: int, other: int) -> Floats:
    """Intervals (n, 2) of one link between two nodes."""
    own = (rows[:, 0] == link) & (rows[:, 1] == one) & (rows[:, 2] == other)
    return np.asarray(rows[own][:, [contacts.BEGIN, contacts.END]])


def _contacts(mission: Mission, rows: Floats, found: Found) -> None:
    links = np.array([link.name for link in mission.scenario.links], np.str_)
    begin, end = rows[:, contacts.BEGIN], rows[:, contacts.END]
    found.tables["contacts.csv"] = tables.as_dataset(
        tables.MISSION_CONTACTS,
        {
            "link": links[rows[:, 0].astype(np.int64)],
            "one": _names(mission, rows[:, 1]),
            "other": _names(mission, rows[:, 2]),
            "start": utc_text(mission, begin),
            "start_s": begin,
            "duration_s": end - begin,
            "peak_elevation_deg": rows[:, contacts.PEAK],
            "range_min_km": rows[:, contacts.LEAST],
            "range_max_km": rows[:, contacts.MOST],
            "cut": (begin <= 0.0) | (end >= mission.duration_s),
        },
    )
    found.tables["links.csv"], found.summary["links"] = _links(mission, rows)


def _links(mission: Mission, rows: Floats) -> tuple[xr.Dataset, list[dict[str, Any]]]:
    """By link and pair, and by link with its pairs taken together."""
    columns: dict[str, list[Any]] = {column.name: [] for column in tables.MISSION_LINKS.columns}
    summary = []
    for number, link in enumerate(mission.scenario.links):
        parts = []
        for one, other in pairs_of(mission, link).tolist():
            own = of_pair(rows, number, one, other)
            parts.append(own)
            ends = mission.nodes.name[one], mission.nodes.name[other]
            _append(columns, (link.name, *ends, *_figures(own, mission.duration_s).values()))
        together = _figures(intervals.united(parts), mission.duration_s)
        summary.append(
            {
                "link": link.name,
                "between": list(link.between),
                "pairs": len(parts),
                "contacts": sum(len(part) for part in parts),
                **{name: value for name, value in together.items() if name != "contacts"},
            }
        )
    arrays = {name: np.array(values) for name, values in columns.items()}
    return tables.as_dataset(tables.MISSION_LINKS, arrays), summary


def _rates(mission: Mission, steps: Floats, found: Found) -> None:
    """Tables of rates and of budgets, where links have any."""
    if not mission.carriers:
        return
    for name, columns, table in (
        ("rates", closing.rate_columns(mission, rates.whole(steps)), tables.MISSION_RATES),
        ("budgets", closing.budget_columns(mission, steps), tables.MISSION_BUDGETS),
    ):
        arrays = {key: np.array(values) for key, values in columns.items()}
        if "start_s" in arrays:
            arrays["start"] = utc_text(mission, arrays["start_s"])
        if arrays["link"].size:
            found.tables[f"{name}.csv"] = tables.as_dataset(table, arrays)
    if any(carrier.space is not None for carrier in mission.carriers.values()):
        found.summary["budgets"] = closing.told(mission, steps)


def _append(columns: dict[str, list[Any]], row: tuple[Any, ...]) -> None:
    for name, value in zip(columns, row, strict=True):
        columns[name].append(value)


def _figures(rows: Floats, duration_s: float) -> dict[str, Any]:
    """Of the contacts (n, 2) of one pair, or of a link as a whole."""
    return {
        "contacts": len(rows),
        "contact_share": min(intervals.length_s(rows) / duration_s, 1.0),
        "contact_s": intervals.length_s(rows),
        "longest_s": intervals.longest_s(rows),
        "longest_gap_s": intervals.longest_s(intervals.between(rows, 0.0, duration_s)),
    }


def _light(mission: Mission, rows: Floats, found: Found) -> None:
    parts, hidden, summary = [np.empty((0, 4))], list[str](), []
    for node in light.nodes_of(mission):
        states, by = light.states_of(mission, node, rows)
        parts.append(np.insert(states, 0, node, axis=1))
        hidden += by
        summary.append(_light_of(mission, node, states, by))
    table = np.concatenate(parts)
    found.tables["light.csv"] = tables.as_dataset(
        tables.MISSION_LIGHT,
        {
            "node": _names(mission, table[:, 0]),
            "state": np.array(light.STATES, np.str_)[table[:, 1].astype(np.int64)],
            "by": np.array(hidden, np.str_),
            "start": utc_text(mission, table[:, 2]),
            "start_s": table[:, 2],
            "duration_s": table[:, 3] - table[:, 2],
        },
    )
    found.summary["light"] = summary


def _light_of(mission: Mission, node: int, states: Floats, by: list[str]) -> dict[str, Any]:
    """Shares, nights, and what a body other than the node's own hides of the Sun."""
    length = states[:, 2] - states[:, 1]
    dark, whole, there_s = states[:, 0] == 0, states[:, 0] == 2, max(float(length.sum()), 1e-9)
    own = (light.HORIZON, mission.home(node), "")
    return {
        "node": mission.nodes.name[node],
        "sunlit_share": min(float(length[~dark].sum()) / there_s, 1.0),
        "full_share": min(float(length[whole].sum()) / there_s, 1.0),
        "eclipses": int(dark.sum()),
        "longest_dark_s": float(length[dark].max(initial=0.0)),
        "by_others": [
            {
                "by": by[k],
                "state": light.STATES[int(states[k, 0])],
                "start": str(utc_text(mission, states[[k], 1])[0]),
                "duration_s": float(length[k]),
            }
            for k in range(len(states))
            if by[k] not in own
        ],
    }


def _tracks(mission: Mission, elevation_deg: Floats, found: Found) -> None:
    found.summary["tracks"] = [
        {
            "site": mission.name(site),
            "node": mission.name(node),
            "elevation_min_deg": float(np.nanmin(elevation_deg[:, k])),
            "elevation_max_deg": float(np.nanmax(elevation_deg[:, k])),
        }
        for k, (site, node) in enumerate(look_angles.tracks_of(mission).tolist())
    ]


def _look_angles(mission: Mission, days: list[Floats], found: Found) -> None:
    pairs = look_angles.pairs_of(mission)
    points = sum(len(mission.steps(mission.day(day))) for day in range(mission.days))
    columns = look_angles.gathered(days, points)
    mask = mission.nodes.mask_deg[pairs[:, 0]]
    covered = columns["elevation_min_deg"] >= mask
    found.tables["look_angles.csv"] = tables.as_dataset(
        tables.MISSION_LOOKS,
        {
            "site": _names(mission, pairs[:, 0]),
            "node": _names(mission, pairs[:, 1]),
            **columns,
            "light_time_ms": km_to_ms(columns["range_min_km"]),
            "covered": covered,
        },
    )
    found.summary["look_angles"] = [
        {
            "node": mission.nodes.name[node],
            "sites": int((pairs[:, 1] == node).sum()),
            "covered": int(covered[pairs[:, 1] == node].sum()),
            "elevation_min_deg": float(columns["elevation_min_deg"][pairs[:, 1] == node].min()),
            "elevation_max_deg": float(columns["elevation_max_deg"][pairs[:, 1] == node].max()),
        }
        for node in np.unique(pairs[:, 1]).tolist()
    ]


def _sun_outages(mission: Mission, rows: Floats, found: Found) -> None:
    begin = rows[:, 3]
    found.tables["sun_outages.csv"] = tables.as_dataset(
        tables.MISSION_SUN_OUTAGES,
        {
            "site": _names(mission, rows[:, 1]),
            "node": _names(mission, rows[:, 2]),
            "start": utc_text(mission, begin),
            "start_s": begin,
            "duration_s": rows[:, 4] - begin,
            "separation_deg": rows[:, 5],
        },
    )
    found.summary["sun_outages"] = [
        {
            "dish_m": ask.dish_m,
            "frequency_ghz": ask.frequency_ghz,
            "threshold_deg": sun_outages.threshold_deg(ask.dish_m, ask.frequency_ghz),
            "nodes": [_of_node(mission, rows[rows[:, 0] == number], ask.sites, node)
                      for node in mission.nodes.named(ask.craft).tolist()],
        }
        for number, ask in enumerate(mission.scenario.sun_outages)
    ]  # fmt: skip


def _of_node(mission: Mission, rows: Floats, sites: str, node: int) -> dict[str, Any]:
    own = rows[rows[:, 2] == node]
    length = own[:, 4] - own[:, 3]
    seasons = _seasons(mission, own)
    return {
        "node": mission.nodes.name[node],
        "sites": int(mission.nodes.named(sites).size),
        "sites_hit": int(np.unique(own[:, 1]).size),
        "outages": len(own),
        "longest_s": float(length.max(initial=0.0)),
        "mean_per_site_s": float(length.sum() / max(1, np.unique(own[:, 1]).size)),
        "seasons": seasons,
    }


def _seasons(mission: Mission, rows: Floats) -> list[dict[str, Any]]:
    """Stretches of days with outages, more than 30 days apart."""
    if not len(rows):
        return []
    begins = np.sort(rows[:, 3])
    cuts = np.flatnonzero(np.diff(begins) > 30 * 86_400.0) + 1
    return [
        {"first": str(mission.utc(part[0]).astype("datetime64[D]")),
         "last": str(mission.utc(part[-1]).astype("datetime64[D]"))}
        for part in np.split(begins, cuts)
    ]  # fmt: skip


def _data(mission: Mission, lit: Floats, windows: Floats, found: Found) -> None:
    taken = images.images_of(mission, windows)
    made = carried.carried(mission, found.plans, lit, taken)
    found.summary["data"] = made.summary
    for name, table in (("data", tables.MISSION_DATA), ("delivered", tables.MISSION_DELIVERED)):
        arrays = {key: np.array(values) for key, values in made.tables[name].items()}
        found.tables[f"{name}.csv"] = tables.as_dataset(table, arrays)
    if mission.scenario.cameras:
        _images(mission, windows, taken, made.fates, found)


def _images(
    mission: Mission,
    windows: Floats,
    taken: list[images.Image],
    fates: dict[str, list[tuple[str, float]]],
    found: Found,
) -> None:
    seen, outlines = images.views_of(mission, taken)
    start = utc_text(mission, np.array([image.time_s for image in taken])).tolist()
    rows = image_tables.image_columns(mission, taken, start, seen, fates)
    targets = image_tables.target_columns(mission, windows, taken, seen["ground_sample_m"], fates)
    for name, table, columns in (
        ("images", tables.MISSION_IMAGES, rows),
        ("footprints", tables.MISSION_FOOTPRINTS, outlines),
        ("targets", tables.MISSION_TARGETS, targets),
    ):
        arrays = {each.name: np.array(columns[each.name], each.dtype) for each in table.columns}
        found.tables[f"{name}.csv"] = tables.as_dataset(table, arrays)
    found.summary["images"] = image_tables.figures(mission, taken, fates)
    found.summary["targets"] = image_tables.told(targets)


def _gaps(mission: Mission, rows: Floats, lit: Floats, found: Found) -> None:
    gaps = carried.gaps_of(mission, rows, lit)
    begin = np.array([gap.begin_s for gap in gaps], np.float64)
    length = np.array([gap.lasts_s for gap in gaps], np.float64)
    arrays = {
        "case": np.array([gap.case for gap in gaps], np.str_),
        "node": np.array([gap.node for gap in gaps], np.str_),
        "what": np.array([gap.what for gap in gaps], np.str_),
        "start": utc_text(mission, begin),
        "start_s": begin,
        "duration_s": length,
        "bridged": np.array([gap.bridged for gap in gaps], np.bool_),
    }
    found.tables["gaps.csv"] = tables.as_dataset(tables.MISSION_GAPS, arrays)
    found.summary["gaps"] = [
        {
            "case": case,
            "node": ask.node,
            "what": what,
            "lasts_h": ask.lasts_h,
            "gaps": len(own),
            "longest_s": max(gap.lasts_s for gap in own),
            "not_bridged": sum(not gap.bridged for gap in own),
        }
        for ask in mission.scenario.battery
        for case, what in [("", "dark"), *((case, "silent") for case in carried.cases_of(mission))]
        if (own := [gap for gap in gaps if (gap.case, gap.node, gap.what) == (case, ask.node, what)])
    ]


def _crew(mission: Mission, rows: Floats, found: Found) -> None:
    ask = mission.scenario.crew
    assert ask is not None
    node = int(mission.nodes.named(ask.craft)[0])
    by_link = []
    for number, link in enumerate(mission.scenario.links):
        own = (rows[:, 0] == number) & ((rows[:, 1] == node) | (rows[:, 2] == node))
        if node in pairs_of(mission, link):
            by_link.append((link.name, intervals.united([rows[own][:, [contacts.BEGIN, contacts.END]]])))
    by_link.append(("any", intervals.united([part for _, part in by_link])))
    columns = crew.day_rows(mission, ask, by_link)
    arrays = {name: np.array(values) for name, values in columns.items()}
    table = tables.as_dataset(tables.MISSION_CREW_DAYS, arrays)
    found.tables["crew_days.csv"] = table
    found.summary["crew"] = [_crew_figures(table, name) for name, _ in by_link]


def _crew_figures(table: xr.Dataset, link: str) -> dict[str, Any]:
    """Per whole day of 24 h, of one link; over all days where none is whole."""
    own = table["link"].values == link
    whole = own & (table["duration_s"].values >= 86_400.0 - 1e-6)
    rows = whole if whole.any() else own
    contact, awake = table["contact_s"].values[rows], table["awake_contact_s"].values[rows]
    return {
        "link": link,
        "days": int(rows.sum()),
        "contact_s_per_day": float(contact.mean()),
        "least_contact_s": float(contact.min()),
        "awake_contact_s_per_day": float(awake.mean()),
        "longest_gap_s": float(table["longest_gap_s"].values[own].max()),
    }


def _exposure(mission: Mission, flux: Floats, found: Found) -> None:
    ask = mission.scenario.exposure
    assert ask is not None
    if not flux.shape[1]:
        found.summary["exposure"] = {"skipped": exposure.MISSING}
        return
    columns = exposure.columns_of(ask, flux, mission.scenario.time.step_s)
    arrays = {name: np.array(values) for name, values in columns.items()}
    found.tables["exposure.csv"] = tables.as_dataset(tables.MISSION_EXPOSURE, arrays)
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    found.summary["exposure"] = {"solar": ask.solar, "fluxes": rows}
