"""Results on disk are what the ledger recorded, or they are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from raabta.base.errors import StoreError
from raabta.engine.ledger import Identity, Ledger
from raabta.engine.verify import record_output
from raabta.service import store


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A run folder whose outputs are recorded; their content is not read before their hashes are."""
    Ledger.create_or_resume(tmp_path, Identity("hash", "0", 1)).close()
    for name in (store.RESULTS, "scenario.yaml"):
        (tmp_path / name).write_bytes(b"as written")
        record_output(tmp_path, name)
    return tmp_path


@pytest.mark.parametrize("name", [store.RESULTS, "scenario.yaml"])
def test_a_changed_output_is_refused(kept: Path, name: str) -> None:
    (kept / name).write_bytes(b"as changed")
    with pytest.raises(StoreError) as caught:
        store.read_results(kept)
    assert str(caught.value) == (
        f"{kept / name} is not what the run wrote. `raabta verify {kept}` names every such file; "
        "run the scenario into this folder again to rebuild it"
    )


def test_a_missing_output_is_refused(kept: Path) -> None:
    (kept / "scenario.yaml").unlink()
    with pytest.raises(StoreError, match=r"scenario\.yaml cannot be read: No such file .* to rebuild it"):
        store.read_results(kept)


def test_results_without_a_ledger_are_refused(tmp_path: Path) -> None:
    (tmp_path / store.RESULTS).write_bytes(b"x")
    with pytest.raises(StoreError, match="is not a run folder"):
        store.read_results(tmp_path)
    with pytest.raises(StoreError, match="holds no finished run"):
        store.read_results(tmp_path / "nowhere")
