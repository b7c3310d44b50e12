"""What is wrong with the lists of a view, as far as it shows only while it runs."""

from connmon_display.filters.lists import Lists
from connmon_display.following.pipeline import Problem
from connmon_display.following.source import Source

_ENRICHER = "enricher"


def list_problems(lists: Lists, source: Source) -> tuple[Problem, ...]:
    """Return what is wrong with `lists` as long as `source` looks up what it looks up.

    That is not known before the enricher has told how it is.
    """
    if not any(stage == _ENRICHER for _, stage in source.pipeline.statuses):
        return ()
    return tuple(map(Problem, lists.problems(source.features)))
