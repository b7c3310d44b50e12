"""What the enricher knows of addresses, beside its peers: one table for each subject.

    python -m benchmarks.enrich [SUBJECT …] [--data DIR]

Each subject is measured in a process of its own, so that none finds the memory of another.
"""

import argparse
import importlib
import multiprocessing
import sys
from pathlib import Path

SUBJECTS = {
    "geo": "countries and networks, beside maxminddb and a list searched by bisection",
    "tick": "one change of a busy host",
    "ports": "names of services, beside getservbyport",
    "names": "reverse look-ups, beside aiodns with 64 in flight",
    "lists": "a filter list of a million entries, beside pytricia, ipaddress and netaddr",
}


def main() -> None:
    """Measure the subjects that were asked for, by default all; 1 if one could not be measured."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog="; ".join(f"{subject}: {about}" for subject, about in SUBJECTS.items()),
    )
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"{', '.join(SUBJECTS)}")
    parser.add_argument("--data", type=Path, metavar="DIR", help="real GeoIP files (geo tells how)")
    args = parser.parse_args()
    if unknown := set(args.subjects) - set(SUBJECTS):
        parser.error(f"no such subject: {', '.join(sorted(unknown))}")
    codes = [measured(subject, args.data) for subject in args.subjects or SUBJECTS]
    sys.exit(any(codes))


def measured(subject: str, data: Path | None) -> int:
    """Measure `subject` in a process of its own, and return how that ended."""
    print(f"# {subject}: {SUBJECTS[subject]}\n", flush=True)
    process = multiprocessing.get_context("fork").Process(target=measure, args=(subject, data))
    process.start()
    process.join()
    print(flush=True)
    return process.exitcode or 0


def measure(subject: str, data: Path | None) -> None:
    """Let the module of `subject` measure; it prints what it finds."""
    importlib.import_module(f"benchmarks.enrich.{subject}").run(data)


if __name__ == "__main__":
    main()
