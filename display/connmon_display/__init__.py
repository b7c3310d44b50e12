"""The display: draws timelines, scrolls events, writes exports; and `connmon`, which starts all."""

PROGRAM = "connmon-display"  # as which viewers complain, and their log
