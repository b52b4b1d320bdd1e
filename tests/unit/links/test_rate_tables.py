"""Tables of rates: which mode holds, and the published ones of Queqiao-1."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.links.antenna import peak_gain_dbi
from raabta.links.budget import free_space_loss_db
from raabta.links.rate_tables import (
    catalogue_model,
    of_catalogue,
    rate_name,
    rate_table,
    transfer_s,
    volume_bytes,
)
from raabta.links.space_link import Antenna, Receiver, SpaceLink, Stated, closing_eirp_dbw

PUBLISHED_KBPS = {
    "queqiao-1-forward": [0.125],
    "queqiao-1-lander-return": [1.4, 50.0, 280.0, 555.0],
    "queqiao-1-rover-return": [0.7, 140.0, 285.0],
    "queqiao-1-to-earth": [1_000.0, 2_000.0, 4_000.0, 10_000.0],
    "queqiao-1-telecommand": [1.0],
    "queqiao-1-telemetry": [2.048],
}
"""Zhang 2021, table 1, doi:10.34133/2021/3471608."""


@pytest.mark.parametrize("name", PUBLISHED_KBPS)
def test_rates_are_the_published_ones(name):
    found = of_catalogue(name)
    assert found.rate_mbps * 1e3 == pytest.approx(PUBLISHED_KBPS[name])
    assert np.diff(found.required_dbhz - 10.0 * np.log10(found.rate_mbps)) == pytest.approx(0.0, abs=1e-12)


def test_volumes_and_times_of_the_published_rates():
    """285 kbit/s over 8 h is 1.03 GB; at 125 bit/s a command of 200 bytes takes 12.8 s."""
    assert volume_bytes(
        of_catalogue("queqiao-1-rover-return").rate_mbps[-1], 8 * 3_600
    ) / 1e9 == pytest.approx(1.03, abs=0.005)
    assert transfer_s(200, of_catalogue("queqiao-1-forward").rate_mbps[0]) == pytest.approx(12.8)
    assert transfer_s([1, 2], [0.0, 1.0]).tolist() == [np.inf, 16e-6]


def test_free_space_loss_and_gain_of_the_lunar_case():
    """8.45 GHz: 222.68 dB at 384,400 km and 190.04 dB at 8,971.5 km; a 4.2 m dish of 55 % has 48.8 dBi."""
    assert free_space_loss_db([384_400.0, 8_971.5], 8.45) == pytest.approx([222.68, 190.04], abs=0.005)
    assert peak_gain_dbi(4.2, 8.45, 0.55) == pytest.approx(48.8, abs=0.05)


def test_a_calibrated_terminal_reaches_as_far_as_its_table_says():
    """The rover of Queqiao-1, found from its fastest rate at the farthest point of the halo: 285 kbit/s to
    79,000 km, 140 kbit/s to sqrt(285/140) as far, 0.7 kbit/s to 20 times as far."""
    model, table = catalogue_model("queqiao-1-rover-return"), of_catalogue("queqiao-1-rover-return")
    relay = Receiver(Antenna(dish_m=4.2, pointing_error_deg=0.06), 2.0, 0.5)
    eirp = closing_eirp_dbw(table, relay, model.frequency_ghz, model.reach_km, model.reach_margin_db)
    link = SpaceLink(
        "return", model.frequency_ghz, Stated(eirp_dbw=eirp), relay, table, model.reach_margin_db
    )
    reach_km = 79_000.0 * np.sqrt(0.285 / table.rate_mbps)
    for mode, reach in enumerate(reach_km):
        near, far = link.cn0_dbhz(reach * np.array([1.0 - 1e-6, 1.0 + 1e-6]))
        assert link.rate_mbps(near) == table.rate_mbps[mode]
        assert link.rate_mbps(far) == (table.rate_mbps[mode - 1] if mode else 0.0)
    assert 10.0 < eirp < 25.0, "a watt or ten, and a small horn or dish"
    near = link.rate_mbps(link.cn0_dbhz([9_000.0]))
    assert near == 0.285, "a relay that is nearer gets no rate that the radio has not"


def test_a_margin_holds_back_modes():
    table = rate_table("two", [1.0, 2.0], 3.0)
    assert table.required_dbhz == pytest.approx([63.0, 66.0103], abs=1e-4)
    assert table.best([62.9, 63.1, 66.1]).tolist() == [-1, 0, 1]
    assert table.rate_at_mbps(67.0, 3.0) == 1.0 and table.rate_at_mbps(10.0) == 0.0


def test_names_of_rates():
    names = [rate_name(rate) for rate in (0.000125, 0.0007, 0.0014, 0.285, 1.0, 100.0)]
    assert names == ["125 bit/s", "700 bit/s", "1.4 kbit/s", "285 kbit/s", "1 Mbit/s", "100 Mbit/s"]


def test_what_is_refused():
    with pytest.raises(OutOfRangeError, match="a rate, Mbps is 0"):
        rate_table("x", [0.0], 3.0)
    with pytest.raises(OutOfRangeError, match="a rate is 1 Mbps twice"):
        rate_table("x", [1.0, 1.0], 3.0)
    with pytest.raises(RaabtaError, match="one mode or more"):
        rate_table("x", [], 3.0)
    with pytest.raises(OutOfRangeError, match="Eb/N0 is -3 dB"):
        rate_table("x", [1.0], -3.0)
    with pytest.raises(RaabtaError, match="1 names for 2 modes"):
        rate_table("x", [1.0, 2.0], 3.0, ["slow"])
