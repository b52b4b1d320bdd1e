"""The Datasets of missions, declared: see `base.dataset`; `base.tables` hands them on."""

from __future__ import annotations

from raabta.base.dataset import Column, Table

_COUNT = (0.0, float("inf"))
_SHARE = (0.0, 1.0)

MISSION_CONTACTS = Table(
    "mission_contacts",
    (
        Column("link", ("contact",), "U", "", "name of the link in the scenario"),
        Column("one", ("contact",), "U", "", "node at one end"),
        Column("other", ("contact",), "U", "", "node at the other end"),
        Column("start", ("contact",), "U", "", "when both see each other, UTC"),
        Column("start_s", ("contact",), "float64", "s", "the same from the start of the run", _COUNT),
        Column("duration_s", ("contact",), "float64", "s", "how long", _COUNT),
        Column(
            "peak_elevation_deg", ("contact",), "float64", "deg", "highest elevation at its site",
            (-90.0, 90.0), "NaN between two craft",
        ),
        Column("range_min_km", ("contact",), "float64", "km", "least range", _COUNT),
        Column("range_max_km", ("contact",), "float64", "km", "greatest range", _COUNT),
        Column("cut", ("contact",), "bool", "", "whether the run begins or ends within it"),
    ),
)  # fmt: skip

MISSION_LINKS = Table(
    "mission_links",
    (
        Column("link", ("pair",), "U", "", "name of the link in the scenario"),
        Column("one", ("pair",), "U", "", "node at one end"),
        Column("other", ("pair",), "U", "", "node at the other end"),
        Column("contacts", ("pair",), "int64", "1", "contacts over the run", _COUNT),
        Column("contact_share", ("pair",), "float64", "1", "part of the run in contact", _SHARE),
        Column("contact_s", ("pair",), "float64", "s", "in contact, all together", _COUNT),
        Column("longest_s", ("pair",), "float64", "s", "longest contact", _COUNT),
        Column("longest_gap_s", ("pair",), "float64", "s", "longest time without one", _COUNT),
    ),
)

_BUDGETS_ALONE = "NaN where the link has no budget"

MISSION_RATES = Table(
    "mission_rates",
    (
        Column("link", ("step",), "U", "", "name of the link in the scenario"),
        Column("way", ("step",), "U", "", "forward or return"),
        Column("sender", ("step",), "U", "", "node that sends"),
        Column("receiver", ("step",), "U", "", "node that hears it"),
        Column("start", ("step",), "U", "", "from when the mode holds, UTC"),
        Column("start_s", ("step",), "float64", "s", "the same from the start of the run", _COUNT),
        Column("duration_s", ("step",), "float64", "s", "how long", _COUNT),
        Column("rate_mbps", ("step",), "float64", "Mbps", "information rate; 0 where none closes", _COUNT),
        Column("range_min_km", ("step",), "float64", "km", "least range", _COUNT),
        Column("range_max_km", ("step",), "float64", "km", "greatest range", _COUNT),
        Column("cn0_min_dbhz", ("step",), "float64", "dBHz", "least C/N0", None, _BUDGETS_ALONE),
        Column("cn0_max_dbhz", ("step",), "float64", "dBHz", "greatest C/N0", None, _BUDGETS_ALONE),
    ),
)

MISSION_BUDGETS = Table(
    "mission_budgets",
    (
        Column("link", ("row",), "U", "", "name of the link in the scenario"),
        Column("way", ("row",), "U", "", "forward or return"),
        Column("at", ("row",), "U", "", "best or worst of all its contacts, by C/N0"),
        Column("sender", ("row",), "U", "", "node that sends"),
        Column("receiver", ("row",), "U", "", "node that hears it"),
        Column("line", ("row",), "U", "", "line of the budget"),
        Column("value", ("row",), "float64", "", "in the line's unit"),
        Column("line_unit", ("row",), "U", "", "unit of the value"),
        Column("sums", ("row",), "bool", "", "whether it is one of the lines that sum to C/N0"),
        Column("note", ("row",), "U", "", "what it is made of"),
    ),
)

MISSION_LIGHT = Table(
    "mission_light",
    (
        Column("node", ("interval",), "U", "", "whose"),
        Column("state", ("interval",), "U", "", "of the Sun's disc: sunlit, all; penumbra, some; dark, none"),
        Column(
            "by", ("interval",), "U", "", "what hides it: a body, or the site's horizon; empty in sunlight"
        ),
        Column("start", ("interval",), "U", "", "when it begins, UTC"),
        Column("start_s", ("interval",), "float64", "s", "the same from the start of the run", _COUNT),
        Column("duration_s", ("interval",), "float64", "s", "how long", _COUNT),
    ),
)

