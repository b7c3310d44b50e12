"""What is told of the selected row, and which of its connections are in sight."""

import re
from dataclasses import replace

import pytest
from helpers import connection, listener, wait_until
from unit.display.watching import START, Host, Watching

from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_display.refresh.input.controls import Controls, act
from connmon_display.refresh.input.keys import Action
from connmon_display.refresh.painting.painter import Painter
from connmon_display.refresh.regions.detail import detail
from connmon_display.refresh.scene import Panel, Scene
from connmon_display.rows.row import GroupKey, RowKey
from connmon_display.words.connections import ConnectionWords
from connmon_display.words.glyphs import UNICODE
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import (
    Connection,
    Counters,
    Direction,
    Fact,
    Lookup,
    Process,
    Processes,
    Traffic,
)
from connmon_shared.timelines.ages import KEPT_OVER
from connmon_shared.timelines.states import Protocol, State
from connmon_shared.timelines.timeline import Mark

ADDRESS = "198.51.100.7"
KEY = RowKey("web1", Peer(parse(ADDRESS)))
SIZE = (120, 40)


class View:
    """One host, and a painter whose controls are kept between two frames as the view keeps them."""

    def __init__(
        self, *rows: Connection, size: tuple[int, int] = SIZE, facts: tuple[Fact, ...] = ()
    ) -> None:
        self.watching = Watching(*facts)
        self.host: Host = self.watching.host("web1", *rows)
        self.painter = Painter(self.watching, RowFilter(Options(10, 80)), 80)
        self.size = size
        self.controls = Controls(10, selected=KEY, detail=True)

    def scene(self) -> Scene:
        drawn, self.controls = self.painter.scene(self.controls, self.size, "")
        return drawn

    @property
    def panel(self) -> Panel:
        panel = self.scene().panel
        assert panel is not None
        return panel

    def press(self, action: Action) -> None:
        self.controls = act(self.controls, action, self.painter.place(self.controls, self.size))


def facts_of(panel: Panel) -> dict[str, str]:
    return dict(pair for group in panel.facts for pair in group)


def test_everything_known_of_a_connection_is_listed() -> None:
    view = View()
    row = connection(1, ADDRESS)._replace(container="3f1c09aa21bd")
    process = Process(4242, "curl", 1000, "me", "/usr/bin/curl", "curl -s https://x")
    view.watching.pass_by(10, view.host)
    view.watching.take(view.host.publish(Processes((process,))), view.host.delta(row))
    view.watching.pass_by(5, view.host)
    counters = Counters(1, 1_200, 34_000, 400, 11_000, 12_400, 2)
    view.watching.take(view.host.publish(Traffic(view.host.moment, (counters,))))
    [words] = view.panel.connections or ()
    assert words._asdict() == {
        "process": "curl",
        "pid": "4242",
        "user": "me",
        "protocol": "tcp",
        "local": "50000",
        "arrow": "→",
        "remote": "443",
        "address": ADDRESS,
        "state": "ESTAB",
        "age": "5s",
        "sent": "1.2 kB",
        "received": "34 kB",
        "out": "↑400",
        "back": "↓11k",
        "rtt": "12 ms",
        "retransmits": "2",
        "where": "in 3f1c09aa21bd",
        "command": "curl -s https://x",
        "is_open": True,
    }


@pytest.mark.parametrize(
    ("width", "told"), [(200, " 0 B 0 B 0 0.09 ms"), (80, "rate 0 rtt 0.09 ms")]
)
def test_of_what_is_idle_zeros_are_told_and_nothing_of_what_is_not_counted(
    width: int, told: str
) -> None:
    view = View(connection(1), connection(2, protocol=Protocol.UDP), size=(width, 40))
    view.watching.take(view.host.publish(Traffic(START, (Counters(1, 0, 0, rtt=90),))))
    udp, tcp = view.panel.connections or ()
    assert (tcp.sent, tcp.received, tcp.out, tcp.back, tcp.rtt) == (
        "0 B",
        "0 B",
        "0",
        "",
        "0.09 ms",
    )
    assert {udp.sent, udp.received, udp.out, udp.back, udp.rtt} == {""}
    scene = view.scene()
    assert scene.rows[0].label.speed == "0"
    assert any(told in " ".join(line.text.split()) for line in detail(scene, UNICODE))
    view.watching.take(view.host.delta(gone=[1, 2]))
    assert (view.panel.connections or ())[0].out == ""


