"""Draw the figures of the link floor's model cards: `python docs/models/figures/links.py` writes SVG here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from raabta.links import antenna, cloud, depolarisation, gas, maps, modcod, nr, rain, scintillation, weather

HERE = Path(__file__).parent
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000")
LEFT, RIGHT, TOP, BOTTOM, WIDTH, HEIGHT = 62, 150, 34, 46, 640, 330


@dataclass(frozen=True)
class Axis:
    """One axis: its label, ends, ticks and whether it is logarithmic."""

    label: str
    ticks: tuple[float, ...]
    log: bool = False

    def share(self, values: np.ndarray | float) -> np.ndarray:
        """Place along the axis, 0 to 1."""
        scale = np.log if self.log else np.asarray
        low, high = scale(self.ticks[0]), scale(self.ticks[-1])
        return (scale(np.asarray(values, dtype=float)) - low) / (high - low)


def _x(axis: Axis, values: np.ndarray | float) -> np.ndarray:
    return LEFT + (WIDTH - LEFT - RIGHT) * axis.share(values)


def _y(axis: Axis, values: np.ndarray | float) -> np.ndarray:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * axis.share(values)


def _frame(title: str, x: Axis, y: Axis) -> list[str]:
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14" font-weight="bold">{title}</text>',
    ]
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    for tick in x.ticks:
        at = float(_x(x, tick))
        out.append(f'<path d="M{at:.1f} {TOP}V{bottom}" stroke="#ddd"/>')
        out.append(f'<text x="{at:.1f}" y="{bottom + 16}" text-anchor="middle">{tick:g}</text>')
    for tick in y.ticks:
        at = float(_y(y, tick))
        out.append(f'<path d="M{LEFT} {at:.1f}H{right}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{tick:g}</text>')
    middle = (TOP + bottom) / 2
    out.append(f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">{x.label}</text>')
    out.append(
        f'<text transform="translate(16 {middle:.0f}) rotate(-90)" text-anchor="middle">{y.label}</text>'
    )
    return out


def draw(name: str, title: str, x: Axis, y: Axis, lines: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """Write one chart; lines leave the frame only by being cut at it."""
    out = _frame(title, x, y)
    frame = f'width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"'
    out.append(f'<clipPath id="c"><rect x="{LEFT}" y="{TOP}" {frame}/></clipPath>')
    for i, (label, (across, up)) in enumerate(lines.items()):
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(_x(x, across), _y(y, up), strict=True))
        colour, at = COLOURS[i], TOP + 10 + 20 * i
        dash = ("none", "7 3", "2 3", "9 3 2 3", "1 2")[i]
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        out.append(f'<polyline clip-path="url(#c)" points="{points}" {style}/>')
        out.append(f'<path d="M{WIDTH - RIGHT + 10} {at}h24" {style}/>')
        out.append(f'<text x="{WIDTH - RIGHT + 40}" y="{at + 4}">{label}</text>')
    (HERE / f"{name}.svg").write_text("\n".join([*out, "</svg>"]) + "\n", encoding="utf-8")


def _site(**changes: object) -> weather.SiteTables:
    given: dict[str, object] = {"frequency_ghz": 20.0, "dish_m": 0.6, "efficiency_share": 0.65} | changes
    return weather.site_tables(31.5, 74.3, 0.21, elevation_deg=[35.0], **given)  # type: ignore[arg-type]


PERCENT = Axis("share of time exceeded, %", (0.01, 0.1, 1.0, 10.0, 50.0), True)
FREQUENCY = Axis("frequency, GHz", (1.0, 5.0, 10.0, 20.0, 50.0), True)


def weather_figures() -> None:
    """P.618 total, rain, P.841, XPD."""
    p = np.geomspace(0.01, 50.0, 120)
    total = {
        f"{f:g} GHz": (p, _site(frequency_ghz=f, exceedance_percent=p).total_db[0, :, 0])
        for f in (12.0, 20.0, 30.0, 40.0)
    }
    draw(
        "p618-total",
        "Total loss, Lahore, 35° elevation",
        PERCENT,
        Axis("dB", (0, 20, 40, 60, 80, 100)),
        total,
    )
    found = _site(exceedance_percent=p)
    parts = {
        "rain": found.rain_db[0, :, 0],
        "scintillation": found.scintillation_db[0, :, 0],
        "cloud at 5 %": np.full(p.shape, found.cloud_db[0, 0]),
        "gas at 5 %": np.full(p.shape, found.gas_db[0, 0]),
    }
    draw(
        "p618-rain",
        "Parts at 20 GHz, Lahore, 35°",
        PERCENT,
        Axis("dB", (0.01, 0.1, 1, 10, 100), True),
        {k: (p, v) for k, v in parts.items()},
    )
    w = np.geomspace(0.02, 50.0, 120)
    worst = _site(frequency_ghz=30.0, exceedance_percent=w, statistic="worst-month").total_db[0, :, 0]
    year = _site(frequency_ghz=30.0, exceedance_percent=p).total_db[0, :, 0]
    draw(
        "p841",
        "Year and worst month, 30 GHz, Lahore, 35°",
        PERCENT,
        Axis("dB", (0, 20, 40, 60, 80, 100)),
        {"worst month": (w, worst), "average year": (p, year)},
    )
    a = np.geomspace(0.5, 40.0, 80)
    xpd = {
        f"{f:g} GHz": (a, depolarisation.cross_polarisation_db(a, f, 35.0, 0.1)) for f in (12.0, 20.0, 30.0)
    }
    draw(
        "p618-xpd",
        "XPD at 0.1 %, circular, 35°",
        Axis("rain attenuation, dB", (0.5, 1, 2, 5, 10, 20, 40), True),
        Axis("dB", (0, 10, 20, 30, 40)),
        xpd,
    )


def rain_and_cloud_figures() -> None:
    """P.838, P.839, P.837, P.840."""
    f = np.geomspace(1.0, 50.0, 150)
    rates = {f"{r} mm/h": (f, rain.specific_attenuation_db_km(r, f, 35.0)) for r in (5, 25, 50, 100)}
    draw(
        "p838",
        "Rain, circular polarisation, 35°",
        FREQUENCY,
        Axis("dB/km", (0.001, 0.01, 0.1, 1, 10, 100), True),
        rates,
    )
    y = np.linspace(24.0, 37.0, 120)
    meridians = {f"{lon}° E": (y, rain.rain_height_km(y, np.full(y.shape, lon))) for lon in (62, 67, 73)}
    north = Axis("latitude, ° N", (24, 26, 28, 30, 32, 34, 36, 37))
    draw("p839", "Rain height", north, Axis("km above sea level", (3, 4, 5, 6)), meridians)
    fall = {f"{lon}° E": (y, maps.rain_rate_001_mmh(y, np.full(y.shape, lon))) for lon in (62, 67, 73)}
    draw(
        "p837",
        "Rain rate exceeded for 0.01 % of the year",
        north,
        Axis("mm/h", (0, 20, 40, 60, 80, 100)),
        fall,
    )
    clouds = {f"{p:g} %": (f, cloud.cloud_zenith_db(31.5, 74.3, f, p)) for p in (1.0, 5.0, 10.0)}
    draw(
        "p840",
        "Zenith cloud attenuation, Lahore",
        FREQUENCY,
        Axis("dB", (0.0001, 0.001, 0.01, 0.1, 1, 10), True),
        clouds,
    )


def clear_air_figures() -> None:
    """P.676, scintillation, maps."""
    f = np.geomspace(1.0, 50.0, 150)
    zenith = {}
    for percent in (5.0, 50.0):
        zenith[f"{percent:g} %"] = (
            f,
            gas.gas_zenith_db(
                f,
                pressure_hpa=gas.standard_pressure_hpa(0.21),
                density_gm3=maps.vapour_density_gm3(31.5, 74.3, 0.21, percent),
                temperature_k=maps.surface_temperature_k(31.5, 74.3),
                vapour_content_kgm2=maps.vapour_content_kgm2(31.5, 74.3, 0.21, percent),
                height_km=0.21,
            ),
        )
    draw("p676", "Zenith gas attenuation, Lahore", FREQUENCY, Axis("dB", (0.01, 0.1, 1, 10), True), zenith)
    p = np.geomspace(0.01, 50.0, 120)
    fades = {
        f"{el}°": (p, scintillation.scintillation_db(80.0, 20.0, el, p, dish_m=0.6, efficiency_share=0.65))
        for el in (10, 25, 50)
    }
    draw(
        "p618-scintillation",
        "Scintillation, 20 GHz, 0.6 m, Nwet 80",
        PERCENT,
        Axis("dB", (0, 1, 2, 3, 4)),
        fades,
    )
    height = np.linspace(0.0, 4.0, 60)
    vapour = {f"{q:g} %": (height, maps.vapour_content_kgm2(33.7, 73.0, height, q)) for q in (5.0, 50.0)}
    draw(
        "itu-maps",
        "Water vapour above Islamabad by site height",
        Axis("height, km", (0, 1, 2, 3, 4)),
        Axis("kg/m²", (0, 20, 40, 60, 80)),
        vapour,
    )


def _stairs(steps: modcod.Ladder) -> tuple[np.ndarray, np.ndarray]:
    across = np.repeat(steps.thresholds_db, 2)
    up = np.concatenate([[0.0], np.repeat(steps.efficiency_bit_symbol, 2)[:-1]])
    return np.append(across, 22.0), np.append(up, steps.efficiency_bit_symbol[-1])


def radio_figures() -> None:
    """Pattern, ladders, budget."""
    angle = np.linspace(0.0, 6.0, 400)
    shapes = {f"{d:g} m": (angle, antenna.aperture_pattern_db(angle, d, 20.0)) for d in (0.2, 0.5, 1.0)}
    draw(
        "aperture-pattern",
        "Aperture pattern at 20 GHz",
        Axis("off-axis angle, °", (0, 1, 2, 3, 4, 5, 6)),
        Axis("dB", (-50, -40, -30, -20, -10, 0)),
        shapes,
    )
    snr = np.linspace(-10.0, 22.0, 100)
    shannon = (snr, np.log2(1.0 + 10.0 ** (snr / 10.0)))
    level, rate = (
        Axis("Es/N0 or SNR, dB", (-10, -5, 0, 5, 10, 15, 20)),
        Axis("bit/symbol", (0, 1, 2, 3, 4, 5, 6)),
    )
    dvb = {
        "Shannon": shannon,
        "256APSK": _stairs(modcod.ladder(0.0, 8, False, 1.0)),
        "32APSK": _stairs(modcod.ladder(0.0, 5, False, 1.0)),
        "at IP, 1 dB": _stairs(modcod.ladder(1.0, 5)),
    }
    draw("dvb-s2x", "DVB-S2 and S2X together", level, rate, dvb)
    five_g = {
        "Shannon": shannon,
        "gap 1.5 dB": _stairs(nr.ladder(0.0, overhead_share=1.0)),
        "at IP, 1 dB": _stairs(nr.ladder(1.0)),
    }
    draw("nr-mcs", "NR up to 64QAM", level, rate, five_g)
    radius = np.linspace(0.0, 20.0, 100)
    edge = {f"{d} km": (radius, antenna.edge_of_cell_loss_db(radius, d, 0.5, 20.0)) for d in (500, 800, 1100)}
    draw(
        "link-budget",
        "Edge-of-cell loss by slant range, 0.5 m at 20 GHz",
        Axis("cell radius, km", (0, 5, 10, 15, 20)),
        Axis("dB", (0, 5, 10, 15, 20)),
        edge,
    )


if __name__ == "__main__":
    weather_figures()
    rain_and_cloud_figures()
    clear_air_figures()
    radio_figures()
