"""What a replay shows of the golden recordings: the screen at their end, and every line.

`make golden` makes all of them anew (see tests/golden/record.py).
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from terminal_helpers import Terminal, environment, program

RECORDINGS = Path(__file__).parents[1] / "golden" / "recordings"
NAMES = sorted(path.stem for path in RECORDINGS.glob("*.cmr"))
#: Set to write what is shown anew; read the difference before you commit it.
WRITE = "CONNMON_WRITE_SNAPSHOTS"
FRAME_END = b"\x1b[?2026l"  # of a synchronised update


def replay(name: str, *options: str) -> list[str]:
    return program("connmon", "replay", RECORDINGS / f"{name}.cmr", *options)


def compare(path: Path, shown: str) -> None:
    if os.environ.get(WRITE):
        path.write_text(shown, "utf-8")
    assert shown == path.read_text("utf-8")


def shows(terminal: Terminal, *words: str, no: str = "\0") -> str:
    """Return the screen once it shows all `words` and not `no`, at the end of a frame."""

    def drawn() -> bool:
        whole = terminal.raw.endswith(FRAME_END)
        return whole and all(word in terminal.text for word in words) and no not in terminal.text

    terminal.until(drawn, f"{words} without {no!r}")
    return "".join(f"{line}│\n" for line in terminal.lines)


def test_there_are_recordings() -> None:
    assert len(NAMES) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_the_screen_at_the_end(name: str) -> None:
    with Terminal(replay(name, "--speed=max")) as terminal:
        compare(RECORDINGS / f"{name}-80x24.txt", shows(terminal, " END"))
        terminal.press("q")
        assert terminal.end() == 0
        terminal.assert_restored()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("option", "suffix"), [("--scroll", "txt"), ("--json", "json")])
def test_every_line(name: str, option: str, suffix: str) -> None:
    done = subprocess.run(
        replay(name, option, "--speed=max"),
        capture_output=True,
        check=True,
        timeout=60,
        env=environment(),
    )
    compare(RECORDINGS / f"{name}-lines.{suffix}", done.stdout.decode())


def test_keys_go_through_time() -> None:
    recorded = (RECORDINGS / "one-host-80x24.txt").read_text("utf-8")
    with Terminal(replay("one-host", "--speed=0.1")) as terminal:
        begun = shows(terminal, "REPLAY 0.1×", "93.184.216.34", no=" END")
        assert "Space pause" in begun
        terminal.press("]")
        assert table(shows(terminal, " END")) == table(recorded)
        terminal.press("[")
        shows(terminal, "93.184.216.34", no=" END")
        terminal.press(" ")
        assert "2a00:1450::5" not in shows(terminal, " PAUSED"), "it is not there yet"
        terminal.press("}")
        assert table(shows(terminal, " END")) == table(recorded)
        terminal.press("{ ")
        shows(terminal, "REPLAY 0.1×", no=" END")
        terminal.press("?")
        shows(terminal, "a minute back; a minute on")
        terminal.press("qq")
        assert terminal.end() == 0


def table(shown: str) -> str:
    """Return a screen without its first line, which tells the speed."""
    return shown.partition("\n")[2]


def test_a_replay_from_a_time_begins_there() -> None:
    first = (RECORDINGS / "one-host-lines.txt").read_text("utf-8").splitlines()[0]
    clock = re.search(r"\d\d:\d\d:\d\d", first)
    assert clock is not None
    with Terminal(replay("one-host", "--speed=0.1", "--from=8s")) as terminal:
        begun = re.search(r"\d\d:\d\d:\d\d", shows(terminal, "2a00:1450::5"))
        assert begun is not None
        assert seconds(begun[0]) - seconds(clock[0]) in range(6, 11)
        terminal.press("q")
        assert terminal.end() == 0


def seconds(clock: str) -> int:
    hours, minutes, rest = map(int, clock.split(":"))
    return (hours * 60 + minutes) * 60 + rest
