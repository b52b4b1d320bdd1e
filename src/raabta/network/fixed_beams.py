"""Fixed beams of a slot as budgets and sums of interference want them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.base.bodies import EARTH
from raabta.links import beam_kernels as kernels
from raabta.links.budget import Axis
from raabta.network.beam_kernels import Layout
from raabta.scenario.payload import beam_shape, layout_spacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.allocation import Allocation
    from raabta.network.model import Network
    from raabta.network.sky import Sky
    from raabta.scenario.models import Payload

    Floats = NDArray[np.float64]


def axis_of(network: Network, sky: Sky, found: Allocation, cell: int) -> Axis | None:
    """Axis of the fixed beam that serves a cell; none where beams are steered."""
    if not network.rules.spacing:
        return None
    s = int(found.satellite[cell])
    satellite_km, up = sky.view.satellite_km[s], sky.view.unit[s]
    ray = network.ground.km[cell] - satellite_km
    ray, axis = ray / np.linalg.norm(ray), -found.given.direction[cell]
    apart = ray - axis
    u, v, _ = kernels.cosines_of(*apart, *up)
    far_km = float(np.linalg.norm(satellite_km))
    foot_km, sine = kernels.foot_of(float(-axis @ up), far_km, EARTH.mean_radius_km)
    return Axis(
        offset_ratio=float(np.hypot(*kernels.squeezed(u, v, network.rules.shape))),
        offset_deg=float(np.degrees(2.0 * np.arcsin(0.5 * np.linalg.norm(apart)))),
        range_km=float(foot_km),
        elevation_deg=float(np.degrees(np.arcsin(sine))),
    )


def aims_of(
    network: Network, found: Allocation, cells: NDArray[np.int64], satellite_km: Floats
) -> tuple[Floats, Floats]:
    """Where the beams of cells (k,) are aimed: from their satellites, km (k, 3), and the sine of the
    elevation there (k,): the cells, or the feet of fixed axes. satellite_km (k, 3)."""
    if not network.rules.spacing:
        return network.ground.km[cells] - satellite_km, found.geometry[cells, 0]
    far_km = np.linalg.norm(satellite_km, axis=1)
    feet = [
        kernels.foot_of(cos_scan, far, EARTH.mean_radius_km)
        for cos_scan, far in zip(found.geometry[cells, 2], far_km, strict=True)
    ]
    foot_km, sine = np.array(feet).reshape(-1, 2).T
    return -found.given.direction[cells] * foot_km[:, None], sine


def layout_of(network: Network, beams: int) -> Layout:
    """Room for the axes of so many beams; empty where they are steered."""
    spacing = network.rules.spacing
    room = beams if spacing else 0
    return Layout(
        spacing,
        network.payload.reuse_colours,
        np.empty((3, room)),
        np.empty(room, int),
        np.empty(room, int),
        beam_shape(network.payload),
    )


def reach_deg(payload: Payload) -> tuple[float, float]:
    """Angle at the satellite from a beam's axis to ground it lights, at most, and the least angle between
    axes of beams on one channel: of steered beams 0 and the reuse separation.

    Off the nadir an angle is larger than its direction cosines: the first is that at the scan limit.
    """
    spacing = layout_spacing(payload)
    if not spacing:
        return 0.0, payload.reuse_separation_deg
    limit = np.sin(np.radians(payload.scan_limit_deg))
    corner = payload.beam_axis_ratio * spacing / np.sqrt(3.0)  # as far as along the major axis of an ellipse
    beyond = np.degrees(np.arcsin(min(limit + corner, 1.0)))
    apart = 2.0 * np.degrees(np.arcsin(min(0.5 * spacing * np.sqrt(payload.reuse_colours), 1.0)))
    return float(beyond - payload.scan_limit_deg), float(apart)
