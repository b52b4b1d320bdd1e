"""What of a broadband scenario can fail: both constellations, gateways, fibre, lasers where they land."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raabta.scenario.failures import OF_LASERS, Failure, check_fleet, check_gateways
from raabta.scenario.fibre import check_fibre
from raabta.scenario.fleets import split

if TYPE_CHECKING:
    from raabta.scenario.models import Scenario


def check_broadband_failures(scenario: Scenario, failures: tuple[Failure, ...]) -> None:
    """ValueError for failures of what a broadband scenario does not have."""
    second = scenario.fallback
    own, theirs = split(failures, scenario.constellation, None if second is None else second.constellation)
    check_fleet(own, scenario.constellation, scenario.time.duration_s)
    if second is not None:
        check_fleet(theirs, second.constellation, scenario.time.duration_s)
    check_gateways(failures, scenario.all_gateways)
    check_fibre(failures, scenario.cables, scenario.pops)
    for failure in failures:
        if failure.what in OF_LASERS and not scenario.lands_by_lasers:
            raise ValueError(
                f"{failure.text}: this scenario carries nothing by laser (sharing.landing is "
                f"{scenario.sharing.landing}); fail a gateway or satellites"
            )
        if failure.what == "link":
            raise ValueError(
                f"{failure.text}: the feeder links of a broadband scenario move from satellite to satellite; "
                "fail their gateway, such as gateway:Karachi"
            )
