from pathlib import Path

import numpy as np
import pytest

from raabta.report import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 %"), (1.0, "100 %"), (0.5, "50.0 %"), (0.9999, "> 99.9 %"), (0.0001, "< 0.1 %"),
        (None, "—"), (float("nan"), "—"), ("0.5", "—"), (np.float32(0.25), "25.0 %"),
    ],
)  # fmt: skip
def test_share_never_rounds_to_all_or_nothing(value: object, text: str) -> None:
    assert words.share(value) == text


@pytest.mark.parametrize(("value", "text"), [(1234567, "1,234,567"), (0.4, "0"), (None, "—"), (np.nan, "—")])
def test_count(value: object, text: str) -> None:
    assert words.count(value) == text


def test_a_chosen_share_has_a_decimal_only_where_it_has_one() -> None:
    assert [words.short_share(v) for v in (0.1, 0.125, 0.07, 1.0, 0.0)] == [
        "10 %",
        "12.5 %",
        "7 %",
        "100 %",
        "0 %",
    ]


def test_short_count_keeps_small_numbers_whole() -> None:
    assert words.short_count(41_400_000) == "41.4 million"
    assert words.short_count(812_345) == "812,345"


def test_clean_drops_what_could_drive_a_terminal_or_turn_text_round() -> None:
    assert words.clean("a\x1b[31mb\u202ec\x00d\ud800e\u2028f\ng") == "a[31mbcde fg"
    assert words.clean("گوادر") == "گوادر"


def test_band_is_empty_without_both_ends() -> None:
    assert words.band(None, 5) == ""
    assert words.band(1000, 2000) == "1,000 to 2,000"


def test_every_constraint_of_the_network_has_words_and_a_colour() -> None:
    from raabta.network.constraints import CONSTRAINTS
    from raabta.report.palette import CONSTRAINT_COLOURS

    assert set(CONSTRAINTS) == set(words.CONSTRAINTS) == set(CONSTRAINT_COLOURS)


def test_the_guide_tells_what_every_constraint_is_called() -> None:
    guide = (Path(__file__).parents[3] / "docs/guides/read-the-answer.md").read_text(encoding="utf-8")
    assert [name for name, text in words.CONSTRAINTS.items() if f"| `{name}` | {text} | " not in guide] == []
