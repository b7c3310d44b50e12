"""How many files and sockets a process may have open."""

import sys

if sys.platform != "win32":
    import resource
    from contextlib import suppress

    def allow_descriptors() -> None:
        """Allow ourselves as many as we may have: each peer, CPU or namespace takes some."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(OSError, ValueError):  # macOS names no end, and means less
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

else:

    def allow_descriptors() -> None:
        """Do nothing: Windows has no such limit."""
