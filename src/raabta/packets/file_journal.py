"""What a receiver knows of an unfinished file, on disk beside it: a process that is killed loses little.

The data are made durable first, then the note of them takes the place of the one before, whole or not at all:
what the note names is there. What came after it is asked for again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from raabta.base.errors import StoreError
from raabta.engine.atomic import Growing, read_whole, remove, write_bytes

if TYPE_CHECKING:
    from pathlib import Path

EVERY_BYTES: Final = 1 << 24
"""Data of a file after which it is noted what came."""
VERSION: Final = 1


class Journal:
    """An unfinished file on disk, and the note of what has come of it."""

    def __init__(self, out: Path, *, resume: bool = False) -> None:
        """Begin, or go on with what was kept. Raises StoreError where a file is there, or nothing is kept."""
        self.path = out.with_name(f".{out.name}.received")
        self.state: dict[str, Any] | None = self._read() if resume else None
        self.target = Growing(out, resume=resume)
        self._since, self.keep = 0, resume

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(read_whole(self.path))
        except ValueError as error:
            raise StoreError(f"{self.path} is damaged: {error}. Remove it and send the file anew") from error
        if not isinstance(found, dict) or found.get("version") != VERSION:
            raise StoreError(f"{self.path} is of another version. Remove it and send the file anew")
        return found

    def due(self, new_bytes: int) -> bool:
        """Whether so much has come that it should be noted."""
        self._since += new_bytes
        return self._since >= EVERY_BYTES

    def note(self, state: dict[str, Any]) -> None:
        """Make the data durable, then note what has come. Raises StoreError."""
        self.target.sync()
        write_bytes(self.path, json.dumps({"version": VERSION, **state}).encode())
        self._since = 0

    def remove(self) -> None:
        """The file is whole, or given up: nothing is to be gone on with. Raises StoreError."""
        remove(self.path)

    def leave(self) -> None:
        """Take away what is not finished, but what `keep` says to keep. Raises StoreError."""
        if self.keep:
            self.target.close()
        else:
            self.target.discard()
            self.remove()
