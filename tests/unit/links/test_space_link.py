"""Links between any two nodes: lines that sum, noise of what is in the beam, and the modes they carry."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError, RaabtaError, ScenarioError
from raabta.links import stations
from raabta.links.rate_tables import of_catalogue, rate_table
from raabta.links.space_link import (
    Air,
    Antenna,
    Disc,
    Receiver,
    SpaceLink,
    Stated,
    Transmitter,
    filled_share,
    half_width_deg,
)

TABLE = rate_table("test", [0.0007, 0.14, 0.285], 4.0)
RELAY = Receiver(Antenna(dish_m=4.2, pointing_error_deg=0.06), 2.0, 0.5)
ROVER = Transmitter(Antenna(gain_dbi=20.0), 10.0, 1.0)
LINK = SpaceLink("rover to relay", 8.45, ROVER, RELAY, TABLE, losses=(("polarisation", 0.3),))


def test_lines_sum_to_c_n0_and_agree_with_the_arrays():
    found = LINK.budget(18_000.0)
    parts = sum(line.value for line in found.lines if line.sums)
    assert found.cn0_dbhz == pytest.approx(parts, abs=1e-12) == found.value("C/N0")
    assert LINK.cn0_dbhz([18_000.0, 36_000.0])[0] == pytest.approx(parts, abs=1e-12)
    assert np.diff(LINK.cn0_dbhz([18_000.0, 36_000.0]))[0] == pytest.approx(-6.0206, abs=1e-4)
    assert found.rate_mbps == LINK.rate_mbps(found.cn0_dbhz) == 0.285 and found.spare_db > 3.0
    assert found.value("polarisation") == -0.3 and found.value("rate") == found.rate_mbps
    with pytest.raises(KeyError, match="no line 'rain'; there are range, frequency, power"):
        found.value("rain")


def test_it_is_the_equation_by_hand():
    """10 W, -1 dB, 20 dBi; 196.09 dB at 18,000 km; 48.81 - 0.17 - 0.5 dBi; 290 (10^0.2 - 1) = 169.6 K, a feed
    of 0.5 dB (31.5 K and 2.4 K of sky), 203.5 K."""
    noise_k = 290.0 * (10**0.2 - 1.0) + 290.0 * (1.0 - 10**-0.05) + 2.7 * 10**-0.05
    hand = 10.0 - 1.0 + 20.0 - 196.090 - 0.3 + 48.812 - 0.175 - 0.5 - 10.0 * np.log10(noise_k) + 228.599
    assert LINK.cn0_dbhz(18_000.0) == pytest.approx(hand, abs=2e-3)


def test_the_moon_in_a_wide_beam_and_in_a_narrow_one():
    """A beam of 10 degrees: 1/400 of it is the Moon's, near half a kelvin (an amateur's note, 250 K). A beam
    of 0.063 degrees, DSS-13's at X band: all of the Moon's temperature."""
    assert 250.0 * filled_share(0.25, 10.0) == pytest.approx(0.43, abs=0.02)
    assert filled_share(0.26, 0.063) == pytest.approx(1.0, abs=1e-9)
    assert filled_share(0.26, 0.5) == pytest.approx(1.0 - 2.0 ** -((0.52 / 0.5) ** 2), abs=1e-12)
    assert filled_share(0.26, 0.5, 2.0) < 1e-6 and filled_share(180.0, 10.0) == pytest.approx(1.0)


def test_a_disc_off_the_axis_is_the_integral_of_the_beam():
    width, radius, off = 0.5, 0.3, 0.35
    sigma = width / np.sqrt(8.0 * np.log(2.0))
    grid = np.linspace(-radius, radius, 2_001)
    x, y = np.meshgrid(grid, grid)
    beam = np.exp(-((x + off) ** 2 + y**2) / (2.0 * sigma**2)) / (2.0 * np.pi * sigma**2)
    total = beam[np.hypot(x, y) <= radius].sum() * (grid[1] - grid[0]) ** 2
    assert filled_share(radius, width, off) == pytest.approx(total, rel=1e-3)


def test_an_amateurs_moon_transit_at_11_ghz():
    """A 3.7 m dish with a 70 % aperture and a system of 160 K sees 2.5 dB more with the Moon in the beam,
    from which its owner deduces 220 K (dg2neu.de, 2023): within 0.5 dB."""
    dish = Antenna(dish_m=3.7, efficiency_share=0.7)
    cold = Receiver(dish, clear_system_k=160.0).system_k(11.0)
    warm = Receiver(dish, clear_system_k=160.0, discs=(Disc("Moon", 220.0, 0.259),)).system_k(11.0)
    assert 10.0 * np.log10(warm / cold) == pytest.approx(2.5, abs=0.5)


def test_the_moon_warms_a_relay_that_looks_at_a_rover():
    moon = Disc("Moon", 240.0, float(half_width_deg(1_737.4, 18_000.0)))
    warm = Receiver(RELAY.antenna, 2.0, 0.5, (moon,))
    assert warm.system_k(8.45) - RELAY.system_k(8.45) == pytest.approx((240.0 - 2.7) * 10**-0.05, abs=0.01)
    link = SpaceLink("rover to relay", 8.45, ROVER, warm, TABLE)
    assert "with the Moon in the beam" in next(
        x.note for x in link.budget(9e3).lines if x.name == "system noise"
    )


def test_g_over_t_of_a_70_m_dish():
    """810-005's figures of a 70 m dish at X band: 74.6 dBi and about 20 K make 61.6 dB/K."""
    own = stations.station("canberra")
    dish = stations.receiver(own, "X")
    assert dish.antenna.peak_dbi(8.42) == pytest.approx(74.6, abs=1.2), "72 % there, 60 % assumed here"
    assert dish.g_over_t_dbk(8.42) == pytest.approx(61.6, abs=1.2)