@pytest.mark.parametrize("measured", [False, True])
def test_how_fast_a_connection_is_is_told_once_that_was_measured(*, measured: bool) -> None:
    view = View(connection(1))
    counters = Counters(1, 1_000, 0, measured=measured)
    view.watching.take(view.host.publish(Traffic(START, (counters,))))
    (words,) = view.panel.connections or ()
    told = "0" if measured else ""
    assert (words.sent, words.out, words.back) == ("1.0 kB", told, "")
    assert view.scene().rows[0].label.speed == told


@pytest.mark.parametrize("by", ["address", "process"])
@pytest.mark.parametrize("rate", [0, 50_000])
def test_how_fast_it_is_is_not_told_while_nothing_is_heard(by: str, rate: int) -> None:
    view = View(connection(1))
    view.controls = replace(view.controls, by=by)
    view.watching.take(view.host.publish(Traffic(START, (Counters(1, 9, 9, rate),))))
    view.watching.pass_by(2, view.host)
    told = "↑50k" if rate else "0"

    def speeds() -> set[str]:
        scene = view.scene()
        connections = (scene.panel.connections if scene.panel is not None else None) or ()
        return {scene.rows[0].label.speed, *(words.out for words in connections)}

    assert speeds() == {told}
    view.watching.pass_by(5)
    assert speeds() == {""}
    view.watching.pass_by(1, view.host)
    assert speeds() == {told}


def test_facts_of_a_row() -> None:
    fact = Fact(
        parse(ADDRESS), "DE", 64496, "Example AG", "a.example", Lookup.RESOLVED, "dns", START
    )
    view = View(facts=(fact,))
    view.watching.fetch()
    view.watching.pass_by(10, view.host)
    view.watching.take(view.host.delta(connection(1, ADDRESS)))
    view.watching.pass_by(5, view.host)
    panel = view.panel
    known = facts_of(panel)
    assert panel.title == ADDRESS
    assert panel.count == 1
    assert known["host"] == "a.example (observed)"
    assert known["process"] == "curl[4242]"
    assert known["first seen"] == known["last change"] == "14:13:30"
    assert known["opened"] == "1×"
    assert "1 out" not in known[""]
    assert "uid 1000" in known["user"]


def test_the_newest_connection_is_the_first_and_a_closed_one_is_told_when_none_is_open() -> None:
    rows = [connection(number, ADDRESS, local_port=50_000 + number) for number in range(1, 4)]
    view = View(*rows)
    view.watching.pass_by(2, view.host)
    assert [words.local for words in view.panel.connections or ()] == ["50003", "50002", "50001"]
    assert [words.age for words in view.panel.connections or ()] == ["≥3s"] * 3
    view.watching.take(view.host.delta(gone=[1, 2, 3]))
    panel = view.panel
    [words] = panel.connections or ()
    assert (words.local, words.state, words.age, words.is_open) == ("50003", "CLOSED", "≥3s", False)
    assert panel.count == 0


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (connection(1, ADDRESS, State.CLOSE_WAIT), "CLOSE_WAIT"),
        (connection(1, ADDRESS, State.SYN_SENT), "SYN_SENT"),
        (connection(1, ADDRESS, protocol=Protocol.UDP), "ESTAB"),
    ],
)
def test_the_state_is_the_kernels(row: Connection, state: str) -> None:
    [words] = View(row).panel.connections or ()
    assert words.state == state


def test_who_came_to_us_is_told_by_an_arrow_and_listeners_have_none() -> None:
    row = connection(1, ADDRESS)._replace(direction=Direction.IN)
    view = View(row, listener(2, 53, Protocol.UDP))
    [words] = view.panel.connections or ()
    assert words.arrow == "←"
    view.controls = replace(view.controls, selected=RowKey("web1", Peer(b"", 53)))
    [words] = view.panel.connections or ()
    assert (words.arrow, words.local, words.remote, words.state) == ("", "53", "", "LISTEN")
    assert "host" not in facts_of(view.panel)


@pytest.mark.parametrize("size", [(60, 10), (80, 24), (120, 40), (400, 100)])
def test_every_connection_comes_into_sight_by_scrolling_and_the_end_is_the_end(
    size: tuple[int, int],
) -> None:
    count = 70
    rows = [connection(number, ADDRESS, local_port=number) for number in range(1, count + 1)]
    view = View(*rows, size=size)
    seen: set[str] = set()
    tops = []
    for _ in range(2 * count):
        panel = view.panel
        shown = panel.connections or ()
        assert len(shown) <= panel.lines
        assert len(view.scene().rows) >= 1
        seen |= {words.local for words in shown}
        tops.append(panel.top)
        view.press(Action.PAGE_DOWN)
    assert seen == {str(number) for number in range(1, count + 1)}
    assert tops == sorted(tops)
    assert tops[-1] == tops[-2]
    for _ in range(2 * count):
        view.press(Action.PAGE_UP)
        view.scene()
    assert view.panel.top == 0


