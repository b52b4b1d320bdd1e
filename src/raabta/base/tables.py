"""The Datasets that cross floors, declared: see `base.dataset`."""

from __future__ import annotations

from raabta.base.dataset import Column as Column
from raabta.base.dataset import Table as Table
from raabta.base.dataset import as_dataset as as_dataset
from raabta.base.dataset import check as check
from raabta.base.dataset import describe as describe
from raabta.base.mission_tables import MISSION_BUDGETS as MISSION_BUDGETS
from raabta.base.mission_tables import MISSION_CONTACTS as MISSION_CONTACTS
from raabta.base.mission_tables import MISSION_CREW_DAYS as MISSION_CREW_DAYS
from raabta.base.mission_tables import MISSION_DATA as MISSION_DATA
from raabta.base.mission_tables import MISSION_DELIVERED as MISSION_DELIVERED
from raabta.base.mission_tables import MISSION_EXPOSURE as MISSION_EXPOSURE
from raabta.base.mission_tables import MISSION_FOOTPRINTS as MISSION_FOOTPRINTS
from raabta.base.mission_tables import MISSION_GAPS as MISSION_GAPS
from raabta.base.mission_tables import MISSION_IMAGES as MISSION_IMAGES
from raabta.base.mission_tables import MISSION_LIGHT as MISSION_LIGHT
from raabta.base.mission_tables import MISSION_LINKS as MISSION_LINKS
from raabta.base.mission_tables import MISSION_LOOKS as MISSION_LOOKS
from raabta.base.mission_tables import MISSION_RATES as MISSION_RATES
from raabta.base.mission_tables import MISSION_SUN_OUTAGES as MISSION_SUN_OUTAGES
from raabta.base.mission_tables import MISSION_TARGETS as MISSION_TARGETS

_INF = float("inf")
_COUNT = (0.0, _INF)
_SHARE = (0.0, 1.0)
_INDEX16 = (-1.0, 32_767.0)
_INDEX8 = (-1.0, 127.0)
_NOBODY_ASKS = "NaN: nobody there subscribes"


def _count(name: str, dims: tuple[str, ...], meaning: str) -> Column:
    return Column(name, dims, "float64", "1", meaning, _COUNT)


def _people(dim: str) -> tuple[Column, ...]:
    """The counts of people and homes that every floor above people carries."""
    dims = (dim,)
    return (
        _count("population", dims, "people"),
        _count("households", dims, "homes"),
        _count("underserved_households", dims, "homes without adequate terrestrial service"),
        _count("rural_households", dims, "homes outside towns"),
        _count("unelectrified_households", dims, "homes without electricity"),
    )


def _place(dim: str) -> tuple[Column, ...]:
    return (
        Column("latitude_deg", (dim,), "float64", "deg", "geodetic latitude of the centre", (-90.0, 90.0)),
        Column("longitude_deg", (dim,), "float64", "deg", "longitude of the centre", (-180.0, 180.0)),
    )


_H3 = Column("h3", ("cell",), "uint64", "", "H3 index of the cell")
_DISTRICT = Column(
    "district", ("cell",), "int16", "", "index of the district", _INDEX16, "-1: in none of the districts"
)


def _share(name: str, meaning: str, missing: str = "", dims: tuple[str, ...] = ("cell",)) -> Column:
    return Column(name, dims, "float64", "1", meaning, _SHARE, missing)


CELLS = Table(
    "cells",
    (
        _H3,
        *_place("cell"),
        Column(
            "height_m",
            ("cell",),
            "float64",
            "m",
            "height of the ground above mean sea level",
            (-500.0, 9_000.0),
        ),
        Column("radius_km", ("cell",), "float64", "km", "centre to the farthest corner", (0.0, 500.0)),
    ),
)
"""Where the cells are."""

PEOPLE = Table("people", (*_people("cell"), _DISTRICT))
"""Who lives in each cell."""

