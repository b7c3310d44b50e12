"""Two network namespaces with a cable between them: a web server, and all it talks to."""

import secrets
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

LAN = ("192.168.1.1", "192.168.1.20", "192.168.1.31", "192.168.1.40")
WEB, WEB_6, GATE_6 = "192.168.1.5", "fd00::5", "fd00::1"
_RESOLVERS = Path("/etc/netns")  # where ip-netns(8) looks for the resolv.conf of a namespace


def ip(*arguments: str) -> None:
    """Run `ip` with `arguments`."""
    subprocess.run(["ip", *arguments], check=True)


class Network:
    """The two namespaces.

    Attributes:
        web: the one of the web server.
        outside: the one with all other addresses.

    Args:
        addresses: that are outside, beside those of the LAN.
        home: of the programs that are started.
    """

    def __init__(self, addresses: Iterable[str], home: Path) -> None:
        name = secrets.token_hex(3)
        self.web, self.outside = f"cm-{name}-w", f"cm-{name}-o"
        self._ends = f"w{name}", f"o{name}"
        self._addresses = (*LAN, *addresses)
        self._home = home

    def __enter__(self) -> Self:
        web_end, outer_end = self._ends
        for place in (self.web, self.outside):
            ip("netns", "add", place)
            ip("-n", place, "link", "set", "lo", "up")
        peer = ("type", "veth", "peer", outer_end, "netns", self.outside)
        ip("link", "add", web_end, "netns", self.web, *peer)
        ip("-n", self.web, "addr", "add", f"{WEB}/24", "dev", web_end)
        ip("-n", self.web, "addr", "add", f"{WEB_6}/64", "dev", web_end, "nodad")
        ip("-n", self.outside, "addr", "add", f"{GATE_6}/64", "dev", outer_end, "nodad")
        for address in self._addresses:
            length = 128 if ":" in address else 24 if address in LAN else 32
            ip("-n", self.outside, "addr", "add", f"{address}/{length}", "dev", outer_end)
        ip("-n", self.web, "link", "set", web_end, "up")
        ip("-n", self.outside, "link", "set", outer_end, "up")
        ip("-n", self.web, "route", "add", "default", "via", LAN[0])
        ip("-n", self.web, "-6", "route", "add", "default", "via", GATE_6)
        resolver = _RESOLVERS / self.web
        resolver.mkdir(parents=True)
        (resolver / "resolv.conf").write_text("nameserver 127.0.0.1\n", encoding="ascii")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for place in (self.web, self.outside):
            ip("netns", "delete", place)
        (_RESOLVERS / self.web / "resolv.conf").unlink()
        (_RESOLVERS / self.web).rmdir()

    def start(
        self, place: str, *command: str, folder: Path, user: str = "root"
    ) -> subprocess.Popen[bytes]:
        """Start `command` in a namespace, as `user`."""
        inside = ["ip", "netns", "exec", place]
        if user != "root":
            inside += ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        return subprocess.Popen(
            [*inside, *command],
            cwd=folder,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self._home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
