"""While words are typed the rows are those that a look through all of them finds."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain

import pytest
from helpers import connection, listener
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.display.watching import Host, Watching

from connmon_display.filters import words
from connmon_display.filters.rows import RowFilter
from connmon_display.following.change import Change
from connmon_display.following.known import Known
from connmon_display.options import Options
from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.table.search import Search
from connmon_display.refresh.table.table import Table
from connmon_display.rows.arrangement import View
from connmon_display.rows.row import Key
from connmon_display.words.subject import Subject
from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection, Fact, Keyframe, Lookup, Process, Processes

Happening = Callable[[Watching, Host], None]
ADDRESSES = [f"8.8.{number}.8" for number in range(4)]


def passing(seconds: float) -> Happening:
    def happen(watching: Watching, _: Host) -> None:
        watching.clock.time += seconds

    return happen


def told(row: Connection) -> Happening:
    return lambda watching, host: watching.take(host.delta(row))


def closed(number: int) -> Happening:
    return lambda watching, host: watching.take(host.delta(gone=[number]))


def joined(name: str, *, whole: bool) -> Happening:
    def happen(watching: Watching, _: Host) -> None:
        if name not in watching.pipeline.hosts:
            (watching.host if whole else watching.meet)(name, connection(1, "8.8.9.8"))

    return happen


def anew(addresses: list[str]) -> Happening:
    rows = [connection(number, address, process="ssh") for number, address in enumerate(addresses)]

    def happen(watching: Watching, host: Host) -> None:
        begin, host.vouched = host.vouched, host.moment
        watching.take(host.publish(Keyframe(host.moment, begin, host.vouched, tuple(rows))))

    return happen


def fact_of(address: str, name: str) -> Fact:
    return Fact(parse(address), "US", 1, "Google", name, Lookup.RESOLVED, "dns")


def known(address: str, name: str) -> Happening:
    return lambda watching, _: watching.take(watching.enricher.publish(fact_of(address, name)))


def known_by_a_state(address: str, name: str) -> Happening:
    """Let what tells it be lost, and no longer be had."""

    def happen(watching: Watching, _: Host) -> None:
        watching.enricher.publish(fact_of(address, name))
        watching.enricher.sent.clear()
        watching.take(watching.enricher.publish())
        watching.fetch()

    return happen


HAPPENINGS = st.one_of(
    st.builds(passing, st.sampled_from([0.0, 0.1, 1.0])),
    st.builds(closed, st.integers(0, 6)),
    st.builds(joined, st.sampled_from(["web2", "ssh1"]), whole=st.booleans()),
    st.builds(anew, st.lists(st.sampled_from(ADDRESSES), max_size=3)),
    st.builds(known, st.sampled_from(ADDRESSES), st.sampled_from(["curl.example", "example"])),
    st.builds(
        lambda *row, **fields: told(connection(*row, **fields)),
        *(st.integers(0, 6), st.sampled_from(ADDRESSES)),
        port=st.sampled_from([22, 443, 8_443]),
        process=st.sampled_from(["curl", "ssh", "cups"]),
    ),
)
#: That change words of few rows, and let the others be.
CHANGES = st.one_of(
    st.just(passing(1.0)),
    st.builds(
        lambda *row, **fields: told(connection(*row, **fields)),
        *(st.integers(0, 9), st.sampled_from([*ADDRESSES, "8.8.4.8"])),
        process=st.sampled_from(["curl", "ssh"]),
    ),
)
TYPED = st.sampled_from(
    [
        "ssh",
        "curl",
        "web1",
        "active",
        "8443",
        "example",
        "!ssh",
        "port:443",
        "8.8.1.8",
        "ssh 443",
        "cu !s",
    ]
)


class Looking:
    """A table that is told what happens, and what it finds."""

    def __init__(self, watching: Watching) -> None:
        self._watching = watching
        self._table = Table(watching, RowFilter(Options(10, 80)))
        self._told = 0

    def found(self, typed: str) -> list[Key]:
        """Return the rows that `typed` lets through, in their order."""
        for change in self._watching.changes[self._told :]:
            self._table.learn(change)
        self._told = len(self._watching.changes)
        return [row.key for row in self._table.rows(Controls(10, typed=typed))]


@pytest.mark.usefixtures("unmeasured")
@settings(deadline=None)
@given(TYPED, st.data())
def test_what_is_found_is_what_all_rows_are_looked_through_for(
    typed: str, data: st.DataObject
) -> None:
    watching = Watching()
    rows = [connection(number, ADDRESSES[number]) for number in range(3)]
    host = watching.host("web1", *rows, listener(9))
    looking, everything = Looking(watching), Looking(watching)
    for length in range(1, len(typed) + 1):
        for happen in data.draw(st.lists(HAPPENINGS, max_size=3)):
            happen(watching, host)
        expected = Looking(watching).found(typed[:length])
        in_order = [key for key in everything.found("") if key in expected]
        assert looking.found(typed[:length]) == in_order
        assert len(in_order) == len(expected)


@settings(deadline=None)
@given(TYPED, st.booleans(), st.data())
def test_what_was_prepared_before_and_while_something_happens_is_as_good(
    typed: str,
    zoomed: bool,  # noqa: FBT001
    data: st.DataObject,
) -> None:
    watching = Watching()
    rows = [connection(number, ADDRESSES[number]) for number in range(3)]
    host = watching.host("web1", *rows)
    table, search, told = Table(watching, RowFilter(Options(10, 80))), Search(watching), 0
    for _ in range(data.draw(st.integers(1, 6))):
        for happen in data.draw(st.lists(HAPPENINGS, max_size=2)):
            happen(watching, host)
        for change in watching.changes[told:]:
            table.learn(change)
            search.learn(change)
        told = len(watching.changes)
        controls = Controls(50 if zoomed and data.draw(st.booleans()) else 10)
        table.rows(controls)
        view = View(watching.axis.bases(), watching.facts, table.alerts)
        for _ in range(data.draw(st.integers(0, 3))):
            search.prepare(table.remotes, controls, view, 0.0)  # one row, in no time
        controls = replace(controls, typed=typed[: data.draw(st.integers(0, len(typed)))])
        expected = search.matching(table.remotes, controls, view)
        assert search.among(table.remotes, controls, view) == expected


def test_rows_are_prepared_in_steps() -> None:
    watching = Watching()
    watching.host("web1", *(connection(number, ADDRESSES[number]) for number in range(3)))
    table, search, controls = (
        Table(watching, RowFilter(Options(10, 80))),
        Search(watching),
        Controls(10),
    )
    table.rows(controls)
    steps, view = 0, View(watching.axis.bases(), watching.facts, {})
    while search.lacks(table.remotes):
        search.prepare(table.remotes, controls, view, 0.0)
        steps += 1
    assert steps == len(table.remotes)
    search.forget()
    assert search.lacks(table.remotes)


def test_texts_that_nobody_looks_at_are_let_go_of_when_more_has_changed_than_they_are() -> None:
    watching = Watching()
    watching.host("web1", connection(1, ADDRESSES[0]))
    table, search, controls = (
        Table(watching, RowFilter(Options(10, 80))),
        Search(watching),
        Controls(10),
    )
    table.rows(controls)
    search.prepare(table.remotes, controls, View(watching.axis.bases(), watching.facts, {}))
    for number in range(250):
        search.learn(Change("web1", touched=frozenset({parse(f"192.0.2.{number}")})))
        assert search.lacks(table.remotes) == (number >= 100)


@pytest.mark.parametrize(
    ("typed", "happen"),
    [
        ("ssh", told(connection(1, "8.8.8.8", process="ssh"))),
        ("9.9.9", told(connection(2, "9.9.9.9"))),
        ("example", known("8.8.8.8", "www.example")),
        ("example", known_by_a_state("8.8.8.8", "www.example")),
        (
            "web1",
            joined("web2", whole=False),
        ),  # its name tells then
        ("active", passing(1.0)),  # what was opened in the second before is NEW no more
    ],
)
def test_what_happens_between_two_keys_counts(typed: str, happen: Happening) -> None:
    watching = Watching()
    host = watching.host("web1")
    watching.take(host.delta(connection(1, "8.8.8.8")))
    looking = Looking(watching)
    assert looking.found(typed[:-1]) == []
    happen(watching, host)
    assert len(looking.found(typed)) == 1


def test_what_was_opened_is_new_again_when_time_goes_back() -> None:
    watching = Watching()
    host = watching.host("web1")
    watching.take(host.delta(connection(1, "8.8.8.8")))
    looking = Looking(watching)
    assert len(looking.found("new")) == 1
    watching.clock.time += 1.0
    assert looking.found("ne") == []
    watching.clock.time -= 1.0
    assert len(looking.found("new")) == 1


def test_a_row_that_comes_among_others_leaves_them_their_words() -> None:
    watching = Watching()
    processes = {"8.8.0.8": "curl", "8.8.2.8": "ssh", "8.8.3.8": "nginx"}
    rows = [
        connection(at, address, process=name)
        for at, (address, name) in enumerate(processes.items())
    ]
    host = watching.host("web1", *rows)
    looking = Looking(watching)
    looking.found("s")
    watching.take(host.delta(connection(3, "8.8.1.8", process="cups")))
    assert [str(key) for key in looking.found("ssh")] == ["8.8.2.8"]
    assert [str(key) for key in looking.found("cups")] == ["8.8.1.8"]


def test_users_are_those_that_the_host_tells_of_its_processes() -> None:
    watching = Watching()
    first, second = (connection(n, ADDRESSES[n])._replace(pid=n, uid=0) for n in (1, 2))
    host = watching.host("web1", first)
    looking = Looking(watching)
    assert looking.found("user:ann") == looking.found("user:1000") == []
    watching.take(host.publish(Processes((Process(2, "curl", 1_000, "Ann"),))))
    watching.take(host.delta(second))
    (found,) = looking.found("user:ann")
    assert str(found) == ADDRESSES[2]
    assert looking.found("user:1000") == looking.found("pid:2") == [found]
    watching.take(host.publish(Processes((Process(1, "curl", 1_000, "Ann"),))))
    assert len(looking.found("user:ann")) == 2


class Freezing:
    """A table that words are kept in, frozen and gone on, and a look through all of its rows."""

    def __init__(self, watching: Watching) -> None:
        self._watching = watching
        self._live = self._table = Table(watching, RowFilter(Options(10, 80)))
        self._known: Known = watching
        self._told = 0

    def learn(self) -> None:
        for change in self._watching.changes[self._told :]:
            self._live.learn(change)
        self._told = len(self._watching.changes)

    def turn(self, controls: Controls) -> None:
        """Freeze the picture, or let it go on."""
        if self._table is self._live:
            self._known = self._watching.still()
            self._table = self._live.still(self._known, controls)
        else:
            self._known, self._table = self._watching, self._live
            self._live.renew()

    def found(self, controls: Controls) -> list[Key]:
        """Return the rows that are in the table, in the order of their addresses."""
        return [row.key for row in self._table.rows(replace(controls, sort="address"))]

    def expected(self, controls: Controls) -> list[Key]:
        table, known = self._table, self._known
        view = View(known.axis.bases(), known.facts, table.alerts)
        rows = chain(table.remotes, table.listeners)
        return [row.key for row in Search(known).matching(rows, controls, view)]


@pytest.mark.usefixtures("unmeasured")
@settings(deadline=None)
@given(st.sampled_from(["ssh", "!ssh", "new", "8.8.4"]), st.data())
def test_what_is_found_is_what_is_there_while_it_stands_still_and_when_it_goes_on(
    typed: str, data: st.DataObject
) -> None:
    watching = Watching()
    rows = [connection(number, ADDRESSES[number]) for number in range(3)]
    host = watching.host("web1", *rows, listener(9))
    freezing = Freezing(watching)
    for reverse in (False, True) * 4:  # or the rows would not be looked for again
        controls = Controls(10, typed=typed, reverse=reverse)
        for happen in data.draw(st.lists(st.one_of(CHANGES, HAPPENINGS), max_size=3)):
            happen(watching, host)
        freezing.learn()
        if data.draw(st.booleans()):
            freezing.turn(controls)
        found = freezing.found(controls)
        assert sorted(found) == sorted(freezing.expected(controls))


def test_of_rows_that_stood_still_those_are_described_anew_that_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watching = Watching()
    rows = [connection(number, f"192.0.2.{number}") for number in range(200)]
    host = watching.host("web1", *rows)
    freezing = Freezing(watching)
    freezing.learn()
    controls, other = Controls(10, typed="curl"), Controls(10, typed="curl", reverse=True)
    assert len(freezing.found(controls)) == 200
    described: list[str] = []

    def searched(row: Subject, hosts: tuple[str, ...]) -> str:
        described.append(row.address)
        return words.searched(row, hosts)

    monkeypatch.setattr("connmon_display.refresh.table.search.searched", searched)
    freezing.turn(controls)
    assert len(freezing.found(other)) == 200
    watching.take(host.delta(connection(7, "192.0.2.7", process="ssh")))
    watching.take(host.delta(connection(201, "192.0.2.201")))
    freezing.learn()
    freezing.turn(other)
    assert len(freezing.found(other)) == 200
    assert sorted({*described}) == ["192.0.2.201", "192.0.2.7"]


def test_what_was_opened_is_new_no_more_in_a_picture_that_stands_still_later() -> None:
    watching = Watching()
    host = watching.host("web1")
    watching.take(host.delta(connection(1, ADDRESSES[0])))
    freezing, controls = Freezing(watching), Controls(10, typed="active")
    freezing.learn()
    assert freezing.found(controls) == []
    watching.clock.time += 1.0
    freezing.turn(controls)
    assert len(freezing.found(replace(controls, reverse=True))) == 1


def test_texts_are_kept_for_rows_in_the_places_of_those_that_they_are_of() -> None:
    watching = Watching()
    watching.host("web1", connection(1, ADDRESSES[0]))
    table, search = Table(watching, RowFilter(Options(10, 80))), Search(watching)
    table.rows(Controls(10))
    search.prepare(table.remotes, Controls(10), View(watching.axis.bases(), watching.facts, {}))
    rows, others = [*table.remotes], [*table.remotes]
    assert not search.still(watching, table.remotes, rows).lacks(rows)
    assert search.still(watching, others, rows).lacks(rows)
    search.renew(table.remotes, rows)
    assert not search.lacks(rows)
    search.renew(others, rows)
    assert search.lacks(rows)
