"""Messages to msgpack and back. The only package that imports msgpack.

A message is an array of its fields in their order; many of one sort travel as columns. Whatever
a peer sends either decodes into a valid message or raises RemoteProtocolError, nothing else.
"""

import gc
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Never, cast

import msgpack

from connmon_shared.codec.checks import shown
from connmon_shared.codec.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from connmon_shared.codec.limits import (
    MAX_AGE,
    MAX_ARRAYS,
    MAX_ASKED,
    MAX_FRAME,
    MAX_ITEMS,
    MAX_TEXT,
)
from connmon_shared.codec.schema import BODIES, HEADER
from connmon_shared.messages import KINDS, PROTOCOL_VERSION, Header, Message

__all__ = [
    "MAX_AGE",
    "MAX_ASKED",
    "MAX_FRAME",
    "MAX_TEXT",
    "LocalProtocolError",
    "ProtocolError",
    "RemoteProtocolError",
    "decode",
    "decode_header",
    "encode",
    "encode_header",
]


def encode_header(header: Header) -> bytes:
    """Return `header` as a frame: the version first, then its other fields in order."""
    return _packed(lambda: [header.version, *HEADER.pack(header)])


def decode_header(frame: bytes) -> Header:
    """Return the header in `frame`.

    Raises:
        RemoteProtocolError: it is no header, or one of another protocol version.
    """
    fields = _unpacked(frame)
    if not isinstance(fields, list) or not fields:
        raise RemoteProtocolError("a header must be an array")
    if type(fields[0]) is not int or fields[0] != PROTOCOL_VERSION:
        raise RemoteProtocolError(
            f"protocol version {shown(fields[0])} spoken, {PROTOCOL_VERSION} understood:"
            " update connmon where it is older"
        )
    return cast("Header", _checked(HEADER.unpack, fields[1:]))


def encode(message: Message) -> bytes:
    """Return the body frame of `message`.

    Raises:
        LocalProtocolError: a field cannot be encoded (a lone surrogate in a text, say), or the
            frame would be longer than a peer reads. Other limits are only checked in decoding.
    """
    return _packed(lambda: BODIES[type(message)].pack(message))


def decode(kind: str, frame: bytes) -> Message:
    """Return the message of `kind` in `frame`.

    Raises:
        RemoteProtocolError: the kind is unknown or the body breaks its rules.
    """
    if kind not in KINDS:
        raise RemoteProtocolError(f"unknown kind of message {kind!r:.40}")
    with _no_collection():
        return cast("Message", _checked(BODIES[KINDS[kind]].unpack, _unpacked(frame)))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let the garbage collector rest: it would look through thousands of new rows in vain.

    What is decoded holds no cycles. A keyframe of 100,000 rows takes a third of the time so.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _packed(fields: Callable[[], list[object]]) -> bytes:
    try:
        frame = cast("bytes", msgpack.packb(fields()))
    except (ValueError, TypeError, OverflowError, struct.error) as error:
        raise LocalProtocolError(f"cannot encode: {error}") from error
    if len(frame) > MAX_FRAME:
        raise LocalProtocolError(f"cannot encode: {len(frame)} bytes, {MAX_FRAME} allowed")
    return frame


def _unpacked(frame: bytes) -> object:
    if len(frame) > MAX_FRAME:
        raise RemoteProtocolError(f"a frame of {len(frame)} bytes, {MAX_FRAME} allowed")
    try:
        return msgpack.unpackb(
            frame,
            list_hook=_Counted(),
            object_hook=_refuse,
            ext_hook=_refuse,
            max_array_len=min(MAX_ITEMS, len(frame)),  # it is allocated as long as it claims to be
            max_map_len=0,
            max_ext_len=0,
        )
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise RemoteProtocolError(f"not msgpack: {error!s:.200}") from error


class _Counted:
    """Counts the arrays of a frame: thousands of empty ones take far more room than their bytes."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, array: list[object]) -> list[object]:
        self._count += 1
        if self._count > MAX_ARRAYS:
            raise ValueError(f"more than {MAX_ARRAYS} arrays")
        return array


def _refuse(*_: object) -> Never:
    raise ValueError("neither maps nor extension types are used")


def _checked(unpack: Callable[[object], Any], value: object) -> object:
    try:
        return unpack(value)
    except ValueError as error:
        raise RemoteProtocolError(str(error)) from error
