"""`--scroll` among other programs: pipes, readers slow and gone, signals, locales, job control."""

import os
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from helpers import wait_until
from helpers_processes import BIN, Program, short_directory
from terminal_helpers import Collector, Terminal, connection, enricher, environment, pipeline

ROWS = 3_000  # their lines are more than any pipe or terminal holds
CTRL_C = "\x03"
WHOLE = re.compile(r"\] ACTIVE - 10\.\S+  ESTABLISHED:443\(https\)  curl\[4242\]\n\Z")
KNOWN = "192.0.2.1"


@pytest.fixture(scope="module")
def host() -> Iterator[Path]:
    """A host where nothing happens."""
    with short_directory() as directory, enricher(directory):
        collector = Collector(directory)
        collector.has(connection(1, KNOWN))
        with collector:
            yield directory


@pytest.fixture(scope="module")
def busy() -> Iterator[Path]:
    """A host with more rows than a pipe holds."""
    rows = (connection(n, f"10.{n >> 8}.{n & 255}.1") for n in range(1, ROWS + 1))
    with short_directory() as directory, enricher(directory):
        collector = Collector(directory)
        collector.has(*rows)
        with collector:
            yield directory


def command(directory: Path, *options: str) -> list[str]:
    return [str(BIN / "connmon-display"), str(directory), "--scroll", "-q", *options]


def scroll(directory: Path, *options: str, env: Mapping[str, str] | None = None) -> Program:
    return Program(*command(directory, *options), env=env)


def in_a_shell(text: str) -> subprocess.CompletedProcess[str]:
    shell = ["bash", "-c", text]
    return subprocess.run(
        shell, capture_output=True, text=True, check=True, timeout=50, env=environment()
    )


# Pipes.


def test_a_line_is_there_at_once_although_nothing_follows(host: Path) -> None:
    with scroll(host) as program:
        assert KNOWN in program.line("ACTIVE")
        assert program.process.poll() is None


def test_head_ends_it_with_0_although_nothing_follows(host: Path) -> None:
    piped = f'{shlex.join(command(host))} | head -1; echo "${{PIPESTATUS[*]}}"'
    done = in_a_shell(piped)
    line, codes = done.stdout.splitlines()
    assert KNOWN in line
    assert codes == "0 0"
    assert done.stderr == ""


def test_a_full_device_ends_it_with_74_and_one_sentence(host: Path) -> None:
    with Path("/dev/full").open("wb") as full, Program(*command(host), stdout=full) as program:
        assert program.ended() == 74
    assert program.complaints == [
        "connmon-display: cannot write output: No space left on device",
    ]


def test_a_reader_that_comes_late_gets_all(busy: Path) -> None:
    reading, writing = os.pipe()
    with Program(*command(busy), stdout=writing) as program, open(reading, "rb") as lines:  # noqa: PTH123 - a descriptor
        wait_until(lambda: full(writing))
        os.close(writing)
        found = [next(lines).decode() for _ in range(ROWS)]
        assert len({line.split()[3] for line in found}) == ROWS
        program.process.send_signal(signal.SIGTERM)
        assert program.ended() == 143


def full(writing: int) -> bool:
    """Return whether a pipe has no page left to write into: who writes more has to wait."""
    return not select.select([], [writing], [], 0)[1]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_reader_that_reads_nothing_keeps_no_signal_away(
    busy: Path, number: signal.Signals, code: int
) -> None:
    reading, writing = os.pipe()
    with Program(*command(busy), stdout=writing) as program:
        wait_until(lambda: full(writing))
        os.close(writing)
        program.process.send_signal(number)
        assert program.ended() == code
    with open(reading, "rb") as lines:  # noqa: PTH123 - a descriptor
        assert [line for line in lines if not WHOLE.search(line.decode())] == []


def test_to_wait_for_a_reader_costs_next_to_nothing(busy: Path) -> None:
    """What comes meanwhile wakes nobody: it is taken in when there is room again."""
    reading, writing = os.pipe()
    with Program(*command(busy), stdout=writing) as program:
        wait_until(lambda: full(writing) and state(program.process.pid) == "S")
        os.close(writing)
        began, before = time.monotonic(), spent(program.process.pid)
        time.sleep(2)
        assert spent(program.process.pid) - before < (time.monotonic() - began) / 50
    os.close(reading)


