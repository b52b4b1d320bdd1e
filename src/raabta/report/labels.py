"""Names on a map without overlap: each label takes the first free place around its point, or none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raabta.report import svg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raabta.report.geometry import Frame


@dataclass(frozen=True)
class Box:
    """A rectangle on the page: left, top, right, bottom in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two rectangles overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True)
class Placed:
    """A label with its place: baseline start (or middle, end) in pixels."""

    text: str
    x: float
    y: float
    anchor: str


@dataclass
class Layout:
    """The places already taken on one map."""

    frame: Frame
    taken: list[Box] = field(default_factory=list)

    def reserve(self, box: Box) -> None:
        """Keep labels out of a rectangle."""
        self.taken.append(box)

    def dot(self, x: float, y: float, radius: float) -> None:
        """Keep labels off a mark."""
        self.reserve(Box(x - radius, y - radius, x + radius, y + radius))

    def place(self, text: str, x: float, y: float, size: float, gap: float) -> Placed | None:
        """Take the first free place around (x, y), `gap` pixels away; None where there is none."""
        width = svg.width_of(text, size)
        for placed, box in _candidates(text, x, y, width, size, gap):
            if self._free(box):
                self.taken.append(box)
                return placed
        return None

    def _free(self, box: Box) -> bool:
        inside = self.frame.holds(box.left, box.top, 4.0) and self.frame.holds(box.right, box.bottom, 4.0)
        return inside and not any(box.meets(other) for other in self.taken)


def _candidates(
    text: str, x: float, y: float, width: float, size: float, gap: float
) -> Iterator[tuple[Placed, Box]]:
    rise = 0.36 * size
    places = [
        ("start", x + gap, y + rise),
        ("end", x - gap, y + rise),
        ("middle", x, y - gap),
        ("middle", x, y + gap + 0.75 * size),
        ("start", x + 0.7 * gap, y - 0.7 * gap),
        ("end", x - 0.7 * gap, y - 0.7 * gap),
        ("start", x + 0.7 * gap, y + 0.7 * gap + 0.7 * size),
        ("end", x - 0.7 * gap, y + 0.7 * gap + 0.7 * size),
    ]
    for anchor, at, base in places:
        left = at - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width
        yield Placed(text, at, base, anchor), Box(left - 1, base - 0.8 * size, left + width + 1, base + 3)
