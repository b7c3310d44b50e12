"""The addresses that were active for much of the time, as a list that --filter-file reads."""

from collections.abc import Iterator

from connmon_display.export.material import Material
from connmon_display.export.row import zoned


def frequent(material: Material, percent: float) -> Iterator[str]:
    """Yield the lines of the list: remote addresses active for at least `percent` of the time."""
    yield f"# addresses active for at least {percent:g} % of the observed time"
    yield f"# from {zoned(material.begin)} to {zoned(material.end)}"
    ranked = sorted(material.figures.remotes, key=lambda row: (-row.active, row.peer.place))
    for row in ranked:
        if row.share >= percent:
            yield f"{row.track.peer!s:<39} # {row.share:5.1f} %  {material.host(row)}".rstrip()
