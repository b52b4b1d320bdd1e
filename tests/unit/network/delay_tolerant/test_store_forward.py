"""Store and forward: what is delivered when, held where and lost why, on plans worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import LimitError, OutOfRangeError, RaabtaError
from raabta.base.tables import BUNDLES, DELIVERIES, NODE_BACKLOG, check
from raabta.network.delay_tolerant import contact_graph
from raabta.network.delay_tolerant import store_forward as room
from raabta.network.delay_tolerant.deliveries import FATES
from raabta.network.delay_tolerant.sources import Source
from raabta.network.delay_tolerant.store_forward import deliver
from raabta.network.mesh.contacts import ContactPlan, find_fault

NODES = ("rover", "relay", "earth")
Row = tuple[float, float, str, str, float, float]


def plan_of(*rows: Row, nodes: tuple[str, ...] = NODES) -> ContactPlan:
    """Contacts (start s, end s, from, to, Mbps, light time s)."""
    rows = tuple(sorted(rows, key=lambda row: (row[0], nodes.index(row[2]), nodes.index(row[3]))))
    start, end, rate, light = (np.array([row[k] for row in rows], float) for k in (0, 1, 4, 5))
    one, other = (np.array([nodes.index(str(row[k])) for row in rows], np.int32) for k in (2, 3))
    epoch = np.datetime64("2028-01-01", "ns")
    plan = ContactPlan(epoch, nodes, start, end, one, other, light, light, light, light, rate)
    assert find_fault(plan) is None
    return plan


RELAYED = plan_of((0, 100, "rover", "relay", 8, 0.2), (50, 150, "relay", "earth", 4, 1.3))


def test_a_bundle_is_sent_whole_and_waits_for_the_next_contact() -> None:
    told = deliver(RELAYED, [Source("rover", "earth", 3.0, start_s=10.0, bundle_mb=3.0)])
    # 3 MB at 1 MB/s, 0.2 s of light, held till 50 s, 6 s at 0.5 MB/s, 1.3 s of light.
    np.testing.assert_allclose(told.hop_begin_s, [10.0, 50.0])
    np.testing.assert_allclose(told.hop_end_s, [13.0, 56.0])
    np.testing.assert_allclose(told.hop_arrival_s, [13.2, 57.3])
    assert told.latency_s == pytest.approx(47.3)
    held = told.held_mb([9.0, 10.0, 12.9, 13.1, 13.2, 55.9, 56.0, 1000.0])
    np.testing.assert_array_equal(held[:, 0], [0, 3, 3, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(held[:, 1], [0, 0, 0, 0, 3, 3, 0, 0])
    np.testing.assert_array_equal(told.delivered_mb([57.2, 57.4])[:, 0], [0.0, 3.0])


def test_bundles_follow_each_other_without_a_gap_and_the_rest_is_left() -> None:
    told = deliver(RELAYED, [Source("rover", "earth", 80.0)])
    volume = told.by_source()
    assert float(volume.delivered_mb[0]) == 50.0  # 100 s at 0.5 MB/s
    assert float(volume.contacts_full_mb[0]) == 30.0
    assert float(volume.last_delivered_s[0]) == pytest.approx(151.3)
    assert told.held_mb([1e6])[0].tolist() == [30.0, 0.0, 0.0]  # CGR sends no more than the way can carry
    for table, declared in (
        (volume, DELIVERIES), (told.dataset(), BUNDLES), (told.backlog_table(), NODE_BACKLOG),
    ):  # fmt: skip
        check(table, declared)


def test_a_rate_steps_inside_a_sending() -> None:
    plan = plan_of((0, 10, "rover", "earth", 8, 1.0), (10, 20, "rover", "earth", 80, 2.0))
    told = deliver(plan, [Source("rover", "earth", 40.0, bundle_mb=40.0)])
    assert told.hop_end_s == pytest.approx(13.0)  # 10 MB, then 30 MB at 10 MB/s
    assert told.hop_contact.tolist() == [1]
    assert told.ended_s == pytest.approx(15.0)


def test_a_gap_is_no_step() -> None:
    plan = plan_of((0, 10, "rover", "earth", 8, 1.0), (11, 20, "rover", "earth", 80, 1.0))
    told = deliver(plan, [Source("rover", "earth", 40.0, bundle_mb=40.0)])
    assert told.hop_begin_s == pytest.approx(11.0)


def test_light_times_bend_as_the_plan_says() -> None:
    flat = plan_of((0, 100, "rover", "earth", 8, 1.0))
    bent = ContactPlan(
        flat.start, flat.nodes, flat.start_s, flat.end_s, flat.from_node, flat.to_node,
        np.array([2.0]), np.array([2.0]), np.array([1.0]), np.array([2.0]), flat.rate_mbps,
    )  # fmt: skip
    told = deliver(bent, [Source("rover", "earth", 100.0, bundle_mb=25.0)])
    np.testing.assert_allclose(told.hop_arrival_s - told.hop_end_s, [1.25, 1.0, 1.25, 2.0])


def test_higher_priority_goes_first_and_the_same_in_order() -> None:
    plan = plan_of((100, 110, "rover", "earth", 8, 1.0))
    sources = [
        Source("rover", "earth", 8.0, priority=0),
        Source("rover", "earth", 4.0, start_s=50.0, priority=1),
        Source("rover", "earth", 3.0, start_s=60.0, priority=2),
    ]
    told = deliver(plan, sources)
    assert told.by_source().delivered_mb.values.tolist() == [3.0, 4.0, 3.0]
    np.testing.assert_allclose(told.by_source().last_delivered_s, [111.0, 108.0, 104.0])
    assert told.by_source().contacts_full_mb.values.tolist() == [5.0, 0.0, 0.0]


def test_a_sending_is_not_broken_off_for_a_higher_priority() -> None:
    plan = plan_of((0, 100, "rover", "earth", 8, 1.0))
    slow, urgent = (
        Source("rover", "earth", 20.0, bundle_mb=20.0),
        Source("rover", "earth", 1.0, start_s=5.0, priority=2),
    )
    told = deliver(plan, [slow, urgent])
    np.testing.assert_allclose(told.hop_begin_s, [0.0, 20.0])


@pytest.mark.parametrize(
    ("source", "fate"),
    [
        (Source("earth", "rover", 1.0), "no contact"),
        (Source("rover", "earth", 1.0, start_s=101.0), "no contact"),
        (Source("rover", "earth", 1.0, start_s=101.0, lifetime_s=5.0), "no contact"),
        (Source("rover", "earth", 60.0, bundle_mb=60.0), "contacts full"),
        (Source("rover", "earth", 1.0, lifetime_s=53.2), "expired"),
        (Source("rover", "earth", 1.0, lifetime_s=53.4), "delivered"),
    ],
)
def test_every_loss_has_its_cause(source: Source, fate: str) -> None:
    told = deliver(RELAYED, [source])
    assert [FATES[k] for k in told.fate] == [fate]
    assert told.volume_by_fate_mb()[0, FATES.index(fate)] == source.volume_mb
    if source.lifetime_s < 50.0 or fate == "expired":
        assert told.ended_s == pytest.approx(source.start_s + source.lifetime_s)


def test_a_full_buffer_refuses_or_displaces_lower_priority() -> None:
    plan = plan_of((100, 200, "rover", "earth", 8, 1.0))
    same = [Source("rover", "earth", 6.0), Source("rover", "earth", 6.0, start_s=10.0)]
    told = deliver(plan, same, {"rover": 10.0})
    assert told.by_source().delivered_mb.values.tolist() == [6.0, 4.0]
    assert told.by_source().buffer_full_mb.values.tolist() == [0.0, 2.0]
    above = [same[0], Source("rover", "earth", 6.0, start_s=10.0, priority=2)]
    told = deliver(plan, above, {"rover": 10.0})
    assert told.by_source().delivered_mb.values.tolist() == [4.0, 6.0]
    lost = np.flatnonzero(told.fate == FATES.index("buffer full"))
    assert told.ended_s[lost].tolist() == [10.0, 10.0] and told.was_held[lost].all()
    assert told.held_mb([0.0, 10.0])[:, 0].tolist() == [6.0, 10.0]


def test_a_full_relay_loses_what_it_receives() -> None:
    plan = plan_of((0, 10, "rover", "relay", 8, 0.0), (5, 100, "relay", "earth", 0.8, 0.0))
    told = deliver(plan, [Source("rover", "earth", 9.0)], {"relay": 6.0})
    # 0.1 MB/s goes on from 5 s, so that the sixth fits at 6 s and the seventh only where one has left.
    assert told.by_source().buffer_full_mb.values.tolist() == [3.0]
    assert (told.ended_node[told.fate == FATES.index("buffer full")] == 1).all()
    assert told.held_mb(np.arange(0.0, 100.0, 0.5)).max(axis=0)[1] == 6.0


def test_what_a_contact_could_not_take_goes_another_way() -> None:
    plan = plan_of(
        (0, 10, "rover", "relay", 8, 0.0),
        (20, 30, "relay", "earth", 8, 0.0),
        (40, 60, "rover", "earth", 8, 0.0),
    )
    late = Source("rover", "earth", 8.0, start_s=1.0, priority=2)
    told = deliver(plan, [Source("rover", "earth", 10.0), late])
    assert told.delivered.all()
    by_relay = np.isin(np.arange(len(told)), told.hop_bundle[told.plan.to_node[told.hop_contact] == 1])
    assert told.volume_mb[by_relay & (told.source == 1)].sum() == 8.0


def test_nodes_that_know_their_own_bookings_meet_at_a_full_contact() -> None:
    """Two rovers count on the same relay; which is told by the shared view, and by the relay else."""
    nodes = ("one", "other", "relay", "earth")
    plan = plan_of(
        (0, 20, "one", "relay", 8, 0.0),
        (0, 20, "other", "relay", 8, 0.0),
        (30, 40, "relay", "earth", 8, 0.0),
        (50, 70, "other", "earth", 8, 0.0),
        (100, 120, "relay", "earth", 8, 0.0),
        nodes=nodes,
    )
    sources = [Source("one", "earth", 10.0), Source("other", "earth", 10.0, start_s=1.0)]
    shared = deliver(plan, sources, bookings="shared")
    np.testing.assert_allclose(shared.by_source().last_delivered_s, [40.0, 60.0])
    own = deliver(plan, sources)
    np.testing.assert_array_equal(own.delivered_mb([40.0, 99.0, 110.0]).sum(axis=1), [10.0, 10.0, 20.0])
    assert (own.hops == 2).all()  # the relay finds its contact full and takes the next for the rest


def test_a_bundle_is_sent_back_only_where_there_is_no_other_way() -> None:
    """The rover's contact with the Earth is full, which the relay does not know and sends its own there."""
    rows = [
        (0, 5, "relay", "rover", 8, 0.0),
        (0, 100, "rover", "relay", 8, 0.0),
        (20, 30, "rover", "earth", 8, 0.0),
        (200, 210, "relay", "earth", 8, 0.0),
    ]
    sources = [Source("rover", "earth", 10.0, priority=2), Source("relay", "earth", 1.0)]
    for more, way, end_s in (
        ([], [0, 1, 2], 201.0),
        ([(300, 310, "rover", "earth", 8, 0.0)], [0, 2], 301.0),
    ):
        told = deliver(plan_of(*rows, *more), sources)
        assert told.plan.to_node[told.hop_contact[told.hop_bundle == 10]].tolist() == way
        assert told.ended_s[10] == pytest.approx(end_s)


