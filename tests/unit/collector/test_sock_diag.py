import contextlib
import errno
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_collector.sources.sock_diag.counters import read_counters, read_heard
from connmon_collector.sources.sock_diag.last_words import read_destroyed, read_last_words
from connmon_collector.sources.sock_diag.netlink import (
    SOCK_DIAG_BY_FAMILY,
    TCPDIAG_GETSOCK,
    SockDiagError,
)
from connmon_collector.sources.sock_diag.rows import Row, connection_of, inode_of, read_answer
from connmon_shared.messages import Connection
from connmon_shared.timelines.states import Protocol, State

SEQUENCE = 7
SLACK = bytes(256)
DONE, ERROR, NOOP, INTERRUPTED = 3, 2, 1, 0x10
COOKIE = 0x1122_3344_5566_7788
LOOPBACK = socket.inet_aton("127.0.0.1")


def message(kind: int, body: bytes, flags: int = 2, sequence: int = SEQUENCE) -> bytes:
    packed = struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body
    return packed + bytes(-len(packed) % 4)


def diag(  # noqa: PLR0913, PLR0917 - the fields of the kernel's structure
    family: int = socket.AF_INET,
    state: int = State.ESTABLISHED,
    local: bytes = LOOPBACK,
    remote: bytes = LOOPBACK,
    remote_port: int = 443,
    inode: int = 4711,
) -> bytes:
    """Return a struct inet_diag_msg."""
    ids = struct.pack(">HH", 50_000, remote_port) + local.ljust(16, b"\0") + remote.ljust(16, b"\0")
    head = struct.pack("=BBBB", family, state, 2, 1)
    tail = struct.pack("=IQ", 3, COOKIE) + struct.pack("=IIIII", 10, 11, 12, 1000, inode)
    return head + ids + tail


def attribute(kind: int, value: bytes) -> bytes:
    packed = struct.pack("=HH", 4 + len(value), kind) + value
    return packed + bytes(-len(packed) % 4)


def read(datagram: bytes) -> tuple[list[Row], bool, bool]:
    rows: list[Row] = []
    answer = read_answer(datagram + SLACK, len(datagram), SEQUENCE, rows)
    return rows, answer.done, answer.consistent


def test_a_row_holds_what_a_connection_needs() -> None:
    rows, done, consistent = read(message(TCPDIAG_GETSOCK, diag()) + message(DONE, bytes(4)))
    assert (done, consistent) == (True, True)
    assert inode_of(rows[0]) == 4711
    assert connection_of(rows[0], 12, "curl") == Connection(
        COOKIE, Protocol.TCP, 1, LOOPBACK, 50_000, LOOPBACK, 443, 12, "curl", 1000
    )


def test_mapped_addresses_are_ipv4_and_zeros_are_the_wildcard() -> None:
    mapped = bytes(10) + b"\xff\xff" + LOOPBACK
    body = diag(family=socket.AF_INET6, local=bytes(16), remote=mapped)
    rows, _, _ = read(message(SOCK_DIAG_BY_FAMILY, body))
    row = connection_of(rows[0], 0, "")
    assert (row.protocol, row.local, row.remote) == (Protocol.UDP, b"", LOOPBACK)


def test_no_inode_means_no_known_user() -> None:
    rows, _, _ = read(message(TCPDIAG_GETSOCK, diag(inode=0)))
    assert connection_of(rows[0], 0, "").uid == -1


def test_timers_and_queues_do_not_make_another_row() -> None:
    first, other = bytearray(diag()), bytearray(diag())
    other[2:4] = b"\5\6"
    other[52:64] = b"\xee" * 12
    rows, _, _ = read(
        message(TCPDIAG_GETSOCK, bytes(first)) + message(TCPDIAG_GETSOCK, bytes(other))
    )
    assert rows[0] == rows[1]


def test_attributes_are_stepped_over() -> None:
    body = diag() + attribute(8, b"\3")
    rows, _, _ = read(message(TCPDIAG_GETSOCK, body) + message(TCPDIAG_GETSOCK, body))
    assert len(rows) == 2


def test_a_disturbed_dump_says_so() -> None:
    assert read(message(TCPDIAG_GETSOCK, diag(), flags=2 | INTERRUPTED))[2] is False
    assert read(message(DONE, bytes(4), flags=2 | INTERRUPTED))[1:] == (True, False)
    body = message(TCPDIAG_GETSOCK, diag()) + message(DONE, bytes(4), flags=2 | INTERRUPTED)
    assert read(body)[1:] == (True, False)


def test_an_answer_to_another_request_is_passed_over() -> None:
    assert read(message(TCPDIAG_GETSOCK, diag(), sequence=SEQUENCE - 1)) == ([], False, True)


def test_no_operation_is_nothing() -> None:
    assert read(message(NOOP, b"") + message(TCPDIAG_GETSOCK, diag()))[0]


def test_a_refusal_keeps_its_number() -> None:
    with pytest.raises(SockDiagError, match="ENOENT") as caught:
        read(message(ERROR, struct.pack("=i", -errno.ENOENT) + bytes(16)))
    assert caught.value.errno == errno.ENOENT


@pytest.mark.parametrize("cut", [1, 15, 16, 40, 87])
def test_a_truncated_row_is_an_error(cut: int) -> None:
    whole = message(TCPDIAG_GETSOCK, diag())
    with pytest.raises(SockDiagError):
        read(whole[:cut])


def test_an_unknown_message_is_an_error() -> None:
    with pytest.raises(SockDiagError, match="type 99"):
        read(message(99, bytes(8)))


