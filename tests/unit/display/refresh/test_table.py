"""Which rows are shown and in which order."""

from pathlib import Path

import pytest
from helpers import connection, delta, keyframe, listener
from unit.display.lists import Folder
from unit.display.sender import Clock
from unit.display.watching import START, Host, Watching

from connmon_display.filters.address_list import AddressList
from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.table.ordering import REGROUP_SECONDS
from connmon_display.refresh.table.table import Table
from connmon_display.rows.arrangement import ORDERS, SORTS
from connmon_display.rows.row import RowKey, Shown
from connmon_display.rows.wording import Wording
from connmon_display.words.labels import Label
from connmon_display.words.lasting import Unusual
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Counters, Direction, Fact, Traffic
from connmon_shared.timelines.history import History
from connmon_shared.timelines.memory import Limits
from connmon_shared.timelines.states import State

OLD, YOUNG = "198.51.100.9", "198.51.100.7"


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest.fixture
def clock() -> Clock:
    """Return the monotonic clock of the table."""
    clock = Clock()
    clock.time = 1_000.0
    return clock


class Work(Clock):
    """Processor time, of which each bit of work takes as much."""

    each = 0.0  # seconds

    def __call__(self) -> float:
        self.time += self.each
        return self.time


@pytest.fixture
def host(watching: Watching) -> Host:
    """Return a host with one old connection, a server, and since half a second a young one."""
    host = watching.host("web1", connection(1, OLD), listener(2))
    watching.pass_by(5, host)
    watching.take(host.delta(connection(3, YOUNG, port=22)))
    watching.clock.time += 0.5
    return host


@pytest.fixture
def table(watching: Watching, host: Host, clock: Clock) -> Table:
    assert host.name in watching.pipeline.hosts
    return Table(watching, RowFilter(Options(10, 80)), clock)


def worded(watching: Watching, table: Table, row: Shown, *, new: bool = False) -> Label:
    """Return the words for a row as they are found first."""
    return Wording(watching).of(row, table.alerts, new=new)


def shown(table: Table, **settings: object) -> list[str]:
    controls = Controls(10, **settings)  # type: ignore[arg-type] # one of its fields
    return [str(row.key) for row in table.rows(controls)]


def whose(table: Table, **settings: object) -> list[str]:
    controls = Controls(10, **settings)  # type: ignore[arg-type] # one of its fields
    return [f"{row.rows[0].key.host} {row.key}" for row in table.rows(controls)]


def test_remotes_come_in_order_of_first_sight_and_servers_after_them(table: Table) -> None:
    assert shown(table) == [OLD, YOUNG, "*:22"]


def test_reversed_the_servers_are_still_last(table: Table) -> None:
    assert shown(table, reverse=True) == [YOUNG, OLD, "*:22"]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_has_every_row(table: Table, sort: str) -> None:
    assert sorted(shown(table, sort=sort)) == sorted([OLD, YOUNG, "*:22"])


@pytest.mark.parametrize("sort", ORDERS)
def test_what_is_alike_in_an_order_is_in_that_of_addresses(watching: Watching, sort: str) -> None:
    more = [f"10.77.{third}.{last}" for third in (9, 10) for last in range(1, 90)]
    expected = [*more, "192.0.2.3", "192.0.2.22", "192.0.2.36", "2001:db8::9", "2001:db8::10"]
    later = {"192.0.2.22", "2001:db8::9"}
    first = [connection(n, a) for n, a in enumerate(sorted(expected)) if a not in later]
    host = watching.host("web1", *first, listener(900, 8080), listener(901, 443))
    watching.take(host.delta(*(connection(n, a) for n, a in enumerate(sorted(later), start=800))))
    table = Table(watching, RowFilter(Options(10, 80)))
    assert shown(table, sort=sort, by="process")[:2] == ["curl", "sshd"]
    found = shown(table, sort=sort)
    if sort in {"first-seen", "last-change", "opened"}:  # the later ones are not alike
        found, expected = ([a for a in each if a not in later] for each in (found, expected))
    assert found == [*expected, "*:443", "*:8080"]
    watching.take(host.delta(connection(990, "10.77.9.100"), connection(991, "10.77.9.99")))
    found = shown(table, sort=sort, by="address", typed="10.77.9.")
    assert found[found.index("10.77.9.99") + 1] == "10.77.9.100"


