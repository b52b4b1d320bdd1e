"""What must hold for the passes of any orbit over any site."""

from __future__ import annotations

import dense_passes as dense
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.access import visibility
from raabta.access.passes import find_passes

HOUR_S = 3_600.0


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.0, 0.75),
    st.floats(170.0, 2_000.0),
    st.floats(-90.0, 90.0),
    st.floats(-6.0, 89.0),
    st.sampled_from([1, 1, 3, 36]),
)
def test_intervals_are_the_samples(
    seed: int, ecc: float, perigee_km: float, latitude_deg: float, mask_deg: float, bins: int
) -> None:
    fleet = dense.fleet(seed, 8, (ecc, ecc), (perigee_km, perigee_km + 50.0))
    rng = np.random.default_rng(seed)
    mask = np.full((2, 1), mask_deg) if bins == 1 else rng.uniform(mask_deg, 90.0, (2, bins))
    latitude = np.array([latitude_deg, -0.5 * latitude_deg])
    ground = visibility.sites(latitude, rng.uniform(-180, 180, 2), np.zeros(2), mask_deg, mask_deg=mask)
    found = find_passes(ground, fleet, dense.START, HOUR_S)
    dense.check_passes(found, ground, fleet, HOUR_S, 0.5)
    assert (
        (found.set_s > found.rise_s).all() and (found.rise_s >= 0.0).all() and (found.set_s <= HOUR_S).all()
    )
    for i in range(2):
        for j in range(8):
            own = (found.site == i) & (found.satellite == j)
            assert (found.rise_s[own][1:] >= found.set_s[own][:-1]).all()
