"""`connmon geo` as a user runs it, with files from a server on loopback."""

import gzip
import json
import os
import pty
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from geo_server import FileServer
from helpers import wait_until
from helpers_processes import BIN

from connmon_enricher.geo.commands.update import months

THIS, LAST = months(time.time())
DEADLINE = 30


def country_file(month: str) -> str:
    return f"dbip-country-lite-{month}.csv.gz"


def content(country: str = "AU") -> bytes:
    """Return a packed file that is long enough to be cut."""
    rows = [f"1.0.0.0,1.0.0.255,{country}\n"]
    chance = random.Random(3)  # noqa: S311 - the same bytes each time
    rows += [
        f"{start},{start + chance.randrange(99)},US\n" for start in range(1 << 25, 1 << 26, 9_999)
    ]
    return gzip.compress("".join(rows).encode(), mtime=0)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as running:
        yield running


def geo(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [str(BIN / "connmon"), "geo", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        env=environment(),
    )


def geo_with(
    encoding: str, *arguments: str | Path, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end with streams of that encoding."""
    return subprocess.run(
        [sys.executable, "-m", "connmon_enricher.geo", *arguments],
        input=stdin,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
        env={**environment(), "PYTHONIOENCODING": encoding},
    )


def environment() -> dict[str, str]:
    return {**os.environ, "no_proxy": "*"}


def update(server: FileServer, to: Path) -> subprocess.CompletedProcess[str]:
    return geo("update", "country", "--base-url", server.url, "--to", to)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_takes_this_months_file_and_knows_its_addresses_at_once(
    server: FileServer, tmp_path: Path
) -> None:
    server.files[country_file(THIS)] = content()
    done = update(server, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "is new" in done.stdout
    assert "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0" in done.stdout
    assert names(tmp_path) == [country_file(THIS)]
    found = geo("lookup", "--geo-path", tmp_path, "1.0.0.1")
    assert found.stdout.split() == ["1.0.0.1", "AU", "-"]
    assert "compiling" not in found.stderr


def test_takes_last_months_file_where_this_ones_is_not_out_yet(
    server: FileServer, tmp_path: Path
) -> None:
    server.files[country_file(LAST)] = content()
    assert update(server, tmp_path).returncode == 0
    assert [name for name, _ in server.asked] == [country_file(THIS), country_file(LAST)]
    assert names(tmp_path) == [country_file(LAST)]


def test_what_is_there_is_not_fetched_again_and_what_it_replaces_goes(
    server: FileServer, tmp_path: Path
) -> None:
    for old in (LAST, "2020-01"):
        (tmp_path / country_file(old)).write_bytes(content("NZ"))
    (tmp_path / f"{country_file('2020-02')}.part").write_bytes(b"x")
    (tmp_path / "mine.csv.gz").touch()
    server.files[country_file(THIS)] = content()
    assert update(server, tmp_path).returncode == 0
    assert names(tmp_path) == [country_file(THIS), "mine.csv.gz"]
    assert "is the newest there is" in update(server, tmp_path).stdout
    assert len(server.asked) == 1


def test_goes_on_where_a_download_was_cut_off(server: FileServer, tmp_path: Path) -> None:
    whole = server.files[country_file(THIS)] = content()
    server.cut = 5_000
    done = update(server, tmp_path)
    assert done.returncode == 69
    assert f"cut off after 5000 of {len(whole)} bytes" in done.stderr
    assert names(tmp_path) == [f"{country_file(THIS)}.part"]
    server.cut = None
    assert update(server, tmp_path).returncode == 0
    assert server.asked[-1] == (country_file(THIS), "bytes=5000-")
    assert (tmp_path / country_file(THIS)).read_bytes() == whole


def test_starts_anew_where_a_server_has_no_parts(server: FileServer, tmp_path: Path) -> None:
    whole = server.files[country_file(THIS)] = content()
    (tmp_path / f"{country_file(THIS)}.part").write_bytes(whole[:999])
    server.ranges = False
    assert update(server, tmp_path).returncode == 0
    assert (tmp_path / country_file(THIS)).read_bytes() == whole


@pytest.mark.parametrize("partial", [b"x" * 700, b"x" * 9_999_999], ids=("shorter", "longer"))
def test_a_partial_file_of_something_else_does_no_harm(
    server: FileServer, tmp_path: Path, partial: bytes
) -> None:
    whole = server.files[country_file(THIS)] = content()
    (tmp_path / f"{country_file(THIS)}.part").write_bytes(partial)
    assert update(server, tmp_path).returncode == 0
    assert (tmp_path / country_file(THIS)).read_bytes() == whole


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (content()[:-9], "cut off or damaged"),
        (content()[:-8] + bytes(8), "cut off or damaged"),
        (b"<html>Please log in</html>\n" * 99, "no valid row"),
        (gzip.compress(b""), "holds no row"),
    ],
    ids=("cut", "checksum", "log-in page", "empty"),
)
def test_a_bad_file_never_replaces_a_good_one(
    server: FileServer, tmp_path: Path, spoilt: bytes, reason: str
) -> None:
    (tmp_path / country_file(LAST)).write_bytes(content())
    server.files[country_file(THIS)] = spoilt
    done = update(server, tmp_path)
    assert done.returncode == 69
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1
    assert names(tmp_path) == [country_file(LAST)]


def test_says_what_the_server_says(server: FileServer, tmp_path: Path) -> None:
    done = update(server, tmp_path)
    assert (done.returncode, names(tmp_path)) == (69, [])
    assert f"/{country_file(THIS)}: 404 Not Found" in done.stderr
    server.status = 503
    assert "503 Service Unavailable" in update(server, tmp_path).stderr


@pytest.mark.parametrize("url", ["file:///etc", "nonsense", "http://[", "ftp://127.0.0.1"])
def test_a_bad_url_is_one_line(tmp_path: Path, url: str) -> None:
    done = geo("update", "country", "--base-url", url, "--to", tmp_path)
    assert done.returncode == 69
    assert done.stderr.count("\n") == 1
    assert names(tmp_path) == []


def test_a_refused_connection_is_one_line_for_each_file(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        done = geo("update", "--base-url", url, "--to", tmp_path)
    assert done.returncode == 69
    assert done.stderr.count("Connection refused\n") == done.stderr.count("\n") == 2


def test_a_server_that_hangs_up_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        command = [str(BIN / "connmon"), "geo", "update", "asn", "--base-url", url]
        command += ["--to", str(tmp_path)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as run:
            listener.accept()[0].close()
            _, complaint = run.communicate(timeout=DEADLINE)
    assert run.returncode == 69
    assert complaint.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_74(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = update(server, tmp_path / "file/folder")
    assert done.returncode == 74
    assert "Not a directory" in done.stderr


def test_a_disk_without_room_is_74_and_gets_it_back(server: FileServer, tmp_path: Path) -> None:
    server.files[country_file(THIS)] = content()
    limited = (
        "import resource, sys, runpy;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "sys.argv[0] = 'geo'; runpy.run_module('connmon_enricher.geo', run_name='__main__')"
    )
    options = ("update", "country", "--base-url", server.url, "--to", tmp_path)
    env = {name: value for name, value in environment().items() if "COV" not in name}
    done = subprocess.run(
        [sys.executable, "-c", limited, *options],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        env=env,
    )
    assert done.returncode == 74
    assert "File too large" in done.stderr
    assert names(tmp_path) == []


def test_shows_on_a_terminal_how_far_it_is(server: FileServer, tmp_path: Path) -> None:
    server.files[country_file(THIS)] = content()
    ours, theirs = pty.openpty()
    command = [str(BIN / "connmon"), "geo", "update", "country", "--base-url", server.url]
    subprocess.run(
        [*command, "--to", tmp_path], stderr=theirs, timeout=DEADLINE, check=True, env=environment()
    )
    os.close(theirs)
    shown = os.read(ours, 9_999).decode()
    assert f"\r{country_file(THIS)}  0% of 0.0 MB" in shown
    assert f"\rcompiling {country_file(THIS)}  " in shown
    os.close(ours)


def test_ctrl_c_ends_it_with_130_and_keeps_what_came(tmp_path: Path) -> None:
    part = tmp_path / f"{country_file(THIS)}.part"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        command = [str(BIN / "connmon"), "geo", "update", "country", "--base-url", url]
        command += ["--to", str(tmp_path)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as run:
            connection = listener.accept()[0]
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + bytes(65_536))
            wait_until(lambda: part.exists() and part.stat().st_size >= 65_536)
            run.send_signal(signal.SIGINT)
            _, complaint = run.communicate(timeout=DEADLINE)
            connection.close()
    assert run.returncode == 130
    assert complaint == ""
    assert part.exists()


def test_lookup_answers_people_and_scripts(tmp_path: Path) -> None:
    (tmp_path / "dbip-country-lite.csv").write_text("1.0.0.0,1.0.0.255,AU\n")
    (tmp_path / "dbip-asn-lite.csv").write_text('1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."\n')
    place = ("--geo-path", tmp_path)
    done = geo("lookup", *place, "1.0.0.1", "::ffff:1.0.0.1", "10.0.0.1", "fe80::1%eth0", "9.9.9.9")
    assert [line.split(maxsplit=2) for line in done.stdout.splitlines()] == [
        ["1.0.0.1", "AU", "AS13335 Cloudflare, Inc."],
        ["1.0.0.1", "AU", "AS13335 Cloudflare, Inc."],
        ["10.0.0.1", "private"],
        ["fe80::1%eth0", "link-local"],
        ["9.9.9.9", "-", "-"],
    ]
    assert done.returncode == 0
    done = geo("lookup", *place, "--json", "-", stdin="1.0.0.1\n\n 127.0.0.1 \n")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {
            "address": "1.0.0.1",
            "scope": "global",
            "country": "AU",
            "asn": 13335,
            "organisation": "Cloudflare, Inc.",
        },
        {
            "address": "127.0.0.1",
            "scope": "loopback",
            "country": None,
            "asn": None,
            "organisation": None,
        },
    ]


def test_lookup_goes_on_after_what_is_no_address(tmp_path: Path) -> None:
    (tmp_path / "dbip-country-lite.csv").write_text("1.0.0.0,1.0.0.255,AU\n")
    done = geo("lookup", "--geo-path", tmp_path, "\x1b[31m", "1.0.0.1")
    assert done.returncode == 2
    assert "'?[31m' is no address" in done.stderr
    assert "AU" in done.stdout


def test_what_an_encoding_does_not_have_becomes_escapes(tmp_path: Path) -> None:
    rows = "1.0.0.0,1.0.0.255,25159,Телефон\n"
    (tmp_path / "dbip-asn-lite.csv").write_text(rows, "utf-8")
    done = geo_with("latin-1", "lookup", "--geo-path", tmp_path, "1.0.0.1")
    assert rb"AS25159 \u0422\u0435" in done.stdout
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_a_path_of_any_bytes_is_told(tmp_path: Path) -> None:
    done = geo_with("utf-8:strict", "status", "--geo-path", tmp_path / "\udcff")
    assert rb"/\udcff" in done.stdout
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


def test_lines_of_any_bytes_are_no_addresses(tmp_path: Path) -> None:
    (tmp_path / "dbip-country-lite.csv").write_text("1.0.0.0,1.0.0.255,AU\n")
    where = ("--geo-path", tmp_path)
    done = geo_with("utf-8:strict", "lookup", *where, "-", stdin=b"\xff\n1.0.0.1\n")
    assert done.returncode == 2
    assert rb"'\xff' is no address" in done.stderr
    assert b"AU" in done.stdout


def test_lookup_without_files_is_69(tmp_path: Path) -> None:
    done = geo("lookup", "--geo-path", tmp_path, "1.0.0.1")
    assert done.returncode == 69
    assert "connmon geo update gets it" in done.stderr


def test_a_mistake_counts_more_than_missing_files_wherever_it_stands(tmp_path: Path) -> None:
    for addresses in (("nope", "1.0.0.1"), ("1.0.0.1", "nope")):
        assert geo("lookup", "--geo-path", tmp_path, *addresses).returncode == 2


def test_lookup_without_files_tells_what_needs_none(tmp_path: Path) -> None:
    done = geo("lookup", "--geo-path", tmp_path, "192.168.0.1")
    assert done.stdout.split() == ["192.168.0.1", "private"]
    assert (done.stderr, done.returncode) == ("", 0)
    done = geo("lookup", "--geo-path", tmp_path, "1.0.0.1", "127.0.0.1", "9.9.9.9")
    assert done.stdout.split() == ["127.0.0.1", "loopback"]
    assert done.stderr.count("connmon geo update gets it") == 2
    assert done.returncode == 69


def test_a_file_is_as_old_as_the_month_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "dbip-country-lite-2026-01.csv").write_text("1.0.0.0,1.0.0.255,AU\n")
    done = geo("status", "--json", "--geo-path", tmp_path)
    begun = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    assert json.loads(done.stdout)["tables"][0]["age"] == pytest.approx(time.time() - begun, abs=60)


def test_status_tells_files_age_rows_and_bad_lines(tmp_path: Path) -> None:
    file = tmp_path / "dbip-country-lite.csv"
    file.write_text("1.0.0.0,1.0.0.255,AU\nrubbish\n")
    os.utime(file, (time.time() - 3 * 86_400 - 60,) * 2)
    done = geo("status", "--geo-path", tmp_path)
    assert done.returncode == 1
    assert f"country: {file}\n  3 days old, 0.0 MB, 1 rows, 1 bad\n" in done.stdout
    assert "(line 2: not enough columns)" in done.stdout
    assert "asn: no file\n" in done.stdout
    tables = json.loads(geo("status", "--geo-path", tmp_path, "--json").stdout)["tables"]
    assert (tables[0]["rows"], tables[0]["bad_rows"], tables[0]["file"]) == (1, 1, str(file))
    assert tables[1]["file"] is None


def test_status_of_good_files_is_0(tmp_path: Path) -> None:
    (tmp_path / "dbip-country-lite.csv").write_text("1.0.0.0,1.0.0.255,AU\n")
    (tmp_path / "dbip-asn-lite.csv").write_text("1.0.0.0,1.0.0.255,7,x\n")
    assert geo("status", "--geo-path", tmp_path).returncode == 0
