"""Progress on standard error: a bar per stage on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
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
)
from rich.text import Text

from raabta.cli import output
from raabta.service import cut

LINE_EVERY_S = 30.0
"""Without a terminal, a stage that takes long says so this often."""

_LONGEST_LABEL = 40
_WINDOW_S = 60.0
_PIECES = dict.fromkeys((simulating for _, simulating in cut.STAGES.values()), "slots")
"""What a stage counts, where that has a name."""


class Pace:
    """How fast a stage goes, over its last minute; what was done when it began does not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self.began_s = clock()
        self.done, self.total = 0, 0

    def __call__(self, done: int, total: int) -> None:
        """Note how much is done."""
        now = self._clock()
        self.done, self.total = done, total
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[1][0] >= _WINDOW_S:
            self._seen.popleft()

    @property
    def per_s(self) -> float | None:
        """Pieces a second; None before the second piece of news."""
        if len(self._seen) < 2:
            return None
        (first_s, first), (last_s, last) = self._seen[0], self._seen[-1]
        return (last - first) / (last_s - first_s) if last > first and last_s > first_s else None

    @property
    def left_s(self) -> float | None:
        """Seconds left at this pace, less those gone by since the last news; None where none is known."""
        if self.per_s is None or self.done >= self.total:
            return None
        since_s = self._clock() - self._seen[-1][0]
        return max(0.0, (self.total - self.done) / self.per_s - since_s)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the stage began."""
        return self._clock() - self.began_s


def words(stage: str, pace: Pace) -> str:
    """`1 min 05 s left, 96 slots/s`; empty where nothing is known yet."""
    if pace.per_s is None or pace.total <= 1:
        return ""
    pieces = _PIECES.get(stage, "")
    rate = f"{pace.per_s:,.0f}" if pace.per_s >= 10.0 else f"{pace.per_s:.2g}"
    said = f"{rate} {pieces}/s" if pieces else f"{rate}/s"
    return said if pace.left_s is None else f"{duration(pace.left_s)} left, {said}"


def duration(seconds: float) -> str:
    """Seconds in words: `7 s`, `1 min 05 s`, `2 h 03 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


class _Parts(MofNCompleteColumn):
    """`3/24`; nothing for a stage that is one piece."""

    def render(self, task: Task) -> Text:
        return super().render(task) if task.total is not None and task.total > 1 else Text()


class _Pace(TextColumn):
    """Time left and rate, else how long it took so far; asked at every picture, so that the time runs."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        stage, pace = task.fields["stage"], task.fields["pace"]
        took = duration(task.elapsed or 0.0)
        return Text(took if task.finished else words(stage, pace) or took)


class Bars:
    """A `progress(stage, done, total)` callable that shows how far each stage is; a context manager.

    On a terminal a bar per stage; one of one piece pulses until it is done. Elsewhere a line when a stage
    ends, and every LINE_EVERY_S while it goes on. Labels are shown as they are, on one line.
    """

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console or output.console(stderr=True)
        self._clock = clock
        self._paces: dict[str, Pace] = {}
        self._tasks: dict[str, TaskID] = {}
        self._told_s: dict[str, float] = {}
        self._progress = Progress(
            TextColumn("{task.description:<30}", markup=False),
            BarColumn(bar_width=10),
            _Parts(),
            _Pace(),
            console=self._console,
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._progress.__exit__(kind, error, trace)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show `done` of `total` for `stage`; a stage appears the first time it is named."""
        pace = self._paces.setdefault(stage, Pace(self._clock))
        was = pace.done if pace.total else -1
        pace(done, total)
        if self._console.is_terminal:
            self._draw(stage, pace)
        elif was < done:
            self._say(stage, pace)

    def _draw(self, stage: str, pace: Pace) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(_label(stage), total=None, stage=stage, pace=pace)
        known = pace.total if pace.total > 1 or pace.done >= pace.total else None
        self._progress.update(self._tasks[stage], completed=pace.done, total=known)

    def _say(self, stage: str, pace: Pace) -> None:
        """A line, if there is one due."""
        now = self._clock()
        ended = pace.done >= pace.total
        if not ended and now - self._told_s.setdefault(stage, now) < LINE_EVERY_S:
            return
        self._told_s[stage] = now
        pieces = _PIECES.get(stage, "")
        count = f" {pace.done:,} of {pace.total:,} {pieces}".rstrip() if pace.total > 1 else ""
        parts = [f"done in {duration(pace.elapsed_s)}"] if ended else []
        parts += [text] if (text := words(stage, pace)) else []
        self._console.print(
            f"{_label(stage)}:{count}{',' if count and parts else ''} {', '.join(parts)}".rstrip(),
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _label(stage: str) -> str:
    return " ".join(stage.split())[:_LONGEST_LABEL]
