"""What /proc/PID/net shows of TCP is what a dump shows of it."""

import os
import socket
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("only Linux has /proc/PID/net", allow_module_level=True)

from connmon_collector.sources.diag_sockets import DiagSocket
from connmon_collector.sources.events.proc_net import ProcNet
from connmon_collector.sources.sock_diag.netlink import TCPDIAG_GETSOCK
from connmon_collector.sources.sock_diag.rows import Row

OWN = 4_026_531_840


def own_network() -> int:
    return Path("/proc/self/ns/net").stat().st_ino


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    for pid, network in ((7, OWN), (8, OWN + 1), (9, OWN)):
        place = tmp_path / str(pid)
        (place / "ns").mkdir(parents=True)
        (place / "net").mkdir()
        (place / "ns/net").symlink_to(f"net:[{network}]")
    (tmp_path / "10/ns").mkdir(parents=True)  # a process that has ended
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/pid").symlink_to("pid:[4026531836]")
    return tmp_path


def seen(rows: list[Row], port: int) -> set[tuple[bytes, bytes, bytes]]:
    """Return shape, ends and owner of the rows with a local port or remote port."""
    wanted = port.to_bytes(2)
    return {row[2:4] + row[5:] for row in rows if wanted in {row[3][:2], row[3][2:4]}}


@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, "127.9.9.9"), (socket.AF_INET6, "::1"), (socket.AF_INET6, "::")],
)
def test_it_shows_the_same_as_a_dump(family: int, address: str) -> None:
    dual = address == "::"
    with socket.create_server((address, 0), family=family, dualstack_ipv6=dual) as server:
        port = server.getsockname()[1]
        to = "127.9.9.9" if dual else address
        with socket.create_connection((to, port)), server.accept()[0]:
            diag = DiagSocket()
            dumped = seen([row for row in diag.dump() if row[1] == TCPDIAG_GETSOCK], port)
            diag.close()
            parts = ProcNet().rows(own_network(), os.getpid())
            rows = [row for part in parts for row in part]
    assert len(dumped) == 3
    assert seen(rows, port) == dumped
    assert all(row[4] == b"" and row[1] == TCPDIAG_GETSOCK for row in rows)


def test_what_is_over_is_not_shown(proc: Path) -> None:
    lines = [
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid",
        *(
            f"{number:4}: 0100007F:1F90 0100007F:{number:04X} {state:02X} 00000000:00000000"
            f" 00:00000000 00000000  1000        0 {4_000 + state} 1 0 100 0 0 10 0"
            for number, state in enumerate(range(1, 12))
        ),
    ]
    for name in ("tcp", "tcp6"):
        text = "\n".join(lines) if name == "tcp" else lines[0]
        (proc / "7/net" / name).write_text(text + "\n")
    rows = [row for part in ProcNet(str(proc)).rows(OWN, 7) for row in part]
    assert [row[2][1] for row in rows] == [1, 2, 3, 8, 10]


def test_each_namespace_has_a_process_to_look_through(proc: Path) -> None:
    inhabited = ProcNet(str(proc)).inhabited()
    assert inhabited.keys() == {OWN, OWN + 1}
    assert inhabited[OWN] in {7, 9}


def test_a_process_that_is_elsewhere_by_now_shows_nothing(proc: Path) -> None:
    (proc / "8/net/tcp").touch()
    with pytest.raises(ProcessLookupError):
        list(ProcNet(str(proc)).rows(OWN, 8))
    with pytest.raises(OSError, match="10"):
        list(ProcNet(str(proc)).rows(OWN, 10))


def test_what_may_not_be_looked_at_is_said(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readlink = os.readlink

    def refuse(path: str) -> str:
        if "/9/" in path:
            raise PermissionError
        return readlink(path)

    (proc / "7/net/tcp").touch()
    (proc / "8/net/tcp").touch()
    (proc / "9/net/tcp").hardlink_to(proc / "7/net/tcp")
    monkeypatch.setattr(os, "readlink", refuse)
    proc_net = ProcNet(str(proc))
    assert proc_net.inhabited() == {OWN: 7, OWN + 1: 8}
    assert proc_net.complete, "it is seen to be in one of these"
    (proc / "9/net/tcp").unlink()
    (proc / "9/net/tcp").touch()
    proc_net.inhabited()
    assert not proc_net.complete


@pytest.mark.parametrize("link", ["pid:[4026532000]", ""])
def test_from_within_a_container_not_all_is_seen(proc: Path, link: str) -> None:
    proc_net = ProcNet(str(proc))
    proc_net.inhabited()
    assert proc_net.complete
    (proc / "self/ns/pid").unlink()
    if link:
        (proc / "self/ns/pid").symlink_to(link)
    proc_net.inhabited()
    assert not proc_net.complete
