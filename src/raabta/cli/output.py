"""Standard output that ends quietly when its reader has left (`raabta report RUN | head -3`)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


def say(text: object) -> None:
    """Print one line."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        divert()


def say_json(value: Any) -> None:
    """Print a value as JSON."""
    say(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def show(renderables: Iterable[RenderableType]) -> None:
    """Print tables and panels."""
    screen = console()
    for renderable in renderables:
        screen.print(renderable)


def console() -> Console:
    """A console on standard output."""
    from rich.console import Console

    class Quiet(Console):
        """Rich leaves the process with 1 when the pipe is closed; we go on, and write into nothing."""

        def on_broken_pipe(self) -> None:
            self.quiet = True
            divert()

    return Quiet()


def divert() -> None:
    """Send what is still printed nowhere: nobody reads it any more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
