"""Ways over contact plans against those of pydtnsim, and plans as pons-dtn reads them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from delay_tolerant_plans import drawn_rows, plan_of

from raabta.network.delay_tolerant.contact_graph import find_route
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
