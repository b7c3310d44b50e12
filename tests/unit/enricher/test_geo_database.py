import gzip
import os
import select
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import psutil
import pytest
import zmq
from helpers import descendants, wait_until

from connmon_enricher.geo.database import GeoDatabase
from connmon_enricher.geo.draft import Draft
from connmon_enricher.geo.kinds import Kind
from connmon_shared.endpoints import parse

DEADLINE_MS = 20_000
COUNTRIES = "1.0.0.0,1.0.0.255,AU\n2a00::,2a00:ffff::,DE\n10.0.0.0,10.255.255.255,XX\n"
ASNS = '1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."\n'
Load = Callable[..., GeoDatabase]


def compiling(database: GeoDatabase) -> bool:
    return bool(database.notices)


def finish(database: GeoDatabase) -> None:
    """Wait as the enricher does until nothing is being compiled."""
    poller = zmq.Poller()
    poller.register(database.fileno(), zmq.POLLIN)
    database.take()
    while compiling(database):
        assert poller.poll(DEADLINE_MS)
        database.take()


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    databases = []

    def load_from(
        option: Path = tmp_path,
        wanted: tuple[Kind, ...] = tuple(Kind),
        cache: Path = tmp_path / "cache",
    ) -> GeoDatabase:
        environ = {"XDG_CACHE_HOME": str(cache)}
        database = GeoDatabase(wanted, option, environ, tmp_path / "home")
        databases.append(database)
        database.look()
        finish(database)
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
    assert problem.startswith("no asn look-up: dbip-asn-lite.csv, .csv.gz or .mmdb is in none of ")
    for place in (tmp_path, tmp_path / "home/.local/share/connmon/geo", Path("/var/lib/GeoIP")):
        assert str(place) in problem
    assert problem.endswith("; connmon geo update gets it")


def test_says_that_the_option_leads_nowhere(tmp_path: Path, load: Load) -> None:
    problems = load(tmp_path / "nowhere").problems
    assert problems[0] == f"--geo-path {tmp_path / 'nowhere'}: No such file or directory"
    assert len(problems) == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no country look-up: {file} is empty"),
        (b"# nothing\n\n", "no country look-up: {file} holds no row"),
        (b"first;last;country\n", "no country look-up: {file} holds no row"),
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
    ids=(
        "nothing",
        "comments",
        "a header",
        "words",
        "zeros",
        "cut",
        "cut early",
        "no gzip",
        "a bad row",
    ),
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


def test_a_second_start_compiles_nothing(tmp_path: Path, load: Load) -> None:
    write(tmp_path)
    load()
    again = GeoDatabase(tuple(Kind), tmp_path, {"XDG_CACHE_HOME": str(tmp_path / "cache")})
    again.look()
    assert again.problems == ()
    assert again.country(parse("1.0.0.1")) == "AU"
    assert again.asn(parse("1.0.0.1")) == (13335, "Cloudflare, Inc.")
    again.close()


def test_what_is_kept_is_for_its_owner_alone_and_whole(tmp_path: Path, load: Load) -> None:
    write(tmp_path)
    load()
    kept = tmp_path / "cache/connmon"
    assert sorted(path.name for path in kept.iterdir()) == ["asn.table", "country.table"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept.iterdir()} == {0o600}


def test_a_file_that_changes_is_compiled_anew_while_the_old_one_serves(
    tmp_path: Path, load: Load
) -> None:
    write(tmp_path)
    database = load()
    write(tmp_path, COUNTRIES.replace("AU", "NZ"))
    os.utime(tmp_path / "dbip-country-lite.csv", (1, 1))
    database.look()
    assert compiling(database)
    assert database.country(parse("1.0.0.1")) == "AU"
    finish(database)
    assert database.country(parse("1.0.0.1")) == "NZ"


