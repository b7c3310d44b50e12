"""Whether a descriptor takes something without keeping us waiting."""

import sys

if sys.platform == "win32":

    def has_room(_descriptor: int, _seconds: float = 0.0) -> bool:
        """Return True: nobody can tell."""
        return True

else:
    import select

    def has_room(descriptor: int, seconds: float = 0.0) -> bool:
        """Return whether, within so many seconds, a small piece can be written, or never again."""
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        return bool(poll.poll(seconds * 1_000))
