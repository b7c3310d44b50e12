"""How many frames the real view draws, and that it makes none for a terminal that is behind."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers_processes import short_directory
from terminal_helpers import Collector, Terminal, connection, enricher, program, wait_until

from connmon_display.refresh.terminal.screen import SYNC_BEGIN

ADDRESS = "192.0.2.1"
KEYS, KEY_SECONDS = 100, 0.02  # a key that is held
REDRAW = "\x0c"
#: The real view; it notes how often it has looked for messages, and told which rows it shows.
_COUNTING = """
import os, pathlib, sys
from connmon_display.following.client import Client
from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_display.refresh.app import Refresh
from connmon_display.refresh.terminal.signals import watch_terminal
from connmon_display.refresh.terminal.terminal import Terminal
from connmon_shared.stage.runtime import Runtime
class Counting(Client):
    turns = frames = 0
    noted = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)
    def receive(self):
        self.turns += 1
        os.pwrite(self.noted, b"%8d%8d" % (self.turns, self.frames), 0)
        return super().receive()
    def show(self, addresses):
        self.frames += 1
        super().show(addresses)
loop = watch_terminal(None)
options = Options(unit=10, width=80)
client = Counting(Runtime(pathlib.Path(sys.argv[1])), loop)
Refresh(Terminal(), client, loop, RowFilter(options), options).run()
"""


@pytest.fixture(scope="module")
def quiet_host() -> Iterator[Path]:
    with short_directory() as directory, enricher(directory):
        collector = Collector(directory)
        collector.has(connection(1, ADDRESS), connection(2, "192.0.2.2"))
        with collector:
            yield directory


def test_a_key_that_is_held_makes_no_more_than_ten_frames_a_second(quiet_host: Path) -> None:
    with Terminal(program("connmon-display", quiet_host)) as terminal:
        terminal.until(ADDRESS)
        before, began = terminal.raw.count(SYNC_BEGIN.encode()), time.monotonic()
        for number in range(KEYS):
            terminal.press("gG"[number % 2])  # each moves the cursor
            time.sleep(KEY_SECONDS)
            terminal.read(0)
        terminal.press("?")
        terminal.until("zoom:")
        frames = terminal.raw.count(SYNC_BEGIN.encode()) - before
        assert frames <= 10 * (time.monotonic() - began + 1)


def test_nothing_is_made_for_a_terminal_that_has_not_taken_the_last_frame(
    quiet_host: Path, tmp_path: Path
) -> None:
    noted = tmp_path / "noted"

    def counted() -> tuple[int, int]:
        turns, frames = map(int, noted.read_text("ascii").split())
        return turns, frames

    command = [sys.executable, "-c", _COUNTING, str(quiet_host), str(noted)]
    with Terminal(command, (200, 50)) as terminal:
        terminal.until(ADDRESS)
        while not terminal.full:
            terminal.press(REDRAW)
            time.sleep(KEY_SECONDS)

        def press_behind(turn: int) -> None:
            terminal.press(REDRAW)
            wait_until(lambda: counted()[0] > turn, "the key is read")

        for _ in range(10):  # of which the first may just have found room
            press_behind(counted()[0])
        _, frames = counted()
        for _ in range(10):
            press_behind(counted()[0])
        assert counted()[1] == frames
        terminal.until(lambda: counted()[1] > frames, "it goes on when all is taken")
