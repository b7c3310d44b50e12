import math
import struct
from typing import Any

import msgpack
import pytest
from helpers_messages import EXAMPLES, altered
from hypothesis import given
from hypothesis import strategies as st

from connmon_shared.codec import LocalProtocolError, RemoteProtocolError, decode, encode, limits
from connmon_shared.codec.records import Table
from connmon_shared.codec.schema import (
    ADDITION,
    CONNECTION,
    COUNTERS,
    FACT,
    FIGURE,
    OBSERVED,
    PROCESS,
    RECORD,
)
from connmon_shared.messages import (
    PROCESSES_PER_PART,
    ROWS_PER_PART,
    Addition,
    Connection,
    Counters,
    Delta,
    Fact,
    Facts,
    Figure,
    Histories,
    Keyframe,
    Message,
    ObservedName,
    Process,
    Processes,
    Record,
    Session,
    Traffic,
)
from connmon_shared.timelines.timeline import MAX_TICK

ROW = Connection(1, 6, 1, bytes(4), 1, bytes(4), 2, 3, "x", 4)


def test_every_column_is_a_field_of_its_row() -> None:
    tables: dict[Any, Table] = {
        Connection: CONNECTION,
        Process: PROCESS,
        Counters: COUNTERS,
        Addition: ADDITION,
        ObservedName: OBSERVED,
        Fact: FACT,
        Figure: FIGURE,
        Record: RECORD,
    }
    for kind, table in tables.items():
        assert [*table.layouts] == [*kind._fields]


def test_a_table_is_written_as_the_page_says() -> None:
    rows = (ROW, ROW._replace(id=2**64 - 1, process="y", uid=-1, holders=(5, 6), direction=2))
    assert CONNECTION.pack(rows) == [
        struct.pack("<QQ", 1, 2**64 - 1),
        b"\6\6",
        b"\1\1",
        [[bytes(4)], b"\0\0"],
        struct.pack("<HH", 1, 1),
        [[bytes(4)], b"\0\0"],
        struct.pack("<HH", 2, 2),
        struct.pack("<II", 3, 3),
        [["x", "y"], b"\0\1"],
        [[4, -1], b"\0\1"],
        [[b"", struct.pack("<II", 5, 6)], b"\0\1"],
        [[""], b"\0\0"],
        [[""], b"\0\0"],
        b"\0\2",
    ]


def test_transitions_are_written_as_their_lengths_and_all_in_one() -> None:
    rows = [Record(b"", 1, packed, 0, ROW, failed=False) for packed in (bytes(4), b"", bytes(4))]
    assert RECORD.pack(rows)[2] == [struct.pack("<III", 4, 0, 4), bytes(8)]


def test_a_table_without_rows_is_empty_and_one_with_empty_columns_has_no_rows() -> None:
    nothing = Keyframe(0.0, 0.0, 0.0, ())
    assert msgpack.unpackb(encode(nothing)) == [0.0, 0.0, 0.0, []]
    empty = [[[], b""] if isinstance(column, list) else b"" for column in CONNECTION.pack([ROW])]
    assert decode("keyframe", msgpack.packb([0.0, 0.0, 0.0, empty])) == nothing


@pytest.mark.parametrize(("different", "width"), [(1, 1), (256, 1), (257, 2), (10_000, 2)])
def test_places_are_as_narrow_as_the_number_of_values_allows(different: int, width: int) -> None:
    rows = tuple(ROW._replace(id=i, process=f"p{i % different}") for i in range(10_000))
    values, places = msgpack.unpackb(encode(Keyframe(0.0, 0.0, 0.0, rows)))[3][8]
    assert (len(values), len(places)) == (different, width * len(rows))
    assert decode("keyframe", encode(Keyframe(0.0, 0.0, 0.0, rows))) == Keyframe(
        0.0, 0.0, 0.0, rows
    )


