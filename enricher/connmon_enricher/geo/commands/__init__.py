"""`connmon geo`: fetch GeoIP files, tell about them, and ask them."""
