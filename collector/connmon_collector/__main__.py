"""`python -m connmon_collector`."""

from connmon_collector.cli import main

main()
