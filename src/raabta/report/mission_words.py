"""What a page and a terminal say of a mission: its answers in sentences, its tables as rows of text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from raabta.missions.nodes import SUN
from raabta.report import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raabta.missions.stored import Stored

MINUTE: Final = 60.0
HOUR: Final = 3_600.0
SHOWN: Final = 400
"""Rows of a table on a page; the files hold all."""


@dataclass(frozen=True)
class Shown:
    """One table as text: its head, its rows, which columns stand to the right, a note below."""

    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: tuple[bool, ...]
    note: str = ""


@dataclass(frozen=True)
class Card:
    """One figure of the headline."""

    name: str
    value: str
    unit: str
    note: str


def spell(seconds: float) -> str:
    """A length of time in two units at most: 45 s, 10 min 35 s, 3 h 20 min, 4 days 6 h."""
    days, hours, minutes = (
        int(seconds // 86_400),
        int(seconds % 86_400 // HOUR),
        int(seconds % HOUR // MINUTE),
    )
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{minutes} min {seconds % MINUTE:.0f} s"
    if seconds < 3 * 86_400:
        return f"{days * 24 + hours} h {minutes} min"
    return f"{days} days {hours} h"


def answers(stored: Stored) -> list[str]:
    """The answer of each question in a sentence."""
    summary = stored.summary
    parts = (
        (_of_link, summary.get("links", [])),
        (_of_budget, summary.get("budgets", [])),
        (_of_light, summary.get("light", [])),
        (_of_eclipse, [one for one in summary.get("light", []) if one["by_others"]]),
        (_of_track, summary.get("tracks", [])),
        (_of_looks, summary.get("look_angles", [])),
        (_of_gap, summary.get("gaps", [])),
        (_of_camera, summary.get("images", [])),
        (_of_flow, summary.get("data", [])),
    )
    lines = [say(one) for say, rows in parts for one in rows]
    return lines + [line for ask in summary.get("sun_outages", []) for line in _of_outages(ask)]


def _of_link(one: dict[str, Any]) -> str:
    head = f"{one['link'][:1].upper()}{one['link'][1:]}: {one['contacts']:,} contacts"
    if one["pairs"] > 1:
        head += f" of {one['pairs']:,} pairs"
    silence = spell(one["longest_gap_s"])
    return f"{head}, {words.share(one['contact_share'])} of the time; the longest silence is {silence}."


def _of_budget(one: dict[str, Any]) -> str:
    """Whether a link's budget closes: how much of its contacts, at which rates, or by how much it misses."""
    head = f"{one['link'][:1].upper()}{one['link'][1:]}, {one['way']}"
    if "best" not in one:
        return f"{head}: no contact to close."
    closed = [rate for rate in one["rates"] if rate["rate_mbps"] > 0.0]
    best, worst = (
        f"{one[at]['sender']} to {one[at]['receiver']} at {one[at]['range_km']:,.0f} km"
        for at in ("best", "worst")
    )
    if not closed:
        return f"{head} never closes: at its best, {best}, it misses {-one['best']['spare_db']:.1f} dB."
    share = 1.0 - sum(rate["contact_share"] for rate in one["rates"] if not rate["rate_mbps"] > 0.0)
    names = [rate["mode"] for rate in closed]
    span = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    spare = one["worst"]["spare_db"]
    left = f"{spare:.1f} dB are left" if spare >= 0.0 else f"it misses {-spare:.1f} dB"
    closes = f"closes {words.share(share)} of the time in contact, at {span}"
    return f"{head}: {closes}; at its worst, {worst}, {left}."


def _of_light(one: dict[str, Any]) -> str:
    lit = f"{one['node']} is in sunlight {words.share(one['sunlit_share'])} of the time"
    whole = f"in all of the Sun's disc {words.share(one['full_share'])}"
    night = (
        f"its longest night lasts {spell(one['longest_dark_s'])}" if one["eclipses"] else "it has no night"
    )
    return f"{lit}, {whole}; {night}."


def _of_eclipse(one: dict[str, Any]) -> str:
    """What another body hides of the Sun."""
    told = [
        f"{'wholly' if each['state'] == 'dark' else 'partly'} from "
        f"{each['start'][:16].replace('T', ' ')} UTC for {spell(each['duration_s'])} by the {each['by']}"
        for each in one["by_others"][:6]
    ]
    rest = len(one["by_others"]) - len(told)
    return (
        f"Eclipsed by another body is {one['node']} {', '.join(told)}{f', and {rest} more' if rest else ''}."
    )


def _of_track(one: dict[str, Any]) -> str:
    low, high = one["elevation_min_deg"], one["elevation_max_deg"]
    node = "the Sun" if one["node"] == SUN else one["node"]
    if high < 0.0:
        below = f"it stays {-high:.1f} to {-low:.1f} deg below the horizontal"
        return f"{one['site']} never sees {node} rise: {below}."
    return f"Seen from {one['site']}, the elevation of {node} is {low:.1f} to {high:.1f} deg."


