"""Following an enricher: from its messages to what is known of every host."""
