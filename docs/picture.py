"""Makes the picture in the README: the real enricher and display, fed with an invented session.

    .venv/bin/python docs/picture.py docs/screen.png

Needs DejaVu Sans Mono (Debian: fonts-dejavu-core).
"""

import fcntl
import os
import pty
import random
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pyte
import zmq
from PIL import Image, ImageDraw, ImageFont

from connmon_shared import endpoints, sockets, wire
from connmon_shared.messages import Connection, Delta, Direction, Keyframe, Message, Status
from connmon_shared.stage.runtime import Runtime
from connmon_shared.timelines.states import State

COLUMNS, LINES = 140, 20
SECONDS = 60  # of history in the picture
QUIET = 0.3  # seconds without output: a frame is whole
DEADLINE = 20  # seconds for everything to come up
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")
FONT_SIZE = 15
MARGIN = 14
BACKGROUND, FOREGROUND = "#14161b", "#d7dae0"
NAMED_COLORS = {"blue": "#3a6fd8", "white": "#ffffff", "default": FOREGROUND}
#: remote address, port, process, country, AS number, holder, open and pause in seconds
PEERS = (
    ("104.16.132.229", 443, "firefox", "US", 13335, "Cloudflare, Inc.", 14, 9),
    ("140.82.121.4", 22, "ssh", "US", 36459, "GitHub, Inc.", 4, 17),
    ("142.250.185.78", 443, "firefox", "US", 15169, "Google LLC", 25, 6),
    ("116.203.91.91", 443, "restic", "DE", 24940, "Hetzner Online GmbH", 60, 5),
    ("51.38.68.16", 993, "thunderbird", "FR", 16276, "OVH SAS", 90, 1),
    ("151.101.1.69", 443, "curl", "US", 54113, "Fastly, Inc.", 1, 6),
    ("2606:4700:10::6816:2a66", 443, "firefox", "US", 13335, "Cloudflare, Inc.", 9, 12),
    ("192.168.1.20", 22, "sshd", "", 0, "", 120, 1),
    ("192.168.1.31", 5432, "postgres", "", 0, "", 3, 3),
    ("202.232.125.12", 123, "chronyd", "JP", 2497, "Internet Initiative Japan", 1, 15),
)
LISTENERS = (("sshd", 22), ("postgres", 5432), ("nginx", 80))


class Session:
    """The invented host: what is open at which moment."""

    def __init__(self) -> None:
        self._chance = random.Random(7)  # noqa: S311 - a picture, the same each time
        self._next_id = 1
        self.open: dict[str, Connection] = {}
        self.until = {peer[0]: self._chance.randint(0, peer[7]) for peer in PEERS}

    def listeners(self) -> Iterator[Connection]:
        """Yield the listening sockets."""
        for process, port in LISTENERS:
            yield self._connection("", port, process, State.LISTEN)

    def step(self, second: int) -> tuple[list[Connection], list[int]]:
        """Return what opens and what closes in `second`."""
        opened, gone = [], []
        for address, port, process, _, _, _, stay, pause in PEERS:
            if second < self.until[address]:
                continue
            if address in self.open:
                gone.append(self.open.pop(address).id)
                self.until[address] = second + self._chance.randint(1, 2 * pause)
            else:
                row = self._connection(address, port, process, State.ESTABLISHED)
                self.open[address] = row
                opened.append(row)
                self.until[address] = second + self._chance.randint(1, 2 * stay)
        return opened, gone

    def _connection(self, address: str, port: int, process: str, state: State) -> Connection:
        self._next_id += 1
        remote = endpoints.parse(address) if address else b""
        ours = port if not address or address.startswith("192.168.") else 40_000 + self._next_id
        theirs = 0 if not address else 50_000 + self._next_id if ours == port else port
        local = endpoints.parse("192.168.1.5") if address else b""
        pid = 1_000 + 7 * self._next_id
        row = Connection(self._next_id, 6, state, local, ours, remote, theirs, pid, process)
        way = Direction.IN if ours == port else Direction.OUT
        return row._replace(direction=way if address else Direction.UNKNOWN)


def messages(session: Session, end: int) -> Iterator[Message]:
    """Yield the collector's messages of the last minute before the moment `end`."""
    start = end - SECONDS
    yield Status("collector", "picture", "netlink", 1.0, ())
    session.step(0)
    rows = (*session.listeners(), *session.open.values())
    yield Keyframe(start, start, start + 1, rows)
    for second in range(1, SECONDS + 1):
        opened, gone = session.step(second)
        now = start + second
        yield Delta(now, now, now + 1, tuple(opened), tuple(gone))


