"""`connmon` itself on a real terminal: real collector, real enricher, real loopback traffic."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers_processes import short_directory
from terminal_helpers import (
    Terminal,
    environment,
    pipeline,
    program,
    stages,
    wait_until,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@pytest.fixture
def directory() -> Iterator[Path]:
    with short_directory() as path:
        yield path / "r"  # the launcher makes it


def connmon(directory: Path, *options: str) -> Terminal:
    where = f"--runtime-dir={directory}"
    return Terminal(program("connmon", "--no-sudo", "--show-loopback", where, *options))


@contextmanager
def loopback_pair() -> Iterator[tuple[socket.socket, int]]:
    """Give a connection to ourselves, and the port of its listening end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        with client, accepted:
            yield client, server.getsockname()[1]


def test_a_real_connection_opens_lasts_and_closes(directory: Path) -> None:
    with connmon(directory, "-t", "0.5") as terminal:
        terminal.until("LIVE")
        with socket.create_server(("127.0.0.77", 0)) as server:  # an address nobody else uses
            port = server.getsockname()[1]
            terminal.press("/ip:127.0.0.7\r")  # other tests have connections as well
            # Two cells: before an opening in the first one that was ever watched stands nothing.
            terminal.until(lambda: "○○" in terminal.row(f":{port} "), "○ for two cells")
            with socket.create_connection(server.getsockname(), source_address=("127.0.0.78", 0)):
                accepted, _ = server.accept()
                with accepted:
                    terminal.until(lambda: "·▲■■" in terminal.row("127.0.0.78"), "▲ then ■")
                    row = terminal.row("127.0.0.78")
                    assert re.search(rf"ACTIVE *←{port}\b", row), "it came to the server"
            terminal.until(lambda: "■×" in terminal.row("127.0.0.78"), "×")
            assert "CLOSED" in terminal.row("127.0.0.78")
        terminal.press("q")
        assert terminal.end() == 0
        terminal.assert_restored()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 0)]
)
def test_every_stage_ends_and_the_terminal_is_restored_after(
    directory: Path, number: int, code: int
) -> None:
    with connmon(directory, "-o", f"{directory.parent}/saved") as terminal:
        terminal.until("LIVE")
        running = stages(directory)
        assert set(running) == {"collector", "enricher", "display"}
        if number == signal.SIGINT:
            terminal.press("\x03")
        else:
            terminal.signal(number)
        assert terminal.end() == code
        terminal.assert_restored()
        assert stages(directory) == {}
    assert (directory.parent / "saved").exists()


def test_a_killed_display_leaves_the_terminal_restored(directory: Path) -> None:
    with connmon(directory) as terminal:
        terminal.until("LIVE")
        os.kill(stages(directory)["display"], signal.SIGKILL)
        assert terminal.end() == 137
        terminal.assert_restored()
        assert stages(directory) == {}
        said = bytes(terminal.raw).rpartition(b"\x1b[?1049l")[2].decode()
    assert re.search(
        r"connmon: the viewer was killed by signal 9 \(SIGKILL\) after \d+\.\d s", said
    )
    assert "start it again" in said
    assert str(directory / "connmon.log") in said
    log = (directory / "connmon.log").read_text("utf-8")
    assert " WARNING the viewer was killed by signal 9 (SIGKILL) after " in log


def test_a_closed_window_ends_everything(directory: Path) -> None:
    with connmon(directory) as terminal:
        terminal.until("LIVE")
        terminal.hang_up()
        wait_until(lambda: terminal.process.poll() is not None, "the launcher's end")
        assert terminal.process.returncode == 129
        wait_until(lambda: not stages(directory), "the stages' end")


def test_with_lists_sighup_ends_nothing_before_the_window_is_closed(
    directory: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "list"
    listed.write_text("192.0.2.1\n", encoding="ascii")
    with connmon(directory, "--filter-file", str(listed)) as terminal:
        terminal.until("LIVE")
        terminal.signal(signal.SIGHUP)
        terminal.until("no list has changed")
        assert len(stages(directory)) == 3
        terminal.hang_up()
        wait_until(lambda: terminal.process.poll() is not None, "the launcher's end")
        assert terminal.process.returncode == 129
        wait_until(lambda: not stages(directory), "the stages' end")


def test_a_killed_launcher_takes_everything_along(directory: Path) -> None:
    with connmon(directory) as terminal:
        terminal.until("LIVE")
        terminal.process.kill()
        wait_until(lambda: terminal.read() or not stages(directory), "the stages' end")
        wait_until(lambda: not stages(directory), "the stages' end")
        terminal.end()
        terminal.assert_restored()


def test_a_stopped_collector_shows_as_stale_and_comes_back(directory: Path) -> None:
    with connmon(directory, "-t", "0.5") as terminal:
        terminal.until("LIVE")
        collector = stages(directory)["collector"]
        os.kill(collector, signal.SIGSTOP)
        try:
            terminal.until("STALE")
        finally:
            os.kill(collector, signal.SIGCONT)
        terminal.until("LIVE")


def stopped_viewer(directory: Path) -> int:
    """Stop the viewer alone, as a second admin does; return its process once it stands still."""
    viewer = stages(directory)["display"]
    os.kill(viewer, signal.SIGSTOP)
    stat = Path(f"/proc/{viewer}/stat")
    wait_until(lambda: stat.read_text().rpartition(") ")[2].startswith("T"), "a stopped viewer")
    return viewer


def test_while_only_the_viewer_is_stopped_the_stages_are_watched(directory: Path) -> None:
    with connmon(directory) as terminal:
        terminal.until("LIVE")
        viewer = stopped_viewer(directory)
        before = stages(directory)["collector"]
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: stages(directory).get("collector", before) != before, "a new one")
        os.kill(viewer, signal.SIGCONT)
        terminal.until("LIVE")
        terminal.press("q")
        assert terminal.end() == 0
        terminal.assert_restored()
        assert stages(directory) == {}


