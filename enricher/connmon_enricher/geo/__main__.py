"""`python -m connmon_enricher.geo`: what `connmon geo` runs."""

import sys

from connmon_shared.stage import interrupt

interrupt.end_quietly()  # what is imported from here on takes a while

from connmon_enricher.geo.commands.cli import main  # noqa: E402

interrupt.run(lambda: sys.exit(main(sys.argv[1:])))
