"""The XML form of an ephemeris message as the lines of its KVN form, one element at a time, defused."""

from __future__ import annotations

from collections.abc import Iterator

from raabta.orbits.defused import Elements, walk
from raabta.orbits.rows import Place, refuse

_STATE = ("EPOCH", "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_SKIPPED = ("COMMENT", "covarianceMatrix", "header", "user-defined")


class _Lines(Elements):
    """Collects metadata and states as lines."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.lines: list[tuple[str, Place]] = []
        self._state: dict[str, str] = {}

    def opened(self, name: str) -> None:
        if len(self._open) == 1 and name != "oem":
            refuse(self._begin, f"<{name[:40]}> is another message; allowed: <oem>")
        if name == "metadata":
            self.lines.append(("META_START", self._begin))
        elif name == "stateVector":
            self._state = {}

    def closed(self, name: str, text: str) -> None:
        parent = self._open[-1] if self._open else ""
        if name == "metadata":
            self.lines.append(("META_STOP", self._begin))
        elif name == "stateVector":
            self._finish_state()
        elif parent == "metadata" and name not in _SKIPPED:
            self.lines.append((f"{name} = {' '.join(text.split())}", self._begin))
        elif parent == "stateVector" and name not in _SKIPPED:
            if name in self._state:
                refuse(self._begin, f"{name[:40]} stands twice in one state")
            self._state[name] = text

    def _finish_state(self) -> None:
        for key in _STATE:
            if len(self._state.get(key, "").split()) != 1:
                refuse(self._begin, f"this state has no {key}")
        self.lines.append((" ".join(self._state[key] for key in _STATE), self._begin))


def xml_lines(text: str, source: str) -> Iterator[tuple[str, Place]]:
    """Lines as the KVN form has them, with their places. Entities and DTDs are refused (defusedxml)."""
    found = _Lines(source)
    walk(text, found)
    return iter(found.lines)
