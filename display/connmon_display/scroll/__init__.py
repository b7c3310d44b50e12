"""The scroll view: one line for each event, for a log, a pipe or a grep."""
