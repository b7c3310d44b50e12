"""Which group a row belongs to. Pure."""

from collections.abc import Callable, Iterable, Mapping

from connmon_display.rows.row import Group, GroupKey, Row
from connmon_display.words.labels import UNKNOWN, country_of, organisation_of
from connmon_display.words.services import service_of
from connmon_shared.endpoints import Scope, scope_of
from connmon_shared.messages import Fact
from connmon_shared.text import clean

_NAMELESS = "unknown"
_Facts = Mapping[bytes, Fact]


def _process(row: Row, _: _Facts) -> str:
    purpose = row.purpose
    return clean(row.track.current.process if purpose is None else purpose.process)


def _network(row: Row, facts: _Facts) -> str:
    address = row.track.peer.address
    return organisation_of(address, facts.get(address))


def _country(row: Row, facts: _Facts) -> str:
    address = row.track.peer.address
    scope = scope_of(address)
    if scope is not Scope.GLOBAL:
        return str(scope.value)
    code = country_of(row.track.peer, facts.get(address))
    return "" if code == UNKNOWN else code


def _port(row: Row, _: _Facts) -> str:
    current = row.track.current
    port = row.purpose.port if row.purpose is not None else row.track.peer.port
    return f"{port} {service_of(current.protocol, port)}".rstrip() if port else ""


_NAME: dict[str, Callable[[Row, _Facts], str]] = {
    "process": _process,
    "as": _network,
    "country": _country,
    "port": _port,
}
#: What is of a socket, not of an address: listening ones have it too, and what connections to
#: one address have of it may differ.
OF_SOCKETS = frozenset({"process", "port"})


def grouped(rows: Iterable[Row], by: str, facts: _Facts) -> list[Group]:
    """Return `rows` in groups, in the order of the first row of each."""
    name_of = _NAME[by]
    groups: dict[str, Group] = {}
    for row in rows:
        name = name_of(row, facts) or _NAMELESS
        group = groups.get(name)
        if group is None:
            group = groups[name] = Group(GroupKey(by, name))
        group.rows.append(row)
    return [*groups.values()]
