"""What a payload may say of fixed beams, and the errors that say what is wrong."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from raabta.scenario.loader import load
from raabta.scenario.models import Payload

PAYLOAD = load("pakistan").constellation.payload


def changed(**figures):
    apertures = {"transmit_aperture_m": 0.5, "receive_aperture_m": 0.33, "channels": 4, "polarisations": 1}
    return Payload.model_validate(PAYLOAD.model_dump() | apertures | {"beam_layout": "fixed"} | figures)


def test_beams_are_steered_unless_said():
    assert PAYLOAD.beam_layout == "steered"
    assert changed(reuse_colours=4).reuse_colours == 4


def test_colours_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(ValidationError, match=r"reuse_colours 3 does not divide .* = 4"):
        changed(reuse_colours=3)
    assert changed(reuse_colours=3, channels=6).reuse_colours == 3


def test_a_spacing_whose_corners_reach_the_first_null_is_refused():
    assert changed(beam_spacing_ratio=4.11)
    with pytest.raises(ValidationError, match=r"leaves holes.*below 4\.113"):
        changed(beam_spacing_ratio=4.12)


def test_the_return_pattern_counts_where_it_is_narrower():
    with pytest.raises(ValidationError, match=r"leaves holes.*below 1\.371"):
        changed(receive_aperture_m=1.0)
    assert changed(receive_aperture_m=1.0, beam_spacing_ratio=1.3)


def test_an_aperture_without_a_beam_width_is_refused_with_one_that_has_it():
    down_ghz = PAYLOAD.user_down_ghz
    least_m = 1.6137406 * 0.299792458 / (3.141592653589793 * down_ghz)
    with pytest.raises(ValidationError, match=f"at least {least_m:.3g}"):
        changed(transmit_aperture_m=0.5 * least_m, receive_aperture_m=0.001)


@pytest.mark.parametrize(
    "figures",
    [{"reuse_colours": 4}, {"beam_spacing_ratio": 1.5}, {"beam_axis_ratio": 2.0}, {"beam_tilt_deg": 5.0}],
)
def test_figures_of_a_layout_that_is_not_there_are_refused(figures):
    with pytest.raises(ValidationError, match="only of fixed beams; say beam_layout: fixed"):
        changed(beam_layout="steered", **figures)
