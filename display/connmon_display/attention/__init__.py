"""What deserves attention: connections to addresses on a list, or not in the baseline."""