MISSION_LOOKS = Table(
    "mission_look_angles",
    (
        Column("site", ("pair",), "U", "", "where the dish stands"),
        Column("node", ("pair",), "U", "", "what it points at"),
        Column("elevation_min_deg", ("pair",), "float64", "deg", "least elevation", (-90.0, 90.0)),
        Column("elevation_mean_deg", ("pair",), "float64", "deg", "mean elevation", (-90.0, 90.0)),
        Column("elevation_max_deg", ("pair",), "float64", "deg", "greatest elevation", (-90.0, 90.0)),
        Column("azimuth_min_deg", ("pair",), "float64", "deg", "least azimuth, from north by east", (0, 360)),
        Column("azimuth_max_deg", ("pair",), "float64", "deg", "greatest azimuth", (0, 360)),
        Column("range_min_km", ("pair",), "float64", "km", "least range", _COUNT),
        Column("range_max_km", ("pair",), "float64", "km", "greatest range", _COUNT),
        Column("light_time_ms", ("pair",), "float64", "ms", "of light, one way, at the least range", _COUNT),
        Column("covered", ("pair",), "bool", "", "whether it is above the site's mask all the time"),
    ),
)

MISSION_SUN_OUTAGES = Table(
    "mission_sun_outages",
    (
        Column("site", ("outage",), "U", "", "where the dish stands"),
        Column("node", ("outage",), "U", "", "the satellite that it listens to"),
        Column("start", ("outage",), "U", "", "when the Sun enters the beam, UTC"),
        Column("start_s", ("outage",), "float64", "s", "the same from the start of the run", _COUNT),
        Column("duration_s", ("outage",), "float64", "s", "how long", _COUNT),
        Column(
            "separation_deg", ("outage",), "float64", "deg", "least angle from Sun to satellite", (0.0, 180.0)
        ),
    ),
)

MISSION_CREW_DAYS = Table(
    "mission_crew_days",
    (
        Column("day", ("row",), "int64", "1", "of the crew, by its own clock"),
        Column("start_s", ("row",), "float64", "s", "when it begins, from the start of the run", _COUNT),
        Column("duration_s", ("row",), "float64", "s", "how much of it lies in the run", _COUNT),
        Column("link", ("row",), "U", "", "name of the link; `any` for all of them together"),
        Column("contacts", ("row",), "int64", "1", "contacts in the day", _COUNT),
        Column("contact_s", ("row",), "float64", "s", "in contact", _COUNT),
        Column("awake_contact_s", ("row",), "float64", "s", "of it while the crew is awake", _COUNT),
        Column("longest_gap_s", ("row",), "float64", "s", "longest time without contact", _COUNT),
    ),
)

MISSION_EXPOSURE = Table(
    "mission_exposure",
    (
        Column("particle", ("energy",), "U", "", "protons or electrons"),
        Column("energy_mev", ("energy",), "float64", "MeV", "particles above this energy", _COUNT),
        Column("mean_flux", ("energy",), "float64", "1/(cm2 s)", "omnidirectional flux, mean", _COUNT),
        Column("peak_flux", ("energy",), "float64", "1/(cm2 s)", "omnidirectional flux, greatest", _COUNT),
        Column("fluence", ("energy",), "float64", "1/cm2", "over the run", _COUNT),
        Column("daily_fluence", ("energy",), "float64", "1/cm2", "a day", _COUNT),
        Column("hot_share", ("energy",), "float64", "1", "part of the run at `exposure.hot_share` of the "
               "greatest flux or more", _SHARE),
    ),
)  # fmt: skip

_NONE_DELIVERED = "NaN where nothing was delivered"

MISSION_DATA = Table(
    "mission_data",
    (
        Column("case", ("row",), "U", "", "of the links that carried it; empty where links have none"),
        Column("flow", ("row",), "U", "", "name of the data in the scenario"),
        Column("made_mb", ("row",), "float64", "MB", "made over the run", _COUNT),
        Column("delivered_mb", ("row",), "float64", "MB", "delivered", _COUNT),
        Column("waiting_mb", ("row",), "float64", "MB", "held at the end: no contact, or all full", _COUNT),
        Column("expired_mb", ("row",), "float64", "MB", "older than its lifetime", _COUNT),
        Column("lost_mb", ("row",), "float64", "MB", "no room in a buffer", _COUNT),
        Column(
            "latency_min_s", ("row",), "float64", "s", "made to delivered, least", _COUNT, _NONE_DELIVERED
        ),
        Column("latency_p50_s", ("row",), "float64", "s", "median over bundles", _COUNT, _NONE_DELIVERED),
        Column("latency_p95_s", ("row",), "float64", "s", "95 % of bundles", _COUNT, _NONE_DELIVERED),
        Column("latency_max_s", ("row",), "float64", "s", "greatest", _COUNT, _NONE_DELIVERED),
    ),
)

MISSION_DELIVERED = Table(
    "mission_delivered",
    (
        Column("case", ("row",), "U", "", "of the links that carried it"),
        Column("flow", ("row",), "U", "", "name of the data in the scenario"),
        Column("time_s", ("row",), "float64", "s", "from the start of the run", _COUNT),
        Column("made_mb", ("row",), "float64", "MB", "made until then", _COUNT),
        Column("delivered_mb", ("row",), "float64", "MB", "delivered until then", _COUNT),
    ),
)

