"""Whom to ask for a name, and for how long an answer counts."""

from enum import Enum

from connmon_enricher.names.cache import Entry
from connmon_enricher.names.outcome import Outcome
from connmon_shared.endpoints import Scope, scope_of
from connmon_shared.messages import Lookup

MINUTE, HOUR, DAY = 60, 3_600, 86_400  # seconds
NAME_SECONDS = (MINUTE, DAY)  # least and most
NO_NAME_SECONDS = (MINUTE, HOUR)  # likewise, for "there is no name"
UNSAID_SECONDS = 10 * MINUTE  # for an answer that came without a time to live
FIRST_RETRY_SECONDS = MINUTE  # doubled with each failure
TIMED_OUT_RETRY_SECONDS = HOUR  # the longest; whoever was silent six times stays silent
FAILED_RETRY_SECONDS = 10 * MINUTE  # the longest; a network that is down comes back
_DOUBLINGS = 16  # more change nothing, and keep the number small


class Route(Enum):
    """Who is asked for the name of an address."""

    DNS = "the name server"
    SYSTEM = "the system's resolver: /etc/hosts, NSS, mDNS"
    NOBODY = "nobody"


_ROUTES = {
    Scope.GLOBAL: Route.DNS,
    Scope.PRIVATE: Route.SYSTEM,
    Scope.LINK_LOCAL: Route.SYSTEM,
}


def route_of(address: bytes) -> Route:
    """Return who is to be asked; loopback and the like have no name worth a query."""
    return _ROUTES.get(scope_of(address), Route.NOBODY)


def entry_after(outcome: Outcome, known: Entry | None, now: float) -> Entry:
    """Return what is to be remembered after `outcome`, when `known` was before.

    A name that cannot be confirmed is kept until somebody says otherwise (RFC 8767).
    """
    if outcome.state is Lookup.RESOLVED:
        confirmed = known.confirmed if known and known.name == outcome.name else None
        expires = now + _within(NAME_SECONDS, outcome.ttl)
        return Entry(outcome.state, outcome.name, expires, confirmed=confirmed)
    if outcome.state is Lookup.NOT_FOUND:
        return Entry(outcome.state, "", now + _within(NO_NAME_SECONDS, outcome.ttl))
    failures = (known.failures if known else 0) + 1
    expires = now + _retry_seconds(outcome.state, failures)
    if known and known.state is Lookup.RESOLVED:
        return known._replace(expires=expires, failures=failures)
    return Entry(outcome.state, "", expires, failures)


def entry_confirmed(outcome: Outcome, known: Entry) -> Entry:
    """Return `known` after `outcome` of the question whether its name leads back.

    Without an answer it counts as before, or as one that does not, until it is asked for again.
    """
    if outcome.state in {Lookup.RESOLVED, Lookup.NOT_FOUND}:
        return known._replace(confirmed=outcome.state is Lookup.RESOLVED)
    return known._replace(confirmed=bool(known.confirmed))


def _within(limits: tuple[int, int], ttl: int | None) -> int:
    least, most = limits
    return max(least, min(most, UNSAID_SECONDS if ttl is None else ttl))


def _retry_seconds(state: Lookup, failures: int) -> int:
    most = TIMED_OUT_RETRY_SECONDS if state is Lookup.TIMED_OUT else FAILED_RETRY_SECONDS
    return min(most, FIRST_RETRY_SECONDS << min(failures - 1, _DOUBLINGS))
