"""The filter that a user types."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.filters.mistakes import mistake
from connmon_display.filters.words import filter_of
from connmon_display.words.names import Name
from connmon_display.words.services import services_of
from connmon_display.words.subject import Subject


@dataclass(frozen=True)
class Words:
    """Any words about a row, also such as no row has."""

    address: str
    name: Name
    country: str
    organisation: str
    state: str
    port: int
    process: str
    ports: tuple[int, ...] = ()
    host: str = ""
    raw: bytes = b""
    asn: int = 0
    alert: bool = False
    directions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    processes: str = ""
    pids: tuple[int, ...] = ()
    users: tuple[str, ...] = ()


ROW = Words(
    address="192.0.2.10",
    name=Name("www.Example.net", "dns"),
    country="US",
    organisation="AS13335 Cloudflare, Inc.",
    state="ACTIVE",
    port=443,
    process="Firefox",
    raw=b"\xc0\x00\x02\x0a",
    asn=13_335,
    host="Web1.example.org",
    pids=(4_242, 17),
    users=("33", "www-Data"),
)


def matches(row: Words, typed: str, hosts: Collection[str] = ()) -> bool:
    return filter_of(typed, hosts)(cast("Subject", row))


@pytest.mark.parametrize(
    "typed",
    [
        *("", "  ", "192.0", "example", "EXAMPLE", "cloud", "active", "443", "fire", "us"),
        *("port:443", "cc:us", "CC:US", "as:13335", "as:cloud", "proc:fire", "state:act"),
        *("ip:192.0.2", "name:www", "cloud 443", "!chrome", "!port:80", "cloud !chrome"),
        *("port:", "name:", "!", "!!cloud", "!cc:de state:active"),
        *("user:33", "user:www", "USER:data", "!user:3", "!user:root", "!user:nobody fire"),
        *("pid:4242", "pid:17", "!pid:424", "!pid:1", "user:", "pid:", "user:www !pid:1"),
        *("process:fire", "country:us", "org:cloud", "address:192.0.2", "!process:curl"),
        *(
            "port:400-500",
            "port:443-443",
            "port:500-400",
            "port:443-",
            "!port:444-",
            "!port:1-442 fire",
        ),
        *("192.0.2.10", "192.0.2.0/24", "192.0.2.1-192.0.2.20", "AS13335", "country:US"),
        *("as13335 !192.0.2.11", "!10.0.0.0/8", "!AS1333", "!country:DE", "!2001:db8::/32"),
        *("10.0.0.0/8 192.0.2.0/24", "192.0.2.10 192.0.2.11", "AS1 cloud country:US"),
        *("192.0.0.0/16 !192.0.2.128/25 cloud", "country:us 443", "!is:alert"),
    ],
)
def test_matches(typed: str) -> None:
    assert matches(ROW, typed)


@pytest.mark.parametrize(
    "typed",
    [
        *("chrome", "port:44", "port:4433", "cc:u", "cc:de", "as:999", "proc:curl", "state:closed"),
        *("192.0.2.1", "192.0.2.0/29", "2001:db8::/32", "AS1333", "AS133350", "country:DE"),
        *("!192.0.2.0/24", "!AS13335", "!country:us", "192.0.2.1-192.0.2.9", "is:alert"),
        *("10.0.0.0/8 192.0.2.0/24 chrome", "AS1 country:US !192.0.2.10", "AS1 country:DE"),
        *("192.0.2.0/24 !country:US", "AS13335 cc:de", "AS1 192.0.2.0/24 !10.0.0.0/8 !us"),
        *("user:3", "user:333", "user:root", "!user:33", "!user:www", "www-data", "data"),
        *("pid:1", "pid:42", "pid:x", "!pid:17", "4242", "pid:4242 user:root"),
        *("process:curl", "org:as999", "address:443", "port:444-500", "port:1-442"),
        *("port:444-", "!port:400-500", "port:1-44", "!port:443-"),
        *("!cloud", "!port:443", "cloud chrome", "ip:443", "unknown:443", "!active", "name:cloud"),
    ],
)
def test_does_not_match(typed: str) -> None:
    assert not matches(ROW, typed)


@given(st.text(max_size=20))
def test_anything_can_be_typed_and_not_is_the_opposite(typed: str) -> None:
    word = "".join(typed.split())
    result = matches(ROW, word)
    if word != "!" and word:
        assert matches(ROW, f"!{word}") != result


def test_port_finds_every_port_that_the_address_was_used_for() -> None:
    row = replace(ROW, ports=(22, 443))
    assert matches(row, "port:22")
    assert matches(row, "port:443")
    assert not matches(row, "port:80")


def test_a_range_finds_every_port_that_the_address_was_used_for() -> None:
    row = replace(ROW, ports=(22, 443))
    assert matches(row, "port:20-25")
    assert not matches(row, "port:23-442")


@pytest.mark.parametrize("typed", ["port:https", "port:HTTPS", "https", "!port:http", "!port:ssh"])
def test_a_port_is_found_by_the_name_of_its_service(typed: str) -> None:
    assert matches(ROW, typed)
    assert matches(replace(ROW, ports=(22,)), "port:ssh")


def test_a_direction_is_found_by_dir_alone() -> None:
    came, both = replace(ROW, directions=("in",)), replace(ROW, directions=("out", "in"))
    assert [matches(row, "dir:in") for row in (ROW, came, both)] == [False, True, True]
    assert [matches(row, "dir:out") for row in (ROW, came, both)] == [False, False, True]
    assert [matches(row, "dir:unknown") for row in (ROW, came, both)] == [True, False, False]
    assert all(matches(row, "dir:") for row in (ROW, came, both))
    assert not matches(came, "dir:i")
    assert not matches(replace(both, organisation="", process=""), "out")


HOSTS = ("web1.example.org", "web10.example.org", "web1")


@pytest.mark.parametrize("typed", ["host:web1", "host:WEB", "host:", "host:web1.example.org"])
def test_host_finds_by_the_beginning_of_the_name(typed: str) -> None:
    assert matches(ROW, typed, HOSTS[:2])
    assert matches(ROW, typed)  # with one host as well


def test_host_is_exact_where_a_host_is_called_just_that() -> None:
    assert not matches(ROW, "host:web1", HOSTS)
    assert matches(ROW, "!host:web1", HOSTS)
    assert not matches(ROW, "host:eb1", HOSTS)


def test_a_word_alone_finds_the_host_only_where_there_are_several() -> None:
    assert matches(ROW, "example.org", HOSTS)
    assert not matches(ROW, "example.org")


@pytest.mark.parametrize(("source", "decides"), [("confirmed", True), ("ptr", False)])
def test_a_name_that_anybody_can_have_made_up_decides_nothing(
    source: str,
    decides: bool,  # noqa: FBT001
) -> None:
    label = replace(ROW, name=Name("www.bank.example", source))
    for typed in ("bank", "name:bank"):
        assert matches(label, typed) is decides
        assert matches(label, f"!{typed}") is not decides


def test_alerts_are_found_by_a_word() -> None:
    assert matches(replace(ROW, alert=True), "is:alert")
    assert not matches(replace(ROW, alert=True), "!is:alert")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("192.0.2", True), ("192.0.2.1", False), ("192.0.2.10", True), ("192.0.2.10/2", True)],
)
def test_a_whole_address_is_that_one_and_its_beginning_finds_many(
    typed: str,
    expected: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert matches(ROW, typed) == expected


@pytest.mark.parametrize(
    ("state", "kernel", "found"),
    [
        ("NEW", ("ESTABLISHED",), "new active open estab established"),
        ("ACTIVE", ("ESTABLISHED",), "act active open ESTAB established"),
        (
            "ACTIVE",
            ("CLOSE_WAIT", "SYN_SENT"),
            "active open close_wait close-wait syn-sent",
        ),
        ("LISTEN", ("LISTEN",), "listen listening"),
        ("FAILED", (), "failed closed"),
        ("CLOSED", (), "closed"),
    ],
)
def test_state_knows_what_people_type(state: str, kernel: tuple[str, ...], found: str) -> None:
    row = replace(ROW, state=state, states=kernel)
    words = ["new", "active", "open", "estab", "close-wait", "syn-sent", "listening", "failed"]
    right = found.split()
    for word in {*words, *right}:
        expected = any(each.startswith(word) or word.startswith(each) for each in right)
        assert matches(row, f"state:{word}") == expected, word
        assert matches(row, f"!state:{word}") != expected


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("prot:443", "prot? fields: port proc as cc state"),
        ("curl !prot:443", "prot? fields: "),
        ("port:70000", "no port has the number 70000"),
        ("port:8000-70000", "no port has the number 70000"),
        ("port:999999-", "no port has the number 999999"),
        ("port:9000-799", "9000-799 ends before it begins"),
        ("port:80-http", "no service is called 80-http"),
        ("port:htxp", "no service is called htxp"),
        ("cc:usa", "usa is no country"),
        ("!pid:sshd", "sshd is no number of a process"),
        ("dir:up", "up? directions: in out unknown"),
        ("state:opne", "opne? states: new active open"),
        ("state:time_wait", "time_wait? states: "),
        ("is:alarm", "alarm? there is only: alert"),
        ("10.0.0.0/33", "10.0.0.0/33 is no network"),
        ("2001:db8::/129", "2001:db8::/129 is no network"),
        ("host:db1", "db1? hosts: web1 web2"),
    ],
)
def test_a_mistake_is_told(typed: str, said: str) -> None:
    assert mistake(typed, ["web1", "web2"]).startswith(said)


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "!",
            "curl",
            "port:",
            "port:4",
            "port:ht",
            "port:https",
            "cc:u",
            "port:80-",
            "country:us",
        ),
        *("dir:i", "dir:unknown", "state:op", "state:close-wait", "state:Syn_Sent", "is:al"),
        *("is:alert", "host:we", "host:web1", "10.0.0.0/8", "10.0.0.0/", "192.0.2.", "AS13335"),
        *("2001:db8::1", "2001:db8:", "dead:beef", "fe80::/10", "a/b", "/usr/bin", "!as:13335"),
        *("192.0.2.1-192.0.2.9", "name:x", "proc:sshd", "ip:10.", "process:x", "address:10."),
        *(
            "user:",
            "user:33",
            "user:www-data",
            "pid:",
            "pid:4242",
            "port:8000-9",
            "port:8000-9100",
            "port:80-80",
            "org:x",
        ),
    ],
)
def test_what_is_right_or_can_become_so_is_no_mistake(typed: str) -> None:
    assert mistake(typed, ["web1", "web2"]) == ""


def test_a_range_that_ends_too_early_may_be_typed_on_but_not_kept() -> None:
    for typed in ("port:9-3", "!port:8000-9"):
        assert mistake(typed) == ""
        assert mistake(typed, kept=True).endswith(" ends before it begins")
    assert mistake("port:9-30 port:9-9 port:9-", kept=True) == ""


@pytest.mark.parametrize(
    ("typed", "features", "said"),
    [
        ("cc:us", {"asn"}, "countries are not looked up (connmon --lookup-country)"),
        ("curl !country:us", set(), "countries are not looked up"),
        ("as:13335", {"country"}, "networks are not looked up (connmon --lookup-asn)"),
        ("AS13335", set(), "networks are not looked up"),
        ("as:google", set(), "networks are not looked up"),
        ("cc:us as:13335", {"country", "asn"}, ""),
        ("cc:", set(), ""),
        ("as:priv", set(), ""),
        ("as", set(), ""),
        ("host:web1 port:443 192.0.2.7", set(), ""),
    ],
)
def test_what_nobody_looks_up_is_told(typed: str, features: set[str], said: str) -> None:
    assert mistake(typed, ["web1"], features).startswith(said)
    assert bool(said) == bool(mistake(typed, ["web1"], features))


@given(st.text(max_size=40))
def test_whatever_is_typed_has_a_mistake_or_not(typed: str) -> None:
    assert isinstance(mistake(typed), str)


ROWS = st.builds(
    Words,
    address=st.sampled_from(["192.0.2.10", "2001:db8::1"]),
    name=st.sampled_from([Name(), Name("www.Example.net", "dns"), Name("Bank", "ptr")]),
    country=st.sampled_from(["US", "DE", "--", ""]),
    organisation=st.sampled_from(["", "AS13335 Cloudflare, Inc.", "private"]),
    state=st.sampled_from(["NEW", "ACTIVE", "LISTEN", "FAILED", "CLOSED"]),
    port=st.sampled_from([0, 44, 443, 4_433]),
    process=st.sampled_from(["Firefox", "in", ""]),
    ports=st.sampled_from([(), (443,), (53, 44)]),
    states=st.sampled_from([(), ("ESTABLISHED",), ("CLOSE_WAIT", "SYN_SENT"), ("CLOSE",)]),
    directions=st.sampled_from([(), ("in",), ("out", "in")]),
    processes=st.sampled_from(["", "Firefox\nnc"]),
    pids=st.sampled_from([(), (4,), (44, 443)]),
    users=st.sampled_from([(), ("4", "Fire"), ("44",), ("443", "nc", "44", "in")]),
)
VALUES = ["", "4", "44", "443", "https", "domain", "u", "us", "--", "cloud", "fire", "nc", "in"]
VALUES += ["out", "unknown", "example", "bank", "192.0", "db8", "new", "act", "open", "clos"]
VALUES += ["close-wait", "listen", "failed", "syn", "established", "as1", "e", "."]
STATES_CALLED = {"NEW": "new active open", "ACTIVE": "active open", "LISTEN": "listening listen"}
STATES_CALLED |= {"FAILED": "failed closed", "CLOSED": "closed"}


def has(row: Words, field: str, value: str) -> bool:
    """Return whether a row has a value, looked for in the field itself."""
    ports = {row.port, *row.ports}
    services = {name.lower() for port in ports for name in services_of(port)}
    lists = {
        "port": {*map(str, ports)} | services,
        "cc": {row.country.lower()},
        "pid": {*map(str, row.pids)},
        "dir": {*(row.directions or ("unknown",))},
    }
    texts = {
        "ip": row.address,
        "proc": row.processes or row.process,
        "as": row.organisation,
        "name": row.name.sure,
    }
    if field == "state":
        states = " ".join([STATES_CALLED[row.state], *row.states]).lower().replace("_", "")
        return any(state.startswith(value.replace("-", "")) for state in states.split())
    if field == "user" and not value.isdecimal():
        return not value or any(value in user.lower() for user in row.users)
    lists["user"] = {*row.users}
    if field in lists:
        return not value or value in lists[field]
    return value in texts[field].lower()


@given(
    ROWS,
    st.sampled_from(["port", "cc", "dir", "ip", "proc", "as", "name", "state", "user", "pid"]),
    st.sampled_from(VALUES),
)
def test_a_field_is_what_a_row_has_in_it(row: Words, field: str, value: str) -> None:
    assert matches(row, f"{field}:{value}") == has(row, field, value)
    assert matches(row, f"!{field}:{value}") != has(row, field, value)


@given(ROWS, st.sampled_from([value for value in VALUES if value not in {"", "as1"}]))
def test_a_word_is_in_any_field_but_those_that_only_their_names_find(row: Words, word: str) -> None:
    fields = ["ip", "proc", "as", "name"]
    ports = {str(port) for port in (row.port, *row.ports)} | {
        name.lower() for port in (row.port, *row.ports) for name in services_of(port)
    }
    others = (*ports, row.country.lower(), row.state.lower())
    expected = any(has(row, field, word) for field in fields) or any(word in it for it in others)
    assert matches(row, word) == expected
