"""What the header says: how it stands with the picture, and counts; and what an empty one says."""

import math
from collections.abc import Mapping

from connmon_display.following.follow import Follower
from connmon_display.following.hosts import Standing, silent_among, standing_words
from connmon_display.following.known import Known
from connmon_display.following.source import Source
from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.table.table import Table
from connmon_display.rows.arrangement import BY_ADDRESS, GROUPINGS
from connmon_display.words.duration import short
from connmon_display.words.theme import Style

_MOST_QUOTED = 40  # characters of a filter: a list may have been pasted


def mode_of(source: Source, names: Mapping[str, str], controls: Controls) -> tuple[str, Style]:
    """Return how it stands with the picture; of a replay also where and how fast it is.

    Args:
        source: where it comes from.
        names: what to call each host, if there are several.
        controls: the user's settings.
    """
    standing, style = _standing(source, names, controls)
    playback = source.playback
    if playback is None:
        return standing, style
    unusual = standing.removeprefix(Standing.LIVE).removeprefix(", ")
    return ", ".join(filter(None, (playback.words, unusual))), style


def empty_of(known: Known, controls: Controls, wrong: str = "") -> str:
    """Return what to say when there are no rows; `wrong` is what is wrong with what is typed."""
    pipeline = known.pipeline
    if not pipeline.live:
        return pipeline.waiting or "waiting for the collector…"
    if controls.typed:
        few = len(controls.typed) <= _MOST_QUOTED
        words = f"“{controls.typed}”" if few else "what is typed"
        return wrong or f"no address matches {words}"
    return "waiting for the first connection…"


def remedy_of(known: Known, controls: Controls) -> str:
    """Return what to do when there are no rows; empty: nothing but to wait."""
    return "/ edit, Esc clear" if controls.typed and known.pipeline.live else ""


def counts_of(known: Known, table: Table, controls: Controls) -> tuple[str, ...]:
    """Return what the header counts, what matters most first."""
    hosts = known.pipeline.hosts
    groups = "" if controls.by == BY_ADDRESS else GROUPINGS[controls.by].called
    started = any(host.history.started for host in hosts.values())
    age = known.now() - known.axis.earliest()
    return (
        f"{table.active} active",
        f"{sum([row.track.is_open for row in table.listeners])} listen",
        *((f"{len(table.keys)} by {groups}",) if groups else ()),
        f"{table.listed}/{len(table.remotes)} IPs",
        *((f"{len(hosts)} hosts",) if known.pipeline.several else ()),
        controls.order,
        f"up {short(max(1, int(age)))}" if started else "",
    )


def _standing(source: Source, names: Mapping[str, str], controls: Controls) -> tuple[str, Style]:
    hosts = source.pipeline.hosts
    silent = silent_among(hosts.values())
    if len(silent) == len(hosts):
        return _nothing_new(source, silent)
    if controls.frozen_at is not None:
        return f"FROZEN +{short(int(source.now() - controls.frozen_at))}", Style.LISTEN
    if len(silent) == 1:
        return f"LIVE, {names[silent[0].host]} {standing_words(silent[0])}", Style.LISTEN
    if silent:
        return f"{len(hosts) - len(silent)} of {len(hosts)} LIVE", Style.LISTEN
    return "LIVE", Style.NEW


def _nothing_new(source: Source, silent: list[Follower]) -> tuple[str, Style]:
    if trouble := source.trouble():
        seconds = math.ceil(source.next_attempt)
        again = f"retry in {seconds}s" if seconds else "retrying"
        return f"DISCONNECTED {again} ({trouble})", Style.CLOSED
    stale = [host for host in silent if host.live]
    if not stale:
        return Standing.WAITING, Style.LISTEN
    return standing_words(min(stale, key=lambda host: host.silence)), Style.CLOSED
