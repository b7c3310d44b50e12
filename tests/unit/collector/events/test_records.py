"""Records as the kernel writes them, byte by byte."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.collector.events import formats

from connmon_collector.sources.events import records, tracepoints
from connmon_collector.sources.events.records import IN_INTERRUPT, Decoder, Event, Lost

LOST, COMM, EXIT, THROTTLE, FORK, SAMPLE = 2, 3, 4, 5, 7, 9
EXECUTED = 1 << 13
TCP, UDP4, UDP6, SENT, EXEC = 2287, 2264, 2315, 2284, 365


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(
        tracepoints.parse("sock/inet_sock_set_state", formats.TCP),
        tracepoints.parse("fib/fib_table_lookup", formats.UDP4),
        tracepoints.parse("fib6/fib6_table_lookup", formats.UDP6),
        tracepoints.parse("sock/sock_send_length", formats.SENT),
        tracepoints.parse("sched/sched_process_exec", formats.EXEC),
    )


def record(kind: int, body: bytes, misc: int = 0) -> bytes:
    body += bytes(-len(body) % 8)
    return struct.pack("=IHH", kind, misc, 8 + len(body)) + body


def sample(data: bytes, pid: int = 7, tid: int = 8, time: int = 1_000) -> bytes:
    padded = data + bytes((4 - len(data)) % 8)
    return record(SAMPLE, struct.pack("=IIQI", pid, tid, time, len(padded)) + padded)


def data(number: int, size: int, flags: int = 0, **fields: tuple[int, bytes]) -> bytes:
    """Return a tracepoint's own bytes; `fields` are (offset, bytes)."""
    raw = bytearray(size)
    struct.pack_into("=HB", raw, 0, number, flags)
    for offset, value in fields.values():
        raw[offset : offset + len(value)] = value
    return bytes(raw)


def tcp(time: int = 1_000, family: int = socket.AF_INET, flags: int = 0) -> bytes:
    return sample(
        data(
            TCP,
            72,
            flags,
            sock=(8, struct.pack("=Q", 0xFFFF_8880_1234_5678)),
            states=(16, struct.pack("=ii", 7, 2)),
            ends=(24, struct.pack("=HHHH", 40_000, 443, family, 6)),
            four=(32, b"\x0a\0\0\1" + b"\x0a\0\0\2"),
            six=(40, bytes(range(32))),
        ),
        time=time,
    )


TCP_EVENT = (
    *(records.TCP, 104, 7, 8, 1_000, 0, 0xFFFF_8880_1234_5678, 7, 2, 40_000, 443),
    *(socket.AF_INET, b"\x0a\0\0\1", b"\x0a\0\0\2", bytes(range(16)), bytes(range(16, 32))),
)


def lost(count: int) -> bytes:
    return record(LOST, struct.pack("=QQIIQ", 1, count, 7, 8, 2_000))


def task(kind: int, pid: int, tid: int, parent: int = 3) -> bytes:
    return record(kind, struct.pack("=IIIIQ IIQ", pid, parent, tid, parent, 1_000, 5, 6, 1_001))


def comm(name: bytes, misc: int = 0) -> bytes:
    room = name + bytes(8 - len(name) % 8)
    return record(COMM, struct.pack("=II", 7, 8) + room + struct.pack("=IIQ", 7, 8, 1_000), misc)


def test_a_change_of_a_tcp_socket(decoder: Decoder) -> None:
    assert decoder.decode_tcp(tcp()) == list(decoder.decode(tcp())) == [TCP_EVENT]


def test_many_are_decoded_at_once(decoder: Decoder) -> None:
    events = decoder.decode_tcp(b"".join(tcp(time=n) for n in range(100)))
    assert [event[records.TIME] for event in events] == list(range(100))
    assert {event[:4] for event in events} == {TCP_EVENT[:4]}


def test_nothing_is_nothing(decoder: Decoder) -> None:
    assert decoder.decode_tcp(b"") == list(decoder.decode(b"")) == []


