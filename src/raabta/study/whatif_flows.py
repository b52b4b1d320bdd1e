"""What failures do to the traffic of a question about ways: rates, what stops them, where they land."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raabta.service.pairs.stored import Stored

WHEN = ("before", "after")


def columns(before: Stored, after: Stored) -> dict[str, list[Any]]:
    """Columns of `whatif_pairs.csv` about each pair's flow; none without traffic in the run."""
    if not before.flows:
        return {}
    runs = dict(zip(WHEN, (before, after), strict=True))
    rates = {
        f"mean_mbps_{when}": [float(row["mean_mbps"]) for row in run.flows] for when, run in runs.items()
    }
    words = {
        f"{name}_{when}": [row[name] for row in run.flows]
        for name in ("stopped_by", "lands_at")
        if name in before.flows[0]
        for when, run in runs.items()
    }
    return {"asked_mbps": [float(row["asked_mbps"]) for row in before.flows], **rates, **words}


def figures(before: Stored, after: Stored) -> dict[str, Any]:
    """What `whatif.json` says of all flows together, under `traffic`; nothing without traffic in the run."""
    if not before.flows:
        return {}
    told = dict(zip(WHEN, (before.traffic, after.traffic), strict=True))
    rates = [[float(row["mean_mbps"]) for row in run.flows] for run in (before, after)]
    found: dict[str, Any] = {
        "asked_mbps": before.traffic["asked_mbps"],
        **{
            name: {when: told[when][name] for when in WHEN}
            for name in ("carried_mbps", "carried_share", "of_the_most_share", "flows_stopped_by_share")
        },
        "flows_losing": sum(1 for had, has in zip(*rates, strict=True) if has < had),
        "flows_gaining": sum(1 for had, has in zip(*rates, strict=True) if has > had),
        "flows_left_without": sum(1 for had, has in zip(*rates, strict=True) if had > 0.0 == has),
    }
    if "landing" in before.traffic:
        found["landing"] = {
            what: _by_name(*(told[when]["landing"][what] for when in WHEN)) for what in ("gateways", "pops")
        }
    return {"traffic": found}


def _by_name(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Shares side by side, those of before first; what is not named lands nothing."""
    had, has = ({each["name"]: each["share"] for each in part} for part in (before, after))
    return [
        {"name": name, "share": {"before": had.get(name, 0.0), "after": has.get(name, 0.0)}}
        for name in {**had, **has}
    ]
