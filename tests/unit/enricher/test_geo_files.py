import os
from pathlib import Path

from connmon_enricher.geo.files import complaint_about, places, search
from connmon_enricher.geo.kinds import Kind


def touch(directory: Path, *names: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name in names:
        (directory / name).touch()


def test_looks_in_the_documented_order() -> None:
    home = Path("/home/me")
    assert places(Path("/mine"), {}, home)[:3] == (
        Path("/mine"),
        home / ".local/share/connmon/geo",
        home / ".local/share/GeoIP",
    )
    assert places(None, {"XDG_DATA_HOME": "/data"}, home) == (
        Path("/data/connmon/geo"),
        home / ".local/share/GeoIP",
        Path("/usr/share/GeoIP"),
        Path("/usr/local/share/GeoIP"),
        Path("/var/lib/GeoIP"),
    )


def test_the_first_place_with_a_file_wins(tmp_path: Path) -> None:
    where = tuple(tmp_path / name for name in "abc")
    touch(where[1], "dbip-country-lite.csv.gz")
    touch(where[2], "dbip-country-lite.csv")
    result = search(Kind.COUNTRY, where)
    assert result.found == where[1] / "dbip-country-lite.csv.gz"


def test_the_newest_of_dated_files_wins(tmp_path: Path) -> None:
    touch(
        tmp_path, *(f"dbip-asn-lite-{month}.csv.gz" for month in ("2026-09", "2026-11", "2025-12"))
    )
    assert search(Kind.ASN, (tmp_path,)).found == tmp_path / "dbip-asn-lite-2026-11.csv.gz"


def test_a_file_without_a_date_is_as_old_as_its_content(tmp_path: Path) -> None:
    touch(tmp_path, "dbip-asn-lite.csv", "dbip-asn-lite-2026-11.csv")
    os.utime(tmp_path / "dbip-asn-lite.csv", (1_700_000_000, 1_700_000_000))  # November 2023
    assert search(Kind.ASN, (tmp_path,)).found == tmp_path / "dbip-asn-lite-2026-11.csv"
    os.utime(tmp_path / "dbip-asn-lite.csv", (1_800_000_000, 1_800_000_000))  # January 2027
    assert search(Kind.ASN, (tmp_path,)).found == tmp_path / "dbip-asn-lite.csv"


def test_takes_the_unpacked_file_of_two(tmp_path: Path) -> None:
    touch(tmp_path, "dbip-asn-lite-2026-11.csv", "dbip-asn-lite-2026-11.csv.gz")
    assert search(Kind.ASN, (tmp_path,)).found == tmp_path / "dbip-asn-lite-2026-11.csv"


def test_other_names_are_left_alone(tmp_path: Path) -> None:
    touch(tmp_path, "dbip-country-lite.csv", "dbip-asn-lite.csv.part", "xdbip-asn-lite.csv")
    assert search(Kind.ASN, (tmp_path,)).found is None


def test_a_named_file_serves_the_table_in_its_name(tmp_path: Path) -> None:
    touch(tmp_path, "my-ASN.csv", "dump.txt")
    assert search(Kind.ASN, (tmp_path / "my-ASN.csv",)).found == tmp_path / "my-ASN.csv"
    assert search(Kind.COUNTRY, (tmp_path / "my-ASN.csv",)).found is None
    assert search(Kind.COUNTRY, (tmp_path / "dump.txt",)).found == tmp_path / "dump.txt"


def test_says_where_it_looked_and_what_could_not_be_read(tmp_path: Path) -> None:
    unreadable = tmp_path / ("x" * 5_000)
    result = search(Kind.ASN, (tmp_path, unreadable))
    assert result.found is None
    assert result.looked == (str(tmp_path), f"{unreadable} (File name too long)")


def test_complains_about_an_option_that_leads_nowhere(tmp_path: Path) -> None:
    assert not complaint_about(tmp_path)
    nowhere = tmp_path / "nowhere"
    assert complaint_about(nowhere) == f"--geo-path {nowhere}: No such file or directory"
