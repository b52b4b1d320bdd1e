"""What a sweep asks for: keys, values and names, refused where they are not sound."""

from __future__ import annotations

import pytest

from raabta.base.errors import LimitError, ScenarioError
from raabta.scenario.loader import load
from raabta.study.designs import count, designs, read_axes, refuse_too_many, satellites, split_values


def load_settings(settings):
    return load("pakistan", settings=settings)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1,2", ["1", "2"]),
        ("[1,2],[3,4]", ["[1,2]", "[3,4]"]),
        ("{a: 1, b: [2,3]},x", ["{a: 1, b: [2,3]}", "x"]),
        ('"a,b",c', ['"a,b"', "c"]),
        ("'a,b','c'", ["'a,b'", "'c'"]),
        ('["a,]",b],c', ['["a,]",b]', "c"]),
        ("it's,b", ["it's", "b"]),
        ("", [""]),
        ("a,,b", ["a", "", "b"]),
    ],
)
def test_values_are_cut_at_commas_outside_quotes_and_brackets(text, wanted):
    assert split_values(text) == wanted


def test_every_combination_is_a_design_the_last_key_fastest():
    axes = read_axes(["constellation.shells[0].planes=20,40", "demand.plan=25/3,50/10", "seed=7"])
    assert count(axes) == 4
    found = designs(axes, load_settings)
    assert [design.name for design in found] == [
        "planes-20_plan-25-3", "planes-20_plan-50-10", "planes-40_plan-25-3", "planes-40_plan-50-10",
    ]  # fmt: skip
    assert [design.values for design in found][1] == ("20", "50/10", "7")
    assert [satellites(design.scenario) for design in found] == [500, 500, 1000, 1000]
    assert {design.scenario.seed for design in found} == {7}
    assert found[1].scenario.demand.plan == "50/10"


def test_names_stay_apart_and_short_enough_for_a_folder():
    axes = read_axes(["title=a b,a/b,A b", "name=x"])
    names = [design.name for design in designs(axes, load_settings)]
    assert len({name.casefold() for name in names}) == 3
    long = read_axes([f"title={'x' * 300},{'y' * 300}"])
    assert all(len(design.name) <= 100 for design in designs(long, load_settings))
    alike = read_axes(["gateways.Karachi.antennas=4,8", "gateways.Quetta.antennas=4,8"])
    assert designs(alike, load_settings)[1].name == "gateways-Karachi-antennas-4_gateways-Quetta-antennas-8"


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        ([], "a sweep needs a key to sweep\nhint: give --set; write KEY=V1,V2"),
        (["seed"], "'seed' is not KEY=VALUE"),
        (["seed="], "'seed=' has no value"),
        (["seed=1,,2"], "'seed=1,,2' has an empty value"),
        (["seed=1,2,"], "'seed=1,2,' has an empty value"),
        (["seed=1,2,1"], "'seed=1,2,1' has the value 1 twice"),
        (["demand.take_up_share=0.1,1e-1"], "has the value 1e-1 twice"),
        (["seed=1", "seed=2"], "the key seed stands 2 times"),
        (["constellation.shells[0].planes=1", "constellation.shells.0.planes=2"], "stands 2 times"),
        (["seed=[1,2"], "not readable as YAML"),
    ],
)  # fmt: skip
def test_what_is_no_sweep_is_refused(texts, wanted):
    with pytest.raises(ScenarioError) as caught:
        read_axes(texts)
    assert wanted in str(caught.value)


def test_truth_and_one_are_two_values():
    assert read_axes(["key=true,1"])[0].values == ("true", "1")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("wether.statistic=annual", "did you mean 'weather.statistic'?"),
        ("constellation.shells[0].plane=2,3", "did you mean 'constellation.shells[0].planes'?"),
        ("demand.take_up_share=0.1,2", "should be less than or equal to 1, not 2"),
    ],
)
def test_a_key_or_value_that_does_not_exist_is_told_with_the_nearest(text, wanted):
    with pytest.raises(ScenarioError) as caught:
        designs(read_axes([text]), load_settings)
    assert wanted in str(caught.value)


def test_too_many_designs_are_refused_without_making_them():
    many = ",".join(map(str, range(1_000)))
    with pytest.raises(LimitError, match=r"1,000,000 designs \(1000 x 1000\); allowed are 100\. .*--yes"):
        refuse_too_many(read_axes([f"seed={many}", f"weather.storm_km={many}"]))
    refuse_too_many(read_axes([f"seed={','.join(map(str, range(100)))}"]))