def test_by_state_the_unusual_comes_first_the_longest_before_the_others(
    watching: Watching,
) -> None:
    names = [f"192.0.2.{n}" for n in range(10)]
    rows = [connection(n, name) for n, name in enumerate(names)]
    rows[8] = rows[8]._replace(state=State.SYN_SENT)
    host = watching.host("web1", *rows, listener(99))
    table = Table(watching, RowFilter(Options(10, 80)))
    for number in (6, 2, 7):
        watching.pass_by(60, host)
        watching.take(host.delta(rows[number]._replace(state=State.CLOSE_WAIT)))
    watching.take(host.delta(connection(3, names[3], State.CLOSE_WAIT), gone=[0]))
    watching.take(host.delta(connection(20, "192.0.2.0", State.SYN_SENT)))
    watching.take(host.delta(gone=[20, 4]))
    expected = [names[n] for n in (6, 2, 3, 7, 8, 0, 1, 5, 9, 4)]
    assert shown(table, sort="state") == [*expected, "*:22"]
    assert shown(table, sort="state", reverse=True) == [*expected[::-1], "*:22"]


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
    watching.take(host.delta(), host.publish(Traffic(START, (Counters(3, 0, 0, 1_200),))))
    label = worded(watching, table, old)
    leak = connection(1, OLD, State.CLOSE_WAIT)
    assert (label.unusual, label.speed) == (
        Unusual(State.CLOSE_WAIT, 1, 3.0, leak, exact=False),
        "",
    )
    label = worded(watching, table, young, new=True)
    assert (label.unusual, label.speed, label.state) == (None, "↑1.2k", "NEW")


def test_the_words_for_a_row_are_kept_until_anything_of_it_changes(
    watching: Watching, host: Host, table: Table
) -> None:
    row, wording = table.rows(Controls(10))[1], Wording(watching)
    label = wording.of(row, table.alerts, new=False)
    assert wording.of(row, table.alerts, new=False) is label
    watching.take(host.delta(connection(7, YOUNG, port=22, process="other")))
    assert wording.of(row, table.alerts, new=False).process == "other"
    assert wording.of(row, table.alerts, new=True).state == "NEW"
    watching.take(host.delta(gone=[7]))
    assert wording.of(row, table.alerts, new=False) == label


def test_listeners_can_be_left_out_at_once(table: Table) -> None:
    assert shown(table) == [OLD, YOUNG, "*:22"]
    assert shown(table, listeners=False) == [OLD, YOUNG]
    assert shown(table) == [OLD, YOUNG, "*:22"]


def test_a_new_row_appears(watching: Watching, host: Host, table: Table) -> None:
    assert table.remotes == []
    shown(table)
    watching.take(host.delta(connection(4, "203.0.113.1")))
    assert shown(table) == [OLD, YOUNG, "203.0.113.1", "*:22"]
    assert len(table.remotes) == 3


def test_rows_that_the_history_forgets_are_shown_no_more(
    watching: Watching, host: Host, table: Table
) -> None:
    history = watching.pipeline.hosts[host.name].history = History(Limits(over=1))
    history.keyframe(keyframe(START, connection(1, OLD), connection(2, YOUNG)))
    history.delta(delta(START + 1, gone=[1]))
    assert shown(table) == [YOUNG, OLD]
    history.delta(delta(START + 2, connection(3, "203.0.113.1"), gone=[2]))
    assert shown(table) == [YOUNG, "203.0.113.1"]
    assert len(table.remotes) == 2


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
            f"web10 {OLD}",
            f"web1 {YOUNG}",
            "web10 203.0.113.1",
            "web1 *:22",
        ]
        assert len(table.remotes) == 4

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
        assert len(table.remotes) == 2

    def test_hosts_that_are_followed_no_more_have_no_rows(
        self, watching: Watching, table: Table, other: Host
    ) -> None:
        shown(table)
        watching.pipeline.forget()
        watching.host(other.name, connection(1, YOUNG))
        assert whose(table) == [f"web10 {YOUNG}"]
        assert len(table.remotes) == 1


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
        assert (len(hiding.remotes), len(only.remotes)) == (1, 2)

    def test_a_row_is_marked_as_soon_as_its_country_is_known_and_stays_so_when_it_is_over(
        self, watching: Watching, host: Host, folder: Folder
    ) -> None:
        table = Table(watching, folder.filter(watched=["country:US"]))
        assert [row.rows[0].track.peer for row in table.rows(Controls(10))] == [
            *self.peers,
            Peer(b"", 22),
        ]
        assert not table.alerts
        self.learn(watching, table, self.IN_US)
        watching.take(host.delta(gone=[1]))
        assert shown(table, typed="is:alert") == [OLD]
        assert shown(table, sort="alert", reverse=True) == [YOUNG, OLD, "*:22"]
        assert [str(key.peer) for key in table.alerts] == [OLD]
        [row] = table.rows(Controls(10, typed="is:alert"))
        assert worded(watching, table, row).alert
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
        assert len(table.remotes) == table.active == 1

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


