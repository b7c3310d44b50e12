"""What was observed: rows, their timelines, and what they may take."""
