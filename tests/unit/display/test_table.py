"""Which rows are shown and in which order."""

from pathlib import Path

import pytest
from helpers import connection, delta, keyframe, listener
from unit.display.lists import Folder
from unit.display.watching import START, Host, Watching

from connmon_display.filters.address_list import AddressList
from connmon_display.filters.rows import RowFilter
from connmon_display.following.lasting import Unusual
from connmon_display.options import Options
from connmon_display.refresh.controls import SORTS, Controls
from connmon_display.refresh.table import Table
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Counters, Fact, Traffic
from connmon_shared.timelines.history import History
from connmon_shared.timelines.memory import Limits
from connmon_shared.timelines.states import State

OLD, YOUNG = "198.51.100.9", "198.51.100.7"


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest.fixture
def host(watching: Watching) -> Host:
    """Return a host with one old connection, a server, and since half a second a young one."""
    host = watching.host("web1", connection(1, OLD), listener(2))
    watching.pass_by(5, host)
    watching.take(host.delta(connection(3, YOUNG, port=22)))
    watching.clock.time += 0.5
    return host


@pytest.fixture
def table(watching: Watching, host: Host) -> Table:
    assert host.name in watching.pipeline.hosts
    return Table(watching, RowFilter(Options(10, 80)))


def shown(table: Table, **settings: object) -> list[str]:
    controls = Controls(10, **settings)  # type: ignore[arg-type] # one of its fields
    return [str(row.key.peer) for row in table.rows(controls)]


def whose(table: Table, **settings: object) -> list[str]:
    controls = Controls(10, **settings)  # type: ignore[arg-type] # one of its fields
    return [f"{row.key.host} {row.key.peer}" for row in table.rows(controls)]


def test_remotes_come_in_order_of_first_sight_and_servers_after_them(table: Table) -> None:
    assert shown(table) == [OLD, YOUNG, "*:22"]


def test_reversed_the_servers_are_still_last(table: Table) -> None:
    assert shown(table, reverse=True) == [YOUNG, OLD, "*:22"]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_has_every_row(table: Table, sort: str) -> None:
    assert sorted(shown(table, sort=sort)) == sorted([OLD, YOUNG, "*:22"])


def test_the_last_change_comes_first(table: Table) -> None:
    assert shown(table, sort="last-change") == [YOUNG, OLD, "*:22"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("state:new", [YOUNG]),
        ("state:active", [OLD, YOUNG]),
        ("state:listen", ["*:22"]),
        ("port:443", [OLD]),
        ("!port:22", [OLD]),
        ("proc:sshd", ["*:22"]),
        ("nothing", []),
    ],
)
def test_typed_words_choose_rows(table: Table, typed: str, expected: list[str]) -> None:
    assert shown(table, typed=typed) == expected


def test_the_full_label_tells_what_is_unusual_and_how_fast_it_is(
    watching: Watching, host: Host, table: Table
) -> None:
    old, young = table.rows(Controls(10))[:2]
    watching.take(host.delta(connection(1, OLD, State.CLOSE_WAIT)))
    watching.clock.time += 3.0
    watching.take(host.publish(Traffic(START, (Counters(3, 0, 0, 1_200),))))
    label = table.full_label(old, new=False)
    assert (label.unusual, label.speed) == (Unusual(State.CLOSE_WAIT, 1, 3.0), "")
    label = table.full_label(young, new=True)
    assert (label.unusual, label.speed, label.state) == (None, "↑1.2k", "NEW")


def test_listeners_can_be_left_out(table: Table) -> None:
    assert shown(table, listeners=False) == [OLD, YOUNG]


def test_a_new_row_appears(watching: Watching, host: Host, table: Table) -> None:
    assert table.met == 0
    shown(table)
    watching.take(host.delta(connection(4, "203.0.113.1")))
    assert shown(table) == [OLD, YOUNG, "203.0.113.1", "*:22"]
    assert table.met == 3


def test_rows_that_the_history_forgets_are_shown_no_more(
    watching: Watching, host: Host, table: Table
) -> None:
    history = watching.pipeline.hosts[host.name].history = History(Limits(over=1))
    history.keyframe(keyframe(START, connection(1, OLD), connection(2, YOUNG)))
    history.delta(delta(START + 1, gone=[1]))
    assert shown(table) == [OLD, YOUNG]
    history.delta(delta(START + 2, connection(3, "203.0.113.1"), gone=[2]))
    assert shown(table) == [YOUNG, "203.0.113.1"]
    assert table.met == 2


