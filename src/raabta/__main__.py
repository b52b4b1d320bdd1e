"""`python -m raabta` is the command `raabta`."""

from __future__ import annotations

import sys

from raabta.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
