"""`connmon geo`: the enricher's own program, which this process becomes."""

import os
import sys
from typing import NoReturn

_MODULE = "connmon_enricher.geo"


def main(arguments: list[str]) -> NoReturn:
    """Run it in our place: so signals, terminal and exit code are its own."""
    os.execv(sys.executable, [sys.executable, "-I", "-m", _MODULE, *arguments])  # noqa: S606
