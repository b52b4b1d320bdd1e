"""Hostile scenario files: a valid Scenario or a ScenarioError, quickly, and nothing else."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raabta.base.errors import ScenarioError
from raabta.scenario.documents import parse
from raabta.scenario.loader import load, to_yaml
from raabta.scenario.models import Scenario

SLOWEST_S = 5.0
"""Processor time a file may take at most: well above what one takes, far below a bomb that goes off."""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def _try(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    started = time.process_time()
    try:
        scenario = load(path)
    except ScenarioError as error:
        assert len(str(error)) < 100_000
    else:
        assert isinstance(scenario, Scenario)
    assert time.process_time() - started < SLOWEST_S


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text(text: str) -> None:
    try:
        parse(text, "fuzz.yaml")
    except ScenarioError as error:
        assert error.file == "fuzz.yaml"


@settings(max_examples=300, deadline=None)
@given(text=st.text("abc:-[]{}&*!|>'\"%@`#,? \n\t0.1e", max_size=80))
def test_any_yaml_like_text(text: str) -> None:
    try:
        parse(text, "fuzz.yaml")
    except ScenarioError as error:
        assert error.file == "fuzz.yaml"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200))
def test_any_bytes(folder: Path, raw: bytes) -> None:
    _try(folder / "bytes.yaml", raw)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_any_place(folder: Path, data: st.DataObject) -> None:
    """A whole scenario with one part replaced by an arbitrary value."""
    import json

    whole = json.loads(load("pakistan").model_dump_json())
    node, key = whole, data.draw(st.sampled_from(sorted(whole)))
    while isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans()):
        node = node[key]
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
    node[key] = data.draw(_JSON)
    _try(folder / "place.yaml", json.dumps(whole).encode("utf-8", "replace"))


_PATHS = (
    "seed",
    "title",
    "weather",
    "gateways",
    "gateways.Karachi",
    "constellation.shells[0]",
    "assumptions[0]",
)


@settings(max_examples=200, deadline=None)
@given(
    path=st.sampled_from(_PATHS) | st.text("abgst.[]0 'é\n=", max_size=12),
    value=st.text("abc:-[]{}&*!|>'\"%@`#,? \n\t0.1e~", max_size=30) | st.text(max_size=20),
)
def test_any_setting(path: str, value: str) -> None:
    """Anything in `--set`: a Scenario, or an error that names the option and shows no control code."""
    try:
        assert isinstance(load("pakistan", settings=[f"{path}={value}"]), Scenario)
    except ScenarioError as error:
        shown = str(error)
        assert shown.startswith("option --set: ") and len(shown) < 10_000
        assert all(letter.isprintable() or letter == "\n" for letter in shown)


def test_mutated_bytes_of_a_good_file(folder: Path) -> None:
    good, dice = bytearray(to_yaml(load("pakistan")).encode()), random.Random(11)
    for _ in range(150):
        raw = bytearray(good)
        for _ in range(dice.choice((1, 1, 2, 8))):
            at = dice.randrange(len(raw))
            if dice.random() < 0.3:
                del raw[at : at + dice.randrange(1, 40)]
            else:
                raw[at] = dice.randrange(256)
        _try(folder / "mutated.yaml", bytes(raw))


_BOMBS = {
    "aliases": b"a: &a [x,x]\n" + b"".join(b"b%d: &b%d [*a,*a]\n" % (n, n) for n in range(99)),
    "deep-flow": b"schema_version: 1\nname: " + b"[" * 900_000,
    "deep-maps": b"{a: " * 200_000,
    "deep-dashes": b"- " * 400_000,
    "deep-questions": b"? " * 400_000,
    "long-key": b"k" * 900_000 + b": 1",
    "long-value": b"schema_version: 1\nname: " + b"x" * 900_000,
    "long-number": b"schema_version: " + b"9" * 900_000,
    "many-keys": b"schema_version: 1\n" + b"".join(b"k%d: 1\n" % n for n in range(80_000)),
    "many-gateways": b"schema_version: 1\ngateways: [" + b"{}," * 8_000 + b"]",
    "many-unknown": b"schema_version: 1\n" + b"".join(b"key%d: 1\n" % n for n in range(6_000)),
    "open-quote": b'schema_version: 1\nname: "' + b"x\n" * 400_000,
    "comments": b"#\n" * 499_999,
    "blank": b"\n" * 999_999,
    "directive": b"%YAML 9.9\n---\nschema_version: 1\n",
    "tag-directive": b"%TAG ! tag:x,2000:\n---\n!x schema_version: 1\n",
    "huge-float": b"schema_version: 1\nseed: 1e400\n",
    "huge-int": b"schema_version: 1\nseed: 123456789012345678901234567890\n",
    "nan": b"schema_version: 1\ntime: {step_s: .nan}\n",
    "lone-surrogate": b'schema_version: 1\nname: "\\ud800"\n',
    "escapes": b'schema_version: 1\nname: "\\0\\x1b[2J\\u202e"\n',
    "terminal-codes-in-a-key": b'schema_version: 1\n"\\e[31mname": x\n',
    "control": b"schema_version: 1\nname: \x1b[2J\n",
    "utf-16": "schema_version: 1".encode("utf-16"),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(1_000),
    "zeros": bytes(900_000),
}


@pytest.mark.parametrize("name", _BOMBS)
def test_bombs_are_refused(folder: Path, name: str) -> None:
    path = folder / f"{name}.yaml"
    path.write_bytes(_BOMBS[name])
    started = time.process_time()
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert time.process_time() - started < SLOWEST_S
    shown = str(caught.value)
    assert len(shown) < 100_000
    assert "\x1b" not in shown and "\x00" not in shown
