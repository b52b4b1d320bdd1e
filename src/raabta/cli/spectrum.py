"""`raabta spectrum`: a run against the Radio Regulations, and what each rule costs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raabta.base.errors import ScenarioError
from raabta.cli.output import say, say_json, show

if TYPE_CHECKING:
    from rich.table import Table

_BAND = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)-(\d{1,3}(?:\.\d{1,6})?)", re.ASCII)
MISSING = "row missing from our table"


def spectrum(
    folder: Path,
    *,
    band: str | None,
    step: str | None,
    hours: float,
    worldwide: bool,
    beams: str,
    price_slots: int,
    as_json: bool,
) -> None:
    """Answer, with progress bars on standard error; print the tables, or the whole as JSON."""
    import raabta.pipeline as pipeline
    from raabta.cli.progress import Bars
    from raabta.cli.times import seconds
    from raabta.study import spectrum as room

    own = beams == "run"
    question = room.Question(
        band_ghz=read_band(band) if band else None,
        step_s=seconds(step, "--step") if step else 60.0 if own else 10.0,
        duration_s=3_600.0 * hours,
        worldwide=worldwide,
        beams="run" if own else "everywhere",
        price_slots=price_slots,
    )
    results = pipeline.open_run(folder)
    pipeline.refuse_changed(results)
    with Bars() as bars:
        found = room.answer(results, question, pipeline.served_of, bars)
    if as_json:
        say_json(found)
        return
    say(heading(found))
    for system in found["constellations"]:
        say(named(system))
        show([flux_table(system), epfd_table(system["epfd_down"])])
    if found["together"]:
        say(all_of(found["together"]))
        show([epfd_table(found["together"]["epfd_down"])])
    if found["price"]["rules"]:
        show([price_table(found)])
    for line in (*missing(found), *notes(found)):
        say(line)


def read_band(text: str) -> tuple[float, float]:
    """`18.6-20.2` in GHz. Raises ScenarioError for what is no band."""
    match = _BAND.fullmatch(text)
    low, high = (float(part) for part in match.groups()) if match else (0.0, 0.0)
    if not 0.0 < low < high:
        raise ScenarioError(
            f"option --band: '{text[:40]}' is not a band", hint="write LOW-HIGH in GHz, such as 18.6-20.2"
        )
    return low, high


def heading(found: dict[str, Any]) -> str:
    """What was looked at."""
    return f"{found['scenario']}: ITU Region {found['region']}\n{found['label']}"


def named(system: dict[str, Any]) -> str:
    """A constellation and its band."""
    channels = "its channels side by side; --band LOW-HIGH says otherwise"
    band = {"option": "as given", "scenario": "as the scenario states", "channels": channels}[
        system["band_from"]
    ]
    return f"\n{system['constellation']}: users from space in {_band(system['band_ghz'])} GHz ({band})"


def all_of(together: dict[str, Any]) -> str:
    """The constellations that share spectrum, and what they are held against."""
    return (
        f"\n{_names(together['constellations'])} together, in {_band(together['band_ghz'])} GHz: held "
        f"against the limits of one system; those of all (Resolution 76): {together['limits_of_all']}"
    )


def _names(names: list[str]) -> str:
    return " and ".join(names)


def flux_table(found: dict[str, Any]) -> Table:
    """Power flux density, a row each."""
    from rich.table import Table

    table = Table(title="Power flux density on the ground (Article 21)", title_justify="left")
    names = (
        "band, GHz",
        "rule of",
        "per",
        "worst at",
        "dB(W/m2)",
        "limit",
        "margin, dB",
        "uncapped",
        "verdict",
    )
    for name in names:
        table.add_column(name)
    for row in found["pfd"]:
        table.add_row(
            _band(row["band_ghz"]),
            row["authority"],
            _bandwidth(row["reference_khz"]),
            f"{row['altitude_km']:g} km, {row['elevation_deg']:g} deg",
            f"{row['level_dbw_m2']:.1f}",
            f"{row['limit_dbw_m2']:.1f}",
            f"{row['margin_db']:+.1f}",
            f"{row['margin_without_cap_db']:+.1f}",
            row["verdict"],
        )
    return table


def epfd_table(down: dict[str, Any]) -> Table:
    """EPFD down: every antenna's rows."""
    from rich.table import Table

    hours = down["step_s"] * down["steps"] / 3_600.0
    title = (
        f"EPFD down in 40 kHz (Article 22): {down['steps']:,} steps of {down['step_s']:g} s "
        f"({hours:.3g} h), beams: {down['beams']}, victims in {down['victims']}, "
        f"worst geometry to {down['search_to_deg']:g} deg"
    )
    table = Table(title=title, title_justify="left")
    columns = (
        "antenna",
        "worst geometry",
        "% of time",
        "dB(W/m2)",
        "limit",
        "margin to next row, dB",
        "verdict",
    )
    for name in columns:
        table.add_column(name)
    for antenna in down["antennas"]:
        for i, row in enumerate(antenna["rows"]):
            first = _antenna(antenna) if i == 0 else ("", "")
            table.add_row(*first, *_epfd_row(row), end_section=i == len(antenna["rows"]) - 1)
    return table


