import errno
from collections.abc import Iterator

import pytest
from dns_packets import CLIENT, CLIENT6, SERVER, SERVER6, answer, answered, asked, packet, query
from hypothesis import given
from hypothesis import strategies as st

from connmon_collector.observed_names.capture import Capture
from connmon_collector.observed_names.ours import anybody, is_ours
from connmon_collector.observed_names.pending import LIFE_SECONDS, Pending
from connmon_collector.observed_names.watch import (
    MAX_PACKETS,
    REPEAT_SECONDS,
    NameWatch,
    Reader,
    open_watch,
)
from connmon_shared.endpoints import parse
from connmon_shared.messages import ROWS_PER_PART, ObservedName

NOW = 1_800_000_000.0
ADDRESS = parse("203.0.113.9")


class Packets(Capture):
    """Stands for the socket."""

    def __init__(self, *waiting: bytes) -> None:
        self.waiting = list(waiting)
        self.dropped = 0
        self.error: OSError | None = None

    def packets(self, most: int) -> Iterator[bytes]:
        for _ in range(most):
            if not self.waiting:
                return
            yield self.waiting.pop(0)

    def count_drops(self) -> None:
        if self.error:
            raise self.error


def look_up(
    reader: Reader, name: str, *records: tuple[str, str, str], now: float = NOW
) -> list[ObservedName]:
    """Let `reader` see a whole look-up, and return the names."""
    question = query(name)
    assert reader.read(asked(question), now) == []
    return reader.read(answered(answer(question, *records)), now)


def test_an_answer_that_was_waited_for_gives_a_name() -> None:
    assert look_up(Reader(), "WWW.Example.com") == [ObservedName(ADDRESS, "www.example.com", NOW)]


def test_over_ipv6_as_well() -> None:
    reader, question = Reader(), query("www.example", "AAAA")
    reader.read(packet(question, (CLIENT6, 40_000), (SERVER6, 53)), NOW)
    given = packet(answer(question), (SERVER6, 53), (CLIENT6, 40_000))
    (found,) = reader.read(given, NOW)
    assert found == ObservedName(parse("2001:db8:9::9"), "www.example", NOW)


def forged(**changes: object) -> bytes:
    """Return an answer that is right but for `changes`."""
    message = answer(query("www.example"))
    if "number" in changes:
        message.id = 8
    if "name" in changes:
        message = answer(query("www.example2"), ("www.example2.", "A", "203.0.113.9"))
    if "kind" in changes:
        message = answer(query("www.example", "AAAA"))
    source = (str(changes.get("server", SERVER)), int(str(changes.get("server_port", 53))))
    target = (str(changes.get("client", CLIENT)), int(str(changes.get("port", 40_000))))
    return packet(message, source, target)


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 8},
        {"name": "another"},
        {"kind": "AAAA"},
        {"server": "198.51.100.66"},
        {"server_port": 5_353},
        {"client": "192.0.2.2"},
        {"port": 40_001},
    ],
    ids=str,
)
def test_an_answer_that_nobody_waited_for_is_not_believed(changes: dict[str, object]) -> None:
    reader = Reader()
    reader.read(asked(query("www.example")), NOW)
    assert reader.read(forged(**changes), NOW) == []
    assert len(reader.read(forged(), NOW)) == 1, "the right one still is"


def test_an_answer_counts_once() -> None:
    reader, question = Reader(), query("www.example")
    reader.read(asked(question), NOW)
    first = answered(answer(question))
    second = answered(answer(question, ("www.example.", "A", "203.0.113.66")))
    assert len(reader.read(first, NOW)) == 1
    assert reader.read(second, NOW) == []


def test_a_late_answer_is_not_believed() -> None:
    reader, question = Reader(), query("www.example")
    reader.read(asked(question), NOW)
    assert reader.read(answered(answer(question)), NOW + LIFE_SECONDS + 0.1) == []


def test_the_same_name_is_told_again_after_a_minute() -> None:
    reader = Reader()
    assert len(look_up(reader, "a.example")) == 1
    assert look_up(reader, "a.example", now=NOW + REPEAT_SECONDS - 1) == []
    assert len(look_up(reader, "a.example", now=NOW + REPEAT_SECONDS)) == 1


def test_a_name_is_told_again_at_once_when_another_came_in_between() -> None:
    reader = Reader()
    told = [look_up(reader, name)[0].name for name in ("a.example", "b.example", "a.example")]
    assert told == ["a.example", "b.example", "a.example"], "the newest counts"


def test_an_answer_seen_on_two_devices_counts_once() -> None:
    """A local resolver asks on: one look-up, two questions, the same answer twice."""
    reader, question, onward = Reader(), query("a.example"), query("a.example", number=99)
    stub, local = ("127.0.0.1", 41_000), ("127.0.0.53", 53)
    told = [
        *reader.read(packet(question, stub, local), NOW),
        *reader.read(asked(onward), NOW),
        *reader.read(answered(answer(onward)), NOW),
        *reader.read(packet(answer(question), local, stub), NOW),
    ]
    assert [found.name for found in told] == ["a.example"]


