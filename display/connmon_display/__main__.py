"""`python -m connmon_display`."""

from connmon_display.cli import main

main()