class TestGroups:
    """Rows that have something in common, as one."""

    @pytest.fixture
    def table(self, watching: Watching, clock: Clock) -> Table:
        """Return a table of a browser with two addresses, a resolver of all, and a server."""
        self.work = Work()
        browser = [connection(1, OLD, process="firefox"), connection(2, YOUNG, process="firefox")]
        resolver = connection(3, "192.0.2.53", port=53, process="firefox")
        served = connection(5, "203.0.113.5", port=50_001, local_port=22, process="sshd")
        served = served._replace(direction=Direction.IN.value)
        self.host = watching.host("web1", *browser, resolver, listener(4), served)
        self.shown = Table(watching, RowFilter(Options(10, 80)), clock, self.work)
        self.learn(watching)
        watching.pass_by(2, self.host)
        watching.take(self.host.delta(connection(6, "192.0.2.53", port=53, process="curl")))
        self.learn(watching)
        return self.shown

    def learn(self, watching: Watching) -> None:
        for change in watching.changes:
            self.shown.learn(change)
        watching.changes.clear()

    def groups(self, **settings: object) -> dict[str, set[str]]:
        controls = Controls(10, **settings)  # type: ignore[arg-type] # one of its fields
        rows = self.shown.rows(controls)
        return {str(shown.key): {str(row.key) for row in shown.rows} for shown in rows}

    def test_by_process(self, table: Table) -> None:
        assert self.groups(by="process") == {
            "firefox": {OLD, YOUNG, "192.0.2.53"},
            "curl": {"192.0.2.53"},
            "sshd": {"203.0.113.5", "*:22"},
        }
        assert table.listed == 4

    def test_a_process_with_a_name_like_other_words_stands_in_quotes(
        self, watching: Watching, table: Table
    ) -> None:
        assert table.listed == 0
        watching.take(self.host.delta(connection(9, OLD, process="a|b")))
        self.learn(watching)
        assert '"a|b"' in self.groups(by="process")

    def test_a_process_called_unknown_is_not_taken_for_one_that_is_not_known(
        self, watching: Watching, table: Table
    ) -> None:
        named = connection(8, "192.0.2.8", process="unknown")
        watching.take(self.host.delta(named, connection(9, "192.0.2.9", process="")))
        self.learn(watching)
        found = self.groups(by="process", typed="192.0.2.")
        assert found["unknown"] == {"192.0.2.9"}
        assert found['"unknown"'] == {"192.0.2.8"}
        assert [*self.groups(by="process", sort="address")][-2:] == ['"unknown"', "unknown"]
        assert self.groups(by="process", typed="proc:unknown") == {'"unknown"': {"192.0.2.8"}}
        assert table.keys

    @pytest.mark.parametrize("by", ["country", "as"])
    def test_what_is_not_known_comes_last_by_name(
        self, watching: Watching, table: Table, by: str
    ) -> None:
        zambia = Fact(parse("9.9.9.9"), country="ZM", asn=9, organisation="Zed")
        watching.changes.append(watching.pipeline.hear(*watching.enricher.publish(zambia)))
        watching.take(self.host.delta(connection(7, "8.8.8.8"), connection(8, "9.9.9.9")))
        self.learn(watching)
        assert table.listed == 0
        assert [*self.groups(by=by, sort="address")][-1] == "unknown"

    def test_by_port_with_the_server_of_it(self, table: Table) -> None:
        assert self.groups(by="port") == {
            "443 https": {OLD, YOUNG},
            "53 domain": {"192.0.2.53"},
            "22 ssh": {"203.0.113.5", "*:22"},
        }
        assert [*self.groups(by="port", sort="address")] == ["22 ssh", "53 domain", "443 https"]
        assert table.listed == 4

    def test_by_country_and_network(self, watching: Watching, table: Table) -> None:
        public = parse("8.8.8.8")
        watching.take(self.host.delta(connection(7, "8.8.8.8")))
        fact = Fact(public, country="US", asn=15_169, organisation="Google LLC")
        watching.changes.append(watching.pipeline.hear(*watching.enricher.publish(fact)))
        self.learn(watching)
        assert self.groups(by="country") == {
            "documentation": {OLD, YOUNG, "192.0.2.53", "203.0.113.5"},
            "US": {"8.8.8.8"},
        }
        assert self.groups(by="as", typed="8.8.8.8") == {"AS15169 Google LLC": {"8.8.8.8"}}
        assert table.listed == 1

    @pytest.mark.parametrize("by", ["process", "port"])
    def test_listening_sockets_can_be_left_out(self, table: Table, by: str) -> None:
        assert "*:22" not in set().union(*self.groups(by=by, listeners=False).values())
        assert table.keys

    def test_by_state_the_group_with_what_is_unusual_the_longest_comes_first(
        self, watching: Watching, table: Table
    ) -> None:
        leak = connection(6, "192.0.2.53", State.CLOSE_WAIT, port=53, process="curl")
        failing = connection(9, "192.0.2.9", State.SYN_SENT, process="wget")
        watching.take(self.host.delta(leak))
        watching.pass_by(3, self.host)
        again = connection(2, YOUNG, State.CLOSE_WAIT, process="firefox")
        watching.take(self.host.delta(again, failing))
        self.learn(watching)
        assert [*self.groups(by="process", sort="state")] == ["curl", "firefox", "wget", "sshd"]
        watching.take(self.host.delta(gone=[9, 6]))
        watching.take(self.host.delta(connection(10, OLD, State.SYN_SENT, process="sshd")))
        watching.take(self.host.delta(gone=[10]))
        self.learn(watching)
        assert table.keys
        order = [*self.groups(by="process", sort="state", listeners=False)]
        assert order == ["firefox", "wget", "sshd", "curl"], "sshd has failed only once"

    def test_typed_words_choose_what_is_in_the_groups(self, table: Table) -> None:
        assert self.groups(by="process", typed="port:53") == {
            "firefox": {"192.0.2.53"},
            "curl": {"192.0.2.53"},
        }
        assert self.groups(by="port", typed="proc:curl") == {"53 domain": {"192.0.2.53"}}
        assert table.listed == 1
        assert self.groups(by="process", typed="!proc:curl !listen") == {
            "firefox": {OLD, YOUNG, "192.0.2.53"},  # its part of it
            "sshd": {"203.0.113.5"},
        }
        assert table.listed == 4

    def test_the_label_tells_what_is_most_of_it(self, watching: Watching, table: Table) -> None:
        watching.take(
            self.host.publish(Traffic(START, (Counters(1, 0, 0, 700), Counters(2, 0, 0, 500))))
        )
        firefox, sshd, curl = table.rows(Controls(10, by="process"))
        label = worded(watching, table, firefox, new=True)
        assert (label.address, label.addresses, label.connections) == ("firefox", 3, 3)
        assert (label.port, label.more, label.service) == (443, 1, "https")
        assert (label.state, label.speed) == ("NEW", "↑1.2k")
        assert worded(watching, table, curl).state == "ACTIVE"
        label = worded(watching, table, sshd)
        assert (label.addresses, label.connections, label.state) == (1, 1, "ACTIVE")

    def test_what_is_over_is_closed_and_what_listens_is_said(
        self, watching: Watching, table: Table, clock: Clock
    ) -> None:
        self.groups(by="process")
        watching.take(self.host.delta(gone=[1, 2, 3, 5]))
        self.learn(watching)
        clock.time += REGROUP_SECONDS + 0.1
        found = table.rows(Controls(10, by="process"))
        states = {str(s.key): worded(watching, table, s).state for s in found}
        assert states == {"firefox": "CLOSED", "curl": "ACTIVE", "sshd": "LISTEN"}

    @pytest.mark.usefixtures("table")
    @pytest.mark.parametrize(("seconds", "pause"), [(0.003, 1.0), (0.3, 10.0)])
    def test_what_takes_long_to_group_is_grouped_seldom(
        self, watching: Watching, clock: Clock, *, seconds: float, pause: float
    ) -> None:
        self.work.each = seconds
        before = self.groups(by="process")
        watching.take(self.host.delta(connection(9, "192.0.2.9", process="curl")))
        self.learn(watching)
        clock.time += pause - 0.1
        assert self.groups(by="process") == before
        clock.time += 0.2
        assert self.groups(by="process")["curl"] == {"192.0.2.53", "192.0.2.9"}

    @pytest.mark.usefixtures("table")
    def test_another_order_is_one_of_the_same_groups(
        self, watching: Watching, clock: Clock
    ) -> None:
        before = self.groups(by="process")
        self.groups(by="address")
        assert self.groups(by="process") == before
        watching.take(self.host.delta(connection(9, "192.0.2.9", process="curl")))
        self.learn(watching)
        clock.time += 0.9
        found = self.groups(by="process", sort="opened", reverse=True)
        assert found == before
        assert [*found] == ["sshd", "firefox", "curl"]
        assert self.groups(by="process", typed="curl") == {"curl": {"192.0.2.53", "192.0.2.9"}}
        assert self.groups(by="port")["443 https"] == {OLD, YOUNG, "192.0.2.9"}
        clock.time += 0.9
        assert self.groups(by="port", sort="opened", reverse=True)["443 https"] == {
            *(OLD, YOUNG, "192.0.2.9")
        }
        watching.take(self.host.delta(connection(10, "192.0.2.10", process="curl")))
        self.learn(watching)
        clock.time += 0.2
        assert "192.0.2.10" in self.groups(by="port", sort="opened")["443 https"]

    def test_a_leak_of_any_of_them_is_seen(self, watching: Watching, table: Table) -> None:
        waiting = State.CLOSE_WAIT
        leaks = [connection(n, a, waiting, process="firefox") for n, a in ((1, OLD), (2, YOUNG))]
        watching.take(self.host.delta(*leaks))
        self.learn(watching)
        [firefox, *_] = table.rows(Controls(10, by="process"))
        assert worded(watching, table, firefox).unusual == Unusual(
            waiting, 2, 0.0, leaks[1], exact=False, others=1
        )

    def test_beside_a_leak_stand_its_port_and_process(
        self, watching: Watching, table: Table
    ) -> None:
        """Those that most connections of the group have would be another's."""
        more = [connection(n, YOUNG, process="curl", local_port=n, port=80) for n in range(20, 25)]
        leak = connection(9, YOUNG, State.CLOSE_WAIT, process="nc", port=9_100)
        watching.take(self.host.delta(leak, *more))
        self.learn(watching)
        for by in ("address", "country"):
            rows = table.rows(Controls(10, by=by))
            [found] = [s for s in rows if YOUNG in {str(row.key) for row in s.rows}]
            label = worded(watching, table, found)
            assert label.unusual is not None
            assert label.unusual.connection == leak
            assert (label.port, label.process) == (9_100, "nc")
            assert label.more > 1, "80 and 443"
            assert label.sharing > 1, "curl and firefox"


