"""Contact-graph routing against enumeration, volumes against linear programs, and what always holds."""

from __future__ import annotations

import numpy as np
import pytest
from delay_tolerant_plans import Row, drawn_rows, enumerated, greatest_volume_mb, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.network.delay_tolerant.contact_graph import contact_graph, find_route
from raabta.network.delay_tolerant.deliveries import FATES
from raabta.network.delay_tolerant.sources import Source
from raabta.network.delay_tolerant.store_forward import deliver

SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=200)
@given(
    seed=SEEDS,
    nodes=st.integers(2, 5),
    contacts=st.integers(1, 12),
    size=st.sampled_from([0.0, 1.0, 7.5, 30.0]),
)
def test_the_way_is_the_first_of_all(seed: int, nodes: int, contacts: int, size: float) -> None:
    rows = drawn_rows(seed, nodes, contacts)
    arrival, links = enumerated(rows, 0, nodes - 1, 3.0, size)
    found = find_route(plan_of(nodes, rows), "n0", f"n{nodes - 1}", at_s=3.0, volume_mb=size)
    if found is None:
        assert arrival == np.inf
    else:
        assert found.arrival_s == pytest.approx(arrival, abs=1e-9) and len(found.contacts) == links
        assert found.best_case_s <= found.arrival_s + 1e-9 and found.volume_limit_mb >= size - 1e-9


