"""`raabta emulate` and `raabta packets` at their boundary: what they refuse, save, pass on and print."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from raabta.cli import emulate as shown
from raabta.cli import packets
from raabta.cli.app import main
from raabta.packets import emulate as room
from raabta.packets import namespaces, ns3_run
from raabta.packets.namespaces import Pair
from raabta.packets.schedule import Counts
from raabta.packets.shaper import Lateness, Report
from raabta.packets.trace import make_trace, read_trace, write_trace


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_trace(make_trace([0, 5], [10.0, 20.0], 8.0, 2.0, 0.01), tmp_path / "t.csv")
    return tmp_path / "t.csv"


def test_save_writes_the_trace_and_needs_no_rights(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["emulate", str(file), "--save", str(tmp_path / "again.csv")]) == 0
    assert (tmp_path / "again.csv").read_bytes() == file.read_bytes()
    said = capsys.readouterr().err
    assert (
        "2 times, the last holds from 5 s on; 10.00 to 20.00 ms one way" in said
        and "loss up to 1.00%" in said
    )


def test_a_run_needs_a_place_and_knows_one_far_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, said in (
        ([], "name a town: --from Quetta"),
        (["--from", "Quetta", "--to", "London"], "'London' is not an end of this run"),
        (["--from", "Quetta"], "holds no finished run"),
    ):
        assert main(["emulate", str(tmp_path), *words]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--duration", "5x"], "--duration"),
        (["--engine", "magic"], "magic"),
        (["--queue-ms", "-1"], "queue-ms"),
    ],
)
def test_wrong_options(file: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emulate", str(file), *words]) == 2
    assert said in capsys.readouterr().err


def test_without_root_it_says_what_to_do(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    assert main(["emulate", str(file)]) == 2
    said = capsys.readouterr().err
    assert "needs root: run it with sudo" in said and "--save FILE.csv" in said


def test_without_tun_or_ip_it_says_what_to_do(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(namespaces.shutil, "which", lambda name: "there")
    monkeypatch.setattr(namespaces, "TUN", tmp_path / "tun")
    assert main(["emulate", str(file)]) == 2
    assert "modprobe tun" in capsys.readouterr().err
    monkeypatch.setattr(namespaces.shutil, "which", lambda name: None)
    assert main(["emulate", str(file)]) == 2
    assert "install iproute2" in capsys.readouterr().err


def test_what_is_asked_is_passed_on_and_the_code_is_the_commands(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[room.Question] = []
    late = Lateness()
    late.add(2e-3)
    report = Report(2.0, Counts(passed=10, passed_bytes=1_000_000, queue_full=3), Counts(lost=4), late)

    def answer(question: room.Question, tell: Any) -> room.Outcome:
        asked.append(question)
        tell(Pair(("space-a", "space-b")), "by hand")
        return room.Outcome(5, report)

    monkeypatch.setattr(room, "emulate", answer)
    words = ["--exec", "ls", "--serve", "sl", "--duration", "90s", "--queue-ms", "40", "--seed", "6"]
    words += ["--engine", "user"]
    assert main(["emulate", str(file), *words]) == 5
    one = asked[0]
    assert (one.command, one.server, one.duration_s, one.queue_ms) == ("ls", "sl", 90.0, 40.0)
    assert (one.seed, one.engine, one.trace.time_s.tolist()) == (6, "user", [0.0, 5.0])
    said = capsys.readouterr().err
    assert "by hand" in said and "netns exec" not in said
    assert "forward, B to A: 10 packets, 4 Mbit/s on average; dropped 3 at a full queue" in said
    assert "lost 4" in said and "did not keep up" in said
    assert main(["emulate", str(file)]) == 5
    assert "A is 198.18.0.1: ip netns exec space-a bash" in capsys.readouterr().err


def test_a_signal_that_ends_it_is_in_the_code(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(question: room.Question, tell: Any) -> room.Outcome:
        raise room.Told(15)

    monkeypatch.setattr(room, "emulate", told)
    assert main(["emulate", str(file)]) == 143


def test_a_trace_in_which_nothing_passes_is_said_to_be_one() -> None:
    assert shown.words_for(make_trace(0, 1.0, 1.0, 1.0, 0.0, False)) == "nothing passes in the whole of it"


def test_packets_without_ns3(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ns3_run, "find_spec", lambda name: None)
    assert main(["packets", str(file)]) == 2
    said = capsys.readouterr().err
    assert "ns-3 is not installed here" in said and "GPL-2.0" in said and "--python" in said


def test_packets_prints_what_flows_found(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = []

    def run(python: Path, told: dict[str, Any]) -> dict[str, Any]:
        seen.append(told)
        return {
            "flows": [
                {"goodput_mbps": None, "loss_share": 0.25, "rtt_ms": [20.5, 30.5, 90.5]}
                if each["kind"] == "ping"
                else {"goodput_mbps": 1.5, "loss_share": 0.0, "rtt_ms": []}
                for each in told["flows"]
            ]
        }

    monkeypatch.setattr(ns3_run, "run_child", run)
    monkeypatch.setattr(ns3_run, "find_python", lambda asked: Path(sys.executable))
    words = [
        "packets",
        str(file),
        "--tcp",
        "2",
        "--udp",
        "0.5",
        "--return",
        "--duration",
        "4s",
        "--seed",
        "3",
    ]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["flow"] for row in told["flows"]] == ["ping", "tcp return", "tcp return", "udp return"]
    ping, udp = told["flows"][0], told["flows"][3]
    assert (ping["rtt_min_ms"], ping["rtt_median_ms"], ping["trace_rtt_min_ms"]) == (20.5, 30.5, 20.0)
    assert (udp["offered_mbps"], udp["goodput_mbps"], udp["rtt_min_ms"]) == (0.5, 1.5, None)
    assert {flow["forward"] for flow in seen[0]["flows"]} == {False} and seen[0]["seed"] == 3
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "tcp return" in shown and "25.00%" in shown and "4 s of" in shown


def test_packets_names_every_place_once(file: Path, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="named twice"):
        packets.find_traces(tmp_path, ["Quetta", "Quetta"], "gateway", shown.Whose.home, False)
    with pytest.raises(Exception, match="one link"):
        packets.find_traces(file, ["Quetta", "Gwadar"], "gateway", shown.Whose.home, False)
    names, traces = packets.find_traces(file, [], "gateway", shown.Whose.home, False)
    assert names == ["t"] and traces[0].time_s.tolist() == read_trace(file).time_s.tolist()
