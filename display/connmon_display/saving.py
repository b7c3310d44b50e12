"""Saving what a view has seen: where to, when, and what to say about it."""

from pathlib import Path

from connmon_display.export.formats import FORMATS, format_of, writer
from connmon_display.export.frequent import file_name, frequent
from connmon_display.export.material import Material, Watched, local_time
from connmon_display.export.writing import write_lines
from connmon_display.filters.rows import RowFilter
from connmon_display.following.source import Source
from connmon_display.options import Options
from connmon_display.words.units import size as size_of

_LARGE = 10_000_000  # bytes of a report of which the size is said first
_NOTHING = "nothing was observed, so nothing is saved"


class Saver:
    """Writes the exports of one view."""

    def __init__(self, client: Source, row_filter: RowFilter, options: Options) -> None:
        self._client = client
        self._filter = row_filter
        self._options = options

    def timeline(self) -> str:
        """Write the timeline to `--output`, or to a new file here, and say where it is.

        Raises:
            OSError: it cannot be written.
        """
        if not self._anything:
            return _NOTHING
        material = self._material()
        form, path = self._format, self._options.output
        if path is None:
            stamp = local_time(self._client.now(), "%Y%m%d_%H%M%S")
            path = Path(f"connection_timeline_{stamp}{FORMATS[form].suffixes[0]}")
        size = write_lines(path, writer(form).lines(material))
        return f"saved the timeline to {path} ({size_of(size)})"

    def frequent(self, percent: float) -> str:
        """Write the list of addresses active for `percent` of the time, and say where it is.

        Raises:
            OSError: it cannot be written.
        """
        material = self._material()
        path = Path(file_name(percent, self._client.now()))
        write_lines(path, frequent(material, percent))
        count = sum(1 for line in material.remotes if line.share >= percent)
        return f"saved {count} frequent addresses to {path}"

    def expected(self) -> str:
        """Return about how large the report will be, empty if that is nothing to think about."""
        size = writer(self._format).size(self._material())
        return f"about {size_of(size)}" if size >= _LARGE else ""

    def at_end(self, *, timeline: bool, percent: float | None) -> list[str]:
        """Write what is to be written when the view ends, and say what was.

        Raises:
            OSError: something cannot be written.
        """
        wanted = timeline or percent is not None or self._options.threshold is not None
        if not self._anything:
            return [_NOTHING] if wanted or self._options.output is not None else []
        said = []
        if timeline or self._options.output is not None:
            said.append(self.timeline())
        percent = self._options.threshold if percent is None else percent
        if percent is not None:
            said.append(self.frequent(percent))
        return said

    @property
    def _format(self) -> str:
        return format_of(self._options.output, self._options.format)

    @property
    def _anything(self) -> bool:
        return any(host.history.started for host in self._client.pipeline.hosts.values())

    def _material(self) -> Material:
        hosts = self._client.pipeline.hosts.values()
        return Material(
            hosts=tuple(
                Watched(host.host, host.history, self._client.axis.base(host))
                for host in hosts
                if host.history.started
            ),
            facts=self._client.facts,
            row_filter=self._filter,
            unit=self._options.unit,
            features=self._client.features,
        )
