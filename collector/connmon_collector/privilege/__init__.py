"""What this process may do, and how it gives up what it no longer needs."""
