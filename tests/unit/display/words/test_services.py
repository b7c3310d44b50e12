"""What ports are called."""

import os
import time
from pathlib import Path

import pytest

from connmon_display.words import services
from connmon_display.words.services import read_services, service_of, services_of
from connmon_shared.timelines.states import Protocol

TCP, UDP = Protocol.TCP.value, Protocol.UDP.value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "services"


def test_well_known_ports_have_names_without_a_file(file: Path) -> None:
    names = read_services(file)
    assert (names[TCP][443], names[TCP][22], names[UDP][53]) == ("https", "ssh", "domain")
    assert 51_820 not in names[TCP], "each protocol has its own"
    assert names[UDP][51_820] == "wireguard"


def test_the_users_entries_win_the_first_of_each_port(file: Path) -> None:
    file.write_text(
        "# ours\n"
        "shop\t443/tcp  www https # alias\n"
        "other 443/tcp\n"
        "  billing   9999/udp\n"
        "both 777/tcp\nboth 777/udp\n"
    )
    names = read_services(file)
    assert (names[TCP][443], names[UDP][443]) == ("shop", "https")
    assert (names[UDP][9_999], 9_999 in names[TCP]) == ("billing", False)
    assert names[TCP][777] == names[UDP][777] == "both"
    assert names[TCP][22] == "ssh"


def test_hostile_lines_are_no_entries(file: Path) -> None:
    file.write_bytes(
        b"\x1b[2Jevil 1/tcp\nev\x1b[31mil 2/tcp\n\xff\xfe 3/tcp\n\xc3\xa9vil 4/tcp\nname 5/sctp\n"
        b"name 6\nname x/tcp\n7/tcp name\nname 8/tcpx\n" + b"a" * 33 + b" 11/tcp\n"
        b"name 123456/tcp\n\0\0\0 12/tcp\nlast 10/tcp"
    )
    ours = read_services(file.with_name("none"))
    names = read_services(file)
    assert names == {TCP: {**ours[TCP], 10: "last"}, UDP: ours[UDP]}


def test_a_file_that_is_huge_or_no_file_is_harmless(file: Path) -> None:
    ours = read_services(file)
    with file.open("wb") as out:
        out.write(b"first 11/tcp\n" + b"x" * (8 << 20) + b"\nlate 12/tcp\n")
        out.truncate(1 << 40)  # takes no room
    began = time.process_time()
    assert read_services(file)[TCP] == {**ours[TCP], 11: "first"}
    assert time.process_time() - began < 5
    file.unlink()
    os.mkfifo(file)
    assert read_services(file) == ours
    file.unlink()
    file.mkdir()
    assert read_services(file) == ours


def test_the_file_is_read_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "FILE", file)
    services.known_here.cache_clear()
    try:
        file.write_text("mine 4242/tcp\nyours 4242/udp\n")
        assert service_of(TCP, 4_242) == "mine"
        file.write_text("other 4242/tcp\n")
        assert service_of(TCP, 4_242) == "mine"
        assert services_of(4_242) == {"mine", "yours"}
        assert (service_of(TCP, 4_243), services_of(4_243), service_of(0, 443)) == ("", set(), "")
    finally:
        services.known_here.cache_clear()
