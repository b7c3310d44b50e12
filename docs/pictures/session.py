"""Records the session of the pictures: real programs, in two network namespaces.

    sudo make session

One namespace is a small web server, the other all the addresses it talks to; nothing leaves
them. It takes ten minutes, and nginx, redis, dnsmasq, curl, wget, git and ssh with its
server (Debian: nginx-light redis dnsmasq-base curl wget git netcat-openbsd openssh-server).
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pictures.network import Network
from pictures.places import PLACES, write_geo_files
from pictures.servers import Servers

SECONDS = 600
_SEED = 5
_READY = 3.0  # seconds that servers take to listen
WEB = "192.168.1.5"


class Task(NamedTuple):
    """What a program does again and again."""

    command: str
    first: float  # seconds until it is started for the first time
    pause: tuple[float, float] = (0, 0)  # seconds from its end to the next start, about
    stays: tuple[float, float] = (2 * SECONDS, 2 * SECONDS)  # seconds until it is ended
    outside: bool = False  # whether it is somebody else who talks to the web server
    user: str = "root"


def _visit(address: str, path: str, first: float, pause: tuple[float, float]) -> Task:
    return Task(f"curl --interface {address} https://{WEB}/{path}", first, pause, outside=True)


TASKS = (
    # What is there already when the recording begins.
    Task("redis-cli -h 192.168.1.40 subscribe jobs", 0),
    Task("ssh -F ssh_config -N root@mail.example.net", 0, (4, 6), (400, 460)),
    Task("ssh -F ssh_config -N -b 192.168.1.20 root@192.168.1.5", 0, (30, 40), outside=True),
    # What comes and goes.
    Task("curl https://api.example.org/status/", 9, (6, 13), user="www-data"),
    Task("git ls-remote https://github.com/site.git", 14, (25, 45)),
    Task("wget https://cdn.example.com/2m", 12, (8, 20)),
    Task("curl -6 https://[2606:4700:10::6816:2a66]/600k", 20, (9, 22), user="www-data"),
    Task("scp -F ssh_config -l 1600 8m root@backup.example.net:{folder}/received", 30, (15, 25)),
    Task("wget http://upload.wikimedia.org/300k", 25, (35, 60)),
    Task("curl -m 7 http://10.0.5.9:8080/", 31, (40, 55), user="www-data"),
    Task("./metrics", 200, (60, 70), (380, 420)),
    _visit("131.130.70.8", "500k", 8, (3, 30)),
    _visit("130.59.31.80", "600k", 40, (10, 40)),
    _visit("5.79.113.9", "2m", 65, (5, 20)),
    _visit("66.249.66.1", "100k", 18, (5, 9)),
    _visit("157.55.39.1", "100k", 100, (15, 40)),
    _visit("202.232.125.12", "2m", 130, (20, 50)),
    Task("nc -w 2 -s 218.92.0.30 192.168.1.5 22", 22, (5, 25), (1, 2), outside=True),
)


def main() -> None:
    """Write the recording at the path on the command line."""
    if len(sys.argv) != 2 or os.geteuid() != 0:  # noqa: PLR2004 - the program and its argument
        sys.exit(__doc__)
    _check_programs()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # either ends all that was started
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cm")))
        folder.chmod(0o755)
        network = stack.enter_context(Network(PLACES, folder))
        servers = stack.enter_context(Servers(network, folder))
        time.sleep(_READY)
        servers.check()
        stopping = threading.Event()
        stack.callback(stopping.set)
        chance = random.Random(_SEED)  # noqa: S311 - when visitors come is no secret
        for task in TASKS:
            run = threading.Thread(
                target=_repeat,
                args=(task, network, folder, random.Random(chance.random()), stopping),  # noqa: S311
            )
            run.start()
            stack.callback(run.join)
            stack.callback(stopping.set)
        time.sleep(_READY)
        with _watched(network, folder) as recording:
            time.sleep(SECONDS)
        shutil.copyfile(recording, sys.argv[1])


def _check_programs() -> None:
    """End when a program of the tasks is not there: the session would lack who it talks to."""
    programs = {task.command.split()[0] for task in TASKS}
    missing = [each for each in sorted(programs) if "/" not in each and not shutil.which(each)]
    if missing:
        sys.exit(f"session: not installed: {', '.join(missing)} (this file names the packages)")


def _repeat(
    task: Task, network: Network, folder: Path, chance: random.Random, stopping: threading.Event
) -> None:
    """Do `task` until all is over."""
    stopping.wait(task.first)
    place = network.outside if task.outside else network.web
    while not stopping.is_set():
        program = network.start(
            place, *task.command.format(folder=folder).split(), folder=folder, user=task.user
        )
        until = time.monotonic() + chance.uniform(*task.stays)
        while program.poll() is None and time.monotonic() < until and not stopping.wait(0.1):
            pass
        if program.poll() is None:
            program.terminate()
        program.wait()
        stopping.wait(chance.uniform(*task.pause))


@contextlib.contextmanager
def _watched(network: Network, folder: Path) -> Iterator[Path]:
    """Let connmon watch the web server; give what it records, which is whole afterwards."""
    runtime, recording = folder / "run", folder / "session.cmr"
    write_geo_files(folder)
    where, python = f"--runtime-dir={runtime}", [sys.executable, "-I", "-m"]
    look_ups = ("--lookup-country", "--lookup-asn", f"--geo-path={folder}", "--no-config")
    enricher = subprocess.Popen([*python, "connmon_enricher", where, *look_ups])
    recorder = [*python, "connmon_display", where, "--wait", "--scroll", "--no-config"]
    viewer = subprocess.Popen([*recorder, "--record", recording], stdout=subprocess.DEVNULL)
    time.sleep(_READY)
    capture = ("--source=poll", "--interval=0.5", "--host=web1", "--observe-dns", "--no-config")
    inside = ("ip", "netns", "exec", network.web)
    collector = subprocess.Popen([*inside, *python, "connmon_collector", where, *capture])
    try:
        yield recording
    finally:
        for stage in (viewer, collector, enricher):
            stage.terminate()
            stage.wait()


if __name__ == "__main__":
    main()
