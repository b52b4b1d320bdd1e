"""What a job may take: an estimate is held against stated limits before the job starts."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
from dataclasses import dataclass
from pathlib import Path

from raabta.base.errors import LimitError

MAX_TIME_S = 86_400.0
"""Longest time a job may take if nothing else is said."""

_GROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True)
class Estimate:
    """What a job will take: `seconds` by the clock, memory of all its processes here, disk."""

    seconds: float
    memory_bytes: float
    disk_bytes: float

    def __str__(self) -> str:
        return (
            f"{duration(self.seconds)}, {size(self.memory_bytes)} of memory, {size(self.disk_bytes)} of disk"
        )


@dataclass(frozen=True)
class Limits:
    """What a job may take: `memory_bytes` None is what this machine has.

    An estimate may be of one of many `jobs` of its size, of which `at_once` run side by side: together they
    are held against the limits.
    """

    seconds: float = MAX_TIME_S
    memory_bytes: float | None = None
    jobs: float = 1.0
    at_once: int = 1

    def refuse(self, estimate: Estimate, folder: Path) -> None:
        """Raise LimitError, with the estimate, for a job that would take more, or more disk than is free."""
        estimate = self._together(estimate)
        memory = machine_memory() if self.memory_bytes is None else self.memory_bytes
        free = free_disk(folder)
        over = [
            *_over("it would take", duration(estimate.seconds), estimate.seconds > self.seconds,
                   f"allowed are {duration(self.seconds)}", "--max-time"),
            *_over("it would need", f"{size(estimate.memory_bytes)} of memory",
                   estimate.memory_bytes > memory, f"allowed are {size(memory)}", "--max-memory"),
            *_over("it would write", size(estimate.disk_bytes), estimate.disk_bytes > free,
                   f"free on the disk of {folder} are {size(free)}", "--out"),
        ]  # fmt: skip
        if over:
            raise LimitError(
                f"the job is refused before it starts: {'; '.join(over)}. Estimate: {estimate}. "
                "Ask for less (--duration, --step, --workers, satellites, designs), or give --yes to run it"
            )

    def _together(self, one: Estimate) -> Estimate:
        return Estimate(
            one.seconds * max(1.0, self.jobs / self.at_once),
            one.memory_bytes * self.at_once,
            one.disk_bytes * self.jobs,
        )


DEFAULT_LIMITS = Limits()
"""A day, and the memory of this machine."""


def usable_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine_memory() -> float:
    """Memory that this process and its children may use, bytes: the machine's, or less by a group's limit."""
    found = [float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES")]
    for path in _GROUP_LIMITS:
        try:
            found.append(float(Path(path).read_text()))
        except (OSError, ValueError):  # no such group, or it says `max`
            continue
    return min(found)


def memory_now() -> float:
    """Memory that this process holds, bytes; where the system does not say, the most it has held."""
    try:
        return float(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def give_back() -> None:
    """Give memory that this process has freed back to the system, where its C library can."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):  # not glibc
        return


def free_disk(folder: Path) -> float:
    """Bytes that may still be written where a folder is or would be made."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return float(shutil.disk_usage(there).free)


def duration(seconds: float) -> str:
    """A length of time for people, to two parts: `3 h 20 min`."""
    whole = max(1, round(seconds))
    parts = [(whole // 86_400, "d"), (whole // 3_600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    first = next(i for i, (number, _) in enumerate(parts) if number)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number)


def size(count: float) -> str:
    """Bytes for people: `4.1 GB`, of 1,000 MB each."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{max(1, round(count / 1e6))} MB"


def _over(verb: str, amount: str, over: bool, allowed: str, option: str) -> list[str]:
    return [f"{verb} about {amount}, {allowed} ({option})"] if over else []
