import struct
from pathlib import Path

import pytest

from connmon_collector.processes.programs import Programs
from connmon_collector.sources.events.entry import Entry
from connmon_collector.sources.events.farewells import Farewells
from connmon_collector.sources.events.table import Table
from connmon_collector.sources.meter import Meter
from connmon_collector.sources.sock_diag.last_words import Destroyed
from connmon_shared.messages import Counters
from connmon_shared.timelines.states import Protocol, State

KEY = struct.pack(">HH", 40_000, 80) + bytes(32)
SECOND = 1_000_000_000


class Host:
    """A table with one connection, and what is said of its end."""

    def __init__(self, place: Path) -> None:
        self.table = Table(Programs(str(place)), lambda _inode: "")
        self.meter = Meter()
        self.farewells = Farewells(self.table, self.meter)
        self.entry = self.table.open(Protocol.TCP, State.ESTABLISHED, KEY, 2, 1)

    def close(self, *, orderly: bool = True) -> None:
        self.entry.orderly = orderly
        self.table.close(self.entry, SECOND)

    def say(self, *, counted: bool = True, received: int = 51) -> None:
        said = Destroyed(True, KEY, b"mark", counted, 100, received, 7, 3)  # noqa: FBT003
        self.farewells.hear(said, SECOND)

    def final(self) -> list[Counters]:
        return self.meter.take().final


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_last_words_are_joined_to_the_connection_that_has_ended(host: Host) -> None:
    host.close()
    host.say()
    assert host.final() == [Counters(host.entry.id, 100, 50, 0, 0, 7, 3)]


def test_without_the_peers_end_every_byte_is_payload(host: Host) -> None:
    host.close(orderly=False)
    host.say()
    assert host.final()[0].received == 51


def test_nothing_received_is_nothing(host: Host) -> None:
    host.close()
    host.say(received=0)
    assert host.final()[0].received == 0


def test_words_that_come_too_early_wait(host: Host) -> None:
    host.say()
    assert host.final() == []
    host.close()
    host.farewells.settle(2 * SECOND)
    host.farewells.settle(2 * SECOND)
    assert [counters.id for counters in host.final()] == [host.entry.id]


def test_they_do_not_wait_for_ever(host: Host) -> None:
    host.say()
    host.farewells.settle(60 * SECOND)
    host.close()
    host.farewells.settle(60 * SECOND)
    assert host.final() == []


def test_words_without_counters_say_nothing(host: Host) -> None:
    host.close()
    host.say(counted=False)
    assert host.final() == []


def again(host: Host, *, orderly: bool = True) -> Entry:
    """Have another connection with the same ends, over at once; return it."""
    entry = host.table.open(Protocol.TCP, State.ESTABLISHED, KEY, 2, 1)
    entry.orderly = orderly
    host.table.close(entry, SECOND)
    return entry


def test_what_has_the_same_ends_gets_what_is_its_own(host: Host) -> None:
    host.close()
    others = [again(host), again(host)]
    for received in (11, 21, 31):
        host.say(received=received)
    numbers = [host.entry.id, *(entry.id for entry in others)]
    assert [(each.id, each.received) for each in host.final()] == [
        *zip(numbers, (10, 20, 30), strict=True)
    ]


def test_words_that_wait_come_before_those_that_come(host: Host) -> None:
    host.say(received=11)
    host.close()
    host.say(received=21)
    other = again(host)
    host.farewells.settle(SECOND)
    assert [(each.id, each.received) for each in host.final()] == [
        (host.entry.id, 10),
        (other.id, 20),
    ]


def test_nothing_is_told_that_may_be_anothers(host: Host) -> None:
    host.close(orderly=False)  # it may have been reset by us: then it gets no words
    again(host)
    host.say()
    assert host.final() == []


def test_a_mark_tells_those_of_the_same_ends_apart(host: Host) -> None:
    host.entry.mark = b"another mark"
    host.close()
    other = again(host)
    other.mark = b"mark"
    host.say()
    assert [each.id for each in host.final()] == [other.id]


def test_who_has_only_ended_its_own_direction_gets_them_however_late(host: Host) -> None:
    lingering = {KEY}
    host.farewells = Farewells(host.table, host.meter, lambda now: (now, lingering))
    host.close()
    host.farewells.settle(60 * SECOND)
    host.farewells.settle(3_600 * SECOND)
    host.say()
    assert [each.id for each in host.final()] == [host.entry.id]


def test_nobody_is_forgotten_as_long_as_it_is_not_known_who_lingers(host: Host) -> None:
    looks = iter((None, None, (62 * SECOND, set[bytes]())))
    host.farewells = Farewells(host.table, host.meter, lambda _now: next(looks))
    host.close()
    host.farewells.settle(9 * SECOND)  # nothing is overdue: nobody looks
    host.farewells.settle(60 * SECOND)
    host.farewells.settle(61 * SECOND)
    host.farewells.settle(62 * SECOND)
    host.say()
    assert host.final() == []


def test_what_was_over_only_when_the_look_had_begun_is_waited_for(host: Host) -> None:
    host.farewells = Farewells(host.table, host.meter, lambda _now: (10 * SECOND, ()))
    host.close()
    host.farewells.settle(60 * SECOND)
    host.say()
    assert [each.id for each in host.final()] == [host.entry.id]


def test_those_that_linger_keep_no_others_from_being_forgotten(host: Host) -> None:
    host.farewells = Farewells(host.table, host.meter, lambda now: (now, {KEY}))
    host.close()
    key = KEY[:1] + b"\xff" + KEY[2:]
    host.table.close(host.table.open(Protocol.TCP, State.ESTABLISHED, key, 2, 1), SECOND)
    host.farewells.settle(60 * SECOND)
    assert host.table.closing.take(key, b"mark") == (None, False)
    assert host.table.closing.take(KEY, b"mark") == (host.entry, True)


def test_what_lingers_is_not_put_down_to_who_had_the_same_ends(host: Host) -> None:
    host.farewells = Farewells(host.table, host.meter, lambda now: (now, {KEY}))
    host.close(orderly=False)
    other = again(host)
    host.farewells.settle(60 * SECOND)
    host.say()
    assert [each.id for each in host.final()] == [other.id]


def test_what_never_gets_words_is_forgotten(host: Host) -> None:
    host.close(orderly=False)
    again(host, orderly=False)
    host.farewells.settle(60 * SECOND)
    third = again(host)
    host.say()
    assert [each.id for each in host.final()] == [third.id]
