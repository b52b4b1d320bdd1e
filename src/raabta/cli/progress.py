"""Progress bars on standard error, one per stage of a run."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from raabta.cli import output

_LONGEST_LABEL = 40


class _Parts(MofNCompleteColumn):
    """`3/24`; nothing for a stage that is one piece."""

    def render(self, task: Task) -> Text:
        return super().render(task) if task.total is not None and task.total > 1 else Text()


class Bars:
    """A `progress(stage, done, total)` callable that draws a bar per stage; a context manager.

    A stage of one piece pulses until it is done. Labels are shown as they are, on one line.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<30}", markup=False),
            BarColumn(bar_width=20),
            _Parts(),
            TimeElapsedColumn(),
            console=console or output.console(stderr=True),
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, trace)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show `done` of `total` for `stage`; a stage appears the first time it is named."""
        if stage not in self._tasks:
            label = " ".join(stage.split())[:_LONGEST_LABEL]
            self._tasks[stage] = self._progress.add_task(label, total=None)
        known = total if total > 1 or done >= total else None
        self._progress.update(self._tasks[stage], completed=done, total=known)
