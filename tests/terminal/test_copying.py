"""What is copied arrives at the terminal through whatever runs in between."""

import base64
import re
import shutil
from pathlib import Path

import pytest
from helpers_processes import short_directory
from terminal_helpers import Terminal, connection, ended_by, environment, pipeline, program

ADDRESS = "192.0.2.1"
#: tmux leaves out which selection is meant.
SEQUENCE = re.compile(rb"\x1b\]52;c?;" + base64.b64encode(ADDRESS.encode()))
DOWN = "\x1b[B"


def copied(command: list[str], end: list[str], home: Path) -> None:
    """Check that a terminal in which `command` shows the view is handed the address."""
    env = environment(HOME=str(home), SCREENDIR=str(home))
    with ended_by(end, env), Terminal(command, env=env) as terminal:
        terminal.until(ADDRESS)
        terminal.press(DOWN)
        terminal.until(f"▸{ADDRESS}")
        terminal.press("c")
        terminal.until(lambda: SEQUENCE.search(terminal.raw), "the sequence")
        terminal.press("q")
        assert terminal.end() == 0


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
@pytest.mark.parametrize(
    "settings",
    ["set -s set-clipboard on", "set -s set-clipboard off\nset -g allow-passthrough on"],
)
def test_through_tmux(settings: str) -> None:
    with pipeline() as (directory, collector), short_directory() as home:
        collector.opens(connection(1, ADDRESS))
        (home / "conf").write_text(f"{settings}\n")
        view = program("connmon-display", "--runtime-dir", directory)
        tmux = ["tmux", "-S", str(home / "s"), "-f", str(home / "conf")]
        copied([*tmux, "new-session", *view], [*tmux, "kill-server"], home)


@pytest.mark.skipif(shutil.which("screen") is None, reason="needs GNU screen")
def test_through_gnu_screen() -> None:
    with pipeline() as (directory, collector), short_directory() as home:
        collector.opens(connection(1, ADDRESS))
        view = program("connmon-display", "--runtime-dir", directory)
        home.chmod(0o700)
        screen = ["screen", "-S", "view"]
        copied([*screen, "-U", "-c", "/dev/null", *view], [*screen, "-X", "quit"], home)
