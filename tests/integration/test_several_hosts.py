"""Two real collectors that call themselves different hosts, one enricher, and every view."""

import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from helpers import wait_until
from helpers_processes import BIN, Loopback, Program, short_directory
from terminal_helpers import Terminal, enricher

HOSTS = ("web1", "web2")


@pytest.fixture
def directory(loopback: Loopback) -> Iterator[Path]:
    """Have an enricher, in a directory with a list that leaves only what `loopback` does."""
    with short_directory() as path, enricher(path):
        others = f"0.0.0.0/0\n::/0\n!{loopback.server}\n"
        (path / "others").write_text(others, "ascii")
        yield path


@pytest.fixture
def collectors(directory: Path) -> Iterator[dict[str, Program]]:
    command = (BIN / "connmon-collector", "--source=poll", "--interval=0.2")
    with ExitStack() as stack:
        yield {
            host: stack.enter_context(
                Program(*command, f"--runtime-dir={directory}", f"--host={host}")
            )
            for host in HOSTS
        }


def view(directory: Path, *options: str | Path) -> tuple[Path | str, ...]:
    hidden = ("--show-loopback", f"--filter-file={directory / 'others'}", "-t", "0.1")
    return BIN / "connmon-display", directory, *hidden, *options


def said(log: Program, pattern: str) -> None:
    """Wait until `log` has said it, in whatever order."""
    wait_until(lambda: any(re.search(pattern, line) for line in log.seen))


@pytest.mark.usefixtures("collectors")
def test_json_tells_of_which_host_each_event_is(directory: Path, loopback: Loopback) -> None:
    about = rf'"address":"{re.escape(loopback.server)}"'
    with Program(*view(directory, "--json")) as log:
        for host in HOSTS:
            said(log, rf'"listen".*"host":"{host}",{about}')
        loopback.connect()
        for host in HOSTS:
            said(log, rf'"new".*"host":"{host}",{about}')


@pytest.mark.usefixtures("collectors")
def test_lines_name_their_host_and_so_do_the_files(
    directory: Path, loopback: Loopback, tmp_path: Path
) -> None:
    server, files = re.escape(loopback.server), ("-o", "out.txt", "--save-threshold=0")
    with Program(*view(directory, "--scroll", "-q", *files), cwd=tmp_path) as log:
        # The first may be alone yet when its line is written, and is not named then.
        wait_until(lambda: sum(f"LISTEN → {loopback.server}:" in line for line in log.seen) == 2)
        loopback.connect()
        for host in HOSTS:
            said(log, rf"\] {host} NEW → {server} ")
        log.process.send_signal(signal.SIGTERM)
        assert log.ended() == 143
    report = (tmp_path / "out.txt").read_text("utf-8")
    [frequent] = tmp_path.glob("frequent_ips_*")
    for host in HOSTS:
        assert re.search(rf"^{host}  {server} .*▲", report, re.MULTILINE)
        assert re.search(rf"^{server} .*%  {host}$", frequent.read_text("utf-8"), re.MULTILINE)


def test_the_screen_shows_the_hosts_and_which_of_them_is_silent(
    directory: Path, loopback: Loopback, collectors: dict[str, Program]
) -> None:
    with Terminal([str(part) for part in view(directory)]) as screen:
        screen.until("2 hosts")
        loopback.connect()
        screen.until(lambda: all(shown(screen, host, loopback.server) for host in HOSTS))
        ours = [shown(screen, host, loopback.server) for host in HOSTS]
        assert "▲" in "".join(ours)
        screen.press("/host:web2\r")
        screen.until(lambda: not shown(screen, "web1", loopback.server))
        assert shown(screen, "web2", loopback.server)
        screen.press("\x1b")
        screen.until(lambda: shown(screen, "web1", loopback.server))
        collectors["web2"].process.kill()
        screen.until("LIVE, web2 STALE")
        loopback.disconnect()
        screen.until(lambda: "CLOSED" in shown(screen, "web1", loopback.server))
        assert "CLOSED" not in shown(screen, "web2", loopback.server), "nobody has looked"
        collectors["web1"].process.kill()
        screen.until(lambda: " STALE " in screen.lines[0] and "LIVE" not in screen.lines[0])
        screen.press("q")
        assert screen.end() == 0


def shown(screen: Terminal, host: str, address: str) -> str:
    """Return the row of `address` on `host`, empty if it is not on the screen."""
    return next((line for line in screen.lines if f"{host} {address} " in line), "")
