"""How the enricher is, for displays and `connmon status`."""

from collections.abc import Iterable, Iterator
from itertools import chain

from connmon_enricher.hosts import Hosts
from connmon_enricher.lookups import LookUps
from connmon_enricher.stream import Stream
from connmon_enricher.view import View
from connmon_shared import __version__, codec
from connmon_shared.messages import Figure, Status
from connmon_shared.text import clean

UNTOLD = Status("collector", "", "", 1.0, ())  # of a collector that has told none


def status_of(look_ups: LookUps) -> Status:
    """Return the status without what `Report` completes."""
    sources = [source for source in (look_ups.geo, look_ups.names) if source is not None]
    problems = chain.from_iterable(source.problems for source in sources)
    return Status(
        stage="enricher",
        version=__version__,
        source="feed",
        interval=0.0,
        limits=_cleaned(look_ups.geo.notices if look_ups.geo is not None else ()),
        features=look_ups.features,
        problems=_cleaned(problems),
    )


def _cleaned(sentences: Iterable[str]) -> tuple[str, ...]:
    """Return `sentences`, which may quote a path, as they can be sent."""
    return tuple(clean(text, codec.MAX_TEXT) for text in sentences)


def figures_of(own: Stream, hosts: Hosts, view: View) -> Iterator[Figure]:
    """Yield what the streams, the histories and the view count."""
    published = [own.published, *(host.stream.published for host in hosts)]
    yield Figure("messages", sum(messages for messages, _ in published))
    yield Figure("bytes", sum(size for _, size in published))
    yield Figure("viewers", view.viewers)
    yield Figure("late", view.late)
    histories = [host.history for host in hosts]
    yield Figure("connections", sum(len(history.connections) for history in histories))
    yield Figure("rows", sum(len(history.tracks) for history in histories))
    yield Figure("transitions", sum(history.transitions for history in histories))
    yield Figure("thinned", max((history.thinned_before for history in histories), default=0.0))
    yield Figure("forgotten", sum(history.dropped for history in histories))
    yield Figure("lag", max((host.feed.lag for host in hosts), default=0.0))
