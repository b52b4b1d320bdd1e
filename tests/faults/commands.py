"""The real command in processes of its own: started, finished, and what it printed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from interrupts import hear_interrupts

BOX = [[66.8, 30.0], [67.5, 30.0], [67.5, 30.5], [66.8, 30.5], [66.8, 30.0]]
"""Outline of a small area around Quetta, (longitude, latitude) deg: a run of it takes seconds."""
LIMIT_S = 240
"""A command that takes longer fails its test."""
SCRIPT = Path(sys.executable).with_name("raabta")
IN_PYTHON = [sys.executable, "-c", "import sys; from raabta.cli.app import main; sys.exit(main())"]
COMMAND = [str(SCRIPT)] if SCRIPT.is_file() else IN_PYTHON
"""The installed `raabta`, or the same from a plain source tree."""


def write_box(file: Path) -> Path:
    """Keep the outline of the small area in a file."""
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    return file


def start(*words: object, **more: Any) -> subprocess.Popen[str]:
    """`raabta WORDS` in a process group of its own that hears Ctrl-C; `more` goes to Popen."""
    return subprocess.Popen(
        [*COMMAND, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_interrupts,
        **more,
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a command that must succeed; what it printed on standard output."""
    with process:
        printed, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, said
    return printed


def finish_json(process: subprocess.Popen[str]) -> Any:
    """Wait for a command that must succeed; the JSON that it printed."""
    return json.loads(finish(process))
