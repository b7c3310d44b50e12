import random
from itertools import pairwise

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from dns_packets import answer, query
from hypothesis import given
from hypothesis import strategies as st

from connmon_collector.observed_names.dns import (
    MAX_RECORDS,
    host_name,
    read_addresses,
    read_question,
)
from connmon_shared.endpoints import text_of

HOSTS = ["www.example.com", "Edge.CDN.example", "a.b", "x" * 63 + ".example", "_s.example.net"]
OTHERS = ["203.0.113.1", "203.0.113.2", "198.51.100.77"]


def read(message: bytes) -> tuple[str, list[str]]:
    """Return what our parser makes of an answer: the name, and its addresses."""
    question = read_question(message)
    if question is None or not question.answer:
        return "", []
    name = host_name(question.name)
    addresses = read_addresses(message, question)
    return name, sorted({text_of(address) for address in addresses}) if name else []


def oracle(message: bytes) -> tuple[str, list[str]]:
    """Return what dnspython makes of it; nothing where it says that it is no such answer."""
    try:
        read = dns.message.from_wire(message, ignore_trailing=True)
        assert isinstance(read, dns.message.QueryMessage)
        if read.rcode() or read.flags & dns.flags.TC or read.opcode():
            return "", []
        found = read.resolve_chaining().answer
    except (dns.exception.DNSException, AssertionError):
        return "", []
    if found is None or not found:
        return "", []
    name = read.question[0].name.to_text(omit_final_dot=True).lower()
    return name, sorted({text_of(data.to_digestable()) for data in found})


def test_a_query_and_its_answer_have_the_same_question() -> None:
    question = query("WWW.example.com", number=0xABCD)
    asked = read_question(question.to_wire())
    given = read_question(answer(question).to_wire().replace(b"WWW", b"wWw"))
    assert asked is not None
    assert given is not None
    assert (asked.answer, given.answer) == (False, True)
    assert asked.identity == given.identity == b"\xab\xcd"
    assert (asked.name, asked.kind) == (given.name, given.kind)
    assert host_name(asked.name) == "www.example.com"


@pytest.mark.parametrize(
    ("kind", "address"), [("A", "203.0.113.5"), ("AAAA", "2001:db8::5"), ("A", "10.0.0.1")]
)
def test_an_address_belongs_to_the_name_that_was_asked_for(kind: str, address: str) -> None:
    message = answer(query("Host.Example", kind), ("host.example.", kind, address))
    assert read(message.to_wire()) == ("host.example", [address])


def test_aliases_lead_to_the_address_in_whatever_order() -> None:
    records = [
        ("edge.cdn.example.", "A", "203.0.113.1"),
        ("edge.cdn.example.", "A", "203.0.113.2"),
        ("b.cdn.example.", "CNAME", "edge.cdn.example."),
        ("www.example.", "CNAME", "b.cdn.example."),
    ]
    for order in (records, records[::-1]):
        message = answer(query("www.example"), *order)
        assert read(message.to_wire()) == ("www.example", ["203.0.113.1", "203.0.113.2"])


def test_records_of_other_names_and_kinds_are_left_out() -> None:
    stray = ("bank.example.", "A", "203.0.113.66")
    mine = ("www.example.", "A", "203.0.113.1")
    other = ("www.example.", "AAAA", "2001:db8::66")
    assert read(answer(query("www.example"), stray, mine, other).to_wire())[1] == ["203.0.113.1"]
    assert read(answer(query("www.example"), stray).to_wire())[1] == []
    back = ("bank.example.", "CNAME", "www.example.")  # an alias of the name, not for it
    assert read(answer(query("www.example"), back, stray).to_wire())[1] == []


def test_aliases_in_a_circle_end() -> None:
    circle = [("a.example.", "CNAME", "b.example."), ("b.example.", "CNAME", "a.example.")]
    assert read(answer(query("a.example"), *circle).to_wire()) == ("a.example", [])


