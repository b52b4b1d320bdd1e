"""What a scenario says of a satellite's radio."""

from __future__ import annotations

import math
from typing import Any, Final, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from raabta.base.units import SPEED_OF_LIGHT_M_S
from raabta.scenario.model import Model, NonNegative, Positive, without

LAYOUT_SPACING: Final = math.sqrt(3.0)
"""Spacing of neighbours over sin(half of the beam width): 3GPP TR 38.821 V16.1.0, Table 6.1.1.1-4."""
SHAPE_UNSET: Final = {"beam_axis_ratio": 1.0, "beam_tilt_deg": 0.0}
"""Fields of the shape of a beam, and what they are in a round one."""
HALF_POWER_U: Final = 1.6137406
FIRST_NULL_U: Final = 3.8317060
"""u = pi D f / c sin(angle) of the aperture pattern (TR 38.811 clause 6.4.1) 3 dB down, and at its null."""


class Payload(Model):
    """Radio and limits of one satellite. Capacity is a number of beams, never more EIRP."""

    user_down_ghz: float = Field(ge=1.0, le=55.0)
    user_up_ghz: float = Field(ge=1.0, le=55.0)
    user_down_low_ghz: float | None = Field(
        default=None,
        ge=1.0,
        le=55.0,
        description="lower edge of the spectrum to users, which limits go by; none = the channels of one "
        "polarisation side by side about `user_down_ghz`",
    )
    user_down_high_ghz: float | None = Field(
        default=None, ge=1.0, le=55.0, description="its upper edge; given with the lower or not at all"
    )
    channel_down_mhz: Positive
    channel_up_mhz: Positive
    channels: int = Field(ge=1, le=256, description="channels per polarisation")
    polarisations: Literal[1, 2] = 1
    beams: int = Field(ge=1, le=4_096)
    beams_per_cell: int = Field(default=1, ge=1, le=64)
    cells_per_beam: int = Field(
        default=64, ge=1, le=4_096, description="K: cells one beam may hop over in a slot"
    )
    eirp_density_dbw_mhz: float = Field(ge=-60.0, le=80.0, description="one beam, at nadir")
    eirp_density_edge_dbw_mhz: float | None = Field(
        default=None,
        ge=-60.0,
        le=80.0,
        description="ceiling of the EIRP density where a beam off nadir is raised by "
        "20 log10(range/altitude) to hold the flux on the ground; none = the nadir value everywhere",
    )
    transmit_aperture_m: Positive
    receive_aperture_m: Positive
    g_over_t_dbk: float = Field(ge=-40.0, le=60.0)
    rf_power_w: Positive
    rf_power_average_w: Positive | None = Field(
        default=None,
        description="radiated power that lasts an orbit, eclipse included; the served test holds busy-hour "
        "demand in every slot, so it caps every slot; none = rf_power_w lasts",
    )
    forward_mbps: Positive
    return_mbps: Positive
    roll_off_ratio: float = Field(default=0.1, ge=0.0, le=0.5)
    co_channel: Literal["summed", "stated"] = Field(
        default="summed",
        description="interference of the constellation's own beams: summed over every active beam, or part "
        "of the stated C/I",
    )
    interference_down_db: float = Field(
        default=20.0, ge=0.0, le=80.0, description="stated C/I, forward link: other systems, intermodulation"
    )
    interference_up_db: float = Field(
        default=20.0, ge=0.0, le=80.0, description="stated C/I, return link: other systems, intermodulation"
    )
    reuse_separation_deg: NonNegative = 3.0
    beam_layout: Literal["steered", "fixed"] = Field(
        default="steered",
        description="steered: every lit cell is the centre of its beam; fixed: beams stand on a hexagonal "
        "layout about the nadir, and `reuse_colours` takes the place of `reuse_separation_deg`",
    )
    beam_spacing_ratio: Positive = Field(
        default=LAYOUT_SPACING,
        description="fixed beams: distance of neighbours in direction cosines over the sine of half the beam "
        "width at half power (3GPP TR 38.821: the square root of 3)",
    )
    reuse_colours: Literal[1, 3, 4] = Field(
        default=1, description="fixed beams: sets that the channels are shared out to, beam by beam"
    )
    beam_axis_ratio: float = Field(
        default=1.0,
        ge=1.0,
        le=10.0,
        description="fixed beams: width at half power along the major axis over that along the minor one, "
        "which the aperture gives (sines of half of each); 1 = round",
    )
    beam_tilt_deg: float = Field(
        default=0.0,
        ge=0.0,
        lt=180.0,
        description="fixed beams: angle at the satellite from east towards north to the major axis",
    )
    scan_limit_deg: float = Field(default=70.0, gt=0.0, le=90.0)
    scan_loss_exponent_ratio: float = Field(default=1.3, ge=0.0, le=3.0)
    feeder_up_ghz: float = Field(ge=1.0, le=90.0)
    feeder_down_ghz: float = Field(ge=1.0, le=90.0)
    feeder_eirp_dbw: float = Field(
        ge=-20.0, le=90.0, description="towards one gateway antenna, over its bandwidth in one polarisation"
    )
    feeder_g_over_t_dbk: float = Field(ge=-40.0, le=60.0)
    processing: Literal["regenerative", "transparent"] = Field(
        default="regenerative",
        description="regenerative decodes and codes anew, so each hop is a link of its own; transparent "
        "repeats carriers, so the noise of the feeder joins the user's link and a beam takes as much "
        "feeder spectrum as it has itself",
    )

    @model_validator(mode="after")
    def _carrier_inside_its_band(self) -> Self:
        low, high = self.user_down_low_ghz, self.user_down_high_ghz
        if low is None and high is None:
            return self
        if low is None or high is None:
            raise ValueError("user_down_low_ghz and user_down_high_ghz stand together or not at all")
        if not low <= self.user_down_ghz <= high:
            raise ValueError(
                f"user_down_ghz {self.user_down_ghz:g} must lie from user_down_low_ghz {low:g} to "
                f"user_down_high_ghz {high:g}"
            )
        return self

    @model_validator(mode="after")
    def _beams_without_holes(self) -> Self:
        check_layout(self)
        return self

    @model_serializer(mode="wrap")
    def _without_round_beams(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), **SHAPE_UNSET)

    @property
    def user_down_band_ghz(self) -> tuple[float, float]:
        """Spectrum to users: as stated, or one polarisation's channels side by side about the carrier."""
        if self.user_down_low_ghz is not None and self.user_down_high_ghz is not None:
            return self.user_down_low_ghz, self.user_down_high_ghz
        half = self.channels * self.channel_down_mhz / 2e3
        return self.user_down_ghz - half, self.user_down_ghz + half

    def moved_to(self, down_ghz: float, up_ghz: float) -> Payload:
        """The same radio at other carriers; a band stated for the old one is dropped."""
        band: dict[str, float | None] = {"user_down_low_ghz": None, "user_down_high_ghz": None}
        return self.model_copy(update={"user_down_ghz": down_ghz, "user_up_ghz": up_ghz, **band})


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
