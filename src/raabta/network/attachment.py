"""Which satellite every cell is attached to: promises in order of priority, then the others evenly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.network import anew_kernels, board_kernels, improve_kernels, kernels, surplus_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.model import Admission, Network
    from raabta.network.sky import Sky

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SWEEPS: Final = 2
"""Times that every cell chooses: first in its turn, then knowing what all others chose."""
LOOKS: Final = 2
"""Times that cells short of their promise are looked at again: one that moves leaves room to others."""
EFFORT: Final = 2_000_000
"""What the second look at a slot may do: cells looked at on satellites, a link rated for
`board_kernels.LINK` of them."""
FEW: Final = 256
"""Cells that ask at most in a slot where the search begins anew: with more, a round costs too much of it."""
SPARE: Final = 600_000
"""What beginning anew may do besides, counted as EFFORT is."""


def attach_all(
    network: Network,
    sky: Sky,
    near: kernels.Fleet,
    admitted: Admission,
    state: Ints,
    given: kernels.Given,
    *,
    second_look: bool = True,
) -> None:
    """Attach the cells of one slot and give them what they are promised, into `given`; state (n,): weather.

    Under `equal` nothing is promised. A cell that finds no satellite, or whose link there does not close,
    asks once more what is left, in order.
    """
    nobody = np.empty(0, np.int64)
    guaranteed = network.rules.guarantee == 1
    first, rest = (admitted.promised, admitted.unpromised) if guaranteed else (nobody, admitted.order)
    usable, links = sky.usable, network.links
    if first.size:
        kernels.attach(first, admitted.level, state, usable, near, links, network.rules, given)
        if second_look:
            look_again(network, first, admitted.level, state, usable, near, given)
    if rest.size == 0:
        return
    # Under `equal` the order stays: by turns all would miss. What is chosen is attached in it, too, because
    # neighbours lie together in memory.
    turns = starved_first(rest, given.before.weight) if guaranteed else rest
    left = left_over(near, given)
    alone = chosen(network, turns, usable, left, given.before)
    apart = network.rules._replace(colours=np.inf)  # without dwell there is nothing to keep apart
    kernels.attach(rest, admitted.level, state, alone, left, links, apart, given)
    again = turns[given.satellite[turns] < 0]
    if again.size:
        left = left_over(near, given)
        kernels.attach(again, admitted.level, state, usable, left, links, apart, given)


def starved_first(order: Ints, weight: Floats) -> Ints:
    """Cells by falling weight (n,), 1 or more, in order where it is the same.

    In 65,535 steps: sixteen bits sort by counting, in half of the time, and on any machine alike.
    """
    own = weight[order]
    most = float(own.max())
    if most <= 1.0:
        return order
    steps = ((most - own) * (65_535.0 / (most - 1.0))).astype(np.uint16)
    return np.asarray(order[np.argsort(steps, kind="stable")])


def look_again(
    network: Network,
    order: Ints,
    level: Floats,
    state: Ints,
    usable: kernels.Candidates,
    near: kernels.Fleet,
    given: kernels.Given,
) -> None:
    """Move cells where some of `order` are short of their level (n,)."""
    asked = order[network.total_active[order] > 0.0]
    if not improve_kernels.any_short(asked, level, given):
        return
    left = left_over(near, given)
    shared = ("members", "before")
    arrays = {name: np.empty_like(part) for name, part in given._asdict().items() if name not in shared}
    trial = given._replace(**arrays)
    problem = board_kernels.Problem(level, state, usable, near, network.links, network.rules)
    effort, moved = np.array([EFFORT]), False
    for _ in range(LOOKS):
        moves = improve_kernels.improve(asked, problem, given, trial, left.capacity, left.room, effort)
        moved |= moves > 0
        if moves == 0 or effort[0] <= 0:
            break
    if asked.size <= FEW and improve_kernels.any_short(asked, level, given):
        kept = given._replace(**{name: np.empty_like(part) for name, part in arrays.items()})
        spare = np.array([SPARE])
        rounds = anew_kernels.begin_anew(asked, problem, given, trial, kept, left.capacity, left.room, spare)
        moved |= rounds > 0
    if moved:
        improve_kernels.join_again(asked, given)


def left_over(near: kernels.Fleet, given: kernels.Given) -> kernels.Fleet:
    """The satellites with what cells have not taken."""
    free, room = near.capacity.copy(), near.room.copy()
    surplus_kernels.leave(given, free, room)
    return near._replace(capacity=free, room=room)


def chosen(
    network: Network, order: Ints, usable: kernels.Candidates, left: kernels.Fleet, before: kernels.Before
) -> kernels.Candidates:
    """One candidate at most for every cell of `order`: see `surplus_kernels.spread`."""
    plan, frame = network.plans[network.design], network.rules.frame
    choice = np.full(network.ground.count, -1)
    surplus_kernels.spread(
        order,
        network.total_active * before.weight,
        usable,
        np.minimum(left.capacity[:, 1] / plan[0], left.capacity[:, 2] / plan[1]),
        left.capacity[:, 0] / frame,
        frame / network.home_dwell,
        SWEEPS,
        left.room,
        before.satellite,
        network.rules.toll,
        choice,
    )
    n = choice.size
    out = kernels.Candidates(np.empty(n + 1, np.int64), np.empty(n, np.int32), np.empty(n), usable.stage)
    surplus_kernels.alone(choice, usable, out)
    return out
