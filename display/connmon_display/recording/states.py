"""The whole state of a pipeline, as the answers that an enricher would give. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from connmon_display.following.pipeline import Pipeline
from connmon_display.following.stream import Place
from connmon_shared import codec
from connmon_shared.messages import Message, kind_of
from connmon_shared.timelines.description import describe, facts_in_parts
from connmon_shared.wire import Frames, Sender


def answers(pipeline: Pipeline) -> list[Frames]:
    """Return the answers that give another pipeline the state of this one.

    There are none as long as this one waits for what it missed. A host of which it has never
    known anything is left out.
    """
    begun = {name for name, host in pipeline.hosts.items() if host.history.started}
    places = {name: at for name, at in pipeline.places().items() if name in begun or not name}
    settled = {name: at for name, at in places.items() if at is not None}
    if len(settled) < len(places):
        return []
    return [
        frames
        for name, place in settled.items()
        for frames in _answers(name, place, *_described(pipeline, name))
    ]


def _described(pipeline: Pipeline, name: str) -> tuple[float, Iterator[Message]]:
    """Return the time in a stream, and what rebuilds its state."""
    if not name:
        return 0.0, _own(pipeline)
    host = pipeline.hosts[name]
    return host.now(), describe(host.history, host.details, host.ages)


def _own(pipeline: Pipeline) -> Iterator[Message]:
    for (host, _), status in pipeline.statuses.items():
        yield replace(status, host=host)
    yield from facts_in_parts(pipeline.facts.values())


def _answers(host: str, place: Place, time: float, messages: Iterable[Message]) -> Iterator[Frames]:
    parts = [(kind_of(message), codec.encode(message)) for message in messages]
    sender = Sender(host, place.epoch)
    for index, (kind, body) in enumerate(parts):
        yield sender.answer(kind, body, time, place.seq, (index, len(parts)))
