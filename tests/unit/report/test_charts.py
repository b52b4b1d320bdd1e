from dataclasses import replace

import numpy as np
import pytest
from defusedxml.ElementTree import fromstring

from raabta.report import charts
from raabta.service.results import Results

SVG = "{http://www.w3.org/2000/svg}"


def test_three_charts_in_local_time(results: Results) -> None:
    made = charts.day_charts(results)
    assert [title for title, _ in made] == ["Throughput", "Satellites", "Cells lit at once"]
    for _, text in made:
        root = fromstring(text)
        said = "".join(root.itertext())
        assert "local time UTC+5" in said and "06:00" in said


def test_pakistan_is_five_hours_ahead_and_others_by_longitude(results: Results) -> None:
    area = results.scenario.area.model_copy(update={"country": "JPN"})
    cells = results.cells.assign(longitude_deg=("cell", np.full(results.cells.sizes["cell"], 139.7)))
    tokyo = replace(results, scenario=results.scenario.model_copy(update={"area": area}), cells=cells)
    assert charts.utc_offset_h(results) == 5
    assert charts.utc_offset_h(tokyo) == 9


def test_busy_hours_are_shaded_where_they_fall(make: object) -> None:
    short, day = make(slots=240), make(slots=5760)  # type: ignore[operator]
    shaded = [charts.day_charts(one)[0][1].count("#fdf0d5") for one in (short, day)]
    assert shaded == [0, 1], "05:00 to 06:00 holds none, a day holds one"


@pytest.mark.parametrize(
    ("most", "top"), [(205.0, 300.0), (1.0, 1.0), (0.0, 1.0), (0.03, 0.03), (999.0, 1000.0)]
)
def test_axis_ends_on_a_round_number_that_holds_the_most(most: float, top: float) -> None:
    end, ticks = charts._y_axis(most)
    assert end == pytest.approx(top) and end >= most
    assert ticks[0] == 0.0 and ticks[-1] == pytest.approx(end) and 2 <= len(ticks) <= 6


def test_bins_keep_the_mean_and_the_extremes() -> None:
    values = np.arange(5760.0)
    _, mean, least, most = charts.binned(values)
    assert mean.size == charts.POINTS and mean.mean() == pytest.approx(values.mean())
    assert least.min() == 0.0 and most.max() == 5759.0


def test_one_slot_has_no_curve(make: object) -> None:
    assert charts.day_charts(make(slots=1)) == []  # type: ignore[operator]
