"""Maps of areas: the picture inside is a PNG of the classes, the legend counts them."""

from __future__ import annotations

import base64
import re
import zlib

import numpy as np

from raabta.report.area_map import area_map, png
from raabta.report.palette import Classes

CLASSES = Classes((0.0, 0.5), ("#440154", "#f7e13c"), ("under 50 %", "50 % or more"))


def test_the_picture_holds_the_classes_and_the_legend_their_shares() -> None:
    values = np.array([[0.1, 0.9, 0.9], [np.nan, 0.2, 0.9]])
    drawn = area_map(values, CLASSES, "Light <2028>", "Mean share of the Sun's disc", 40.0)
    assert "Light &lt;2028&gt;" in drawn and "under 50 %  (40 %)" in drawn and "50 % or more  (60 %)" in drawn
    assert ">10 km<" in drawn
    found = re.search(r"base64,([^\"]+)", drawn)
    assert found is not None
    data = base64.b64decode(found[1])
    assert data == png(CLASSES.index(values), CLASSES.colours) and data.startswith(b"\x89PNG")
    packed = data[data.index(b"IDAT") + 4 : data.index(b"IEND") - 8]
    assert zlib.decompress(packed) == bytes([0, 0, 1, 1, 0, 2, 0, 1])