_FOUND = (
    _share("availability_share", "probability that the plan's rate is there", _NOBODY_ASKS),
    _share("link_availability_share", "probability that the cell has a link with any rate", _NOBODY_ASKS),
    Column(
        "busy_hour_mbps", ("cell",), "float64", "Mbps",
        "forward IP rate per active subscriber at the stated contention", _COUNT, _NOBODY_ASKS,
    ),
    Column(
        "rtt_p50_ms", ("cell",), "float64", "ms", "median propagation round trip",
        _COUNT, "NaN: never served in the run",
    ),
    Column(
        "rtt_p95_ms", ("cell",), "float64", "ms", "95th percentile of the propagation round trip",
        _COUNT, "NaN: never served in the run",
    ),
    Column(
        "satellites_in_view", ("cell",), "float64", "1",
        "mean number of satellites above the mask", _COUNT,
    ),
    _share(
        "constraint_share", "share of slots that each constraint binds", _NOBODY_ASKS,
        ("cell", "constraint"),
    ),
    Column(
        "binding", ("cell",), "int8", "", "index of the constraint that binds most often",
        _INDEX8, "-1: nobody there subscribes",
    ),
    _share("geometry_outage_share", "outage because no satellite can be used", _NOBODY_ASKS),
    _share("rain_outage_share", "outage because of weather", _NOBODY_ASKS),
    _share("capacity_outage_share", "outage because capacity is shared out", _NOBODY_ASKS),
)  # fmt: skip
"""What a constellation finds in each cell."""

CELL_RESULTS = Table(
    "cell_results",
    (
        *_place("cell"),
        _H3,
        _DISTRICT,
        *_people("cell"),
        _count("subscribers", ("cell",), "addressable homes times take-up"),
        _count("served_households", ("cell", "plan"), "subscribing homes served at the plan"),
        _count("reachable_households", ("cell",), "addressable homes where at least one can be served"),
        *_FOUND,
    ),
)  # fmt: skip
"""What each cell gets over the run."""

FALLBACK_RESULTS = Table(
    "fallback_results",
    (
        _share("offered_share", "share of the homes that ask that the first constellation does not serve"),
        _count("offered_households", ("cell",), "subscribing homes that the fallback is offered"),
        _count("served_households", ("cell", "plan"), "of them, those that the fallback serves at the plan"),
        *_FOUND,
    ),
)
"""What the fallback finds in each cell, of the homes that it is offered."""

DISTRICT_RESULTS = Table(
    "district_results",
    (
        Column("name", ("district",), "U", "", "name of the district"),
        Column("province", ("district",), "U", "", "province or territory"),
        Column("estimated", ("district",), "bool", "", "people estimated, not counted by the census"),
        *_people("district"),
        _count("subscribers", ("district",), "addressable homes times take-up"),
        _count("served_households", ("district", "plan"), "subscribing homes served at the plan"),
        _count(
            "served_by_class", ("district", "terminal_class", "plan"), "served homes by terminal class"
        ),
        _count("reachable_households", ("district",), "addressable homes where at least one can be served"),
        _share(
            "availability_share", "probability that the plan's rate is there, weighted by homes",
            _NOBODY_ASKS, ("district",),
        ),
        Column(
            "busy_hour_mbps", ("district",), "float64", "Mbps",
            "forward IP rate per active subscriber, median over homes", _COUNT, _NOBODY_ASKS,
        ),
        Column(
            "binding", ("district",), "int8", "", "index of the constraint that binds most unserved homes",
            _INDEX8, "-1: nobody there subscribes",
        ),
    ),
)  # fmt: skip
"""What each district gets over the run."""

CLASS_RESULTS = Table(
    "class_results",
    (
        _count("subscribers", ("terminal_class",), "subscribing homes reached through the class"),
        _count("served_households", ("terminal_class", "plan"), "subscribing homes served at the plan"),
    ),
)
"""What each terminal class carries."""

