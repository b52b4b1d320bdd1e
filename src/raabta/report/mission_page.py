"""`report.html` of a mission: figures, maps, tables and assumptions on one self-contained page."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.missions import intervals, look_angles
from raabta.missions.nodes import SUN
from raabta.report import (
    mission_charts,
    mission_images,
    mission_maps,
    mission_words,
    page,
    sources,
    words,
)
from raabta.report.mission_charts import Strip
from raabta.report.mission_maps import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from raabta.missions.stored import Stored

    Floats = NDArray[np.float64]

LIMITS: Final = (
    "Links without a budget: rates are as said, or go by range alone; weather takes nothing from them.",
    "Budgets: weather of one availability all the time; the body behind a sender fills the beam's middle.",
    "Shadows: bodies are spheres without air; the Sun is as bright at its limb as in its middle.",
    "Antenna pointing, hand-over and acquisition times: a contact begins when both ends see each other.",
    "Refraction (0.17 deg at 5 deg of elevation, 0.57 at the horizon): elevations are geometric.",
    "Other users of a relay or a station, and what they leave.",
)
"""What no mission of this version models."""


@dataclass(frozen=True)
class Pictures:
    """A section of figures: across the page, or two beside each other."""

    title: str
    figures: list[tuple[str, Any]]
    wide: bool = True
    note: str = ""


def render(stored: Stored) -> str:
    """The whole page as HTML text."""
    return page.environment().get_template("mission.html.j2").render(context(stored))


def context(stored: Stored) -> dict[str, Any]:
    """What the template shows, by name."""
    scenario = stored.scenario
    return {
        "title": scenario.title or scenario.name,
        "facts": facts(stored),
        "stand_ins": [site.name for site in scenario.sites if site.stand_in],
        "answers": mission_words.answers(stored),
        "cards": mission_words.cards(stored),
        "craft_notes": [f"{one.name}: {one.note}" for one in scenario.craft if one.note],
        "pictures": [section for section in pictures(stored) if section.figures],
        "tables": mission_words.tables(stored),
        "assumptions": stored.summary["notes"],
        "limits": LIMITS,
        "inputs": inputs(stored),
        "provenance": page.flat(page.provenance(stored)),
    }


def facts(stored: Stored) -> list[str]:
    """The line under the title."""
    time, mission = stored.scenario.time, stored.mission
    start, links = time.start.astimezone(dt.UTC), len(stored.scenario.links)
    return [
        f"{words.duration(time.duration_s)} from {start.day} {start:%B %Y %H:%M} UTC",
        words.counted(mission.nodes.sites, "site"),
        f"{len(stored.scenario.craft)} craft",
        *([words.counted(links, "link")] if links else []),
    ]


def inputs(stored: Stored) -> list[tuple[str, list[sources.Input]]]:
    """(owner, figures) of every site and craft, with the catalogue's sources, then of the rest."""
    data = json.loads(stored.scenario.model_dump_json())
    found = [
        (words.clean(one["name"]), sources.figures_of(kind, "", one))
        for kind, room in (("site", "sites"), ("craft", "craft"))
        for one in data[room]
    ]
    asked = {
        key: data[key] for key in ("time", "links", "crew", "exposure", "sun_outages", "seed") if data[key]
    }
    return [*found, ("Time and questions", sources.figures_of("mission", "", asked))]


def pictures(stored: Stored) -> Iterator[Pictures]:
    """The sections of figures, in the order of the reader's questions."""
    yield Pictures("When", _markup([("", _timeline(stored))]))
    yield Pictures("Data", _markup(_volumes(stored)), wide=False)
    yield Pictures("What cameras saw", _markup(mission_images.maps(stored)))
    yield Pictures("By day", _markup(_days(stored)), wide=False)
    yield Pictures("Elevation", _markup(_tracks(stored)), wide=False)
    yield Pictures("Where", _markup(_globes(stored)))
    yield Pictures(
        "Where dishes point", _markup(_dots(stored)), wide=False,
        note="Outline: Natural Earth 10m, de facto; it expresses no view on the status of any territory.",
    )  # fmt: skip
    yield Pictures("When the Sun blinds dishes", _markup(_outages(stored)), wide=False)


