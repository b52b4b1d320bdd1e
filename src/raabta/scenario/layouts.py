"""What a payload may say of its beam layout: checks that need more than one of its fields."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from raabta.base.units import SPEED_OF_LIGHT_M_S

if TYPE_CHECKING:
    from raabta.scenario.payload import Payload

LAYOUT_SPACING: Final = math.sqrt(3.0)
"""Spacing of neighbours over sin(half of the beam width): 3GPP TR 38.821 V16.1.0, Table 6.1.1.1-4."""
SHAPE_UNSET: Final = {"beam_axis_ratio": 1.0, "beam_tilt_deg": 0.0}
"""Fields of the shape of a beam, and what they are in a round one."""
HALF_POWER_U: Final = 1.6137406
FIRST_NULL_U: Final = 3.8317060
"""u = pi D f / c sin(angle) of the aperture pattern (TR 38.811 clause 6.4.1) 3 dB down, and at its null."""


def check_layout(payload: Payload) -> None:
    """ValueError where a layout has holes, its channels do not go into its colours, or it is not in use."""
    if payload.beam_layout == "steered":
        _check_unused(payload)
        return
    _check_colours(payload)
    half_sine = half_beam_sine(payload) * payload.beam_axis_ratio
    if half_sine >= 1.0:
        raise ValueError(
            f"beam_layout fixed needs a beam width: {payload.transmit_aperture_m:g} m at "
            f"{payload.user_down_ghz:g} GHz has none; give transmit_aperture_m of at least "
            f"{payload.transmit_aperture_m * half_sine:.3g}"
        )
    most = _widest_ratio(payload)
    if payload.beam_spacing_ratio >= most:
        raise ValueError(
            f"beam_spacing_ratio {payload.beam_spacing_ratio:g} leaves holes: between three beams lies the "
            f"first null of their pattern; it must be below {most:.4g} (TR 38.821 takes 1.732)"
        )


def half_beam_sine(payload: Payload) -> float:
    """Sine of half the width of the transmit beam at half power; 1 or more where it has no such width."""
    around = math.pi * payload.transmit_aperture_m * payload.user_down_ghz * 1e9 / SPEED_OF_LIGHT_M_S
    return HALF_POWER_U / around


def layout_spacing(payload: Payload) -> float:
    """Distance of neighbouring axes in direction cosines; 0 for steered beams."""
    return payload.beam_spacing_ratio * half_beam_sine(payload) if payload.beam_layout == "fixed" else 0.0


def beam_shape(payload: Payload) -> tuple[float, float, float]:
    """Ratio of the axes of a fixed beam, major to minor, and cosine and sine of the angle from east to the
    major axis; (1, 1, 0) for a round one."""
    tilt = math.radians(payload.beam_tilt_deg)
    return payload.beam_axis_ratio, math.cos(tilt), math.sin(tilt)


def carriers_of_a_beam(payload: Payload) -> int:
    """Channels, both polarisations counted, that one beam has: its colour's share of them if it is fixed."""
    colours = payload.reuse_colours if payload.beam_layout == "fixed" else 1
    return payload.channels * payload.polarisations // colours


def _widest_ratio(payload: Payload) -> float:
    """Spacing at which the corner between three beams reaches the first null, forward or on the return."""
    back = payload.receive_aperture_m * payload.user_up_ghz
    narrower = max(1.0, back / (payload.transmit_aperture_m * payload.user_down_ghz))
    return math.sqrt(3.0) * FIRST_NULL_U / HALF_POWER_U / narrower


def _check_colours(payload: Payload) -> None:
    carriers = payload.channels * payload.polarisations
    if carriers % payload.reuse_colours:
        raise ValueError(
            f"reuse_colours {payload.reuse_colours} does not divide channels x polarisations = {carriers}: "
            "every beam must have as many channels as any other"
        )


def _check_unused(payload: Payload) -> None:
    fields = {"reuse_colours": 1, "beam_spacing_ratio": LAYOUT_SPACING, **SHAPE_UNSET}
    given = [name for name, unset in fields.items() if getattr(payload, name) != unset]
    if given:
        names = " and ".join(given)
        raise ValueError(f"{names}: only of fixed beams; say beam_layout: fixed, or leave it out")
