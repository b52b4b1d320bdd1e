"""YAML as plain data with a place for every key: refuses what a scenario never needs.

The grammar is the YAML 1.2 core schema read from ruamel's events, so `NO` stays text, `12:30:00` stays text
and `1e3` is a number. Anchors, aliases, tags, merge keys, duplicate keys, several documents, NaN, infinity,
deep nesting and oversized files are refused with the place where they stand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from raabta.base.errors import ScenarioError
from raabta.base.userfiles import why_not

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_EVENTS = 20_000
MAX_NUMBER_LENGTH = 40
_SHOWN_COLUMNS = 160
_LONGEST_MESSAGE = 500

Loc = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class Place(NamedTuple):
    """Line and column (both from 1) of a key and of its value."""

    key_line: int
    key_column: int
    value_line: int
    value_column: int


@dataclass(frozen=True)
class Document:
    """Plain data of one YAML text, and where each part of it stands; `numbered` if it has lines to count."""

    file: str
    lines: tuple[str, ...]
    data: Any = None
    places: dict[Loc, Place] = field(default_factory=dict)
    numbered: bool = True

    def place(self, loc: Loc) -> Place:
        """The place of `loc`, or of the nearest part above it that the file holds."""
        while loc and loc not in self.places:
            loc = loc[:-1]
        return self.places.get(loc, Place(1, 1, 1, 1))

    def error(self, message: str, line: int, column: int, hint: str | None = None) -> ScenarioError:
        """A ScenarioError that shows the source line, unless it is blank, with a caret under `column`."""
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        worth = bool(source.strip()) and column <= _SHOWN_COLUMNS
        shown = printable(source[:_SHOWN_COLUMNS], " ") if worth else None
        return ScenarioError(
            shortened(message),
            file=self.file,
            line=line if self.numbered else None,
            column=column,
            source_line=shown,
            hint=shortened(hint) if hint else None,
        )


def printable(text: str, instead: str = "?") -> str:
    """`text` without control codes (a terminal would obey them), one character for one."""
    return "".join(letter if letter.isprintable() else instead for letter in text)


def shortened(text: str) -> str:
    """`text` printable and at most 500 characters long."""
    text = printable(text[: _LONGEST_MESSAGE + 1])
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 3] + "..."


def read_file(path: Path) -> Document:
    """Read a YAML file of at most 1 MB. Raises ScenarioError with the place of the first fault."""
    name = str(path)
    try:
        if not path.is_file():
            fault, hint = why_not(path)
            raise ScenarioError(fault, file=name, hint=hint)
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        fault, hint = why_not(path, error)
        raise ScenarioError(f"cannot be read: {fault}", file=name, hint=hint) from None
    return parse(_decode(raw, name), name)


def _decode(raw: bytes, name: str) -> str:
    if len(raw) > MAX_BYTES:
        raise ScenarioError(
            f"the file is larger than {MAX_BYTES:,} bytes",
            file=name,
            hint="put people, outlines and orbits into files of their own and name them in the scenario",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"byte {error.start + 1} is not UTF-8 text", file=name, hint="save the file as UTF-8"
        ) from None


def parse(text: str, file: str, shown: str | None = None) -> Document:
    """Parse YAML text into a Document. Raises ScenarioError with line and column.

    Errors show the lines of `text`, or of `shown`: what stands in its place for the reader, without numbers.
    """
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    lines = re.split(r"\r\n|\r|\n", text if shown is None else shown)
    document = Document(file, tuple(lines), numbered=shown is None)
    try:
        return _Builder(document, text).build()
    except MarkedYAMLError as error:
        raise _unreadable(document, error) from None
    except YAMLError as error:
        raise ScenarioError(f"not readable as YAML: {str(error).splitlines()[0]}", file=file) from None


_FORGOTTEN_COLON = "a key is followed by ': ' and its value; here the colon is missing"
_NO_COLON = ("mapping values", "expected '<document start>'")


def _unreadable(document: Document, error: Any) -> ScenarioError:
    """What the YAML reader found, at the line that is at fault and not where the reader gave up."""
    words, mark = error.problem or error.context, error.problem_mark or error.context_mark
    if mark is None:
        return document.error(f"not readable as YAML: {words}", 1, 1)
    line, column = mark.line + 1, mark.column + 1
    opened = error.context_mark
    before = _line_without_colon(document, line, column) if words.startswith(_NO_COLON) else None
    if before is not None:
        return document.error(f"not readable as YAML: {_FORGOTTEN_COLON}", *before)
    if opened is not None and opened.line + 1 != line:
        colon, unclosed = error.context == "while scanning a simple key", words.endswith("but got ':'")
        words = _FORGOTTEN_COLON if colon else f"{error.context} from line {opened.line + 1}: {words}"
        if colon or _is_blank(document, line) or (unclosed and document.lines[line - 1][:1].strip()):
            line, column = opened.line + 1, opened.column + 1
    if _is_blank(document, line):
        line, column = _end_of_text(document)
    return document.error(f"not readable as YAML: {words}", line, column)


def _is_blank(document: Document, line: int) -> bool:
    return line > len(document.lines) or not document.lines[line - 1].strip()


def _end_of_text(document: Document) -> tuple[int, int]:
    """Line and column after the last letter of the file."""
    full = [number for number in range(1, len(document.lines) + 1) if not _is_blank(document, number)]
    return (full[-1], len(document.lines[full[-1] - 1].rstrip()) + 1) if full else (1, 1)


def _line_without_colon(document: Document, line: int, column: int) -> tuple[int, int] | None:
    """The line above a sound `key:` that runs into it for want of a colon: its number and its end."""
    if _is_blank(document, line) or not re.fullmatch(r"\s*[\w-]*", document.lines[line - 1][: column - 1]):
        return None
    above = [n for n in range(1, line) if not _is_blank(document, n)]
    text = document.lines[above[-1] - 1].split("#")[0].rstrip() if above else ":"
    return None if ":" in text or text.lstrip().startswith("-") else (above[-1], len(text) + 1)


class _Builder:
    """Walks ruamel's events once, building data and places together."""

    def __init__(self, document: Document, text: str) -> None:
        from ruamel.yaml import YAML

        self.document = document
        self.places = document.places
        self.events = self._guarded(YAML(typ="safe", pure=True).parse(text))

    def build(self) -> Document:
        from ruamel.yaml.events import DocumentStartEvent, StreamEndEvent

        next(self.events)
        if isinstance(next(self.events), StreamEndEvent):
            text = "the file is empty; `raabta init FILE` writes a starting point"
            raise ScenarioError(text, file=self.document.file, line=1, column=1)
        data = self._node(next(self.events), ())
        next(self.events)
        after = next(self.events)
        if isinstance(after, DocumentStartEvent):
            self._refuse(after, "a second YAML document starts here; one file holds one")
        return replace(self.document, data=data)

    def _refuse(self, event: Any, message: str, hint: str | None = None) -> NoReturn:
        mark = event.start_mark
        raise self.document.error(message, mark.line + 1, mark.column + 1, hint)

    def _guarded(self, events: Iterator[Any]) -> Iterator[Any]:
        from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

        depth = 0
        for count, event in enumerate(events):
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
                self._refuse(event, "YAML anchors and aliases are refused", "write the value out again")
            if getattr(event, "tag", None) is not None:
                self._refuse(event, "YAML tags are refused", "leave out the word that starts with '!'")
            if depth > MAX_DEPTH:
                self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")
            if count > MAX_EVENTS:
                self._refuse(event, f"more than {MAX_EVENTS:,} entries in one file")
            yield event

    def _node(self, event: Any, loc: Loc) -> Any:
        from ruamel.yaml.events import MappingStartEvent, SequenceStartEvent

        mark, known = event.start_mark, self.places.get(loc)
        here = mark.line + 1, mark.column + 1
        key = known[:2] if known else here
        empty = getattr(event, "value", None) == "" and event.style is None
        self.places[loc] = Place(*key, *(key if empty else here))
        if isinstance(event, MappingStartEvent):
            return self._mapping(loc)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(loc)
        return self._scalar(event)

    def _sequence(self, loc: Loc) -> list[Any]:
        from ruamel.yaml.events import SequenceEndEvent

        items: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            items.append(self._node(event, (*loc, len(items))))
        return items

    def _mapping(self, loc: Loc) -> dict[str, Any]:
        from ruamel.yaml.events import MappingEndEvent

        items: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self._key(event, items, loc)
            mark = event.start_mark
            self.places[*loc, key] = Place(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 1)
            items[key] = self._node(next(self.events), (*loc, key))
        return items

    def _key(self, event: Any, items: dict[str, Any], loc: Loc) -> str:
        from ruamel.yaml.events import ScalarEvent

        if not isinstance(event, ScalarEvent):
            self._refuse(event, "a key must be a plain word")
        key = str(event.value)
        if key == "<<":
            self._refuse(event, "YAML merge keys are refused", "write the keys out")
        if key in items:
            first = self.places[*loc, key].key_line
            self._refuse(event, f"the key '{key}' stands twice; first in line {first}", "keep one of them")
        return key

    def _scalar(self, event: Any) -> Any:
        text = str(event.value)
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _NOT_A_NUMBER.fullmatch(text):
            self._refuse(event, f"{text} is not a number a scenario can use")
        if len(text) > MAX_NUMBER_LENGTH:
            return text
        if _INTEGER.fullmatch(text):
            return int(text)
        return self._float(event, text) if _FLOAT.fullmatch(text) else text

    def _float(self, event: Any, text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            self._refuse(event, f"{text} is too large for a number")
        return value
