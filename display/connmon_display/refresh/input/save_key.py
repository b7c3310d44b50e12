"""What `w` does: it begins to save, confirms what is large, or stops it. The screen goes on."""

from typing import NamedTuple

from connmon_display.export.job import Job
from connmon_display.saving import (
    LARGE,
    NOTHING,
    Another,
    Destination,
    Saver,
    finished,
    nowhere_else,
    saved,
)
from connmon_display.steps import SLICE_SECONDS, Steps
from connmon_display.words.units import size as size_of
from connmon_shared.stage.clock import Monotonic, boottime

_PATIENCE = 15.0  # seconds in which a second `w` means what the first one asked
_READING = 1.0  # seconds until somebody has read what was asked


class _Told(NamedTuple):
    """A file whose size we told."""

    destination: Destination
    when: float


class _Begun(NamedTuple):
    """A file that is saved, once it is known how large it will be."""

    destination: Destination
    steps: Steps[Job]
    confirmed: bool  # whether it may be as large as it likes


class SaveKey:
    """The key, and the file that it has begun.

    Args:
        saver: of the view.
        now: a monotonic clock.
    """

    def __init__(self, saver: Saver, now: Monotonic = boottime) -> None:
        self._saver = saver
        self._now = now
        self._begun: _Begun | None = None
        self._job: Job | None = None
        self._told: _Told | None = None
        self._given_up: list[str] = []  # what to say of it at the end

    @property
    def busy(self) -> bool:
        """Whether `work` has something to do."""
        return self._begun is not None

    def press(self) -> str:
        """Begin to save the timeline, and return what to say; again: confirm it, or stop it."""
        if self._begun is not None:
            return self._stop(self._begun)
        if not self._saver.anything:
            return NOTHING
        told = self._asked(_PATIENCE)
        destination = told.destination if told else self._saver.destination()
        return self._measure(self._begin(destination, confirmed=bool(told)))

    def work(self) -> str:
        """Go on with what is being saved, for a moment, and return what to say; empty: nothing.

        Raises:
            OSError: it cannot be written.
        """
        if self._begun is None:
            return ""
        if self._job is None:
            return self._measure(self._begun)
        begun, job, self._begun, self._job = self._begun, self._job, None, None
        if job.work(SLICE_SECONDS):
            return saved(job)
        self._begun, self._job = begun, job
        return f"{job.words}; w stops it"

    def give_up(self) -> None:
        """Save no more of what is being saved, or was to be confirmed; `finish` says so."""
        begun = self._begun or self._asked(_PATIENCE)
        self._told = None
        if begun is not None:
            self._given_up = [self._stop(begun)]

    def withdraw(self) -> None:
        """Let nothing have to be confirmed: something else is asked."""
        self._told = None

    def finish(self, another: Another = nowhere_else) -> list[str]:
        """Save the rest of what is being saved, or all of it elsewhere, and return what to say.

        Nobody can confirm any more what turns out to be large: it is saved, and Ctrl-C stops it.

        Raises:
            OSError: it cannot be written.
        """
        if unread := self._asked(_READING):
            self._begin(unread.destination, confirmed=True)
        elif told := self._asked(_PATIENCE):
            return [f"{told.destination.path} is not saved: w again was to confirm it"]
        elif self._begun is not None:
            self._begun = self._begun._replace(confirmed=True)
        while self._begun is not None and self._job is None:
            self._measure(self._begun)
        if self._job is None:
            return self._given_up
        try:
            return [finished(self._job)]
        except OSError as error:
            return [self._saver.whole(another(error), another)]

    def _begin(self, destination: Destination, *, confirmed: bool) -> _Begun:
        steps = Steps(self._saver.begin(destination), self._now)
        self._begun, self._told = _Begun(destination, steps, confirmed), None
        return self._begun

    def _asked(self, seconds: float) -> _Told | None:
        """Return what was to be confirmed in the last `seconds`, if anything was."""
        return self._told if self._told and self._now() <= self._told.when + seconds else None

    def _measure(self, begun: _Begun) -> str:
        """Go on finding out how large the file will be, and return what to say."""
        self._begun = None  # if that fails, the end is not to try it again
        job = begun.steps.work()
        if job is not None and job.expected >= LARGE and not begun.confirmed:
            self._told = _Told(begun.destination, self._now())
            return f"{job.path} will be about {size_of(job.expected)}: w again saves it"
        self._begun, self._job = begun, job
        return job.words if job is not None else f"saving {begun.destination.path}"

    def _stop(self, begun: _Begun | _Told) -> str:
        if self._job is not None:
            self._job.stop()
        self._begun = self._job = None
        return f"stopped: {begun.destination.path} is not saved"
