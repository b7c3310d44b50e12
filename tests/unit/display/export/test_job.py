"""A file that is written a slice at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.display.sender import Clock

from connmon_display.export.job import Job

LINE = "x" * 999


def lines(clock: Clock, count: int, seconds: float = 0.0) -> Iterator[str]:
    """Yield `count` lines of 1000 bytes, each of which takes so long."""
    for _ in range(count):
        clock.time += seconds
        yield LINE


def test_it_works_for_as_long_as_it_may_and_then_goes_on(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "out"
    job = Job(path, lines(clock, 10, 0.003), 10_000, clock)
    turns = 0
    while not job.work(0.01):
        turns += 1
        assert job.written == turns * 4_000
        assert not path.exists()
    assert turns == 2
    assert job.written == path.stat().st_size == 10_000


def test_it_tells_how_far_it_is_and_never_that_all_is_done_before(tmp_path: Path) -> None:
    clock = Clock()
    job = Job(tmp_path / "out", lines(clock, 10, 1.0), 8_000, clock)
    told = []
    while not job.work(0.5):
        told.append(job.words.rsplit("out: ", maxsplit=1)[1])
    assert told[0] == "12% of about 8.0 kB"
    assert told[-1] == "99% of about 8.0 kB"


@pytest.mark.parametrize("begun", [True, False])
def test_stopped_it_leaves_nothing(tmp_path: Path, begun: bool) -> None:  # noqa: FBT001
    clock, path = Clock(), tmp_path / "out"
    path.write_text("old", encoding="ascii")
    job = Job(path, lines(clock, 3, 1.0), 3_000, clock)
    if begun:
        assert not job.work(0.5)
    job.stop()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text(encoding="ascii") == "old"


def test_nothing_is_expected_of_an_empty_file(tmp_path: Path) -> None:
    job = Job(tmp_path / "out", [], 0)
    assert "0%" in job.words
    assert job.work(1.0)
    assert (tmp_path / "out").read_bytes() == b""