def test_servers_that_ended_before_the_left_edge_are_left_out_unless_words_are_typed(
    watching: Watching, host: Host, table: Table
) -> None:
    watching.take(host.delta(listener(7, 8080)))
    watching.pass_by(2, host)
    watching.take(host.delta(gone=[7]))
    table.since = START
    assert shown(table) == [OLD, YOUNG, "*:22", "*:8080"]
    watching.pass_by(100, host)
    table.since = START + 60
    assert shown(table, reverse=True) == [YOUNG, OLD, "*:22"]
    assert shown(table, typed="8080") == ["*:8080"]


def test_ended_servers_go_with_the_left_edge_though_rows_stand_still(
    watching: Watching, host: Host, table: Table
) -> None:
    watching.take(host.delta(listener(7, 8080)))
    watching.pass_by(2, host)
    watching.take(host.delta(gone=[7]))
    table.since = START
    key = RowKey(host.name, Peer(parse(OLD)))
    before = shown(table, sort="last-change", selected=key)
    assert sorted(before) == sorted([OLD, YOUNG, "*:22", "*:8080"])
    frozen = table.still(watching, Controls(10, sort="last-change", selected=key, frozen_at=START))
    table.since = START + 60
    left = [name for name in before if name != "*:8080"]
    assert shown(table, sort="last-change", selected=key) == left
    assert table.keys == [row.key for row in table.rows(Controls(10, sort="last-change"))]
    frozen.since = START
    assert shown(frozen, sort="last-change", selected=key, frozen_at=START) == before


