"""Reverse look-ups: how quick, how complete, and what they cost the others on the network."""

import asyncio
import multiprocessing
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import aiodns
from benchmarks.enrich.reverse_zone import SILENT, bystander, name_server
from benchmarks.table import Line, at_most, laid_out, share

from connmon_enricher.names.cache import CACHE_ENTRIES, Cache, Entry
from connmon_enricher.names.cache_file import StoredName, save
from connmon_enricher.names.resolver import Resolver
from connmon_enricher.names.saved import SavedNames
from connmon_shared.endpoints import parse, text_of
from connmon_shared.messages import Lookup
from connmon_shared.stage.garbage import collect_rarely

PEER = 64  # queries of aiodns in flight
MANY, SLOW, SOME = 10_000, 400, 1_200  # addresses
SLOW_SECONDS = 1.2
NETWORKS = 60  # of SOME; 9 are silent, and of the others every sixth address or so
SILENT_NETWORKS = 9
PATIENCE = 120.0  # seconds until a run is broken off
_DNSMASQ = shutil.which("dnsmasq", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:/usr/bin")


class Run(NamedTuple):
    """What became of the addresses that were asked for."""

    seconds: float
    resolved: set[str]
    cpu: float  # seconds


def run(_: Path | None) -> None:
    """Print the table."""
    print(laid_out([*answered(), *slow(), *beside_others(), quitting(), *saving()]))


def answered() -> Iterator[Line]:
    """Yield the time for many addresses that are answered at once."""
    addresses = [f"1.{n >> 8}.{n & 255}.1" for n in range(MANY)]
    with name_server(lambda _: 0.0) as port:
        ours, peer = resolved(addresses, port), asyncio.run(aiodns_of(addresses, port))
    beside = f"aiodns {peer.seconds:.2f} s, {peer.cpu:.2f} s of CPU; ours {ours.cpu:.2f} s"
    yield at_most(f"{MANY:,} PTR answered at once", 2.5, ours.seconds, "s", beside)
    yield complete("of these resolved", ours, addresses, peer)


def slow() -> Iterator[Line]:
    """Yield how many names are found that take long."""
    addresses = [f"1.2.{n >> 8}.{n & 255}" for n in range(SLOW)]
    late = {_reversed(address) for address in addresses if int(address.split(".")[3]) % 5}
    with name_server(lambda name: SLOW_SECONDS if name in late else 0.0) as port:
        ours, peer = resolved(addresses, port), asyncio.run(aiodns_of(addresses, port))
    yield complete(f"names answered after {SLOW_SECONDS} s, with quick ones", ours, addresses, peer)


def beside_others() -> Iterator[Line]:
    """Yield what somebody else notices who asks the same forwarder, and whether all is found."""
    if _DNSMASQ is None:
        sys.exit("dnsmasq is needed (apt install dnsmasq-base)")
    addresses = [f"1.3.{n % NETWORKS}.{n // NETWORKS}" for n in range(SOME)]
    dead = {address for address in addresses if _is_dead(address)}
    names = {_reversed(address) for address in dead}
    answering = [address for address in addresses if address not in dead]
    what = f"through a default dnsmasq, {share(len(dead), SOME)} of {SOME:,} silent"
    with name_server(lambda name: SILENT if name in names else 0.0) as port:
        with forwarder(port) as dnsmasq, others(dnsmasq) as noticed:
            ours = resolved(addresses, dnsmasq, len(answering))
        with forwarder(port) as dnsmasq, others(dnsmasq) as beside:
            peer = asyncio.run(aiodns_of(addresses, dnsmasq))
    (asked, failed), (others_asked, others_failed) = noticed[0], beside[0]
    yield at_most(f"others' look-ups that fail {what}", 0, failed, f"of {asked}",
                  f"aiodns {others_failed} of {others_asked}")  # fmt: skip
    yield complete("answerable names found then", ours, answering, peer)
    yield Line("time until then", "", f"{ours.seconds:.1f} s", None, f"aiodns {peer.seconds:.1f} s")


def quitting() -> Line:
    """Return how long it takes to end with look-ups pending."""
    with name_server(lambda _: SILENT) as port:
        resolver = Resolver(f"127.0.0.1:{port}")
        for number in range(1_000):
            resolver.request(parse(f"1.4.{number >> 8}.{number & 255}"))
        time.sleep(1.0)
        begun = time.monotonic()
        resolver.close()
        return at_most("quitting with 1,000 pending", 0.3, time.monotonic() - begun, "s")


def saving() -> Iterator[Line]:
    """Yield what it costs to write a full store: the loop, and who quits."""
    collect_rarely()  # as the enricher does
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "names"
        soon = time.time() + 3_600
        addresses = (bytes((1, *number.to_bytes(3))) for number in range(CACHE_ENTRIES))
        save(path, [StoredName(each, f"{each.hex()}.isp.example", soon) for each in addresses])
        saved = SavedNames(path)
        cache, before, pauses = Cache(), path.stat().st_ino, [0.0]
        for address, name, left in saved.load():
            cache.put(address, Entry(Lookup.RESOLVED, name, left))
        last = time.monotonic()
        saved.save((address, entry.name, entry.expires) for address, entry in cache.items())
        while path.stat().st_ino == before:
            time.sleep(0.001)
            pauses.append(-last + (last := time.monotonic()))
        what = f"longest pause of the loop while {CACHE_ENTRIES:,} names are written"
        yield at_most(what, 50, 1_000 * max(pauses), "ms")
        resolver = Resolver("127.0.0.1:9", saved=saved)
        begun = time.monotonic()
        resolver.close()
        what = f"quitting with {CACHE_ENTRIES:,} names to write"
        yield at_most(what, 0.3, time.monotonic() - begun, "s")


def complete(what: str, ours: Run, wanted: Sequence[str], peer: Run) -> Line:
    """Return the line of what must be found whole."""
    found, theirs = len(ours.resolved & {*wanted}), len(peer.resolved & {*wanted})
    whole = len(wanted)
    good = found == whole
    return Line(what, "100 %", share(found, whole), good, f"aiodns {share(theirs, whole)}")


def resolved(addresses: Sequence[str], port: int, wanted: int | None = None) -> Run:
    """Let our resolver look `addresses` up, until it has `wanted` names (default: all)."""
    resolver = Resolver(f"127.0.0.1:{port}")
    begun, cpu = time.monotonic(), time.process_time()
    found: set[str] = set()
    for address in addresses:
        resolver.request(parse(address))
    while len(found) < (wanted or len(addresses)) and time.monotonic() < begun + PATIENCE:
        select.select([resolver.fileno()], [], [], 0.1)
        found |= {text_of(a.address) for a in resolver.answers() if a.state is Lookup.RESOLVED}
    resolver.close()
    return Run(time.monotonic() - begun, found, time.process_time() - cpu)


async def aiodns_of(addresses: Sequence[str], port: int) -> Run:
    """Let aiodns look `addresses` up."""
    dns = aiodns.DNSResolver([f"127.0.0.1:{port}"])
    room = asyncio.Semaphore(PEER)
    begun, cpu = time.monotonic(), time.process_time()
    found: set[str] = set()

    async def look_up(address: str) -> None:
        async with room:
            try:
                await dns.query_dns(f"{_dotted(address)}.in-addr.arpa", "PTR")
            except aiodns.error.DNSError:
                return
            found.add(address)

    await asyncio.gather(*map(look_up, addresses))
    await dns.close()
    return Run(time.monotonic() - begun, found, time.process_time() - cpu)


@contextmanager
def forwarder(upstream: int) -> Iterator[int]:
    """Run dnsmasq with its default limits before the name server at `upstream`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    options = f"port={port}\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\n"
    options += f"user=\ngroup=\npid-file=\nserver=127.0.0.1#{upstream}\n"
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(options)
        file.flush()
        arguments = [str(_DNSMASQ), "--keep-in-foreground", f"--conf-file={file.name}"]
        with subprocess.Popen([*arguments, "--log-facility=-"], stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            process.stderr.readline()  # "started", written once it listens
            yield port
            process.terminate()
            process.stderr.read()


@contextmanager
def others(port: int) -> Iterator[list[tuple[int, int]]]:
    """Let a bystander look names up all the time; the list has what became of them afterwards."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=bystander, args=(port, theirs))
    process.start()
    outcome: list[tuple[int, int]] = []
    yield outcome
    ours.send(None)
    outcome.append(ours.recv())
    process.join()


def _is_dead(address: str) -> bool:
    """Return whether nobody answers for `address`: it is in a silent network, or one of some."""
    return int(address.split(".")[2]) < SILENT_NETWORKS or zlib.crc32(address.encode()) % 17 < 3


def _dotted(address: str) -> str:
    return ".".join(reversed(address.split(".")))


def _reversed(address: str) -> bytes:
    """Return the name to ask for, as it is in a query."""
    labels = f"{_dotted(address)}.in-addr.arpa".split(".")
    return b"".join(bytes((len(label),)) + label.encode() for label in labels)
