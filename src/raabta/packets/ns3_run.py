"""A few flows over traces in ns-3: described in a file, run by a program of its own, read back.

ns-3 is GPL-2.0 and a simulator of every packet: it runs as a child, in whatever Python the user has it, and
is never imported here.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from raabta.base.errors import RaabtaError, ScenarioError
from raabta.packets import ns3_child
from raabta.packets.schedule import queue_limits_bits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raabta.packets.trace import Trace

Kind = Literal["tcp", "udp", "ping"]
HOW_TO_INSTALL = (
    "It is a program of its own under GPL-2.0, which raabta only starts. Install it beside raabta, "
    "`pip install 'raabta[packets]'`, or by itself, `python -m venv ns3 && ns3/bin/pip install ns3`, "
    "and then `--python ns3/bin/python`"
)
PING_INTERVAL_S = 0.1
MOST_LINKS = 250
SHOWN_LINES = 3


@dataclass(frozen=True)
class Flow:
    """Packets of one kind over the link of that number; forward: from its far end to the user.

    rate_mbps: of IP packets, of UDP alone. Raises ScenarioError for a rate that is none.
    """

    kind: Kind
    link: int = 0
    forward: bool = True
    rate_mbps: float = 0.0
    start_s: float = 0.0
    interval_s: float = PING_INTERVAL_S

    def __post_init__(self) -> None:
        if self.kind == "udp" and not 0.0 < self.rate_mbps < math.inf:
            raise ScenarioError(f"a UDP flow of {self.rate_mbps} Mbit/s sends nothing", hint="more than 0")


@dataclass(frozen=True)
class Seen:
    """What a flow found: payload in Mbit/s (None for pings), share of packets lost (None if none was sent),
    round trips of pings in ms."""

    flow: Flow
    goodput_mbps: float | None
    loss_share: float | None
    rtt_ms: tuple[float, ...]


def simulate(
    traces: Sequence[Trace],
    flows: Sequence[Flow],
    duration_s: float,
    *,
    queue_ms: float | None = None,
    seed: int = 0,
    python: Path | None = None,
) -> list[Seen]:
    """Run flows over one link per trace in ns-3 for so long; what each found, in their order.

    python: the one that has ns-3, this one by default. Raises RaabtaError without ns-3, and with what it said
    where it fails; ScenarioError for flows over no link.
    """
    told = description(traces, flows, duration_s, queue_ms, seed)
    found = run_child(find_python(python), told)["flows"]
    return [
        Seen(flow, each["goodput_mbps"], each["loss_share"], tuple(each["rtt_ms"]))
        for flow, each in zip(flows, found, strict=True)
    ]


def description(
    traces: Sequence[Trace], flows: Sequence[Flow], duration_s: float, queue_ms: float | None, seed: int
) -> dict[str, Any]:
    """What the child is told: links with their traces up to the end, flows, duration and seed."""
    if not 0 < len(traces) <= MOST_LINKS:
        raise ScenarioError(f"{len(traces)} links; 1 to {MOST_LINKS} can be run at once")
    strangers = sorted({flow.link for flow in flows if not 0 <= flow.link < len(traces)})
    if strangers or not flows:
        raise ScenarioError(f"flows over links {strangers}, of {len(traces)}", hint="links count from 0")
    if not 0.0 < duration_s < math.inf:
        raise ScenarioError(f"a run of {duration_s} s is none")
    return {
        "duration_s": duration_s,
        "seed": seed,
        "links": [_link(trace, duration_s, queue_ms) for trace in traces],
        "flows": [vars(flow) for flow in flows],
    }


def _link(trace: Trace, duration_s: float, queue_ms: float | None) -> dict[str, Any]:
    used = slice(0, int(np.searchsorted(trace.time_s, duration_s)))
    queue_bytes = {}
    for forward, name in ((True, "forward"), (False, "return")):
        limits = queue_limits_bits(trace, trace.rate_mbps(forward), queue_ms)[used]
        queue_bytes[name] = math.ceil(float(limits.max()) / 8.0)
    names = ("time_s", "delay_ms", "forward_mbps", "return_mbps", "loss_share", "up")
    return {name: getattr(trace, name)[used].tolist() for name in names} | {"queue_bytes": queue_bytes}


def find_python(asked: Path | None) -> Path:
    """The Python that has ns-3. Raises RaabtaError, saying how to get it, where there is none."""
    if asked is None:
        if find_spec("ns") is None or find_spec("cppyy") is None:
            raise RaabtaError(f"ns-3 is not installed here. {HOW_TO_INSTALL}")
        return Path(sys.executable)
    if not asked.is_file():
        raise RaabtaError(f"option --python: there is no file '{asked}'. {HOW_TO_INSTALL}")
    has = "import importlib.util as u, sys; sys.exit(not (u.find_spec('ns') and u.find_spec('cppyy')))"
    try:
        done = subprocess.run([asked.absolute(), "-c", has], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RaabtaError(f"option --python: {asked} is no Python: {error}") from None
    if done.returncode:
        raise RaabtaError(f"option --python: {asked} has no package ns3. {HOW_TO_INSTALL}")
    return asked.absolute()


def run_child(python: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Let the child run a description; its answer. It ends with us. Raises RaabtaError with what it said."""
    with tempfile.TemporaryDirectory(prefix="raabta-ns3-") as made:
        folder = Path(made)
        script, asked, answer = (folder / name for name in ("run_in_ns3.py", "asked.json", "answer.json"))
        # Beside nothing else: a script's own folder comes first where Python looks for modules.
        script.write_bytes(Path(ns3_child.__file__).read_bytes())
        asked.write_text(json.dumps(told, allow_nan=False), encoding="utf-8")
        child = subprocess.Popen(
            [python, script, asked, answer],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            said = child.communicate()[1]
        finally:
            child.kill()
            child.wait()
        if child.returncode or not answer.is_file():
            last = " / ".join(line.strip() for line in said.strip().splitlines()[-SHOWN_LINES:])
            raise RaabtaError(f"ns-3 ended with {child.returncode}: {last or 'it said nothing'}")
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return found
