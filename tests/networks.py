"""A compact network for tests: 61 cells in Balochistan, a 500 km shell, three gateways, figures of our own.

Every figure a test relies on stands here, so that the catalogue may change under it. `build` gives a Network;
`over` puts satellites where a test wants them, so that a scene has exactly the links it is about.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import h3.api.basic_int as h3
import numpy as np

from raabta.access.cells import centres
from raabta.base.frames import geodetic_to_fixed
from raabta.base.tables import CELLS, as_dataset
from raabta.network.constraints import CONSTRAINTS
from raabta.network.model import Demand, prepare
from raabta.scenario.models import (
    Constellation,
    Gateway,
    Payload,
    Scenario,
    Sharing,
    Shell,
    Terminal,
    Time,
    Weather,
)
from raabta.scenario.models import Demand as Ask

ALTITUDE_KM = 500.0
CENTRE = (29.0, 66.0)
FORGETFUL = {"handover_s": 0.0, "memory_strength": 0.0}
"""Every slot by itself, unless a test is about what one knows of another."""
SHELL = Shell(altitude_km=ALTITUDE_KM, inclination_deg=40.0, planes=20, satellites_per_plane=20, phasing=8)


def payload(**changes):
    """TR 38.821 set 1 in the main: 8 beams of 400 MHz, 4 channels in one polarisation."""
    figures = {
        "user_down_ghz": 20.0, "user_up_ghz": 30.0, "channel_down_mhz": 400.0, "channel_up_mhz": 400.0,
        "channels": 4, "polarisations": 1, "beams": 8, "beams_per_cell": 1, "cells_per_beam": 64,
        "eirp_density_dbw_mhz": 4.0, "transmit_aperture_m": 0.5, "receive_aperture_m": 0.33,
        "g_over_t_dbk": 13.0, "rf_power_w": 100.0, "forward_mbps": 24_000.0, "return_mbps": 6_000.0,
        "reuse_separation_deg": 2.65, "scan_limit_deg": 60.0, "feeder_up_ghz": 28.5,
        "feeder_down_ghz": 18.5, "feeder_eirp_dbw": 37.0, "feeder_g_over_t_dbk": 13.0,
    }  # fmt: skip
    return Payload(**(figures | changes))


def terminal(**changes):
    """A VSAT of 0.6 m."""
    figures = {
        "terminal_class": "household", "label": "a VSAT", "dish_m": 0.6, "g_over_t_dbk": 15.9,
        "noise_temperature_k": 200.0, "eirp_dbw": 45.0, "carrier_mhz": 50.0, "electric_power_w": 60.0,
        "cost_class": "low", "share": 1.0,
    }  # fmt: skip
    return Terminal(**(figures | changes))


def gateway(name="Quetta", latitude_deg=30.18, longitude_deg=66.99, **changes):
    """A Ka gateway; all three stand where every satellite over the cells is seen."""
    return Gateway(
        name=name, country="PAK", latitude_deg=latitude_deg, longitude_deg=longitude_deg, **changes
    )


GATEWAYS = (gateway(), gateway("Karachi", 24.86, 67.0), gateway("Multan", 30.2, 71.47))


def scenario(
    *,
    radio=None,
    terminals=None,
    gateways=GATEWAYS,
    shells=(SHELL,),
    system=None,
    demand=None,
    sharing=None,
    weather=None,
    time=None,
    seed=2026,
):
    """A Scenario of the figures above; each part may be replaced or have values laid on it."""
    return Scenario(
        name="compact",
        seed=seed,
        time=Time(**({"duration_s": 300.0, "step_s": 15.0} | (time or {}))),
        constellation=Constellation(
            name="compact",
            label="compact",
            shells=shells,
            payload=radio or payload(),
            **({"user_min_elevation_deg": 25.0, "gso_separation_deg": 0.0} | (system or {})),
        ),
        gateways=gateways,
        demand=Ask(terminals=terminals or (terminal(),), **(demand or {})),
        sharing=Sharing(**(FORGETFUL | {"capacity_share": "exclusive"} | (sharing or {}))),
        weather=Weather(**({"rain_state_every": 4} | (weather or {}))),
    )


@lru_cache
def cells(rings=4, latitude_deg=CENTRE[0], longitude_deg=CENTRE[1], resolution=5):
    """The table CELLS of a disc of H3 cells: 1 + 3 rings (rings + 1) of them."""
    index = np.array(
        sorted(h3.grid_disk(h3.latlng_to_cell(latitude_deg, longitude_deg, resolution), rings)), np.uint64
    )
    latitude, longitude, radius = centres(index)
    return as_dataset(
        CELLS,
        {
            "h3": index,
            "latitude_deg": latitude,
            "longitude_deg": longitude,
            "height_m": np.zeros(index.size),
            "radius_km": radius,
        },
    )


def asks(where, homes, scene, order=None, neighbours=((), (), ())):
    """Demand of the cells `where`; homes: subscribing homes per cell, one number or (n,)."""
    n = where.sizes["cell"]
    homes = np.broadcast_to(np.asarray(homes, float), (n,))
    per_class = np.array([t.share / t.contention_ratio for t in scene.demand.terminals])
    latitude, longitude, people = (np.asarray(part, float) for part in neighbours)
    return Demand(
        people=homes * 60.0,
        active=homes[:, None] * per_class,
        subscribers=homes,
        order=np.flatnonzero(homes > 0.0) if order is None else np.asarray(order),
        neighbour_latitude_deg=latitude,
        neighbour_longitude_deg=longitude,
        neighbour_people=people,
    )


def build(scene=None, *, homes=200.0, where=None, order=None, neighbours=((), (), ())):
    """The Network of a scenario on some cells; everybody is promised his whole ask."""
    scene = scene or scenario()
    where = cells() if where is None else where
    return prepare(scene, where, asks(where, homes, scene, order, neighbours))


def again(network, homes):
    """The same network with other numbers of subscribing homes."""
    latitude = network.demand.active.shape[0]
    per_class = np.array([t.share / t.contention_ratio for t in network.scenario.demand.terminals])
    homes = np.broadcast_to(np.asarray(homes, float), (latitude,))
    return replace(
        network, demand=replace(network.demand, active=homes[:, None] * per_class, subscribers=homes)
    )


def over(*places, altitude_km=ALTITUDE_KM):
    """Satellites straight above (latitude, longitude) places: positions (3, m) km."""
    latitude, longitude = np.array(places, float).T
    return np.ascontiguousarray(geodetic_to_fixed(latitude, longitude, altitude_km).T)


def positions(network, slot=0):
    """Positions (3, n) km of the fleet in one slot of the run."""
    from raabta.network.chunk import slot_times

    return network.propagator.positions_km(slot_times(network, [slot]))[0]


def read(*parts):
    """Chunks as `gather` asks for them: as often as it likes."""
    return lambda only: parts


def quiet_chunk(slots, n=2, **arrays):
    """A chunk of n cells and one class in which nothing happened, with some arrays replaced."""
    from raabta.network.chunk import pack

    zero, wide = np.zeros(n, np.int64), np.zeros((n, len(CONSTRAINTS)), np.int64)
    quiet = {
        "satellite": np.full((slots, n), -1, np.int16), "gateway": np.full((slots, n), -1, np.int8),
        "down": np.zeros((slots, n), np.float16), "up_ratio": np.zeros((slots, n), np.float16),
        "rtt": np.zeros((slots, n), np.uint16), "level_sum": zero,
        "level_count": np.zeros(65_536, np.int64), "short_slots": zero,
        **pack("counts", np.zeros(0, np.uint32)), **pack("lacks", np.zeros(0, np.uint32)),
        "lacks_of": np.zeros(1, np.int8),
        "rain": zero, "feeder": zero, "code_count": wide, "code_unserved": wide, "code_count_up": wide,
        "code_unserved_up": wide, "visible": zero, "usable_satellites": np.zeros(slots, np.int32),
        "visible_satellites": np.zeros(slots, np.int32), "storm_clear": zero, "storm_wet": zero,
        "handovers": zero, "followed": np.zeros(1, np.int64),
        "storms": np.zeros((0, 10)), "bounds": np.zeros((0, 2)),
    }  # fmt: skip
    return quiet | arrays


def people(districts, homes, *, drawn_district):
    """People of two districts in four rows: cells 0, 1, 1, 2 in districts 0, 0, 1, 1; every home is rural,
    underserved and lit, six people to each. homes (4,); drawn_district (n,) of every cell."""
    from raabta.service.people import People

    homes, drawn = np.asarray(homes), np.asarray(drawn_district, np.int16)
    return People(
        districts=districts,
        cells=drawn.size,
        row_cell=np.array([0, 1, 1, 2], np.int32),
        row_district=np.array([0, 0, 1, 1], np.int16),
        population=homes * 6,
        households=homes,
        underserved=homes,
        rural=homes,
        unelectrified=np.zeros_like(homes),
        rural_underserved=homes,
        drawn_district=drawn,
        assumptions=("made up",),
    )
