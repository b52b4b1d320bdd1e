"""What `raabta` prints after a run: a headline, tables and bars, for a terminal of 80 columns or more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from raabta.report import figures, page, words

if TYPE_CHECKING:
    from rich.console import RenderableType

    from raabta.report.figures import Row
    from raabta.service.results import Results

BAR = 20


def terminal(results: Results) -> list[RenderableType]:
    """Headline, by province, ten worst and ten best districts, why not, and where it is uncertain."""
    plan, rows = results.scenario.demand.plan, figures.district_rows(results)
    by_province = [provinces(rows, plan)] if any(row.province for row in rows) else []
    reasons = [why_not(results)] if figures.reasons(results) else []
    both = [constellations(results, plan)] if figures.constellations(results) else []
    lands = [landing(results)] if figures.landing(results) else []
    return [headline(results), *both, *by_province, *_ends(rows, plan), *reasons, *lands, doubts(results)]


def _ends(rows: list[Row], plan: str) -> list[Table]:
    """The worst and the best districts; one table where a single district asks, or none."""
    worst, best = figures.ranked(rows, plan)
    if not best:
        return [ranking(worst, plan, "Districts")]
    return [ranking(worst, plan, _title("worst", worst)), ranking(best, plan, _title("best", best))]


def _title(end: str, rows: list[Row]) -> str:
    return f"Ten {end} districts" if len(rows) == figures.RANKED else f"{end} districts".capitalize()


def headline(results: Results) -> Panel:
    """Homes served per plan, then availability, rate, delay and throughput."""
    totals = figures.pick(results.summary, "totals") or {}
    lines = [Text(", ".join(words.clean(fact) for fact in page.facts(results)), style="dim"), Text()]
    lines += [_plan_line(one) for one in page.headline(results)]
    lines += [Text(), Text(_quality(totals) if figures.asked_homes(results) > 0.0 else _nobody(results))]
    title = words.clean(results.scenario.title or results.scenario.name)
    return Panel(Group(*lines), title=Text(title, style="bold"), padding=(1, 2))


def _nobody(results: Results) -> str:
    """Why every figure is nought: there are homes, but none that the scenario serves, or none subscribes."""
    demand = results.scenario.demand
    if demand.take_up_share == 0.0:
        return "Nobody asks for service: demand.take_up_share is 0"
    homes = words.count(results.cells["households"].sum())
    which = {"rural": "is rural", "underserved": "counts as underserved"}.get(demand.serve, "asks")
    return (
        f"Nobody asks for service: of {homes} homes in the area none {which} (demand.serve: {demand.serve})"
    )


def _plan_line(one: dict[str, Any]) -> Text:
    line = Text(f"{one['name']:>7} Mbps  ")
    line.append(f"{words.count(one['served']):>11} homes served", style="bold")
    line.append(f"   {words.share(one['of_asked'])} of those that ask")
    if one["of_underserved"] is not None:
        line.append(f", {words.share(one['of_underserved'])} of the underserved")
    return line.append(f"  ({one['band']})") if one["band"] else line


def _quality(totals: dict[str, Any]) -> str:
    pick = figures.pick
    return (
        f"Availability {words.share(pick(totals, 'availability_share'), 2)}; "
        f"busy hour {words.number(pick(totals, 'busy_hour_mbps', 'p50'))} Mbps "
        f"(p10 {words.number(pick(totals, 'busy_hour_mbps', 'p10'))}, "
        f"p90 {words.number(pick(totals, 'busy_hour_mbps', 'p90'))}); "
        f"round trip {words.number(pick(totals, 'rtt_propagation_ms', 'p50'))} ms by light alone; "
        f"{words.number(pick(totals, 'throughput_gbps', 'forward'))} Gbps to homes, "
        f"{words.number(pick(totals, 'throughput_gbps', 'return'))} from them"
    )


def constellations(results: Results, plan: str) -> Table:
    """By which of its constellations a run with a fallback serves its homes."""
    right = ["Asked by", f"Served {plan}", "Round trip, ms", "Gbps to homes"]
    table = _table("By constellation (each home counts once)", ["Constellation"], right)
    for one in figures.constellations(results):
        table.add_row(
            Text(words.clean(one["label"])),
            words.count(one["households_asked"]),
            words.count(figures.pick(one, "households_served", plan)),
            words.number(figures.pick(one, "rtt_propagation_ms", "p50")),
            words.number(figures.pick(one, "throughput_gbps", "forward")),
        )
    return table


def provinces(rows: list[Row], plan: str) -> Table:
    """Homes by province, with a line for everything and one for the census rows alone."""
    table = _table("By province (homes)", ["Province"], ["Underserved", "Asking", f"Served {plan}", "Share"])
    for row in figures.province_rows(rows, plan):
        table.add_row(*_province(row, plan))
    table.add_section()
    table.add_row(*_province(figures.total_row(rows, "All", plan), plan), style="bold")
    counted = [row for row in rows if not row.estimated]
    if figures.has_estimates(rows):
        table.add_row(*_province(figures.total_row(counted, "census rows only", plan), plan))
        table.caption = Text("* people estimated: no census rows in our source, status disputed")
    return table


def _province(row: Row, plan: str) -> list[Text]:
    homes = [words.count(value) for value in (row.underserved, row.subscribers, row.served[plan])]
    return [_name(row), *map(Text, homes), Text(words.share(row.served_share(plan)))]


def _name(row: Row) -> Text:
    return Text(row.name + (" *" if row.estimated else ""))


def ranking(rows: list[Row], plan: str, title: str) -> Table:
    """One end of the list of districts, sorted by served share of the homes that ask."""
    table = _table(f"{title}, by served share of the homes that ask at {plan}", ["District", "Province"],
                   ["Asking", "Served", "Share"])  # fmt: skip
    table.add_column("Held back by")
    for row in rows:
        homes = [Text(words.count(value)) for value in (row.subscribers, row.served[plan])]
        reason = Text(words.constraint(row.binding) if row.binding else words.NOT_STORED)
        table.add_row(
            _name(row), Text(row.province), *homes, Text(words.share(row.served_share(plan))), reason
        )
    if not rows:
        table.add_row(Text("none asks for service"))
    return table


def why_not(results: Results) -> Table:
    """The binding constraints, weighted by unserved homes and not weighted, with a bar."""
    table = _table("Why not: what binds", ["Constraint"], ["of unserved homes", "of cells and slots"])
    table.add_column("", no_wrap=True)
    for one in figures.reasons(results):
        bar = "█" * round(BAR * min(one.weighted, 1.0))
        table.add_row(Text(one.text), words.share(one.weighted), words.share(one.unweighted), Text(bar))
    return table


def landing(results: Results) -> Table:
    """Where traffic lands: by gateway, and by lasers on the way."""
    right = ["Share", "Lasers", "Round trip by laser, ms"]
    table = _table("Where traffic lands", ["Gateway", "Country"], right)
    found = figures.landing(results) or figures.NOWHERE
    for one in found.gateways:
        table.add_row(
            Text(words.clean(one["name"])),
            Text(words.country(one["country"])),
            words.share(one["share"]),
            words.number(one["lasers_mean"]),
            words.number(one["laser_rtt_ms"]),
        )
    table.caption = Text(
        "Shares of the forward Mbps. "
        + "; ".join(f"{name}: {words.share(part)}" for name, part in found.ways)
    )
    return table


def doubts(results: Results) -> Table:
    """Where the numbers are uncertain."""
    table = _table("Where the numbers are uncertain", ["What", "How much"], [])
    for what, value in figures.doubts(results):
        table.add_row(Text(what), Text(value))
    return table


def _table(title: str, left: list[str], right: list[str]) -> Table:
    table = Table(
        title=Text(title, style="bold"), title_justify="left", caption_justify="left", header_style="dim"
    )
    for name in left:
        table.add_column(name)
    for name in right:
        table.add_column(name, justify="right")
    return table
