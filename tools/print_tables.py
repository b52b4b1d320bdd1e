"""Write `docs/reference/tables.md` from the declarations in `raabta.base.tables`.

    python tools/print_tables.py [FILE]

Run it after a table changes; a test holds the page against what this prints.
"""

from __future__ import annotations

import sys
from pathlib import Path

from raabta.base import tables

OUT = Path(__file__).parents[1] / "docs" / "reference" / "tables.md"
HEAD = """\
# The tables

Printed from `raabta.base.tables` (`python tools/print_tables.py`). What crosses from one floor to the next,
and what `raabta.open(RUN)` and `raabta.open_slots(RUN)` hand out, is an xarray Dataset declared here. Type is
the type in memory. *Valid* is checked at the boundary in tests and under `--strict`. *Missing* says what NaN
(or −1, or an empty name) means; "never" means that it is refused.
"""


def page() -> str:
    """The whole page as Markdown: every declared table, in the order of the declarations."""
    declared = [value for value in vars(tables).values() if isinstance(value, tables.Table)]
    declared.sort(key=lambda table: table.name.startswith("mission_"))  # those of missions last
    return "\n".join([HEAD, *(tables.describe(table) for table in declared)])


if __name__ == "__main__":
    (Path(sys.argv[1]) if len(sys.argv) > 1 else OUT).write_text(page(), encoding="utf-8")
