"""What this process is allowed to have."""

import contextlib
import sys

if sys.platform != "win32":
    import resource

    def allow_descriptors() -> None:
        """Allow ourselves as many descriptors as we may have: each CPU and namespace takes some."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(OSError, ValueError):  # macOS names no end, and means less
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

else:

    def allow_descriptors() -> None:
        """Do nothing: Windows has no such limit."""