def _markup(figures: list[tuple[str, str]]) -> list[tuple[str, Any]]:
    from markupsafe import Markup

    return [(name, Markup(text)) for name, text in figures if text]


def _spans(rows: list[dict[str, str]]) -> Floats:
    """Intervals (n, 2) of rows of a table."""
    begin = np.array([float(row["start_s"]) for row in rows])
    return np.column_stack([begin, begin + np.array([float(row["duration_s"]) for row in rows])])


def _timeline(stored: Stored) -> str:
    contacts, light = stored.rows("contacts.csv"), stored.rows("light.csv")
    strips = []
    for number, one in enumerate(stored.summary.get("links", [])):
        own = [row for row in contacts if row["link"] == one["link"]]
        spans = intervals.united([_spans(own)]) if own else intervals.NONE
        colour = mission_maps.colour(number)
        strips.append(Strip(one["link"], spans, colour, words.share(one["contact_share"])))
    for one in stored.summary.get("light", []):
        own = [row for row in light if row["node"] == one["node"] and row["state"] != "dark"]
        spans = _spans(own) if own else intervals.NONE
        figure = words.share(one["sunlit_share"])
        strips.append(Strip(f"{one['node']} in sunlight", spans, mission_charts.SUNLIT, figure))
    if not strips:
        return ""
    time = stored.scenario.time
    return mission_charts.timeline(strips, time.start.astimezone(dt.UTC), time.duration_s)


def _volumes(stored: Stored) -> list[tuple[str, str]]:
    """For every case what is made and what is delivered over the run, a panel for each kind of data."""
    rows = stored.rows("delivered.csv")
    found = []
    for case in dict.fromkeys(row["case"] for row in rows):
        own = [row for row in rows if row["case"] == case]
        flows = list(dict.fromkeys(row["flow"] for row in own))
        each = {name: [row for row in own if row["flow"] == name] for name in flows}
        days = _column(each[flows[0]], "time_s") / 86_400.0
        lines = [(name, _column(of, "made_mb"), _column(of, "delivered_mb")) for name, of in each.items()]
        found.append(("", mission_charts.volumes(case or "Over all links", days, lines)))
    return found


def _column(rows: list[dict[str, str]], name: str) -> Floats:
    return np.array([float(row[name]) for row in rows], np.float64)


def _days(stored: Stored) -> list[tuple[str, str]]:
    rows = stored.rows("crew_days.csv")
    if not rows:
        return []
    days = list(dict.fromkeys(row["day"] for row in rows))
    links = list(dict.fromkeys(row["link"] for row in rows))

    def series(column: str, names: list[str]) -> list[tuple[str, list[float]]]:
        return [(name, [float(row[column]) / 60.0 for row in rows if row["link"] == name]) for name in names]

    ground = [name for name in links if name != "any"]
    return [
        (
            "Minutes of contact a crew day",
            mission_charts.day_bars(days, series("contact_s", ground), "minutes"),
        ),
        (
            "Longest silence of a crew day",
            mission_charts.day_bars(days, series("longest_gap_s", links), "minutes"),
        ),
    ]


def _tracks(stored: Stored) -> list[tuple[str, str]]:
    tracks = look_angles.tracks_of(stored.mission)
    if not len(tracks):
        return []
    nodes, step_s = stored.mission.nodes, stored.scenario.time.step_s
    seen = [SUN if other == stored.mission.sun else nodes.name[other] for other in tracks[:, 1].tolist()]
    names = [
        f"{name} from {nodes.name[site]}" for name, site in zip(seen, tracks[:, 0].tolist(), strict=True)
    ]
    masks = nodes.mask_deg[tracks[:, 0]].tolist()
    curve = stored.curve("tracks").astype(np.float64)
    return [
        ("", mission_charts.elevation_curves([name], curve[:, [k]], step_s, [masks[k]]))
        for k, name in enumerate(names)
    ]


