"""What the program that connmon succeeds gets wrong, point by point (design: "The viewer").

One real run is recorded for most of them: a pipeline with the scroll view and an export, while
this process opens and closes connections on loopback.
"""

import itertools
import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import connection, delta, keyframe, listener, wait_until
from helpers_processes import BIN, Loopback, Program, short_directory, stage
from names_server import NameServer, ptr, wait_for_answers
from terminal_helpers import Terminal, pipeline, program
from terminal_helpers import connection as shown_connection

from connmon_collector.grid import Grid
from connmon_enricher.names.cache import CACHE_ENTRIES, Cache, Entry
from connmon_enricher.names.resolver import Resolver
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Lookup
from connmon_shared.timelines.history import History, What
from connmon_shared.timelines.states import CLOSED, State
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

pytestmark = pytest.mark.xdist_group("predecessor")  # one recording for all

UNIT = 0.1  # seconds of one character
START = 1_700_000_000.0
REMOTE = Peer(parse("198.51.100.7"))
_ROW = re.compile(r"^(\S+) +([▲■×○· ]+)$")
_FREQUENT_PERCENT = 60


@dataclass(frozen=True)
class Recording:
    """What a run has left behind."""

    early: Loopback  # connected all the time
    late: Loopback  # connected twice at once, left, returned, left
    log: list[str]
    rows: dict[str, str]  # of the export
    frequent: list[str]
    lingering: bool  # the kernel still held a TIME_WAIT when the close was logged

    def times(self, word: str, subject: str) -> list[float]:
        """Return the moments of the log's lines about `subject`."""
        pattern = re.compile(rf"\[([\d.]+)\] {word} → {re.escape(subject)} ")
        return [float(found[1]) for line in self.log if (found := pattern.match(line))]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    place = tmp_path_factory.mktemp("record")
    options = ["--scroll", "--show-loopback", "--no-sudo", "--ts=epoch", f"-t={UNIT}"]
    options += [f"--output={place / 'timeline.txt'}", f"--save-threshold={_FREQUENT_PERCENT}"]
    with short_directory() as directory, Loopback() as early:
        early.connect()
        command = [str(BIN / "connmon"), *options, f"--runtime-dir={directory}"]
        with Program(*command, cwd=place) as run:
            run.line(rf"ACTIVE → {re.escape(early.server)} ")
            run.line("Status: ")
            late = Loopback()
            lingering = _play(run, late)
            run.process.send_signal(signal.SIGTERM)
            assert run.ended() == 143
            log = run.seen
            late.close()
    report = (place / "timeline.txt").read_text("utf-8")
    [listed] = place.glob("frequent_ips_*.txt")
    frequent = [
        line.split()[0] for line in listed.read_text("utf-8").splitlines() if line[0] != "#"
    ]
    return Recording(early, late, log, _rows(report), frequent, lingering)


def _rows(report: str) -> dict[str, str]:
    return {found[1]: found[2] for line in report.splitlines() if (found := _ROW.match(line))}


def _play(run: Program, late: Loopback) -> bool:
    remote = re.escape(late.server)
    run.line(rf"LISTEN → {remote}:{late.port} ")
    run.line("Status: ")
    late.connect()
    begin = _stamp(run.line(rf"NEW → {remote} "))
    _a_unit_later(begin)
    late.connect()
    run.line(rf"NEW → {remote} ")
    late.disconnect()
    run.line(rf"CLOSED → {remote} ")
    run.line(rf"CLOSED → {remote} ")
    lingering = _time_wait(late.port)
    _a_unit_later(time.time())
    late.connect()
    run.line(rf"NEW → {remote} ")
    late.disconnect()
    end = _stamp(run.line(rf"CLOSED → {remote} "))
    while _stamp(run.line("Status: ")) < end + (end - begin):  # it was there half the time at most
        pass
    return lingering


def _stamp(line: str) -> float:
    return float(line[1 : line.index("]")])


def _a_unit_later(moment: float) -> None:
    wait_until(lambda: time.time() > moment + 2 * UNIT)


def _time_wait(port: int) -> bool:
    lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    remotes = [(fields[2], int(fields[3], 16)) for fields in map(str.split, lines)]
    return any(end.endswith(f":{port:04X}") and state == State.TIME_WAIT for end, state in remotes)