def missing(found: dict[str, Any]) -> list[str]:
    """What no verdict stands for: bands without a row of the Radio Regulations, and EPFD up."""
    lines = []
    for system in found["constellations"]:
        whose = f"{system['constellation']}: " if len(found["constellations"]) > 1 else ""
        parts = (
            ("Power flux density", system["pfd_missing_ghz"]),
            ("EPFD down", system["epfd_down"]["missing_ghz"]),
        )
        lines += [f"{whose}{what}, {_band(band)} GHz: {MISSING}" for what, bands in parts for band in bands]
    return [*lines, f"EPFD up, table {found['epfd_up']['table']}: {found['epfd_up']['verdict']}"]


def _antenna(antenna: dict[str, Any]) -> tuple[str, str]:
    return (
        f"{antenna['table']} {antenna['service']} {antenna['antenna_m']:g} m",
        f"{antenna['latitude_deg']:g} N, towards {antenna['gso_longitude_deg']:g} E",
    )


def _epfd_row(row: dict[str, Any]) -> tuple[str, ...]:
    level, margin = row["level_dbw_m2"], row["margin_db"]
    return (
        f"{100.0 * row['time_share']:g}",
        "-inf" if level is None else f"{level:.1f}",
        f"{row['limit_dbw_m2']:g}",
        "" if margin is None else f"{margin:+.1f}",
        row["verdict"],
    )


def price_table(found: dict[str, Any]) -> Table:
    """Homes served with and without each rule."""
    from rich.table import Table

    price = found["price"]
    title = (
        f"The price: homes served at {price['plan']} on {price['slots']} of {price['of_slots']:,} slots "
        f"({price['served']:,.0f} as the scenario stands)"
    )
    table = Table(title=title, title_justify="left")
    for name in ("rule", "with it", "without it", "it costs", "note"):
        table.add_column(name)
    for rule in price["rules"]:
        figures = ("served_with", "served_without", "cost_households")
        table.add_row(rule["rule"], *(_homes(rule.get(name)) for name in figures), rule["note"])
    return table


def notes(found: dict[str, Any]) -> list[str]:
    """What the verdicts stand on."""
    systems = found["constellations"]
    looked_at = _names([system["constellation"] for system in systems])
    lines = [
        f"Verdicts are for {looked_at} alone: {name} is geostationary, of which the rows here do not speak. "
        "Prices count the homes that both serve."
        for name in found["not_looked_at"]
    ]
    if len(systems) > 1 and found["together"] is None:
        lines.append(f"{looked_at} share no spectrum: nothing is summed.")
    lines += [f"EPFD assumes that {text}." for text in systems[0]["epfd_down"]["assumptions"]]
    unsure = {row["confidence"] for system in systems for row in system["pfd"] if row["confidence"] != "A"}
    lines += [f"Confidence of a flux limit: {text}." for text in sorted(unsure)]
    return lines


def _band(band: list[float]) -> str:
    return f"{band[0]:g} to {band[1]:g}"


def _bandwidth(khz: float) -> str:
    return f"{khz / 1e3:g} MHz" if khz >= 1e3 else f"{khz:g} kHz"


def _homes(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
