"""One error tree.

RaabtaError                 anything we refuse or cannot do, with a message a user can act on
├── ScenarioError           the scenario file is wrong (file, line, column, hint)
├── OrbitDataError          a TLE, OMM or element set is malformed or out of its ranges
├── OutOfRangeError         a value lies outside a model's range (value, valid range, source)
├── StoreError              the run folder cannot be read or written, or does not verify
├── NoSolutionError         the question has no answer (no cell in the polygon, zero satellites)
└── LimitError              a stated limit of size, time or memory was refused

Every message says what, where, what is allowed and what to do next.
"""

from __future__ import annotations


class RaabtaError(Exception):
    """Base of everything raabta refuses; `exit_code` is what the command line ends with."""

    exit_code = 2


class ScenarioError(RaabtaError):
    """The user's scenario is wrong. Carries the place in the file when it is known."""

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        source_line: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.message, self.file, self.line, self.column = message, file, line, column
        self.source_line, self.hint = source_line, hint
        super().__init__(self._text())

    def _text(self) -> str:
        where = (self.file, self.line, None if self.line is None else self.column)
        place = ":".join(str(part) for part in where if part is not None)
        lines = [f"{place}: {self.message}" if place else self.message]
        if self.source_line is not None and self.column is not None:
            lines += [f"    {self.source_line}", "    " + " " * (self.column - 1) + "^"]
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


class OrbitDataError(RaabtaError):
    """Orbit data that our grammar or ranges refuse."""


class OutOfRangeError(RaabtaError):
    """A value outside the range its model states."""

    def __init__(self, what: str, value: object, valid: str, source: str) -> None:
        self.what, self.value, self.valid, self.source = what, value, valid, source
        super().__init__(f"{what} is {value}; valid: {valid} ({source})")

    def __reduce__(self) -> tuple[type[OutOfRangeError], tuple[str, object, str, str], dict[str, object]]:
        return type(self), (self.what, self.value, self.valid, self.source), self.__dict__


class StoreError(RaabtaError):
    """A run folder or a file in it cannot be read, written or verified."""


class NoSolutionError(RaabtaError):
    """The inputs are well formed but leave nothing to compute."""


class LimitError(RaabtaError):
    """A stated limit was refused before or while running."""

    exit_code = 3
