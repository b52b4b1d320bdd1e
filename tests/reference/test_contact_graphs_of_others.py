"""Ways over contact plans against those of pydtnsim, and plans as pons-dtn reads them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from delay_tolerant_plans import drawn_rows, plan_of

from raabta.network.delay_tolerant.contact_graph import find_route
from raabta.network.delay_tolerant.sources import Source
from raabta.network.delay_tolerant.store_forward import deliver
from raabta.network.mesh.contact_files import ion_lines


@pytest.mark.parametrize("seed", range(60))
def test_best_cases_are_those_of_pydtnsim(seed: int) -> None:
    """Earliest deliveries of nothing, ms: its routes have no volume, take no light time and begin at 0."""
    others = pytest.importorskip("pydtnsim", reason="needs the package pydtnsim (and tqdm)")
    from pydtnsim.routing import cgr_anchor

    nodes = 4 + seed % 4
    rows = drawn_rows(seed, nodes, 10 + seed % 21, light=False)
    plan = others.ContactPlan(1, 0)
    for k in range(nodes):
        plan.add_node(f"n{k}")
    for start, end, one, other, *_ in rows:
        plan.add_contact(
            f"n{one}",
            f"n{other}",
            int(1000 * start),
            int(1000 * end),
            1,
            0,
            bidirectional=False,
        )
    graph = others.ContactGraph(plan)
    routes = cgr_anchor.load_route_list(graph, "n0", f"n{nodes - 1}", 0)
    theirs = min((route.edt for route in routes), default=math.inf)
    ours = find_route(plan_of(nodes, rows), "n0", f"n{nodes - 1}")
    assert (math.inf if ours is None else 1000.0 * ours.best_case_s) == pytest.approx(theirs)


@pytest.mark.parametrize("seed", range(12))
def test_deliveries_are_those_of_a_simulation_by_pydtnsim(seed: int) -> None:
    """Bundles of 1 kbit at 1 Mbps from every node to every other: what nodes queue and forward by themselves
    comes at the same instants, to the order of those that leave together. Its nodes keep their first lists of
    routes, so that what is made later may come later there, or never."""
    pytest.importorskip("pydtnsim", reason="needs the package pydtnsim (and tqdm)")
    nodes = 4 + seed % 3
    rows = [(*row[:4], 1.0, 0.0) for row in drawn_rows(seed, nodes, 12 + seed, light=False)]
    theirs = simulated_by_pydtnsim(nodes, rows, (0, 40_000))
    pairs = [(one, other) for one in range(nodes) for other in range(nodes) if one != other]
    sources = [
        Source(f"n{one}", f"n{other}", 1.25e-4, at_s, bundle_mb=1.25e-4)
        for at_s in (0.0, 40.0)
        for one, other in pairs
    ]
    told = deliver(plan_of(nodes, rows), sources)
    ours = {}
    for b in np.flatnonzero(told.delivered):
        source = told.sources[told.source[b]]
        ours[source.node, source.destination, 1000.0 * source.start_s] = 1000.0 * told.ended_s[b]
    assert set(ours) >= set(theirs)
    assert {key for key in ours if key[2] == 0.0} == {key for key in theirs if key[2] == 0.0}
    for key, time_ms in theirs.items():
        assert ours[key] <= time_ms + _ORDER_MS
        assert key[2] > 0.0 or ours[key] == pytest.approx(time_ms, abs=_ORDER_MS)


_ORDER_MS = 4.0
"""Four bundles; each takes 1 ms."""


def simulated_by_pydtnsim(nodes, rows, times_ms) -> dict[tuple[str, str, float], float]:
    """When its simulated nodes deliver, ms, by (from, to, injection)."""
    import pydtnsim
    from pydtnsim.monitors import BaseMonitor
    from pydtnsim.nodes import SimpleCGRNode
    from pydtnsim.packet_generators import BatchPacketGenerator
    from pydtnsim.routing import cgr_anchor

    done: dict[tuple[str, str, float], float] = {}
    begun: dict[int, float] = {}
    simulator = pydtnsim.Simulator()
    engine = simulator.env

    class Monitor(BaseMonitor):
        def packet_injected(self, packet, node):
            begun[id(packet)] = engine.now

        def packet_destination_reached(self, packet, node):
            if packet.source_node != packet.end_node:
                done[packet.source_node, packet.end_node, begun[id(packet)]] = engine.now

    plan = pydtnsim.ContactPlan(1, 0)
    names = [f"n{k}" for k in range(nodes)]
    for name in names:
        plan.add_node(name)
    for start, end, one, other, *_ in rows:
        span = int(1000 * start), int(1000 * end), 1000, 0
        plan.add_contact(names[one], names[other], *span, bidirectional=False)
    graph = pydtnsim.ContactGraph(plan)
    for one in plan.get_contacts():
        contact = one.from_time, one.to_time, one.datarate, one.from_node, one.to_node, one.delay
        simulator.register_contact(pydtnsim.Contact(*contact))
    for name in plan.get_nodes():
        own = simulator.get_contact_dict(plan.get_outbound_contacts_of_node(name))
        SimpleCGRNode(name, own, cgr_anchor.cgr, graph, simulator, [])
    simulator.register_generator(BatchPacketGenerator(1, 1000, names, names, list(times_ms)))
    simulator.register_monitor(Monitor(engine))
    simulator.run_simulation(400_000)
    return done


def test_pons_reads_the_plan_we_write(tmp_path: Path) -> None:
    ion = pytest.importorskip("pons.net.plans.ion", reason="needs the package pons-dtn")
    rows = drawn_rows(7, 5, 20)
    plan = plan_of(5, rows)
    file = tmp_path / "plan.ion"
    file.write_text("".join(f"{line}\n" for line in ion_lines(plan)), encoding="utf-8")
    read = ion.IonContactPlan.from_file(file)
    told = [entry for entry in read.contacts if entry[0] == "contact"]
    spans = list(zip(plan.start_s, plan.end_s, strict=True))
    assert [c[1] for c in told] == spans
    assert [c[2:4] for c in told] == list(zip(plan.from_node + 1, plan.to_node + 1, strict=True))
    assert [c[4] for c in told] == (plan.rate_mbps * 125_000).tolist()
