"""What is to be drawn of one host and of several."""

from dataclasses import replace

import pytest
from helpers import connection
from unit.display.sender import COLLECTOR
from unit.display.watching import START, Host, Watching

from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.painting.painter import Painter
from connmon_display.refresh.scene import Scene
from connmon_display.rows.row import GroupKey, RowKey
from connmon_display.words.glyphs import UNICODE
from connmon_display.words.theme import Style
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Connection, Counters, Traffic

SIZE = (80, 24)
HERE, THERE = "198.51.100.7", "198.51.100.9"


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest.fixture
def painter(watching: Watching) -> Painter:
    return Painter(watching, RowFilter(Options(10, 80)), 80)


@pytest.fixture
def hosts(watching: Watching) -> tuple[Host, Host]:
    """Return two hosts, watched for ten seconds; the clock of the second is a minute ahead."""
    first = watching.host("web1.example.org", connection(1, HERE))
    second = watching.host("web2.example.org", ahead=60.0)
    watching.pass_by(10, first, second)
    watching.take(second.delta(connection(1, THERE)))
    watching.take(first.delta(connection(2, THERE)))
    watching.pass_by(2, first, second)
    return first, second


def scene(painter: Painter, **settings: object) -> Scene:
    controls = Controls(10, **settings)  # type: ignore[arg-type] # one of its fields
    return painter.scene(controls, SIZE, "")[0]


def timelines(drawn: Scene) -> list[str]:
    return [UNICODE.draw(row.marks).strip() for row in drawn.rows]


def test_one_host_is_not_named(watching: Watching, painter: Painter) -> None:
    host = watching.host("web1", connection(1, HERE))
    watching.pass_by(5, host)
    drawn = scene(painter)
    assert drawn.parts.host == 0
    assert [row.host for row in drawn.rows] == [""]
    assert (drawn.mode, drawn.mode_style, drawn.clock) == ("LIVE", Style.NEW, "14:13:24")
    assert "1 hosts" not in drawn.counts
    assert drawn.rows[0].dimmed is False
    watching.pass_by(5)
    stale = scene(painter)
    assert stale.mode == "STALE 6s"
    assert stale.rows[0].dimmed


@pytest.mark.usefixtures("hosts")
def test_rows_of_several_hosts_are_named_and_at_the_same_time(painter: Painter) -> None:
    drawn = scene(painter)
    assert drawn.parts.host == len("web1")
    assert [(row.host, row.label.address) for row in drawn.rows] == [
        ("web1", HERE),
        ("web1", THERE),
        ("web2", THERE),
    ]
    assert timelines(drawn) == ["■■■■■■■■■■■■■", "···········▲■", "···········▲■"]
    assert drawn.counts[:4] == ("3 active", "0 listen", "3/3 IPs", "2 hosts")
    assert drawn.counts[-1] == "up 13s"


def test_addresses_that_no_key_can_show_are_not_counted(
    watching: Watching, painter: Painter
) -> None:
    loopback = connection(3, "127.0.0.1", local_port=50_001)
    watching.host("web1", connection(1, HERE), connection(2, THERE), loopback)
    assert "2/2 IPs" in scene(painter).counts
    assert "1/2 IPs" in scene(painter, typed=HERE).counts


@pytest.mark.usefixtures("hosts")
def test_a_group_has_one_timeline_of_all_hosts(watching: Watching, painter: Painter) -> None:
    for change in watching.changes:
        painter.learn(change)
    [row] = scene(painter, by="process").rows
    assert (row.host, row.label.address, row.label.addresses) == ("2 hosts", "curl", 2)
    assert timelines(scene(painter, by="process")) == ["■■■■■■■■■■■▲■"]
    assert scene(painter, by="process").counts[2:4] == ("1 by process", "3/3 IPs")
    chosen = GroupKey("process", "curl")
    panel = scene(painter, by="process", selected=chosen).panel
    assert panel is not None
    assert panel.brief == f"curl: 2 addresses  3 open  {HERE}, {THERE}"


@pytest.mark.usefixtures("hosts")
def test_a_host_that_is_not_there_is_a_mistake_in_the_filter(painter: Painter) -> None:
    told = scene(painter, typed="host:web3").mistake
    assert told == "web3? hosts: web1.example.org web2.example.org"
    assert scene(painter, typed="host:web2").mistake == ""
    assert scene(painter, typed="host:web3").empty.startswith("web3? hosts: ")
    assert scene(painter, typed="nowhere").empty.startswith("no address matches “nowhere”")
    pasted = "192.0.2.201 " * 100
    drawn = scene(painter, typed=pasted)
    assert drawn.empty == "no address matches what is typed"
    assert drawn.remedy == "/ edit, Esc clear"
    assert scene(painter).remedy == ""