def test_in_a_picture_that_is_frozen_no_server_is_left_that_ended_before_it(
    watching: Watching, host: Host, table: Table
) -> None:
    watching.take(host.delta(listener(7, 8080)))
    watching.pass_by(2, host)
    watching.take(host.delta(gone=[7]))
    table.since = START
    assert "*:8080" in shown(table)
    table.since = START + 60
    frozen = table.still(watching, Controls(10, frozen_at=START + 60))
    frozen.since = table.since
    assert shown(frozen, frozen_at=START + 60) == [OLD, YOUNG, "*:22"]


def test_rows_stand_still_while_somebody_goes_through_them(
    watching: Watching, host: Host, table: Table, clock: Clock
) -> None:
    key = RowKey(host.name, Peer(parse(OLD)))
    assert shown(table, sort="last-change") == [YOUNG, OLD, "*:22"]
    assert shown(table, sort="last-change", selected=key) == [YOUNG, OLD, "*:22"]
    watching.take(host.delta(connection(8, "203.0.113.8"), gone=[1]))
    clock.time += 2.9
    assert shown(table, sort="last-change", selected=key) == [YOUNG, OLD, "*:22"]
    clock.time += 0.2
    assert shown(table, sort="last-change", selected=key) == [OLD, "203.0.113.8", YOUNG, "*:22"]


