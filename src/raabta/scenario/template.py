"""The commented starting point that `raabta init` writes."""

from __future__ import annotations

import json
from dataclasses import dataclass

from raabta.scenario.models import SCHEMA_VERSION

PAKISTANI_SITES = ("karachi", "gwadar", "islamabad", "lahore", "peshawar", "quetta", "multan")


@dataclass(frozen=True)
class Site:
    """A place for a hypothetical gateway."""

    name: str
    latitude_deg: float
    longitude_deg: float


_HEAD = """\
# A raabta scenario: one question, whole. Run it with `raabta run {file}`.
# Every key carries its unit in its name; every key not written here has a default, and every default is
# listed in the reference (docs/reference/scenario.md). `raabta catalogue` lists what can be named.
schema_version: {version}
name: {name}
title: {title}
seed: 2026                      # the same seed gives the same answer, bit for bit

time:
  start: 2026-11-22T00:00:00Z   # UTC; fixed, never "now"
  duration_s: 86400             # 24 hours
  step_s: 15                    # one slot

area:
  country: {country}                  # ISO 3166-1 alpha-3
  # outline_file: my_area.geojson    # your own area instead of the country's outline
  # people_file: my_people.csv       # your own people instead of the packaged ones
  # districts_file: my_districts.geojson   # your own district polygons
  # horizon_file: my_horizons.csv    # hills around your places

constellation:
  catalogue: galaxyspace-like   # or starlink-gen1, oneweb, telesat, kuiper; a stand-in says so
  # payload: {{beams: 47}}        # overrule any figure of the entry

# Each gateway is a site and a radio.
gateways:
{gateways}
demand:
  catalogue: rural-pakistan     # take-up and what counts as covered; defaults, not forecasts
  serve: underserved            # or rural, everyone
  plan: 25/3                    # Mbps down/up at the IP layer; 50/10 and 100/20 are reported too
  # take_up_share: 0.1
  # terrestrial: {{coverage_file: my_coverage.geojson}}   # who has broadband already
  terminals:                    # their `share` must sum to 1
    - {{catalogue: household-vsat, share: 0.1}}
    - {{catalogue: community, share: 0.6}}
    - {{catalogue: backhaul, share: 0.25}}
    - {{catalogue: institution, share: 0.05}}

sharing:
  allocation: guarantee         # or equal
  capacity_share: neighbours    # or ratio, exclusive (an upper bound)
  # markets: {{IND: closed}}      # open, closed or unknown, per neighbouring country

weather:
  statistic: worst-month        # or annual
  # cloud_maps_file: my_p840_part1.zip   # the ITU's cloud maps of P.840-9

assumptions:
  - Gateways are hypothetical; none is licensed or built for this purpose
"""


def starting_point(file: str, country: str, country_name: str, sites: tuple[Site, ...]) -> str:
    """A whole scenario in commented YAML for a country; Pakistan gets its seven candidate sites."""
    return _HEAD.format(
        file=file,
        version=SCHEMA_VERSION,
        name=json.dumps(f"my-{country.lower()}"),
        title=json.dumps(f"{country_name}: a first look"),
        country=json.dumps(country),
        gateways=_gateways(country, sites),
    )


def _gateways(country: str, sites: tuple[Site, ...]) -> str:
    if country == "PAK":
        return "".join(f"  - catalogue: [{site}, ka-earth-station]\n" for site in PAKISTANI_SITES)
    return "".join(
        f"  - catalogue: ka-earth-station\n"
        f"    name: {json.dumps(site.name, ensure_ascii=False)}\n"
        f"    country: {json.dumps(country)}\n"
        f"    latitude_deg: {site.latitude_deg:.4f}\n"
        f"    longitude_deg: {site.longitude_deg:.4f}\n"
        for site in sites
    )