@pytest.mark.parametrize("size", [(60, 10), (79, 20), (80, 24), (81, 25), (99, 31), (100, 30)])
def test_connections_are_seen_whole(size: tuple[int, int]) -> None:
    count = 30
    view = View(*(connection(n, ADDRESS, local_port=n) for n in range(1, count + 1)), size=size)
    process = Process(4242, "curl", 1000, "me", "/usr/bin/curl", "curl -s https://x")
    view.watching.take(view.host.publish(Processes((process,))))
    seen: set[str] = set()
    for _ in range(2 * count):
        lines = [line.text for line in detail(view.scene(), UNICODE)]
        for line, next_line in zip(lines, [*lines[1:], ""], strict=True):
            if found := re.search(r"^ curl .* tcp +(\d+)", line):
                seen.add(found[1])
                assert size[0] >= 100 or next_line.startswith("   curl -s https://x")
        view.press(Action.PAGE_DOWN)
    assert seen == {str(n) for n in range(1, count + 1)}


def test_what_happened_is_told_however_many_have_to_do_with_it() -> None:
    rows = [
        connection(n, ADDRESS, local_port=n, process=f"process-number-{n}")._replace(
            pid=n, remote_port=9_000 + n
        )
        for n in range(1, 7)
    ]
    view = View(*rows, size=(80, 24))
    counters = (Counters(1, 2_000, 7),)
    view.watching.take(view.host.publish(Traffic(view.host.moment, counters)))
    for asked in (False, True):
        view.controls = replace(view.controls, detail=asked)
        lines = [line.text for line in detail(view.scene(), UNICODE)]
        assert any(line.startswith(" first seen") and "↑ 2.0 kB  ↓ 7 B" in line for line in lines)


def test_the_whole_run_is_one_line_however_long_it_is() -> None:
    view = View()
    view.watching.pass_by(20, view.host)
    view.watching.take(view.host.delta(connection(1, ADDRESS)))
    view.watching.pass_by(3, view.host)
    panel = view.panel
    assert UNICODE.draw(panel.run) == "·" * 21 + "▲■■"
    assert panel.run_unit == 1
    view.watching.pass_by(300, view.host)
    panel = view.panel
    assert panel.run_unit == 4
    assert UNICODE.draw(panel.run).strip("·■") == "▲"
    assert 70 < len(panel.run) <= 120 - 14


def test_the_table_does_not_jump_while_connections_of_the_row_come_and_go() -> None:
    view = View(connection(1, ADDRESS))
    lines = view.panel.lines
    more = [connection(number, ADDRESS, local_port=number) for number in range(2, 6)]
    view.watching.take(view.host.delta(*more))
    assert view.panel.lines == lines + 4
    view.watching.take(view.host.delta(gone=[row.id for row in more]))
    assert view.panel.lines == lines + 4
    view.press(Action.DETAIL)
    view.scene()
    view.press(Action.DETAIL)
    assert view.panel.lines == lines


def test_many_openings_are_written_so_that_one_reads_them() -> None:
    view = View(connection(1, ADDRESS))
    view.watching.pipeline.hosts["web1"].history.tracks[KEY.peer].opened = 12_345
    assert facts_of(view.panel)["opened"] == "12,345×"


def test_of_a_group_all_connections_are_listed_with_their_addresses() -> None:
    others = [connection(n, f"192.0.2.{n}", process="curl") for n in range(2, 12)]
    view = View(connection(1, ADDRESS, process="curl"), connection(12, ADDRESS, process="ssh"))
    view.watching.pass_by(10, view.host)
    view.watching.take(view.host.delta(*others))
    view.watching.pass_by(2, view.host)
    for change in view.watching.changes:
        view.painter.learn(change)
    view.controls = replace(view.controls, by="process", selected=GroupKey("process", "curl"))
    panel = view.panel
    assert panel.title == "curl"
    assert (panel.count, panel.several) == (11, True)
    assert panel.connections is not None
    assert [words.address for words in panel.connections] == [
        *(f"192.0.2.{n}" for n in range(2, 12)),
        ADDRESS,
    ]
    facts = facts_of(panel)
    assert facts["first seen"] == facts_of(View(connection(1, ADDRESS)).panel)["first seen"]
    assert facts["opened"] == "10×"
    assert [mark in panel.run for mark in (Mark.ACTIVE, Mark.NEW, Mark.CLOSED)] == [1, 1, 0]


