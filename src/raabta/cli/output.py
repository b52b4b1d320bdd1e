"""Standard output and error. A reader that has left (`raabta report RUN | head -3`) is no error.

What is printed after that goes nowhere, the command does the rest of its work and ends with its own code: the
convention of a program that writes files, not that of a filter, which the system ends with 128 + SIGPIPE.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from raabta.base.errors import StoreError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


def say(text: object) -> None:
    """Print one line. Raises StoreError where standard output cannot be written."""
    with heard():
        print(text, flush=True)


def say_json(value: Any) -> None:
    """Print a value as JSON. Raises StoreError where standard output cannot be written."""
    say(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def show(renderables: Iterable[RenderableType]) -> None:
    """Print tables and panels. Raises StoreError where standard output cannot be written."""
    screen = console()
    with heard():
        for renderable in renderables:
            screen.print(renderable)


def complain(text: str) -> None:
    """Print one line on standard error, in the name of the command."""
    with unheard():
        print(f"raabta: {text}", file=sys.stderr)


@contextmanager
def heard() -> Iterator[None]:
    """Print to standard output inside: quiet where the reader has left, StoreError where the disk is full."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        divert(sys.stdout)
    except OSError as error:
        divert(sys.stdout)
        raise StoreError(f"standard output cannot be written: {error.strerror or error}") from None


def at_fault(error: Exception) -> Exception:
    """The StoreError that an OSError stands for where standard output is what failed (typer prints its own
    help), told by whether it takes the end of a line."""
    if isinstance(error, OSError):
        try:
            say("")
        except StoreError as told:
            return told
    return error


@contextmanager
def unheard() -> Iterator[None]:
    """Print to standard error inside: nobody is left to tell where that fails."""
    try:
        yield
        sys.stderr.flush()
    except OSError:
        divert(sys.stderr)


def console(stderr: bool = False) -> Console:
    """A console on standard output, or on standard error."""
    from rich.console import Console

    class Quiet(Console):
        """Rich leaves the process with 1 when the pipe is closed; we go on, and write into nothing."""

        def on_broken_pipe(self) -> None:
            self.quiet = True
            divert(sys.stderr if self.stderr else sys.stdout)

    return Quiet(stderr=stderr)


def divert(stream: TextIO) -> None:
    """Send what is still printed to a stream nowhere: nobody reads it any more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def open_closed() -> None:
    """Give a command that was started without standard output or error (`>&-`) one that goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
