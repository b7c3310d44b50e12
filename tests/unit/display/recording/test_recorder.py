"""When a recorder writes the whole state, and what a story makes of it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from unit.display.recording.studio import START, Studio
from unit.display.sender import SendingEnricher, SendingHost, row

from connmon_display.recording.blocks import FIRST_LINE, Channel, Kind
from connmon_display.recording.index import Index
from connmon_display.recording.reading import Reading
from connmon_display.recording.story import story


@contextmanager
def studio(path: Path, count: int = 1) -> Iterator[Studio]:
    """Yield a display that records and has joined a host with `count` connections."""
    rows = [row(number) for number in range(count)]
    with Studio(path, SendingEnricher(), SendingHost(*rows, at=START)) as found:
        yield found.join()


def states(path: Path) -> list[float]:
    """Return the times of all states in a recording."""
    with closing(Reading(path)) as reading:
        headers = [block.header for block in reading.blocks()]
    return [header.first for header in headers if header.kind == Kind.STATE]


def much(studio: Studio, first: int, count: int) -> None:
    """Let connections come, all to one address."""
    studio.wait(1)
    rows = (row(number % 40_000)._replace(id=number) for number in range(first, first + count))
    studio.change(*rows)


def test_a_state_is_written_every_ten_minutes(tmp_path: Path) -> None:
    path = tmp_path / "quiet"
    with studio(path) as recorded:
        recorded.wait(1_900)
    assert [round((time - START) / 10) for time in states(path)] == [60, 120, 180]


@pytest.mark.usefixtures("unmeasured")
def test_where_much_happens_a_state_is_written_sooner_but_never_states_alone(
    tmp_path: Path,
) -> None:
    path = tmp_path / "busy"
    with studio(path) as recorded:
        for first in range(1, 240_001, 2_000):
            much(recorded, first, 2_000)
    with closing(Reading(path)) as reading:
        headers = [block.header for block in reading.blocks()]
    assert len(states(path)) >= 2
    messages = state = 0
    for header in headers:
        if header.kind == Kind.STATE:
            assert messages > max(1 << 20, 2 * state)
            messages = state = 0
        if header.kind in {Kind.STATE, Kind.MORE}:
            state += header.length
        else:
            messages += header.length


@pytest.mark.usefixtures("unmeasured")
def test_states_that_take_long_are_rarer(tmp_path: Path) -> None:
    path = tmp_path / "slow"
    with studio(path) as recorded:
        recorded.slow = 2.0
        for first in range(1, 140_001, 2_000):
            much(recorded, first, 2_000)
    assert len(states(path)) == 1


def test_no_state_is_written_while_something_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "missing"
    with studio(path) as recorded:
        recorded.wait(590)
        recorded.lose(row(2))
        recorded.wait(60)
        assert not recorded.pipeline.places()["host"]
        recorded.mend()
        recorded.wait(1)
        mended = recorded.now
    assert [time >= mended - 1 for time in states(path)] == [True]


def test_a_story_leaves_out_the_states_in_between(tmp_path: Path) -> None:
    path = tmp_path / "story"
    with studio(path) as recorded:
        recorded.wait(1_250)
    assert len(states(path)) == 2
    with closing(Reading(path)) as reading:
        whole = [*story(reading, Index(reading), len(FIRST_LINE))]
    times = [told.entry.time for told in whole if told.entry.channel == Channel.ANSWER]
    assert times
    assert max(times) < START + 1
    assert [told.anew for told in whole].index(True) == 0
    assert sum(told.anew for told in whole) == 1
