"""The addresses that were active for much of the time, as a list that --filter-file reads."""

from collections.abc import Iterator

from connmon_display.export.line import zoned
from connmon_display.export.material import Material


def frequent(material: Material, percent: float) -> Iterator[str]:
    """Yield the lines of the list: remote addresses active for at least `percent` of the time."""
    yield f"# addresses active for at least {percent:g} % of the observed time"
    yield f"# from {zoned(material.begin)} to {zoned(material.end)}"
    ranked = sorted(material.figures.remotes, key=lambda line: line.active, reverse=True)
    for line in ranked:
        if line.share >= percent:
            yield f"{line.track.peer!s:<39} # {line.share:5.1f} %  {material.host(line)}".rstrip()
