"""The refresh view on a real terminal: `connmon-display` beside a real enricher."""

import base64
import contextlib
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers_keys import Host, loopback_endpoint
from helpers_processes import short_directory
from names_server import NameServer, leads, ptr
from terminal_helpers import (
    Collector,
    Terminal,
    connection,
    enricher,
    environment,
    listener,
    pipeline,
    program,
    wait_until,
)

from connmon_shared.messages import Status

CURL = connection(1, "192.0.2.1")
SSH = connection(2, "198.51.100.7", 22, process="ssh")
WEB = connection(3, "2001:db8::1", process="firefox")
SSHD = listener(4, 22)
CTRL_C, CTRL_L, ESCAPE, ENTER = "\x03", "\x0c", "\x1b", "\r"
CTRL_U, CTRL_W = "\x15", "\x17"
PAGE_DOWN = "\x1b[6~"
UP, DOWN, LEFT, RIGHT = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"


@pytest.fixture(scope="module")
def quiet_host() -> Iterator[Path]:
    """Four sockets that stay as they are, for tests that only look."""
    with short_directory() as directory, enricher(directory):
        collector = Collector(directory)
        collector.has(CURL, SSH, WEB, SSHD)
        with collector:
            yield directory


#: The real view with options that no command line yields: a character of no time at all.
_BROKEN = """
import pathlib, sys
from connmon_display.following.client import Client
from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_display.refresh.app import Refresh
from connmon_display.refresh.terminal.signals import watch_terminal
from connmon_display.refresh.terminal.terminal import Terminal
from connmon_shared.stage.runtime import Runtime
loop = watch_terminal(None)
options = Options(unit=0, width=80)
client = Client(Runtime(pathlib.Path(sys.argv[1])), loop)
Refresh(Terminal(), client, loop, RowFilter(options), options).run()
"""

#: The real program, but for a mistake at a key.
_MISTAKEN = """
import connmon_display.refresh.view as view
from connmon_display.__main__ import main
view.last_top = lambda *_: 1 // 0
main()
"""


def display(directory: Path, *options: str, **terminal: object) -> Terminal:
    return Terminal(program("connmon-display", directory, *options), **terminal)  # type: ignore[arg-type] # passed through


def shown(terminal: Terminal) -> list[str]:
    """Return the first words of the table's lines."""
    table = terminal.lines[3:-1]
    return [line[1:].split()[0] for line in table if line.strip()]


def test_first_paint_shows_every_row_aligned_to_the_right_edge(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        assert shown(terminal) == ["192.0.2.1", "198.51.100.7", "2001:db8::1", "*:22"]
        assert terminal.lines[0].startswith(" connmon ")
        assert "LIVE" in terminal.lines[0]
        assert "3 active" in terminal.lines[0]
        assert "REMOTE IP" in terminal.lines[2]
        assert "■■■■■■■■■ [" in terminal.row("198.51.100.7")
        assert "ACTIVE|22" in terminal.row("198.51.100.7")
        assert "○○○○○○○○○ [LISTEN|22" in terminal.row("*:22")
        assert "? help" in terminal.lines[-1]


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (60, 10)])
def test_the_screen_is_full_at(quiet_host: Path, size: tuple[int, int]) -> None:
    with display(quiet_host, size=size) as terminal:
        terminal.until("192.0.2.1")
        assert "■ [" in terminal.row("192.0.2.1")
        assert "? help" in terminal.lines[-1]