def test_rows_can_be_ordered_by_what_they_carried_in_all(
    watching: Watching, host: Host, table: Table
) -> None:
    watching.take(host.publish(Traffic(START, (Counters(1, 10, 0), Counters(3, 0, 1_000)))))
    watching.take(host.delta(gone=[3]))
    assert shown(table, sort="bytes") == [YOUNG, OLD, "*:22"]
    watching.take(host.publish(Traffic(START, (Counters(1, 10, 9_000),))))
    assert shown(table, sort="bytes", reverse=True) == [YOUNG, OLD, "*:22"]


def test_groups_can_be_ordered_by_what_their_rows_carried_in_all(
    watching: Watching, host: Host
) -> None:
    watching.take(host.delta(connection(4, "10.0.0.1")))
    counted = (Counters(1, 600, 0), Counters(3, 0, 600), Counters(4, 1_000, 0))
    watching.take(host.publish(Traffic(START, counted)))
    watching.take(host.delta(gone=[3]))
    table = Table(watching, RowFilter(Options(10, 80)))
    assert shown(table, by="country", sort="bytes") == ["documentation", "private"]


def test_groups_have_the_order_that_is_told(watching: Watching, host: Host) -> None:
    watching.take(host.delta(connection(4, "192.0.2.1", process="a-name")))
    counted = (Counters(1, 600, 0), Counters(3, 600, 0), Counters(4, 10, 0))
    watching.take(host.publish(Traffic(START, counted)))
    table = Table(watching, RowFilter(Options(10, 80)))
    assert Controls(10, by="process", sort="bytes").order == "sort:address"
    assert shown(table, by="process", sort="bytes") == ["a-name", "curl", "sshd"]


def test_words_are_prepared_as_long_as_the_clock_of_the_table_says(watching: Watching) -> None:
    watching.host("web1", *(connection(number, f"192.0.2.{number}") for number in range(3)))
    work = Work()
    work.each = 1.0
    table = Table(watching, RowFilter(Options(10, 80)), work)
    controls, steps = Controls(10, editing=True), 0
    table.rows(controls)
    while table.awaits_words(controls):
        table.prepare(controls)
        steps += 1
    assert steps == len(table.remotes)
