"""Real traffic between real namespaces: rates, round trips, gaps, and nothing left behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import namespaced
import pytest
from interrupts import hear_interrupts

WHY_NOT = namespaced.why_not()
pytestmark = [pytest.mark.real_time, pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))]
TRIES = 3
"""Another process that takes the processor for a while only makes the link slower than its trace."""


@pytest.mark.parametrize(("rate_mbps", "delay_ms"), [(5, 15), (20, 30), (50, 15)])
def test_tcp_gets_the_rate_within_a_tenth_and_udp_the_round_trip_within_two_ms(
    tmp_path: Path, rate_mbps: int, delay_ms: int
) -> None:
    trace = namespaced.write_trace(tmp_path, f"0,{delay_ms},{rate_mbps},{rate_mbps / 4},0,1")
    seen = []
    for _ in range(TRIES):
        found = namespaced.measure(tmp_path, trace, 0.5, 1.5)
        seen.append((found["tcp_mbps"], median(found["rtt_ms"])))
        assert seen[-1][0] <= 1.1 * rate_mbps and seen[-1][1] >= 2 * delay_ms
        if seen[-1][0] >= 0.9 * rate_mbps and seen[-1][1] <= 2 * delay_ms + 2.0:
            return
    pytest.fail(f"Mbit/s and ms of each try: {seen}")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("iperf3") is None, reason="iperf3 is not installed")
@pytest.mark.parametrize("rate_mbps", [5, 20, 50])
@pytest.mark.parametrize("words", ["-R", ""])
def test_iperf3_sees_the_rate_within_a_tenth_both_ways(tmp_path: Path, rate_mbps: int, words: str) -> None:
    import json

    trace = namespaced.write_trace(tmp_path, f"0,15,{rate_mbps},{rate_mbps},0,1")
    ask = f"iperf3 -J -O 1 -t 5 {words} -c $RAABTA_PEER"
    done = subprocess.run(
        namespaced.command(trace, "--serve", "exec iperf3 -s", "--exec", ask),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen_mbps = 1e-6 * json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"]
    assert 0.9 * rate_mbps <= seen_mbps <= 1.1 * rate_mbps


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_fetches_at_the_rate_of_the_trace(tmp_path: Path) -> None:
    trace = namespaced.write_trace(tmp_path, "0,10,20,5,0,1")
    (tmp_path / "file").write_bytes(bytes(8_000_000))
    serve = f"exec {sys.executable} -m http.server 8000"
    ask = "curl -s -o /dev/null -w '%{speed_download}' http://$RAABTA_PEER:8000/file"
    seen_mbps = []
    for _ in range(TRIES):
        done = subprocess.run(
            namespaced.command(trace, "--serve", serve, "--exec", ask),
            cwd=tmp_path, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        seen_mbps.append(8e-6 * float(done.stdout))
        assert seen_mbps[-1] <= 22.0
        if seen_mbps[-1] >= 18.0:
            return
    pytest.fail(f"Mbit/s of each try: {seen_mbps}")


PINGS = """
import socket, time
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.connect((os.environ["RAABTA_PEER"], 7000))
udp.settimeout(0.001); begin = time.monotonic(); next_s, sent, seen, later = 0.0, 0, [], 0
while len(seen) < sent or later < 40:
    now = time.monotonic() - begin
    assert now < 10.0
    if now >= next_s and later < 40:
        udp.send(b"%.6f" % now); sent += 1; next_s = now + 0.02
    try: packet = udp.recv(100)
    except TimeoutError: continue
    seen.append(1e3 * (time.monotonic() - begin - float(packet)))
    later += max(seen) > 200.0
