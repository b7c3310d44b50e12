"""`python -m connmon_enricher.geo`: what `connmon geo` runs."""

import sys

from connmon_enricher.geo.commands.cli import main

sys.exit(main(sys.argv[1:]))