def test_a_file_that_comes_later_is_found(tmp_path: Path, load: Load) -> None:
    database = load(wanted=(Kind.COUNTRY,))
    assert "none of" in "".join(database.problems)
    write(tmp_path)
    database.look()
    finish(database)
    assert not any(database.problems)
    assert database.country(parse("1.0.0.1")) == "AU"


def test_a_file_that_breaks_leaves_the_table_from_before(tmp_path: Path, load: Load) -> None:
    write(tmp_path)
    database = load(wanted=(Kind.COUNTRY,))
    (tmp_path / "dbip-country-lite.csv").write_text("rubbish\n")
    database.look()
    finish(database)
    assert database.country(parse("1.0.0.1")) == "AU"
    assert database.problems[0].startswith("country look-up as before: ")
    (tmp_path / "dbip-country-lite.csv").unlink()
    database.look()
    assert database.country(parse("1.0.0.1")) == "AU"


def test_each_problem_is_news_once(tmp_path: Path) -> None:
    database = GeoDatabase((Kind.ASN,), None, {"XDG_DATA_HOME": str(tmp_path)}, tmp_path)
    database.look()
    news = [len(database.take().problems)]
    database.look()
    news.append(len(database.take().problems))
    assert news == [1, 0]
    database.close()


@pytest.mark.parametrize("spoil", ["truncate", "garbage", "empty", "header", "inside", "others"])
def test_a_spoilt_table_is_compiled_anew(tmp_path: Path, load: Load, spoil: str) -> None:
    write(tmp_path)
    load(wanted=(Kind.COUNTRY,))
    table = tmp_path / "cache/connmon/country.table"
    content = bytearray(table.read_bytes())
    if spoil == "truncate":
        del content[-4_096:]
    elif spoil == "header":
        content[20] ^= 1
    elif spoil == "inside":
        content[1_000:] = b"\xff" * (len(content) - 1_000)
    elif spoil != "others":
        content[:] = b"" if spoil == "empty" else os.urandom(9_999)
    table.write_bytes(content)
    if spoil == "others":
        table.chmod(0o602)
    database = load(wanted=(Kind.COUNTRY,))
    database.country(parse("1.0.0.1"))  # finds out about what is wrong inside
    database.look()
    finish(database)
    assert database.problems == ()
    assert database.country(parse("1.0.0.1")) == "AU"


def test_where_nothing_can_be_kept_it_works_and_is_said_once(tmp_path: Path, load: Load) -> None:
    write(tmp_path)
    (tmp_path / "file").touch()
    database = load(cache=tmp_path / "file")
    assert database.country(parse("1.0.0.1")) == "AU"
    assert database.asn(parse("1.0.0.1"))[0] == 13335
    (problem,) = database.problems
    where = f"compiled tables cannot be kept in {tmp_path / 'file/connmon'}"
    assert problem == f"{where}: Not a directory; they are made anew at each start"


def test_a_folder_that_others_can_write_to_keeps_nothing(tmp_path: Path, load: Load) -> None:
    write(tmp_path)
    (tmp_path / "cache/connmon").mkdir(parents=True)
    (tmp_path / "cache/connmon").chmod(0o777)
    database = load(wanted=(Kind.COUNTRY,))
    assert "others can write to it" in database.problems[0]
    assert database.country(parse("1.0.0.1")) == "AU"
    assert list((tmp_path / "cache/connmon").iterdir()) == []


def test_what_could_not_be_kept_is_said_until_it_is_kept(tmp_path: Path, load: Load) -> None:
    write(tmp_path)
    folder = tmp_path / "cache/connmon"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    database = load()
    assert "cannot be kept" in database.problems[0]
    folder.chmod(0o700)
    write(tmp_path, COUNTRIES.replace("AU", "NZ"))
    os.utime(tmp_path / "dbip-country-lite.csv", (1, 1))
    os.utime(tmp_path / "dbip-asn-lite.csv", (1, 1))
    database.look()
    finish(database)
    assert database.problems == ()


