"""The display: draws timelines, scrolls events, writes exports; and `connmon`, which starts all."""
