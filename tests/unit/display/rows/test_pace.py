"""How fast the bytes of a row went in the last seconds, as small bars."""

from dataclasses import replace
from math import inf

import pytest
from helpers import connection, listener
from hypothesis import given
from hypothesis import strategies as st
from unit.display.watching import START, Host, Watching

from connmon_display.filters.rows import RowFilter
from connmon_display.following.paces import Paces, Steps
from connmon_display.options import Options
from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.painting.painter import Painter
from connmon_display.refresh.regions.compose import compose
from connmon_display.rows.pace import level_of
from connmon_display.words.glyphs import UNICODE
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Connection, Counters, Traffic
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.rows import Track

ADDRESS = "192.0.2.7"
PEER = Peer(parse(ADDRESS))
SIZE = (200, 50)
UNKNOWN = 9


class View:
    """One host with traffic."""

    def __init__(self, *rows: Connection) -> None:
        self.watching = Watching()
        self.host: Host = self.watching.host("web1", *rows)
        self.painter = Painter(self.watching, RowFilter(Options(10, 80)), 80)

    def carries(self, *rates: tuple[int, int]) -> None:
        """Let connections carry so many bytes a second from now on, and half a second go by."""
        counters = tuple(Counters(number, 9, 9, rate) for number, rate in rates)
        self.watching.take(self.host.publish(Traffic(self.host.moment, counters)))
        self.watching.pass_by(1, self.host)

    def paces(self, by: str = "address") -> dict[str, list[int]]:
        for change in self.watching.changes:
            self.painter.learn(change)
        self.watching.changes.clear()
        drawn, _ = self.painter.scene(Controls(10, by=by), SIZE, "")
        return {row.label.address: [*row.label.pace] for row in drawn.rows}


def test_each_second_has_a_bar() -> None:
    view = View(connection(1, ADDRESS), connection(2, ADDRESS), connection(3, "192.0.2.9"))
    view.carries((1, 5), (2, 60))
    view.carries((1, 4_000))
    view.carries((1, 0), (2, 0))
    assert view.paces() == {ADDRESS: [0, 0, 0, 0, 3, 4, 0, 0], "192.0.2.9": []}


def test_what_is_over_is_seen_until_its_time_has_passed() -> None:
    view = View(connection(1, ADDRESS))
    view.carries((1, 4_000))
    view.watching.take(view.host.delta(gone=(1,)))
    assert view.paces()[ADDRESS] == [0, 0, 0, 0, 0, 0, 4, 0]
    view.watching.pass_by(8, view.host)
    assert view.paces()[ADDRESS] == []


def test_each_process_has_its_share() -> None:
    view = View(connection(1, ADDRESS, process="curl"), connection(2, ADDRESS, process="ssh"))
    view.carries((1, 5), (2, 4_000))
    assert view.paces("process") == {
        "curl": [0, 0, 0, 0, 0, 0, 1, 1],
        "ssh": [0, 0, 0, 0, 0, 0, 4, 4],
    }
    assert view.paces("port") == {"443 https": [0, 0, 0, 0, 0, 0, 4, 4]}


@pytest.mark.parametrize(
    ("rate", "level"), [(0, 0), (1, 1), (7, 1), (8, 2), (2**21 - 1, 7), (2**21, 8), (2**40, 8)]
)
def test_a_bar_is_higher_with_every_eightfold(rate: int, level: int) -> None:
    assert level_of(rate) == level


def counting(*counters: Counters) -> Details:
    details = Details()
    details.count(Traffic(START, counters), {row.id: connection(row.id) for row in counters})
    return details


def test_nothing_is_kept_of_what_carries_nothing() -> None:
    paces = Paces()
    row = connection(1, ADDRESS)
    track = Track(PEER, row)
    track.hold(row)
    for at in range(100):
        paces.note([PEER], {PEER: track}, counting(Counters(1, 0, 0, at)), START + at)
    assert paces.last((steps for _, steps in paces.uses(PEER)), START + 99) == [*range(92, 100)]
    paces.note([PEER], {}, Details(), START + 100)
    paces.note([], {}, Details(), START + 120)
    assert [*paces.uses(PEER)] == []


def rate_at(steps: Steps, moment: float, looked: float) -> int | None:
    rate = next((rate for time, rate in reversed(steps) if time < moment), 0)
    return None if rate and moment > looked else rate


