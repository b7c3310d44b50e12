"""Hosts with keys, for the tests of what crosses from one to another."""

from collections.abc import Iterable
from pathlib import Path

from connmon_shared import keys
from connmon_shared.allowed import place


class Host:
    """The keys of one host, in a directory of their own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.own = keys.create(directory)
        self.allow([])

    def allow(self, others: Iterable["Host"]) -> None:
        """Allow these and nobody else."""
        lines = "".join(f"{other.own.public}\n" for other in others)
        new = self.directory / "new"
        new.write_text(lines)
        new.chmod(0o600)
        new.replace(place(self.directory))
