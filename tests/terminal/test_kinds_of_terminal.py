"""Terminals differ: in what they answer, how wide they draw, and what runs in between."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers_processes import short_directory
from terminal_helpers import (
    Collector,
    Terminal,
    connection,
    ended_by,
    enricher,
    environment,
    listener,
    program,
    wait_until,
)

from connmon_display.refresh.input.keys import BINDINGS, Action

ADDRESS = "192.0.2.1"
HOW_WIDE, NARROW, WIDE = b"\x1b[6n", "\x1b[2;2R", "\x1b[2;3R"
#: Other questions that terminals are asked, and some print or never answer.
OTHERS = (b"\x1b[c", b"\x1b[>c", b"\x1b[>q", b"\x1bP", b"\x1b]")
#: Escape, too: with a key right behind it, it is another key.
_LEFT_OUT = {Action.QUIT, Action.INTERRUPT, Action.SUSPEND, Action.CLEAR}
_ALL_ANEW = {Action.REDRAW, Action.THEME}
#: What a terminal sends for a key that has a name.
_SENT = {
    "KEY_ENTER": "\r",
    "KEY_UP": "\x1b[A",
    "KEY_DOWN": "\x1b[B",
    "KEY_RIGHT": "\x1b[C",
    "KEY_LEFT": "\x1b[D",
    "KEY_HOME": "\x1b[H",
    "KEY_END": "\x1b[F",
    "KEY_PGUP": "\x1b[5~",
    "KEY_PGDOWN": "\x1b[6~",
    "KEY_CTRL_L": "\x0c",
}
#: Takes a terminal and gives it back at once, and tells how long that took.
_SHORT = """
import os, time
from connmon_display.refresh.terminal.terminal import Terminal
terminal, began = Terminal(), time.monotonic()
os.write(terminal.descriptor, terminal.enter().encode())
terminal.entered()
terminal.leave()
print("seconds:", time.monotonic() - began)
"""
ENDING_SECONDS = 5.0  # a second that a terminal may keep us from ending, on a machine that is busy
SIZES = [(60 + 7 * step % 131, 10 + 3 * step % 41) for step in range(60)]


@pytest.fixture(scope="module")
def quiet_host() -> Iterator[Path]:
    with short_directory() as directory, enricher(directory):
        collector = Collector(directory)
        collector.has(connection(1, ADDRESS), listener(2, 22))
        with collector:
            yield directory


def view(directory: Path, *options: str) -> list[str]:
    return program("connmon-display", directory, *options)


class TestWidth:
    """▲ and its like take two cells in some East Asian terminals: those get ASCII."""

    def test_of_one_cell_is_drawn(self, quiet_host: Path) -> None:
        with Terminal(view(quiet_host)) as terminal:
            terminal.until(ADDRESS)
            assert "■■ [" in terminal.row(ADDRESS)

    def test_of_two_cells_is_not(self, quiet_host: Path) -> None:
        with Terminal(view(quiet_host), answers=False) as terminal:
            terminal.press(WIDE)  # it is there when it is asked for
            terminal.until(ADDRESS)
            assert "## [" in terminal.row(ADDRESS)
            assert "■".encode() not in terminal.raw

    def test_is_all_that_is_asked_and_only_where_it_matters(self, quiet_host: Path) -> None:
        for options, env, asked in (
            ((), environment(), 1),
            (("--ascii",), environment(), 0),
            ((), environment(LC_ALL="C"), 0),
        ):
            with Terminal(view(quiet_host, *options), env=env, answers=False) as terminal:
                terminal.until(ADDRESS)
                assert terminal.raw.count(HOW_WIDE) == asked
                assert not [query for query in OTHERS if query in terminal.raw]

    def test_that_is_told_late_counts_and_acts_as_no_key(self, quiet_host: Path) -> None:
        with Terminal(view(quiet_host), answers=False) as terminal:
            terminal.until("■■ [")
            terminal.press("/a" + WIDE + "b")
            terminal.until("filter:  ab_")
            terminal.press("\x1b")
            terminal.until("## [")
            terminal.press("?")
            terminal.until("zoom:")
            assert "■" not in terminal.text
            terminal.press(NARROW)
            terminal.until("↓")
            assert "zoom:" in terminal.text, "the help is not closed by it"

    def test_that_is_never_told_loses_no_key(self, quiet_host: Path) -> None:
        with Terminal(view(quiet_host), answers=False) as terminal:
            terminal.press("-")  # before it is asked
            terminal.until(lambda: HOW_WIDE in terminal.raw, "the question")
            terminal.press("-")  # while the answer is waited for
            terminal.until("1 char = 5s")

    def test_that_is_not_told_yet_is_waited_for_before_somebody_else_reads_it(self) -> None:
        with Terminal([sys.executable, "-c", _SHORT], answers=False) as terminal:
            assert terminal.end() == 0
            assert float(terminal.row("seconds:").split()[1]) >= 1


@pytest.mark.parametrize("term", ["linux", "vt100", "screen-256color", "xterm", "no-such-terminal"])
def test_a_terminal_of_type(quiet_host: Path, term: str) -> None:
    with Terminal(view(quiet_host), env=environment(TERM=term)) as terminal:
        terminal.until(ADDRESS)
        assert "o [LISTEN" in terminal.row("*:22") or "○ [LISTEN" in terminal.row("*:22")
        assert b"$<" not in terminal.raw, "a delay is no text"
        terminal.press("g")
        terminal.until(lambda: re.search(f"[▸>]{re.escape(ADDRESS)}", terminal.text))
        terminal.press("q")
        assert terminal.end() == 0
        assert terminal.screen.cursor.y == 23 or b"\x1b[?1049l" in terminal.raw


def test_resized_sixty_times_it_draws_for_the_last_size(quiet_host: Path) -> None:
    with Terminal(view(quiet_host)) as terminal:
        terminal.until(ADDRESS)
        for columns, lines in SIZES:
            terminal.resize(columns, lines)
        terminal.until(lambda: "? help" in terminal.lines[-1], "the footer")
        terminal.until(
            lambda: "■ [" in terminal.row(ADDRESS), "the row, which may come a piece later"
        )
        terminal.until(lambda: terminal.lines[0].startswith(" connmon "), "the header")
        terminal.press("q")
        assert terminal.end() == 0
        terminal.assert_restored()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_that_takes_nothing_keeps_nothing_from_ending(
    quiet_host: Path, number: int
) -> None:
    with Terminal(view(quiet_host), (200, 50)) as terminal:
        terminal.until(ADDRESS)
        terminal.fill("\x0c")
        terminal.signal(number)
        began = time.monotonic()
        wait_until(lambda: terminal.process.poll() is not None, "the end")
        assert time.monotonic() - began < ENDING_SECONDS
        terminal.end()
        terminal.assert_restored()


#: Fills its terminal until that takes nothing more, then becomes the command.
_FULL = (
    "import os, sys, time; os.set_blocking(1, False); taken = 1\n"
    "while taken:\n"
    "    try: os.write(1, b'full ' * 1_000); taken = 3\n"
    "    except BlockingIOError: taken -= 1; time.sleep(0.1)\n"
    "os.set_blocking(1, True); os.execvp(sys.argv[1], sys.argv[1:])"
)


@contextmanager
def full_from_the_start(directory: Path) -> Iterator[Terminal]:
    """A view that has the keyboard of a terminal that takes nothing."""
    with Terminal([sys.executable, "-c", _FULL, *view(directory)], answers=False) as terminal:
        wait_until(lambda: not terminal.echoes, "the keyboard is taken")
        yield terminal


@pytest.mark.parametrize(("end", "code"), [(signal.SIGTERM, 143), ("q", 0)])
def test_a_terminal_that_takes_nothing_from_the_start_keeps_nothing_from_ending(
    quiet_host: Path, end: signal.Signals | str, code: int
) -> None:
    with full_from_the_start(quiet_host) as terminal:
        if isinstance(end, str):
            terminal.press(end)
        else:
            terminal.signal(end)
        began = time.monotonic()
        wait_until(lambda: terminal.process.poll() is not None, "the end")
        assert time.monotonic() - began < ENDING_SECONDS
        assert terminal.end() == code
        terminal.assert_restored()


def test_a_terminal_that_takes_something_late_shows_all_and_counts_what_was_pressed_before(
    quiet_host: Path,
) -> None:
    with full_from_the_start(quiet_host) as terminal:
        terminal.press("-" + WIDE)
        terminal.until("1 char = 2s")
        terminal.until(lambda: "## [" in terminal.row(ADDRESS), "ASCII")
        terminal.press("q")
        assert terminal.end() == 0
        terminal.assert_restored()


@pytest.mark.parametrize("size", [(60, 10), (80, 24), (200, 50), (400, 100)])
def test_after_every_key_the_screen_is_as_if_drawn_anew(
    quiet_host: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    bindings = [binding for binding in BINDINGS if binding.action not in _LEFT_OUT]
    bindings.sort(key=lambda binding: binding.action not in _ALL_ANEW)  # what they draw comes first
    keys = [key for binding in bindings for key in binding.keys]
    with Terminal(view(quiet_host), size, cwd=tmp_path) as terminal:
        terminal.until(ADDRESS)
        for key in keys:
            terminal.press(_SENT.get(key, key) + ("curl\r" if key == "/" else ""))
            while terminal.read():
                pass
        terminal.press("/\x15\r")  # no filter any more
        while terminal.read():
            pass
        if "FROZEN" not in terminal.text:
            terminal.press(" ")
            terminal.until("FROZEN")
        while terminal.read():
            pass
        before = terminal.lines[1:-1]  # the others tell how long it stands still, and for a while
        assert [line for line in before if line.strip()]
        terminal.screen.erase_in_display(2)
        terminal.press("\x0c")
        terminal.until(lambda: "FROZEN" in terminal.lines[0] and terminal.lines[-1].strip())
        assert terminal.lines[1:-1] == before
        terminal.press("q")
        assert terminal.end() == 0
        terminal.assert_restored()


def test_a_long_text_that_is_pasted_holds_up_nothing(quiet_host: Path) -> None:
    with Terminal(view(quiet_host)) as terminal:
        terminal.until(ADDRESS)
        terminal.press("x" * 200_000)  # no key of ours
        while "1 char = 1s" in terminal.text:  # keys right behind it are thrown away with it
            terminal.press("-")
            terminal.read()
        terminal.press("/" + "word " * 30 + "end")  # of what is not so long all counts
        terminal.press("\r")
        terminal.until("no address matches")
        terminal.press("/\x17")
        terminal.until("word word ")
        terminal.until(lambda: "end" not in terminal.text, "the last word goes")


#: Each keeps a screen of its own and gives it to us on a terminal: the command, and what ends it.
_BETWEEN = {
    "tmux": ("tmux -S {home}/s -f /dev/null new-session", "tmux -S {home}/s kill-server"),
    "screen": ("screen -S view -U -c {home}/conf", "screen -S view -X quit"),
}


@pytest.mark.parametrize(("name", "whole"), [("tmux", True), ("screen", True), ("screen", False)])
def test_inside(quiet_host: Path, name: str, *, whole: bool) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"needs {name}")
    with short_directory() as home:
        home.chmod(0o700)
        (home / "conf").write_text(f"altscreen {'on' if whole else 'off'}\n")
        between, end = (command.format(home=home).split() for command in _BETWEEN[name])
        env = environment(HOME=str(home), SCREENDIR=str(home))
        shell = 'stty -g >before; "$@"; echo ended $?; stty -g | cmp before - && echo same; cat'
        command = [*between, "sh", "-c", shell, "sh", *view(quiet_host)]
        with ended_by(end, env), Terminal(command, env=env, cwd=home) as terminal:
            terminal.until("■ [")
            for columns, lines in (*SIZES, (80, 24)):
                terminal.resize(columns, lines + 1)  # one is theirs
                terminal.screen.erase_in_display(2)
                terminal.until(lambda: "■ [" in terminal.row(ADDRESS), "all of it anew")
            terminal.press("g")
            terminal.until(f"▸{ADDRESS}")
            terminal.press("q")
            terminal.until("ended 0")
            assert terminal.row("ended 0").rstrip() == "ended 0"
            assert (ADDRESS in terminal.text) != whole, "the screen before, if there is another"
            terminal.until("same")
            terminal.press("\x04")
            terminal.end()


@contextmanager
def x_server() -> Iterator[str]:
    """Give the name of a display that nobody sees."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert server.stdout is not None
    try:
        assert select.select([server.stdout], [], [], 30)[0], "the server does not start"
        yield f":{server.stdout.readline().decode().strip()}"
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


