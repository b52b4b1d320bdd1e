"""The XML form of an ephemeris message as the lines of its KVN form, one element at a time, defused."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import Locator

from raabta.orbits.rows import Place, refuse

MAX_DEPTH = 24
MAX_TEXT = 1_000
_STATE = ("EPOCH", "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_SKIPPED = ("COMMENT", "covarianceMatrix", "header", "user-defined")


class _Handler(ContentHandler):
    """Collects metadata and states as lines; depth and length are counted, so that bombs end early."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source, self.lines = source, list[tuple[str, Place]]()
        self._open: list[str] = []
        self._text: list[str] = []
        self._state: dict[str, str] = {}
        self._length, self._begin = 0, Place(source, 1)
        self._locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:
        self._locator = locator

    def startElement(self, name: str, attrs: object) -> None:
        own = name.rpartition(":")[2]
        self._begin = self.here()
        if not self._open and own != "oem":
            refuse(self._begin, f"<{own[:40]}> is another message; allowed: <oem>")
        self._open.append(own)
        self._text, self._length = [], 0
        if len(self._open) > MAX_DEPTH:
            refuse(self._begin, f"nested deeper than {MAX_DEPTH} elements")
        if own == "metadata":
            self.lines.append(("META_START", self._begin))
        elif own == "stateVector":
            self._state = {}

    def characters(self, content: str) -> None:
        self._length += len(content)
        if self._length > MAX_TEXT:
            refuse(self._begin, f"more than {MAX_TEXT} characters in <{self._open[-1][:40]}>")
        self._text.append(content)

    def endElement(self, name: str) -> None:
        own, text = self._open.pop(), "".join(self._text).strip()
        parent = self._open[-1] if self._open else ""
        if own == "metadata":
            self.lines.append(("META_STOP", self._begin))
        elif own == "stateVector":
            self._finish_state()
        elif parent == "metadata" and own not in _SKIPPED:
            self.lines.append((f"{own} = {' '.join(text.split())}", self._begin))
        elif parent == "stateVector" and own not in _SKIPPED:
            if own in self._state:
                refuse(self._begin, f"{own[:40]} stands twice in one state")
            self._state[own] = text
        self._text, self._length = [], 0

    def _finish_state(self) -> None:
        for key in _STATE:
            if len(self._state.get(key, "").split()) != 1:
                refuse(self._begin, f"this state has no {key}")
        self.lines.append((" ".join(self._state[key] for key in _STATE), self._begin))

    def here(self) -> Place:
        """Where the parser stands."""
        if self._locator is None:
            return Place(self.source, 1)
        line, column = self._locator.getLineNumber(), self._locator.getColumnNumber()
        return Place(self.source, line or 1, (column or 0) + 1)


def xml_lines(text: str, source: str) -> Iterator[tuple[str, Place]]:
    """Lines as the KVN form has them, with their places. Entities and DTDs are refused (defusedxml)."""
    from xml.sax import SAXParseException

    import defusedxml.sax
    from defusedxml.common import DefusedXmlException

    handler = _Handler(source)
    try:
        defusedxml.sax.parseString(text.encode(), handler, forbid_dtd=True)
    except SAXParseException as error:
        place = Place(source, error.getLineNumber() or 1, (error.getColumnNumber() or 0) + 1)
        refuse(place, f"not XML: {error.getMessage()}")
    except DefusedXmlException as error:
        refuse(handler.here(), f"entities and DTDs are refused ({type(error).__name__})")
    except (LookupError, ValueError) as error:
        refuse(handler.here(), f"not XML: {error}")
    return iter(handler.lines)
