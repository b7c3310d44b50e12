"""Plays a recorded session as if it happened now: a collector that tells what one told then."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Self

import zmq

from connmon_display.recording.blocks import Channel
from connmon_display.recording.reading import Reading
from connmon_shared import codec, sockets, wire
from connmon_shared.messages import (
    Delta,
    Facts,
    Keyframe,
    Message,
    Names,
    NameSource,
    ObservedName,
    Processes,
    Status,
    Traffic,
)
from connmon_shared.stage.runtime import Runtime

_PATIENCE = 20_000  # milliseconds for the enricher to come up


def told(recording: Path) -> Iterator[tuple[float, Message]]:
    """Yield what the collector told, and the names that were observed, each with its time."""
    with contextlib.closing(Reading(recording)) as reading:
        for entry in chain.from_iterable(map(reading.entries, reading.blocks())):
            header, body = wire.split(entry.frames)
            message = codec.decode(header.kind, body)
            if entry.channel is not Channel.STREAM:
                continue
            if isinstance(message, Facts):
                yield entry.time, Names(tuple(_names(message)))
            elif header.host:
                yield entry.time, message


def begin_of(recording: Path) -> float:
    """Return the moment of the first look at the sockets, seconds since 1970."""
    return next(each.time for _, each in told(recording) if isinstance(each, Keyframe))


def shifted(message: Message, seconds: float) -> Message | None:
    """Return `message` as if all in it were so much later; None: a collector sends no such."""
    match message:
        case Keyframe() | Delta():
            later = replace(message, time=message.time + seconds)
            return replace(later, begin=message.begin + seconds, end=message.end + seconds)
        case Traffic():
            return replace(message, time=message.time + seconds)
        case Names():
            names = (name._replace(time=name.time + seconds) for name in message.names)
            return Names(tuple(names))
        case Status():
            return replace(message, started=0.0)
        case Processes():
            return message
        case _:
            return None


class Playing:
    """The session, of which so many seconds are over: they are told at once, the rest as it came.

    Args:
        recording: of it.
        runtime: where the enricher is.
        seconds: that are over.
    """

    def __init__(self, recording: Path, runtime: Runtime, seconds: float) -> None:
        self._messages = told(recording)
        begin = begin_of(recording)
        self._shift = round(time.time() - begin - seconds)
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self._publisher = sockets.publisher(self._context)
        self._publisher.setsockopt(zmq.XPUB_NODROP, 1)
        self._publisher.connect(runtime.feed)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._play)

    def __enter__(self) -> Self:
        if not self._publisher.poll(_PATIENCE):
            raise TimeoutError("the enricher did not subscribe")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._context.destroy(linger=0)

    def _play(self) -> None:
        sender = wire.Sender("web1", wire.new_epoch())
        for then, message in self._messages:
            now_told = shifted(message, self._shift)
            if now_told is None:
                continue
            if self._ended.wait(max(0.0, then + self._shift - time.time())):
                return
            self._publisher.send_multipart(sender.frames(now_told, then + self._shift))


def _names(facts: Facts) -> Iterator[ObservedName]:
    for fact in facts.facts:
        if fact.name_source == NameSource.DNS:
            yield ObservedName(fact.address, fact.name, fact.name_time)
