"""What the user's config file says: which file, whether it may be read, what is in it."""
