"""What acts on a spacecraft, as one description; and the tables over a span of time that the kernels take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from raabta.base.bodies import EARTH, MOON, Body
from raabta.base.ephemeris import Ephemeris, ephemeris
from raabta.base.errors import OutOfRangeError
from raabta.base.librations import librations
from raabta.orbits.gravity_fields import GravityField, earth_field, lunar_field, reach_km, table

if TYPE_CHECKING:
    from raabta.orbits.force_kernels import Pull, Sky

Floats = npt.NDArray[np.float64]

GM_KM3_S2 = {"Sun": 132_712_440_041.279419, "Earth": 398_600.435507, "Moon": 4_902.800118}
"""DE440, Park et al., Astron. J. 161:105 (2021), doi:10.3847/1538-3881/abd414, table 2."""
AU_KM = 149_597_870.7
SOLAR_CONSTANT_W_M2 = 1_361.0
"""Kopp & Lean, Geophys. Res. Lett. 38 (2011), doi:10.1029/2010GL045777: 1,360.8 W/m2."""
LIGHT_M_S = 299_792_458.0
NEGLECT_KM_S2 = 1e-14
"""Of the harmonics, what may be left out far from the body: less than relativity, which is left out too; at
most 4 cm in a day if all of it were along the track, 1 mm measured."""
ROW_S = 21_600.0
"""The sky is a polynomial over this long: the Moon turns 3.3 degrees, the Earth goes round it as far."""


@dataclass(frozen=True, eq=False)
class ForceModel:
    """The body's pull, its field's harmonics, the Sun and the other of Earth and Moon, the light's pressure.

    gravity: None is a point mass. push_m2_kg: radiation pressure coefficient times area over mass, one for
    all spacecraft or one each; 0 is no sunlight. orientation: whose librations (DE421, DE440).
    """

    body: Body = MOON
    gravity: GravityField | None = field(default_factory=lunar_field)
    third_bodies: bool = True
    push_m2_kg: float | Floats = 0.0
    source: Ephemeris = field(default_factory=ephemeris)
    orientation: str = "DE421"
    neglect_km_s2: float = NEGLECT_KM_S2

    @property
    def other(self) -> Body:
        """Of Earth and Moon, the one that is not the centre."""
        return EARTH if self.body.name == "Moon" else MOON

    @property
    def gm_km3_s2(self) -> float:
        """The body's own: its field's, if it has one."""
        return self.gravity.gm_km3_s2 if self.gravity is not None else self.body.gm_km3_s2

    def push_km3_s2(self, count: int) -> Floats:
        """Pressure of sunlight times distance squared, as the kernel takes it (count,)."""
        area = np.broadcast_to(np.asarray(self.push_m2_kg, np.float64), (count,))
        if not bool(np.all((area >= 0.0) & (area < 1e3))):
            raise OutOfRangeError("push_m2_kg", area, "0 to 1000 m2/kg", "a spacecraft")
        return np.asarray(area * (SOLAR_CONSTANT_W_M2 / LIGHT_M_S * AU_KM**2 * 1e-3))

    def pull(self) -> Pull:
        """The model for the kernels. OutOfRangeError for a body that has no field or ephemeris here."""
        from raabta.orbits.force_kernels import Pull

        self._check()
        own = self.gravity if self.gravity is not None else earth_field(0)
        other = GM_KM3_S2[self.other.name] if self.third_bodies else 0.0
        return Pull(
            self.gm_km3_s2,
            self.body.mean_radius_km,
            table(own),
            own.degree,
            own.gm_km3_s2,
            own.radius_km,
            reach_km(own, self.neglect_km_s2),
            other,
            self.other.mean_radius_km if self.third_bodies else 0.0,
            GM_KM3_S2["Sun"] if self.third_bodies else 0.0,
        )

    def _check(self) -> None:
        frames = {"Moon": "MOON_PA", "Earth": "CIRS"}
        if self.body.name not in frames:
            raise OutOfRangeError("body", self.body.name, "Earth or Moon", "raabta.orbits.force_model")
        own = self.gravity
        if own is not None and own.frame != frames[self.body.name]:
            raise OutOfRangeError(
                "gravity field",
                f"{own.name} in {own.frame}",
                f"one in {frames[self.body.name]}",
                self.body.name,
            )

    def sky(self, epoch_tdb_s: float, start_s: float, end_s: float) -> Sky:
        """Places and axes over a span, seconds past the epoch (TDB). OutOfRangeError outside the kernels."""
        from raabta.orbits.force_kernels import TERMS, WIDTH, Sky

        rows = max(1, int(np.ceil((end_s - start_s) / ROW_S)))
        step = max((end_s - start_s) / rows, 1.0)
        nodes = np.cos(np.pi * (np.arange(TERMS) + 0.5) / TERMS)
        at = start_s + step * (np.arange(rows)[:, None] + 0.5 * (nodes + 1.0))
        tdb = epoch_tdb_s + at.ravel()
        values = np.zeros((tdb.size, WIDTH))
        values[:, 0:3] = self.source.position_km_tdb(self.other.name, tdb, self.body.name)
        values[:, 3:6] = self.source.position_km_tdb("Sun", tdb, self.body.name)
        values[:, 6:15] = self._axes(tdb).reshape(tdb.size, 9)
        powers = np.linalg.inv(np.vander(nodes, increasing=True))
        series = np.einsum("kj,njw->nkw", powers, values.reshape(rows, TERMS, WIDTH))
        return Sky(np.ascontiguousarray(series).ravel(), start_s, step, rows)

    def _axes(self, tdb: Floats) -> Floats:
        """The turn from GCRF to the axes of the field (t, 3, 3)."""
        if self.body.name == "Moon":
            return librations(self.orientation).principal_axes_tdb(tdb)
        import erfa

        return np.asarray(erfa.c2i06a(2_451_545.0, tdb / 86_400.0))


def force_model(
    body: Body = MOON,
    degree: int = 20,
    *,
    third_bodies: bool = True,
    push_m2_kg: float | Floats = 0.0,
    source: Ephemeris | None = None,
    orientation: str = "DE421",
) -> ForceModel:
    """A model about the Moon (GRGM1200A to `degree`) or the Earth (zonal, to degree 6); 0 is a point mass.

    Errors as `gravity_fields.lunar_field` and `earth_field`.
    """
    own = lunar_field(degree) if body.name == "Moon" else earth_field(degree)
    return ForceModel(body, own, third_bodies, push_m2_kg, source or ephemeris(), orientation)