def test_a_bundle_may_be_sent_in_parts_over_contacts_of_a_pair() -> None:
    plan = plan_of((0, 30, "rover", "earth", 8, 1.0), (100, 150, "rover", "earth", 8, 2.0))
    whole = [Source("rover", "earth", 60.0, bundle_mb=60.0)]
    assert [FATES[k] for k in deliver(plan, whole).fate] == ["contacts full"]
    told = deliver(plan, whole, fragment=True)
    assert told.hop_begin_s == pytest.approx(0.0) and told.hop_end_s == pytest.approx(130.0)
    assert told.ended_s == pytest.approx(132.0) and told.hop_contact.tolist() == [1]
    gap = [
        Source("rover", "earth", 4.0, start_s=40.0, bundle_mb=4.0),
        Source("rover", "earth", 2.0, start_s=50.0, bundle_mb=2.0, priority=2),
    ]
    told = deliver(plan, gap, fragment=True)
    np.testing.assert_allclose(told.hop_begin_s, [100.0, 102.0])  # none began in the gap: the urgent is first
    assert told.hop_bundle.tolist() == [1, 0]


def test_bookings_are_own_or_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    source = [Source("rover", "earth", 1.0)]
    with pytest.raises(OutOfRangeError, match="bookings is 'mine'; valid: own or shared"):
        deliver(RELAYED, source, bookings="mine")
    monkeypatch.setattr(contact_graph, "MOST_BOOKINGS", 5)
    with pytest.raises(LimitError, match="3 nodes that each know their own bookings of 2 links"):
        deliver(RELAYED, source)
    assert deliver(RELAYED, source, bookings="shared").delivered.all()


