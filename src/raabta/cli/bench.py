"""`raabta bench`: our rates beside what a user would pick today, in one run and with equal answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from raabta.cli.output import complain, say
from raabta.engine import kernelcache
from raabta.engine.device import choose, gpu_name

BROKEN = 1
"""Exit code where a guard is broken or answers differ: our fault, not the user's."""


def bench(
    names: Sequence[str], quick: bool, file: Path | None, repeats: int, list_only: bool, device: str
) -> int:
    """Run the rows and print each as it ends; 0, or BROKEN with a line that names each broken row.

    `device`: `cpu` leaves the rows of the GPU out, `gpu` wants one, `auto` lets them say why they are left.
    """
    kernelcache.prepare()
    asked = choose(device)
    from raabta.bench.measure import broken, run
    from raabta.bench.page import lines, machine_line
    from raabta.bench.rows import ROWS, chosen

    rows = [row for row in chosen(names) if row.device == "cpu" or device != "cpu"]
    if list_only:
        for row in rows if names else ROWS:
            say(f"{row.name:24} {row.work}")
        return 0
    say(machine_line() + (f"; {gpu_name()}" if asked.name == "gpu" else ""))

    def tell(result: dict[str, Any]) -> None:
        for line in lines(result):
            say(line)

    told = run(rows, quick=quick, repeats=repeats, tell=tell)
    if file is not None:
        _write(file, told)
    problems = broken(told["rows"])
    for problem in problems:
        complain(problem)
    say(f"{len(problems)} broken" if problems else "every guard held, every answer is equal")
    return BROKEN if problems else 0


def _write(file: Path, told: dict[str, Any]) -> None:
    import json

    from raabta.engine.atomic import write_bytes

    write_bytes(file, (json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())
    say(f"Kept in {file}")
