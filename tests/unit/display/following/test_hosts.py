"""How hosts are called, and how it stands with them."""

import pytest
from unit.display.watching import Watching

from connmon_display.following.follow import Follower
from connmon_display.following.hosts import Standing, short_names, standing_of, standing_words


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (("web1.example.org", "web2.example.org"), ("web1", "web2")),
        (("web1.example.org", "web1.example.net"), ("web1.example.org", "web1.example.net")),
        (("web1", "db.example.org"), ("web1", "db")),
        ((".hidden", "we\x1bb"), (".hidden", "we?b")),
        ((), ()),
    ],
)
def test_names_are_as_short_as_tells_them_apart(
    hosts: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert short_names(hosts) == dict(zip(hosts, expected, strict=True))


def test_a_host_is_live_then_stale_and_before_both_awaited() -> None:
    watching = Watching()
    assert standing_of(Follower("web1", watching.clock)) is Standing.WAITING
    watching.host("web1")
    follower = watching.pipeline.hosts["web1"]
    assert standing_words(follower) == "LIVE"
    watching.pass_by(70)
    assert standing_of(follower) is Standing.STALE
    assert standing_words(follower) == "STALE 1m11s"
