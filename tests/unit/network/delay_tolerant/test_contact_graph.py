"""Contact-graph routing: the way that arrives first, and what it could carry."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.network.delay_tolerant.contact_graph import contact_graph, find_route, light_parabola
from raabta.network.mesh.contacts import ContactPlan

NODES = ("a", "b", "c", "d")
Row = tuple[float, float, str, str, float, float]


def plan_of(*rows: Row) -> ContactPlan:
    """Contacts (start s, end s, from, to, Mbps, light time s)."""
    rows = tuple(sorted(rows, key=lambda row: (row[0], row[2], row[3])))
    start, end, rate, light = (np.array([row[k] for row in rows], float) for k in (0, 1, 4, 5))
    one, other = (np.array([NODES.index(str(row[k])) for row in rows], np.int32) for k in (2, 3))
    return ContactPlan(
        np.datetime64("2028-01-01", "ns"), NODES, start, end, one, other, light, light, light, light, rate
    )


DIAMOND = plan_of(
    (0, 10, "a", "b", 8, 1.0),
    (20, 30, "b", "d", 8, 1.0),
    (5, 15, "a", "c", 80, 1.0),
    (22, 40, "c", "d", 80, 1.0),
)


def test_the_way_depends_on_the_volume() -> None:
    small = find_route(DIAMOND, "a", "d", volume_mb=0.5)
    assert small is not None and small.nodes == ("a", "b", "d")
    assert small.arrivals_s == pytest.approx((1.5, 21.5)) and small.contacts == (0, 2)
    assert small.best_case_s == 21.0 and small.volume_limit_mb == 10.0 and small.ends_s == 10.0
    large = find_route(DIAMOND, "a", "d", volume_mb=9.0)
    assert large is not None and large.nodes == ("a", "c", "d")
    assert large.arrivals_s == pytest.approx((6.9, 23.9)) and large.best_case_s == 21.0
    assert find_route(DIAMOND, "a", "d", volume_mb=101.0) is None


def test_what_is_too_late_has_another_way_or_none() -> None:
    way = find_route(DIAMOND, "a", "d", at_s=9.5, volume_mb=1.0)
    assert way is not None and way.nodes == ("a", "c", "d")
    assert find_route(DIAMOND, "a", "d", at_s=15.0) is None
    assert find_route(DIAMOND, "a", "d", volume_mb=1.0, deadline_s=21.9) is None
    assert find_route(DIAMOND, "a", "d", volume_mb=1.0, deadline_s=22.0) is not None
    assert find_route(DIAMOND, "a", "d", most_hops=1) is None
    assert find_route(DIAMOND, "d", "a") is None


def test_of_equal_arrivals_the_fewest_links() -> None:
    plan = plan_of(
        (0, 10, "a", "b", 800, 0.0), (0, 10, "b", "c", 800, 0.0), (0, 10, "a", "c", 800, 0.0),
        (50, 60, "c", "d", 800, 0.0),
    )  # fmt: skip
    way = find_route(plan, "a", "d", volume_mb=1.0)
    assert way is not None and way.nodes == ("a", "c", "d")


def test_links_are_contacts_that_touch() -> None:
    graph = contact_graph(
        plan_of(
            (0, 10, "a", "b", 8, 1.0),
            (10, 20, "a", "b", 16, 1.0),
            (21, 30, "a", "b", 8, 1.0),
            (20, 30, "b", "a", 8, 1.0),
        )
    )
    assert graph.links.link["start_s"].tolist() == [0.0, 21.0, 20.0] and graph.links.link[
        "end_s"
    ].tolist() == [
        20.0,
        30.0,
        30.0,
    ]
    assert graph.links.link["volume_mb"].tolist() == [30.0, 9.0, 10.0]
    assert graph.links.pair_first.tolist() == [0, 2, 3] and graph.links.node_first.tolist() == [0, 1, 2, 2, 2]
    assert graph.contact.tolist() == [0, 1, 3, 2]


def test_parabolas_keep_edges_and_extremes() -> None:
    edges = np.array([[2.0, 5.0, 1.0, 5.0], [2.0, 5.0, 2.0, 5.0], [2.0, 5.0, 2.0, 7.0], [3.0, 3.0, 3.0, 3.0]])
    light = light_parabola(*edges.T)
    x = np.linspace(0.0, 1.0, 100_001)
    values = light[:, :1] + x * (light[:, 1:2] + x * light[:, 2:])
    np.testing.assert_allclose(values[:, [0, -1]], edges[:, :2], atol=1e-12)
    np.testing.assert_allclose(values.min(axis=1), edges[:, 2], atol=1e-9)
    np.testing.assert_allclose(values.max(axis=1), edges[:, 3], atol=1e-9)


def test_mistakes_are_told() -> None:
    with pytest.raises(RaabtaError, match="no node of the contact plan is called 'e'"):
        find_route(DIAMOND, "a", "e")
    with pytest.raises(RaabtaError, match="to itself"):
        find_route(DIAMOND, "a", "a")
    with pytest.raises(OutOfRangeError, match="the volume, MB is -1"):
        find_route(DIAMOND, "a", "b", volume_mb=-1.0)
    with pytest.raises(OutOfRangeError, match="the most links of a way is 0"):
        find_route(DIAMOND, "a", "b", most_hops=0)


def test_an_empty_plan_has_no_way() -> None:
    assert find_route(DIAMOND.take(np.zeros(0, np.int64)), "a", "d") is None