def test_a_viewer_that_is_stopped_does_not_keep_all_from_ending(directory: Path) -> None:
    with connmon(directory) as terminal:
        terminal.until("LIVE")
        stopped_viewer(directory)
        terminal.signal(signal.SIGTERM)
        assert terminal.end() == 143
        terminal.assert_restored()
        assert stages(directory) == {}


def test_the_log_of_a_verbose_display_is_not_on_its_screen(directory: Path) -> None:
    with connmon(directory, "--verbose") as terminal:
        terminal.until("LIVE")
        with Terminal(program("connmon-display", "--verbose", directory)) as second:
            second.until("LIVE")
            second.press("q")
            assert second.end() == 0
        terminal.press("q")
        assert terminal.end() == 0
    log = (directory / "connmon.log").read_text()
    assert re.search(r" display\[\d+\] DEBUG took over the state of ", log)
    assert b"DEBUG" not in terminal.raw + second.raw


@pytest.mark.parametrize("stage", ["collector", "enricher"])
def test_a_killed_stage_is_started_again(directory: Path, stage: str) -> None:
    with connmon(directory) as terminal:
        terminal.until("LIVE")
        before = stages(directory)[stage]
        os.kill(before, signal.SIGKILL)
        terminal.until(lambda: stages(directory).get(stage, before) != before, "a new one")
        with loopback_pair() as (_, port):
            terminal.press(f"/{port}\r")
            terminal.until(f"127.0.0.1:{port}")
        terminal.until("LIVE")


@pytest.mark.parametrize("name", ["connmon", "connmon-display"])
def test_without_a_terminal_one_line_says_so(directory: Path, name: str) -> None:
    with pipeline() as (running, _):
        where = running if name == "connmon-display" else directory
        options = ["--no-sudo"] if name == "connmon" else []
        ended = subprocess.run(
            program(name, f"--runtime-dir={where}", *options),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment(),
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stdout == b""
    assert re.fullmatch(rb"connmon[a-z-]*: [^\n]*--scroll[^\n]*\n", ended.stderr)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
class TestJobControl:
    """Ctrl-Z and fg in a shell, in a real terminal multiplexer."""

    @pytest.fixture
    def tmux(self) -> Iterator["Tmux"]:
        with short_directory() as path:
            tmux = Tmux(path / "s")
            try:
                yield tmux
            finally:
                tmux.run("kill-server")

    @pytest.mark.parametrize("name", ["connmon", "connmon-display"])
    def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(
        self, tmux: "Tmux", directory: Path, name: str
    ) -> None:
        with pipeline() as (running, _):
            where = running if name == "connmon-display" else directory
            options = ["--no-sudo"] if name == "connmon" else []
            command = program(name, f"--runtime-dir={where}", *options)
            tmux.type("stty -a | grep -c ' ixon' && " + " ".join(command))
            tmux.until("LIVE")
            assert tmux.flags() == "1 0"
            tmux.keys("C-z")
            tmux.until("Stopped")
            assert tmux.flags() == "0 1"
            tmux.type("stty -a | grep -o ' icanon\\| ixon\\| echo '; echo back=$?")
            tmux.until("back=0")
            assert {"icanon", "ixon", "echo"} <= set(tmux.screen().split())
            tmux.type("fg")
            tmux.until("LIVE")
            assert tmux.flags() == "1 0"
            tmux.keys("q")
            tmux.until("Stopped")  # the shell's screen is back
            tmux.type("echo code=$?")
            tmux.until("code=0")
            assert tmux.flags() == "0 1"


class Tmux:
    """A server of our own with one shell in it."""

    def __init__(self, path: Path) -> None:
        self._socket = str(path)
        env = environment()
        command = ["new-session", "-d", "-x", "80", "-y", "24", "bash", "--norc", "--noprofile"]
        subprocess.run(["tmux", "-f/dev/null", "-S", self._socket, *command], env=env, check=True)

    def run(self, *command: str) -> str:
        """Give tmux a command; return what it prints."""
        tmux = ["tmux", "-S", self._socket, *command]
        return subprocess.run(tmux, capture_output=True, text=True, check=True).stdout

    def type(self, line: str) -> None:
        """Type a line at the shell."""
        self.run("send-keys", "-l", line)
        self.keys("Enter")

    def keys(self, *names: str) -> None:
        """Press keys by tmux's names."""
        self.run("send-keys", *names)

    def screen(self) -> str:
        """Return what is on the screen."""
        return self.run("capture-pane", "-p")

    def flags(self) -> str:
        """Return whether the alternate screen is on, and the cursor."""
        return self.run("display-message", "-p", "#{alternate_on} #{cursor_flag}").strip()

    def until(self, text: str) -> None:
        """Return once `text` is on the screen."""
        wait_until(lambda: text in self.screen(), text)
