"""Messages of every kind: one example of each, and strategies for all that there are."""

from typing import Any, cast

import msgpack
from hypothesis import strategies as st

from connmon_shared.codec import encode, limits
from connmon_shared.codec.schema import BODIES
from connmon_shared.messages import (
    EPOCH_BYTES,
    KINDS,
    Addition,
    Connection,
    Counters,
    Delta,
    Direction,
    Ended,
    Fact,
    Facts,
    Figure,
    Header,
    Histories,
    Keyframe,
    Lookup,
    Message,
    Names,
    ObservedName,
    Opening,
    Openings,
    Process,
    Processes,
    Record,
    RepeatRequest,
    Session,
    Shown,
    StateRequest,
    Status,
    Traffic,
    Wait,
)
from connmon_shared.text import clean
from connmon_shared.timelines.states import Protocol, State
from connmon_shared.timelines.timeline import MAX_TICK, Run, Timeline
from connmon_shared.wire import Sender

# One strategy for every sort of field, then one for every record and message.


def packed(found: list[tuple[int, Run, bool]]) -> bytes:
    timeline = Timeline()
    for tick, state, opened in sorted(found):
        timeline.record(tick, state, opened=opened)
    return timeline.pack()


def tuples_of(found: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(found, max_size=4).map(tuple)


def within(span: list[float], kind: type[Any], time: float, *rest: object) -> Message:
    return cast("Message", kind(time, *span, *rest))


@st.composite
def deltas(draw: st.DrawFn) -> Message:
    """Draw a delta that gives an age for each that changed or is gone, or for none."""
    (begin, end), changed, gone = draw(spans), draw(tuples_of(connections)), draw(tuples_of(u64))
    lost = draw(tuples_of(st.tuples(seconds, seconds)))
    ages, others = [
        tuple(draw(st.lists(st.integers(0, limits.MAX_AGE), min_size=many, max_size=many)))
        for many in (draw(st.sampled_from([0, len(told)])) for told in (changed, gone))
    ]
    return Delta(draw(seconds), begin, end, changed, gone, lost, ages, others)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(clean)
intervals = st.floats(0, limits.MAX_INTERVAL)
seconds = st.floats(0, limits.MAX_TIME)
u64, u32, ticks = st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.integers(0, MAX_TICK)
uids = st.integers(-1, 2**32 - 1)
counts, ports = st.integers(0, limits.MAX_COUNT), st.integers(0, 65_535)
changes = st.lists(st.tuples(ticks, st.sampled_from(Run), st.booleans()), max_size=5)
transitions = changes.map(packed)
addresses = st.sampled_from([0, 4, 16]).flatmap(lambda n: st.binary(min_size=n, max_size=n))
remotes = addresses.filter(bool)
epochs = st.binary(min_size=EPOCH_BYTES, max_size=EPOCH_BYTES)
asked = st.integers(1, limits.MAX_ASKED)
spans = st.tuples(seconds, seconds).map(sorted)
connections = st.builds(
    Connection,
    id=u64,
    protocol=st.sampled_from(Protocol).map(int),
    state=st.sampled_from(State).map(int),
    local=addresses,
    local_port=ports,
    remote=addresses,
    remote_port=ports,
    pid=u32,
    process=texts,
    uid=uids,
    holders=tuples_of(u32),
    namespace=texts,
    container=texts,
    direction=st.sampled_from(Direction).map(int),
)
processes = st.builds(Process, u32, texts, uids, texts, texts, texts)
additions = st.builds(Addition, addresses, counts, counts)
counters = st.builds(Counters, u64, *[counts] * 4, u32, u32)
openings = st.builds(Opening, u64, ticks, st.booleans(), ticks)
observed = st.builds(ObservedName, remotes, texts, seconds)
facts = st.builds(
    *(Fact, remotes, texts, u32, texts, texts, st.sampled_from(Lookup).map(int)),
    *(texts, seconds),
)
figures = st.builds(
    Figure,
    texts,
    st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False),
)
records = st.builds(
    *(Record, addresses, ports, transitions, counts, connections, st.booleans()),
    ports=tuples_of(ports),
    sent=counts,
    received=counts,
    process=texts,
)

MESSAGES: dict[str, st.SearchStrategy[Message]] = {
    "keyframe": st.builds(within, spans, st.just(Keyframe), seconds, tuples_of(connections)),
    "delta": deltas(),
    "status": st.builds(
        *(Status, texts, texts, texts, intervals, tuples_of(texts), tuples_of(texts), counts),
        *(tuples_of(texts), counts, u32, seconds, tuples_of(figures), texts),
    ),
    "processes": st.builds(Processes, tuples_of(processes)),
    "traffic": st.builds(Traffic, seconds, tuples_of(counters), tuples_of(counters), intervals),
    "ended": st.builds(Ended, tuples_of(counters), tuples_of(additions)),
    "names": st.builds(Names, tuples_of(observed)),
    "facts": st.builds(Facts, tuples_of(facts)),
    "session": st.builds(
        *(Session, counts, ticks, ticks, tuples_of(st.tuples(ticks, ticks)), ticks, counts)
    ),
    "histories": st.builds(Histories, tuples_of(records)),
    "openings": st.builds(Openings, tuples_of(openings), tuples_of(openings)),
    "request": st.builds(StateRequest, u64, counts, asked, texts),
    "repeat": st.builds(RepeatRequest, texts, epochs, u64, asked),
    "shown": st.builds(Shown, tuples_of(remotes)),
    "wait": st.builds(Wait, texts),
}
messages = st.one_of(*MESSAGES.values())
headers = st.builds(
    lambda kind, host, epoch, seq, base, time, part, more: Header(
        kind, host, epoch, seq, base, time, part, part + 1 + more
    ),
    *(texts, texts, epochs, u64, u64, seconds),
    *(st.integers(0, 1_000), st.integers(0, 1_000)),
)

