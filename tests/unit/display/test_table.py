"""Which rows are shown and in which order."""

from collections.abc import Iterator

import pytest
from helpers import connection, delta, keyframe, listener

from connmon_display.filters.rows import RowFilter
from connmon_display.follow import Change, Follower
from connmon_display.lasting import Unusual
from connmon_display.options import Options
from connmon_display.pipeline import Pipeline
from connmon_display.refresh.controls import SORTS, Controls
from connmon_display.refresh.table import Table
from connmon_display.source import Source
from connmon_shared.history import History
from connmon_shared.memory import Limits
from connmon_shared.messages import Counters, Traffic
from connmon_shared.states import State

START = 1_700_000_000.0
OLD, YOUNG = "198.51.100.9", "198.51.100.7"


class Still(Source):
    """Nothing comes any more, and the time is half a second after the last connection."""

    def __init__(self, follower: Follower) -> None:
        super().__init__(Pipeline(lambda: 0.0))
        self.pipeline.hosts["host"] = follower

    def receive(self) -> Iterator[Change]:
        yield from ()

    def trouble(self) -> str:
        return ""

    def close(self) -> None: ...

    def now(self) -> float:
        return START + 5.5


@pytest.fixture
def follower() -> Follower:
    """Return what is known of a host with one old connection, a young one, and a server."""
    follower = Follower("host", lambda: 0.0)
    follower.history.keyframe(keyframe(START, connection(1, OLD), listener(2)))
    follower.history.delta(delta(START + 5, connection(3, YOUNG, port=22)))
    return follower


@pytest.fixture
def table(follower: Follower) -> Table:
    return Table(Still(follower), RowFilter(Options(10, 80)))


def shown(table: Table, **settings: object) -> list[str]:
    controls = Controls(10, **settings)  # type: ignore[arg-type] # one of its fields
    return [str(track.peer) for track in table.rows(controls)]


def test_remotes_come_in_order_of_first_sight_and_servers_after_them(table: Table) -> None:
    assert shown(table) == [OLD, YOUNG, "*:22"]


def test_reversed_the_servers_are_still_last(table: Table) -> None:
    assert shown(table, reverse=True) == [YOUNG, OLD, "*:22"]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_has_every_row(table: Table, sort: str) -> None:
    assert sorted(shown(table, sort=sort)) == sorted([OLD, YOUNG, "*:22"])


def test_the_last_change_comes_first(table: Table) -> None:
    assert shown(table, sort="last-change") == [YOUNG, OLD, "*:22"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("state:new", [YOUNG]),
        ("state:active", [OLD]),
        ("state:listen", ["*:22"]),
        ("port:443", [OLD]),
        ("!port:22", [OLD]),
        ("proc:sshd", ["*:22"]),
        ("nothing", []),
    ],
)
def test_typed_words_choose_rows(table: Table, typed: str, expected: list[str]) -> None:
    assert shown(table, typed=typed) == expected


def test_the_full_label_tells_what_is_unusual_and_how_fast_it_is(
    table: Table, follower: Follower
) -> None:
    old, young = table.rows(Controls(10))[:2]
    leak = connection(1, OLD, State.CLOSE_WAIT)
    follower.lasting.note((leak,), START + 2.5)
    follower.history.delta(delta(START + 5, leak))
    traffic = Traffic(START, (Counters(3, 0, 0, 1_200),))
    follower.details.count(traffic, follower.history.connections)
    label = table.full_label(old, new=False)
    assert (label.unusual, label.speed) == (Unusual(State.CLOSE_WAIT, 1, 3.0), "")
    label = table.full_label(young, new=True)
    assert (label.unusual, label.speed, label.state) == (None, "↑1.2k", "NEW")


def test_listeners_can_be_left_out(table: Table) -> None:
    assert shown(table, listeners=False) == [OLD, YOUNG]


def test_a_new_row_appears(table: Table, follower: Follower) -> None:
    assert table.met == 0
    shown(table)
    follower.history.delta(delta(START + 6, connection(4, "203.0.113.1")))
    assert shown(table) == [OLD, YOUNG, "203.0.113.1", "*:22"]
    assert table.met == 3


def test_rows_that_the_history_forgets_are_shown_no_more() -> None:
    follower = Follower("host", lambda: 0.0)
    follower.history = History(Limits(over=1))
    follower.history.keyframe(keyframe(START, connection(1, OLD), connection(2, YOUNG)))
    table = Table(Still(follower), RowFilter(Options(10, 80)))
    follower.history.delta(delta(START + 1, gone=[1]))
    assert shown(table) == [OLD, YOUNG]
    follower.history.delta(delta(START + 2, connection(3, "203.0.113.1"), gone=[2]))
    assert shown(table) == [YOUNG, "203.0.113.1"]
    assert table.met == 2