print(*seen)
"""


def test_a_gap_holds_packets_and_delays_change_in_time(tmp_path: Path) -> None:
    """No ping is lost; they take 20 ms, then up to as long as the gap, then 60 ms."""
    trace = namespaced.write_trace(tmp_path, "0,10,20,20,0,1", "2.5,10,20,20,0,0", "2.7,30,20,20,0,1")
    (tmp_path / "server.py").write_text(namespaced.SERVER)
    (tmp_path / "pings.py").write_text(namespaced.FIRST + PINGS)
    serve, ask = (f"exec {sys.executable} {name}.py" for name in ("server", "pings"))
    done = subprocess.run(
        namespaced.command(trace, "--serve", serve, "--exec", ask),
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rtt_ms = [float(word) for word in done.stdout.split()]
    held = [rtt for rtt in rtt_ms if rtt > 70.0]
    assert 20.0 <= median(rtt_ms[:5]) < 22.0 and 60.0 <= median(rtt_ms[-20:]) < 63.0
    assert 200.0 < max(rtt_ms) < 265.0 and len(held) >= 5
    assert "dropped 0 at a full queue, 0 that waited too long; lost 0" in done.stderr


def test_the_code_is_the_commands_and_what_runs_in_the_background_ends_too(tmp_path: Path) -> None:
    trace = namespaced.write_trace(tmp_path, "0,1,5,5,0,1")
    ask = "sleep 60 & echo $!; exit 7"
    done = subprocess.run(
        namespaced.command(trace, "--exec", ask), capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 7, done.stderr
    assert wait_for(lambda: not alive(int(done.stdout)) or None)
    late = namespaced.command(trace, "--exec", "sleep 60", "--duration", "0.2s")
    assert subprocess.run(late, capture_output=True, timeout=20).returncode == 124
    bad = namespaced.command(trace, "--serve", "exit 3", "--exec", "true")
    done = subprocess.run(bad, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "--serve ended with 3" in done.stderr


@pytest.mark.parametrize(
    ("number", "whom", "code"),
    [
        (signal.SIGTERM, "raabta", 143),
        (signal.SIGHUP, "raabta", 129),
        (signal.SIGINT, "raabta", 130),
        (signal.SIGKILL, "raabta", -9),
        (signal.SIGKILL, "child", 137),
        (signal.SIGKILL, "watcher", 143),
    ],
)
def test_nothing_is_left_whatever_ends_it(
    tmp_path: Path, number: signal.Signals, whom: str, code: int
) -> None:
    trace = namespaced.write_trace(tmp_path, "0,1,5,5,0,1")
    serve, ask = f"exec {sys.executable} -m http.server 8000", "echo $$ > child; exec sleep 60"
    asked = namespaced.command(trace, "--serve", serve, "--exec", ask)
    with subprocess.Popen(
        asked, cwd=tmp_path, stderr=subprocess.DEVNULL, preexec_fn=hear_interrupts
    ) as running:
        child = wait_for(lambda: int((tmp_path / "child").read_text()))
        mine = [name for name in namespaced.listed() if f"-{running.pid}-" in name]
        here = [int(process) for name in mine for process in namespaced.inside(name)]
        watcher = wait_for(lambda: watcher_of(mine[0]))
        if whom == "watcher":
            os.kill(watcher, number)
            number = signal.SIGTERM
        os.kill(child if whom == "child" else running.pid, number)
        running.wait(timeout=20)
    assert len(mine) == 2 and len(here) == 2 and child in here
    assert running.returncode == code
    wait_for(lambda: not [name for name in namespaced.listed() if name in mine] or None)
    for process in (*here, watcher):
        assert wait_for(lambda process=process: not alive(process) or None)


def wait_for(ask):
    """What `ask` says once it says anything; it may fail until then."""
    for _ in range(200):
        try:
            found = ask()
        except (OSError, ValueError):
            found = None
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def watcher_of(name: str) -> int | None:
    """The process that waits to remove a namespace."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and folder.name != str(os.getpid()):
            words = (folder / "cmdline").read_bytes().split(b"\0") if (folder / "cmdline").exists() else []
            if b"watch" in words and name.encode() in words:
                return int(folder.name)
    return None


def alive(process: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        state = re.search(r"State:\s+(\w)", Path(f"/proc/{process}/status").read_text())
    except OSError:
        return False
    return state is not None and state[1] not in "ZX"


def test_ctrl_c_is_how_it_ends_without_a_command(tmp_path: Path) -> None:
    trace = namespaced.write_trace(tmp_path, "0,1,5,5,0,1")
    asked = namespaced.command(trace)
    with subprocess.Popen(asked, stderr=subprocess.PIPE, text=True, preexec_fn=hear_interrupts) as running:
        assert running.stderr is not None
        said = ""
        for line in running.stderr:
            said += line
            if "Ctrl-C ends it" in line:
                break
        name = re.search(r"ip netns exec (\S+-a) bash", said)
        assert name is not None and name[1] in namespaced.listed()
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()
    assert running.returncode == 0 and "forward, B to A: 0 packets" in rest
    assert name[1] not in namespaced.listed()


def test_the_kernels_engine_runs_or_says_why_not(tmp_path: Path) -> None:
    trace = namespaced.write_trace(tmp_path, "0,15,20,5,0,1")
    done = subprocess.run(
        namespaced.command(trace, "--engine", "kernel", "--exec", "true"), capture_output=True, text=True
    )
    if done.returncode == 2 and "the kernel has no netem here" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[-1][:150])
    found = namespaced.measure(tmp_path, trace, 0.5, 2.5, "--engine", "kernel")
    assert "the kernel's netem" in str(found["said"])
    assert 18.0 <= found["tcp_mbps"] <= 22.0
    assert 30.0 <= median(found["rtt_ms"]) <= 32.0
