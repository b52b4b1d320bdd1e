"""Draw the figures of the waveform cards: `python docs/models/figures/waveforms.py` writes SVG here."""

from __future__ import annotations

import numpy as np
from links import Axis, draw  # the sibling script: run from this folder

from raabta.links import acm, modcod, relay, vl_snr


def ladder_figure() -> None:
    """The forward ladder with and without the optional modes."""
    lines = {}
    for name, steps in {"with VL-SNR": vl_snr.ladder(), "usual": modcod.ladder()}.items():
        across = np.append(np.repeat(steps.thresholds_db, 2), 2.0)
        up = np.concatenate([[0.0], np.repeat(steps.efficiency_bit_symbol, 2)])
        lines[name] = (across[across <= 2.0], up[: across.size][across <= 2.0])
    draw(
        "vl-snr",
        "Lowest steps at the IP layer, no margin",
        Axis("Es/N0, dB", (-10, -8, -6, -4, -2, 0, 2)),
        Axis("bit/symbol", (0, 0.25, 0.5, 0.75, 1.0, 1.25)),
        lines,
    )


def series_figure() -> None:
    """A noisy fade with and without hysteresis."""
    minutes = np.linspace(0.0, 10.0, 600)
    level = 9.0 - 7.0 * np.exp(-(((minutes - 5.0) / 1.6) ** 2))
    level = level + np.random.default_rng(3).normal(0.0, 0.25, minutes.size)
    steps = modcod.ladder(1.0)
    lines = {"C/N, dB / 4": (minutes, level / 4.0)}
    for width in (0.0, 1.0):
        used = acm.carried_bit_symbol(acm.held_steps(level, steps, width), steps)
        lines[f"hysteresis {width:g} dB"] = (minutes, used)
    draw(
        "acm",
        "Mode in use through a fade, margin 1 dB",
        Axis("minutes", (0, 2, 4, 6, 8, 10)),
        Axis("bit/symbol at IP", (0, 1, 2, 3)),
        lines,
    )


def relay_figure() -> None:
    """Rate through either payload by the downlink, uplink 12 dB."""
    down = np.linspace(-4.0, 22.0, 400)
    steps = modcod.ladder(1.0)

    def rate(levels: np.ndarray) -> np.ndarray:
        return 200.0 * acm.carried_bit_symbol(acm.best_steps(levels, steps), steps)

    lines = {
        "regenerative": (down, relay.regenerative_mbps(rate(np.full(down.shape, 12.0)), rate(down))),
        "transparent": (down, rate(relay.transparent_db(12.0, down))),
        "shared power": (down, rate(relay.transparent_db(12.0, down - relay.shared_power_loss_db(12.0)))),
    }
    draw(
        "relay",
        "200 MBd through a satellite, uplink 12 dB",
        Axis("downlink C/N, dB", (-4, 0, 4, 8, 12, 16, 20)),
        Axis("Mbps", (0, 200, 400, 600, 800)),
        lines,
    )


if __name__ == "__main__":
    ladder_figure()
    series_figure()
    relay_figure()