def spent(pid: int) -> float:
    """Return how many seconds of work a process has done."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_terminal_that_is_stopped_keeps_no_signal_away(busy: Path) -> None:
    with Terminal(command(busy)) as terminal:
        terminal.until(lambda: b"10.0.1.1 " in terminal.raw, "the first line")
        wait_until(lambda: state(terminal.process.pid) == "S")  # nobody reads what it writes
        terminal.signal(signal.SIGTERM)
        wait_until(lambda: terminal.process.poll() is not None)
        assert terminal.process.returncode == 143


def state(pid: int) -> str:
    """Return the letter for what a process is doing: S for sleeping, T for stopped."""
    return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]


def test_a_terminal_that_hangs_up_ends_it_with_129(host: Path) -> None:
    with Terminal(command(host)) as terminal:
        terminal.until(KNOWN)
        terminal.hang_up()
        wait_until(lambda: terminal.process.poll() is not None)
        assert terminal.process.returncode == 129


# Signals and jobs.


def test_it_survives_the_end_of_a_session_under_nohup() -> None:
    with pipeline() as (directory, collector):
        collector.has(connection(1, KNOWN))
        with Program("nohup", *command(directory)) as program:
            program.line(KNOWN)
            program.process.send_signal(signal.SIGHUP)
            collector.opens(connection(2, "198.51.100.7"))
            program.line(r"NEW .* 198\.51\.100\.7")
            program.process.send_signal(signal.SIGTERM)
            assert program.ended() == 143


def test_what_happens_while_it_is_stopped_is_told_when_it_goes_on() -> None:
    with pipeline() as (directory, collector):
        collector.has(connection(1, KNOWN))
        with scroll(directory) as program:
            program.line(KNOWN)
            program.process.send_signal(signal.SIGTSTP)
            wait_until(lambda: state(program.process.pid) == "T")
            short = connection(2, "198.51.100.7")
            collector.opens(short)
            collector.closes(short)
            program.process.send_signal(signal.SIGCONT)
            program.line(r"NEW .* 198\.51\.100\.7")
            program.line(r"CLOSED .* 198\.51\.100\.7")


def test_a_job_in_the_background_is_not_stopped_and_asks_nothing(
    host: Path, tmp_path: Path
) -> None:
    """Whoever looks at a terminal from the background, or reads from it, is stopped."""
    job = f"set -m; {shlex.join(command(host))} & echo pid $!.; wait $!; echo code $?."
    with Terminal(["bash", "-c", job], (100, 24), cwd=tmp_path) as terminal:
        terminal.until(KNOWN)
        terminal.until(lambda: re.search(r"pid (\d+)\.", terminal.text), "the pid")
        found = re.search(r"pid (\d+)\.", terminal.text)
        assert found is not None
        os.kill(int(found[1]), signal.SIGINT)
        terminal.until("code 130.")
        assert "Save" not in terminal.text


def test_questions_go_to_people_and_not_into_the_log(host: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    redirected = f"exec {shlex.join(command(host))} > {log}"
    with Terminal(["bash", "-c", redirected], (100, 24), cwd=tmp_path) as terminal:
        wait_until(lambda: log.exists() and KNOWN in log.read_text("utf-8"))
        terminal.press(CTRL_C)
        terminal.until("Save timeline before quitting? [y/N]")
        terminal.press("y\r")
        terminal.until("Save frequent addresses?")
        terminal.press("\r")
        assert terminal.end() == 130
    assert "Save" not in log.read_text("utf-8")
    assert len(list(tmp_path.glob("connection_timeline_*.txt"))) == 1


def test_where_no_connmon_runs_it_ends_with_69_and_one_sentence() -> None:
    with short_directory() as directory, scroll(directory) as program:
        assert program.ended() == 69
    (said,) = program.complaints
    assert said.startswith("connmon-display: ")
    assert program.seen == []


# What is written.


def written(host: Path, *options: str, **env: str) -> bytes:
    """Return the first line of a log, with an environment of its own."""
    plain = {k: v for k, v in environment(**env).items() if k != "PYTHONUTF8"}
    with subprocess.Popen(
        command(host, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=plain
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()
        process.communicate(timeout=50)
        return line


@pytest.mark.parametrize(
    ("options", "env", "colored"),
    [
        ((), {}, False),
        (("--color=always",), {}, True),
        (("--color=always",), {"NO_COLOR": "1"}, True),
        (("--color=always", "--no-color"), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"CLICOLOR_FORCE": "1"}, True),
        ((), {"FORCE_COLOR": "0"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--json", "--color=always"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_who_decides_on_colour(
    host: Path, options: tuple[str, ...], env: dict[str, str], *, colored: bool
) -> None:
    assert (b"\x1b" in written(host, *options, **env)) == colored


def test_what_a_locale_cannot_say_is_said_in_ascii(host: Path) -> None:
    assert b" ACTIVE - " in written(host, LC_ALL="C")  # which way is not known
    assert written(host, LC_ALL="C").isascii()
    with pipeline() as (directory, collector):
        collector.has(connection(1, KNOWN, process="caf\xe9")._replace(direction=1))
        line = written(directory, LC_ALL="C")
        assert b"ACTIVE -> 192.0.2.1" in line
        assert rb"caf\xe9" in line
        assert "ACTIVE → 192.0.2.1" in written(directory).decode()


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_the_library_for_full_screens_is_not_even_loaded(
    host: Path, options: tuple[str, ...]
) -> None:
    traced = [sys.executable, "-X", "importtime", "-m", "connmon_display", *command(host)[1:]]
    with Program(*traced, *options) as program:
        program.line(KNOWN)
        program.process.send_signal(signal.SIGTERM)
        program.ended()
    loaded = {line.rpartition("|")[2].strip() for line in program.complaints}
    assert "connmon_display.scroll.app" in loaded
    assert not loaded & {"blessed", "curses", "connmon_display.refresh.app"}
