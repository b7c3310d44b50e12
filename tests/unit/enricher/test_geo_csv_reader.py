import pytest
from helpers_geo import asns, countries

from connmon_enricher.geo.kinds import ORGANISATION_LENGTH
from connmon_shared.endpoints import parse


def test_reads_both_families_from_one_file() -> None:
    table, tally = countries("1.0.0.0,1.0.0.255,AU\n", "2001:200::,2001:200:ffff::,JP\n")
    assert table.find(parse("1.0.0.7")) == "AU"
    assert table.find(parse("2001:200:1::")) == "JP"
    assert table.find(parse("1.0.1.0")) is None
    assert (tally.good, tally.bad) == (2, 0)


@pytest.mark.parametrize(
    "line",
    [
        "1.0.0.0,1.0.0.255,AU\r\n",
        '"1.0.0.0","1.0.0.255","AU"\n',
        " 1.0.0.0 , 1.0.0.255 , au \n",
        "16777216,16777471,AU",
        "1.0.0.0,1.0.0.255,AU,Oceania",
    ],
)
def test_accepts_the_forms_that_are_about(line: str) -> None:
    table, tally = countries(line)
    assert table.find(parse("1.0.0.1")) == "AU"
    assert not tally.bad


def test_reads_decimal_ipv6() -> None:
    start = int.from_bytes(parse("2001:200::"), "big")
    table, _ = countries(f"{start},{start + 5},JP")
    assert table.find(parse("2001:200::5")) == "JP"
    assert table.find(parse("2001:200::6")) is None


@pytest.mark.parametrize(
    "line", ["::ffff:8.8.8.0,::ffff:8.8.8.255,US", "281470816487424,281470816487679,US"]
)
def test_mapped_addresses_are_ipv4_ones(line: str) -> None:
    table, _ = countries(line)
    assert table.find(parse("8.8.8.8")) == table.find(bytes(10) + b"\xff\xff\x08\x08\x08\x08")
    assert table.find(parse("8.8.8.8")) == "US"
    assert table.find(parse("8.8.9.0")) is None


def test_skips_header_comments_and_blank_lines() -> None:
    lines = "# DB-IP\n", "\n", "ip_start,ip_end,country\n", "1.0.0.0,1.0.0.9,AU\n"
    table, tally = countries(*lines)
    assert table.find(parse("1.0.0.1")) == "AU"
    assert (tally.good, tally.bad) == (1, 0)


def test_a_word_below_the_first_row_is_no_header() -> None:
    _, tally = countries("1.0.0.0,1.0.0.9,AU", "ip_start,ip_end,country")
    assert tally.first_bad == ("line 2: 'ip_start' is no address",)


def test_zz_is_unknown_also_within_a_country() -> None:
    table, tally = countries("1.0.0.0,1.0.0.255,AU", "1.0.0.8,1.0.0.15,ZZ")
    assert table.find(parse("1.0.0.8")) is None
    assert table.find(parse("1.0.0.16")) == "AU"
    assert tally.good == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1.0.0.0", "not enough columns"),
        ("1.0.0.0,1.0.0.255", "not enough columns"),
        ("1.0.0.300,1.0.0.255,AU", "'1.0.0.300' to '1.0.0.255' is no range"),
        ("1.0.0.0,2001::,AU", "'1.0.0.0' to '2001::' is no range"),
        ("1.0.0.9,1.0.0.0,AU", "the range ends before it starts"),
        ("1.0.0.0,1.0.0.255,AUS", "'AUS' is no country code"),
        ("1.0.0.0,1.0.0.255,", "'' is no country code"),
        ("1,²,AU", "'²' is no address"),
        (f"1,{1 << 128},AU", f"'{1 << 128}' is beyond the last IPv6 address"),
        (f"1,{'9' * 5_000},AU", f"'{'9' * 40}' is no address"),
        ('1.0.0.0,1.0.0.255,"AU', "unexpected end of data"),
    ],
)
def test_says_what_is_wrong_with_a_row(line: str, reason: str) -> None:
    table, tally = countries("9.0.0.0,9.0.0.9,US", line, "8.0.0.0,8.0.0.9,US")
    assert tally.first_bad == (f"line 2: {reason}",)
    assert tally.good == 2
    assert table.find(parse("8.0.0.1")) == "US"


def test_reports_only_the_first_bad_lines() -> None:
    _, tally = countries("9.0.0.0,9.0.0.9,US", *["rubbish"] * 50)
    assert tally.bad == 50
    assert str(tally) == "; ".join(f"line {n}: not enough columns" for n in (2, 3, 4)) + "; …"


def test_reads_number_and_organisation() -> None:
    table, _ = asns('1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."', "1.1.0.0,1.1.0.9,AS7,x")
    assert table.find(parse("1.0.0.1")) == (13335, "Cloudflare, Inc.")
    assert table.find(parse("1.1.0.1")) == (7, "x")


def test_as_number_zero_is_unknown() -> None:
    table, tally = asns("1.0.0.0,1.0.0.255,0,Not routed")
    assert table.find(parse("1.0.0.1")) is None
    assert tally.good == 1


@pytest.mark.parametrize("columns", ["x,y", f"{1 << 32},y", "-1,y", "7"])
def test_refuses_what_is_no_as(columns: str) -> None:
    assert asns(f"1.0.0.0,1.0.0.255,{columns}")[1].bad == 1


def test_cleans_and_shortens_organisations() -> None:
    table, _ = asns("1.0.0.0,1.0.0.255,7,\x1b[31mred\u202e" + "x" * 500)
    found = table.find(parse("1.0.0.1"))
    assert found is not None
    assert found[1].startswith("?[31mred?xxx")
    assert len(found[1]) == ORGANISATION_LENGTH


def test_the_same_organisation_is_stored_once() -> None:
    table, _ = asns("1.0.0.0,1.0.0.9,7,x", '1.1.0.0,1.1.0.9,7,"x"', "1.2.0.0,1.2.0.9,AS7,x")
    assert table.find(parse("1.0.0.1")) is table.find(parse("1.1.0.1"))
    assert table.find(parse("1.0.0.1")) is table.find(parse("1.2.0.1"))
