"""The catalogue: every figure has a source and a confidence, and the derived ones recompute."""

from __future__ import annotations

import json
import math
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from raabta.base.errors import ScenarioError
from raabta.scenario.catalogue import (
    CONFIDENCES,
    actual_gateways,
    catalogue_names,
    entry,
    figures,
)
from raabta.scenario.documents import parse
from raabta.scenario.models import Constellation, Gateway, Shell, Terminal

C_M_GHZ = 0.299792458
EARTH_KM = 6371.0


def gain_dbi(dish_m: float, frequency_ghz: float, efficiency: float) -> float:
    return 10 * math.log10(efficiency * (math.pi * dish_m * frequency_ghz / C_M_GHZ) ** 2)


def _numbers(node: Any, path: str = "") -> dict[str, float]:
    if isinstance(node, dict):
        return {
            k: v
            for key, sub in node.items()
            for k, v in _numbers(sub, f"{path}.{key}" if path else key).items()
        }
    if isinstance(node, list):
        return {k: v for i, sub in enumerate(node) for k, v in _numbers(sub, f"{path}[{i}]").items()}
    return {path: node} if isinstance(node, int | float) and not isinstance(node, bool) else {}


def test_what_the_catalogue_holds() -> None:
    assert catalogue_names("constellation") == [
        "galaxyspace-like",
        "galaxyspace-like-qv",
        "kuiper",
        "oneweb",
        "paksat-1r",
        "paksat-mm1",
        "starlink-gen1",
        "telesat",
        "telesat-1015",
    ]
    pakistani = {name for name in catalogue_names("gateway") if entry(name).data["country"] == "PAK"}
    assert pakistani == {"karachi", "gwadar", "islamabad", "lahore", "peshawar", "quetta", "multan"}
    classes = {entry(name).data["terminal_class"] for name in catalogue_names("terminal")}
    assert classes == {"household", "community", "backhaul", "institution"}


@pytest.mark.parametrize("name", catalogue_names())
def test_every_number_is_a_figure_with_source_and_confidence(name: str) -> None:
    found = figures(name)
    assert _numbers(entry(name).data) == {f.path: f.value for f in found}
    for figure in found:
        assert len(figure.source) > 10
        assert figure.confidence in CONFIDENCES
        if "assumption" in figure.source.split(";")[0] or "memory" in figure.source.split(";")[0]:
            assert figure.confidence in ("M", "C"), figure


@pytest.mark.parametrize("name", catalogue_names())
def test_ranges_hold_their_value(name: str) -> None:
    values = {f.path: f.value for f in figures(name)}
    for path, (low, high) in entry(name).ranges.items():
        assert low <= values[path] <= high, path


@pytest.mark.parametrize("kind", ["constellation", "terminal", "gateway"])
def test_entries_are_whole_models(kind: Any) -> None:
    expected = {"constellation": Constellation, "terminal": Terminal, "gateway": Gateway}[kind]
    for name in catalogue_names(kind):
        assert isinstance(entry(name).model, expected), name


def test_an_unknown_entry_suggests_a_near_one() -> None:
    with pytest.raises(ScenarioError) as caught:
        entry("starlink-gen2")
    assert caught.value.message == "the catalogue has no 'starlink-gen2'"
    assert caught.value.hint == "did you mean 'starlink-gen1'?"


def test_a_number_without_a_source_is_refused(tmp_path: Path) -> None:
    from raabta.scenario.catalogue import _Reader

    for text, message in (
        ("figures: {a: 3}", "a number without source"),
        ("figures: {a: {value: 3, source: somewhere else}}", "needs a source and a confidence"),
        ("figures: {a: {value: 3, source: two words, confidence: Z}}", "needs a source and a confidence"),
        ("figures: {a: {value: 3, source: word, confidence: A}}", "'word' is not described"),
    ):
        document = parse(text, "x.yaml")
        with pytest.raises(ScenarioError, match=message):
            _Reader(document).plain(document.data["figures"], ("figures",))


def test_starlink_shells_are_those_of_fcc_21_48() -> None:
    shells = [Shell.model_validate(shell) for shell in entry("starlink-gen1").data["shells"]]
    assert [(s.altitude_km, s.inclination_deg, s.planes, s.satellites_per_plane) for s in shells] == [
        (550, 53.0, 72, 22),
        (540, 53.2, 72, 22),
        (570, 70, 36, 20),
        (560, 97.6, 6, 58),
        (560, 97.6, 4, 43),
    ]
    assert sum(s.satellites for s in shells) == 4_408


