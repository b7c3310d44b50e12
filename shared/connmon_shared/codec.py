"""Messages to msgpack and back. The only module that imports msgpack.

A message is an array of its fields in their order. Arrays may grow at the end in later
versions: a longer one than known decodes, its extra elements ignored. Whatever a peer sends
either decodes into a valid message or raises RemoteProtocolError, nothing else.
"""

import dataclasses
import math
import reprlib
from collections.abc import Callable
from typing import Any, cast

import msgpack

from connmon_shared.messages import (
    EPOCH_BYTES,
    KINDS,
    PROTOCOL_VERSION,
    Connection,
    Counters,
    Delta,
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
    Process,
    Processes,
    Record,
    RepeatRequest,
    Session,
    StateRequest,
    Status,
    Traffic,
    Wait,
)
from connmon_shared.states import Protocol, State
from connmon_shared.text import clean
from connmon_shared.timeline import MAX_TICK, Timeline

MAX_FRAME = 8 << 20  # bytes of one frame; a full part is 40 times smaller
MAX_ROWS = 1_000_000
MAX_TEXT = 1_024
MAX_INTERVAL = 86_400  # seconds between two samples: a day
MAX_TIME = 1e11  # seconds since 1970, the year 5138
MAX_AGE = 86_400_000  # ms before a message that what it tells may have happened: a day
MAX_STRETCHES = 1_000
MAX_HOLDERS = 256
MAX_ASKED = 32  # parts or messages in one request
_ADDRESS_LENGTHS = (0, 4, 16)
_MAX_PORT = 65_535
_MAX_GAPS = 1_000_000

Check = Callable[[Any], Any]


class ProtocolError(Exception):
    """A message breaks the protocol."""


class LocalProtocolError(ProtocolError):
    """We tried to send what no peer could read."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what nobody can read."""


def encode_header(header: Header) -> bytes:
    """Return `header` as a frame: the version first, then its other fields in order."""
    return _pack([header.version, *(getattr(header, name) for name in _HEADER_FIELDS)])


def decode_header(frame: bytes) -> Header:
    """Return the header in `frame`.

    Raises:
        RemoteProtocolError: it is no header, or one of another protocol version.
    """
    fields = _unpack(frame)
    if not isinstance(fields, list) or not fields:
        raise RemoteProtocolError("a header must be an array")
    if type(fields[0]) is not int or fields[0] != PROTOCOL_VERSION:
        raise RemoteProtocolError(
            f"protocol version {_shown(fields[0])} spoken, {PROTOCOL_VERSION} understood"
        )
    return cast("Header", _guard(_HEADER, fields[1:]))


def encode(message: Message) -> bytes:
    """Return the body frame of `message`.

    Raises:
        LocalProtocolError: a field cannot be encoded (a lone surrogate in a text, say).
    """
    return _pack([getattr(message, field.name) for field in dataclasses.fields(message)])


def decode(kind: str, frame: bytes) -> Message:
    """Return the message of `kind` in `frame`.

    Raises:
        RemoteProtocolError: the kind is unknown or the body breaks its rules.
    """
    if kind not in KINDS:
        raise RemoteProtocolError(f"unknown kind of message {kind!r:.40}")
    return cast("Message", _guard(_BODIES[KINDS[kind]], _unpack(frame)))


def _pack(fields: list[Any]) -> bytes:
    try:
        return cast("bytes", msgpack.packb(fields))
    except (ValueError, TypeError, OverflowError) as error:
        raise LocalProtocolError(f"cannot encode: {error}") from error


def _unpack(frame: bytes) -> object:
    if len(frame) > MAX_FRAME:
        raise RemoteProtocolError(f"a frame of {len(frame)} bytes, {MAX_FRAME} allowed")
    try:
        longest = min(MAX_ROWS, len(frame))  # an array is allocated as long as it claims to be
        return msgpack.unpackb(frame, strict_map_key=True, max_array_len=longest, max_map_len=0)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise RemoteProtocolError(f"not msgpack: {error!s:.200}") from error


def _guard(check: Check, value: object) -> object:
    try:
        return check(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise RemoteProtocolError(str(error)) from error


def _shown(value: object) -> str:
    """Return `value` for a message to people, cut short: deep nesting would break repr()."""
    return f"{reprlib.repr(value):.40}"


# One small checker for each sort of field: it returns the value or raises ValueError.


def _whole(low: int, high: int) -> Check:
    def check(value: object) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"{_shown(value)} is no whole number from {low} to {high}")
        return value

    return check


def _seconds(value: object) -> float:
    if type(value) not in {int, float} or not 0 <= cast("float", value) <= MAX_TIME:
        raise ValueError(f"{_shown(value)} is no time")
    if not math.isfinite(cast("float", value)):
        raise ValueError("a time must be finite")
    return float(cast("float", value))


def _number(value: object) -> float:
    if type(value) not in {int, float} or not math.isfinite(cast("float", value)):
        raise ValueError(f"{_shown(value)} is no number")
    return cast("float", value)


def _interval(value: object) -> float:
    if _seconds(value) > MAX_INTERVAL:
        raise ValueError(f"{value!r:.40} is no interval of at most {MAX_INTERVAL} seconds")
    return float(cast("float", value))


def _text(value: object) -> str:
    if type(value) is not str or len(value) > MAX_TEXT:
        raise ValueError(f"{_shown(value)} is no text of at most {MAX_TEXT} characters")
    return clean(value, MAX_TEXT)  # no peer writes control characters on our terminal


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{_shown(value)} is neither true nor false")
    return value


