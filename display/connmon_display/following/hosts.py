"""How the hosts that are watched are called, and how it stands with them. Pure."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from connmon_display.following.follow import Follower
from connmon_display.words.duration import short
from connmon_shared.text import clean


class Standing(StrEnum):
    """How it stands with a host."""

    LIVE = "LIVE"
    STALE = "STALE"  # its collector is silent
    WAITING = "WAITING"  # its state is not here


def standing_of(follower: Follower) -> Standing:
    """Return how it stands with a host."""
    if not follower.live:
        return Standing.WAITING
    return Standing.STALE if follower.stale else Standing.LIVE


def silent_among(hosts: Iterable[Follower]) -> list[Follower]:
    """Return those of which nothing new comes."""
    return [host for host in hosts if standing_of(host) is not Standing.LIVE]


def standing_words(follower: Follower) -> str:
    """Return how it stands with a host, in words."""
    standing = standing_of(follower)
    if standing is Standing.STALE:
        return f"{standing} {short(int(follower.silence))}"
    return standing


def short_names(hosts: Collection[str]) -> dict[str, str]:
    """Return what to call each host: its name up to the first dot, if that tells them apart."""
    short_ones = {host: clean(host.partition(".")[0] or host) for host in hosts}
    if len({*short_ones.values()}) == len(short_ones):
        return short_ones
    return {host: clean(host) for host in hosts}
