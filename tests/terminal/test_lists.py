"""Lists in the refresh view on a real terminal: what is hidden, what is marked, and SIGHUP."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from terminal_helpers import (
    Collector,
    Terminal,
    connection,
    listener,
    pipeline,
    program,
    wait_until,
)

from connmon_display.rows.arrangement import SORTS

CURL = connection(1, "192.0.2.1")
SSH = connection(2, "198.51.100.7", 22, process="ssh")
AGAIN = connection(3, "192.0.2.1", 80, process="wget")
SSHD = listener(4, 22)
ENTER = "\r"


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "list"
    path.write_text("192.0.2.0/24  # documentation\n", encoding="ascii")
    return path


def display(directory: Path, *options: object, **terminal: object) -> Terminal:
    return Terminal(program("connmon-display", directory, *options), **terminal)  # type: ignore[arg-type] # passed through


def has(collector: Collector) -> None:
    collector.has(CURL, SSH, SSHD)


@pytest.mark.parametrize("options", [(), ("--ascii", "--no-color")])
def test_a_watched_row_is_marked_told_and_stays_marked(
    listed: Path, options: tuple[str, ...]
) -> None:
    with pipeline() as (directory, collector):
        has(collector)
        watch = ("--watch-file", listed, *options)
        with display(directory, *watch, size=(80, 24)) as terminal:
            terminal.until("ALERT 192.0.2.1 matched")
            terminal.until("  1 ALERT  ")
            row = terminal.row("192.0.2.1")
            assert row.startswith("!192.0.2.1 ")
            assert "ACTIVE|443" in row
            assert terminal.row("198.51.100.7").startswith(" 198.51.100.7")
            collector.closes(CURL)
            terminal.until("CLOSED|443")
            assert terminal.row("192.0.2.1").startswith("!192.0.2.1")
            terminal.press("g")
            terminal.until('ALERT: matched "192.0.2.0/24" (list:1)')
            selected = terminal.row("192.0.2.1")
            assert selected[0] not in "! "  # the cursor
            assert selected.index("!") == len(" 198.51.100.7")  # behind the longest in sight
            terminal.press("/is:alert" + ENTER)
            terminal.until(lambda: "198.51.100.7" not in terminal.text)
            assert "192.0.2.1" in terminal.text
            terminal.press("q")
            assert terminal.end() == 0


def test_the_newest_alert_is_in_the_last_line_and_s_brings_alerts_first(tmp_path: Path) -> None:
    baseline = tmp_path / "frequent_ips_50pct.txt"
    baseline.write_text("192.0.2.1     #  99.0 %\n", encoding="ascii")
    with pipeline() as (directory, collector):
        collector.has(CURL, SSHD)
        with display(directory, "--baseline", baseline, size=(80, 24)) as terminal:
            terminal.until("192.0.2.1")
            assert "ALERT" not in terminal.text
            collector.opens(SSH)
            terminal.until("ALERT 198.51.100.7 not in the baseline")
            terminal.press("s" * len(SORTS))  # alerts are the order behind these
            terminal.until("sort:alert")
            names = [line[1:13].strip() for line in terminal.lines[3:5]]
            assert names == ["198.51.100.7", "192.0.2.1"]


def test_sighup_reads_a_changed_list_again_and_the_view_goes_on(listed: Path) -> None:
    with pipeline() as (directory, collector):
        has(collector)
        with display(directory, "--filter-file", listed, size=(240, 24)) as terminal:
            terminal.until("198.51.100.7")
            assert "192.0.2.1" not in terminal.text
            terminal.signal(signal.SIGHUP)
            terminal.until("no list has changed")
            listed.with_suffix(".new").write_text("198.51.100.7\n", encoding="ascii")
            listed.with_suffix(".new").replace(listed)
            terminal.signal(signal.SIGHUP)
            terminal.until("was read again: 1 entry")
            terminal.until("192.0.2.1")
            assert "198.51.100.7" not in terminal.text
            listed.write_text("", encoding="ascii")
            terminal.signal(signal.SIGHUP)
            terminal.until("lists nothing now; its 1 entry from before still counts")
            assert "198.51.100.7" not in terminal.text
            listed.unlink()
            terminal.signal(signal.SIGHUP)
            terminal.until("cannot read the filter file")
            assert "198.51.100.7" not in terminal.text
            terminal.press("q")
            assert terminal.end() == 0
            terminal.assert_restored()


def unhurt_by_hangup(command: list[str]) -> list[str]:
    """Return `command` as nohup would start it, but for where it reads and writes."""
    return ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *command]


def test_sighup_is_a_request_also_for_a_view_that_was_started_to_ignore_it(listed: Path) -> None:
    with pipeline() as (directory, collector):
        has(collector)
        command = program("connmon-display", directory, "--filter-file", listed)
        with Terminal(unhurt_by_hangup(command), size=(240, 24)) as terminal:
            terminal.until("198.51.100.7")
            listed.write_text("198.51.100.7\n", encoding="ascii")
            terminal.signal(signal.SIGHUP)
            terminal.until("was read again: 1 entry")
            terminal.until("192.0.2.1")
            terminal.hang_up()
            wait_until(lambda: terminal.process.poll() is not None, "the end")
            assert terminal.process.returncode == 129


def test_a_view_without_lists_that_was_started_to_ignore_sighup_ignores_it() -> None:
    with pipeline() as (directory, collector):
        has(collector)
        with Terminal(unhurt_by_hangup(program("connmon-display", directory))) as terminal:
            terminal.until("198.51.100.7")
            terminal.signal(signal.SIGHUP)
            collector.opens(AGAIN)
            terminal.until("wget")
            terminal.press("q")
            assert terminal.end() == 0


def test_a_terminal_that_is_gone_ends_a_view_with_lists(listed: Path) -> None:
    with pipeline() as (directory, collector):
        has(collector)
        with display(directory, "--filter-file", listed) as terminal:
            terminal.until("198.51.100.7")
            terminal.hang_up()
            wait_until(lambda: terminal.process.poll() is not None, "the end")
            assert terminal.process.returncode == 129


def test_a_terminal_that_is_gone_ends_a_log_with_lists(listed: Path, tmp_path: Path) -> None:
    with pipeline() as (directory, collector), (tmp_path / "log").open("wb") as log:
        has(collector)
        command = program("connmon-display", directory, "--scroll", "--filter-file", listed)
        with Terminal(["sh", "-c", f"exec {' '.join(command)} > {log.name}"]) as terminal:
            wait_until(lambda: "198.51.100.7" in Path(log.name).read_text("utf-8"), "a line")
            terminal.hang_up()
            wait_until(lambda: terminal.process.poll() is not None, "the end")
            assert terminal.process.returncode == 129


def test_a_look_up_that_a_list_needs_is_asked_for(listed: Path) -> None:
    listed.write_text("# bad\ncountry:DE\n", encoding="ascii")
    with pipeline() as (directory, collector):
        has(collector)
        with display(directory, "--watch-file", listed, size=(240, 24)) as terminal:
            terminal.until("(line 2: country:DE), but they are not looked up")
            terminal.until("--lookup-country")


def test_a_country_hides_marks_and_shows_a_row(listed: Path, tmp_path: Path) -> None:
    places = "8.8.8.0,8.8.8.255,US\n9.9.9.0,9.9.9.255,CH\n"
    (tmp_path / "dbip-country-lite.csv").write_text(places, encoding="ascii")
    listed.write_text("country:US\n", encoding="ascii")
    geo = ("--lookup-country", f"--geo-path={tmp_path}")
    with pipeline(*geo) as (directory, collector):
        collector.has(connection(8, "8.8.8.8"), connection(9, "9.9.9.9"), CURL)
        with display(directory, "--watch-file", listed) as terminal:
            terminal.until("!8.8.8.8")
            assert terminal.row("9.9.9.9").startswith(" ")
        with display(directory, "--only-file", listed) as terminal:
            terminal.until("8.8.8.8")
            assert "9.9.9.9" not in terminal.text
        with display(directory, "--filter-file", listed) as terminal:
            terminal.until("9.9.9.9")
            terminal.until(lambda: "8.8.8.8" not in terminal.text)


@pytest.mark.parametrize(
    ("typed", "gone"),
    [
        ("192.0.2.0/24", "198.51.100.7"),
        ("192.0.2.1-192.0.2.9", "198.51.100.7"),
        ("!192.0.2.0/24", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7"),
    ],
)
def test_the_typed_filter_knows_the_grammar(typed: str, gone: str) -> None:
    with pipeline() as (directory, collector):
        has(collector)
        with display(directory) as terminal:
            terminal.until("198.51.100.7")
            terminal.press(f"/{typed}{ENTER}")
            terminal.until(lambda: not any(line[1:].startswith(gone) for line in terminal.lines))


_FREEZES = """
import sys, time
from pathlib import Path
from connmon_display.rows.arrangement import SORTS
from connmon_display.filters.list_file import ListFile, Role
from connmon_display.filters.lists import Lists
from connmon_display.filters.renewal import Renewal
from connmon_shared.stage.loop import Loop
path = Path(sys.argv[1])
path.write_text("192.0.2.1\\n")
lists, loop = Lists([ListFile(path, Role.HIDDEN)]), Loop(stops=())
renewal = Renewal(lists, loop)
with path.open("w") as file:
    for number in range(200_000):
        mixed = number * 2_654_435_761 % (1 << 32)
        file.write(".".join(map(str, mixed.to_bytes(4))) + "\\n")
print(renewal.begin())
turns = 0
while not (said := renewal.finish()):
    loop.wait(0.01)
    turns += 1
print(*said, "turns" if turns > 5 else "frozen", sep="\\n")
"""


def test_a_view_goes_on_while_a_long_list_is_read(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _FREEZES, str(tmp_path / "long")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    reading, read, how = done.stdout.splitlines()
    assert reading == f"reading {tmp_path}/long again"
    assert read.endswith("/long was read again: 200,000 entries")
    assert how == "turns"
    assert done.stderr == ""