def test_only_what_is_looked_up_can_be_grouped_by(watching: Watching, painter: Painter) -> None:
    host = watching.host("web1", connection(1, HERE))
    watching.pass_by(1, host)
    assert painter.place(Controls(10), SIZE).groupings == ("address", "process", "port")
    assert "as" not in painter.place(Controls(10), SIZE).sorts


def test_a_grouping_that_is_not_looked_up_is_a_problem(
    watching: Watching, painter: Painter
) -> None:
    host = watching.host("web1", connection(1, HERE))
    watching.pass_by(1, host)
    watching.enricher.features = ()
    watching.take(watching.enricher.send(next(watching.enricher.state())))
    [problem] = scene(painter, by="as", sort="open").problems
    assert "--lookup-asn" in problem
    assert len(scene(painter, by="as", sort="country").problems) == 2
    assert scene(painter, by="process").problems == ()
    watching.enricher.features = ("asn", "country")
    watching.take(watching.enricher.send(next(watching.enricher.state())))
    assert scene(painter, by="as", sort="country").problems == ()


def test_a_silent_host_is_stale_and_the_others_live(
    watching: Watching, painter: Painter, hosts: tuple[Host, Host]
) -> None:
    watching.pass_by(12, hosts[0])
    drawn = scene(painter)
    assert (drawn.mode, drawn.mode_style) == ("LIVE, web2 STALE 13s", Style.LISTEN)
    assert [row.dimmed for row in drawn.rows] == [False, False, True]
    assert timelines(drawn)[2] == "···········▲■", "what was not observed is blank"
    assert UNICODE.draw(drawn.rows[2].marks).endswith(" " * 12)
    watching.host("web3")
    watching.pass_by(10, hosts[0])
    assert scene(painter).mode == "1 of 3 LIVE"
    watching.pass_by(5)
    assert scene(painter).mode == "STALE 6s", "how long the one has been silent that was last heard"
    watching.why = "nothing is running at /run/connmon"
    drawn = scene(painter)
    assert drawn.mode == "DISCONNECTED retrying (nothing is running at /run/connmon)"
    watching.retry = 2.1
    assert scene(painter).mode.startswith("DISCONNECTED retry in 3s (nothing")
    assert all(row.dimmed for row in drawn.rows)


def test_nobody_is_watched_yet(watching: Watching, painter: Painter) -> None:
    drawn = scene(painter)
    assert (drawn.mode, drawn.clock, drawn.rows) == ("WAITING", "--:--:--", ())
    assert drawn.empty == "waiting for the collector…"
    watching.why = "nothing is running at /run/connmon"
    assert scene(painter).mode.startswith("DISCONNECTED retrying (nothing")


def test_the_selected_row_is_that_of_one_host_and_says_how_it_stands(
    watching: Watching, painter: Painter, hosts: tuple[Host, Host]
) -> None:
    selected = RowKey(hosts[1].name, Peer(parse(THERE)))
    drawn = scene(painter, selected=selected)
    assert [row.selected for row in drawn.rows] == [False, False, True]
    assert drawn.panel is not None
    assert drawn.panel.title == f"{THERE}, web2.example.org"
    assert drawn.panel.brief.startswith("web2.example.org: curl[4242]")
    watching.pass_by(12, hosts[0])
    panel = scene(painter, selected=selected).panel
    assert panel is not None
    assert panel.title == f"{THERE}, web2.example.org (STALE 13s)"
    assert panel.brief.startswith("web2.example.org (STALE 13s): curl[4242]")


def test_a_clock_that_is_wrong_is_among_the_problems(
    painter: Painter, hosts: tuple[Host, Host]
) -> None:
    [problem] = scene(painter).problems
    assert problem.startswith(f"{hosts[1].name}: its clock is 1m ahead of that of {hosts[0].name}")


def test_what_is_lost_and_what_is_hidden_are_told_apart(
    watching: Watching, painter: Painter
) -> None:
    host = watching.host("web1", connection(1, HERE))
    assert (scene(painter).lost, scene(painter).faults) == (0, 0)
    hidden = "process names of other users are hidden: run as root (sudo)"
    watching.take(host.send(replace(COLLECTOR, problems=(hidden,))))
    assert (scene(painter).lost, scene(painter).faults) == (0, 1)
    watching.take(host.send(replace(COLLECTOR, problems=(hidden,), lost=17)))
    drawn = scene(painter)
    assert (drawn.lost, drawn.faults, len(drawn.problems)) == (17, 1, 2)
    assert hidden in drawn.problems


