"""The enricher: follows a collector, attaches names and places, keeps history, serves displays."""
