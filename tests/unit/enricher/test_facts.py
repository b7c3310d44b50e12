from connmon_enricher.facts import FactBook
from connmon_enricher.names.observed import ObservedNames
from connmon_enricher.names.outcome import Answer
from connmon_shared.endpoints import parse
from connmon_shared.messages import Fact, Lookup, ObservedName

ONE, TWO = parse("198.51.100.1"), parse("198.51.100.2")


class Places:
    """Stands for GeoIP tables, which have tests of their own."""

    def __init__(self) -> None:
        self.countries: dict[bytes, str] = {}

    def country(self, address: bytes) -> str:
        return self.countries.get(address, "")

    def asn(self, address: bytes) -> tuple[int, str]:
        return (64_500, "Example") if address == ONE else (0, "")


class Questions:
    """Stands for a resolver that answers later, but remembers what it answered."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.preferred: list[bytes] = []
        self.known: dict[bytes, Answer] = {}

    def request(self, address: bytes) -> Answer | None:
        self.asked.append(address)
        return self.known.get(address)

    def prefer(self, address: bytes) -> None:
        self.preferred.append(address)


def test_without_look_ups_a_fact_is_only_the_address() -> None:
    book = FactBook(None, None)
    book.meet(ONE)
    assert book.take_news() == (Fact(ONE, name_state=Lookup.OFF),)
    assert len(book) == 1


def test_an_address_is_located_and_its_name_asked_for() -> None:
    places, questions = Places(), Questions()
    places.countries[ONE] = "DE"
    book = FactBook(places, questions)
    book.meet(ONE)
    assert book.take_news() == (Fact(ONE, "DE", 64_500, "Example", "", Lookup.PENDING),)
    assert questions.asked == [ONE]


def test_news_are_told_once() -> None:
    book = FactBook(Places(), Questions())
    book.meet(ONE)
    book.take_news()
    book.meet(ONE)
    assert book.take_news() == ()


def test_an_address_that_is_met_again_is_asked_for_again() -> None:
    questions = Questions()
    book = FactBook(None, questions)
    book.meet(ONE)
    book.meet(ONE)
    assert questions.asked == [ONE, ONE]  # the resolver knows whether it needs to


def test_a_name_is_news_and_keeps_the_place() -> None:
    book = FactBook(Places(), Questions())
    book.meet(ONE)
    book.take_news()
    book.named(Answer(ONE, "host.example", Lookup.RESOLVED))
    expected = Fact(ONE, "", 64_500, "Example", "host.example", Lookup.RESOLVED, "ptr")
    assert book.take_news() == (expected,)
    book.named(Answer(ONE, "host.example", Lookup.RESOLVED))
    assert book.take_news() == ()


def test_only_the_last_of_several_changes_is_told() -> None:
    book = FactBook(None, Questions())
    book.meet(ONE)
    book.named(Answer(ONE, "", Lookup.TIMED_OUT))
    book.named(Answer(ONE, "host.example", Lookup.RESOLVED))
    assert [fact.name for fact in book.take_news()] == ["host.example"]


def relocate(book: FactBook) -> None:
    book.relocate()
    finish(book)


def finish(book: FactBook) -> None:
    while book.busy:
        book.go_on()


def test_many_addresses_are_looked_up_again_a_few_at_a_time() -> None:
    places = Places()
    book = FactBook(places, None)
    addresses = [bytes((8, 8, number >> 8, number & 255)) for number in range(5_000)]
    for address in addresses:
        book.meet(address)
    book.take_news()
    places.countries |= dict.fromkeys(addresses, "FR")
    book.relocate()
    book.keep(addresses[:4_000])
    told = []
    while book.busy:
        book.go_on()
        told.append({fact.address for fact in book.take_news()})
    assert set().union(*told) == {*addresses[:4_000]}
    assert max(map(len, told)) <= 500


def test_when_the_tables_are_ready_only_what_they_change_is_told() -> None:
    places = Places()
    book = FactBook(places, None)
    book.meet(ONE)
    book.meet(TWO)
    book.take_news()
    places.countries[TWO] = "FR"
    relocate(book)
    assert [(fact.address, fact.country) for fact in book.take_news()] == [(TWO, "FR")]
    assert {fact.address: fact.country for fact in book.all()} == {ONE: "", TWO: "FR"}


def test_names_of_lasting_connections_are_asked_for_again() -> None:
    questions, connected = Questions(), Connected()
    book = FactBook(None, questions, connected)
    for address in (ONE, TWO):
        book.meet(address)
    questions.asked.clear()
    connected.open.add(ONE)
    book.refresh()
    finish(book)
    assert questions.asked == [ONE]
    without = FactBook(Places(), None, connected)
    without.meet(ONE)
    without.refresh()
    assert not without.busy, "without names there is nothing to ask"


def test_what_is_not_kept_is_forgotten() -> None:
    book = FactBook(None, Questions())
    for address in (ONE, TWO):
        book.meet(address)
    book.keep({TWO})
    assert [fact.address for fact in book.all()] == [TWO]
    assert [fact.address for fact in book.take_news()] == [TWO]
    book.named(
        Answer(ONE, "late.example", Lookup.RESOLVED)
    )  # it was asked for when it was still there
    assert [fact.address for fact in book.all()] == [TWO]
    assert book.take_news() == ()


def test_an_address_that_comes_again_after_it_was_forgotten_has_its_name_at_once() -> None:
    questions = Questions()
    book = FactBook(None, questions)
    book.meet(ONE)
    book.keep(())
    questions.known[ONE] = Answer(ONE, "host.example", Lookup.RESOLVED)
    book.meet(ONE)
    assert name_of(book) == "host.example"


FIRST, SECOND = "www.example", "cdn.example"
NOW = 1_800_000_000.0


class Connected:
    """Stands for the history: which addresses have an open connection."""

    def __init__(self) -> None:
        self.open: set[bytes] = set()

    def __call__(self, address: bytes) -> bool:
        return address in self.open


def seen(name: str, address: bytes = ONE, time: float = NOW) -> ObservedName:
    return ObservedName(address, name, time)


def name_of(book: FactBook, address: bytes = ONE) -> str:
    return {fact.address: fact.name for fact in book.all()}[address]


def test_a_name_observed_before_the_connect_is_there_at_once() -> None:
    book = FactBook(None, None)
    book.observed([seen(FIRST)])
    assert book.take_news() == (), "nobody is connected to it"
    book.meet(ONE)
    expected = Fact(ONE, name=FIRST, name_state=Lookup.RESOLVED, name_source="dns", name_time=NOW)
    assert book.take_news() == (expected,)


def test_a_name_observed_after_the_connect_is_news() -> None:
    connected = Connected()
    book = FactBook(None, None, connected)
    connected.open.add(ONE)
    book.meet(ONE)
    book.take_news()
    book.observed([seen(FIRST), seen(FIRST, TWO)])
    assert [(fact.address, fact.name) for fact in book.take_news()] == [(ONE, FIRST)]


def test_the_newest_name_before_the_connect_counts_and_stays_while_connected() -> None:
    connected = Connected()
    book = FactBook(None, None, connected)
    book.observed([seen("old.example"), seen(FIRST)])
    connected.open.add(ONE)
    book.meet(ONE)
    assert name_of(book) == FIRST
    book.observed([seen(SECOND, time=NOW + 1)])
    book.meet(ONE)  # one more connection
    assert name_of(book) == FIRST
    connected.open.clear()
    book.meet(ONE)  # the last is closed
    assert name_of(book) == SECOND


def test_the_same_name_again_renews_its_time() -> None:
    connected = Connected()
    book = FactBook(None, None, connected)
    connected.open.add(ONE)
    book.observed([seen(FIRST)])
    book.meet(ONE)
    book.take_news()
    book.observed([seen(FIRST, time=NOW + 60)])
    assert [fact.name_time for fact in book.take_news()] == [NOW + 60]


def test_an_observed_name_beats_a_reverse_look_up_in_whatever_order() -> None:
    connected = Connected()
    book = FactBook(None, Questions(), connected)
    connected.open.add(ONE)
    book.meet(ONE)
    book.named(Answer(ONE, "reverse.example", Lookup.RESOLVED))
    assert name_of(book) == "reverse.example"
    book.observed([seen(FIRST)])
    assert name_of(book) == FIRST
    for name, state in (("reverse.example", Lookup.RESOLVED), ("", Lookup.NOT_FOUND)):
        book.named(Answer(ONE, name, state))
        (fact,) = book.all()
        assert (fact.name, fact.name_state, fact.name_source) == (FIRST, Lookup.RESOLVED, "dns")


def test_a_collector_of_another_host_names_only_what_nobody_else_talks_to() -> None:
    keys = {"A"}
    book = FactBook(None, None, keys=lambda _: keys)
    book.observed([seen(FIRST)], "A")
    book.meet(ONE)
    book.observed([seen("forged.example")], "B")
    assert name_of(book) == FIRST
    keys.add("B")
    book.meet(ONE)
    assert name_of(book) == "", "A must not name what B talks to, nor B what A does"
    book.observed([seen(FIRST)], "B")
    assert name_of(book) == FIRST, "they agree"
    book.observed([seen(SECOND)], "B")
    assert name_of(book) == ""
    book.observed([seen(SECOND)], "")
    book.observed([seen("forged.example")], "A")
    assert name_of(book) == SECOND, "it was observed here"


def test_a_name_from_before_others_came_does_not_stay_for_them() -> None:
    keys, connected = {"A"}, Connected()
    book = FactBook(None, None, connected, keys=lambda _: keys)
    book.observed([seen("forged.example")], "A")
    connected.open.add(ONE)
    book.meet(ONE)
    book.observed([seen(FIRST)], "A")
    assert name_of(book) == "forged.example"
    book.observed([seen(FIRST)], "B")
    keys.add("B")
    book.meet(ONE)
    assert name_of(book) == FIRST


def test_an_address_that_loses_its_observed_name_is_asked_for() -> None:
    keys, questions = {"A"}, Questions()
    book = FactBook(None, questions, keys=lambda _: keys)
    book.observed([seen(FIRST)], "A")
    book.meet(ONE)
    assert questions.asked == []
    keys.add("B")
    book.meet(ONE)
    assert questions.asked == [ONE]
    assert [*book.all()] == [Fact(ONE, name_state=Lookup.PENDING)]


def test_nobody_is_asked_for_a_name_that_was_observed() -> None:
    questions = Questions()
    book = FactBook(None, questions, {ONE, TWO}.__contains__)
    book.observed([seen(FIRST)])
    book.meet(ONE)
    book.meet(TWO)
    book.refresh()
    finish(book)
    assert questions.asked == [TWO, TWO]


def test_a_look_up_that_ended_without_a_name_has_no_source() -> None:
    book = FactBook(None, Questions())
    book.meet(ONE)
    for name, state, source in (
        ("host.example", Lookup.RESOLVED, "ptr"),
        ("", Lookup.NOT_FOUND, ""),
    ):
        book.named(Answer(ONE, name, state))
        (fact,) = book.all()
        assert (fact.name, fact.name_source, fact.name_time) == (name, source, 0.0)


def test_an_observed_name_is_made_harmless_or_refused() -> None:
    book = FactBook(None, None)
    book.meet(ONE)
    book.observed([seen("a\x1b[2J.example")])
    assert name_of(book) == "a\\027\\0912j.example"
    book.observed([seen("8.8.8.8"), seen("")])
    assert name_of(book) == "a\\027\\0912j.example"


def test_tables_that_become_ready_leave_the_observed_name() -> None:
    places = Places()
    book = FactBook(places, None)
    book.meet(ONE)
    book.observed([seen(FIRST)])
    places.countries[ONE] = "DE"
    relocate(book)
    (fact,) = book.all()
    assert (fact.country, fact.name, fact.name_source) == ("DE", FIRST, "dns")


def test_names_for_connections_to_come_are_bounded() -> None:
    names = ObservedNames(limit=2)
    for number in (1, 2, 1, 3):
        names.put(seen(f"h{number}.example", bytes((203, 0, 113, number))))
    assert len(names) == 2
    kept = [names.get(bytes((203, 0, 113, number))) for number in (1, 2, 3)]
    assert [found and found.name for found in kept] == ["h1.example", None, "h3.example"]


def test_a_name_in_the_hosts_file_beats_all_others_and_nobody_is_asked() -> None:
    names, questions = {ONE: "mine.example"}, Questions()
    book = FactBook(None, questions, {ONE}.__contains__, lambda address: names.get(address, ""))
    book.observed([seen(FIRST)])
    book.meet(ONE)
    book.observed([seen(SECOND, time=NOW + 1)])
    book.named(Answer(ONE, "reverse.example", Lookup.RESOLVED))
    book.looked_at([ONE])
    book.refresh()
    finish(book)
    expected = Fact(ONE, name="mine.example", name_state=Lookup.RESOLVED, name_source="hosts")
    assert [*book.all()] == [expected]
    assert questions.asked == questions.preferred == []


def test_when_the_hosts_file_changes_names_come_and_go() -> None:
    names, questions = {ONE: "mine.example"}, Questions()
    book = FactBook(None, questions, {ONE}.__contains__, lambda address: names.get(address, ""))
    book.observed([seen(FIRST)])
    for address in (ONE, TWO):
        book.meet(address)
    book.named(Answer(TWO, "reverse.example", Lookup.RESOLVED))
    names.clear()
    names[TWO] = "other.example"
    book.hosts_changed()
    sources = {fact.address: (fact.name, fact.name_source) for fact in book.all()}
    assert sources == {ONE: (FIRST, "dns"), TWO: ("other.example", "hosts")}
    names.clear()
    questions.known[TWO] = Answer(TWO, "reverse.example", Lookup.RESOLVED)
    book.hosts_changed()
    assert name_of(book, TWO) == "reverse.example"


def test_a_name_that_left_the_hosts_file_is_asked_for() -> None:
    names, questions = {ONE: "mine.example"}, Questions()
    book = FactBook(None, questions, hosts=lambda address: names.get(address, ""))
    book.meet(ONE)
    names.clear()
    book.hosts_changed()
    assert [*book.all()] == [Fact(ONE, name_state=Lookup.PENDING)]
    assert questions.asked == [ONE]


def test_a_name_that_leads_back_is_told_from_one_that_nobody_vouches_for() -> None:
    book = FactBook(None, Questions())
    book.meet(ONE)
    seen_sources = []
    for confirmed in (False, True):
        book.named(Answer(ONE, "host.example", Lookup.RESOLVED, confirmed))
        seen_sources.append(next(iter(book.all())).name_source)
    assert seen_sources == ["ptr", "confirmed"]


def test_only_known_addresses_without_a_better_name_are_looked_up_first() -> None:
    questions = Questions()
    book = FactBook(None, questions)
    book.observed([seen(FIRST)])
    for address in (ONE, TWO):
        book.meet(address)
    book.looked_at([ONE, TWO, parse("198.51.100.3")])
    assert questions.preferred == [TWO]
    without = FactBook(None, None)
    without.meet(ONE)
    without.looked_at([ONE])  # there is nobody to ask
