"""Files as they are found: whole, cut off, damaged in the middle, hostile."""

import contextlib
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connmon_display.recording.blocks import (
    FIRST_LINE,
    HEADER_BYTES,
    MARKER,
    Channel,
    Entry,
    Kind,
    RecordingError,
    pack,
)
from connmon_display.recording.index import Index
from connmon_display.recording.reading import Reading

START = 1_700_000_000.0
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def block(number: int, kind: Kind = Kind.MESSAGES) -> bytes:
    """Return a block with one message, which came `number` seconds after the start."""
    return pack(kind, [Entry(START + number, Channel.STREAM, [b"t", b"h", b"%d" % number])])


def bodies(path: Path) -> list[bytes]:
    """Return the bodies of all messages that can be read."""
    found = []
    with contextlib.closing(Reading(path)) as reading:
        for place in reading.blocks():
            with contextlib.suppress(RecordingError):
                found += [entry.frames[2] for entry in reading.entries(place)]
    return found


def index_of(path: Path) -> Index:
    with contextlib.closing(Reading(path)) as reading:
        return Index(reading)


def written(path: Path, parts: Iterable[bytes]) -> Path:
    path.write_bytes(FIRST_LINE + b"".join(parts))
    return path


BLOCKS = [block(0, Kind.SESSION), *(block(number) for number in range(1, 5))]
WHOLE = FIRST_LINE + b"".join(BLOCKS)
ENDS = [len(FIRST_LINE) + sum(map(len, BLOCKS[:n])) for n in range(len(BLOCKS) + 1)]


def test_wherever_a_file_is_cut_off_all_whole_blocks_before_are_read(tmp_path: Path) -> None:
    path = tmp_path / "cut"
    for size in range(len(FIRST_LINE), len(WHOLE) + 1):
        path.write_bytes(WHOLE[:size])
        whole = sum(end <= size for end in ENDS[1:])
        assert bodies(path) == [b"%d" % number for number in range(whole)]
        if whole:
            index = index_of(path)
            assert (index.begin, index.end) == (START, START + whole - 1)
            assert index.unread == size - ENDS[whole]
        else:
            with pytest.raises(RecordingError, match="nothing in it"):
                index_of(path)


@same_folder
@given(st.integers(len(FIRST_LINE), len(WHOLE) - 1), st.binary(min_size=1, max_size=100))
def test_damage_costs_only_the_blocks_that_it_touches(
    tmp_path: Path, place: int, damage: bytes
) -> None:
    path = tmp_path / "damaged"
    path.write_bytes((WHOLE[:place] + damage + WHOLE[place + len(damage) :])[: len(WHOLE)])
    begin, end = place, place + len(damage)
    touched = {n for n in range(len(BLOCKS)) if begin < ENDS[n + 1] and end > ENDS[n]}
    untouched = [b"%d" % number for number in range(len(BLOCKS)) if number not in touched]
    assert set(untouched) <= set(bodies(path))


@same_folder
@given(st.lists(st.one_of(st.binary(max_size=80), st.sampled_from([MARKER, *BLOCKS])), max_size=9))
def test_any_bytes_are_read_or_raise_the_one_error(tmp_path: Path, parts: list[bytes]) -> None:
    path = written(tmp_path / "any", parts)
    assert len(bodies(path)) <= len(parts)
    with contextlib.suppress(RecordingError):
        index_of(path)


def test_a_file_of_nothing_but_markers_is_read_once_through(tmp_path: Path) -> None:
    path = written(tmp_path / "markers", [MARKER * 500_000, block(7)])
    assert bodies(path) == [b"7"]


def test_a_marker_across_the_edge_of_what_is_searched_at_once_is_found(tmp_path: Path) -> None:
    for length in range(65_536 - HEADER_BYTES - 2, 65_536 + 3):
        path = written(tmp_path / "edge", [b"x" * length, block(7)])
        assert bodies(path) == [b"7"]


def test_a_viewer_begins_with_a_session_or_with_a_state_that_is_whole(tmp_path: Path) -> None:
    parts = [
        *(block(0, Kind.SESSION), block(1)),
        *(block(2, Kind.STATE), block(2, Kind.MORE), block(3)),
        *(block(10, Kind.SESSION), block(11)),
        *(block(12, Kind.STATE), block(12, Kind.MORE)),  # and more of it, perhaps
    ]
    index = index_of(written(tmp_path / "starts", parts))
    places = [len(FIRST_LINE) + sum(map(len, parts[:n])) for n in (0, 2, 5)]
    for time, place in ((-5, 0), (0, 0), (1, 0), (2, 1), (9, 1), (10, 2), (12, 2), (99, 2)):
        assert index.start_before(START + time) == places[place]
    assert index.start_from(0) == places[0]
    assert index.start_from(places[0] + 1) == places[1]
    assert index.start_from(places[2]) == places[2]
    assert index.start_from(places[2] + 1) is None


@pytest.mark.usefixtures("unmeasured")
def test_the_memory_for_a_file_does_not_grow_with_it(tmp_path: Path) -> None:
    start = block(0, Kind.SESSION)

    def peak(count: int) -> int:
        path = written(tmp_path / "large", [start * count])
        tracemalloc.start()
        index_of(path)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    assert peak(60_000) < 2 * peak(20_000)
