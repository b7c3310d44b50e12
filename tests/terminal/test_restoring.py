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
    """A shell that leaves the modes of its terminal alone, and `connmon` as its job."""

    def __init__(self, directory: Path) -> None:
        super().__init__(["dash", "-i"], env=environment(PS1=PROMPT, ENV=""))
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
    wait_until(lambda: job.read() or not job.stages, "the end")
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
    job.type("stty ixany; echo $((6 * 7))")
    job.until("42")
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
    job.type("sleep 1; echo $((6 * 7))")  # a second later there would be something to draw
    job.until("42")
    job.kill(stage, number)
    if number != signal.SIGKILL:
        job.type("fg")
    job.until(lambda: not job.stages, "the end of all stages")
    job.type("echo $((7 * 8))")
    job.until("56")
    job.assert_restored()
    assert "Traceback" not in job.text


def test_killed_while_the_terminal_takes_nothing(job: Job) -> None:
    job.fill("\x0c")
    job.kill("display", signal.SIGKILL)
    wait_until(lambda: not job.stages, "the end of all stages")
    job.until("code 137")
    job.assert_restored()
