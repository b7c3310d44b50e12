from connmon_enricher.facts import FactBook
from connmon_shared.endpoints import parse
from connmon_shared.messages import Fact, Lookup

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
    """Stands for a resolver that has not answered yet."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def request(self, address: bytes) -> None:
        self.asked.append(address)


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
    book.named(ONE, "host.example", Lookup.RESOLVED)
    expected = Fact(ONE, "", 64_500, "Example", "host.example", Lookup.RESOLVED)
    assert book.take_news() == (expected,)
    book.named(ONE, "host.example", Lookup.RESOLVED)
    assert book.take_news() == ()


def test_only_the_last_of_several_changes_is_told() -> None:
    book = FactBook(None, Questions())
    book.meet(ONE)
    book.named(ONE, "", Lookup.TIMED_OUT)
    book.named(ONE, "host.example", Lookup.RESOLVED)
    assert [fact.name for fact in book.take_news()] == ["host.example"]


def test_when_the_tables_are_ready_only_what_they_change_is_told() -> None:
    places = Places()
    book = FactBook(places, None)
    book.meet(ONE)
    book.meet(TWO)
    book.take_news()
    places.countries[TWO] = "FR"
    book.relocate()
    assert [(fact.address, fact.country) for fact in book.take_news()] == [(TWO, "FR")]
    assert {fact.address: fact.country for fact in book.all()} == {ONE: "", TWO: "FR"}


def test_names_of_lasting_connections_are_asked_for_again() -> None:
    questions = Questions()
    FactBook(None, questions).refresh([ONE, TWO])
    assert questions.asked == [ONE, TWO]
    FactBook(Places(), None).refresh([ONE])  # without names there is nothing to ask
