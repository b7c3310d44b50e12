"""What a DNS message asks, and which addresses it answers with. Pure.

Any bytes either read as such a message or do not; time and memory are bounded by their length.
Only what is needed here is read: one question for the addresses of a name, and the answer
section (RFC 1035, 4.1). Names are kept as on the wire, without the root, in lower case: nobody
has to keep the case of letters (RFC 4343).
"""

import struct
from functools import lru_cache
from typing import NamedTuple

MAX_RECORDS = 64  # of the answer section; further ones are passed over
_HEADER = struct.Struct(">2sHHH4x")  # identity, flags, questions, answers
_KIND_CLASS = struct.Struct(">HH")
_RECORD = struct.Struct(">HH4xH")  # type, class, time to live, length of the data

_RESPONSE = 0x8000
_OPCODE_TRUNCATED_RCODE = 0x7A0F  # all zero: a standard query, whole, without an error
_A, _CNAME, _AAAA, _IN = 1, 5, 28, 1
_SIZE = {_A: 4, _AAAA: 16}

_MAX_NAME = 254  # bytes without the root: 255 with it (RFC 1035, 2.3.4)
_MAX_LABEL = 63
_POINTER = 0xC0  # the two high bits; with only one of them a label is of no known kind
_POINTER_TO_QUESTION = b"\xc0\x0c"
_MAX_POINTERS = 16  # in one name; compressors make one
_PLAIN = b"abcdefghijklmnopqrstuvwxyz0123456789-_"
_CACHED_NAMES = 4_096
_MALFORMED = (ValueError, IndexError, struct.error)  # the latter two: it ends too early


class Question(NamedTuple):
    """The head of a message."""

    identity: bytes
    answer: bool
    name: bytes  # unchecked
    kind: int  # of address
    records: int  # in the answer section
    end: int  # where the question ends in the message


def read_question(message: bytes) -> Question | None:
    """Return what `message` asks, or answers; None when it is of no use here.

    Of use are queries for addresses, and whole answers to them that hold anything.
    """
    try:
        identity, flags, questions, records = _HEADER.unpack_from(message)
        if flags & _OPCODE_TRUNCATED_RCODE or questions != 1:
            return None
        # Nothing stands before the name that it could point to. A zero inside of a label would
        # be taken for its end: host_name() has no use for such a name, nor for a malformed one.
        end = message.index(0, _HEADER.size, _HEADER.size + _MAX_NAME + 1)
        kind, network = _KIND_CLASS.unpack_from(message, end + 1)
    except _MALFORMED:
        return None
    name = message[_HEADER.size : end].lower()  # lengths are below the letters: they stay
    answer = bool(flags & _RESPONSE)
    if kind not in _SIZE or network != _IN or answer != bool(records):
        return None
    return Question(identity, answer, name, kind, records, end + 1 + _KIND_CLASS.size)


def read_addresses(message: bytes, question: Question) -> list[bytes]:
    """Return the addresses that `message` gives to the name in its `question`.

    They may belong to another name that the first one is an alias of (CNAME, also several times;
    RFC 1034, 3.6.2). Records of names that were not asked for prove nothing, and are left out.
    """
    try:
        owned, aliases = _records(message, question)
    except _MALFORMED:
        return []
    name = question.name
    while name not in owned:
        if name not in aliases:
            return []
        name = aliases.pop(name)  # taken out: a circle ends
    return owned[name]


@lru_cache(_CACHED_NAMES)
def host_name(name: bytes) -> str:
    """Return a name from the wire as text; empty when it is none that a host can have.

    Host names are letters, digits and hyphens (RFC 952, RFC 1123), and underscores in practice.
    Anything else can only be meant to confuse whoever reads it; so can a number at the end, which
    makes a name read like an IPv4 address (RFC 3696, 2).
    """
    labels = []
    offset = 0
    while offset < len(name):
        following = offset + 1 + name[offset]
        if not offset + 1 < following <= min(len(name), offset + 1 + _MAX_LABEL):
            return ""
        labels.append(name[offset + 1 : following])
        offset = following
    if not labels or labels[-1].isdigit() or b"".join(labels).translate(None, _PLAIN):
        return ""
    return b".".join(labels).decode("ascii")


def _records(
    message: bytes, question: Question
) -> tuple[dict[bytes, list[bytes]], dict[bytes, bytes]]:
    """Return the addresses by their owners, and the aliases."""
    owned: dict[bytes, list[bytes]] = {}
    aliases: dict[bytes, bytes] = {}
    offset = question.end
    for _ in range(min(question.records, MAX_RECORDS)):
        if message[offset : offset + 2] == _POINTER_TO_QUESTION:  # most of them: no need to read it
            owner, offset = question.name, offset + 2
        else:
            owner, offset = _name(message, offset)
        kind, network, length = _RECORD.unpack_from(message, offset)
        offset += _RECORD.size
        end = offset + length
        if end > len(message):
            raise ValueError("a record is cut short")
        if network == _IN and kind == question.kind:
            if length != _SIZE[kind]:
                raise ValueError("an address of a wrong length")
            owned.setdefault(owner, []).append(message[offset:end])
        elif network == _IN and kind == _CNAME:
            alias, name_end = _name(message, offset)
            if name_end != end:
                raise ValueError("a name of a wrong length")
            aliases.setdefault(owner, alias)
        offset = end
    return owned, aliases


def _name(message: bytes, offset: int) -> tuple[bytes, int]:
    """Return the name at `offset`, and where it ends there.

    A pointer leads to an earlier place (RFC 1035, 4.1.4), so that no circle is possible.

    Raises:
        ValueError: it is malformed.
        IndexError: it ends too early.
    """
    begin, end, pointers, name = offset, 0, 0, b""
    while length := message[offset]:
        if length <= _MAX_LABEL:
            following = offset + 1 + length
            name += message[offset:following]
            offset = following
            if len(name) > _MAX_NAME:
                raise ValueError("a name is too long")
        elif length >= _POINTER:
            target = (length & ~_POINTER) << 8 | message[offset + 1]
            end = end or offset + 2
            pointers += 1
            if not _HEADER.size <= target < begin or pointers > _MAX_POINTERS:
                raise ValueError("a pointer leads nowhere")
            begin = offset = target
        else:
            raise ValueError("a label of no known kind")
    return name.lower(), end or offset + 1
