"""Adding to a recording: in order, in blocks, after whatever happened to the file before."""

import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from helpers import ordinary_user, wait_until
from helpers_processes import short_directory

from connmon_display.recording.blocks import (
    FIRST_LINE,
    Channel,
    Entry,
    Kind,
    RecordingError,
    pack,
)
from connmon_display.recording.reading import Reading
from connmon_display.recording.writing import RecordingFile, Writer

START = 1_700_000_000.0


def entry(number: int, size: int = 0) -> Entry:
    return Entry(START + number, Channel.STREAM, [b"t", b"h", b"%d" % number + bytes(size)])


@contextmanager
def writer(path: Path) -> Iterator[Writer]:
    with closing(Writer(RecordingFile(path))) as found:
        yield found


def read(path: Path) -> list[tuple[Kind, list[Entry]]]:
    with closing(Reading(path)) as reading:
        return [(block.header.kind, list(reading.entries(block))) for block in reading.blocks()]


def test_messages_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "new"
    with writer(path) as writing:
        for number in range(5):
            writing.put(entry(number))
    assert read(path) == [(Kind.SESSION, [entry(number) for number in range(5)])]
    assert path.stat().st_mode & 0o777 == 0o600, "command lines are nobody else's business"


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.touch(0o644)
    RecordingFile(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_block_is_written_soon_without_being_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "soon"
    with writer(path) as writing:
        writing.put(entry(0))
        wait_until(lambda: read(path))
        assert read(path) == [(Kind.SESSION, [entry(0)])]


def test_much_is_written_in_several_blocks(tmp_path: Path) -> None:
    path = tmp_path / "much"
    with writer(path) as writing:
        for number in range(5):
            writing.put(entry(number, 150_000))
    assert [(kind, len(entries)) for kind, entries in read(path)] == [
        (Kind.SESSION, 2),
        (Kind.MESSAGES, 2),
        (Kind.MESSAGES, 1),
    ]


def test_a_state_has_blocks_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with writer(path) as writing:
        writing.put(entry(0))
        writing.put_state([entry(number, 150_000) for number in range(1, 4)])
        writing.put(entry(4))
    assert [(kind, len(entries)) for kind, entries in read(path)] == [
        (Kind.SESSION, 1),
        (Kind.STATE, 2),
        (Kind.MORE, 1),
        (Kind.MESSAGES, 1),
    ]


def test_a_second_run_adds_a_session(tmp_path: Path) -> None:
    path = tmp_path / "twice"
    for number in range(2):
        with writer(path) as writing:
            writing.put(entry(number))
    assert read(path) == [(Kind.SESSION, [entry(0)]), (Kind.SESSION, [entry(1)])]


def test_wherever_a_write_was_cut_off_what_is_added_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "cut"
    blocks = [pack(Kind.SESSION, [entry(0)]), pack(Kind.MESSAGES, [entry(1)])]
    whole = FIRST_LINE + b"".join(blocks)
    for size in range(len(FIRST_LINE), len(whole) + 1):
        path.write_bytes(whole[:size])
        with writer(path) as writing:
            writing.put(entry(2))
        kept = (size == len(whole)) + (size >= len(FIRST_LINE + blocks[0]))
        assert read(path)[kept:] == [(Kind.SESSION, [entry(2)])]
        assert path.read_bytes().startswith(FIRST_LINE + b"".join(blocks[:kept]))


@pytest.mark.parametrize(
    "before", [b"#!/bin/sh\n", FIRST_LINE[:-2], b"connmon recording 99, protocol 1\n"]
)
def test_another_file_is_left_as_it_is(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(before)
    with pytest.raises(RecordingError):
        RecordingFile(path)
    assert path.read_bytes() == before


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/null")):
        with pytest.raises(RecordingError, match="not a regular file"):
            RecordingFile(path)
    with short_directory() as folder, ordinary_user(folder):
        (folder / "protected").touch(0o400)
        with pytest.raises(PermissionError):
            RecordingFile(folder / "protected")


def test_two_never_record_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "one"
    with writer(path), pytest.raises(RecordingError, match="somebody is recording to it"):
        RecordingFile(path)
    with writer(path) as writing:  # and the first lets go of it
        writing.put(entry(0))
    assert read(path) == [(Kind.SESSION, [entry(0)])]


_KILLED = """
    import os, pathlib, sys
    from connmon_display.recording.blocks import Channel, Entry
    from connmon_display.recording.writing import RecordingFile, Writer
    writer = Writer(RecordingFile(pathlib.Path(sys.argv[1])))
    for number in range(100_000):
        writer.put(Entry(1.0 + number, Channel.STREAM, [b"t", b"h", os.urandom(100_000)]))
        print(number, flush=True)
"""


def test_who_is_killed_leaves_all_but_the_last_moment(tmp_path: Path) -> None:
    path = tmp_path / "killed"
    command = [sys.executable, "-c", textwrap.dedent(_KILLED), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        wait_until(lambda: path.exists() and path.stat().st_size > 1_000_000)
        child.kill()
    entries = [found for _, entries in read(path) for found in entries]
    assert [found.time for found in entries] == [1.0 + n for n in range(len(entries))]
    assert entries


def test_a_full_disk_stops_the_recording_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "full"
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with writer(path) as writing:
            writing.put(entry(0, 300_000))
            wait_until(lambda: read(path))
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, limits[1]))
            writing.put(Entry(START + 1, Channel.STREAM, [b"", b"", os.urandom(300_000)]))
            wait_until(lambda: writing.failure)
            assert writing.failure == (
                f"cannot write {path}: File too large; recording has stopped"
            )
            writing.put(entry(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert read(path) == [(Kind.SESSION, [entry(0, 300_000)])], "and leaves what it had"
    with closing(Reading(path)) as reading:
        assert [block.end for block in reading.blocks()] == [reading.size]


def test_a_disk_that_takes_nothing_costs_bounded_memory(tmp_path: Path) -> None:
    class Stuck(RecordingFile):
        """A disk that hangs, as an unreachable network one does."""

        def write(self, data: bytes) -> None:
            if data != FIRST_LINE:
                reading, writing = os.pipe()
                self.released = writing
                os.read(reading, 1)
                os.close(reading)

    stuck = Stuck(tmp_path / "stuck")
    writing = Writer(stuck)
    writing.put(entry(0, 1 << 18))  # as much as is written at once
    wait_until(lambda: hasattr(stuck, "released"))
    for number in range(400):
        writing.put(entry(number, 100_000))
    assert "the disk is too slow; recording has stopped" in writing.failure
    os.close(stuck.released)
    writing.close()
