"""The README's commands for several hosts, each run as if on the host that its comment names."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from helpers import DEADLINE, wait_until
from helpers_keys import loopback_endpoint
from helpers_processes import Program, Viewer, short_directory
from terminal_helpers import Terminal, environment

from connmon_shared.access import keys
from connmon_shared.stage.runtime import Runtime

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("\n## From another host\n")[2].partition("\n## ")[0]
VIEWERS, COLLECTORS = (
    [re.split(" +# on ", line) for line in block.splitlines()]
    for block in re.findall(r"^```sh\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
)


class Host:
    """A host that has a runtime directory, keys, and a root with other keys."""

    def __init__(self, directory: Path, path: str) -> None:
        self.runtime = Runtime(directory / "r")
        self.keys = directory / "keys"
        self.env = environment(
            PATH=path,
            CONNMON_RUNTIME_DIR=str(self.runtime.directory),
            CONNMON_KEYS_DIR=str(self.keys),
        )

    @property
    def key(self) -> str:
        return keys.load(self.keys).public

    @property
    def roots_key(self) -> str:
        return keys.load(self.keys.with_name("keys-of-root")).public


class Hosts(dict[str, Host]):
    """All hosts of the section, at one loopback address."""

    def __init__(self, directory: Path) -> None:
        sudo = directory / "bin" / "sudo"
        sudo.parent.mkdir()
        sudo.write_text(
            "#!/bin/sh\n"
            'case "$1" in -*) exit 1;; esac\n'  # connmon asks, and is refused
            'CONNMON_KEYS_DIR="$CONNMON_KEYS_DIR-of-root" exec "$@"\n'
        )
        sudo.chmod(0o755)
        path = f"{sudo.parent}:{os.environ['PATH']}"
        for name in ("web1", "laptop", "desk"):
            (directory / name).mkdir()
            self[name] = Host(directory / name, path)
        self._address = loopback_endpoint().host

    def here(self, command: str, about: str) -> str:
        """Return `command` with the names and keys that hold here; `about` says whose they are."""
        command = re.sub(r"tcp://[\w.]+:", f"tcp://{self._address}:", command)
        whose = re.search(r"(?:key of (\w+)'s root|(\w+)'s key)", about)
        if whose is None:
            return command
        key = self[whose[1]].roots_key if whose[1] else self[whose[2]].key
        return re.sub("'.{40}'", lambda _: shlex.quote(key), command)


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with short_directory() as directory:
        yield Hosts(directory)


def run(host: Host, command: str) -> None:
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env=host.env,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )
    assert not done.returncode, done.stderr.decode()


def test_a_viewer_on_another_host(hosts: Hosts) -> None:
    create, allow, listen, display = VIEWERS
    for name in ("web1", "laptop"):
        assert name in create[1]
        run(hosts[name], create[0])
    web1, laptop = hosts["web1"], hosts["laptop"]
    run(web1, hosts.here(*allow))
    with ExitStack() as screens:
        command = ["sh", "-c", hosts.here(*listen)]
        watched = screens.enter_context(Terminal(command, env=web1.env, cwd=ROOT))
        watched.until("LIVE")
        command = ["sh", "-c", hosts.here(*display)]
        watching = screens.enter_context(Terminal(command, env=laptop.env, cwd=ROOT))
        watching.until("LIVE")
        run(web1, ".venv/bin/connmon keys revoke laptop")
        watching.until("DISCONNECTED")
        for screen in (watching, watched):
            screen.press("q")
            assert screen.end() == 0


def test_the_collector_of_another_host(hosts: Hosts) -> None:
    listen, create, allow, collect = COLLECTORS
    web1, desk = hosts["web1"], hosts["desk"]
    run(desk, ".venv/bin/connmon keys create")
    run(web1, create[0])
    run(desk, hosts.here(*allow))
    with Terminal(["sh", "-c", hosts.here(*listen)], env=desk.env, cwd=ROOT) as screen:
        screen.until("LIVE")
        command = f"exec {hosts.here(*collect)} --host web1"  # here all hosts have one name
        with (
            Program("sh", "-c", command, cwd=ROOT, env=web1.env),
            Viewer(desk.runtime) as viewer,
        ):
            wait_until(lambda: viewer.turn() and "web1" in viewer.client.pipeline.hosts)
        screen.press("q")
        assert screen.end() == 0