def test_starlink_density_meets_the_flux_cap_of_article_21() -> None:
    """-116 dBW/m2/MHz at 25-90 deg (Radio Regulations Table 21-4): 9.80 at nadir, 16.00 at 25 deg."""
    payload = entry("starlink-gen1").data["payload"]

    def flux(density: float, range_km: float) -> float:
        return density - 10 * math.log10(4 * math.pi * (range_km * 1e3) ** 2)

    assert flux(payload["eirp_density_dbw_mhz"], 550.0) == pytest.approx(-116.0, abs=0.005)
    assert flux(payload["eirp_density_edge_dbw_mhz"], 1_123.28) == pytest.approx(-116.0, abs=0.005)
    rise = 20 * math.log10(1_123.28 / 550.0)
    assert payload["eirp_density_dbw_mhz"] + rise == pytest.approx(
        payload["eirp_density_edge_dbw_mhz"], abs=0.005
    )


def test_galaxyspace_like_is_tr_38821_set_1_and_says_so() -> None:
    found = entry("galaxyspace-like")
    payload = found.data["payload"]
    assert found.data["stand_in"] is True
    assert "not GalaxySpace data" in found.note
    assert (payload["eirp_density_dbw_mhz"], payload["g_over_t_dbk"], payload["channel_down_mhz"]) == (
        4,
        13,
        400,
    )
    per_beam_w = 10 ** ((4 + 10 * math.log10(400) - 38.5) / 10)
    assert payload["beams"] * per_beam_w == pytest.approx(payload["rf_power_w"], rel=0.01)
    assert payload["forward_mbps"] / payload["beams"] == pytest.approx(850, rel=0.01)


def test_paksat_1r_says_that_its_design_life_has_ended() -> None:
    found = entry("paksat-1r")
    assert found.data["geostationary"] == [{"longitude_deg": 38.0}]
    assert "Aug-Oct 2026" in found.note and "Aug-Oct 2026" in found.data["note"]
    assert entry("paksat-mm1").data["geostationary"] == [{"longitude_deg": 38.2}]
    assert "not public" in entry("paksat-mm1").note


@pytest.mark.parametrize("name", catalogue_names("terminal"))
def test_terminal_gain_less_noise_is_its_g_over_t(name: str) -> None:
    data = entry(name).data
    frequency_ghz = 11.7 if data["carrier_mhz"] == 62.5 else 20.0
    gain = gain_dbi(data["dish_m"], frequency_ghz, data["efficiency_share"])
    assert gain - 10 * math.log10(data["noise_temperature_k"]) == pytest.approx(
        data["g_over_t_dbk"], abs=0.02
    )


def test_vsat_is_that_of_tr_38821() -> None:
    data = entry("household-vsat").data
    noise_k = 150 + 290 * (10 ** (1.2 / 10) - 1)
    assert data["noise_temperature_k"] == pytest.approx(noise_k, abs=0.1)
    assert data["g_over_t_dbk"] == pytest.approx(39.7 - 10 * math.log10(noise_k), abs=0.005)
    assert data["eirp_dbw"] == pytest.approx(33 - 30 + 43.2)


@pytest.mark.parametrize(
    ("name", "receive_db", "transmit_db"),
    [
        ("community", 20 * math.log10(2), 20 * math.log10(2)),
        ("backhaul", 20 * math.log10(2), 20 * math.log10(2) + 3),
        ("community-ku", 20 * math.log10(2 * 11.7 / 20), 20 * math.log10(2 * 14.25 / 30)),
        ("backhaul-ku", 20 * math.log10(2 * 11.7 / 20), 20 * math.log10(2 * 14.25 / 30) + 3),
        ("institution-ku", 20 * math.log10(11.7 / 20), 20 * math.log10(14.25 / 30)),
    ],
)
def test_scaled_terminals_follow_dish_and_frequency(name: str, receive_db: float, transmit_db: float) -> None:
    data = entry(name).data
    assert data["g_over_t_dbk"] == pytest.approx(15.86 + receive_db, abs=0.025)
    assert data["eirp_dbw"] == pytest.approx(46.2 + transmit_db, abs=0.025)


def test_classes_share_the_homes_and_backhaul_is_committed() -> None:
    for names in (
        ("household-vsat", "community", "backhaul", "institution"),
        ("household-phased-array", "community-ku", "backhaul-ku", "institution-ku"),
    ):
        data = [entry(name).data for name in names]
        assert sum(d["share"] for d in data) == pytest.approx(1.0)
        assert data[1]["share"] + data[2]["share"] > 0.5
        assert data[2]["contention_ratio"] <= 4
        assert 50 <= data[1]["homes_per_terminal"] <= 200


