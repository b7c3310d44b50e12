"""Events as JSON: one object a line, its fields as in docs/json.md. Pure."""

import json
import os
from datetime import UTC, datetime
from typing import Any

from connmon_display.filters.lists import Match
from connmon_display.scroll.writing import Known, state_of
from connmon_display.words.names import name_of
from connmon_display.words.services import service_of
from connmon_display.words.traits import direction_of
from connmon_shared.endpoints import text_of
from connmon_shared.messages import Connection, Counters, Fact, Process
from connmon_shared.timelines.history import Event
from connmon_shared.timelines.states import Protocol

SCHEMA = 1  # of docs/json.md: it grows when something there no longer holds
_MICRO = 1_000_000


class Objects:
    """Writes objects. What is not known is null, so every `what` always has the same fields."""

    def event(self, host: str, event: Event, known: Known) -> str:
        """Return the object of one event."""
        return self._connection(event.what.value.lower(), host, event, known)

    def alert(self, host: str, event: Event, known: Known, match: Match) -> str:
        """Return the object of a connection that deserves attention."""
        return self._connection(
            "alert",
            host,
            event,
            known,
            reason="listed" if match.entry is not None else "not-in-baseline",
            list=os.fsencode(match.path).decode("utf-8", "replace"),
            entry=str(match.entry) if match.entry is not None else None,
            line=match.line or None,
        )

    def _connection(self, what: str, host: str, event: Event, known: Known, **more: object) -> str:
        row = event.connection
        return _object(
            what,
            host,
            event.time,
            address=text_of(event.peer.address),
            port=row.port or None,
            service=service_of(row.protocol, row.port) or None,
            direction=direction_of(row) or None,
            protocol=Protocol(row.protocol).name.lower(),
            state=state_of(row),
            **_ends(row),
            **_owner(row, known.process),
            container=row.container or None,
            namespace=row.namespace or None,
            **_place(known.fact),
            **_traffic(known.final),
            **more,
        )

    def name(self, moment: float, fact: Fact) -> str:
        """Return the object that tells what is known of an address by now."""
        return _object("name", None, moment, address=text_of(fact.address), **_place(fact))

    def gap(self, host: str, begin: float, end: float) -> str:
        """Return the object of time that was not observed."""
        return _object("gap", host, end, seconds=_rounded(end - begin))

    def lost(self, host: str, begin: float, end: float) -> str:
        """Return the object of a stretch in which events were lost."""
        return _object("lost", host, end, seconds=_rounded(end - begin))

    def missed(self, host: str, moment: float) -> str:
        """Return the object that tells that messages did not reach us."""
        return _object("missed", host, moment)

    def anew(self, host: str, moment: float) -> str:
        """Return the object that tells that the enricher was restarted."""
        return _object("anew", host, moment)

    def stale(self, host: str, moment: float, seconds: float) -> str:
        """Return the object that tells that the collector is silent."""
        return _object("stale", host, moment, seconds=_rounded(seconds))

    def back(self, host: str, moment: float) -> str:
        """Return the object that tells that the collector is heard again."""
        return _object("back", host, moment)

    def status(self, host: str, moment: float, active: int, runtime: float) -> str:
        """Return the object that tells how things are."""
        return _object("status", host, moment, active=active, seconds=_rounded(runtime))

    def problem(self, host: str, moment: float, text: str) -> str:
        """Return the object that tells what is wrong."""
        return _object("problem", host, moment, text=text)


def _object(what: str, host: str | None, moment: float, **fields: object) -> str:
    seconds = _rounded(moment)
    stamp = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    head = {"what": what, "schema": SCHEMA, "time": stamp, "epoch": seconds, "host": host or None}
    return json.dumps(head | fields, ensure_ascii=False, separators=(",", ":"))


def _rounded(seconds: float) -> float:
    """Return `seconds` to the millisecond."""
    return round(seconds, 3)


def _ends(row: Connection) -> dict[str, Any]:
    return {
        "local_address": text_of(row.local),
        "local_port": row.local_port or None,
        "remote_address": text_of(row.remote) if row.remote else None,
        "remote_port": row.remote_port or None,
    }


def _owner(row: Connection, process: Process | None) -> dict[str, Any]:
    known = process or Process(0, "")
    uid = known.uid if known.uid >= 0 else row.uid
    return {
        "pid": row.pid or None,
        "pids": row.holders or ((row.pid,) if row.pid else ()),
        "process": row.process or None,
        "uid": uid if uid >= 0 else None,
        "user": known.user or None,
        "executable": known.executable or None,
        "command": known.command or None,
    }


def _place(fact: Fact | None) -> dict[str, Any]:
    known = fact or Fact(b"")
    name = name_of(fact)
    return {
        "country": known.country or None,
        "asn": known.asn or None,
        "organisation": known.organisation or None,
        "name": name.text or None,
        "name_source": name.source or None,
    }


def _traffic(final: Counters | None) -> dict[str, Any]:
    if final is None:
        return dict.fromkeys(("sent", "received", "rtt", "retransmits"))
    return {
        "sent": final.sent,
        "received": final.received,
        "rtt": final.rtt / _MICRO if final.rtt else None,
        "retransmits": final.retransmits,
    }
