"""The addresses that were active for much of the time, as a list that --filter-file reads."""

from collections.abc import Iterator

from connmon_display.export.material import Material, local_time


def frequent(material: Material, percent: float) -> Iterator[str]:
    """Yield the lines of the list: remote addresses active for at least `percent` of the time."""
    coverage = material.history.coverage
    yield f"# addresses active for at least {percent:g} % of the observed time"
    yield f"# from {material.moment(coverage.begin)} to {material.moment(coverage.end)}"
    ranked = sorted(material.remotes, key=material.active, reverse=True)
    for track in ranked:
        if material.share(track) >= percent:
            yield f"{track.peer!s:<39} # {material.share(track):5.1f} %"


def file_name(percent: float, now: float) -> str:
    """Return the name for a list made at the moment `now`."""
    return f"frequent_ips_{percent:g}pct_{local_time(now, '%Y%m%d_%H%M%S')}.txt"