class TestSeveralHosts:
    """A row is a host's: the same address may be there twice."""

    @pytest.fixture
    def other(self, watching: Watching, host: Host) -> Host:
        """Return a host whose clock is a minute behind, with a connection that is just new."""
        other = watching.host("web10", connection(1, OLD), ahead=-60.0)
        watching.clock.time += 1.0
        watching.take(host.delta())
        watching.take(other.delta(connection(2, "203.0.113.1")))
        return other

    @pytest.mark.usefixtures("other")
    def test_all_are_there_remotes_first(self, table: Table) -> None:
        assert whose(table) == [
            f"web1 {OLD}",
            f"web1 {YOUNG}",
            f"web10 {OLD}",
            "web10 203.0.113.1",
            "web1 *:22",
        ]
        assert table.met == 4

    @pytest.mark.usefixtures("other")
    @pytest.mark.parametrize(
        ("typed", "expected"),
        [
            ("host:web10", [f"web10 {OLD}", "web10 203.0.113.1"]),
            ("host:web1 !port:22", [f"web1 {OLD}"]),
            ("host:web state:new", ["web10 203.0.113.1"]),
            ("web10 203", ["web10 203.0.113.1"]),
        ],
    )
    def test_typed_words_choose_hosts(self, table: Table, typed: str, expected: list[str]) -> None:
        assert whose(table, typed=typed) == expected

    @pytest.mark.usefixtures("other")
    def test_the_last_change_is_last_by_the_common_time(self, table: Table) -> None:
        assert whose(table, sort="last-change")[:2] == ["web10 203.0.113.1", f"web1 {YOUNG}"]

    @pytest.mark.usefixtures("other")
    def test_the_rows_of_a_host_can_stand_together(self, table: Table) -> None:
        found = [row.split()[0] for row in whose(table, sort="host", reverse=True)]
        assert found == ["web10", "web10", "web1", "web1", "web1"]

    def test_only_the_rows_of_a_host_that_began_anew_are_others(
        self, watching: Watching, table: Table, other: Host
    ) -> None:
        shown(table)
        watching.pipeline.hosts[other.name].history = History()
        assert whose(table) == [f"web1 {OLD}", f"web1 {YOUNG}", "web1 *:22"]
        assert table.met == 2

    def test_hosts_that_are_followed_no_more_have_no_rows(
        self, watching: Watching, table: Table, other: Host
    ) -> None:
        shown(table)
        watching.pipeline.forget()
        watching.host(other.name, connection(1, YOUNG))
        assert whose(table) == [f"web10 {YOUNG}"]
        assert table.met == 1


class TestLists:
    """Rows that lists hide, show or mark."""

    IN_US = Fact(parse(OLD), "US")
    peers = (Peer(parse(OLD)), Peer(parse(YOUNG)))

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path)

    def learn(self, watching: Watching, table: Table, *facts: Fact) -> None:
        watching.changes.clear()
        watching.take(watching.enricher.publish(*facts))
        for change in watching.changes:
            table.learn(change)

    def test_a_row_is_shown_or_hidden_as_soon_as_its_country_is_known(
        self, watching: Watching, host: Host, folder: Folder
    ) -> None:
        assert host.name in watching.pipeline.hosts
        hiding = Table(watching, folder.filter(hidden=["country:US"]))
        only = Table(watching, folder.filter(only=["country:US", YOUNG]))
        assert shown(hiding) == [OLD, YOUNG, "*:22"]
        assert shown(only) == [YOUNG]
        watching.changes.clear()
        watching.take(watching.enricher.publish(self.IN_US))
        for table in (hiding, only):
            for change in watching.changes:
                table.learn(change)
        assert shown(hiding) == [YOUNG, "*:22"]
        assert shown(only) == [OLD, YOUNG]
        assert (hiding.met, only.met) == (2, 2)

    def test_a_row_is_marked_as_soon_as_its_country_is_known_and_stays_so_when_it_is_over(
        self, watching: Watching, host: Host, folder: Folder
    ) -> None:
        table = Table(watching, folder.filter(watched=["country:US"]))
        assert [row.track.peer for row in table.rows(Controls(10))] == [*self.peers, Peer(b"", 22)]
        assert not table.alerts
        self.learn(watching, table, self.IN_US)
        watching.take(host.delta(gone=[1]))
        assert shown(table, typed="is:alert") == [OLD]
        assert shown(table, sort="alert", reverse=True) == [YOUNG, OLD, "*:22"]
        assert [str(key.peer) for key in table.alerts] == [OLD]
        [row] = table.rows(Controls(10, typed="is:alert"))
        assert table.label(row).alert
        self.learn(watching, table, self.IN_US._replace(country="DE"))
        assert not table.alerts
        assert shown(table, typed="is:alert") == []

    def test_marked_rows_come_first_if_asked_for(
        self, watching: Watching, host: Host, folder: Folder
    ) -> None:
        assert host.name in watching.pipeline.hosts
        table = Table(watching, folder.filter(baseline=[OLD]))
        assert shown(table) == [OLD, YOUNG, "*:22"]
        assert shown(table, sort="alert") == [YOUNG, OLD, "*:22"]

    def test_a_list_that_was_read_again_counts_at_once(
        self, watching: Watching, host: Host, folder: Folder
    ) -> None:
        assert host.name in watching.pipeline.hosts
        row_filter = folder.filter(hidden=[OLD])
        table = Table(watching, row_filter)
        assert shown(table) == [YOUNG, "*:22"]
        [file] = row_filter.lists.files
        row_filter.lists.replace(file, AddressList([YOUNG]))
        assert shown(table) == [OLD, "*:22"]
        assert table.met == 2

    def test_facts_that_were_all_taken_over_anew_count(
        self, watching: Watching, host: Host, folder: Folder
    ) -> None:
        assert host.name in watching.pipeline.hosts
        table = Table(watching, folder.filter(hidden=["country:US"]))
        assert shown(table) == [OLD, YOUNG, "*:22"]
        watching.enricher.publish(self.IN_US)
        watching.enricher.sent.clear()  # the enricher keeps it no longer
        watching.changes.clear()
        watching.take(watching.enricher.publish())
        watching.fetch()
        for change in watching.changes:
            table.learn(change)
        assert shown(table) == [YOUNG, "*:22"]
