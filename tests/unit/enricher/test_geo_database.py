import gzip
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zmq

from connmon_enricher.geo.database import GeoDatabase
from connmon_enricher.geo.kinds import Kind
from connmon_shared.endpoints import parse

DEADLINE_MS = 10_000
COUNTRIES = "1.0.0.0,1.0.0.255,AU\n2a00::,2a00:ffff::,DE\n10.0.0.0,10.255.255.255,XX\n"
ASNS = '1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."\n'
Load = Callable[..., GeoDatabase]


def wait_until_loaded(database: GeoDatabase) -> None:
    poller = zmq.Poller()
    poller.register(database.fileno(), zmq.POLLIN)
    assert poller.poll(DEADLINE_MS) == [(database.fileno(), zmq.POLLIN)]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    databases = []

    def load_from(option: Path = tmp_path, wanted: tuple[Kind, ...] = tuple(Kind)) -> GeoDatabase:
        database = GeoDatabase(wanted, option, {}, tmp_path / "home")
        databases.append(database)
        database.load_in_background()
        wait_until_loaded(database)
        return database

    yield load_from
    for database in databases:
        database.close()


def write(directory: Path, countries: str = COUNTRIES, asns: str = ASNS) -> None:
    (directory / "dbip-country-lite.csv").write_text(countries, "utf-8")
    (directory / "dbip-asn-lite.csv").write_text(asns, "utf-8")


def test_answers_once_loaded(tmp_path: Path, load: Load) -> None:
    write(tmp_path)
    database = load()
    assert database.ready
    assert database.problems == ()
    assert database.country(parse("1.0.0.1")) == "AU"
    assert database.country(parse("::ffff:1.0.0.1")) == "AU"
    assert database.country(parse("2a00::1")) == "DE"
    assert database.country(parse("2.0.0.1")) == ""
    assert database.asn(parse("1.0.0.1")) == (13335, "Cloudflare, Inc.")
    assert database.asn(parse("2a00::1")) == (0, "")


def test_knows_nothing_before_it_is_loaded(tmp_path: Path) -> None:
    write(tmp_path)
    database = GeoDatabase(tuple(Kind), tmp_path, {}, tmp_path)
    assert not database.ready
    assert database.country(parse("1.0.0.1")) == ""
    assert database.asn(parse("1.0.0.1")) == (0, "")
    database.close()


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "fe80::1", "224.0.0.1"])
def test_looks_up_global_addresses_only(tmp_path: Path, load: Load, address: str) -> None:
    write(tmp_path, "0.0.0.0,255.255.255.255,XX\n::,ffff::,XX\n", "0.0.0.0,255.255.255.255,7,x\n")
    database = load()
    assert database.country(parse(address)) == ""
    assert database.asn(parse(address)) == (0, "")


def test_the_wildcard_is_unknown(tmp_path: Path, load: Load) -> None:
    write(tmp_path)
    assert load().country(b"") == ""


def test_opens_only_what_is_wanted(tmp_path: Path, load: Load) -> None:
    write(tmp_path, asns="rubbish")
    database = load(wanted=(Kind.COUNTRY,))
    assert database.problems == ()
    assert database.country(parse("1.0.0.1")) == "AU"


def test_reads_packed_files_with_byte_order_mark_and_crlf(tmp_path: Path, load: Load) -> None:
    text = "\ufeff" + COUNTRIES.replace("\n", "\r\n")
    (tmp_path / "dbip-country-lite-2026-11.csv.gz").write_bytes(gzip.compress(text.encode()))
    database = load(wanted=(Kind.COUNTRY,))
    assert database.problems == ()
    assert database.country(parse("1.0.0.1")) == "AU"


def test_a_file_longer_than_one_block_is_read_whole(tmp_path: Path, load: Load) -> None:
    rows = [f"{start},{start + 255},AU\n" for start in range(1 << 24, 1 << 26, 512)]
    write(tmp_path, "".join(rows) + "9.9.9.0,9.9.9.255,US")
    database = load(wanted=(Kind.COUNTRY,))
    assert (tmp_path / "dbip-country-lite.csv").stat().st_size > 1_500_000
    assert database.problems == ()
    assert database.country(parse("1.0.0.1")) == "AU"
    assert database.country(parse("1.0.1.1")) == ""
    assert database.country(parse("9.9.9.9")) == "US"


def test_says_what_is_missing_where_it_looked_and_where_to_get_it(
    tmp_path: Path, load: Load
) -> None:
    (problem,) = load(wanted=(Kind.ASN,)).problems
    assert problem.startswith("no asn look-up: dbip-asn-lite.csv or .csv.gz is in none of ")
    for place in (tmp_path, tmp_path / "home/.local/share/connmon/geo", Path("/var/lib/GeoIP")):
        assert str(place) in problem
    assert problem.endswith("get it from https://db-ip.com/db/lite.php")


def test_says_that_the_option_leads_nowhere(tmp_path: Path, load: Load) -> None:
    problems = load(tmp_path / "nowhere").problems
    assert problems[0] == f"--geo-path {tmp_path / 'nowhere'}: No such file or directory"
    assert len(problems) == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no country look-up: {file} is empty"),
        (b"# nothing\n\n", "no country look-up: {file} is empty"),
        (b"a,b\n\xff\xfe\n", "no country look-up: {file} holds no valid row ("),
        (bytes(3 << 20), "no country look-up: {file} holds no valid row ("),
        (gzip.compress(COUNTRIES.encode(), mtime=0)[:-9], "no country look-up: {file} is cut off"),
        (gzip.compress(bytes(9_999), mtime=0)[:30], "no country look-up: {file} is cut off"),
        (b"\x1f\x8b rubbish", "no country look-up: {file} is cut off or damaged"),
        (
            b"1.0.0.0,1.0.0.9,AU\nrubbish\n",
            "{file}: 1 of 2 rows are malformed and left out (line 2: not enough columns)",
        ),
    ],
)
def test_says_in_one_sentence_what_is_wrong_with_a_file(
    tmp_path: Path, load: Load, content: bytes, sentence: str
) -> None:
    write(tmp_path)
    file = tmp_path / "dbip-country-lite.csv"
    file.write_bytes(content)
    database = load()
    (problem,) = database.problems
    assert problem.startswith(sentence.format(file=file))
    assert problem.isprintable()
    assert database.asn(parse("1.0.0.1"))[0] == 13335


def test_says_that_a_file_cannot_be_read(tmp_path: Path, load: Load) -> None:
    file = tmp_path / "dbip-country-lite.csv"
    file.symlink_to(tmp_path / "gone")
    (problem,) = load(wanted=(Kind.COUNTRY,)).problems
    assert problem == f"no country look-up: cannot read {file}: No such file or directory"


def test_closing_twice_or_while_loading_does_no_harm(tmp_path: Path) -> None:
    write(tmp_path, COUNTRIES * 5_000)
    database = GeoDatabase(tuple(Kind), tmp_path, {}, tmp_path)
    database.load_in_background()
    database.close()
    database.close()


UNEXPECTED = """
import select, threading
from pathlib import Path
from connmon_enricher.geo.database import GeoDatabase

database = GeoDatabase(["country"], Path("a\\0b"), {}, Path("/nowhere"))
database.load_in_background()
assert select.select([database.fileno()], [], [], 10)[0]
print(database.ready, *database.problems)
for thread in threading.enumerate()[1:]:
    thread.join(10)
"""


def test_an_unexpected_error_is_told_and_shown() -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNEXPECTED], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout.startswith("True GeoIP look-up is off: an internal error")
    assert "Traceback" in done.stderr
    assert "ValueError: embedded null byte" in done.stderr