@pytest.mark.parametrize(
    ("ring", "expected"),
    [
        (lost(5) + tcp(), [Lost(5), TCP_EVENT]),
        (tcp() + lost(5) + tcp(), [TCP_EVENT, Lost(5), TCP_EVENT]),
        (tcp() + lost(5), [TCP_EVENT, Lost(5)]),
        (lost(5) * 13, [Lost(5)] * 13),
        (lost(5) * 13 + tcp() * 5, [Lost(5)] * 13 + [TCP_EVENT] * 5),
    ],
    ids=["first", "in the middle", "last", "alone, as long as samples", "first of as long ones"],
)
def test_what_was_lost_is_told_where_it_was(
    decoder: Decoder, ring: bytes, expected: list[Event]
) -> None:
    assert decoder.decode_tcp(ring) == expected


def test_unknown_records_and_tracepoints_are_passed_over(decoder: Decoder) -> None:
    ring = record(THROTTLE, bytes(24)) + sample(data(9_999, 72)) + tcp() + record(77, bytes(96))
    assert decoder.decode_tcp(ring) == [TCP_EVENT]


def test_a_name_that_a_process_gave_itself(decoder: Decoder) -> None:
    (event,) = decoder.decode(comm(b"\xff\xfe\x1b[31m"))
    assert event == (records.COMM, 40, 7, 8, 1_000, b"\xff\xfe\x1b[31m", False)


def test_a_name_that_was_executed(decoder: Decoder) -> None:
    (event,) = decoder.decode(comm(b"fifteen-letters", EXECUTED))
    assert event[5:] == (b"fifteen-letters", True)


def test_a_process_begins_and_ends(decoder: Decoder) -> None:
    assert list(decoder.decode(task(FORK, 7, 7) + task(EXIT, 7, 8))) == [
        (records.FORK, 48, 7, 7, 1_000, 3),
        (records.EXIT, 48, 7, 8, 1_000, 3),
    ]


def test_what_is_executed_stands_behind_the_fields(decoder: Decoder) -> None:
    path = b"/usr/bin/\xffcurl"
    where = struct.pack("=I", 20 | len(path) + 1 << 16)
    raw = sample(data(EXEC, 20, 0, place=(8, where)) + path + b"\0")
    assert [event[5] for event in decoder.decode(raw)] == [path]


def test_udp_of_both_families(decoder: Decoder) -> None:
    ports = struct.pack("=HH", 40_000, 53)
    four = data(UDP4, 76, 0, ends=(28, b"\x0a\0\0\1\x0a\0\0\2"), ports=(56, ports))
    six = data(UDP6, 88, 0, ends=(31, bytes(range(32))), ports=(64, ports))
    assert [event[5:] for event in decoder.decode(sample(four) + sample(six))] == [
        (b"\x0a\0\0\1", b"\x0a\0\0\2", 40_000, 53),
        (bytes(range(16)), bytes(range(16, 32)), 40_000, 53),
    ]


@pytest.mark.parametrize("flag", [0x08, 0x10])
def test_a_packet_that_arrives_is_nothing_that_we_send(decoder: Decoder, flag: int) -> None:
    assert flag & IN_INTERRUPT
    assert list(decoder.decode(sample(data(UDP4, 76, flag)))) == []


def test_what_was_sent_names_its_socket(decoder: Decoder) -> None:
    raw = sample(data(SENT, 28, 0, sock=(8, struct.pack("=Q", 1 << 63))))
    assert [event[2:] for event in decoder.decode(raw)] == [(7, 8, 1_000, 1 << 63)]


@given(st.lists(st.sampled_from([tcp(), lost(3), comm(b"x"), task(EXIT, 1, 1)]), max_size=20))
def test_both_ways_to_decode_agree(decoder: Decoder, parts: list[bytes]) -> None:
    ring = b"".join(parts)
    assert decoder.decode_tcp(ring) == list(decoder.decode(ring))
