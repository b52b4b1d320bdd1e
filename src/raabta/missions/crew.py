"""Contact by the day of a crew: minutes in all and while it is awake, and the longest silence of each day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.missions import intervals
from raabta.missions.model import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.missions.model import Mission
    from raabta.scenario.missions import Crew

    Floats = NDArray[np.float64]

HOUR_S = 3_600.0


def days_of(mission: Mission, crew: Crew) -> list[tuple[float, float]]:
    """Midnights of the crew's own clock that bound each of its days, s from the start, cut to the run."""
    at = (mission.start - mission.start.astype("datetime64[D]")) / np.timedelta64(1, "s")
    first = -((float(at) + crew.zone_h * HOUR_S) % DAY_S)
    starts = np.arange(first, mission.duration_s, DAY_S).tolist()
    return [(max(begin, 0.0), min(begin + DAY_S, mission.duration_s)) for begin in starts]


def awake_of(mission: Mission, crew: Crew) -> Floats:
    """When the crew is awake, over the run: intervals (n, 2) s from the start."""
    at = (mission.start - mission.start.astype("datetime64[D]")) / np.timedelta64(1, "s")
    midnight = -((float(at) + crew.zone_h * HOUR_S) % DAY_S)
    starts = np.arange(midnight, mission.duration_s, DAY_S)
    rows = np.column_stack([starts + crew.wake_h * HOUR_S, starts + crew.sleep_h * HOUR_S])
    return intervals.within(rows, 0.0, mission.duration_s)


def day_rows(mission: Mission, crew: Crew, by_link: list[tuple[str, Floats]]) -> dict[str, list[object]]:
    """Columns of the table of crew days, a row for each day and each link.

    by_link: the name of a link and the times (n, 2) at which the crew's craft has a contact of it.
    """
    awake = awake_of(mission, crew)
    columns: dict[str, list[object]] = {
        name: [] for name in ("day", "start_s", "duration_s", "link", "contacts", "contact_s",
                              "awake_contact_s", "longest_gap_s")
    }  # fmt: skip
    for number, (begin, end) in enumerate(days_of(mission, crew), start=1):
        for name, rows in by_link:
            own = intervals.within(rows, begin, end)
            row = (
                number,
                begin,
                end - begin,
                name,
                len(own),
                intervals.length_s(own),
                intervals.length_s(intervals.met(own, awake)),
                intervals.longest_s(intervals.between(own, begin, end)),
            )
            for key, value in zip(columns, row, strict=True):
                columns[key].append(value)
    return columns
