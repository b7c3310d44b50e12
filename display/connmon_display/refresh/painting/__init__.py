"""From what is known of the hosts to a scene: marks and words of the rows in sight."""
