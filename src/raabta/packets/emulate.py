"""Live traffic over a trace: two namespaces, a shaper between them that follows it in real time."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from raabta.base.errors import RaabtaError
from raabta.packets import netem
from raabta.packets.namespaces import (
    Pair,
    listens,
    namespaces,
    refuse_without_rights,
    start,
    tun_devices,
)
from raabta.packets.schedule import Link
from raabta.packets.shaper import Report, Shaper
from raabta.packets.trace import Trace

Engine = Literal["auto", "user", "kernel"]
USER_SPACE_MBPS = 200.0
"""What the user-space shaper was seen to carry on one core of two; above it `auto` looks for the kernel's."""
SERVER_WAIT_S = 3.0
"""How long a server in B has to begin to listen before the command in A starts all the same."""


class Told(BaseException):
    """A signal told this process to end; `code` is what the command line ends with."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


@dataclass(frozen=True)
class Question:
    """What is to be done over a trace.

    command: run in A, and the end with it; server: run in B all the while; duration_s: the longest, None for
    no end; queue_ms: of both directions (see `schedule`); seed: of the loss.
    """

    trace: Trace
    command: str | None = None
    server: str | None = None
    duration_s: float | None = None
    queue_ms: float | None = None
    seed: int = 0
    engine: Engine = "auto"


@dataclass(frozen=True)
class Outcome:
    """The code that the command in A ended with (0 without one, 124 where the time was up), and the report of
    the user-space shaper (None under the kernel's)."""

    code: int
    report: Report | None


def emulate(asked: Question, tell: Callable[[Pair, str], None]) -> Outcome:
    """Join two namespaces, run the commands, follow the trace until one of the ends; then remove everything.

    `tell` is called once with the namespaces and the words for the engine, before the trace begins. Raises
    RaabtaError without root, TUN or netem, KeyboardInterrupt, and Told for SIGTERM and SIGHUP.
    """
    refuse_without_rights(tun=asked.engine != "kernel")
    with _ending_signals_raise(), ExitStack() as stack:
        pair = stack.enter_context(namespaces())
        kernel, words = _choose(asked, pair)
        if kernel:
            stack.enter_context(netem.veth_devices(pair))
        else:
            devices = stack.enter_context(tun_devices(pair))
        if asked.server is not None:
            _wait_for(start(pair, 1, asked.server, quiet=True))
        tell(pair, words)
        child = None if asked.command is None else start(pair, 0, asked.command)
        until = []
        if child is not None:
            until.append(os.pidfd_open(child.pid))
            stack.callback(os.close, until[0])
        if kernel:
            with _interrupt_ends(child is None):
                netem.follow(pair, asked.trace, asked.queue_ms, asked.duration_s, until)
            return Outcome(_code(child), None)
        ways = [Link(asked.trace, way, asked.queue_ms, asked.seed) for way in (True, False)]
        shaper = Shaper(devices, *ways)
        with _interrupt_ends(child is None):
            shaper.run(asked.duration_s, until)
        return Outcome(_code(child), shaper.report)


def _choose(asked: Question, pair: Pair) -> tuple[bool, str]:
    """(whether the kernel shapes, words for it). Raises RaabtaError where it is asked to and cannot."""
    most = max(float(asked.trace.rate_mbps(way).max()) for way in (True, False))
    user = "user-space shaper over TUN devices"
    if asked.engine == "user" or (asked.engine == "auto" and most <= USER_SPACE_MBPS):
        return False, user
    why = netem.why_no_netem(pair)
    if why is None:
        return True, "the kernel's netem over a veth pair"
    if asked.engine == "kernel":
        raise RaabtaError(f"option --engine kernel: {why}. `--engine user` needs none")
    return (
        False,
        f"{user}; {most:,.0f} Mbit/s is more than the {USER_SPACE_MBPS:g} it was seen to carry, and {why}",
    )


def _wait_for(server: subprocess.Popen[bytes]) -> None:
    """Wait until a server listens for TCP or has ended, or its time is up: it may listen for UDP alone."""
    end = time.monotonic() + SERVER_WAIT_S
    while time.monotonic() < end and server.poll() is None and not listens(server.pid):
        time.sleep(0.02)
    if server.poll():
        raise RaabtaError(f"the command of --serve ended with {server.returncode} before any traffic")


def _code(child: subprocess.Popen[bytes] | None) -> int:
    """What the command in A ended with; 124, as of `timeout`, where it still runs."""
    if child is None:
        return 0
    code = child.poll()
    if code is None:
        return 124
    return code if code >= 0 else 128 - code


@contextmanager
def _interrupt_ends(expected: bool) -> Iterator[None]:
    """Leave what is inside at Ctrl-C; without a word where that is how it is meant to end."""
    try:
        yield
    except KeyboardInterrupt:
        if not expected:
            raise


@contextmanager
def _ending_signals_raise() -> Iterator[None]:
    """SIGTERM and SIGHUP raise Told inside, so that everything is removed on the way out."""

    def told(number: int, frame: Any) -> None:
        raise Told(number)

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
