"""Panels of curves over a count: own scales, bands and limits where they are given."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import numpy as np

from raabta.report.growth_chart import HEIGHT, PANEL_WIDTH, Curve, Panel, panels

SPACE = "{http://www.w3.org/2000/svg}"
RISING = np.array([1.0, 2.0, 2.5, 2.6])


def drawn(*charts: Panel) -> ElementTree.Element:
    return ElementTree.fromstring(panels("A title", "stations", "Tbps", charts, "a <foot>"))


def heights(line: ElementTree.Element) -> list[float]:
    return [float(pair.split(",")[1]) for pair in line.attrib["points"].split()]


def test_a_curve_that_rises_goes_up_the_page_and_stays_within_it() -> None:
    (line,) = drawn(Panel("One", "a note", [Curve("x", "#123456", RISING)])).findall(f".//{SPACE}polyline")
    y = heights(line)
    assert all(below > above for below, above in pairwise(y))
    assert 0.0 < y[-1] < y[0] < HEIGHT
    assert float(line.attrib["points"].split()[-1].split(",")[0]) < PANEL_WIDTH


def test_panels_keep_scales_of_their_own() -> None:
    charts = [
        Panel(name, "", [Curve("x", "#123456", RISING * size)]) for name, size in (("a", 1), ("b", 1e3))
    ]
    first, second = drawn(*charts).findall(f".//{SPACE}polyline")
    assert heights(first) == heights(second)


def test_bands_dashes_and_limits_stand_where_they_are_asked_for() -> None:
    band = Curve("with", "#123456", RISING, RISING - 0.5, RISING + 0.5)
    root = drawn(Panel("One", "", [band, Curve("without", "#654321", RISING, dashed=True)], 4.0, "the most"))
    assert len(root.findall(f".//{SPACE}polygon")) == 1
    assert ["stroke-dasharray" in line.attrib for line in root.findall(f".//{SPACE}polyline")] == [
        False,
        True,
    ]
    words = [text.text for text in root.findall(f".//{SPACE}text")]
    assert {"the most", "with", "without", "stations", "Tbps", "a <foot>"} <= set(words)
