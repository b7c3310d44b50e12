"""Saving what a view has seen: where to, when, and what to say about it."""

import math
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NamedTuple

from connmon_display.export.formats import format_of, writer
from connmon_display.export.frequent import frequent
from connmon_display.export.job import Job
from connmon_display.export.material import Material
from connmon_display.export.naming import frequent_file, timeline_file
from connmon_display.export.row import Watched
from connmon_display.filters.rows import RowFilter
from connmon_display.following.source import Source
from connmon_display.options import Options
from connmon_display.steps import at_once
from connmon_display.words.units import size as size_of
from connmon_shared.stage.progress import Progress

LARGE = 50_000_000  # bytes of which the size is said first
NOTHING = "nothing was observed, so nothing is saved"
_SLICE_SECONDS = 0.1  # between two drawings of how far it is


#: Returns where else a file may go that cannot be written, or raises the error: nowhere.
Another = Callable[[OSError], Path]


class Destination(NamedTuple):
    """Where a timeline is saved, and how."""

    path: Path
    form: str  # the name of the format
    others: Iterator[Path] | None = None  # other names, if nobody has given this one


def nowhere_else(error: OSError) -> Path:
    """Give up: nobody is there who knows another place."""
    raise error


class Saver:
    """Writes the exports of one view."""

    def __init__(self, client: Source, row_filter: RowFilter, options: Options) -> None:
        self._client = client
        self._filter = row_filter
        self._options = options

    @property
    def anything(self) -> bool:
        """Whether anything was observed."""
        return any(host.history.started for host in self._client.pipeline.hosts.values())

    def frequent(self, percent: float, another: Another = nowhere_else) -> str:
        """Write the list of addresses active for `percent` of the time, and say where it is.

        Raises:
            OSError: it cannot be written.
        """
        material = self._material()
        count = sum(1 for row in material.figures.remotes if row.share >= percent)

        def write(path: Path, others: Iterator[Path] | None) -> str:
            job = Job(path, frequent(material, percent), 0, others=others)
            job.work(math.inf)
            return f"saved {count:,} frequent addresses to {job.path}"

        return _somewhere(write, *frequent_file(percent, self._client.now()), another)

    def expected(self) -> str:
        """Return about how large the file will be, empty if that is nothing to think about."""
        return at_once(self.expecting())

    def expecting(self) -> Generator[None, None, str]:
        """Find that out in steps."""
        material = self._material()
        yield from material.count()
        size = yield from writer(self._form).sizing(material)
        return f"about {size_of(size)}" if size >= LARGE else ""

    def at_end(
        self,
        percent: float | None = None,
        *,
        timeline: bool = False,
        another: Another = nowhere_else,
    ) -> list[str]:
        """Write what is to be written when the view ends, and say what was.

        Raises:
            OSError: something cannot be written.
        """
        said = []
        wanted = timeline or percent is not None or self._options.threshold is not None
        if not self.anything:
            return [NOTHING] if wanted or self._options.output is not None else []
        if timeline or self._options.output is not None:
            path, _, others = self.destination()
            said.append(self.whole(path, another, others))
        percent = self._options.threshold if percent is None else percent
        if percent is not None:
            said.append(self.frequent(percent, another))
        return said

    def whole(
        self,
        path: Path,
        another: Another = nowhere_else,
        others: Iterator[Path] | None = None,
    ) -> str:
        """Write the timeline to `path`, show on a terminal how far it is, and return what to say.

        Args:
            path: where it goes.
            another: tells where else if that cannot be.
            others: other names for `path`, if nobody has given this one.

        Raises:
            OSError: it cannot be written.
        """

        def write(path: Path, others: Iterator[Path] | None) -> str:
            destination = Destination(path, format_of(path, self._options.format), others)
            return finished(at_once(self.begin(destination)))

        return _somewhere(write, path, others, another)

    def begin(self, destination: Destination) -> Generator[None, None, Job]:
        """Return, in steps, what writes all that was seen when they began to `destination`."""
        material, form = self._material(), writer(destination.form)
        yield from material.count()
        size = yield from form.sizing(material)
        return Job(destination.path, form.lines(material), size, others=destination.others)

    def destination(self) -> Destination:
        """Return where the timeline is saved: `--output`, or a new file here."""
        if self._options.output is not None:
            return Destination(self._options.output, self._form)
        path, others = timeline_file(self._form, self._client.now())
        return Destination(path, self._form, others)

    @property
    def _form(self) -> str:
        return format_of(self._options.output, self._options.format)

    def _material(self) -> Material:
        """Return all that was seen until now; what comes while it is written is none of it."""
        hosts = sorted(self._client.pipeline.hosts.values(), key=lambda each: each.host)
        return Material(
            hosts=tuple(
                Watched(
                    host.host,
                    host.history.copy(),
                    self._client.axis.base(host),
                    host.details.copy(),
                    host.ages.copy(),
                )
                for host in hosts
                if host.history.started
            ),
            facts=self._client.facts.copy(),
            row_filter=self._filter.frozen(),
            unit=self._options.unit,
            features=self._client.features,
        )


def _somewhere(
    write: Callable[[Path, Iterator[Path] | None], str],
    path: Path,
    others: Iterator[Path] | None,
    another: Another,
) -> str:
    """Let `write` write to `path`, or to `another` as long as that fails; return what it says."""
    while True:
        try:
            return write(path, others)
        except OSError as error:
            path, others = another(error), None


def finished(job: Job) -> str:
    """Write all of it, show on a terminal how far it is, and return what to say."""
    try:
        with Progress(f"saving {job.path}", size_of) as progress:
            while not job.work(_SLICE_SECONDS):
                progress(job.written, job.expected)
    except KeyboardInterrupt:
        job.stop()
        raise
    return saved(job)


def saved(job: Job) -> str:
    """Return what to say of a file that is written."""
    return f"saved the timeline to {job.path} ({size_of(job.written)})"
