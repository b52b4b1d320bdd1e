"""Rows of `base.ephemeris` and `base.rotations`: places of the Sun and the Moon, axes of both bodies."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from raabta.base.clock import Times
from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.bench.instances import Floats, utc
from raabta.engine.provenance import version_of

MILLIONS = 1e-6


def _places(quick: bool) -> Case:
    from raabta.base.ephemeris import ephemeris

    times = utc(20_000 if quick else 500_000, 60)
    source = ephemeris()
    return Case(
        size=f"Moon and Sun at {times.size:,} minutes",
        ours=lambda: np.stack([source.position_km("Moon", times), source.position_km("Sun", times)]),
        amount=2 * times.size * MILLIONS,
        peer=_jplephem(times),
        same=_apart_km,
    )


def _jplephem(times: Times) -> Peer | str:
    if find_spec("jplephem") is None:
        return "jplephem is not installed (skyfield brings it)"
    from jplephem.spk import SPK

    from raabta.base.ephemeris import ephemeris
    from raabta.base.timescales import J2000_JD, tdb_s

    kernel = SPK.open(ephemeris().file)

    def run() -> Floats:
        day = tdb_s(times) / 86_400.0
        moon, earth, barycentre, sun = (
            kernel[pair].compute(J2000_JD, day) for pair in ((3, 301), (3, 399), (0, 3), (0, 10))
        )
        return np.stack([(moon - earth).T, (sun - barycentre - earth).T])

    return Peer(f"jplephem {version_of('jplephem')}", run, 2 * times.size * MILLIONS)


def _apart_km(ours: Floats, theirs: Floats) -> Difference:
    return Difference("largest distance", 1e6 * float(np.abs(ours - theirs).max()), 20.0, "mm")


def _earth_axes(quick: bool) -> Case:
    import erfa

    from raabta.base.clock import polar_motion_rad, tt_jd, ut1_jd
    from raabta.base.rotations import rotation

    times = utc(2_000 if quick else 20_000, 60)
    return Case(
        size=f"{times.size:,} minutes",
        ours=lambda: rotation("GCRF", "ITRF", times),
        amount=times.size * MILLIONS,
        peer=Peer(
            f"pyerfa {version_of('pyerfa')} c2t06a",
            lambda: erfa.c2t06a(*tt_jd(times), *ut1_jd(times), *polar_motion_rad(times)),
            times.size * MILLIONS,
        ),
        same=lambda ours, theirs: Difference(
            "largest turn", float(np.abs(ours - theirs).max()) * 6.4e9, 0.05, "mm at the equator"
        ),
    )


def _moon_axes(quick: bool) -> Case:
    from raabta.base.rotations import rotation

    times = utc(20_000 if quick else 500_000, 60)
    return Case(
        size=f"{times.size:,} minutes",
        ours=lambda: rotation("GCRF", "MOON_ME", times),
        amount=times.size * MILLIONS,
    )


ROWS = (
    Row(
        "ephemeris",
        "places of the Sun and the Moon, DE421",
        "M places",
        _places,
        goal=Goal("ratio", 2.0, 4.0),
        floor=Floor(3.0, 1.0),
        quick_floor=Floor(1.0),
    ),
    Row(
        "earth-axes",
        "GCRF to ITRF, IAU 2006/2000A",
        "M instants",
        _earth_axes,
        goal=Goal("ratio", 20.0, 30.0),
        floor=Floor(0.3, 8.0),
        quick_floor=Floor(0.1),
    ),
    Row(
        "moon-axes",
        "GCRF to MOON_ME, DE421",
        "M instants",
        _moon_axes,
        floor=Floor(1.5),
        quick_floor=Floor(0.5),
    ),
)
