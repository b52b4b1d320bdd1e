"""Messages in XML, element by element: no entities, no DTDs, depth and lengths counted as they come."""

from __future__ import annotations

from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import Locator

from raabta.orbits.rows import Place, refuse

MAX_DEPTH = 24
MAX_TEXT = 1_000


class Elements(ContentHandler):
    """Calls `opened` and `closed` for each element by its name without prefix; refuses what is too deep or
    too long before it grows. `_open`: names around the place that is read; `_begin`: where the last began."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self._open: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._begin = Place(source, 1)
        self._locator: Locator | None = None

    def opened(self, name: str) -> None:
        """An element begins; it is the last of `_open`."""

    def closed(self, name: str, text: str) -> None:
        """An element ends, with the text in it since the last tag; it is in `_open` no more."""

    def setDocumentLocator(self, locator: Locator) -> None:
        self._locator = locator

    def startElement(self, name: str, attrs: object) -> None:
        own = name.rpartition(":")[2]
        self._open.append(own)
        self._text, self._length, self._begin = [], 0, self.here()
        if len(self._open) > MAX_DEPTH:
            refuse(self._begin, f"nested deeper than {MAX_DEPTH} elements")
        self.opened(own)

    def characters(self, content: str) -> None:
        self._length += len(content)
        if self._length > MAX_TEXT:
            refuse(self._begin, f"more than {MAX_TEXT} characters in <{self._open[-1][:40]}>")
        self._text.append(content)

    def endElement(self, name: str) -> None:
        self.closed(self._open.pop(), "".join(self._text).strip())
        self._text, self._length = [], 0

    def here(self) -> Place:
        """Where the parser stands."""
        if self._locator is None:
            return Place(self.source, 1)
        line, column = self._locator.getLineNumber(), self._locator.getColumnNumber()
        return Place(self.source, line or 1, (column or 0) + 1)


def walk(text: str, elements: Elements) -> None:
    """Let `elements` see a message. OrbitDataError for what is no XML, and for entities and DTDs."""
    from xml.sax import SAXParseException

    import defusedxml.sax
    from defusedxml.common import DefusedXmlException

    try:
        defusedxml.sax.parseString(text.encode(), elements, forbid_dtd=True)
    except SAXParseException as error:
        place = Place(elements.source, error.getLineNumber() or 1, (error.getColumnNumber() or 0) + 1)
        refuse(place, f"not XML: {error.getMessage()}")
    except DefusedXmlException as error:
        refuse(elements.here(), f"entities and DTDs are refused ({type(error).__name__})")
    except (LookupError, ValueError) as error:
        refuse(elements.here(), f"not XML: {error}")
