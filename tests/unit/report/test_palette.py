"""Class breaks, and colours that stay apart for colour-blind readers."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from raabta.report import palette

# Machado, Oliveira and Fernandes (2009), severity 1.0, linear RGB.
BLINDNESS = {
    "normal": np.eye(3),
    "protan": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                        [-0.003882, -0.048116, 1.051998]]),
    "deutan": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                        [-0.011820, 0.042940, 0.968881]]),
    "tritan": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                        [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip


def lab(colour: str, blindness: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(BLINDNESS[blindness] @ linear, 0.0, 1.0)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ linear / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(a: str, b: str, blindness: str) -> float:
    return float(np.linalg.norm(lab(a, blindness) - lab(b, blindness)))


@pytest.mark.parametrize("blindness", BLINDNESS)
@pytest.mark.parametrize(
    "classes", [palette.rate_classes(), palette.served_classes()], ids=["rate", "served"]
)
def test_classes_and_nobody_stay_apart(classes: palette.Classes, blindness: str) -> None:
    colours = [*classes.colours, palette.NOBODY]
    assert min(distance(a, b, blindness) for a, b in combinations(colours, 2)) > 13.0


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_constraints_stay_apart(blindness: str) -> None:
    pairs = combinations([*palette.CONSTRAINT_COLOURS.values(), palette.NOBODY], 2)
    assert min(distance(a, b, blindness) for a, b in pairs) > 13.0


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_the_ramp_darkens_all_the_way(blindness: str) -> None:
    light = [lab(colour, blindness)[0] for colour in palette.RAMP]
    assert all(a > b + 5.0 for a, b in pairwise(light))


def test_served_classes_set_none_and_all_apart() -> None:
    values = np.array([0.0, 0.01, 0.2, 0.79, 0.99, 1.0, np.nan])
    index = palette.served_classes().index(values)
    assert [palette.served_classes().labels[i] if i >= 0 else "" for i in index] == [
        "none", "under 5 %", "20–40 %", "60–80 %", "80–99.9 %", "all", "",
    ]  # fmt: skip


def test_rate_classes_are_cut_at_the_plans() -> None:
    index = palette.rate_classes().index(np.array([0.0, 24.9, 25.0, 50.0, 100.0, 900.0]))
    labels = [palette.rate_classes().labels[i] for i in index]
    assert labels == ["none", "10–25", "25–50", "50 or more", "50 or more", "50 or more"]


@pytest.mark.parametrize("target", [0.3, 0.9, 0.95, 0.99, 0.9999])
def test_availability_classes_end_at_the_target(target: float) -> None:
    classes = palette.availability_classes(target)
    assert len(classes.breaks) == len(classes.colours) == len(classes.labels)
    assert classes.index(np.array([target, np.nextafter(target, 0)])).tolist() == [
        len(classes.labels) - 1, len(classes.labels) - 2,
    ]  # fmt: skip
    assert classes.labels[-1] == f"{100 * target:g} % or more"
