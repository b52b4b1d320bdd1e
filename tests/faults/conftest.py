"""Makes `toy_run` and `commands` importable here and in worker processes (they inherit sys.path)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of the small area that the commands are run for."""
    from commands import write_box

    return write_box(tmp_path_factory.mktemp("area") / "box.geojson")


@pytest.fixture(scope="session")
def whole_hash(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of the toy run that nothing ever interrupted."""
    import toy_run

    from raabta.engine.runner import run_chunks
    from raabta.engine.verify import run_hash

    folder = tmp_path_factory.mktemp("whole")
    run_chunks(folder, toy_run.IDENTITY, toy_run.KEYS, toy_run.compute, workers=1, setup=toy_run.setup)
    return run_hash(folder)
