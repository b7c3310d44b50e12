"""How the screen is shared, and what fits where: cells, columns, parts. Pure."""
