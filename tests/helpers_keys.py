"""Hosts with keys, for the tests of what crosses from one to another."""

import random
from collections.abc import Iterable
from pathlib import Path

from connmon_shared.access import keys
from connmon_shared.access.allowed import place
from connmon_shared.access.remote import REMOTE_PORT, TcpEndpoint
from connmon_shared.access.roles import Role


class Host:
    """The keys of one host, in a directory of their own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.env = {keys.ENVIRONMENT: str(directory)}
        self.own = keys.create(directory)
        self.allow([])

    def allow(self, others: Iterable["Host"], role: Role = Role.VIEWER) -> None:
        """Allow these as `role` and nobody else."""
        lines = "".join(f"{other.own.public}\n" for other in others)
        new = self.directory / "new"
        new.write_text(lines)
        new.chmod(0o600)
        new.replace(place(self.directory, role))


def loopback_endpoint() -> TcpEndpoint:
    """Return an endpoint at a loopback address that only this test uses."""
    octets = random.randrange(1, 255), random.randrange(255)  # noqa: S311 - a name
    return TcpEndpoint("127.{}.{}.1".format(*octets), REMOTE_PORT)