def addresses(drawn: Scene) -> list[str]:
    return [row.label.address for row in drawn.rows]


def test_a_frozen_picture_stands_still_while_all_goes_on(
    watching: Watching, painter: Painter
) -> None:
    host = watching.host("web1", connection(1, THERE), connection(2, HERE))
    watching.pass_by(10, host)
    scene(painter, sort="last-change")
    settings = {"sort": "last-change", "frozen_at": watching.axis.edge()}
    before = scene(painter, **settings)
    watching.pass_by(5, host)
    watching.take(host.delta(connection(3, "198.51.100.1"), gone=[1]))
    watching.pass_by(5, host)
    after = scene(painter, **settings)
    assert after.rows == before.rows
    assert after.counts == before.counts
    assert (before.mode, after.mode) == ("FROZEN +0s", "FROZEN +10s")
    shown = [row.label.address for row in scene(painter, sort="address").rows]
    assert shown == ["198.51.100.1", HERE, THERE]
    assert "CLOSED" in [row.label.state for row in scene(painter).rows]


def test_what_comes_into_sight_of_a_frozen_picture_is_in_the_state_of_then(
    watching: Watching, painter: Painter
) -> None:
    host = watching.host("web1", connection(1, THERE))
    watching.take(host.delta(connection(2, HERE)))
    watching.pass_by(10, host)
    frozen = {"frozen_at": watching.axis.edge()}
    assert addresses(scene(painter, typed=THERE, **frozen)) == [THERE]
    watching.take(host.delta(gone=[2]))
    watching.pass_by(5, host)
    assert [row.label.state for row in scene(painter, **frozen).rows] == ["ACTIVE", "ACTIVE"]
    assert [row.label.state for row in scene(painter).rows] == ["ACTIVE", "CLOSED"]
    early = {"frozen_at": watching.axis.edge(), "typed": THERE}
    scene(painter, **early)
    watching.take(host.delta(connection(3, HERE)))
    watching.pass_by(5, host)
    late = scene(painter, **(early | {"typed": ""}))
    assert [row.label.state for row in late.rows] == ["ACTIVE", "CLOSED"]


def test_rates_are_those_of_the_moment_at_the_right_edge(
    watching: Watching, painter: Painter
) -> None:
    host = watching.host("web1", connection(1, HERE), connection(2, THERE))
    watching.pass_by(10, host)
    watching.take(host.publish(Traffic(START, (Counters(1, 0, 0, 1_200), Counters(2, 0, 0, 99)))))
    watching.pass_by(1, host)

    def rates(**settings: object) -> list[str]:
        return [row.label.speed for row in scene(painter, **settings).rows]

    assert rates() == ["↑1.2k", "↑99"]
    assert rates(pan=3) == ["", ""]
    assert not any(row.label.pace for row in scene(painter, pan=3).rows)
    frozen = {"frozen_at": watching.axis.edge()}
    assert rates(typed=HERE, **frozen) == ["↑1.2k"]
    watching.take(host.publish(Traffic(START, (Counters(1, 0, 0, 7), Counters(2, 0, 0, 7)))))
    watching.pass_by(1, host)
    assert rates(**frozen) == ["↑1.2k", "↑99"]
    assert rates(pan=3, **frozen) == ["", ""]
    assert rates() == ["↑7", "↑7"]


def test_a_held_order_stays_and_new_rows_come_last_until_another_is_asked_for(
    watching: Watching, painter: Painter
) -> None:
    host = watching.host("web1", connection(1, THERE), connection(2, HERE))
    watching.pass_by(10, host)
    assert addresses(scene(painter, sort="address")) == [HERE, THERE]
    held = scene(painter, sort="address", held=True)
    assert "sort:address held" in held.counts
    watching.take(host.delta(connection(3, "198.51.100.1")))
    assert addresses(scene(painter, sort="address", held=True)) == [HERE, THERE, "198.51.100.1"]
    assert addresses(scene(painter, sort="address", held=True, typed=THERE)) == [THERE]
    assert addresses(scene(painter, sort="address", held=True))[:2] == [HERE, THERE]
    assert addresses(scene(painter, sort="address")) == ["198.51.100.1", HERE, THERE]


