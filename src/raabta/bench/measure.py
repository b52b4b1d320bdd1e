"""Run rows and say what was seen, as plain values that JSON holds."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row, Skip
from raabta.bench.timing import Timed, in_turns
from raabta.engine.limits import usable_cores
from raabta.engine.provenance import cpu_kind, environment, version_of

SCHEMA_VERSION = 1
PEERS = ("sgp4", "itur", "networkx", "numba-cuda")
Result = dict[str, Any]


def measure(row: Row, *, quick: bool, repeats: int) -> Result:
    """Run one row; a dict of the shape that the page and the terminal print."""
    told: Result = {"name": row.name, "work": row.work, "unit": row.unit, "threads": row.threads}
    try:
        case = row.case(quick)
    except Skip as reason:
        return {**told, "skipped": str(reason)}
    ours = Timed(case.ours)
    peer = Timed(case.peer.run) if isinstance(case.peer, Peer) else None
    works = [ours] if peer is None else [ours, peer]
    if row.long:
        row.case(True).ours()  # the small size warms as well
    else:
        for timed in works:
            timed.warm()
    in_turns(works, repeats)
    told["size"] = case.size
    told |= {"amount": case.amount, "ours": figures(ours, case.amount), "peer": _peer(case, peer)}
    told["more"] = case.more(ours.answer) if case.more else {}
    told["ratio"] = None if peer is None else _ratio(case, ours, peer)
    told["difference"] = None if peer is None else _difference(case, ours, peer)
    told["guard"] = guard(row.guard(quick), case.amount / ours.samples.best_cpu_s, told["ratio"])
    told["goal"] = None if row.goal is None or quick else goal(row.goal, told["ours"], told["ratio"])
    return told


def figures(timed: Timed, amount: float) -> Result:
    """Rate by the wall clock (median, least, most) and milliseconds of a call, wall and CPU."""
    wall, cpu = timed.samples.wall_s, timed.samples.cpu_s
    return {
        "rate": _rounded(amount / median(wall)),
        "rate_least": _rounded(amount / max(wall)),
        "rate_most": _rounded(amount / min(wall)),
        "wall_ms": _spread([1e3 * s for s in wall]),
        "cpu_ms": _spread([1e3 * s for s in cpu]),
        "samples": len(wall),
        "calls_a_sample": timed.calls,
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "median": _rounded(median(values)),
        "least": _rounded(min(values)),
        "most": _rounded(max(values)),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _peer(case: Case, timed: Timed | None) -> Result | None:
    if timed is None or not isinstance(case.peer, Peer):
        return {"skipped": case.peer} if isinstance(case.peer, str) else None
    return {
        "name": case.peer.name,
        "threads": case.peer.threads,
        "amount": case.peer.amount,
        **figures(timed, case.peer.amount),
    }


def _ratio(case: Case, ours: Timed, peer: Timed) -> dict[str, float]:
    """How many times our rate is the peer's: by the wall clock (medians) and by CPU time (best calls)."""
    assert isinstance(case.peer, Peer)
    work = case.amount / case.peer.amount
    return {
        "wall": _rounded(work * peer.samples.median_wall_s / ours.samples.median_wall_s),
        "cpu": _rounded(work * peer.samples.best_cpu_s / ours.samples.best_cpu_s),
    }


def _difference(case: Case, ours: Timed, peer: Timed) -> Result:
    assert case.same is not None, "a row with a peer compares the answers"
    seen: Difference = case.same(ours.answer, peer.answer)
    return {
        "what": seen.what,
        "value": _rounded(float(seen.value)),
        "limit": seen.limit,
        "unit": seen.unit,
        "equal": seen.equal,
    }


def guard(floor: Floor, rate_cpu: float, ratio: dict[str, float] | None) -> Result:
    """Whether the throughput holds: units per second of CPU, and the CPU ratio where there is a peer."""
    held = rate_cpu >= floor.rate and (ratio is None or ratio["cpu"] >= floor.ratio)
    return {"rate": floor.rate, "seen": _rounded(rate_cpu), "ratio": floor.ratio, "held": held}


def goal(wanted: Goal, ours: Result, ratio: dict[str, float] | None) -> Result | None:
    """How the goal stands; None where it is a ratio and the peer did not run."""
    if wanted.of == "ratio" and ratio is None:
        return None
    took = {"ms": ours["wall_ms"]["median"], "ms each": _rounded(1e3 / ours["rate"])}
    seen = ratio["wall"] if wanted.of == "ratio" and ratio else took[wanted.of]
    sign = 1.0 if wanted.of == "ratio" else -1.0
    state = "missed"
    if sign * seen >= sign * wanted.reach:
        state = "stretch" if sign * seen >= sign * wanted.stretch else "reached"
    return {"of": wanted.of, "reach": wanted.reach, "stretch": wanted.stretch, "seen": seen, "state": state}


def broken(results: Sequence[Result]) -> list[str]:
    """One line for each row whose guard is broken or whose answers differ."""
    lines = []
    for result in results:
        held, apart = result.get("guard"), result.get("difference")
        if held and not held["held"]:
            unit = f"{result['unit']}/s of CPU"
            least = f"{held['rate']:g}"
            if held["ratio"]:
                least += f" and {held['ratio']:g} times the peer"
            lines.append(f"{result['name']}: {held['seen']:g} {unit}; the guard is {least}")
        if apart and not apart["equal"]:
            lines.append(
                f"{result['name']}: the answers differ: {apart['what']} {apart['value']:g} {apart['unit']}, "
                f"allowed {apart['limit']:g}"
            )
    return lines


def run(
    rows: Sequence[Row], *, quick: bool, repeats: int, tell: Callable[[Result], None] = lambda result: None
) -> Result:
    """Run rows one after the other, telling each as it ends; all that a later reader needs to judge them."""
    results = []
    started, load_before = datetime.now(UTC), load()
    for row in rows:
        results.append(measure(row, quick=quick, repeats=repeats))
        tell(results[-1])
    return {
        "schema_version": SCHEMA_VERSION,
        "date": started.strftime("%Y-%m-%d"),
        "commit": commit(),
        "quick": quick,
        "repeats": repeats,
        "machine": machine(),
        "load": [load_before, load()],
        "versions": versions(),
        "rows": results,
    }


def machine() -> Result:
    """What ran it: processor, usable cores, memory, system."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    return {
        "cpu": cpu_kind(),
        "cores": usable_cores(),
        "memory_gb": round(pages / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
    }


def load() -> float | None:
    """Processes that wanted a core over the last minute, this one included; None where nobody counts them."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def versions() -> dict[str, str | None]:
    """Versions of what computes and of the peers; None for what is not installed."""
    ran = environment()
    names = ("raabta", "python", "numpy", "numba", "scipy")
    return {**{name: ran[name] for name in names}, **{name: version_of(name) for name in PEERS}}


def commit() -> str | None:
    """Short commit of the checkout that runs, with a + where files differ from it; None outside of one."""
    here = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=here, capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
