"""The feeder of a transparent payload: C/N that it passes on to users, and beams that its spectrum holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.links.relay import combine_db

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.model import Network

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


NOISELESS_DB: Final = 60.0
"""At this C/N a feeder takes less than 0.0005 dB of any link that a mode is left for."""


def clear_db(network: Network, satellite_km: Floats, gateway: Ints, cosecant: Floats) -> Floats:
    """C/N of the feeder of each satellite in clear sky, up and down, (m, 2), or (0,) where the payload
    decodes. Arguments as in `states_db`."""
    if not network.transparent:
        return np.empty(0)
    return np.ascontiguousarray(states_db(network, satellite_km, gateway, cosecant)[..., 0])


def states_db(network: Network, satellite_km: Floats, gateway: Ints, cosecant: Floats) -> Floats:
    """C/N of the feeder of each satellite at its own range, (m, 2, 1 + k): uplink and downlink, in clear sky
    and in every weather state of its gateway.

    satellite_km (m, 3); gateway (m,): -1 for none, which is rated as the first; cosecant (m,): 1 / sin of the
    elevation there. More than NOISELESS_DB is said as that.
    """
    table, g = network.feeder, np.maximum(gateway, 0)
    nodes = table.near_db.shape[-1]
    x = (cosecant - 1.0) / (table.cosecant_max - 1.0) * (nodes - 1)
    low = np.clip(x.astype(np.int64), 0, nodes - 2)
    weight = np.clip(x - low, 0.0, 1.0)[:, None, None]
    range_km = np.linalg.norm(satellite_km - network.gateways.km[g], axis=1)[:, None, None]
    near, cross = (
        (1.0 - weight) * values[g, :, :, low] + weight * values[g, :, :, low + 1]
        for values in (table.near_db, table.cross_db)
    )
    return np.minimum(combine_db(near - 20.0 * np.log10(range_km), cross), NOISELESS_DB)


def notes(network: Network) -> list[str]:
    """What a run says of a payload that repeats carriers."""
    if not network.transparent:
        return []
    payload = network.payload
    return [
        "Payload: transparent. The noise of the feeder joins every user's link, and a beam takes as much "
        f"feeder spectrum as it has itself, {payload.channel_down_mhz:g} MHz forward and "
        f"{payload.channel_up_mhz:g} MHz on the return link; forward its output power is held, on the "
        "return link its gain."
    ]


def beams(network: Network, gateway: Ints) -> Floats:
    """Beams whose channels fit side by side into what others leave of the feeder of each satellite, forward
    and return, (m, 2)."""
    payload, sites = network.payload, network.scenario.gateways
    each = np.array(
        [
            [
                site.polarisations * site.band_mhz(forward=True) / payload.channel_down_mhz,
                site.polarisations * site.band_mhz(forward=False) / payload.channel_up_mhz,
            ]
            for site in sites
        ]
    )
    each *= np.array([[1.0 - site.others_share] for site in sites])
    return np.asarray(each[np.maximum(gateway, 0)])
