"""The picture of a run: the map of the served share and the headline, one standalone SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from raabta.report import figures, maps, page, palette, svg, words

if TYPE_CHECKING:
    from raabta.service.results import Results

MAP: Final = 720.0
SIDE: Final = 430.0
GAP: Final = 40.0


def picture(results: Results) -> str:
    """The served share of the homes that ask on a map, the headline beside it. SVG text, no scripts."""
    side = _side(results)
    if results.cells.sizes["cell"] == 0:
        return _whole(results, side, 480.0)
    base = maps.ground(results, MAP)
    drawn, height = maps.layer_group(base, maps.served(results))
    return _whole(results, drawn + svg.group(side, transform=f"translate({MAP + GAP:g} 0)"), height)


def _whole(results: Results, inner: str, height: float) -> str:
    wide, tall = MAP + GAP + SIDE + 40.0, max(height, 560.0) + 40.0
    paper = svg.tag("rect", width=wide, height=tall, fill="#ffffff")
    inside = svg.group(inner, transform="translate(20 20)")
    title = words.clean(results.scenario.title or results.scenario.name)
    return svg.picture(wide, tall, title, "Who is served: a map and the headline", paper + inside)


def _side(results: Results) -> str:
    title = lines(results.scenario.title or results.scenario.name, SIDE, 25)
    title = [*title[:3], title[3] + " …"] if len(title) > 4 else title
    parts = [svg.label(0, 30 + 30 * i, line, 25, font_weight=700) for i, line in enumerate(title)]
    y = 30.0 + 30 * len(title)
    for line in lines(" · ".join(page.facts(results)), SIDE, 14):
        parts.append(svg.label(0, y, line, 14, fill=palette.MUTED))
        y += 20
    y += 24
    for one in page.headline(results):
        parts.append(
            svg.group(
                _plan(one, one["name"] == results.scenario.demand.plan), transform=f"translate(0 {y:g})"
            )
        )
        y += 98
    return "".join(parts) + _quality(results, y + 10)


def _plan(one: dict[str, Any], main: bool) -> str:
    colour = palette.INK if main else palette.MUTED
    share = one["of_asked"]
    number = words.count(one["served"])
    body = svg.label(0, 34, number, 40, font_weight=700, fill=colour)
    body += svg.label(
        svg.width_of(number, 40) * 1.04 + 12, 34, f"homes at {one['name']} Mbps", 17, fill=colour
    )
    body += svg.tag("rect", y=46, width=SIDE, height=9, rx=2, fill="#e6ebef")
    body += svg.tag("rect", y=46, width=SIDE * min(1.0, share or 0.0), height=9, rx=2, fill="#2a788e")
    text = f"{words.share(share)} of the homes that ask"
    if one["of_underserved"] is not None:
        text += f", {words.share(one['of_underserved'])} of the underserved"
    return body + svg.label(0, 73, text, 14, fill=palette.MUTED)


def _quality(results: Results, y: float) -> str:
    totals = figures.pick(results.summary, "totals") or {}
    pick, rows = figures.pick, []
    rows.append(("Availability", words.share(pick(totals, "availability_share"), 2)))
    rows.append(("Busy-hour rate, median", words.number(pick(totals, "busy_hour_mbps", "p50")) + " Mbps"))
    rows.append(("Round trip of light", words.number(pick(totals, "rtt_propagation_ms", "p50")) + " ms"))
    reasons = [one for one in figures.reasons(results) if one.name != "demand_met"]
    if reasons:
        rows.append(("Mostly held back by", reasons[0].text.lower()))
    return "".join(_row(name, value, y + 30 * i) for i, (name, value) in enumerate(rows))


def _row(name: str, value: str, y: float) -> str:
    rule = svg.tag("line", x1=0, x2=SIDE, y1=y, y2=y, stroke="#dde3e8")
    left = svg.label(0, y + 20, name, 15, fill=palette.MUTED)
    return rule + left + svg.label(SIDE, y + 20, value, 15, font_weight=700, text_anchor="end")


def lines(text: object, width: float, size: float) -> list[str]:
    """Break a text into lines of about `width` pixels at spaces; a word that is too long is cut."""
    room, found = max(4, int(width / (svg.CHARACTER_SHARE * size))), [""]
    for word in words.clean(text).split():
        piece = word if len(word) <= room else word[: room - 1] + "…"
        if found[-1] and len(found[-1]) + 1 + len(piece) > room:
            found.append(piece)
        else:
            found[-1] = f"{found[-1]} {piece}".strip()
    return found