def test_a_table_is_news_once_and_what_changes_nothing_is_none(tmp_path: Path, load: Load) -> None:
    write(tmp_path)
    load().close()
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    database = GeoDatabase(tuple(Kind), tmp_path, environ, tmp_path)
    database.look()
    news = [database.take().table]
    database.look()
    news.append(database.take().table)
    os.utime(tmp_path / "dbip-asn-lite.csv", (1, 1))
    database.look()
    news.append(database.take().table)
    while compiling(database):
        assert select.select([database], [], [], DEADLINE_MS / 1_000)[0]
        news.append(database.take().table)
    assert news[:3] == [True, False, False]
    assert sum(news[3:]) == news[-1] == 1
    database.close()


def held_up(folder: Path) -> tuple[Path, Draft, BinaryIO, GeoDatabase]:
    """Return where tables are kept, a draft that is open, and whose child waits for that."""
    write(folder)
    kept = folder / "cache/connmon"
    kept.mkdir(parents=True, mode=0o700)
    draft = Draft(kept / "country.table")
    out = draft.open()
    environ = {"XDG_CACHE_HOME": str(folder / "cache")}
    database = GeoDatabase((Kind.COUNTRY,), folder, environ, folder)
    database.look()
    wait_until(lambda: any(map(waits_for(kept), descendants(os.getpid()))))
    return kept, draft, out, database


def test_one_that_ends_while_it_waits_for_another_leaves_that_ones_work(tmp_path: Path) -> None:
    kept, draft, out, database = held_up(tmp_path)
    database.close()
    wait_until(lambda: not descendants(os.getpid()))
    draft.keep(out)
    assert [path.name for path in kept.iterdir()] == ["country.table"]


def waits_for(folder: Path) -> Callable[[int], bool]:
    """Return whether a process has a file in `folder` open."""
    return lambda pid: any(
        Path(file.path).parent == folder for file in psutil.Process(pid).open_files()
    )


def test_closing_ends_the_child_and_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path, "1.0.0.0,1.0.0.255,AU\n" * 500_000)  # which takes a while
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    database = GeoDatabase((Kind.COUNTRY,), tmp_path, environ, tmp_path)
    database.look()
    new = tmp_path / "cache/connmon/country.table.new"
    wait_until(new.exists)
    assert descendants(os.getpid())
    database.close()
    database.close()
    wait_until(lambda: not descendants(os.getpid()))
    assert list(new.parent.iterdir()) == []


def test_who_is_killed_while_compiling_is_followed_by_another_at_the_next_look(
    tmp_path: Path,
) -> None:
    _, draft, out, database = held_up(tmp_path)
    for child in descendants(os.getpid()):
        os.kill(child, signal.SIGKILL)
    finish(database)
    (problem,) = database.problems
    assert problem.endswith("was broken off by signal 9; it is tried again")
    draft.discard()
    out.close()
    database.look()
    finish(database)
    assert (database.country(parse("1.0.0.7")), database.problems) == ("AU", ())
    database.close()


def test_a_pipe_is_no_file(tmp_path: Path, load: Load) -> None:
    os.mkfifo(tmp_path / "dbip-country-lite.csv")
    database = load(tmp_path, (Kind.COUNTRY,))
    (problem,) = database.problems
    assert problem.endswith("dbip-country-lite.csv: not a regular file")


def test_two_that_compile_the_same_wait_for_each_other(tmp_path: Path) -> None:
    write(tmp_path)
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    both = [GeoDatabase(tuple(Kind), tmp_path, environ, tmp_path) for _ in range(2)]
    for database in both:
        database.look()
    for database in both:
        finish(database)
        assert database.problems == ()
        assert database.country(parse("1.0.0.1")) == "AU"
        database.close()
    kept = (tmp_path / "cache/connmon").iterdir()
    assert sorted(path.name for path in kept) == ["asn.table", "country.table"]
