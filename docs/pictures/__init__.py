"""The pictures in the documents: the real program over a session that was recorded."""