def test_air_counts_at_an_earth_end_alone_and_warms_the_receiver():
    own = stations.station("kashi")
    air = Air(np.array([5.0, 10.0, 90.0]), np.array([1.0, 0.5, 0.1]))
    clear = SpaceLink("down", 8.45, ROVER, stations.receiver(own, "X"), TABLE)
    wet = SpaceLink("down", 8.45, ROVER, stations.receiver(own, "X"), TABLE, receiver_air=air)
    fall = clear.cn0_dbhz(4e5) - wet.cn0_dbhz(4e5, receiver_elevation_deg=10.0)
    rise_k = 272.3 * (1.0 - 10**-0.05)
    assert fall == pytest.approx(0.5 + 10.0 * np.log10((45.0 + rise_k) / 45.0), abs=1e-3)
    assert air.at_db(np.array([5.0, 90.0])).tolist() == [1.0, 0.1] and 0.1 < air.at_db(30.0) < 0.5
    with pytest.raises(OutOfRangeError, match="elevation of an Earth end is 3 deg; valid: 5 to 90 deg"):
        wet.cn0_dbhz(4e5, receiver_elevation_deg=3.0)
    up = SpaceLink("up", 7.2, stations.transmitter(own, "X"), RELAY, TABLE, sender_air=air)
    assert up.budget(4e5, 10.0).value("air at the sender") == -0.5


def test_air_of_the_itu_tables():
    from raabta.links.sites import read_sites
    from raabta.links.space_link import air_of
    from raabta.links.weather import tables

    fades = tables(
        read_sites(24.9, 67.0, 0.03), frequency_ghz=26.5, dish_m=12.0, efficiency_share=0.6,
        exceedance_percent=1.0, elevation_deg=np.array([10.0, 30.0, 90.0]),
    )  # fmt: skip
    air = air_of(fades)
    assert air.at_db(30.0) == fades.total_db[0, 0, 1] and air.at_db(10.0) > air.at_db(90.0) > 0.0


def test_every_band_of_every_station_makes_an_end():
    from raabta.scenario.catalogue import catalogue_names

    for name in catalogue_names("tracking-station"):
        own = stations.station(name)
        for each in own.radios:
            assert stations.receiver(own, each.band).g_over_t_dbk(each.down_ghz) > 20.0
            if each.power_w is not None:
                assert stations.transmitter(own, each.band).eirp_dbw(each.up_ghz) > 70.0


@pytest.mark.parametrize(
    ("frequency_ghz", "width_deg"), [(0.4, 11.5), (2.2, 2.08), (8.45, 0.54), (26.5, 0.173)]
)
def test_every_band_between_two_dishes(frequency_ghz, width_deg):
    """UHF, S, X, Ka: between two dishes (2/3 of a wavelength and 5 at least) C/N0 rises with the
    square of the frequency, less what pointing loses; beams are 1.03 wavelengths over the diameter wide."""
    big, small = Antenna(dish_m=3.85, pointing_error_deg=0.05), Antenna(dish_m=0.5)
    link = SpaceLink("any", frequency_ghz, Transmitter(small, 1.0), Receiver(big, 1.0), TABLE)
    base = SpaceLink("any", 0.4, Transmitter(small, 1.0), Receiver(big, 1.0), TABLE)
    gain = link.cn0_dbhz(1e4) - base.cn0_dbhz(1e4) + big.off_db(frequency_ghz) - big.off_db(0.4)
    assert gain == pytest.approx(20.0 * np.log10(frequency_ghz / 0.4), abs=1e-6)
    assert big.width_deg(frequency_ghz) == pytest.approx(width_deg, rel=0.01)


def test_what_is_refused():
    with pytest.raises(RaabtaError, match="dish_m or by gain_dbi"):
        Antenna()
    with pytest.raises(RaabtaError, match="noise_figure_db or by clear_system_k"):
        Receiver(Antenna(gain_dbi=3.0))
    with pytest.raises(OutOfRangeError, match=r"pointing error over beam width is 2\."):
        SpaceLink("x", 8.45, ROVER, Receiver(Antenna(dish_m=4.2, pointing_error_deg=1.0), 2.0), TABLE).budget(
            1e4
        )
    with pytest.raises(OutOfRangeError, match="the sender's EIRP is not told"):
        SpaceLink("x", 8.45, Stated(), RELAY, TABLE).budget(1e4)
    with pytest.raises(OutOfRangeError, match="frequency is 99 GHz"):
        SpaceLink("x", 99.0, ROVER, RELAY, TABLE)
    with pytest.raises(OutOfRangeError, match="a band of Miyun is 'Ka'; valid: S, X"):
        stations.receiver(stations.station("miyun"), "Ka")
    with pytest.raises(OutOfRangeError, match="X of Miyun is receives alone"):
        stations.transmitter(stations.station("miyun"), "X")
    with pytest.raises(ScenarioError, match="'karachi' is a gateway, not a tracking-station"):
        stations.station("karachi")
    with pytest.raises(ScenarioError, match="'kashi' is a tracking-station, not a rate-table"):
        of_catalogue("kashi")
