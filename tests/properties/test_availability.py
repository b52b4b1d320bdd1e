"""For any path: margins rise with availability, and availability of a margin inverts it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.links import availability, maps, sites


@settings(deadline=None, max_examples=60)
@given(
    latitude=st.floats(-60.0, 60.0),
    longitude=st.floats(-180.0, 180.0),
    elevation=st.floats(5.0, 90.0),
    frequency=st.floats(1.0, 55.0),
    asked=st.lists(st.floats(50.0, 99.999), min_size=2, max_size=4).map(sorted),
)
def test_margin_and_availability_invert_each_other(
    latitude: float, longitude: float, elevation: float, frequency: float, asked: list[float]
) -> None:
    height_km = max(float(maps.surface_height_km(latitude, longitude)), 0.0)
    where = sites.read_sites(np.full(len(asked), latitude), longitude, height_km)
    over = availability.paths(where, elevation, frequency_ghz=frequency, dish_m=0.6, efficiency_share=0.65)
    margin = availability.margin_db(over, asked)
    assert (margin > 0.0).all()
    assert (np.diff(margin) >= -1e-12).all()
    found = availability.availability_percent(over, margin)
    np.testing.assert_allclose(availability.margin_db(over, found), margin, rtol=1e-7)
    share, back = 100.0 - np.asarray(asked), 100.0 - found
    assert (back >= share * (1.0 - 1e-6)).all()
    own, commoner = over.exceeded_db(share), over.exceeded_db(np.minimum(share * 1.01, 50.0))
    falls = (own >= margin * (1.0 - 1e-9)) & (
        commoner < margin * (1.0 - 1e-6)
    )  # not under a peak of the published curve
    np.testing.assert_allclose(back[falls], share[falls], rtol=1e-6)
