"""Where things stand in a chart: everything inside it, ticks over the range, no label on others."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as some

from pro_service.web.charts.axis import Label, ticks_over, width_of, within, without_overlaps
from pro_service.web.charts.groups import Bar, GroupChart, GroupSeries
from pro_service.web.charts.groups import draw as draw_groups
from pro_service.web.charts.groups import ground_of as group_ground
from pro_service.web.charts.groups import place_of as group_place
from pro_service.web.charts.marks import STYLES
from pro_service.web.charts.panel import SIZES, Panel
from pro_service.web.charts.svg import Told
from pro_service.web.charts.trajectory import (
    Chart,
    Event,
    Level,
    Point,
    Series,
    Time,
    draw,
    ground_of,
    numbers_of,
    place_of,
)

DAYS = some.integers(-60, 800).map(float)
VALUES = some.floats(-1000, 1000, allow_subnormal=False).map(lambda one: round(one, 3))
WORDS = some.text("0123456789 dayMonth第天月基线<&\"'", max_size=12)
POINTS = some.builds(Point, DAYS, some.none() | VALUES, WORDS, some.booleans())
LEVELS = some.builds(
    Level, VALUES, DAYS, some.sampled_from(["baseline", "threshold"]), some.none() | some.just(2.5)
)


def said(value: float) -> str:
    return f"{value:g}"


@some.composite
def charts(draw: some.DrawFn) -> tuple[Chart, Time]:
    """A chart of up to four series, on an axis that need not hold all of its days."""
    series = [
        Series(style, tuple(draw(some.lists(POINTS, max_size=6))), tuple(draw(some.lists(LEVELS))))
        for style in STYLES[: draw(some.integers(1, 4))]
    ]
    low = draw(VALUES)
    ticks = ticks_over(low, low + draw(some.floats(0, 500)))
    windows = draw(some.lists(some.tuples(DAYS, DAYS), max_size=3))
    first = draw(DAYS)
    labels = draw(some.lists(some.builds(Label, DAYS, WORDS), max_size=8))
    events = tuple(
        Event(day, number, number == 1) for number, day in enumerate(sorted(draw(some.lists(DAYS))))
    )
    time = Time(first, first + draw(some.integers(0, 800)), tuple(labels), events)
    chart = Chart(Told("a", draw(WORDS)), ticks, tuple(series), tuple(windows))
    return chart._replace(small=draw(some.booleans())), time


@given(low=some.floats(-1e6, 1e6), span=some.floats(1e-6, 1e6), most=some.integers(3, 10))
def test_ticks_cover_the_range_and_rise_and_are_few(low: float, span: float, most: int) -> None:
    ticks = ticks_over(low, low + span, most)
    assert ticks[0] <= low
    assert ticks[-1] >= low + span
    assert 2 <= len(ticks) <= max(most, 2)
    assert all(one < other for one, other in pairwise(ticks))


def test_equal_ends_get_room_on_both_sides() -> None:
    ticks = ticks_over(3, 3)
    assert ticks[0] < 3 < ticks[-1]
    assert ticks_over(0, 100) == (0, 20, 40, 60, 80, 100)


@given(some.lists(some.builds(Label, some.floats(0, 700), WORDS), max_size=12))
def test_no_label_stands_on_another_and_the_first_always_stands(labels: list[Label]) -> None:
    kept = without_overlaps(labels)
    assert all(one.last < other.first for one, other in pairwise(kept))
    assert not labels or labels[0] in kept
    inside = within(labels, 0, 700)
    assert all(one.first >= -1e-9 and one.last <= 700 + 1e-9 for one in inside)


def test_a_chinese_letter_is_as_wide_as_high() -> None:
    assert width_of("第天") == 2 * 12.0
    assert width_of("12") < 2 * 12.0


@given(charts())
def test_every_point_stands_inside_its_panel(drawn: tuple[Chart, Time]) -> None:
    chart, time = drawn
    for size in SIZES:
        on = ground_of(chart, time, said, size)
        assert 0 <= on.x.start < on.x.end <= on.width
        assert 0 <= on.y.end < on.y.start <= on.height
        for row, series in enumerate(chart.series):
            assert all(on.holds(place_of(on, one, row)) for one in series.points)


@given(charts())
def test_numbers_of_events_never_overlap_and_name_every_event(drawn: tuple[Chart, Time]) -> None:
    chart, time = drawn
    for size in SIZES:
        on = ground_of(chart, time, said, size)
        labels = numbers_of(on, time.events)
        assert all(one.last <= other.first for one, other in pairwise(labels))
        if labels:
            named = [int(one) for label in labels for one in label.words.split("–")]
            assert (min(named), max(named)) == (0, len(time.events) - 1)


@given(charts())
def test_what_is_drawn_is_well_formed_and_needs_no_script_and_no_style(
    drawn: tuple[Chart, Time],
) -> None:
    chart, time = drawn
    written = draw(chart, time, "k", said)
    for one in pictures(written):
        assert one.get("role") == "img"
        names = (one.get("aria-labelledby") or "").split()
        assert [each.get("id") for each in list(one)[:2]] == names
        for each in one.iter():
            assert "style" not in each.attrib
            assert not [name for name in each.attrib if name.startswith("on")]
            assert each.tag.rpartition("}")[2] != "script"


@given(
    counts=some.lists(some.lists(some.none() | some.floats(0, 100), min_size=4, max_size=4)),
)
def test_groups_stand_inside_their_panel(counts: list[list[float | None]]) -> None:
    series = tuple(
        GroupSeries(
            style, "x", tuple(Bar(place, 9, one, 3.0, "x") for place, one in enumerate(found))
        )
        for style, found in zip(STYLES, counts, strict=False)
    )
    chart = GroupChart(Told("a", "b"), ticks_over(0, 100), ("a", "b", "c", "d"), series)
    for size in SIZES:
        on: Panel = group_ground(chart, said, size)
        for row, one in enumerate(series):
            assert all(on.holds(group_place(on, chart, row, bar)) for bar in one.bars)
    assert len(pictures(draw_groups(chart, "k", said))) == len(SIZES)


def test_two_knees_differ_in_mark_and_line_and_what_is_missing_breaks_the_line() -> None:
    knees = [
        Series(style, tuple(Point(day, value, "x") for day, value in enumerate((1.0, 2.0, None))))
        for style in STYLES[:2]
    ]
    chart = Chart(Told("a", "b"), (0.0, 5.0), tuple(knees))
    wide, _ = pictures(draw(chart, Time(0, 9, ()), "k", said))
    lines = [one.get("class") or "" for one in wide.iter() if "c-line" in one.get("class", "")]
    assert ["c-whole" in one for one in lines] == [True, False]
    assert ["c-long" in one for one in lines] == [False, True]
    tags = [one.tag for one in wide.iter() if "c-mark" in one.get("class", "")]
    assert tags == ["circle", "circle", "path", "path"]
    assert sum("c-missing" in one.get("class", "") for one in wide.iter()) == 2


def test_what_does_not_count_is_drawn_apart_and_joined_to_nothing() -> None:
    points = (Point(0, 1.0, "x"), Point(1, 2.0, "x", counts=False), Point(2, 3.0, "x"))
    chart = Chart(Told("a", "b"), (0.0, 5.0), (Series(STYLES[0], points),))
    wide, _ = pictures(draw(chart, Time(0, 2, ()), "k", said))
    (way,) = [one.get("d") or "" for one in wide.iter() if "c-line" in one.get("class", "")]
    assert len(re.findall("[ML]", way)) == 2
    assert sum("c-apart" in one.get("class", "") for one in wide.iter()) == 1


def pictures(written: str) -> list[ElementTree.Element]:
    """The pictures of a chart, parsed."""
    return list(ElementTree.fromstring(f"<all>{written}</all>"))
