"""Draw the orbit floor's figures: `python docs/models/figures/orbits.py` writes SVG here."""

from __future__ import annotations

import numpy as np
from links import Axis, draw

from raabta.base.clock import to_jd, ut1_jd
from raabta.base.frames import teme_to_itrf
from raabta.orbits.deep_space import positions_teme_km, records
from raabta.orbits.elements import MeanElements, rev_day_from_semi_major_axis
from raabta.orbits.kepler import eccentric_anomaly_rad
from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

START = np.datetime64("2026-11-22", "ns")


def _orbits(eccentricity: float, count: int = 300) -> MeanElements:
    rng = np.random.default_rng(1)
    angles, inclination = rng.uniform(0, 360, (3, count)), np.degrees(np.arccos(rng.uniform(-1, 1, count)))
    axis, ecc = (6378.137 + rng.uniform(400, 1200, count)) / (1 - eccentricity), np.full(count, eccentricity)
    return MeanElements(
        epoch=np.full(count, START), inclination_deg=inclination, raan_deg=angles[0], eccentricity=ecc,
        argp_deg=angles[1], mean_anomaly_deg=angles[2],
        mean_motion_rev_day=rev_day_from_semi_major_axis(axis, ecc, inclination),
        bstar_per_radius=np.full(count, 1e-4), names=tuple(map(str, range(count))),
        norad_id=np.zeros(count, np.int64),
    )  # fmt: skip


def sgp4_figure() -> None:
    """Largest distance from the sgp4 package over thirty days."""
    days = np.linspace(0.0, 30.0, 121)
    times = START + (days * 86_400e9).astype("timedelta64[ns]")
    lines = {}
    for eccentricity in (0.0, 0.05, 0.25):
        elements = _orbits(eccentricity)
        theirs = np.einsum("tij,stj->tis", teme_to_itrf(times), positions_teme_km(records(elements), times))
        off = np.linalg.norm(Propagator.from_elements(elements, START).positions_km(times) - theirs, axis=1)
        lines[f"e = {eccentricity:g}"] = (days, np.nanmax(off, axis=1) * 1e9)
    ticks = (0, 5, 10, 15, 20)
    draw(
        "sgp4",
        "Largest distance from the sgp4 package, 300 orbits",
        Axis("days", (0, 10, 20, 30)),
        Axis("um", ticks),
        lines,
    )


def frames_figure() -> None:
    """What the parts of TEME to ITRF are worth at 7,000 km on the equator."""
    times = np.arange("2006-01-01", "2027-06-01", 10, dtype="datetime64[D]").astype("datetime64[ns]")
    years = 1970 + times.astype(np.int64) / (365.25 * 86_400e9)
    (day, fraction), (day1, fraction1) = to_jd(times), ut1_jd(times)
    ut1_s = np.abs((day1 - day) + (fraction1 - fraction)) * 86_400
    matrix = teme_to_itrf(times)
    pole_m = np.hypot(matrix[:, 2, 0], matrix[:, 2, 1]) * 7.0e6
    draw(
        "frames",
        "What is lost at 7,000 km without ...",
        Axis("year", (2006, 2010, 2014, 2018, 2022, 2026, 2028)),
        Axis("m", (0.1, 1, 10, 100, 1000), True),
        {"UT1 - UTC": (years, ut1_s * 7.0e6 * 7.292115e-5), "polar motion": (years, pole_m)},
    )


def walker_figure() -> None:
    """The first satellite of each plane, for three phases."""
    lines = {}
    for phasing in (0, 1, 5):
        shell = Shell(altitude_km=550, inclination_deg=53, planes=12, satellites_per_plane=8, phasing=phasing)
        elements = walker(shell, START)
        lines[f"F = {phasing}"] = (elements.raan_deg[::8], elements.mean_anomaly_deg[::8])
    draw(
        "walker",
        "First satellite of each plane, 53°: 96/12/F",
        Axis("RAAN, deg", (0, 90, 180, 270, 360)),
        Axis("argument of latitude, deg", (-15, 0, 45, 90, 135, 180, 225)),
        lines,
    )


def kepler_figure() -> None:
    """Kepler's equation."""
    mean = np.linspace(0.0, 360.0, 361)
    lines = {
        f"e = {ecc:g}": (mean, np.degrees(eccentric_anomaly_rad(np.radians(mean) - np.pi, ecc)) + 180.0)
        for ecc in (0.0, 0.3, 0.6, 0.9)
    }
    draw(
        "kepler",
        "Eccentric anomaly (both counted from apogee)",
        Axis("mean anomaly, deg", (0, 90, 180, 270, 360)),
        Axis("deg", (0, 90, 180, 270, 360)),
        lines,
    )


if __name__ == "__main__":
    sgp4_figure()
    frames_figure()
    walker_figure()
    kepler_figure()