def test_a_sentence_that_quotes_the_name_of_a_file_moves_no_cursor(
    painter: Painter, hosts: tuple[Host, Host]
) -> None:
    assert hosts
    drawn, _ = painter.scene(Controls(10), SIZE, "saving a\x1b[2J\n.csv: 3% of about 1 GB")
    assert drawn.note == "saving a?[2J?.csv: 3% of about 1 GB"


def test_whose_connections_were_before_the_viewer_joined_is_blank(
    watching: Watching, painter: Painter
) -> None:
    host = watching.meet("web1", connection(9, THERE, process="steady"))
    for number, process in enumerate(("nginx", "redis", "python"), 1):
        watching.clock.time += 5
        host.delta(connection(number, HERE, process=process), gone=[number - 1])
    watching.clock.time += 5
    watching.fetch()
    watching.take(host.delta())
    watching.pass_by(2, host)
    for change in watching.changes:
        painter.learn(change)
    steady, python = scene(painter, by="process", sort="address", reverse=True).rows
    assert (steady.label.address, python.label.address) == ("steady", "python")
    assert UNICODE.draw(steady.marks).strip() == "■" * 23
    joined = watching.pipeline.hosts["web1"].joined
    assert joined
    assert set(UNICODE.draw(python.marks)[:-8]) == {" "}
    assert UNICODE.draw(python.marks).endswith("■■■")
    watching.take(host.delta(connection(7, HERE, process="python", local_port=50_009)))
    chosen = GroupKey("process", "python")
    panel = scene(painter, by="process", selected=chosen).panel
    assert panel is not None
    names = [name for group in panel.facts for name, _ in group]
    assert "whose is known since" in names
    assert "first seen" not in names
    told = [fact for group in panel.facts for fact in group]
    assert ("opened", "≥1×") in told, "of the 4 of that address"
    assert "▲" in timelines(scene(painter))[1], "of the address it is known"


def test_what_one_process_alone_had_is_its_also_before_the_viewer_joined(
    watching: Watching, painter: Painter
) -> None:
    host = watching.meet("web1", connection(9, THERE, process="nginx"))
    for number in (1, 2, 3):
        watching.clock.time += 5
        port = 6_379 if number == 2 else 443
        host.delta(
            connection(number, HERE, process="redis")._replace(remote_port=port),
            gone=[number - 1] * (number > 1),
        )
    watching.clock.time += 5
    watching.fetch()
    watching.take(host.delta(connection(4, HERE, process="redis")))
    watching.pass_by(2, host)
    for change in watching.changes:
        painter.learn(change)
    drawn = scene(painter, by="process", selected=GroupKey("process", "redis"))
    (redis,) = (row for row in drawn.rows if row.label.address == "redis")
    assert UNICODE.draw(redis.marks).count("▲") == 4
    assert drawn.panel is not None
    assert ("opened", "4×") in [fact for group in drawn.panel.facts for fact in group]
    ports = scene(painter, by="port", selected=GroupKey("port", "443 https"))
    (https,) = (row for row in ports.rows if row.label.address == "443 https")
    assert " " in UNICODE.draw(https.marks)[-12:], "of two ports it is not known"


@pytest.mark.parametrize(
    ("by", "own", "second"),
    [
        ("process", "curl", connection(3, HERE, process="wget", local_port=50_009)),
        ("port", "443 https", connection(3, HERE, process="curl", port=8_443)),
    ],
)
def test_what_one_alone_had_stays_its_own_when_a_second_comes(
    watching: Watching, painter: Painter, by: str, own: str, second: Connection
) -> None:
    host = watching.meet("web1", connection(1, HERE, process="curl"))
    watching.clock.time += 5
    host.delta(connection(2, HERE, process="curl"), gone=[1])
    watching.clock.time += 5
    watching.fetch()
    watching.take(host.delta())
    watching.pass_by(2, host)
    watching.take(host.delta(second))
    watching.take(host.delta(connection(4, THERE, process="curl"), connection(5, THERE)))
    watching.pass_by(2, host)
    for change in watching.changes:
        painter.learn(change)
    drawn = scene(painter, by=by, sort="address", selected=GroupKey(by, own))
    curl = next(row for row in drawn.rows if row.label.address == own)
    assert UNICODE.draw(curl.marks).strip().startswith("■■■■■■▲")
    assert drawn.panel is not None
    names = [name for group in drawn.panel.facts for name, _ in group]
    assert "first seen" in names
    assert "whose is known since" not in names