@given(
    st.lists(
        st.dictionaries(
            st.integers(-48, 8).map(lambda quarter: START + quarter / 4),
            st.sampled_from([0, 1, 5, 700]),
            min_size=1,
            max_size=5,
        ).map(lambda steps: sorted(steps.items())),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([0.0, 1.0, 4.0]),
    st.integers(-12, 0),
)
def test_what_several_carry_together_is_what_each_does(
    uses: list[Steps], span: float, looked: int
) -> None:
    paces = Paces()
    paces.measured(span, START + looked / 4)
    first = int(START) - 8 + (0.5 if span else 2)
    expected: list[int | None] = []
    for second in range(8):
        known_until = START + looked / 4 if span else inf
        rates = [rate_at(steps, first + second, known_until) for steps in uses]
        known = [rate for rate in rates if rate is not None]
        expected.append(sum(known) if len(known) == len(rates) else None)
    assert paces.last(uses, START) == expected


def test_a_bar_stands_for_the_time_over_which_it_was_measured_and_none_for_what_comes_after() -> (
    None
):
    view = View(connection(1, ADDRESS))
    view.watching.pass_by(10, view.host)
    counters = (Counters(1, 9, 9, 4_000),)
    view.watching.take(view.host.publish(Traffic(view.host.moment, counters, (), 4.0)))
    view.watching.pass_by(2, view.host)
    assert view.paces()[ADDRESS] == [0, 0, 4, 4, 4, 4, UNKNOWN, UNKNOWN]
    counters = (Counters(1, 9, 9, 0),)
    view.watching.take(view.host.publish(Traffic(view.host.moment, counters, (), 2.0)))
    view.watching.pass_by(1, view.host)
    assert view.paces()[ADDRESS] == [0, 4, 4, 4, 4, 0, 0, 0], "then nothing went, and nothing does"


def test_counters_that_are_told_again_tell_nothing_new() -> None:
    view = View(connection(1, ADDRESS), connection(2, ADDRESS))
    view.watching.pass_by(10, view.host)
    counters = (Counters(1, 9, 9, 4_000), Counters(2, 9, 9))
    told = Traffic(view.host.moment, counters, (), 4.0)
    view.watching.take(view.host.publish(told))
    view.watching.take(view.host.delta(gone=(1,)))
    view.watching.pass_by(2, view.host)
    view.watching.take(view.host.publish(replace(told, counters=counters[1:])))
    assert view.paces()[ADDRESS] == [0, 0, 4, 4, 4, 4, 0, 0]


def test_counters_touch_the_rows_that_they_are_of() -> None:
    view = View(connection(1, ADDRESS), listener(2))
    counters = (Counters(1, 9, 9, 4_000), Counters(2, 0, 0))
    view.watching.take(view.host.publish(Traffic(view.host.moment, counters)))
    assert view.watching.changes[-1].touched == frozenset((parse(ADDRESS), b"")), (
        "none for all that listen"
    )


def test_the_heading_tells_over_how_long_rates_were_measured_if_that_is_long() -> None:
    view = View(connection(1, ADDRESS))
    for span, heading in ((1.0, " RATE      "), (12.4, " RATE 12s ")):
        counters = (Counters(1, 9, 9, 4_000),)
        view.watching.take(view.host.publish(Traffic(view.host.moment, counters, (), span)))
        drawn, _ = view.painter.scene(Controls(10), SIZE, "")
        assert heading in compose(drawn, UNICODE)[2].text


def test_that_nothing_went_is_not_that_nothing_was_counted() -> None:
    view = View(connection(1, ADDRESS), connection(2, "192.0.2.9"))
    view.carries((1, 0))
    drawn, _ = view.painter.scene(Controls(10), SIZE, "")
    assert [row.label.speed for row in drawn.rows] == ["0", ""]


def test_a_copy_stays_while_uses_end() -> None:
    tracks = {PEER: Track(PEER, connection(1, ADDRESS))}
    tracks[PEER].renew((connection(1, ADDRESS), connection(2, ADDRESS, port=22)))
    counters = counting(Counters(1, 0, 0, 5), Counters(2, 0, 0, 7))
    paces = Paces()
    paces.note([PEER], tracks, counters, START)
    tracks[PEER].release(2)
    paces.note([PEER], tracks, counters, START + 1)
    copy = paces.copy()
    then = [(use, [*steps]) for use, steps in copy.uses(PEER)]
    paces.note([], tracks, counters, START + 20)
    assert [use.port for use, _ in paces.uses(PEER)] == [443]
    assert [*copy.uses(PEER)] == then
    assert len(then) == 2
