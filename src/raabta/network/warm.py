"""Imported where worker processes are forked from: what the first call of any kernel sets up, set up once."""

import numpy as np

from raabta.access.visibility import footprints

footprints(np.full((3, 1), 7_000.0), 25.0)
