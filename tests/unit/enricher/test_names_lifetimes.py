import pytest

from connmon_enricher.names.cache import Entry
from connmon_enricher.names.lifetimes import Route, entry_after, route_of
from connmon_enricher.names.outcome import Outcome
from connmon_shared.endpoints import parse
from connmon_shared.messages import Lookup

ADDRESS = bytes((1, 2, 3, 4))
NOW = 1_000.0


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("1.2.3.4", Route.DNS),
        ("2a00::1", Route.DNS),
        ("192.168.1.1", Route.SYSTEM),
        ("fd00::1", Route.SYSTEM),
        ("fe80::1", Route.SYSTEM),
        ("169.254.1.1", Route.SYSTEM),
        ("127.0.0.1", Route.NOBODY),
        ("::1", Route.NOBODY),
        ("224.0.0.251", Route.NOBODY),
        ("192.0.2.1", Route.NOBODY),
        ("2001:db8::1", Route.NOBODY),
        ("255.255.255.255", Route.NOBODY),
        ("::", Route.NOBODY),
    ],
)
def test_whom_to_ask(text: str, route: Route) -> None:
    assert route_of(parse(text)) is route


@pytest.mark.parametrize(
    ("state", "ttl", "seconds"),
    [
        (Lookup.RESOLVED, 0, 60),
        (Lookup.RESOLVED, 300, 300),
        (Lookup.RESOLVED, 1 << 31, 86_400),
        (Lookup.RESOLVED, None, 600),
        (Lookup.NOT_FOUND, 1, 60),
        (Lookup.NOT_FOUND, 86_400, 3_600),
        (Lookup.NOT_FOUND, None, 600),
    ],
)
def test_how_long_an_answer_counts(state: Lookup, ttl: int | None, seconds: int) -> None:
    entry = entry_after(Outcome(ADDRESS, state, "", ttl), None, NOW)
    assert entry == Entry(state, "", NOW + seconds)


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        (Lookup.TIMED_OUT, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]),
        (Lookup.FAILED, [60, 120, 240, 480, 600, 600]),
    ],
)
def test_failures_are_tried_again_ever_later(state: Lookup, waits: list[int]) -> None:
    entry, seen = None, []
    for _ in waits:
        entry = entry_after(Outcome(ADDRESS, state), entry, NOW)
        assert entry.state is state
        seen.append(entry.expires - NOW)
    assert seen == waits


def test_a_thousand_failures_do_no_harm() -> None:
    known = Entry(Lookup.TIMED_OUT, "", NOW, failures=1_000)
    assert entry_after(Outcome(ADDRESS, Lookup.TIMED_OUT), known, NOW).expires == NOW + 3_600


@pytest.mark.parametrize("state", [Lookup.TIMED_OUT, Lookup.FAILED])
def test_a_name_that_cannot_be_confirmed_is_kept(state: Lookup) -> None:
    known = Entry(Lookup.RESOLVED, "a.example", NOW)
    kept = entry_after(Outcome(ADDRESS, state), known, NOW)
    assert kept == Entry(Lookup.RESOLVED, "a.example", NOW + 60, failures=1)


def test_a_name_that_is_gone_is_given_up() -> None:
    known = Entry(Lookup.RESOLVED, "a.example", NOW)
    assert entry_after(Outcome(ADDRESS, Lookup.NOT_FOUND), known, NOW).name == ""


def test_an_answer_forgets_the_failures() -> None:
    known = Entry(Lookup.FAILED, "", NOW, failures=5)
    assert entry_after(Outcome(ADDRESS, Lookup.RESOLVED, "a", 60), known, NOW).failures == 0
