"""Walker shells: the planes, the places and above all the phase, seen in the positions themselves."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

EPOCH = np.datetime64("2026-11-22T00:00:00", "ns")


def _latitude_argument_and_node(shell: Shell) -> tuple[np.ndarray, np.ndarray]:
    """Argument of latitude and node (deg) from TEME positions a moment apart, by geometry alone."""
    from raabta.base.frames import teme_to_itrf

    propagator = Propagator.from_elements(walker(shell, EPOCH), EPOCH)
    times = EPOCH + np.array([0, 1], "timedelta64[s]")
    itrf = propagator.positions_km(times)
    r0, r1 = np.einsum("tji,tjs->tsi", teme_to_itrf(times), itrf)
    pole = np.cross(r0, r1)
    pole /= np.linalg.norm(pole, axis=1, keepdims=True)
    node = np.stack([-pole[:, 1], pole[:, 0], np.zeros(len(pole))], axis=1)
    node /= np.linalg.norm(node, axis=1, keepdims=True)
    up = np.cross(pole, node)
    u = np.degrees(np.arctan2((r0 * up).sum(1), (r0 * node).sum(1)))
    return u.reshape(shell.planes, -1), np.degrees(np.arctan2(node[:, 1], node[:, 0])).reshape(
        shell.planes, -1
    )


def _wrapped(degrees: np.ndarray) -> np.ndarray:
    return (degrees + 180.0) % 360.0 - 180.0


@pytest.mark.parametrize("phasing", [0, 1, 5, 11])
def test_phase_between_planes_is_360_f_over_t(phasing: int) -> None:
    shell = Shell(altitude_km=550, inclination_deg=53, planes=12, satellites_per_plane=8, phasing=phasing)
    u, _ = _latitude_argument_and_node(shell)
    steps = _wrapped(u[1:, 0] - u[:-1, 0] - 360.0 * phasing / 96)
    assert np.abs(steps).max() < 0.15  # J2 and J3 periodics shift each place by up to 0.07 deg


def test_the_seam_closes_on_a_delta_pattern() -> None:
    """P steps of the phase make F whole places: plane P falls on plane 0 again."""
    shell = Shell(altitude_km=550, inclination_deg=53, planes=9, satellites_per_plane=7, phasing=4)
    elements = walker(shell, EPOCH)
    last = elements.mean_anomaly_deg.reshape(9, 7)[8] + 360.0 * 4 / 63
    places = np.sort(last % (360.0 / 7))
    assert _wrapped((places - elements.mean_anomaly_deg[0]) * 7).tolist() == pytest.approx(
        [0.0] * 7, abs=1e-9
    )


@pytest.mark.parametrize(("pattern", "spread"), [("delta", 360.0), ("star", 180.0)])
def test_planes_are_even_over_the_spread(pattern: str, spread: float) -> None:
    shell = Shell(
        altitude_km=1200, inclination_deg=87.9, planes=18, satellites_per_plane=4, pattern=pattern,
        raan_offset_deg=25.0,
    )  # fmt: skip
    u, node = _latitude_argument_and_node(shell)
    assert _wrapped(node[:, 0] - 25.0 - np.arange(18) * spread / 18) == pytest.approx(np.zeros(18), abs=0.02)
    in_plane = _wrapped(np.diff(u, axis=1) - 90.0)
    assert np.abs(in_plane).max() < 0.3


def test_altitude_is_the_brouwer_mean_semi_major_axis() -> None:
    shell = Shell(altitude_km=550, inclination_deg=53, planes=72, satellites_per_plane=22, phasing=17)
    elements = walker(shell, EPOCH)
    assert elements.semi_major_axis_km == pytest.approx(np.full(1584, 6928.137), abs=1e-9)
    times = EPOCH + np.arange(0, 5760, 60).astype("timedelta64[s]")
    radius = np.linalg.norm(Propagator.from_elements(elements, EPOCH).positions_km(times), axis=1)
    assert radius.mean() - 6378.137 == pytest.approx(550.0, abs=1.0)


def test_order_is_plane_major_and_named() -> None:
    shell = Shell(altitude_km=550, inclination_deg=53, planes=3, satellites_per_plane=2)
    elements = walker(shell, EPOCH, "leo-1")
    assert elements.names[:3] == ("leo-1-001-001", "leo-1-001-002", "leo-1-002-001")
    assert elements.raan_deg.tolist() == pytest.approx([0, 0, 120, 120, 240, 240])
    assert elements.mean_anomaly_deg.tolist() == [0, 180, 0, 180, 0, 180]
    assert (elements.epoch == EPOCH).all()
