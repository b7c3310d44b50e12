"""`python -m connmon_display.launcher`: the same as `connmon`."""

from connmon_display.launcher.cli import main

main()