@given(st.binary(max_size=400))
def test_garbage_is_read_or_refused(garbage: bytes) -> None:
    for datagram in (garbage, message(TCPDIAG_GETSOCK, diag()) + garbage):
        try:
            read(datagram)
        except SockDiagError:
            continue


@given(st.binary(max_size=300))
def test_garbage_about_destroyed_sockets_is_read_or_refused(garbage: bytes) -> None:
    for datagram in (garbage, message(SOCK_DIAG_BY_FAMILY, diag(state=7) + garbage)):
        try:
            read_destroyed(datagram + SLACK, len(datagram))
        except SockDiagError:
            continue


@pytest.mark.parametrize(("space", "state"), [(65_483, State.ESTABLISHED), (0, State.SYN_SENT)])
def test_receive_space_tells_whether_it_was_established(space: int, state: State) -> None:
    info = bytearray(232)
    struct.pack_into("=I", info, 96, space)
    body = diag(state=7) + attribute(15, b"\1") + attribute(2, bytes(info))
    datagram = message(SOCK_DIAG_BY_FAMILY, body)
    row = read_destroyed(datagram + SLACK, len(datagram))
    assert row is not None
    assert (row.state, row.remote, row.remote_port, row.uid) == (state, LOOPBACK, 443, 1000)


def test_a_destroyed_listener_is_no_connection() -> None:
    datagram = message(SOCK_DIAG_BY_FAMILY, diag(state=7, remote=b"", remote_port=0))
    assert read_destroyed(datagram + SLACK, len(datagram)) is None


def last_words(*attributes: bytes, family: int = socket.AF_INET) -> bytes:
    return message(SOCK_DIAG_BY_FAMILY, diag(family) + b"".join(attributes))


def counters(rtt: int, retransmits: int, received: int, sent: int, repeated: int) -> bytes:
    """Return the attribute that holds a struct tcp_info."""
    info = bytearray(232)
    struct.pack_into("=I", info, 68, rtt)
    struct.pack_into("=I", info, 100, retransmits)
    struct.pack_into("=Q", info, 128, received)
    struct.pack_into("=QQ", info, 200, sent, repeated)
    return attribute(INFO, bytes(info))


PROTOCOL, INFO, CONGESTION = 10, 2, 4
OTHER = attribute(CONGESTION, b"cubic\0")
TCP, UDP = (attribute(PROTOCOL, bytes((number,))) for number in (Protocol.TCP, Protocol.UDP))


def test_last_words_are_read_alike_the_first_time_and_later() -> None:
    several = [
        last_words(TCP, counters(7, 1, 20, 30, 4)),
        last_words(TCP, counters(8, 0, 21, 31, 0)),
        last_words(TCP, OTHER, counters(9, 2, 22, 4, 30), family=socket.AF_INET6),
        last_words(OTHER, TCP, counters(10, 3, 23, 33, 3)),  # as long as the one before
        last_words(UDP, counters(11, 0, 24, 34, 0)),
        last_words(counters(12, 4, 25, 35, 1)),  # without a protocol: TCP's own
    ]
    for said in several * 2:
        read = read_last_words(said, len(said))
        assert read.counted
        numbers = read.rtt, read.retransmits, read.received, read.sent
        assert (read.tcp, *numbers) in {
            (True, 7, 1, 20, 26),
            (True, 8, 0, 21, 31),
            (True, 9, 2, 22, 0),
            (True, 10, 3, 23, 30),
            (False, 11, 0, 24, 34),
            (True, 12, 4, 25, 34),
        }
        assert read.ends[:4] == struct.pack(">HH", 50_000, 443)


@pytest.mark.parametrize(
    ("sent", "received", "rested"),
    [(60_000, 60_000, True), (59_999, 1 << 31, False), (1 << 31, 59_999, False)],
)
def test_a_connection_has_rested_that_carried_nothing_for_a_minute(
    sent: int, received: int, *, rested: bool
) -> None:
    info = bytearray(counters(7, 1, 20, 30, 4))
    struct.pack_into("=I4xI", info, 4 + 44, sent, received)  # ms since then
    row = message(TCPDIAG_GETSOCK, diag() + info)
    (count,) = read_counters(row + SLACK, len(row))
    assert count.totals == (26, 20, 7, 1, rested)


@pytest.mark.parametrize(("payload", "anything"), [(7_000, 6_000), (7_000, 8_000)])
def test_a_peer_is_silent_since_the_latest_that_came_from_it(payload: int, anything: int) -> None:
    info = bytearray(counters(7, 1, 20, 30, 4))
    struct.pack_into("=II", info, 4 + 52, payload, anything)  # ms since then
    bare = message(TCPDIAG_GETSOCK, diag(state=State.CLOSE_WAIT))
    row = message(TCPDIAG_GETSOCK, diag(state=State.CLOSE_WAIT) + OTHER + info)
    (heard,) = read_heard(bare + row + SLACK, len(bare + row))
    assert heard.ms == min(payload, anything)


def test_last_words_without_counters_are_not_counted() -> None:
    said = last_words(TCP, OTHER)
    assert not read_last_words(said, len(said)).counted


@given(st.data())
def test_garbled_last_words_are_refused_or_read(data: st.DataObject) -> None:
    said = bytearray(last_words(TCP, counters(7, 1, 20, 30, 4)))
    read_last_words(bytes(said), len(said))
    for _ in range(data.draw(st.integers(1, 4))):
        said[data.draw(st.integers(0, len(said) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(SockDiagError):
        read_last_words(said + SLACK, data.draw(st.integers(0, len(said))))
