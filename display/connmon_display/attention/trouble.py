"""What is wrong with what a view was asked for, as far as it shows only while it runs."""

from connmon_display.filters.lists import Lists
from connmon_display.following.pipeline import Problem
from connmon_display.following.source import Source
from connmon_display.rows.arrangement import look_ups_of

_ENRICHER = "enricher"
_LOOKED_UP = {"asn": "networks", "country": "countries"}


def list_problems(lists: Lists, source: Source) -> tuple[Problem, ...]:
    """Return what is wrong with `lists` as long as `source` looks up what it looks up.

    That is not known before the enricher has told how it is.
    """
    return tuple(map(Problem, lists.problems(source.features))) if _has_told(source) else ()


def missing_look_ups(grouping: str, order: str, source: Source) -> tuple[Problem, ...]:
    """Return what `source` does not look up of what a grouping and an order need."""
    if not _has_told(source):
        return ()
    return tuple(
        Problem(
            f"{_LOOKED_UP[feature]} are not looked up, so rows cannot be grouped or sorted by them:"
            f" start connmon (or its enricher) with --lookup-{feature}"
        )
        for feature in sorted(look_ups_of(grouping, order) - source.features)
    )


def _has_told(source: Source) -> bool:
    return any(stage == _ENRICHER for _, stage in source.pipeline.statuses)