def _of_gap(one: dict[str, Any]) -> str:
    longest = spell(one["longest_s"])
    count, long = one["gaps"], one["not_bridged"]
    case = f" ({one['case']})" if one.get("case") else ""
    times = "once, for" if count == 1 else f"{count:,} times, for at most"
    outlast = "none outlasts" if not long else "1 outlasts" if long == 1 else f"{long:,} outlast"
    return f"{one['node']} is {one['what']}{case} {times} {longest}; {outlast} {one['lasts_h']:g} h."


def _of_flow(one: dict[str, Any]) -> str:
    case = f" ({one['case']})" if one["case"] else ""
    head = f"{one['flow'][:1].upper()}{one['flow'][1:]}{case}: {_mb(one['delivered_mb'])}"
    late = "" if one["latency_p50_s"] is None else f", half of it within {spell(one['latency_p50_s'])}"
    return f"{head} of {_mb(one['made_mb'])} delivered{late}."


def _of_camera(one: dict[str, Any]) -> str:
    case = f" ({one['case']})" if one["case"] else ""
    lost = [f"{one[key]} {word}" for key, word in _NOT_HOME if one[key]]
    name = f"{one['camera'][:1].upper()}{one['camera'][1:]}{case}"
    head = f"{name}: {one['home']} of {one['images']} images are home"
    return f"{head}{'; ' if lost else ''}{', '.join(lost)}."


_NOT_HOME: Final = (
    ("on_board", "still on board"),
    ("too_old", "too old before their turn"),
    ("queue_full", "lost to a full memory"),
)
WHY: Final = {
    "never in view": "never in view",
    "dark": "in view only while dark",
    "other images first": "its times went to other targets",
    "queue full": "taken; lost to a full memory",
    "too old": "taken; too old before its turn",
    "on board": "taken; on board at the end",
}
"""Why no image of a target is home, as a page says it."""


def _mb(volume_mb: float) -> str:
    """A volume in words."""
    for size, unit in ((1e3, "GB"), (1.0, "MB"), (1e-3, "kB")):
        if volume_mb >= size:
            return f"{volume_mb / size:,.3g} {unit}"
    return f"{volume_mb * 1e6:,.0f} bytes" if volume_mb else "0"


def _of_looks(one: dict[str, Any]) -> str:
    high = f"{one['elevation_min_deg']:.1f} to {one['elevation_max_deg']:.1f} deg high"
    return f"{one['node']} stands {high}, above the mask of {one['covered']} of {one['sites']} places."


def _of_outages(ask: dict[str, Any]) -> list[str]:
    return [
        f"The Sun blinds a {ask['dish_m']:g} m dish that listens to {one['node']} for at most "
        f"{spell(one['longest_s'])} a day, {_seasons(one['seasons'])}."
        for one in ask["nodes"]
        if one["outages"]
    ]


def _seasons(seasons: list[dict[str, str]]) -> str:
    return " and ".join(f"from {one['first']} to {one['last']}" for one in seasons)


def cards(stored: Stored) -> list[Card]:
    """The figures of the headline."""
    found = []
    for one in stored.summary.get("crew", []):
        minutes = one["contact_s_per_day"] / MINUTE
        awake = one["awake_contact_s_per_day"] / MINUTE
        found.append(
            Card(f"Contact a crew day, {one['link']}", f"{minutes:,.0f}", "min", f"{awake:,.0f} awake")
        )
    fluxes = stored.summary.get("exposure", {}).get("fluxes", [])
    for one in fluxes[:1]:
        name = f"{one['particle'].capitalize()} above {one['energy_mev']:g} MeV"
        fluence = words.short_count(float(f"{one['daily_fluence']:.2g}"))
        found.append(Card(name, fluence, "per cm² a day", "outside, unshielded"))
    return found


def tables(stored: Stored) -> list[Shown]:
    """All tables of a run, those that it has."""
    first = (_targets, _images, _data, _lunar_days, _gaps, *_budgets(stored), _links)
    ways = (*first, _crew_days, _exposure, _looks, _outages, _contacts)
    return [table for table in (way(stored) for way in ways) if table.rows]


def _minutes(row: dict[str, str], name: str) -> str:
    return f"{float(row[name]) / MINUTE:,.1f}"


