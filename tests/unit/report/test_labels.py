from itertools import combinations

import numpy as np

from raabta.report import svg
from raabta.report.geometry import Frame
from raabta.report.labels import Box, Layout, Placed

FRAME = Frame((30.0, 70.0), 0.0, 0.0, 1.0, 400.0, 300.0)


def box_of(at: Placed, size: float) -> Box:
    width = svg.width_of(at.text, size)
    left = at.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[at.anchor] * width
    return Box(left, at.y - 0.75 * size, left + width, at.y + 0.2 * size)


def test_labels_never_overlap_nor_leave_the_frame() -> None:
    rng = np.random.default_rng(5)
    layout = Layout(FRAME)
    placed = [
        layout.place(f"Town {i}", x, y, 13.0, 6.0) for i, (x, y) in enumerate(rng.uniform(0, 300, (150, 2)))
    ]
    boxes = [box_of(one, 13.0) for one in placed if one]
    assert 20 < len(boxes) < 150
    assert not any(a.meets(b) for a, b in combinations(boxes, 2))
    assert all(FRAME.holds(b.left, b.top) and FRAME.holds(b.right, b.bottom) for b in boxes)


def test_a_second_label_at_the_same_point_takes_another_side() -> None:
    layout = Layout(FRAME)
    first, second = (layout.place("Quetta", 200.0, 150.0, 13.0, 6.0) for _ in range(2))
    assert first and second and (first.anchor, second.anchor) == ("start", "end")


def test_a_reserved_map_has_no_room() -> None:
    layout = Layout(FRAME)
    layout.reserve(Box(0, 0, 400, 300))
    assert layout.place("Quetta", 200.0, 150.0, 13.0, 6.0) is None
