"""Whether this machine can join network namespaces, and a client and a server to run inside them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

FIRST = """
import os
try: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
except OSError: pass
"""
"""Before a client and a server: what is measured is the link, not how busy this machine is beside it."""
SERVER = (
    FIRST
    + """
import socket, threading
echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); echo.bind(("", 7000))
def answer():
    while True:
        packet, who = echo.recvfrom(2000)
        echo.sendto(packet, who)
threading.Thread(target=answer, daemon=True).start()
listener = socket.create_server(("", 7001))
block = bytes(65536)
while True:
    connection, _ = listener.accept()
    try:
        while True: connection.sendall(block)
    except OSError: pass
"""
)
CLIENT = (
    FIRST
    + """
import json, socket, sys, time
peer, settle_s, length_s = os.environ["RAABTA_PEER"], float(sys.argv[1]), float(sys.argv[2])
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.settimeout(2.0); udp.connect((peer, 7000))
rtt_ms = []
for n in range(25):
    sent = time.monotonic(); udp.send(b"%d" % n)
    assert udp.recv(2000) == b"%d" % n
    rtt_ms.append(1e3 * (time.monotonic() - sent)); time.sleep(0.01)
tcp = socket.create_connection((peer, 7001)); begin = time.monotonic(); counted = 0; first = last = None
while (now := time.monotonic() - begin) < settle_s + length_s:
    got = len(tcp.recv(1 << 18)); now = time.monotonic() - begin
    if now >= settle_s:
        if first is None: first = now
        else: counted += got
        last = now
tcp.close()
print(json.dumps({"rtt_ms": rtt_ms, "tcp_mbps": 8e-6 * counted / (last - first)}))
"""
)


def why_not() -> str | None:
    """Why live traffic cannot be tried here, in one line; None if it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None or not Path("/dev/net/tun").exists():
        return "there is no `ip` (iproute2) or no /dev/net/tun"
    name = f"raabta-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"no network namespace can be made: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return None


def write_trace(folder: Path, *rows: str) -> Path:
    """A trace file with these rows."""
    path = folder / "trace.csv"
    path.write_text("\n".join(["time_s,delay_ms,forward_mbps,return_mbps,loss_share,up", *rows]) + "\n")
    return path


def command(*words: object) -> list[str]:
    """`raabta emulate` as it is typed."""
    return [sys.executable, "-m", "raabta", "emulate", *(str(word) for word in words)]


def measure(folder: Path, trace: Path, settle_s: float, length_s: float, *words: object) -> dict[str, object]:
    """Round trips of UDP in ms and the rate of a TCP transfer from B to A, as a client in A sees them."""
    (folder / "server.py").write_text(SERVER)
    (folder / "client.py").write_text(CLIENT)
    serve, ask = f"exec {sys.executable} server.py", f"exec {sys.executable} client.py {settle_s} {length_s}"
    done = subprocess.run(
        command(trace, "--serve", serve, "--exec", ask, *words),
        cwd=folder, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "said": done.stderr}


def inside(name: str) -> list[str]:
    """What still runs in a namespace."""
    return subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout.split()


def listed() -> list[str]:
    """Namespaces and devices of ours on this machine."""
    spaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    devices = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    found = [line.split()[0] for line in spaces.splitlines()] + [
        line.split()[1] for line in devices.splitlines()
    ]
    return [name for name in found if name.startswith("raabta")]