MISSION_GAPS = Table(
    "mission_gaps",
    (
        Column(
            "case", ("gap",), "U", "", "of the links that are silent; empty of darkness, and without cases"
        ),
        Column("node", ("gap",), "U", "", "whose"),
        Column("what", ("gap",), "U", "", "dark: no Sun; silent: no contact"),
        Column("start", ("gap",), "U", "", "when it begins, UTC"),
        Column("start_s", ("gap",), "float64", "s", "the same from the start of the run", _COUNT),
        Column("duration_s", ("gap",), "float64", "s", "how long", _COUNT),
        Column("bridged", ("gap",), "bool", "", "whether the battery lasts so long"),
    ),
)

_NOT_HOME = "NaN where none is home"

MISSION_IMAGES = Table(
    "mission_images",
    (
        Column("case", ("row",), "U", "", "of the links that carried it; empty where links have none"),
        Column("image", ("row",), "int64", "1", "its number, by time, from 0", _COUNT),
        Column("camera", ("row",), "U", "", "name of the camera in the scenario"),
        Column("target", ("row",), "U", "", "name of the target"),
        Column("priority", ("row",), "int64", "1", "of the target", (0.0, 255.0)),
        Column("start", ("row",), "U", "", "when it is taken, UTC"),
        Column("start_s", ("row",), "float64", "s", "the same from the start of the run", _COUNT),
        Column("height_km", ("row",), "float64", "km", "of the craft above the mean sphere", _COUNT),
        Column("range_km", ("row",), "float64", "km", "from the craft to the target", _COUNT),
        Column("off_nadir_deg", ("row",), "float64", "deg", "target from straight down", (0.0, 90.0)),
        Column("emission_deg", ("row",), "float64", "deg", "craft from the target's vertical", (0.0, 90.0)),
        Column("sun_elevation_deg", ("row",), "float64", "deg", "of the Sun at the target", (-90.0, 90.0)),
        Column("ground_sample_m", ("row",), "float64", "m", "longer side of a pixel on the ground", _COUNT),
        Column("across_km", ("row",), "float64", "km", "on the ground across the track, along the middle",
               _COUNT, "NaN where the middle line misses the ground"),
        Column("along_km", ("row",), "float64", "km", "the same along the track", _COUNT,
               "NaN where the middle line misses the ground"),
        Column("area_km2", ("row",), "float64", "km2", "of the ground in the image", _COUNT),
        Column("limb", ("row",), "bool", "", "whether the limb is in the image"),
        Column("fate", ("row",), "U", "", "home, on board, too old or queue full"),
        Column("home_s", ("row",), "float64", "s", "when its last byte is home, from the start", _COUNT,
               "NaN where it is not"),
    ),
)  # fmt: skip

MISSION_FOOTPRINTS = Table(
    "mission_footprints",
    (
        Column("image", ("point",), "int64", "1", "number of the image", _COUNT),
        Column("latitude_deg", ("point",), "float64", "deg", "of a point of its outline, MOON_ME", (-90, 90)),
        Column("longitude_deg", ("point",), "float64", "deg", "east positive, MOON_ME", (-180.0, 180.0)),
    ),
)

MISSION_TARGETS = Table(
    "mission_targets",
    (
        Column("case", ("row",), "U", "", "of the links that carried images"),
        Column("target", ("row",), "U", "", "name of the target"),
        Column("latitude_deg", ("row",), "float64", "deg", "in the frame that it names", (-90.0, 90.0)),
        Column("longitude_deg", ("row",), "float64", "deg", "east positive", (-180.0, 180.0)),
        Column("priority", ("row",), "int64", "1", "of its images", (0.0, 255.0)),
        Column("windows", ("row",), "int64", "1", "times in view of a camera, lit or dark", _COUNT),
        Column("lit", ("row",), "int64", "1", "windows with the Sun high enough", _COUNT),
        Column("images", ("row",), "int64", "1", "images taken", _COUNT),
        Column("first_s", ("row",), "float64", "s", "first image taken, from the start", _COUNT,
               "NaN where none is"),
        Column("best_image", ("row",), "int64", "1", "the image with the least ground sample, -1 for none",
               (-1.0, float("inf"))),
        Column("best_sample_m", ("row",), "float64", "m", "ground sample of that image", _COUNT,
               "NaN where none is"),
        Column("home", ("row",), "int64", "1", "images home by the end of the run", _COUNT),
        Column("first_home_s", ("row",), "float64", "s", "first of them home, from the start", _COUNT,
               _NOT_HOME),
        Column("best_home_m", ("row",), "float64", "m", "least ground sample of those home", _COUNT,
               _NOT_HOME),
        Column("why", ("row",), "U", "", "why none is home: never in view, dark, other images first, queue "
               "full, too old, on board; empty where one is"),
    ),
)  # fmt: skip