@settings(deadline=None, max_examples=60)
@given(seed=SEEDS, nodes=st.integers(2, 5), contacts=st.integers(1, 12))
def test_no_more_comes_than_could(seed: int, nodes: int, contacts: int) -> None:
    rows = drawn_rows(seed, nodes, contacts, light=False)
    told = deliver(plan_of(nodes, rows), [Source("n0", f"n{nodes - 1}", 400.0)])
    assert told.by_source().delivered_mb[0] <= greatest_volume_mb(rows, nodes, 0, nodes - 1) + 1e-6


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, nodes=st.integers(2, 5), contacts=st.integers(2, 16))
def test_over_a_chain_all_comes_that_can(seed: int, nodes: int, contacts: int) -> None:
    draw = np.random.default_rng(seed)
    rows: list[Row] = []
    for one in range(nodes - 1):
        clock = 0.0
        for _ in range(int(draw.integers(1, max(2, contacts // 2)))):
            start = clock + float(draw.integers(1, 20))
            clock = start + float(draw.integers(1, 20))
            rows.append((start, clock, one, one + 1, 8.0 * float(draw.integers(1, 5)), 0.0))
    most = greatest_volume_mb(rows, nodes, 0, nodes - 1)
    told = deliver(plan_of(nodes, rows), [Source("n0", f"n{nodes - 1}", most + 20.0, bundle_mb=0.125)])
    # Bundles are whole: a contact may leave one unsent, and one is under way on each link.
    lost = 0.125 * (len(rows) + nodes) * nodes
    assert most - lost <= float(told.by_source().delivered_mb[0]) <= most + 1e-6


@settings(deadline=None, max_examples=120)
@given(
    seed=SEEDS,
    nodes=st.integers(2, 6),
    contacts=st.integers(1, 30),
    tight=st.booleans(),
    bookings=st.sampled_from(["own", "shared"]),
)
def test_what_always_holds(seed: int, nodes: int, contacts: int, tight: bool, bookings: str) -> None:
    draw = np.random.default_rng(seed)
    plan = plan_of(nodes, drawn_rows(seed, nodes, contacts))
    sources = []
    for _ in range(int(draw.integers(1, 5))):
        one, other = draw.choice(nodes, 2, replace=False).tolist()
        start = float(draw.integers(0, 60))
        sources.append(Source(
            f"n{one}", f"n{other}", float(draw.integers(1, 90)), start, start + float(draw.integers(0, 80)),
            priority=int(draw.integers(0, 3)), bundle_mb=float(draw.choice([0.5, 1.0, 3.0])),
            lifetime_s=float(draw.choice([np.inf, 40.0, 150.0])),
        ))  # fmt: skip
    limits = {f"n{k}": float(draw.integers(5, 60)) for k in range(nodes)} if tight else {}
    told = deliver(plan, sources, limits, bookings=bookings)
    check_volumes(told, sources)
    check_links(told)
    check_buffers(told, limits)
    again = deliver(plan, sources, limits, bookings=bookings)
    for name in ("fate", "ended_s", "hop_bundle", "hop_begin_s", "hop_arrival_s"):
        np.testing.assert_array_equal(getattr(told, name), getattr(again, name))


@settings(deadline=None, max_examples=60)
@given(seed=SEEDS, nodes=st.integers(2, 5), contacts=st.integers(2, 40))
def test_light_times_that_jump_end_as_well(seed: int, nodes: int, contacts: int) -> None:
    """Contacts that touch, with whole-second light times as ION tells them: later may be sooner."""
    draw, rows, clock = np.random.default_rng(seed), [], {}
    for _ in range(contacts):
        one, other = draw.choice(nodes, 2, replace=False).tolist()
        start = clock.get((one, other), 0.0) + float(draw.choice([0.0, 0.0, 5.0]))
        clock[one, other] = start + float(draw.integers(1, 8))
        rows.append((start, clock[one, other], one, other, 8.0, float(draw.integers(0, 20))))
    life = [float(draw.integers(1, 30)) for _ in range(3)]
    sources = [
        Source("n0", f"n{nodes - 1}", 9.0, 3.0 * k, priority=k, lifetime_s=s) for k, s in enumerate(life)
    ]
    told = deliver(plan_of(nodes, rows), sources)
    np.testing.assert_allclose(told.volume_by_fate_mb().sum(axis=1), 9.0)
    assert (told.ended_s[told.delivered] <= told.deadline_s[told.delivered]).all()


@settings(deadline=None, max_examples=60)
@given(seed=SEEDS, nodes=st.integers(2, 6), contacts=st.integers(1, 30), size=st.sampled_from([0.5, 7.0]))
def test_bundles_in_parts_fill_every_contact(seed: int, nodes: int, contacts: int, size: float) -> None:
    """What one pair carries is all that its contacts can; volumes and buffers add up on any plan.

    Parts of a bundle go over contacts that keep their order: not over a fall of light time faster than time.
    """
    rows = drawn_rows(seed, nodes, contacts)
    sources = [Source("n0", f"n{nodes - 1}", 140.0, bundle_mb=size), Source("n1", "n0", 20.0, priority=2)]
    told = deliver(plan_of(nodes, rows), sources, fragment=True)
    check_volumes(told, sources)
    check_buffers(told, {})
    alone = [row for row in rows if row[2:4] == (0, nodes - 1)]
    if alone:
        most = sum(np.floor(run_mb / size + 1e-9) * size for run_mb in in_order_mb(alone))
        one = deliver(plan_of(nodes, alone), sources[:1], fragment=True)
        assert float(one.by_source().delivered_mb[0]) == pytest.approx(min(140.0, most))


def in_order_mb(rows: list[Row]) -> list[float]:
    """What runs of one pair's contacts carry, each as long as what leaves later also arrives later, MB."""
    runs_mb: list[float] = []
    ends_s = np.inf
    for start, end, _, _, rate, light in rows:
        if start + light < ends_s:
            runs_mb.append(0.0)
        runs_mb[-1] += (end - start) * rate / 8.0
        ends_s = end + light
    return runs_mb


@pytest.mark.parametrize("fragment", [True, False])
def test_what_leaves_later_and_is_there_sooner_is_another_link(fragment: bool) -> None:
    """Drawn by Hypothesis once (8388607, 4, 25): a light time that falls by 3 s within 1 s."""
    gap = 1.0 if fragment else 0.0
    rows = [(16.0, 17.0, 0, 1, 16.0, 3.0), (17.0 + gap, 26.0, 0, 1, 16.0, 0.0)]
    told = deliver(plan_of(2, rows), [Source("n0", "n1", 10.0, 16.0, bundle_mb=0.5)], fragment=fragment)
    assert told.delivered.all()
    assert (told.best_case_s == 17.25 + gap).all() and told.ended_s.min() == 17.25 + gap


def check_volumes(told, sources) -> None:
    """Every MB has one fate; nothing comes late, or sooner than it could."""
    volume = told.volume_by_fate_mb()
    np.testing.assert_allclose(volume.sum(axis=1), [source.volume_mb for source in sources])
    assert (volume[:, FATES.index("pending")] == 0.0).all()
    done = told.delivered
    assert (told.ended_s[done] <= told.deadline_s[done]).all()
    assert (told.ended_s[done] >= told.best_case_s[done] - 1e-9).all()
    assert (told.fate[np.isinf(told.best_case_s)] > 1).all()


def check_links(told) -> None:
    """Sendings stand in contacts one after another; each of a bundle begins where the last one ended."""
    plan, graph = told.plan, contact_graph(told.plan)
    assert (told.hop_begin_s >= plan.start_s[told.hop_contact] - 1e-9).all()
    assert (told.hop_end_s <= plan.end_s[told.hop_contact] + 1e-9).all()
    for contact in range(len(plan)):
        own = np.flatnonzero(told.hop_contact == contact)
        assert (told.hop_begin_s[own][1:] >= told.hop_end_s[own][:-1] - 1e-9).all()
        sent = told.volume_mb[told.hop_bundle[own]].sum()
        assert sent <= (plan.end_s - plan.start_s)[contact] * plan.rate_mbps[contact] / 8.0 * (1.0 + 1e-8)
    assert graph.links.link.size == len(plan)
    order = np.lexsort((told.hop_begin_s, told.hop_bundle))
    bundle, contact = told.hop_bundle[order], told.hop_contact[order]
    same = bundle[1:] == bundle[:-1]
    assert (plan.from_node[contact[1:]] == plan.to_node[contact[:-1]])[same].all()
    assert (told.hop_begin_s[order][1:] >= told.hop_arrival_s[order][:-1] - 1e-9)[same].all()


def check_buffers(told, limits) -> None:
    """No buffer holds more than it can or less than nothing; made is delivered, lost, held or under way."""
    series = told.backlog
    assert (series.held_mb >= 0.0).all()
    for node, name in enumerate(told.plan.nodes):
        own = series.held_mb[series.node == node]
        assert own.max(initial=0.0) <= limits.get(name, np.inf) + 1e-6
    left = told.volume_by_fate_mb()[:, FATES.index("contacts full")].sum()
    left += told.volume_mb[(told.fate == FATES.index("no contact")) & np.isnan(told.ended_s)].sum()
    assert told.held_mb([1e9]).sum() == pytest.approx(left, abs=1e-6)
