"""A view that nobody sees: it watches for a while, saves what was seen, and ends."""

from connmon_display.filters.rows import RowFilter
from connmon_display.following.source import Source
from connmon_display.options import Options
from connmon_display.saving import Another, Saver, nowhere_else
from connmon_display.words.duration import short
from connmon_shared.stage.clock import Monotonic, boottime
from connmon_shared.stage.exits import Exit, by_signal
from connmon_shared.stage.loop import Loop
from connmon_shared.stage.progress import Progress

_TURN_SECONDS = 0.1  # between two looks at the clock
_PATIENCE = 20.0  # seconds until what is there by then must do


class Headless:
    """The view.

    Args:
        client: where what it watches comes from.
        loop: waits for that, and for signals.
        row_filter: which rows are saved.
        options: of the view; `span` seconds are watched from when all that is known is here.
        now: a monotonic clock.
    """

    def __init__(
        self,
        client: Source,
        loop: Loop,
        row_filter: RowFilter,
        options: Options,
        now: Monotonic = boottime,
    ) -> None:
        self._client = client
        self._loop = loop
        self._options = options
        self._saver = Saver(client, row_filter, options)
        self._now = now
        self._began: float | None = None  # by the clock of what is watched

    def run(self) -> int:
        """Watch until it is time to save, and return the exit code; 69: there is nothing."""
        until = self._now() + _PATIENCE
        with Progress("watching", short) as progress:
            while self._loop.stopping is None and not self._over:
                self._loop.wait(min(_TURN_SECONDS, self._client.patience))
                for _ in self._client.receive():
                    pass
                if self._began is None and (self._complete or self._now() > until):
                    if not self._saver.anything:
                        return Exit.UNAVAILABLE
                    self._began = self._client.pipeline.now()
                progress(self._watched, self._options.span)
        if self._loop.stopping:
            return by_signal(self._loop.stopping)
        return Exit.OK if self._saver.anything else Exit.UNAVAILABLE

    def finish(self, another: Another = nowhere_else) -> list[str]:
        """Save what was seen, and return what to tell the user.

        Raises:
            OSError: it cannot be written.
        """
        path = self._options.export
        wanted = path if self._saver.anything else None
        said = [self._saver.whole(wanted, another)] if wanted is not None else []
        return [*said, *self._saver.at_end(another=another)]

    @property
    def why(self) -> str:
        """Why there is nothing."""
        return self._client.trouble() or self._client.pipeline.waiting or "nothing was observed"

    @property
    def _complete(self) -> bool:
        """Whether all is here that was known before; of a recording more cannot be told."""
        pipeline = self._client.pipeline
        return pipeline.complete or (self._client.playback is not None and pipeline.live)

    @property
    def _watched(self) -> float:
        """For how many seconds it has watched."""
        return 0.0 if self._began is None else self._client.pipeline.now() - self._began

    @property
    def _over(self) -> bool:
        playback = self._client.playback
        if playback is not None and (playback.ended or not self._options.span):
            return playback.ended
        return self._began is not None and self._watched >= self._options.span
