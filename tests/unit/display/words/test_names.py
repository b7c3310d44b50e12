"""What an address is called, and how sure that is."""

import pytest

from connmon_display.words.names import Name, name_of, sourced
from connmon_shared.endpoints import parse
from connmon_shared.messages import Fact, Lookup

REMOTE = parse("8.8.8.8")
NAMED = Fact(REMOTE, "US", 15_169, "Google LLC", "dns.google", Lookup.RESOLVED)


@pytest.mark.parametrize(
    ("source", "shown", "sure", "words"),
    [
        ("hosts", "dns.google", "dns.google", "dns.google (hosts file)"),
        ("dns", "dns.google", "dns.google", "dns.google (observed)"),
        ("confirmed", "dns.google", "dns.google", "dns.google (PTR, confirmed)"),
        ("ptr", "~dns.google", "", "~dns.google (PTR, not confirmed)"),
        ("later", "dns.google", "dns.google", "dns.google (later)"),
    ],
)
def test_a_name_shows_how_sure_it_is(source: str, shown: str, sure: str, words: str) -> None:
    name = name_of(NAMED._replace(name_source=source))
    assert (str(name), name.sure, name.source) == (shown, sure, source)
    assert sourced(NAMED._replace(name_source=source)) == words


def test_without_a_name_the_network_is_the_last_resort_and_decides_nothing() -> None:
    unnamed = NAMED._replace(name="", name_state=Lookup.NOT_FOUND)
    assert name_of(unnamed) == Name("AS15169 Google LLC", "as")
    assert name_of(unnamed).sure == ""
    assert sourced(unnamed) == "AS15169 Google LLC (AS name), no name"
    assert name_of(unnamed._replace(asn=0)) == Name()
    for undecided in (Lookup.OFF, Lookup.PENDING):  # nobody asked, or an answer may still come
        assert name_of(unnamed._replace(name_state=undecided)) == Name()
    assert name_of(None) == Name()
    assert sourced(None) == ""


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (Lookup.OFF, ""),
        (Lookup.PENDING, "name pending"),
        (Lookup.NOT_FOUND, "no name"),
        (Lookup.FAILED, "name look-up failed"),
        (Lookup.TIMED_OUT, "name look-up timed out"),
    ],
)
def test_why_there_is_no_name(state: Lookup, words: str) -> None:
    assert sourced(Fact(REMOTE, name_state=state)) == words


def test_foreign_words_are_cleaned() -> None:
    evil = "a\x1b[2J\n"
    name = name_of(NAMED._replace(name=evil, name_source=evil))
    assert (name.text + name.source).isprintable()
