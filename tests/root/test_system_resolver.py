"""The system's resolver, asked by the distribution's own Python as well."""

import subprocess
import sys
from pathlib import Path

import pytest
from helpers import DEADLINE

ROOT = Path(__file__).parents[2]
DEBIANS = Path("/usr/bin/python3")

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's"),
]

#: Asks for a name, and answers itself: that works only while no look-up holds up other threads.
ASKING_ITSELF = """
import queue, socket, sys, threading
sys.path[:0] = sys.argv[1:]
from connmon_enricher.names.outcome import Question
from connmon_enricher.names.system import SystemResolver

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.53", 53))

def serve():
    while True:
        asked, peer = server.recvfrom(1_000)
        unknown = asked[:2] + bytes((0x81, 0x83)) + asked[4:6] + bytes(6) + asked[12:]  # RFC 1035
        server.sendto(unknown, peer)

threading.Thread(target=serve, daemon=True).start()
outcomes = queue.SimpleQueue()
SystemResolver(outcomes.put).ask(Question(bytes((10, 1, 2, 3))))
print(outcomes.get().state.name)
"""


@pytest.mark.parametrize("python", [Path(sys.executable), DEBIANS], ids=["ours", "debians"])
def test_a_look_up_holds_up_no_other_thread(python: Path, tmp_path: Path) -> None:
    new_enough = "import sys; sys.exit(sys.version_info < (3, 11))"
    if not python.exists() or subprocess.run([python, "-c", new_enough], check=False).returncode:
        pytest.skip(f"needs a {python} of version 3.11 or later")
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.53\noptions timeout:1 attempts:1\n")
    alone = (
        f'ip link set lo up && mount --bind {tmp_path}/resolv.conf /etc/resolv.conf && exec "$@"'
    )
    done = subprocess.run(
        [
            *("unshare", "-nm", "sh", "-c", alone, "sh"),
            *(python, "-I", "-c", ASKING_ITSELF, ROOT / "enricher", ROOT / "shared"),
        ],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.stdout.strip() == "NOT_FOUND", done.stderr
