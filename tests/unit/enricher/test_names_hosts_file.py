import logging
import os
from pathlib import Path

import pytest

from connmon_enricher.names.hosts_file import HostsFile, names_in
from connmon_shared.endpoints import parse

PRINTER = parse("192.168.1.9")


def test_the_first_name_of_an_address_counts() -> None:
    lines = [
        "# a comment",
        "",
        "192.168.1.9\tPrinter printer.lan # in the hall",
        "192.168.1.9 second",
        "2001:db8::7 seven.example",
        "::ffff:192.168.1.8 mapped",
        "fe80::1%eth0 router",
    ]
    assert names_in(lines) == {
        PRINTER: "printer",
        parse("2001:db8::7"): "seven.example",
        parse("192.168.1.8"): "mapped",
        parse("fe80::1"): "router",
    }


@pytest.mark.parametrize(
    "line",
    [
        "127.0.0.1 localhost",
        "127.0.1.1 myself",
        "::1 ip6-localhost",
        "0.0.0.0 advertisements.example",
        "192.168.1.9",
        "192.168.1.9 # nobody",
        "192.168.1.9 8.8.8.8",
        "192.168.1.256 nobody",
        "printer 192.168.1.9",
        "192.168.1.0/24 net",
    ],
)
def test_what_gives_no_name(line: str) -> None:
    assert names_in([line]) == {}


def test_a_name_is_made_harmless() -> None:
    assert names_in(["192.168.1.9 \x1b[2j"]) == {PRINTER: "\\027\\0912j"}


def test_it_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    hosts = HostsFile(path)
    assert hosts.get(PRINTER) == ""
    assert not hosts.renew()
    path.write_bytes(b"192.168.1.9 printer\n\xff\xfe\n")
    assert hosts.renew()
    assert hosts.get(PRINTER) == "printer"
    assert not hosts.renew()
    other = tmp_path / "other"
    other.write_text("192.168.1.9 copier\n", "ascii")
    other.replace(path)
    assert hosts.renew()
    assert hosts.get(PRINTER) == "copier"
    os.utime(path, (0, 0))
    assert not hosts.renew(), "nothing in it is new"
    path.unlink()
    assert hosts.renew()
    assert hosts.get(PRINTER) == ""


def test_what_cannot_be_read_is_said_and_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "hosts"
    path.write_text("192.168.1.9 printer\n", "ascii")
    hosts = HostsFile(path)
    path.unlink()
    path.mkdir()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert not hosts.renew()
    assert hosts.get(PRINTER) == "printer"
    assert [record.getMessage() for record in caplog.records] == [
        f"the names in {path} are not known: Is a directory"
    ]
