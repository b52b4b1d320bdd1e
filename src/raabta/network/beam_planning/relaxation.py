"""A tighter bound by linear programming, and the shares by which a good plan serves users.

Each link has a share, a user's shares sum to at most 1, a satellite's to 32, and those of any clique, users
all closer than 10 degrees as the satellite sees them, to 4. Cliques are added where the shares overload one,
links where they would pay. Whatever the prices p of satellites and q of cliques, no plan serves more than

    sum 32 p + sum 4 q + sum over users of max(0, 1 - the least p + sum q of their links)

(weak duality), over all links, those that are not in the program too: that is the bound.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from raabta.network.beam_planning import clique_kernels, packing_kernels, rules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.beam_planning.candidates import Links
    from raabta.network.beam_planning.instance import Instance

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Index = NDArray[np.int32]

ROUNDS = 12
LEAST_GAIN_SHARE = 2e-4
"""Of the bound: rounds that gain less, twice in a row, are the last."""
DRAWN = 40
"""Links of a satellite to begin with, beside those in use."""
MOST_COLUMNS = 150_000
MOST_NEW = 20_000
MOST_CLIQUES = 64
"""Of a satellite, a round."""
MOST_MEMBERS = 8_000_000
"""Links in cliques, each counted once a clique: some 300 MB while a program is built."""
EXCESS = 1e-3
TINY = 1e-6


class Relaxed(NamedTuple):
    """bound on users served; share (links,) of each link in a program near the optimum."""

    bound: int
    share: Floats


@dataclass
class _Program:
    """The program so far. cliques, rows: links in cliques, and the number of the clique each is in; count of
    cliques; active (links,): links in the program; user (links,)."""

    instance: Instance
    links: Links
    cliques: Index
    rows: Index
    count: int
    active: NDArray[np.bool_]
    user: Index


class _Solution(NamedTuple):
    """value; share (links,); pay (links,): 1 less the prices on a link; price (n,) of users; bound; slack
    (cliques,)."""

    value: float
    share: Floats
    pay: Floats
    price: Floats
    bound: float
    slack: Floats


def relax(
    instance: Instance,
    links: Links,
    group: Index,
    used: Ints,
    served: int,
    *,
    seed: int = 0,
    end: float | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Relaxed | None:
    """The bound and the shares, or None where no program was solved: too large, or no time.

    group (links,): a first split into cliques; used: links that a plan uses; served: how many users it does,
    at which the bound is proven enough; end: when to stop, by the monotonic clock.
    """
    program = _begin(instance, links, group, used, seed)
    best, bound, idle = None, math.inf, 0
    for turn in range(ROUNDS):
        tell(turn, ROUNDS)
        if program.active.sum() > MOST_COLUMNS or program.cliques.size > MOST_MEMBERS or _is_late(end):
            break
        found = _solve(program, end)
        if found is None:
            break
        best, before = found, bound
        bound = min(bound, found.bound)
        idle = idle + 1 if before - bound < LEAST_GAIN_SHARE * bound else 0
        if math.floor(bound + TINY) <= served or idle == 2 or not _extend(program, found, end):
            break
    tell(ROUNDS, ROUNDS)
    return None if best is None else Relaxed(math.floor(bound + TINY), best.share)


def _begin(instance: Instance, links: Links, group: Index, used: Ints, seed: int) -> _Program:
    size = np.bincount(group)
    of_many = np.flatnonzero(size[group] > len(rules.COLOURS)).astype(np.int32)
    number = np.cumsum(size > len(rules.COLOURS)) - 1
    rows = number[group[of_many]].astype(np.int32)
    rng = np.random.default_rng(np.random.SeedSequence((seed, 1)))
    often = np.diff(links.sat_start)[links.user_sat]
    active = rng.random(links.user_sat.size) * often < DRAWN
    active[used] = True
    return _Program(instance, links, of_many, rows, int(number[-1]) + 1, active, links.user)


def _solve(program: _Program, end: float | None) -> _Solution | None:
    """Solve the program as it stands; None where the solver runs out of time."""
    links, m = program.links, program.links.sat_start.size - 1
    column = np.flatnonzero(program.active)
    at = np.full(program.active.size, -1, np.int64)
    at[column] = np.arange(column.size)
    users, of_user = np.unique(program.user[column], return_inverse=True)
    inside = program.active[program.cliques]
    row = np.concatenate(
        [
            program.rows[inside],
            program.count + links.user_sat[column],
            program.count + m + of_user,
        ]
    )
    place = np.concatenate([at[program.cliques[inside]], np.arange(column.size), np.arange(column.size)])
    most = np.repeat([len(rules.COLOURS), rules.BEAMS, 1.0], [program.count, m, users.size])
    matrix: Any = coo_array((np.ones(row.size), (row, place)), shape=(most.size, column.size)).tocsc()
    seconds = math.inf if end is None else max(end - time.monotonic(), 0.1)
    found = linprog(
        -np.ones(column.size), A_ub=matrix, b_ub=most, method="highs", options={"time_limit": seconds}
    )
    if found.status != 0:
        return None
    price = np.maximum(-found.ineqlin.marginals, 0.0)
    share = np.zeros(program.active.size)
    share[column] = found.x
    slack = (most - matrix @ found.x)[: program.count]
    return _priced(program, share, slack, price, users)


def _priced(program: _Program, share: Floats, slack: Floats, price: Floats, users: Index) -> _Solution:
    """The solution with its bound, by the prices of cliques, satellites and `users` in this order."""
    links, m = program.links, program.links.sat_start.size - 1
    clique, sat = price[: program.count], price[program.count : program.count + m]
    pay = 1.0 - sat[links.user_sat] - np.bincount(program.cliques, clique[program.rows], share.size)
    most = np.zeros(len(program.instance.user))
    np.maximum.at(most, program.user, pay)
    bound = len(rules.COLOURS) * clique.sum() + rules.BEAMS * sat.sum() + most.sum()
    of_user = np.zeros(most.size)
    of_user[users] = price[program.count + m :]
    return _Solution(float(share.sum()), share, pay, of_user, float(bound), slack)


def _is_late(end: float | None) -> bool:
    return end is not None and time.monotonic() >= end


def _extend(program: _Program, found: _Solution, end: float | None) -> bool:
    """Drop cliques that are far from full, add those that are overloaded and links that pay; whether any."""
    keep = found.slack < 0.5
    kept = keep[program.rows]
    program.cliques, program.rows = program.cliques[kept], (np.cumsum(keep) - 1)[program.rows[kept]]
    program.count = int(keep.sum())
    gain = found.pay - found.price[program.user]
    new = np.flatnonzero((gain > TINY) & ~program.active)
    new = new[np.argsort(-gain[new], kind="stable")[:MOST_NEW]]
    program.active[new] = True
    cuts = _all_cuts(program, found.share, end)
    sizes = [part.size for part in cuts]
    program.cliques = np.concatenate([program.cliques, *cuts]).astype(np.int32)
    number = np.repeat(np.arange(len(cuts)), sizes) + program.count
    program.rows = np.concatenate([program.rows, number]).astype(np.int32)
    program.count += len(cuts)
    return bool(cuts) or new.size > 0


def _all_cuts(program: _Program, share: Floats, end: float | None) -> list[Index]:
    """Cliques of all satellites that the shares overload, as many as there is room and time for."""
    found: list[Index] = []
    members = program.cliques.size
    for sat in range(len(program.instance.sat)):
        part = _cuts(program, share, sat)
        members += sum(clique.size for clique in part)
        if members > MOST_MEMBERS or _is_late(end):
            break
        found += part
    return found


def _cuts(program: _Program, share: Floats, sat: int) -> list[Index]:
    """Cliques of a satellite that the shares overload, each the links in it."""
    links = program.links
    rows = slice(int(links.sat_start[sat]), int(links.sat_start[sat + 1]))
    link, here = links.sat_link[rows], share[links.sat_link[rows]]
    order = np.flatnonzero(here > TINY)
    if order.size <= len(rules.COLOURS):
        return []
    order = order[np.argsort(-here[order], kind="stable")]
    way = np.empty((3, link.size))
    packing_kernels.directions(
        program.instance.sat_km[sat], program.instance.user_km, links.sat_user[rows], way
    )
    start, member = np.zeros(MOST_CLIQUES + 1, np.int64), np.empty(32 * link.size, np.int32)
    most = len(rules.COLOURS) + EXCESS
    count = clique_kernels.overloaded(way, here, rules.REUSE_COSINE, most, order, start, member)
    return [link[member[start[i] : start[i + 1]]] for i in range(count)]
