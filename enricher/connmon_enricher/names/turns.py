"""Who is asked for next, and how much at a time. Pure.

What a forwarder (the name server in a home router) gets no answer to, it keeps for ten seconds,
whether or not we have given up; and it has room for 150 such questions of the whole network. So
not only what is under way is limited, but that together with what got no answer in that time.

Addresses without an answer come in blocks: one whole network has no name server that answers. So
of a network that has not answered yet only one address is asked for at a time; its neighbours
wait. While the network is silent they go after everybody else.
"""

import heapq
from collections import OrderedDict
from itertools import chain

from connmon_enricher.names.outcome import Question
from connmon_enricher.names.waiting import WAITING_ADDRESSES, WaitingLine
from connmon_shared.messages import Lookup

BUDGET = 48  # questions
HELD_SECONDS = 10.0  # that a forwarder keeps a question (dnsmasq: TIMEOUT)
ZONE_BYTES = {4: 3, 16: 6}  # of an address: a /24, a /48
SILENCES = 2  # in a row that make an answering network a silent one
SILENT_SHARE = 4  # the part of the budget (1/n) that goes to silent networks
ANSWERING_ZONES = 10_000  # remembered
_ANSWERS = {Lookup.RESOLVED, Lookup.NOT_FOUND}


class Turns:
    """The questions that wait, and those that count against the budget.

    Args:
        budget: how many may be under way or without an answer.
        limit: how many may wait.
    """

    def __init__(self, budget: int = BUDGET, limit: int = WAITING_ADDRESSES) -> None:
        self._budget = budget
        self._limit = limit
        self._line = WaitingLine()
        self._waiting = 0
        self._sent: dict[Question, float] = {}  # under way, since when
        self._held: list[tuple[float, bool]] = []  # a heap: until when; of a silent network
        self._answering: OrderedDict[bytes, int] = OrderedDict()  # zones, silences in a row
        self._neighbours: dict[bytes, WaitingLine] = {}  # of a probe, by zone
        self._probes: dict[Question, bool] = {}  # under way; whether of a silent network
        self._silent: dict[bytes, None] = {}  # zones with neighbours, and no probe under way
        self._at_silent = 0  # of the budget

    def __len__(self) -> int:
        """Return how many wait."""
        return self._waiting

    def put(self, question: Question) -> Question | None:
        """Let `question` wait; return the one that had to leave for it, if any."""
        self._line.put(question)
        self._waiting += 1
        return self._drop() if self._waiting > self._limit else None

    def prefer(self, question: Question) -> None:
        """Let `question` go before the others, if it waits."""
        neighbours = self._neighbours.get(_zone(question))
        if not self._line.prefer(question) and neighbours is not None:
            neighbours.prefer(question)

    def take(self, now: float) -> Question | None:
        """Return what is to be asked at `now`; None: nothing, or there is no room."""
        self._release(now)
        if len(self._sent) + len(self._held) >= self._budget:
            return None
        question = self._next()
        if question is not None:
            self._waiting -= 1
            self._sent[question] = now
        return question

    def ended(self, question: Question, state: Lookup, now: float) -> None:
        """Note that `question` ended in `state`."""
        sent = self._sent.pop(question)
        probe = self._probes.pop(question, None)
        at_silent = bool(probe)
        if state is Lookup.TIMED_OUT and sent + HELD_SECONDS > now:
            heapq.heappush(self._held, (sent + HELD_SECONDS, at_silent))
        else:
            self._at_silent -= at_silent
        if question.name:
            return
        zone = _zone(question)
        if state in _ANSWERS:
            self._open(zone)
        elif probe is not None:
            self._stay_shut(zone)
        elif zone in self._answering:
            self._doubt(zone)

    def pause(self, now: float) -> float | None:
        """Return the seconds until there is room for who waits; None: an end will make it."""
        return self._held[0][0] - now if self._waiting and self._held else None

    def clear(self) -> None:
        """Send everybody away."""
        self._line.clear()
        self._neighbours.clear()
        self._silent.clear()
        self._waiting = 0

    def _next(self) -> Question | None:
        while (question := self._line.take()) is not None:
            zone = _zone(question)
            if question.name or zone in self._answering:
                return question
            if zone not in self._neighbours:
                self._neighbours[zone] = WaitingLine()
                self._probes[question] = False
                return question
            self._neighbours[zone].put(question)
        return self._next_of_silent()

    def _next_of_silent(self) -> Question | None:
        while self._silent and self._at_silent * SILENT_SHARE < self._budget:
            zone = next(iter(self._silent))
            del self._silent[zone]
            question = self._neighbours[zone].take()
            if question is not None:
                self._probes[question] = True
                self._at_silent += 1
                return question
            del self._neighbours[zone]  # all had to leave
        return None

    def _open(self, zone: bytes) -> None:
        """Let the neighbours in: their network answers."""
        self._answering[zone] = 0
        self._answering.move_to_end(zone)
        if len(self._answering) > ANSWERING_ZONES:
            self._answering.popitem(last=False)
        self._silent.pop(zone, None)
        neighbours = self._neighbours.pop(zone, None)
        if neighbours is not None:
            self._line.let_in(*neighbours.leave())

    def _stay_shut(self, zone: bytes) -> None:
        """Let the neighbours wait after everybody else: their network is silent."""
        if len(self._neighbours.get(zone, ())):
            self._silent[zone] = None
        else:
            self._neighbours.pop(zone, None)

    def _doubt(self, zone: bytes) -> None:
        self._answering[zone] += 1
        if self._answering[zone] >= SILENCES:
            del self._answering[zone]

    def _release(self, now: float) -> None:
        while self._held and self._held[0][0] <= now:
            _, at_silent = heapq.heappop(self._held)
            self._at_silent -= at_silent

    def _drop(self) -> Question | None:
        """Return who has to leave: those in silent networks have the least hope."""
        self._waiting -= 1
        silent = (self._neighbours[zone] for zone in self._silent)
        lines = chain(silent, (self._line,), self._neighbours.values())
        return next(filter(None, (line.drop() for line in lines)), None)


def _zone(question: Question) -> bytes:
    return question.address[: ZONE_BYTES[len(question.address)]]
