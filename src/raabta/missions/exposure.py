"""Trapped protons and electrons along an orbit: AP8 and AE8 by the optional package `aep8`.

The models are NASA's of 1976 and 1991 for solar minimum and maximum, in the field of their own epoch; see
docs/models/trapped-radiation.md. Fluxes are omnidirectional and integral: particles above an energy.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.missions.model import Day, Mission
    from raabta.scenario.missions import Exposure

    Floats = NDArray[np.float64]

MISSING = "Trapped radiation was not computed: it needs the package aep8. Install raabta[radiation]"


def is_there() -> bool:
    """Whether the models are installed."""
    return find_spec("aep8") is not None


def names_of(ask: Exposure) -> list[tuple[str, float]]:
    """Particle and energy (MeV) of every column, protons first."""
    protons = [("protons", energy) for energy in ask.protons_mev]
    return [*protons, *(("electrons", energy) for energy in ask.electrons_mev)]


def fluxes(ask: Exposure, itrf_km: Floats, times: NDArray[np.datetime64]) -> Floats:
    """Integral fluxes (t, e), per cm2 and s, above every energy of `names_of`, at places (t, 3) km, ITRF."""
    import aep8
    from astropy import units
    from astropy.coordinates import EarthLocation
    from astropy.time import Time

    where = EarthLocation.from_geocentric(*itrf_km.T, unit=units.km)
    seconds = (times - np.datetime64("1970-01-01T00:00:00", "ns")) / np.timedelta64(1, "s")
    when: Any = Time(seconds, format="unix")
    found = []
    for particle, energy in names_of(ask):
        model = aep8.model("p" if particle == "protons" else "e", ask.solar)
        found.append(model.integral_flux(where, when, energy * units.MeV).to_value("1 / (cm2 s)"))
    return np.column_stack([np.maximum(np.nan_to_num(np.asarray(one, np.float64)), 0.0) for one in found])


def exposure_of(mission: Mission, day: Day) -> Floats:
    """Fluxes (t, e) at the points of curves of a day; (t, 0) where nothing is asked, or no model is there."""
    ask, seconds = mission.scenario.exposure, mission.steps(day)
    if ask is None or not is_there():
        return np.empty((seconds.size, 0))
    times = mission.utc(seconds)
    place = mission.positions_km(mission.nodes.named(ask.craft), times, "ITRF")[:, :, 0]
    return fluxes(ask, place, times)


def columns_of(ask: Exposure, flux: Floats, step_s: float) -> dict[str, list[Any]]:
    """Columns of the table of exposure over a run from fluxes (t, e) at equal steps."""
    names, days = names_of(ask), len(flux) * step_s / 86_400.0
    hot = flux >= ask.hot_share * np.maximum(flux.max(axis=0), 1e-300)
    return {
        "particle": [name for name, _ in names],
        "energy_mev": [energy for _, energy in names],
        "mean_flux": flux.mean(axis=0).tolist(),
        "peak_flux": flux.max(axis=0).tolist(),
        "fluence": (flux.sum(axis=0) * step_s).tolist(),
        "daily_fluence": (flux.sum(axis=0) * step_s / days).tolist(),
        "hot_share": hot.mean(axis=0).tolist(),
    }
