"""`connmon-enricher`, or `python -m connmon_enricher`."""

from connmon_shared.stage import interrupt

interrupt.end_quietly()  # what is imported from here on takes a while

from connmon_enricher.cli import main as work  # noqa: E402


def main() -> None:
    """Run it, and exit with its code."""
    interrupt.run(work)


if __name__ == "__main__":
    main()
