"""What every message consists of: each field with its layout, in the order of the wire."""

import math
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import NamedTuple

from connmon_shared.codec import checks
from connmon_shared.codec.columns import Joined, Numbers, Plain, Recurring, Repeating, Shared
from connmon_shared.codec.limits import (
    MAX_AGE,
    MAX_ASKED,
    MAX_COUNT,
    MAX_FIGURES,
    MAX_HOLDERS,
    MAX_PARTS,
    MAX_PORTS,
    MAX_SHOWN,
    MAX_STRETCHES,
    MAX_TEXTS,
    MAX_TIME,
)
from connmon_shared.codec.records import Body, Table
from connmon_shared.messages import (
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
from connmon_shared.timelines.states import Protocol, State
from connmon_shared.timelines.timeline import MAX_TICK, check_transitions

Valid = Callable[[Sequence[float]], bool]


class Gap(NamedTuple):
    """Ticks that were not observed."""

    begin: int
    end: int


class Stretch(NamedTuple):
    """Seconds in which something may be missing."""

    begin: float
    end: float


def _at_most(highest: int) -> Valid:
    return lambda numbers: max(numbers) <= highest


def _times(numbers: Sequence[float]) -> bool:
    return all(map(math.isfinite, numbers)) and min(numbers) >= 0 and max(numbers) <= MAX_TIME


def _one_of(kind: type[IntEnum]) -> Valid:
    return frozenset(map(int, kind)).issuperset


_TEXT = Plain("text", checks.text)
_TEXTS = Plain("array of text", checks.many(checks.text, MAX_TEXTS))
_TIME = Plain("time", checks.seconds)
_INTERVAL = Plain("seconds", checks.interval)
_EPOCH = Plain("8 bytes", checks.epoch)
_U64 = Plain("u64", checks.whole(0, (1 << 64) - 1))
_U32 = Plain("u32", checks.whole(0, (1 << 32) - 1))
_COUNT = Plain("count", checks.whole(0, MAX_COUNT))
_TICK = Plain("tick", checks.whole(0, MAX_TICK))
_PART = Plain("unsigned", checks.whole(0, MAX_PARTS))
_PARTS = Plain("unsigned", checks.whole(1, MAX_PARTS))
_ASKED = Plain("unsigned", checks.whole(1, MAX_ASKED))

_ADDRESSES = Plain("array of address", checks.addresses_up_to(MAX_SHOWN))

_U64S = Numbers("u64", "Q")
_U32S = Numbers("u32", "I")
_U16S = Repeating("u16", "H")
_COUNTS = Numbers("count", "Q", _at_most(MAX_COUNT))
_TICKS = Numbers("tick", "I", _at_most(MAX_TICK))
_TIMES = Numbers("time", "d", _times)
_AGES = Numbers("age", "I", _at_most(MAX_AGE))
_PIDS = Numbers("u32", "I", limit=MAX_HOLDERS)
_PORTS = Numbers("u16", "H", limit=MAX_PORTS)
_SHARED_TEXT = Shared("text", checks.texts)
_RECURRING_TEXT = Shared("text", Recurring(checks.texts))
_SHARED_ADDRESS = Shared("address", checks.addresses)
_RECURRING_ADDRESS = Shared("address", Recurring(checks.addresses))
_SHARED_REMOTE = Shared("address", checks.remote_addresses)
_SHARED_UID = Shared("uid", checks.many(checks.whole(-1, (1 << 32) - 1)))
_SHARED_TICK = Shared("tick", checks.many(checks.whole(0, MAX_TICK)))
_SHARED_FLAG = Shared("boolean", checks.many(checks.flag))

CONNECTION = Table(
    Connection,
    "connection",
    id=_U64S,
    protocol=Numbers("u8", "B", _one_of(Protocol)),
    state=Numbers("u8", "B", _one_of(State)),
    local=_RECURRING_ADDRESS,
    local_port=_U16S,
    remote=_SHARED_ADDRESS,
    remote_port=_U16S,
    pid=_U32S,
    process=_RECURRING_TEXT,
    uid=_SHARED_UID,
    holders=Shared("column of u32", checks.many(_PIDS.unpack), _PIDS.pack),
    namespace=_RECURRING_TEXT,
    container=_RECURRING_TEXT,
    direction=Numbers("u8", "B", _one_of(Direction)),
)
PROCESS = Table(
    Process,
    "process",
    pid=_U32S,
    name=_RECURRING_TEXT,
    uid=_SHARED_UID,
    user=_RECURRING_TEXT,
    executable=_SHARED_TEXT,
    command=_SHARED_TEXT,
)
COUNTERS = Table(
    Counters,
    "counters",
    id=_U64S,
    sent=_COUNTS,
    received=_COUNTS,
    sent_rate=_COUNTS,
    received_rate=_COUNTS,
    rtt=_U32S,
    retransmits=_U32S,
    measured=_SHARED_FLAG,
)
ADDITION = Table(
    Addition,
    "addition",
    address=_SHARED_ADDRESS,
    sent=_COUNTS,
    received=_COUNTS,
)
OPENING = Table(
    Opening,
    "opening",
    id=_U64S,
    tick=_TICKS,
    seen=_SHARED_FLAG,
    before=_SHARED_TICK,
)
OBSERVED = Table(ObservedName, "observed", address=_SHARED_REMOTE, name=_SHARED_TEXT, time=_TIMES)
FACT = Table(
    Fact,
    "fact",
    address=_SHARED_REMOTE,
    country=_RECURRING_TEXT,
    asn=_U32S,
    organisation=_RECURRING_TEXT,
    name=_SHARED_TEXT,
    name_state=Numbers("u8", "B", _one_of(Lookup)),
    name_source=_RECURRING_TEXT,
    name_time=_TIMES,
)
FIGURE = Table(
    Figure,
    "figure",
    name=Plain("array of text", checks.many(checks.text, MAX_FIGURES)),
    value=Plain("array of number", checks.many(checks.number, MAX_FIGURES)),
)
GAP = Table(Gap, "gap", begin=_TICKS, end=_TICKS)
STRETCH = Table(
    Stretch,
    "stretch",
    begin=Numbers("time", "d", _times, MAX_STRETCHES),
    end=Numbers("time", "d", _times, MAX_STRETCHES),
)
RECORD = Table(
    Record,
    "record",
    address=_SHARED_ADDRESS,
    port=_U16S,
    transitions=Joined("transitions", check_transitions),
    opened=_COUNTS,
    last=CONNECTION,
    failed=_SHARED_FLAG,
    ports=Shared("column of u16", checks.many(_PORTS.unpack), _PORTS.pack),
    sent=_COUNTS,
    received=_COUNTS,
    process=_RECURRING_TEXT,
)

HEADER = Body(  # all but the version, which goes first
    Header,
    kind=_TEXT,
    host=_TEXT,
    epoch=_EPOCH,
    seq=_U64,
    base=_U64,
    time=_TIME,
    part=_PART,
    parts=_PARTS,
)
BODIES: dict[type[Message], Body] = {
    Keyframe: Body(Keyframe, time=_TIME, begin=_TIME, end=_TIME, connections=CONNECTION),
    Delta: Body(
        Delta,
        time=_TIME,
        begin=_TIME,
        end=_TIME,
        changed=CONNECTION,
        gone=_U64S,
        lost=STRETCH,
        changed_ages=_AGES,
        gone_ages=_AGES,
    ),
    Status: Body(
        Status,
        stage=_TEXT,
        version=_TEXT,
        source=_TEXT,
        interval=_INTERVAL,
        limits=_TEXTS,
        features=_TEXTS,
        missed=_COUNT,
        problems=_TEXTS,
        lost=_COUNT,
        pid=_U32,
        started=_TIME,
        figures=FIGURE,
        host=_TEXT,
    ),
    Processes: Body(Processes, processes=PROCESS),
    Traffic: Body(Traffic, time=_TIME, counters=COUNTERS, final=COUNTERS, span=_INTERVAL),
    Ended: Body(Ended, final=COUNTERS, late=ADDITION),
    Names: Body(Names, names=OBSERVED),
    Facts: Body(Facts, facts=FACT),
    Session: Body(
        Session,
        origin=_COUNT,
        begin=_TICK,
        end=_TICK,
        gaps=GAP,
        thinned=_TICK,
        dropped=_COUNT,
    ),
    Histories: Body(Histories, records=RECORD),
    Openings: Body(Openings, opened=OPENING, lasting=OPENING),
    StateRequest: Body(StateRequest, snapshot=_U64, part=_COUNT, count=_ASKED, host=_TEXT),
    RepeatRequest: Body(RepeatRequest, host=_TEXT, epoch=_EPOCH, after=_U64, count=_ASKED),
    Shown: Body(Shown, addresses=_ADDRESSES),
    Wait: Body(Wait, reason=_TEXT),
}
