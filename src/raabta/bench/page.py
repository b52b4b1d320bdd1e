"""What `raabta bench` found, in words: lines for the terminal and the page of the documents.

`python -m raabta.bench.page benchmarks/results docs/reference` writes benchmarks.md from the kept results; a
test holds the page against what this module prints.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from raabta.bench.declare import Row
from raabta.bench.measure import Result, machine
from raabta.bench.rows import ROWS

PAGE = "benchmarks.md"

_HEAD = """\
# Benchmarks

Printed from kept results (`python -m raabta.bench.page benchmarks/results docs/reference`). `raabta bench`
measures the same on your machine: ours beside what a user would pick today for the same work, in one run,
in turns, with equal answers. `raabta bench --list` names the rows, `raabta bench NAME` runs some of them,
`--quick` runs them small, `--json FILE` keeps what was seen.

- **Rate** is work by the wall clock: the median of the samples, the least and the most in brackets. **CPU**
  is the time of all threads of the process.
- **Ratio** is our rate over the peer's by the wall clock (medians), and by CPU time (best samples): a busy
  machine disturbs the second less.
- **Differs by** is the check of the answers; beyond the limit in brackets the command fails.
- **Guard** is the least rate in units per second of CPU, taken from the best sample. Below it the command
  ends with 1 and names the row: vectorisation can vanish silently.
"""


def machine_line() -> str:
    """The machine, in one line."""
    return _machine(machine())


def _machine(told: dict[str, Any]) -> str:
    words = str(told["cpu"]).split()
    vector = "AVX-512" if any(word.startswith("avx512") for word in words) else "no AVX-512"
    model = " ".join(word for word in words if not word.islower() or not word.isalnum())
    model = model.split(" avx")[0].split(" fma")[0]
    return f"{told['cores']} cores, {model} ({vector}), {told['memory_gb']:g} GB, {told['system']}"


def lines(result: Result) -> Iterator[str]:
    """A row for the terminal."""
    yield f"{result['name']}: {_work(result)}"
    if "skipped" in result:
        yield f"  skipped: {result['skipped']}"
        return
    yield f"  ours   {_rate(result['ours'], result['unit'])}, {_threads(result['threads'])}"
    peer = result["peer"]
    if peer and "skipped" in peer:
        yield f"  peer   skipped: {peer['skipped']}"
    elif peer:
        yield f"  peer   {_rate(peer, result['unit'])}: {peer['name']}"
        yield f"  ratio  {_ratio(result['ratio'])}; differs by: {_difference(result['difference'])}"
    if result["more"]:
        yield f"  seen   {_more(result['more'])}"
    yield f"  guard  {_guard(result)}" + (f"; goal {_goal(result['goal'])}" if result["goal"] else "")


def _work(result: Result) -> str:
    return ", ".join(result[key] for key in ("work", "size") if result.get(key))


def _rate(seen: Result, unit: str) -> str:
    wall, cpu = seen["wall_ms"], seen["cpu_ms"]
    return (
        f"{seen['rate']:,g} {unit}/s ({seen['rate_least']:,g} to {seen['rate_most']:,g}), "
        f"{wall['median']:,g} ms, {cpu['median']:,g} ms CPU"
    )


def _threads(count: int) -> str:
    return f"{count} thread{'s' if count > 1 else ''}"


def _ratio(ratio: dict[str, float]) -> str:
    return f"{ratio['wall']:,g} (CPU {ratio['cpu']:,g})"


def _difference(apart: Result) -> str:
    seen, limit = (f"{apart[key]:g} {apart['unit']}".rstrip() for key in ("value", "limit"))
    return f"{apart['what']} {seen} (allowed {limit})"


def _guard(result: Result) -> str:
    held = result["guard"]
    least = f"{held['seen']:,g} {result['unit']}/s of CPU, at least {held['rate']:,g}"
    return f"{'held' if held['held'] else 'BROKEN'}: {least}"


def _goal(goal: Result) -> str:
    words = {"stretch": "stretch reached", "reached": "reached", "missed": "missed"}
    sign, unit = ("≥", "x") if goal["of"] == "ratio" else ("≤", f" {goal['of']}")
    wanted = f"{sign} {goal['reach']:,g}{unit}, stretch {goal['stretch']:,g}{unit}"
    return f"{words[goal['state']]}: {goal['seen']:,g}{unit} ({wanted})"


def _more(more: dict[str, float]) -> str:
    return ", ".join(f"{value:,g} {name}" for name, value in more.items())


def page(kept: Sequence[Result], rows: Sequence[Row] = ROWS) -> str:
    """The page of the documents, Markdown, from kept results; rows that none of them measured are named."""
    parts = [_HEAD]
    for told in kept:
        parts += [*_about(told), *_table(told["rows"]), ""]
    parts += [*_unmeasured(kept, rows), ""]
    return "\n".join(parts).rstrip() + "\n"


def _unmeasured(kept: Sequence[Result], rows: Sequence[Row]) -> Iterator[str]:
    known = {seen["name"] for told in kept for seen in told["rows"]}
    if new := [row for row in rows if row.name not in known]:
        yield "## Rows without a kept result"
        yield ""
        yield from (f"- `{row.name}`: {row.work}" for row in new)


def _about(told: Result) -> Iterator[str]:
    yield f"## `{_machine(told['machine'])}`"
    yield ""
    versions = ", ".join(f"{name} {version or 'absent'}" for name, version in told["versions"].items())
    size = "small sizes (`--quick`)" if told["quick"] else "full sizes"
    yield f"{told['date']}, commit `{told['commit']}`, {size}, {told['repeats']} samples. {versions}."
    yield from _busy(told)
    yield ""


def _busy(told: Result) -> Iterator[str]:
    """What else ran: on a machine that others use, only CPU time and the ratios tell."""
    before, after = told.get("load", [None, None])
    if before is not None:
        cores = told["machine"]["cores"]
        busy = max(before, after - cores) > 0.5 * cores
        words = (
            "; others used it too: trust CPU time and the ratio by CPU, not the wall clock" if busy else ""
        )
        yield f"Load {before:g} before and {after:g} after, {cores} cores{words}."


def _table(rows: Sequence[Result]) -> Iterator[str]:
    yield "| row | ours | today's pick | ratio | differs by | guard | goal |"
    yield "|---|---|---|---|---|---|---|"
    for result in rows:
        yield "| " + " | ".join(_cells(result)) + " |"


def _cells(result: Result) -> list[str]:
    name = f"`{result['name']}`: {_work(result)}"
    if "skipped" in result:
        return [name, f"skipped: {result['skipped']}", "", "", "", "", ""]
    peer, ratio, apart = result["peer"], result["ratio"], result["difference"]
    ours = f"{_rate(result['ours'], result['unit'])}, {_threads(result['threads'])}"
    ours += f"; {_more(result['more'])}" if result["more"] else ""
    told = ""
    if peer:
        skipped = f"skipped: {peer.get('skipped')}"
        told = skipped if "skipped" in peer else f"{peer['name']}: {_rate(peer, result['unit'])}"
    return [
        name,
        ours,
        told,
        _ratio(ratio) if ratio else "",
        _difference(apart) if apart else "",
        _guard(result),
        _goal(result["goal"]) if result["goal"] else "",
    ]


def kept_results(folder: Path) -> list[Result]:
    """Every kept result, by file name."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]


if __name__ == "__main__":
    (Path(sys.argv[2]) / PAGE).write_text(page(kept_results(Path(sys.argv[1]))), encoding="utf-8")
