"""Makes `networks`, the compact scenes of the network and service tests, importable from every folder.

Properties draw the same examples in every run; `HYPOTHESIS_PROFILE=fresh` draws others each time.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import settings

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

settings.register_profile("same", derandomize=True)
settings.register_profile("fresh")
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