@pytest.mark.parametrize("width", [60, 80, 99, 100])
@pytest.mark.parametrize("counted", [False, True])
def test_connections_of_a_group_are_told_with_their_addresses(width: int, *, counted: bool) -> None:
    rows = [connection(number, f"198.51.100.{number}") for number in (1, 2)]
    view = View(*rows, size=(width, 40))
    if counted:
        moved = Traffic(view.host.moment, (Counters(1, 7, 7),))
        view.watching.take(view.host.publish(moved))
    view.controls = Controls(10, by="process", selected=GroupKey("process", "curl"), detail=True)
    told = [line.text for line in detail(view.scene(), UNICODE)]
    listed = told[next(at for at, line in enumerate(told) if "LOCAL REMOTE" in line) + 1 :]
    found = [re.search(r"198\.51\.100\.\d", line) for line in listed]
    assert [each[0] for each in found if each] == ["198.51.100.1", "198.51.100.2"]


@pytest.mark.parametrize(
    ("trips", "told"),
    [
        ((200_000, 1_000), "1.0 ms to 200 ms"),
        ((1_000, 200_000), "1.0 ms to 200 ms"),
        ((3_100, 3_140), "3.1 ms"),
        ((0, 5_000), "5.0 ms"),
        ((0, 0), ""),
    ],
)
@pytest.mark.parametrize("addresses", [(ADDRESS, ADDRESS), (ADDRESS, "192.0.2.2")])
def test_round_trips_of_several_connections_are_told_from_the_shortest_to_the_longest(
    trips: tuple[int, int], told: str, addresses: tuple[str, str]
) -> None:
    view = View(connection(1, addresses[0]), connection(2, addresses[1]))
    for number, trip in enumerate(trips, start=1):
        counters = Counters(number, 1_200, 3_400, rtt=trip)
        view.watching.take(view.host.publish(Traffic(view.host.moment, (counters,))))
    view.controls = replace(view.controls, by="process", selected=GroupKey("process", "curl"))
    assert facts_of(view.panel).get("rtt", "") == told


def test_how_much_a_group_has_carried_is_told_once() -> None:
    view = View(connection(1, ADDRESS), connection(2, "192.0.2.2"))
    carried = tuple(Counters(number, 1_200, 3_400) for number in (1, 2))
    view.watching.take(view.host.publish(Traffic(view.host.moment, carried)))
    view.controls = replace(view.controls, by="process", selected=GroupKey("process", "curl"))
    words = [value for group in view.panel.facts for _, value in group]
    assert [word for word in words if "2.4 kB" in word] == ["2 open, which sent 2.4 kB"]
    assert [word for word in words if "6.8 kB" in word] == ["received 6.8 kB"]
    view.controls = replace(view.controls, by="address", selected=KEY)
    assert "↑ 1.2 kB  ↓ 3.4 kB" in [value for group in view.panel.facts for _, value in group]


def test_of_a_group_without_open_connections_the_last_is_told() -> None:
    view = View(connection(1, ADDRESS, process="curl"))
    view.watching.take(view.host.delta(connection(2, "192.0.2.2", process="curl")))
    view.watching.pass_by(2, view.host)
    view.watching.take(view.host.delta(gone=(1,)))
    view.watching.pass_by(2, view.host)
    view.watching.take(view.host.delta(gone=(2,)))
    view.controls = replace(view.controls, by="process", selected=GroupKey("process", "curl"))
    assert view.panel.connections is not None
    [words] = view.panel.connections
    assert (words.address, words.state) == ("192.0.2.2", "CLOSED")


def test_when_a_group_changed_last_is_when_any_of_its_rows_did() -> None:
    view = View(connection(1, ADDRESS), connection(2, "192.0.2.2"))
    view.watching.pass_by(5, view.host)
    view.watching.take(view.host.delta(gone=(1,)))
    view.watching.pass_by(5, view.host)
    view.controls = replace(view.controls, by="process", selected=GroupKey("process", "curl"))
    facts = facts_of(view.panel)
    assert (facts["first seen"], facts["last change"]) == ("14:13:19", "14:13:25")


