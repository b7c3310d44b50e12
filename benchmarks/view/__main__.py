"""The viewer on its terminal, beside a program that clears the screen and prints everything.

python -m benchmarks.view [SUBJECT …]
"""

import argparse
import importlib
import sys

from benchmarks.table import laid_out

SUBJECTS = {
    "frame": "a screen of 200×50 on which everything shifts",
    "crowd": "10,000 addresses, and the answer to a key",
    "busy": "one address that has 10,000 connections beside 10,000 others",
    "saving": "the answer to a key while 10,000 addresses are saved",
    "slow": "a terminal that takes 4 kB a second",
    "first": "the first paint",
    "hour": "what the cores of viewer and enricher keep of two hours, made up and told in seconds",
    "beside": "bytes and processor time beside the peer",
}


def main() -> None:
    """Measure the subjects that were asked for, by default all; 1 if a bar was missed."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog="; ".join(f"{subject}: {about}" for subject, about in SUBJECTS.items()),
    )
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    args = parser.parse_args()
    if unknown := set(args.subjects) - set(SUBJECTS):
        parser.error(f"no such subject: {', '.join(sorted(unknown))}")
    lines = []
    for subject in args.subjects or SUBJECTS:
        print(f"{subject}: {SUBJECTS[subject]}", file=sys.stderr, flush=True)
        lines += importlib.import_module(f"benchmarks.view.{subject}").run()
    print(laid_out(lines))
    sys.exit(any(line.good is False for line in lines))


if __name__ == "__main__":
    main()