def test_01_a_late_address_is_new_at_its_birth_and_not_in_the_first_column(
    recording: Recording,
) -> None:
    row = recording.rows[recording.late.server]
    [listening] = recording.times("LISTEN", f"{recording.late.server}:{recording.late.port}")
    birth = recording.times("NEW", recording.late.server)[0]
    assert row.startswith("··········")
    listener_row = recording.rows[f"{recording.late.server}:{recording.late.port}"]
    apart = row.index("▲") - listener_row.index("○")
    assert apart == pytest.approx((birth - listening) / UNIT, abs=1.01)


def test_02_exports_are_padded_so_columns_are_moments_and_shares_are_true(
    recording: Recording,
) -> None:
    lengths = {len(row) for row in recording.rows.values()}
    assert len(lengths) == 1
    assert recording.early.server in recording.frequent
    assert recording.late.server not in recording.frequent


def test_03_listening_sockets_are_shown(recording: Recording) -> None:
    row = recording.rows[f"{recording.late.server}:{recording.late.port}"]
    assert re.fullmatch(r"·+○+·*", row.replace(" ", ""))


def test_04_what_the_kernel_keeps_after_the_end_is_not_active(recording: Recording) -> None:
    assert recording.lingering, "a TIME_WAIT was there while the row was closed"
    assert recording.rows[recording.late.server].endswith("·")
    history = History()
    for state in CLOSED:
        history.keyframe(keyframe(START, connection(state)))
        [event] = history.delta(delta(START + 1, connection(state, state=state)))
        assert event.what is What.CLOSED
    history.delta(delta(START + 2, connection(99, state=State.SYN_SENT)))
    [failed] = history.delta(delta(START + 3, gone=[99]))
    assert failed.what is What.FAILED


def test_05_a_second_connection_is_new_as_well(recording: Recording) -> None:
    row = recording.rows[recording.late.server]
    assert re.search(r"▲■*▲", row), "opened again while the first was open"
    assert len(recording.times("NEW", recording.late.server)) == 3


def test_06_what_lives_at_the_start_is_active_and_not_new(recording: Recording) -> None:
    row = recording.rows[recording.early.server]
    assert row.startswith("■")
    assert "▲" not in row
    assert recording.times("NEW", recording.early.server) == []
    assert len(recording.times("ACTIVE", recording.early.server)) == 1


def test_07_the_log_tells_of_closes_and_returns(recording: Recording) -> None:
    remote = recording.late.server
    assert len(recording.times("NEW", remote)) == len(recording.times("CLOSED", remote)) == 3


def test_08_a_failure_is_a_blank_and_never_looks_like_the_end_of_everything(
    tmp_path: Path,
) -> None:
    output = tmp_path / "timeline.txt"
    options = ("--scroll", "--show-loopback", "--no-sudo", "-q", f"-t={UNIT}", "-o", output)
    with short_directory() as directory, Loopback() as peer:
        peer.connect()
        with Program(BIN / "connmon", *options, f"--runtime-dir={directory}") as run:
            run.line(rf"ACTIVE → {re.escape(peer.server)} ")
            collector = stage(run, "connmon_collector")
            os.kill(collector, signal.SIGSTOP)  # it is started again too soon to be missed
            run.line("GAP → no heartbeat")
            time.sleep(10 * UNIT)  # what must be blank
            os.kill(collector, signal.SIGKILL)
            run.line("GAP → not observed")
            peer.connect()
            run.line(rf"NEW → {re.escape(peer.server)} ")
            run.process.send_signal(signal.SIGTERM)
            assert run.ended() == 143
            assert not any("CLOSED" in line and peer.server in line for line in run.seen)
    row = _rows(output.read_text("utf-8"))[peer.server]
    assert re.fullmatch(r"■+ {10,}■*▲■*", row)