def _least_distance_km(shell: Shell, phasing: int) -> float:
    """Least distance over time between satellites of one shell, circular two-body motion.

    The cosine between two satellites is c0 + c1 cos 2u + c2 sin 2u in the argument of latitude u, so its
    greatest value is c0 + hypot(c1, c2): no stepping in time is needed.
    """
    span = 2 * np.pi if shell.pattern == "delta" else np.pi
    plane, slot = np.meshgrid(np.arange(shell.planes), np.arange(shell.satellites_per_plane), indexing="ij")
    other = (plane > 0) | (slot > 0)
    node = (span * plane / shell.planes)[other]
    lead = (2 * np.pi * (slot + phasing * plane / shell.planes) / shell.satellites_per_plane)[other]
    tilt = math.radians(shell.inclination_deg)

    def unit(node: Any, u: Any) -> Any:
        x = np.cos(node) * np.cos(u) - np.sin(node) * np.sin(u) * math.cos(tilt)
        y = np.sin(node) * np.cos(u) + np.cos(node) * np.sin(u) * math.cos(tilt)
        return np.stack([x, y, np.sin(u) * math.sin(tilt) + 0 * x])

    at = [
        (unit(0 * node, u + 0 * node) * unit(node, u + lead)).sum(axis=0) for u in (0, np.pi / 4, np.pi / 2)
    ]
    mean = (at[0] + at[2]) / 2
    nearest = (mean + np.hypot((at[0] - at[2]) / 2, at[1] - mean)).max()
    return (EARTH_KM + shell.altitude_km) * math.sqrt(max(0.0, 2 - 2 * nearest))


@pytest.mark.parametrize(
    "name", ["starlink-gen1", "oneweb", "telesat", "telesat-1015", "kuiper", "galaxyspace-like"]
)
def test_phasing_keeps_satellites_farthest_apart(name: str) -> None:
    """The claim of the catalogue, recomputed for every Walker F."""
    for shell in (Shell.model_validate(raw) for raw in entry(name).data["shells"]):
        distances = [_least_distance_km(shell, phasing) for phasing in range(shell.planes)]
        assert distances[shell.phasing] == pytest.approx(max(distances), rel=1e-9)
        assert distances[shell.phasing] > 20.0


def test_galaxyspace_like_inclination_is_argued_with_true_numbers() -> None:
    """Average number of 1,000 satellites above 25 deg, by latitude, as the note of the entry states."""

    def visible(inclination_deg: float, latitude_deg: float) -> float:
        elevation = math.radians(25)
        half = math.acos(EARTH_KM / (EARTH_KM + 500) * math.cos(elevation)) - elevation
        u = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
        at = np.arcsin(math.sin(math.radians(inclination_deg)) * np.sin(u))
        here = math.radians(latitude_deg)
        cosine = (math.cos(half) - math.sin(here) * np.sin(at)) / (math.cos(here) * np.cos(at))
        return float(1_000 * np.where(abs(cosine) < 1, np.arccos(np.clip(cosine, -1, 1)) / np.pi, 0).mean())

    pakistan = [visible(40, lat) for lat in range(24, 38)]
    assert (round(min(pakistan)), round(max(pakistan))) == (6, 11)
    mean = {tilt: np.mean([visible(tilt, lat) for lat in range(24, 38)]) for tilt in (36, 40, 53)}
    assert mean[36] - mean[40] == pytest.approx(1.1, abs=0.1)
    assert mean[53] < 0.6 * mean[40]
    assert visible(36, 44) == 0.0 < visible(40, 47)
    by_latitude = [visible(40, lat) for lat in range(25, 46)]
    assert 34 <= 25 + by_latitude.index(max(by_latitude)) <= 39


def test_actual_gateways_are_listed_and_only_oman_is_in_reach() -> None:
    """A user link of 8.5 deg and a feeder of 15.6 deg of arc (10 deg of elevation) span at most 2,700 km."""

    def distance_km(gateway: Gateway, lat: float, lon: float) -> float:
        a, b = math.radians(gateway.latitude_deg), math.radians(lat)
        turn = math.radians(gateway.longitude_deg - lon)
        return EARTH_KM * math.acos(math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn))

    corners = ((25.2, 61.6), (29.4, 60.9), (37.0, 74.5), (24.6, 71.0), (32.0, 75.3))
    reach = {
        gateway.name
        for gateway in actual_gateways()
        if min(distance_km(gateway, *at) for at in corners) < 2_700
    }
    assert reach == {"Murayjat (Muscat)"}


def test_names_are_unique_and_files_are_packaged() -> None:
    names = catalogue_names()
    assert all(first < second for first, second in pairwise(names))
    root = Path(str(resources.files("raabta.scenario"))) / "catalogue"
    assert {path.stem for path in root.rglob("*.yaml")} == set(names)


def test_data_can_be_written_as_json() -> None:
    for name in catalogue_names():
        assert json.loads(json.dumps(entry(name).data)) == entry(name).data
