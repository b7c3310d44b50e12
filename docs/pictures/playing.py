"""Plays a recorded session: a collector that tells what one told then, with the times of then.

What a viewer shows is of these times, whatever the clock here says; so it is the same each time.
"""

import contextlib
import threading
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
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.runtime import Runtime

_FASTER = 200  # times: nobody is too slow for that, so that nothing gets lost
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


def as_told(message: Message) -> Message | None:
    """Return `message` as a collector sends it now; None: none sends such."""
    match message:
        case Status():
            return replace(message, started=0.0)
        case Keyframe() | Delta() | Traffic() | Names() | Processes():
            return message
        case _:
            return None


class Playing:
    """The session, of which so many seconds are over: they are told fast, the rest as it came.

    Args:
        recording: of it.
        runtime: where the enricher is.
        seconds: that are over.
    """

    def __init__(self, recording: Path, runtime: Runtime, seconds: float) -> None:
        self._messages = told(recording)
        self._begin = begin_of(recording)
        self._over = self._begin + seconds
        self._caught_up = threading.Event()
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

    def catch_up(self) -> None:
        """Return once all that is over was told."""
        self._caught_up.wait()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._context.destroy(linger=0)

    def _play(self) -> None:
        sender = wire.Sender("web1", wire.new_epoch())
        began = boottime()
        for then, recorded in self._messages:
            message = as_told(recorded)
            if message is None:
                continue
            if then > self._over and not self._caught_up.is_set():
                self._caught_up.set()
                began = boottime()
            due = then - self._over if self._caught_up.is_set() else (then - self._begin) / _FASTER
            if self._ended.wait(max(0.0, due - (boottime() - began))):
                return
            self._publisher.send_multipart(sender.frames(message, then))


def _names(facts: Facts) -> Iterator[ObservedName]:
    for fact in facts.facts:
        if fact.name_source == NameSource.DNS:
            yield ObservedName(fact.address, fact.name, fact.name_time)