def _globes(stored: Stored) -> list[tuple[str, str]]:
    moving, nodes = look_angles.moving(stored.mission).tolist(), stored.mission.nodes
    if not moving:
        return []
    found = _moon(stored, [number for number in moving if nodes.home[number] == "Moon"])
    near = [number for number in moving if nodes.home[number] == "Earth"]
    if not near:
        return found
    own = "Ground track of the first day, stations and relays"
    body = mission_maps.tracks(stored.curve("paths"), near)
    found.append((own, mission_maps.globe(own, body + mission_maps.marks(_marks(stored)), own)))
    asked = stored.scenario.exposure
    flux = stored.curve("exposure") if asked is not None else np.empty((0, 0))
    if asked is not None and flux.shape[1]:
        k = moving.index(int(nodes.named(asked.craft)[0]))
        curve = stored.curve("ground_tracks")[:, k].astype(np.float64)
        title = f"Protons above {asked.protons_mev[0]:g} MeV along the orbit"
        drawn, key = mission_maps.coloured_track(curve[:, 0], curve[:, 1], flux[:, 0])
        below = mission_maps.key_below(key, "particles per cm² and s")
        found.append((title, mission_maps.globe(title, drawn + below, title)))
    return found


def _moon(stored: Stored, moving: list[int]) -> list[tuple[str, str]]:
    """The ground tracks of a day of what goes around the Moon, and the sites there."""
    if not moving:
        return []
    nodes = stored.mission.nodes
    sites = [
        Mark(site.name, site.latitude_deg, site.longitude_deg, "#d55e00")
        for site in stored.scenario.sites
        if site.frame != "WGS84"
    ]
    body = mission_maps.tracks(stored.curve("paths"), moving) + mission_maps.marks(sites)
    if len(moving) > 1:
        key = [(mission_maps.colour(k), nodes.name[number]) for k, number in enumerate(moving)]
        body += mission_maps.key_below(key, "ground tracks")
    names = ", ".join(nodes.name[number] for number in moving)
    title = f"Ground track of the first day on the Moon (MOON_ME): {names}"
    return [(title, mission_maps.moon(title, body))]


def _marks(stored: Stored) -> list[Mark]:
    sites = [
        Mark(site.name, site.latitude_deg, site.longitude_deg, "#d55e00")
        for site in stored.scenario.sites
        if site.frame == "WGS84"
    ]
    return sites + [
        Mark(one.name, 0.0, one.geostationary_deg, "#009e73")
        for one in stored.scenario.craft
        if one.geostationary_deg is not None
    ]


def _dots(stored: Stored) -> list[tuple[str, str]]:
    """Maps of elevation, one for each craft that the sites of a table look at."""
    if not stored.scenario.tables:
        return []
    nodes = stored.mission.nodes
    place = {name: number for number, name in enumerate(nodes.name)}
    group = stored.scenario.tables[0].group
    found = []
    rows = stored.rows("look_angles.csv")
    for name in dict.fromkeys(row["node"] for row in rows):
        own = [row for row in rows if row["node"] == name and nodes.group[place[row["site"]]] == group]
        sites = [place[row["site"]] for row in own]
        marks = [Mark("", float(nodes.latitude_deg[i]), float(nodes.longitude_deg[i])) for i in sites]
        values = np.array([float(row["elevation_mean_deg"]) for row in own])
        if len(own):
            drawn = mission_maps.country_dots(marks, values, "PAK", "elevation, deg")
            found.append((f"{name}: elevation over the districts", drawn))
    return found


def _outages(stored: Stored) -> list[tuple[str, str]]:
    rows = stored.rows("sun_outages.csv")
    if not rows:
        return []
    nodes, found = stored.mission.nodes, []
    for ask in stored.scenario.sun_outages:
        sites = {nodes.name[number] for number in nodes.named(ask.sites).tolist()}
        own = [row for row in rows if row["site"] in sites]
        dates = [np.datetime64(row["start"][:10]) for row in own]
        minutes = np.array([float(row["duration_s"]) / 60.0 for row in own])
        title = f"{ask.dish_m:g} m dishes, {ask.frequency_ghz:g} GHz"
        if own:
            drawn = mission_charts.outage_days(dates, minutes, [row["node"] for row in own], title)
            found.append((f"{ask.sites.capitalize()}: {title}", drawn))
    return found
