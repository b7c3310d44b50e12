"""A viewer that was started alone is killed: a shell finds its terminal as it was."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers_processes import short_directory
from terminal_helpers import (
    Collector,
    Terminal,
    connection,
    enricher,
    environment,
    program,
    wait_until,
)

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
    pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash"),
]

PROMPT = "ready: "
CTRL_Z, LEFT = "\x1a", "\x1b[D"
SHELLS = {"bash": ["bash", "--norc", "--noprofile", "-i"], "dash": ["dash", "-i"]}


@pytest.fixture(scope="module")
def host() -> Iterator[Path]:
    with short_directory() as directory, enricher(directory):
        collector = Collector(directory)
        collector.has(connection(1))
        with collector:
            yield directory


class Job(Terminal):
    """A shell, and a viewer as its job."""

    def __init__(self, directory: Path, shell: str = "bash") -> None:
        super().__init__(SHELLS[shell], env=environment(PS1=PROMPT, ENV="", INPUTRC=os.devnull))
        self._shell = shell
        self._command = " ".join(program("connmon-display", "--mouse", directory))

    def start(self, job: str = "{}", env: str = "") -> None:
        """Run the viewer as `job` until it is live."""
        self.until(PROMPT)
        self.type(f"{env} {job.format(self._command)}; echo code $?")
        self.until("LIVE")

    def type(self, line: str) -> None:
        """Type a line for the shell."""
        self.press(f"{line}\r")

    @property
    def viewer(self) -> int:
        """The process id of the viewer."""
        return next(
            pid for pid in _descendants(self.process.pid) if _words(pid)[1:2] == [self._program]
        )

    @property
    def guard(self) -> int:
        """The process id of its guard; 0: there is none."""
        return next(iter(_children(self.viewer)), 0)

    @property
    def _program(self) -> str:
        return self._command.split()[0]

    def kill(self) -> None:
        """Kill the viewer, and wait until its guard has ended, too."""
        guard = self.guard
        os.kill(self.viewer, signal.SIGKILL)
        self.until(lambda: not Path(f"/proc/{guard}").exists(), "the end of the guard")

    def assert_restored(self) -> None:
        """Check the screen and, by what the shell shows and does, the modes."""
        self.until(lambda: self._prompted, "the prompt")
        raw = bytes(self.raw)
        assert raw.rfind(b"\x1b[?1049h") < raw.rfind(b"\x1b[?1049l"), "still the alternate screen"
        assert raw.rfind(b"\x1b[?25l") < raw.rfind(b"\x1b[?25h"), "the cursor is hidden"
        assert raw.rfind(b"\x1b[?1000h") < raw.rfind(b"\x1b[?1000l"), "the mouse is reported"
        if self._shell == "bash":
            self.type(f"echo $((6 * 8)){3 * LEFT}7")
            self.until(lambda: "\n468 " in self.text, "a line that was edited")
            self.until(lambda: self._prompted, "the prompt")
        self.type("stty -a | grep -cE 'intr = .C;|susp = .Z;| icanon iexten echo | ixon '")
        self.until(lambda: "\n4 " in self.text, "the modes that programs get")

    @property
    def _prompted(self) -> bool:
        return self.text.rstrip().endswith(f"\n{PROMPT.strip()}")


def _children(pid: int) -> list[int]:
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in path.read_text().split()]
    return found


def _descendants(pid: int) -> list[int]:
    return [each for child in _children(pid) for each in (child, *_descendants(child))]


def _words(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


@pytest.mark.parametrize("shell", SHELLS)
def test_after_kill_9(host: Path, shell: str) -> None:
    with Job(host, shell) as job:
        job.start()
        job.kill()
        job.until("code 137")
        job.assert_restored()


def test_after_kill_9_of_what_a_script_runs(host: Path) -> None:
    with Job(host) as job:
        job.start("dash -c '{}; sleep 1'")  # a shell without job control
        job.kill()
        job.until("code 0")
        job.assert_restored()


def test_after_kill_9_where_enter_was_no_newline(host: Path) -> None:
    with Job(host) as job:
        job.start("dash -c 'stty -icrnl; {}; sleep 1; stty icrnl'")
        job.kill()
        job.until("code 0")
        job.assert_restored()


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_after_kill_9_of_make_view(host: Path) -> None:
    root, bin_directory = Path(__file__).parents[2], Path(sys.executable).parent
    with Job(host) as job:
        options = f"-o .venv/run BIN={bin_directory} ARGS='--mouse {host}'"
        job.start(f"make --no-print-directory -C {root} {options} view")
        job.kill()
        job.until("code 2")
        job.assert_restored()


def test_after_kill_9_while_it_is_stopped(host: Path) -> None:
    with Job(host) as job:
        job.start()
        viewer = job.viewer
        os.kill(viewer, signal.SIGSTOP)
        job.until("code 147")
        job.kill()
        job.assert_restored()


def test_a_guard_for_each_time_that_the_terminal_is_taken(host: Path) -> None:
    with Job(host) as job:
        job.start()
        viewer, first = job.viewer, job.guard
        assert os.getsid(first) != os.getsid(viewer)
        assert {path.name for path in Path(f"/proc/{first}/fd").iterdir()} == {"0", "1", "2"}
        job.press(CTRL_Z)
        job.until("code 148")
        assert not _children(viewer), "the terminal is the shell's"
        job.type("fg")
        job.until("LIVE")
        assert job.guard not in {0, first}
        second = job.guard
        job.press("q")
        job.until(lambda: bytes(job.raw).count(b"\x1b[?1049l") == 2, "the end")
        wait_until(lambda: not Path(f"/proc/{second}").exists(), "the end of the guard")
        job.assert_restored()


def test_killed_when_the_terminal_takes_nothing(host: Path) -> None:
    with Job(host) as job:
        job.start()
        guard = job.guard
        job.fill("\x0c")
        os.kill(job.viewer, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{guard}").exists(), "the end of the guard")


def test_the_terminal_is_closed(host: Path) -> None:
    with Job(host) as job:
        job.start()
        guard, viewer = job.guard, job.viewer
        job.hang_up()
        wait_until(lambda: not Path(f"/proc/{guard}").exists(), "the end of the guard")
        wait_until(lambda: not Path(f"/proc/{viewer}").exists(), "the end of the viewer")


def test_none_where_connmon_does_it(host: Path) -> None:
    with Job(host) as job:
        job.start("exec 9< <(sleep 60); {} --lifeline=9")
        assert not job.guard
