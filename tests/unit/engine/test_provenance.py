"""Provenance: canonical hashes, and a file that says what made the run."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raabta.base.errors import StoreError
from raabta.engine import provenance
from raabta.engine.provenance import environment, hash_of, read_provenance, write_provenance

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_the_hash_is_that_of_the_canonical_text() -> None:
    text = b'{"a":[1,2.5,"\\u00e9"],"b":null}'
    assert hash_of({"b": None, "a": (1, 2.5, "é")}) == hashlib.sha256(text).hexdigest()


@given(value=st.dictionaries(st.text(), JSON, min_size=2, max_size=4))
def test_the_order_of_keys_does_not_count(value: dict[str, object]) -> None:
    assert hash_of(dict(reversed(value.items()))) == hash_of(value)
    assert hash_of({**value, "one more key": 0}) != hash_of({**value, "one more key": 0.0})


@pytest.mark.parametrize(
    ("value", "error"),
    [({1: 2}, TypeError), ([{(1,): 2}], TypeError), ({"a": {1}}, TypeError), ([float("nan")], ValueError)],
)
def test_what_has_no_one_text_is_refused(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        hash_of(value)


def test_provenance_says_versions_machine_seeds_and_inputs(tmp_path: Path) -> None:
    start = datetime(2026, 11, 22, 5, tzinfo=timezone(timedelta(hours=5)))
    content = provenance.provenance(
        scenario_hash="ab", seed=7, inputs={"people": "2", "earth_orientation": "1"}, started=start
    )
    write_provenance(tmp_path, content)
    found = read_provenance(tmp_path)
    assert found == content
    assert (found["scenario_hash"], found["seed"], found["ended"]) == ("ab", 7, None)
    assert list(found["inputs"]) == ["earth_orientation", "people"]
    assert found["started"] == "2026-11-22T00:00:00.000Z"
    assert found["environment"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert all(found["environment"][name] for name in ("raabta", "numpy", "numba", "cpu", "platform"))


def test_the_environment_holds_no_time_and_is_the_same_twice() -> None:
    assert environment() == environment()
    assert hash_of(environment()) == hash_of(environment())


def test_the_lock_is_hashed_where_it_stands_and_null_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Installed:
        url = f'{{"url": "{tmp_path.as_uri()}"}}'

        def read_text(self, name: str) -> str | None:
            return self.url if name == "direct_url.json" else None

    monkeypatch.setattr(provenance.metadata, "distribution", lambda name: Installed())
    assert provenance.lock_hash() is None
    (tmp_path / "requirements.lock").write_bytes(b"numpy==2.4\n")
    assert provenance.lock_hash() == hashlib.sha256(b"numpy==2.4\n").hexdigest()
    Installed.url = ""
    assert provenance.lock_hash() is None


def test_damaged_and_absent_files_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it is not there"):
        read_provenance(tmp_path)
    for text in ("{", "[]", "\xff"):
        (tmp_path / "provenance.json").write_bytes(text.encode("latin-1"))
        with pytest.raises(StoreError, match=r"provenance\.json is damaged"):
            read_provenance(tmp_path)


def test_no_heavy_package_is_loaded_to_tell_its_version() -> None:
    code = (
        "import sys; from raabta.engine import provenance; provenance.environment();"
        "sys.exit(any(m in sys.modules for m in ('numpy', 'numba', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
