"""Draw the figures of the antenna cards: `python docs/models/figures/antennas.py` writes SVG here."""

from __future__ import annotations

import numpy as np
from links import Axis, draw  # the sibling script: run from this folder

from raabta.links import antenna, earth_patterns, receiver, satellite_patterns

ANGLE = np.geomspace(0.1, 180.0, 1800)
OFF_AXIS = Axis("off-axis angle, °", (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 90.0, 180.0), True)


def satellite_figures() -> None:
    """S.1528 and S.672-4."""
    aperture = 0.33877
    u = satellite_patterns.taylor_u(
        np.minimum(ANGLE, 90.0), 0.0, radial_m=aperture, transverse_m=aperture, frequency_ghz=20.0
    )
    low = satellite_patterns.s1528_low_orbit_dbi(ANGLE, 35.0, 1.6, aperture_m=aperture, frequency_ghz=20.0)
    lines = {
        "1.2, −20 dB": (ANGLE, satellite_patterns.s1528_dbi(ANGLE, 35.0, 1.6, frequency_ghz=20.0)),
        "1.3, low orbit": (ANGLE, low),
        "1.4, 20 dB, 4": (ANGLE, 35.0 + satellite_patterns.s1528_taylor_db(u)),
    }
    gain = Axis("dBi", (-20, -10, 0, 10, 20, 30, 40))
    draw("s1528", "S.1528, peak 35 dBi, width 3.2°", OFF_AXIS, gain, lines)
    geo = {
        f"{near:g} dB": (ANGLE, satellite_patterns.s672_dbi(ANGLE, 45.0, 0.5, near_lobe_db=near))
        for near in (-10.0, -20.0, -25.0, -30.0)
    }
    draw("s672", "S.672-4, peak 45 dBi, width 1°", OFF_AXIS, Axis("dBi", (-10, 0, 10, 20, 30, 40, 50)), geo)


def earth_figures() -> None:
    """S.465-6, S.580-6, S.1428-1 and BO.1443-3 for one dish each."""
    from_start = ANGLE[ANGLE > 1.3]
    lines = {
        "S.465, 2 m": (from_start, earth_patterns.s465_dbi(from_start, 2.0, 12.0)),
        "S.580, 2 m": (from_start, earth_patterns.s580_dbi(from_start, 2.0, 12.0)),
        "S.1428, 2 m": (ANGLE, earth_patterns.s1428_dbi(ANGLE, 2.0, 12.0)),
        "BO.1443, 0.45 m, 0°": (ANGLE, earth_patterns.bo1443_dbi(ANGLE, 0.0, 0.45, 12.0)),
        "the same, 90°": (ANGLE, earth_patterns.bo1443_dbi(ANGLE, 90.0, 0.45, 12.0)),
    }
    draw(
        "earth-patterns",
        "Earth stations at 12 GHz",
        OFF_AXIS,
        Axis("dBi", (-20, -10, 0, 10, 20, 30, 40, 50)),
        lines,
    )


def receiver_figures() -> None:
    """Fall of G/T in a fade; pointing, polarisation and scan."""
    fade = np.linspace(0.2, 20.0, 200)
    falls = {}
    for kelvin in (70.0, 150.0, 300.0):
        figure = receiver.noise_figure_db(kelvin)
        clear = receiver.antenna_temperature_k(0.2)
        fallen = receiver.g_over_t_dbk(40.0, figure, clear) - receiver.g_over_t_dbk(
            40.0, figure, receiver.faded_antenna_k(clear, fade, 0.2)
        )
        falls[f"{kelvin:g} K receiver"] = (fade, fallen)
    draw(
        "g-over-t",
        "Fall of G/T in a fade, 0.2 dB clear sky",
        Axis("loss, dB", (0, 4, 8, 12, 16, 20)),
        Axis("dB", (0, 1, 2, 3, 4, 5, 6, 7)),
        falls,
    )
    share = np.linspace(0.0, 1.0, 100)
    width = 2.0 * float(antenna.half_power_half_angle_deg(0.6, 20.0))
    losses = {
        "pointing": (0.5 * share, receiver.pointing_loss_db(0.5 * share, 1.0)),
        "aperture": (0.5 * share, -antenna.aperture_pattern_db(0.5 * share * width, 0.6, 20.0)),
    }
    draw(
        "pointing",
        "Pointing loss and the pattern of 0.6 m at 20 GHz",
        Axis("error over full width", (0, 0.1, 0.2, 0.3, 0.4, 0.5)),
        Axis("dB", (0, 1, 2, 3)),
        losses,
    )


if __name__ == "__main__":
    satellite_figures()
    earth_figures()
    receiver_figures()
