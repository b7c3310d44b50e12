"""The launcher stops and goes on together with its display."""

import os
import signal
import sys
from pathlib import Path

import pytest
from helpers import wait_until
from helpers_processes import Program

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds states in /proc")

#: A launcher with nothing but a display, which stops itself twice.
LAUNCHER = """
import sys, time
from pathlib import Path
from connmon_display.launcher.foreground import Foreground
from connmon_display.launcher.logbook import Logbook, Voice
script = "echo $$; kill -TSTP $$; echo once; kill -TSTP $$; echo twice"
foreground = Foreground(["sh", "-c", script, "sh"], Voice("display", Logbook(Path(sys.argv[1]))))
while foreground.ended() is None:
    time.sleep(0.01)
"""


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "T"


def test_who_continues_the_launcher_continues_its_display_as_well(tmp_path: Path) -> None:
    with Program(sys.executable, "-c", LAUNCHER, tmp_path / "log") as launcher:
        launcher.line(r"^\d+$")
        for said in ("once", "twice"):
            wait_until(lambda: is_stopped(launcher.process.pid))
            launcher.process.send_signal(signal.SIGCONT)
            launcher.line(said)
        assert launcher.ended() == 0


def test_a_display_that_has_stopped_again_by_then_is_not_continued(tmp_path: Path) -> None:
    """Ctrl-Z at once after `fg`: the launcher is late to see that its display went on."""
    with Program(sys.executable, "-c", LAUNCHER, tmp_path / "log") as launcher:
        display = int(launcher.line(r"^\d+$"))
        wait_until(lambda: is_stopped(launcher.process.pid))
        os.kill(display, signal.SIGCONT)
        launcher.line("once")
        wait_until(lambda: is_stopped(display))
        launcher.process.send_signal(signal.SIGCONT)
        wait_until(lambda: launcher.seen[-1] == "twice" or is_stopped(launcher.process.pid))
        assert "twice" not in launcher.seen
        os.kill(display, signal.SIGCONT)
        launcher.process.send_signal(signal.SIGCONT)
        launcher.line("twice")
        assert launcher.ended() == 0