def geo_files(folder: Path) -> None:
    """Write GeoIP files that know just these addresses."""
    country = (f"{p[0]},{p[0]},{p[3]}\n" for p in PEERS if p[3])
    (folder / "dbip-country-lite.csv").write_text("".join(country), encoding="utf-8")
    asn = (f'{p[0]},{p[0]},{p[4]},"{p[5]}"\n' for p in PEERS if p[4])
    (folder / "dbip-asn-lite.csv").write_text("".join(asn), encoding="utf-8")


def feed(runtime: Runtime) -> zmq.Context[sockets.Socket]:
    """Send the session to the enricher once it has subscribed; return what keeps it alive."""
    context: zmq.Context[sockets.Socket] = zmq.Context()
    publisher = sockets.publisher(context)
    publisher.setsockopt(zmq.XPUB_NODROP, 1)
    publisher.connect(runtime.feed)
    if not publisher.poll(round(DEADLINE * 1_000)):
        sys.exit("the enricher did not subscribe")
    sender = wire.Sender("picture", wire.new_epoch())
    for message in messages(Session(), int(time.time())):
        publisher.send_multipart(sender.frames(message, time.time()))
    return context


def screen_of(command: list[str], *wanted: str) -> pyte.Screen:
    """Run `command` on a terminal until all that is `wanted` is on its screen; return that."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", PYTHONUTF8="1")
        os.execv(command[0], command)  # noqa: S606 - no shell wanted
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    limit = time.monotonic() + DEADLINE
    while not all(any(text in line for line in screen.display) for text in wanted):
        if time.monotonic() > limit:
            sys.exit("the display did not show what was expected:\n" + "\n".join(screen.display))
        if select.select([terminal], [], [], 0.1)[0]:
            stream.feed(os.read(terminal, 65_536))
    while select.select([terminal], [], [], QUIET)[0]:  # the rest of that frame
        stream.feed(os.read(terminal, 65_536))
    os.write(terminal, b"q")
    os.waitpid(pid, 0)
    return screen


def paint(screen: pyte.Screen, path: Path) -> None:
    """Draw `screen` as a PNG."""
    font = ImageFont.truetype(str(FONT), FONT_SIZE)
    cell, line = round(font.getlength("M")), round(FONT_SIZE * 1.25)
    size = (COLUMNS * cell + 2 * MARGIN, LINES * line + 2 * MARGIN)
    image = Image.new("RGB", size, BACKGROUND)
    draw = ImageDraw.Draw(image)
    for y in range(LINES):
        for x in range(COLUMNS):
            char = screen.buffer[y][x]
            ink, paper = _color(char.fg, FOREGROUND), _color(char.bg, BACKGROUND)
            if char.reverse:
                ink, paper = paper, ink
            left, top = MARGIN + x * cell, MARGIN + y * line
            draw.rectangle((left, top, left + cell - 1, top + line - 1), fill=paper)
            draw.text((left, top), char.data, font=font, fill=ink)
    image.save(path, optimize=True)


def _color(name: str, default: str) -> str:
    if name == "default":
        return default
    return NAMED_COLORS.get(name, f"#{name}")


def main() -> None:
    """Make the picture at the path on the command line."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its one argument
        sys.exit(__doc__)
    if not FONT.exists():
        sys.exit(f"{FONT} is missing; on Debian: apt install fonts-dejavu-core")
    with tempfile.TemporaryDirectory(prefix="cm") as folder:
        runtime = Runtime(Path(folder) / "run")
        geo_files(Path(folder))
        isolated = [sys.executable, "-I", "-m"]
        where = f"--runtime-dir={runtime.directory}"
        look_ups = ("--lookup-country", "--lookup-asn", f"--geo-path={folder}")
        enricher = subprocess.Popen([*isolated, "connmon_enricher", where, *look_ups])
        try:
            context = feed(runtime)
            view = [*isolated, "connmon_display", where, "--wait", "--width=56"]
            screen = screen_of(view, "AS13335", "LIVE")
            context.destroy(linger=0)
        finally:
            enricher.terminate()
            enricher.wait()
    paint(screen, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
