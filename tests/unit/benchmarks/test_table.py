from benchmarks import curve, picture, table
from benchmarks.picture import Point

POINTS = [
    Point("connmon events", 100, 1.5, over=False),
    Point("connmon events", 100_000, 4.25, over=False),
    Point("ss -tunap", 100, 20.0, over=False),
    Point("ss -tunap", 100_000, 7_300.0, over=True),
]


def test_a_share_is_never_rounded_up() -> None:
    assert table.share(39_999, 40_000) == "99.99 %"
    assert table.share(40_000, 40_000) == "100.00 %"
    assert table.share(0, 0) == "0.00 %"


def test_a_cost_over_its_bar_is_not_ok() -> None:
    lines = [table.at_most("work", 5, cost, "ms") for cost in (5.0, 5.1)]
    assert [line.good for line in lines] == [True, False]
    assert table.laid_out(lines).splitlines()[2:] == [
        "| work | ≤ 5 ms | 5 ms     | ok  |                 |",
        "| work | ≤ 5 ms | 5.1 ms   | NOT |                 |",
    ]


def test_figures_are_read_as_they_were_written() -> None:
    assert curve.read(curve.written(POINTS)) == POINTS


def test_the_picture_names_each_line_and_marks_what_takes_too_long() -> None:
    drawn = picture.drawn(POINTS)
    assert drawn.count("<polyline") == 2
    assert ">connmon events</text>" in drawn
    assert ">ss -tunap</text>" in drawn
    assert drawn.count('class="over') == 1
