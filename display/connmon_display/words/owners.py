"""Whose connections are: their processes, and these processes' users. Pure."""

from collections.abc import Iterator

from connmon_shared.messages import Connection, Process
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.rows import Track


def owners(track: Track) -> list[int]:
    """Return the processes of a row: all that hold a listening socket, else the newest one's."""
    rows = track.connections if track.peer.listening else ()
    newest = track.current
    pids = [newest.pid, *(pid for row in rows for pid in (row.pid, *row.holders))]
    return [pid for pid in dict.fromkeys(pids) if pid]


def process_of(row: Connection, details: Details) -> Process | None:
    """Return what is known of a row's process, unless its number is another's by now."""
    known = details.processes.get(row.pid)
    return known if known is not None and row.process in {"", known.name} else None


def user_of(row: Connection, process: Process | None) -> str:
    """Return the user of a row's process, by name or number."""
    uid = process.uid if process is not None and process.uid >= 0 else row.uid
    name = process.user if process is not None else ""
    return name or (f"uid {uid}" if uid >= 0 else "")


def pids_of(track: Track) -> tuple[int, ...]:
    """Return the processes that have a row's connections open, or else had the last one."""
    return tuple({pid: None for row in _told(track) for pid in (row.pid, *row.holders) if pid})


def users_of(track: Track, details: Details) -> tuple[str, ...]:
    """Return the users of these processes, each by its number, and by its name if that is known."""
    return tuple({word: None for row in _told(track) for word in _users(row, details)})


def _told(track: Track) -> tuple[Connection, ...]:
    return (*track.connections,) or (track.current,)


def _users(row: Connection, details: Details) -> Iterator[str]:
    process = process_of(row, details)
    holders = (details.processes.get(pid) for pid in row.holders)
    known = [each for each in (process, *holders) if each is not None and each.uid >= 0]
    for each in known:
        yield from filter(None, (str(each.uid), each.user))
    if process not in known and row.uid >= 0:
        yield str(row.uid)
