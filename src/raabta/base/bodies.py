"""Bodies: size, gravity, spin and the name of the body-fixed frame, each with its source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Body:
    """One body as an ellipsoid of revolution with a uniform spin.

    `frame` names the body-fixed frame its positions are given in; `source` says where the figures are from.
    """

    name: str
    equatorial_radius_km: float
    flattening_ratio: float
    gm_km3_s2: float
    rotation_rad_s: float
    frame: str
    source: str

    @property
    def polar_radius_km(self) -> float:
        """Semi-minor axis of the ellipsoid."""
        return self.equatorial_radius_km * (1.0 - self.flattening_ratio)

    @property
    def eccentricity_squared_ratio(self) -> float:
        """First eccentricity squared of the ellipsoid, e2 = f (2 - f)."""
        return self.flattening_ratio * (2.0 - self.flattening_ratio)

    @property
    def mean_radius_km(self) -> float:
        """Arithmetic mean radius, (2 a + b) / 3."""
        return (2.0 * self.equatorial_radius_km + self.polar_radius_km) / 3.0


EARTH = Body(
    name="Earth",
    equatorial_radius_km=6378.137,
    flattening_ratio=1.0 / 298.257223563,
    gm_km3_s2=398600.4418,
    rotation_rad_s=7.292115e-5,
    frame="ITRF",
    source="WGS 84, NGA.STND.0036_1.0.0 (2014), table 3.1",
)

MOON = Body(
    name="Moon",
    equatorial_radius_km=1737.4,
    flattening_ratio=0.0,
    gm_km3_s2=4902.800118,
    rotation_rad_s=2.661699489e-6,
    frame="MOON_ME",
    source="radius and spin: IAU WGCCRE 2015 (13.17635815 deg/day); GM: JPL DE440 (Park et al. 2021)",
)


@dataclass(frozen=True, slots=True)
class Sgp4Gravity:
    """The gravity constants that mean elements of SGP4 are fitted with. They are not those of `EARTH`."""

    radius_km: float
    gm_km3_s2: float
    j2: float
    j3: float
    j4: float
    source: str

    @property
    def xke(self) -> float:
        """sqrt(GM) in Earth radii^1.5 per minute."""
        return float(60.0 / (self.radius_km**3 / self.gm_km3_s2) ** 0.5)


WGS72 = Sgp4Gravity(
    radius_km=6378.135,
    gm_km3_s2=398600.8,
    j2=0.001082616,
    j3=-0.00000253881,
    j4=-0.00000165597,
    source="WGS 72 as in Vallado et al., AIAA 2006-6753, getgravconst",
)