@pytest.mark.parametrize("kind", ["HTTPS", "MX", "PTR", "ANY", "TXT"])
def test_only_questions_for_addresses_count(kind: str) -> None:
    assert read_question(query("www.example", kind).to_wire()) is None


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        (0x0200, "cut short: the resolver asks again over TCP (RFC 2181, 9)"),
        (0x0003, "NXDOMAIN"),
        (0x0002, "SERVFAIL"),
        (0x2800, "an update"),
    ],
)
def test_what_is_no_whole_and_good_answer_is_refused(flag: int, reason: str) -> None:
    message = answer(query("www.example"))
    message.flags |= flag
    assert read_question(message.to_wire()) is None, reason


def test_no_or_two_questions_an_empty_answer_and_another_class_are_refused() -> None:
    whole = answer(query("www.example")).to_wire()
    for at, value in ((5, 0), (5, 2), (7, 0)):  # questions, questions, answers
        changed = bytearray(whole)
        changed[at] = value
        assert read_question(bytes(changed)) is None
    chaos = dns.message.make_query("www.example", "A", "CH").to_wire()
    assert read_question(chaos) is None


HEAD = bytes.fromhex("0007 8180 0001 0001 0000 0000".replace(" ", ""))
ASKED = b"\x01a\x00\x00\x01\x00\x01"
DATA = bytes.fromhex("0001 0001 0000003c 0004 cb007109".replace(" ", ""))
OWNER = len(HEAD) + len(ASKED)


def test_the_made_up_message_is_good_as_it_is() -> None:
    assert read(HEAD + ASKED + b"\xc0\x0c" + DATA) == ("a", ["203.0.113.9"])


@pytest.mark.parametrize(
    ("owner", "reason"),
    [
        (bytes((0xC0, OWNER)), "a pointer to itself"),
        (bytes((0xC0, OWNER + 2)), "a pointer forward"),
        (b"\x01b" + bytes((0xC0, OWNER)), "a circle"),
        (b"\xc0\x04", "a pointer into the header, where a zero is"),
        (b"\xff\xff", "a pointer out of the message"),
        (b"\x41a\x00", "a label of no known kind"),
        (b"\x80", "a label of no known kind"),
        (b"\x3f", "a label that ends after the message"),
        ((b"\x3f" + b"a" * 63) * 4 + b"\x00", "a name of more than 255 bytes"),
    ],
)
def test_a_malformed_name_spoils_the_answer(owner: bytes, reason: str) -> None:
    good = b"\xc0\x0c" + DATA
    assert read(two_records(owner + DATA + good)) == ("a", []), reason


def two_records(records: bytes) -> bytes:
    return HEAD[:7] + b"\x02" + HEAD[8:] + ASKED + records


def test_an_alias_shorter_than_its_record_spoils_the_answer() -> None:
    good = b"\xc0\x0c" + DATA
    for length, expected in ((3, ["203.0.113.9"]), (4, [])):
        alias = b"\x01z\x00" + DATA[:1] + b"\x05" + DATA[2:8] + bytes((0, length))
        assert read(two_records(alias + b"\x01y\x00!"[:length] + good)) == ("a", expected)


def test_many_pointers_in_one_name_are_refused() -> None:
    chain = b"\xc0\x0c" + b"".join(
        bytes((0xC0, OWNER + 12 + 2 * step)) for step in range(40)
    )  # each to the one before
    text = DATA[:1] + b"\x10" + DATA[2:8] + len(chain).to_bytes(2) + chain  # in a TXT record
    last = OWNER + 2 + 10 + 2 * 40
    for place, expected in ((OWNER + 12 + 2 * 4, ["203.0.113.9"]), (last, [])):
        second = bytes((0xC0, place)) + DATA
        assert read(two_records(b"\xc0\x0c" + text + second)) == ("a", expected)


@pytest.mark.parametrize(
    "name",
    [
        b"",  # the root
        b"\x04a.b.",  # dots inside of a label
        b"\x04\x1b[2J",
        b"\x03a b",
        b"\x06b\xc3\xbccher",
        b"\x011\x011\x011\x011",
        b"\x03www\x03123",
        b"\x05abc",  # cut short
        b"\x40" + b"a" * 64,
        b"\x01a\xc0",
    ],
)
def test_names_that_no_host_has_are_refused(name: bytes) -> None:
    assert host_name(name) == ""


