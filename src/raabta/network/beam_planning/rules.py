"""The rules of the plain problem, in one place.

A user is served by one satellite that stands less than 45 degrees from the user's zenith (the direction from
the Earth's centre), and at least 20 degrees from every interferer as the user sees it. A satellite has 32
beams in 4 colours; two beams of one colour are at least 10 degrees apart as the satellite sees them.
At the limits: exactly 45 degrees is out, exactly 20 and exactly 10 degrees are in. Plans keep MARGIN_DEG
inside every limit, so that no rounding, ours or another checker's, makes a link of theirs invalid.
"""

from __future__ import annotations

import math

CONE_DEG = 45.0
GUARD_DEG = 20.0
REUSE_DEG = 10.0
BEAMS = 32
COLOURS = "ABCD"
MARGIN_DEG = 1e-9
"""Far above the rounding of an angle, some 1e-13 degrees, and far below anything a user could mean."""

CONE_COSINE = math.cos(math.radians(CONE_DEG - MARGIN_DEG))
GUARD_COSINE = math.cos(math.radians(GUARD_DEG + MARGIN_DEG))
REUSE_COSINE = math.cos(math.radians(REUSE_DEG + MARGIN_DEG))
