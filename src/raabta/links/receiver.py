"""Figure of merit from gain, noise figure and antenna temperature; pointing and polarisation loss.

Temperatures are referred to the receiver's input, behind the feed's loss. The sky of a fade is that of
ITU-R P.618-14 clause 3, as in `links.budget`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.links.antenna import FLOOR_DB
from raabta.links.budget import SKY_TEMPERATURE_K, SPACE_TEMPERATURE_K
from raabta.links.ranges import FloatArray, in_range

REFERENCE_TEMPERATURE_K = 290.0
"""T0 of the noise figure's definition (ITU-R V.573)."""
NOISE = "a negative noise temperature does not exist"


def noise_temperature_k(noise_figure_db: npt.ArrayLike) -> FloatArray:
    """Noise temperature of a receiver, K: 290 (10^(NF/10) - 1). Any shape; NF 0 to 30 dB."""
    figure = in_range("noise figure", noise_figure_db, 0.0, 30.0, "dB", f"below 0 dB: {NOISE}")
    return REFERENCE_TEMPERATURE_K * (10.0 ** (figure / 10.0) - 1.0)


def noise_figure_db(temperature_k: npt.ArrayLike) -> FloatArray:
    """Noise figure of a receiver, dB: 10 log10(1 + T/290). Any shape."""
    temperature = in_range("noise temperature", temperature_k, 0.0, 3e5, "K", NOISE)
    return np.asarray(10.0 * np.log10(1.0 + temperature / REFERENCE_TEMPERATURE_K))


def antenna_temperature_k(
    loss_db: npt.ArrayLike,
    spill_share: npt.ArrayLike = 0.0,
    ground_k: npt.ArrayLike = REFERENCE_TEMPERATURE_K,
) -> FloatArray:
    """Noise an antenna picks up through an atmosphere of this loss, K. Arrays broadcast.

    (1 - s) (275 (1 - 10^(-A/10)) + 2.7 10^(-A/10)) + s T_ground; s is the share of the pattern on the ground.
    """
    loss = in_range("loss", loss_db, 0.0, 300.0, "dB", NOISE)
    share = in_range("share of the pattern on the ground", spill_share, 0.0, 1.0, "", NOISE)
    ground = in_range("ground temperature", ground_k, 0.0, 400.0, "K", NOISE)
    seen = 10.0 ** (-loss / 10.0)
    sky = SKY_TEMPERATURE_K * (1.0 - seen) + SPACE_TEMPERATURE_K * seen
    return (1.0 - share) * sky + share * ground


def faded_antenna_k(
    clear_antenna_k: npt.ArrayLike, loss_db: npt.ArrayLike, clear_loss_db: npt.ArrayLike
) -> FloatArray:
    """Antenna temperature in a fade, K: the clear one + (275 - 2.7) (10^(-A_clear/10) - 10^(-A/10)).

    For a clear-sky temperature that was measured or specified, ground included. A loss below clear sky's adds
    nothing.
    """
    clear = in_range("antenna temperature", clear_antenna_k, 0.0, 1e4, "K", NOISE)
    before = 10.0 ** (-np.asarray(clear_loss_db, dtype=np.float64) / 10.0)
    after = 10.0 ** (-np.asarray(loss_db, dtype=np.float64) / 10.0)
    return clear + (SKY_TEMPERATURE_K - SPACE_TEMPERATURE_K) * np.maximum(before - after, 0.0)


def receiving_temperature_k(
    antenna_k: npt.ArrayLike, noise_figure_db: npt.ArrayLike, feed_loss_db: npt.ArrayLike = 0.0
) -> FloatArray:
    """System noise temperature at the receiver's input, K: T_a/L + 290 (1 - 1/L) + 290 (F - 1)."""
    antenna = in_range("antenna temperature", antenna_k, 0.0, 1e4, "K", NOISE)
    passed = 10.0 ** (-in_range("feed loss", feed_loss_db, 0.0, 30.0, "dB", NOISE) / 10.0)
    return antenna * passed + REFERENCE_TEMPERATURE_K * (1.0 - passed) + noise_temperature_k(noise_figure_db)


def g_over_t_dbk(
    gain_dbi: npt.ArrayLike,
    noise_figure_db: npt.ArrayLike,
    antenna_k: npt.ArrayLike,
    feed_loss_db: npt.ArrayLike = 0.0,
) -> FloatArray:
    """Figure of merit G/T, dB/K: gain - feed loss - 10 log10 of `receiving_temperature_k`. Arrays broadcast.

    Without feed loss it is 3GPP's G - NF - 10 log10(290 + (T_a - 290) 10^(-NF/10)), TR 38.821 clause 6.1.3.1.
    """
    temperature = receiving_temperature_k(antenna_k, noise_figure_db, feed_loss_db)
    gain = np.asarray(gain_dbi, dtype=np.float64) - np.asarray(feed_loss_db, dtype=np.float64)
    in_range("system temperature", temperature, 1e-3, 1e9, "K", NOISE)
    return np.asarray(gain - 10.0 * np.log10(temperature))


def pointing_loss_db(error_deg: npt.ArrayLike, beam_width_deg: npt.ArrayLike) -> FloatArray:
    """Loss of an antenna that points off, dB >= 0: 12 (error / full 3 dB width)^2. Arrays broadcast.

    The parabola holds inside the 3 dB contour, where it is within 0.05 dB of a round aperture; farther off
    take `antenna.aperture_pattern_db`.
    """
    width = in_range("beam width", beam_width_deg, 1e-3, 180.0, "deg", "full width at 3 dB")
    why = "the parabola ends at the 3 dB contour; take antenna.aperture_pattern_db"
    share = in_range("pointing error over beam width", np.abs(error_deg) / width, 0.0, 0.5, "", why)
    return 12.0 * share**2


def polarisation_loss_db(
    axial_ratio_db: npt.ArrayLike,
    other_axial_ratio_db: npt.ArrayLike,
    tilt_deg: npt.ArrayLike = 90.0,
    *,
    same_sense: bool = True,
) -> FloatArray:
    """Loss between two elliptical polarisations, dB, 0 to 100. Arrays broadcast; a tilt of 90 deg is worst.

    -10 log10 of (1 + (+-4 r s + (1 - r^2)(1 - s^2) cos 2 tilt) / ((1 + r^2)(1 + s^2))) / 2, with r and s the
    ratios of minor to major axis, 10^(-AR/20): 1 is circular, 0 (an axial ratio of `inf` dB) is linear.
    """
    ratios = [
        10.0 ** (-in_range("axial ratio", value, 0.0, np.inf, "dB", "major over minor axis") / 20.0)
        for value in (axial_ratio_db, other_axial_ratio_db)
    ]
    r, s = ratios
    turn = np.cos(2.0 * np.radians(np.asarray(tilt_deg, dtype=np.float64)))
    crossed = (1.0 if same_sense else -1.0) * 4.0 * r * s + (1.0 - r**2) * (1.0 - s**2) * turn
    passed = 0.5 * (1.0 + crossed / ((1.0 + r**2) * (1.0 + s**2)))
    return np.asarray(0.0 - 10.0 * np.log10(np.maximum(passed, 10.0 ** (FLOOR_DB / 10.0))))
