"""Where the user's geo files lie: which directories are searched, and which file is taken."""

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from connmon_enricher.geo.kinds import Kind

#: DB-IP's names, packed or not; MaxMind's and IPinfo's of MMDB files.
_NAMES = (
    r"(dbip-{kind}(-lite)?(-(?P<month>\d{{4}}-\d{{2}}))?\.((?P<csv>csv)|mmdb)"
    r"|(geolite2-{kind}|geoip2-{kind}|{kind}|country_asn|ipinfo_lite)\.mmdb)(?P<gz>\.gz)?"
)
_SYSTEM_DIRECTORIES = tuple(
    map(Path, ("/usr/share/GeoIP", "/usr/local/share/GeoIP", "/var/lib/GeoIP"))
)


class Search(NamedTuple):
    """The outcome of a search."""

    found: Path | None
    looked: tuple[str, ...]  # each place, with the reason where one could not be read


def places(option: Path | None, environ: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """Return where to look, in this order; `option` may also be a file."""
    data = environ.get("XDG_DATA_HOME") or str(home / ".local/share")
    return (
        *((option,) if option else ()),
        Path(data) / "connmon/geo",
        home / ".local/share/GeoIP",
        *_SYSTEM_DIRECTORIES,
    )


def complaint_about(option: Path) -> str:
    """Return what is wrong with the user's `option`, empty if it can be looked into."""
    try:
        option.stat()
    except OSError as error:
        return f"--geo-path {option}: {error.strerror}"
    return ""


def search(kind: Kind, where: tuple[Path, ...]) -> Search:
    """Look for the file of `kind` in each place of `where`, until there is one."""
    looked: list[str] = []
    for place in where:
        try:
            found = _in_place(kind, place)
        except OSError as error:
            looked.append(f"{place} ({error.strerror})")
            continue
        looked.append(str(place))
        if found:
            return Search(found, tuple(looked))
    return Search(None, tuple(looked))


def _in_place(kind: Kind, place: Path) -> Path | None:
    if place.is_dir():
        return _newest(kind, place)
    return place if place.exists() and _serves(place, kind) else None


def _serves(file: Path, kind: Kind) -> bool:
    """Return whether a file that the user named is for `kind`: its name does not deny it."""
    named = {other for other in Kind if other in file.name.lower()}
    return kind in named or not named


def _newest(kind: Kind, directory: Path) -> Path | None:
    """Return the newest file; of one month the one without a date, then CSV, then the unpacked."""
    pattern = re.compile(_NAMES.format(kind=kind), re.IGNORECASE)
    candidates = [
        (
            match["month"] or _month_of(file),
            match["month"] is None,
            match["csv"] is not None,
            match["gz"] is None,
            file,
        )
        for file in directory.iterdir()
        if (match := pattern.fullmatch(file.name))
    ]
    return max(candidates)[-1] if candidates else None


def _month_of(file: Path) -> str:
    """Return the month in which `file` was written, as file names have it."""
    return time.strftime("%Y-%m", time.gmtime(file.lstat().st_mtime))
