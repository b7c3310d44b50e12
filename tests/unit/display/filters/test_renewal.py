"""Lists that are read again: what is no file any more holds nothing up."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from unit.display.lists import Folder

from connmon_display.filters.list_file import ListFile, Role
from connmon_display.filters.lists import Lists
from connmon_display.filters.renewal import Renewal
from connmon_shared.stage.loop import Loop

if sys.platform == "win32":
    pytest.skip("no pipe has a name there", allow_module_level=True)

NO_FILE = "it is no regular file now; its 1 entry from before still counts"
SECONDS = 5.0  # that a list may take


@pytest.fixture
def loop() -> Iterator[Loop]:
    with closing(Loop(stops=())) as loop:
        yield loop


def finished(renewal: Renewal, loop: Loop, lists: int) -> list[str]:
    """Return what is said of so many lists that are read."""
    said: list[str] = []
    for _ in range(100):
        said += renewal.finish()
        if len(said) == lists:
            break
        loop.wait(SECONDS / 100)
    return said


def test_a_list_that_has_become_a_pipe_is_told_and_the_others_are_read(
    tmp_path: Path, loop: Loop
) -> None:
    folder = Folder(tmp_path)
    for name in ("first", "second"):
        folder.write(name, ["192.0.2.1"])
    lists = Lists(ListFile(tmp_path / name, Role.HIDDEN) for name in ("first", "second"))
    renewal = Renewal(lists, loop)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "pipe").replace(tmp_path / "first")
    for entry in ("192.0.2.2", "192.0.2.3"):
        folder.write("second", [entry])
        assert renewal.begin() == f"reading {tmp_path}/first, {tmp_path}/second again"
        assert finished(renewal, loop, 2) == [
            f"cannot read the filter file {tmp_path}/first again: {NO_FILE}",
            f"the filter file {tmp_path}/second was read again: 1 entry",
        ]
    folder.write("first", ["192.0.2.4"])
    renewal.begin()
    assert finished(renewal, loop, 1) == [
        f"the filter file {tmp_path}/first was read again: 1 entry"
    ]


def test_a_list_that_was_a_pipe_from_the_beginning_is_not_read_again(loop: Loop) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"192.0.2.1\n")
    os.close(writing)
    piped = ListFile(Path(f"/dev/fd/{reading}"), Role.HIDDEN)
    os.close(reading)
    assert len(piped.listed) == 1
    assert Renewal(Lists([piped]), loop).begin() == "no list has changed"
