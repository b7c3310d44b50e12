"""`python -m connmon_enricher`."""

from connmon_enricher.cli import main

main()
