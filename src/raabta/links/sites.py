"""What the maps say about sites, read once: rain rate, rain height, temperature, zenith gas and cloud.

Reading is the slow half of a loss. The zenith losses of a frequency and exceedance are kept once computed:
the second question about the same sites costs milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from raabta.links import cloud, gas, maps, rain
from raabta.links.cloud_maps import CloudMaps
from raabta.links.ranges import FloatArray

HELD_LEVELS_PERCENT = (5.0, 10.0, 20.0, 30.0, 50.0)
"""Levels of the maps of gas and cloud that the total of P.618-14 can need."""


@dataclass(frozen=True, eq=False)
class Sites:
    """n sites and their climate, all (n,); build it by `read_sites`."""

    latitude_deg: FloatArray
    longitude_deg: FloatArray
    height_km: FloatArray
    rain_rate_mmh: FloatArray
    rain_height_km: FloatArray
    temperature_k: FloatArray
    wet_refractivity: FloatArray
    cloud_maps: CloudMaps | None = None
    _kept: dict[tuple[str, float, float], FloatArray] = field(default_factory=dict, repr=False)

    def gas_zenith_db(self, frequency_ghz: float, percent: float) -> FloatArray:
        """Zenith gas exceeded for `percent` of the year, (n,), kept per frequency and exceedance."""
        key = ("gas", frequency_ghz, percent)
        if key not in self._kept:
            where = (self.latitude_deg, self.longitude_deg, self.height_km)
            density = maps.vapour_density_gm3(*where, percent)
            content = maps.vapour_content_kgm2(*where, percent)
            self._kept[key] = _frozen(self._gas(frequency_ghz, density, content, slice(None)))
        return self._kept[key]

    def cloud_zenith_db(self, frequency_ghz: float, percent: float) -> FloatArray:
        """Zenith cloud exceeded for `percent` of the year, (n,), kept per frequency and exceedance."""
        key = ("cloud", frequency_ghz, percent)
        if key not in self._kept:
            where = (self.latitude_deg, self.longitude_deg, frequency_ghz, percent)
            self._kept[key] = _frozen(cloud.cloud_zenith_db(*where, self.cloud_maps))
        return self._kept[key]

    def gas_zenith_at_db(
        self, frequency_ghz: float, percent: FloatArray, row: npt.NDArray[np.intp]
    ) -> FloatArray:
        """Zenith gas of site row[i] exceeded for percent[i], (m,): each with its own share, 5 to 50 %."""
        density = self._at("density", percent, row)
        return self._gas(frequency_ghz, density, self._at("content", percent, row), row)

    def cloud_zenith_at_db(
        self, frequency_ghz: float, percent: FloatArray, row: npt.NDArray[np.intp]
    ) -> FloatArray:
        """Zenith cloud of site row[i] exceeded for percent[i], (m,): each with its own share, 5 to 50 %."""
        levels = [self.cloud_zenith_db(frequency_ghz, level) for level in HELD_LEVELS_PERCENT]
        return _between(np.stack(levels, axis=1), percent, row)

    def _gas(
        self,
        frequency_ghz: float,
        density_gm3: FloatArray,
        content_kgm2: FloatArray,
        row: npt.NDArray[np.intp] | slice,
    ) -> FloatArray:
        return gas.gas_zenith_db(
            frequency_ghz,
            pressure_hpa=gas.standard_pressure_hpa(self.height_km[row]),
            density_gm3=density_gm3,
            temperature_k=self.temperature_k[row],
            vapour_content_kgm2=content_kgm2,
            height_km=self.height_km[row],
        )

    def _at(self, kind: str, percent: FloatArray, row: npt.NDArray[np.intp]) -> FloatArray:
        key = (kind, 0.0, 0.0)
        if key not in self._kept:
            read = maps.vapour_density_gm3 if kind == "density" else maps.vapour_content_kgm2
            where = (self.latitude_deg, self.longitude_deg, self.height_km)
            self._kept[key] = np.stack([read(*where, level) for level in HELD_LEVELS_PERCENT], axis=1)
        return _between(self._kept[key], percent, row)


def _frozen(values: FloatArray) -> FloatArray:
    values.setflags(write=False)
    return values


def _between(levels: FloatArray, percent: FloatArray, row: npt.NDArray[np.intp]) -> FloatArray:
    """Value of site row[i] at percent[i], linear in log p between the held levels (n, 5)."""
    above = np.clip(np.searchsorted(HELD_LEVELS_PERCENT, percent), 1, len(HELD_LEVELS_PERCENT) - 1)
    low, high = (np.take(HELD_LEVELS_PERCENT, above - side) for side in (1, 0))
    weight = np.log(percent / low) / np.log(high / low)
    return np.asarray(levels[row, above - 1] * (1.0 - weight) + levels[row, above] * weight)


def read_sites(
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    height_km: npt.ArrayLike,
    cloud_maps: CloudMaps | None = None,
) -> Sites:
    """Read the maps at n sites, (n,) or scalars; heights are above mean sea level.

    `cloud_maps` are P.840-9's, where the user brings them; without them P.840-8's are read when needed.
    """
    latitude, longitude, height = (
        np.ascontiguousarray(part, dtype=np.float64)
        for part in np.broadcast_arrays(
            np.atleast_1d(latitude_deg), np.atleast_1d(longitude_deg), np.atleast_1d(height_km)
        )
    )
    return Sites(
        latitude,
        longitude,
        height,
        maps.rain_rate_001_mmh(latitude, longitude),
        rain.rain_height_km(latitude, longitude),
        maps.surface_temperature_k(latitude, longitude),
        maps.wet_refractivity(latitude, longitude),
        cloud_maps,
    )
