"""What the service needs from anything that can see sockets.

Today two sources poll: `netlink` (Linux) and `psutil` (everywhere). A source that is told of
socket events as they happen fits in here as well: it hears them in `drain`, and `sample`
returns the table that it keeps.
"""

from typing import NamedTuple, Protocol

from connmon_shared.messages import Connection


class Sample(NamedTuple):
    """All sockets at one moment, and those that came and went since the moment before."""

    connections: dict[int, Connection]  # by id
    passed: list[Connection]  # opened and closed in between; their ids never come again


class Source(Protocol):
    """Something that can see the host's sockets."""

    @property
    def name(self) -> str:
        """What it is called in the status."""

    @property
    def limits(self) -> tuple[str, ...]:
        """Sentences for people: what it cannot see by its nature."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences for people: what is wrong here and now, and the remedy if there is one."""

    def sample(self) -> Sample:
        """Return what is there now.

        Raises:
            OSError: the system does not answer any more.
        """

    def drain(self) -> None:
        """Take in what the system told meanwhile, before its buffers overflow.

        Cheap, and called several times a second between samples.
        """

    def close(self) -> None:
        """Give back whatever is held open."""


class SourceUnavailableError(Exception):
    """A source cannot work on this host; the text says why."""
