"""The refresh view of a host with traffic, a leak and a shared socket, on a real terminal."""

import re

from terminal_helpers import Terminal, connection, listener, pipeline, program

from connmon_shared.messages import Counters, Process, Processes, Status, Traffic
from connmon_shared.timelines.states import State

CURL = connection(1, "192.0.2.1")
SSH = connection(2, "198.51.100.7", 22, process="ssh")._replace(pid=99)
WEB = listener(3, 80)._replace(pid=812, process="nginx", holders=(812, 813, 814, 815))
COMMAND = Process(4242, "curl", 1_000, "me", "/usr/bin/curl", "curl https://a.example")
MOVING = Counters(1, 1_000, 34_000, 1_200, 34_000, 3_100)
DOWN, FIRST, LAST = "\x1b[B", "g", "G"


def test_what_is_unusual_and_how_fast_it_is_stands_beside_the_timeline() -> None:
    with pipeline() as (directory, collector):
        collector.has(CURL, SSH, WEB)
        with Terminal(program("connmon-display", directory), size=(120, 24)) as terminal:
            terminal.until("198.51.100.7")
            assert "RATE" not in terminal.text
            collector.tells(Processes((COMMAND,)), Traffic(0.0, (MOVING,)))
            terminal.until("↑1.2k ↓34k")
            collector.opens(SSH._replace(state=State.CLOSE_WAIT))
            terminal.until("CLOSE_WAIT ≥1s")
            assert re.search(r"198\.51\.100\.7 .* \[CLOSE_WAIT ≥1s +\| Port:22 ", terminal.text)
            assert "nginx +3" in terminal.row("*:80")
            assert "RATE" in terminal.text
            terminal.resize(99, 24)
            terminal.until(lambda: "RATE" not in terminal.text)


def test_the_line_below_the_table_tells_about_the_selected_row() -> None:
    with pipeline() as (directory, collector):
        collector.has(CURL, SSH, WEB)
        with Terminal(program("connmon-display", directory), size=(140, 10)) as terminal:
            terminal.until("198.51.100.7")
            collector.tells(Processes((COMMAND,)), Traffic(0.0, (MOVING,)))
            assert "curl[4242]" not in terminal.text, "no row is selected yet"
            terminal.press(FIRST)
            terminal.until("▸192.0.2.1")
            terminal.until(
                " curl[4242]  443/tcp https  me  rtt 3.1 ms  sent 1.0 kB  received 34 kB"
                "  /usr/bin/curl  curl https://a.example"
            )
            terminal.press(DOWN)
            terminal.until(" ssh[99]  22/tcp ssh  uid 1000")
            terminal.press(DOWN)
            terminal.until(" nginx[812] ?[813] ?[814] ?[815]  80/tcp http  uid 0")
            assert terminal.lines[-2].startswith(" nginx[812]")
            assert "? help" in terminal.lines[-1]


def test_lost_events_are_told_in_the_last_line() -> None:
    with pipeline() as (directory, collector):
        collector.has(CURL)
        with Terminal(program("connmon-display", directory)) as terminal:
            terminal.until("192.0.2.1")
            collector.tells(Status("collector", "test", "events", 1.0, (), lost=17))
            terminal.until("17 kernel events lost; the time around them is blank")


def test_the_last_row_is_in_sight_above_the_line_about_it() -> None:
    rows = [connection(number, f"192.0.2.{number}") for number in range(1, 7)]
    with pipeline() as (directory, collector):
        collector.has(*rows)
        with Terminal(program("connmon-display", directory), size=(80, 10)) as terminal:
            terminal.until("192.0.2.6")
            terminal.press(LAST)
            terminal.until("▸192.0.2.6")
            terminal.until(
                lambda: terminal.lines[-2].startswith(" curl[4242]  443/tcp https  uid 1000 ")
            )
            assert "192.0.2.1" not in terminal.text
