"""A child that hears Ctrl-C even where the tests themselves run with it ignored (nohup, background jobs)."""

from __future__ import annotations

import signal


def hear_interrupts() -> None:
    """For `subprocess.Popen(preexec_fn=...)`."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
