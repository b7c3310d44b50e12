"""By what rows can be grouped, and in which orders they can be shown: the names. Pure."""

BY_ADDRESS = "address"
GROUPINGS = (BY_ADDRESS, "process", "as", "country", "port")
FIRST_SEEN = "first-seen"
BY_ALERT = "alert"
SORTS = (FIRST_SEEN, "last-change", "address", "state", "opened", "open", "process", "port")
GROUP_SORTS = (FIRST_SEEN, "last-change", "address", "state", "opened", "open")
#: Those of which there is not always something to see.
_MORE_SORTS = ("rate", "bytes", "country", "as", "host", BY_ALERT)
ALL_SORTS = (*SORTS, *_MORE_SORTS)
#: What has to be looked up for a grouping or an order: its feature.
_LOOKED_UP = {"country": "country", "as": "asn"}


def look_ups_of(*names: str) -> frozenset[str]:
    """Return the features without which there is nothing to see of these groupings and orders."""
    return frozenset(_LOOKED_UP[name] for name in names if name in _LOOKED_UP)


def groupings(features: frozenset[str]) -> tuple[str, ...]:
    """Return what rows can be grouped by: places and networks only if they are looked up."""
    return tuple(by for by in GROUPINGS if look_ups_of(by) <= features)


def sorts(
    by: str, features: frozenset[str], *, counting: bool, several: bool, watching: bool
) -> tuple[str, ...]:
    """Return the orders of which there is something to see.

    Args:
        by: what rows are grouped by.
        features: what is looked up.
        counting: whether the traffic is counted.
        several: whether there are several hosts.
        watching: whether any list marks rows.
    """
    alone = by == BY_ADDRESS
    there = {
        "rate": counting,
        "bytes": counting and alone,
        "host": several and alone,
        BY_ALERT: watching,
    }
    more = (
        name for name in _MORE_SORTS if there.get(name, alone) and look_ups_of(name) <= features
    )
    return (*(SORTS if alone else GROUP_SORTS), *more)
