"""`connmon`: starts the collector, the enricher and a display, and stops them all."""
