"""What the kernel is told of a trace, and that it is asked before."""

from __future__ import annotations

import pytest

from raabta.base.errors import RaabtaError
from raabta.packets import netem
from raabta.packets.namespaces import Pair
from raabta.packets.trace import make_trace

PAIR = Pair(("one", "two"))


def test_the_words_of_each_time() -> None:
    trace = make_trace(
        [0, 1, 2], [15.0, 15.0, 2.5], [12.0, 12.0, 0.0], 1.0, [0.0, 0.0, 0.25], [True, False, True]
    )
    found = [" ".join(words) for words in netem.settings(trace, True, 100.0)]
    # A queue of 100 ms at 12 Mbit/s is 100 packets of 1 ms; 15 more are on their way for 15 ms.
    assert found[0] == "limit 115 delay 15000us rate 12000000bit"
    assert found[1] == "limit 101 delay 15000us loss 100.000000% rate 1000bit"
    assert found[2] == "limit 101 delay 2500us loss 100.000000% rate 1000bit"
    assert netem.settings(trace, False, 100.0)[2][4:6] == ["loss", "25.000000%"]


def test_the_kernel_is_told_at_the_moments_of_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[str]] = []
    monkeypatch.setattr(netem, "run", lambda command: told.append(list(command)))
    seconds = netem.follow(PAIR, make_trace([0, 0.05, 0.1], [1.0, 2.0, 3.0], 5.0, 5.0), None, 0.2, ())
    assert 0.2 <= seconds < 0.6
    verbs = [(command[2], command[4], command[command.index("delay") + 1]) for command in told]
    assert verbs == [
        (name, verb, delay)
        for verb, delay in (("add", "1000us"), ("change", "2000us"), ("change", "3000us"))
        for name in ("one", "two")
    ]


def test_a_kernel_without_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(command: list[str]) -> None:
        raise RaabtaError("`tc ...` failed: Error: Specified qdisc kind is unknown.")

    monkeypatch.setattr(netem, "run", refuse)
    assert "no netem here" in (netem.why_no_netem(PAIR) or "")
    monkeypatch.setattr(netem, "run", lambda command: None)
    assert netem.why_no_netem(PAIR) is None
