"""Runs checks of a test file with numba's CUDA simulator, and says why there is no GPU."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from raabta.engine.device import why_no_gpu

HERE = Path(__file__).parent
_RUN = "import sys; sys.path.insert(0, {here!r}); import runpy; runpy.run_path({file!r})[{check!r}]()"

needs_gpu = pytest.mark.skipif(why_no_gpu() is not None, reason=f"no GPU: {why_no_gpu()}")


def on_simulator(file: str, check: str) -> None:
    """Call the function `check` of a test file in a process where CUDA is simulated: it must be asked for
    before numba is imported."""
    code = _RUN.format(here=str(HERE), file=file, check=check)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{check}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