@pytest.mark.parametrize("data", ["0.0.0.0", "127.0.0.1"])  # noqa: S104
def test_the_addresses_of_what_a_filter_hides_get_no_name(data: str) -> None:
    assert look_up(Reader(), "ads.example", ("ads.example.", "A", data)) == []


def test_mapped_ipv4_is_the_ipv4_address() -> None:
    reader, question = Reader(), query("a.example", "AAAA")
    reader.read(asked(question), NOW)
    response = answer(question, ("a.example.", "AAAA", "::ffff:203.0.113.9"))
    assert [found.address for found in reader.read(answered(response), NOW)] == [ADDRESS]


def test_a_name_that_no_host_has_is_not_told() -> None:
    hostile = r"\027[2J.example."
    assert look_up(Reader(), hostile, (hostile, "A", "203.0.113.9")) == []


def test_what_is_remembered_is_bounded() -> None:
    pending = Pending(limit=3)
    for number in range(10):
        pending.ask((b"", b"", (bytes((number,)), b"", 1)), NOW + number)
    assert len(pending) == 3
    assert pending.answer((b"", b"", (b"\x09", b"", 1)), NOW + 9)
    assert not pending.answer((b"", b"", (b"\x00", b"", 1)), NOW + 9)
    pending.expire(NOW + 7 + LIFE_SECONDS + 0.5)
    assert len(pending) == 1


def test_addresses_that_were_told_are_forgotten_in_the_end() -> None:
    reader = Reader(most_told=3)
    records = [("a.example.", "A", f"203.0.113.{number}") for number in range(5)]
    told = [len(look_up(reader, "a.example", record)) for record in (*records, *records[:1:-1])]
    assert told == [1, 1, 1, 1, 1, 0, 0, 0]
    assert len(look_up(reader, "a.example", records[0])) == 1


def test_a_flood_is_taken_in_pieces() -> None:
    question = query("a.example")
    flood = [asked(question), answered(answer(question))] * MAX_PACKETS
    watch = NameWatch(Packets(*flood), ours=anybody)
    assert len(watch.take(NOW)) == 1
    assert len(watch._capture.waiting) == MAX_PACKETS  # type: ignore[attr-defined]  # noqa: SLF001


def test_the_names_of_one_call_fit_into_one_message() -> None:
    flood = []
    for number in range(100):
        question = query(f"h{number}.example")
        many = [(f"h{number}.example.", "A", f"10.0.{number}.{n}") for n in range(60)]
        flood += [asked(question), answered(answer(question, *many))]
    watch = NameWatch(Packets(*flood), ours=anybody)
    taken = [len(watch.take(NOW)) for _ in range(4)]
    assert sum(taken) == 6_000
    assert max(taken) <= ROWS_PER_PART


def test_losses_are_told() -> None:
    packets = Packets()
    watch = NameWatch(packets, ours=anybody)
    assert (watch.dropped, watch.problems) == (0, ())
    packets.dropped = 7
    assert watch.dropped == 7
    assert "more name look-ups" in watch.problems[0]
    assert "TCP" in watch.limits[0]


def test_a_socket_that_fails_ends_the_names_and_nothing_else() -> None:
    packets = Packets(asked(query("a.example")), answered(answer(query("a.example"))))
    packets.error = OSError(errno.ENOBUFS, "")
    watch = NameWatch(packets, ours=anybody)
    assert len(watch.take(NOW)) == 1, "what came before it counts"
    assert "No buffer space available" in watch.problems[0]
    assert watch.take(NOW) == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(errno.EPERM, "Operation not permitted"), "run as root (sudo)"),
        (OSError(errno.ENOSYS, "only Linux"), "Function not implemented"),
    ],
)
def test_where_nothing_can_be_watched_that_is_a_problem_to_tell(
    error: OSError, reason: str
) -> None:
    def refuse() -> Capture:
        raise error

    watch = open_watch(refuse)
    assert watch.take(NOW) == []
    assert reason in watch.problems[0]
    watch.close()


@given(st.lists(st.binary(max_size=120)))
def test_any_packets_are_taken(packets: list[bytes]) -> None:
    watch = NameWatch(
        Packets(*packets, *(asked(query("a.b"))[:28] + data for data in packets)), ours=anybody
    )
    assert watch.take(NOW) == []


def test_what_a_router_asks_for_others_is_not_its_own() -> None:
    reader = Reader(ours=lambda address, _now: address != parse(CLIENT))
    assert look_up(reader, "www.example") == []


def test_own_addresses_are_those_that_can_be_bound() -> None:
    assert is_ours(bytes((127, 0, 0, 1)), NOW)
    assert is_ours(bytes(15) + b"\x01", NOW)
    assert is_ours(b"\xfe\x80" + bytes(14), NOW), "never passed on"
    assert not is_ours(bytes((198, 51, 100, 7)), NOW)