DAY = Table(
    "day",
    (
        Column("time", ("time",), "datetime64[ns]", "UTC", "start of the slot"),
        Column("forward_mbps", ("time",), "float64", "Mbps", "forward IP rate, all cells", _COUNT),
        Column("return_mbps", ("time",), "float64", "Mbps", "return IP rate, all cells", _COUNT),
        Column(
            "usable_satellites", ("time",), "int32", "1",
            "satellites with a gateway, seen by at least one cell", _COUNT,
        ),
        Column(
            "lit_cells", ("time",), "int32", "1",
            "cells with a beam in the slot; with a fallback, of the constellation that lights more", _COUNT,
        ),
        Column(
            "visible_satellites", ("time",), "int32", "1", "satellites seen by at least one cell", _COUNT
        ),
    ),
)  # fmt: skip
"""The curve over the run."""

_NOTHING_LANDS = "NaN: nothing lands there"

LANDING = Table(
    "landing",
    (
        Column("name", ("gateway",), "U", "", "name of the gateway"),
        Column("country", ("gateway",), "U", "", "country that it stands in, ISO 3166-1 alpha-3"),
        _share(
            "carried_share",
            "share of all forward Mbps in clear sky that lands there over so many lasers, from none on",
            dims=("gateway", "lasers"),
        ),
        Column(
            "lasers_mean", ("gateway",), "float64", "1", "lasers on the way, weighted by Mbps", _COUNT,
            _NOTHING_LANDS,
        ),
        Column(
            "laser_rtt_ms", ("gateway",), "float64", "ms",
            "round trip over the lasers alone, weighted by Mbps", _COUNT, _NOTHING_LANDS,
        ),
        Column(
            "fibre_rtt_ms", ("gateway",), "float64", "ms",
            "round trip by fibre from the gateway to its point of presence", _COUNT,
            "NaN: the scenario names no points of presence",
        ),
    ),
)  # fmt: skip
"""Where the traffic of a run lands whose satellites land through lasers."""

_NO_LINK = "-1: no satellite serves the cell in the slot"

SLOTS = Table(
    "slots",
    (
        Column("satellite", ("time", "cell"), "int16", "", "index of the satellite", _INDEX16, _NO_LINK),
        Column("gateway", ("time", "cell"), "int8", "", "index of the gateway", _INDEX8, _NO_LINK),
        Column("down_mbps", ("time", "cell"), "float32", "Mbps", "forward IP rate of the cell", _COUNT),
        Column("up_mbps", ("time", "cell"), "float32", "Mbps", "return IP rate of the cell", _COUNT),
        Column(
            "rtt_ms", ("time", "cell"), "float32", "ms", "propagation round trip to the gateway",
            _COUNT, "NaN: no satellite serves the cell in the slot",
        ),
        Column(
            "constraint_down", ("time", "cell"), "int8", "", "index of the binding constraint, forward",
            _INDEX8, "-1: the cell asks for nothing",
        ),
        Column(
            "constraint_up", ("time", "cell"), "int8", "", "index of the binding constraint, return",
            _INDEX8, "-1: the cell asks for nothing",
        ),
    ),
)  # fmt: skip
"""What each cell gets in each slot."""


def _seconds(name: str, meaning: str, valid: tuple[float, float] = (0.0, _INF)) -> Column:
    return Column(name, ("contact",), "float64", "s", meaning, valid)


CONTACTS = Table(
    "contacts",
    (
        Column("node", ("node",), "U", "", "name of the node; its place is its number"),
        Column("start", ("contact",), "datetime64[ns]", "UTC", "beginning of the contact"),
        Column("end", ("contact",), "datetime64[ns]", "UTC", "its end"),
        _seconds("start_s", "beginning, from the start of the plan"),
        _seconds("end_s", "end, from the start of the plan"),
        Column("from_node", ("contact",), "int32", "", "node that sends", _COUNT),
        Column("to_node", ("contact",), "int32", "", "node that receives", _COUNT),
        _seconds("light_time_start_s", "one-way light time at the beginning"),
        _seconds("light_time_end_s", "one-way light time at the end"),
        _seconds("light_time_min_s", "least one-way light time"),
        _seconds("light_time_max_s", "greatest one-way light time"),
        Column("rate_mbps", ("contact",), "float64", "Mbps", "rate from sender to receiver", _COUNT),
    ),
)
"""When which node can send to which: a contact plan, one row per direction."""

