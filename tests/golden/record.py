"""Record what the tests of replays show: real enrichers and displays, collectors that we play.

    make golden

It takes a minute. The screens and lines that go with the recordings are written by the tests:
read the difference before you commit it.
"""

import contextlib
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from helpers_geo import compile_tables
from helpers_processes import BIN, Program, short_directory
from terminal_helpers import Collector, connection, enricher, listener

from connmon_shared.messages import Connection, Counters, Process, Processes, Traffic
from connmon_shared.timelines.states import State

HERE = Path(__file__).parent / "recordings"
# Addresses that are reserved for documentation are not looked up; so others are among these.
COUNTRIES = "93.184.0.0,93.184.255.255,US\n2a00::,2a00:ffff::,DE\n"
NETWORKS = '93.184.0.0,93.184.255.255,64496,"Example Networks, Inc."\n'
CURL, SSH = connection(1, "93.184.216.34"), connection(2, "198.51.100.7", 22, process="ssh")
WEB = connection(3, "2a00:1450::5", process="firefox")
LEAK = connection(4, "203.0.113.9", process="backup", state=State.CLOSE_WAIT)
REFUSED = connection(5, "203.0.113.66", 8_080, state=State.SYN_SENT)
SSHD = listener(6, 22)
DOWNLOAD = Process(4242, "curl", 1000, "alice", "/usr/bin/curl", "curl https://example.com/a b")


def main() -> None:
    """Write all recordings anew."""
    HERE.mkdir(exist_ok=True)
    for name, play in (("one-host", one_host), ("two-hosts", two_hosts), ("sessions", sessions)):
        file = HERE / f"{name}.cmr"
        file.unlink(missing_ok=True)
        play(file)
        file.chmod(0o644)  # nothing in it is anybody's secret
        print(f"{file.name}: {file.stat().st_size} bytes")  # noqa: T201


def one_host(file: Path) -> None:
    """Record what may happen on a host, a collector that is silent for a while included."""
    with pipeline() as directory, Collector(directory, host="web1") as collector:
        collector.has(CURL, SSHD)
        with recording(directory, file, "ACTIVE"):
            collector.tells(Processes((DOWNLOAD,)))
            wait(2, lambda: collector.opens(SSH))
            wait(1, lambda: collector.opens(WEB, LEAK, REFUSED))
            wait(1, lambda: collector.tells(traffic(CURL, 1), traffic(SSH, 2)))
            wait(2, lambda: collector.closes(REFUSED, SSH))
            collector.silent = True
            wait(5, lambda: collector.opens(SSH._replace(id=7)))
            collector.silent = False
            wait(2, lambda: collector.tells(traffic(CURL, 3)))
            wait(2, lambda: collector.closes(WEB))
            wait(3)


def two_hosts(file: Path) -> None:
    """Record two hosts, one of which falls silent for good."""
    with (
        pipeline() as directory,
        Collector(directory, host="web1.example.com") as first,
        Collector(directory, host="mail.example.com") as second,
    ):
        first.has(CURL, SSHD)
        second.has(WEB)
        with recording(directory, file, "mail.*ACTIVE"):
            wait(2, lambda: first.opens(SSH))
            wait(2, lambda: second.opens(CURL._replace(id=9)))
            second.silent = True
            wait(6, lambda: first.closes(CURL))
            wait(2)


def sessions(file: Path) -> None:
    """Record twice to one file, an enricher each: nothing is known of the time between."""
    for number in range(2):
        with pipeline() as directory, Collector(directory, host="web1", past=1.0) as collector:
            collector.has(CURL)
            with recording(directory, file, "ACTIVE"):
                wait(3, lambda: collector.opens(SSH))
                wait(2 + number)
        wait(3)


@contextlib.contextmanager
def pipeline() -> Iterator[Path]:
    """Run an enricher that knows where the addresses of the examples are."""
    with tempfile.TemporaryDirectory() as folder, short_directory() as directory:
        Path(folder, "dbip-country-lite.csv").write_text(COUNTRIES)
        Path(folder, "dbip-asn-lite.csv").write_text(NETWORKS)
        look_ups = ("--lookup-country", "--lookup-asn", f"--geo-path={folder}")
        compile_tables(Path(folder))
        with enricher(directory, *look_ups):
            yield directory


@contextlib.contextmanager
def recording(directory: Path, file: Path, begun: str) -> Iterator[None]:
    """Run a display that records, from the line on that holds `begun`."""
    command = (BIN / "connmon-display", directory, "--scroll", f"--record={file}")
    with Program(*command) as display:
        display.line(begun)
        yield
        display.process.send_signal(signal.SIGTERM)
        display.ended()


def wait(seconds: float, then: Callable[[], None] = lambda: None) -> None:
    """Let time pass, then something happen."""
    time.sleep(seconds)
    then()


def traffic(row: Connection, factor: int) -> Traffic:
    """Return the counters of a connection."""
    counters = Counters(row.id, 1_200 * factor, 34_000 * factor, 400, 11_000, 12_400, factor)
    return Traffic(time.time(), (counters,))


if __name__ == "__main__":
    main()
