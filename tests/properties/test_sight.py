"""Two-sided contacts of any orbit, site and horizon, on both bodies, against their definition."""

from __future__ import annotations

import lunar_skies as skies
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.access.sight import MARGIN_KM, Place, Sight
from raabta.base.bodies import EARTH, MOON

SPAN_S = 43_200.0
NEAR_S = 0.05
ANGLE = st.floats(0.0, 360.0)


@st.composite
def nodes(draw):
    """A site and a craft of each body."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    made = []
    for body, frame, lowest_km in ((EARTH, "ITRF", 6_600.0), (MOON, "MOON_ME", 1_800.0)):
        bins = draw(st.sampled_from([1, 5, 36]))
        mask = rng.uniform(-2.0, 15.0, bins)
        latitude, longitude = draw(st.floats(-90.0, 90.0)), draw(st.floats(-180.0, 180.0))
        made.append(Place(f"site {body.name}", body, latitude, longitude, 0.5, mask, frame))
        ecc = draw(st.floats(0.0, 0.8))
        axis_km = (lowest_km + draw(st.floats(0.0, 3_000.0))) / (1.0 - ecc)
        angles = [draw(ANGLE) for _ in range(3)]
        inclination = draw(st.floats(0.0, 180.0))
        made.append(skies.craft(f"craft {body.name}", body.name, axis_km, ecc, inclination, *angles))
    return made


@settings(deadline=None, max_examples=12)
@given(nodes(), st.randoms(use_true_random=False))
def test_contacts_are_the_definition_whatever_moves(made, random) -> None:
    sight = Sight(made, skies.sky(SPAN_S))
    pairs = [(one, other) for one in made for other in made if one is not other]
    times_s = np.arange(0.0, SPAN_S, 37.0)
    for one, other in random.sample(pairs, 4):
        found = sight.contacts(one.name, other.name)
        truth = skies.in_sight(one, other, times_s, MARGIN_KM)
        edges = np.column_stack([found.rise_s, found.set_s]).ravel()
        inside = np.searchsorted(edges, times_s, side="right") % 2 == 1
        near = np.abs(times_s[:, None] - edges[None, :]).min(axis=1, initial=np.inf) <= NEAR_S
        wrong = times_s[(inside != truth) & ~near]
        assert wrong.size == 0, (one.name, other.name, wrong[:4], edges[:4])
        assert (found.min_range_km <= found.rise_range_km + 1e-6).all()
        assert (found.set_range_km <= found.max_range_km + 1e-6).all()
