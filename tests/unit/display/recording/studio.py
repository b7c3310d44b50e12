"""What an enricher says, recorded by a real recorder, at times that a test tells."""

from pathlib import Path
from types import TracebackType
from typing import Self

from unit.display.sender import SendingEnricher, SendingHost, Sent, delta

from connmon_display.following.pipeline import Pipeline
from connmon_display.following.stream import Place
from connmon_display.recording.recorder import Recorder
from connmon_display.recording.writing import RecordingFile, Writer
from connmon_shared import codec, wire
from connmon_shared.messages import Connection, Fact

START = 1_700_000_000.0


class Studio:
    """A display that records one enricher with some hosts.

    Attributes:
        now: seconds since 1970, on everybody's clock.
        pipeline: what the display knows.
        slow: how many seconds it takes to describe all of that.
    """

    def __init__(
        self, path: Path, enricher: SendingEnricher, *hosts: SendingHost, at: float = START
    ) -> None:
        self.now = at
        self.slow = 0.0
        self.pipeline = _Described(self)
        self._enricher = enricher
        self._hosts = {host.sender.host: host for host in hosts}
        self._file = RecordingFile(path)

    def __enter__(self) -> Self:
        self._recorder = Recorder(Writer(self._file), self.pipeline, lambda: self.now)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._recorder.close()

    def join(self) -> Self:
        """Let the display ask for the state of all until it has it."""
        while not self.pipeline.complete:
            self._at(self.now + 0.1)
            self.mend()
        return self

    def mend(self) -> None:
        """Let the display ask for what it lacks, and get it."""
        for request in [*self.pipeline.requests()]:
            sender = self._hosts[request.host] if request.host else self._enricher
            for sent in sender.answers(request):
                self._take(sent, "answer")

    def wait(self, seconds: int, *hosts: str) -> None:
        """Let nothing but heartbeats come for so long, of all hosts or of some."""
        for _ in range(seconds):
            self._at(self.now + 1)
            for name in hosts or self._hosts:
                self.change(host=name)

    def change(
        self, *opened: Connection, gone: tuple[int, ...] = (), host: str | None = None
    ) -> None:
        """Let connections come and go now, on the first host or another."""
        sender = self._hosts[host or next(iter(self._hosts))]
        self._take(sender.publish(delta(self.now, *opened, gone=gone)), "stream")

    def tell(self, *facts: Fact) -> None:
        """Let the enricher tell facts now."""
        self._take(self._enricher.publish(*facts), "stream")

    def lose(self, *opened: Connection) -> None:
        """Let connections come of which the display does not hear."""
        next(iter(self._hosts.values())).publish(delta(self.now, *opened))

    def _at(self, now: float) -> None:
        self.now = now
        for sender in (self._enricher, *self._hosts.values()):
            sender.now = now

    def _take(self, sent: Sent, channel: str) -> None:
        header, body = sent
        take = self.pipeline.answer if channel == "answer" else self.pipeline.hear
        take(header, body)
        topic = wire.topic(header.host, header.kind)
        self._recorder.hear(channel, [topic, codec.encode_header(header), body])


class _Described(Pipeline):
    """A pipeline so large that it takes time to look at all of it."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(lambda: studio.now)
        self._studio = studio

    def places(self) -> dict[str, Place | None]:
        """Return what was applied of each stream, and let time pass."""
        self._studio.now += self._studio.slow
        return super().places()
