"""What a mission's scenario says of the radio of a link, so that its rates follow from a budget."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from raabta.scenario.model import Model, NonNegative, Positive, Share
from raabta.scenario.tracking import Band, Frequency


class Aerial(Model):
    """A dish by its diameter, or any antenna by its gain, and how far it may point off."""

    dish_m: Positive | None = Field(default=None, description="diameter of a dish")
    efficiency_share: Share = Field(default=0.55, description="of its aperture")
    gain_dbi: float | None = Field(default=None, description="gain where it points; instead of a dish")
    pointing_error_deg: NonNegative = Field(default=0.0, description="how far it points off")

    def told(self) -> bool:
        """Whether it is told, once and in one way."""
        return (self.dish_m is None) != (self.gain_dbi is None)


class Sender(Aerial):
    """What sends at one end of a link: power into an antenna, or an EIRP as it is published."""

    power_w: Positive | None = Field(default=None, description="of the transmitter")
    line_loss_db: NonNegative = Field(default=0.0, description="from the transmitter to the antenna")
    eirp_dbw: float | None = Field(default=None, description="as published, instead of power and antenna")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = self.power_w is not None or self.dish_m is not None or self.gain_dbi is not None
        whole = self.power_w is not None and self.told()
        if (self.eirp_dbw is None) != whole or (self.eirp_dbw is not None and given):
            raise ValueError("a sender has power_w with dish_m or gain_dbi, or else eirp_dbw alone")
        return self


class Hearer(Aerial):
    """What receives at one end of a link: an antenna and its noise, or a G/T as it is published."""

    noise_figure_db: NonNegative | None = Field(default=None, description="from the first amplifier on")
    system_k: Positive | None = Field(default=None, description="noise of the whole in clear sky, instead")
    feed_loss_db: NonNegative = Field(default=0.0, description="between antenna and amplifier")
    g_over_t_dbk: float | None = Field(default=None, description="as published, instead of all these")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        noise = (self.noise_figure_db is None) != (self.system_k is None)
        parts = (self.noise_figure_db, self.system_k, self.dish_m, self.gain_dbi)
        given = any(part is not None for part in parts)
        whole = noise and self.told()
        if (self.g_over_t_dbk is None) != whole or (self.g_over_t_dbk is not None and given):
            raise ValueError(
                "a receiver has dish_m or gain_dbi with noise_figure_db or system_k, or g_over_t_dbk alone"
            )
        return self


class Budget(Model):
    """The radio of one way of a link: its rates at every range follow, and where it does not close."""

    band: Band = Field(description="of the stations at an end; their catalogue entry has a radio of it")
    frequency_ghz: Frequency | None = Field(
        default=None, description="carrier; none = that of the station's band"
    )
    sender: Sender | None = Field(default=None, description="none = the stations at that end")
    receiver: Hearer | None = Field(default=None, description="none = the stations at that end")
    modes: str | None = Field(
        default=None, description="rate table of the catalogue whose modes it has, such as icube-q-images"
    )
    rates_mbps: tuple[Positive, ...] = Field(
        default=(), max_length=64, description="or the information rates of its modes themselves"
    )
    eb_n0_db: float | None = Field(
        default=None,
        ge=-2.0,
        le=30.0,
        description="energy per bit that rates_mbps need, the modem's loss in it",
    )
    margin_db: NonNegative = Field(default=3.0, description="what a mode must have to spare")
    other_losses_db: NonNegative = Field(default=0.0, description="all the time: polarisation, ripple")
    availability_percent: float = Field(
        default=99.0,
        ge=50.0,
        le=99.999,
        description="of the average year for which the air over an Earth station takes no more (P.618-14)",
    )

    @model_validator(mode="after")
    def _modes_once(self) -> Self:
        if (self.modes is None) == (not self.rates_mbps):
            raise ValueError("a budget has modes (a rate table) or rates_mbps with eb_n0_db, one of the two")
        if bool(self.rates_mbps) != (self.eb_n0_db is not None):
            raise ValueError("rates_mbps and eb_n0_db go together")
        return self
