"""Map projections of height rasters: between latitude and longitude and the coordinates of a map.

Snyder (1987), Map projections: a working manual, doi:10.3133/pp1395. Latitudes and longitudes are degrees,
planetocentric on a sphere, geodetic on an ellipsoid; map coordinates are metres, or degrees for `Plate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raabta.base.bodies import Body

Floats = NDArray[np.float64]


class Projection(Protocol):
    """Between (latitude_deg, longitude_deg) and (x, y); all arrays of one shape."""

    @property
    def body(self) -> Body:
        """The body whose ground it maps."""
        ...

    @property
    def turn(self) -> float | None:
        """What is added to x once around the body, where the map has a seam; else None."""
        ...

    def to_map(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, Floats]:
        """Map coordinates (x, y) of places."""
        ...

    def to_place(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """(latitude_deg, longitude_deg) of map coordinates."""
        ...

    def ground_m(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Metres on the ground of one unit of x and of y, there."""
        ...


@dataclass(frozen=True)
class Stereographic:
    """Stereographic about any centre of a sphere, polar ones included (Snyder, section 21).

    `scale_ratio` is the scale at the centre; y is north there, of a pole along the longitude of the centre.
    """

    body: Body
    latitude_deg: float
    longitude_deg: float
    scale_ratio: float = 1.0
    false_x_m: float = 0.0
    false_y_m: float = 0.0
    turn: None = None

    @property
    def radius_m(self) -> float:
        """Radius of the sphere."""
        return 1000.0 * self.body.equatorial_radius_km

    def to_map(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, Floats]:
        """Map coordinates (x, y), m."""
        latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
        turn = longitude - np.radians(self.longitude_deg)
        s0, c0 = np.sin(np.radians(self.latitude_deg)), np.cos(np.radians(self.latitude_deg))
        s, c = np.sin(latitude), np.cos(latitude)
        k = 2.0 * self.radius_m * self.scale_ratio / (1.0 + s0 * s + c0 * c * np.cos(turn))
        x = k * c * np.sin(turn) + self.false_x_m
        y = k * (c0 * s - s0 * c * np.cos(turn)) + self.false_y_m
        return np.asarray(x), np.asarray(y)

    def to_place(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """(latitude_deg, longitude_deg), longitude in -180 to 180."""
        scale = 2.0 * self.radius_m * self.scale_ratio
        u, v = (np.asarray(x) - self.false_x_m) / scale, (np.asarray(y) - self.false_y_m) / scale
        square = u * u + v * v  # tan^2(c / 2)
        s0, c0 = np.sin(np.radians(self.latitude_deg)), np.cos(np.radians(self.latitude_deg))
        east, north, up = 2.0 * u, 2.0 * v, 1.0 - square  # times (1 + square)
        sine = np.clip((up * s0 + north * c0) / (1.0 + square), -1.0, 1.0)
        turn = np.arctan2(east, up * c0 - north * s0)
        longitude = np.degrees(turn) + self.longitude_deg
        return np.degrees(np.arcsin(sine)), (longitude + 180.0) % 360.0 - 180.0

    def ground_m(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Metres on the ground of a metre of the map: 1 / (k0 (1 + rho^2 / (2 R k0)^2)), both ways."""
        scale = 2.0 * self.radius_m * self.scale_ratio
        u, v = (np.asarray(x) - self.false_x_m) / scale, (np.asarray(y) - self.false_y_m) / scale
        out = 1.0 / (self.scale_ratio * (1.0 + u * u + v * v))
        return out, out


@dataclass(frozen=True)
class Plate:
    """Latitude and longitude themselves as y and x, in degrees (`plate carrée`, simple cylindrical)."""

    body: Body
    turn: float = 360.0

    def to_map(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, Floats]:
        """(longitude, latitude), degrees."""
        return np.asarray(longitude_deg, np.float64), np.asarray(latitude_deg, np.float64)

    def to_place(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """(latitude_deg, longitude_deg), longitude in -180 to 180."""
        return np.asarray(y, np.float64), (np.asarray(x) + 180.0) % 360.0 - 180.0

    def ground_m(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Metres of a degree of longitude and of latitude on the ellipsoid."""
        latitude = np.radians(y) + 0.0 * np.asarray(x)
        e2 = self.body.eccentricity_squared_ratio
        root = np.sqrt(1.0 - e2 * np.sin(latitude) ** 2)
        a = np.radians(1000.0 * self.body.equatorial_radius_km)
        return a * np.cos(latitude) / root, a * (1.0 - e2) / root**3


@dataclass(frozen=True)
class Equirectangular:
    """Equirectangular on a sphere (Snyder, section 12), metres, true to scale along the standard parallel."""

    body: Body
    standard_deg: float = 0.0
    longitude_deg: float = 0.0
    latitude_deg: float = 0.0
    false_x_m: float = 0.0
    false_y_m: float = 0.0

    @property
    def turn(self) -> float:
        """Metres of x once around."""
        return float(2.0 * np.pi * self._x_m)

    @property
    def _y_m(self) -> float:
        return 1000.0 * self.body.equatorial_radius_km

    @property
    def _x_m(self) -> float:
        return float(self._y_m * np.cos(np.radians(self.standard_deg)))

    def to_map(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, Floats]:
        """Map coordinates (x, y), m."""
        x = self._x_m * np.radians(np.asarray(longitude_deg) - self.longitude_deg) + self.false_x_m
        y = self._y_m * np.radians(np.asarray(latitude_deg) - self.latitude_deg) + self.false_y_m
        return np.asarray(x), np.asarray(y)

    def to_place(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """(latitude_deg, longitude_deg), longitude in -180 to 180."""
        longitude = np.degrees((np.asarray(x) - self.false_x_m) / self._x_m) + self.longitude_deg
        latitude = np.degrees((np.asarray(y) - self.false_y_m) / self._y_m) + self.latitude_deg
        return np.asarray(latitude), (longitude + 180.0) % 360.0 - 180.0

    def ground_m(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Metres on the ground of a metre of x and of y."""
        latitude = np.radians(self.to_place(x, y)[0])
        across = np.cos(latitude) / np.cos(np.radians(self.standard_deg))
        return across, np.ones_like(across)


@dataclass(frozen=True)
class Warped:
    """Any other projection, through rasterio: UTM for instance. `geographic` and `projected` are WKT."""

    body: Body
    geographic: str
    projected: str
    turn: None = None

    def to_map(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, Floats]:
        """Map coordinates (x, y)."""
        return _warped(self.geographic, self.projected, longitude_deg, latitude_deg)

    def to_place(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """(latitude_deg, longitude_deg)."""
        longitude, latitude = _warped(self.projected, self.geographic, x, y)
        return latitude, longitude

    def ground_m(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Metres on the ground of a unit of x and of y, from differences over two units."""
        x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        plate = Plate(self.body)
        out = []
        for right, up in ((1.0, 0.0), (0.0, 1.0)):
            first, second = self.to_place(x - right, y - up), self.to_place(x + right, y + up)
            east_m, north_m = plate.ground_m(first[1], 0.5 * (first[0] + second[0]))
            steps = (second[1] - first[1]) * east_m, (second[0] - first[0]) * north_m
            out.append(0.5 * np.hypot(*steps))
        return out[0], out[1]


def _warped(source: str, target: str, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    from rasterio.warp import transform

    x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    one, other = transform(source, target, x.ravel(), y.ravel())
    return np.array(one).reshape(x.shape), np.array(other).reshape(x.shape)