def test_09_columns_do_not_drift_and_a_stall_leaves_a_mark() -> None:
    grid, interval, work = Grid(UNIT), UNIT, 0.037
    now = START + 0.01
    slots = []
    for _ in range(10_000):
        slots.append(grid.take(now))
        now += work
        now += grid.left(now)
    assert slots[-1].begin == pytest.approx(START + 9_999 * interval, abs=1e-3)
    assert all(a.end == b.begin for a, b in itertools.pairwise(slots))
    stalled = grid.take(now + 50 * interval)
    assert stalled.begin - slots[-1].end == pytest.approx(50 * interval, abs=interval)
    history = History()
    history.keyframe(keyframe(START, connection(1)))
    history.delta(delta(START + 5))  # four seconds late
    marks = history.tracks[REMOTE].timeline.marks(0, TICKS_PER_SECOND, 6)
    assert list(history.coverage.mask(marks, 0, TICKS_PER_SECOND)) == [3, 0, 0, 0, 0, 3]


def test_10_looking_names_up_takes_no_threads_and_a_bounded_cache() -> None:
    addresses = [parse(f"8.8.{i >> 8}.{i & 255}") for i in range(1, 501)]
    with NameServer(lambda text: ptr(f"{text.replace('.', '-')}.example")) as server:
        resolver = Resolver(server.address)
        try:
            resolver.request(parse("9.9.9.9"))
            assert len(wait_for_answers(resolver, 1)) == 1
            threads = _threads()
            for address in addresses:
                resolver.request(address)
            assert _threads() == threads
            assert len(wait_for_answers(resolver, len(addresses), 30)) == len(addresses)
            assert _threads() == threads
        finally:
            resolver.close()
    cache = Cache()
    for number in range(CACHE_ENTRIES + 1_000):
        cache.put(number.to_bytes(4), Entry(Lookup.RESOLVED, "host.example", 0.0))
    assert len(cache) == CACHE_ENTRIES


def _threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def test_11_drawing_starts_no_process() -> None:
    with (
        pipeline() as (directory, collector),
        Terminal(program("connmon-display", directory)) as terminal,
    ):
        collector.has(shown_connection(1))
        terminal.until("192.0.2.1 ")
        before = _started_by(terminal.process.pid)
        guard = _children(terminal.process.pid)  # waits for our end, as long as we have the screen
        assert len(guard.split()) == 1
        for number in range(2, 22):
            collector.opens(shown_connection(number, f"192.0.2.{number}"))
            frames = _frames(terminal)
            terminal.until(lambda frames=frames: _frames(terminal) > frames)  # type: ignore[misc]
            assert _children(terminal.process.pid) == guard
        assert _started_by(terminal.process.pid) == before
        assert b"\x1b[2J" not in bytes(terminal.raw).partition(b"192.0.2.1 ")[2], "nothing cleared"
        terminal.press("q")
        assert terminal.end() == 0


def _frames(terminal: Terminal) -> int:
    return bytes(terminal.raw).count(b"\x1b[?2026l")


def _children(pid: int) -> str:
    return "".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))


def _started_by(pid: int) -> list[str]:
    """Return what children that have ended cost: page faults and time (proc_pid_stat(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return [fields[8], fields[10], fields[13], fields[14]]  # cminflt cmajflt cutime cstime


def test_12_an_export_has_no_extra_column_and_colours_stay_on_after_saving(
    recording: Recording, tmp_path: Path
) -> None:
    listening = f"{recording.late.server}:{recording.late.port}"  # other rows are not ours
    ours = (recording.early.server, recording.late.server, listening)
    assert [recording.rows[row][-1] for row in ours] == ["■", "·", "○"], "as it was at the end"
    with (
        pipeline() as (directory, collector),
        Terminal(program("connmon-display", directory), cwd=tmp_path) as terminal,
    ):
        collector.has(shown_connection(1), listener(2))
        terminal.until("192.0.2.1 ")
        terminal.press("w")
        terminal.until("saved the timeline to ")
        [saved] = tmp_path.glob("connection_timeline_*.txt")
        before = len(terminal.raw)
        collector.opens(shown_connection(3, "192.0.2.3"))
        terminal.until("192.0.2.3 ")
        assert b";38;5;40m" in bytes(terminal.raw[before:]), "▲ is still green"
        terminal.press("q")
        assert terminal.end() == 0
    assert "192.0.2.1 " in saved.read_text("utf-8")