def test_steady_sources_make_bundles_when_their_last_byte_is_there() -> None:
    source = Source.steady("rover", "earth", 0.8, 0.0, 25.0)
    told = deliver(plan_of((0, 100, "rover", "earth", 8, 0.0)), [source])
    np.testing.assert_allclose(told.created_s, [10.0, 20.0, 25.0])
    np.testing.assert_allclose(told.volume_mb, [1.0, 1.0, 0.5])
    np.testing.assert_allclose(told.latency_s, [1.0, 1.0, 0.5])


@pytest.mark.parametrize(
    ("source", "buffers", "message"),
    [
        (Source("rovr", "earth", 1.0), {}, "hint: did you mean 'rover'"),
        (Source("rover", "rover", 1.0), {}, "delivers to its own node"),
        (Source("rover", "earth", 0.0), {}, "the volume of 'rover to earth', MB is 0.0; valid: above 0"),
        (Source("rover", "earth", 1.0, start_s=-1.0), {}, "the beginning of"),
        (Source("rover", "earth", 1.0, start_s=9.0, end_s=8.0), {}, "the end of"),
        (Source("rover", "earth", 1.0, priority=256), {}, "the priority of"),
        (Source("rover", "earth", 1.0, lifetime_s=np.nan), {}, "the lifetime of"),
        (Source("rover", "earth", 1.0, bundle_mb=np.inf), {}, "the bundle size of"),
        (Source("rover", "earth", 1.0), {"relay": -1.0}, "the buffer of relay, MB is -1.0"),
        (Source("rover", "earth", 1.0), {"moon": 1.0}, "no node of the contact plan is called 'moon'"),
    ],
)
def test_mistakes_are_told(source: Source, buffers: dict[str, float], message: str) -> None:
    with pytest.raises((RaabtaError, OutOfRangeError), match=message):
        deliver(RELAYED, [source], buffers)


def test_too_many_bundles_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_BUNDLES", 10)
    with pytest.raises(LimitError, match="11 bundles; at most 10"):
        deliver(RELAYED, [Source("rover", "earth", 11.0)])
    with pytest.raises(RaabtaError, match="no source"):
        deliver(RELAYED, [])


def test_the_log_of_sendings_may_be_longer_than_two_for_each_bundle() -> None:
    nodes = tuple(f"n{k}" for k in range(9))
    rows = [(10.0 * k, 10.0 * k + 10.0, f"n{k}", f"n{k + 1}", 800.0, 0.0) for k in range(8)]
    told = deliver(plan_of(*rows, nodes=nodes), [Source("n0", "n8", 200.0)])
    assert told.delivered.all() and (told.hops == 8).all()
    assert told.hop_bundle.size == 1600 and (np.diff(told.hop_begin_s) >= 0.0).all()
