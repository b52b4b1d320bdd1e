"""What ns-3 is told and how it is started, with a stand-in for it; and one real run where it is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from raabta.base.errors import RaabtaError, ScenarioError
from raabta.packets import ns3_run
from raabta.packets.ns3_run import Flow, description, find_python, run_child, simulate
from raabta.packets.trace import make_trace

TRACE = make_trace([0, 2, 4], [15.0, 10.0, 20.0], 12.0, 3.0, 0.0, [True, False, True])


def test_the_description_holds_links_and_flows_up_to_the_end() -> None:
    told = description([TRACE, TRACE], [Flow("ping"), Flow("udp", 1, rate_mbps=2.0)], 4.0, 100.0, 7)
    assert (told["duration_s"], told["seed"], len(told["links"])) == (4.0, 7, 2)
    link = told["links"][0]
    assert link["time_s"] == [0.0, 2.0] and link["up"] == [True, False] and link["delay_ms"] == [15.0, 10.0]
    assert link["queue_bytes"] == {"forward": 150_000, "return": 37_500}
    assert [flow["kind"] for flow in told["flows"]] == ["ping", "udp"] and told["flows"][1][
        "rate_mbps"
    ] == 2.0
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_flows_that_cannot_be_run_are_refused() -> None:
    with pytest.raises(ScenarioError, match="sends nothing"):
        Flow("udp", rate_mbps=0.0)
    with pytest.raises(ScenarioError, match=r"flows over links \[1\], of 1"):
        description([TRACE], [Flow("ping", 1)], 4.0, None, 0)
    with pytest.raises(ScenarioError, match="flows"):
        description([TRACE], [], 4.0, None, 0)
    with pytest.raises(ScenarioError, match="0 links"):
        description([], [Flow("ping")], 4.0, None, 0)
    with pytest.raises(ScenarioError, match="is none"):
        description([TRACE], [Flow("ping")], 0.0, None, 0)


def test_without_ns3_it_says_how_to_get_it_and_its_licence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ns3_run, "find_spec", lambda name: None)
    with pytest.raises(RaabtaError, match=r"not installed here.*GPL-2\.0.*pip install 'raabta\[packets\]'"):
        find_python(None)
    with pytest.raises(RaabtaError, match="there is no file"):
        find_python(tmp_path / "python")
    (tmp_path / "text").write_text("no program")
    with pytest.raises(RaabtaError, match="is no Python"):
        find_python(tmp_path / "text")
    if find_spec("ns") is None:
        with pytest.raises(RaabtaError, match="has no package ns3"):
            find_python(Path(sys.executable))


def stand_in(folder: Path, code: str) -> Path:
    """A program that is called as a Python is: PROGRAM SCRIPT IN OUT."""
    path = folder / "stand-in"
    path.write_text(
        f"#!{sys.executable}\nimport json, pathlib, sys\nscript, asked, answer = sys.argv[1:]\n{code}\n"
    )
    path.chmod(0o755)
    return path


def test_the_child_gets_the_description_and_its_answer_comes_back(tmp_path: Path) -> None:
    code = """
told = json.loads(pathlib.Path(asked).read_text())
assert "from ns import ns" in pathlib.Path(script).read_text()
seen = {"goodput_mbps": told["duration_s"], "loss_share": None, "rtt_ms": [1.0, 2.0]}
found = [seen for _ in told["flows"]]
pathlib.Path(answer).write_text(json.dumps({"flows": found}))"""
    told = description([TRACE], [Flow("ping"), Flow("tcp")], 3.0, None, 0)
    assert [each["goodput_mbps"] for each in run_child(stand_in(tmp_path, code), told)["flows"]] == [3.0, 3.0]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("sys.exit('NS_FATAL, terminating: no such thing')", "ended with 1: .*no such thing"),
        ("pass", "ended with 0: it said nothing"),
    ],
)
def test_a_child_that_fails_is_quoted(tmp_path: Path, code: str, said: str) -> None:
    with pytest.raises(RaabtaError, match=said):
        run_child(stand_in(tmp_path, code), {})


def test_a_child_ends_with_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[str]] = []

    def broken(self: subprocess.Popen[str], *_: object) -> None:
        started.append(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", broken)
    with pytest.raises(KeyboardInterrupt):
        run_child(stand_in(tmp_path, "import time; time.sleep(60)"), {})
    assert started[0].returncode == -9
    started[0].stderr.close()


def test_ns3_is_never_imported_by_us() -> None:
    code = (
        "import sys, raabta.cli.app\n"
        "from raabta.packets import emulate, ns3_child, ns3_run, run_trace\n"
        "sys.exit(bool({'ns', 'cppyy', 'ns3'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def python_with_ns3() -> Path | None:
    """The one that RAABTA_NS3_PYTHON names, or ours, if it has ns-3."""
    try:
        named = os.environ.get("RAABTA_NS3_PYTHON")
        return find_python(Path(named) if named else None)
    except RaabtaError:
        return None


@pytest.mark.slow
def test_a_real_run_of_ns3() -> None:
    """Pings see our delays to 0.5 ms at every time of the trace; UDP and TCP see rate and loss."""
    python = python_with_ns3()
    if python is None:
        pytest.skip("ns-3 is neither here nor in the Python that RAABTA_NS3_PYTHON names")
    quiet = make_trace(
        [0, 3, 5, 5.5], [15.0, 4.2, 4.2, 30.0], [50, 20, 20, 0.2], [10, 5, 5, 0.1], 0.0, [1, 1, 0, 1]
    )
    busy = make_trace([0, 6], 12.0, [20.0, 5.0], 4.0)
    lossy = make_trace(0, 10.0, 20.0, 4.0, 0.05)
    flows = [
        Flow("ping", 0, forward=False), Flow("tcp", 1), Flow("udp", 2, rate_mbps=8.0),
        Flow("tcp", 3, forward=False), Flow("udp", 2, forward=False, rate_mbps=2.0), Flow("ping", 1),
    ]  # fmt: skip
    ping, tcp, udp, tcp_back, udp_back, busy_ping = simulate(
        [quiet, busy, lossy, busy], flows, 12.0, seed=4, python=python
    )
    rtts = np.array(ping.rtt_ms)
    at_s = np.append(np.arange(50), np.arange(55, 120))[: rtts.size] * 0.1
    assert rtts.size >= 113 and ping.loss_share == pytest.approx(1.0 - rtts.size / 120.0)
    for from_s, to_s, delay_ms in ((0.0, 2.9, 15.0), (3.0, 4.9, 4.2), (6.0, 12.0, 30.0)):
        seen = rtts[(at_s >= from_s) & (at_s < to_s)]
        assert seen.size > 15 and np.abs(seen - 2.0 * delay_ms).max() < 0.5
    mean_mbps = (6.0 * 20.0 + 6.0 * 5.0) / 12.0
    assert tcp.goodput_mbps is not None and 0.9 * mean_mbps < tcp.goodput_mbps < mean_mbps
    assert tcp_back.goodput_mbps is not None and 0.9 * 4.0 < tcp_back.goodput_mbps < 4.0
    assert udp.loss_share == pytest.approx(0.05, abs=0.012)
    assert udp.goodput_mbps == pytest.approx(8.0 * 0.95 * 1_400 / 1_428, rel=0.02)
    assert udp_back.goodput_mbps == pytest.approx(2.0 * 0.95 * 1_400 / 1_428, rel=0.03)
    assert min(busy_ping.rtt_ms) >= 24.0 and median(busy_ping.rtt_ms) > 30.0
