"""`connmon` as a job of a shell: whatever ends or stops it, the terminal comes back."""

import os
import shutil
import signal
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers_processes import short_directory
from terminal_helpers import Terminal, environment, program, stages, wait_until

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
    pytest.mark.skipif(shutil.which("dash") is None, reason="needs dash"),
]

CTRL_Z, CTRL_BACKSLASH = "\x1a", "\x1c"
PROMPT = "ready: "


class Job(Terminal):
    """A shell, usually one that leaves the terminal's modes alone, and `connmon` as its job."""

    def __init__(self, directory: Path, *shell: str) -> None:
        super().__init__([*(shell or ("dash", "-i"))], env=environment(PS1=PROMPT, ENV=""))
        self._directory = directory
        self._command = " ".join(
            program(
                "connmon", "--no-sudo", "--show-loopback", "--mouse", f"--runtime-dir={directory}"
            )
        )

    def start(self) -> None:
        """Run the job until it is live."""
        self.until(PROMPT)
        self.type(f"{self._command}; echo code $?")
        self.until("LIVE")

    def type(self, line: str) -> None:
        """Type a line for the shell."""
        self.press(f"{line}\r")

    def kill(self, stage: str, number: int) -> None:
        """Send a signal to one process of the job."""
        if stage == "connmon":
            pid = int(Path(f"/proc/{self.stages['enricher']}/stat").read_text().split()[3])
        else:
            pid = self.stages[stage]
        os.kill(pid, number)

    def halt(self) -> None:
        """Stop all of the job without a chance to give anything back."""
        os.killpg(os.getpgid(self.stages["display"]), signal.SIGSTOP)

    @property
    def stages(self) -> dict[str, int]:
        return stages(self._directory)

    @property
    def given_back(self) -> bool:
        """Whether the screen before is there."""
        return self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h")

    @property
    def in_the_shell(self) -> bool:
        """Whether the shell is there again: the modes come back after the screen."""
        return self.given_back and PROMPT.encode() in self.raw.rpartition(b"\x1b[?1049l")[2]


@pytest.fixture
def job() -> Iterator[Job]:
    with short_directory() as directory, Job(directory / "r") as terminal:
        terminal.start()
        yield terminal
        wait_until(lambda: not terminal.stages, "the end of all stages")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT, signal.SIGTERM, signal.SIGABRT])
@pytest.mark.parametrize("stage", ["display", "connmon"])
def test_after_a_signal(job: Job, stage: str, number: int) -> None:
    job.kill(stage, number)
    job.until(lambda: job.given_back, "the screen before")
    job.until(f"code {128 + number}")
    wait_until(lambda: not job.read() and not job.stages, "the end")
    job.assert_restored()


def test_after_ctrl_backslash(job: Job) -> None:
    job.press(CTRL_BACKSLASH)
    job.until("code 131")
    job.assert_restored()


def test_stopped_and_in_the_background_and_back(job: Job) -> None:
    job.press(CTRL_Z)
    job.until(lambda: job.in_the_shell, "the shell")
    job.assert_restored()
    job.type("bg")
    job.type("stty ixany; echo =$((6 * 7))")
    job.until("=42")
    job.modes[0] |= termios.IXANY  # what the user changes meanwhile stays
    job.type("fg")
    job.until(lambda: "LIVE" in job.text, "the view")
    assert not job.given_back
    job.press("q")
    job.until(lambda: job.in_the_shell, "the shell")
    job.assert_restored()
    assert "Traceback" not in job.text


@pytest.mark.parametrize(
    ("stage", "number"),
    [("connmon", signal.SIGKILL), ("connmon", signal.SIGTERM), ("display", signal.SIGTERM)],
)
def test_ended_while_it_is_stopped(job: Job, stage: str, number: int) -> None:
    job.press(CTRL_Z)
    job.until(lambda: job.in_the_shell, "the shell")
    job.type("sleep 1; echo =$((6 * 7))")  # a second later there would be something to draw
    job.until("=42")
    job.kill(stage, number)
    if number != signal.SIGKILL:
        job.type("fg")
    job.until(lambda: not job.stages, "the end of all stages")
    job.type("echo =$((7 * 8))")
    job.until("=56")
    job.assert_restored()
    assert "Traceback" not in job.text


def test_stopped_by_a_signal_each_time(job: Job) -> None:
    for times in (1, 2, 3):
        job.kill("display", signal.SIGTSTP)
        job.until(lambda: job.in_the_shell, "the shell")
        job.assert_restored()
        assert job.raw.count(b"\x1b[?1049l") == times
        job.type("fg")
        job.until(lambda: not job.given_back, "the view")
    job.press("?")
    job.until("zoom:")
    assert job.raw.count(b"\x1b[?1049h") == 1 + times, "once each time"
    job.press("q")
    job.until(lambda: job.in_the_shell, "the shell")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_halted_and_in_the_foreground_again_it_takes_back_what_a_shell_has_taken() -> None:
    bash = ("bash", "--norc", "--noediting", "-i")
    with short_directory() as directory, Job(directory / "r", *bash) as job:
        job.start()
        job.halt()
        job.until("Stopped")
        job.type("stty ixany; printf '\\33[?2004l\\33[?1000l\\33[?1049l'; echo =$((6 * 7))")
        job.until("=42")
        job.modes[0] |= termios.IXANY
        job.type("fg")
        job.until(lambda: "LIVE" in job.text, "the view")
        job.press("?")
        job.until("zoom:")
        for mode in (b"1049", b"2004", b"1000"):
            on, off = b"\x1b[?" + mode + b"h", b"\x1b[?" + mode + b"l"
            assert job.raw.rfind(on) > job.raw.rfind(off), f"{mode!r} is off"
        job.press("q")
        job.until(lambda: job.in_the_shell, "the shell")
        job.assert_restored()
        wait_until(lambda: not job.stages, "the end of all stages")


def test_halted_and_in_the_background_it_leaves_the_shell_alone(job: Job) -> None:
    job.halt()
    job.until("Stopped")
    job.type("stty sane; echo =$((6 * 7))")
    job.until("=42")
    before = len(job.raw)
    job.type("bg")
    job.type("sleep 3; echo =$((7 * 8))")
    job.until("=56")
    assert job.raw.count(b"\x1b[?2026h", before) <= 1, "more than what was being drawn"
    assert job.echoes
    job.type("fg")
    job.until(lambda: not job.echoes, "the keyboard is taken")
    job.press("?")
    job.until("zoom:")
    job.press("q")
    job.until(lambda: job.in_the_shell, "the shell")
    assert job.echoes


def test_killed_while_the_terminal_takes_nothing(job: Job) -> None:
    job.fill("\x0c")
    job.kill("display", signal.SIGKILL)
    wait_until(lambda: not job.stages, "the end of all stages")
    job.until("code 137")
    job.assert_restored()
