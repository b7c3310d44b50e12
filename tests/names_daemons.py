"""Real name servers on loopback for the time of a `with` block: dnsmasq, and unbound."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:/usr/bin"
DNSMASQ = shutil.which("dnsmasq", path=_PLACES)
UNBOUND = shutil.which("unbound", path=_PLACES)
needs_dnsmasq = pytest.mark.skipif(
    DNSMASQ is None, reason="needs dnsmasq (apt install dnsmasq-base)"
)
needs_unbound = pytest.mark.skipif(UNBOUND is None, reason="needs unbound (apt install unbound)")
_DNSMASQ_CONFIGURATION = """
port={port}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
user=
group=
pid-file=
"""
_UNBOUND_CONFIGURATION = """
server:
  interface: 127.0.0.1@{port}
  directory: "{directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  verbosity: 1
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
"""


@contextmanager
def dnsmasq(directory: Path, configuration: str) -> Iterator[str]:
    """Run dnsmasq with `configuration` added, and yield its address."""
    port = _free_port()
    file = directory / "dnsmasq.conf"
    file.write_text(_DNSMASQ_CONFIGURATION.format(port=port) + configuration, "utf-8")
    arguments = [str(DNSMASQ), "--keep-in-foreground", "--log-facility=-", f"--conf-file={file}"]
    with _running(arguments, "started"):
        yield f"127.0.0.1:{port}"


@contextmanager
def unbound(directory: Path, configuration: str) -> Iterator[str]:
    """Run unbound with `configuration` added, and yield its address."""
    port = _free_port()
    file = directory / "unbound.conf"
    text = _UNBOUND_CONFIGURATION.format(port=port, directory=directory)
    file.write_text(text + configuration, "utf-8")
    with _running([str(UNBOUND), "-dd", "-c", str(file)], "start of service"):
        yield f"127.0.0.1:{port}"


@contextmanager
def _running(arguments: list[str], ready: str) -> Iterator[None]:
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if ready in line:  # written once it listens
                break
        else:
            pytest.fail("".join(said))
        try:
            yield
        finally:
            process.terminate()
            process.communicate()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