@given(st.integers(1, 3), st.lists(st.none() | st.binary(max_size=3), max_size=2))
def test_a_table_may_lack_columns_that_have_a_default_and_have_more_than_known(
    missing: int, more: list[object]
) -> None:
    rows = (ROW, ROW._replace(id=2, container="c", namespace="n", holders=(1, 2)))
    columns = CONNECTION.pack(rows)
    defaults = dict([*Connection._field_defaults.items()][-missing:])
    without = tuple(row._replace(**defaults) for row in rows)
    shorter = msgpack.packb([0.0, 0.0, 0.0, columns[:-missing]])
    assert decode("keyframe", shorter) == Keyframe(0.0, 0.0, 0.0, without)
    longer = msgpack.packb([0.0, 0.0, 0.0, [*columns, *more]])
    assert decode("keyframe", longer) == Keyframe(0.0, 0.0, 0.0, rows)


def test_a_table_that_lacks_a_column_without_default_is_refused() -> None:
    columns = CONNECTION.pack([ROW])
    with pytest.raises(RemoteProtocolError, match="7 needed"):
        decode("keyframe", msgpack.packb([0.0, 0.0, 0.0, columns[:6]]))


TOO_MANY = limits.MAX_FIGURES + 1
#: What must not stand in which field of the examples.
BROKEN: dict[tuple[str, str], list[object]] = {
    ("keyframe", "connections"): [[b""], b"", 3],
    ("keyframe", "connections.id"): [bytes(16), bytes(25), [1, 2, 3], 1],
    ("keyframe", "connections.protocol"): [b"\6\6\7", b"\6\6", "\6\6\6"],
    ("keyframe", "connections.state"): [bytes(3), b"\1\1\x0c"],
    ("keyframe", "connections.local_port"): [bytes(8)],
    ("keyframe", "connections.pid"): [bytes(16)],
    ("keyframe", "connections.remote"): [[[bytes(4)]], bytes(3)],
    ("keyframe", "connections.remote.0"): [[bytes(4)], [bytes(5)] * 3, ["1234"] * 3, None, b"12"],
    ("keyframe", "connections.remote.1"): [b"\0\1\3", bytes(4), None],
    ("keyframe", "connections.process.0"): [[b"x"] * 3, ["x" * (limits.MAX_TEXT + 1)] * 3],
    ("keyframe", "connections.uid.0"): [[1, 2, wrong] for wrong in (-2, 2**32, True, "1")],
    ("keyframe", "connections.holders.0"): [
        [b"", wrong] for wrong in (bytes(3), bytes(4 * (limits.MAX_HOLDERS + 1)), [1], None)
    ],
    ("delta", "gone"): [bytes(9), [1, 2]],
    ("delta", "lost"): [[bytes(8 * (limits.MAX_STRETCHES + 1))] * 2],
    ("delta", "lost.end"): [struct.pack("<d", t) for t in (-1, 1e12, math.inf, math.nan)],
    ("delta", "changed_ages"): [bytes(4)],
    ("delta", "gone_ages"): [bytes(12), struct.pack("<II", 0, limits.MAX_AGE + 1)],
    ("names", "names.address.0"): [[b""]],
    ("names", "names.time"): [struct.pack("<d", -1)],
    ("traffic", "final.sent"): [struct.pack("<QQ", 1, limits.MAX_COUNT + 1)],
    ("traffic", "counters.rtt"): [bytes(8)],
    ("processes", "processes.uid.0"): [[-2]],
    ("facts", "facts.address.0"): [[b"", bytes(4)]],
    ("facts", "facts.name_state"): [b"\0\6"],
    ("session", "gaps.begin"): [
        struct.pack("<II", 0, MAX_TICK + 1),
        bytes(4 * (limits.MAX_ROWS + 1)),
    ],
    ("status", "figures"): [[["x"] * TOO_MANY, [1] * TOO_MANY]],
    ("status", "figures.name"): [["viewers", "more"], [1], "x"],
    ("status", "figures.value"): [[math.nan], ["1"], [True], 1],
    ("histories", "records.transitions"): [[bytes(8)], b"", [b"", bytes(8)]],
    ("histories", "records.transitions.0"): [
        struct.pack("<II", *lengths) for lengths in ((8, 0), (3, 1), (0, 2**32 - 1))
    ],
    ("histories", "records.transitions.1"): [None, b"\3\0\0\0", "1234"],
    ("histories", "records.last"): [[]],
    ("histories", "records.failed.0"): [[0, 1]],
    ("histories", "records.ports.0"): [[bytes(3), b""], [bytes(2 * (limits.MAX_PORTS + 1)), b""]],
}


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [(*place, value) for place, values in BROKEN.items() for value in values],
)
def test_a_column_that_breaks_its_rules_is_refused(kind: str, path: str, value: object) -> None:
    assert decode(kind, encode(EXAMPLES[kind])) == EXAMPLES[kind]
    with pytest.raises(RemoteProtocolError):
        decode(kind, altered(kind, path, value))


