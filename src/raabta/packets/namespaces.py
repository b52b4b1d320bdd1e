"""Two Linux network namespaces, A and B, and the device in each that our packets come from and go to.

Names hold this process and a random part, so two users never meet. A small watcher, a shell that waits for
the end of this process whatever ends it (also kill -9), then ends what still runs inside and removes both.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from raabta.base.errors import RaabtaError

TUN = Path("/dev/net/tun")
ADDRESSES = ("198.18.0.1", "198.18.0.2")
"""Of A and of B: from the block that RFC 2544 (doi:10.17487/RFC2544) keeps for tests of networks. Nothing
leaves the namespaces."""
DEVICE = "link0"
MTU_BYTES = 1_500
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_REMOVE = """for name in "$@"; do
  for told in TERM KILL; do
    inside=$(ip netns pids "$name" 2>/dev/null) || break
    [ -n "$inside" ] || break
    kill -$told $inside 2>/dev/null
    for wait in 1 2 3 4 5 6 7 8 9 10; do [ -z "$(ip netns pids "$name")" ] && break; sleep 0.05; done
  done
  ip netns del "$name" 2>/dev/null
done"""
_WATCH = "trap '' TERM INT HUP; while read -r line; do :; done\n" + _REMOVE
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Pair:
    """The names of the namespaces A and B."""

    names: tuple[str, str]

    def inside(self, end: int, command: Sequence[str]) -> list[str]:
        """A command as it is run in A (0) or B (1)."""
        return ["ip", "netns", "exec", self.names[end], *command]


def refuse_without_rights(tun: bool = True) -> None:
    """Raise RaabtaError, saying what to do, where two namespaces cannot be joined here."""
    if sys.platform != "linux":
        raise RaabtaError(f"emulate joins two Linux network namespaces; this is {sys.platform}. Use Linux")
    if os.geteuid() != 0:
        raise RaabtaError(
            "emulate makes network namespaces and devices, which needs root: run it with sudo, "
            "or in a container with NET_ADMIN and SYS_ADMIN. `--save FILE.csv` writes the trace without root"
        )
    if shutil.which("ip") is None:
        raise RaabtaError("emulate needs the command `ip`: install iproute2")
    if tun and not TUN.exists():
        raise RaabtaError(
            f"there is no {TUN}, the door to devices of user programs: `modprobe tun`, or give the container "
            f"the device (--device {TUN})"
        )


@contextmanager
def namespaces() -> Iterator[Pair]:
    """Two empty namespaces; when left, whatever runs inside is ended and both are gone."""
    token = f"raabta-{os.getpid()}-{secrets.token_hex(4)}"
    pair = Pair((f"{token}-a", f"{token}-b"))
    watcher = subprocess.Popen(
        ["sh", "-c", _WATCH, "watch", *pair.names],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for name in pair.names:
            run(["ip", "netns", "add", name])
            run(["ip", "-n", name, "link", "set", "lo", "up"])
        yield pair
    finally:
        with _undisturbed():
            assert watcher.stdin is not None
            with suppress(OSError):
                watcher.stdin.close()
            watcher.wait()
            _remove_left(pair.names)


def _remove_left(names: Sequence[str]) -> None:
    """Remove what the watcher did not, should somebody have ended it."""
    left = [name for name in names if name in listed()]
    if left:
        subprocess.run(["sh", "-c", _REMOVE, "remove", *left], check=False, stderr=subprocess.DEVNULL)


def listed() -> list[str]:
    """The names of the namespaces of this machine."""
    done = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False)
    return [line.split()[0] for line in done.stdout.splitlines() if line.strip()]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that end us are not heard inside."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING} if _main_thread() else {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _main_thread() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()


@contextmanager
def tun_devices(pair: Pair) -> Iterator[tuple[int, int]]:
    """A TUN device in each namespace, up, with its address: the two file descriptors, not blocking."""
    opened: list[int] = []
    try:
        for end in (0, 1):
            descriptor, name = open_tun()
            opened.append(descriptor)
            run(["ip", "link", "set", name, "netns", pair.names[end]])
            run(["ip", "-n", pair.names[end], "link", "set", name, "name", DEVICE])
            bring_up(pair, end)
        yield opened[0], opened[1]
    finally:
        for descriptor in opened:
            os.close(descriptor)


def open_tun() -> tuple[int, str]:
    """A new TUN device of the kernel's choice of name: (its file descriptor, the name).

    It is gone when the descriptor is closed. Raises RaabtaError where the kernel refuses.
    """
    try:
        descriptor = os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise RaabtaError(f"{TUN} cannot be opened: {error.strerror}. It needs root and the device") from None
    try:
        asked = struct.pack("16sH22x", b"raabta%d", _IFF_TUN | _IFF_NO_PI)
        answer = fcntl.ioctl(descriptor, _TUNSETIFF, asked)
    except OSError as error:
        os.close(descriptor)
        raise RaabtaError(
            f"the kernel gives no TUN device: {error.strerror}. It needs NET_ADMIN; in a container, add it"
        ) from None
    return descriptor, answer[:16].rstrip(b"\0").decode()


def bring_up(pair: Pair, end: int) -> None:
    """Give the device of an end its address and set it up; no packets of its own."""
    name, here, there = pair.names[end], ADDRESSES[end], ADDRESSES[1 - end]
    ip = ["ip", "-n", name]
    with suppress(RaabtaError):  # an old iproute2 knows no such mode; then a few IPv6 packets pass
        run([*ip, "link", "set", DEVICE, "addrgenmode", "none"])
    run([*ip, "link", "set", DEVICE, "mtu", str(MTU_BYTES), "up"])
    run([*ip, "addr", "add", here, "peer", there, "dev", DEVICE])


def run(command: Sequence[str]) -> None:
    """Run a command of the system. Raises RaabtaError with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise RaabtaError(f"`{' '.join(command)}` failed: {said[0] if said else done.returncode}")


def start(pair: Pair, end: int, command: str, quiet: bool = False) -> subprocess.Popen[bytes]:
    """Start a shell command in A (0) or B (1); its environment names both addresses.

    quiet: it reads nothing, and what it prints on standard output goes nowhere.
    """
    known = {"RAABTA_HERE": ADDRESSES[end], "RAABTA_PEER": ADDRESSES[1 - end]}
    nothing = subprocess.DEVNULL if quiet else None
    inside = pair.inside(end, ["sh", "-c", command])
    return subprocess.Popen(inside, env={**os.environ, **known}, stdin=nothing, stdout=nothing)


def listens(process: int) -> bool:
    """Whether anything listens for TCP in the namespace of a process, once that is not ours any more."""
    try:
        if Path(f"/proc/{process}/ns/net").samefile("/proc/self/ns/net"):
            return False
        rows = [
            line.split()
            for table in ("tcp", "tcp6")
            for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]
        ]
    except OSError:
        return False
    return any(row[3] == "0A" for row in rows)
