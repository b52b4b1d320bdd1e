"""Points of presence behind gateways: ways against SciPy, shares beside a linear program, failures."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from way_scenarios import SHELL

from raabta.base import tables
from raabta.base.errors import ScenarioError
from raabta.network.mesh.fibre import FIBRE_SPEED_RATIO, cable_ways, reach_km
from raabta.network.mesh.timeline import FIBRE_OUT, NO_WAY, NOT_AT_OTHER, POP_OUT, run_chunk
from raabta.network.mesh.traffic import (
    BY_BEAM,
    BY_FEEDERS,
    BY_FIBRE,
    BY_GATEWAY,
    MET,
    STOPS,
    capacities_at,
    share_at,
)
from raabta.network.mesh.walking import walk
from raabta.report.czml import czml
from raabta.scenario.fibre import Cable
from raabta.scenario.paths import ANY_POP, PathScenario
from raabta.service.pairs.edges import edge_tables, graph
from raabta.service.pairs.run import ask, prepare
from raabta.service.pairs.summary import summarise
from raabta.service.pairs.way import track

GATEWAYS = [
    {"name": "Karachi GW", "latitude_deg": 24.9, "longitude_deg": 67.1, "gateway": True, "pops": ["Karachi"]},
    {"name": "Muscat GW", "latitude_deg": 23.6, "longitude_deg": 58.3, "gateway": True},
]
POPS = [
    {"name": "Karachi", "country": "PAK", "gateway": "Karachi GW", "fibre_to": ["Fujairah"]},
    {
        "name": "Muscat",
        "country": "OMN",
        "latitude_deg": 23.6,
        "longitude_deg": 58.5,
        "fibre_to": ["Fujairah"],
    },
    {"name": "Fujairah", "country": "ARE", "latitude_deg": 25.1, "longitude_deg": 56.3, "role": "exchange"},
]


def landing(
    *failures, steps=4, lasers=True, pops=POPS, gateways=GATEWAYS, cities=("Quetta", "Lahore"), **changed
):
    system = {"name": "shell", "label": "Shell", "shells": [SHELL]}  # no radio: ways have no use for one
    data = {
        "schema_version": 1,
        "kind": "paths",
        "name": "landing",
        "time": {"start": "2026-11-22T00:00:00Z", "duration_s": 30.0 * steps, "step_s": 30.0},
        "constellation": {**system, **({"lasers": {"pattern": "plus-grid"}} if lasers else {})},
        "ground": {"cities": list(cities), "stations": gateways},
        "pops": pops,
        "failures": failures,
        **changed,
    }
    return PathScenario.model_validate_json(json.dumps(data), strict=True)


def lengths(mesh, step, reach):
    """Ways of all pairs by SciPy on a graph with the fibre as links of its own; gateways are split in two, so
    that nothing goes up again."""
    n, g, v = mesh.propagator.count, mesh.sites.count, reach.shape[1]
    there = np.isfinite(step.km)
    node = np.repeat(np.arange(g), np.diff(step.links.start))
    lasers = np.repeat(np.arange(n), there.shape[1]).reshape(there.shape)[there]
    gate, pop = np.nonzero(np.isfinite(reach))
    tail = np.concatenate([lasers, n + node, step.links.satellite, n + g + gate])
    head = np.concatenate([step.lasers.neighbour[there], step.links.satellite, n + g + node, n + 2 * g + pop])
    fibre = np.maximum(reach[gate, pop], 1e-9)  # 0 is no link to SciPy
    km = np.concatenate([step.km[there], step.links.range_km, step.links.range_km, fibre])
    graph = csr_array((km, (tail, head)), shape=(n + 2 * g + v, n + 2 * g + v))
    found = dijkstra(graph, indices=n + mesh.pairs[:, 0])[:, n + 2 * g :]
    end = mesh.pairs[:, 1] - g
    every = np.append(found, found.min(axis=1)[:, None], axis=1)
    return every[np.arange(len(end)), end]


@pytest.mark.parametrize("lasers", [True, False])
def test_ways_to_points_of_presence_are_scipys_with_the_fibre_as_links(lasers):
    pairs = [["Quetta", "Muscat"], ["Quetta", "Fujairah"], ["Lahore", "Karachi"], ["Lahore", ANY_POP]]
    mesh, _ = prepare(landing(lasers=lasers, pairs=pairs))
    kept = run_chunk(mesh, range(4))["km"]
    for step in walk(mesh, range(4)):
        theirs = lengths(mesh, step, mesh.fibre.whole_km)
        np.testing.assert_allclose(kept[step.number], theirs.astype(np.float32), rtol=0, atol=1e-3)
    assert np.isfinite(kept).any()


def test_fibre_counts_as_the_light_in_vacuum_that_takes_as_long():
    cables = [Cable("g", "a", 100.0), Cable("g", "b", 900.0), Cable("a", "b", 200.0), Cable("h", "c", 1.0)]
    reach = reach_km(cables, ["x", "g", "h"], ["a", "b", "c"], 1.5)
    per_km = 1.5 / FIBRE_SPEED_RATIO
    np.testing.assert_allclose(reach[1], [100.0 * per_km, 300.0 * per_km, np.inf])
    assert np.isinf(reach[0]).all() and reach[2, 2] == pytest.approx(per_km)
    assert np.isinf(reach[2, :2]).all()  # what comes down at one gateway does not go up at another


def test_without_pairs_every_place_but_gateways_goes_to_any_point_of_presence():
    mesh, places = prepare(landing())
    ends = [[places.name[node] for node in pair] for pair in mesh.pairs]
    assert ends == [["Quetta, Pakistan", ANY_POP], ["Lahore, Pakistan", ANY_POP]]
    answer = ask(mesh, places)
    assert (answer.pairs["great_circle_km"].values > 500.0).all()


@pytest.mark.parametrize(
    ("line", "cause"),
    [("cable:Karachi GW", FIBRE_OUT), ("cable:Karachi GW-Karachi", FIBRE_OUT), ("pop:Karachi", POP_OUT)],
)
def test_a_gateway_without_its_cable_lands_nothing_and_the_cause_says_so(line, cause):
    alone = {
        "gateways": GATEWAYS[:1],
        "pops": [{**POPS[0], "fibre_to": []}],
        "pairs": [["Quetta", "Karachi"]],
    }
    whole = run_chunk(prepare(landing(lasers=False, **alone))[0], range(4))
    mesh, _ = prepare(landing(f"{line}@30-90", lasers=False, **alone))
    found = run_chunk(mesh, range(4))
    had = whole["cause"][:, 0] == 0
    assert had[1:3].any()
    assert (found["cause"][1:3, 0][had[1:3]] == cause).all()
    np.testing.assert_array_equal(found["km"][[0, 3]], whole["km"][[0, 3]])
    assert np.isinf(found["km"][1:3]).all()


def test_what_no_fibre_would_mend_keeps_its_own_cause():
    far = [{"name": "Far GW", "latitude_deg": -35.0, "longitude_deg": -70.0, "gateway": True}]
    pops = [{"name": "Far", "country": "CHL", "gateway": "Far GW"}]
    scene = landing("cable:Far GW", lasers=False, gateways=far, pops=pops, pairs=[["Quetta", "Far"]], steps=2)
    causes = run_chunk(prepare(scene)[0], range(2))["cause"]
    assert set(causes.ravel().tolist()) <= {NOT_AT_OTHER, NO_WAY}


def test_a_second_cable_leads_to_another_point_of_presence():
    twice = [{**GATEWAYS[0], "pops": ["Karachi", "Muscat"]}]
    pops = [{**pop, "fibre_to": []} for pop in POPS[:2]]
    mesh, _ = prepare(landing("cable:Karachi GW-Karachi@30-", gateways=twice, pops=pops))
    found = run_chunk(mesh, range(4))["km"]
    whole = run_chunk(prepare(landing(gateways=twice, pops=pops))[0], range(4))["km"]
    np.testing.assert_array_equal(found[0], whole[0])
    muscat = mesh.fibre.whole_km[2, 1]  # places: Quetta, Lahore, the gateway
    np.testing.assert_allclose(found[1:] - whole[1:], muscat - mesh.fibre.whole_km[2, 0], rtol=1e-4)


def shared(*failures, changed=None, **traffic):
    asked = {"total_mbps": 4_000.0, "demand": "equal", "every_steps": 1, **traffic}
    mesh, _ = prepare(landing(*failures, traffic=asked, steps=1, **(changed or {})))
    (step,) = walk(mesh, [0])
    return mesh, step, share_at(mesh, step, mesh.asked_mbps)


def test_beam_feeders_and_gateway_bind_each_in_turn():
    _, _, free = shared()
    assert free.rate_mbps.tolist() == [2_000.0, 2_000.0] and free.stop.tolist() == [MET, MET]
    _, _, beam = shared(beam_mbps=300.0)
    assert beam.rate_mbps.tolist() == [300.0, 300.0] and beam.stop.tolist() == [BY_BEAM, BY_BEAM]
    mesh, _, gate = shared(gateway_mbps=500.0)
    lands = np.bincount(gate.gateway[gate.gateway >= 0], minlength=mesh.sites.count)
    for place in np.flatnonzero(lands):
        assert gate.landed_mbps[place] == pytest.approx(500.0)
    assert set(gate.stop.tolist()) == {BY_GATEWAY}
    _, _, feeder = shared(feeder_mbps=200.0)
    assert set(feeder.stop.tolist()) == {BY_FEEDERS}
    assert (
        feeder.rate_mbps.sum()
        == pytest.approx(feeder.landed_mbps.sum())
        == pytest.approx(feeder.pops_mbps.sum())
    )


def rates(**mbps):
    return [{"cable": name.replace("_", " "), "rate_mbps": rate} for name, rate in mbps.items()]


def test_fibre_binds_in_fair_rates_and_in_the_linear_program():
    end = {"pairs": [["Quetta", "Karachi"], ["Lahore", "Karachi"]]}
    one = {**end, "gateways": GATEWAYS[:1], "pops": [{**POPS[0], "fibre_to": []}]}
    mesh, step, found = shared(bound=True, changed={**one, "fibre_rates": rates(Karachi_GW=900.0)})
    assert found.rate_mbps == pytest.approx([450.0, 450.0]) and set(found.stop.tolist()) == {BY_FIBRE}
    assert found.most_mbps == pytest.approx(900.0) and STOPS[BY_FIBRE] == "fibre"
    resources = capacities_at(mesh, step, mesh.scenario.traffic)
    block = resources.network.block[-2]
    assert [resources.name(int(block) + i) for i in (0, 1)] == [
        "fibre Karachi GW to Karachi",
        "fibre Karachi to Karachi GW",
    ]
    told = ask(
        *prepare(landing(traffic={"total_mbps": 4_000.0}, steps=1, **one, fibre_rates=rates(Karachi=9.0)))
    )
    assert set(told.flows["stopped_by"].values) == {"fibre"}
    assert told.summary["traffic"]["flows_stopped_by_share"]["fibre"] == 1.0


def test_fibre_on_from_a_point_of_presence_binds_too_and_each_way_by_itself():
    """All go to the exchange: over Karachi or Muscat, whose own cables to it are narrow; what comes back from
    the exchange has the other direction."""
    there, back = ["Quetta", "Fujairah"], ["Fujairah", "Quetta"]
    changed = {"pairs": [there, back], "fibre_rates": rates(Fujairah=300.0)}
    _, _, found = shared(changed=changed)
    assert found.rate_mbps == pytest.approx([300.0, 300.0]) and set(found.stop.tolist()) == {BY_FIBRE}
    changed = {"pairs": [there, ["Lahore", "Fujairah"]], "fibre_rates": rates(Fujairah=300.0)}
    _, _, found = shared(changed=changed)
    landed = [300.0 * (mbps > 0.0) for mbps in found.landed_mbps]  # each cable in use is full
    assert found.landed_mbps.tolist() == pytest.approx(landed)


def test_where_a_cable_is_cut_the_other_one_binds():
    twice = [{**GATEWAYS[0], "pops": ["Karachi", "Muscat"]}]
    changed = {
        "gateways": twice,
        "pops": [{**pop, "fibre_to": []} for pop in POPS[:2]],
        "fibre_rates": [
            {"cable": "Karachi GW", "rate_mbps": 800.0},
            {"cable": "Karachi GW-Muscat", "rate_mbps": 100.0},
        ],
    }
    _, _, whole = shared(changed=changed)
    _, _, cut = shared("cable:Karachi GW-Karachi", changed=changed)
    assert whole.rate_mbps.sum() == pytest.approx(800.0) and cut.rate_mbps.sum() == pytest.approx(100.0)
    assert cut.pops_mbps.tolist() == pytest.approx([0.0, 100.0])


def test_a_point_of_presence_does_not_fail_as_a_gateway():
    with pytest.raises(ScenarioError, match=r"gateway:Karachi: there is no place 'Karachi'; did you mean"):
        prepare(landing("gateway:Karachi"))
    mesh, _ = prepare(landing("gateway:Karachi GW", "gateway:Muscat GW", lasers=False, steps=1))
    assert np.isinf(run_chunk(mesh, range(1))["km"]).all()


def test_users_elsewhere_take_their_part_of_a_gateway_and_of_its_feeders():
    taken = {"gateways": [{**site, "others_share": 0.4} for site in GATEWAYS]}
    mesh, _, found = shared(gateway_mbps=500.0, changed=taken)
    assert found.landed_mbps[found.landed_mbps > 0.0] == pytest.approx(300.0)
    assert set(found.stop.tolist()) == {BY_GATEWAY} and mesh.left_share[2:4].tolist() == [0.6, 0.6]
    _, _, found = shared(feeder_mbps=200.0, changed=taken)
    _, _, whole = shared(feeder_mbps=200.0)
    assert set(found.stop.tolist()) == {BY_FEEDERS}
    assert found.rate_mbps == pytest.approx(0.6 * whole.rate_mbps)
    with pytest.raises(ValueError, match="has `others_share` and is no gateway"):
        landing(gateways=[{**GATEWAYS[1], "gateway": False, "others_share": 0.4}])
    with pytest.raises(ValueError, match="`others_share`, and traffic lands at no `pops`"):
        landing(pops=[], gateways=[{**GATEWAYS[1], "others_share": 0.4}])


def test_cables_of_ways_are_as_long_as_their_reach():
    rng = np.random.default_rng(5)
    places, pops = [f"g{i}" for i in range(6)], [f"p{i}" for i in range(7)]
    ends = {(str(rng.choice(places)), str(rng.choice(pops))) for _ in range(8)}
    ends |= {(pops[i], pops[k]) for i, k in rng.integers(0, 7, (9, 2)) if i < k}
    cables = [Cable(*pair, float(rng.uniform(50.0, 900.0)), 1.0) for pair in sorted(ends)]
    left = cables[:-2]
    reach, ways = reach_km(left, places, pops, 1.0), cable_ways(cables, left, places, pops)
    assert set(ways) == set(zip(*(index.tolist() for index in np.nonzero(np.isfinite(reach))), strict=True))
    for (gate, pop), way in ways.items():
        at = places[gate]
        for cable in way:
            one, other = cables[cable // 2][:2][:: 1 - 2 * (cable % 2)]
            assert one == at
            at = other
        length = sum(cables[cable // 2].great_circle_km for cable in way)
        assert at == pops[pop] and length / FIBRE_SPEED_RATIO == pytest.approx(reach[gate, pop])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cable": "Karachi GW-Karach", "rate_mbps": 1.0}, "did you mean 'Karachi GW-Karachi'"),
        ({"cable": "Karachi GW", "rate_mbps": -1.0}, "greater than 0"),
        ({"cable": "Karachi GW", "rate_mbps": float("nan")}, "fibre_rates"),
    ],
)
def test_rates_of_cables_that_are_none_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        landing(fibre_rates=[given])
    twice = [{"cable": "Karachi GW", "rate_mbps": 1.0}] * 2
    with pytest.raises(ValueError, match="stands twice"):
        landing(fibre_rates=twice)


def test_fair_rates_stand_beside_the_most_that_a_linear_program_carries():
    _, _, found = shared(gateway_mbps=700.0, bound=True)
    assert found.rate_mbps.sum() <= found.most_mbps * (1.0 + 1e-9)
    assert found.most_mbps > 0.0


def test_the_summary_says_where_traffic_lands_by_share():
    cells = {"cities": [], "stations": GATEWAYS, "cells": {"country": "PAK", "by": "district"}}
    scene = landing(
        ground=cells, traffic={"total_mbps": 50_000.0, "every_steps": 2, "feeder_mbps": 5_000.0}, steps=3
    )
    mesh, places = prepare(scene)
    assert len(mesh.pairs) > 100
    answer = ask(mesh, places)
    told = answer.summary["traffic"]["landing"]
    assert sum(each["share"] for each in told["gateways"]) == pytest.approx(1.0)
    assert sum(each["share"] for each in told["pops"]) == pytest.approx(1.0)
    assert {each["name"] for each in told["gateways"]} <= {each["name"] for each in GATEWAYS}
    assert set(answer.flows["lands_at"].values) <= {"", *(each["name"] for each in GATEWAYS)}
    assert "a satellite's feeders" in answer.flows["stopped_by"].values


def test_another_gateway_behind_the_same_satellite_is_another_way():
    """Both gateways see the same satellites; the cable of one is cut, so its ways land at the other."""
    near = [
        {**GATEWAYS[0], "pops": ["Karachi", "Muscat"]},
        {**GATEWAYS[0], "name": "Hub GW", "latitude_deg": 24.8, "pops": ["Karachi"]},
    ]
    pops = [{**pop, "fibre_to": []} for pop in POPS[:2]]
    scene = landing("cable:Karachi GW@60-", lasers=False, gateways=near, pops=pops, steps=4)
    mesh, places = prepare(scene)
    found, legs = ask(mesh, places).pairs.isel(pair=0), track(mesh, places, 0).legs
    own = [[track_name(mesh, places, node) for node in leg.nodes] for leg in legs for _ in range(leg.steps)]
    assert [way[-2:] for way in own[1:3]] == [["Karachi GW", "Karachi"], ["Hub GW", "Karachi"]]
    assert own[1][1] == own[2][1]  # the satellite stays
    ends = [(way[1], way[-2]) for way in own]
    changes = [sum(one[i] != other[i] for one, other in pairwise(ends)) for i in (0, 1)]
    hours = 4 * 30.0 / 3_600.0
    assert float(found["gateway_changes_per_hour"]) == pytest.approx(changes[1] / hours)
    assert float(found["handovers_per_hour"]) == pytest.approx(2 * changes[0] / hours)  # one is both ends
    assert float(found["changes_per_hour"]) == pytest.approx(sum(a != b for a, b in pairwise(own)) / hours)
    kept = run_chunk(mesh, range(4))
    assert not kept["same"][2, 0] and kept["gateway_changes"][0] == changes[1] >= 1


def track_name(mesh, places, node):
    return [*mesh.propagator.names, *places.name][node]


def test_changes_of_gateway_are_those_of_a_plain_look_and_no_chunk_hides_one():
    mesh, places = prepare(landing(lasers=False, steps=40))
    lands = []
    for step in walk(mesh, range(40)):
        place = np.repeat(np.arange(mesh.sites.count), np.diff(step.links.start))
        best = []
        for one in range(2):
            sees = dict(
                zip(step.links.satellite[place == one], step.links.range_km[place == one], strict=True)
            )
            ends = [
                (sees[sat] + km + mesh.fibre.whole_km[gate].min(), gate)
                for gate, sat, km in zip(place, step.links.satellite, step.links.range_km, strict=True)
                if gate >= 2 and sat in sees
            ]
            best.append(min(ends)[1] if ends else -1)
        lands.append(best)
    wanted = [
        sum(a != b for a, b in pairwise(column) if a >= 0 and b >= 0) for column in zip(*lands, strict=True)
    ]
    assert sum(wanted) > 0
    for cut in (40, 7):
        held = [run_chunk(mesh, range(i, min(i + cut, 40))) for i in range(0, 40, cut)]
        found = summarise(lambda only, held=held: held, mesh.pairs, places, 30.0).columns
        np.testing.assert_allclose(found["gateway_changes_per_hour"], np.array(wanted) * 3.0)


def test_a_way_to_any_point_of_presence_is_drawn_through_its_gateway():
    mesh, places = prepare(landing(pairs=[["Quetta", ANY_POP]]))
    parts = json.loads(czml(track(mesh, places)))
    named = {part["id"]: part.get("name") for part in parts}
    ends = [named[node] for part in parts if part["id"].startswith("link") for node in ends_of_link(part)]
    assert ANY_POP not in named.values() and {"Karachi", "Muscat"} & set(ends)
    assert {"Karachi GW", "Muscat GW"} & set(ends)


def ends_of_link(part):
    return [end.split("#")[0] for end in part["polyline"]["positions"]["references"]]


def test_the_table_of_flows_says_where_each_lands_by_its_declaration():
    mesh, places = prepare(landing(traffic={"total_mbps": 100.0, "every_steps": 2}))
    flows = ask(mesh, places).flows
    tables.check(flows, tables.FLOWS)
    assert set(flows["lands_at"].values) <= {"Karachi GW", "Muscat GW"}
    assert "`lands_at`" in tables.describe(tables.FLOWS)


def test_cells_are_those_of_towns_and_hold_the_country():
    from raabta.service.data import country_population

    cells = {"cities": [], "stations": GATEWAYS, "cells": {"country": "BTN", "by": "cell", "resolution": 4}}
    _, places = prepare(landing(ground=cells, steps=1))
    people = places.people[: places.count][[name.endswith("ffff") for name in places.name[: places.count]]]
    assert people.size > 3 and people.sum() == pytest.approx(country_population("BTN"), rel=1e-3)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"failures": ["cable:Nowhere"]}, "there is no cable 'Nowhere'"),
        ({"failures": ["pop:Muscad"]}, "did you mean 'Muscat'"),
        ({"gateways": [], "pops": POPS[1:]}, "give a station `gateway: true`"),
        ({"pops": [*POPS, POPS[0]]}, "stands twice"),
        ({"pops": [{**POPS[1], "fibre_to": ["Muscat"]}]}, "leads to itself"),
        ({"routing": {"relay": True}}, "does not go with pops"),
        ({"gateways": [{**GATEWAYS[0], "pops": ["Karach"]}]}, "did you mean 'Karachi'"),
        ({"gateways": [{**GATEWAYS[1], "gateway": False, "pops": ["Muscat"]}]}, "is no gateway"),
        ({"pops": [*POPS, {**POPS[1], "name": "Quetta", "fibre_to": []}]}, "is a place of this scenario too"),
    ],
)
def test_what_does_not_go_together_is_refused(changed, said):
    with pytest.raises(ValueError, match=said):
        landing(*changed.pop("failures", ()), **changed)


def test_a_cable_of_a_scenario_without_points_of_presence_is_refused():
    with pytest.raises(ValueError, match="no gateways and so no fibre"):
        landing("cable:Karachi GW", pops=[], gateways=GATEWAYS[1:])


def test_edges_and_graph_hold_the_fibre_that_is_whole():
    scenario = landing("cable:Karachi GW-Karachi@30-60", pairs=[["Quetta", "Fujairah"]])
    mesh, places = prepare(scenario)
    glass = [
        {(e.one, e.other): (e.km, e.delay_ms, e.one_kind, e.other_kind) for e in rows if e.kind == "fibre"}
        for rows in (table.to_dataframe().itertuples() for table in edge_tables(mesh, places, [0, 1]))
    ]
    assert set(glass[0]) == {
        ("Karachi GW", "Karachi"),
        ("Muscat GW", "Muscat"),
        ("Karachi", "Fujairah"),
        ("Muscat", "Fujairah"),
    }
    assert set(glass[0]) - set(glass[1]) == {("Karachi GW", "Karachi")}
    km, delay_ms, *kinds = glass[0]["Muscat GW", "Muscat"]
    assert km == pytest.approx(1.5 * 0.2 * 111.19 * np.cos(np.radians(23.6)), rel=1e-3)
    assert delay_ms == pytest.approx(km / 199_861.6 * 1e3, rel=1e-6)  # 2/3 of 299,792.458 km/s
    assert kinds == ["place", "pop"]


def test_ways_over_the_graph_end_at_points_of_presence():
    networkx = pytest.importorskip("networkx")
    scenario = landing(pairs=[["Quetta", "Fujairah"], ["Lahore", "Muscat"]])
    mesh, _ = prepare(scenario)
    found, kept = graph(scenario, 30.0), run_chunk(mesh, range(2))["km"][1]
    node = {data["name"]: number for number, data in found.nodes(data=True)}
    assert ANY_POP not in node and found.nodes[node["Fujairah"]]["kind"] == "pop"
    gateways = {node[each["name"]] for each in GATEWAYS}
    for pair, km in zip(mesh.pairs.tolist(), kept, strict=True):
        source, target = (mesh.propagator.count + end for end in pair)
        places_left = {data for data, kind in found.nodes(data="kind") if kind != "place"}
        held = found.subgraph(places_left | gateways | {source})  # places of people do not relay
        delay_ms = networkx.dijkstra_path_length(held, source, target, weight="delay_ms")
        assert delay_ms == pytest.approx(float(km) / 299.792458, rel=1e-6)
