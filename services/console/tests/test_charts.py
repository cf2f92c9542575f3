"""Charts keep gaps, stay within their scale, and say in words what they show."""

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from console.renderer import charts
from console.renderer.charts import HEIGHT, WIDTH, Point

ENDS = (-100.0, 100.0)
points = st.builds(
    Point,
    label=st.text(max_size=12).map(lambda text: re.sub(r"[^\w<&\"' ]", "", text)),
    value=st.none() | st.floats(-100, 100),
    n=st.integers(0, 1_000),
)


def test_a_gap_is_no_line() -> None:
    values = {"a": 1.0, "b": None, "c": 2.0}
    given_points = [Point(label=name, value=value, n=40) for name, value in values.items()]
    shown = charts.line(given_points, title="NPS", ends=ENDS)
    assert shown.count('class="chart-line"') == 2


def test_few_answers_are_a_hollow_mark() -> None:
    shown = charts.line([Point(label="a", value=1.0, n=29)], title="NPS", ends=ENDS)
    assert 'class="chart-hollow"' in shown
    assert 'class="chart-dot"' not in shown


def test_a_chart_says_what_it_shows() -> None:
    shown = charts.line(
        [Point(label="May", value=12.34, low=1.0, high=20.0, n=40)], title="NPS by month", ends=ENDS
    )
    assert "May: 12.3, 95 % interval 1.0 to 20.0, n 40" in shown
    assert 'role="img"' in shown


@given(st.lists(points, max_size=40), st.lists(points, max_size=40))
def test_a_chart_is_sound_and_nothing_in_it_is_styled_or_run(
    now: list[Point], before: list[Point]
) -> None:
    shown = charts.line(now, title='<b onclick="x">', ends=ENDS, before=before)
    root = ElementTree.fromstring(shown)
    for one in root.iter():
        assert not {"style", "onclick"} & set(one.attrib)
        for name, size in (("cx", WIDTH), ("cy", HEIGHT)):
            if name in one.attrib:
                assert 0 <= float(one.attrib[name]) <= size
