from dataclasses import replace

from raabta.report import sources
from raabta.service.results import Results


def found(results: Results, name: str) -> sources.Input:
    return next(one for _, part in sources.inputs(results) for one in part if one.name == name)


def test_catalogue_figures_keep_their_source(results: Results) -> None:
    one = found(results, "demand.take_up_share")
    assert one.value == "0.1" and one.confidence == "C" and "PTA" in one.source
    assert found(results, "payload.rf_power_w").confidence in "ABMC"


def test_a_figure_the_scenario_changed_loses_the_catalogues_source(results: Results) -> None:
    demand = results.scenario.demand.model_copy(update={"take_up_share": 0.2})
    changed = replace(results, scenario=results.scenario.model_copy(update={"demand": demand}))
    one = found(changed, "demand.take_up_share")
    assert (one.value, one.source, one.confidence) == ("0.2", sources.CHANGED, "")


def test_what_all_gateways_have_alike_stands_once(results: Results) -> None:
    gateways = dict(sources.inputs(results))["Gateways"]
    names = [one.name for one in gateways]
    assert names.count("all: dish_m") == 1 and "Karachi: latitude_deg" in names
    assert len(names) == len(set(names))


def test_leaves_flatten_and_leave_descriptions_out() -> None:
    nested = {"name": "x", "a": {"b": [1, {"c": True}]}, "note": "long", "d": None}
    assert sources.leaves(nested) == [("a.b[0]", 1), ("a.b[1].c", True)]