def test_resizing_draws_for_the_new_size_and_back(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.resize(140, 40)
        terminal.until(lambda: "? help" in terminal.lines[39], "the footer in line 40")
        assert "Port:443" in terminal.row("192.0.2.1")
        terminal.resize(50, 8)
        terminal.until("terminal too small: 50×8")
        terminal.resize(80, 24)
        terminal.until(lambda: "? help" in terminal.lines[23], "the footer in line 24")
        assert "ACTIVE|443" in terminal.row("192.0.2.1")
        assert "too small" not in terminal.text


def test_with_the_help_open_it_may_become_ever_so_small() -> None:
    tall = (80, 60)  # all of the help is in sight
    with pipeline() as (directory, collector), display(directory, size=tall) as terminal:
        collector.has(CURL)
        terminal.until("LIVE")
        limits = ("only what is there at a look is seen",)
        collector.tells(Status("collector", "test", "poll", 1.0, limits))
        terminal.press("?")
        terminal.until("! only what is there")
        for width, height, begin in (
            (5, 24, "termi"),
            (1, 1, "t"),
            (80, 24, "any other key: close"),
        ):
            terminal.resize(width, height)
            terminal.until(begin)
        terminal.press("qq")
        assert terminal.end() == 0


def test_q_works_in_a_terminal_that_is_too_small(quiet_host: Path) -> None:
    with display(quiet_host, size=(20, 3)) as terminal:
        terminal.until("too small")
        terminal.press("q")
        assert terminal.end() == 0


def test_help_opens_and_any_key_closes_it(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.press("?")
        terminal.until("zoom:")
        terminal.press("x")
        terminal.until(lambda: "zoom:" not in terminal.text, "the help goes")


def test_filter_narrows_while_typing_and_escape_clears_it(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.press("/proc:ssh")
        terminal.until("filter:  proc:ssh_")
        terminal.until(lambda: shown(terminal) == ["198.51.100.7", "*:22"], "only ssh")
        terminal.press(ENTER)
        terminal.until(lambda: "filter:proc:ssh" in terminal.lines[0], "the filter in the header")
        terminal.press("/x")
        terminal.until("no address matches")
        terminal.press(ESCAPE)
        terminal.until(lambda: len(shown(terminal)) == 4, "all rows")


def pasted(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


def test_what_is_pasted_counts_only_where_text_is_typed(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        assert b"\x1b[?2004h" in terminal.raw
        terminal.press(pasted("look at how w and S and t go: quit\rq\r"))
        terminal.until("what was pasted is ignored")
        assert "sort:first-seen " in terminal.text
        terminal.press("/" + pasted("proc:ssh\r2\x032\r") + "2")
        terminal.until("filter:  proc:ssh 222_")
        terminal.press("\x7f" + ENTER)
        terminal.until(lambda: shown(terminal) == ["198.51.100.7", "*:22"], "only ssh")
        terminal.press(CTRL_C)
        terminal.until("Save timeline")
        terminal.press(pasted("n"))
        terminal.press("y")
        terminal.until("Save frequent addresses?")
        terminal.press(pasted("50\r"))
        terminal.until("(Enter: no): 50_")
        terminal.press(ESCAPE)
        terminal.until("? help")
        terminal.press("q")
        assert terminal.end() == 0
        terminal.assert_restored()


def test_a_long_text_that_is_pasted_in_brackets_is_no_key_and_those_behind_it_are(
    quiet_host: Path,
) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.press("\x1b[200~" + "quit\r" * 40_000)
        terminal.press("\x1b[201~?")
        terminal.until("zoom:")
        terminal.press("?")
        terminal.until(lambda: "zoom:" not in terminal.text, "the help goes")


def test_keys_are_keys_again_a_second_after_a_text_whose_end_is_lost(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.press("\x1b[200~nobody ends this")
        clocks = [terminal.text.split()[1]]

        def three_seconds() -> bool:
            if (now := terminal.text.split()[1]) != clocks[-1]:
                clocks.append(now)
            return len(clocks) > 3

        terminal.until(three_seconds, "three seconds")
        terminal.press("?")
        terminal.until("zoom:")


def test_a_mistake_in_the_filter_is_told_while_typing(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.press("/prot:443")
        terminal.until("prot? fields: port proc")
        terminal.press(CTRL_U + "state:estab")
        terminal.until("Enter keep")
        terminal.until(lambda: len(shown(terminal)) == 3, "all connections, no listener")
        terminal.press(" curl" + CTRL_W + "ssh" + ENTER)
        terminal.until(lambda: shown(terminal) == ["198.51.100.7"], "only ssh")


def test_s_sorts_and_shift_s_reverses(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("sort:first-seen")
        terminal.press("ss")
        terminal.until("sort:address")
        terminal.press("S")
        terminal.until("sort:address reversed")
        terminal.until(
            lambda: shown(terminal) == ["2001:db8::1", "198.51.100.7", "192.0.2.1", "*:22"],
            "reversed, listening sockets last all the same",
        )


def test_l_hides_listening_sockets(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("*:22")
        terminal.press("l")
        terminal.until(lambda: "*:22" not in terminal.text, "the listening socket goes")


def test_a_groups_by_process_and_port_and_comes_back(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.press("a")
        terminal.until("4 by process")
        assert set(shown(terminal)) == {"curl", "ssh", "firefox", "sshd"}
        terminal.press("a")
        terminal.until("2 by port")
        assert shown(terminal) == ["22", "443"]
        terminal.press(DOWN + DOWN)
        terminal.until("─ 443 https ─")
        terminal.press("a")
        terminal.until("REMOTE IP")
        assert "192.0.2.1" in shown(terminal)


def test_the_first_grouping_and_order_are_as_asked_for(quiet_host: Path) -> None:
    wanted = ("--group=process", "--sort=address")
    with display(quiet_host, *wanted, size=(140, 24)) as terminal:
        terminal.until("4 by process")
        assert "sort:address" in terminal.lines[0]
        assert shown(terminal) == ["curl", "firefox", "ssh", "sshd"]
        terminal.press("as")
        terminal.until("2 by port")
        terminal.until("sort:state")


def test_a_new_order_is_told_also_where_the_header_has_no_room(quiet_host: Path) -> None:
    with display(quiet_host, size=(60, 10)) as terminal:
        terminal.until("192.0.2.1")
        terminal.press("sS")
        terminal.until(lambda: "sort:last-change reversed" in terminal.lines[-1], "the order")
        assert "sort:" not in terminal.lines[0]


def test_t_goes_on_to_the_next_colours(quiet_host: Path) -> None:
    with display(quiet_host, "--theme", "colour-blind") as terminal:
        terminal.until("192.0.2.1")
        assert b"38;5;33m" in terminal.raw
        assert b"38;5;25m" not in terminal.raw
        terminal.press("t")
        terminal.until("colours: light")
        assert b"38;5;25m" in terminal.raw, "the whole screen has the new ones"


def test_plus_and_minus_zoom(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("1 char = 1s")
        terminal.press("--")
        terminal.until("1 char = 5s")
        terminal.press("+")
        terminal.until("1 char = 2s")


def test_arrows_pan_and_0_comes_back(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.press(LEFT)
        terminal.until("s ago")
        terminal.press("0")
        terminal.until(lambda: "s ago" not in terminal.text, "live again")


def test_arrows_move_the_selection(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.press(DOWN)
        terminal.until("▸192.0.2.1")
        terminal.press(DOWN)
        terminal.until("▸198.51.100.7")
        terminal.press("G")
        terminal.until("▸*:22")
        terminal.press(UP + "g")
        terminal.until("▸192.0.2.1")


def test_enter_lists_the_connections_of_the_selected_row_and_closes_them() -> None:
    many = [connection(number)._replace(local_port=40_000 + number) for number in range(1, 31)]
    with pipeline() as (directory, collector), display(directory) as terminal:
        collector.opens(*many)
        terminal.until("192.0.2.1")
        terminal.press(DOWN)
        terminal.until("30 open connections (Enter: detail)")
        terminal.press(ENTER)
        terminal.until("LOCAL REMOTE")
        terminal.until("tcp 40030-443")
        assert "whole run" in terminal.text
        terminal.press(PAGE_DOWN * 9)
        terminal.until("tcp 40001-443")
        assert "LOCAL REMOTE" in terminal.text
        terminal.press("d")
        terminal.until("(Enter: detail)")
        terminal.press(ESCAPE)
        terminal.until(lambda: "whole run" not in terminal.text, "the selection goes")


def test_c_copies_the_address_and_shift_c_the_row(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.press("c")
        terminal.until("nothing is selected")
        terminal.press(DOWN + "c")
        terminal.until("clipboard: 192.0.2.1")
        encoded = base64.b64encode(b"192.0.2.1")
        terminal.until(lambda: b"\x1b]52;c;" + encoded + b"\x07" in terminal.raw, "the sequence")
        terminal.press("C")
        terminal.until(
            lambda: re.search(r"clipboard: 192.0.2.1\s.*■", terminal.text, re.DOTALL), "the row"
        )


def test_the_mouse_selects_and_scrolls_only_where_it_was_asked_for(quiet_host: Path) -> None:
    with display(quiet_host, "--mouse") as terminal:
        terminal.until("192.0.2.1")
        terminal.press("\x1b[<0;5;5M\x1b[<0;5;5m")
        terminal.until("▸198.51.100.7")
        terminal.press("\x1b[<0;5;5M\x1b[<0;5;5mG")  # keys right behind it count
        terminal.until("▸*:22")
        assert "(Enter: close" in terminal.text
        terminal.press("q")
        assert terminal.end() == 0
        terminal.assert_restored()
        assert terminal.raw.rfind(b"\x1b[?1000l") > terminal.raw.rfind(b"\x1b[?1000h") > 0
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        assert b"\x1b[?1000h" not in terminal.raw


def test_the_help_is_scrolled_where_it_is_longer_than_the_screen(quiet_host: Path) -> None:
    with display(quiet_host, size=(60, 10)) as terminal:
        terminal.until("192.0.2.1")
        terminal.press("?")
        terminal.until("more lines, any other key: close")
        terminal.press("G")
        terminal.until(lambda: "more line" not in terminal.text, "its end")
        terminal.until("Ctrl-Z")
        terminal.press(UP)
        terminal.until("PgDn: 1 more line,")
        terminal.press("x")
        terminal.until("192.0.2.1")


def test_o_holds_the_order() -> None:
    with pipeline() as (directory, collector), display(directory) as terminal:
        collector.opens(SSH)
        terminal.until("198.51.100.7")
        terminal.press("sso")
        terminal.until("sort:address held")
        collector.opens(CURL)
        terminal.until(lambda: shown(terminal) == ["198.51.100.7", "192.0.2.1"], "the new one last")
        terminal.press("o")
        terminal.until(lambda: shown(terminal) == ["192.0.2.1", "198.51.100.7"], "by address")


def test_freeze_stops_the_picture_and_tells_for_how_long(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("LIVE")
        terminal.press(" ")
        terminal.until("FROZEN +1s")
        clock = terminal.lines[0].split()[1]
        terminal.until("FROZEN +2s")
        assert terminal.lines[0].split()[1] == clock
        terminal.press("f")
        terminal.until("LIVE")


def test_an_unknown_escape_sequence_fires_no_key(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.press("\x1b[99;99q")  # its last byte alone would quit
        while "1 char = 1s" in terminal.text:  # keys right behind it are thrown away with it
            terminal.press("-")
            terminal.read()
        assert terminal.process.poll() is None


def test_ctrl_l_draws_anew(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.screen.erase_in_display(2)
        terminal.press(CTRL_L)
        terminal.until("REMOTE IP")


def test_a_connection_opens_lasts_and_closes() -> None:
    with pipeline() as (directory, collector), display(directory) as terminal:
        terminal.until("waiting for the first connection")
        collector.opens(CURL)
        terminal.until(lambda: "▲" in terminal.row("192.0.2.1"), "▲")
        terminal.until(lambda: "▲■■" in terminal.row("192.0.2.1"), "■ after ▲")
        assert "·▲■" in terminal.row("192.0.2.1")
        assert "ACTIVE" in terminal.row("192.0.2.1")
        collector.closes(CURL)
        terminal.until(lambda: "■×" in terminal.row("192.0.2.1"), "× after ■")
        terminal.until(lambda: "×·" in terminal.row("192.0.2.1"), "· after ×")
        assert "CLOSED" in terminal.row("192.0.2.1")


def test_the_selection_follows_the_address_when_the_order_changes() -> None:
    with pipeline() as (directory, collector), display(directory) as terminal:
        collector.opens(SSH)
        collector.opens(CURL)
        terminal.until("192.0.2.1")
        terminal.until("198.51.100.7")
        terminal.press("ss")
        terminal.until("sort:address")
        terminal.until(lambda: shown(terminal)[0] == "192.0.2.1", "sorted by address")
        terminal.press("G")
        terminal.until("▸198.51.100.7")
        terminal.press("S")
        terminal.until(lambda: shown(terminal)[0] == "198.51.100.7", "reversed")
        assert "▸198.51.100.7" in terminal.text


def test_hostile_process_names_draw_harmlessly() -> None:
    evil = connection(9, "203.0.113.9", process="a\x1b[2Jb\x1b]0;p\x07\u202e漢c")
    with pipeline() as (directory, collector), display(directory, size=(200, 24)) as terminal:
        collector.opens(evil)
        terminal.until("203.0.113.9")
        terminal.press("q")
        terminal.end()
        assert "a?[2Jb?]0;p?" in terminal.text
        assert b"\x1b]0;p" not in terminal.raw
        assert b"\x1b[2Jb" not in terminal.raw


def test_silence_of_the_collector_shows_as_stale_and_ends() -> None:
    with pipeline() as (directory, collector), display(directory) as terminal:
        collector.opens(CURL)
        terminal.until("LIVE")
        collector.silent = True
        terminal.until("STALE 4s")
        assert re.search(r"■ {3,6}\[", terminal.row("192.0.2.1")), "blank after the last heartbeat"
        collector.silent = False
        terminal.until("LIVE")
        terminal.until(lambda: "  ■" in terminal.row("192.0.2.1"), "a gap stays")


def test_an_enricher_that_is_killed_shows_as_disconnected_until_it_is_back() -> None:
    with short_directory() as directory, Collector(directory) as collector:
        with enricher(directory) as process:
            collector.opens(CURL)
            terminal = display(directory)
            terminal.until("192.0.2.1")
            process.kill()
            terminal.until("DISCONNECTED")
            assert str(directory) in terminal.lines[0]
            assert "192.0.2.1" in terminal.text  # what was known stays
        with terminal, enricher(directory):
            terminal.until("LIVE")
            terminal.until("192.0.2.1")


def test_a_viewer_of_another_host_that_is_revoked_shows_why_until_it_is_allowed(
    tmp_path: Path,
) -> None:
    here, there = Host(tmp_path / "here"), Host(tmp_path / "there")
    here.allow([there])
    endpoint = loopback_endpoint()
    options = [str(endpoint), f"--server-key={here.own.public}"]
    with (
        short_directory() as directory,
        enricher(directory, f"--listen={endpoint}", env=here.env),
        Collector(directory) as collector,
        Terminal(
            program("connmon-display", *options), (200, 24), env=environment(**there.env)
        ) as terminal,
    ):
        collector.opens(CURL)
        terminal.until("192.0.2.1")
        here.allow([])
        terminal.until("DISCONNECTED")
        terminal.until(lambda: "does not allow this host's key" in terminal.lines[0])
        terminal.until(lambda: re.search(r"retry in \d+s \(", terminal.lines[0]), "when")
        assert f"connmon keys allow '{there.own.public}'" in terminal.lines[0]
        here.allow([there])
        terminal.until("LIVE")


def test_a_display_that_came_first_waits_for_the_collector() -> None:
    with short_directory() as directory, enricher(directory), display(directory) as terminal:
        terminal.until("no collector has connected yet")
        assert "WAITING" in terminal.lines[0]
        terminal.press("f")
        terminal.until("nothing is known yet")
        with Collector(directory) as collector:
            terminal.until("waiting for the first connection")
            collector.opens(CURL)
            terminal.until("192.0.2.1")
            terminal.press("f")
            terminal.until("FROZEN +0s")


class TestEnds:
    """However it ends, the terminal is as it was, and the exit code says why."""

    def test_q(self, quiet_host: Path) -> None:
        with display(quiet_host) as terminal:
            terminal.until("192.0.2.1")
            terminal.press("q")
            assert terminal.end() == 0
            terminal.assert_restored()

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
    def test_a_signal(self, quiet_host: Path, number: int, code: int) -> None:
        with display(quiet_host) as terminal:
            terminal.until("192.0.2.1")
            terminal.signal(number)
            assert terminal.end() == code
            terminal.assert_restored()

    def test_a_second_ctrl_c(self, quiet_host: Path) -> None:
        with display(quiet_host) as terminal:
            terminal.until("192.0.2.1")
            terminal.press(CTRL_C)
            terminal.until("Save timeline before quitting?")
            terminal.press(CTRL_C)
            assert terminal.end() == 130
            terminal.assert_restored()

    @pytest.mark.parametrize("options", [(), ("-o", "saved.txt")])
    def test_a_closed_window(
        self, quiet_host: Path, tmp_path: Path, options: tuple[str, ...]
    ) -> None:
        with display(quiet_host, *options, cwd=tmp_path) as terminal:
            terminal.until("192.0.2.1")
            terminal.hang_up()
            wait_until(lambda: terminal.process.poll() is not None, "the end")
            assert terminal.process.returncode == 129
        assert len(list(tmp_path.iterdir())) == bool(options)

    @pytest.mark.skipif(sys.platform == "win32", reason="has no SIGHUP")
    def test_a_closed_window_where_the_signal_for_it_is_ignored(self, quiet_host: Path) -> None:
        """Only the leader of the session, here a shell, is told by another one: SIGCONT."""
        ignoring = ["sh", "-c", 'trap "" HUP; "$@"; exit $?', "sh"]
        with Terminal([*ignoring, *program("connmon-display", quiet_host)]) as terminal:
            terminal.until("192.0.2.1")
            terminal.hang_up()
            try:
                wait_until(lambda: terminal.process.poll() is not None, "the end")
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(terminal.process.pid, signal.SIGKILL)
            assert terminal.process.returncode == 129

    def test_an_exception_inside(self, quiet_host: Path) -> None:
        command = [sys.executable, "-c", _BROKEN, str(quiet_host)]
        with Terminal(command) as terminal:
            assert terminal.end() == 1
            assert "ZeroDivisionError" in terminal.text
            assert b"\x1b[?1049h" in terminal.raw
            terminal.assert_restored()

    def test_what_was_seen_until_a_crash_is_saved(self, quiet_host: Path, tmp_path: Path) -> None:
        saved = tmp_path / "saved.csv"
        command = [sys.executable, "-c", _MISTAKEN, str(quiet_host), "-o", str(saved)]
        with Terminal(command, (200, 60)) as terminal:
            terminal.until("192.0.2.1")
            terminal.press("?")
            assert terminal.end() == 1
            assert f"saved the timeline to {saved}" in terminal.text
            assert "ZeroDivisionError" in terminal.text
            terminal.assert_restored()
        assert "192.0.2.1" in saved.read_text("utf-8")

    def test_the_modes_while_it_runs_are_others(self, quiet_host: Path) -> None:
        """Or the other tests here would show nothing."""
        with display(quiet_host) as terminal:
            terminal.until("192.0.2.1")
            with pytest.raises(AssertionError):
                terminal.assert_restored()


class TestQuestions:
    """Ctrl-C asks what to save."""

    def test_yes_and_a_percentage_write_both_files(self, quiet_host: Path, tmp_path: Path) -> None:
        with display(quiet_host, cwd=tmp_path) as terminal:
            terminal.until("192.0.2.1")
            terminal.press(CTRL_C)
            terminal.until("Save timeline before quitting? [y]es [n]o  Esc keep running")
            terminal.press("y")
            terminal.until("Save frequent addresses?")
            terminal.press("50" + ENTER)
            assert terminal.end() == 0
            terminal.assert_restored()
            assert "saved the timeline to" in terminal.text
        timeline, frequent = sorted(tmp_path.iterdir())
        assert "192.0.2.1" in timeline.read_text(encoding="utf-8")
        assert frequent.name.startswith("frequent_ips_50pct_")
        assert "192.0.2.1" in frequent.read_text(encoding="utf-8")

    def test_no_and_enter_write_nothing(self, quiet_host: Path, tmp_path: Path) -> None:
        with display(quiet_host, cwd=tmp_path) as terminal:
            terminal.until("192.0.2.1")
            terminal.press(CTRL_C)
            terminal.until("Save timeline")
            terminal.press("n" + ENTER)
            assert terminal.end() == 0
        assert list(tmp_path.iterdir()) == []

    def test_escape_keeps_running(self, quiet_host: Path) -> None:
        with display(quiet_host) as terminal:
            terminal.until("192.0.2.1")
            terminal.press(CTRL_C)
            terminal.until("Save timeline")
            terminal.press(ESCAPE)
            terminal.until("? help")
            terminal.press("--")
            terminal.until("1 char = 5s")

    def test_the_question_is_seen_while_a_filter_is_being_typed(self, quiet_host: Path) -> None:
        with display(quiet_host) as terminal:
            terminal.until("192.0.2.1")
            terminal.press("/ssh")
            terminal.until("filter:  ssh_")
            terminal.press(CTRL_C)
            terminal.until("Save timeline")

    def test_the_question_is_seen_in_a_terminal_that_is_too_small(self, quiet_host: Path) -> None:
        with display(quiet_host) as terminal:
            terminal.until("192.0.2.1")
            terminal.resize(40, 5)
            terminal.until("too small")
            terminal.press(CTRL_C)
            terminal.until("Save timeline")

    def test_output_is_saved_without_a_question(self, quiet_host: Path, tmp_path: Path) -> None:
        with display(quiet_host, "-o", "out.txt", cwd=tmp_path) as terminal:
            terminal.until("192.0.2.1")
            terminal.press(CTRL_C)
            assert terminal.end() == 0
            assert "Save timeline" not in terminal.text
        assert "192.0.2.1" in (tmp_path / "out.txt").read_text(encoding="utf-8")

    def test_w_saves_and_goes_on(self, quiet_host: Path, tmp_path: Path) -> None:
        with display(quiet_host, cwd=tmp_path) as terminal:
            terminal.until("192.0.2.1")
            terminal.press("w")
            terminal.until("saved the timeline to connection_timeline_")
            assert len(list(tmp_path.iterdir())) == 1
            assert terminal.process.poll() is None

    def test_ctrl_c_before_anything_was_seen_asks_nothing(self) -> None:
        with short_directory() as directory, enricher(directory), display(directory) as terminal:
            terminal.until("no collector")
            terminal.press(CTRL_C)
            assert terminal.end() == 0


class TestColors:
    """What NO_COLOR and its relatives change."""

    @pytest.mark.parametrize(
        ("options", "extra"), [((), {"NO_COLOR": "1"}), (("--no-color",), {"FORCE_COLOR": "1"})]
    )
    def test_without_colours_it_still_draws(
        self, quiet_host: Path, options: tuple[str, ...], extra: dict[str, str]
    ) -> None:
        with display(quiet_host, *options, env=environment(**extra)) as terminal:
            terminal.until("192.0.2.1")
            assert "■■■ [" in terminal.row("192.0.2.1")
            assert colors(terminal) == {"default"}

    @pytest.mark.parametrize("term", ["xterm-256color", "xterm", "linux", "screen"])
    def test_with_colours(self, quiet_host: Path, term: str) -> None:
        with display(quiet_host, env=environment(TERM=term)) as terminal:
            terminal.until("192.0.2.1")
            assert len(colors(terminal)) > 1

    def test_the_command_line_goes_before_no_color(self, quiet_host: Path) -> None:
        env = environment(NO_COLOR="1")
        with display(quiet_host, "--color=always", env=env) as terminal:
            terminal.until("192.0.2.1")
            assert len(colors(terminal)) > 1

    def test_a_terminal_without_colours(self, quiet_host: Path) -> None:
        with display(quiet_host, env=environment(TERM="vt100")) as terminal:
            terminal.until("192.0.2.1")
            assert colors(terminal) == {"default"}


def colors(terminal: Terminal) -> set[str]:
    buffer = terminal.screen.buffer
    return {buffer[y][x].fg for y in range(24) for x in range(80)} | {
        buffer[y][x].bg for y in range(24) for x in range(80)
    }


@pytest.mark.parametrize("extra", [{"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {}])
def test_ascii_is_drawn_in_a_locale_without_utf8_and_on_request(
    quiet_host: Path, extra: dict[str, str]
) -> None:
    options = () if extra else ("--ascii",)
    with display(quiet_host, *options, env=environment(**extra)) as terminal:
        terminal.until("192.0.2.1")
        assert "### [ACTIVE" in terminal.row("192.0.2.1")
        terminal.press("?")
        terminal.until("zoom:")
        terminal.press("x/nothing")
        terminal.until("no address matches")
        terminal.resize(40, 5)
        terminal.until("too small")
        terminal.press(ENTER + "q")
        terminal.end()
        assert terminal.raw.isascii()


@pytest.mark.parametrize("command", [["connmon-display"], ["connmon", "--no-sudo"]])
def test_a_dumb_terminal_is_refused_in_one_line(quiet_host: Path, command: list[str]) -> None:
    where = f"--runtime-dir={quiet_host}"
    if command[0] == "connmon":
        where += "/none"
    with Terminal(program(*command, where), (200, 24), env=environment(TERM="dumb")) as terminal:
        assert terminal.end() == 2
        said = [line for line in terminal.lines if line.strip()]
        assert len(said) == 1
        assert "use --scroll" in said[0]


def test_the_display_leaves_no_process_behind(quiet_host: Path) -> None:
    with display(quiet_host) as terminal:
        terminal.until("192.0.2.1")
        terminal.press("q")
        assert terminal.end() == 0
        with pytest.raises(ProcessLookupError):
            os.killpg(terminal.process.pid, 0)


def test_a_name_on_the_screen_is_confirmed() -> None:
    script = {"93.184.216.34": ptr("www.a.example"), "93.184.216.35": ptr("www.b.example")}
    script["www.a.example"] = leads("93.184.216.34")
    with NameServer(script) as server, short_directory() as directory:
        names = ("--resolve-names", f"--dns-server={server.address}")
        with enricher(directory, *names), Collector(directory) as collector:
            collector.has(connection(1, "93.184.216.34"), connection(2, "93.184.216.35"))
            with display(directory, size=(120, 24)) as terminal:
                terminal.until(" www.a.example ")
                terminal.until(" ~www.b.example ")
                terminal.press(DOWN)
                terminal.until("www.a.example (PTR, confirmed)")
                terminal.press(DOWN)
                terminal.until("~www.b.example (PTR, not confirmed)")


def test_a_filter_finds_a_name_once_it_is_confirmed() -> None:
    script = {"93.184.216.34": ptr("www.a.example"), "93.184.216.35": ptr("www.a.example")}
    script["www.a.example"] = leads("93.184.216.34")  # the other one only says so
    with NameServer(script) as server, short_directory() as directory:
        names = ("--resolve-names", f"--dns-server={server.address}")
        with enricher(directory, *names), Collector(directory) as collector:
            collector.has(SSH)
            with display(directory, size=(120, 24)) as terminal:
                terminal.until("198.51.100.7")
                terminal.press(f"/name:www{ENTER}")
                terminal.until("no address matches")
                opened = (connection(3, "93.184.216.34"), connection(4, "93.184.216.35"))
                collector.opens(*opened)
                terminal.until(" www.a.example ")
                terminal.until("1/3 IPs")
