"""`raabta plan-beams`: which satellite serves which user by which beam and colour, for points in a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raabta.base.errors import ScenarioError
from raabta.cli.output import complain, heard, say, say_json

if TYPE_CHECKING:
    from raabta.network.beam_planning.instance import Instance
    from raabta.network.beam_planning.planner import Outcome


def plan_beams(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="lines `sat|user|interferer ID X Y Z`, in km")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="write the plan there instead")] = None,
    seconds: Annotated[
        float, typer.Option(min=0.0, metavar="N", help="search no longer, even while it gains")
    ] = 800.0,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="seed of the search")] = 0,
    check: Annotated[
        Path | None, typer.Option(metavar="PLAN", help="say whether this plan is valid, and plan nothing")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary alone, as JSON")] = False,
) -> None:
    """Serve as many users as can be: satellites, users and interferers as points.

    Each satellite has 32 beams in 4 colours. A user's satellite stands within 45 deg of its zenith and 20 deg
    or more from every interferer; beams of one colour are 10 deg or more apart. Prints a line per served
    user, `sat 12 beam 3 user 451 color B`, and on standard error how far from an upper bound that is.
    """
    from raabta.engine.kernelcache import prepare

    prepare()
    from raabta.network.beam_planning.instance import read_instance

    if check is not None and out is not None:
        raise ScenarioError("option --out: --check writes no plan", hint="leave one of the two out")
    instance = read_instance(file)
    if check is not None:
        raise typer.Exit(_check(instance, check, as_json))
    _plan(instance, out, seconds, seed, as_json)


def _plan(instance: Instance, out: Path | None, seconds: float, seed: int, as_json: bool) -> None:
    from raabta.cli.progress import Bars
    from raabta.network.beam_planning import answer, planner

    if out is not None and not out.parent.is_dir():
        raise ScenarioError(f"option --out: there is no folder '{out.parent}'")
    with Bars() as bars:
        outcome = planner.plan_beams(instance, seconds=seconds, seed=seed, progress=bars)
    text = "".join(f"{line}\n" for line in answer.lines(instance, outcome.answer))
    if out is not None:
        from raabta.engine.atomic import write_bytes

        write_bytes(out, text.encode("utf-8"))
    elif not as_json:
        with heard():
            sys.stdout.write(text)
    if as_json:
        say_json(summary(instance, outcome))
    for line in words(instance, outcome):
        complain(line)


def summary(instance: Instance, outcome: Outcome) -> dict[str, Any]:
    """The figures of a plan."""
    return {
        "satellites": len(instance.sat),
        "users": len(instance.user),
        "interferers": len(instance.interferer),
        "users_in_reach": outcome.seen,
        "served": outcome.served,
        "bound": outcome.bound.users,
        "bound_without_colours": outcome.bound.beams,
        "gap_share": outcome.gap_share,
        "time_ran_out": outcome.stopped,
    }


def words(instance: Instance, outcome: Outcome) -> list[str]:
    """The figures of a plan in words."""
    bound = outcome.bound.users
    lines = [
        f"{_count(len(instance.user), 'user')}, {_count(len(instance.sat), 'satellite')}, "
        f"{_count(len(instance.interferer), 'interferer')}; {outcome.seen:,} of the users see a satellite",
        f"{_count(outcome.served, 'user')} served; no plan serves more than {bound:,}"
        + (": this is the most" if outcome.served == bound else f" ({outcome.gap_share:.2%} below it)"),
    ]
    return lines + (["stopped at --seconds; more time may serve more"] if outcome.stopped else [])


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _check(instance: Instance, against: Path, as_json: bool) -> int:
    from raabta.network.beam_planning import answer, check

    plan = answer.read_answer(against, instance)
    faults = check.find_faults(instance, plan)
    if as_json:
        say_json({"served": int(plan.user.size), "users": len(instance.user), "faults": faults})
    elif not faults:
        say(f"{against}: valid, {plan.user.size:,} of {len(instance.user):,} users served")
    for fault in faults:
        complain(f"{against}: {fault}")
    return ScenarioError.exit_code if faults else 0
