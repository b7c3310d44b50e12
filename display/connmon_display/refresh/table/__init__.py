"""Which rows there are, which of them pass the filters, and in which order."""
