"""What every stage has: a loop, a clock, a place, a log, exit codes."""