def _data(stored: Stored) -> Shown:
    rows = [
        (
            f"{row['flow']} ({row['case']})" if row["case"] else row["flow"],
            *(_mb(float(row[f"{name}_mb"])) for name in ("made", "delivered", "waiting")),
            _mb(float(row["expired_mb"]) + float(row["lost_mb"])),
            *(_late(row[f"latency_{name}_s"]) for name in ("p50", "p95", "max")),
        )
        for row in stored.rows("data.csv")
    ]
    heads = ("Data", "Made", "Arrived", "Held", "Lost", "Half within", "95 %", "Latest")
    note = "Made to delivered; held: at the end of the run. Earliest: data.csv; curves: delivered.csv."
    return Shown("Data returned and commands delivered", heads, rows, (False, *[True] * 7), note)


def _budgets(stored: Stored) -> list[Callable[[Stored], Shown]]:
    """A table for each way of a link that has a budget."""
    rows = stored.rows("budgets.csv")
    ways = dict.fromkeys((row["link"], row["way"]) for row in rows)
    return [partial(_budget, rows=[row for row in rows if (row["link"], row["way"]) == way]) for way in ways]


def _budget(_: Stored, rows: list[dict[str, str]]) -> Shown:
    """The lines of a budget at its best and its worst, side by side."""
    best, worst = ([row for row in rows if row["at"] == at] for at in ("best", "worst"))
    lines = [
        (high["line"], _figure(high), _figure(low), high["line_unit"], high["note"])
        for high, low in zip(best, worst, strict=True)
    ]
    ends = [f"{own[0]['at']}: {own[0]['sender']} to {own[0]['receiver']}" for own in (best, worst)]
    title = f"Budget: {rows[0]['link']}, {rows[0]['way']}"
    note = f"{ends[0][:1].upper()}{ends[0][1:]}; {ends[1]}. Rates over time: rates.csv."
    heads = ("Line", "At the best", "At the worst", "Unit", "Of what")
    return Shown(title, heads, lines, (False, True, True, False, False), note)


def _figure(row: dict[str, str]) -> str:
    form = {"km": ",.0f", "Mbps": ",.4g"}.get(row["line_unit"], ",.2f")
    return format(float(row["value"]), form)


def _targets(stored: Stored) -> Shown:
    """What cameras looked for, and what came home of it."""
    cases = len(stored.summary.get("images", [])) > len(stored.scenario.cameras)
    rows = [
        (
            f"{row['target']} ({row['case']})" if cases else row["target"],
            f"{row['lit']} of {row['windows']}",
            row["images"],
            _after(row["first_s"]),
            f"{float(row['best_sample_m']):,.0f}" if row["best_sample_m"] else words.NOT_STORED,
            row["home"],
            _after(row["first_home_s"]),
            WHY.get(row["why"], ""),
        )
        for row in stored.rows("targets.csv")
    ]
    heads = ("Target", "Lit", "Images", "First taken", "Best, m", "Home", "First home", "Why none is home")
    note = "Lit: of its times in view. Best: a pixel on the ground. Times from the start of the run."
    return Shown("Targets of the cameras", heads, rows, (False, *[True] * 6, False), note)


def _images(stored: Stored) -> Shown:
    """The first images: where, how sharp, what came of them."""
    rows = [
        (
            row["start"].replace("T", " ")[:16],
            row["camera"],
            row["target"],
            f"{float(row['ground_sample_m']):,.0f}",
            f"{float(row['area_km2']):,.0f}",
            f"{float(row['sun_elevation_deg']):.0f}",
            row["fate"],
            _after(row["home_s"]),
        )
        for row in stored.rows("images.csv")
    ]
    heads = ("Taken, UTC", "Camera", "Target", "Pixel, m", "Covers, km²", "Sun up, deg", "Fate", "Home after")
    right = (False, False, False, True, True, True, False, True)
    note = f"{_rest(rows, 'images.csv', 30)} Angles and widths there; outlines in footprints.csv.".strip()
    return Shown("The first images", heads, rows[:30], right, note)


def _after(seconds: str) -> str:
    return spell(float(seconds)) if seconds else words.NOT_STORED


def _lunar_days(stored: Stored) -> Shown:
    """What each lunar day from the start brought, where the run has several."""
    found = [one for one in stored.summary.get("data", []) if len(one["delivered_per_lunar_day_mb"]) > 1]
    most = max((len(one["delivered_per_lunar_day_mb"]) for one in found), default=0)
    rows = [(one["case"], one["flow"], *map(_mb, one["delivered_per_lunar_day_mb"])) for one in found]
    heads = ("Case", "Data", *(f"Lunar day {number + 1}" for number in range(most)))
    note = "Delivered in each lunar day (29.53 days) from the start; the last may be short."
    return Shown("Data returned by lunar day", heads, rows, (False, False, *[True] * most), note)


def _late(text: str) -> str:
    return spell(float(text)) if text else words.NOT_STORED


