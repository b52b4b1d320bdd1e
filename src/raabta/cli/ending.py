"""How a command ends: its exit codes, and an interruption that loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import typer

from raabta.cli import output

INTERRUPTED = 130
OUR_FAULT = 1


def resumable(command: Callable[[], None]) -> None:
    """Do what a command does; where it is interrupted, say that the same command goes on from there."""
    try:
        command()
    except KeyboardInterrupt:
        output.complain("interrupted; resumable: run the same command again")
        raise typer.Exit(INTERRUPTED) from None
