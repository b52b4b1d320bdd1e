"""Which of many designs? Sweeps: every combination of some values, each a run of its own, in one table."""