_NEVER_DELIVERED = "NaN: nothing was delivered"


def _volume(name: str, dim: str, meaning: str) -> Column:
    return Column(name, (dim,), "float64", "MB", meaning + ", 10^6 bytes", _COUNT)


DELIVERIES = Table(
    "deliveries",
    (
        Column("source", ("source",), "U", "", "name of the source"),
        Column("from", ("source",), "U", "", "node that makes the data"),
        Column("to", ("source",), "U", "", "node that they are for"),
        Column("priority", ("source",), "int32", "", "higher goes first", (0.0, 255.0)),
        _volume("offered_mb", "source", "volume made"),
        _volume("delivered_mb", "source", "volume delivered"),
        _volume("no_contact_mb", "source", "not delivered: no way in the contact plan"),
        _volume("contacts_full_mb", "source", "not delivered: ways, but no room left in their contacts"),
        _volume("expired_mb", "source", "lost: older than its lifetime"),
        _volume("buffer_full_mb", "source", "lost: no room in the buffer of a node"),
        Column(
            "latency_min_s", ("source",), "float64", "s", "least time from creation to delivery",
            _COUNT, _NEVER_DELIVERED,
        ),
        Column(
            "latency_p50_s", ("source",), "float64", "s", "within which half of the delivered volume came",
            _COUNT, _NEVER_DELIVERED,
        ),
        Column(
            "latency_p95_s", ("source",), "float64", "s", "within which 95 % of it came",
            _COUNT, _NEVER_DELIVERED,
        ),
        Column("latency_max_s", ("source",), "float64", "s", "the greatest", _COUNT, _NEVER_DELIVERED),
        Column(
            "last_delivered_s", ("source",), "float64", "s", "last delivery, from the start of the plan",
            _COUNT, _NEVER_DELIVERED,
        ),
    ),
)  # fmt: skip
"""What store and forward made of each source of data."""

BUNDLES = Table(
    "bundles",
    (
        Column("node", ("node",), "U", "", "name of the node; its place is its number"),
        Column("fate_name", ("fate_number",), "U", "", "what `fate` counts"),
        Column("source", ("bundle",), "int32", "", "row in the table deliveries", _COUNT),
        Column("created_s", ("bundle",), "float64", "s", "made, from the start of the plan", _COUNT),
        _volume("volume_mb", "bundle", "size"),
        Column("fate", ("bundle",), "int8", "", "what became of it: place in `fate_name`", _INDEX8),
        Column(
            "ended_s", ("bundle",), "float64", "s", "delivered or lost, from the start of the plan",
            _COUNT, "NaN: a node holds it still",
        ),
        Column(
            "ended_node", ("bundle",), "int32", "", "node where it was delivered or lost",
            (-1.0, _INF), "-1: a node holds it still",
        ),
        Column(
            "latency_s", ("bundle",), "float64", "s", "from creation to delivery",
            _COUNT, "NaN: not delivered",
        ),
        Column(
            "best_case_s", ("bundle",), "float64", "s",
            "delivery if it had the network to itself, from the start of the plan", _COUNT, "NaN: never",
        ),
        Column("hops", ("bundle",), "int32", "1", "times it was sent", _COUNT),
    ),
)  # fmt: skip
"""What became of each bundle."""

NODE_BACKLOG = Table(
    "node_backlog",
    (
        Column("name", ("node_number",), "U", "", "name of the node; its place is its number"),
        Column("time_s", ("change",), "float64", "s", "of the change, from the start of the plan", _COUNT),
        Column("node", ("change",), "int32", "", "node whose buffer changes", _COUNT),
        _volume("held_mb", "change", "what it holds from then on"),
    ),
)
"""What each node holds, from change to change."""

TABLES: tuple[Table, ...] = (
    CELLS, PEOPLE, CELL_RESULTS, FALLBACK_RESULTS, DISTRICT_RESULTS, DAY, LANDING, SLOTS,
    CONTACTS, DELIVERIES, BUNDLES, NODE_BACKLOG,
)  # fmt: skip
"""Every declared table, in the order of the reference docs."""

