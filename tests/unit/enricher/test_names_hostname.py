import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_enricher.names.hostname import NAME_LENGTH, harmless

ALPHABET = re.compile(r"([a-z0-9_.-]|\\(25[0-5]|2[0-4][0-9]|[01][0-9]{2}))*")
PIECES = ["a", "-", ".", "\\", "\\.", "\\032", "\\999", "8", ":", "é", " ", "\x1b", "x" * 90]
NAMES = st.one_of(
    st.text(), st.binary(), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
)


@given(NAMES)
def test_the_result_keeps_to_its_alphabet_and_length(name: str | bytes) -> None:
    result = harmless(name)
    assert ALPHABET.fullmatch(result)
    assert len(result) <= NAME_LENGTH
    assert not result.endswith(".")


@given(NAMES)
def test_a_harmless_name_stays_as_it_is(name: str | bytes) -> None:
    result = harmless(name)
    assert harmless(result) == result


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,260}", fullmatch=True))
def test_it_does_not_matter_how_an_ordinary_name_is_written(name: str) -> None:
    escaped = f"\\{ord(name[0]):03d}{name[1:]}"  # this takes the long way
    assert harmless(name) == harmless(escaped)


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("Host-1.Example.COM.", "host-1.example.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("_sip._tcp.example", "_sip._tcp.example"),
        ("8.8.8.8.in-addr.arpa", "8.8.8.8.in-addr.arpa"),
        ("a b.example", "a\\032b.example"),
        ("a\\032b.example", "a\\032b.example"),
        ("\x1b[31mred.example", "\\027\\09131mred.example"),
        (b"b\xc3\xbccher.example", "b\\195\\188cher.example"),
        ("bücher.example", "b\\195\\188cher.example"),
        ("one\\.label.example", "one\\046label.example"),
        ("\\065\\100\\077in.example", "adm" + "in.example"),
        ("<b>.example", "\\060b\\062.example"),
        ("back\\\\slash", "back\\092slash"),
        ("end\\", "end\\092"),
        ("new\nline\0", "new\\010line\\000"),
        ("\udcff", "\\255"),
    ],
)
def test_writes_anything_unusual_in_numbers(name: str | bytes, result: str) -> None:
    assert harmless(name) == result


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "...",
        "8.8.8.8",
        "8.8.8.8.",
        "8.8.8.8\\010.",
        " 8.8.8.8 ",
        "8\\.8\\.8\\.8",
        "\\056.8.8.8",
        "008.008.008.008",
        "0x8080808",
        "134744072",
        "host.8",
        "::1",
        "2001:db8::1",
        "2001\\:db8\\:\\:1.",
        "[2001:db8::1]",
        "fe80::1%eth0",
        "::ffff:8.8.8.8",
    ],
)
def test_what_reads_like_an_address_is_no_name(name: str) -> None:
    assert harmless(name) == ""


def test_a_long_name_keeps_its_end() -> None:
    result = harmless("\\000" * 100 + ".example.com")
    assert result.endswith("\\000.example.com")
    assert NAME_LENGTH - 4 < len(result) <= NAME_LENGTH
