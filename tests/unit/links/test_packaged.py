"""The packaged tables of the link functions: every row says where it is from."""

from __future__ import annotations

from importlib.resources import files

import pytest

from raabta.links import packaged

NAMED = ("RR ", "47 CFR ", "ETSI EN ", "3GPP TS ", "ITU-R ")
TABLES = sorted(
    each.name for each in files("raabta.links").joinpath("data").iterdir() if each.name.endswith(".csv")
)


def test_the_tables_of_limits_and_modes_are_looked_at() -> None:
    assert {"article21.csv", "article22.csv", "dvbs2x.csv", "nr_mcs.csv", "vl_snr.csv"} <= set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_every_row_names_its_source(name: str) -> None:
    rows = packaged.rows(name)
    assert rows
    for row in rows:
        assert row["source"].startswith(NAMED), row


def test_a_figure_without_a_named_source_says_so() -> None:
    assert {row["source"] for row in packaged.rows("vl_snr.csv")} == {
        "ETSI EN 302 307-2 V1.3.1; threshold: source not named"
    }