def _gaps(stored: Stored) -> Shown:
    """The longest gaps first."""
    held = sorted(stored.rows("gaps.csv"), key=lambda row: -float(row["duration_s"]))
    rows = [
        (
            row["node"],
            f"{row['what']} ({row['case']})" if row.get("case") else row["what"],
            row["start"].replace("T", " ")[:16],
            spell(float(row["duration_s"])),
            "yes" if row["bridged"] == "True" else "no",
        )
        for row in held
    ]
    heads = ("Node", "What", "From, UTC", "For", "Bridged")
    right = (False, False, False, True, True)
    return Shown("Gaps", heads, rows[:20], right, _rest(rows, "gaps.csv", 20))


def _links(stored: Stored) -> Shown:
    rows = [
        (
            row["link"],
            f"{row['one']} – {row['other']}",
            row["contacts"],
            words.share(float(row["contact_share"])),
            spell(float(row["longest_s"])),
            spell(float(row["longest_gap_s"])),
        )
        for row in stored.rows("links.csv")
    ]
    heads = ("Link", "Between", "Contacts", "Of the time", "Longest", "Longest silence")
    return Shown("Links", heads, rows, (False, False, True, True, True, True), "Every contact: contacts.csv.")


def _crew_days(stored: Stored) -> Shown:
    rows = [
        (
            row["day"],
            row["link"],
            row["contacts"],
            _minutes(row, "contact_s"),
            _minutes(row, "awake_contact_s"),
            _minutes(row, "longest_gap_s"),
        )
        for row in stored.rows("crew_days.csv")
    ]
    heads = ("Day", "Link", "Contacts", "Minutes", "Of them awake", "Longest silence, min")
    return Shown("Contact by crew day", heads, rows, (False, False, True, True, True, True))


def _exposure(stored: Stored) -> Shown:
    rows = [
        (
            row["particle"],
            row["energy_mev"],
            f"{float(row['mean_flux']):,.3g}",
            f"{float(row['peak_flux']):,.3g}",
            f"{float(row['daily_fluence']):,.3g}",
            words.share(float(row["hot_share"])),
        )
        for row in stored.rows("exposure.csv")
    ]
    heads = (
        "Particles",
        "Above, MeV",
        "Mean flux, /cm²/s",
        "Greatest",
        "Fluence a day, /cm²",
        "Time in the anomaly",
    )
    return Shown("Trapped radiation along the orbit", heads, rows, (False, *[True] * 5))


def _looks(stored: Stored) -> Shown:
    rows = [
        (
            row["site"],
            row["node"],
            _span(row, "elevation", "deg"),
            _span(row, "azimuth", "deg"),
            f"{float(row['range_min_km']):,.0f}",
            f"{float(row['light_time_ms']):.1f}",
            "yes" if row["covered"] == "True" else "no",
        )
        for row in stored.rows("look_angles.csv")
    ]
    heads = (
        "Place",
        "Satellite",
        "Elevation, deg",
        "Azimuth, deg",
        "Range, km",
        "One way, ms",
        "Above the mask",
    )
    return Shown(
        "Look angles", heads, rows[:SHOWN], (False, False, *[True] * 5), _rest(rows, "look_angles.csv")
    )


def _span(row: dict[str, str], name: str, unit: str) -> str:
    low, high = (f"{float(row[f'{name}_{end}_{unit}']):.2f}" for end in ("min", "max"))
    return low if low == high else f"{low} to {high}"


def _outages(stored: Stored) -> Shown:
    """By place: the outages of each, longest first."""
    held: dict[tuple[str, str], list[float]] = {}
    for row in stored.rows("sun_outages.csv"):
        held.setdefault((row["site"], row["node"]), []).append(float(row["duration_s"]))
    rows = [
        (site, node, f"{len(own)}", spell(max(own)), f"{sum(own) / MINUTE:,.1f}")
        for (site, node), own in sorted(held.items())
    ]
    heads = ("Place", "Satellite", "Outages", "Longest", "Minutes in all")
    note = "Every outage: sun_outages.csv."
    return Shown("Sun outages by place", heads, rows[:SHOWN], (False, False, True, True, True), note)


def _contacts(stored: Stored) -> Shown:
    rows = [
        (
            row["link"],
            f"{row['one']} – {row['other']}",
            row["start"].replace("T", " ")[:19],
            spell(float(row["duration_s"])),
            f"{float(row['peak_elevation_deg']):.1f}" if row["peak_elevation_deg"] else words.NOT_STORED,
        )
        for row in stored.rows("contacts.csv")
    ]
    first = sorted(rows, key=lambda row: row[2])[:40]
    heads = ("Link", "Between", "From, UTC", "For", "Highest, deg")
    return Shown(
        "The first contacts", heads, first, (False, False, False, True, True), _rest(rows, "contacts.csv", 40)
    )


def _rest(rows: Sequence[tuple[str, ...]], file: str, shown: int = SHOWN) -> str:
    left = len(rows) - shown
    return f"{left:,} more in {file}." if left > 0 else ""