@pytest.mark.skipif(
    None in {shutil.which("xterm"), shutil.which("Xvfb"), shutil.which("script")},
    reason="needs xterm, Xvfb and script",
)
@pytest.mark.parametrize(("options", "drawn"), [((), "■"), (("-cjk_width",), "#")])
def test_in_xterm(quiet_host: Path, tmp_path: Path, options: tuple[str, ...], drawn: str) -> None:
    typescript = tmp_path / "typescript"
    shown = ["script", "--quiet", "--flush", "--return", str(typescript), "--command"]
    number = tmp_path / "pid"
    command = f"echo $$ > {number}; exec {' '.join(view(quiet_host))}"
    with x_server() as server:
        xterm = ["xterm", "-u8", *options, "-geometry", "100x30", "-e", *shown, command]
        process = subprocess.Popen(xterm, env=environment(DISPLAY=server))
        try:
            wait_until(lambda: drawn * 2 in _text(typescript), drawn)
            os.kill(int(number.read_text(encoding="ascii")), signal.SIGTERM)
            wait_until(lambda: "\x1b[?1049l" in _text(typescript), "the screen before")
        finally:
            process.terminate()
            process.wait()
    assert {"■": "##", "#": "■■"}[drawn] not in _text(typescript)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def test_a_name_in_letters_of_two_cells_stands_in_its_column_and_is_found() -> None:
    with short_directory() as directory, enricher(directory):
        collector = Collector(directory)
        east = connection(1, ADDRESS)._replace(process="漢字プロセス")
        collector.has(east, connection(2, "192.0.2.2"))
        with collector, Terminal(view(directory), (120, 24)) as terminal:
            terminal.until("192.0.2.2")
            terminal.until("| 漢字プロセス]")
            terminal.press("/漢字\r")
            terminal.until(lambda: "192.0.2.2" not in terminal.text, "only what is looked for")
            assert ADDRESS in terminal.text
            terminal.press("q")
            assert terminal.end() == 0
