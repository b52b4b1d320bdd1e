"""Maps of an area (light, nights, slope): coloured classes as a picture inside an SVG, with a legend."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.report import palette, svg

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH: Final = 640.0
EDGE: Final = 20.0
HEAD: Final = 60.0
ROW: Final = 26.0
UNKNOWN: Final = "#ecece9"


def area_map(
    values: NDArray[np.float64], classes: palette.Classes, title: str, description: str, side_km: float
) -> str:
    """Values (rows, columns) of a square area as a whole SVG document; NaN is unknown. side_km: its width."""
    rows, columns = values.shape
    wide = WIDTH - 2 * EDGE
    tall = wide * rows / columns
    data = base64.b64encode(png(classes.index(values), classes.colours)).decode()
    style = "image-rendering:pixelated"
    picture = svg.tag(
        "image", x=EDGE, y=HEAD, width=wide, height=tall, href=f"data:image/png;base64,{data}", style=style
    )
    frame = svg.tag("rect", x=EDGE, y=HEAD, width=wide, height=tall, fill="none", stroke=palette.INK)
    legend = _legend(values, classes, HEAD + tall + 50.0)
    height = HEAD + tall + 60.0 + ROW * (-(-len(classes.labels) // 3))
    paper = svg.tag("rect", width=WIDTH, height=height, fill="#ffffff")
    head = svg.label(EDGE, 26, title, 18, font_weight=600) + svg.label(EDGE, 48, description, 14)
    bar = _bar(HEAD + tall + 14.0, wide, side_km)
    return svg.picture(WIDTH, height, title, description, paper + head + picture + frame + bar + legend)


def png(index: NDArray[np.int64], colours: tuple[str, ...]) -> bytes:
    """Classes (rows, columns), -1 for unknown, as a PNG of a palette (ISO/IEC 15948)."""
    hexes = (*colours, UNKNOWN)
    table = b"".join(bytes.fromhex(colour[1:]) for colour in hexes)
    shown = np.where(index < 0, len(colours), index).astype(np.uint8)
    lines = np.column_stack([np.zeros(shown.shape[0], np.uint8), shown]).tobytes()
    head = struct.pack(">IIBBBBB", shown.shape[1], shown.shape[0], 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", table), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _legend(values: NDArray[np.float64], classes: palette.Classes, y: float) -> str:
    index, parts = classes.index(values), []
    known = max(1, int((index >= 0).sum()))
    for k, (colour, text) in enumerate(zip(classes.colours, classes.labels, strict=True)):
        x, line = EDGE + (k % 3) * (WIDTH - 2 * EDGE) / 3.0, y + ROW * (k // 3)
        parts.append(
            svg.tag("rect", x=x, y=line - 12, width=24.0, height=15.0, fill=colour, stroke="#8a949e")
        )
        share = f"{100.0 * int((index == k).sum()) / known:.0f} %"
        parts.append(svg.label(x + 32, line, f"{text}  ({share})", 13.5))
    return "".join(parts)


def _bar(y: float, wide: float, side_km: float) -> str:
    """A bar of a round length."""
    most = side_km / 4.0
    ten = 10.0 ** np.floor(np.log10(most))
    length = float(max(step for step in (1.0, 2.0, 5.0) if step * ten <= most) * ten)
    end = EDGE + wide * length / side_km
    line = svg.tag("line", x1=EDGE, x2=end, y1=y, y2=y, stroke=palette.INK, stroke_width=3)
    return line + svg.label(end + 8, y + 5, f"{length:g} km", 13)
