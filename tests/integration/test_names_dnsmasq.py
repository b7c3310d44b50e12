"""The resolver against dnsmasq, the forwarder in most home routers, on loopback."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from names_server import wait_for_answers

from connmon_enricher.names.resolver import Resolver
from connmon_shared.endpoints import parse
from connmon_shared.messages import Lookup

DNSMASQ = shutil.which("dnsmasq", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:/usr/bin")
pytestmark = pytest.mark.skipif(DNSMASQ is None, reason="needs dnsmasq (apt install dnsmasq-base)")
CONFIGURATION = """
port={port}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
user=
group=
pid-file=
local=/in-addr.arpa/
local=/ip6.arpa/
ptr-record=4.3.2.1.in-addr.arpa,Four.example
host-record=six.example,2a00::6
"""


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    file = tmp_path / "dnsmasq.conf"
    file.write_text(CONFIGURATION.format(port=port), "utf-8")
    arguments = [str(DNSMASQ), "--keep-in-foreground", "--log-facility=-", f"--conf-file={file}"]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()  # "started, version …", written once it listens
        assert "started" in said, said
        yield f"127.0.0.1:{port}"
        process.terminate()


def test_dnsmasq_is_understood(server: str) -> None:
    texts = ["1.2.3.4", "2a00::6", "9.9.9.9"]
    with closing(Resolver(server)) as resolver:
        for text in texts:
            resolver.request(parse(text))
        answers = wait_for_answers(resolver, len(texts))
    assert [(answers[text].name, answers[text].state) for text in texts] == [
        ("four.example", Lookup.RESOLVED),
        ("six.example", Lookup.RESOLVED),
        ("", Lookup.NOT_FOUND),
    ]