@pytest.mark.parametrize("later", [8, 16])
def test_transitions_that_go_back_are_refused(later: int) -> None:
    wrong = [struct.pack("<II", 8, 0), struct.pack("<II", 16, later)]
    with pytest.raises(RemoteProtocolError, match="rising"):
        decode("histories", altered("histories", "records.transitions", wrong))


def test_texts_of_a_column_are_cleaned() -> None:
    frame = altered("keyframe", "connections.process.0", ["a\x1b", "b", "c"])
    message = decode("keyframe", frame)
    assert isinstance(message, Keyframe)
    assert [row.process for row in message.connections] == ["a?", "b", "c"]


def test_equal_values_of_different_messages_are_one_object() -> None:
    def named(number: int, name: str) -> str:
        sent = Processes((Process(number, name),))
        received = decode("processes", encode(sent))
        assert received == sent
        assert isinstance(received, Processes)
        return received.processes[0].name

    first = named(1, "firefox")
    assert named(2, "firefox") is first
    for number in range(2_000):  # nobody may let us remember texts without end
        named(number, f"worker-{number}")
    assert named(1, "firefox") is not first


def test_the_largest_parts_that_a_host_can_bring_about_fit_into_a_frame() -> None:
    longest = "\u0e01" * 256  # a letter of three bytes
    rows = (
        ROW._replace(id=n, process=f"{n:0255}", holders=(n, *range(limits.MAX_HOLDERS - 1)))
        for n in range(ROWS_PER_PART)
    )
    encode(Keyframe(0.0, 0.0, 0.0, tuple(rows)))
    known = (
        Process(n, f"{n}{longest}", n, f"{n}{longest}", f"{n}{longest}", f"{n}{longest}{longest}")
        for n in range(PROCESSES_PER_PART)
    )
    encode(Processes(tuple(known)))
    places = (
        Fact(n.to_bytes(16), "DE", n, f"{n}{longest}", f"{n}{longest}")
        for n in range(ROWS_PER_PART)
    )
    encode(Facts(tuple(places)))


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(Delta(0.0, 0.0, 0.0, (), (-1,)), id="a number below its range"),
        pytest.param(Traffic(0.0, (Counters(1, 2, 3, rtt=2**32),)), id="a number above it"),
        pytest.param(Keyframe(0.0, 0.0, 0.0, (ROW._replace(pid="x"),)), id="no number"),  # type: ignore[arg-type]
        pytest.param(Processes((Process(1, "\udcff"),)), id="a lone surrogate"),
        pytest.param(Histories((Record(b"", 1, "", 0, ROW, failed=False),)), id="no bytes"),  # type: ignore[arg-type]
        pytest.param(
            Facts(tuple(Fact(i.to_bytes(4)) for i in range(limits.MAX_ITEMS + 1))),
            id="too many values",
        ),
        pytest.param(Session(0, 0, 0, ((0, 1),) * (limits.MAX_ROWS + 1)), id="too many rows"),
    ],
)
def test_columns_that_no_peer_could_read_raise_our_own_error(message: Message) -> None:
    with pytest.raises(LocalProtocolError):
        encode(message)