def _address(value: object) -> bytes:
    if type(value) is not bytes or len(value) not in _ADDRESS_LENGTHS:
        raise ValueError(f"{_shown(value)} is no address")
    return value


def _remote_address(value: object) -> bytes:
    if not _address(value):
        raise ValueError("a fact needs an address")
    return cast("bytes", value)


def _epoch(value: object) -> bytes:
    if type(value) is not bytes or len(value) != EPOCH_BYTES:
        raise ValueError(f"{_shown(value)} is no epoch")
    return value


def _transitions(value: object) -> bytes:
    if type(value) is not bytes:
        raise ValueError("transitions must be bytes")
    Timeline(value)
    return value


def _one_of(kind: type[State | Protocol | Lookup]) -> Check:
    allowed = {int(member) for member in kind}

    def check(value: object) -> int:
        if type(value) is not int or value not in allowed:
            raise ValueError(f"{_shown(value)} is no {kind.__name__}")
        return value

    return check


def _many(check: Check, limit: int = MAX_ROWS) -> Check:
    def check_all(value: object) -> tuple[Any, ...]:
        if type(value) is not list or len(value) > limit:
            raise ValueError(f"expected an array of at most {limit}")
        return tuple(map(check, value))

    return check_all


def _record(build: Callable[..., Any], *checks: Check, grown: int = 0) -> Check:
    """Return the check of an array; its last `grown` fields came later and may be missing."""
    size = len(checks) - grown

    def check_record(value: object) -> object:
        if type(value) is not list or len(value) < size:
            raise ValueError(f"expected an array of at least {size}")
        return build(*[check(part) for check, part in zip(checks, value, strict=False)])

    return check_record


_U64 = _whole(0, (1 << 64) - 1)
_U32 = _whole(0, (1 << 32) - 1)
_COUNT = _whole(0, (1 << 53) - 1)
_PORT = _whole(0, _MAX_PORT)
_UID = _whole(-1, (1 << 32) - 1)
_TICK = _whole(0, MAX_TICK)
_HEADER_FIELDS = [field.name for field in dataclasses.fields(Header) if field.name != "version"]

_HEADER = _record(
    Header,
    *(_text, _text, _epoch, _U64, _U64, _seconds),  # kind host epoch seq base time
    *(_whole(0, MAX_ROWS), _whole(1, MAX_ROWS)),  # part parts
)
_CONNECTION = _record(
    Connection,
    *(_U64, _one_of(Protocol), _one_of(State)),  # id protocol state
    *(_address, _PORT, _address, _PORT),  # local remote
    *(_U32, _text, _UID),  # pid process uid
    *(_many(_U32, MAX_HOLDERS), _text, _text),  # holders namespace container
    grown=3,
)
_PROCESS = _record(
    Process,
    *(_U32, _text, _UID, _text),  # pid name uid user
    *(_text, _text),  # executable command
)
_COUNTERS = _record(
    Counters,
    *(_U64, _COUNT, _COUNT),  # id sent received
    *(_COUNT, _COUNT, _COUNT, _COUNT),  # sent_rate received_rate rtt retransmits
)
_OBSERVED = _record(ObservedName, _remote_address, _text, _seconds)
_FACT = _record(
    Fact,
    *(_remote_address, _text, _U32, _text),  # address country asn organisation
    *(_text, _one_of(Lookup)),  # name name_state
    *(_text, _seconds),  # name_source name_time
    grown=2,
)
_HISTORY = _record(
    Record, _address, _PORT, _transitions, _COUNT, _CONNECTION, _flag, _many(_PORT, 1_000)
)
_GAP = _record(lambda begin, end: (begin, end), _TICK, _TICK)
_STRETCH = _record(lambda begin, end: (begin, end), _seconds, _seconds)
_FIGURE = _record(Figure, _text, _number)
_TEXTS = _many(_text, 1_000)
_ASKED = _whole(1, MAX_ASKED)
_AGES = _many(_whole(0, MAX_AGE))

_BODIES: dict[type[Message], Check] = {
    Keyframe: _record(Keyframe, _seconds, _seconds, _seconds, _many(_CONNECTION)),
    Delta: _record(
        Delta,
        *(_seconds, _seconds, _seconds),  # time begin end
        *(_many(_CONNECTION), _many(_U64)),  # changed gone
        *(_many(_STRETCH, MAX_STRETCHES), _AGES, _AGES),  # lost changed_ages gone_ages
        grown=3,
    ),
    Status: _record(
        Status,
        *(_text, _text, _text, _interval),  # stage version source interval
        *(_TEXTS, _TEXTS, _COUNT, _TEXTS),  # limits features missed problems
        *(_COUNT, _U32, _seconds),  # lost pid started
        *(_many(_FIGURE, 1_000), _text),  # figures host
        grown=5,
    ),
    Processes: _record(Processes, _many(_PROCESS)),
    Traffic: _record(Traffic, _seconds, _many(_COUNTERS), _many(_COUNTERS)),
    Names: _record(Names, _many(_OBSERVED)),
    Facts: _record(Facts, _many(_FACT)),
    Session: _record(
        Session,
        *(_COUNT, _TICK, _TICK, _many(_GAP, _MAX_GAPS)),  # origin begin end gaps
        *(_TICK, _COUNT),  # thinned dropped
        grown=2,
    ),
    Histories: _record(Histories, _many(_HISTORY)),
    StateRequest: _record(
        StateRequest,
        *(_U64, _COUNT, _ASKED, _text),  # snapshot part count host
        grown=2,
    ),
    RepeatRequest: _record(RepeatRequest, _text, _epoch, _U64, _ASKED),
    Wait: _record(Wait, _text),
}
