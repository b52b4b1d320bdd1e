"""The chart of a sweep: points where the values are, marks that span them, gaps, and text that is safe."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from raabta.report.sweep_chart import HEAD, LEFT, PANEL, RIGHT, WIDTH, Curve, Panel, draw, spark, ticks

X = np.array([0.0, 5.0, 10.0])


def points(document: str) -> list[list[tuple[float, float]]]:
    found = re.findall(r'points="([^"]+)"', document)
    return [[tuple(map(float, pair.split(","))) for pair in one.split()] for one in found]  # type: ignore[misc]


def test_values_stand_where_their_scale_puts_them() -> None:
    panel = Panel("Level", "dB", (Curve("forward", "#000000", np.array([-10.0, 0.0, 10.0])),))
    document = draw("title", ["below"], "x, deg", X, [panel])
    assert ET.fromstring(document).tag.endswith("svg")
    (line,) = points(document)
    middle = (LEFT + WIDTH - RIGHT) / 2
    assert line == [(LEFT, HEAD + PANEL), (middle, HEAD + PANEL / 2), (WIDTH - RIGHT, HEAD)]


def test_steps_hold_their_value_and_unknown_ones_leave_a_gap() -> None:
    steps = Curve("rate", "#000000", np.array([0.0, 10.0, 10.0]), steps=True)
    gap = Curve("other", "#111111", np.array([0.0, np.nan, 10.0]))
    first, *others = points(draw("t", [], "x", X, [Panel("Rate", "Mbps", (steps, gap), from_nought=True)]))
    assert first[0][1] == first[1][1] == HEAD + PANEL
    assert first[1][0] == first[2][0]
    assert [len(one) for one in others] == [1, 1]


def test_the_point_asked_for_is_marked_in_every_panel_where_it_is_on_the_axis() -> None:
    panel = Panel("Level", "dB", (Curve("a", "#000000", X),))
    assert draw("t", [], "x", X, [panel, panel], here=5.0).count("stroke-dasharray") == 2
    assert draw("t", [], "x", X, [panel, panel], here=11.0).count("stroke-dasharray") == 0


def test_a_name_cannot_break_the_document() -> None:
    panel = Panel("<b>", "dB", (Curve("a&b", "#000000", X),))
    root = ET.fromstring(draw("<script>", ["a & b"], '"x"', X, [panel]))
    assert "<script>" in "".join(root.itertext())


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-53.2, 20.4), (3.0, 3.0), (0.0, 0.0), (4.0, 50.0)])
def test_ticks_span_the_values_in_round_steps(low: float, high: float) -> None:
    found = ticks(low, high)
    assert found[0] <= low <= high <= found[-1]
    assert 2 <= len(found) <= 8
    assert np.allclose(np.diff(found), found[1] - found[0])


@pytest.mark.parametrize(("low", "high"), [(30.0, 30.0), (29.999999999, 30.000000001), (-5e-9, -5e-9)])
def test_ticks_of_a_level_line_read_differently(low: float, high: float) -> None:
    found = ticks(low, high)
    assert found[0] <= low <= high <= found[-1]
    assert len({f"{value:,.10g}" for value in found}) == len(found) >= 2


def test_a_spark_rises_with_its_values() -> None:
    assert spark(np.arange(8.0)) == "▁▂▃▄▅▆▇█"
    assert spark(np.array([1.0, np.nan, 1.0])) == "▅ ▅"
    assert len(spark(np.arange(1000.0))) == 48
