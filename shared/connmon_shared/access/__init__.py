"""Who may come in from other hosts, and how one gets there."""
