"""Every command in the README's shell blocks is run as it stands there."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers import wait_until
from helpers_processes import short_directory
from terminal_helpers import Terminal, environment

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OTHER_HOSTS = re.search(r"^## From another host\n.*?(?=^## )", README, re.MULTILINE | re.DOTALL)


def lines_in(text: str) -> list[str]:
    """Return the lines of the shell blocks in `text`, with their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


COMMANDS = [
    line.partition("  #")[0].strip()
    for line in lines_in(re.sub(re.escape(OTHER_HOSTS[0] if OTHER_HOSTS else ""), "", README))
]
SCREENS = [command for command in COMMANDS if "scroll" not in command and "test" not in command]
SCROLLS = [command for command in COMMANDS if "scroll" in command]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that looks like a clone; what a command writes stays out of ours."""
    fresh = subprocess.run(["make", "-q", ".venv/dev"], cwd=ROOT, check=False)
    if fresh.returncode:  # a command would install anew, into the .venv that all tests use
        pytest.skip("the .venv is older than what it was made from: use `make test`")
    for entry in ROOT.iterdir():
        (tmp_path / entry.name).symlink_to(entry)
    return tmp_path


@pytest.fixture
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return an environment in which nobody grants sudo and nothing else of ours runs."""
    refusing = tmp_path_factory.mktemp("bin") / "sudo"
    refusing.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    refusing.chmod(0o755)
    with short_directory() as directory:
        path = f"{refusing.parent}:{os.environ['PATH']}"
        yield environment(PATH=path, CONNMON_RUNTIME_DIR=str(directory / "r"))


@pytest.fixture
def running(folder: Path, env: dict[str, str]) -> Iterator[None]:
    """Have a connmon to attach to."""
    with Terminal(["sh", "-c", "make run"], env=env, cwd=folder) as terminal:
        terminal.until("LIVE")
        yield
        terminal.press("q")
        assert terminal.end() == 0


def test_the_readme_has_the_commands_that_it_promises() -> None:
    assert COMMANDS[:2] == ["make run", "make test"]
    assert len(SCREENS) + len(SCROLLS) + 1 == len(COMMANDS)


@pytest.mark.parametrize("command", [c for c in SCREENS if c.startswith("make run")])
def test_a_command_that_starts_a_screen(command: str, folder: Path, env: dict[str, str]) -> None:
    with Terminal(["sh", "-c", command], env=env, cwd=folder) as terminal:
        terminal.until("LIVE")
        terminal.press("q")
        assert terminal.end() == 0
        terminal.assert_restored()


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("command", [c for c in SCREENS if c.startswith("make view")])
def test_a_command_that_attaches_a_screen(command: str, folder: Path, env: dict[str, str]) -> None:
    with Terminal(["sh", "-c", command], env=env, cwd=folder) as terminal:
        terminal.until("LIVE")
        terminal.press("q")
        assert terminal.end() == 0


@pytest.mark.parametrize("command", [c for c in SCROLLS if c.startswith("make run")])
def test_a_command_that_writes_lines(command: str, folder: Path, env: dict[str, str]) -> None:
    with lines_of(command, folder, env) as written:
        with socket.create_server(("0.0.0.0", 0)) as listening:  # noqa: S104 - so it is a row
            port = listening.getsockname()[1]
            if "grep NEW" not in command:
                wait_until(lambda: f"*:{port}" in written())
        assert "Error" not in written()


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("command", [c for c in SCROLLS if c.startswith("make view")])
def test_a_command_that_attaches_lines(command: str, folder: Path, env: dict[str, str]) -> None:
    with (
        socket.create_server(("0.0.0.0", 0)) as listening,  # noqa: S104 - so it is a row
        lines_of(command, folder, env) as written,
    ):
        wait_until(lambda: f"*:{listening.getsockname()[1]}" in written())


def test_make_test_runs_the_tests() -> None:
    done = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, check=True)
    assert b"pytest" in done.stdout  # that they pass is what CI shows: it begins with `make test`


class lines_of:  # noqa: N801 - reads as a function
    """Runs a shell command that writes lines, and ends it with all that it has started."""

    def __init__(self, command: str, folder: Path, env: dict[str, str]) -> None:
        self._log = folder / "connections.log"
        self._captured = folder / "captured"
        with self._captured.open("wb") as out:
            self._process = subprocess.Popen(
                ["sh", "-c", command],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def __enter__(self) -> Callable[[], str]:
        return self._written

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait()

    def _written(self) -> str:
        log = self._log if self._log.exists() else self._captured
        return log.read_text(encoding="utf-8")