#: Anything that msgpack can write.
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | texts
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)

# An example of each kind. The golden frames are made of these.

GOLDEN_EPOCH, GOLDEN_TIME = bytes(range(EPOCH_BYTES)), 1.7e9 + 0.125

_HERE, _THERE = bytes((10, 0, 0, 5)), bytes.fromhex("20010db8000000000000000000000001")
_OPEN = Connection(
    *(1 << 63 | 1, Protocol.TCP.value, State.ESTABLISHED.value, _HERE, 40_000, _THERE, 443),
    *(1_234, "curl", 1_000, (), "", "", Direction.OUT.value),
)
_LISTENING = Connection(
    *(2, Protocol.TCP.value, State.LISTEN.value, b"", 22, b"", 0, 800, "sshd", 0),
    *((800, 801), "netns-7", "3f2a9c"),
)
_UNKNOWN = Connection(3, Protocol.UDP.value, State.CLOSE.value, _HERE, 53, b"", 0)

EXAMPLES: dict[str, Message] = {
    "keyframe": Keyframe(1.7e9, 1.7e9 - 1, 1.7e9, (_OPEN, _LISTENING, _UNKNOWN)),
    "delta": Delta(
        *(1.7e9, 1.7e9 - 0.1, 1.7e9, (_OPEN, _UNKNOWN), (7, 1 << 63 | 1)),
        *(((1.7e9 - 0.5, 1.7e9 - 0.25),), (99, 0), (0, 50)),
    ),
    "status": Status(
        *("collector", "0.1.0", "events", 1.0, ("Sees only this host.",), ("country", "names"), 3),
        *(("No names: ask root.",), 4, 321, 1.7e9 - 60, (Figure("viewers", 2),), "web1"),
    ),
    "processes": Processes((Process(1_234, "curl", 1_000, "ann", "/usr/bin/curl", "curl -s x"),)),
    "traffic": Traffic(
        1.7e9,
        (Counters(1 << 63 | 1, 1_000, 2_000_000, 10, 20_000, 15_000, 1),),
        (Counters(7, 1, 2), Counters(8, limits.MAX_COUNT, 0)),
        2.5,
    ),
    "ended": Ended(
        (Counters(7, 1, 2), Counters(8, limits.MAX_COUNT, 0)), (Addition(_THERE, 1, 0),)
    ),
    "names": Names((ObservedName(_THERE, "a.example", 1.7e9 - 2),)),
    "facts": Facts(
        (
            Fact(_THERE, "DE", 64_496, "Example", "a.example", Lookup.RESOLVED.value, "dns", 1.7e9),
            Fact(_HERE),
        )
    ),
    "session": Session(17_000_000_000, 0, 36_000, ((100, 200), (300, 301)), 50, 9),
    "histories": Histories(
        (
            Record(
                _THERE,
                0,
                packed([(5, Run.ACTIVE, True)]),
                1,
                _OPEN,
                failed=False,
                ports=(443, 80),
                sent=1_500,
                received=7,
                process="curl",
            ),
            Record(b"", 22, b"", 0, _LISTENING, failed=True),
        )
    ),
    "openings": Openings(
        (Opening(1 << 63 | 1, 35_400, seen=True), Opening(3, 5, seen=False)),
        (Opening(3, 35_950, seen=True), Opening(5, 0, seen=False, before=864_000)),
    ),
    "request": StateRequest(12, 3, 8, "web1"),
    "repeat": RepeatRequest("web1", b"12345678", 41, 32),
    "shown": Shown((_THERE, _HERE)),
    "wait": Wait("There is no state yet."),
}


def altered(kind: str, path: str, value: object) -> bytes:
    """Return the body of the example of `kind` with `value` in the place of the field `path`.

    A path is `connections.state`: a field, or a column of a table. A further number goes into
    what is there: `connections.process.1` are the places of a shared column.
    """
    known: Any = BODIES[KINDS[kind]]
    fields = inner = cast("list[Any]", msgpack.unpackb(encode(EXAMPLES[kind])))
    *before, last = path.split(".")
    for name in before:
        at = int(name) if name.isdigit() else [*known.layouts].index(name)
        inner, known = inner[at], getattr(known, "layouts", {}).get(name)
    inner[int(last) if last.isdigit() else [*known.layouts].index(last)] = value
    return cast("bytes", msgpack.packb(fields))


def golden(kind: str) -> list[bytes]:
    """Return the frames of the example of `kind`, as tests/golden holds those of each version."""
    return Sender("web1", GOLDEN_EPOCH).frames(EXAMPLES[kind], GOLDEN_TIME, (0, 2))
