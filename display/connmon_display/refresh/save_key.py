"""What `w` does: it begins to save, confirms what is large, or stops it. The screen goes on."""

from typing import NamedTuple

from connmon_display.export.job import Job
from connmon_display.saving import LARGE, NOTHING, Destination, Saver, finished, saved
from connmon_display.words.units import size as size_of
from connmon_shared.stage.clock import Monotonic, boottime

_SLICE_SECONDS = 0.01  # of work at a time: a key waits for no more
_PATIENCE = 15.0  # seconds in which a second `w` means what the first one asked


class _Told(NamedTuple):
    """A file whose size we told."""

    destination: Destination
    until: float  # when another `w` no longer means this one


class SaveKey:
    """The key, and the file that it has begun.

    Args:
        saver: of the view.
        now: a monotonic clock.
    """

    def __init__(self, saver: Saver, now: Monotonic = boottime) -> None:
        self._saver = saver
        self._now = now
        self._job: Job | None = None
        self._told: _Told | None = None
        self._given_up: list[str] = []  # what to say of it at the end

    @property
    def busy(self) -> bool:
        """Whether `work` has something to do."""
        return self._job is not None

    def press(self) -> str:
        """Begin to save the timeline, and return what to say; again: confirm it, or stop it."""
        if self._job is not None:
            return self._stop(self._job)
        if not self._saver.anything:
            return NOTHING
        told = self._told if self._told and self._now() <= self._told.until else None
        destination = told.destination if told else self._saver.destination()
        job, self._told = self._saver.begin(destination), None
        if job.expected >= LARGE and not told:
            self._told = _Told(destination, self._now() + _PATIENCE)
            return f"{job.path} will be about {size_of(job.expected)}: w again saves it"
        self._job = job
        return job.words

    def work(self) -> str:
        """Go on with what is being saved, for a moment, and return what to say; empty: nothing.

        Raises:
            OSError: it cannot be written.
        """
        if self._job is None:
            return ""
        job, self._job = self._job, None
        if job.work(_SLICE_SECONDS):
            return saved(job)
        self._job = job
        return f"{job.words}; w stops it"

    def give_up(self) -> None:
        """Save no more of what is being saved; `finish` says so."""
        if self._job is not None:
            self._given_up = [self._stop(self._job)]

    def finish(self) -> list[str]:
        """Save the rest of what is being saved, and return what to say.

        Raises:
            OSError: it cannot be written.
        """
        return self._given_up if self._job is None else [finished(self._job)]

    def _stop(self, job: Job) -> str:
        job.stop()
        self._job = None
        return f"stopped: {job.path} is not saved"
