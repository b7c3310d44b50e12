"""A view that nobody sees: how long it watches, and when it has nothing to save."""

import contextlib
import csv
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers import connection
from unit.display.watching import Watching

from connmon_display.filters.rows import RowFilter
from connmon_display.following.change import Change
from connmon_display.following.source import Playback, Source
from connmon_display.headless import Headless
from connmon_display.options import Options
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.loop import Loop

ADDRESS = "198.51.100.7"
View = Callable[..., Headless]


class Going(Watching):
    """A source on which something happens in each turn, or nothing; a turn takes a second.

    Attributes:
        turns: what happens.
    """

    patience = 0.0

    def __init__(self, playback: Playback | None = None) -> None:
        super().__init__(playback=playback)
        self.turns: Iterator[Callable[[], object]] = iter(())

    def receive(self) -> Iterator[Change]:
        self.clock.time += 1.0
        next(self.turns, lambda: None)()
        yield from ()


class Recording:
    """The part of a replay that tells whether it has ended."""

    words = "REPLAY"
    seeking = False

    def __init__(self) -> None:
        self.ended = False

    def pause(self) -> None: ...

    def seek(self, seconds: float) -> None: ...


@pytest.fixture
def source() -> Going:
    return Going()


@pytest.fixture
def view(tmp_path: Path) -> Iterator[View]:
    """Yield what makes a view of a source for a span of seconds."""
    with contextlib.closing(Loop()) as loop:

        def make(source: Source, span: float) -> Headless:
            options = Options(10, 80, export=tmp_path / "out.csv", span=span)
            clock = source.pipeline.now
            return Headless(source, loop, RowFilter(options), options, clock)

        yield make


def saved(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def test_it_watches_from_when_all_is_known(source: Going, view: View, tmp_path: Path) -> None:
    host = source.meet("web1", connection(1, ADDRESS))
    source.turns = iter((lambda: None, lambda: None, source.fetch))
    watch = view(source, 5.0)
    assert watch.run() == Exit.OK
    assert source.clock.time == 3 + 5
    source.take(host.delta())
    [said] = watch.finish()
    assert said.startswith(f"saved the timeline to {tmp_path / 'out.csv'} (")
    assert [row["address"] for row in saved(tmp_path / "out.csv")] == [ADDRESS]


def test_what_is_there_after_a_while_must_do(source: Going, view: View) -> None:
    source.host("web1", connection(1, ADDRESS))
    source.meet("web2")  # its state never comes
    assert view(source, 5.0).run() == Exit.OK
    assert source.clock.time == pytest.approx(20 + 5, abs=1)


def test_where_nothing_comes_it_ends_and_says_why(
    source: Going, view: View, tmp_path: Path
) -> None:
    watch = view(source, 5.0)
    source.why = "nothing is running at /run/connmon"
    assert watch.run() == Exit.UNAVAILABLE
    assert watch.why == "nothing is running at /run/connmon"
    assert source.clock.time == pytest.approx(20, abs=1)
    source.why = ""
    source.fetch()
    assert watch.why == source.pipeline.waiting != ""
    assert watch.finish() == []
    assert [*tmp_path.iterdir()] == []


def test_a_signal_ends_it_sooner_and_what_was_seen_is_saved(
    source: Going, view: View, tmp_path: Path
) -> None:
    source.host("web1", connection(1, ADDRESS))
    source.turns = iter((lambda: None, lambda: signal.raise_signal(signal.SIGTERM)))
    watch = view(source, 60.0)
    assert watch.run() == 128 + signal.SIGTERM
    assert source.clock.time <= 3
    assert len(watch.finish()) == len(saved(tmp_path / "out.csv")) == 1


@pytest.mark.parametrize(("span", "turns"), [(0.0, 9), (3.0, 4), (60.0, 9)])
def test_of_a_recording_it_watches_all_or_as_long_as_asked_for(
    view: View, span: float, turns: int
) -> None:
    source = Going(played := Recording())
    source.host("web1", connection(1, ADDRESS))
    source.meet("web2")  # which the recording tells nothing else of

    def end() -> None:
        played.ended = True

    source.turns = iter((*[lambda: None] * 8, end))
    assert view(source, span).run() == Exit.OK
    assert source.clock.time == turns
