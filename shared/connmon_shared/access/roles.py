"""What who comes in from another host is there for. Each role has a list of its own."""

from enum import StrEnum


class Role(StrEnum):
    """The value is the ZAP domain (ZeroMQ RFC 27) of the sockets that it comes in at."""

    VIEWER = "viewer"
    COLLECTOR = "collector"

    @property
    def listing(self) -> str:
        """The name of the file with the keys that are allowed."""
        return f"{self}s"

    @property
    def service(self) -> str:
        """The command line that lets it in, for people."""
        return "connmon --listen" if self is Role.VIEWER else "connmon --listen-collectors"

    def allowing(self, key: str) -> str:
        """Return the command that allows `key`, which is quoted already."""
        return f"connmon keys allow {'--collector ' if self is Role.COLLECTOR else ''}{key}"