def test_what_is_told_of_a_group_is_renewed_after_a_moment() -> None:
    view = View(connection(1, ADDRESS))
    view.controls = replace(view.controls, by="process", selected=GroupKey("process", "curl"))
    assert facts_of(view.panel).get("opened", "") == ""
    view.watching.take(view.host.delta(connection(2, ADDRESS)))
    wait_until(lambda: facts_of(view.panel).get("opened") == "1×")


def test_a_listening_socket_is_no_connection() -> None:
    view = View(connection(1), listener(2))
    assert "1 open connection " in drawn_title(view)
    view.controls = replace(view.controls, selected=RowKey("web1", Peer(b"", 22)))
    assert " 1 listening socket (" in drawn_title(view)
    view.controls = replace(view.controls, selected=GroupKey("process", "sshd"), by="process")
    assert " 1 listening socket (" in drawn_title(view)
    assert (("", "only listening sockets"),) in view.panel.facts


def test_keys_are_offered_only_where_they_do_something() -> None:
    few, many = View(connection(1)), View(*(connection(i, local_port=i) for i in range(1, 60)))
    assert "(Enter: close) " in title(few)
    assert "(Enter: close, PgDn: scroll) " in title(many)
    for _ in range(20):
        many.press(Action.PAGE_DOWN)
    assert "(Enter: close, PgUp: back) " in title(many)


def test_a_closed_connection_is_not_called_none() -> None:
    view = View(connection(1))
    view.watching.take(view.host.delta(gone=[1]))
    assert "0 open connections (Enter: detail)" in drawn_title(view)
    view.controls = replace(view.controls, detail=True)
    assert " none open, the last one (Enter: close) " in title(view)


def test_of_the_last_one_it_is_told_how_long_it_was_there_and_what_it_carried() -> None:
    view = View()
    host, watching = view.host, view.watching
    watching.take(host.delta(connection(1)))
    watching.take(host.publish(Traffic(START, (Counters(1, 1_950, 9, rtt=500),))))
    watching.pass_by(12, host)
    watching.take(host.publish(Traffic(START, (), (Counters(1, 2_000, 9, rtt=500),))))
    watching.take(host.delta(gone=[1]))
    watching.pass_by(30, host)
    told = the_last(view)
    assert (told.state, told.age, told.sent, told.received) == ("CLOSED", "12s", "2.0 kB", "9 B")
    assert (told.rtt, told.out, told.back) == ("0.5 ms", "", "")


def test_of_the_last_ones_of_long_ago_it_is_not_known_how_long_they_were_there() -> None:
    view = View(connection(0))
    view.watching.take(view.host.delta(gone=[0]))
    assert the_last(view).age == "≥1s"
    for number in range(1, KEPT_OVER + 1):
        opened = connection(number, "198.51.100.9")
        view.watching.take(view.host.delta(opened), view.host.delta(gone=[number]))
    assert the_last(view).age == ""


def test_what_was_there_before_was_there_for_longer() -> None:
    view = View(connection(1))
    view.watching.pass_by(4, view.host)
    view.watching.take(view.host.delta(gone=[1]))
    assert the_last(view).age == "≥5s"


def the_last(view: View) -> ConnectionWords:
    """Return what is told of the last connection of the row, which is over."""
    [words] = view.panel.connections or ()
    return words


def drawn_title(view: View) -> str:
    """Return the line above what is told of the selected row when it is not asked for more."""
    view.controls = replace(view.controls, detail=False)
    return title(view)


def title(view: View) -> str:
    return detail(view.scene(), UNICODE)[0].text


def test_what_a_row_carried_in_all_counts_also_what_is_over() -> None:
    view = View(connection(1), connection(2, local_port=50_001))
    host, watching = view.host, view.watching
    watching.take(host.publish(Traffic(START, (Counters(1, 100, 0), Counters(2, 1_000, 7)))))
    watching.take(host.publish(Traffic(START, (), (Counters(1, 2_000, 0),))))
    watching.take(host.delta(gone=[1]))
    assert ("in all", "↑ 3.0 kB  ↓ 7 B") in [fact for group in view.panel.facts for fact in group]
    watching.take(host.delta(gone=[2]))
    assert ("in all", "↑ 3.0 kB  ↓ 7 B") in [fact for group in view.panel.facts for fact in group]
    assert "sent 3.0 kB  received 7 B" in view.panel.brief
    watching.pipeline.forget()
    watching.take(host.delta())
    watching.fetch()
    assert "sent 3.0 kB  received 7 B" in view.panel.brief, "who joins late is told"