def test_names_of_hosts_are_taken() -> None:
    assert host_name(b"\x0cxn--bcher-kva\x07example")[:1] == ""
    assert host_name(b"\x0dxn--bcher-kva\x07example") == "xn--bcher-kva.example"
    assert host_name(b"\x04_dmz\x011\x03lan") == "_dmz.1.lan"
    assert host_name(b"\x09localhost") == "localhost"


def test_only_so_many_records_are_read() -> None:
    many = [("a.example.", "A", f"10.0.{n >> 8}.{n & 255}") for n in range(200)]
    message = answer(query("a.example"), *many).to_wire()
    assert len(read(message)[1]) == MAX_RECORDS


names = st.sampled_from([f"{host}." for host in HOSTS])
records = st.one_of(
    st.tuples(names, st.just("A"), st.sampled_from(OTHERS)),
    st.tuples(names, st.just("AAAA"), st.sampled_from(["2001:db8::1", "2001:db8::2"])),
    st.tuples(names, st.just("TXT"), st.just('"text"')),
)


@given(
    st.permutations(HOSTS),
    st.integers(0, 4),
    st.lists(records, max_size=8),
    st.sampled_from(["A", "AAAA"]),
    st.randoms(use_true_random=False),
)
def test_we_read_an_answer_as_dnspython_does(
    hosts: list[str],
    aliases: int,
    rest: list[tuple[str, str, str]],
    kind: str,
    rng: random.Random,
) -> None:
    chain = [(f"{a}.", "CNAME", f"{b}.") for a, b in pairwise(hosts[: aliases + 1])]
    # A name with an alias has nothing else (RFC 1034, 3.6.2), and dnspython insists on it.
    free = [record for record in rest if record[0] not in {owner for owner, _, _ in chain}]
    mixed = [*chain, *free] or [(f"{hosts[0]}.", kind, "203.0.113.1")][: kind == "A"]
    rng.shuffle(mixed)
    message = answer(query(hosts[0], kind), *mixed).to_wire()
    name, addresses = oracle(message)
    assert read(message)[1] == addresses
    assert name in {read(message)[0], ""}


def damaged(message: bytes, rng: random.Random) -> bytes:
    """Return `message` with a few bytes changed, or cut off, or doubled."""
    copy = bytearray(message)
    for _ in range(rng.randrange(1, 4)):
        copy[rng.randrange(len(copy))] = rng.choice((0, 1, 0x0C, 0x3F, 0xC0, rng.randrange(256)))
    if rng.random() < 0.3:
        del copy[rng.randrange(len(copy)) :]
    if rng.random() < 0.1:
        copy += bytes(copy)
    return bytes(copy)


SAMPLES = [
    answer(query("www.example.com")).to_wire(),
    answer(query("www.example.com", "AAAA")).to_wire(),
    answer(
        query("www.example.com"),
        ("www.example.com.", "CNAME", "edge.cdn.example.com."),
        ("edge.cdn.example.com.", "A", "203.0.113.1"),
        ("edge.cdn.example.com.", "A", "203.0.113.2"),
    ).to_wire(),
    query("www.example.com").to_wire(),
]


def test_of_damaged_messages_we_believe_no_more_than_dnspython_does() -> None:
    rng = random.Random(53)  # noqa: S311 - the same damage each time
    believed = 0
    for _ in range(20_000):
        message = damaged(rng.choice(SAMPLES), rng)
        name, addresses = read(message)
        if addresses and (theirs := oracle(message)) != ("", []):
            assert (name, addresses) == theirs, message.hex()
            believed += 1
    assert believed > 1_000, "the damage is too heavy to show anything"


@given(st.binary(max_size=600))
def test_any_bytes_at_all_are_read_or_refused(message: bytes) -> None:
    read(message)
    read(HEAD + message)
    read(HEAD + ASKED + message)