_NO_WAY = "never connected"
PAIRS = Table(
    "pairs",
    (
        Column("one", ("pair",), "U", "", "place at one end"),
        Column("other", ("pair",), "U", "", "place at the other end"),
        Column("great_circle_km", ("pair",), "float64", "km", "between them over the mean sphere", _COUNT),
        Column("connected_share", ("pair",), "float64", "1", "part of the steps with a way", _SHARE),
        Column("rtt_min_ms", ("pair",), "float64", "ms", "least round trip of light", _COUNT, _NO_WAY),
        Column("rtt_median_ms", ("pair",), "float64", "ms", "median round trip", _COUNT, _NO_WAY),
        Column("rtt_p95_ms", ("pair",), "float64", "ms", "round trip of 95 % of the steps", _COUNT, _NO_WAY),
        Column("rtt_max_ms", ("pair",), "float64", "ms", "longest round trip", _COUNT, _NO_WAY),
        Column(
            "jitter_ms", ("pair",), "float64", "ms", "mean change of the round trip from step to step",
            _COUNT, "never connected at two steps in a row",
        ),
        Column("satellites", ("pair",), "float64", "1", "on the way, mean", _COUNT, _NO_WAY),
        Column(
            "changes_per_hour", ("pair",), "float64", "1/h",
            "steps at which the way is another: in satellites, gateway or the fibre behind it", _COUNT,
        ),
        Column(
            "handovers_per_hour", ("pair",), "float64", "1/h",
            "steps at which the satellite of an end is another, both ends added", _COUNT,
        ),
        Column(
            "gateway_changes_per_hour", ("pair",), "float64", "1/h",
            "steps at which the gateway that it lands at is another; 0 where it ends at places", _COUNT,
        ),
        Column("outages", ("pair",), "int64", "1", "times without a way, each of one step or more", _COUNT),
        Column("longest_outage_s", ("pair",), "float64", "s", "longest of them; 0 for none", _COUNT),
    ),
)  # fmt: skip

EDGES = Table(
    "edges",
    (
        Column("time_s", ("edge",), "float64", "s", "of the step, from the start", _COUNT),
        Column("one", ("edge",), "U", "", "name of the node at one end: for lasers the lower number"),
        Column("other", ("edge",), "U", "", "name of the node at the other end"),
        Column("one_kind", ("edge",), "U", "", "satellite, place, or pop (point of presence)"),
        Column("other_kind", ("edge",), "U", "", "satellite, place, or pop (point of presence)"),
        Column("kind", ("edge",), "U", "", "laser; ground: place and satellite; fibre"),
        Column("km", ("edge",), "float64", "km", "length: of fibre, of the glass", _COUNT),
        Column("delay_ms", ("edge",), "float64", "ms", "of light, one way", _COUNT),
    ),
)

OUTAGES = Table(
    "outages",
    (
        Column("pair", ("outage",), "int64", "1", "row in the table pairs", _COUNT),
        Column("start_s", ("outage",), "float64", "s", "first step without a way, from the start", _COUNT),
        Column("duration_s", ("outage",), "float64", "s", "steps without a way, times their length", _COUNT),
        Column("cause", ("outage",), "U", "", "why, of the first of them"),
    ),
)

FLOWS = Table(
    "flows",
    (
        Column("one", ("pair",), "U", "", "place that sends"),
        Column("other", ("pair",), "U", "", "place that receives"),
        Column("asked_mbps", ("pair",), "float64", "Mbps", "rate asked for", _COUNT),
        Column("mean_mbps", ("pair",), "float64", "Mbps", "rate got, mean", _COUNT),
        Column("least_mbps", ("pair",), "float64", "Mbps", "rate got, least", _COUNT),
        Column("met_share", ("pair",), "float64", "1", "part of the looks with all asked for", _SHARE),
        Column("stopped_by", ("pair",), "U", "", "what stops it most often"),
        Column(
            "lands_at", ("pair",), "U", "", "gateway where most of it lands, most often",
            missing="empty: it ends at a place, or nothing of it lands",
        ),
    ),
)  # fmt: skip
